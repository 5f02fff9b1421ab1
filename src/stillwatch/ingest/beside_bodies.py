"""What objects beside a text or a body say: whom metadata or a user's object names, how many tokens there were, and
what was said before.

A record of a program of one's own often keeps these in objects of their own. They count where the record itself, and
the bodies in it, say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillwatch.core.bodies.shapes import Fields, Json, RecordError, first, identity, object_of, object_or_empty, parsed
from stillwatch.ingest.plain_names import OTHERS

__all__ = ["COUNTED", "account_beside", "counts_beside", "only_id", "talk_in"]

_METADATA = "metadata."
_WHOM = ("account_id", "accountId", "user_id", "userId", "user", "customer_id", "customerId", "end_user", "sub")
_PERSONS = ("user", "account", "customer", "usr", "userInfo", "user_info", "end_user", "endUser")
_HOLDERS = (
    "meta", "context", "extra", "mdc", "contextMap", "context_map", "labels", "custom", "attributes", "properties",
    "custom_properties", "customProperties", "auth", "identity", "caller", "client", "trace_metadata",
    "jwt", "claims", "token_claims", "tokenClaims", "session", "auth_context", "authContext", "principal", "actor",
)  # fmt: skip
# Of those, objects of whoever called.
_OF_CALLERS = ("caller", "principal", "actor")
_SESSIONS = ("session_id", "sessionId", "conversation_id", "thread_id")
COUNTED = (
    "usage", "token_usage", "tokenUsage", "tokens", "token_counts", "usage_details", "usage_metadata", "llm_summary",
    "usageMetadata", "tokenCounts", "metrics", "stats", "billing",
)  # fmt: skip
"""Of objects that count tokens."""
_COUNTED = frozenset(COUNTED)
_COUNTS = frozenset((*OTHERS["input_tokens"], *OTHERS["output_tokens"]))
_ASKED = (
    "prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "request_tokens", "tokens_in", "prompt_token_count",
    "promptTokenCount", "input_token_count", "inputTokenCount",
)  # fmt: skip
_ANSWERED = (
    "completion_tokens", "output_tokens", "completionTokens", "outputTokens", "response_tokens", "tokens_out",
    "candidates_token_count", "candidatesTokenCount", "output_token_count", "outputTokenCount",
)  # fmt: skip
# Elsewhere they may count, or cost, something else.
_SHORT = (("prompt", "input", "in"), ("completion", "output", "out"))
_OF_ANYTHING = frozenset(("metrics", "stats", "billing"))
_IDS_OF_USERS = (
    "id", "user_id", "userId", "uid", "uuid", "account_id", "accountId", "customer_id", "sub", "external_id",
    "externalId",
)  # fmt: skip


def counts_beside(record: Json) -> Fields:
    """How many tokens there were, where the record around the bodies, or an object in it, says so."""
    asked = answered = None
    # Most records have none, or are read by their columns.
    if not _COUNTS.isdisjoint(record):
        asked, answered = first(record, *OTHERS["input_tokens"]), first(record, *OTHERS["output_tokens"])
    if asked is None and answered is None:
        for name in () if _COUNTED.isdisjoint(record) else COUNTED:
            held = object_or_empty(record.get(name))
            short: tuple[tuple[str, ...], ...] = ((), ()) if name in _OF_ANYTHING else _SHORT
            asked, answered = first(held, *_ASKED, *short[0]), first(held, *_ANSWERED, *short[1])
            if asked is not None or answered is not None:
                break
    return {"input_tokens": asked, "output_tokens": answered}


def account_beside(record: Json) -> Fields:
    """Whom the ``metadata`` of a record names, an object or laid flat, and in which session; else its ``user``, an
    object with one id; else what one alone of the objects names that a logger keeps of a request."""
    held = record.get("metadata")
    if not isinstance(held, Mapping):
        flat = {str(name)[len(_METADATA) :]: one for name, one in record.items() if str(name).startswith(_METADATA)}
        try:
            held = object_of(held, "metadata") or flat
        except RecordError:
            held = flat
    found: Fields = {"account_id": _named(held), "session_id": identity(first(held, *_SESSIONS))}
    found = {name: value for name, value in found.items() if isinstance(value, str)}
    if "account_id" not in found:
        persons = [one for name in _PERSONS if isinstance(one := record.get(name), dict)]
        named = only_id(persons[0]) if len(persons) == 1 else None
        found |= {"account_id": named} if named is not None else {}
    if "account_id" not in found:
        objects = {name: one for name in _HOLDERS if isinstance(one := record.get(name), dict)}
        named_by = {
            name: _named(one) or (only_id(one) if name in _OF_CALLERS else None) for name, one in objects.items()
        }
        whom = {one for one in named_by.values() if isinstance(one, str)}
        found |= {"account_id": whom.pop()} if len(whom) == 1 else {}
    return found


def _named(held: Mapping[str, Any]) -> Any:
    """Whom an object names, also in an object of the user's own."""
    named = first(dict(held), *_WHOM)
    return only_id(named) if isinstance(named, dict) else identity(named)


def only_id(user: Json) -> str | None:
    """The one id that an object of a user names; None where it names none, or several."""
    known = {named for name in _IDS_OF_USERS if isinstance(named := identity(user.get(name)), str)}
    return known.pop() if len(known) == 1 else None


def talk_in(value: Any) -> Sequence[Json] | None:
    """A list of messages, each with who says it; None for anything else."""
    try:
        found = parsed(value, "messages")
    except RecordError:
        return None
    if not isinstance(found, list) or not found:
        return None
    return (
        found if all(isinstance(one, dict) and isinstance(first(one, "role", "from"), str) for one in found) else None
    )
