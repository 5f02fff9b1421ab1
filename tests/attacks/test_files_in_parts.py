"""A file that comes in several requests, its lines cut between two: what they ask stands whole in none of them."""

import json
from pathlib import Path

import pytest
from attacked import HELLO, guarded, spoken
from gateways import Act, decided

LINE = json.dumps(
    {"custom_id": "1", "url": "/v1/chat/completions", "body": {"model": "m", "messages": HELLO, "n": 128}}
).encode()
WAYS: dict[str, list[str]] = {
    "OpenAI's": ["POST /v1/uploads/upload_1/parts HTTP/1.1"],
    "its beginning": ["POST /v1/uploads HTTP/1.1"],
    "in another spelling": ["POST /v1//%75ploads/upload_1/Parts/?a=b HTTP/1.1"],
    "Google's first": [
        "POST /upload/v1beta/files HTTP/1.1",
        "x-goog-upload-command: upload",
        "x-goog-upload-offset: 0",
    ],
    "Google's last": ["POST /u HTTP/1.1", "X-Goog-Upload-Command: upload, finalize", "X-Goog-Upload-Offset: 77"],
    "a range": ["PUT /v1/files/f HTTP/1.1", "content-range: bytes 0-76/300"],
    "a range of an unknown length": ["PUT /v1/files/f HTTP/1.1", "content_range: bytes 0-76/*"],
    "tus": ["PATCH /files/f HTTP/1.1", "Upload-Offset: 0"],
    "S3's": ["PUT /b/f?partNumber=1&uploadId=x HTTP/1.1"],
}
WHOLE: dict[str, list[str]] = {
    "a file": ["POST /v1/files HTTP/1.1"],
    "Google's": [
        "POST /upload/v1beta/files HTTP/1.1",
        "x-goog-upload-command: upload, finalize",
        "x-goog-upload-offset: 0",
    ],
    "a range": ["PUT /v1/files/f HTTP/1.1", f"content-range: bytes 0-{len(LINE) - 1}/{len(LINE)}"],
}
ONE = LINE.replace(b"128", b"1")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("act", [("rate-limit", {"requests_per_minute": 60}), "watermark", "hide-reasoning"], ids=str)
def test_whoever_is_treated_in_each_answer_sends_files_whole(tmp_path: Path, act: Act, way: str) -> None:
    limited = decided(act, accounts=["a"])
    with guarded(tmp_path, limited, account_from=("header:x-account",)) as (url, behind):
        for part in (LINE[:90], LINE[90:]):
            status, said = spoken(url, [*WAYS[way], "x-account: a"], part)
            assert (status, b"not_served_this_way" in said, behind.seen) == (403, True, [])
        assert spoken(url, [*WAYS[way], "x-account: b"], LINE[:90])[0] == 200
        assert behind.seen[-1].body == LINE[:90]


@pytest.mark.parametrize("way", WHOLE)
def test_whole_ones_are_taken_and_counted(tmp_path: Path, way: str) -> None:
    limited = decided(("rate-limit", {"requests_per_minute": 60}), accounts=["a"])
    with guarded(tmp_path, limited, account_from=("header:x-account",)) as (url, behind):
        assert spoken(url, [*WHOLE[way], "x-account: a"], LINE)[0] == 429
        raw = ONE.ljust(len(LINE))
        assert spoken(url, [*WHOLE[way], "x-account: a"], raw)[0] == 200
        assert behind.seen[-1].body == raw
