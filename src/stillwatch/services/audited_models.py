"""From what a user names to a model that can be asked: ``openai:URL#MODEL`` and ``hf:PATH``.

``NAME=`` before either says what the report calls it. Models in folders are opened by the lab, which
alone knows torch; models at endpoints are asked through ``endpoints.Endpoint``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.core import BadSetting, EndpointFailed, MissingDependency
from stillwatch.endpoints import Endpoint
from stillwatch.provenance import AuditedModel, Chat

__all__ = ["AskSettings", "EndpointModel", "open_model", "weights_folder"]

_TOP = 20


@dataclass(frozen=True, slots=True)
class AskSettings:
    """How models are asked.

    Attributes:
        max_tokens: of an answer.
        parallel: requests under way at once, to each endpoint.
        timeout_seconds: for one answer.
        keys: file of the key by the model's name; "" is for all others.
        records: folder of the record files.
    """

    records: Path
    max_tokens: int = 256
    parallel: int = 4
    timeout_seconds: float = 120.0
    keys: Mapping[str, Path] | None = None


class EndpointModel:
    """A model at an OpenAI-compatible endpoint. Answers on record are not asked for again.

    Args:
        name: for the report.
        endpoint: speaks to it.
        model: its name there.
        settings: how to ask.
    """

    def __init__(self, name: str, endpoint: Endpoint, model: str, settings: AskSettings) -> None:
        self._name, self._endpoint, self._model, self._settings = name, endpoint, model, settings
        self._shows_logprobs: bool | None = None
        # Fields that it refuses, and what they are called there; None where they have no place there.
        self._spelt: dict[str, str | None] | None = None

    @property
    def name(self) -> str:
        """For the report."""
        return self._name

    def answers(self, chats: Sequence[Chat]) -> list[str]:
        """Answers at temperature nought, where it takes one; empty where a filter withheld them."""
        return [_said(one) for one in self._choices(chats)]

    def next_tokens(self, chats: Sequence[Chat]) -> list[Mapping[str, float]] | None:
        """The first tokens of the same answers; None where one comes without."""
        found: list[Mapping[str, float]] = []
        for one in self._choices(chats):
            places = (one.get("logprobs") or {}).get("content") or []
            top = places[0].get("top_logprobs") if places else None
            if not top:
                return None
            found.append({str(token["token"]): float(token["logprob"]) for token in top})
        return found

    def token_counts(self, texts: Sequence[str]) -> list[int] | None:
        """``usage.prompt_tokens`` of each text alone."""
        self._learn_fields()
        bodies = [self._body((("user", text),), longest=1) for text in texts]
        usages = [one.get("usage") or {} for one in self._all(self._endpoint.complete, bodies)]
        counts = [usage.get("prompt_tokens") for usage in usages]
        told = [count for count in counts if isinstance(count, int)]
        return told if len(told) == len(texts) else None

    def _choices(self, chats: Sequence[Chat]) -> list[dict[str, Any]]:
        if not chats:
            return []
        self._learn_fields()
        bodies = [self._body(chat) for chat in chats]
        if self._shows_logprobs is None:
            self._shows_logprobs = self._asks_logprobs(bodies[0])
        if self._shows_logprobs:
            bodies = [_with_logprobs(body) for body in bodies]
        return [dict(one["choices"][0]) for one in self._all(self._endpoint.complete, bodies)]

    def _asks_logprobs(self, body: Mapping[str, Any]) -> bool:
        """Whether the endpoint takes a request for log-probabilities; some refuse it outright."""
        try:
            self._endpoint.complete(_with_logprobs(body))
        except EndpointFailed as error:
            if re.search(r"answers 4(00|03|22)", error.problem) is None:
                raise
            return False
        return True

    def _learn_fields(self) -> None:
        """Ask once, leaving out or renaming what the endpoint refuses: reasoning models take no temperature and another
        name for the longest answer."""
        if self._spelt is not None:
            return
        self._spelt = {}
        while (refused := self._refused()) is not None:
            self._spelt[refused] = _OTHER_NAMES[refused]

    def _refused(self) -> str | None:
        """The field that keeps the endpoint from answering; None where it answers."""
        try:
            self._endpoint.complete(self._body((("user", "Say yes."),)))
        except EndpointFailed as error:
            refused = _refused_field(error.problem, self._spelt or {})
            if refused is None:
                raise
            return refused
        return None

    def _body(self, chat: Chat, longest: int | None = None) -> dict[str, Any]:
        fields = {"max_tokens": longest or self._settings.max_tokens, "temperature": 0.0, "seed": 0}
        spelt = {name: (self._spelt or {}).get(name, name) for name in fields}
        return {
            "model": self._model,
            "messages": [{"role": role, "content": text} for role, text in chat],
            **{there: fields[name] for name, there in spelt.items() if there is not None},
        }

    def _all(
        self, complete: Callable[[Mapping[str, Any]], dict[str, Any]], bodies: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        with ThreadPoolExecutor(self._settings.parallel) as threads:
            return list(threads.map(complete, bodies))


_OTHER_NAMES: dict[str, str | None] = {"max_tokens": "max_completion_tokens", "temperature": None, "seed": None}


def _refused_field(problem: str, known: Mapping[str, str | None]) -> str | None:
    """The field that a refusal names and that can be asked otherwise; None where there is none."""
    if re.search(r"answers 4(00|22)", problem) is None:
        return None
    return next((name for name in _OTHER_NAMES if name not in known and name in problem), None)


def _said(choice: Mapping[str, Any]) -> str:
    """The text of an answer; none where a filter withheld it."""
    if choice.get("finish_reason") == "content_filter":
        return ""
    return str((choice.get("message") or {}).get("content") or "").strip()


def _with_logprobs(body: Mapping[str, Any]) -> dict[str, Any]:
    return {**body, "logprobs": True, "top_logprobs": _TOP}


_SPEC = re.compile(r"(?:(?P<name>[\w.+-]+)=)?(?P<kind>openai|hf):(?P<place>[^#]+)(?:#(?P<model>.+))?")


def open_model(spec: str, settings: AskSettings) -> AuditedModel:
    """The model that a specification names.

    Raises:
        BadSetting: it names none.
        MissingDependency: it is a folder, and torch is not installed.
    """
    name, kind, place, model = _parse(spec)
    if kind == "hf":
        return _open_folder(name, Path(place), settings)
    keys = settings.keys or {}
    endpoint = Endpoint(
        place,
        settings.records / f"{name}.jsonl",
        key_file=keys.get(name, keys.get("")),
        timeout_seconds=settings.timeout_seconds,
        where=f"model {name}",
    )
    return EndpointModel(name, endpoint, model or "default", settings)


def weights_folder(spec: str) -> Path | None:
    """The folder of a model that has one."""
    _, kind, place, _ = _parse(spec)
    return Path(place) if kind == "hf" else None


def _parse(spec: str) -> tuple[str, str, str, str]:
    found = _SPEC.fullmatch(spec)
    if found is None:
        raise BadSetting(f"no model: {spec!r}", where="models", hint="openai:URL, openai:URL#MODEL or hf:PATH")
    kind, place, model = found["kind"], found["place"], found["model"] or ""
    default = Path(place).name if kind == "hf" else model or place.split("//")[-1]
    # It becomes a file's name.
    return found["name"] or re.sub(r"[^\w.+-]+", "-", default).strip("-") or "model", kind, place, model


def _open_folder(name: str, path: Path, settings: AskSettings) -> AuditedModel:
    with MissingDependency.explained(f"hf:{path}", "lab"):
        from stillwatch.lab import FolderModel  # noqa: PLC0415 - torch is optional and heavy
    return FolderModel(path, name, settings.max_tokens)
