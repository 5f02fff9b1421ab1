"""A session that a request opens past the gateway: in it nothing is counted, taken out or marked, as in a websocket."""

import json
from pathlib import Path

import pytest
from attacked import HELLO, asked, guarded, spoken
from gateways import Act, decided

OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
ACTS: list[Act] = [
    ("rate-limit", {"requests_per_minute": 6000}),
    ("rate-limit", {"requests_per_minute": 6000, "tokens_per_minute": 100_000}),
    "watermark",
    "hide-reasoning",
    "strip-logprobs",
]
OPEN = [
    "/v1/realtime/calls",
    "/v1/realtime?model=m",
    "/v1/realtime/client_secrets",
    "/v1//REALTIME/%73essions",
    "/v1/realtime/transcription_sessions",
    "/openai/realtimeapi/sessions",
    "/v1alpha/auth_tokens",
    "/webrtc/offer",
]
HONEST = ["/v1/chat/completions", "/v1/models/realtime/invoke", "/openai/deployments/realtime/embeddings"]


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_whoever_is_treated_in_each_answer_opens_none(tmp_path: Path, act: Act) -> None:
    with guarded(tmp_path, decided(act, accounts=["a"]), account_from=("header:x-account",)) as (url, behind):

        def opened(path: str, account: str, kind: str, raw: str) -> bool:
            before = len(behind.seen)
            head = [f"POST {path} HTTP/1.1", f"content-type: {kind}", f"x-account: {account}"]
            status, said = spoken(url, head, raw.encode())
            refused = (status, b"not_served_this_way" in said) == (403, True)
            assert refused is (len(behind.seen) == before)
            return not refused

        form = f'--x\r\nContent-Disposition: form-data; name="sdp"\r\n\r\n{OFFER}\r\n--x--\r\n'
        ways = [("application/json", "{}"), ("application/sdp", OFFER), ("multipart/form-data; boundary=x", form)]
        for path in OPEN:
            for kind, raw in ways:
                assert (opened(path, "a", kind, raw), opened(path, "b", kind, raw)) == (False, True)
        for kind, raw in (
            ("application/sdp", OFFER),
            ("application/json", json.dumps({"sdp": OFFER, "type": "offer"})),
        ):
            assert (opened("/offer", "a", kind, raw), opened("/offer", "b", kind, raw)) == (False, True)


def test_what_is_asked_of_a_model_of_that_name_is_served(tmp_path: Path) -> None:
    limited = decided(("rate-limit", {"requests_per_minute": 600}), accounts=["a"])
    with guarded(tmp_path, limited, account_from=("header:x-account",)) as (url, behind):
        for path in HONEST:
            assert asked(url, path, {"model": "realtime", "messages": HELLO}, "x-account: a")[0] == 200
        assert len(behind.seen) == len(HONEST)
