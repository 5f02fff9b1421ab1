"""mTLS on a real socket: a member with a certificate on record comes in by that, and by nothing else."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from leftovers import FORGIVEN, collected  # noqa: F401

from stillwatch.alliance.hub import Hub, Serving, Tls, admit, create_collections, serving
from stillwatch.alliance.member import Credentials, Membership, publish, pull
from stillwatch.core import BadSetting, CampaignFacts, EndpointFailed

pytestmark = FORGIVEN


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    _openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=alliance")
    for name in ("hub", "acme", "bolt"):
        _openssl(folder, "req", *key[:-2], "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")
    return folder


@pytest.fixture
def secured(tmp_path: Path, certificates: Path) -> Iterator[Serving]:
    hub = Hub.open(tmp_path / "hub.db")
    create_collections(hub)
    tls = Tls(certificates / "hub.pem", certificates / "hub.key", certificates / "ca.pem")
    with serving(hub, tls=tls) as running:
        yield running
    hub.close()


def test_members_come_in_by_certificate_or_by_token(
    secured: Serving, certificates: Path, tmp_path: Path, facts: CampaignFacts
) -> None:
    stolen = admit(secured.hub, "acme", certificate=(certificates / "acme.pem").read_text())
    token = admit(secured.hub, "bolt")
    ca = certificates / "ca.pem"
    pair = (certificates / "acme.pem", certificates / "acme.key")
    acme = Membership("acme", secured.url, tmp_path / "a.db", Credentials(None, None, *pair, ca))
    bolt = Membership("bolt", secured.url, tmp_path / "b.db", Credentials(token, authority=ca))
    _, sent = publish(acme, facts)
    assert sent.refused == {}
    assert pull(bolt).indicators == 6
    # The member's token alone opens nothing, nor does a certificate that nobody put on record.
    other = (certificates / "bolt.pem", certificates / "bolt.key")
    for credentials in (Credentials(stolen, authority=ca), Credentials(None, None, *other, ca)):
        with pytest.raises(EndpointFailed, match="401"):
            pull(Membership("acme", secured.url, tmp_path / "c.db", credentials))


def test_a_header_is_no_certificate(secured: Serving, certificates: Path) -> None:
    admit(secured.hub, "acme", certificate=(certificates / "acme.pem").read_text())
    with httpx.Client(verify=Credentials(authority=certificates / "ca.pem").context()) as client:
        for name in ("client_certificate_sha256", "X-Client-Cert", "X-SSL-Client-Cert"):
            answer = client.get(f"{secured.url}/taxii2/", headers={name: (certificates / "acme.pem").name})
            assert answer.status_code == 401


def test_a_hub_that_nobody_vouches_for_is_not_spoken_to(secured: Serving, tmp_path: Path) -> None:
    stranger = Membership("bolt", secured.url, tmp_path / "b.db", Credentials(admit(secured.hub, "bolt")))
    with pytest.raises(EndpointFailed, match="CERTIFICATE_VERIFY_FAILED"):
        pull(stranger)


def test_files_that_are_no_certificates(tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("hello")
    hub = Hub.open(tmp_path / "hub.db")
    create_collections(hub)
    tls = Tls(tmp_path / "text.pem", tmp_path / "text.pem")
    with pytest.raises(BadSetting, match="certificate"), serving(hub, tls=tls):
        pass
    with pytest.raises(BadSetting, match="PEM"):
        admit(hub, "acme", certificate="hello")
    with pytest.raises(BadSetting):
        Credentials(certificate=tmp_path / "text.pem").context()
    hub.close()
