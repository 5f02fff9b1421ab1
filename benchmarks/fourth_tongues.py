"""What people ask in other languages than English, in a few words."""

from __future__ import annotations

import random

from fourth_grammar import Rules, expand, read_rules
from fourth_words import WORDS

__all__ = ["TONGUES", "asked_in", "followed_in", "tongue_of"]

_DE = """
thema: Tomatensuppe | Mietrecht | meine Steuererklärung | Fahrradkette | Excel-Formeln | Bewerbung als {beruf} |
  Kündigungsfrist
  | Hundeerziehung | Photovoltaik | Prozentrechnung | Gartenbewässerung | Rückenschmerzen | Elternabend | Datenschutz
  im Verein
beruf: Erzieher | Mechatronikerin | Buchhalter | Pflegekraft | Architektin | Lagerist | Informatikerin | Bäcker
ask: Wie geht das mit {thema}? | Schreib mir bitte eine kurze Mail zum Thema {thema} an Herrn {last}. | Was kostet
  {thema} ungefähr in
  {place}? | Erklär mir {thema} in {n} Sätzen | Ich arbeite als {beruf} und brauche Tipps für {thema}. | Formuliere
  das höflicher:
  {first} hat die Unterlagen zu {thema} immer noch nicht geschickt. | {n} Ideen für {thema}? | was ist besser, {thema}
  oder {thema}
  | Erstelle eine Checkliste für {thema}, wir sind {n} Leute | Unterschied zwischen {thema} und {thema}
next: kürzer bitte | und wenn ich nur {n} Euro habe? | Danke! | Kannst du Punkt zwei genauer erklären? | Mach daraus
  eine Tabelle.
  | Bitte per Sie | stimmt das wirklich? | Noch ein Beispiel bitte
"""
_ES = """
tema: la declaración de la renta | una tortilla sin cebolla | el contrato de alquiler | la fotosíntesis | mi
  entrevista de {oficio}
  | las derivadas | un viaje a {place} | la gripe de mi hijo | una rutina de ejercicios | el subjuntivo | un plan de
  marketing
oficio: enfermera | camarero | contable | profesor | diseñadora | mecánico | abogada | programador
ask: ¿Cómo hago {tema} en {n} días? | Explícame {tema} como si tuviera {n} años | Escribe un correo a {first} {last}
  sobre {tema}
  | dame {n} ideas para {tema} | ¿Qué diferencia hay entre {tema} y {tema}? | necesito un resumen de {tema}, gracias |
  Soy {oficio} en
  {place}, ¿qué me recomiendas para {tema}? | corrige este texto: {first} me dijo que {tema} no era importante, pero
  yo creo que si
next: más corto por favor | ¿y si vivo en {place}? | gracias | dame otro ejemplo | ponlo en una tabla | no entiendo el
  segundo punto
"""
_FR = """
sujet: la résiliation de mon bail | une quiche sans crème | le passé composé | mon CV de {metier} | les intégrales |
  un week-end à
  {place} | la déclaration d'impôts | le compostage | un discours de mariage | la Révolution | une fuite d'eau | le
  budget du mois
metier: infirmière | boulanger | comptable | chef de projet | ingénieure | serveur | notaire | développeur
ask: Comment faire pour {sujet} ? | Écris un mail à {first} {last} à propos de {sujet}, ton cordial | Explique {sujet}
  en {n} phrases
  | donne moi {n} conseils pour {sujet} | Je suis {metier} à {place}, que penses-tu de {sujet} ? | quelle différence
  entre {sujet} et
  {sujet} | Corrige : {first} a dit que {sujet} c'est pas grave mais moi je pense que si | Prépare un plan pour {sujet}
next: plus court stp | et avec {n} euros ? | merci ! | un autre exemple | fais un tableau | tu es sûr ?
"""
_PT = """
assunto: um bolo de cenoura | a aula de {oficio} | o imposto de renda | uma viagem para {place} | a regra de três |
  meu currículo
  | um contrato de aluguel | marketing no instagram | dor nas costas | a Revolução Francesa | uma planilha de gastos
oficio: enfermagem | direito | contabilidade | programação | culinária | biologia
ask: como faço {assunto}? | me explica {assunto} em {n} linhas | Escreva um e-mail para {first} {last} sobre {assunto}
  | {n} ideias
  para {assunto} | qual a diferença entre {assunto} e {assunto}? | Preciso de um resumo sobre {assunto}, nível ensino
  médio
  | faz um texto de {n} linhas sobre {assunto} | corrige: {first} disse que {assunto} não é importante mais eu acho
  que é
next: mais curto | e em {place}? | obrigado! | outro exemplo por favor | coloca em tabela | não entendi
"""
_ZH = """
shi: 简历 | 年终总结 | 二次函数 | 租房合同 | 番茄炒蛋 | 去{place}旅游 | 小红书文案 | 会议纪要 | Python爬虫 | 英语作文 | 腰疼 | 理财计划 | 光合作用
ask: 帮我写一份{shi}，大概{n}00字 | {shi}怎么做？ | 请解释一下{shi} | 给我{n}个关于{shi}的建议 | {shi}和{shi}有什么区别 | 我想学{shi}，零基础，每天{n}分钟
  | 把下面这句话改得更正式：{shi}的事情明天再说吧 | 关于{shi}，列一个表格 | 用{n}句话总结{shi}
next: 再短一点 | 谢谢 | 举个例子 | 第二点详细说说 | 改成表格 | 不对吧？ | 换一种语气
"""
_JA = """
koto: 確定申告 | 自己紹介 | カレー | 二次方程式 | {place}旅行 | 議事録 | 英語のメール | 腰痛 | 引っ越し | 履歴書 | エクセルの関数 | 光合成
ask: {koto}について教えてください。 | {koto}の書き方は？ | {koto}を{n}分で説明して | {koto}のアイデアを{n}個ください | {koto}と{koto}の違いは何ですか
  | {last}さんへのメールを書いてください。内容は{koto}です。 | {koto}のチェックリストを作って
next: もっと短くして | ありがとう | 例を挙げて | 表にして | 本当ですか？ | もう少し丁寧に
"""
_RU = """
tema: резюме | налоговый вычет | борщ | производные | поездка в {place} | договор аренды | курсовая | боль в спине |
  ремонт ванной
  | отчёт за квартал | английские времена | бюджет на месяц
ask: Как сделать {tema}? | напиши письмо для {first} {last}, тема: {tema} | объясни простыми словами: {tema} | дай {n}
  советов, {tema}
  | Чем отличается {tema} от {tema}? | составь план на {n} дней: {tema} | Исправь ошибки: {first} сказал что {tema}
  это не важно
next: короче | спасибо | ещё пример | сделай таблицу | ты уверен? | подробнее про второй пункт
"""
_RULES: dict[str, Rules] = {
    tongue: {**WORDS, **read_rules(text)}
    for tongue, text in {"de": _DE, "es": _ES, "fr": _FR, "pt": _PT, "zh": _ZH, "ja": _JA, "ru": _RU}.items()
}
TONGUES = tuple(_RULES)
_SPOKEN = {"de": "de", "es": "es", "mx": "es", "fr": "fr", "br": "pt", "cn": "zh", "jp": "ja", "pl": "ru", "ca": "fr"}
_OWN = {"de": 0.65, "es": 0.7, "mx": 0.7, "fr": 0.7, "br": 0.75, "cn": 0.7, "jp": 0.75, "pl": 0.12, "ca": 0.15}


def tongue_of(rng: random.Random, country: str) -> str:
    """What somebody in this country writes in; ``en`` for the most part, elsewhere too."""
    return _SPOKEN[country] if rng.random() < _OWN.get(country, 0) else "en"


def asked_in(rng: random.Random, tongue: str) -> str:
    """Something asked in a language that is not English."""
    text = expand(rng, rng.choice(_RULES[tongue]["ask"]), _RULES[tongue])
    if rng.random() < 0.25:
        text += (" " if tongue not in ("zh", "ja") else "") + expand(
            rng, rng.choice(_RULES[tongue]["ask"]), _RULES[tongue]
        )
    return text


def followed_in(rng: random.Random, tongue: str) -> str:
    """What is said next."""
    return expand(rng, rng.choice(_RULES[tongue]["next"]), _RULES[tongue])
