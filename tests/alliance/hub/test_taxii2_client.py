"""OASIS's own client, taxii2-client, against the hub on a real socket."""

from typing import Any

import pytest
from requests.exceptions import HTTPError
from taxii2client.common import TokenAuth
from taxii2client.v21 import ApiRoot, Collection, Server

from stillwatch.alliance.hub import Serving, admit

Thing = dict[str, Any]


def root(served: Serving, token: str) -> ApiRoot:
    (only,) = Server(f"{served.url}/taxii2/", auth=TokenAuth(token)).api_roots
    return only


def by_title(served: Serving, token: str) -> dict[str, Collection]:
    return {one.alias: one for one in map(with_alias, root(served, token).collections)}


def with_alias(one: Collection) -> Collection:
    one.alias = one._raw["alias"] if hasattr(one, "_raw") else one.custom_properties.get("alias", one.title)
    return one


def test_discovery_and_collections_by_token_and_by_password(served: Serving) -> None:
    token = admit(served.hub, "acme", clearance="green")
    server = Server(f"{served.url}/taxii2/", user="acme", password=token)
    assert server.title
    assert server.default.url == f"{served.url}/alliance/"
    assert server.default.versions == ["application/taxii+json;version=2.1"]
    assert [one.title for one in server.default.collections] == ["For everyone", "For the community"]
    with pytest.raises(HTTPError, match="401"):
        Server(f"{served.url}/taxii2/", user="acme", password="wrong").refresh()
