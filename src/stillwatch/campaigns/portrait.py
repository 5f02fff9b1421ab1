"""The portrait of a campaign: what it took, with what, when, and what it changed to.

Everything here describes; nothing decides. One row of ``campaigns.parquet`` comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.campaigns.investigate import Case
from stillwatch.campaigns.linkage import PRIOR, Links
from stillwatch.campaigns.world import Finding
from stillwatch.campaigns.worth import Curve, interfaces_shown, worth
from stillwatch.engines import query
from stillwatch.tables import FAMILIES

__all__ = ["Portraitist"]

I64 = npt.NDArray[np.int64]
Row = dict[str, Any]

_HOUR = 3_600_000_000
_EXTRACT = {"id": "AML.T0024.002", "name": "Extract AI Model"}
_ACCESS = {"id": "AML.T0040", "name": "AI Model Inference API Access"}
_PROXY = {"id": "AML.T0008.005", "name": "AI Service Proxies"}


@dataclass(frozen=True, slots=True)
class Portraitist:
    """Draws campaigns from the run's tables.

    Attributes:
        connection: has ``exchanges``, ``account`` and ``sample``.
        links: all weighed pairs.
        releases: model and time (microseconds) of each known release.
        level: p-value at which a family counts as evidence.
        target_names: capability names, in the order of ``target_flags``' columns.
        target_flags: prompts to n x targets.
        reasoning_asked: prompts to the share of them that ask for reasoning to be written out.
        curves: what a lab measured exchanges to be worth.
    """

    connection: duckdb.DuckDBPyConnection
    links: Links
    releases: Sequence[tuple[str, int]]
    level: float
    target_names: Sequence[str]
    target_flags: Callable[[pa.Array], npt.NDArray[np.bool_]]
    reasoning_asked: Callable[[pa.Array], float]
    curves: Sequence[Curve] = ()

    def draw(self, campaign_id: str, case: Case) -> Row:
        """One row of the table ``CAMPAIGNS``."""
        members = self._accounts(case.members)
        self.connection.register("member", pa.table({"account_id": members}))
        try:
            row = self._describe(campaign_id, case, members)
        finally:
            self.connection.unregister("member")
        return row

    def _describe(self, campaign_id: str, case: Case, members: list[str]) -> Row:
        spans = self._rows(
            "SELECT epoch_us(first_seen) AS first, epoch_us(last_seen) AS last, exchanges FROM account "
            "SEMI JOIN member "
            "USING (account_id)"
        )
        first = np.array([s["first"] for s in spans])
        last = np.array([s["last"] for s in spans])
        total = int(sum(s["exchanges"] for s in spans))
        timeline = self._timeline()
        models = self._models(total)
        prompts = self._prompts(case.members)
        failovers = _failovers(first, last)
        pivots = self._pivots()
        families = [f.family for f in case.findings if f.p_value <= self.level]
        row: Row = {
            "campaign_id": campaign_id,
            "accounts": len(members),
            "exchanges": total,
            "first_seen": _moment(int(first.min())),
            "last_seen": _moment(int(last.max())),
            "p_value": case.p_value,
            "q_value": case.q_value,
            "verdict": "review",
            "families": families,
            "tactics": _tactics(case.findings, self.level),
            "targets": self._targets(prompts),
            "models": models,
            "pivots": pivots,
            "failovers": failovers,
            "observations": self._observations(case.findings),
            "explanations": [{"name": e.name, "statement": e.statement, "holds": e.holds} for e in case.explanations],
            "inferences": _inferences(case, families),
            "waterfall": self._waterfall(case.members),
            "timeline": timeline,
            "worth": self._worth(prompts, total) if self.curves else None,
            "account_ids": members,
            "bystander_ids": self._accounts(case.bystanders),
        }
        row["summary"] = _summary(row)
        return row

    def _rows(self, sql: str) -> list[Row]:
        rows: list[Row] = query(self.connection, sql).to_pylist()
        return rows

    def _accounts(self, entities: I64) -> list[str]:
        self.connection.register("chosen", pa.table({"entity": entities}))
        rows = self._rows("SELECT account_id FROM account SEMI JOIN chosen USING (entity) ORDER BY account_id")
        self.connection.unregister("chosen")
        return [row["account_id"] for row in rows]

    def _timeline(self) -> list[Row]:
        rows = self._rows(
            f"SELECT epoch_us(time) // {_HOUR} AS hour, count(*) AS exchanges, count(DISTINCT account_id) AS accounts "
            "FROM exchanges SEMI JOIN member USING (account_id) GROUP BY ALL ORDER BY hour"
        )
        return [{**row, "hour": _moment(row["hour"] * _HOUR)} for row in rows]

    def _models(self, total: int) -> list[Row]:
        rows = self._rows(
            "SELECT model AS name, count(*) AS uses FROM exchanges SEMI JOIN member USING (account_id) "
            "WHERE model IS NOT NULL GROUP BY model ORDER BY uses DESC, name LIMIT 8"
        )
        return [{"name": row["name"], "share": row["uses"] / max(total, 1)} for row in rows]

    def _prompts(self, entities: I64) -> pa.Array:
        self.connection.register("chosen", pa.table({"entity": entities}))
        sample = query(
            self.connection,
            "SELECT prompt FROM sample SEMI JOIN chosen USING (entity) ORDER BY hash(prompt) LIMIT 4000",
        )
        self.connection.unregister("chosen")
        return sample["prompt"].combine_chunks()

    def _targets(self, prompts: pa.Array) -> list[Row]:
        if not len(prompts):
            return []
        share = self.target_flags(prompts).mean(axis=0)
        ranked = np.argsort(-share, kind="stable")
        return [{"name": self.target_names[i], "share": float(share[i])} for i in ranked if share[i] >= 0.05]

    def _worth(self, prompts: pa.Array, total: int) -> list[Row]:
        (shown,) = self._rows(
            "SELECT avg(coalesce(logprobs OR top_logprobs > 0, false)::INT) AS logprobs, "
            "coalesce(max(top_logprobs), 0) AS top_logprobs, avg((reasoning IS NOT NULL)::INT) AS reasoning "
            "FROM exchanges SEMI JOIN member USING (account_id)"
        )
        asked = self.reasoning_asked(prompts) if len(prompts) else 0.0
        return worth(self.curves, interfaces_shown(**{**shown, "reasoning": max(asked, shown["reasoning"])}), total)

    def _pivots(self) -> list[Row]:
        out = []
        for model, released in self.releases:
            used: pa.Table = query(
                self.connection,
                f"""SELECT (epoch_us(time) - {released}) / {_HOUR}.0 AS hours,
                           (model = '{model.replace("'", "''")}')::INT AS new
                    FROM exchanges SEMI JOIN member USING (account_id)
                    WHERE abs(epoch_us(time) - {released}) <= {48 * _HOUR} ORDER BY time""",
            )
            hours, new = np.asarray(used["hours"], np.float64), np.asarray(used["new"].fill_null(0), np.float64)
            before, after = hours < 0, (hours >= 0) & (hours < 24)
            if not before.any() or not after.any():
                continue
            share_before, share_after = float(new[before].mean()), float(new[after].mean())
            if share_after < 0.25 or share_before > 0.05:
                continue
            by_hour = [
                (h, float(new[(hours >= h) & (hours < h + 1)].mean()))
                for h in range(48)
                if ((hours >= h) & (hours < h + 1)).any()
            ]
            half = next((float(h + 1) for h, share in by_hour if share >= 0.5), None)
            out.append(
                {
                    "model": model,
                    "released": _moment(released),
                    "hours_to_half": half,
                    "share_before": share_before,
                    "share_after": share_after,
                }
            )
        return out

    def _observations(self, findings: Sequence[Finding]) -> list[Row]:
        ids = [
            row["exchange_id"]
            for row in self._rows(
                "SELECT exchange_id FROM sample JOIN account USING (entity) SEMI JOIN member USING (account_id) "
                "WHERE place = 1 ORDER BY hash(exchange_id) LIMIT 5"
            )
        ]
        return [
            {
                "family": f.family,
                "statement": f.statement,
                "statistic": f.statistic,
                "value": _number(f.value),
                "background": _number(f.background),
                "p_value": f.p_value,
                "exchange_ids": ids,
            }
            for f in findings
            if f.statistic != "none"
        ]

    def _waterfall(self, members: I64) -> list[Row]:
        inside = np.isin(self.links.a, members) & np.isin(self.links.b, members)
        bars = [{"family": "prior", "match_weight": float(np.log2(PRIOR / (1 - PRIOR)))}]
        if not inside.any():
            return bars
        for family in FAMILIES:
            weights = np.nan_to_num(self.links.families[family][inside])
            bars.append({"family": family, "match_weight": float(weights.mean())})
        return bars


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _tactics(findings: Sequence[Finding], level: float) -> list[Row]:
    shared_hands = any(f.family == "infrastructure" and f.p_value <= level and "share" in f.statistic for f in findings)
    return [_EXTRACT, _ACCESS, _PROXY] if shared_hands else [_EXTRACT, _ACCESS]


def _failovers(first: I64, last: I64) -> list[Row]:
    """Moments when many accounts fell silent within 6 hours and many others began within 48."""
    end = last.max()
    best: Row | None = None
    for moment in range(int(first.min()) + 12 * _HOUR, int(end) - 12 * _HOUR, _HOUR):
        stopped = int(np.sum((last <= moment) & (last > moment - 6 * _HOUR)))
        started = int(np.sum((first > moment - 6 * _HOUR) & (first <= moment + 48 * _HOUR)))
        enough = min(stopped, started) >= max(4, 0.2 * len(first))
        if enough and (best is None or stopped > best["accounts_stopped"]):
            best = {"time": _moment(moment), "accounts_stopped": stopped, "accounts_started": started}
    return [best] if best else []


def _inferences(case: Case, families: Sequence[str]) -> list[Row]:
    confidence = "high" if case.q_value <= 1e-4 and len(families) >= 3 else "moderate"
    out = [
        {
            "statement": "These accounts are run for one purpose by one party or by parties that share out the work.",
            "confidence": confidence,
        }
    ]
    generation = next((f for f in case.findings if f.family == "purpose"), None)
    if generation is not None and generation.p_value <= 0.01 and generation.value >= 0.1:
        out.append(
            {
                "statement": "The answers are collected as training data for another model.",
                "confidence": "moderate",
            }
        )
    else:
        out.append(
            {
                "statement": "The answers are collected as training data for another model.",
                "confidence": "low",
            }
        )
    return out


def _summary(row: Mapping[str, Any]) -> str:
    targets = ", ".join(t["name"] for t in row["targets"][:2]) or "mixed tasks"
    families = " and ".join(row["families"]) or "no single family"
    text = (
        f"{row['accounts']:,} accounts that claim to be strangers made {row['exchanges']:,} exchanges as one, "
        f"mostly {targets}; seen by {families}."
    )
    for pivot in row["pivots"][:1]:
        text += f" {pivot['share_after']:.0%} of its traffic was on {pivot['model']} within 24 hours of release."
    for failover in row["failovers"][:1]:
        text += (
            f" {failover['accounts_stopped']} accounts fell silent around {failover['time']:%d %b %H:%M} UTC and "
            f"{failover['accounts_started']} others took over."
        )
    return text
