"""Programs of honest houses and makers: applications, automations over papers, coding agents, small trials."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime, timedelta

from fourth_accounts import house_domain, opened
from fourth_clients import parameters
from fourth_documents import KINDS as PAPERS
from fourth_documents import document
from fourth_everyday import INTERESTS, asked
from fourth_grammar import expand, read_rules
from fourth_people import Voice, talk
from fourth_retyping import Style
from fourth_times import Rhythm, ticks, within
from fourth_tongues import asked_in, tongue_of
from fourth_words import WORDS
from fourth_world import Account, Exchange, World

__all__ = ["app_system", "application", "automation", "coder", "frame", "trial", "worked"]

_SYSTEMS = read_rules(
    """
system: {who} {tone} {limit} | {who} {limit} {tone} {more} | {who} {more} | {who} {tone}\\n\\nRules:\\n- {limit}\\n-
  {more}
who: You are {first}, the assistant of a {trade} in {place}. | You're the chat of our {adjective} {product} shop. |
  You help customers
  of {last} & {last}, a {trade}. | You are {last}bot. You answer questions about {subject} for students. | Act as the
  front desk of a
  {trade}. | You support users of an app for {hobby}. | You write {form}s for people who run a {trade}. | You coach
  {audience} in {tongue}.
tone: Be {mood} and brief. | Use simple words. | Never more than {n} sentences. | Answer in the language of the
  question. | Keep a
  {adjective} tone. | Write in the first person plural. | No emojis. | Use headings only where they help.
limit: If you don't know, send them to {first} at the desk. | Don't give legal advice. | Prices start at {amount}. |
  Don't talk about
  competitors. | We are open from {n} to {n}. | Never promise a refund. | Only talk about {product} and {thing}. | Ask
  for the order number.
more: Our best seller is the {product}. | Delivery to {place} takes {n} days. | Mention the {event} offer when it
  fits. | End with a
  question. | The user may be {mood}. | Today's special is {dish}. | Staff are called {first} and {first}.
frame: Summarize the following {paper} in {n} sentences for {audience}.\\n\\n{{x}} | {paper}:\\n{{x}}\\n\\nReturn JSON
  with the keys {keys}.
  | Classify this {paper} as one of: {labels}. Answer with the label only.\\n\\n{{x}} | Write a {mood} reply to this
  {paper}, signed
  {first}:\\n\\n{{x}} | Translate into {tongue}, keep names:\\n{{x}} | Extract {keys} from the text below. Use null if
  missing.\\nText:
  """
    + '"""{{x}}"""'
    + """ | Rate from 1 to {n} how urgent this {paper} is for a {job}, then one sentence why.\\n\\n{{x}}
  | You will get a {paper}.
  List action items with owner.\\n---\\n{{x}}\\n--- | Turn this {paper} into a {form}, {adjective}, under {n}0 words:
  {{x}}
keys: name, date, amount | product, sentiment, score | sender, request, deadline | topic, language, urgency | city,
  price, rooms
  | party_a, party_b, term | error, component, severity | title, summary, tags
labels: complaint, praise, question, other | urgent, normal, low | billing, delivery, product, other | positive,
  neutral, negative
  | spam, lead, support | bug, feature, question | legal, hr, sales, finance
"""
)
_KEYS = re.compile(r"(?:keys|Extract) ([a-z_]+(?:, [a-z_]+)+)")
_RULES = {**WORDS, **_SYSTEMS}


def app_system(rng: random.Random) -> str:
    """What an application tells the model that it is."""
    return expand(rng, "{system}", _RULES)


def frame(rng: random.Random, paper: str) -> str:
    """An automation's prompt, with ``{x}`` where each paper goes."""
    text = rng.choice(_RULES["frame"]).replace("{paper}", paper).replace("{{x}}", "\x00")
    return expand(rng, text, _RULES).replace("\x00", "{x}")


def worked(world: World, account: Account, text: str, paper: str, when: datetime, length: int) -> None:
    """One paper worked through by an automation."""
    rng = world.rng
    short = "label only" in text or "Rate from" in text
    answer = None
    if found := _KEYS.search(text):
        keys = [key.strip() for key in found[1].split(",")]
        answer = json.dumps({key: rng.choice((None, rng.choice(WORDS["place"]), rng.randint(1, 900))) for key in keys})
    elif short:
        answer = rng.choice(("normal", "other", "billing", "urgent", "question", "negative", "positive"))
    paper_text = document(rng, paper, length, world.corpora)
    world.send(account, when, Exchange(text.replace("{x}", paper_text), answer, length=rng.lognormvariate(5.6, 0.5)))


def application(world: World, count: int) -> Account:
    """A house's application: one system prompt, many users' talk behind one key."""
    rng = world.rng
    account = opened(world, "application", program=True, app=True)
    system, tongue = app_system(rng), tongue_of(rng, account.country)
    interests = rng.sample(INTERESTS, rng.randint(1, 3))
    while count > 0:
        turns = min(count, 1 + int(rng.expovariate(0.7)))
        style = Style.drawn(rng)
        voice = Voice(tongue, interests, style, system, pastes=0.02, real=0.01)
        for when in account.rhythm.moments(rng, 1, account.created):
            talk(world, account, voice, when, turns)
        count -= turns
    return account


def automation(world: World, count: int) -> Account:
    """A house's automation: one frame over papers, by night, by the clock or as they come in."""
    rng, calendar = world.rng, world.calendar
    account = opened(world, "automation", program=True, app=rng.random() < 0.4)
    account.email_domain = house_domain(rng) if rng.random() < 0.6 else account.email_domain
    paper = rng.choice(PAPERS)
    frames = [frame(rng, paper) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    length = int(rng.lognormvariate(6.2, 0.6))
    way = rng.choice(("night", "clock", "office", "stream"))
    if way == "night":
        times = []
        hour, spread = rng.uniform(0, 24), rng.uniform(0.1, 3)
        for day in range(calendar.days):
            begin = calendar.start + timedelta(days=day, hours=hour)
            times += within(rng, begin, begin + timedelta(hours=spread), round(count / calendar.days + rng.random()))
    elif way == "clock":
        every = timedelta(seconds=max(300, calendar.days * 86400 / max(count, 1)))
        times = ticks(rng, calendar.start + timedelta(seconds=rng.uniform(0, 3600)), calendar.end, every, 4)
    elif way == "office":
        account.rhythm = Rhythm.drawn(rng, calendar, account.country, "office")
        times = account.rhythm.moments(rng, count, account.created)
    else:
        times = within(rng, max(account.created, calendar.start), calendar.end, count)
    for when in times:
        worked(world, account, rng.choice(frames), paper, when, length)
    return account


def coder(world: World, count: int) -> Account:
    """Somebody with a coding agent: long stretches of turns in quick succession, with files carried along."""
    rng = world.rng
    account = opened(world, "coder", program=rng.random() < 0.5)
    account.asks = parameters(rng, True)
    files = [document(rng, "log", 600) for _ in range(2)] + [
        one.prompt for one in world.corpora.draw(rng, "swe_lancer_issues", 2)
    ]
    style = Style.drawn(rng)
    system = expand(
        rng,
        "Act as an expert {lang} developer. Repo: {trade} backend with {lib} and {lib}. Conventions: {adjective}.",
        WORDS,
    )
    while count > 0:
        turns = min(count, 2 + int(rng.expovariate(0.2)))
        session, history = world.name("s_", 10), [("user", rng.choice(files)[:2500]), ("assistant", "Ok.")]
        for when in account.rhythm.moments(rng, 1, account.created):
            for _ in range(turns):
                ask = style.typed(rng, asked(rng, rng.choice(("coding", "coding", "coding", "data"))))
                what = Exchange(
                    ask, None, system, history[:2] + history[2:][-6:], session, rng.lognormvariate(6.4, 0.6), "code"
                )
                answer = world.send(account, when, what)
                if answer is None:
                    break
                history += [("user", ask), ("assistant", answer)]
                when += timedelta(seconds=rng.lognormvariate(3.3, 0.8) + 5)
        count -= turns
    return account


def trial(world: World, count: int) -> Account:
    """Somebody who tries the interface out."""
    rng = world.rng
    account = opened(world, "trial", program=True)
    for when in account.rhythm.moments(rng, count, account.created):
        text = rng.choice(
            (
                "hello",
                "Hello!",
                "test",
                "hi",
                "Say this is a test",
                "ping",
                "Hello, who are you?",
                "1+1=",
                "tell me a joke",
            )
        )
        if rng.random() < 0.75:
            text = asked_in(rng, "de") if rng.random() < 0.1 else asked(rng, rng.choice(INTERESTS))
        world.send(account, when, Exchange(text, length=rng.lognormvariate(4.5, 0.8)))
    return account
