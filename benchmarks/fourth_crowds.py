"""Honest crowds who know little of each other and still send the same: classes, workshops, newsletters, tools."""

from __future__ import annotations

from datetime import timedelta

from fourth_accounts import opened
from fourth_applications import app_system
from fourth_clients import script_agent
from fourth_documents import KINDS as PAPERS
from fourth_documents import document
from fourth_everyday import asked
from fourth_grammar import expand, read_rules
from fourth_instructions import bare, instruction
from fourth_people import Voice, chat, talk
from fourth_retyping import Style, reworded
from fourth_times import within
from fourth_toolwork import steps
from fourth_words import WORDS
from fourth_world import Exchange, World

__all__ = ["CROWDS"]

_HOMEWORK = read_rules("""
homework: Explain {subject} in your own words and give {n} examples. | A {trade} sells {n} {product}s at {amount} each
  and {n} at half
  price. How much does it take in? | Discuss the influence of {subject} on {country} after {year}. | Implement {algo}
  in {lang}. Test
  it with at least {n} inputs. | What are the main causes of {subject}? | Derive the formula for {subject} and apply
  it to {n} and {amount}.
  | Compare {subject} with {subject}. | Why was {year} a turning point for {country}? | Draw a table of {subject}:
  causes, course, effects.
extension: Summarize the selected text in {n} bullet points. Answer in the language of the text. | You are Readly.
  Explain the following
  passage to {audience}. Mark hard words. | Rewrite the selection so that it sounds {adjective} and {mood}. Return
  only the text. | Improve
  grammar and style of this text, keep its meaning and its length. | Draft a {mood} reply to the message below in at
  most {n} sentences.
day: {instruction} | Act as a {adjective} {job} and ask me {n} questions about my {hobby}, one at a time. | Write a
  {form} in which a
  {job} from {place} meets a {pet} and learns about {subject}. | Plan my week as if I were a {job} with {n} hours a
  day, then criticise it.
  | Take my last purchase, a {product}, and explain its supply chain as a {form}. | Give me a {n} day challenge to get
  better at {hobby}.
""")
_RULES = {**WORDS, **_HOMEWORK}
_GREETINGS = (
    "hello {first}, have you seen my {thing}?",
    "who rules {place}?",
    "give me a quest",
    "I attack the {pet}",
    "sell me a {product}",
    "what do you know about {last}",
    "i need {food}",
    "can i sleep here? its {weather}",
    "hey {job}",
    "where is the way to {place}",
)


def classroom(world: World) -> None:
    """A class with one homework: questions typed from the sheet, mostly on a few evenings, partly from the school."""
    rng, country = world.rng, world.country()
    sheet = [expand(rng, "{homework}", _RULES) for _ in range(rng.randint(4, 12))]
    if rng.random() < 0.4:
        sheet = [bare(item).prompt for item in world.corpora.draw(rng, "recon_cot_elicitation", len(sheet))]
    campus = world.networks.campus()
    stepwise, due = rng.random() < 0.6, world.calendar.moment(rng)
    for _ in range(rng.randint(15, 60)):
        link = world.networks.shared(campus) if rng.random() < 0.35 else world.networks.household(country)
        account = opened(world, "student", country=country, link=link, shape="student")
        voice, begin = Voice.drawn(rng, country), due - timedelta(hours=rng.expovariate(1 / 20))
        for task in sorted(rng.sample(range(len(sheet)), rng.randint(1, len(sheet)))):
            text = reworded(rng, sheet[task], rng.choice((0, 0, 0.2, 0.6)))
            if stepwise and rng.random() < 0.5:
                text += rng.choice(
                    (" step by step please", " Show all steps.", " explain each step", " Let's think step by step.")
                )
            talk(world, account, voice, begin, rng.choice((1, 1, 1, 2, 3)), voice.style.typed(rng, text))
            begin += timedelta(minutes=rng.lognormvariate(1.7, 0.7))
        chat(world, account, voice, rng.randint(0, 8))


def workshop(world: World) -> None:
    """A workshop at a conference: new accounts in one afternoon run a notebook's cells in order."""
    rng, country = world.rng, world.country()
    begin = world.calendar.start + timedelta(days=rng.randrange(world.calendar.days), hours=rng.uniform(7, 16))
    system, agent, way = app_system(rng), script_agent(rng), world.networks.office()
    cells = [rng.choice((instruction(rng), asked(rng, "data"), asked(rng, "study"))) for _ in range(rng.randint(5, 16))]
    for _ in range(rng.randint(15, 70)):
        link = world.networks.shared(way) if rng.random() < 0.8 else world.networks.household(country)
        account = opened(world, "workshop", program=True, country=country, link=link, agent=agent, plan="pay-as-you-go")
        account.created = begin - timedelta(minutes=abs(rng.gauss(0, 60)))
        when = begin + timedelta(minutes=rng.uniform(0, 12))
        for number, cell in enumerate(cells):
            if rng.random() < 0.02:
                break
            own = rng.random() < 0.12
            what = Exchange(
                asked(rng, "fun") if own else cell,
                None,
                system if number > 2 else None,
                length=rng.lognormvariate(5.8, 0.6),
            )
            world.send(account, when, what)
            when += timedelta(minutes=rng.lognormvariate(1.4, 0.6))


def newsletter(world: World) -> None:
    """Readers of a prompt of the day, who send it as it is or with their own words in it."""
    rng, calendar = world.rng, world.calendar
    days = {day: expand(rng, "{day}", _RULES | {"instruction": [instruction(rng)]}) for day in range(calendar.days)}
    hour = rng.uniform(5, 18)
    for _ in range(rng.randint(30, 150)):
        account = opened(world, "reader")
        voice = Voice.drawn(rng, account.country)
        for day, text in days.items():
            if rng.random() < 0.12:
                when = calendar.start + timedelta(days=day, hours=hour + rng.expovariate(0.2))
                text = text if rng.random() < 0.75 else reworded(rng, text, 0.5)
                talk(world, account, voice, when, rng.choice((1, 1, 2, 3)), text)
        chat(world, account, voice, int(rng.lognormvariate(1.5, 0.9)))


def extension(world: World) -> None:
    """Users of a browser extension with keys of their own; its prompt is the same for all."""
    rng = world.rng
    fixed, apart = expand(rng, "{extension}", _RULES), rng.random() < 0.5
    for _ in range(rng.randint(25, 120)):
        account = opened(world, "extension user")
        voice = Voice.drawn(rng, account.country)
        paper = rng.choice(PAPERS)
        for when in account.rhythm.moments(rng, int(rng.lognormvariate(1.6, 0.8)) + 1, account.created):
            text = document(rng, paper, int(rng.lognormvariate(5.8, 0.8)), world.corpora)
            what = Exchange(text, system=fixed) if apart else Exchange(f"{fixed}\n\n{text}")
            what.length = rng.lognormvariate(5.5, 0.5)
            world.send(account, when, what)
        chat(world, account, voice, int(rng.lognormvariate(0.8, 0.9)))


def retrieval(world: World) -> None:
    """Houses that know nothing of each other and kept one framework's default prompt."""
    rng = world.rng
    group = rng.choice(("langchain_stuff_chat", "langchain_stuff_completion"))
    agent = script_agent(rng) if rng.random() < 0.3 else None
    for _ in range(rng.randint(8, 30)):
        account = opened(world, "retrieval", program=True, app=True)
        account.agent = agent or account.agent
        items = world.corpora.draw(rng, f"rag_langchain_render:{group}", int(rng.lognormvariate(2.9, 0.8)) + 1)
        for when, item in zip(account.rhythm.moments(rng, len(items), account.created), items, strict=False):
            world.send(account, when, Exchange(item.prompt, item.answer, item.system))


def agents(world: World) -> None:
    """Makers of agents on one framework: its system prompt, tools as text, steps one after another."""
    rng = world.rng
    tools = ", ".join(
        rng.sample(("search", "calculator", "browser", "sql", "weather", "calendar", "files", "mail", "python"), 4)
    )
    system = (
        f"Answer the following questions as best you can. You have access to the tools: {tools}.\nUse the format:\n"
        "Question: the question\nThought: what to do\nAction: the tool\nAction Input: its input\n"
        "Observation: its result\n"
        "Final Answer: the answer"
    )
    for _ in range(rng.randint(6, 26)):
        account = opened(world, "agent maker", program=True)
        for _ in range(int(rng.lognormvariate(1.7, 0.8)) + 1):
            for when in account.rhythm.moments(rng, 1, account.created):
                ask = world.corpora.one(rng, rng.choice(("bfcl", "toolalpaca_instr"))).prompt
                steps(
                    world, account, when, system, ask if rng.random() < 0.4 else asked(rng, "travel"), rng.randint(1, 6)
                )


def game(world: World) -> None:
    """Players of a game whose characters speak through their own keys, with the game's long description."""
    rng = world.rng
    system = expand(
        rng,
        "You are {first}, a {adjective} {job} in the village of {place}. The player carries a {thing}. Stay in role. "
        "Known quests: find the {product}, feed the {pet}, escape {country}. Answer in one or two lines.",
        WORDS,
    )
    agent = script_agent(rng)
    for _ in range(rng.randint(8, 50)):
        account = opened(world, "player", agent=agent, shape=rng.choice(("evening", "night", "student")))
        style = Style.drawn(rng)
        voice = Voice("en", ["fun", "people"], style, system, 0, 0, 6)
        for when in account.rhythm.moments(rng, rng.randint(1, 4), account.created):
            opening = style.typed(rng, expand(rng, rng.choice(_GREETINGS), WORDS))
            talk(world, account, voice, when, 1 + int(rng.expovariate(0.2)), opening)


def scramble(world: World) -> None:
    """People who try the same public riddles on the day a model is released, or on some day of talk about one."""
    rng, calendar = world.rng, world.calendar
    begin = world.catalogue.release or calendar.moment(rng)
    riddles = [
        "How many r's are in strawberry?",
        "Which is larger, 9.11 or 9.9?",
        "A farmer needs to cross a river with a wolf, a goat and a "
        "cabbage. The boat holds only the farmer and two items. How?",
        "Draw a pelican riding a bicycle as SVG",
        "Alice has 3 brothers and she also has 4 sisters. How many sisters does Alice's brother have?",
        "Write 10 sentences that end in the word apple.",
        "What weighs more, 2 kg of feathers or 1 kg of iron?",
        *(item.prompt for item in world.corpora.draw(rng, "arena_hard_questions", 12)),
    ]
    for _ in range(rng.randint(15, 60)):
        account = opened(world, "benchmarker", program=rng.random() < 0.6, adopts=0.01)
        own = [asked(rng, "study") for _ in range(rng.randint(0, 4))]
        mine = rng.sample(riddles, rng.randint(3, len(riddles))) + own
        for when, text in zip(
            within(rng, begin, begin + timedelta(hours=rng.uniform(1, 30)), len(mine)), mine, strict=True
        ):
            world.send(account, when, Exchange(text, model=world.catalogue.newest if world.catalogue.release else None))


CROWDS = {
    "classroom": (classroom, 1.5),
    "workshop": (workshop, 0.7),
    "newsletter": (newsletter, 0.8),
    "extension": (extension, 0.9),
    "retrieval": (retrieval, 1),
    "agents": (agents, 1),
    "game": (game, 0.8),
    "scramble": (scramble, 0.9),
}
"""Each with how many a world of level one has on average."""
