"""A hub that is killed around any of its transactions: what was published is there once, whenever it comes back."""

from pathlib import Path

import pytest
from killed_hub import free_port, start

from stillwatch.alliance.hub import Hub, admit, create_collections, journal_entries
from stillwatch.alliance.member import Credentials, Membership, approve, draft, publishing, pull, send
from stillwatch.alliance.stix import shared_objects
from stillwatch.core import CampaignFacts, EndpointFailed


def test_nothing_is_lost_or_taken_twice(tmp_path: Path, facts: CampaignFacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each life of the hub is longer than the one before; it dies before a batch is on disk, or before it says so."""
    monkeypatch.setattr(publishing, "_BATCH", 12)
    port, database = free_port(), tmp_path / "hub.db"
    hub = Hub.open(database)
    create_collections(hub)
    acme, bolt = (
        Membership(name, f"http://127.0.0.1:{port}", tmp_path / f"{name}.db", Credentials(admit(hub, name)))
        for name in ("acme", "bolt")
    )
    made = draft(acme, facts)
    approve(acme, made)
    lives, left = 0, len(made.objects)
    while left:
        lives += 1
        process = start(database, port, 0.5 * lives)
        try:
            send(acme)
        except EndpointFailed:
            process.join(timeout=120)
        left = len(acme.store.waiting(acme.hub, 1_000))
        process.kill()
        process.join(timeout=300)
        assert lives < 60
    assert lives > 5
    told = [entry.body for entry in journal_entries(hub) if entry.body["action"] == "write"]
    # What every hub has from the start may be found there and not be sent at all.
    shared = {one["id"] for one in shared_objects()}
    taken = [one[0] for body in told for one in body["taken"] if one[0] not in shared]
    assert sorted(taken) == sorted(one["id"] for one in made.objects if one["id"] not in shared)
    process = start(database, port)
    assert pull(bolt).indicators == len(facts.indicators)
    process.kill()
    process.join(timeout=300)
    hub.close()
