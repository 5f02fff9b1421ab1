"""Short addresses: what they stand for stays at the server, and whoever follows one needs the page's own rights."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from console_world import ACCOUNT, HOSTILE, Open, Visitor

from stillwatch.console import short_links

LONG = "/runs/week/accounts?verdict=act&q=m7"


def shorten(who: Visitor, path: str) -> str:
    """The id of a short address that somebody makes."""
    answer = who.post("/s", {"path": path})
    assert answer.status_code == 303
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["path"] == [path]
    return asked["short"][0]


def test_a_short_address_leads_to_the_view_and_says_nothing_of_it(opened: Open) -> None:
    ana, vi = opened.visitor("ana", "analyst"), opened.visitor("vi", "viewer")
    made = shorten(ana, LONG)
    assert len(made) == 8
    assert shorten(ana, LONG) == made
    assert shorten(vi, LONG) != made
    page = ana.get("/saved", params={"path": LONG, "short": made}).text
    assert f'value="{opened.url}/s/{made}"' in page
    # Only what it stands for is shown beside it.
    assert "/s/" not in ana.get("/saved", params={"path": "/queue?stage=all", "short": made}).text
    answer = vi.get(f"/s/{made}")
    assert (answer.status_code, answer.headers["location"]) == (303, LONG)
    said = [one.body for one in opened.console.audit.entries() if "short" in one.body]
    assert {"kind": "made a short address", "by": "ana", "short": made, "path": LONG} in said
    assert {"kind": "followed a short address", "by": "vi", "short": made} in said


def test_the_rights_are_those_of_the_page(opened: Open) -> None:
    boss, vi = opened.visitor("boss", "admin"), opened.visitor("vi-too", "viewer")
    made = shorten(boss, "/audit?by=boss")
    assert vi.get(f"/s/{made}").headers["location"] == "/audit?by=boss"
    assert vi.get("/audit?by=boss").status_code == 403
    with httpx.Client(base_url=opened.url) as nobody:
        answer = nobody.get(f"/s/{made}")
        assert answer.status_code == 303
        assert parse_qs(urlsplit(answer.headers["location"]).query) == {"next": [f"/s/{made}"]}
        assert "boss" not in answer.headers["location"]


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example/", "/", "", "/s/abc", "/saved?path=/queue", "/sign-in", HOSTILE]
)
def test_no_short_address_leads_away_or_round(opened: Open, path: str) -> None:
    eve = opened.visitor("eve", "viewer")
    assert eve.post("/s", {"path": path}).status_code == 422
    assert eve.get("/s/nothing").status_code == 404


def test_what_was_made_long_ago_goes_and_colleagues_keep_theirs(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_links, "MOST_SHORT", 3)
    cy, di = opened.visitor("cy", "viewer"), opened.visitor("di", "viewer")
    theirs = shorten(di, "/queue?stage=all")
    mine = [shorten(cy, f"/queue?stage=all&page={n}") for n in range(5)]
    assert [cy.get(f"/s/{one}").status_code for one in mine] == [404, 404, 303, 303, 303]
    assert cy.get(f"/s/{theirs}").status_code == 303


def test_a_view_of_a_hostile_name_is_offered_escaped(opened: Open) -> None:
    ana = opened.visitor("ana-hostile", "analyst")
    page = ana.get("/appeals", params={"account": ACCOUNT})
    assert HOSTILE not in page.text
    made = shorten(ana, str(page.request.url.raw_path.decode()))
    assert HOSTILE not in ana.get(f"/s/{made}").headers["location"]
