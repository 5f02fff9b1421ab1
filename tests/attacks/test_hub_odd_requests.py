"""No spelling of a path, query, header or body shows a member what its clearance hides, or makes the hub fail."""

import gzip
import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

from alliance_served import TAXII, alliance, indicator

from stillwatch.alliance.hub import admit, open_circle
from stillwatch.alliance.member import Client, Credentials

SECRET = "203.0.113.77"
NAMES = (
    "amber",
    "%61mber",
    "%2561mber",
    "AMBER",
    "amber%20",
    "amber%00",
    "green%2f..%2famber",
    "green/../amber",
    "pair",
)
ENDINGS = (
    "",
    "objects/",
    "objects",
    "manifest/",
    "objects/?match%5Bversion%5D=all",
    "objects/ID/",
    "objects/ID/versions/",
)
QUERIES = (
    "limit=-1",
    "limit=99999999999999999999",
    "limit=1&limit=2",
    "limit=%F0%9D%9F%9C",
    "next=-5",
    "next=9223372036854775807",
    "next=99999999999999999999",
    "added_after=0000-00-00T00:00:00Z",
    "added_after=9999-12-31T23:59:60.999999Z",
    "added_after=%00",
    "match[id]=" + ",".join(["indicator--00000000-0000-4000-8000-000000000000"] * 201),
    "match[version]=all,first,last,9999-12-31T23:59:59Z",
    "match[type]=%27%20OR%201=1--",
    "match[spec_version]=%FF",
    "match%5Bid%5D%5B%5D=x",
    "match[unknown]=1",
    "%",
    "=&=&=",
)
HEADERS = (
    {"X-Original-URL": "/alliance/collections/amber/objects/"},
    {"X-Rewrite-URL": "/alliance/collections/amber/objects/"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-Forwarded-Prefix": "/alliance/collections/amber"},
    {"Range": "bytes=0-"},
    {"Accept": 'application/taxii+json;version=2.1;q="x'},
    {"Accept": "," * 5000},
    {"Authorization": "Bearer"},
    {"Authorization": "Basic =="},
    {"Content-Encoding": "gzip"},
)


class Asking:
    """A member that says what it likes."""

    def __init__(self, url: str, token: str) -> None:
        self._at, self._token = urlsplit(url), token

    def ask(self, method: str, path: str, body: bytes | None = None, **more: str) -> tuple[int, bytes]:
        said = {"Authorization": f"Bearer {self._token}", "Accept": TAXII, "Content-Type": TAXII} | more
        to = http.client.HTTPConnection(self._at.hostname or "", self._at.port, timeout=120)
        try:
            to.putrequest(method, path, skip_accept_encoding=True)
            for name, value in said.items():
                to.putheader(name, value)
            if body is not None:
                to.putheader("Content-Length", str(len(body)))
            to.endheaders(body)
            answer = to.getresponse()
            return answer.status, answer.read()
        finally:
            to.close()


def test_what_a_clearance_hides_stays_hidden(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        hidden = indicator("alpha", 77)
        open_circle(met.hub, "pair", "pair", "amber", ["alpha", "beta"])
        for place in ("amber", "pair"):
            assert met.post("alpha", place, [hidden]).json()["success_count"] == 1
        assert SECRET in met.get("beta", "/alliance/collections/pair/objects/").text
        gamma = Asking(met.url, admit(met.hub, "gamma", clearance="green"))

        def tried(method: str, path: str, **more: str) -> int:
            status, said = gamma.ask(method, path, None, **more)
            assert status < 500, (method, path, more, said)
            assert SECRET.encode() not in said, (method, path, more)
            assert hidden["id"].encode() not in said.replace(path.encode(), b""), (method, path, more)
            return status

        for name in NAMES:
            for ending in ENDINGS:
                path = f"/alliance/collections/{name}/{ending}".replace("ID", hidden["id"])
                for prefix in ("", "/", "http://elsewhere"):
                    assert tried("GET", prefix + path) in (307, 400, 404, 405), path
                assert tried("DELETE", path) in (307, 400, 404, 405), path
        for query in QUERIES:
            tried("GET", f"/alliance/collections/green/objects/?{query}")
            tried("GET", f"/alliance/collections/green/manifest/?{query}")
        for more in HEADERS:
            tried("GET", "/alliance/collections/green/objects/", **more)
            tried("GET", f"/alliance/collections/green/objects/{hidden['id']}/", **more)
        assert SECRET in met.get("beta", "/alliance/collections/amber/objects/").text


def test_no_body_makes_a_hub_fail_or_grow(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        asking = Asking(met.url, met.members["alpha"].credentials.token or "")
        where = "/alliance/collections/amber/objects/"
        one = json.dumps({"objects": [indicator("alpha", 1)]}).encode()
        bodies = [
            (gzip.compress(one), {"Content-Encoding": "gzip"}),
            (gzip.compress(b" " * 2**24), {"Content-Encoding": "gzip"}),
            (b"\xef\xbb\xbf" + one, {}),
            (one.decode().encode("utf-16"), {}),
            (one.replace(b'"alpha', b'"\\ud800'), {}),
            (one.replace(b'"objects"', b'"objects": [], "objects"'), {}),
            (b"[" * 100_000, {}),
            (b'{"objects": [' + b"1," * 100_000 + b"1]}", {}),
            (b'{"objects": [{"id": ' + b"9" * 100_000 + b"}]}", {}),
            (b'{"objects": [NaN, Infinity, -0, 1e999]}', {}),
            (b'{"objects": null}', {}),
            (b"objects=x", {"Content-Type": "application/x-www-form-urlencoded"}),
            (one, {"Content-Type": f"{TAXII}; charset=utf-7"}),
        ]
        for body, more in bodies:
            status, said = asking.ask("POST", where, body, **more)
            assert status < 500, (body[:60], said)
        # Where a name stands twice one of them counts, and it is the one that is kept and told.
        held = met.get("beta", where).json()["objects"]
        assert {thing["pattern"] for thing in held if thing["type"] == "indicator"} <= {
            "[ipv4-addr:value = '203.0.113.1']"
        }
        with Client(met.url, Credentials(asking._token)) as client:
            assert {one.alias for one in client.listing().collections} >= {"green", "amber"}


def test_who_is_told_what_a_clearance_hides_is_told_a_number_alone(tmp_path: Path) -> None:
    with alliance(tmp_path, "alpha", "beta") as met:
        met.post("alpha", "amber", [indicator("alpha", number) for number in range(7)])
        open_circle(met.hub, "pair", "pair", "amber", ["alpha", "beta"])
        met.post("alpha", "pair", [indicator("alpha", 77)])
        gamma = Asking(met.url, admit(met.hub, "gamma", clearance="green"))
        status, said = gamma.ask("GET", "/alliance/collections/")
        told = json.loads(said)
        assert status == 200
        assert told["x_stillwatch_member"] == {"name": "gamma", "clearance": "green", "above_clearance": 7}
        assert {one["alias"] for one in told["collections"]} == {"clear", "green"}
        again = Asking(met.url, met.members["beta"].credentials.token or "")
        assert json.loads(again.ask("GET", "/alliance/collections/")[1])["x_stillwatch_member"]["above_clearance"] == 0
