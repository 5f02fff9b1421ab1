"""Who says a message: the APIs' words for it, and the others that loggers and older APIs use, in any case."""

from __future__ import annotations

__all__ = ["USUAL_ROLES", "role_of"]

USUAL_ROLES = frozenset(("user", "assistant", "system", "developer", "tool", "function"))
"""As the APIs write them today."""

_OTHERS = {
    "human": "user", "ai": "assistant", "model": "assistant", "bot": "assistant", "chatbot": "assistant",
    "gpt": "assistant", "api": "assistant", "用户": "user", "助手": "assistant", "系统": "system",
}  # fmt: skip


def role_of(written: str) -> str:
    """The usual word for a role, where there is one; else what is written."""
    if written in USUAL_ROLES:
        return written
    # Some write the message's class: `user_message`, `UserMessage`.
    lowered = written.strip().lower().removesuffix("message").rstrip("_")
    return lowered if lowered in USUAL_ROLES else _OTHERS.get(lowered, written)
