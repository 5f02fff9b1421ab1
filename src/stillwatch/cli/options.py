"""Options and arguments that several commands take: type, spelling and help, once.

A command says ``state: MemberFile = MEMBER_FILE``, and its docstring is silent about it. What one command alone takes,
or takes in a sense of its own, stands in that command. To add one here: a second command must want the same words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import Parameter

__all__ = [
    "HUB_DATABASE",
    "MEMBER_FILE",
    "AccountFile",
    "Approved",
    "AsCsv",
    "AsJson",
    "DecisionLog",
    "DraftFile",
    "FalseShare",
    "FinishedRun",
    "Flag",
    "HubDatabase",
    "Licences",
    "ListenHost",
    "ListenPort",
    "MemberFile",
    "PolicyArgument",
    "RunFolder",
    "Seed",
    "Several",
    "TlsKey",
    "Workers",
]

T = TypeVar("T")

Several = Annotated[T, Parameter(consume_multiple=True, negative=())]
"""Takes as many values as follow it: ``--controls A B C``."""

Flag = Annotated[bool, Parameter(negative=())]
"""Given or not; it has no ``--no-`` form."""

RunFolder = Annotated[Path, Parameter(help="The run's folder.")]

FinishedRun = Annotated[Path, Parameter(help="A finished run.")]

AccountFile = Annotated[
    Path | None, Parameter(help="What is known of accounts (JSONL, CSV or Parquet), joined on account_id.")
]
"""``--accounts``."""

Seed = Annotated[int | None, Parameter(help="Seed of every random draw. [default: 0]")]
"""``--seed`` of what scans: the settings' default, which is not seen from here."""

FalseShare = Annotated[
    T,
    Parameter(
        help="Share of false campaigns to accept among those reported. [default: 0.01]",
        # Said above: of a scan it is the settings' default, which is not seen from here.
        show_default=False,
    ),
]
"""``--fdr``."""

AsJson = Annotated[bool, Parameter(negative=(), help="Print JSON.")]
"""``--json``."""

AsCsv = Annotated[bool, Parameter(negative=(), help="Print the rows of its table as CSV.")]
"""``--csv``."""

Workers = Annotated[
    int | None,
    Parameter(
        help="Worker processes; never changes a result. [default: the machine's cores, at most 16]",
    ),
]

PolicyArgument = Annotated[Path | None, Parameter(help="A policy; without one, that which comes with Stillwatch.")]

DecisionLog = Annotated[Path, Parameter(help="The decision log.")]

MEMBER_FILE = Path("alliance.db")

MemberFile = Annotated[Path, Parameter(help="The member's file.")]
"""``--state`` of the alliance's commands."""

DraftFile = Annotated[Path | None, Parameter(help="Write what would leave to this file and send nothing.")]

Approved = Annotated[bool, Parameter(help="It is approved; do not ask.")]
"""``--yes``."""

Licences = Annotated[Path | None, Parameter(help="The registry of licences.")]
"""``--licences``."""

ListenHost = Annotated[str, Parameter(help="Address to listen on. Without TLS anything but loopback is refused.")]
"""``--host`` of a server that has TLS."""

ListenPort = Annotated[int, Parameter(help="Port to listen on; 0 lets the system choose.")]
"""``--port``."""

TlsKey = Annotated[Path | None, Parameter(help="Its key, PEM.")]
"""``--tls-key``."""

HUB_DATABASE = "hub.db"

HubDatabase = Annotated[str, Parameter(help="The hub's database.")]
"""``--db``."""
