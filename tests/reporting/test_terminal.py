"""The closing summary as a terminal shows it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from stillwatch.reporting import render_console, write_report

MakeRun = Callable[..., Path]


def printed(run: Path, width: int = 100) -> str:
    screen = io.StringIO()
    Console(file=screen, width=width, color_system=None).print(render_console(run))
    return screen.getvalue()


def test_campaigns_with_one_reason_each_counts_and_the_way_to_the_page(make_run: MakeRun) -> None:
    run = make_run()
    text = printed(run)
    row = next(line for line in text.splitlines() if "18,420" in line)
    assert row.split() == ["C-0001", "64", "18,420", "2–8", "Feb", "2026", "<", "0.0001", "act"]
    assert "Questions are interchangeable between the accounts." in text
    assert "The accounts take turns" not in text
    assert "201,340 exchanges of 3,012 accounts; 2 campaigns, 12 accounts on watch" in text
    assert "11 records not readable, most often: not JSON" in text
    assert f"report: {run / 'report.html'}" in text


def test_a_family_that_is_not_known_can_be_the_reason(make_run: MakeRun) -> None:
    run = make_run()
    schema = pq.read_schema(run / "campaigns.parquet")
    first, second = pq.read_table(run / "campaigns.parquet").to_pylist()
    first["families"].append("rhythm")
    said = {"family": "rhythm", "statement": "They pause in the same places.", "p_value": 1e-30}
    first["observations"].append(first["observations"][0] | said)
    pq.write_table(pa.Table.from_pylist([first, second], schema), run / "campaigns.parquet")
    text = printed(run)
    assert "infrastructure, rhythm" in text
    assert "They pause in the same places." in text


def test_hostile_text_cannot_drive_the_terminal(make_run: MakeRun) -> None:
    text = printed(make_run())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[U+001B][31m" in text


def test_no_campaign(make_run: MakeRun) -> None:
    text = printed(make_run(campaigns=0))
    assert "No campaign found." in text
    assert "12 accounts on watch" in text
    assert "  12 on watch: Asks for reasoning steps in 80 % of requests." in text


def test_why_accounts_are_on_watch_is_said_of_the_largest_groups(make_run: MakeRun) -> None:
    run = make_run(campaigns=0)
    table = pq.read_table(run / "accounts.parquet")
    rows = table.to_pylist()
    for n, row in enumerate(row for row in rows if row["verdict"] == "watch"):
        row["reasons"] = [["Of six.", "Also."], ["Of three."], ["Of \x1btwo."], []][(n > 5) + (n > 8) + (n > 10)]
    rows[-2]["reasons"] = ["Of one."]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), run / "accounts.parquet")
    text = printed(run)
    assert text.index("6 on watch: Of six.") < text.index("3 on watch: Of three.") < text.index("and 1 other reason")
    assert "Also." not in text
    assert "\x1b" not in text


def test_a_narrow_terminal_keeps_every_figure(make_run: MakeRun) -> None:
    text = printed(make_run(), width=80)
    assert "41,377" in text
    assert "review" in text


def test_a_run_without_counts_is_counted(make_run: MakeRun) -> None:
    assert "of 3,012 accounts; 2 campaigns" in printed(make_run(info={}))


def test_a_part_of_one_stream_is_told_and_runs_without_the_key_are_read(make_run: MakeRun) -> None:
    run = make_run()
    assert "one source, unlike" not in printed(run)
    info = json.loads((run / "run.json").read_bytes())
    one = {
        "account_ids": ["acct-\x1b[31mrelay"],
        "sentence": "Roughly 5% of it comes from one source, unlike the rest.",
    }
    for found, lines in (([one], 1), ([one] * 7, 5)):
        (run / "run.json").write_text(json.dumps(info | {"streams": {"found": found, "tested": 9}}))
        text = " ".join(printed(run).split())
        assert text.count("one source, unlike the rest") == lines
        assert "\x1b" not in text
    assert "and 2 more in the report" in text
    (run / "run.json").write_text(json.dumps(info | {"streams": {"found": "not a list"}}))
    assert "one source, unlike" not in printed(run)


def test_files_of_which_nothing_was_read_are_named_apart(make_run: MakeRun) -> None:
    run = make_run()
    schema = pq.read_schema(run / "dead_letters.parquet")
    rows = pq.read_table(run / "dead_letters.parquet").to_pylist()
    files = [{**rows[0], "file": f"f{n}", "kind": "file", "line": 0, "reason": "it is a PNG picture"} for n in range(7)]
    pq.write_table(pa.Table.from_pylist([*files, *rows], schema), run / "dead_letters.parquet")
    text = printed(run)
    assert "not read: f0: it is a PNG picture" in text
    assert "not read: 2 more files" in text
    assert "11 records not readable, most often: not JSON" in text
    pq.write_table(pa.Table.from_pylist(files[:1], schema), run / "dead_letters.parquet")
    text = printed(run)
    assert "every record of the other files was read" in text
    write_report(run)
    page = (run / "report.html").read_text()
    assert "Of 1 file nothing was read." in page
    assert "<td><code>f0</code></td><td>it is a PNG picture</td>" in page
