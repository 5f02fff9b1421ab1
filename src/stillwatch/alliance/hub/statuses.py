"""What came of what members sent, for them to ask again: the last few hundred of each member."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from stillwatch.alliance.hub.database import STATUSES

__all__ = ["keep_status", "status_by_id"]

_MOST = 200
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def keep_status(connection: sa.Connection, member: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a status under a new identifier, and let go of the member's oldest; the status with its identifier."""
    status = {"id": _new_id(), **told}
    connection.execute(STATUSES.insert().values(id=status["id"], member=member, body=json.dumps(status)))
    mine = sa.select(STATUSES.c.id).where(STATUSES.c.member == member)
    last = connection.execute(mine.order_by(STATUSES.c.id.desc()).offset(_MOST).limit(1)).scalar()
    if last is not None:
        connection.execute(STATUSES.delete().where(STATUSES.c.member == member, STATUSES.c.id <= last))
    return status


def status_by_id(connection: sa.Connection, identifier: str, member: str) -> dict[str, Any] | None:
    """A member's own status; None where there is none, or it is somebody else's."""
    if not _UUID.fullmatch(identifier):
        return None
    mine = (STATUSES.c.id == identifier) & (STATUSES.c.member == member)
    body = connection.execute(sa.select(STATUSES.c.body).where(mine)).scalar()
    return None if body is None else dict(json.loads(body))


def _new_id() -> str:
    """A UUID whose first 48 bits are milliseconds since 1970, so that later ones sort behind."""
    moment = int(time.time() * 1000) & ((1 << 48) - 1)
    return str(uuid.UUID(int=moment << 80 | uuid.uuid4().int & ((1 << 80) - 1), version=4))
