"""What a scan finds in worlds of a second generator, which the range's authors did not have before them.

    python benchmarks/second.py --corpora DIR                          ten kinds, seeds 1 to 3
    python benchmarks/second.py --corpora DIR --kinds relay --seeds 4 9
    python benchmarks/second.py --corpora DIR --keep FOLDER            the worlds and runs stay there

A world is a fortnight of 45,000 to 60,000 exchanges of some 2,400 accounts. Prints the machine, the seeds and the
commit; of each campaign how many of its accounts are at review or above, of honest accounts how many are, by kind.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from generated import Known, Write, measure
from second_campaigns import KINDS, Campaigns
from second_people import Account, Honest
from stillwatch.range.library import open_library, read_records

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


def main() -> None:
    """Make, scan and tell."""

    def prepare(files: Sequence[Path]) -> Write:
        def write(kind: str, seed: int, place: Path) -> list[Known]:
            accounts = made(kind, seed, files)
            written(accounts, place, seed)
            return [Known(account.account_id, account.kind, account.campaign) for account in accounts]

        return write

    measure(__doc__, KINDS, prepare)


if __name__ == "__main__":
    main()
