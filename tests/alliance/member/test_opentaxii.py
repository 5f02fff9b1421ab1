"""OpenTAXII 0.10.0b1 as the hub: what our member publishes there, another of our members reads back."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.alliance.member import Credentials, Membership, publish, pull, retract, send
from stillwatch.alliance.store import partner_indicators
from stillwatch.core import CampaignFacts

PEER = Path(__file__).parents[3] / ".venv" / "peers" / "opentaxii" / "bin" / "python"
_CONFIG = """
domain: 127.0.0.1
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {{db_connection: "sqlite:///{folder}/auth.db", create_tables: yes, secret: only-for-a-test}}
taxii1:
taxii2:
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "sqlite:///{folder}/data.db", create_tables: yes}}
  title: Peer
  public_discovery: true
  max_content_length: 16777216
"""

# On a port that the system chooses, with one account and one collection; runs in the peer's environment.
_SERVER = """
import sys

from opentaxii.config import ServerConfig
from opentaxii.middleware import create_app
from opentaxii.server import TAXIIServer
from werkzeug.serving import make_server

name, password, collection = sys.argv[1:]
server = TAXIIServer(ServerConfig())
app = create_app(server)
with app.app_context():
    server.auth.api.create_account(name, password, is_admin=True)
    store = server.servers.taxii2.persistence.api
    store.add_collection(api_root_id=store.add_api_root(title="Alliance", default=True).id, title=collection)
http = make_server("127.0.0.1", 0, app)
print(http.server_port, flush=True)
http.serve_forever()
"""


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "peer.yml").write_text(_CONFIG.format(folder=tmp_path))
    process = subprocess.Popen(
        [PEER, "-c", _SERVER, "acme", "secret", "amber"],
        env={**os.environ, "OPENTAXII_CONFIG": str(tmp_path / "peer.yml")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    port = next(line.strip() for line in process.stdout if line.strip().isdigit())
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.slow
def test_a_campaign_goes_there_comes_back_and_is_taken_back(peer: str, facts: CampaignFacts, tmp_path: Path) -> None:
    known = Credentials(basic=("acme", "secret"))
    acme = Membership("acme", peer, tmp_path / "acme.member", known)
    bolt = Membership("bolt", peer, tmp_path / "bolt.member", known)
    made, sent = publish(acme, facts)
    assert sent.refused == {}
    assert sent.taken == len(made.objects)
    assert send(acme).taken == 0
    pulled = pull(bolt)
    assert (pulled.objects, pulled.indicators, pulled.unread) == (len(made.objects), 6, 0)
    kept = {one["id"]: one for one in bolt.store.pulled("campaign", "indicator", "report", "extension-definition")}
    # Letter for letter but for how a moment is written.
    for one in made.objects:
        if one["id"] in kept:
            same = {name for name in one if name not in ("created", "modified")}
            assert {name: kept[one["id"]].get(name) for name in same} == {name: one[name] for name in same}
    assert len(partner_indicators(bolt.state)) == 6
    assert pull(bolt).objects == 0
    assert made.campaign
    retract(acme, made.campaign)
    pull(bolt)
    assert partner_indicators(bolt.state) == []
