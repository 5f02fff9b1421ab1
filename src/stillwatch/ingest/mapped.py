"""Layouts that a user describes by maps, as a format like any other; it is asked before all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from stillwatch.core.bodies.dialects import body_fields, end_user
from stillwatch.core.bodies.shapes import Json, RecordError, merged
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.formats.canonical import FORMAT as CANONICAL
from stillwatch.ingest.log_maps import LogMap
from stillwatch.ingest.record import Fields

__all__ = ["MappedFormat"]


@dataclass(frozen=True)
class MappedFormat(LogFormat):
    """Reads records as maps say."""

    maps: tuple[LogMap, ...]

    name: ClassVar[str] = "map"
    description: ClassVar[str] = "records of a layout that --map describes"
    given: ClassVar[bool] = True
    account_from: ClassVar[str] = (
        "the map's `account_id` finds nothing here: give further paths, or say whose the log is by --callers or "
        "--default-account"
    )
    example: ClassVar[Mapping[str, Any]] = {"as": "the map says"}

    def recognises(self, record: Json) -> bool:
        """By the ``match`` of a map, else by a time and a text where a map says that they stand."""
        return any(one.is_for(record) for one in self.maps)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange."""
        chosen = next((one for one in self.maps if one.is_for(record)), None)
        if chosen is None:
            raise RecordError(
                "no map is for this record: it lacks what `match`, or the paths of its time and text, ask"
            )
        told = chosen.values(record)
        fields: Fields = {}
        if chosen.request is not None:
            asked = chosen.request.find(record)
            answer = chosen.response.find(record) if chosen.response is not None else None
            fields = body_fields(asked, answer, where=chosen.request.text, dialect=chosen.dialect)
            fields["account_id"] = end_user(asked)[0]
        # The canonical reader knows what may stand in a column: content parts, definitions of tools.
        return [merged(fields, *CANONICAL.read(told))]
