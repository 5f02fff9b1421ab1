"""Where an account's pages are, and which account an address names."""

from __future__ import annotations

from urllib.parse import quote

from stillwatch.console.asking import Ask, Refused

__all__ = ["account_url", "wanted"]


def wanted(ask: Ask) -> str:
    """The account that the URL names."""
    name = ask.query.get("id")
    if not name:
        raise Refused(404, "Which account? The address names none.")
    return name


def account_url(run: str, name: str) -> str:
    """Where an account's page is; ids may hold any character."""
    return f"/runs/{quote(run, safe='')}/account?id={quote(name, safe='')}"
