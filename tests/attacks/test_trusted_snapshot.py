"""A snapshot is believed whole or not at all, and nothing that is done to its file reaches what is in use."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gateways import decided, known, standings
from patience import until

from stillwatch.core import UnreadableInput
from stillwatch.gateway import Snapshot, write_snapshot

REFUSED = 'failures_total{kind="snapshot"}'
BLOCKED = [f"blocked-{number}" for number in range(20_000)]


def written(path: Path, *accounts: str) -> Path:
    write_snapshot(path, standings(path.with_suffix(".jsonl"), decided("block", accounts=accounts)), known())
    return path


def replaced(path: Path, content: bytes) -> None:
    path.with_suffix(".new").write_bytes(content)
    path.with_suffix(".new").replace(path)


def truncated(path: Path) -> None:
    os.truncate(path, 0)


def half_copied(path: Path) -> None:
    content = path.read_bytes()
    with path.open("r+b") as file:
        file.truncate(len(content) // 2)


def overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)


@pytest.mark.parametrize("attack_file", [truncated, half_copied, overwritten])
def test_what_is_done_to_the_file_in_place_reaches_nobody(
    attack: Any, upstream: str, tmp_path: Path, attack_file: Callable[[Path], None]
) -> None:
    path = written(tmp_path / "snapshot", *BLOCKED)
    gateway = attack(upstream, snapshot=str(path), snapshot_check_seconds=0.02)
    assert gateway.ask("blocked-0") == 403
    attack_file(path)
    assert until(lambda: gateway.ask("blocked-1") == 403 and gateway.metric("snapshot_file_bad"))
    # Each account lies on a page of its own: a page that was never touched is gone with the file.
    assert {gateway.ask(account) for account in BLOCKED[:: len(BLOCKED) // 60]} == {403}
    assert gateway.metric('failures_total{kind="snapshot"}') >= 1
    # A copy over the same file, the plain way, is taken up once it is whole.
    shutil.copyfile(written(tmp_path / "other", "blocked-0"), path)
    assert until(lambda: gateway.ask("blocked-1") == 200)
    assert gateway.ask("blocked-0") == 403
    assert gateway.metric("snapshot_file_bad") == 0
    assert gateway.lives()


def test_a_changed_salt_or_rule_unblocks_nobody(attack: Any, upstream: str, tmp_path: Path) -> None:
    path = written(tmp_path / "snapshot", "bad")
    content = path.read_bytes()
    gateway = attack(upstream, snapshot=str(path), snapshot_check_seconds=0.02)
    assert gateway.ask() == 403
    salt = content.index(b'"salt": "') + len(b'"salt": "')
    digit = b"0" if content[salt : salt + 1] != b"0" else b"1"
    for changed in (
        content[:salt] + digit + content[salt + 1 :],
        content.replace(b'"block"', b'"blonk"'),
        content.replace(b'"account_keys"', b'"account_kezs"').replace(b'"exempt_keys"', b'"account_keys"'),
        content + b"\0",
        content[:-1],
        b"",
    ):
        assert changed != content
        seen = gateway.metric(REFUSED)
        replaced(path, changed)
        # It looks at the file when somebody asks.
        while gateway.metric(REFUSED) == seen:
            assert gateway.ask() == 403
        assert gateway.ask() == 403
    replaced(path, written(tmp_path / "other", "nobody").read_bytes())
    assert until(lambda: gateway.ask() == 200)


def test_no_byte_of_it_can_be_another(tmp_path: Path) -> None:
    content = written(tmp_path / "snapshot", "bad").read_bytes()
    rng = np.random.default_rng(1)
    for at in {*range(200), *rng.integers(0, len(content), 400).tolist()}:
        changed = bytearray(content)
        changed[at] ^= 1 << int(rng.integers(8))
        (tmp_path / "changed").write_bytes(changed)
        with pytest.raises(UnreadableInput):
            Snapshot(tmp_path / "changed")


def test_what_is_no_file_is_said_and_waited_for_by_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", tmp_path / "none"):
        with pytest.raises(UnreadableInput):
            Snapshot(path)
