"""Names of megabytes are forgotten with the request that said them: nobody fills a gateway's memory one request at a time."""

import gc
from pathlib import Path

import pytest
from attacked import guarded, spoken

_MB = 2**20
_STATM = Path("/proc/self/statm")


def megabytes_in_use() -> float:
    gc.collect()
    return int(_STATM.read_text().split()[1]) * 4096 / _MB


@pytest.mark.skipif(not _STATM.exists(), reason="memory is read as Linux tells it")
def test_a_name_of_megabytes_is_not_remembered(tmp_path: Path) -> None:
    with guarded(tmp_path, account_from=("header:x-account",)) as (url, behind):
        behind.keeps = False

        def ask(number: int) -> None:
            body = b'{"messages": [{"role": "user", "content": "hi"}], "%d%b": 1}' % (number, b"a_" * (4 * _MB))
            head = ["POST /v1/chat/completions HTTP/1.1", "content-type: application/json", "x-account: a"]
            assert spoken(url, head, body)[0] == 200

        for number in range(4):
            ask(number)
        before = megabytes_in_use()
        for number in range(4, 20):
            ask(number)
        # Remembered, each would take twelve.
        assert megabytes_in_use() - before < 60
