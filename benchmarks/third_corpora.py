"""Texts of corpora, dealt out to one world: each document is the campaigns' or the honest people's, by a hash."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["NEEDED", "SENTENCE_END", "Conversation", "Corpora", "Item", "Side", "Texts"]

Turn = tuple[str, str | None]
"""What a person says, and the corpus's answer to it where it has one."""
Conversation = list[Turn]
Item = tuple[str, str | None, str | None]
"""A prompt, its answer and its system prompt."""
Record = dict[str, Any]

_HARNESSES = ("mmlu_harness", "gsm8k_harness", "humaneval_harness", "bbh_code_davinci")
NEEDED = (
    *("oasst_en100", "oasst_prompts", "arena_hard_questions", "hh_rlhf_harmless_test", "awesome_chatgpt_prompts"),
    *("aider_history", "swe_lancer_issues", "bfcl", "gpteacher", "recon_cot_elicitation", "gorilla_apibench"),
    *("toolalpaca_instr", "recon_selfinstruct_prompts", *_HARNESSES, "banking77_pipeline", "restaurant8k_pipeline"),
    *("openai_evals", "rag_langchain_render"),
)
_LONGEST = 6000
# Their documents begin alike, so the whole text tells them apart.
_ALIKE_AT_FIRST = ("bbh", "selfinst")
_TOOL_DOCUMENTS = 3000
_LEAST_EVALS = 25
_SENTENCES = 14_000
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


class Corpora:
    """The files of a folder, each read when it is asked for and kept.

    Args:
        files: ``NAME.jsonl.gz``, of each name that is needed one.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = {path.name.split(".")[0]: path for path in files}
        self._records: dict[str, list[Record]] = {}

    def missing(self) -> list[str]:
        """Names of needed corpora that are not there."""
        return [name for name in NEEDED if name not in self._files]

    def records(self, name: str) -> list[Record]:
        """The records of one corpus, also a test's that asks nothing."""
        if name not in self._records:
            with gzip.open(self._files[name], "rt", encoding="utf-8") as lines:
                self._records[name] = [json.loads(line) for line in lines]
        return self._records[name]

    def conversations(self, name: str, shorter_than: int | None = None) -> list[Conversation]:
        """The records of one corpus as conversations, of those whose prompt has fewer characters than this."""
        some = (one for one in self.records(name) if shorter_than is None or len(one["user"]) < shorter_than)
        return [_conversation(record) for record in some]

    def items(self, name: str) -> list[Item]:
        """The records of one corpus as single requests."""
        return [_item(record) for record in self.records(name)]


def _item(record: Record) -> Item:
    return record["user"], record.get("assistant"), record.get("system")


def _conversation(record: Record) -> Conversation:
    turns: Conversation = []
    asked: str | None = None
    for message in record.get("turns") or ():
        content = message.get("content")
        if not isinstance(content, str):
            continue
        if message["role"] == "user":
            if asked is not None:
                turns.append((asked, None))
            asked = content[:_LONGEST]
        elif message["role"] == "assistant" and asked is not None:
            turns.append((asked, content))
            asked = None
    if asked is not None:
        turns.append((asked, None))
    return turns or [(record["user"][:_LONGEST], record.get("assistant"))]


def _share(*parts: str) -> float:
    """A number from 0 to 1 that is the same for the same parts."""
    digest = hashlib.blake2b("|".join(parts).encode(), digest_size=6).hexdigest()
    return int(digest, 16) / 2**48


def _tool_questions(records: Iterable[Record]) -> Iterator[tuple[str, Record]]:
    """The question at the end of each toolformer prompt."""
    for record in records:
        if record["group"] == "toolformer":
            question = record["user"].strip().split("\n")[-1].strip()
            if len(question) > 15 and not question.startswith("toolformer"):
                yield question, record


@dataclass
class Side:
    """What one side draws on, the honest people or the campaigns."""

    documents: dict[str, list[Conversation]]
    """By source."""
    talk: list[Conversation]
    """Conversations of people, each served once."""
    developers: list[Conversation]
    """Conversations of developers, each served once."""
    paragraphs: list[str]
    codes: list[str]

    def prompts(self, source: str) -> list[str]:
        """The first prompt of every document of a source."""
        return [document[0][0] for document in self.documents[source]]


class Texts:
    """All that one world's people, programs and campaigns say, as far as it is from corpora.

    Args:
        rng: draws everything.
        key: of the world; what is whose hangs on it.
        corpora: where the texts are from.
    """

    def __init__(self, rng: random.Random, key: str, corpora: Corpora) -> None:
        self._rng, self._key = rng, key
        # The campaign's share of instructions, of people's talk, of test questions, of questions that elicit thought.
        self._shares = {
            "instructions": rng.uniform(0.32, 0.45),
            "people": rng.uniform(0.25, 0.35),
            "tests": rng.uniform(0.2, 0.3),
            "thought": rng.uniform(0.35, 0.5),
        }
        honest: dict[str, list[Conversation]] = {}
        campaign: dict[str, list[Conversation]] = {}
        for source, documents, share in _sources(corpora):
            honest[source], campaign[source] = self._parted(source, documents, share)
        self._read_services(corpora)
        paragraphs, theirs = self._paragraphs()
        both = [one for source in ("oasst", "hh", "roleplay") for one in (*honest[source], *campaign[source])]
        self.sentences = self._sentences(both)
        popular = [*honest["awesome"], *honest["oasstp"], *honest["arena"]]
        self.popular = [document[0][0] for document in rng.sample(popular, rng.randint(120, 300))]
        """Prompts of the internet that strangers copy, and campaigns now and then."""
        talk, cover = self._talk(honest), self._talk(campaign)
        developers = [*honest["aider"], *honest["swe"], *honest["codegen"][: len(honest["codegen"]) // 4]]
        also = [*campaign["aider"], *campaign["swe"]]
        rng.shuffle(developers)
        rng.shuffle(also)
        self.honest = Side(honest, talk, developers, paragraphs, _codes(honest["codegen"]))
        self.campaign = Side(campaign, cover, also, theirs, _codes(campaign["codegen"]))
        self._stock = {source: list(documents) for source, documents in honest.items()}

    def side(self, *, cover: bool) -> Side:
        """The campaigns' side where talk is cover, or the honest one."""
        return self.campaign if cover else self.honest

    def take(self, source: str, count: int) -> list[Conversation]:
        """Honest documents, each taken once before one is taken again."""
        stock = self._stock[source]
        if len(stock) < count:
            stock += self.honest.documents[source]
            self._rng.shuffle(stock)
        self._stock[source] = stock[count:]
        return stock[:count]

    def instructions(self, count: int) -> list[Turn]:
        """Broad instructions of the honest side, with their answers."""
        rng = self._rng
        weights = [rng.random() for _ in range(5)]
        drawn = rng.choices(["codegen", "roleplay", "tool", "cot", "gorilla"], weights, k=count)
        taken = [one for source in sorted(set(drawn)) for one in self.take(source, drawn.count(source))]
        rng.shuffle(taken)
        return [document[0] for document in taken]

    def _parted(
        self, source: str, documents: Iterable[Conversation], share: str
    ) -> tuple[list[Conversation], list[Conversation]]:
        """The honest documents of a source and the campaign's, each once; of two alike either."""
        different: dict[str, Conversation] = {}
        for document in documents:
            text = document[0][0]
            text = (text if source in _ALIKE_AT_FIRST else text[:300]).strip().lower()
            if text and not (text in different and self._rng.random() < 0.5):
                different[text] = document
        honest: list[Conversation] = []
        campaign: list[Conversation] = []
        for text, document in different.items():
            (campaign if _share(self._key, text) < self._shares[share] else honest).append(document)
        self._rng.shuffle(honest)
        self._rng.shuffle(campaign)
        return honest, campaign

    def _read_services(self, corpora: Corpora) -> None:
        """Requests of programs, which are nobody's alone."""
        rng = self._rng
        self.banking, self.bookings = corpora.items("banking77_pipeline"), corpora.items("restaurant8k_pipeline")
        self.bookings = [(prompt, answer, None) for prompt, answer, _ in self.bookings]
        evals: dict[str, list[Item]] = {}
        for record in corpora.records("openai_evals"):
            if isinstance(record["user"], str) and len(record["user"]) < 4000:
                evals.setdefault(record["group"], []).append(_item(record))
        self.evals = {group: items for group, items in evals.items() if len(items) >= _LEAST_EVALS}
        self.retrieval = corpora.items("rag_langchain_render")
        for items in (self.retrieval, self.banking, self.bookings):
            rng.shuffle(items)

    def _paragraphs(self) -> tuple[list[str], list[str]]:
        """The passages that retrieval found, each once: three quarters for the honest, one for campaigns."""
        found = []
        for prompt, _, system in self.retrieval:
            if system:
                passage = system.split("----------------")[-1]
            else:
                passage = prompt.split("\n\n", 1)[-1].split("\n\nQuestion")[0]
            passage = passage.strip().strip('"')
            if len(passage) > 150:
                found.append(passage[:2500])
        found = list(dict.fromkeys(found))
        self._rng.shuffle(found)
        cut = int(len(found) * 0.25)
        return found[cut:], found[:cut]

    def _sentences(self, documents: Iterable[Conversation]) -> list[str]:
        """Sentences of answers, for answers that no corpus has."""
        answers = (answer for document in documents for _, answer in document if answer)
        sentences = [one for answer in answers for one in SENTENCE_END.split(answer[:1500]) if 25 < len(one) < 240]
        self._rng.shuffle(sentences)
        return sentences[:_SENTENCES]

    def _talk(self, documents: dict[str, list[Conversation]]) -> list[Conversation]:
        talk = [one for source in ("oasst", "oasstp", "arena", "hh", "bfcl") for one in documents[source]]
        talk += documents["awesome"][: len(documents["awesome"]) // 3]
        self._rng.shuffle(talk)
        return talk


def _sources(corpora: Corpora) -> Iterator[tuple[str, list[Conversation], str]]:
    """Each source: its name, its documents, and which share of them is the campaign's."""
    yield "oasst", corpora.conversations("oasst_en100"), "people"
    yield "oasstp", corpora.conversations("oasst_prompts"), "people"
    yield "arena", corpora.conversations("arena_hard_questions"), "people"
    yield "hh", corpora.conversations("hh_rlhf_harmless_test"), "people"
    yield "awesome", corpora.conversations("awesome_chatgpt_prompts", 5000), "people"
    yield "aider", corpora.conversations("aider_history", 4000), "people"
    yield "swe", corpora.conversations("swe_lancer_issues"), "people"
    calls = (one for one in corpora.records("bfcl") if "multi_turn" not in one["group"] and len(one["user"]) < 1500)
    yield "bfcl", [_conversation(record) for record in calls], "people"
    teacher = corpora.records("gpteacher")
    for group in ("codegen", "roleplay"):
        yield group, [_conversation(record) for record in teacher if record["group"] == group], "instructions"
    tools = list(_tool_questions(teacher))
    yield "tool", [[(question, record["assistant"])] for question, record in tools], "instructions"
    whole = [[(record["user"], record["assistant"])] for _, record in tools[:_TOOL_DOCUMENTS]]
    yield "toolfull", whole, "instructions"
    frame = re.compile(r"^Q: |\nA: Let's think step by step\.$")
    questions = (frame.sub("", record["user"]).strip() for record in corpora.records("recon_cot_elicitation"))
    yield "cot", [[(question, None)] for question in questions], "thought"
    yield "gorilla", corpora.conversations("gorilla_apibench"), "instructions"
    yield "toolalp", corpora.conversations("toolalpaca_instr"), "instructions"
    yield "selfinst", corpora.conversations("recon_selfinstruct_prompts"), "instructions"
    for name in _HARNESSES:
        yield name.split("_")[0], corpora.conversations(name, 4500), "tests"


def _codes(documents: Iterable[Conversation]) -> list[str]:
    """Answers that are programs, neither tiny nor long."""
    answers: Iterator[str | None] = (document[0][1] for document in documents)
    return [answer for answer in answers if answer and 60 < len(answer) < 1500]
