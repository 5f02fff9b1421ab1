"""A simulated account: what it is, where it comes from, when it acts and what it writes."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from stillwatch.range.clock import HOUR, START

__all__ = ["Account", "Known", "Origin", "Said", "Stranger", "Writer", "address", "request_shape", "stranger"]

Writer = Callable[[random.Random], dict[str, Any]]
"""Writes one exchange's own fields: ``prompt`` or ``messages``, and whatever else varies."""

_SDKS = [
    *(f"openai-python/2.{minor}.0" for minor in range(30, 56)),
    *(f"anthropic-python/0.{minor}.1" for minor in range(60, 90)),
    *(f"openai-node/6.{minor}.2" for minor in range(8, 24)),
    *("python-requests/2.32", "node-fetch/3.3", "okhttp/5.1", "curl/8.9", "Go-http-client/2.0", "aiohttp/3.12"),
]
_BROWSERS = [
    f"Mozilla/5.0 ({system}) Chrome/{version}"
    for system in ("Windows", "Mac", "Linux", "Android")
    for version in range(138, 149)
]
_MAIL = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "proton.me", "qq.com", "gmx.de", "163.com")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an account's requests come from; one address is drawn an exchange."""

    addresses: tuple[str, ...]
    asn: int
    country: str
    user_agent: str
    tls_fingerprint: str


@dataclass(slots=True)
class Said:
    """One exchange that is settled beforehand: when, its own fields, and who asks through the account, if not it."""

    time: int
    written: dict[str, Any]
    user: Hashable | None = None


@dataclass(slots=True)
class Account:
    """One simulated account.

    Attributes:
        kind: what it is (``person``, ``harness``, ...); truth only.
        times: when its exchanges happen (us since 1970), sorted.
        writer: writes one exchange.
        origin: where it comes from.
        shape: request fields that stay the same.
        file: its row of the account file, without the id.
        campaign, role: truth; None and ``honest`` for honest accounts.
        org_id: declared organisation.
        banned: requests after this moment are refused.
        said: its exchanges in the order of time, where they are settled beforehand; what ``writer`` gives.
        gateway: of accounts behind one program that may take any of them: which; truth only.
        sessions: what becomes of its sessions; truth only.
    """

    kind: str
    times: npt.NDArray[np.int64]
    writer: Writer
    origin: Origin
    shape: dict[str, Any]
    file: dict[str, Any]
    campaign: str | None = None
    role: str = "honest"
    org_id: str | None = None
    banned: int | None = None
    account_id: str = field(default="")
    said: Sequence[Said] = ()
    gateway: Hashable | None = None
    sessions: str = ""


def address(rng: random.Random) -> str:
    """Any public-looking address."""
    first = rng.choice((23, 31, 46, 62, 77, 81, 89, 94, 103, 122, 138, 151, 177, 188, 203))
    return f"{first}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def request_shape(rng: random.Random, *, api: bool, models: Sequence[str]) -> dict[str, Any]:
    """Model, sampling parameters and pathway that one customer always sends."""
    shape: dict[str, Any] = {"model": rng.choice(models)}
    if api:
        shape |= {
            "temperature": rng.choice((None, 0.0, 0.0, 0.2, 0.3, 0.5, 0.7, 0.7, 1.0)),
            "max_tokens": rng.choice((None, 256, 512, 1000, 1024, 2000, 2048, 4096)),
        }
        shape |= {"pathway": "api", "stream": rng.choice((None, True, False))}
        if rng.random() < 0.2:
            shape["top_p"] = rng.choice((0.9, 0.95, 1.0))
        if rng.random() < 0.15:
            shape["response_format"] = "json_object"
    else:
        shape |= {"pathway": "console", "stream": True}
    return {k: v for k, v in shape.items() if v is not None}


Known = tuple[Origin, dict[str, Any], dict[str, Any]]
"""Where somebody comes from, request fields that stay the same, and the row of the account file."""


class Stranger(Protocol):
    """Makes somebody who has nothing to do with anybody: an API's program or a person, of about some volume."""

    def __call__(self, rng: random.Random, *, api: bool, volume: int) -> Known:
        """Draw one."""


def stranger(rng: random.Random, *, api: bool, volume: int = 0, new: float = 0.04) -> Known:
    """Origin, shape and account file row of somebody, each drawn alone (``customers`` relates them).

    Args:
        rng: of the draw.
        api: a program with an SDK; otherwise a person in a browser or an app.
        volume: how many exchanges it makes; here it decides nothing.
        new: chance that the account was made this week.
    """
    count = 1 if api else 1 + min(int(rng.expovariate(0.7)), 6)
    agent = rng.choice(_SDKS) if api or rng.random() < 0.25 else rng.choice(_BROWSERS)
    # A mobile carrier puts many people behind few addresses.
    carrier = not api and rng.random() < 0.1
    places = tuple(
        f"100.{rng.randrange(64, 72)}.{rng.randrange(8)}.{rng.randrange(1, 255)}" if carrier else address(rng)
        for _ in range(count)
    )
    origin = Origin(
        places,
        rng.randrange(1000, 64000) if not carrier else 64700,
        rng.choice(("US", "US", "US", "DE", "GB", "FR", "IN", "IN", "BR", "JP", "CN", "KR", "NG", "MX", "PL")),
        agent,
        f"t13d{rng.randrange(16**4):04x}"
        if rng.random() < 0.03
        else f"t13d{sum(map(ord, agent.split('/')[0])) % 7}f{rng.randrange(3)}",
    )
    shape = request_shape(rng, api=api, models=("apex-3", "apex-3", "apex-3-mini", "apex-2"))
    age = rng.uniform(0, 160) if rng.random() < new else -rng.expovariate(1 / 4000) - 1
    file = {
        "created": START + int(age * HOUR),
        "payment_id": f"card-{rng.randrange(16**10):010x}" if api or rng.random() < 0.4 else None,
        "email_domain": f"{rng.randrange(16**6):06x}.example" if api and rng.random() < 0.6 else rng.choice(_MAIL),
        "plan": "scale" if api else rng.choice(("free", "plus")),
        "verified": rng.random() < (0.8 if api else 0.3),
    }
    return origin, shape, file
