"""What one console holds: runs, the decision log, its own small file, the log of who looked at what."""

# ruff: noqa: PLC0415 - who has no provider needs none of what reads its signatures

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stillwatch.console.case_file import CaseFile
from stillwatch.console.claims import Claims, Comments
from stillwatch.console.client_address import ProxyNetwork, proxy_networks
from stillwatch.console.database import Database
from stillwatch.console.gateway_record import GatewayRecord
from stillwatch.console.log_pages import LogPages
from stillwatch.console.looks import Looks
from stillwatch.console.oidc_settings import read_oidc
from stillwatch.console.people import People
from stillwatch.console.runs import Runs
from stillwatch.console.saved_views import SavedViews
from stillwatch.console.sessions import Sessions
from stillwatch.console.short_links import ShortLinks
from stillwatch.console.signing import claim_log
from stillwatch.console.sorted_copies import SortedCopies
from stillwatch.core import MissingDependency

if TYPE_CHECKING:
    from stillwatch.console.oidc import Provider

__all__ = ["Console", "Places"]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a console keeps what, and what it is told.

    Attributes:
        runs: a run, or a folder of runs.
        state: the console's own folder.
        log: policy's decision log; None: in ``state``.
        policy, licences: files for deciding a run; None: that of Stillwatch, and none.
        two_persons: whether another person approves what one assessed.
        url: as browsers see it; ``https`` makes cookies secure. None: as it listens.
        alliance: the file of a member of an alliance; None: there is none.
        gateway: the folder of a gateway's record; None: there is none.
        trusted_proxies: addresses and networks of proxies, whose word is taken for where a request comes from.
        oidc: the file that names an OpenID Connect provider; None: local people alone come in.
    """

    runs: Path
    state: Path
    log: Path | None = None
    policy: Path | None = None
    licences: Path | None = None
    two_persons: bool = True
    url: str | None = None
    alliance: Path | None = None
    oidc: Path | None = None
    gateway: Path | None = None
    trusted_proxies: tuple[str, ...] = ()


@dataclass(slots=True)
class Console:
    """Everything a page needs."""

    places: Places
    runs: Runs = field(init=False)
    database: Database = field(init=False)
    people: People = field(init=False)
    sessions: Sessions = field(init=False)
    claims: Claims = field(init=False)
    comments: Comments = field(init=False)
    views: SavedViews = field(init=False)
    short_links: ShortLinks = field(init=False)
    cases: CaseFile = field(init=False)
    audit: Looks = field(init=False)
    log_pages: LogPages = field(init=False)
    copies: SortedCopies = field(init=False)
    record: GatewayRecord | None = field(init=False, default=None)
    provider: Provider | None = field(init=False, default=None)
    proxies: tuple[ProxyNetwork, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        state = self.places.state
        self.proxies = proxy_networks(self.places.trusted_proxies)
        self.runs = Runs(self.places.runs)
        self.database = Database(state / "console.db")
        self.people = People(self.database)
        self.sessions = Sessions(self.database)
        self.claims = Claims(self.database)
        self.comments = Comments(self.database)
        self.views = SavedViews(self.database)
        self.short_links = ShortLinks(self.database)
        if self.places.log is not None:
            claim_log(self.places.log, state)
        self.cases = CaseFile(self.places.log or state / "decisions.jsonl")
        self.audit = Looks(state / "audit.jsonl")
        self.log_pages = LogPages(self.audit)
        self.copies = SortedCopies(state / "sorted")
        if self.places.gateway is not None:
            self.record = GatewayRecord(self.places.gateway)
        if self.places.oidc is not None:
            with MissingDependency.explained("signing in by OpenID Connect", "console"):
                from stillwatch.console.oidc import Provider
            self.provider = Provider(read_oidc(self.places.oidc))

    def note(self, by: str, what: str, **about: str | int | None) -> None:
        """Write down who looked at or did what; on disk before the page is sent."""
        body: Mapping[str, object] = {"kind": what, "by": by, **{k: v for k, v in about.items() if v is not None}}
        self.audit.note(body)
