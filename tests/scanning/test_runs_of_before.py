"""A run whose sketches an earlier version made is refused in a sentence, by whoever would go on with it."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from handmade import Log, own_topics

from stillwatch import rescan, scan
from stillwatch.core import UnreadableInput


def test_a_run_whose_sketches_lack_columns_is_not_added_to(tmp_path: Path) -> None:
    log = Log(days=2, seed=0)
    log.honest(12, prompts=own_topics(3))
    run = scan(log.write(tmp_path), out=tmp_path / "run", workers=1)
    for part in (run.path / "sketches.parquet").glob("*.parquet"):
        known = pq.read_table(part)
        pq.write_table(known.drop_columns(["answered", "carried"]), part)
    with pytest.raises(UnreadableInput, match="sketches lack answered and carried") as caught:
        rescan(run.path)
    assert "scan its logs again" in str(caught.value)
    with pytest.raises(UnreadableInput, match="sketches lack answered and carried"):
        scan(tmp_path / "log.jsonl", into=run.path)
