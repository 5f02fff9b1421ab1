"""Settings of the gateway: name, type, default and help, each declared once.

Environment (``STILLWATCH_GATEWAY_MODE=enforce``) beats the ``[gateway]`` table of the file beats the default; an
argument beats them all. Where nothing can be passed, as with vLLM's ``--middleware``, the file is named by
``STILLWATCH_GATEWAY_CONFIG``. Only this module of the package reads the environment.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stillwatch.core import BadSetting, said_by
from stillwatch.core.small_files import read_small

__all__ = ["GatewaySettings", "load_gateway_settings"]

_PREFIX = "STILLWATCH_GATEWAY_"
Fail = Literal["open", "closed"]


class GatewaySettings(BaseSettings):
    """What a gateway can be told."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    mode: Literal["shadow", "enforce"] = Field(
        default="shadow", description="shadow does nothing to any request and says what enforce would have done."
    )
    snapshot: Path | None = Field(
        default=None, description="What `stillwatch gateway snapshot` wrote; read anew when replaced."
    )
    snapshot_check_seconds: float = Field(default=1.0, gt=0, description="How often to look whether it was replaced.")
    snapshot_max_hours: float | None = Field(default=None, gt=0, description="An older snapshot counts as missing.")
    when_snapshot_missing: Fail = Field(default="open", description="closed answers 503 while there is none.")
    record: Path | None = Field(default=None, description="Folder of the record that a scan reads.")
    record_sync: Literal["background", "before-answer"] = Field(
        default="background",
        description="before-answer holds each answer until its request is on the disk, not only with the kernel.",
    )
    record_answers: bool = Field(default=True, description="Whether the text of answers is recorded too.")
    record_file_mb: int = Field(default=256, ge=1, description="A file of the record is closed beyond this size.")
    when_record_fails: Fail = Field(
        default="open", description="closed answers 503 where a request cannot be recorded."
    )
    state: str | None = Field(
        default=None, description="redis://... shared by several gateways; memory where none is given."
    )
    state_timeout_ms: int = Field(default=50, ge=1, description="Longest wait for the shared state.")
    state_retry_seconds: float = Field(
        default=2.0, gt=0, description="After a failure the shared state is left alone so long."
    )
    when_state_missing: Fail = Field(
        default="open", description="open counts in this process alone; closed refuses accounts that have a rate limit."
    )
    account_from: tuple[str, ...] = Field(
        default=("key",), description="Where the account stands: key, body or header:NAME; the first that is there."
    )
    key_form: str | None = Field(
        default=None,
        description="Regular expression that a whole key matches; what does not is refused (401), such as a key with "
        "something behind it that the server behind would cut off.",
    )
    key_headers: tuple[str, ...] = Field(
        default=(), description="Further headers in which the server behind would take a key; one key counts over all."
    )
    pass_cookies: bool = Field(
        default=False, description="Whether cookies go on to the server behind, which may take them for a credential."
    )
    org_from: str | None = Field(default=None, description="Where the organisation stands: header:NAME.")
    address_from: str | None = Field(
        default=None, description="Where the client's address stands: header:NAME; else the peer's."
    )
    secret_file: Path | None = Field(
        default=None, description="32 random bytes that keys are hashed and times are jittered with; made where absent."
    )
    jitter_seconds: float = Field(
        default=600.0,
        ge=0,
        description="A decision takes hold of an account within so long, at a time that cannot be foreseen.",
    )
    match_texts: bool = Field(default=True, description="Whether requests are matched to the texts of known campaigns.")
    hold_untagged: bool = Field(
        default=True, description="Where reasoning is hidden, hold streamed text until it is known not to be reasoning."
    )
    opened_in_prompt: tuple[str, ...] = Field(
        default=(),
        description="Models, by name or pattern, whose template opens their reasoning in the prompt: where reasoning "
        "is hidden, an answer of theirs that does not close it is reasoning as a whole.",
    )
    watermark_body: dict[str, Any] = Field(
        default_factory=dict,
        description="Merged into a request to be watermarked; {key} stands for the decision's key.",
    )
    degrade_to: str | None = Field(
        default=None,
        description="Answer blocked accounts from this model in place of refusing; off unless set, and recorded.",
    )
    other_paths: Literal["record", "refuse", "pass"] = Field(
        default="record",
        description="Requests with a body to paths of no known API: record them, refuse them (404, in enforce), pass.",
    )
    other_paths_served: tuple[str, ...] = Field(
        default=(
            "embeddings",
            "moderations",
            "rerank",
            "score",
            "classify",
            "tokenize",
            "detokenize",
            "count_tokens",
            "input_tokens",
        ),
        description="Endings of paths that are served where others are refused: they answer with no model's text.",
    )
    decision_url: str | None = Field(
        default=None,
        description="Where a customer reads about a decision, said in refusals; {decision} stands for its id.",
    )
    account_at_once: int = Field(
        default=128,
        ge=0,
        description="Most requests of one account under way in one process; more get 429 in enforce, and wait for a "
        "turn at the proxy's upstream in every mode. 0 for no bound.",
    )
    max_body_mb: float = Field(default=32.0, gt=0, description="A longer request is refused with 413.")
    max_body_values: int = Field(
        default=1_000_000,
        ge=1000,
        description="Most texts and numbers in a request's JSON, of objects and lists a tenth; more get 413.",
    )
    body_seconds: float = Field(default=30.0, gt=0, description="Longest wait for a request's body.")
    body_idle_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait for the next 4 KiB of a body that is sent on as it comes."
    )
    head_seconds: float = Field(default=10.0, gt=0, description="The proxy's longest wait for a request's head.")
    write_seconds: float = Field(default=30.0, gt=0, description="Longest wait for a client to take more of an answer.")
    client_keep_seconds: int = Field(
        default=75,
        ge=1,
        description="How long a client's connection stands idle; longer than clients, and what balances their load, "
        "use one again.",
    )
    client_connections: int = Field(
        default=4096, ge=1, description="Most connections of clients; fewer where the system allows fewer files."
    )
    address_connections: int = Field(default=1024, ge=1, description="Most connections from one address.")
    upstream_wait_seconds: float = Field(
        default=5.0, gt=0, description="Longest wait for one of the connections to the upstream."
    )
    upstream: str | None = Field(default=None, description="http(s)://host[:port][/path] that the proxy forwards to.")
    connect_seconds: float = Field(default=5.0, gt=0, description="Longest wait for a connection to the upstream.")
    answer_seconds: float = Field(default=600.0, gt=0, description="Longest wait for the next bytes of an answer.")
    upstream_connections: int = Field(default=256, ge=1, description="Most connections to the upstream.")
    upstream_keep_seconds: float = Field(
        default=4.0,
        ge=0,
        description="Longest time a connection to it stands idle and is used again; shorter than the upstream's own.",
    )

    @field_validator("key_form")
    @classmethod
    def _known_form(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from None
        return value

    @field_validator("account_from")
    @classmethod
    def _known_sources(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if one not in ("key", "body") and not one.startswith("header:"):
                raise ValueError("each is key, body or header:NAME")
        return value


def load_gateway_settings(config: Path | None = None, **given: Any) -> GatewaySettings:
    """Settings from arguments, environment, file and defaults, in that order of strength.

    Args:
        config: a TOML file with a ``[gateway]`` table; by default the one named in the environment.
        given: settings by name; None means not given.

    Raises:
        BadSetting: a value is out of range, a name is unknown, or the file cannot be read.
    """
    named = os.environ.get(f"{_PREFIX}CONFIG")
    config = config or (Path(named) if named else None)
    values: dict[str, Any] = {}
    if config is not None:
        try:
            values.update(tomllib.loads(read_small(config).decode()).get("gateway", {}))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadSetting(f"the settings file cannot be read: {said_by(error)}", where=str(config)) from error
        values = {name: value for name, value in values.items() if f"{_PREFIX}{name.upper()}" not in os.environ}
    values.update({name: value for name, value in given.items() if value is not None})
    try:
        return GatewaySettings(**values)
    except ValidationError as error:
        raise BadSetting.refused(
            error.errors()[0], where="gateway setting ", hint="see `stillwatch docs gateway`"
        ) from error
