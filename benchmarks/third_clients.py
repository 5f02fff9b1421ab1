"""Where requests come from, through which programs, and who signs up from which mail: tables that all parties share."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

__all__ = [
    "CLIENTS",
    "HOMES",
    "HOSTING",
    "PROVIDERS",
    "PUBLIC_MAIL",
    "THROWAWAY_MAIL",
    "VPNS",
    "Client",
    "Network",
    "by_weight",
]


class _Weighted(Protocol):
    @property
    def weight(self) -> float: ...


_Row = TypeVar("_Row", bound=_Weighted)


class Network(NamedTuple):
    """An autonomous system: its number is real, its addresses are made up."""

    number: int
    country: str
    utc_offset_hours: float
    kind: str
    weight: float


class Client(NamedTuple):
    """A program that sends requests; ``{v}``, ``{d}`` and ``{t}`` stand for parts of its version."""

    agent: str
    weight: float
    bare: bool
    """Sends a prompt, not messages, where nothing else is to be sent."""
    stream_share: float


class Mail(NamedTuple):
    """A public mail provider."""

    domain: str
    weight: float


class Provider(NamedTuple):
    """Who serves the models: those of today, the one that is released within the log, and its operation."""

    models: tuple[str, ...]
    released: str
    operation: str


def by_weight(rng: random.Random, rows: Sequence[_Row]) -> _Row:
    """One of the rows, each as often as its weight says."""
    left = rng.random() * sum(row.weight for row in rows)
    for row in rows:
        left -= row.weight
        if left <= 0:
            return row
    return rows[-1]


HOMES = (
    Network(7922, "US", -5, "home", 16), Network(701, "US", -5, "home", 7), Network(7018, "US", -6, "home", 8),
    Network(20115, "US", -8, "home", 6), Network(21928, "US", -7, "mobile", 7),
    Network(22394, "US", -5, "mobile", 4), Network(3320, "DE", 1, "home", 6), Network(3209, "DE", 1, "home", 3),
    Network(2856, "GB", 0, "home", 5), Network(5607, "GB", 0, "home", 3), Network(3215, "FR", 1, "home", 4),
    Network(12322, "FR", 1, "home", 3), Network(3352, "ES", 1, "home", 3), Network(3269, "IT", 1, "home", 3),
    Network(1136, "NL", 1, "home", 2), Network(5617, "PL", 1, "home", 2), Network(9121, "TR", 3, "home", 3),
    Network(55836, "IN", 5.5, "mobile", 10), Network(24560, "IN", 5.5, "home", 6),
    Network(45609, "IN", 5.5, "mobile", 4), Network(9299, "PH", 8, "home", 3), Network(132199, "PH", 8, "mobile", 3),
    Network(4713, "JP", 9, "home", 4), Network(2516, "JP", 9, "mobile", 2), Network(4766, "KR", 9, "home", 3),
    Network(28573, "BR", -3, "home", 5), Network(26599, "BR", -3, "mobile", 4), Network(8151, "MX", -6, "home", 2),
    Network(577, "CA", -5, "home", 3), Network(1221, "AU", 10, "home", 2), Network(7713, "ID", 7, "mobile", 3),
    Network(7552, "VN", 7, "home", 3), Network(45899, "VN", 7, "home", 2), Network(4134, "CN", 8, "home", 3),
    Network(4837, "CN", 8, "home", 2), Network(9808, "HK", 8, "mobile", 1), Network(9506, "SG", 8, "home", 2),
    Network(36873, "NG", 1, "mobile", 2), Network(33771, "KE", 3, "mobile", 1), Network(15895, "UA", 2, "mobile", 2),
    Network(5384, "AE", 4, "home", 1), Network(8452, "EG", 2, "home", 1), Network(12389, "RU", 3, "home", 1),
    Network(3462, "TW", 8, "home", 2),
)  # fmt: skip
HOSTING = (
    Network(16509, "US", -5, "hosting", 20), Network(14618, "US", -5, "hosting", 10),
    Network(15169, "US", -6, "hosting", 12), Network(8075, "US", -6, "hosting", 12),
    Network(14061, "US", -5, "hosting", 8), Network(24940, "DE", 1, "hosting", 8),
    Network(16276, "FR", 1, "hosting", 7), Network(63949, "US", -5, "hosting", 4),
    Network(20473, "US", -5, "hosting", 4), Network(13335, "US", -5, "hosting", 4),
    Network(51167, "DE", 1, "hosting", 3), Network(45102, "SG", 8, "hosting", 3),
    Network(132203, "HK", 8, "hosting", 3), Network(31898, "US", -5, "hosting", 2),
    Network(8100, "US", -8, "hosting", 2), Network(40021, "US", -6, "hosting", 1),
    Network(212238, "GB", 0, "hosting", 1),
)  # fmt: skip
VPNS = (
    Network(9009, "GB", 0, "vpn", 5), Network(60068, "NL", 1, "vpn", 4), Network(212238, "US", -5, "vpn", 3),
    Network(39351, "SE", 1, "vpn", 2), Network(136787, "SG", 8, "vpn", 2), Network(62240, "US", -5, "vpn", 2),
)  # fmt: skip
CLIENTS: dict[str, tuple[Client, ...]] = {
    "sdk": (
        Client("OpenAI/Python 1.{v}.0", 14, False, 0.3),
        Client("Anthropic/Python 0.{v}.0", 8, False, 0.3),
        Client("OpenAI/JS 4.{v}.1", 8, False, 0.5),
        Client("python-requests/2.3{d}.0", 5, False, 0.1),
        Client("python-httpx/0.2{d}.0", 4, False, 0.2),
        Client("AsyncOpenAI/Python 1.{v}.0", 6, False, 0.3),
        Client("langchain/0.{d}.2 openai-python", 5, False, 0.3),
        Client("litellm/1.{v}.3", 5, False, 0.5),
        Client("node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", 3, False, 0.4),
        Client("axios/1.{d}.0", 3, False, 0.3),
        Client("Go-http-client/2.0", 3, True, 0.2),
        Client("okhttp/4.1{d}.0", 2, False, 0.5),
        Client("curl/8.{d}.0", 3, True, 0.1),
        Client("aiohttp/3.{d} Python/3.11", 3, True, 0.1),
        Client("llama-index/0.1{d}", 2, True, 0.2),
        Client("openai-php/client v0.{d}.0", 1, False, 0.2),
        Client("ruby-openai/7.{d}", 1, False, 0.2),
        Client("axum-reqwest/0.12", 1, False, 0.2),
        Client("semantic-kernel/1.{v} dotnet", 1, False, 0.3),
        Client("n8n/1.{v}", 2, False, 0),
        Client("Make/production", 1, False, 0),
        Client("Zapier", 1, True, 0),
    ),
    "ui": (
        Client("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/1{t}.0.0.0", 20, False, 1),
        Client("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/18.{d}", 8, False, 1),
        Client("Mozilla/5.0 (iPhone; CPU iPhone OS 18_{d} like Mac OS X)", 9, False, 1),
        Client("Mozilla/5.0 (Linux; Android 1{d}) Chrome/1{t}.0 Mobile", 10, False, 1),
        Client("Mozilla/5.0 (X11; Linux x86_64; rv:13{d}.0) Firefox", 2, False, 1),
        Client("LibreChat/0.7.{d}", 4, False, 0.95),
        Client("open-webui/0.6.{d}", 6, False, 0.95),
        Client("TypingMind/2.{v}", 2, False, 0.9),
        Client("ChatBox/1.{d}.1", 3, False, 0.95),
        Client("NextChat/2.1{d}", 3, False, 0.95),
        Client("SillyTavern/1.12.{d}", 2, False, 0.9),
        Client("BoltAI/1.{v}", 1, False, 0.9),
        Client("raycast/1.{v}", 1, False, 0.9),
        Client("Dart/3.{d} (dart:io)", 2, False, 0.7),
    ),
    "ide": (
        Client("aider/0.{v}.0", 5, False, 0.9),
        Client("Cline/3.{d}.0 vscode", 5, False, 1),
        Client("continue/1.{d}.0", 4, False, 1),
        Client("RooCode/3.{v}", 3, False, 1),
        Client("claude-cli/1.0.{v}", 5, False, 1),
        Client("opencode/0.{d}", 2, False, 1),
        Client("Zed/0.1{v}", 2, False, 1),
        Client("codex_cli_rs/0.{v}.0", 3, False, 1),
        Client("JetBrains AI/2025.{d}", 2, False, 1),
    ),
}  # fmt: skip
PUBLIC_MAIL = (
    Mail("gmail.com", 52), Mail("outlook.com", 11), Mail("hotmail.com", 7), Mail("yahoo.com", 7),
    Mail("icloud.com", 6), Mail("proton.me", 4), Mail("qq.com", 4), Mail("163.com", 3), Mail("gmx.de", 2),
    Mail("web.de", 1), Mail("naver.com", 2), Mail("mail.ru", 1), Mail("yandex.ru", 1), Mail("orange.fr", 1),
    Mail("libero.it", 1),
)  # fmt: skip
THROWAWAY_MAIL = (
    "mailinator.com", "guerrillamail.com", "10minutemail.com", "temp-mail.org", "yopmail.com", "sharklasers.com",
    "moakt.cc", "dropmail.me", "tempr.email", "maildrop.cc",
)  # fmt: skip
PROVIDERS = {
    "openai": Provider(
        ("gpt-4o-mini", "gpt-4o", "gpt-4.1-mini", "gpt-4.1", "o4-mini"),
        "gpt-5",
        "chat.completions",
    ),
    "anthropic": Provider(
        ("claude-3-5-haiku", "claude-sonnet-4", "claude-3-7-sonnet", "claude-opus-4", "claude-3-haiku"),
        "claude-opus-4-1",
        "messages",
    ),
    "google": Provider(
        ("gemini-2.0-flash", "gemini-2.5-flash", "gemini-2.5-pro", "gemini-1.5-flash", "gemini-2.0-flash-lite"),
        "gemini-3-pro",
        "generateContent",
    ),
}
