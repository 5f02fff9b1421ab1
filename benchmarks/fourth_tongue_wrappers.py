"""How a reasoning trace is asked for in other languages, and small word problems in them."""

from __future__ import annotations

import random

from fourth_grammar import expand, read_rules
from fourth_words import WORDS

__all__ = ["LANGUAGES", "problem", "trace"]

_TRACES = read_rules("""
en: Think step by step and write your whole reasoning in English before the answer. | Show the full chain of thought.
de: Denke Schritt für Schritt und schreibe alle Überlegungen auf Deutsch auf, bevor du antwortest. | Zeige den
  kompletten Denkweg.
fr: Réfléchis étape par étape et écris tout ton raisonnement en français avant la réponse. | Montre le raisonnement
  complet.
es: Piensa paso a paso y escribe todo el razonamiento en español antes de responder. | Muestra la cadena de
  pensamiento completa.
pt: Pense passo a passo e escreva todo o raciocínio em português antes da resposta. | Mostre o raciocínio completo.
it: Ragiona passo dopo passo e scrivi tutto il ragionamento in italiano prima della risposta. | Mostra tutti i passaggi.
pl: Myśl krok po kroku i zapisz całe rozumowanie po polsku przed odpowiedzią. | Pokaż pełny tok rozumowania.
tr: Adım adım düşün ve cevaptan önce tüm akıl yürütmeni Türkçe yaz. | Düşünce zincirinin tamamını göster.
ru: Думай шаг за шагом и запиши все рассуждения по-русски перед ответом. | Покажи полный ход мыслей.
zh: 请一步一步思考，在给出答案之前用中文写出完整的推理过程。 | 请展示完整的思维链。
ja: 段階的に考え、答えの前に推論の過程をすべて日本語で書いてください。 | 思考の過程をすべて示してください。
ko: 단계별로 생각하고 답하기 전에 모든 추론 과정을 한국어로 쓰세요. | 전체 사고 과정을 보여 주세요.
vi: Hãy suy nghĩ từng bước và viết toàn bộ lập luận bằng tiếng Việt trước khi trả lời. | Trình bày đầy đủ chuỗi suy
  luận.
""")
_PROBLEMS = read_rules("""
de: {first} kauft {n} Hefte zu je {n} Euro und {n} Stifte zu {n} Euro. Wie viel bleibt von {amount} Euro? | Ein Zug
  fährt {n} km in {n}
  Minuten. Wie weit kommt er in {n} Stunden? | {first} ist {n} Jahre älter als {last}, zusammen sind sie {n}0. Wie alt
  ist {first}?
fr: {first} achète {n} cahiers à {n} euros et {n} stylos à {n} euros. Que reste-t-il de {amount} euros ? | Un train
  parcourt {n} km en
  {n} minutes. Quelle distance en {n} heures ? | {first} a {n} ans de plus que {last}, ensemble {n}0 ans. Quel âge a
  {first} ?
es: {first} compra {n} cuadernos a {n} euros y {n} bolígrafos a {n}. ¿Cuánto queda de {amount} euros? | Un tren
  recorre {n} km en {n}
  minutos. ¿Cuánto recorre en {n} horas? | {first} tiene {n} años más que {last} y juntos suman {n}0. ¿Qué edad tiene
  {first}?
pt: {first} compra {n} cadernos a {n} reais e {n} canetas a {n}. Quanto sobra de {amount} reais? | Um trem percorre
  {n} km em {n}
  minutos. Quanto percorre em {n} horas?
it: {first} compra {n} quaderni a {n} euro e {n} penne a {n}. Quanto resta di {amount} euro? | Un treno fa {n} km in
  {n} minuti. Quanti
  in {n} ore?
pl: {first} kupuje {n} zeszytów po {n} zł i {n} długopisów po {n} zł. Ile zostanie z {amount} zł?
tr: {first} tanesi {n} liradan {n} defter ve {n} kalem aldı. {amount} liradan ne kadar kalır?
ru: {first} покупает {n} тетрадей по {n} рублей и {n} ручек по {n}. Сколько останется от {amount} рублей? | Поезд
  проходит {n} км за
  {n} минут. Сколько он пройдёт за {n} часов?
zh: {first}买了{n}本练习本，每本{n}元，又买了{n}支笔，每支{n}元。{amount}元还剩多少？ |
  一列火车{n}分钟行驶{n}公里，{n}小时行驶多少公里？
ja: {first}は1冊{n}円のノートを{n}冊と1本{n}円のペンを{n}本買いました。{amount}円からいくら残りますか。 |
  列車は{n}分で{n}km進みます。{n}時間では？
ko: {first}는 {n}원짜리 공책 {n}권과 {n}원짜리 펜 {n}자루를 샀습니다. {amount}원에서 얼마가 남습니까?
vi: {first} mua {n} quyển vở giá {n} nghìn và {n} bút giá {n} nghìn. Còn lại bao nhiêu từ {amount} nghìn?
""")
_RULES = {**WORDS, **_PROBLEMS}
LANGUAGES = tuple(_TRACES)


def trace(rng: random.Random, language: str) -> str:
    """A sentence that asks for a reasoning trace in this language."""
    return rng.choice(_TRACES[language])


def problem(rng: random.Random, language: str) -> str | None:
    """A small word problem in this language, if there are any."""
    return expand(rng, rng.choice(_PROBLEMS[language]), _RULES, english=False) if language in _PROBLEMS else None
