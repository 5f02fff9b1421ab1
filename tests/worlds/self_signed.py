"""A certificate for a hub on loopback that signs itself, made by openssl."""

import subprocess
from pathlib import Path

from stillwatch.alliance.hub import Tls


def self_signed(folder: Path) -> Tls:
    """The hub's certificate, which clients name as their authority too, and its key."""
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=hub"]
    files = ["-keyout", "hub.key", "-out", "hub.pem", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", *made, *files], cwd=folder, check=True, capture_output=True)
    return Tls(folder / "hub.pem", folder / "hub.key")
