"""What members of an alliance gain together, and what matching costs and gives away.

    python benchmarks/alliance.py gain --corpora DIR     february and september over three providers, then with garbage
    python benchmarks/alliance.py cost --psi PYTHON      bytes and seconds for 10k, 100k and 1M identifiers, beside PSI
    python benchmarks/alliance.py attack                 trying all IPv4 /24s against the rate limit; leakage in bits

Prints the machine, the seeds and the commit. Detection was built on seeds 1 to 4; ``gain`` reports seeds from 11 on.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import msgspec
import numpy as np

from alliance_wire import attack, cost
from scan import heading
from stillwatch.alliance.hub import Hub, admit, found, serving
from stillwatch.alliance.joint import Match, Offer, OwnGroup, detect_jointly, peer_graph
from stillwatch.alliance.matching import (
    Graph,
    GraphGroup,
    HttpMailbox,
    Limits,
    Participant,
    Round,
    State,
    matching_router,
)
from stillwatch.pipeline.scan import scan
from stillwatch.pipeline.suspects import find_suspects
from stillwatch.range import score, simulate, split
from stillwatch.settings import ScanSettings

SCALES = {"february": 0.004, "september": 0.1}
MOST = 4
FIRST_SEED = 11
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
        found(hub)
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
            state = State(place / f"{name}.state")
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
                member.send_graph(peer, make(offers[name], peer, matches[name]))
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
                graphs[peer][name] = make(offer, peer, matches[name])
    return matches, graphs


def judged(
    offers: Mapping[str, Offer],
    accounts: Mapping[str, Sequence[str]],
    truth: Mapping[str, Mapping[str, str | None]],
    threshold: int,
    *,
    private: bool,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], bool]:
    """Members, members found, others found, campaigns reported, false ones; and whether matching was exact."""
    matches, graphs = (conduct if private else conduct_in_the_clear)(offers, threshold)
    clear = in_the_clear(offers, threshold)
    exact = all({m[:2] for m in matches[name].values()} == clear[name] for name in offers)
    totals = np.zeros(5, np.int64)
    for name in truth:
        peers = [peer_graph(sender, graph) for sender, graph in sorted(graphs[name].items())]
        campaigns = detect_jointly(offers[name].own(matches[name]), peers, fdr=0.01)
        real = {a for a, campaign in truth[name].items() if campaign}
        said = {accounts[name][e] for c in campaigns for e in c.members}
        false = sum(np.mean([accounts[name][e] in real for e in c.members]) < 0.5 for c in campaigns)
        totals += [len(real), len(real & said), len(said - real), len(campaigns), int(false)]
    return totals, exact


def gain(corpus: Sequence[Path], seeds: Sequence[int], threshold: int) -> None:
    """Each alone, together, and together with one who shares garbage."""
    for scenario, scale in SCALES.items():
        sums = {
            "alone": np.zeros(5, np.int64),
            "together": np.zeros(5, np.int64),
            "with garbage": np.zeros(5, np.int64),
        }
        worst = 0.0
        for seed in seeds:
            # The round over a hub is run for the first seed, and must give what a trusted third party would.
            private = seed == seeds[0]
            with tempfile.TemporaryDirectory() as folder:
                week = Path(folder) / "week"
                simulate(scenario, scale=scale, seed=seed, out=week, corpus=corpus)
                offers, accounts, truth = {}, {}, {}
                for name, part in zip(
                    NAMES, split(week, Path(folder) / "split", providers=3, most=MOST, seed=seed), strict=True
                ):
                    run = scan(
                        [part / "logs"],
                        out=part / "run",
                        accounts=part / "accounts.jsonl",
                        releases=part / "releases.jsonl",
                        settings=ScanSettings(workers=1),
                    )
                    alone = score(run.path, part / "truth.jsonl")
                    worst = max(worst, alone.recall)
                    rows = [msgspec.json.decode(line) for line in (part / "truth.jsonl").read_bytes().splitlines()]
                    truth[name] = {row["account_id"]: row["campaign"] for row in rows}
                    size = sum(1 for c in truth[name].values() if c)
                    hits = round(alone.recall * size)
                    sums["alone"] += [size, hits, 0, alone.predicted, alone.false_campaigns]
                    offers[name], accounts[name] = offer_of(run.path)
                start = time.perf_counter()
                together, exact = judged(offers, accounts, truth, threshold, private=private)
                seconds = time.perf_counter() - start
                sums["together"] += together
                asked = [len(o.identifiers()) for o in offers.values()]
                liar = {**offers, LIAR: garbage(offers, seed)}
                spoilt, _ = judged(liar, accounts, truth, threshold, private=False)
                sums["with garbage"] += spoilt
                print(
                    f"{scenario} seed {seed}: together {together[1]} of {together[0]}, with garbage {spoilt[1]}; "
                    f"{asked} identifiers"
                    + (f", private in {seconds:.1f} s, equal to the clear: {exact}" if private else ""),
                    flush=True,
                )
        print(f"\n{scenario}: seeds {seeds[0]}-{seeds[-1]}, {MOST} accounts of a campaign at each of 3 providers")
        print(f"  best recall of any provider alone: {worst:.3f}")
        for name, totals in sums.items():
            size, hit, extra, said, false = totals.tolist()
            precision = hit / max(hit + extra, 1) if name != "alone" else float("nan")
            print(
                f"  {name:13s} recall {hit / size:.3f}   campaigns reported {said}, false {false}"
                f"   account precision {precision:.3f}"
            )
        print(flush=True)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("gain", "cost", "attack"))
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threshold", type=int, default=2)
    parser.add_argument("--psi", type=Path, default=Path(".venv/peers/sharing/bin/python"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    given = parser.parse_args()
    corpus = heading(given.corpora)
    if given.what == "gain":
        gain(corpus, range(FIRST_SEED, FIRST_SEED + given.seeds), given.threshold)
    elif given.what == "cost":
        cost(given.sizes, given.psi)
    else:
        attack()


if __name__ == "__main__":
    main()
