"""Tables as terminals, dumps and services write them as text, and lines in other notations than JSON."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest import plan, read_slice

NAMES = ("created_at", "user_id", "model", "prompt", "response", "prompt_tokens")
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)

ALIGNED = """\
       created_at       | user_id | model |    prompt     | response | prompt_tokens
------------------------+---------+-------+---------------+----------+---------------
 2026-03-02 09:00:00+00 | u-1     | m     | Deepest lake? | Baikal.  |            14
 2026-03-02 09:00:00+00 | u-2     | m     | a | b         | 東京。   |            15
 2026-03-02 09:00:00+00 | u-3     | m     | two          +|          |
                        |         |       | lines         |          |
(3 rows)

"""
BOXED = """\
+---------------------+---------+-------+---------------+----------+---------------+
| created_at          | user_id | model | prompt        | response | prompt_tokens |
+---------------------+---------+-------+---------------+----------+---------------+
| 2026-03-02 09:00:00 | u-1     | m     | Deepest lake? | Baikal.  |            14 |
| 2026-03-02 09:00:00 | u-2     | m     | a | b         | 東京。   |            15 |
| 2026-03-02 09:00:00 | u-3     | m     | two           | NULL     |          NULL |
+---------------------+---------+-------+---------------+----------+---------------+
3 rows in set (0.00 sec)
"""
DUCK = """\
┌─────────────────────┬─────────┬─────────┬───────────────┬──────────┬───────────────┐
│     created_at      │ user_id │  model  │    prompt     │ response │ prompt_tokens │
│      timestamp      │ varchar │ varchar │    varchar    │ varchar  │     int64     │
├─────────────────────┼─────────┼─────────┼───────────────┼──────────┼───────────────┤
│ 2026-03-02 09:00:00 │ u-1     │ m       │ Deepest lake? │ Baikal.  │            14 │
│ 2026-03-02 09:00:00 │ u-2     │ m       │ a | b         │ 東京。   │            15 │
│ 2026-03-02 09:00:00 │ u-3     │ m       │ two           │ NULL     │          NULL │
└─────────────────────┴─────────┴─────────┴───────────────┴──────────┴───────────────┘
"""
EXPANDED = """\
-[ RECORD 1 ]-+-----------------------
created_at    | 2026-03-02 09:00:00+00
user_id       | u-1
model         | m
prompt        | Deepest lake?
response      | Baikal.
prompt_tokens | 14
-[ RECORD 2 ]-+-----------------------
created_at    | 2026-03-02 09:00:00+00
user_id       | u-2
model         | m
prompt        | a | b
response      | 東京。
prompt_tokens | 15
-[ RECORD 3 ]-+-----------------------
created_at    | 2026-03-02 09:00:00+00
user_id       | u-3
model         | m
prompt        | two                  +
              | lines
response      |
prompt_tokens |
"""
VERTICAL = """\
*************************** 1. row ***************************
   created_at: 2026-03-02 09:00:00
      user_id: u-1
        model: m
       prompt: Deepest lake?
     response: Baikal.
prompt_tokens: 14
*************************** 2. row ***************************
   created_at: 2026-03-02 09:00:00
      user_id: u-2
        model: m
       prompt: a | b
     response: 東京。
prompt_tokens: 15
*************************** 3. row ***************************
   created_at: 2026-03-02 09:00:00
      user_id: u-3
        model: m
       prompt: two
lines
     response: NULL
prompt_tokens: NULL
3 rows in set (0.00 sec)
"""
COPIED = """\
--
-- PostgreSQL database dump
--

SET statement_timeout = 0;

COPY public.calls (created_at, user_id, model, prompt, response, prompt_tokens) FROM stdin;
2026-03-02 09:00:00+00\tu-1\tm\tDeepest lake?\tBaikal.\t14
2026-03-02 09:00:00+00\tu-2\tm\ta | b\t東京。\t15
2026-03-02 09:00:00+00\tu-3\tm\ttwo\\nlines\t\\N\t\\N
\\.

--
-- PostgreSQL database dump complete
--
"""
INSERTED = """\
-- MySQL dump 10.13
CREATE TABLE `calls` (
  `created_at` datetime NOT NULL,
  `user_id` varchar(9) DEFAULT NULL,
  `model` text,
  `prompt` text,
  `response` text,
  `prompt_tokens` int,
  PRIMARY KEY (`user_id`)
) ENGINE=InnoDB;
INSERT INTO `calls` VALUES ('2026-03-02 09:00:00','u-1','m','Deepest lake?','Baikal.',14),\
('2026-03-02 09:00:00','u-2','m','a | b','東京。',15);
INSERT INTO calls (created_at, user_id, model, prompt, response, prompt_tokens)
VALUES ('2026-03-02 09:00:00','u-3','m','two
lines',NULL,NULL);
"""
COMPACT = """\
["created_at","user_id","model","prompt","response","prompt_tokens"]
["DateTime","String","String","String","Nullable(String)","Nullable(UInt32)"]
["2026-03-02 09:00:00","u-1","m","Deepest lake?","Baikal.",14]
["2026-03-02 09:00:00","u-2","m","a | b","東京。",15]
["2026-03-02 09:00:00","u-3","m","two\\nlines",null,null]
"""
TABLES = {
    "psql": ALIGNED, "mysql": BOXED, "DuckDB": DUCK, "psql -x": EXPANDED, "mysql -E": VERTICAL, "pg_dump": COPIED,
    "mysqldump": INSERTED, "ClickHouse": COMPACT,
}  # fmt: skip
ONE_LINE = ("mysql", "DuckDB")


def read(folder: Path, text: str) -> tuple[list[dict[str, Any]], list[str]]:
    (folder / "log").write_text(text, encoding="utf-8")
    results = [result for part in plan([folder / "log"]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_as_text(tmp_path: Path, name: str) -> None:
    rows, letters = read(tmp_path, TABLES[name])
    assert letters == []
    told = [(row["account_id"], row["model"], row["prompt"], row["response"], row["input_tokens"]) for row in rows]
    assert told == [
        ("u-1", "m", "Deepest lake?", "Baikal.", 14),
        ("u-2", "m", "a | b", "東京。", 15),
        ("u-3", "m", "two" if name in ONE_LINE else "two\nlines", None, None),
    ]
    assert {row["time"] for row in rows} == {MOMENT}


def test_a_row_whose_cells_cannot_be_told_apart_is_refused_alone(tmp_path: Path) -> None:
    lines = BOXED.splitlines(keepends=True)
    lines.insert(4, "| 2026-03-02 09:00:00 | u-9 | m | what | is | this | 1 |\n")
    rows, letters = read(tmp_path, "".join(lines))
    assert [row["account_id"] for row in rows] == ["u-1", "u-2", "u-3"]
    assert letters == ["the row has not the header's 6 cells between its bars"]


def test_a_dump_that_breaks_off_says_so(tmp_path: Path) -> None:
    cut = INSERTED[: INSERTED.rindex("lines'")]
    rows, letters = read(tmp_path, cut)
    assert [row["account_id"] for row in rows] == ["u-1", "u-2"]
    assert letters == ["the statement breaks off within a row"]


MARKDOWN = "| created_at | user_id | prompt |\n|---|:--:|---:|\n| 2026-03-02 09:00:00 | u-1 | Deepest lake? |\n"
LOGFMT = 'level=info ts=2026-03-02T09:00:00Z user_id=u-1 prompt="Deepest lake?" response="It is \\"Baikal\\"." err=\n'
SHOWN = (
    "{'timestamp': datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.timezone.utc), 'user_id': 'u-1', "
    "'prompt': 'Deepest lake?', 'stream': False, 'x': None}\n"
)
COMMENTED = "# calls of march\n# made by a job\ncreated_at,user_id,prompt\n2026-03-02 09:00:00,u-1,Deepest lake?\n"
UNITS = 'created_at (UTC),user_id,prompt,latency (ms),prompt_tokens\n2026-03-02 09:00:00,u-1,Deepest lake?,70,"1,024"\n'


@pytest.mark.parametrize("text", [MARKDOWN, LOGFMT, SHOWN, COMMENTED, UNITS])
def test_other_notations(tmp_path: Path, text: str) -> None:
    (row,), letters = read(tmp_path, text)
    assert letters == []
    assert (row["account_id"], row["prompt"], row["time"]) == ("u-1", "Deepest lake?", MOMENT)
    if text is UNITS:
        assert (row["latency_ms"], row["input_tokens"]) == (70.0, 1024)
    if text is LOGFMT:
        assert row["response"] == 'It is "Baikal".'


def test_a_zone_in_a_header_is_not_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("created_at (PST),user_id,prompt\n2026-03-02 09:00:00,u-1,Deepest lake?\n")
    with pytest.raises(Exception, match="no format recognises its rows"):
        plan([tmp_path / "log"])


def test_pairs_that_are_no_line_of_pairs_are_none(tmp_path: Path) -> None:
    _, letters = read(tmp_path, LOGFMT + "why is a=b and c=d and e=f?\n")
    assert len(letters) == 1
    assert letters[0].startswith("not JSON")
