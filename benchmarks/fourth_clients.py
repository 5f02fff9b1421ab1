"""Clients, models and parameters; honest accounts and campaigns draw from the same tables."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

__all__ = ["Catalogue", "Parameters", "app_agent", "chat_agent", "parameters", "script_agent"]

_PYTHON = ("1.35.10", "1.40.6", "1.52.2", "1.58.1", "1.61.0", "1.66.3", "1.72.0", "1.82.1", "1.91.0", "1.99.9")
_SCRIPTS = {
    "openai-python": 34,
    "python-httpx": 9,
    "python-requests": 9,
    "openai-node": 11,
    "axios": 5,
    "langchain": 7,
    "litellm": 8,
    "curl": 3,
    "go-http": 4,
    "okhttp": 2,
    "aiohttp": 6,
    "llama-index": 3,
    "reqwest": 2,
}
_CHATS = {
    "browser": 46,
    "OpenWebUI": 13,
    "LibreChat": 8,
    "mobile": 15,
    "TypingMind": 5,
    "Chatbox": 6,
    "Cursor": 4,
    "aider": 3,
}
_APPS = {
    "openai-node": 30,
    "openai-python": 30,
    "okhttp": 8,
    "langchain": 12,
    "go-http": 8,
    "litellm": 7,
    "vercel-ai": 12,
}


def _drawn(rng: random.Random, table: dict[str, int]) -> str:
    return rng.choices(list(table), list(table.values()))[0]


def _named(rng: random.Random, name: str) -> str:
    minor = rng.randint(0, 12)
    system = rng.choice(("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"))
    version = rng.randint(131, 142)
    chrome = f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    phone = rng.choice(("iPhone; iOS 18.", "Android 15; build "))
    return {
        "openai-python": f"OpenAI/Python {rng.choice(_PYTHON)}",
        "python-httpx": f"python-httpx/0.{rng.choice((25, 27, 28))}.{minor % 3}",
        "python-requests": f"python-requests/2.{rng.choice((28, 31, 32))}.{minor % 4}",
        "openai-node": f"OpenAI/JS 4.{rng.choice((28, 52, 68, 77, 95))}.{minor % 2}",
        "axios": f"axios/1.{rng.choice((4, 6, 7))}.{minor % 5}",
        "langchain": f"langchain-openai/0.{rng.choice((1, 2, 3))}.{minor}",
        "litellm": f"litellm/1.{rng.choice((44, 52, 61, 67))}.{minor}",
        "curl": f"curl/8.{rng.choice((4, 5, 7))}.0",
        "go-http": rng.choice(("Go-http-client/1.1", "Go-http-client/2.0")),
        "okhttp": f"okhttp/4.{rng.choice((9, 11, 12))}.0",
        "aiohttp": f"Python/3.{rng.choice((10, 11, 12))} aiohttp/3.{rng.choice((9, 10, 11))}.{minor}",
        "llama-index": f"llama-index-llms-openai/0.{rng.choice((2, 3))}.{minor}",
        "reqwest": f"reqwest/0.{rng.choice((11, 12))}.{minor}",
        "vercel-ai": f"ai-sdk/openai/1.{rng.choice((0, 1, 3))}.{minor}",
        "OpenWebUI": f"OpenWebUI/0.{rng.choice((3, 4, 5, 6))}.{minor}",
        "LibreChat": f"LibreChat/0.7.{rng.randint(4, 9)}",
        "TypingMind": chrome,
        "browser": chrome,
        "Chatbox": f"Chatbox/1.{rng.randint(6, 12)}.{minor % 4}",
        "mobile": f"ChatBridge/{rng.randint(2, 4)}.{minor} ({phone}{minor % 4})",
        "Cursor": f"Cursor/0.{rng.randint(42, 50)}.{minor}",
        "aider": f"litellm/1.{rng.choice((52, 61))}.{minor} aider/0.{rng.randint(60, 82)}",
    }[name]


def script_agent(rng: random.Random) -> str:
    """What somebody writes programs with."""
    return _named(rng, _drawn(rng, _SCRIPTS))


def chat_agent(rng: random.Random) -> str:
    """What somebody talks through."""
    return _named(rng, _drawn(rng, _CHATS))


def app_agent(rng: random.Random) -> str:
    """What an application calls with."""
    return _named(rng, _drawn(rng, _APPS))


@dataclass(frozen=True)
class Parameters:
    """What an account asks for besides its text."""

    temperature: float | None
    max_tokens: int | None


def parameters(rng: random.Random, program: bool) -> Parameters:
    """Drawn for a program or for somebody who talks."""
    if not program and rng.random() < 0.6:
        return Parameters(None, rng.choice((None, None, 4096)))
    temperature = rng.choices((None, 0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 1.0), (20, 20, 4, 12, 7, 6, 18, 5, 12))[0]
    limit = rng.choices((None, 256, 512, 1000, 1024, 1500, 2000, 2048, 4096, 8192), (22, 4, 9, 8, 12, 5, 8, 12, 14, 6))[
        0
    ]
    return Parameters(temperature, limit)


@dataclass
class Catalogue:
    """A provider's models, and the one it releases in these weeks, if any."""

    names: list[str]
    weights: list[float]
    release: datetime | None
    newest: str
    pace: dict[str, float] = field(default_factory=dict)

    @classmethod
    def drawn(cls, rng: random.Random, start: datetime, days: int, sure: bool) -> Catalogue:
        """A provider of one's own making."""
        family = rng.choice(
            ["aurora", "opal", "cetus", "marlin", "quartz", "halcyon", "vega", "tessera", "juno", "larch"]
        )
        version = rng.randint(2, 5)
        sizes = rng.choice((("large", "medium", "small"), ("max", "pro", "mini"), ("ultra", "standard", "flash")))
        names = [f"{family}-{version}-{size}" for size in sizes] + [f"{family}-{version - 1}-{sizes[0]}"]
        if rng.random() < 0.6:
            names.append(f"{family}-{version}-{rng.choice(('reason', 'thinking', 'code'))}")
        weights = [rng.uniform(0.3, 1) for _ in names]
        release = start + timedelta(days=rng.uniform(0.25, 0.8) * days) if sure or rng.random() < 0.55 else None
        if release:
            release += timedelta(days=max(0, 7 - release.weekday()) if release.weekday() > 4 else 0)
            release = release.replace(hour=rng.randint(14, 19), minute=rng.choice((0, 0, 5, 30)))
        newest = f"{family}-{version}.{rng.choice((1, 5))}-{sizes[0]}"
        pace = {name: rng.uniform(6, 28) * (0.4 if name.endswith(sizes[2]) else 1) for name in (*names, newest)}
        return cls(names, weights, release, newest, pace)

    def one(self, rng: random.Random) -> str:
        """A model for somebody."""
        return rng.choices(self.names, self.weights)[0]

    @property
    def best(self) -> str:
        """The strongest of those known before the release."""
        return self.names[0]
