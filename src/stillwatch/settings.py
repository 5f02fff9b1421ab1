"""Settings of a scan: name, type, default and help, each declared once.

Environment (``STILLWATCH_FDR=0.05``) beats the file given by ``--config`` beats the default; an
argument on the command line beats them all. Only this module reads the environment.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from stillwatch.core import BadSetting, said_by
from stillwatch.core.small_files import read_small
from stillwatch.ingest.record import RecordError
from stillwatch.ingest.timestamps import to_microseconds

__all__ = ["ScanSettings", "load_settings"]


class ScanSettings(BaseSettings):
    """What a scan can be told."""

    model_config = SettingsConfigDict(env_prefix="STILLWATCH_", extra="forbid", frozen=True)

    fdr: float = Field(default=0.01, gt=0, lt=1, description="Share of false campaigns to accept among those reported.")
    seed: int = Field(default=0, ge=0, description="Seed of every random draw.")
    workers: int = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 16),
        ge=1,
        description="Worker processes; never changes a result.",
    )
    memory_mb: int = Field(default=1500, ge=256, description="Memory for the embedded database before it spills.")
    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb", description="Where logs are read: in this machine's processes, or by Spark's workers."
    )
    master: str | None = Field(
        default=None,
        min_length=1,
        # A token may stand in it, and a run is handed on.
        exclude=True,
        repr=False,
        description="Of Spark: sail (beside this process), sc://host:port, or what spark-submit takes.",
    )
    sample_prompts: int = Field(default=24, ge=4, description="Most prompts an account whose text is compared.")
    sample_total: int = Field(
        default=400_000, ge=10_000, description="Most prompts compared in all; large logs get fewer an account."
    )
    default_account: str | None = Field(
        default=None, min_length=1, description="Account of records that name none, such as a batch file's owner."
    )
    account_from: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        default=None,
        description="Places of a record that name its account, the first with a value: a column, a path, an attribute.",
    )
    default_time: str | None = Field(
        default=None, min_length=1, description="Time of records that name none, ISO 8601: when the batch was run."
    )
    streams: bool = Field(
        default=False,
        description="Whether busy accounts too are tested for a part from one source, as accounts that share hands "
        "always are; an eighth to a quarter more time.",
    )
    window: str | None = Field(
        default=None, pattern=r"^[1-9]\d{0,5}[hdw]$", description="Forget what is so much older than the newest: 30d."
    )
    retain: Literal["full", "templates", "none"] = Field(
        default="full", description="Texts that stay in the run: all, examples of shared ones, or none."
    )
    draws: int = Field(default=2000, ge=200, description="Groups redrawn from the log's background for each test.")

    @field_validator("account_from", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """Places in a variable of the environment stand with commas between them."""
        return tuple(place.strip() for place in value.split(",")) if isinstance(value, str) else value

    @field_validator("default_time")
    @classmethod
    def _a_time(cls, value: str | None) -> str | None:
        """Whether or not a record will need it, a time that is none is told now."""
        try:
            if value is not None:
                to_microseconds(value)
        except RecordError as error:
            raise ValueError("no time between 2000 and 2100, such as 2026-03-02T09:00:00Z") from error
        return value

    @model_validator(mode="after")
    def _of_one_engine(self) -> Self:
        if self.master is not None and self.engine != "spark":
            raise BadSetting("a master is Spark's", where="--master", hint="say --engine spark too")
        return self

    def defaults(self) -> dict[str, str]:
        """What stands for values that a record lacks, by column."""
        given = {"account_id": self.default_account, "time": self.default_time}
        return {name: value for name, value in given.items() if value is not None}


def load_settings(config: Path | None = None, *, before: Mapping[str, Any] | None = None, **given: Any) -> ScanSettings:
    """Settings from arguments, environment, file, what was set before, and defaults, in that order of strength.

    Args:
        config: a TOML file with a ``[scan]`` table.
        before: settings of the run that is added to.
        given: settings by name; None means not given.

    Raises:
        BadSetting: a value is out of range, a name is unknown, or the file cannot be read.
    """
    values = dict(before or {})
    if config is not None:
        try:
            values.update(tomllib.loads(read_small(config).decode()).get("scan", {}))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadSetting(f"the settings file cannot be read: {said_by(error)}", where=str(config)) from error
    for name in list(values):
        if f"STILLWATCH_{name.upper()}" in os.environ:
            del values[name]
    values.update({name: value for name, value in given.items() if value is not None})
    try:
        return ScanSettings(**values)
    except ValidationError as error:
        raise BadSetting.refused(error.errors()[0], where="setting ", hint="see `stillwatch docs cli`") from error
