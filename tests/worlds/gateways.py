"""Decisions, snapshots and servers for the gateway's tests."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn

from stillwatch.core import AuditLog
from stillwatch.core.minhash import SLOTS
from stillwatch.decisions import Action, Decision, LoggedDecision, Subject, current_decisions, decision_to_json
from stillwatch.gateway import KnownTexts
from stillwatch.gateway.fingerprint import fingerprint

Act = str | tuple[str, dict[str, int | str]]


@contextlib.contextmanager
def serving(app: Any, *, lifespan: Any = "off") -> Iterator[str]:
    """The app on a port of its own; yields its URL."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            lifespan=lifespan,
            log_level="warning",
            access_log=False,
            # As the gateway itself is served: who is at the other end, not who they say they are.
            proxy_headers=False,
        )
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=120)


Gateway = Callable[..., str]


def decided(
    *actions: Act,
    accounts: Sequence[str] = (),
    templates: Sequence[str] = (),
    subject: tuple[Any, str] = ("campaign", "C001"),
    decision_id: str = "D1",
    begins: timedelta = timedelta(hours=-1),
    lasts: timedelta = timedelta(days=1),
) -> Decision:
    """A decision with these actions."""
    now = datetime.now(UTC)
    made = tuple(Action(one) if isinstance(one, str) else Action(*one) for one in actions)
    return Decision(
        decision_id=decision_id,
        time=now + begins,
        subject=Subject(*subject),
        accounts=tuple(accounts),
        templates=tuple(templates),
        verdict="act",
        actions=made,
        rules=(),
        expires=now + begins + lasts,
        policy="p",
        policy_hash="0",
        run="0",
        customer_text="Your account is restricted.",
        approved_by="Ada",
        approved_at=now + begins,
    )


def standings(path: Path, *decisions: Decision, more: Sequence[dict[str, Any]] = ()) -> list[LoggedDecision]:
    """What of a log of these decisions is in force."""
    log = AuditLog(path)
    log.append(*[{"kind": "decision", "decision": decision_to_json(one)} for one in decisions], *more)
    return list(current_decisions(log.entries(), datetime.now(UTC), where=str(path)))


def known(*texts: tuple[str, str | None, str]) -> KnownTexts:
    """Texts by template id, campaign id and text."""
    prints = [fingerprint(text) for _, _, text in texts]
    sketches = [one.sketch() for one in prints]
    count = np.arange(len(texts), dtype=np.uint32)
    return KnownTexts(
        [(template, campaign) for template, campaign, _ in texts],
        np.array([one.masked for one in prints], np.uint64),
        count,
        np.concatenate([one.sentences for one in prints] or [np.zeros(0, np.uint64)]),
        np.repeat(count, [len(one.sentences) for one in prints]).astype(np.uint32),
        np.concatenate([bands for bands, _ in sketches] or [np.zeros(0, np.uint64)]),
        np.array([signature for _, signature in sketches], np.uint8).reshape(-1, SLOTS),
        count,
    )


Snap = Callable[..., Path]
