"""A real LiteLLM that passes requests through shows a callback no answer and no head: no way round a decision."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from attacked import HELLO, Witness
from gateways import decided, serving
from leftovers import FORGIVEN, collected  # noqa: F401
from litellm_served import PEER, litellm_before
from marked_answers import marks_in

pytestmark = [
    FORGIVEN,
    pytest.mark.slow,
    pytest.mark.skipif(not PEER.exists(), reason="make peers installs LiteLLM"),
]

CHAT: Any = {"model": "m", "messages": HELLO}
CLAUDE: Any = {"model": "claude-x", "max_tokens": 9, "messages": HELLO}
WAYS = {
    "/openai_passthrough/v1/chat/completions": CHAT,
    "/openai/v1/chat/completions": CHAT,
    "/anthropic/v1/messages": CLAUDE,
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Witness]]:
    behind = Witness()
    decisions = (
        decided("hide-reasoning", accounts=["bad"], decision_id="D1"),
        decided("block", accounts=["blocked"], decision_id="D2"),
    )
    with serving(behind) as upstream, pytest.MonkeyPatch.context() as patched:
        for name in ("OPENAI", "ANTHROPIC"):
            patched.setenv(f"{name}_API_BASE", upstream)
            patched.setenv(f"{name}_API_KEY", "none")
        with litellm_before(upstream, tmp_path_factory.mktemp("litellm"), *decisions) as (url, _):
            yield url, behind


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize("account", ["bad", "blocked"])
def test_whoever_is_decided_about_is_not_passed_through(served: tuple[str, Witness], path: str, account: str) -> None:
    url, behind = served
    headers = {"authorization": "Bearer sk-master", "x-api-key": "sk-master", "x-account": account}
    for more in ({}, {"stream": True}):
        behind.seen.clear()
        answer = httpx.post(url + path, json=WAYS[path] | more, headers=headers, timeout=300)
        assert (answer.status_code, marks_in(answer.content), behind.seen) == (403, [], [])


def test_files_are_not_fetched_by_whom_answers_are_stripped_of(served: tuple[str, Witness]) -> None:
    url, behind = served
    headers = {"authorization": "Bearer sk-master", "x-account": "bad"}
    behind.seen.clear()
    answer = httpx.get(f"{url}/v1/files/f/content", headers=headers, timeout=300)
    assert (answer.status_code, behind.seen) == (403, [])
