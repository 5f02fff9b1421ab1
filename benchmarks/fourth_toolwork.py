"""An agent's runs: thoughts and actions, each turn carrying along what the tools gave."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta

from fourth_answers import answered, keyword
from fourth_documents import document
from fourth_world import Account, Exchange, World

__all__ = ["steps"]

_ACTS = ("search", "calculator", "browser", "sql", "weather", "calendar", "files", "mail", "python", "maps")


def _observed(rng: random.Random, act: str, ask: str) -> str:
    if act in ("sql", "calculator"):
        return json.dumps(
            [{"id": rng.randint(1, 999), keyword(rng, ask): rng.randint(1, 5000)} for _ in range(rng.randint(1, 4))]
        )
    if act in ("files", "python"):
        return document(rng, "log", rng.randint(60, 400))
    return document(rng, rng.choice(("article", "review", "mail")), rng.randint(80, 500))


def steps(
    world: World,
    account: Account,
    when: datetime,
    system: str,
    ask: str,
    count: int,
    *,
    style: str = "react",
    harvest: bool = False,
) -> int:
    """One run of so many turns.

    Args:
        world: in which it is logged.
        account: whose run it is.
        when: it begins.
        system: what the framework says.
        ask: the task.
        count: turns.
        style: how the model writes an action: ``react`` or ``json``.
        harvest: whether a campaign collects it.
    """
    rng, session, out = world.rng, world.name("s_", 10), 0
    history: list[tuple[str, str]] = []
    prompt = f"Question: {ask}" if style == "react" else ask
    for number in range(count):
        thought = answered(rng, ask, rng.randint(60, 400))
        act = rng.choice(_ACTS)
        call = json.dumps({"tool": act, "arguments": {"query": f"{keyword(rng, ask)} {keyword(rng, thought)}"}})
        if number == count - 1:
            answer = f"Thought: I now know the answer.\nFinal Answer: {thought}" if style == "react" else thought
        elif style == "react":
            answer = f"Thought: {thought}\nAction: {act}\nAction Input: {keyword(rng, ask)} {keyword(rng, thought)}"
        else:
            answer = f"{thought}\n{call}"
        said = world.send(account, when, Exchange(prompt, answer, system, list(history), session, harvest=harvest))
        if said is None:
            break
        out += 1
        history += [("user", prompt), ("assistant", said)]
        seen = _observed(rng, act, ask)
        prompt = (
            f"Observation: {seen}" if style == "react" else f'{{"tool_result": {json.dumps(seen, ensure_ascii=False)}}}'
        )
        when += timedelta(seconds=rng.lognormvariate(1.6, 0.7) + 1)
    return out
