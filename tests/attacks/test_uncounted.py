"""What a request asks for counts in whatever words it is asked, and lines of a file however a server parts them."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from attacked import HELLO, asked, guarded, record_of
from gateways import Act, decided

SLOW: Act = ("rate-limit", {"requests_per_minute": 40, "burst": 20})
TOKENS: Act = ("rate-limit", {"requests_per_minute": 1000, "burst": 1000, "tokens_per_minute": 10_000})
BY_HEADER: Any = {"account_from": ("header:x-account",)}
CHAT = "/v1/chat/completions"
LINES = [
    {"custom_id": str(n), "method": "POST", "url": CHAT, "body": {"model": "m", "messages": HELLO}} for n in range(41)
]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, {"messages": [HELLO] * 41}),
        (CHAT, {"messages": HELLO, "model": ",".join(["m"] * 41)}),
        ("/v1/completions", {"prompt_embeds": ["AAAA"] * 41}),
        ("/v1/completions", {"prompt": [*["x"] * 20, *[{"prompt": "y"}] * 21]}),
        ("/predict", {"instances": [{"prompt": "x"}] * 41}),
        ("/predict", {"prompt": "x", "parameters": {"sampleCount": 41}}),
        ("/complete", {"prompt": "x", "numResults": 41}),
        ("/generate", {"prompt": "x", "num_samples": "41"}),
        ("/v1/embed", {"texts": ["x"] * 41}),
        *(
            (CHAT, {"messages": HELLO, name: 41})
            for name in ("num_choices", "n_sequences", "best_of_n", "response_count", "numVariants", "samples")
        ),
        ("/v1/batch", LINES),
        ("/v1/batch", {"items": LINES}),
        ("/v1/batch", {"items": [{"Custom_Id": "1", "Params": {"messages": HELLO}}] * 41}),
    ],
)
def test_answers_count_in_whatever_words(tmp_path: Path, path: str, body: Any) -> None:
    with guarded(tmp_path, decided(SLOW, accounts=["a"]), **BY_HEADER) as (url, behind):
        given = {"model": "m", **body} if isinstance(body, dict) else body
        assert asked(url, path, given, "x-account: a")[0] == 429
        assert asked(url, path, given, "x-account: other")[0] == 200
        assert len(behind.seen) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/completion", {"prompt": "x", "n_predict": 12_000}),
        ("/generate", {"prompt": "x", "max_length": 12_000}),
        ("/generate", {"prompt": "x", "max_gen_len": "12000"}),
        ("/generate", {"inputText": "x", "textGenerationConfig": {"maxTokenCount": 12_000}}),
        ("/v1/completions", {"prompt": "x", "max_tokens": 1, "min_tokens": 12_000}),
        ("/v1/messages", {"messages": HELLO, "max_tokens": 1, "thinking": {"budget_tokens": 12_000}}),
        ("/v1/completions", {"prompt": [5] * 12_000, "max_tokens": 1}),
        *(
            (CHAT, {"messages": HELLO, "max_tokens": 1, name: 12_000})
            for name in ("max_response_output_tokens", "max_thinking_tokens", "max_generated_tokens", "output_length")
        ),
        ("/v1/completions", {"prompt": [[5] * 6_000] * 2, "max_tokens": 1}),
    ],
)
def test_tokens_count_in_whatever_words(tmp_path: Path, path: str, body: Any) -> None:
    with guarded(tmp_path, decided(TOKENS, accounts=["a"]), **BY_HEADER) as (url, behind):
        assert asked(url, path, {"model": "m", **body}, "x-account: a")[0] == 429
        assert asked(url, path, {"model": "m", **body}, "x-account: other")[0] == 200
        assert len(behind.seen) == 1


@pytest.mark.parametrize("name", ["max_prompt_tokens", "max_input_tokens", "max_context_tokens", "top_n_tokens", "k"])
def test_what_is_no_amount_of_an_answer_counts_for_none(tmp_path: Path, name: str) -> None:
    with guarded(tmp_path, decided(TOKENS, accounts=["a"]), **BY_HEADER) as (url, _):
        body = {"model": "m", "messages": HELLO, "max_tokens": 1, name: 128_000}
        assert asked(url, CHAT, body, "x-account: a")[0] == 200


def test_a_conversation_and_a_prompt_of_ids_are_one(tmp_path: Path) -> None:
    with guarded(tmp_path, decided(SLOW, accounts=["a"]), **BY_HEADER) as (url, _):
        turns: Any = HELLO * 60
        for path, body in (
            (CHAT, {"messages": turns}),
            ("/v1/responses", {"input": turns}),
            ("/v1/completions", {"prompt": list(range(60))}),
            ("/v1/moderations", {"input": [{"type": "text", "text": "x"}] * 60}),
        ):
            assert asked(url, path, body, "x-account: a")[0] == 200, path


TEXTS = [json.dumps(line) for line in LINES]
FILES: dict[str, bytes] = {
    "blanks that strip takes off": "\n".join(f"\u00a0\u3000{line}" for line in TEXTS).encode(),
    "separators of lines": "\u2028".join(TEXTS).encode(),
    "next lines": "\x85".join(TEXTS).encode(),
    "nothing between": "".join(TEXTS).encode(),
    "a list": f"[{','.join(TEXTS)}]".encode(),
    "a list on lines": ("[" + ",\n".join(TEXTS) + "]").encode(),
    "comments": "\n".join(f"/* {{ */ {line} // x" for line in TEXTS).encode(),
    "names in other case": "\n".join(TEXTS).replace('"body"', '"Body"').encode(),
    "names that are escaped": "\n".join(TEXTS).replace('"body"', '"\\u0062ody"').encode(),
    "another encoding": "\n".join(TEXTS).encode("utf-16"),
    "another encoding, the other way": "\u2029".join(TEXTS).encode("utf-16-be"),
    "bytes that are no text": "\n".join(TEXTS).encode().replace(b"apples", b"apples\xff"),
}


def upload(url: str, file: bytes, account: str) -> int:
    form: dict[str, Any] = {"files": {"file": ("batch.jsonl", file)}, "data": {"purpose": "batch"}}
    return httpx.post(f"{url}/v1/files", headers={"x-account": account}, timeout=120, **form).status_code


@pytest.mark.parametrize("name", FILES)
def test_each_request_of_a_file_counts_however_it_is_written(tmp_path: Path, name: str) -> None:
    with guarded(tmp_path, decided(SLOW, accounts=["a"]), **BY_HEADER) as (url, _):
        assert upload(url, FILES[name], "a") == 429
        assert upload(url, FILES[name], "b") == 200
    found = [line for line in record_of(tmp_path) if line["account_id"] == "b" and line["pathway"] == "batch"]
    assert len(found) == 41
    assert {line["operation"] for line in found} == {"chat.completions"}


def test_files_that_ask_nothing_pass(tmp_path: Path) -> None:
    files = [
        b"{" * 100_000,
        b'{"body": ' * 20_000,
        b"\x00{\xff" * 9999,
        b"int main() { return body; }\n" * 999,
        bytes(range(256)) * 99,
    ]
    with guarded(tmp_path, **BY_HEADER) as (url, behind):
        for one in files:
            assert upload(url, one, "a") == 200
        assert len(behind.seen) == len(files)
        assert all(one in seen.body for one, seen in zip(files, behind.seen, strict=True))
