"""What a gateway says of itself when it starts: what it will do, by which decisions, in front of what, to whom."""

from __future__ import annotations

from stillwatch.core.counted import counted
from stillwatch.gateway.settings import GatewaySettings
from stillwatch.gateway.snapshot import Snapshot

__all__ = ["greeting"]


def greeting(settings: GatewaySettings, snapshot: Snapshot | None, url: str) -> str:
    """A line that says where it listens, and one each for decisions and accounts.

    Args:
        settings: what it was told.
        snapshot: what it goes by now; None where there is none.
        url: where it listens.
    """
    does = "does nothing, says what it would do" if settings.mode == "shadow" else "applies decisions"
    return "\n  ".join(
        (
            f"running on {url}, in front of {settings.upstream}; mode {settings.mode}: {does}",
            _decisions(settings, snapshot),
            f"accounts are told by {', then '.join(settings.account_from)}: the name must be the one in the decisions",
        )
    )


def _decisions(settings: GatewaySettings, snapshot: Snapshot | None) -> str:
    if snapshot is None:
        missing = f"cannot be read: {settings.snapshot}" if settings.snapshot else "none was given (--snapshot)"
        return f"no snapshot, so no decisions: {missing}"
    rules, accounts = snapshot.header["rules"], snapshot.header["accounts"]
    held = f"{counted(rules, 'decision')} in force on {counted(accounts, 'account')}, as of {snapshot.header['made']}"
    if not rules or not settings.jitter_seconds:
        return held
    return f"{held}; each takes hold of an account within {settings.jitter_seconds:g} seconds (jitter_seconds)"
