"""A hub that rewrites its journal is found out by members at their next pull, and the place is told."""

import json
import sqlite3
from pathlib import Path

import pytest
from alliance_served import alliance

from stillwatch.alliance.hub import journal_entries
from stillwatch.alliance.member import pull
from stillwatch.cli.alliance.hub import journal_command
from stillwatch.core import chained
from stillwatch.core.audit_log import GENESIS


def test_a_rewritten_history_parts_from_what_members_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with alliance(tmp_path, "alpha") as met:
        alpha = met.members["alpha"]
        assert pull(alpha).parted is None
        early = f"journal {alpha.store.settings()[f'journal {alpha.hub}']}"
        assert pull(alpha).parted is None
        late = f"journal {alpha.store.settings()[f'journal {alpha.hub}']}"
        (tmp_path / "heads").write_text(f"{early}\n{late}\n")
        journal_command(db=str(tmp_path / "hub.db"), verify=tmp_path / "heads")
        assert "2 heads are of this journal" in capsys.readouterr().out
        # Its own chain holds all the same: everything after the change is hashed anew.
        entries, previous = list(journal_entries(met.hub)), GENESIS
        with sqlite3.connect(tmp_path / "hub.db") as connection:
            for old in entries:
                body = dict(old.body) | ({"member": "nobody"} if old.n == int(early.split()[1]) + 1 else {})
                new = chained(body, n=old.n, previous=previous)
                previous = new.hash
                said = json.dumps(body)
                row = (new.time, said, new.previous, new.hash, old.n)
                if old.n > int(early.split()[1]):
                    connection.execute("UPDATE journal SET time=?, body=?, previous=?, hash=? WHERE n=?", row)
                else:
                    previous = old.hash
        connection.close()
        assert len(list(journal_entries(met.hub))) >= len(entries)
        assert "entry" in (pull(alpha).parted or "")
        journal_command(db=str(tmp_path / "hub.db"), verify=tmp_path / "heads")
        assert f"part after entry {early.split()[1]}," in capsys.readouterr().out
