"""What a record tells of a call beside its texts: parameters in an object of their own, when it ended, how it failed.

A program of one's own often keeps these so. They count where the record's columns and its bodies say nothing.
"""

from __future__ import annotations

from typing import Any

from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.core.bodies.shapes import Fields, Json, first, identity, parsed
from stillwatch.core.bodies.traced import parameter_fields
from stillwatch.ingest.headers import header
from stillwatch.ingest.plain_names import ENDINGS, OTHERS, spelt_names
from stillwatch.ingest.spelling import in_camel_case
from stillwatch.ingest.timestamps import elapsed_ms
from stillwatch.ingest.told_durations import duration_beside

__all__ = [
    "FAILURES",
    "HOLDERS",
    "ORIGINS",
    "VERDICTS",
    "failure_beside",
    "origin_beside",
    "parameters_beside",
    "time_taken",
    "verdict_beside",
]

_NAMED = (
    "parameters", "params", "model_parameters", "model_params", "generation_config", "generation_parameters",
    "sampling_params", "sampling_parameters", "invocation_params", "llm_params", "llm_config", "model_config",
    "model_settings", "inference_config", "request_params", "request_parameters",
    "model_kwargs", "llm_kwargs", "generation_kwargs", "generation_params", "inference_params", "sampling",
    "sampling_config", "model_options", "llm_settings", "text_generation_config", "completion_params",
    "optional_params", "options",
    "config", "settings", "hyperparameters",
)  # fmt: skip
HOLDERS = tuple(dict.fromkeys((*_NAMED, *map(in_camel_case, _NAMED))))
"""Of objects that hold a call's parameters."""

ORIGINS = (
    "headers", "request_headers", "requestHeaders", "client", "http", "network", "geo", "origin", "client_info",
    "clientInfo",
)  # fmt: skip
"""Of objects that say from where a call came."""

_HOLDERS, _ORIGINS = frozenset(HOLDERS), frozenset(ORIGINS)
FAILURES = ("error", "error_code", "errorCode", "error_type", "errorType", "exception")
"""Of what a record says of a call that failed."""

_VERDICTS = {
    **dict.fromkeys(("success", "succeeded", "is_success", "successful", "ok"), (True, "error")),
    **dict.fromkeys(("failed", "is_error", "has_error", "errored"), (False, "error")),
    **dict.fromkeys(("blocked", "refused", "rejected", "denied", "is_blocked"), (False, "refused")),
    **dict.fromkeys(("rate_limited", "throttled", "is_rate_limited"), (False, "rate_limited")),
}  # fmt: skip
VERDICTS = {spelt: told for name, told in _VERDICTS.items() for spelt in (name, in_camel_case(name))}
"""Of truths that say whether a call went well: which of them does, and what its status is else."""
_OF_VERDICTS = frozenset(VERDICTS)

_COLUMNS = (
    "model", "temperature", "top_p", "top_k", "n", "max_tokens", "seed", "stop", "stream", "logprobs", "top_logprobs",
    "response_format",
)  # fmt: skip


def parameters_beside(record: Json) -> Fields:
    """The parameters that an object beside a call's texts holds, or its JSON text."""
    found: Fields = {}
    # Most records have none.
    for name in () if _HOLDERS.isdisjoint(record) else HOLDERS:
        if (given := record.get(name)) is None:
            continue
        try:
            held = parsed(given, name)
            told = parameter_fields(held) if isinstance(held, dict) else {}
        except UNFORESEEN:
            continue
        found = {**{column: told[column] for column in _COLUMNS if told.get(column) is not None}, **found}
    return found


def origin_beside(record: Json) -> Fields:
    """From where a call came, as an object beside it says: its headers, its client, its network."""
    found: Fields = {}
    for name in () if _ORIGINS.isdisjoint(record) else ORIGINS:
        held = record.get(name)
        if not isinstance(held, dict | list):
            continue
        told: Fields = {
            "user_agent": header(held, "user-agent"),
            "client_address": header(held, "x-forwarded-for") or header(held, "x-real-ip"),
        }
        if isinstance(held, dict):
            for column in ("user_agent", "client_address", "country", "tls_fingerprint"):
                told[column] = told.get(column) or first(held, *OTHERS[column])
        found = {**{column: one for column, one in told.items() if isinstance(one, str) and one}, **found}
    return found


def time_taken(record: Json, start: Any) -> float | None:
    """Milliseconds from a call's start to the end that the record names, else those that it says in a unit; None where
    it says neither."""
    names = spelt_names(tuple(map(str, record)))
    end = next((record[names[name]] for name in ENDINGS if name in names and record[names[name]] is not None), None)
    spent = elapsed_ms(start, end) if end is not None else None
    return spent if spent is not None and spent >= 0 else duration_beside(record)


def failure_beside(record: Json) -> Any:
    """The status of a call of which the record says that it failed, and no more; None where it does not."""
    for name in FAILURES:
        given = record.get(name)
        if isinstance(given, dict):
            given = first(given, "status", "status_code", "code", "type") or ("error" if given else None)
        if given in (None, False, 0) or (told := identity(given)) is None:
            continue
        return told if isinstance(told, str) and " " not in told and "ode" in name else _code(told)
    return None


def verdict_beside(record: Json) -> str | None:
    """The status of a call of which a truth beside it says that it did not go well; None where none does."""
    for name in () if _OF_VERDICTS.isdisjoint(record) else VERDICTS:
        given = record.get(name)
        told = {"true": True, "1": True, "false": False, "0": False}.get(str(given).strip().lower())
        well, status = VERDICTS[name]
        if told is not None and told is not well:
            return status
    return None


def _code(told: Any) -> str:
    """A failure's number; of one in words, that it failed."""
    return str(told) if str(told).isdecimal() else "error"
