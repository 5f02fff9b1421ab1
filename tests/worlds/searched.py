"""What members of a round hold, and how whatever goes over a wire or lies on a disk is searched for it."""

import base64
import hashlib
import hmac
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from stillwatch.alliance.hub import Hub, metadata
from stillwatch.rounds.joint import Offer, OwnGroup

ACCOUNTS = 400


def offer(name: str) -> Offer:
    """Four hundred accounts of which four act as one; some things are shared by all members, some are a member's own."""
    entity, kind, value = [], [], []

    def hold(account: int, what: str, thing: str) -> None:
        entity.append(account)
        kind.append(what)
        value.append(thing)

    for account in range(4):
        hold(account, "payment", "card-00ff00ff00")
        hold(account, "domain", "relay-mail.example")
        hold(account, "address", f"45.77.3.{account + 1}")
        hold(account, "sentence", "00ff00ff00ff00ff")
        hold(account, "tls", f"t13d-{name}-only")
        hold(account, "template", "03:deadbeef")
    for account in range(4, ACCOUNTS):
        hold(account, "payment", f"card-{name}-{account}")
    return Offer.of(
        ACCOUNTS,
        [
            OwnGroup(np.arange(4), 1e-6, 1e-6, {"timing": 6.2, "infrastructure": 5.0}),
            OwnGroup(np.arange(4, 8), 0.5, 0.5),
        ],
        np.array(entity),
        kind,
        value,
    )


def spellings(raw: bytes, *keys: bytes) -> set[bytes]:
    """A value as it is, encoded, and as every hash of it that anybody could compare with a list."""
    out = {raw, base64.b64encode(raw).rstrip(b"="), raw.hex().encode()}
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "sha3_256"):
        digest = hashlib.new(name, raw)
        out |= {digest.digest()[:16], digest.hexdigest()[:32].encode(), base64.b64encode(digest.digest())[:20]}
    return out | {hmac.new(key, raw, hashlib.sha256).digest()[:16] for key in keys}


def kept(hub: Hub, file: Path) -> bytes:
    """All that a hub over SQLite keeps: its files byte for byte, and each value, which may lie on several pages."""
    with hub.engine.connect() as connection:
        values = [
            value if isinstance(value, bytes) else str(value).encode()
            for table in metadata.sorted_tables
            for row in connection.execute(sa.select(table))
            for value in row
        ]
    files = [path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*"))]
    return b"\x00".join([*files, *values])


def first_found(body: bytes, values: set[bytes]) -> bytes | None:
    """The first of many values that is in a body, in one pass: by its first bytes, then the whole."""
    size = min(8, *map(len, values))
    by_start: dict[bytes, list[bytes]] = {}
    for value in values:
        by_start.setdefault(value[:size], []).append(value)
    for at in range(len(body) - size + 1):
        for value in by_start.get(body[at : at + size], ()):
            if body.startswith(value, at):
                return value
    return None
