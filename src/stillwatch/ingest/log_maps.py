"""A map of a log's layout: a TOML file that says where in a record each canonical column stands.

``[columns]`` names columns, ``[bodies]`` where a request's body and its answer lie whole, ``[match]`` which records
the map is for. Everything that is wrong in the file is told with its key, before any log is read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from stillwatch.core import BadSetting
from stillwatch.core.bodies.dialects import DIALECTS
from stillwatch.core.bodies.shapes import Json, RecordError, shown
from stillwatch.ingest.record import COLUMNS
from stillwatch.ingest.record_paths import BadPath, RecordPath
from stillwatch.ingest.timestamps import to_microseconds

__all__ = ["LogMap", "read_map"]

_TABLES = ("columns", "bodies", "match")
_MICROSECONDS = {"s": Decimal(1_000_000), "ms": Decimal(1000), "us": Decimal(1), "ns": Decimal("0.001")}
_UNITS = (*_MICROSECONDS, "iso")
_TIMES = ("time", "created")
_WITH_UNIT = (*_TIMES, "latency_ms")
_TEXTS = ("system", "prompt", "response", "reasoning")
_LISTS = ("messages", "tools", "stop")
_HINT = "docs/howto/map-a-log.md shows a whole file"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value of a column comes from: a path, or a constant; and its unit."""

    path: RecordPath | None = None
    value: Any = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class LogMap:
    """A map as it was read.

    Attributes:
        columns: by column, where its value may come from, the first that has one counting.
        request, response: where bodies lie, if anywhere.
        dialect: whose API they are of, where the file says so.
        match: paths and the values of which one must stand there; an empty tuple asks for any value.
    """

    columns: Mapping[str, tuple[Source, ...]]
    request: RecordPath | None = None
    response: RecordPath | None = None
    dialect: str | None = None
    match: tuple[tuple[RecordPath, tuple[Any, ...]], ...] = field(default=())

    def is_for(self, record: Json) -> bool:
        """Whether a record is one of this layout: by ``match``, else by having a time and a text."""
        if self.match:
            return all(_matches(path.find(record), wanted) for path, wanted in self.match)
        texts = [source for name in ("prompt", "messages") for source in self.columns.get(name, ())]
        spoken = any(source.path is not None and source.path.find(record) is not None for source in texts)
        asked = self.request is not None and self.request.find(record) is not None
        timed = "time" not in self.columns or any(
            source.path is None or source.path.find(record) is not None for source in self.columns["time"]
        )
        return timed and (spoken or asked)

    def values(self, record: Json) -> dict[str, Any]:
        """The columns that a record has, in canonical units.

        Raises:
            RecordError: a value cannot be one of its column.
        """
        found: dict[str, Any] = {}
        for name, sources in self.columns.items():
            for source in sources:
                value = source.value if source.path is None else source.path.find(record)
                if isinstance(value, list) and name not in _LISTS:
                    value = _only(value, name)
                if value is not None and value != "":
                    found[name] = _in_unit(value, source.unit, name) if source.unit else value
                    break
        return found


def _matches(value: Any, wanted: tuple[Any, ...]) -> bool:
    if not wanted:
        return value is not None
    # In a CSV every value is text.
    return any(value == one or (value is not None and str(value) == str(one)) for one in wanted)


def _only(values: list[Any], name: str) -> Any:
    """One value of a path that finds several: texts one under the other, of anything else the only one."""
    if len(values) <= 1:
        return values[0] if values else None
    if name in _TEXTS and all(isinstance(value, str) for value in values):
        return "\n".join(values)
    raise RecordError(f"`{name}`: the map's path finds {len(values)} values: {shown(values)}")


def _in_unit(value: Any, unit: str, name: str) -> Any:
    if unit == "iso":
        if not isinstance(value, str):
            raise RecordError(f"`{name}`: the map says ISO 8601 text, got {shown(value)}")
        return value
    try:
        counted = Decimal(str(value)) * _MICROSECONDS[unit]
        microseconds = int(counted)
    except (InvalidOperation, ValueError, OverflowError):
        raise RecordError(f"`{name}`: the map says a number of {unit}, got {shown(value)}") from None
    if name not in _TIMES:
        return float(counted) / 1000
    if microseconds != to_microseconds(microseconds):
        raise RecordError(f"`{name}`: {shown(value)} {unit} since 1970 is no time between the years 2000 and 2100")
    return microseconds


def read_map(path: Path) -> LogMap:
    """A map from its file.

    Raises:
        BadSetting: it cannot be read, or a key of it is wrong; which, and what is allowed.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"the map cannot be read: {error}", where=str(path), hint=_HINT) from error
    _check_keys(given, _TABLES, "", path)
    for name in given:
        if not isinstance(given[name], Mapping):
            _refuse(path, name, f"is a table, got {shown(given[name])}")
    bodies = given.get("bodies", {})
    _check_keys(bodies, ("request", "response", "dialect"), "bodies.", path)
    dialect = bodies.get("dialect")
    if dialect is not None and dialect not in DIALECTS:
        _refuse(path, "bodies.dialect", f"is one of {', '.join(DIALECTS)}, got {shown(dialect)}")
    columns = _columns(given.get("columns", {}), path)
    if not ({"prompt", "messages"} & columns.keys() or "request" in bodies):
        _refuse(path, "columns", "lacks a text: give `prompt` or `messages`, or `request` under [bodies]")
    return LogMap(
        columns,
        _path(bodies["request"], "bodies.request", path) if "request" in bodies else None,
        _path(bodies["response"], "bodies.response", path) if "response" in bodies else None,
        dialect,
        _match(given.get("match", {}), path),
    )


def _refuse(path: Path, key: str, problem: str) -> None:
    raise BadSetting(f"`{key}` {problem}", where=str(path), hint=_HINT)


def _check_keys(given: Mapping[str, Any], allowed: tuple[str, ...], prefix: str, path: Path) -> None:
    for name in given:
        if name not in allowed:
            _refuse(path, f"{prefix}{name}", f"is no key of a map; allowed are {', '.join(allowed)}")


def _path(text: Any, key: str, path: Path) -> RecordPath:
    if not isinstance(text, str):
        _refuse(path, key, f"is a path, got {shown(text)}")
    try:
        return RecordPath.of(text)
    except BadPath as error:
        raise BadSetting(f"`{key}`: the path {text!r} {error}", where=str(path), hint=_HINT) from None


def _columns(given: Mapping[str, Any], path: Path) -> dict[str, tuple[Source, ...]]:
    names = tuple(name for name in COLUMNS if name != "note")
    found: dict[str, tuple[Source, ...]] = {}
    for name, value in given.items():
        key = f"columns.{name}"
        if name not in names:
            _refuse(path, key, f"is no column; columns are {', '.join(names)}")
        sources = value if isinstance(value, list) else [value]
        found[name] = tuple(_source(one, name, key, path) for one in sources)
        if not found[name]:
            _refuse(path, key, "is an empty list")
    return found


def _source(given: Any, name: str, key: str, path: Path) -> Source:
    if isinstance(given, str):
        return Source(_path(given, key, path))
    if not isinstance(given, Mapping):
        _refuse(path, key, f"is a path, a list of paths, or {{path, unit}} or {{value}}, got {shown(given)}")
    _check_keys(given, ("path", "value", "unit"), f"{key}.", path)
    if ("path" in given) == ("value" in given):
        _refuse(path, key, "needs either a `path` or a `value`")
    unit = given.get("unit")
    if unit is not None and name not in _WITH_UNIT:
        _refuse(path, f"{key}.unit", f"stands at {', '.join(_WITH_UNIT)} alone")
    if unit is not None and unit not in _UNITS:
        _refuse(path, f"{key}.unit", f"is one of {', '.join(_UNITS)}, got {shown(unit)}")
    if unit == "iso" and name not in _TIMES:
        _refuse(path, f"{key}.unit", "is a number's here: s, ms, us or ns")
    if "value" in given:
        return Source(value=given["value"], unit=unit)
    return Source(_path(given["path"], f"{key}.path", path), unit=unit)


def _match(given: Mapping[str, Any], path: Path) -> tuple[tuple[RecordPath, tuple[Any, ...]], ...]:
    found = []
    for name, wanted in given.items():
        key = f"match.{name}"
        if isinstance(wanted, Mapping):
            if dict(wanted) != {"present": True}:
                _refuse(path, key, f"is a value, a list of values, or {{present = true}}, got {shown(dict(wanted))}")
            values: tuple[Any, ...] = ()
        else:
            values = tuple(wanted) if isinstance(wanted, list) else (wanted,)
            if not values:
                _refuse(path, key, "is an empty list")
        found.append((_path(name, key, path), values))
    return tuple(found)
