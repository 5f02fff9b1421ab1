"""What of a request is changed before the upstream sees it, and only where a treatment asks for it.

What is to be stripped from the answer is not asked for either: the upstream need not make it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.core.reasoning_tags import touches_a_tag
from stillwatch.gateway.gate import Admission
from stillwatch.gateway.settings import GatewaySettings

__all__ = ["edited_request"]

_LOGPROBS_OF_RESPONSES = "message.output_text.logprobs"
_ENDINGS = frozenset(("stop", "stop_sequences", "stopSequences", "stop_words", "bad_words"))
_BY_TOKENS = frozenset(("stop_token_ids", "bad_words_ids", "logit_bias", "allowed_token_ids", "suppress_tokens"))
_ENCRYPTED = "reasoning.encrypted_content"


def edited_request(body: Mapping[str, Any], admission: Admission, settings: GatewaySettings) -> dict[str, Any] | None:
    """The request to send on, or None where nothing changes."""
    treatment = admission.treatment
    edited = dict(body)
    redaction = treatment.redaction
    if redaction.hide_reasoning or redaction.top_logprobs is not None:
        _ask_less(edited, -1 if redaction.hide_reasoning else redaction.top_logprobs or 0)
    if redaction.hide_reasoning:
        _let_it_close(edited)
    if redaction.hide_reasoning and isinstance(edited.get("include"), list):
        edited["include"] = [name for name in edited["include"] if name != _ENCRYPTED]
    if redaction.hide_reasoning and redaction.keep_summaries and isinstance(edited.get("reasoning"), Mapping):
        edited["reasoning"] = {**edited["reasoning"], "summary": "auto"}
    if treatment.watermark is not None:
        edited.update(_filled(settings.watermark_body, treatment.watermark))
    if admission.degraded_to:
        edited["model"] = admission.degraded_to
    return None if edited == body else edited


def _ask_less(edited: dict[str, Any], most: int) -> None:
    """Ask for at most so many alternatives a token, or for no log probabilities at all."""
    asked = edited.get("logprobs")
    if most < 0:
        edited.pop("logprobs", None)
        edited.pop("top_logprobs", None)
        edited.pop("prompt_logprobs", None)
        if isinstance(edited.get("include"), list):
            edited["include"] = [name for name in edited["include"] if name != _LOGPROBS_OF_RESPONSES]
        return
    if isinstance(edited.get("top_logprobs"), int):
        edited["top_logprobs"] = min(edited["top_logprobs"], most)
    if isinstance(asked, int) and not isinstance(asked, bool):
        edited["logprobs"] = min(asked, most)


def _let_it_close(edited: dict[str, Any]) -> None:
    """Ask for nothing that ends an answer before its reasoning is closed: that could not be told from an answer."""
    for name in _BY_TOKENS & edited.keys():
        del edited[name]
    for name in _ENDINGS & edited.keys():
        given = edited[name]
        if isinstance(given, list):
            edited[name] = [one for one in given if not (isinstance(one, str) and touches_a_tag(one))]
        elif isinstance(given, str) and touches_a_tag(given):
            del edited[name]


def _filled(value: Any, key: str) -> Any:
    if isinstance(value, str):
        return value.replace("{key}", key)
    if isinstance(value, Mapping):
        return {name: _filled(item, key) for name, item in value.items()}
    return [_filled(item, key) for item in value] if isinstance(value, list) else value
