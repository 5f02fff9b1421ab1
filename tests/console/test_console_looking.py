"""Ways to look further: an exchange behind an id, a stretch of hours, whom an account is linked to, views that are kept."""

import html
import re
from urllib.parse import quote

from console_world import ACCOUNT, HOSTILE, SECRET, Open, Visitor

WHO = quote(ACCOUNT, safe="")


def an_exchange(opened: Open, account: str) -> str:
    (run,) = opened.console.runs.all()
    return str(run.of("requests", account, most=1)["exchange_id"][0].as_py())


def test_evidence_leads_to_the_exchange_whose_text_is_masked_until_a_reason_is_given(fresh: Open) -> None:
    ana, vi = fresh.visitor("ana", "analyst"), fresh.visitor("vi", "viewer")
    page = ana.get("/runs/week/campaigns/C001").text
    assert re.search(r'href="/runs/week/exchange\?id=[^"]+"', page)
    name = an_exchange(fresh, ACCOUNT)
    at = f"/runs/week/exchange?id={quote(name, safe='')}"
    for who in (ana, vi):
        assert SECRET not in html.unescape(who.get(at).text)
        assert f"account?id={WHO}" in who.get(at).text
    answer = ana.post("/runs/week/account/unmask", {"id": ACCOUNT, "reason": "to see", "back": at})
    assert answer.headers["location"] == at
    shown = ana.get(at).text
    assert SECRET in html.unescape(shown)
    assert f"<mark>{html.escape(HOSTILE)}</mark>" in shown.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    assert "<script>window" not in shown
    assert SECRET not in html.unescape(vi.get(at).text)
    said = [one.body["kind"] for one in fresh.console.audit.entries() if one.body.get("exchange") == name]
    assert "looked at an exchange" in said
    assert said[-2:] == ["read an exchange", "looked at an exchange"]
    assert (
        ana.post("/runs/week/account/unmask", {"id": ACCOUNT, "reason": "x", "back": "//evil"})
        .headers["location"]
        .startswith("/runs/week/account?")
    )
    for none in ("", "none", "%00", "'--"):
        assert ana.get(f"/runs/week/exchange?id={none}").status_code == 404


def test_a_stretch_sums_what_its_requests_say(opened: Open) -> None:
    ana = opened.visitor("ana-stretch", "analyst")
    (run,) = opened.console.runs.all()
    requests = run.of("requests", "m0").to_pylist()
    times = sorted(one["time"] for one in requests)
    middle = times[len(times) // 2]

    def total(asked: str) -> int:
        page = ana.get(f"/runs/week/account/stretch?id=m0{asked}").text
        # Each cell of the week says its number.
        return sum(int(n) for n in re.findall(r'<td class="heat-\d" title="(\d+)"', page))

    stamp = quote(middle.isoformat(), safe="")
    before, after = total(f"&to={stamp}"), total(f"&from={stamp}")
    assert (before, after) == (sum(one < middle for one in times), sum(one >= middle for one in times))
    assert before + after == total("") == total("&from=never") == len(times)
    assert total("&from=2999-01-01") == 0
    whole = ana.get("/runs/week/account/stretch?id=m0").text
    for label, column in (("Model", "model"), ("Country", "country"), ("Status", "status")):
        for value in {one[column] for one in requests} - {None}:
            assert re.search(rf"<dt>{label}</dt>.*{re.escape(str(value))}", whole, re.DOTALL), (label, value)


def test_whom_an_account_is_linked_to_with_how_they_stand(opened: Open) -> None:
    ana = opened.visitor("ana-linked", "analyst")
    found = ana.get(f"/runs/week/account/neighbours.json?id={WHO}").json()
    assert found["total"] == len(found["links"]) == 7
    weights = [one["weight"] for one in found["links"]]
    assert weights == sorted(weights, reverse=True)
    assert {one["campaign"] for one in found["links"]} == {"C001"}
    assert {one["family"] for one in found["links"]} == {"structure"}
    assert ACCOUNT in {one["id"] for one in ana.get("/runs/week/account/neighbours.json?id=m0").json()["links"]}
    assert ana.get("/runs/week/account/neighbours.json?id=nobody").json() == {"links": [], "total": 0}


def test_links_and_templates_are_kept_whole(opened: Open) -> None:
    ana, vi = opened.visitor("ana-keeps", "analyst"), opened.visitor("vi-keeps", "viewer")
    at = f"/runs/week/account/links?id={WHO}"
    offered = re.findall(r'href="(/runs/week/account/links[^"]*as=csv)"', ana.get(f"/runs/week/account?id={WHO}").text)
    assert ana.get(html.unescape(offered[0])).text == ana.get(f"{at}&as=csv").text
    rows = vi.get(f"{at}&as=json").json()
    assert [row["match_weight"] for row in rows] == sorted((row["match_weight"] for row in rows), reverse=True)
    assert len(rows) == 7
    assert rows[0].keys() >= {"other", "match_probability", "structure", "shape"}
    lines = vi.get(f"{at}&as=csv").text.splitlines()
    assert lines[0].startswith("other,match_weight,match_probability,")
    assert len(lines) == 8
    assert vi.get("/runs/week/account/links?id=nobody&as=json").json() == []
    texts = "/runs/week/campaigns/C001/templates?as="
    assert [row["template_id"] for row in ana.get(f"{texts}json").json()] == ["T2", "T1", "T3"]
    assert SECRET in ana.get(f"{texts}csv").text
    assert vi.get(f"{texts}csv").status_code == 403
    said = [one.body for one in opened.console.audit.entries() if one.body["by"] in ("ana-keeps", "vi-keeps")]
    assert {"kind": "kept links", "by": "vi-keeps", "run": "week", "account": ACCOUNT} in said
    assert {"kind": "read templates", "by": "ana-keeps", "run": "week", "campaign": "C001", "form": "csv"} in said


def keep(who: Visitor, title: str, path: str) -> int:
    return who.post("/saved", {"title": title, "path": path}).status_code


def test_views_are_kept_for_all_and_forgotten_by_who_kept_them(fresh: Open) -> None:
    ana, bo = fresh.visitor("ana", "analyst"), fresh.visitor("bo", "viewer")
    page = ana.get("/runs/week/accounts?verdict=review&page=1").text
    offered = re.findall(r'href="(/saved\?path=[^"]+)"', page)[0]
    assert 'value="/runs/week/accounts?verdict=review"' in ana.get(offered).text
    assert keep(ana, f"To look at {HOSTILE}", "/runs/week/accounts?verdict=review") == 303
    shown = bo.get("/saved").text
    assert 'href="/runs/week/accounts?verdict=review"' in shown
    assert "<script>window" not in shown
    assert HOSTILE in html.unescape(shown)
    for title, path in (("x", "//evil"), ("x", "javascript:1"), ("x", ""), ("", "/queue"), ("x" * 121, "/queue?a=b")):
        assert keep(bo, title, path) == 422, (title, path)
    view = fresh.console.views.all()[0].id
    for who, number, status in ((bo, view, 404), (ana, "-1", 404), (ana, "x", 404), (ana, view, 303), (ana, view, 404)):
        assert who.post("/saved/forget", {"view": number}).status_code == status
    assert fresh.console.views.all() == []


def test_what_was_asked_for_is_told_to_colleagues_who_analyse(fresh: Open) -> None:
    ana, bo, vi = (
        fresh.visitor(name, role) for name, role in (("ana", "analyst"), ("bo", "approver"), ("vi", "viewer"))
    )
    for _ in range(3):
        ana.get("/queue?stage=all&kind=campaign")
    vi.get("/runs/week/accounts?q=m")
    assert bo.get("/saved").text.count('/queue?stage=all&amp;kind=campaign"') == 1
    assert "accounts?q=m" in bo.get("/saved").text
    seen = vi.get("/saved").text
    assert "accounts?q=m" in seen
    assert "kind=campaign" not in seen
