"""What is told of a stream part of which comes from one source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.core.counted import percent
from stillwatch.engines import Engine, Table
from stillwatch.evidence import LogProfile, SeenSource, Toward, Window
from stillwatch.evidence.p_values import cauchy_p
from stillwatch.profiles import StreamReader

__all__ = ["Stream", "StreamFinding", "TestedStream", "stream_finding"]

I64 = npt.NDArray[np.int64]

_MOST_NAMED = 20
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class StreamFinding:
    """A stream part of which comes from one source.

    Attributes:
        account_ids: whose stream it is, the first few.
        org_id: of their organisation, where one account declares one.
        accounts, exchanges: how many it has.
        window, windows, fired: prompts a window, windows tested, and those that show the part.
        share: of the prompts in those windows, about.
        p_value, q_value: of the stream.
        sentence: the finding in words.
        examples: exchanges that carry it, most telling first.
        beside: accounts that share its hands and send one kind of prompt, set aside before it was tested, the first
            few.
    """

    account_ids: Sequence[str]
    org_id: str | None
    accounts: int
    exchanges: int
    window: int
    windows: int
    fired: int
    share: float
    p_value: float
    q_value: float
    sentence: str
    examples: Sequence[str]
    beside: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of n distinct prompts in order of time.

    Attributes:
        keys, owner: row key and entity of each prompt (n).
        aside: entities that were taken out of it.
    """

    keys: I64
    owner: I64
    aside: I64

    @property
    def entities(self) -> I64:
        """Whose it is, sorted."""
        return np.unique(self.owner)

    def without(self, entities: I64) -> Stream:
        """What is left when these entities are set aside."""
        kept = ~np.isin(self.owner, entities)
        return Stream(self.keys[kept], self.owner[kept], np.union1d(self.aside, entities))


@dataclass(frozen=True, slots=True)
class TestedStream:
    """A stream and what its windows came to.

    Attributes:
        stream: that was tested.
        rows: of the stream, in each window (windows x size).
        windows: held against people at large.
        source: entities set aside who are shown to ask from one source; nobody, where none is shown.
        toward: the same windows, held against what those send; None where nobody does.
        held_against: holds them against what other accounts send.
    """

    stream: Stream
    rows: I64
    windows: tuple[Window, ...]
    source: I64
    toward: Toward | None
    held_against: Callable[[SeenSource], Toward]

    @property
    def size(self) -> int:
        """Prompts a window."""
        return int(self.rows.shape[1])

    @property
    def everybody(self) -> I64:
        """Whose hands are the stream's, those set aside of it among them."""
        return np.union1d(self.stream.entities, self.stream.aside)

    @property
    def p_value(self) -> float:
        """Of all its windows together."""
        return cauchy_p(
            [*(window.p_value for window in self.windows), *(self.toward.p_values if self.toward is not None else ())]
        )


def stream_finding(
    engine: Engine,
    reader: StreamReader,
    one: TestedStream,
    log: LogProfile,
    accounts: Table,
    q_value: float,
    fdr: float,
) -> StreamFinding:
    """Put a tested stream into words.

    Args:
        engine, reader, log: where its accounts and prompts are looked up.
        one: the stream.
        accounts: with their ``entity``.
        q_value: after control over all streams.
        fdr: at which a window counts as showing the part.
    """

    def of(entities: I64) -> pa.Table:
        return engine.fetch(
            "SELECT account_id, org_id FROM {accounts} SEMI JOIN {entities} USING (entity) ORDER BY account_id",
            accounts=accounts,
            entities=pa.table({"entity": entities}),
        )

    entities = one.stream.entities
    who, beside = of(entities), of(one.stream.aside)
    fired = [n for n, window in enumerate(one.windows) if window.p_value * len(one.windows) <= fdr]
    strongest = min(range(len(one.windows)), key=lambda n: one.windows[n].p_value)
    shown = fired or [strongest]
    share = float(np.mean([one.windows[n].share for n in shown]))
    carriers = one.stream.keys[one.rows[strongest][one.windows[strongest].carriers[:_MOST_EXAMPLES]]]
    return StreamFinding(
        account_ids=who["account_id"].to_pylist()[:_MOST_NAMED],
        org_id=who["org_id"][0].as_py() if len(entities) == 1 else None,
        accounts=len(who),
        exchanges=int(log.exchanges[entities].sum()),
        window=one.size,
        windows=len(one.windows),
        fired=len(shown),
        share=share,
        p_value=one.p_value,
        q_value=q_value,
        sentence=_sentence(len(who), len(beside), one, len(shown), share),
        examples=reader.exchange_ids(carriers),
        beside=beside["account_id"].to_pylist()[:_MOST_NAMED],
    )


def _sentence(accounts: int, beside: int, one: TestedStream, fired: int, share: float) -> str:
    sender = (
        f"these {accounts:,} accounts, which share payments or addresses, send"
        if len(one.stream.entities) > 1
        else "this account sends"
        if accounts == 1
        else "these accounts of one organisation send"
    )
    part = (
        f"Roughly {percent(round(share, 2))} of what {sender}" if share >= 0.005 else f"A small part of what {sender}"
    )
    return (
        f"{part} comes from one source, unlike the rest of it, which is like what people at large ask "
        f"({fired} of {len(one.windows)} windows of {one.size:,} prompts). {_set_aside(beside)}That is no verdict "
        f"about the account{'' if accounts == 1 else 's'}: customers of a relay are not accused."
    )


def _set_aside(accounts: int) -> str:
    if not accounts:
        return ""
    they = (
        "One account of the same hands, which sends" if accounts == 1 else f"{accounts:,} of the same hands, which send"
    )
    return f"{they} mostly one kind of prompt, {'was' if accounts == 1 else 'were'} set aside first. "
