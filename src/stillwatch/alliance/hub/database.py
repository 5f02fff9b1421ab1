"""The hub's tables, the one kind of transaction in which it writes, and reading beside it.

Whatever is told or taken in is written to the journal, whose entries form one chain: requests therefore take turns in
writing, in the order in which they come (``turns``). SQLite keeps other processes out by ``BEGIN IMMEDIATE``,
PostgreSQL by an advisory lock that the transaction's end releases.
To add a table, declare it on ``metadata`` before ``Hub.open`` is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from stillwatch.alliance.hub.turns import Turns
from stillwatch.core import BadSetting, OutputUnwritable, UnreadableInput

__all__ = ["ACCESS", "COLLECTIONS", "JOURNAL", "MEMBERS", "MOMENTS", "OBJECTS", "OWNERS", "STATUSES", "USAGE", "Hub"]
__all__ += ["metadata", "operated"]

metadata = sa.MetaData()
"""All tables of a hub; routers that are mounted declare theirs here too."""

MEMBERS = sa.Table(
    "member",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("identity_id", sa.String(64), nullable=False, unique=True),
    sa.Column("clearance", sa.String(16), nullable=False),  # highest TLP label the member may read
    sa.Column("token_sha256", sa.String(64), unique=True),
    sa.Column("certificate_sha256", sa.String(64), unique=True),
    sa.Column("active", sa.Boolean, nullable=False),
)

COLLECTIONS = sa.Table(
    "collection",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("alias", sa.String(64), nullable=False, unique=True),
    sa.Column("ceiling", sa.String(16), nullable=False),  # highest TLP label it may hold
)

ACCESS = sa.Table(
    "access",
    metadata,
    sa.Column("member", sa.String(64), sa.ForeignKey("member.name"), primary_key=True),
    sa.Column("collection", sa.String(36), sa.ForeignKey("collection.id"), primary_key=True),
    sa.Column("can_read", sa.Boolean, nullable=False),
    sa.Column("can_write", sa.Boolean, nullable=False),
)

OBJECTS = sa.Table(
    "object",
    metadata,
    sa.Column("collection", sa.String(36), sa.ForeignKey("collection.id"), primary_key=True),
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),  # microseconds since 1970
    sa.Column("type", sa.String(80), nullable=False),
    sa.Column("spec_version", sa.String(8), nullable=False),
    sa.Column("tlp", sa.Integer, nullable=False),  # place of its label in the order of TLP
    sa.Column("added", sa.BigInteger, nullable=False, unique=True),  # microseconds, no two alike
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("object_in_order", "collection", "added"),
)

MOMENTS = sa.Table(
    "moment",
    metadata,
    sa.Column("name", sa.String(16), primary_key=True),
    sa.Column("moment", sa.BigInteger, nullable=False),  # of the last object that came, though it is gone
)

OWNERS = sa.Table(
    "owner",
    metadata,
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),  # who sent it first, in whatever collection; stays when it goes
)

USAGE = sa.Table(
    "usage",
    metadata,
    sa.Column("member", sa.String(64), primary_key=True),
    sa.Column("objects", sa.BigInteger, nullable=False),  # versions that it has there
    sa.Column("characters", sa.BigInteger, nullable=False),  # of them
)

STATUSES = sa.Table(
    "status",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("member", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)

JOURNAL = sa.Table(
    "journal",
    metadata,
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("time", sa.String(40), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
)

_CONNECTIONS = 40  # as many as threads that answer: none waits for another's to end
_SECONDS_FOR_A_TURN = 30
_LOCK = 7236478  # any number, as long as all hubs over one database agree


@dataclass(frozen=True, slots=True)
class Hub:
    """An opened database."""

    engine: sa.Engine
    _turns: Turns = field(default_factory=Turns, repr=False, compare=False)

    @classmethod
    def open(cls, url: str | Path) -> Hub:
        """Connect, and make what tables are missing.

        Args:
            url: ``postgresql://user@host/name``, ``sqlite:///FILE``, or the path of an SQLite file.

        Raises:
            BadSetting: the URL is none that is understood.
            UnreadableInput: nothing answers there.
        """
        try:
            engine = _engine(str(url))
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ValueError) as error:
            raise BadSetting(
                f"no database is named by this: {error}",
                where="--db",
                hint="give a file's path or postgresql://USER@HOST/NAME",
            ) from error
        try:
            metadata.create_all(engine)
            _fill_in(engine)
        except sa.exc.SQLAlchemyError as error:
            raise UnreadableInput(f"the hub's database does not open: {_said(error)}", where="--db") from error
        return cls(engine)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """The only transaction at this moment; all of it is kept, or none."""
        with self._turns.taken(_SECONDS_FOR_A_TURN), self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """The database as it stands, beside whoever writes: a long look keeps nobody waiting."""
        with self.engine.connect().execution_options(stillwatch_reads=True) as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


@contextmanager
def operated() -> Iterator[None]:
    """Around what an operator does to a hub by a command: a database that does not take it is a sentence.

    Raises:
        OutputUnwritable: it is full, held by another, damaged, or not this user's to write.
    """
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        hint = "nothing was changed; see that there is room and leave to write, and run the command again"
        raise OutputUnwritable(
            f"the hub's database does not take it: {_said(error)}", where="--db", hint=hint
        ) from None


def _said(error: sa.exc.SQLAlchemyError) -> str:
    # The driver's first line says enough; the URL may hold a password, and the statement what is to be kept.
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _fill_in(engine: sa.Engine) -> None:
    """In a hub older than these tables: whose its objects are, by who sent each first, and how much each has."""
    earlier = OBJECTS.alias()
    first = sa.select(sa.func.min(earlier.c.added)).where(earlier.c.id == OBJECTS.c.id).scalar_subquery()
    with engine.begin() as connection:
        if connection.execute(sa.select(OWNERS.c.id).limit(1)).first() is None:
            found = sa.select(OBJECTS.c.id, OBJECTS.c.owner).where(OBJECTS.c.added == first)
            connection.execute(OWNERS.insert().from_select(["id", "owner"], found))
            sums = (sa.func.count(), sa.func.sum(sa.func.length(OBJECTS.c.body)))
            held = sa.select(OBJECTS.c.owner, *sums).group_by(OBJECTS.c.owner)
            connection.execute(USAGE.delete())
            connection.execute(USAGE.insert().from_select(["member", "objects", "characters"], held))


def _engine(url: str) -> sa.Engine:
    if "://" not in url:
        url = f"sqlite:///{url}"
    parsed = sa.make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True, pool_size=_CONNECTIONS)
    engine = sa.create_engine(parsed, connect_args={"timeout": _SECONDS_FOR_A_TURN}, pool_size=_CONNECTIONS)
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("stillwatch_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _set_up_sqlite(connection: Any, _: object) -> None:
    # The driver would begin too late, after the first read, and two requests could then block each other for good.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
