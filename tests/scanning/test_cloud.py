"""Logs in an object store, on a real S3 server: read as if they lay in a folder, and each once."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deliveries import FAST
from s3_server import PEER, S3, s3_server

from stillwatch import Run, scan
from stillwatch.core import EmptyInput, OutputUnwritable, StillwatchError, UnreadableInput
from stillwatch.ingest import Bucket, cloud

pytestmark = pytest.mark.skipif(not PEER.exists(), reason="make peers installs the S3 server")


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with s3_server() as made:
        yield made


@pytest.fixture
def store(server: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """The server without a bucket, and the environment in which a store is looked for."""
    server.forget()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return server


def lines(day: int, rows: int = 20) -> bytes:
    made = [
        {"time": f"2026-11-{day:02d}T00:00:{row % 60:02d}Z", "account_id": f"a{row % 5}", "prompt": f"Why {day} {row}?"}
        for row in range(rows)
    ]
    return b"".join(json.dumps(one).encode() + b"\n" for one in made)


def table(day: int, rows: int = 20) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([json.loads(line) for line in lines(day, rows).splitlines()]), sink)
    return bytes(sink.getvalue().to_pybytes())


def exchanges(run: Run) -> list[dict[str, object]]:
    columns = ["exchange_id", "time", "account_id", "prompt", "model", "source_file", "source_line"]
    rows: list[dict[str, object]] = run.table("exchanges").select(columns).sort_by("exchange_id").to_pylist()
    return rows


def test_a_prefix_is_read_as_the_same_files_in_a_folder(store: S3, tmp_path: Path) -> None:
    objects = {
        "logs/a.jsonl": lines(1),
        "logs/deep/b.jsonl.gz": gzip.compress(lines(2)),
        "logs/model=m%2F1/date=2026-11-03/c.parquet": table(3),
        "logs/empty/": b"",
        "logs/_SUCCESS": b"",
        "elsewhere/d.jsonl": lines(4),
    }
    store.fill("bucket", objects)
    folder = tmp_path / "logs"
    for key, content in objects.items():
        if key.startswith("logs/") and not key.endswith("/"):
            path = tmp_path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    there = scan("s3://bucket/logs/", out=tmp_path / "there", workers=1, **FAST)
    local = scan(folder, out=tmp_path / "local", workers=1, **FAST)
    assert exchanges(there) == exchanges(local)
    assert {row["model"] for row in exchanges(there)} == {None, "m/1"}
    assert len(exchanges(there)) == 60
    assert not list(there.path.glob("**/.fetched"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["local", "logs", "there"]


def test_one_object_and_a_file_beside_it(store: S3, tmp_path: Path) -> None:
    store.fill("bucket", {"x/a.jsonl": lines(1), "x/b.jsonl": lines(2)})
    (tmp_path / "c.jsonl").write_bytes(lines(3))
    run = scan(
        ["s3://bucket/x/a.jsonl", "s3://bucket/x/b.jsonl", tmp_path / "c.jsonl"],
        out=tmp_path / "run",
        workers=1,
        **FAST,
    )
    assert {row["source_file"] for row in exchanges(run)} == {"a.jsonl", "b.jsonl", "c.jsonl"}


def test_objects_that_were_read_are_not_fetched_again(
    store: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.fill("bucket", {"logs/day-1.jsonl": lines(1), "logs/day-2.jsonl": lines(2)})
    scan("s3://bucket/logs", out=tmp_path / "run", workers=1, **FAST)
    store.put("bucket", "logs/day-3.jsonl", lines(3))
    copied: list[str] = []
    copy = Bucket.copy

    def told(self: Bucket, one: cloud.CloudObject, *rest: object) -> None:
        copied.append(one.uri)
        copy(self, one, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Bucket, "copy", told)
    added = scan("s3://bucket/logs", into=tmp_path / "run", workers=1, **FAST)
    assert copied == ["s3://bucket/logs/day-3.jsonl"]
    assert len(exchanges(added)) == 60
    copied.clear()
    again = scan("s3://bucket/logs", into=tmp_path / "run", workers=1, **FAST)
    assert copied == []
    assert exchanges(again) == exchanges(added)


def test_a_killed_scan_keeps_what_it_had_copied(store: S3, tmp_path: Path) -> None:
    store.fill("bucket", {"logs/a.jsonl": lines(1), "logs/b.jsonl": lines(2)})
    bucket = Bucket.named("s3://bucket/logs")
    objects = bucket.objects()
    told: list[int] = []
    assert cloud.fetched(bucket, objects[:1], tmp_path / "f", told.append) == tmp_path / "f"
    (tmp_path / "f" / ".b.jsonl.partial").write_bytes(b"half")
    before = (tmp_path / "f" / "a.jsonl").stat().st_ino
    cloud.fetched(bucket, objects, tmp_path / "f", told.append)
    assert (tmp_path / "f" / "a.jsonl").stat().st_ino == before
    assert sorted(path.name for path in (tmp_path / "f").iterdir()) == ["a.jsonl", "b.jsonl"]
    # An object that was deleted since is no part of the log.
    cloud.fetched(bucket, objects[1:], tmp_path / "f", told.append)
    assert [path.read_bytes() for path in (tmp_path / "f").iterdir()] == [lines(2)]


@pytest.mark.parametrize(
    ("uri", "kind", "says"),
    [
        ("s3://nowhere/logs", UnreadableInput, "no such bucket"),
        ("s3://bucket/nothing-there", UnreadableInput, "no such bucket or object"),
        ("s3://bucket/odd", UnreadableInput, "its key is no path"),
        ("az://container/logs", UnreadableInput, "whose account"),
    ],
)
def test_what_cannot_be_read_is_said(
    store: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, kind: type[StillwatchError], says: str
) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT", raising=False)
    store.fill("bucket", {"a.jsonl": lines(1), "odd/x//y.jsonl": lines(1)})
    with pytest.raises(kind, match=says) as told:
        scan(uri, out=tmp_path / "run", **FAST)
    assert told.value.where is not None
    assert uri.split("/")[2] in told.value.where
    assert told.value.hint
    assert list(tmp_path.iterdir()) == []


def test_an_empty_bucket(store: S3, tmp_path: Path) -> None:
    store.fill("bucket", {})
    with pytest.raises(EmptyInput, match="nothing lies there"):
        scan("s3://bucket", out=tmp_path / "run", **FAST)


def test_a_disk_that_is_too_small_is_told_before(store: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.fill("bucket", {"a.jsonl": lines(1)})
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100))
    with pytest.raises(OutputUnwritable, match="100 are free"):
        scan("s3://bucket", out=tmp_path / "run", **FAST)
    assert list(tmp_path.iterdir()) == []


def test_credentials_that_are_refused_are_told(store: S3) -> None:
    error = Bucket.named("s3://bucket/x")._refusal(OSError("AWS Error ACCESS_DENIED during ListObjectsV2 operation"))
    assert "may not be read" in error.problem
    assert "AWS_ACCESS_KEY_ID" in str(error.hint)
