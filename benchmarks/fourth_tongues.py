"""What people ask in other languages than English, in a few words."""

from __future__ import annotations

import random

from fourth_grammar import Rules, expand, read_rules
from fourth_words import WORDS

__all__ = ["TONGUES", "asked_in", "followed_in", "said_in", "tongue_of"]

_DE = """
extra: Wir wohnen in {place}. | Bis zum {n}. habe ich Zeit. | Mein Budget sind {amount} Euro. | {first} meint, das sei
  unnötig. | für {n} Personen | Ich habe seit {n} Jahren damit zu tun. | es geht um {first} {last} | bitte ohne
  Fachwörter, für einen {beruf} | danke schon mal | Es eilt, {first} wartet in {place}. | Beim letzten Mal waren es
  {amount}.
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
say: Das hängt von der Lage ab, meist reichen {n} Schritte. | Wichtig bei {thema} ist ein klarer Anfang. | Hier ist
  ein Entwurf: Sehr
  geehrte Frau {last}, vielen Dank für Ihre Nachricht. | In {place} kostet das etwa {amount} Euro. | Beachten Sie
  dabei auch {thema}. | Viele
  machen den Fehler, zu früh aufzuhören. | Danach prüfst du alles noch einmal in Ruhe. | Als {beruf} kennst du das
  sicher. | Gern geschehen!
next: und bei {thema}? | mach das bitte für {first} in {place} | nein, {n} statt {n} | erklär {thema} nochmal mit
  einem Beispiel | was sagt ein {beruf} dazu? | ok, dann jetzt {n} Punkte zu {thema} | geht das auch in {place}?
  | und bei {thema}? | mach das bitte für {first} in {place} | nein, {n} statt {n} | erklär {thema} nochmal mit einem
  Beispiel | was sagt ein {beruf} dazu? | ok, dann jetzt {n} Punkte zu {thema} | geht das auch in {place}?
  | kürzer bitte | und wenn ich nur {n} Euro habe? | Danke! | Kannst du Punkt zwei genauer erklären? | Mach daraus
  eine Tabelle.
  | Bitte per Sie | stimmt das wirklich? | Noch ein Beispiel bitte
"""
_ES = """
extra: Vivo en {place}. | Tengo {n} días. | El presupuesto es de {amount}. | {first} dice que no hace falta. | para
  {n} personas | Llevo {n} años con esto. | es para {first} {last} | sin tecnicismos, soy {oficio} | gracias de
  antemano | La última vez fueron {amount}. | {first} espera en {place}
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
say: Depende de la situación, pero suelen bastar {n} pasos. | Lo importante en {tema} es empezar con orden. | Aquí
  tienes un borrador: Estimada
  {first} {last}, gracias por su mensaje. | En {place} cuesta unos {amount} euros. | No olvides {tema}. | Después
  conviene revisarlo todo con
  calma. | Como {oficio} ya lo sabrás. | Mucha gente se detiene demasiado pronto. | Espero que te ayude.
next: ¿y para {tema}? | hazlo para {first} en {place} | no, son {n}, no {n} | explica otra vez {tema} con un ejemplo |
  ¿qué diría un {oficio}? | vale, ahora {n} puntos sobre {tema}
  | ¿y para {tema}? | hazlo para {first} en {place} | no, son {n}, no {n} | explica otra vez {tema} con un ejemplo |
  ¿qué diría un {oficio}? | vale, ahora {n} puntos sobre {tema}
  | más corto por favor | ¿y si vivo en {place}? | gracias | dame otro ejemplo | ponlo en una tabla | no entiendo el
  segundo punto
"""
_FR = """
extra: J'habite à {place}. | J'ai {n} jours. | Mon budget est de {amount} euros. | {first} dit que ce n'est pas utile.
  | pour {n} personnes | Ça dure depuis {n} ans. | c'est pour {first} {last} | sans jargon, je suis {metier} | merci
  d'avance | La dernière fois c'était {amount}. | {first} attend à {place}
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
say: Cela dépend de la situation, mais {n} étapes suffisent. | L'essentiel pour {sujet} est de bien commencer. | Voici
  un brouillon :
  Bonjour {first}, merci pour votre message. | À {place} il faut compter {amount} euros. | Pensez aussi à {sujet}. |
  Ensuite, relisez tout
  tranquillement. | En tant que {metier}, vous le savez sans doute. | Beaucoup s'arrêtent trop tôt. | Bon courage !
next: et pour {sujet} ? | fais-le pour {first} à {place} | non, {n} et pas {n} | reprends {sujet} avec un exemple |
  que dirait un {metier} ? | ok, maintenant {n} points sur {sujet}
  | et pour {sujet} ? | fais-le pour {first} à {place} | non, {n} et pas {n} | reprends {sujet} avec un exemple | que
  dirait un {metier} ? | ok, maintenant {n} points sur {sujet}
  | plus court stp | et avec {n} euros ? | merci ! | un autre exemple | fais un tableau | tu es sûr ?
"""
_PT = """
extra: Moro em {place}. | Tenho {n} dias. | O orçamento é {amount}. | {first} acha que não precisa. | para {n} pessoas
  | Faz {n} anos que lido com isso. | é para {first} {last} | sem termos técnicos | desde já obrigado | Da última vez
  foram {amount}. | trabalho com {oficio} em {place}
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
say: Depende da situação, mas {n} passos bastam. | O principal em {assunto} é começar direito. | Segue um rascunho:
  Olá {first}, obrigado
  pela mensagem. | Em {place} custa uns {amount} reais. | Lembre-se de {assunto}. | Depois revise tudo com calma. |
  Muita gente para cedo
  demais. | Espero ter ajudado!
next: e para {assunto}? | faz para {first} em {place} | não, são {n} e não {n} | explica de novo {assunto} com exemplo
  | ok, agora {n} pontos sobre {assunto}
  | e para {assunto}? | faz para {first} em {place} | não, são {n} e não {n} | explica de novo {assunto} com exemplo |
  ok, agora {n} pontos sobre {assunto}
  | mais curto | e em {place}? | obrigado! | outro exemplo por favor | coloca em tabela | não entendi
"""
_ZH = """
extra: 我住在{place}。 | 预算{amount}元。 | 我有{n}天时间。 | {first}说不需要。 | 一共{n}个人 | 已经{n}年了 |
  给{first}用的 | 上次是{amount} | 不要太专业 | 在{place}用
shi: 简历 | 年终总结 | 二次函数 | 租房合同 | 番茄炒蛋 | 去{place}旅游 | 小红书文案 | 会议纪要 | Python爬虫 | 英语作文
  | 腰疼 | 理财计划 | 光合作用
ask: 帮我写一份{shi}，大概{n}00字 | {shi}怎么做？ | 请解释一下{shi} | 给我{n}个关于{shi}的建议 |
  {shi}和{shi}有什么区别 | 我想学{shi}，零基础，每天{n}分钟
  | 把下面这句话改得更正式：{shi}的事情明天再说吧 | 关于{shi}，列一个表格 | 用{n}句话总结{shi}
say: 这要看具体情况，一般{n}步就够了。 | {shi}最重要的是开头要清楚。 | 下面是一份草稿：{first}您好，感谢来信。 |
  在{place}大概需要{amount}元。 | 另外也要注意{shi}。
  | 最后再检查一遍。 | 很多人在这里容易出错。 | 希望对你有帮助。
next: 那{shi}呢？ | 换成给{first}的版本 | 不是{n}，是{n} | 再讲讲{shi} | 加上{n}个例子，关于{shi} | 在{place}也一样吗
  | 那{shi}呢？ | 换成给{first}的版本 | 不是{n}，是{n} | 再讲讲{shi} | 加上{n}个例子，关于{shi} | 在{place}也一样吗
  | 再短一点 | 谢谢 | 举个例子 | 第二点详细说说 | 改成表格 | 不对吧？ | 换一种语气
"""
_JA = """
extra: {place}に住んでいます。 | 予算は{amount}円です。 | {n}日しかありません。 | {last}さんは不要だと言います。 |
  {n}人分です | もう{n}年やっています | {first}さん用です | 前回は{amount}でした | 専門用語なしで
koto: 確定申告 | 自己紹介 | カレー | 二次方程式 | {place}旅行 | 議事録 | 英語のメール | 腰痛 | 引っ越し | 履歴書 |
  エクセルの関数 | 光合成
ask: {koto}について教えてください。 | {koto}の書き方は？ | {koto}を{n}分で説明して | {koto}のアイデアを{n}個ください |
  {koto}と{koto}の違いは何ですか
  | {last}さんへのメールを書いてください。内容は{koto}です。 | {koto}のチェックリストを作って
say: 状況によりますが、{n}つの手順で十分です。 | {koto}では最初が大切です。 |
  下書きです：{last}様、ご連絡ありがとうございます。 | {place}では約{amount}円です。
  | {koto}にもご注意ください。 | 最後にもう一度確認しましょう。 | ここで間違える人が多いです。 | お役に立てば幸いです。
next: {koto}の場合は？ | {last}さん向けにして | {n}ではなく{n}です | {koto}をもう一度例で説明して |
  {place}でも同じですか | {koto}について{n}点追加して
  | {koto}の場合は？ | {last}さん向けにして | {n}ではなく{n}です | {koto}をもう一度例で説明して |
  {place}でも同じですか | {koto}について{n}点追加して
  | もっと短くして | ありがとう | 例を挙げて | 表にして | 本当ですか？ | もう少し丁寧に
"""
_RU = """
extra: Живу в {place}. | Бюджет {amount}. | Есть {n} дней. | {first} говорит, что не нужно. | на {n} человек | уже {n}
  лет этим занимаюсь | это для {first} {last} | в прошлый раз было {amount} | без терминов
tema: резюме | налоговый вычет | борщ | производные | поездка в {place} | договор аренды | курсовая | боль в спине |
  ремонт ванной
  | отчёт за квартал | английские времена | бюджет на месяц
ask: Как сделать {tema}? | напиши письмо для {first} {last}, тема: {tema} | объясни простыми словами: {tema} | дай {n}
  советов, {tema}
  | Чем отличается {tema} от {tema}? | составь план на {n} дней: {tema} | Исправь ошибки: {first} сказал что {tema}
  это не важно
say: Всё зависит от ситуации, обычно хватает {n} шагов. | Главное здесь: {tema}, начните с плана. | Вот черновик:
  здравствуйте, {first}
  {last}, спасибо за письмо. | В {place} это стоит около {amount}. | Не забудьте про пункт «{tema}». | Потом спокойно
  проверьте всё ещё раз.
  | Многие останавливаются слишком рано. | Надеюсь, это поможет.
next: а если {tema}? | сделай для {first} в {place} | нет, {n}, а не {n} | ещё раз про {tema} с примером | теперь {n}
  пунктов: {tema}
  | а если {tema}? | сделай для {first} в {place} | нет, {n}, а не {n} | ещё раз про {tema} с примером | теперь {n}
  пунктов: {tema}
  | короче | спасибо | ещё пример | сделай таблицу | ты уверен? | подробнее про второй пункт
"""
_RULES: dict[str, Rules] = {
    tongue: {**WORDS, **read_rules(text)}
    for tongue, text in {"de": _DE, "es": _ES, "fr": _FR, "pt": _PT, "zh": _ZH, "ja": _JA, "ru": _RU}.items()
}
TONGUES = tuple(_RULES)
_SPOKEN = {"de": "de", "es": "es", "mx": "es", "fr": "fr", "br": "pt", "cn": "zh", "jp": "ja", "pl": "ru", "ca": "fr"}
_OWN = {"de": 0.65, "es": 0.7, "mx": 0.7, "fr": 0.7, "br": 0.75, "cn": 0.7, "jp": 0.75, "pl": 0.12, "ca": 0.15}


def _filled(rng: random.Random, tongue: str, name: str) -> str:
    return expand(rng, rng.choice(_RULES[tongue][name]), _RULES[tongue], english=False)


def tongue_of(rng: random.Random, country: str) -> str:
    """What somebody in this country writes in; ``en`` for the most part, elsewhere too."""
    return _SPOKEN[country] if rng.random() < _OWN.get(country, 0) else "en"


def asked_in(rng: random.Random, tongue: str) -> str:
    """Something asked in a language that is not English."""
    text = _filled(rng, tongue, "ask")
    joint = "" if tongue in ("zh", "ja") else " "
    for name, share in (("ask", 0.12), ("extra", 0.55), ("extra", 0.2)):
        if rng.random() < share:
            text += joint + _filled(rng, tongue, name)
    return text


def followed_in(rng: random.Random, tongue: str) -> str:
    """What is said next."""
    if rng.random() < 0.35:
        return asked_in(rng, tongue)
    if rng.random() < 0.4:
        return f"{_filled(rng, tongue, 'next')} {_filled(rng, tongue, 'extra')}"
    return _filled(rng, tongue, "next")


def said_in(rng: random.Random, tongue: str, length: int) -> str:
    """An answer in that language, of about so many characters."""
    parts: list[str] = []
    while sum(map(len, parts)) < length:
        parts.append(_filled(rng, tongue, "say"))
    return ("" if tongue in ("zh", "ja") else " ").join(parts)
