"""A hub that really serves on loopback, its members, and what an attacker among them sends by hand."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from founded import founded

from stillwatch.alliance.hub import Hub, admit, serving
from stillwatch.alliance.member import Credentials, Membership
from stillwatch.alliance.stix import MARKINGS, identity_id

Thing = dict[str, Any]
TAXII = "application/taxii+json;version=2.1"


@dataclass(frozen=True)
class Alliance:
    """A served hub, and its members by name."""

    url: str
    hub: Hub
    members: dict[str, Membership]

    def headers(self, name: str) -> dict[str, str]:
        token = self.members[name].credentials.token
        return {"Authorization": f"Bearer {token}", "Accept": TAXII, "Content-Type": TAXII}

    def post(self, name: str, collection: str, things: Sequence[object]) -> httpx.Response:
        where = f"{self.url}/alliance/collections/{collection}/objects/"
        return httpx.post(where, json={"objects": things}, headers=self.headers(name), timeout=600, trust_env=False)

    def get(self, name: str, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=self.headers(name), timeout=600, trust_env=False)

    def delete(self, name: str, path: str) -> httpx.Response:
        return httpx.delete(self.url + path, headers=self.headers(name), timeout=600, trust_env=False)


@contextmanager
def alliance(folder: Path, *names: str, **how: Any) -> Iterator[Alliance]:
    """Serve a hub with these members for as long as the block runs; ``how`` as for ``serving``."""
    hub = founded(folder / "hub.db")
    tokens = {name: admit(hub, name) for name in names}
    with serving(hub, **how) as running:
        members = {
            name: Membership(name, running.url, folder / f"{name}.db", Credentials(token))
            for name, token in tokens.items()
        }
        yield Alliance(running.url, hub, members)
    hub.close()


def indicator(name: str, number: int, tlp: str = "amber", **more: Any) -> Thing:
    """An indicator of a member: address 203.0.113.``number``."""
    said = "2026-11-24T12:00:00.000Z"
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid.uuid5(uuid.NAMESPACE_DNS, f'{name} {number}')}",
        "created_by_ref": identity_id(name),
        "created": said,
        "modified": said,
        "valid_from": said,
        "pattern_type": "stix",
        "pattern": f"[ipv4-addr:value = '203.0.113.{number}']",
        "object_marking_refs": [MARKINGS[tlp]],
    } | more
