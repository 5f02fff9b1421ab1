"""What a log format is: how it describes itself, tells its records and reads them.

To add a format, write one file in ``formats/`` that ends with ``FORMAT = YourFormat()``, where ``YourFormat``
derives from ``LogFormat`` (or from ``BatchFormat``, where requests and results lie in different files, or from
``PartsFormat``, where an exchange lies in any number of records). From another package, name that object as an
entry point in the group ``stillwatch.formats``: both are loaded through the same door, ``registry.load``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from stillwatch.core.bodies.shapes import Json
from stillwatch.ingest.plain_shape import PlainShape, PlainShapes
from stillwatch.ingest.record import Fields, RecordError, shown

__all__ = ["Alone", "BatchFormat", "Half", "LogFile", "LogFormat", "PartsFormat"]

Half = Literal["request", "result"]


class LogFile(Protocol):
    """A file as a format may look into it before it is read."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def wrapped(self) -> str:
        """How it is compressed."""

    @property
    def container(self) -> str:
        """What holds its records."""

    @property
    def format(self) -> str:
        """The name of the format of most of them."""


@dataclass(frozen=True)
class Alone:
    """Records of several whose parts lie nowhere else.

    Attributes:
        plain: the shape of those that are read by the block.
        holds: whether all parts of a key lie in one record.
    """

    plain: PlainShape
    holds: Callable[[str], bool]


class LogFormat(ABC):
    """One way in which logs are written.

    Attributes:
        name: lower case with dashes; what ``Slice.format`` and the documentation call it.
        description: one line.
        example: a record of this format, complete enough to become an exchange.
        general: its shape is one that many programs write (``{request, response}``): it is asked only about records
            that no other format recognises. Of the others, no two recognise the same record.
        refuses: it knows records only so that each is refused with a reason of its own; its example too.
        plain: how most of its records look, by which lines are read faster; what does not look so is read as it is.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    example: ClassVar[Mapping[str, Any]]
    general: ClassVar[bool] = False
    refuses: ClassVar[bool] = False
    plain: ClassVar[PlainShape | PlainShapes | None] = None

    @abstractmethod
    def recognises(self, record: Json) -> bool:
        """Whether a record has this format's shape: by its keys, quickly, and raising nothing."""

    @abstractmethod
    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """The exchanges a record holds, as canonical fields; usually one.

        What a record says of an exchange and cannot be read leaves its column null and a sentence in ``note``, for a
        request without its answer is still a request. In place of an exchange that cannot be read at all beside
        others that can stands the ``RecordError`` that says why.

        Raises:
            RecordError: the record cannot become an exchange, and why.
        """

    def unread(self, names: Iterable[str]) -> Sequence[str]:
        """Those of a recognised record's outermost names that are not read and may have been meant for a column.

        A format of one program knows what that program writes, and leaves out on purpose what it leaves out.
        """
        return ()


class BatchFormat(LogFormat):
    """A format whose requests and results lie in different files, joined on an id.

    Attributes:
        example_result: the other half of ``example``.
        requests_lie_in: what the API calls the file that holds the requests.
    """

    requests_lie_in: ClassVar[str]
    example_result: ClassVar[Mapping[str, Any]]

    @abstractmethod
    def half(self, record: Json) -> Half:
        """Which half of an exchange a recognised record is."""

    @abstractmethod
    def model(self, record: Json) -> str | None:
        """The model that a request asks or a result is of, where it says so."""

    @abstractmethod
    def join(self, request: Json, result: Json) -> Fields:
        """The exchange that a request and its result make.

        Raises:
            RecordError: they cannot become an exchange, and why.
        """

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """A request alone; a result alone says nothing of what was asked.

        Raises:
            RecordError: the record is a result, or names no id.
        """
        if record.get("custom_id") is None:
            raise RecordError(f"not a {self.name} record: no `custom_id`")
        if self.half(record) == "result":
            raise RecordError(
                f"no request with `custom_id` {shown(record.get('custom_id'))}: "
                f"the batch's {self.requests_lie_in} must lie in the same folder"
            )
        return [self.join(record, {})]


class PartsFormat(LogFormat):
    """A format in which an exchange, or a conversation of several, lies in any number of records that share a key.

    The records of all files of a scan are put aside and joined when they were read, in whatever order they lie.

    Attributes:
        more_examples: the records beside ``example`` that make one exchange with it, if any.
        joined_as: the format that joins its parts, with those of others that say the same; its own name where empty.
        counts_repeats: whether what was delivered twice is two; else it is one part.
        comes_at_once: whether the parts of an exchange are written within moments, so that a file that a run has read
            is not read again for what another brings; else one may come days later.
        holds_nothing: why a record is none of which no part became an exchange or was refused.
    """

    more_examples: ClassVar[Sequence[Mapping[str, Any]]] = ()
    joined_as: ClassVar[str] = ""
    counts_repeats: ClassVar[bool] = False
    comes_at_once: ClassVar[bool] = False
    holds_nothing: ClassVar[str] = "it holds no exchange"

    def alone_among(self, files: Sequence[LogFile]) -> Alone | None:
        """Which records need no others of their key, for no such lie in these files; None where that is not known.

        Args:
            files: all that are read together.
        """
        return None

    @abstractmethod
    def key(self, record: Json) -> str | None:
        """What the parts of an exchange share; None for a record that stands alone."""

    def pieces(self, record: Json) -> Iterable[tuple[str | None, Json]]:
        """What of a record is laid aside, each with its key; what has none is read at once.

        Raises:
            RecordError: it cannot be taken apart.
        """
        return [(self.key(record), record)]

    @abstractmethod
    def join(self, parts: Sequence[Json]) -> Iterable[Fields | RecordError]:
        """The exchanges that records of one key make, as ``read`` gives them; records come in the order of the log.

        Of several, ``part`` of the fields, or ``RecordError.of``, says which record each stands for: its place.

        Raises:
            RecordError: they cannot become an exchange, and why.
        """

    def read(self, record: Json) -> Iterable[Fields | RecordError]:
        """A record alone, where the others are not to be had.

        Raises:
            RecordError: it cannot become an exchange, and why.
        """
        return self.join([record])
