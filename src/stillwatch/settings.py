"""Settings of a scan: name, type, default and help, each declared once.

Environment (``STILLWATCH_FDR=0.05``) beats the file given by ``--config`` beats the default; an
argument on the command line beats them all. Only this module reads the environment.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from stillwatch.core import BadSetting

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
    sample_prompts: int = Field(default=24, ge=4, description="Most prompts an account whose text is compared.")
    sample_total: int = Field(
        default=400_000, ge=10_000, description="Most prompts compared in all; large logs get fewer an account."
    )
    default_account: str | None = Field(
        default=None, min_length=1, description="Account of records that name none, such as a batch file's owner."
    )
    default_time: str | None = Field(
        default=None, min_length=1, description="Time of records that name none, ISO 8601: when the batch was run."
    )
    streams: bool = Field(
        default=False,
        description="Whether busy accounts are tested for a part from one source; an eighth to a quarter more time.",
    )
    draws: int = Field(default=2000, ge=200, description="Groups redrawn from the log's background for each test.")

    def defaults(self) -> dict[str, str]:
        """What stands for values that a record lacks, by column."""
        given = {"account_id": self.default_account, "time": self.default_time}
        return {name: value for name, value in given.items() if value is not None}


def load_settings(config: Path | None = None, **given: Any) -> ScanSettings:
    """Settings from arguments, environment, file and defaults, in that order of strength.

    Args:
        config: a TOML file with a ``[scan]`` table.
        given: settings by name; None means not given.

    Raises:
        BadSetting: a value is out of range, a name is unknown, or the file cannot be read.
    """
    values: dict[str, Any] = {}
    if config is not None:
        try:
            values.update(tomllib.loads(config.read_text(encoding="utf-8")).get("scan", {}))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadSetting(f"the settings file cannot be read: {error}", where=str(config)) from error
        for name in list(values):
            if f"STILLWATCH_{name.upper()}" in os.environ:
                del values[name]
    values.update({name: value for name, value in given.items() if value is not None})
    try:
        return ScanSettings(**values)
    except ValidationError as error:
        raise BadSetting.refused(error.errors()[0], where="setting ", hint="see `stillwatch docs cli`") from error
