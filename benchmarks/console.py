"""How fast the console's pages come of a run of many accounts, with analysts at work.

    python benchmarks/console.py --accounts 1000000 --exchanges 2000000 --clients 8 --requests 400
    python benchmarks/console.py --clients 32 --rate 200 --requests 4000 --decisions 80

Writes the files of a run (campaigns of fifty accounts and one of ten thousand), holds it to the policy, serves it in
this process and asks from another, in which several clients ask for pages of every kind at once: p50 and p99 of the
time to the first byte, by page, and the server's CPU, once what a server works out beside its first pages is there.
With ``--rate`` requests come at that rate whatever becomes of those before them, and what one waits for its turn
counts; with ``--decisions`` so many of them assess a case. Prints the machine and the commit; both processes share
its cores, so that CPU says more than time where others work on it too.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import multiprocessing
import random
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import duckdb
import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from policy import _campaign, write_run
from scan import heading
from stillwatch import tables
from stillwatch.console import Console, Places, serving
from stillwatch.console.ahead import Ahead
from stillwatch.console.case_file import seen_mark
from stillwatch.core import AuditLog
from stillwatch.policy import DEFAULT_POLICY, decide, read_policy, read_run, record

LARGE = 10_000

_LINKS = """
SELECT format('acct-{{:07d}}', i) AS account_a, format('acct-{{:07d}}', i - i % {size} + (i * 31 + k * 7) % {size}) AS
    account_b, (2 + hash(i * 10 + k) % 30)::DOUBLE AS match_weight, 0.99::DOUBLE AS match_probability,
    5.0::DOUBLE AS structure, 3.0::DOUBLE AS timing
FROM range({accounts}) AS t(i), range(4) AS s(k)
"""


_PROFILES = """
SELECT format('acct-{{:07d}}', i) AS account_id, CASE WHEN i % 3 = 0 THEN 'org-' || i // 4 END AS org_id,
    NULL::TIMESTAMPTZ AS created, ['free', 'pro', 'scale'][1 + i * 7 % 3] AS plan, NULL::BOOLEAN AS verified,
    NULL::VARCHAR AS declared_use, NULL::VARCHAR AS licence_id, NULL::VARCHAR AS email_domain
FROM range({accounts}) AS t(i)
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
    pq.write_table(connection.sql(_PROFILES.format(accounts=accounts)).to_arrow_table(), folder / "profiles.parquet")
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
    some = [f"acct-{n:07d}" for n in random.Random(1).sample(range(accounts), 5_000)]
    return {
        "overview": ["/runs/run"],
        "campaign": [f"/runs/run/campaigns/C{n:05d}" for n in range(accounts // 500)],
        "accounts, filtered": [f"/runs/run/accounts?verdict={word}" for word in ("review", "watch", "clear")],
        "accounts, a late page": [f"/runs/run/accounts?page={max(1, accounts * 9 // 1000)}"],
        "accounts of a plan": [f"/runs/run/accounts?plan={name}&page={n}" for name in ("free", "pro") for n in (1, 9)],
        "accounts of a day": [f"/runs/run/accounts?day=2026-09-0{n}" for n in (7, 8, 9)],
        "an organisation": [f"/runs/run/accounts?org=org-{n * 3}" for n in range(200)],
        "account": [f"/runs/run/account?id={name}" for name in some],
        "requests": [f"/runs/run/account/requests?id={name}" for name in some],
        "search": [f"/search?q={name[4:]}" for name in some],
        "queue": ["/queue", "/queue?page=3"],
        "case": [f"/cases/{name}" for name in cases],
        "graph of 10,000": ["/runs/run/campaigns/CLARGE/graph.json"],
    }


Plan = Sequence[tuple[str, str]]
"""Kinds of page and addresses, in the order in which they are asked for; after a blank the form that is sent there."""


def work(url: str, headers: dict[str, str], plan: Plan, clients: int, rate: float) -> list[tuple[str, float]]:
    """Ask for each address; kind and seconds to the first byte. ``rate`` 0: each client asks as soon as it can."""
    took: list[tuple[str, float]] = []
    turn, begun = itertools.count(), time.perf_counter()

    def one() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        while (n := next(turn)) < len(plan):
            kind, address = plan[n]
            started = begun + n / rate if rate else time.perf_counter()
            time.sleep(max(0.0, started - time.perf_counter()))
            path, _, form = address.partition(" ")
            if form:
                connection.request("POST", path, form, {**headers, "Content-Type": "application/x-www-form-urlencoded"})
            else:
                connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            took.append((kind, time.perf_counter() - started))
            answer.read()
            if answer.status != (303 if form else 200):
                raise SystemExit(f"{address}: {answer.status}")
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def copy(console: Console) -> None:
    """Make the run's sorted copies, which a server makes beside its first pages; prints what they take."""
    (run,) = console.runs.all()
    seconds, cpu = time.perf_counter(), time.process_time()
    made = console.copies.make(run)
    seconds, cpu = time.perf_counter() - seconds, time.process_time() - cpu
    run.use_copies(made)
    size = sum(file.stat().st_size for file in made.iterdir()) / 1e6
    print(f"sorted copies: {size:.0f} MB in {seconds:.0f} s, {cpu:.0f} s of CPU")


def measure(console: Console, accounts: int, given: argparse.Namespace) -> None:
    """Serve, ask and print."""
    seconds, cpu = time.perf_counter(), time.process_time()
    ahead = Ahead(console)
    ahead.once()
    seconds, cpu = time.perf_counter() - seconds, time.process_time() - cpu
    print(f"worked out before anybody asks: {seconds:.1f} s, {cpu:.1f} s of CPU")
    cases = [one.decision.decision_id for one in console.cases.cases().standings.values()]
    kinds = asked(accounts, cases)
    dice = random.Random(2)
    plan = [(kind, dice.choice(kinds[kind])) for kind in dice.choices(list(kinds), k=given.requests)]
    undecided = console.cases.cases().by_stage["open"]
    with serving(console) as served, multiprocessing.get_context("spawn").Pool(1) as other:
        token = console.people.invite("ana", "analyst", direct=True)
        cookies = httpx.post(f"{served.url}/welcome/{token}").cookies
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        session = console.sessions.find(next(iter(cookies.values())))
        if session is None:
            raise SystemExit("nobody could sign in")
        for case in undecided[: given.decisions]:
            console.claims.take(case, "ana")
            seen = seen_mark(console.cases.cases().standings[case])
            form = urlencode({"csrf": session.csrf, "seen": seen, "reason": "one hand"})
            plan.insert(dice.randrange(len(plan)), ("a case is assessed", f"/cases/{case}/assess {form}"))
        headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}  # as browsers do

        def ask(plan: Plan, clients: int = 1, rate: float = 0) -> tuple[list[tuple[str, float]], float]:
            cpu = time.process_time()
            took = other.apply(work, (served.url, headers, plan, clients, rate))
            return took, time.process_time() - cpu

        first, alone = {}, {}
        for kind, addresses in kinds.items():
            first[kind] = ask([(kind, addresses[0])])[0][0][1]
            several = [(kind, address) for address in (addresses * 20)[:20]]
            alone[kind] = ask(several)[1] / len(several)
        started = time.perf_counter()
        took, cpu = ask(plan, given.clients, given.rate)
        seconds = time.perf_counter() - started
    ahead.stop()
    tell(first, alone, took)
    print(f"{len(took) / seconds:.0f} requests a second, {cpu / len(took) * 1000:.1f} ms of CPU each; {_asked(given)}")


def _asked(given: argparse.Namespace) -> str:
    return f"{given.clients} clients" + (f", {given.rate:g} requests a second asked for" if given.rate else "")


def tell(first: dict[str, float], alone: dict[str, float], took: list[tuple[str, float]]) -> None:
    """Print a line for each kind of page."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for kind, seconds in took:
        by_kind[kind].append(seconds)
    print(f"{'first byte, ms':<24}{'first time':>12}{'CPU, alone':>12}{'p50':>8}{'p99':>8}")
    for kind in [*first, *(by_kind.keys() - first.keys())]:
        p50, p99 = np.quantile(by_kind[kind], [0.5, 0.99]) * 1000 if by_kind[kind] else (np.nan, np.nan)
        once, cpu = first.get(kind, np.nan), alone.get(kind, np.nan)
        print(f"{kind:<24}{once * 1000:12.0f}{cpu * 1000:12.1f}{p50:8.0f}{p99:8.0f}")
    p50, p99 = np.quantile([seconds for _, seconds in took], [0.5, 0.99]) * 1000
    print(f"{'all':<24}{'':24}{p50:8.0f}{p99:8.0f}")


def main() -> None:
    """Write, decide, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--exchanges", type=int, default=2_000_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--rate", type=float, default=0, help="requests a second; 0: as fast as answers come")
    parser.add_argument("--decisions", type=int, default=0, help="of all requests, how many assess a case")
    parser.add_argument("--folder", type=Path, help="keep the run here, and go on with it")
    given = parser.parse_args()
    heading(None)
    with contextlib.ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        run, state = folder / "run", folder / "state"
        if not run.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_console_run(run, given.accounts, given.exchanges)
            policy, facts, now = read_policy(DEFAULT_POLICY), read_run(run), datetime.now(UTC)
            recorded = record(AuditLog(state / "decisions.jsonl"), decide(policy, facts, now), policy, facts, now)
            print(f"{given.accounts:,} accounts, {given.exchanges:,} exchanges, {len(recorded.added):,} decisions")
        console = Console(Places(runs=run, state=state))
        copy(console)
        measure(console, given.accounts, given)


if __name__ == "__main__":
    main()
