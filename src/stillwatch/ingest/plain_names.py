"""Names that programs of one's own give to what they log of a call, in any spelling (``user_id``, ``userId``).

The one list for every format that reads such lines, so that a name one of them leaves to another is known there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from stillwatch.ingest.names_in_other_languages import TRANSLATED
from stillwatch.ingest.record import COLUMNS
from stillwatch.ingest.spelling import in_camel_case

__all__ = [
    "ACCOUNTS",
    "ADDRESSES",
    "ANSWERS",
    "CALLERS",
    "DOUBTFUL",
    "ENDINGS",
    "ENDS",
    "OTHERS",
    "PERSONS",
    "READ",
    "RESULTS",
    "SECONDS",
    "TALKS",
    "TEXTS",
    "TIMES",
    "WHOSE",
    "WHOSE_IN_TURN",
    "known_names",
    "spelt_names",
]

ACCOUNTS = ("account_id", "user_id", "user", "customer_id", "customer", "account", "uid")
"""Of an account: two with different values could each be it."""

PERSONS = ("username", "user_name", "client_username", "login", "user_email", "email")
"""Of a person, who may have several: the first counts, where no account is named."""

CALLERS = (
    "caller", "caller_id", "requester", "requester_id", "principal", "principal_id", "consumer", "consumer_id",
    "subscriber_id", "subject", "sub", "actor", "actor_id", "member_id", "authenticated_user", "auth_user",
    "remote_user", "x_consumer_username", "account_uuid", "user_uuid", "acct_id", "x_user_id", "user_principal_name",
    "upn", "usr_id", "acct", "acct_no", "account_no", "account_number", "account_identifier", "account_guid",
    "user_identifier", "user_hash", "hashed_user_id", "user_id_hash", "user_key", "user_guid", "user_uid", "user_ref",
    "customer_uuid", "customer_number", "customer_ref", "member", "member_number", "employee_id", "staff_id",
    "subscriber",
)  # fmt: skip
"""Of who called, where nobody else is named: two with different values could each be it."""

ENDS = ("end_user", "end_user_id", "enduser_id", "enduser", "external_user_id", "distinct_id", "from_end_user_id")
"""Of whom a caller asked for, where no caller is named either."""

WHOSE = (*ACCOUNTS, *PERSONS, *CALLERS, *ENDS)
"""Of all of these."""

TIMES = (
    "start_time", "started_at", "requested_at", "request_time", "request_timestamp", "request_started_at",
    "instant", "request_start", "request_start_time", "request_ts", "request_time_utc", "start_timestamp", "start_ts",
    "asked_at",
    "queried_at", "sent_at", "submitted_at", "requested_on", "begin_time",
    "received_at", "time", "timestamp", "ts", "time_utc", "datetime_utc", "unix_time", "unix_timestamp",
    "timestamp_unix", "epoch", "epoch_time", "occurred_at",
    "event_time", "event_timestamp", "event_ts", "timestamp_utc", "timestamp_ms",
    "epoch_ms", "created_at", "created_time", "create_time", "created_on", "created_date", "created_utc",
    "creation_time", "datetime", "date_time",
    "logged_at", "asctime", "log_time", "log_timestamp", "processed_time", "inserted_at", "insert_time", "date", "dt",
)  # fmt: skip
"""Of when a request was made; those that may say when it was written down come last."""

TEXTS = (
    "prompt", "messages", "question", "user_prompt", "user_message", "user_input", "prompt_text", "input_messages",
    "user_query", "user_question", "query_text", "question_text", "request_text", "input_text", "input_prompt",
    "chat_input", "raw_prompt", "full_prompt", "last_user_message", "chat_messages", "request_messages",
    "formatted_prompt", "utterance",
)  # fmt: skip
"""Of what was asked."""

TALKS = (
    "history", "chat_history", "conversation_history", "conversation", "conversations", "dialogue", "turns",
    "transcript",
)  # fmt: skip
"""Of what was said before, or of all that was said, where it is a list of messages."""

DOUBTFUL = ("input", "query", "request", "message", "text", "content", "instruction", "human")
"""Of what was asked, where an answer stands beside, and a model or how long either was: else any program's words."""

ANSWERS = (
    "response", "completion", "answer", "output", "reply", "response_text", "completion_text", "output_text",
    "assistant_message", "assistant_response", "model_response", "ai_response", "llm_response", "generated_text",
    "output_messages", "generation", "generated", "generated_answer", "response_content", "answer_text", "reply_text",
    "bot_response", "bot_message", "bot_reply", "assistant_reply", "assistant_answer", "ai_message", "ai_answer",
    "llm_output", "model_output", "model_answer", "model_reply", "chat_response", "final_answer", "raw_response",
    "final_response", "prediction", "assistant",
)  # fmt: skip
"""Of what was answered."""

RESULTS = (
    "outputs", "responses", "answers", "completions", "replies", "generations", "predictions", "candidates",
    "response_body", "response_message", "response_json", "results", "result",
)  # fmt: skip
"""Of what was answered, where none of those stands there: lists and objects; a text may say how it went."""

OTHERS: Mapping[str, tuple[str, ...]] = {
    "model": (
        "model", "model_name", "model_id", "llm_model", "llm_name", "ai_model", "request_model", "requested_model",
        "response_model", "served_model", "model_slug", "model_version", "llm", "engine", "deployment",
        "deployment_name", "deployment_id", "model_used", "deployed_model", "foundation_model",
    ),
    "api_key_id": (
        "api_key_id", "key_id", "api_key_hash", "key_hash", "api_key_name", "api_key_alias", "key_name", "key_alias",
        "token_id",
    ),
    "org_id": ("org_id", "organization_id", "organisation_id", "organization", "organisation"),
    "user_agent": ("user_agent", "ua", "http_user_agent", "client_user_agent"),
    "system": (
        "system", "system_prompt", "system_message", "instructions", "system_instruction", "system_instructions",
        "preamble", "sys_prompt", "system_text",
    ),
    "reasoning": ("reasoning", "reasoning_content", "reasoning_text", "thinking", "thoughts"),
    "stop_reason": ("stop_reason", "finish_reason", "completion_reason"),
    "stream": ("stream", "is_streaming", "streaming", "streamed", "is_stream"),
    "country": ("country", "country_code", "geo_country", "ip_country"),
    "tls_fingerprint": ("tls_fingerprint", "ja3", "ja3_hash", "ja3_fingerprint", "ja4", "ja4_fingerprint"),
    "temperature": ("temperature", "temp", "llm_temperature", "model_temperature"),
    "top_p": ("top_p", "llm_top_p"),
    "max_tokens": (
        "max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "max_tokens_to_sample",
        "llm_max_tokens", "num_predict", "n_predict",
    ),
    "session_id": (
        "session_id", "conversation_id", "chat_id", "thread_id", "session", "chat_session_id", "conv_id", "dialog_id",
        "dialogue_id", "x_session_id", "session_uuid", "conversation_uuid", "conversation", "thread",
    ),
    "exchange_id": (
        "exchange_id", "request_id", "id", "req_id", "x_request_id", "call_id", "completion_id", "log_id", "event_id",
        "uuid",
    ),
    "input_tokens": (
        "input_tokens", "prompt_tokens", "tokens_in", "tokens_prompt", "tokens_input", "n_prompt_tokens",
        "num_prompt_tokens", "num_input_tokens", "prompt_token_count", "input_token_count", "request_tokens",
        "usage_prompt_tokens", "usage_input_tokens", "in_tokens", "input_token", "prompt_token", "prompt_eval_count",
        "tokens_evaluated", "input_token_usage", "num_tokens_input", "request_token_count", "message_tokens",
        "llm_usage_prompt_tokens", "llm_usage_input_tokens", "gen_ai_usage_input_tokens", "input_tokens_count",
        "prompt_tokens_count", "llm_input_tokens", "llm_prompt_tokens", "token_in", "n_tokens_in",
        "total_input_tokens", "total_prompt_tokens",
    ),
    "output_tokens": (
        "output_tokens", "completion_tokens", "tokens_out", "tokens_completion", "tokens_output",
        "n_completion_tokens", "num_completion_tokens", "num_output_tokens", "completion_token_count",
        "output_token_count", "response_tokens", "generated_tokens", "usage_completion_tokens",
        "usage_output_tokens", "out_tokens", "output_token", "completion_token", "eval_count", "tokens_predicted",
        "output_token_usage", "num_tokens_output", "response_token_count", "answer_tokens", "candidates_token_count",
        "llm_usage_completion_tokens", "llm_usage_output_tokens", "gen_ai_usage_output_tokens", "output_tokens_count",
        "completion_tokens_count", "llm_output_tokens", "llm_completion_tokens", "token_out", "n_tokens_out",
        "total_output_tokens", "total_completion_tokens",
    ),
    "latency_ms": (
        "latency_ms", "duration_ms", "elapsed_ms", "response_time_ms", "took_ms", "total_ms", "time_taken_ms",
        "total_time_ms", "processing_time_ms", "request_duration_ms",
    ),
    "client_address": (
        "client_address", "client_ip", "ip", "ip_address", "remote_addr", "remote_ip", "source_ip", "src_ip",
        "user_ip", "ip_addr", "client_addr", "remote_address", "source_ip_address", "caller_ip", "caller_ip_address",
        "requester_ip_address", "requester_ip", "true_client_ip", "x_real_ip", "network_client_ip", "x_forwarded_for",
    ),
    "status": ("status", "status_code", "http_status", "http_status_code", "response_status", "response_code"),
}  # fmt: skip
"""Of other columns."""

WHOSE_IN_TURN = (ACCOUNTS, PERSONS, CALLERS, ENDS, OTHERS["api_key_id"])
"""Of an account: the first group that a record has a name of says it."""

ENDINGS = (
    "end_time", "ended_at", "end_timestamp", "end_ts", "finished_at", "finish_time", "completed_at", "responded_at",
    "answered_at", "response_timestamp",
)  # fmt: skip
"""Of when a call ended."""

SECONDS = ("duration_seconds", "duration_s", "latency_seconds", "latency_s", "elapsed_seconds", "response_time_s")
"""Of how long it took, in seconds."""

_USUAL = OTHERS["client_address"][:5]
ADDRESSES = tuple(dict.fromkeys((*_USUAL[1:], *map(in_camel_case, _USUAL))))
"""Of a client's address, where no `client_address` is given: the first that has a value counts. In either
spelling: ``client_ip``, ``clientIp``."""

READ = frozenset((
    *WHOSE, *TIMES, *TEXTS, *ANSWERS, *RESULTS, *DOUBTFUL, *TALKS, *SECONDS, *ENDINGS,
    *(one for names in OTHERS.values() for one in names),
))  # fmt: skip
"""Of anything that is read of a record of a program of one's own."""

_NAMES: dict[str, str] = {
    spelt: name for name in sorted({*READ, *COLUMNS} - {"note"}) for spelt in (name, in_camel_case(name))
} | {"@timestamp": "timestamp", "_time": "time", "@t": "timestamp"}
# Names of other languages, that are none in English.
_NAMES = {**TRANSLATED, **_NAMES}
# Any other spelling, and names of objects that were laid flat: `userID`, `User ID`, `user.id`.
_BETWEEN = str.maketrans("", "", "_- .")
_SPELT = {name.translate(_BETWEEN).lower(): named for name, named in TRANSLATED.items()} | {
    name.replace("_", "").lower(): name for name in reversed([*_NAMES.values()])
}


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
