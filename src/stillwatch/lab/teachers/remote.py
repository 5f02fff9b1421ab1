"""A teacher at an endpoint: prompts go out as text, answers come back as words of the student."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from stillwatch.core import BadSetting
from stillwatch.lab.exposures import Exposure, Responses, Shown, elide, round_logprobs
from stillwatch.lab.tasks import Skill, Words
from stillwatch.lab.teachers.endpoint import Client

__all__ = ["RemoteTeacher"]


class RemoteTeacher:
    """See the module. What the endpoint hides stays hidden; what it shows and the exposure does not is dropped.

    Args:
        client: of the endpoint.
        task: whose words prompts and responses are in.
        parallel: requests under way at once.
    """

    def __init__(self, client: Client, task: Skill, parallel: int) -> None:
        self._client, self._task, self._parallel = client, task, parallel

    def shows(self, exposure: Exposure) -> Exposure:
        """What was asked for.

        Raises:
            BadSetting: full logits, which no such endpoint shows.
        """
        if exposure.logprobs == "full":
            raise BadSetting("an endpoint shows no full logits", where="setting exposures", hint="use top-20 or fewer")
        return exposure

    def query(self, prompts: Sequence[Words], exposure: Exposure, seed: int = 0) -> Responses:
        """Ask for every prompt; an answer that is on record is not asked for again.

        Raises:
            EndpointFailed: the endpoint refuses or does not answer.
        """
        shown = self.shows(exposure)
        top = shown.logprobs if isinstance(shown.logprobs, int) else None
        with ThreadPoolExecutor(self._parallel) as threads:
            texts = [self._task.decode(prompt) for prompt in prompts]
            choices = list(threads.map(lambda text: self._client.ask(text, top, seed), texts))
        rng = np.random.default_rng([seed, 3])
        rows = [self._read(choice, shown) for choice in choices]
        kept = [elide(row, shown, self._task, rng) for row in rows]
        return Responses(list(prompts), kept, sum(len(row.ids) for row in rows))

    def _read(self, choice: dict[str, Any], shown: Exposure) -> Shown:
        """Words of one choice, with log-probabilities where its tokens are words of the student, one to one."""
        text = str((choice.get("message") or {}).get("content") or "")
        end = (self._task.end,) if choice.get("finish_reason") == "stop" else ()
        ids = self._task.encode(text) + end
        if not isinstance(shown.logprobs, int):
            return Shown(ids or (self._task.end,))
        places = ((choice.get("logprobs") or {}).get("content")) or []
        rows = [self._place(place, shown.logprobs) for place in places]
        if end and len(rows) == len(ids) - 1:
            # Endpoints that do not list the end of text as a token: it was sampled, no more is known.
            rows.append(([self._task.end] + [-1] * shown.logprobs, [0.0] * (shown.logprobs + 1)))
        if not ids or len(rows) != len(ids) or any(row is None for row in rows):
            raise BadSetting(
                "the endpoint's tokens are not the student's, so its log-probabilities cannot be used",
                where="setting exposures",
                hint="use a student with the teacher's tokenizer, or text+cot",
            )
        whole = [row for row in rows if row is not None]
        values = np.asarray([row[1] for row in whole], dtype=np.float32)
        top_ids = np.asarray([row[0] for row in whole], dtype=np.int64)
        if tuple(int(i) for i in np.where(top_ids[:, 0] >= 0, top_ids[:, 0], ids)) != ids:
            raise BadSetting("the endpoint's tokens do not spell its text", where="setting exposures")
        return Shown(ids, top_ids, round_logprobs(values, shown.rounding))

    def _place(self, place: dict[str, Any], k: int) -> tuple[list[int], list[float]] | None:
        """The sampled word, then the k most probable; None where the sampled one is no word of the student."""
        sampled = self._word(str(place.get("token", "")))
        if sampled is None:
            return None
        ids, values = [], []
        for one in (place.get("top_logprobs") or [])[:k]:
            word = self._word(str(one.get("token", "")))
            if word is not None and word not in ids:
                ids.append(word)
                values.append(float(one["logprob"]))
        pad = k - len(ids)
        first = -1 if sampled in ids else sampled
        return [first, *ids, *[-1] * pad], [float(place.get("logprob", 0.0)), *values, *[0.0] * pad]

    def _word(self, token: str) -> int | None:
        found = self._task.encode(token)
        return found[0] if len(found) == 1 else None
