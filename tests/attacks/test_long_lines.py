"""A log's lines and texts take time with their length, not with its square: whoever writes them must not stop a scan.

What a customer sends stands in the log as it was sent. Each file here is of a megabyte or two, and one expression or
loop over it took hours.
"""

import gzip
import json
import os
from pathlib import Path

import pytest
from forked_commands import stillwatch
from read_apart import ends

from stillwatch.ingest import plan, read_slice
from stillwatch.ingest.files import LONGEST_LINE

MINUTES = 240
BLANKS = " " * 60_000
TIME = "2026-03-02T09:00:00Z"


def _lines(**more: str) -> str:
    records = [{"time": TIME, "account_id": f"a{n}", "prompt": f"Why {n}?"} for n in range(5)]
    return "\n".join(json.dumps(one | more) for one in records) + "\n"


def _chat(answer: str) -> str:
    said = [
        {"role": "user", "content": "Why?", "timestamp": 1_795_490_904},
        {"role": "assistant", "content": answer},
    ]
    return json.dumps({"id": "c", "user_id": "a", "title": "t", "chat": {"models": ["m"], "messages": said}}) + "\n"


def _completion(prompt: str) -> str:
    asked = {"model": "m", "prompt": prompt}
    return json.dumps({"time": TIME, "account_id": "a", "endpoint": "/v1/completions", "request": asked}) + "\n"


TABLE = f" account_id | time | prompt | model\n------+------+------+-----\n a1 | {TIME} | Why? | m\n"
EXPANDED = f"-[ RECORD 1 ]---\naccount_id | a1\ntime | {TIME}\nprompt | Why?\n"
INSERT = "INSERT INTO logs (account_id, time, prompt) VALUES"
DUMP = f"{INSERT} ('a1', '{TIME}', 'Why?');\n"
LINE = "a line of many\n"

FILES = {
    "an empty cell of a wide table": TABLE + f"{BLANKS}| {TIME} | Why? | m\n",
    "blanks at the beginning of a text": f"a text\n{BLANKS}x\n",
    "a cell of many lines": TABLE + f" a2 | {TIME} | Why +| m\n" + "  |  | more +| \n" * 200_000 + "  |  | end | \n",
    "blanks in a row a line": EXPANDED + f"{BLANKS}x\n",
    "many lines in a row a line": EXPANDED + LINE * 300_000,
    "a text of a dump that does not end": DUMP + f"{INSERT} ('a2', '{TIME}', '" + LINE * 150_000,
    "a text of a dump with quotes in each line": DUMP + f"{INSERT} ('a2', '{TIME}', '" + "it''s\n" * 150_000,
    "a long name in a dump": DUMP + f"INSERT INTO {'a.' * 200_000}\n",
    "blanks behind a name in a dump": DUMP + f"INSERT INTO logs{' ' * 400_000}x\n",
    "empty lines in a dump": DUMP + f"{INSERT}" + "\n" * 1_000_000,
    "reasoning that never ends": _chat('<details type="reasoning">' * 60_000),
    "reasoning whose tag never ends": _chat('<details type="reasoning"' * 60_000),
    "summaries that never end": _chat('<details type="reasoning">' + "<summary>" * 200_000 + "</details>"),
    "instructions that never end": _completion("[INST] Why? [/INST]" + "[INST]" * 200_000),
    "blanks in a name": _lines(**{f"Model{' ' * 400_000})": "m"}),
    "broken records on one line": _lines() + '{"k":1,x}' * 600_000 + "\n",
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_is_read_in_time_with_its_length(tmp_path: Path, what: str) -> None:
    log = tmp_path / "log"
    log.write_text(FILES[what], encoding="utf-8")
    assert ends(log, MINUTES)


def test_a_scan_of_all_of_them_ends(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for place, text in enumerate(FILES.values()):
        (logs / f"{place}.log").write_text(text, encoding="utf-8")
    command = ["scan", str(logs), "--out", str(tmp_path / "run"), "--workers", "1"]
    done = stillwatch(command, tmp_path, os.environ, timeout=2 * MINUTES)
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_year_of_thousands_of_digits_costs_its_line_alone(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    shown = f"{{'time': datetime.datetime({'9' * 5_000}, 1, 1, 1, 1), 'account_id': 'a', 'prompt': 'Why?'}}\n"
    log.write_text(_lines() + shown, encoding="utf-8")
    found = [one for part in plan([log]) for one in read_slice(part)]
    assert sum(one.exchanges.num_rows for one in found) == 5
    assert [line for one in found for line in one.dead_letters["line"].to_pylist()] == [6]


def test_texts_of_several_lines_are_as_they_were(tmp_path: Path) -> None:
    texts = ["it''s\n\nall\\'\nthere''", "one\\\\", "''", "a\n''b''\n"]
    log = tmp_path / "log.sql"
    rows = ",\n\n\n".join(f"('a{n}', '{TIME}', '{text}?')" for n, text in enumerate(texts))
    log.write_text(f"{DUMP}{INSERT}\n\n{rows};\n{DUMP}", encoding="utf-8")
    (found,) = [one for part in plan([log]) for one in read_slice(part)]
    meant = ["it's\n\nall'\nthere'?", "one\\?", "'?", "a\n'b'\n?"]
    assert found.exchanges["prompt"].to_pylist() == ["Why?", *meant, "Why?"]
    assert found.dead_letters.num_rows == 0


def test_a_line_of_gigabytes_in_a_packed_file_is_one_dead_letter(tmp_path: Path) -> None:
    """Five megabytes of gzip had taken seven gigabytes of memory; of a line that no request is as long as the beginning
    is kept, and what stands before and behind it is read."""
    first, last = _lines().splitlines(keepends=True)[:2]
    with gzip.open(tmp_path / "log.jsonl.gz", "wb", compresslevel=1) as log:
        log.write(first.encode() + b'{"time": "' + TIME.encode() + b'", "account_id": "a", "prompt": "')
        for _ in range((LONGEST_LINE >> 20) + 2):
            log.write(b"a" * (1 << 20))
        log.write(b'"}\n' + last.encode())
    (part,) = plan([tmp_path])
    results = list(read_slice(part))
    assert [row["account_id"] for one in results for row in one.exchanges.to_pylist()] == ["a0", "a1"]
    (letter,) = [row for one in results for row in one.dead_letters.to_pylist()]
    assert letter["line"] == 2
    assert letter["reason"].startswith("a line of more than 256 MiB")
