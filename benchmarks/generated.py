"""What a scan finds in worlds of generators that the range's authors did not write, and how it is told."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from scan import heading
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

__all__ = ["Known", "Write", "measure", "of_named_corpora"]


@dataclass(frozen=True)
class Known:
    """What a generator knows of one account."""

    account_id: str
    kind: str
    campaign: str | None
    aside: str | None = None
    """Why it is no hand of its campaign, but told beside it and in no total: a ``relay``, whose customers harvest."""


Write = Callable[[str, int, Path], Iterable[Known]]
"""Writes ``logs`` and ``accounts.jsonl`` of a kind and a seed into a folder; the accounts."""


class NamedCorpora(Protocol):
    """Corpora that a generator knows by name."""

    def missing(self) -> Sequence[str]:
        """Those that are not there."""


def of_named_corpora(
    which: str, corpora: NamedCorpora, write_accounts: Callable[[str, int, Path], Iterable[Any]]
) -> Write:
    """What writes a world of a generator made of named corpora; ends the command where some are missing.

    Args:
        which: generator it is.
        corpora: that it is made of.
        write_accounts: writes a world of a kind and a seed into a folder, and gives its accounts.
    """
    if missing := corpora.missing():
        sys.exit(f"the {which} generator is made of named corpora, of which these are missing: {', '.join(missing)}")

    def write(kind: str, seed: int, place: Path) -> list[Known]:
        return [
            Known(account.account_id, account.kind, account.campaign, "relay" if account.role == "relay" else None)
            for account in write_accounts(kind, seed, place)
        ]

    return write


@dataclass
class Verdicts:
    """How many accounts have each verdict: of each campaign, of those beside one, and of each honest kind."""

    hidden: dict[str, Counter[str]] = field(default_factory=dict)
    aside: dict[str, Counter[str]] = field(default_factory=dict)
    honest: dict[str, Counter[str]] = field(default_factory=dict)

    def line(self, name: str) -> str:
        """One world's result."""
        parts = [
            f"{who} {count['review']} of {count.total()}, {count['watch']} on watch"
            for who, count in (*sorted(self.hidden.items()), *sorted(self.aside.items()))
        ]
        for verdict, words in (("review", "HONEST ABOVE"), ("watch", "honest on watch")):
            kinds = {kind: count[verdict] for kind, count in sorted(self.honest.items()) if count[verdict]}
            parts += [f"{words}: {', '.join(f'{kind} {many}' for kind, many in kinds.items())}"] if kinds else []
        return f"{name:<16} {'; '.join(parts) or 'nobody'}"


def told(accounts: Iterable[Known], place: Path) -> Verdicts:
    """What a scan of the world in a folder says of its accounts."""
    run = scan([place / "logs"], out=place / "run", accounts=place / "accounts.jsonl", settings=ScanSettings(workers=1))
    rows: list[dict[str, Any]] = run.table("accounts").select(["account_id", "verdict"]).to_pylist()
    verdict = {row["account_id"]: row["verdict"] for row in rows}
    out = Verdicts()
    for account in accounts:
        if account.campaign is None:
            count = out.honest.setdefault(account.kind, Counter())
        elif account.aside:
            count = out.aside.setdefault(f"{account.campaign}'s {account.aside}", Counter())
        else:
            count = out.hidden.setdefault(account.campaign, Counter())
        count[verdict.get(account.account_id, "clear")] += 1
    return out


def totals(results: Sequence[Verdicts]) -> str:
    """All worlds' result."""
    hidden = sum((count for one in results for count in one.hidden.values()), Counter[str]())
    honest = sum((count for one in results for count in one.honest.values()), Counter[str]())
    return (
        f"{hidden['review']:,} of {hidden.total():,} accounts of campaigns, "
        f"{honest['review']:,} of {honest.total():,} honest ones, at review or above"
    )


def measure(description: str, kinds: Sequence[str], prepare: Callable[[Sequence[Path]], Write]) -> None:
    """The command: make worlds, scan and tell.

    Args:
        description: of the command.
        kinds: of world; all are made unless some are asked for.
        prepare: from the files of corpora, what writes a world.
    """
    ask = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--corpora", type=Path, required=True, help="folder of JSONL files of real prompts")
    ask.add_argument("--kinds", nargs="+", choices=kinds, default=list(kinds))
    ask.add_argument("--seeds", nargs=2, type=int, default=(1, 3), metavar=("FIRST", "LAST"))
    ask.add_argument("--keep", type=Path, help="folder in which worlds and runs stay")
    given = ask.parse_args()
    files = heading(given.corpora)
    if not files:
        sys.exit("this generator has no grammars of its own: give a folder of corpora with --corpora")
    write = prepare(files)
    print(f"seeds: {given.seeds[0]} to {given.seeds[1]}")
    results = []
    for seed in range(given.seeds[0], given.seeds[1] + 1):
        for kind in given.kinds:
            with tempfile.TemporaryDirectory() as folder:
                place = (given.keep or Path(folder)) / f"{kind}-{seed}"
                results.append(told(write(kind, seed, place), place))
            print(results[-1].line(place.name), flush=True)
    print(totals(results))
