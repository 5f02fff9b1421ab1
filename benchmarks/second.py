"""What a scan finds in worlds of a second generator, which the range's authors did not have before them.

    python benchmarks/second.py --corpora DIR                          ten kinds, seeds 1 to 3
    python benchmarks/second.py --corpora DIR --kinds relay --seeds 4 9
    python benchmarks/second.py --corpora DIR --keep FOLDER            the worlds and runs stay there

A world is a fortnight of 45,000 to 60,000 exchanges of some 2,400 accounts. Prints the machine, the seeds and the
commit; of each campaign how many of its accounts are at review or above, of honest accounts how many are, by kind.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from scan import heading
from second_campaigns import KINDS, Campaigns
from second_people import Account, Honest
from stillwatch.range.library import open_library, read_records
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

_BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
# Fewer are no source to deal from; those that are rendered carry a wrapper of their corpus.
_LEAST_SOURCE = 600
_CAMPAIGN_SOURCES = 2


def made(kind: str, seed: int, files: Sequence[Path]) -> list[Account]:
    """The accounts of one world, its texts from these corpora."""
    rng = random.Random(f"{kind} {seed} second")
    library = open_library(files, seed + 7000)
    sources: dict[str, dict[str, None]] = {}
    for record in (one for file in files for one in read_records(file)):
        if record.get("kind") == "distillation" and not record.get("rendered"):
            sources.setdefault(f"{record.get('source')} {record.get('group')}", {})[record["user"]] = None
    long = [list(texts) for _, texts in sorted(sources.items()) if len(texts) > _LEAST_SOURCE]
    rng.shuffle(long)
    # In one world of five honest accounts ask from the campaign's own sources too.
    apart = rng.random() < 0.8
    honest = Honest(rng, library, long[_CAMPAIGN_SOURCES:] if apart else long)
    honest.everybody(lookalikes=kind in ("lookalikes", "mixed"))
    Campaigns(honest, long[:_CAMPAIGN_SOURCES]).hide(kind)
    return honest.accounts


def written(accounts: list[Account], place: Path, seed: int) -> None:
    """A log of canonical records and a file of accounts."""
    rng, rows = random.Random(seed), []
    for account in accounts:
        for ask in account.asks:
            moment = max(ask.time, account.created + 60, 0.0)
            tokens = round(rng.lognormvariate(5.3, 0.8)) if ask.status == 200 else 0
            row = {
                "account_id": account.account_id,
                "org_id": account.organisation,
                "time": (_BEGIN + timedelta(seconds=moment)).isoformat(),
                "model": account.model,
                "system": ask.system,
                "prompt": ask.prompt,
                "temperature": account.temperature,
                "max_tokens": account.most_tokens,
                "output_tokens": tokens,
                "latency_ms": round(300 + tokens * rng.uniform(8, 20)) if tokens else 20,
                "client_address": rng.choice(account.addresses),
                "user_agent": account.client,
                "status": str(ask.status),
            }
            rows.append({name: value for name, value in row.items() if value is not None})
    rows.sort(key=lambda row: row["time"])
    (place / "logs").mkdir(parents=True, exist_ok=True)
    numbered = [{"exchange_id": f"x{n}", **row} for n, row in enumerate(rows)]
    (place / "logs" / "log.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, numbered)) + b"\n")
    known = [
        {
            "account_id": account.account_id,
            "created": (_BEGIN + timedelta(seconds=account.created)).isoformat(),
            "payment_id": account.payment,
            "email_domain": account.mail,
        }
        for account in accounts
    ]
    (place / "accounts.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, known)) + b"\n")


def told(accounts: list[Account], place: Path) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]]]:
    """Verdicts of the accounts of each campaign, and of each honest kind."""
    run = scan([place / "logs"], out=place / "run", accounts=place / "accounts.jsonl", settings=ScanSettings(workers=1))
    rows: list[dict[str, Any]] = run.table("accounts").select(["account_id", "verdict"]).to_pylist()
    verdict = {row["account_id"]: row["verdict"] for row in rows}
    hidden: dict[str, Counter[str]] = {}
    honest: dict[str, Counter[str]] = {}
    for account in accounts:
        group = hidden.setdefault(account.campaign, Counter()) if account.campaign else None
        count = honest.setdefault(account.kind, Counter()) if group is None else group
        count[verdict.get(account.account_id, "clear")] += 1
    return hidden, honest


def line(name: str, hidden: dict[str, Counter[str]], honest: dict[str, Counter[str]]) -> str:
    """One world's result."""
    parts = [
        f"{campaign} {count['review']} of {count.total()}, {count['watch']} on watch"
        for campaign, count in sorted(hidden.items())
    ]
    for verdict, words in (("review", "HONEST ABOVE"), ("watch", "honest on watch")):
        kinds = {kind: count[verdict] for kind, count in sorted(honest.items()) if count[verdict]}
        parts += [f"{words}: {', '.join(f'{kind} {many}' for kind, many in kinds.items())}"] if kinds else []
    return f"{name:<14} {'; '.join(parts) or 'nobody'}"


def main() -> None:
    """Make, scan and tell."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--corpora", type=Path, required=True, help="folder of JSONL files of real prompts")
    ask.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    ask.add_argument("--seeds", nargs=2, type=int, default=(1, 3), metavar=("FIRST", "LAST"))
    ask.add_argument("--keep", type=Path, help="folder in which worlds and runs stay")
    given = ask.parse_args()
    files = heading(given.corpora)
    if not files:
        sys.exit("the second generator has no grammars: give a folder of corpora with --corpora")
    print(f"seeds: {given.seeds[0]} to {given.seeds[1]}")
    found, members, above, everybody = 0, 0, 0, 0
    for seed in range(given.seeds[0], given.seeds[1] + 1):
        for kind in given.kinds:
            with tempfile.TemporaryDirectory() as folder:
                place = (given.keep or Path(folder)) / f"{kind}-{seed}"
                accounts = made(kind, seed, files)
                written(accounts, place, seed)
                hidden, honest = told(accounts, place)
            print(line(place.name, hidden, honest), flush=True)
            found += sum(count["review"] for count in hidden.values())
            members += sum(count.total() for count in hidden.values())
            above += sum(count["review"] for count in honest.values())
            everybody += sum(count.total() for count in honest.values())
    print(f"{found:,} of {members:,} accounts of campaigns, {above:,} of {everybody:,} honest ones, at review or above")


if __name__ == "__main__":
    main()
