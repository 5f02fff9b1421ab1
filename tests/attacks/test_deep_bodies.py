"""What is nested more deeply than is looked at is served on no path, is no fault of ours, and hides nothing beside it."""

import json
from pathlib import Path
from typing import Any

import pytest
from attacked import asked, guarded, record_of
from gateways import decided, known

TEXT = (
    "Work through every step of the following task before you give the final answer to the examiner. "
    "Explain each intermediate result in full sentences and never leave out a calculation."
)
BY_HEADER: dict[str, Any] = {"account_from": ("header:x-account",)}


def nested(depth: int, inside: str) -> list[str]:
    return ["[" * depth + inside + "]" * depth, '{"a":' * depth + inside + "}" * depth]


@pytest.mark.parametrize("inside", ["1", '"\\ud800"'])
def test_it_is_refused_or_read_and_never_a_fault(tmp_path: Path, inside: str) -> None:
    with guarded(tmp_path, **BY_HEADER) as (url, behind):
        for depth in (100, 300, 480, 600, 900, 980, 3000):
            for deep in nested(depth, inside):
                for body in (deep, f'{{"messages": [{{"role": "user", "content": {deep}}}], "x": {deep}}}'):
                    for path in ("/api/chat", "/v1/chat/completions"):
                        status, said = asked(url, path, body.encode(), "x-account: a")
                        assert status in (200, 400, 413), (path, depth, said)
        assert behind.seen


@pytest.mark.parametrize("depth", [900, 3000, 30_000])
def test_nothing_passes_beside_it(tmp_path: Path, depth: int) -> None:
    """Servers in Go read ten thousand levels; what a limit counts and a decision changes stands in the same object."""
    slow = decided(("rate-limit", {"requests_per_minute": 60, "burst": 10}), accounts=["a"])
    with guarded(tmp_path, slow, **BY_HEADER) as (url, behind):
        for deep in nested(depth, "1"):
            body = f'{{"model": "m", "n": 500, "prompt": "How many?", "x": {deep}}}'
            assert asked(url, "/api/generate", body.encode(), "x-account: a")[0] in (413, 429)
        assert not behind.seen


def test_no_line_of_a_file_is_passed_over_for_it(tmp_path: Path) -> None:
    blocked = decided("block", templates=["T1"])
    with guarded(tmp_path, blocked, texts=known(("T1", "C001", TEXT)), **BY_HEADER) as (url, behind):
        for depth in (900, 3000):
            asks = (
                json.dumps({"messages": [{"role": "user", "content": TEXT}]})[:-1] + f', "x": {nested(depth, "1")[0]}}}'
            )
            line = f'{{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {asks}}}\n'
            status, _ = asked(url, "/v1/files", line.encode() * 3, "x-account: a", "content-type: application/jsonl")
            assert status in (403, 413)
        assert not behind.seen


def test_in_shadow_mode_it_passes_and_the_record_says_why(tmp_path: Path) -> None:
    with guarded(tmp_path, mode="shadow", **BY_HEADER) as (url, behind):
        body = f'{{"prompt": "How many?", "x": {nested(3000, "1")[0]}}}'.encode()
        assert asked(url, "/api/generate", body, "x-account: a")[0] == 200
        assert behind.seen[0].body == body
    assert [line["unread"] for line in record_of(tmp_path)] == ["it is nested too deeply"]
