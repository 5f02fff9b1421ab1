"""The target that was judged is the one that is served: no header names another, as some servers let whoever stands in front do."""

from pathlib import Path

import pytest
from attacked import HELLO, asked, guarded

BODY = {"model": "m", "messages": HELLO}


@pytest.mark.parametrize(
    "name", ["X-Original-URL", "X-Rewrite-URL", "x_original_url", "X-Original-Uri", "x-override-url"]
)
@pytest.mark.parametrize("mode", ["enforce", "shadow"])
def test_no_header_names_another(tmp_path: Path, name: str, mode: str) -> None:
    with guarded(tmp_path, mode=mode, other_paths="refuse") as (url, behind):
        assert asked(url, "/v1/embeddings", BODY, f"{name}: /v1/images", "x-original-host: a")[0] == 200
        (seen,) = behind.seen
        assert [head for head, _ in seen.headers if b"url" in head or b"uri" in head] == []
        assert seen.all_of("x-original-host") == ["a"]
