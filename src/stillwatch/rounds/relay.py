"""The hub's part of a round: it carries sealed messages, counts tokens, and tells each member its matches.

It holds no key, so it cannot evaluate a guess; it sees tokens, and how many accounts of each member hold one. What
fewer than the round's threshold of *others'* accounts hold is told to nobody: a member's own claims do not help it.
A message is kept once for its number: the same again is fine, another under the same number is refused.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from stillwatch.alliance.hub import CurrentMember, Hub, Member, Problem, Traffic, in_the_name_of, metadata, record
from stillwatch.core import BadMessage
from stillwatch.rounds.messages import (
    HUB,
    MOST_TOKENS,
    Counts,
    Matched,
    Round,
    read,
    write,
)

__all__ = ["matching_router", "open_round"]

_POSTED = "application/msgpack"
_MOST_LETTERS = 32
_A_ROUND = 4_096  # characters that a round is counted as
_LARGEST_INBOX = 8 * 1024 * 1024  # bytes of the messages of one answer, unless one alone is longer

ROUNDS = sa.Table(
    "matching_round",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
POSTS = sa.Table(
    "matching_post",
    metadata,
    sa.Column("n", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("round", sa.String(64), nullable=False),
    sa.Column("sender", sa.String(64), nullable=False),
    sa.Column("recipient", sa.String(64), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("seal", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("round", "sender", "recipient", "seq"),
)
HELD = sa.Table(
    "matching_held",
    metadata,
    sa.Column("round", sa.String(64), primary_key=True),
    sa.Column("member", sa.String(64), primary_key=True),
    sa.Column("token", sa.LargeBinary, primary_key=True),
    sa.Column("accounts", sa.Integer, nullable=False),
    # Matches are looked up by token, over all members; without this every token would meet every other.
    sa.Index("matching_held_by_token", "round", "token"),
)
CLOSED = sa.Table(
    "matching_closed",
    metadata,
    sa.Column("round", sa.String(64), primary_key=True),
    sa.Column("member", sa.String(64), primary_key=True),
)


def open_round(hub: Hub, round_: Round, by: str) -> None:
    """Begin a round; the same again changes nothing.

    Raises:
        Problem: 409, the name is taken by another round.
    """
    body = msgspec.msgpack.encode(round_)
    with hub.transaction() as connection:
        known = connection.execute(sa.select(ROUNDS.c.body).where(ROUNDS.c.id == round_.id)).scalar()
        if known is None:
            connection.execute(ROUNDS.insert().values(id=round_.id, body=body))
            record(connection, {"action": "open round", "member": by, "round": round_.id})
        elif bytes(known) != body:
            raise Problem(409, "another round has this name", f"round {round_.id}")


def _round(connection: sa.Connection, round_id: str, member: str) -> Round:
    body = connection.execute(sa.select(ROUNDS.c.body).where(ROUNDS.c.id == round_id)).scalar()
    if body is None:
        raise Problem(404, "there is no such round", f"round {round_id[:64]}")
    found = msgspec.msgpack.decode(body, type=Round)
    if member not in found.members:
        # Whoever takes no part learns no more than that.
        raise Problem(404, "there is no such round", f"round {round_id[:64]}")
    return found


def _keep(
    connection: sa.Connection, round_id: str, sender: str, recipient: str, seq: int, seal: bytes, raw: bytes
) -> bool:
    """Keep a message once; whether it is new."""
    row = connection.execute(
        sa.select(POSTS.c.seal, POSTS.c.body).where(
            POSTS.c.round == round_id, POSTS.c.sender == sender, POSTS.c.recipient == recipient, POSTS.c.seq == seq
        )
    ).first()
    if row is not None:
        if (bytes(row.seal), bytes(row.body)) != (seal, raw):
            raise Problem(409, "another message has this number", f"to {recipient}, number {seq}")
        return False
    connection.execute(
        POSTS.insert().values(round=round_id, sender=sender, recipient=recipient, seq=seq, seal=seal, body=raw)
    )
    return True


def _count(connection: sa.Connection, round_id: str, member: str, counts: Counts) -> None:
    """Take a member's tokens, each once, until it has closed its list."""
    if connection.execute(sa.select(CLOSED).where(CLOSED.c.round == round_id, CLOSED.c.member == member)).first():
        raise Problem(409, "the list is closed", f"round {round_id}")
    tokens = [counts.tokens[start : start + 16] for start in range(0, len(counts.tokens), 16)]
    if len(set(tokens)) != len(tokens):
        raise Problem(422, "a token is there twice", f"round {round_id}")
    if tokens:
        try:
            connection.execute(
                HELD.insert(),
                [
                    {"round": round_id, "member": member, "token": token, "accounts": accounts}
                    for token, accounts in zip(tokens, counts.accounts, strict=True)
                ],
            )
        except sa.exc.IntegrityError as error:
            raise Problem(409, "a token was sent before", f"round {round_id}") from error
    if counts.last:
        connection.execute(CLOSED.insert().values(round=round_id, member=member))


def _matched(connection: sa.Connection, round_: Round, member: str, after: bytes) -> Matched:
    """One page of a member's tokens that others hold in sufficient number, in the order of tokens."""
    bits = {name: 1 << place for place, name in enumerate(round_.members)}
    own = sa.select(HELD.c.token).where(HELD.c.round == round_.id, HELD.c.member == member)
    mine = (
        sa.select(HELD.c.token)
        .where(HELD.c.round == round_.id, HELD.c.token > after, HELD.c.member != member, HELD.c.token.in_(own))
        .group_by(HELD.c.token)
        .having(sa.func.sum(HELD.c.accounts) >= round_.threshold)
        .order_by(HELD.c.token)
        .limit(MOST_TOKENS + 1)
    )
    tokens = [bytes(token) for token in connection.execute(mine).scalars()]
    more, tokens = len(tokens) > MOST_TOKENS, tokens[:MOST_TOKENS]
    held: dict[bytes, dict[str, int]] = {token: {} for token in tokens}
    for start in range(0, len(tokens), 500):
        part = tokens[start : start + 500]
        rows = sa.select(HELD.c.token, HELD.c.member, HELD.c.accounts).where(
            HELD.c.round == round_.id, HELD.c.token.in_(part)
        )
        for token, name, accounts in connection.execute(rows):
            held[bytes(token)][name] = accounts
    holders, told = [], []
    for token in tokens:
        by_name, all_accounts = held[token], sum(held[token].values())
        holders.append(sum(bits[name] for name in by_name))
        told.append(sum(bits[n] for n, own in by_name.items() if all_accounts - own >= round_.threshold))
    return Matched(b"".join(tokens), tuple(holders), tuple(told), more)


def matching_router() -> APIRouter:
    """The endpoints of matching, for ``create_app(hub, routers=[...])``."""
    router = APIRouter(prefix="/matching")

    @router.put("/rounds/{round_id}")
    def begin(member: CurrentMember, request: Request, round_id: str, members: str, threshold: int) -> Response:
        try:
            round_ = msgspec.convert(
                {"id": round_id, "members": tuple(sorted(set(members.split(",")))), "threshold": threshold}, Round
            )
        except msgspec.ValidationError as error:
            raise Problem(422, "no round", str(error)) from error
        if member.name not in round_.members:
            raise Problem(403, "whoever opens a round takes part in it")
        # It stays at the hub, as messages do.
        traffic: Traffic = request.app.state.traffic
        traffic.carry(member.name, _A_ROUND)
        open_round(request.app.state.hub, round_, member.name)
        return Response(msgspec.msgpack.encode(round_), media_type=_POSTED)

    @router.get("/rounds/{round_id}")
    def look(member: CurrentMember, request: Request, round_id: str) -> Response:
        with request.app.state.hub.reading() as connection:
            return Response(msgspec.msgpack.encode(_round(connection, round_id, member.name)), media_type=_POSTED)

    _add_posts(router)
    return router


def _add_posts(router: APIRouter) -> None:
    @router.put("/rounds/{round_id}/to/{recipient}/{seq}")
    async def post(member: CurrentMember, request: Request, round_id: str, recipient: str, seq: int) -> Response:
        raw = await request.body()
        traffic: Traffic = request.app.state.traffic
        traffic.carry(member.name, len(raw))
        seal = request.headers.get("seal", "")
        async with traffic.one_bundle(member.name):
            return await run_in_threadpool(_take, request.app.state.hub, member, round_id, recipient, seq, seal, raw)

    @router.get("/rounds/{round_id}/inbox")
    def inbox(member: CurrentMember, request: Request, round_id: str, after: int = 0) -> Response:
        with request.app.state.hub.reading() as connection:
            _round(connection, round_id, member.name)
            rows = _letters(connection, round_id, member.name, after)
        if rows:  # members ask many times a minute; an empty hand is no reading
            with in_the_name_of(request.app.state.hub, member) as connection:
                told = {"action": "read round", "member": member.name, "round": round_id, "messages": len(rows)}
                record(connection, told)
        letters = [(row.n, row.sender, row.recipient, row.seq, bytes(row.seal), bytes(row.body)) for row in rows]
        return Response(msgspec.msgpack.encode(letters), media_type=_POSTED)

    @router.get("/rounds/{round_id}/matched")
    def matched(member: CurrentMember, request: Request, round_id: str, after: str = "") -> Response:
        try:
            begin = bytes.fromhex(after)
        except ValueError as error:
            raise Problem(422, "no token", "after is 32 hexadecimal digits") from error
        with request.app.state.hub.reading() as connection:
            round_ = _round(connection, round_id, member.name)
            closed = connection.execute(sa.select(CLOSED.c.member).where(CLOSED.c.round == round_id)).scalars()
            waiting = sorted(set(round_.members) - set(closed))
            if waiting:
                return Response(status_code=202, headers={"Waiting-For": ",".join(waiting)})
            found = _matched(connection, round_, member.name, begin)
        with in_the_name_of(request.app.state.hub, member) as connection:
            record(
                connection,
                {"action": "read matches", "member": member.name, "round": round_id, "tokens": len(found.members)},
            )
        return Response(write(found), media_type=_POSTED)


def _letters(connection: sa.Connection, round_id: str, recipient: str, after: int) -> Sequence[sa.Row[Any]]:
    """Messages beyond a place in the order in which they came, as many as are not too long together; one at least."""
    mine = (POSTS.c.round == round_id) & (POSTS.c.recipient == recipient) & (POSTS.c.n > min(max(after, 0), 2**62))
    sizes = sa.select(POSTS.c.n, sa.func.length(POSTS.c.body).label("size")).where(mine).order_by(POSTS.c.n)
    rows = connection.execute(sizes.limit(_MOST_LETTERS)).all()
    ends = itertools.accumulate(row.size for row in rows)
    count = max(1, sum(end <= _LARGEST_INBOX for end in ends))
    these = [row.n for row in rows[:count]]
    return connection.execute(sa.select(POSTS).where(POSTS.c.n.in_(these)).order_by(POSTS.c.n)).all()


def _take(hub: Hub, member: Member, round_id: str, recipient: str, seq: int, given: str, raw: bytes) -> Response:
    """Keep a message, or count what is for the hub."""
    if not 0 <= seq < 2**31:
        raise Problem(422, "no number of a message", "0 to 2147483647")
    try:
        seal = bytes.fromhex(given)
        body = read(raw)
    except (ValueError, BadMessage) as error:
        raise Problem(422, "no message of a round", str(error)) from error
    if isinstance(body, Counts) != (recipient == HUB) or len(seal) != (0 if recipient == HUB else 32):
        raise Problem(422, "this is not for that recipient", "counts go to the hub without a seal, all else sealed")
    sender = member.name
    with in_the_name_of(hub, member) as connection:
        round_ = _round(connection, round_id, sender)
        if recipient not in (*round_.members, HUB) or recipient == sender:
            raise Problem(404, "there is no such recipient", f"round {round_id}")
        kept = raw if recipient != HUB else b""
        new = _keep(connection, round_id, sender, recipient, seq, seal, kept or hashlib.sha256(raw).digest())
        if new and isinstance(body, Counts):
            _count(connection, round_id, sender, body)
        if new:
            kind = type(body).__name__.lower()
            record(
                connection, {"action": f"post {kind}", "member": sender, "to": recipient, "round": round_id, "seq": seq}
            )
    return Response(status_code=201 if new else 200)
