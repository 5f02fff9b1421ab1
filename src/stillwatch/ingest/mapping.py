"""A log format made from a file that says which fields of a record are which columns: ``stillwatch scan --map FILE``.

The file is TOML: ``[columns]`` names columns of ``exchanges`` and where their values lie, as a dotted path or a
list of them of which the first with a value counts; ``[time]`` has the ``unit`` of times that are numbers;
``[match]`` has the ``keys`` and ``values`` by which records are told; ``[constants]`` what stands in all of them;
``[body]`` says where a request's and a response's body lie and whose API's they are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, ClassVar

from stillwatch.core import BadSetting, said_by
from stillwatch.core.bodies import anthropic, gemini, openai
from stillwatch.core.bodies.pairs import pair_fields
from stillwatch.core.bodies.shapes import Json, RecordError, merged, object_of, shown
from stillwatch.core.bodies.traced import answer_fields, asked_fields
from stillwatch.core.small_files import read_small
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.formats.canonical import FORMAT as CANONICAL
from stillwatch.ingest.paths import at, first_at, normal
from stillwatch.ingest.record import COLUMNS, NAMES, Fields

__all__ = ["MappedFormat", "read_mapping"]

_UNITS = {"s": Decimal(1_000_000), "ms": Decimal(1000), "us": Decimal(1), "ns": Decimal("0.001")}
_DIALECTS: Mapping[str, Any] = {"openai": openai, "anthropic": anthropic, "gemini": gemini, "auto": None}
_TABLES: dict[str, tuple[str, ...]] = {
    "name": (),
    "columns": (),
    "time": ("unit",),
    "constants": (),
    "match": ("keys", "values"),
    "body": ("dialect", "request", "response"),
}
_OWN = frozenset(("exchange_id", "time", "prompt", "messages", "response"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HINT = "stillwatch docs map-a-log shows a whole file"

Paths = tuple[str, ...]


@dataclass(frozen=True)
class MappedFormat(LogFormat):
    """The format that a file describes; asked before every other.

    Attributes:
        columns: canonical name to paths, the first with a value counts.
        unit: of times that are numbers; None: told by their size; ``iso``: times are text.
        keys: paths that a record of this format has; where there are none, those of its account and its text.
        values: paths, and the values of which a record has one there.
        constants: canonical name to what stands in every record that has no value of its own for it.
        request, response: paths of bodies.
        dialect: whose bodies they are.
    """

    name: ClassVar[str] = "mapped"
    description: ClassVar[str] = "a layout that a file given with --map describes"
    example: ClassVar[Mapping[str, Any]] = {}

    columns: Mapping[str, Paths]
    unit: str | None = None
    keys: Paths = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    request: Paths = ()
    response: Paths = ()
    dialect: str = "auto"
    where: str = field(default="", compare=False)

    def recognises(self, record: Json) -> bool:
        """By the keys and values of ``[match]``, else by its account and its text."""
        if any(_as_text(at(record, path)) not in wanted for path, wanted in self.values):
            return False
        if self.keys or self.values:
            return all(at(record, path) is not None for path in self.keys)
        asked = [self.columns.get("prompt", ()), self.columns.get("messages", ()), self.request]
        account = self.columns.get("account_id", ())
        return first_at(record, account) is not None and any(first_at(record, one) is not None for one in asked)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: its time or its conversation cannot be read, or it is not what ``[match]`` asks for.
        """
        if (self.keys or self.values) and not self.recognises(record):
            asked_for = [*self.keys, *(path for path, _ in self.values)]
            raise RecordError(f"not what `[match]` asks for at {', '.join(f'`{path}`' for path in asked_for)}")
        given = {name: first_at(record, paths) for name, paths in self.columns.items()}
        given = merged(self.constants, given)
        if given.get("time") is not None:
            given["time"] = self._moment(given["time"])
        asked = asked_fields(given.pop("messages", None), "messages")
        answer = answer_fields(given.pop("response", None), "response")
        kept = {name: value for name, value in {**answer, **asked}.items() if name in NAMES}
        own = next(iter(CANONICAL.read({**given, "messages": None})))
        own.pop("messages", None)
        fields = merged(self._bodies(record), kept, own)
        fields["account_in"] = self._nothing("account_id")
        fields["time_in"] = self._nothing("time")
        if first_at(record, self.request) is None:
            fields["text_in"] = self._nothing("prompt", "messages", paths=self.request)
        return [fields]

    def _nothing(self, *names: str, paths: Paths = ()) -> str:
        """Where these columns, and what else lies at the paths, were looked for and not found."""
        paths = (*(path for name in names for path in self.columns.get(name, ())), *paths)
        return f"nothing at {' or '.join(f'`{path}`' for path in paths)}" if paths else "none is mapped"

    def _bodies(self, record: Json) -> Fields:
        request, response = first_at(record, self.request), first_at(record, self.response)
        if request is None:
            return {}
        side = _DIALECTS[self.dialect]
        where = self.request[0]
        if side is None:
            return pair_fields(request, response, where=where)
        answer = {name: value for name, value in side.response_fields(response).items() if name != "time"}
        return merged(answer, side.request_fields(object_of(request, where)))

    def _moment(self, value: object) -> Any:
        """A time of the unit as ISO text: what its size would tell is not asked."""
        if self.unit is None:
            return value
        if self.unit == "iso":
            if isinstance(value, str) and not value.strip().replace(".", "", 1).isdecimal():
                return value
            raise RecordError(f"`time`: expected ISO 8601 text, as `[time] unit` says, got {shown(value)}")
        try:
            # A truth is no number: its text is none either.
            moment = _EPOCH + timedelta(microseconds=int(Decimal(str(value)) * _UNITS[self.unit]))
        except (InvalidOperation, OverflowError, ValueError):
            raise RecordError(f"`time`: expected a number of {self.unit}, got {shown(value)}") from None
        return moment.isoformat()


def _as_text(value: object) -> str:
    """A value as a map's file and a CSV's cell may both write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_mapping(path: Path) -> MappedFormat:
    """The format that a file describes.

    Raises:
        BadSetting: it cannot be read, or a key of it is unknown or has a wrong value; the key is named.
    """
    try:
        given = tomllib.loads(read_small(path).decode())
    except OSError as error:
        raise BadSetting(f"the map cannot be read: {said_by(error)}", where=str(path), hint=_HINT) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadSetting(f"the map is no TOML: {error}", where=str(path), hint=_HINT) from error
    for table, value in given.items():
        if table not in _TABLES:
            raise _wrong(path, f"`{table}`: unknown; there are {', '.join(_TABLES)}")
        if table != "name" and not isinstance(value, dict):
            raise _wrong(path, f"`{table}`: expected a table")
        known = _TABLES[table]
        for key in value if known else ():
            if key not in known:
                raise _wrong(path, f"`{table}.{key}`: unknown; there are {', '.join(known)}")
    body = given.get("body", {})
    mapped = MappedFormat(
        columns=_columns(given.get("columns", {}), path),
        unit=_one_of(given.get("time", {}).get("unit"), (*_UNITS, "iso"), "time.unit", path),
        keys=_paths(given.get("match", {}).get("keys"), "match.keys", path),
        values=_values(given.get("match", {}).get("values", {}), path),
        constants=_constants(given.get("constants", {}), path),
        request=_paths(body.get("request"), "body.request", path),
        response=_paths(body.get("response"), "body.response", path),
        dialect=_one_of(body.get("dialect"), tuple(_DIALECTS), "body.dialect", path) or "auto",
        where=str(path),
    )
    if not (mapped.request or {"prompt", "messages"} & mapped.columns.keys()):
        raise _wrong(path, "`columns`: neither `prompt` nor `messages`, and no `body.request`: no text would be read")
    if not (mapped.keys or mapped.values) and "account_id" not in mapped.columns:
        raise _wrong(path, "`columns.account_id`: lacking; without it `match.keys` must tell which records are meant")
    return mapped


def _values(given: object, path: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(given, dict):
        raise _wrong(path, f"`match.values`: expected a table of paths and values, got {shown(given)}")
    made = []
    for name, value in given.items():
        wanted = value if isinstance(value, list) else [value]
        if not wanted or not all(isinstance(one, str | int | float | bool) for one in wanted):
            raise _wrong(path, f"`match.values.{name}`: expected a value or a list of them, got {shown(value)}")
        made.append((normal(name), tuple(_as_text(one) for one in wanted)))
    return tuple(made)


def _constants(given: Mapping[str, Any], path: Path) -> dict[str, Any]:
    for name, value in given.items():
        _check_column(name, f"constants.{name}", path)
        if name in _OWN:
            raise _wrong(path, f"`constants.{name}`: a record's own; it is no constant")
        if not isinstance(value, str | int | float | bool):
            raise _wrong(path, f"`constants.{name}`: expected a value, got {shown(value)}")
    return dict(given)


def _check_column(name: str, key: str, path: Path) -> None:
    if name not in COLUMNS or name == "note":
        raise _wrong(path, f"`{key}`: no column of exchanges: see `stillwatch docs formats`, canonical")


def _columns(given: Mapping[str, Any], path: Path) -> dict[str, Paths]:
    made = {}
    for name, value in given.items():
        _check_column(name, f"columns.{name}", path)
        made[name] = _paths(value, f"columns.{name}", path)
    return made


def _paths(value: object, key: str, path: Path) -> Paths:
    if value is None:
        return ()
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not given or not all(isinstance(one, str) and one for one in given):
        raise _wrong(path, f"`{key}`: expected a dotted path or a list of them, got {shown(value)}")
    for one in given:
        if ".." in one or "[*]" in one or "[?" in one:
            raise _wrong(path, f"`{key}`: {shown(one)} may lead to several values: name one, such as `calls[0].model`")
    return tuple(normal(one) for one in given)


def _one_of(value: object, known: tuple[str, ...], key: str, path: Path) -> str | None:
    if value is None or (isinstance(value, str) and value in known):
        return value
    raise _wrong(path, f"`{key}`: expected one of {', '.join(known)}, got {shown(value)}")


def _wrong(path: Path, problem: str) -> BadSetting:
    return BadSetting(problem, where=str(path), hint=_HINT)
