"""A hub and three members on loopback: find, match, join, publish, retract. Every step is a command anyone can type.

    python tools/demo_alliance.py --out alliance-demo

A simulated week is dealt to three providers so that none sees enough of its campaigns. What is shown is what the
commands print; the truth is read at the end, to say what was found.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

NAMES = ("alpha", "beta", "gamma")
ROUND = "demo-1"


def command(*words: object, show: bool = True) -> list[str]:
    """A Stillwatch command as a list of words, printed as it would be typed."""
    typed = [str(word) for word in words]
    if show:
        print(f"\n$ stillwatch {' '.join(typed)}", flush=True)
    return [sys.executable, "-m", "stillwatch", *typed]


def run(*words: object, show: bool = True, lines: int = 12) -> str:
    """Run a command, show the beginning of what it prints, and stop where it fails."""
    done = subprocess.run(command(*words, show=show), capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout + done.stderr)
        raise SystemExit(f"failed: stillwatch {' '.join(str(w) for w in words)}")
    if show:
        said = done.stdout.rstrip().splitlines()
        print("\n".join(said[:lines] + (["..."] if len(said) > lines else [])), flush=True)
    return done.stdout


def together(name: str, each: Sequence[Sequence[object]]) -> None:
    """Run one command at every member at a time."""
    print(f"\n# {name}: all three at once", flush=True)
    started = [subprocess.Popen(command(*words), stdout=subprocess.PIPE, text=True) for words in each]
    for member, process in zip(NAMES, started, strict=True):
        said, _ = process.communicate(timeout=300)
        print(f"[{member}]\n{said.rstrip()}", flush=True)
        if process.returncode:
            raise SystemExit(f"{name} failed at {member}")


def find(out: Path) -> dict[str, Path]:
    """A week, dealt out and scanned by each alone."""
    from stillwatch.range import split  # noqa: PLC0415

    run("simulate", "september", "--scale", "0.03", "--seed", "11", "--out", out / "week")
    print("\n# dealt to three providers, four accounts of each campaign at each")
    places = dict(zip(NAMES, split(out / "week", out / "providers", providers=3, most=4, seed=11), strict=True))
    for place in places.values():
        run("scan", place / "logs", "--accounts", place / "accounts.jsonl", "--out", place / "run", lines=4)
    return places


def hub(out: Path) -> tuple[subprocess.Popen[str], str]:
    """Start a hub; its process and its URL."""
    words = command("alliance", "serve", "--db", out / "hub.db", "--port", 0)
    # A pipe is block-buffered otherwise, and the line with the port would not come.
    quick = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=quick)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"https?://[^/\s]+", line)
    if not found:
        raise SystemExit(f"the hub did not start: {line}")
    print(line.rstrip())
    return process, found.group()


def enrol(out: Path, url: str) -> None:
    """Tokens from the hub, and a secret of each pair, which the hub never sees."""
    for name in NAMES:
        token = run("alliance", "admit", name, "--db", out / "hub.db", show=False).strip().splitlines()[-1]
        (out / f"{name}.token").write_text(token)
        run(
            "alliance",
            "enrol",
            name,
            "--hub",
            url,
            "--token-file",
            out / f"{name}.token",
            "--state",
            out / f"{name}.db",
        )
    shared = {frozenset((a, b)): secrets.token_hex(32) for a in NAMES for b in NAMES if a < b}
    for name in NAMES:
        mine = {other: shared[frozenset((name, other))] for other in NAMES if other != name}
        (out / f"{name}.secrets.json").write_text(json.dumps(mine))


def judge(out: Path, places: dict[str, Path]) -> None:
    """What was found, beside the truth."""
    hits = size = said = 0
    for name, place in places.items():
        truth = [json.loads(line) for line in (place / "truth.jsonl").read_text().splitlines()]
        members = {row["account_id"] for row in truth if row["campaign"]}
        found = {a for c in json.loads((out / f"{name}.joint.json").read_text()) for a in c["accounts"]}
        hits, size, said = hits + len(members & found), size + len(members), said + len(found)
    print(
        f"\n# the truth: {hits} of the campaigns' {size} accounts found together, {said - hits} others named with them"
    )


def publish_and_retract(out: Path) -> None:
    """Alpha publishes a campaign that it can see whole elsewhere; beta pulls it; alpha takes it back."""
    week = out / "week"
    run("scan", week / "logs", "--accounts", week / "accounts.jsonl", "--out", out / "whole", lines=4)
    told = run(
        "alliance", "publish", out / "whole", "--campaign", "C001", "--state", out / "alpha.db", "--yes", lines=16
    )
    run("alliance", "pull", "--state", out / "beta.db", lines=8)
    found = re.search(r"campaign--[0-9a-f-]{36}", told) or re.search(
        r"campaign--[0-9a-f-]{36}", run("alliance", "list", "--state", out / "alpha.db", show=False)
    )
    if not found:
        raise SystemExit("no campaign was published")
    run("alliance", "retract", found.group(), "--state", out / "alpha.db", "--yes", lines=8)
    run("alliance", "pull", "--state", out / "beta.db", lines=8)


def main() -> None:
    """Walk through it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("alliance-demo"))
    out = parser.parse_args().out
    begun = time.perf_counter()
    out.mkdir(parents=True)
    places = find(out)
    process, url = hub(out)
    try:
        enrol(out, url)
        shared = [("--round", ROUND, "--secrets", out / f"{n}.secrets.json", "--state", out / f"{n}.db") for n in NAMES]
        together("match", [("alliance", "match", places[n] / "run", *s) for n, s in zip(NAMES, shared, strict=True)])
        joined = [
            ("alliance", "join", places[n] / "run", *s, "--out", out / f"{n}.joint.json")
            for n, s in zip(NAMES, shared, strict=True)
        ]
        together("join", joined)
        judge(out, places)
        publish_and_retract(out)
        said = run("alliance", "journal", "--db", out / "hub.db", show=False).strip().splitlines()
        print(f"\n# the hub's log has {len(said) - 1} entries: {said[-1]}")
    finally:
        process.terminate()
        process.wait(timeout=30)
    print(f"# {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
