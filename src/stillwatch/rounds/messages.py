"""What goes over the wire, and nothing else can: every message of a round, its form and its bounds.

    member > hub > member    Key, Ask, Answer, Refusal, Graph      sealed with the pair's secret
                             Present, Without                      as above: who is there, who goes on
    member > hub             Counts                                tokens and how many accounts hold each
    hub > member             Matched                               the member's own tokens that enough others hold

MessagePack by msgspec: strict types, sizes bounded, unknown fields refused, so that nothing can ride along. A seal is
HMAC-SHA256 under a secret that two members share and the hub does not know: the hub can lose a message, and
cannot write one.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from stillwatch.core import BadMessage
from stillwatch.core.terms import FAMILIES

__all__ = [
    "HUB",
    "MOST_TOKENS",
    "Answer",
    "Ask",
    "Body",
    "Counts",
    "Graph",
    "GraphGroup",
    "Key",
    "Matched",
    "Present",
    "Refusal",
    "Round",
    "Without",
    "read",
    "seal",
    "sealed",
    "write",
]

HUB: Final = "*"
"""Recipient of what the hub itself reads."""

MOST_TOKENS = 65_536
"""Tokens in one message."""

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}\Z", max_length=63)]
RoundId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,62}\Z", max_length=63)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
Element = Annotated[bytes, Meta(min_length=32, max_length=32)]
Small = Annotated[int, Meta(ge=0, le=65_535)]
Places = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Bits = Annotated[int, Meta(ge=-64, le=64)]


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Round(_Message, frozen=True):
    """A round: who takes part, and how many accounts must share a thing before anyone hears of it."""

    id: RoundId
    members: Annotated[tuple[Name, ...], Meta(min_length=2, max_length=63)]
    threshold: Annotated[int, Meta(ge=1, le=1000)]


class Key(_Message, frozen=True, tag="key"):
    """A member's key of this round."""

    public: Element


class Ask(_Message, frozen=True, tag="ask"):
    """Blinded elements, and the digest of all keys as the asker sees them."""

    elements: Annotated[bytes, Meta(min_length=32, max_length=32 * 4_096)]
    roster: Digest


class Answer(_Message, frozen=True, tag="answer"):
    """A proof and the evaluated elements."""

    evaluated: Annotated[bytes, Meta(min_length=96, max_length=64 + 32 * 4_096)]


class Refusal(_Message, frozen=True, tag="refusal"):
    """Why an ask is not answered."""

    reason: Annotated[str, Meta(pattern=r"^(budget|roster|malformed|replaced)\Z")]


class Present(_Message, frozen=True, tag="present"):
    """The sender is there, and would go on without who is not; ``call`` asks who else is."""

    call: bool


class Without(_Message, frozen=True, tag="without"):
    """Who goes on, in place of all members of the round."""

    members: Annotated[tuple[Name, ...], Meta(min_length=2, max_length=63)]


class Counts(_Message, frozen=True, tag="counts"):
    """Tokens laid end to end, and how many accounts hold each, capped; ``last`` closes a member's list."""

    tokens: Annotated[bytes, Meta(max_length=16 * MOST_TOKENS)]
    accounts: Annotated[bytes, Meta(max_length=MOST_TOKENS)]
    last: bool


class Matched(_Message, frozen=True, tag="matched"):
    """A member's own tokens that enough others hold.

    For each the members that hold it, and those of them that are told of it too: a bit a member, by place in the round.
    """

    tokens: Annotated[bytes, Meta(max_length=16 * MOST_TOKENS)]
    members: Annotated[tuple[Places, ...], Meta(max_length=MOST_TOKENS)]
    told: Annotated[tuple[Places, ...], Meta(max_length=MOST_TOKENS)]
    more: bool


class GraphGroup(_Message, frozen=True):
    """A suspect group: for each account the places of its tokens in the graph, and whole bits by family."""

    nodes: Annotated[
        tuple[Annotated[tuple[Small, ...], Meta(max_length=512)], ...], Meta(min_length=1, max_length=4096)
    ]
    weights: dict[Annotated[str, Meta(pattern=rf"^({'|'.join(FAMILIES)})\Z")], Bits]


class Graph(_Message, frozen=True, tag="graph"):
    """Groups that hold what both members hold; ``classes`` tells how common each token is, 0 rare to 3 everywhere."""

    tokens: Annotated[bytes, Meta(max_length=16 * MOST_TOKENS)]
    classes: Annotated[bytes, Meta(max_length=MOST_TOKENS)]
    groups: Annotated[tuple[GraphGroup, ...], Meta(max_length=4096)]


Body = Key | Ask | Answer | Refusal | Present | Without | Counts | Graph | Matched

_decoder: msgspec.msgpack.Decoder[Body] = msgspec.msgpack.Decoder(Body)
_encoder = msgspec.msgpack.Encoder()


def write(body: Body) -> bytes:
    """The message's bytes."""
    return _encoder.encode(body)


def read(raw: bytes) -> Body:
    """A message from bytes that anyone may have written.

    Raises:
        BadMessage: it is none, or its parts do not fit each other.
    """
    try:
        body = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"no message of a round: {error}") from error
    if isinstance(body, Ask) and len(body.elements) % 32:
        raise BadMessage("elements are not whole")
    if isinstance(body, Answer) and len(body.evaluated) % 32:
        raise BadMessage("evaluated elements are not whole")
    if isinstance(body, Counts | Graph | Matched):
        told = body.classes if isinstance(body, Graph) else body.accounts if isinstance(body, Counts) else body.members
        if len(body.tokens) != 16 * len(told):
            raise BadMessage("tokens and what is said of them differ in number")
    if isinstance(body, Matched) and len(body.told) != len(body.members):
        raise BadMessage("who holds a token and who is told of it differ in number")
    if isinstance(body, Graph):
        places = len(body.classes)
        if max(body.classes, default=0) > 3 or any(
            place >= places for group in body.groups for node in group.nodes for place in node
        ):
            raise BadMessage("a graph speaks of a token or a class that it does not have")
    return body


def seal(secret: bytes, round_id: str, sender: str, recipient: str, seq: int, body: bytes) -> bytes:
    """What the recipient checks: HMAC-SHA256 over the message and where it belongs."""
    where = "\x00".join(("stillwatch-seal-v1", round_id, sender, recipient, str(seq), "")).encode()
    return hmac.new(secret, where + body, hashlib.sha256).digest()


def sealed(given: bytes, secret: bytes, round_id: str, sender: str, recipient: str, seq: int, body: bytes) -> bool:
    """Whether a seal holds, in constant time."""
    return hmac.compare_digest(given, seal(secret, round_id, sender, recipient, seq, body))
