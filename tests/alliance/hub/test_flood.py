"""While strangers and members ask as much as they can, what members send is taken in, over either database."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from stillwatch.alliance.hub import Hub, Pace, admit, journal_entries, serving

TAXII = "application/taxii+json;version=2.1"
MEMBERS = ("acme", "bolt", "cora", "dune")
OBJECTS = "/alliance/collections/amber/objects/"
EACH = 6


@contextmanager
def asking(urls: list[tuple[str, str, dict[str, str]]], over: threading.Event) -> Iterator[Counter[int]]:
    """Somebody for each of these, who asks the same again and again; how often they had which status."""
    statuses: Counter[int] = Counter()

    def ask(method: str, url: str, headers: dict[str, str]) -> None:
        with httpx.Client(timeout=600, trust_env=False) as client:
            while not over.is_set():
                statuses[client.request(method, url, headers=headers).status_code] += 1

    threads = [threading.Thread(target=ask, args=one) for one in urls]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=600)


def test_nothing_that_members_send_is_lost_or_refused(hub: Hub, note: Callable[..., dict[str, Any]]) -> None:
    tokens = {name: admit(hub, name) for name in MEMBERS}
    taken: Counter[tuple[int, int]] = Counter()
    with serving(hub, pace=Pace(requests=10**9, objects=10**9)) as running:

        def headers(token: str) -> dict[str, str]:
            return {"Authorization": f"Bearer {token}", "Accept": TAXII, "Content-Type": TAXII}

        def send(name: str) -> None:
            with httpx.Client(timeout=600, trust_env=False) as client:
                for number in range(EACH):
                    body = {"objects": [note(name, 10 * number + one) for one in range(10)]}
                    answer = client.post(running.url + OBJECTS, json=body, headers=headers(tokens[name]))
                    taken[answer.status_code, answer.json().get("success_count", 0)] += 1

        reads = [("GET", f"{running.url}{OBJECTS}?limit=1000", headers(token)) for token in tokens.values()] * 4
        strangers = [("GET", f"{running.url}/taxii2/", headers(f"none {number}")) for number in range(24)]
        with asking(reads + strangers, threading.Event()) as statuses:
            senders = [threading.Thread(target=send, args=(name,)) for name in MEMBERS]
            for one in senders:
                one.start()
            for one in senders:
                one.join(timeout=600)
    assert taken == {(202, 10): EACH * len(MEMBERS)}
    assert not [status for status in statuses if status not in (200, 401, 429)]
    written = [entry.body for entry in journal_entries(hub) if entry.body["action"] == "write"]
    assert sum(len(one["taken"]) for one in written) == 10 * EACH * len(MEMBERS)
