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
from typing import Any, TypeVar

from stillwatch.core import BadSetting, EndpointFailed, MissingDependency
from stillwatch.endpoints import Endpoint
from stillwatch.provenance import AuditedModel, Chat, Reply
from stillwatch.services.request_form import RequestForm, find_form, is_refusal

__all__ = ["AskSettings", "EndpointModel", "open_model", "weights_folder"]


_LETTERS_A_TOKEN = 64
"""So many letters have no tokens: an answer of more is longer than was asked for."""
_LEAST, _ROUNDED = -1e4, 0.01
Read = TypeVar("Read")


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
        self._form: RequestForm | None = None

    @property
    def name(self) -> str:
        """For the report."""
        return self._name

    def answers(self, chats: Sequence[Chat], *, again: int = 0) -> list[Reply]:
        """Answers at temperature nought, and why each ended; asked ``again``, the same request is sent anew."""
        longest = _LETTERS_A_TOKEN * self._settings.max_tokens
        return self._read(chats, lambda choice: _reply(choice, longest), again)

    def next_tokens(self, chats: Sequence[Chat]) -> list[Mapping[str, float]] | None:
        """The first tokens of the same answers, none of one that comes without; None where all do."""
        found = self._read(chats, _first_tokens)
        return found if any(found) else None

    def token_counts(self, texts: Sequence[str]) -> list[int] | None:
        """``usage.prompt_tokens`` of each text alone."""
        asked = [self._asked((("user", text),)) for text in texts]
        usages = self._all(lambda body: self._counted(body).get("usage"), asked)
        counts = [usage.get("prompt_tokens") for usage in usages if isinstance(usage, Mapping)]
        told = [count for count in counts if isinstance(count, int)]
        return told if len(told) == len(texts) else None

    @property
    def remarks(self) -> tuple[str, ...]:
        """That its answers are draws, where it takes no temperature."""
        if self._form is None or self._form.temperature:
            return ()
        return (
            f"{self._name} takes no temperature: its answers are draws, and asked again it would answer otherwise. "
            "Less agreement is seen than there is.",
        )

    def _read(self, chats: Sequence[Chat], read: Callable[[Mapping[str, Any]], Read], again: int = 0) -> list[Read]:
        """What is read of each answer; the answers themselves may be long, and are held one at a time."""
        if not chats:
            return []
        asked = [self._asked(chat) for chat in chats]
        form, longest = self._taken(asked[0]), self._settings.max_tokens
        bodies = [form.body(one, longest) for one in asked]
        return self._all(lambda body: read(dict(self._endpoint.complete(body, again=again)["choices"][0])), bodies)

    def _taken(self, asked: Mapping[str, Any]) -> RequestForm:
        """The form that the endpoint takes, found out with a first request."""
        if self._form is None:
            self._form = find_form(self._endpoint.complete, asked, self._settings.max_tokens)
        return self._form

    def _counted(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """An answer of one token, or a whole one: a model that thinks first may refuse to be held to one."""
        form = self._taken(asked)
        try:
            return self._endpoint.complete(form.body(asked, 1, logprobs=False))
        except EndpointFailed as error:
            if not is_refusal(error):
                raise
        return self._endpoint.complete(form.body(asked, self._settings.max_tokens, logprobs=False))

    def _asked(self, chat: Chat) -> dict[str, Any]:
        return {"model": self._model, "messages": [{"role": role, "content": text} for role, text in chat]}

    def _all(self, ask: Callable[[Mapping[str, Any]], Read], bodies: Sequence[Mapping[str, Any]]) -> list[Read]:
        with ThreadPoolExecutor(self._settings.parallel) as threads:
            return list(threads.map(ask, bodies))


def _first_tokens(choice: Mapping[str, Any]) -> Mapping[str, float]:
    places = _list_in(choice.get("logprobs"), "content")
    told = [_log_probability(token) for token in _list_in(places[0] if places else None, "top_logprobs")]
    return dict(pair for pair in told if pair is not None)


def _reply(choice: Mapping[str, Any], longest: int) -> Reply:
    """What a choice says, in whatever form; of one that is far longer than was asked for its beginning, as if cut."""
    message = choice.get("message")
    given = message if isinstance(message, Mapping) else {"content": message or choice.get("text")}
    # OpenAI's answers to a demand for a form put a model's own refusal beside an empty content.
    said = (_text(given.get("content")) or _text(given.get("refusal"))).strip()
    ending = choice.get("finish_reason")
    return said[:longest], "length" if len(said) > longest else ending if isinstance(ending, str) else ""


def _text(content: Any) -> str:
    """A text, or the texts of its parts. Parts of another kind, such as thoughts, are none."""
    if isinstance(content, list):
        return "".join(_text(part) for part in content)
    if isinstance(content, Mapping):
        return _text(content.get("text")) if content.get("type", "text") in ("text", "output_text") else ""
    return content if isinstance(content, str) else "" if content is None else str(content)


def _list_in(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else []


def _log_probability(token: Any) -> tuple[str, float] | None:
    """A token and its log-probability, nats; None where it is none."""
    text, value = (token.get("token"), token.get("logprob")) if isinstance(token, Mapping) else (None, None)
    if not isinstance(text, str) or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Rounded ones may be a little above nought, and nothing is as improbable as some servers say.
    return (text, max(min(float(value), 0.0), _LEAST)) if value <= _ROUNDED else None


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
