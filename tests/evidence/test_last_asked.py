"""What was worked out of a group is not worked out twice in a row, and never passes for another group's."""

from dataclasses import replace

import numpy as np

from stillwatch.evidence import whiten
from stillwatch.evidence.icc import icc_of
from stillwatch.evidence.last_asked import LastAsked


def test_the_last_few_answers_are_kept_and_no_more() -> None:
    worked: list[int] = []

    def ask(of: int) -> int:
        def work() -> int:
            worked.append(of)
            return 10 * of

        return asked.answer(of, work)

    asked = LastAsked()
    assert [ask(one) for one in (0, 1, 0, 2, 3, 1, 0)] == [0, 10, 0, 20, 30, 10, 0]
    assert worked == [0, 1, 2, 3]
    assert [ask(one) for one in (4, 0, 2)] == [40, 0, 20]
    assert worked == [0, 1, 2, 3, 4, 2]


def test_what_one_log_answered_is_no_answer_of_another() -> None:
    rng = np.random.default_rng(0)
    owner, features = np.repeat(np.arange(8), 20), rng.normal(size=(160, 6)).astype(np.float16)
    members = np.arange(8)
    content = whiten(features, owner, 8, embedded=6)
    before = icc_of(content, members)
    assert icc_of(content, members) is before
    assert icc_of(content, members[:5]) != before
    apart = replace(content, raw=content.raw + 5 * owner[:, None].astype(np.float32))
    assert icc_of(apart, members).icc > before.icc
    assert icc_of(content, members, whole=True) == icc_of(content, members, whole=True)
