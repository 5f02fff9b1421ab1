"""Honest programs: tests, pipelines, products, agents, probes, and deployers of open programs."""

from __future__ import annotations

import random
from typing import Literal, NamedTuple

from third_clients import HOSTING, by_weight
from third_code_phrases import CODE_WORDS
from third_corpora import Conversation, Item
from third_phrases import LANGUAGES
from third_talk import any_form
from third_world import World

__all__ = ["SYSTEM_PROMPTS", "Programs"]


class _Open(NamedTuple):
    """An open program: its system prompt, and what its users send."""

    system: str
    use: Literal["talk", "code", "tools", "title", "diff", "translation", "story"]


# Popular programs, the first most; unrelated deployers have the same prompt.
_OPEN_PROGRAMS = (
    _Open("You are a helpful assistant.", "talk"),
    _Open("You are a helpful assistant.", "talk"),
    _Open(
        "You are a helpful AI assistant. Answer in the language of the user. Today's date is in the conversation "
        "metadata.",
        "talk",
    ),
    _Open(
        "You are a large language model in a chat window. Do what the user says, carefully, and write your answer in "
        "markdown throughout.",
        "talk",
    ),
    _Open(
        "Solve the user's problem. These tools are at hand:\n\nLookup: finds recent news and facts about whatever you "
        "name\nArithmetic: works out numbers, percentages and sums\n\nWrite in exactly this order, each on a line of "
        "its own:\n\nProblem: what the user wants to know\nIdea: what you will do next, and why it helps\nTool: Lookup "
        "or Arithmetic, by name\nGiven to it: what the tool gets\nIt says: what came back\n... (Idea, Tool, Given to "
        "it and It says as many times as are needed)\nIdea: enough is known now\nSolution: what the user wanted to "
        "know\n\nHere it comes.",
        "tools",
    ),
    _Open(
        "### Job\nName the conversation below in three to five words, with one emoji in front.\n### Rules\n- The name "
        "says what the conversation is mostly about.\n- No quotation marks, no markup, no full stop.\n- Write it in "
        'the language of the conversation.\n### Result\nOne JSON object, {"title": "the name"}, and nothing else',
        "title",
    ),
    _Open(
        "You program together with the user, in his own repository. Follow the conventions that its code already has, "
        "and its libraries. Change what is asked for and nothing else; where a request can be understood in two ways, "
        "ask first. Give every change as a pair of blocks, what stands there now and what shall stand there, and no "
        "whole files.",
        "code",
    ),
    _Open(
        "You are an engineer who has worked in many programming languages and knows their tools and patterns well. "
        "Before you call one of your tools, think about what it will tell you. One call a message; the user allows or "
        "refuses each, and you get the result with his next message. Stop when the job is done.",
        "tools",
    ),
    _Open(
        "You are an expert at writing git commit messages. Given a diff, write a conventional commit message of at "
        "most 72 characters. Output only the message.",
        "diff",
    ),
    _Open(
        "You are a code reviewer. Review the following pull request diff. Point out bugs, risky changes and missing "
        "tests. Explain your reasoning for each finding. Answer in markdown, LGTM if there is nothing.",
        "diff",
    ),
    _Open(
        "You translate, and do nothing else: give the text in the target language as a native writer would put it, "
        "without notes, quotation marks or a word about the translation.",
        "translation",
    ),
    _Open(
        "You speak for a smart home. Say what is true, in a sentence or two of plain text that can be read aloud; if "
        "you don't know, say that.",
        "talk",
    ),
    _Open(
        "You write the next message of {{char}} in a role-play with {{user}}. Move the story on, surprise, stay who "
        "you are, and never say the same thing twice.",
        "story",
    ),
    _Open(
        "You are a note-taking assistant inside Obsidian. Use the notes in the context. Cite note titles in [[double "
        "brackets]]. Think step by step when several notes disagree.",
        "talk",
    ),
    _Open(
        "You turn questions into SQL for a PostgreSQL database. Name the columns that are needed and never take all of "
        "them; where no number is asked for, give at most ten rows.",
        "tools",
    ),
    _Open(
        "You are an AI tutor. Never give the answer directly. Guide the student step by step, ask one question at a "
        "time, and check their reasoning.",
        "talk",
    ),
)
SYSTEM_PROMPTS = tuple(program.system for program in _OPEN_PROGRAMS)
_BROWSER = "You are an agent that controls a browser. Decide on the next action. Reply with a JSON tool call."
_TOOLS = (
    "search", "read_file", "write_file", "run_command", "get_weather", "click", "type_text", "sql_query",
    "send_email", "list_dir",
)  # fmt: skip
_EXTRACTIONS = (
    "Extract all names and dates from the text as JSON.",
    "Classify the sentiment as positive, neutral or negative.",
    "List the key claims of the text.",
    "Write a one-sentence summary.",
    "Give five keywords.",
)
_CHARACTERS = ("Grimbold", "Lyra", "Captain Vex", "Old Marta", "Unit 7", "Sir Aldric")
_TRADES = ("blacksmith", "tavern keeper", "pirate", "robot", "oracle", "goblin merchant")
_GAMES = ("Emberfall", "Skyreach", "Rust Harbor", "Pixel Kingdoms")
_PLAYERS_SAY = (
    "hi", "what do you sell", "give me a quest", "where is the {w}", "who are you", "fight me", "lol",
    "how much for {n} potions", "open the gate", "tell me about the {w}",
)  # fmt: skip
_PROBES = (
    ("ping", "pong"), ("Say OK", "OK"), ("test", "Hello! How can I help?"), ("hi", "Hi!"),
    ("Reply with the word pong", "pong"), ("What is 2+2?", "4"), ("healthcheck", "OK"), ("Hello", "Hello!"),
)  # fmt: skip


class Programs:
    """Adds programs to a world; a median is of how much one sends."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng

    def harness(self, median: float) -> None:
        """A public test, whole or in part, in an order that others may have too."""
        world, rng = self._world, self._rng
        temperature, most_tokens = rng.choice((0, 0, 0, None, 0.2)), rng.choice((16, 32, 256, 512, 1024))
        account = world.account("eval-harness", "sdk")
        account.temperature, account.most_tokens, account.sessions = temperature, most_tokens, False
        source = rng.choice(("mmlu", "mmlu", "gsm8k", "humaneval", "bbh", "evals", "evals", "cot"))
        count = world.volume(median, 0.8, 3000)
        items = self._test(source)
        random.Random(source if rng.random() < 0.6 else rng.random()).shuffle(items)
        items = items[: rng.choice((100, 200, 500, 1000, 3000))]
        pace: Literal["nightly", "burst"] = rng.choice(("nightly", "burst", "burst"))
        for number, moment in enumerate(world.clock.machine(account, count, pace)):
            prompt, answer, system = items[number % len(items)]
            world.send(account, moment, prompt, system=system, answer=answer)

    def _test(self, source: str) -> list[Item]:
        texts = self._world.texts
        if source == "evals":
            groups = self._rng.sample(sorted(texts.evals), self._rng.randint(2, 25))
            return [item for group in groups for item in texts.evals[group]]
        frame = "Q: {}\nA: Let's think step by step." if source == "cot" else "{}"
        documents = texts.honest.documents[source]
        return [(frame.replace("{}", document[0][0]), document[0][1], None) for document in documents]

    def batch(self, median: float, most: int = 4500) -> None:
        """A pipeline: one sort of request, of one's own or of a service."""
        world, rng, texts = self._world, self._rng, self._world.texts
        what = rng.choice(("banking", "bookings", "evals", "extract", "extract", "wrapped"))
        temperature = rng.choice((0, 0, None, 0.1))
        account = world.account("batch-pipeline", "sdk")
        account.temperature, account.sessions = temperature, False
        count = world.volume(median, 0.9, most)
        wrapper = world.wrappers.make()
        if rng.random() < 0.5:
            account.network, account.mail = by_weight(rng, HOSTING), world.company()
        evals = texts.evals[rng.choice(sorted(texts.evals))]
        services = {"banking": texts.banking, "bookings": texts.bookings, "evals": evals}
        extraction = rng.choice(_EXTRACTIONS)
        for moment in world.clock.machine(account, count):
            answer: str | None = None
            system: str | None = None
            if what in services:
                prompt, answer, system = rng.choice(services[what])
            elif what == "wrapped":
                system, prompt = wrapper.around(world.talk.fill(any_form(rng)))
            else:
                prompt = f"{extraction}\n\n{world.talk.passage()}"
            world.send(account, moment, prompt, system=system, answer=answer)

    def retrieval(self, median: float) -> None:
        """A product that answers from documents, as a framework has it or under an instruction of its own."""
        world, rng, shelf = self._world, self._rng, self._world.texts.retrieval
        account = world.account("rag-product", "sdk")
        account.sessions = False
        own = rng.random() < 0.4
        name = world.company()
        count = world.volume(median, 1, 1500)
        begin, span = rng.randrange(len(shelf)), rng.randint(40, 400)
        for moment in world.clock.machine(account, count, "product"):
            prompt, answer, system = shelf[(begin + rng.randrange(span)) % len(shelf)]
            if own:
                context = system or prompt.split("\n\nQuestion")[0]
                system = f"You are the help assistant of {name}. {context[-1600:]}"
                prompt = prompt.split("Question: ")[-1].split("\nHelpful")[0]
            world.send(account, moment, prompt, system=system, answer=answer)

    def deployer(self, median: float) -> None:
        """Somebody who runs a popular open program, with its system prompt."""
        world, rng = self._world, self._rng
        last = len(_OPEN_PROGRAMS) - 1
        often = rng.random() < 0.5
        which = min(int(rng.paretovariate(0.6)) - 1, last) if often else rng.randrange(len(_OPEN_PROGRAMS))
        program = _OPEN_PROGRAMS[which]
        account = world.account("oss-app", rng.choice(("ui", "sdk", "ide")))
        account.system = program.system
        count, made = world.volume(median, 1.2, 600), 0
        times = world.clock.human(account, count)
        rng.shuffle(times)
        typed = program.use not in ("diff", "translation", "title")
        while made < count:
            moment, turns = times[made % len(times)], self._use(program.use, account.domains)
            made += world.converse(account, moment, turns, program.system, most=count - made, typed=typed)

    def _use(self, use: str, domains: list[str]) -> Conversation:
        """What one user of an open program sends."""
        world, rng, talk = self._world, self._rng, self._world.talk
        if use == "diff":
            head = f"diff --git a/{rng.choice(CODE_WORDS)}.py b/{rng.choice(CODE_WORDS)}.py\n"
            lines = talk.code().split("\n")[:30]
            return [(head + "\n".join(rng.choice("+- ") + line for line in lines), None)]
        if use == "translation":
            return [(f"Target language: {rng.choice(LANGUAGES)}\n\n{talk.passage()[:400]}", None)]
        if use == "story":
            return world.texts.take("roleplay", 1)[0][:1]
        if use == "tools":
            return world.texts.take("bfcl", 1)[0]
        if use == "title":
            said = talk.conversation(domains, world.mix)[0][0][:600]
            return [(f"<chat_history>\nUSER: {said}\n</chat_history>", None)]
        return talk.conversation(domains, world.mix, developer=use == "code")

    def agent(self, median: float) -> None:
        """A product whose model calls tools: a task, then the tools' results."""
        world, rng = self._world, self._rng
        client_class, system = rng.choice(("sdk", "ide")), rng.choice((*SYSTEM_PROMPTS[4:8], _BROWSER))
        account = world.account("agent-product", client_class)
        account.sessions, account.system = True, system
        count, made = world.volume(median, 1, 1200), 0
        times = world.clock.machine(account, count, "product")
        tools = rng.sample(_TOOLS, rng.randint(2, 6))
        while made < count:
            source = rng.choice(("bfcl", "bfcl", "tool", "toolalp", "swe", "gorilla"))
            turns: Conversation = [(world.texts.take(source, 1)[0][0][0], None)]
            for _ in range(min(7, int(rng.expovariate(0.5)))):
                turns.append((self._result(tools), None))
            made += world.converse(account, times[made], turns, most=count - made, tools=tools, typed=False)

    def _result(self, tools: list[str]) -> str:
        rng, talk = self._rng, self._world.talk
        tool = rng.choice(tools)
        code, passage = talk.code()[:500], talk.passage()[:300]
        results = (code, passage, f'{{"status": "ok", "rows": {rng.randint(0, 90)}}}', "error: timeout")
        return f"[{tool}] Result:\n{rng.choice(results)}"

    def game(self, median: float) -> None:
        """A game whose characters speak through the model."""
        world, rng = self._world, self._rng
        system = (
            f"You are {rng.choice(_CHARACTERS)}, a {rng.choice(_TRADES)} in the game {rng.choice(_GAMES)}. Never leave "
            f"your role. Answer in at most {rng.choice((2, 3, 40))} {rng.choice(('sentences', 'lines'))}."
        )
        temperature = rng.choice((0.8, 1, None))
        account = world.account("game-bot", "sdk")
        account.system, account.temperature = system, temperature
        count, made = world.volume(median, 1, 1500), 0
        times = world.clock.machine(account, count, "product")
        while made < count:
            made += world.converse(account, times[made], self._played(), system, most=count - made)

    def _played(self) -> Conversation:
        """What one player says: somebody's rude talk, a few words, or a scene."""
        rng, texts = self._rng, self._world.texts
        which = rng.randrange(3)
        if which == 0:
            return texts.take("hh", 1)[0]
        if which == 2:
            return texts.take("roleplay", 1)[0][:1]
        return [(self._world.talk.fill(rng.choice(_PLAYERS_SAY)), None) for _ in range(rng.randint(1, 5))]

    def probe(self, median: float) -> None:
        """A monitor that asks one thing by the clock."""
        world, rng = self._world, self._rng
        most_tokens = rng.choice((1, 5, 16))
        account = world.account("uptime-probe", "sdk")
        account.most_tokens, account.temperature, account.sessions = most_tokens, 0, False
        prompt, answer = rng.choice(_PROBES)
        for moment in world.clock.machine(account, world.volume(median, 0.6, 900), "cron"):
            world.send(account, moment, prompt, answer=answer)
