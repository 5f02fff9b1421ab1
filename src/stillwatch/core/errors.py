"""Every error a caller of Stillwatch can meet, and nothing else.

    StillwatchError
      InputError
        UnreadableInput     a file cannot be opened, or is not what its name says
        UnknownFormat       no ingest format recognises a file's records
        EmptyInput          there is nothing to read
        BadTable            a side file (accounts, releases, truth) lacks a column or holds a bad value
        NotKnownGood        weeks that were said to be good hold a campaign
        TamperedLog         a hash-chained log does not hold together
        BadDecision         an entry of a decision log cannot be used
        BadPolicy           a policy or a licence file is wrong
        BadMessage          what a partner sent is malformed, or not what it must be
      OutputError
        OutputExists        the output path is taken
        OutputUnwritable    the disk is full, or the path is not writable
      BadSetting            a setting is out of range
      EndpointFailed        a remote model or hub refuses, or does not answer
        EndpointAway        it does not answer at this moment; asking again may help
      MissingDependency     an optional package is needed and absent
      Interrupted           the person at the keyboard stopped the run

One class per thing a caller can do about it. Each says where it happened, what is wrong and
what to do next; the command line prints that and exits with status 2.
To add one, derive it here and give it a line in the tree above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = [
    "BadDecision",
    "BadMessage",
    "BadPolicy",
    "BadSetting",
    "BadTable",
    "EmptyInput",
    "EndpointAway",
    "EndpointFailed",
    "InputError",
    "Interrupted",
    "MissingDependency",
    "NotKnownGood",
    "OutputError",
    "OutputExists",
    "OutputUnwritable",
    "StillwatchError",
    "TamperedLog",
    "UnknownFormat",
    "UnreadableInput",
]


_OF_A_URL = re.compile(r"(?<=://)[^/\s@]*@")
"""A name and a password before a host."""


class StillwatchError(Exception):
    """The root of every public error. What stands in a URL before its host is not said: it may be a password.

    Args:
        problem: what is wrong, in one sentence.
        where: the file, line or setting it is about, when there is one.
        hint: what the reader can do next, when something can be done.
    """

    def __init__(self, problem: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.problem = problem
        self.where = where
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        # Others' words are in it, a hub's refusal or a file's name: they make no line that the program seems to say.
        problem = " ".join(self.problem.splitlines())
        located = f"{' '.join(self.where.splitlines())}: {problem}" if self.where else problem
        located = _OF_A_URL.sub("***@", located)
        return f"{located}\n  next: {self.hint}" if self.hint else located

    # Errors cross process boundaries; the default reduction would replay only the text.
    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.problem, self.where, self.hint))


def _rebuild(kind: type[StillwatchError], problem: str, where: str | None, hint: str | None) -> StillwatchError:
    return kind(problem, where=where, hint=hint)


class InputError(StillwatchError):
    """What was given to read cannot be used."""


class UnreadableInput(InputError):
    """A file cannot be opened, or its bytes are not what they claim to be."""


class UnknownFormat(InputError):
    """No ingest format recognises a file's records."""


class EmptyInput(InputError):
    """There is nothing to read."""


class BadTable(InputError):
    """A side file lacks a column or holds a value that cannot be used."""


class NotKnownGood(InputError):
    """Weeks that were said to be good hold a campaign."""


class TamperedLog(InputError):
    """A hash-chained log does not hold together."""


class BadDecision(InputError):
    """An entry of a decision log cannot be used."""


class BadPolicy(InputError):
    """A policy or a licence file is wrong: what, at which line, with which value."""


class BadMessage(InputError):
    """What a partner sent is malformed, or does not hold: another key, a proof that fails."""


class OutputError(StillwatchError):
    """The result cannot be written."""


class OutputExists(OutputError):
    """The output path is taken; nothing is ever overwritten."""


class OutputUnwritable(OutputError):
    """The disk is full, or the output path is not writable."""


class BadSetting(StillwatchError):
    """A setting is out of range or contradicts another."""

    @classmethod
    def refused(cls, first: Mapping[str, Any], *, where: str, hint: str) -> BadSetting:
        """From the first of pydantic's errors: what is wrong with which value.

        Args:
            first: has ``msg``, ``input`` and ``loc``.
            where: what stands before the setting's name.
            hint: what to do next.
        """
        name = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        if first.get("type") == "string_pattern_mismatch":
            said = "not in the form that it must have"
        return cls(f"{said} (got {first['input']!r})", where=f"{where}{name}", hint=hint)


class EndpointFailed(StillwatchError):
    """A remote model or hub refuses, or does not answer."""


class EndpointAway(EndpointFailed):
    """A remote model or hub does not answer at this moment; asking again, the same, may help."""


class MissingDependency(StillwatchError):
    """An optional package is needed and not installed."""

    @classmethod
    @contextmanager
    def explained(cls, who: str, extra: str) -> Iterator[None]:
        """Around the late imports of an extra: what is absent is said, with what installs it.

        A module of Stillwatch's own that is absent is a fault of ours, and stays one.

        Args:
            who: what needs the package, as the message begins.
            extra: the one of ``stillwatch[extra]`` that brings it.
        """
        try:
            yield
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] == "stillwatch":
                raise
            raise cls(
                f"{who} needs {error.name}, which is not installed", hint=f"pip install 'stillwatch[{extra}]'"
            ) from error


class Interrupted(StillwatchError):
    """The person at the keyboard stopped the run."""
