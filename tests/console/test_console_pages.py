"""What pages show: paged at the server, masked until somebody says why, whole as CSV and JSON, found by the search."""

import csv
import hashlib
import html
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from console_world import ACCOUNT, HOSTILE, SECRET, Open, decide_run, open_console
from smallrun import CLEAR, OBSERVATIONS, START, campaign, write_run

import stillwatch.console
from stillwatch import tables
from stillwatch.console import Places
from stillwatch.console.account_places import set_apart, spread_accounts
from stillwatch.console.listing import Listing, page_number
from stillwatch.console.run_changes import changes_since
from stillwatch.console.runs import Runs
from stillwatch.drawing import wording
from stillwatch.policy import label_account

VENDOR = Path(stillwatch.console.__file__).parent / "static" / "vendor"
AT_M0, AT_M0_STRETCH = "/runs/week/account?id=m0", "/runs/week/account/stretch?id=m0"
REQUESTS_M0 = "/runs/week/account/requests?id=m0"
AT = f"/runs/week/account?id={quote(ACCOUNT, safe='')}"


def test_texts_are_masked_until_a_reason_is_given_and_both_are_in_the_log(fresh: Open) -> None:
    ana, eve = fresh.visitor("ana", "analyst"), fresh.visitor("eve", "analyst")
    panel = AT.replace("account?", "account/requests?")
    for path in (panel, f"{panel}&as=csv", f"{panel}&as=json", AT):
        assert SECRET not in ana.get(path).text
    assert ana.post("/runs/week/account/unmask", {"id": ACCOUNT, "reason": " "}).status_code == 422
    assert ana.post("/runs/week/account/unmask", {"id": ACCOUNT, "reason": "ticket 7"}).status_code == 303
    assert SECRET.replace("'", "&#39;") in ana.get(panel).text
    assert SECRET in ana.get(f"{panel}&as=json").json()[0]["prompt"]
    assert SECRET not in ana.get("/runs/week/account/requests?id=m0&as=csv").text
    assert SECRET not in eve.get(f"{panel}&as=json").text
    said = [one.body for one in fresh.console.audit.entries()]
    assert {"kind": "unmasked", "by": "ana", "run": "week", "account": ACCOUNT, "reason": "ticket 7"} in said
    assert any(one["kind"] == "read requests" and one["account"] == ACCOUNT for one in said)


def test_a_viewer_reads_no_customers_text_anywhere(opened: Open) -> None:
    vic = opened.visitor("vic", "viewer")
    for path in (
        "/runs/week",
        "/runs/week/campaigns/C001",
        AT,
        "/search?q=own+words",
        "/queue",
        f"/cases/{opened.cases()[0]}",
    ):
        assert "zebra" not in vic.get(path).text
    assert vic.get("/runs/week/campaigns/C001/templates").status_code == 403


def test_hostile_text_stays_text_on_every_page(opened: Open) -> None:
    ana = opened.visitor("ana", "analyst")
    ana.post("/runs/week/account/unmask", {"id": ACCOUNT, "reason": "r"})
    ana.post("/runs/week/account/comment", {"id": ACCOUNT, "text": HOSTILE})
    pages = [
        AT,
        AT.replace("account?", "account/requests?"),
        "/runs/week",
        "/runs/week/campaigns/C001",
        "/runs/week/accounts",
    ]
    pages += ["/runs/week/campaigns/C001/templates", f"/search?q={quote(HOSTILE)}", f"/cases/{opened.cases()[0]}"]
    pages += [f"/queue?stage={quote(HOSTILE)}", f"/runs/{quote(HOSTILE, safe='')}", f"/cases/{quote(HOSTILE, safe='')}"]
    for path in pages:
        text = ana.get(path).text
        assert "<script>window" not in text, path
        assert "<img" not in text, path
        assert "{{7*7}}49" not in text.replace("&", ""), path


@pytest.mark.parametrize("page", ["1", "2", "999", "-1", "x", "1e3", "٣"])
def test_any_page_number_gives_a_page(opened: Open, page: str) -> None:
    ana = opened.visitor(f"ana{abs(hash(page)) % 1000}", "analyst")
    assert ana.get("/runs/week/accounts", params={"page": page}, follow_redirects=True).status_code == 200


ACCUSED = "/runs/week/accounts?verdict=accused"


def test_accounts_are_filtered_in_the_url_and_given_whole(opened: Open) -> None:
    eva = opened.visitor("eva", "viewer")
    rows = list(csv.DictReader(io.StringIO(eva.get("/runs/week/accounts?as=csv&verdict=review").text)))
    assert {row["verdict"] for row in rows} == {"review"}
    every = [row["verdict"] for row in csv.DictReader(io.StringIO(eva.get("/runs/week/accounts?as=csv").text))]
    accused = [row["verdict"] for row in csv.DictReader(io.StringIO(eva.get(ACCUSED + "&as=csv").text))]
    assert accused == [one for one in every if one in ("review", "act")]
    # What the overview counts is what its link leads to.
    counted = re.findall(r'verdict=accused">([\d,]+)<', eva.get("/runs/week").text)
    assert re.findall(r"of ([\d,]+) account", eva.get(ACCUSED).text) == counted == [str(len(accused))]
    assert eva.get("/runs/week/accounts?as=json&campaign_id=C001&q=m7").json()[0]["account_id"] == ACCOUNT
    assert "No account with these filters" in eva.get("/runs/week/accounts?q=nobody").text


def test_cells_of_a_csv_are_no_formulas() -> None:
    from stillwatch.console.listing import _csv  # noqa: PLC0415 - what a spreadsheet would run is seen in the text alone

    text = "".join(_csv([{"a": "=1+1", "b": -3, "c": "@x", "d": ["-1", "2"], "e": None}]))
    assert text == "a,b,c,d,e\r\n'=1+1,-3,'@x,'-1 2,\r\n"


def test_links_of_a_table_keep_filters_and_begin_at_the_first_page() -> None:
    table = Listing([{}] * 50, 130, 2, "/x", {"verdict": "review", "q": "a&b"})
    assert table.url(verdict=None) == "/x?q=a%26b"
    assert table.url(q="c") == "/x?verdict=review&q=c"
    assert (table.first, table.last) == (51, 100)
    assert table.previous_url == "/x?verdict=review&q=a%26b"
    assert table.next_url == "/x?verdict=review&q=a%26b&page=3"
    assert [page_number(text) for text in (None, "", "0", "7", "-7")] == [1, 1, 1, 7, 1]


def test_the_search_finds_accounts_campaigns_cases_and_for_analysts_templates(opened: Open) -> None:
    ida, vi = opened.visitor("ida", "analyst"), opened.visitor("vi", "viewer")
    assert "/runs/week/account?id=m3" in ida.get("/search?q=M3").text
    assert "/runs/week/campaigns/C002" in ida.get("/search?q=c002").text
    assert opened.cases()[0] in ida.get(f"/search?q={opened.cases()[0][:8]}").text
    assert "template," in ida.get("/search?q=zebra").text
    assert "template," not in vi.get("/search?q=zebra").text
    panel = ida.get("/search?q=m3", headers={"hx-request": "true"}).text
    assert "<html" not in panel


def test_the_graph_names_every_account_with_a_place_and_links_by_place(opened: Open) -> None:
    graph = opened.visitor("gil", "viewer").get("/runs/week/campaigns/C001/graph.json").json()
    assert len(graph["nodes"]) == graph["total"] == 10
    assert [node["apart"] for node in graph["nodes"]].count(True) == 2
    assert ACCOUNT in [node["id"] for node in graph["nodes"]]
    assert len(graph["edges"]) == graph["links"] == 28
    ranks = [edge[4] for edge in graph["edges"]]
    assert ranks == sorted(ranks)
    # Eight members in one piece, two bystanders alone.
    assert ranks.count(0) == 7
    assert {graph["families"][edge[3]] for edge in graph["edges"]} == {"structure"}


def test_an_accounts_page_weighs_both_sides_and_previews_the_letter(opened: Open) -> None:
    text = opened.visitor("jo", "viewer").get("/runs/week/account?id=m0").text
    assert "Shape speaks against" in text
    assert "Linked to 8 accounts" in text
    assert "Subject: We are looking at how your account is used" in text
    assert "Subject: We have limited your account" in text


def test_what_counts_for_nothing_stands_apart_from_the_evidence(tmp_path: Path) -> None:
    run = write_run(tmp_path / "week", [])
    seen = [
        {**OBSERVATIONS[0], "statement": "They send one sentence."},
        {**OBSERVATIONS[0], "family": "shape", "statement": "Their clients differ.", "p_value": 1.0},
        {**OBSERVATIONS[1], "statement": "Their hours are anybody's.", "p_value": 1.0},
    ]
    rows = [campaign(observations=seen, families=["structure", "timing"])]
    pq.write_table(pa.Table.from_pylist(rows, schema=tables.CAMPAIGNS), run / "campaigns.parquet")
    decide_run(run, tmp_path / "state")
    with open_console(Places(runs=run, state=tmp_path / "state")) as opened:
        ana = opened.visitor("ana", "analyst")
        case = next(one for one in opened.cases() if "Campaign C001" in ana.get(f"/cases/{one}").text)
        for path in ("/runs/week/campaigns/C001", f"/cases/{case}"):
            page = html.unescape(ana.get(path).text)
            counted, apart = page.split('<details class="uncounted">', 1)
            apart, after = apart.split("</details>", 1)
            assert "They send one sentence." in counted
            assert "Looked at too, and counted for nothing: shape, timing" in apart, path
            for words in ("Their clients differ.", "Their hours are anybody's."):
                assert words in apart
                assert words not in counted + after
        why = ana.get(f"/cases/{case}").text
        assert "campaign.families = structure, timing" in why
        assert "campaign.honest_explanations = none" in why


def test_why_accounts_are_on_watch_is_said_once_for_all_of_whom_it_is_said(tmp_path: Path) -> None:
    run = write_run(tmp_path / "week", [])
    table = pq.read_table(run / "accounts.parquet")
    rows = table.to_pylist()
    maybe = "Acts like 2 other accounts, and it cannot be told whether an honest explanation holds: one office."
    for row, reason in zip(rows, [maybe, maybe, maybe, "Resembles another account."], strict=False):
        row |= {"verdict": "watch", "reasons": [reason]}
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), run / "accounts.parquet")
    names = [row["account_id"] for row in rows]
    with open_console(Places(runs=run, state=tmp_path / "state")) as opened:
        ana = opened.visitor("ana", "viewer")
        page = ana.get("/runs/week/accounts?verdict=watch").text
        assert page.count(maybe) == 1
        assert "Match probability" not in page.partition("<h1>")[2]
        of_three = re.search(r'href="([^"]+)">3</a></td><td class="wide"><p>Acts like 2', page)
        assert of_three
        chosen = ana.get(html.unescape(of_three[1])).text
        assert maybe in chosen
        assert set(re.findall(r"account\?id=(\w+)", chosen)) == set(names[:3])
        told = ana.get(html.unescape(of_three[1]) + "&as=json").json()
        assert [row["account_id"] for row in told] == sorted(names[:3])
        assert "Why they are on watch" not in ana.get("/runs/week/accounts").text
        assert ana.get("/runs/week/accounts?why=none").status_code == 200
        assert "Say what these" not in chosen
        cyd = opened.visitor("cyd", "analyst")
        page = cyd.get(html.unescape(of_three[1])).text
        assert "Say what these 3 accounts are" in page
        why = re.findall(r'name="why" value="(\w+)"', page)[0]
        said = {"why": why, "accounts": "3", "label": "cleared", "days": "90", "reason": "one office"}
        at = "/runs/week/accounts/label"
        for changed, status in (
            ({"accounts": "2"}, 409),
            ({"why": "none"}, 404),
            ({"reason": " "}, 422),
            ({"label": "guilty"}, 422),
            ({"days": "91"}, 422),
        ):
            assert cyd.post(at, said | changed).status_code == status
        assert opened.console.cases.labels() == {}
        assert ana.post(at, said).status_code == 403
        answer = cyd.post(at, said)
        assert "3 accounts of these are" in cyd.get(answer.headers["location"]).text
        held = opened.console.cases.labels()
        assert {name: (one.label, one.by, one.reason) for name, one in held.items()} == dict.fromkeys(
            sorted(names[:3]), ("cleared", "cyd", "one office")
        )
        assert cyd.post(at, said | {"label": "none"}).status_code == 303
        assert opened.console.cases.labels() == {}
        account = ana.get(f"/runs/week/account?id={names[0]}").text
        assert "Why it is on watch" in account
        assert "could not be ruled out" in account
        assert "could not be ruled out" not in ana.get(f"/runs/week/account?id={names[3]}").text


def test_what_became_of_campaigns_since_the_last_step_of_a_run(tmp_path: Path) -> None:
    run = write_run(tmp_path / "week")
    info = json.loads((run / "run.json").read_text())
    told = {"campaign_id": "C001", "state": "known", "accounts": 8, "new_accounts": 3, "lost_accounts": 0}
    gone = {"campaign_id": "C007", "state": "gone", "accounts": 5}
    (run / "run.json").write_text(json.dumps({**info, "step": 4, "since": [told, gone]}))
    life = {
        "step": 4,
        "time": START,
        "campaign_id": "C001",
        "state": "known",
        "first_reported": START,
        "new_account_ids": ["m6", "m7"],
        "lost_account_ids": [HOSTILE],
    }
    pq.write_table(pa.Table.from_pylist([life], schema=tables.CAMPAIGN_HISTORY), run / "campaign_history.parquet")
    with open_console(Places(runs=run, state=tmp_path / "state")) as opened:
        ana = opened.visitor("ana", "viewer")
        page = ana.get("/runs/week").text
        assert "Since the last step" in page
        assert "C001 goes on: 8 accounts, 3 of them new." in page
        assert "C007 was not found any more." in page
        page = ana.get("/runs/week/campaigns/C001").text
        assert "First reported 7 Sep 2026, 00:00 UTC; in step 4 found again." in page
        assert "New members: m6, m7" in page
        assert HOSTILE not in page
        lost = ana.get("/runs/week/campaigns/C007")
        assert lost.status_code == 404
        assert "There is nothing here" in lost.text
        assert "That was not done" in ana.post("/queue/next").text


def test_the_choice_of_runs_says_what_waits_in_each(tmp_path: Path) -> None:
    for name, begun in (("mon", "2026-09-07T00:00:00+00:00"), ("tue", "2026-09-08T00:00:00+00:00")):
        run = write_run(tmp_path / "runs" / name)
        info = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps({**info, "started": begun}))
    decide_run(tmp_path / "runs" / "mon", tmp_path / "state")
    with open_console(Places(runs=tmp_path / "runs", state=tmp_path / "state")) as opened:
        ana = opened.visitor("ana", "analyst")
        page = ana.get("/").text
        assert page.index("/runs/tue") < page.index("/runs/mon")
        assert page.count("not held to the policy yet") == 1
        assert 'href="/queue?run=mon">1</a>' in page
        assert 'href="/runs/mon/campaigns">1</a>' in page
        case = next(one for one in opened.cases() if "Campaign C001" in ana.get(f"/cases/{one}").text)
        assert ana.act(case, "assess").status_code == 303
        page = ana.get("/").text
        assert 'href="/queue?stage=second&amp;run=mon">1</a>' in page
        assert 'href="/queue?run=mon"' not in page


def test_what_is_not_there_is_said(opened: Open) -> None:
    ken = opened.visitor("ken", "analyst")
    for path in (
        "/runs/none",
        "/runs/week/campaigns/C9",
        "/runs/week/account?id=none",
        "/cases/D-none",
        "/appeals/A-none",
        "/x",
    ):
        answer = ken.get(path)
        assert answer.status_code == 404
        assert 'role="alert"' in answer.text


def test_accounts_without_a_link_stand_below_and_leave_the_room_to_the_others() -> None:
    places = np.array([[0.1, 0.0], [0.2, 0.1], [0.15, 0.05], [9, 9], [-9, 4]], np.float32)
    linked = np.array([True, True, True, False, False])
    put = set_apart(places, linked)
    assert np.ptp(put[linked], axis=0).max() == pytest.approx(2, abs=1e-5)
    assert (put[~linked, 1] < put[linked, 1].min()).all()
    assert np.abs(put).max() < 1.5
    assert len(np.unique(put.round(3), axis=0)) == 5
    for all_alike in (np.ones(5, bool), np.zeros(5, bool)):
        assert np.array_equal(set_apart(places, all_alike), places)


def test_places_are_the_same_for_the_same_links_and_spread() -> None:
    ends = np.array([(n, (n * 7 + 1) % 3000) for n in range(3000) if n != (n * 7 + 1) % 3000])
    weights = np.ones(len(ends), np.float32)
    first, again = spread_accounts(3000, ends, weights), spread_accounts(3000, ends, weights)
    assert np.array_equal(first, again)
    assert np.isfinite(first).all()
    assert len(np.unique(first.round(4), axis=0)) > 2900
    nothing = np.zeros((0, 2), np.int64)
    assert [len(spread_accounts(n, nothing, np.zeros(0, np.float32))) for n in (0, 1, 2, 5)] == [0, 1, 2, 5]


def test_vendored_files_are_as_published_and_ask_nothing_of_any_network() -> None:
    sums = {line[66:]: line[:64] for line in (VENDOR / "SHA256SUMS").read_text().splitlines()}
    files = {path.name: path for path in VENDOR.iterdir() if path.suffix in (".js", ".css", ".txt")}
    assert set(sums) == set(files)
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[name]
    licences = [name for name in files if name.endswith("LICENSE.txt")]
    assert {name.split("-")[0] for name in files} == {name.split("-")[0] for name in licences}


def test_what_is_new_grown_or_gone_since_the_run_before(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    grown, shrunk, new = CLEAR[:4], CLEAR[4:8], CLEAR[10:14]
    worlds = {
        "old": {"C1": grown[:2], "C2": shrunk, "C3": CLEAR[8:10]},
        "young": {"X1": grown, "X2": shrunk[:3], "X3": new},
    }
    for n, (name, campaigns) in enumerate(worlds.items()):
        rows = [
            campaign(campaign_id=c, account_ids=ids, accounts=len(ids), bystander_ids=[])
            for c, ids in campaigns.items()
        ]
        write_run(runs / name, rows)
        info = json.loads((runs / name / "run.json").read_text())
        (runs / name / "run.json").write_text(json.dumps({**info, "started": f"2026-09-{n + 1:02}T00:00:00+00:00"}))
    opened = Runs(runs)
    young, old = opened.all()
    assert (young.name, old.name) == ("young", "old")
    found = {one.now or one.before: (one.kind, one.before, one.shared) for one in changes_since(old, young)}
    assert found == {
        "X1": ("grown", "C1", 2),
        "X2": ("shrunk", "C2", 3),
        "X3": ("new", None, 0),
        "C3": ("gone", "C3", 0),
    }
    opened.close()
    with open_console(Places(runs=runs, state=tmp_path / "state")) as served:
        page = served.visitor("ana", "viewer").get("/runs/young").text
        assert "Since old" in page
        assert "in no campaign before" in page
        bo = served.visitor("bo", "viewer")
        assert "Since" not in bo.get("/runs/old").text
        # Held against whichever run one asks for.
        page = bo.get("/runs/old?since=young").text
        assert "Since young" in page
        assert [one["kind"] for one in bo.get("/runs/old?since=young&as=json").json()].count("gone") == 1
        assert "Since old" in bo.get("/runs/young?since=nowhere").text
        assert "young" in served.visitor("cy", "viewer").get("/").text


def test_a_runs_files_are_kept_by_analysts_as_files_and_that_is_noted(fresh: Open) -> None:
    ana, vi = fresh.visitor("ana", "analyst"), fresh.visitor("vi", "viewer")
    assert ana.get("/runs/week/report.html").status_code == 404
    (fresh.console.places.runs / "report.html").write_text(HOSTILE)
    kept = ana.get("/runs/week/report.html")
    assert kept.text == HOSTILE
    assert kept.headers["content-disposition"].startswith("attachment")
    assert kept.headers["content-type"] == "application/octet-stream"
    assert vi.get("/runs/week/report.html").status_code == 403
    assert any(one.body["kind"] == "kept a file" for one in fresh.console.audit.entries())


def test_what_was_decided_becomes_labels(fresh: Open) -> None:
    ana, bo = fresh.visitor("ana", "analyst"), fresh.visitor("bo", "approver")
    assert "No label yet" in ana.get("/labels").text
    case = fresh.cases()[0]
    ana.act(case, "assess", "one hand", **{"except": ["m1"]})
    bo.act(case, "approve", f"seen too {HOSTILE}")
    rows = {row["account_id"]: row for row in ana.get("/labels?as=json").json()}
    assert rows["m1"]["label"] == "cleared"
    assert rows["m0"] | {"time": ""} == {
        "account_id": "m0",
        "label": "confirmed",
        "state": "holds",
        "until": None,
        "case_id": case,
        "by": "bo",
        "time": "",
        "reason": f"seen too {HOSTILE}",
    }
    page = ana.get("/labels?label=confirmed").text
    assert "1–7 of 7 labels" in page
    assert HOSTILE not in page
    assert "<strong>Confirmed</strong> by bo" in ana.get("/runs/week/account?id=m0").text


def test_what_exchanges_may_be_worth_and_a_finding_to_keep(tmp_path: Path) -> None:
    told = {"task": f"codebook {HOSTILE}", "interface": "text+cot", "attacker": "passive", "recovery": 0.71}
    run = write_run(tmp_path / "week", [campaign(worth=[{**told, "low": 0.6, "high": 0.8, "beyond": True}])])
    (run / "run.json").write_text(json.dumps({"values": {"caveats": ["Small models alone."]}}))
    findings = [{"finding_info": {"uid_alt": name}, "message": name} for name in ("C000", "C001")]
    (run / "findings.ocsf.jsonl").write_text("".join(json.dumps(one) + "\n" for one in findings))
    with open_console(Places(run, tmp_path / "state")) as opened:
        ana, vi = opened.visitor("ana", "analyst"), opened.visitor("vi", "viewer")
        page = vi.get("/runs/week/campaigns/C001").text
        assert "60 % to 80 %" in page
        assert "beyond the volumes measured" in page
        assert "Small models alone." in page
        assert HOSTILE not in page
        assert "finding.ocsf.json" not in page
        at = "/runs/week/campaigns/C001/finding.ocsf.json"
        assert ana.get(at).json()["message"] == "C001"
        assert vi.get(at).status_code == 403
        assert ana.get(at.replace("C001", "C002")).status_code == 404


def test_the_log_is_filtered_by_its_cells_and_kept_whole(fresh: Open) -> None:
    ana, ada = fresh.visitor("ana", "analyst"), fresh.visitor("ada", "admin")
    case = fresh.cases()[0]
    ana.post(f"/cases/{case}/claim")
    ana.get(f"/cases/{case}")
    ana.get("/runs/week/account?id=m0")
    page = ada.get("/audit?by=ana").text
    assert f'href="/audit?by=ana&amp;case={case}"' in page
    assert 'href="/audit?by=ana&amp;what=looked+at+an+account"' in page
    rows = ada.get("/audit", params={"case": case, "as": "json"}).json()
    assert [(row["by"], row["what"]) for row in rows] == [("ana", "claimed"), ("ana", "looked at a case")]
    assert [row["account"] for row in ada.get("/audit?account=m0&as=json").json()] == ["m0"]
    assert "No entry with these filters" in ada.get("/audit?what=nothing").text
    assert ana.get("/audit?as=csv").status_code == 403


def test_the_log_is_paged_from_its_end_and_what_was_changed_is_told(
    fresh: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, log = fresh.visitor("ada", "admin"), fresh.console.audit
    log.append(*({"kind": "looked at a case", "by": f"p{n % 3}", "case": f"D{n}"} for n in range(120)))
    last = list(log.entries())[-1]
    seen: list[int] = []
    path = "/audit"
    for _ in range(9):
        page = ada.get(path).text
        seen += [int(n) for n in re.findall(r'<td class="num">(\d+)</td>', page)]
        found = re.search(r'href="(/audit\?before=\d+)" rel="next"', page)
        if found is None:
            break
        path = found[1]
    assert seen == list(range(last.n, -1, -1))
    assert f"The chain holds up to entry {last.n}: <code>{last.hash}</code>" in ada.get("/audit").text
    assert ada.get("/audit?by=p1").text.count("<tr><td") == 40
    for odd in ("x", "-1", "9" * 40, "3", "9" * 14):
        assert ada.get(f"/audit?before={odd}").status_code == 200
    monkeypatch.setattr("stillwatch.console.log_pages._MOST_BYTES", 2_000)
    page = ada.get("/audit?case=D5").text
    assert "No entry with these filters in this part of the log" in page
    for _ in range(99):
        further = re.search(r'href="(/audit\?case=D5&amp;before=\d+)">look further back', page)
        if further is None or "<tr><td" in page:
            break
        page = ada.get(html.unescape(further[1])).text
    assert page.count("<tr><td") == 1
    content = log.path.read_bytes()
    log.path.write_bytes(content.replace(b'"case":"D119"', b'"case":"D118"'))
    assert ada.get("/audit").status_code == 422
    assert "something was changed" in ada.get("/audit").text


def test_an_account_is_labelled_with_a_reason_and_an_end(fresh: Open) -> None:
    ana, at = fresh.visitor("ana", "analyst"), "/runs/week/account/label"
    said = {"id": "m0", "label": "cleared", "days": "30", "reason": f"a class {HOSTILE}"}
    assert ana.post(at, said | {"reason": ""}).status_code == 422
    assert ana.post(at, said | {"days": "31"}).status_code == 422
    assert ana.post(at, said | {"id": "nobody"}).status_code == 404
    assert ana.post(at, said).status_code == 303
    page = ana.get("/runs/week/account?id=m0").text
    assert "<strong>Cleared</strong> by ana" in page
    assert HOSTILE not in page
    # What was said two months ago for a month.
    begun = datetime.now(UTC) - timedelta(days=60)
    end = begun + timedelta(days=30)
    label_account(fresh.console.cases.log, "m1", "confirmed", by="bo", reason="sold on", now=begun, until=end)
    assert f"It ended {wording.moment(end)}" in ana.get("/runs/week/account?id=m1").text
    rows = {row["account_id"]: row for row in ana.get("/labels?as=json").json()}
    assert {name: (row["state"], row["case_id"]) for name, row in rows.items()} == {
        "m0": ("holds", None),
        "m1": ("ended", None),
    }
    assert rows["m1"]["until"] == end.isoformat()
    assert "m1" not in ana.get("/labels?state=holds&as=csv").text
    ana.post(at, {"id": "m0", "label": "none", "days": "", "reason": "my mistake"})
    assert "Nobody has said what it is" in ana.get("/runs/week/account?id=m0").text


def test_what_persons_said_of_its_accounts_stands_beside_a_case(fresh: Open) -> None:
    ana = fresh.visitor("ana", "analyst")
    case = fresh.cases()[0]
    said = {"label": "cleared", "days": "", "reason": "a class of ours"}
    for path in (f"/cases/{case}", "/runs/week/campaigns/C001"):
        assert "by a person" not in ana.get(path).text
    assert ana.post("/runs/week/account/label", {**said, "id": "m0"}).status_code == 303
    assert ana.post("/runs/week/account/label", {**said, "id": ACCOUNT}).status_code == 303
    for path in (f"/cases/{case}", "/runs/week/campaigns/C001"):
        page = ana.get(path).text
        assert '2 accounts of these are <a href="/labels?label=cleared">cleared</a>' in page
        assert HOSTILE not in page
    assert 'href="/labels"' in ana.get("/queue").text


def test_why_two_accounts_are_linked(opened: Open) -> None:
    vic = opened.visitor("vic", "viewer")
    at = "/runs/week/account/link"
    page = vic.get(at, params={"id": "m0", "other": ACCOUNT}).text
    assert "<svg" in page
    assert HOSTILE not in page
    panel = vic.get(at, params={"id": "m0", "other": ACCOUNT}, headers={"hx-request": "true"}).text
    assert panel.lstrip().startswith("<table")
    assert vic.get(at, params={"id": "m0", "other": "c9"}).status_code == 404
    assert vic.get(at, params={"id": "m0"}).status_code == 404


def test_rules_and_people_are_kept_as_csv_and_json(fresh: Open) -> None:
    boss, vi = fresh.visitor("boss", "admin"), fresh.visitor("vi", "viewer")
    boss.post("/people", {"name": "ada", "role": "analyst"})
    assert 'href="/people?as=csv"' in boss.get("/people").text
    people = boss.get("/people?as=json").json()
    assert list(csv.DictReader(io.StringIO(boss.get("/people?as=csv").text))) == [
        {name: "" if value is None else str(value) for name, value in one.items()} for one in people
    ]
    assert {one["name"]: (one["role"], one["state"]) for one in people if one["name"] != "vi"} == {
        "boss": ("admin", "invited"), "ada": ("analyst", "invited")
    }  # fmt: skip
    assert "password" not in boss.get("/people?as=json").text
    assert vi.get("/people?as=csv").status_code == 403
    assert "/runs/week/policy?as=csv" in vi.get("/runs/week/policy").text
    rules = vi.get("/runs/week/policy?as=json").json()
    page = vi.get("/runs/week/policy").text
    assert rules
    assert all(f'id="rule-{one["rule"]}"' in page for one in rules)
    told = list(csv.DictReader(io.StringIO(vi.get("/runs/week/policy?as=csv").text)))
    assert [one["rule"] for one in told] == [one["rule"] for one in rules]
    assert sum(one["cases"] for one in rules) > 0


def test_what_a_stretch_counts_leads_to_its_requests(tmp_path: Path) -> None:
    run = write_run(tmp_path / "week")
    path = run / "exchanges.parquet" / "0000.parquet"
    schema = pq.read_schema(path)
    rows = pq.read_table(path, partitioning=None).to_pylist()
    for n, row in enumerate(rows):
        row |= {"status": "429" if n % 3 == 1 else "200", "country": f"NO {HOSTILE}", "asn": 64500 + n % 3}
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    second = quote((START + timedelta(hours=12)).isoformat(), safe="")
    with open_console(Places(runs=run, state=tmp_path / "state")) as opened:
        ana = opened.visitor("ana", "viewer")
        for panel, expected in (
            (AT_M0, {"200": 2, "429": 1}),
            (f"{AT_M0_STRETCH}&from={second}", {"200": 1, "429": 1}),
        ):
            page = ana.get(panel).text
            assert HOSTILE not in page
            leads = {html.unescape(one) for one in re.findall(r'class="only" href="([^"]*requests[^"]*)"', page)}
            assert {one.rpartition("&")[2].partition("=")[0] for one in leads} == {"model", "status", "country", "asn"}
            for status, n in expected.items():
                (lead,) = [one for one in leads if one.endswith(f"status={status}")]
                found = ana.get(lead + "&as=json").json()
                assert [str(one["status"]) for one in found] == [status] * n
                shown = ana.get(lead).text
                assert f"of {n} request" in shown
                assert f'<strong class="id">{status}</strong>' in shown
        (lead,) = [one for one in leads if "country=" in one]
        assert len(ana.get(lead + "&as=json").json()) == 2
        assert "No request in this stretch" in ana.get(f"{REQUESTS_M0}&status=x&asn=1").text
