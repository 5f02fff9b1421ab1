"""What members of an alliance gain together, and what matching costs and gives away.

    python benchmarks/alliance.py gain --corpora DIR     weeks over three providers: alone, together, with garbage
    python benchmarks/alliance.py cost --psi PYTHON      bytes and seconds for 10k, 100k and 1M identifiers, beside PSI
    python benchmarks/alliance.py attack                 trying all IPv4 /24s against the rate limit; leakage in bits

Prints the machine, the seeds and the commit. Detection was built on seeds 1 to 4 and once reported on 11 to 14;
``gain`` reports seeds from 21 on.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import numpy as np
from scipy import stats

from alliance_wire import attack, cost
from scan import heading
from stillwatch.alliance.hub import Hub, admit, create_collections, serving
from stillwatch.range import score, simulate, split
from stillwatch.rounds.joint import Match, Offer, OwnGroup, detect_jointly, peer_graph
from stillwatch.rounds.matching import HttpMailbox, Limits, MatchingState, Participant
from stillwatch.rounds.messages import Graph, GraphGroup, Round
from stillwatch.rounds.relay import matching_router
from stillwatch.scanning.scan import scan
from stillwatch.services.suspects import find_suspects
from stillwatch.settings import ScanSettings

SCALES = {"february": 0.004, "september": 0.1, "lookalikes": 0.004, "quiet": 0.004}
FDR = 0.01
FIRST_SEED = 21
NAMES = ("alpha", "beta", "gamma")
LIAR = "mallory"


def offer_of(run: Path) -> tuple[Offer, list[str]]:
    """A provider's side, and its accounts by number."""
    suspects = find_suspects(run)
    groups = [OwnGroup(g.members, g.content_p, g.coordination_p, g.weights) for g in suspects.groups]
    return Offer.of(len(suspects.accounts), groups, suspects.entity, suspects.kind, suspects.value), suspects.accounts


def garbage(offers: Mapping[str, Offer], seed: int) -> Offer:
    """The worst that can be sent: half of everything that anybody holds, dealt at random to accounts that do not exist,
    in groups that claim to act together."""
    rng = np.random.default_rng(seed)
    everything = sorted({thing for offer in offers.values() for thing, who in offer.holders.items() if len(who)})
    chosen = [everything[i] for i in np.flatnonzero(rng.random(len(everything)) < 0.5)]
    accounts, size = 400, 4
    holders = {thing: np.unique(rng.integers(0, accounts, 3)) for thing in chosen}
    groups = [
        OwnGroup(np.arange(i, i + size), 0.0, 0.0, {"timing": 60.0, "infrastructure": 60.0})
        for i in range(0, accounts, size)
    ]
    return Offer(accounts, groups, holders)


def lying_graph(offer: Offer, peer: str, matches: Mapping[bytes, Match]) -> Graph:
    """A graph that calls everything rare."""
    honest = offer.graph(peer, matches)
    return Graph(
        honest.tokens, bytes(len(honest.classes)), tuple(GraphGroup(g.nodes, g.weights) for g in honest.groups)
    )


def conduct(
    offers: Mapping[str, Offer], threshold: int
) -> tuple[dict[str, dict[bytes, Match]], dict[str, dict[str, Graph]]]:
    """A round over a real hub on loopback: matches and graphs of each member."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        hub = Hub.open(place / "hub.db")
        stack.callback(hub.close)
        create_collections(hub)
        tokens = {name: admit(hub, name) for name in offers}
        running = stack.enter_context(serving(hub, routers=[matching_router()]))
        members = {}
        for name in offers:
            headers = {"Authorization": f"Bearer {tokens[name]}"}
            client = stack.enter_context(
                httpx.Client(base_url=running.url, headers=headers, trust_env=False, timeout=60)
            )
            mailbox = HttpMailbox(client)
            mailbox.begin(Round("bench", tuple(sorted(offers)), threshold))
            state = MatchingState(place / f"{name}.state")
            stack.callback(state.close)
            secrets = {other: "".join(sorted((name, other))).encode().ljust(32, b".")[:32] for other in offers}
            members[name] = Participant(mailbox, state, name, secrets, "bench", limits=Limits())
            members[name].load(offers[name].identifiers())
        while not all(member.matched for member in members.values()):
            for member in members.values():
                member.step()
        matches = {name: member.matches() for name, member in members.items()}
        for name, member in members.items():
            make = lying_graph if name == LIAR else Offer.graph
            for peer in member.peers:
                member.send_graph(peer, make(offers[name], peer, member.matches_told_to(peer)))
        for member in members.values():
            member.step()
        return matches, {name: member.graphs() for name, member in members.items()}


def in_the_clear(offers: Mapping[str, Offer], threshold: int) -> dict[str, set[tuple[str, str]]]:
    """What a trusted third party who sees every identifier would say is matched."""
    held = {
        name: {(kind, value): min(count, 255) for kind, value, count in o.identifiers()} for name, o in offers.items()
    }
    return {
        name: {
            thing
            for thing in mine
            if 0 < sum(theirs.get(thing, 0) for other, theirs in held.items() if other != name) >= threshold
        }
        for name, mine in held.items()
    }


def conduct_in_the_clear(
    offers: Mapping[str, Offer], threshold: int
) -> tuple[dict[str, dict[bytes, Match]], dict[str, dict[str, Graph]]]:
    """What ``conduct`` gives, by the trusted third party; tokens are hashes that only this process sees."""
    clear = in_the_clear(offers, threshold)
    asked = {name: {(kind, value) for kind, value, _ in offer.identifiers()} for name, offer in offers.items()}
    matches = {
        name: {
            hashlib.sha256(repr(thing).encode()).digest()[:16]: (
                *thing,
                frozenset(other for other in offers if other != name and thing in asked[other]),
            )
            for thing in clear[name]
        }
        for name in offers
    }
    graphs: dict[str, dict[str, Graph]] = {name: {} for name in offers}
    for name, offer in offers.items():
        make = lying_graph if name == LIAR else Offer.graph
        for peer in offers:
            if peer != name:
                told = {token: match for token, match in matches[name].items() if match[:2] in clear[peer]}
                graphs[peer][name] = make(offer, peer, told)
    return matches, graphs


Totals = np.ndarray[tuple[int], np.dtype[np.int64]]
"""Members, members found, others found, campaigns reported, false ones."""


_NOTHING = (np.zeros(5, np.int64), 0.0)


@dataclass(frozen=True)
class Week:
    """A simulated week at every provider: what each brings to a round, its accounts, the truth, and its own scan."""

    offers: dict[str, Offer]
    accounts: dict[str, list[str]]
    truth: dict[str, dict[str, str | None]]
    alone: Totals
    best_alone: float


def simulated(scenario: str, seed: int, corpus: Sequence[Path], most: int) -> Week:
    """Simulate, deal, scan."""
    offers, accounts, truth = {}, {}, {}
    alone, best = np.zeros(5, np.int64), 0.0
    with tempfile.TemporaryDirectory() as folder:
        week = Path(folder) / "week"
        simulate(scenario, scale=SCALES[scenario], seed=seed, out=week, corpus=corpus)
        parts = split(week, Path(folder) / "split", providers=3, most=most, seed=seed)
        for name, part in zip(NAMES, parts, strict=True):
            run = scan(
                [part / "logs"],
                out=part / "run",
                accounts=part / "accounts.jsonl",
                releases=part / "releases.jsonl",
                settings=ScanSettings(workers=2),
            )
            result = score(run.path, part / "truth.jsonl")
            rows = [msgspec.json.decode(line) for line in (part / "truth.jsonl").read_bytes().splitlines()]
            truth[name] = {row["account_id"]: row["campaign"] for row in rows}
            size = sum(1 for c in truth[name].values() if c)
            alone += [size, round(result.recall * size) if size else 0, 0, result.predicted, result.false_campaigns]
            best = max(best, result.recall if size else 0.0)
            offers[name], accounts[name] = offer_of(run.path)
    return Week(offers, accounts, truth, alone, best)


def counted(week: Week, name: str, found: Sequence[np.ndarray[tuple[int], np.dtype[np.int64]]]) -> Totals:
    """One provider's campaigns, as accounts by number, against the truth."""
    names, real = week.accounts[name], {a for a, campaign in week.truth[name].items() if campaign}
    said = {names[e] for members in found for e in members}
    false = sum(np.mean([names[e] in real for e in members]) < 0.5 for members in found)
    return np.array([len(real), len(real & said), len(said - real), len(found), int(false)])


def by_own_tests(week: Week) -> Totals:
    """What the same p-values say without any partner, were two accounts enough to be called a campaign."""
    totals = np.zeros(5, np.int64)
    for name, offer in week.offers.items():
        p = [max(g.content_p, g.coordination_p) for g in offer.groups]
        q = stats.false_discovery_control(p) if p else []
        found = [g.members for g, at in zip(offer.groups, q, strict=True) if at <= FDR]
        totals += counted(week, name, found)
    return totals


def judged(week: Week, offers: Mapping[str, Offer], threshold: int, *, private: bool) -> tuple[Totals, bool]:
    """A round of all offers, as the honest see it; and whether matching was exact."""
    matches, graphs = (conduct if private else conduct_in_the_clear)(offers, threshold)
    clear = in_the_clear(offers, threshold)
    exact = all({m[:2] for m in matches[name].values()} == clear[name] for name in offers)
    totals = np.zeros(5, np.int64)
    for name in week.offers:
        peers = [peer_graph(sender, graph) for sender, graph in sorted(graphs[name].items())]
        campaigns = detect_jointly(offers[name].own(matches[name]), peers, fdr=FDR)
        totals += counted(week, name, [c.members for c in campaigns])
    return totals, exact


def gain(corpus: Sequence[Path], seeds: Sequence[int], threshold: int, most: int) -> None:
    """Each alone, together, and together with one who shares garbage; then weeks of honest customers only."""
    for scenario in SCALES:
        sums: dict[str, Totals] = {}
        best = 0.0
        for seed in seeds:
            week = simulated(scenario, seed, corpus, most)
            best = max(best, week.best_alone)
            # The round over a hub is run for the first seed, and must give what a trusted third party would.
            private = seed == seeds[0]
            start = time.perf_counter()
            together, exact = judged(week, week.offers, threshold, private=private)
            seconds = time.perf_counter() - start
            liar = {LIAR: garbage(week.offers, seed)}
            spoilt, _ = judged(week, {**week.offers, **liar}, threshold, private=False)
            short = Week({name: week.offers[name] for name in NAMES[:2]}, week.accounts, week.truth, *_NOTHING)
            third, _ = judged(short, {**short.offers, **liar}, threshold, private=False)
            rows = {
                "alone": week.alone,
                "own p-values, floor of 2": by_own_tests(week),
                "together": together,
                "with garbage": spoilt,
                "garbage in place of one": third,
            }
            for name, row in rows.items():
                sums[name] = sums.get(name, np.zeros(5, np.int64)) + row
            print(
                f"{scenario} seed {seed}: together {together[1]} of {together[0]}, with garbage {spoilt[1]}; "
                f"{[len(o.identifiers()) for o in week.offers.values()]} identifiers"
                + (f", private in {seconds:.1f} s, equal to the clear: {exact}" if private else ""),
                flush=True,
            )
        print(f"\n{scenario}: seeds {seeds[0]}-{seeds[-1]}, {most} accounts of a campaign at each of 3 providers")
        if sums["alone"][0]:
            print(f"  best recall of any provider alone: {best:.3f}")
        for name, totals in sums.items():
            _print_row(name, totals)
        print(flush=True)


def _print_row(name: str, totals: Totals) -> None:
    size, hit, extra, said, false = totals.tolist()
    recall = f"recall {hit / size:.3f}" if size else "no campaign"
    precision = f"   account precision {hit / max(hit + extra, 1):.3f}" if size and name != "alone" else ""
    print(f"  {name:24s} {recall}   campaigns reported {said}, false {false}{precision}")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("gain", "cost", "attack"))
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--most", type=int, default=4, help="accounts of a campaign that a provider sees")
    parser.add_argument("--threshold", type=int, default=2)
    parser.add_argument("--psi", type=Path, default=Path(".venv/peers/sharing/bin/python"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    given = parser.parse_args()
    corpus = heading(given.corpora)
    if given.what == "gain":
        gain(corpus, range(given.first_seed, given.first_seed + given.seeds), given.threshold, given.most)
    elif given.what == "cost":
        cost(given.sizes, given.psi)
    else:
        attack()


if __name__ == "__main__":
    main()
