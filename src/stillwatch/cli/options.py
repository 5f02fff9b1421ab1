"""Options and arguments that several commands take: type, spelling and help, once.

A command says ``state: MemberFile = MEMBER_FILE``, and its docstring is silent about it. What one command alone takes,
or takes in a sense of its own, stands in that command. To add one here: a second command must want the same words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from cyclopts import Parameter

__all__ = [
    "HUB_DATABASE",
    "MEMBER_FILE",
    "AccountFile",
    "AccountFrom",
    "Approved",
    "AsCsv",
    "AsJson",
    "CalibrationFile",
    "CallersFile",
    "DecisionLog",
    "DraftFile",
    "EngineName",
    "FalseShare",
    "FinishedRun",
    "HubDatabase",
    "LabValues",
    "Licences",
    "ListenHost",
    "ListenPort",
    "MemberFile",
    "PartnerFile",
    "PolicyArgument",
    "Releases",
    "Retain",
    "RunFolder",
    "ScanConfig",
    "Seed",
    "Several",
    "SparkMaster",
    "Streams",
    "TlsKey",
    "Window",
    "Workers",
]

T = TypeVar("T")

Several = Annotated[T, Parameter(consume_multiple=True)]
"""Takes as many values as follow it: ``--controls A B C``."""

RunFolder = Annotated[Path, Parameter(help="The run's folder.")]

FinishedRun = Annotated[Path, Parameter(help="A finished run.")]

AccountFile = Annotated[
    Path | None, Parameter(help="What is known of accounts (JSONL, CSV or Parquet), joined on account_id.")
]
"""``--accounts``."""

AccountFrom = Annotated[
    list[str] | None,
    Parameter(
        help="What names a record's account: account_id, org_id, api_key_id, a path into the record such as "
        "request.metadata.customer, or a span's attribute. Given again, the first with a value counts.",
    ),
]
"""``--account-from``."""

CallersFile = Annotated[
    Path | None, Parameter(help="Who made which exchange (JSONL, CSV or Parquet), joined on exchange_id.")
]
"""``--callers``."""

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

AsJson = Annotated[bool, Parameter(help="Print JSON.")]
"""``--json``."""

AsCsv = Annotated[bool, Parameter(help="Print the rows of its table as CSV.")]
"""``--csv``."""

Workers = Annotated[
    int | None,
    Parameter(
        help="Worker processes; never changes a result. [default: the machine's cores, at most 16]",
    ),
]

EngineName = Annotated[
    Literal["duckdb", "spark"] | None,
    Parameter(help="Where logs are read: in processes of this machine, or by Spark's workers. [default: duckdb]"),
]
"""``--engine``."""

SparkMaster = Annotated[
    str | None,
    Parameter(
        help="With --engine spark: sail (Sail's server beside this process), sc://host:port (a Spark Connect "
        "server), or what spark-submit takes where all of PySpark is installed. [default: sail]"
    ),
]
"""``--master``."""

Releases = Annotated[Path | None, Parameter(help="Models and their release times (JSONL, CSV or Parquet).")]
"""``--releases``."""

LabValues = Annotated[
    Path | None, Parameter(help="What a lab measured exchanges to be worth: values.json of a lab run.")
]
"""``--values``."""

PartnerFile = Annotated[
    Path | None, Parameter(help="What partners of an alliance said: the file that stillwatch alliance pull keeps.")
]
"""``--indicators``."""

CalibrationFile = Annotated[
    Path | None,
    Parameter(help="What is ordinary in this provider's known-good weeks: the file that stillwatch calibrate writes."),
]
"""``--calibration``."""

Window = Annotated[
    str | None, Parameter(help="Forget exchanges so much older than the newest, such as 30d; of a run, for good.")
]
"""``--window``."""

Streams = Annotated[
    bool,
    Parameter(
        help="Also test what each busy account sends for a part from one source; an eighth to a quarter more time.",
    ),
]
"""``--streams``."""

ScanConfig = Annotated[Path | None, Parameter(help="A TOML file with a [scan] table.")]
"""``--config``."""

Retain = Annotated[
    Literal["full", "templates", "none"] | None,
    Parameter(help="Texts that stay in the run: all, examples of shared ones, or none. [default: full]"),
]
"""``--retain``."""

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
