"""Names that programs of one's own give to what they log of a call, in any spelling (``user_id``, ``userId``).

The one list for every format that reads such lines, so that a name one of them leaves to another is known there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from stillwatch.ingest.record import COLUMNS
from stillwatch.ingest.spelling import in_camel_case

__all__ = [
    "ACCOUNTS",
    "ADDRESSES",
    "ANSWERS",
    "CALLERS",
    "OTHERS",
    "PERSONS",
    "TEXTS",
    "TIMES",
    "known_names",
    "spelt_names",
]

ACCOUNTS = ("account_id", "user_id", "user", "customer_id", "customer", "account", "uid")
"""Of an account: two with different values could each be it."""

PERSONS = ("username", "user_name", "login", "user_email", "email")
"""Of a person, who may have several: the first counts, where no account is named."""

CALLERS = ("caller", "caller_id", "requester", "requester_id", "principal", "consumer", "consumer_id", "subscriber_id")
"""Of who called, where nobody else is named: two with different values could each be it."""

TIMES = (
    "start_time", "started_at", "requested_at", "request_time", "request_timestamp", "request_started_at",
    "received_at", "time", "timestamp", "ts", "event_time", "event_timestamp", "timestamp_utc", "timestamp_ms",
    "epoch_ms", "created_at", "created_time", "datetime", "date_time", "logged_at", "log_time", "inserted_at", "date",
)  # fmt: skip
"""Of when a request was made; those that may say when it was written down come last."""

TEXTS = ("prompt", "messages", "question", "user_prompt", "user_message", "user_input", "prompt_text", "input_messages")
"""Of what was asked."""

ANSWERS = (
    "response", "completion", "answer", "output", "reply", "response_text", "completion_text", "output_text",
    "assistant_message", "assistant_response", "model_response", "ai_response", "llm_response", "generated_text",
    "output_messages",
)  # fmt: skip
"""Of what was answered."""

OTHERS: Mapping[str, tuple[str, ...]] = {
    "model": ("model", "model_name", "model_id"),
    "system": ("system", "system_prompt", "system_message"),
    "session_id": ("session_id", "conversation_id", "chat_id", "thread_id", "session"),
    "exchange_id": ("exchange_id", "request_id", "id"),
    "input_tokens": ("input_tokens", "prompt_tokens", "tokens_in"),
    "output_tokens": ("output_tokens", "completion_tokens", "tokens_out"),
    "latency_ms": ("latency_ms", "duration_ms"),
    "client_address": ("client_address", "client_ip", "ip", "ip_address", "remote_addr"),
    "status": ("status", "status_code"),
}
"""Of other columns."""

ADDRESSES = tuple(dict.fromkeys((*OTHERS["client_address"][1:], *map(in_camel_case, OTHERS["client_address"]))))
"""Of a client's address, where no `client_address` is given: the first that has a value counts. In either
spelling: ``client_ip``, ``clientIp``."""

_READ = (
    *ACCOUNTS, *PERSONS, *CALLERS, *TIMES, *TEXTS, *ANSWERS, "input",
    *(one for names in OTHERS.values() for one in names),
)  # fmt: skip
_NAMES: Mapping[str, str] = {
    spelt: name for name in sorted({*_READ, *COLUMNS} - {"note"}) for spelt in (name, in_camel_case(name))
} | {"@timestamp": "timestamp", "_time": "time"}
# Any other spelling, and names of objects that were laid flat: `userID`, `User ID`, `user.id`.
_SPELT = {name.replace("_", "").lower(): name for name in reversed([*_NAMES.values()])}
_BETWEEN = str.maketrans("", "", "_- .")


@lru_cache(maxsize=4096)
def known_names(keys: tuple[str, ...]) -> Mapping[str, str] | None:
    """Known names to the keys that spell them; None where two keys are one name."""
    found: dict[str, str] = {}
    for key in keys:
        name = _NAMES.get(key)
        if name is not None and found.setdefault(name, key) != key:
            return None
    return found


@lru_cache(maxsize=4096)
def spelt_names(keys: tuple[str, ...]) -> Mapping[str, str]:
    """Known names to the keys that spell them in any way, of a record that is known to be of one's own program.

    Before that a name in capitals may be another format's, from a warehouse.
    """
    found = dict(known_names(keys) or {})
    for key in keys:
        name = _NAMES.get(key)
        if name is None and key[:1] not in "_@":
            # A store's `_id` is none of the program's names.
            name = _SPELT.get(key.translate(_BETWEEN).lower())
        if name is not None:
            found.setdefault(name, key)
    return found
