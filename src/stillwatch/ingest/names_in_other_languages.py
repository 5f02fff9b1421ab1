"""Names that people give the columns of an export in other languages than English, to those by which lines are read.

In lower case and underscores, as ``in_lower_case`` spells them; accents may be left out. A word that could be two
columns (``nombre``, ``名前``) is none. To know another language's, add a line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

__all__ = ["TRANSLATED"]

_NAMES: Mapping[str, str] = {
    "user": (
        "usuario usuário utente benutzer nutzer utilisateur gebruiker użytkownik пользователь kullanıcı "
        "用户 用戶 使用者 ユーザー ユーザ 利用者 사용자"
    ),
    "user_id": (
        "usuario_id id_usuario id_de_usuario usuário_id id_usuário id_do_usuário id_utente benutzer_id "
        "benutzerid nutzer_id utilisateur_id id_utilisateur identifiant_utilisateur gebruiker_id "
        "id_пользователя kullanıcı_id 用户id 用户编号 用户标识 用戶id 使用者id ユーザーid ユーザid 利用者id 사용자id"
    ),
    "account": "cuenta konto compte conta аккаунт 账户 账号 帐号 帳號 帳戶 アカウント 계정",
    "account_id": "cuenta_id id_cuenta konto_id kontonummer id_compte id_conta 账户id 账号id アカウントid 계정id",
    "customer": "cliente kunde klant клиент 客户 客戶 顧客 고객",
    "customer_id": "cliente_id id_cliente kunden_id kundennummer kundennr 客户id 客户编号 顧客id 顧客番号 고객id",
    "username": (
        "nombre_de_usuario nome_utente nome_de_usuário benutzername nom_d_utilisateur 用户名 ユーザー名 사용자명"
    ),
    "timestamp": (
        "fecha_hora fecha_y_hora marca_de_tiempo data_hora data_e_hora data_ora zeitstempel zeitpunkt "
        "datum_uhrzeit horodatage date_heure date_et_heure tijdstempel дата_и_время 时间戳 日期时间 時間戳 日時 "
        "タイムスタンプ 일시 타임스탬프"
    ),
    "request_time": "请求时间 請求時間 リクエスト日時 요청시간",
    "created_at": "创建时间 建立時間 作成日時",
    "date": "fecha datum 日期 дата 日付 날짜",
    "time": "zeit uhrzeit hora heure время 时间 時間 時刻 시간",
    "prompt": "提示词 提示 提示詞 プロンプト 프롬프트",
    "question": "pregunta pergunta domanda frage vraag вопрос soru 问题 問題 質問 質問内容 질문",
    "user_question": "提问 用户提问 提問",
    "user_input": "用户输入",
    "input_text": "entrada_usuario eingabe eingabetext 输入 输入内容 入力 입력",
    "request_text": "anfragetext запрос 请求内容",
    "response": "réponse 响应 応答 応答内容 응답",
    "reply": "回复 回复内容 回覆 返答",
    "answer": "respuesta resposta risposta antwort antwoord ответ yanıt cevap 回答 回答内容 答案 답변",
    "output_text": "ausgabe ausgabetext salida 输出 输出内容 輸出 出力 출력",
    "response_content": "响应内容",
    "model": "modelo modello modell modèle модель 模型 モデル 모델",
    "model_name": "模型名称 模型名 模型名稱 モデル名 모델명 nombre_del_modelo modellname",
    "system_prompt": "systemprompt prompt_sistema prompt_de_sistema 系统提示 系统提示词 システムプロンプト",
    "session_id": (
        "sesión id_sesión sitzung sitzungs_id sitzungsid id_session sessione сессия 会话id 會話id セッションid 세션id"
    ),
    "conversation_id": "conversación 对话id 会話id 대화id",
    "request_id": (
        "id_solicitud anfrage_id anfrageid id_requête id_richiesta id_requisição 请求id 請求id リクエストid 요청id"
    ),
    "input_tokens": (
        "tokens_entrada tokens_de_entrada eingabe_tokens eingabetokens jetons_entrée tokens_entrée "
        "输入token 输入tokens 输入token数 提示token数 入力トークン 入力トークン数 입력토큰"
    ),
    "output_tokens": (
        "tokens_salida tokens_de_salida tokens_saída ausgabe_tokens ausgabetokens jetons_sortie "
        "tokens_sortie 输出token 输出tokens 输出token数 出力トークン 出力トークン数 출력토큰"
    ),
    "temperature": "temperatura temperatur température 温度 溫度",
    "client_ip": "dirección_ip endereço_ip ip_adresse adresse_ip 客户端ip ip地址 ipアドレス",
}


def _without_accents(name: str) -> str:
    """A name as people write it who leave accents out; of other scripts than Latin, itself."""
    bare = "".join(one for one in unicodedata.normalize("NFD", name) if not unicodedata.combining(one))
    return bare if bare.isascii() else name


TRANSLATED: Mapping[str, str] = {
    spelt: name for name, words in _NAMES.items() for word in words.split() for spelt in (word, _without_accents(word))
}
"""Each such name, to the English one."""
