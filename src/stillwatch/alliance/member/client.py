"""Speaks TAXII 2.1 to any hub; knows nothing of campaigns."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urljoin

import httpx

from stillwatch.alliance.member.answers import SECONDS, NotThere, Unreadable, ask
from stillwatch.alliance.stix import moment_of
from stillwatch.alliance.store import escaped, is_plain
from stillwatch.core import BadSetting, EndpointFailed
from stillwatch.endpoints import InTime

__all__ = ["Client", "Credentials", "Listing", "Page", "RemoteCollection", "hub_url"]

_TAXII = "application/taxii+json;version=2.1"
_MOST_PAGES = 100_000
_LARGEST_PAGE = 1_000
_SMALLER = 10
_MOST_EMPTY = 100
_LONGEST_NEXT = 8_000
_HASH = re.compile(r"[0-9a-f]{64}")
_LAST = "X-TAXII-Date-Added-Last"
_AHEAD = timedelta(days=2)  # by which a hub's clock may be

Thing = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a member is known to a hub: a token, a certificate, or for other hubs a name and password.

    Attributes:
        token: sent as a bearer token.
        basic: name and password, where a hub wants those.
        certificate, key: client certificate and its key, files in PEM.
        authority: certificates that sign the hub's, where it is no public one.
    """

    token: str | None = None
    basic: tuple[str, str] | None = None
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None

    def __repr__(self) -> str:
        return "Credentials(***)"

    def context(self) -> ssl.SSLContext:
        """TLS with the authority's and the member's certificates.

        Raises:
            BadSetting: a file is no certificate or key.
        """
        try:
            context = ssl.create_default_context(cafile=self.authority)
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise BadSetting(f"a certificate cannot be used: {error}", where="--certificate") from error
        return context


@dataclass(frozen=True, slots=True)
class RemoteCollection:
    """A collection of a hub."""

    id: str
    title: str
    alias: str
    can_read: bool
    can_write: bool
    url: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a hub has for a member, and what it says of the member; other hubs than ours say nothing of it.

    Attributes:
        collections: that the member may see.
        member: whom the hub takes it for.
        clearance: strictest TLP label that it reads.
        above_clearance: objects of members that it is not told; 0 where the hub says nothing.
    """

    collections: list[RemoteCollection]
    member: str | None = None
    clearance: str | None = None
    above_clearance: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Objects and the moment at which the last of them came to the hub; why one could not be read, if so."""

    objects: list[Any]
    added: str | None
    unread: str | None = None


def hub_url(url: str) -> httpx.URL:
    """The address of a hub. It is kept, shown and stands in drafts: nothing secret is part of it.

    Raises:
        BadSetting: it is none, or holds more than an address.
    """
    hint = "for instance https://hub.example, with the token in a file"
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise BadSetting(f"no URL: {error}", where="--hub") from error
    if read.scheme not in ("http", "https") or not read.host or read.userinfo or read.query or read.fragment:
        # What is no address may be a password, and is not said.
        raise BadSetting("no URL of a hub", where="--hub", hint=hint)
    return read


class Client:
    """A conversation with a hub.

    Args:
        url: the hub's, for instance ``https://hub.example``; discovery is looked for at ``/taxii2/`` where it has
            no path.
        credentials: how the member is known.
    """

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._base = hub_url(url)
        headers = {"Accept": _TAXII, "Accept-Encoding": "gzip"}
        if credentials.token:
            headers["Authorization"] = f"Bearer {credentials.token}"
        self._client = httpx.Client(
            headers=headers,
            auth=credentials.basic,
            verify=credentials.context() if self._base.scheme == "https" else True,
            timeout=60,
            trust_env=False,
        )
        self._in_time = InTime(SECONDS)
        self._root: str | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def _ask(self, method: str, url: str, **more: Any) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        return ask(self._client, self._in_time, method, url, **more)

    def _api_root(self) -> str:
        if self._root is None:
            start = self._base if self._base.path.strip("/") else self._base.copy_with(path="/taxii2/")
            found, _ = self._ask("GET", str(start))
            roots = [found.get("default"), *_list_in(found, "api_roots")]
            named = next((one for one in roots if isinstance(one, str) and one), None)
            if named is None:
                raise EndpointFailed("the hub names no API root", where=str(start))
            try:
                root = httpx.URL(urljoin(str(start), named).rstrip("/") + "/")
            except (httpx.InvalidURL, ValueError) as error:
                raise EndpointFailed(
                    f"the hub's API root is no URL: {escaped(named[:100])}", where=str(start)
                ) from error
            # The token must go to the hub that was named and to no other.
            if (root.scheme, root.netloc) != (self._base.scheme, self._base.netloc):
                raise EndpointFailed(f"the hub sends its members elsewhere: {root}", where=str(start))
            self._root = str(root)
        return self._root

    def journal(self, n: int | None = None) -> tuple[int, str] | None:
        """Number and hash of the last entry of the hub's journal, or of entry ``n``; None where the hub has none.

        Raises:
            EndpointFailed: the hub refuses or does not answer, which says nothing of its journal.
        """
        try:
            found, _ = self._ask("GET", f"{self._api_root()}journal/", params={} if n is None else {"n": str(n)})
        except NotThere:
            return None
        number, said = found.get("n"), found.get("hash")
        # Pinned for good: what is no entry must not stand there.
        if type(number) is not int or not 0 <= number < 2**53:
            return None
        return (number, said) if isinstance(said, str) and _HASH.fullmatch(said) else None

    def listing(self) -> Listing:
        """The collections that this member may see, and whom the hub takes it for.

        Raises:
            EndpointFailed: the hub refuses or does not answer.
        """
        root = self._api_root()
        found, _ = self._ask("GET", f"{root}collections/")
        seen = [
            RemoteCollection(
                one["id"],
                escaped(str(one.get("title", ""))),
                escaped(str(one.get("alias", one["id"]))),
                one.get("can_read") is True,
                one.get("can_write") is True,
                f"{root}collections/{quote(one['id'], safe='')}/",
            )
            for one in _objects_in(found, "collections")
            if is_plain(one.get("id"))
        ]
        you = found.get("x_stillwatch_member")
        if not isinstance(you, dict):
            return Listing(seen)
        name, clearance, hidden = (you.get(key) for key in ("name", "clearance", "above_clearance"))
        return Listing(
            seen,
            escaped(name) if isinstance(name, str) else None,
            escaped(clearance) if isinstance(clearance, str) else None,
            hidden if isinstance(hidden, int) and 0 < hidden < 2**53 else 0,
        )

    def pages(self, collection: RemoteCollection, added_after: str | None) -> Iterator[Page]:
        """Objects that came after a moment, page by page; each page's moment is where to go on another day.

        A page that cannot be read is asked for again in smaller ones, and an object that alone cannot be is passed by.

        Raises:
            EndpointFailed: the hub refuses or does not answer.
        """
        position, limit = {"added_after": added_after} if added_after else {}, _LARGEST_PAGE
        empty = 0
        seen: set[object] = set()
        for _ in range(_MOST_PAGES):
            try:
                asked = {"limit": str(limit), **position}
                found, headers = self._ask("GET", f"{collection.url}objects/", params=asked)
            except Unreadable as error:
                if limit > 1:
                    limit = max(1, limit // _SMALLER)
                    continue
                last = _added_last(error.headers)
                if last is None or last == position.get("added_after") or last in seen:
                    raise
                seen.add(last)
                yield Page([], last, error.problem)
                position, limit = {"added_after": last}, _LARGEST_PAGE
                continue
            objects, last = found.get("objects", []), _added_last(headers)
            yield Page(objects if isinstance(objects, list) else [], last)
            # Some hubs name the next page, others leave the client to go on from the last moment (section 3.4).
            after = {"added_after": added_after} if added_after else {}
            following = (
                {**after, "next": str(found["next"])[:_LONGEST_NEXT]}
                if found.get("next")
                else {"added_after": last or ""}
            )
            if found.get("more") is not True or not any(following.values()):
                return
            empty = 0 if objects else empty + 1
            # A place that was read before, or a page with the same in it under another name, is where it goes round.
            places = {tuple(following.items()), _versions_in(objects)} - {None}
            if places & seen or empty > _MOST_EMPTY:
                raise EndpointFailed("the hub's pages go on and bring nothing new", where=collection.url)
            seen |= places
            position, limit = following, min(_LARGEST_PAGE, limit * _SMALLER)

    def versions(self, collection: RemoteCollection, identifiers: Sequence[str]) -> set[tuple[str, str]]:
        """Which versions of these objects are there: pairs of identifier and version.

        Raises:
            EndpointFailed: the hub refuses or does not answer.
        """
        asked = {"match[id]": ",".join(identifiers), "match[version]": "all", "limit": "1000"}
        found, _ = self._ask("GET", f"{collection.url}manifest/", params=asked)
        return {(str(one.get("id")), str(one.get("version"))) for one in _objects_in(found, "objects")}

    def add(self, collection: RemoteCollection, things: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Send objects; of those that the hub refuses, why, by identifier.

        Raises:
            EndpointFailed: the hub refuses all, or does not answer.
        """
        status, _ = self._ask(
            "POST", f"{collection.url}objects/", json={"objects": list(things)}, headers={"Content-Type": _TAXII}
        )
        return {
            str(one.get("id")): escaped(str(one.get("message", "refused"))[:300])
            for one in _objects_in(status, "failures")
        }


def _added_last(headers: Mapping[str, str]) -> str | None:
    """The moment of a page's last object; None where it is none.

    It is kept, and sent to the hub from then on: what is no timestamp would be refused at each pull, and before one
    that is to come nothing would be heard of any more.
    """
    said = headers.get(_LAST)
    moment = moment_of(said)
    return said if moment is not None and moment <= datetime.now(UTC) + _AHEAD else None


def _list_in(answer: Mapping[str, Any], name: str) -> list[Any]:
    """What a hub lists under a name; nothing where it is no list."""
    found = answer.get(name)
    return found if isinstance(found, list) else []


def _versions_in(objects: object) -> int | None:
    """A number for which versions of which objects stand in a page, in whatever order; None where there is none."""
    listed = [one for one in objects if isinstance(one, dict)] if isinstance(objects, list) else []
    said = ([one.get(name) for name in ("id", "modified", "created")] for one in listed)
    found = frozenset(tuple(one for one in values if isinstance(one, str)) for values in said) - {()}
    return hash(found) if found else None


def _objects_in(answer: Mapping[str, Any], name: str) -> list[Thing]:
    return [one for one in _list_in(answer, name) if isinstance(one, dict)]
