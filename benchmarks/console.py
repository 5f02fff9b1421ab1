"""How fast the console's pages come of a run of many accounts, with analysts at work.

    python benchmarks/console.py --accounts 1000000 --exchanges 2000000 --clients 8 --requests 400

Writes the files of a run (campaigns of fifty accounts and one of ten thousand), holds it to the policy, serves it in
this process and asks for pages of every kind from several clients at once: p50 and p99 of the time to the first byte,
by page. Prints the machine and the commit; clients and server share its cores.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from policy import _campaign, write_run
from scan import heading
from stillwatch import tables
from stillwatch.console import Console, Places, serving
from stillwatch.core import AuditLog
from stillwatch.policy import DEFAULT_POLICY, decide, read_policy, read_run, record

LARGE = 10_000

_LINKS = """
SELECT format('acct-{{:07d}}', i) AS account_a, format('acct-{{:07d}}', i - i % {size} + (i * 31 + k * 7) % {size}) AS
    account_b, (2 + hash(i * 10 + k) % 30)::DOUBLE AS match_weight, 0.99::DOUBLE AS match_probability,
    5.0::DOUBLE AS structure, 3.0::DOUBLE AS timing
FROM range({accounts}) AS t(i), range(4) AS s(k)
"""


def write_console_run(folder: Path, accounts: int, exchanges: int) -> None:
    """What the console reads of a run beside what policy reads, and one large campaign."""
    folder.mkdir()
    write_run(folder, accounts, exchanges)
    connection = duckdb.connect(config={"threads": "2"})
    linked = connection.sql(_LINKS.format(accounts=accounts // 10, size=50)).to_arrow_table()
    large = connection.sql(_LINKS.format(accounts=LARGE, size=LARGE)).to_arrow_table()
    pq.write_table(pa.concat_tables([linked, large]), folder / "links.parquet")
    pq.write_table(pa.Table.from_pylist([], schema=tables.DEAD_LETTERS), folder / "dead_letters.parquet")
    names = [f"acct-{n:07d}" for n in range(LARGE)]
    row = {**_campaign(0, names), "campaign_id": "CLARGE", "timeline": []}
    small = pq.read_table(folder / "campaigns.parquet")
    pq.write_table(
        pa.concat_tables([small, pa.Table.from_pylist([row], schema=tables.CAMPAIGNS)]), folder / "campaigns.parquet"
    )
    sent = pq.read_table(folder / "exchanges.parquet" / "0.parquet")
    whole = [
        sent[name] if name in sent.column_names else pa.nulls(len(sent), field.type)
        for name, field in zip(tables.EXCHANGES.names, tables.EXCHANGES, strict=True)
    ]
    pq.write_table(
        pa.table(dict(zip(tables.EXCHANGES.names, whole, strict=True))), folder / "exchanges.parquet" / "0.parquet"
    )


def asked(accounts: int, cases: list[str]) -> dict[str, list[str]]:
    """Addresses by kind of page."""
    some = [f"acct-{n:07d}" for n in random.Random(1).sample(range(accounts), 50)]
    return {
        "overview": ["/runs/run"],
        "campaign": [f"/runs/run/campaigns/C{n:05d}" for n in range(50)],
        "accounts, filtered": [f"/runs/run/accounts?verdict={word}" for word in ("review", "watch", "clear")],
        "accounts, page 9,000": ["/runs/run/accounts?page=9000"],
        "account": [f"/runs/run/account?id={name}" for name in some],
        "requests": [f"/runs/run/account/requests?id={name}" for name in some],
        "search": [f"/search?q={name[4:]}" for name in some],
        "queue": ["/queue", "/queue?page=3"],
        "case": [f"/cases/{name}" for name in cases[:50]],
        "graph of 10,000": ["/runs/run/campaigns/CLARGE/graph.json"],
    }


def work(url: str, cookies: dict[str, str], plan: list[tuple[str, str]], took: dict[str, list[float]]) -> None:
    """Ask for each address in turn, as one browser does."""
    with httpx.Client(base_url=url, cookies=cookies, timeout=120) as client:
        for kind, address in plan:
            started = time.perf_counter()
            with client.stream("GET", address) as answer:
                took[kind].append(time.perf_counter() - started)
                assert answer.status_code == 200, f"{address}: {answer.status_code}"
                answer.read()


def copy(console: Console) -> None:
    """Make the run's sorted copies, which a server makes beside its first pages; prints what they take."""
    (run,) = console.runs.all()
    seconds, cpu = time.perf_counter(), time.process_time()
    made = console.copies.make(run)
    seconds, cpu = time.perf_counter() - seconds, time.process_time() - cpu
    run.use_copies(made)
    size = sum(file.stat().st_size for file in made.iterdir()) / 1e6
    print(f"sorted copies: {size:.0f} MB in {seconds:.0f} s, {cpu:.0f} s of CPU")


def measure(console: Console, accounts: int, clients: int, requests: int) -> None:
    """Serve, ask and print."""
    cases = [one.decision.decision_id for one in console.cases.cases().standings.values()]
    kinds = asked(accounts, cases)
    dice = random.Random(2)
    with serving(console) as served:
        token = console.people.invite("ana", "analyst", direct=True)
        cookies = dict(httpx.post(f"{served.url}/welcome/{token}").cookies)
        first: dict[str, list[float]] = defaultdict(list)
        work(served.url, cookies, [(kind, addresses[0]) for kind, addresses in kinds.items()], first)
        took: dict[str, list[float]] = defaultdict(list)
        names = list(kinds)
        plans = [
            [(kind, dice.choice(kinds[kind])) for kind in dice.choices(names, k=requests // clients)]
            for _ in range(clients)
        ]
        started = time.perf_counter()
        threads = [threading.Thread(target=work, args=(served.url, cookies, plan, took)) for plan in plans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
    print(f"{'first byte, ms':<24}{'first time':>12}{'p50':>8}{'p99':>8}")
    for kind, times in took.items():
        p50, p99 = np.quantile(times, [0.5, 0.99]) * 1000
        print(f"{kind:<24}{first[kind][0] * 1000:12.0f}{p50:8.0f}{p99:8.0f}")
    every = [one for times in took.values() for one in times]
    p50, p99 = np.quantile(every, [0.5, 0.99]) * 1000
    print(f"{'all':<24}{'':12}{p50:8.0f}{p99:8.0f}   {len(every) / seconds:.0f} requests a second, {clients} clients")


def main() -> None:
    """Write, decide, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--exchanges", type=int, default=2_000_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=400)
    given = parser.parse_args()
    heading(None)
    with tempfile.TemporaryDirectory() as folder:
        run, state = Path(folder) / "run", Path(folder) / "state"
        write_console_run(run, given.accounts, given.exchanges)
        policy, facts, now = read_policy(DEFAULT_POLICY), read_run(run), datetime.now(UTC)
        decided = decide(policy, facts, now)
        recorded = record(AuditLog(state / "decisions.jsonl"), decided, policy, facts, now)
        print(f"{given.accounts:,} accounts, {given.exchanges:,} exchanges, {len(recorded.added):,} decisions")
        console = Console(Places(runs=run, state=state))
        copy(console)
        measure(console, given.accounts, given.clients, given.requests)


if __name__ == "__main__":
    main()
