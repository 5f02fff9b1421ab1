"""How long a run of many accounts takes to decide.

    python benchmarks/policy.py --accounts 100000 --exchanges 2000000

Writes the files of a run (one account in ten in a campaign of fifty, one in fifty watched, a thousand licensed),
decides it with the default policy and prints seconds a step; beside it, the same rules evaluated account by account.
Prints the machine and the commit.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from scan import heading
from stillwatch import tables
from stillwatch.core import AuditLog
from stillwatch.decisions import current_decisions
from stillwatch.policy import DEFAULT_POLICY, Policy, RunFacts, decide, read_policy, read_registry, read_run, record

SIZE = 50
LICENCES, OF_EACH = 100, 10

_ACCOUNTS = f"""
SELECT format('acct-{{:07d}}', i) AS account_id, CASE WHEN i % 3 = 0 THEN 'org-' || i // 4 END AS org_id,
       (1 + i * 7919 % 500)::BIGINT AS exchanges, TIMESTAMPTZ '2026-09-07 00:00:00+00' AS first_seen,
       TIMESTAMPTZ '2026-09-07 00:00:00+00' + to_seconds(i * 104729 % 500000) AS last_seen,
       CASE WHEN i < $campaigns * {SIZE} THEN format('C{{:05d}}', i // {SIZE}) END AS campaign_id,
       CASE WHEN campaign_id IS NOT NULL THEN (i % 97) / 97.0 END AS match_probability,
       CASE WHEN campaign_id IS NOT NULL THEN 1e-9 END AS q_value,
       CASE WHEN campaign_id IS NOT NULL THEN 'review' WHEN i % 50 = 0 THEN 'watch' ELSE 'clear' END AS verdict,
       CASE WHEN verdict = 'clear' THEN [] ELSE ['a reason'] END AS reasons
FROM range($accounts) AS t(i)
"""
_EXCHANGES = """
SELECT 'x' || i AS exchange_id, TIMESTAMPTZ '2026-09-07 00:00:00+00' + to_seconds(i % 500000) AS time,
       format('acct-{:07d}', hash(i) % $accounts) AS account_id, 'apex-' || i % 3 AS model,
       NULL::VARCHAR AS licence_id, NULL::VARCHAR AS declared_use
FROM range($exchanges) AS t(i)
"""


def write_run(folder: Path, accounts: int, exchanges: int) -> None:
    """The files that policy reads of a run; of exchanges the columns that it reads."""
    campaigns = accounts // 10 // SIZE
    connection = duckdb.connect(config={"threads": "2"})
    made = connection.sql(_ACCOUNTS, params={"campaigns": campaigns, "accounts": accounts}).to_arrow_table()
    pq.write_table(made.cast(tables.ACCOUNTS), folder / "accounts.parquet")
    (folder / "exchanges.parquet").mkdir()
    sent = connection.sql(_EXCHANGES, params={"accounts": accounts, "exchanges": exchanges}).to_arrow_table()
    pq.write_table(sent, folder / "exchanges.parquet" / "0.parquet")
    names = made["account_id"].to_pylist()
    rows = [_campaign(number, names[number * SIZE : (number + 1) * SIZE]) for number in range(campaigns)]
    pq.write_table(pa.Table.from_pylist(rows, schema=tables.CAMPAIGNS), folder / "campaigns.parquet")
    text = {
        "kind": "sentence",
        "accounts": SIZE,
        "example": "e",
        "shared": ["e"],
        "exchange_ids": ["x1"],
    }
    texts = [{**text, "template_id": f"T{row['campaign_id']}", "campaign_id": row["campaign_id"]} for row in rows]
    pq.write_table(pa.Table.from_pylist(texts, schema=tables.TEMPLATES), folder / "templates.parquet")
    (folder / "run.json").write_text('{"counts": {}, "columns_missing": ["created", "plan", "verified"]}')
    entries = []
    for number in range(LICENCES):
        holders = ", ".join(names[-1 - number * OF_EACH - i] for i in range(OF_EACH))
        entries.append(f"- {{licence_id: l{number}, holder: h, contract: c, exchanges: 150, accounts: [{holders}]}}")
    (folder / "licences.yaml").write_text("licences:\n" + "\n".join(entries) + "\n")


def _campaign(number: int, members: list[str]) -> dict[str, object]:
    moment = datetime(2026, 9, 7, tzinfo=UTC)
    return {
        "campaign_id": f"C{number:05d}",
        "accounts": len(members),
        "exchanges": 12_000,
        "first_seen": moment,
        "last_seen": moment,
        "p_value": 1e-9,
        "q_value": 10.0 ** -(1 + number % 9),
        "verdict": "review",
        "families": ["structure", "purpose", "timing"][: 1 + number % 3],
        "explanations": [{"name": "one office", "statement": "s", "holds": number % 11 == 0}],
        "inferences": [{"statement": "The answers are collected as training data.", "confidence": "moderate"}],
        "observations": [{"family": "timing", "statement": "s", "exchange_ids": ["x1"]}],
        "account_ids": members,
        "bystander_ids": [],
    }


@contextmanager
def told(what: str) -> Iterator[None]:
    """Prints the seconds that the block took."""
    started = time.perf_counter()
    yield
    print(f"{what:<48} {time.perf_counter() - started:7.2f} s", flush=True)


def one_by_one(policy: Policy, facts: RunFacts) -> int:
    """Every clause on every subject; how many evaluations that took."""
    count = 0
    for rule in policy.rules:
        subjects = facts.subjects[rule.about]
        for condition in rule.conditions:
            named = condition.expression.facts
            for subject in range(len(subjects)):
                condition.expression.evaluate([subjects.value(*fact, subject) for fact in named])
                count += 1
    return count


def main() -> None:
    """Write, decide, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--exchanges", type=int, default=2_000_000)
    given = parser.parse_args()
    heading(None)
    now = datetime(2026, 9, 15, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_run(folder, given.accounts, given.exchanges)
        print(f"{given.accounts:,} accounts, {given.exchanges:,} exchanges")
        policy = read_policy(DEFAULT_POLICY)
        with told("read the run, licences measured"):
            facts = read_run(folder, read_registry(folder / "licences.yaml"))
        with told("decide: rules, ladder, evidence, letters"):
            decided = decide(policy, facts, now)
        log = AuditLog(folder / "log.jsonl")
        with told("append to the log"):
            record(log, decided, policy, facts, now)
        with told("fold the log into what is in force"):
            standing = current_decisions(log.entries(), now)
        kinds = {kind: sum(one.decision.subject.kind == kind for one in standing) for kind in facts.subjects}
        print(", ".join(f"{number:,} {kind} decisions" for kind, number in kinds.items() if number))
        with told("beside it: rules account by account"):
            count = one_by_one(policy, facts)
        print(f"{count:,} evaluations one by one")


if __name__ == "__main__":
    main()
