"""The portrait of a campaign: what it took, with what, when, and what it changed to.

Everything here describes; nothing decides. One row of ``campaigns.parquet`` comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core.counted import joined, percent
from stillwatch.detection.cases import Case
from stillwatch.detection.targets import TARGETS
from stillwatch.detection.worth import Curve, interfaces_shown, worth
from stillwatch.engines import Engine, Table
from stillwatch.evidence import HOUR, Finding
from stillwatch.evidence.families.purpose import ELICITATION
from stillwatch.evidence.thresholds import PRIOR
from stillwatch.linking import Links
from stillwatch.sketching import wording_flags

__all__ = ["Portraitist"]

I64 = npt.NDArray[np.int64]
Row = dict[str, Any]

_MOST_PROMPTS = 4_000
_LEAST_TARGET = 0.05
_EXTRACT = {"id": "AML.T0024.002", "name": "Extract AI Model"}
_ACCESS = {"id": "AML.T0040", "name": "AI Model Inference API Access"}
_PROXY = {"id": "AML.T0008.005", "name": "AI Service Proxies"}


@dataclass(frozen=True, slots=True)
class Portraitist:
    """Draws campaigns from the run's tables.

    Attributes:
        engine: where the tables lie.
        exchanges: of the run.
        accounts: a row an account, with its entity.
        sample: prompts drawn from each entity.
        links: all weighed pairs.
        releases: model and time (microseconds) of each known release.
        level: p-value at which a family counts as evidence.
        curves: what a lab measured exchanges to be worth.
    """

    engine: Engine
    exchanges: Table
    accounts: Table
    sample: pa.Table
    links: Links
    releases: Sequence[tuple[str, int]]
    level: float
    curves: Sequence[Curve] = ()

    def draw(self, campaign_id: str, case: Case) -> Row:
        """One row of the table ``CAMPAIGNS``."""
        members = self._account_ids(case.members)
        told = pa.table({"account_id": pa.array(members, pa.string())})
        spans = self._rows(
            "SELECT epoch_us(first_seen) AS first, epoch_us(last_seen) AS last, exchanges "
            "FROM {accounts} SEMI JOIN {member} USING (account_id)",
            told,
        )
        first = np.array([s["first"] for s in spans])
        last = np.array([s["last"] for s in spans])
        total = int(sum(s["exchanges"] for s in spans))
        timeline = self._timeline(told)
        models = self._models(told, total)
        prompts = self._prompts(case.members)
        failovers = _failovers(first, last)
        pivots = self._pivots(told)
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
            "observations": self._observations(case),
            "explanations": [{"name": e.name, "statement": e.statement, "holds": e.holds} for e in case.explanations],
            "inferences": _inferences(case, families),
            "waterfall": self._waterfall(case.members),
            "timeline": timeline,
            "worth": self._worth(told, prompts, total) if self.curves else None,
            "account_ids": members,
            "bystander_ids": self._account_ids(case.bystanders),
        }
        row["summary"] = _summary(row)
        return row

    def _rows(self, sql: str, member: pa.Table) -> list[Row]:
        tables = {"exchanges": self.exchanges, "accounts": self.accounts, "member": member}
        rows: list[Row] = self.engine.fetch(sql, **tables).to_pylist()
        return rows

    def _account_ids(self, entities: I64) -> list[str]:
        rows = self._rows(
            "SELECT account_id FROM {accounts} SEMI JOIN {member} USING (entity) ORDER BY account_id",
            pa.table({"entity": entities}),
        )
        return [row["account_id"] for row in rows]

    def _timeline(self, member: pa.Table) -> list[Row]:
        rows = self._rows(
            f"SELECT epoch_us(time) // {HOUR} AS hour, count(*) AS exchanges, count(DISTINCT account_id) AS accounts "
            "FROM {exchanges} SEMI JOIN {member} USING (account_id) GROUP BY ALL ORDER BY hour",
            member,
        )
        return [{**row, "hour": _moment(row["hour"] * HOUR)} for row in rows]

    def _models(self, member: pa.Table, total: int) -> list[Row]:
        rows = self._rows(
            "SELECT model AS name, count(*) AS uses FROM {exchanges} SEMI JOIN {member} USING (account_id) "
            "WHERE model IS NOT NULL GROUP BY model ORDER BY uses DESC, name LIMIT 8",
            member,
        )
        return [{"name": row["name"], "share": row["uses"] / max(total, 1)} for row in rows]

    def _sampled(self, entities: I64) -> pa.Table:
        return self.sample.filter(pc.is_in(self.sample["entity"], pa.array(entities)))

    def _prompts(self, entities: I64) -> pa.Array:
        """Of the members' sampled prompts, those that came first by chance."""
        sampled = self._sampled(entities)
        places = np.argsort(np.asarray(sampled["place"]), kind="stable")[:_MOST_PROMPTS]
        return sampled["prompt"].take(pa.array(places)).combine_chunks()

    def _targets(self, prompts: pa.Array) -> list[Row]:
        if not len(prompts):
            return []
        share = wording_flags(prompts, TARGETS).mean(axis=0)
        ranked = np.argsort(-share, kind="stable")
        return [{"name": TARGETS[i].name, "share": float(share[i])} for i in ranked if share[i] >= _LEAST_TARGET]

    def _worth(self, member: pa.Table, prompts: pa.Array, total: int) -> list[Row]:
        (shown,) = self._rows(
            "SELECT avg(coalesce(logprobs OR top_logprobs > 0, false)::INT) AS logprobs, "
            "coalesce(max(top_logprobs), 0) AS top_logprobs, avg((reasoning IS NOT NULL)::INT) AS reasoning "
            "FROM {exchanges} SEMI JOIN {member} USING (account_id)",
            member,
        )
        asked = float(wording_flags(prompts, (ELICITATION,)).mean()) if len(prompts) else 0.0
        return worth(self.curves, interfaces_shown(**{**shown, "reasoning": max(asked, shown["reasoning"])}), total)

    def _pivots(self, member: pa.Table) -> list[Row]:
        out = []
        for model, released in self.releases:
            quoted = model.replace("'", "''").replace("{", "{{").replace("}", "}}")
            used = self.engine.fetch(
                f"""SELECT (epoch_us(time) - {released}) / {HOUR}.0 AS hours, (model = '{quoted}')::INT AS new
                    FROM {{exchanges}} SEMI JOIN {{member}} USING (account_id)
                    WHERE abs(epoch_us(time) - {released}) <= {48 * HOUR} ORDER BY time""",
                exchanges=self.exchanges,
                member=member,
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

    def _observations(self, case: Case) -> list[Row]:
        first = self._sampled(case.members)
        ids = first.filter(pc.equal(first["place"], 1))["exchange_id"].to_pylist()[:5]
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
            for f in case.findings
            if f.tested
        ]

    def _waterfall(self, members: I64) -> list[Row]:
        inside = np.isin(self.links.a, members) & np.isin(self.links.b, members)
        bars = [{"family": "prior", "match_weight": float(np.log2(PRIOR / (1 - PRIOR)))}]
        if not inside.any():
            return bars
        for family in self.links.families:
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
    for moment in range(int(first.min()) + 12 * HOUR, int(end) - 12 * HOUR, HOUR):
        stopped = int(np.sum((last <= moment) & (last > moment - 6 * HOUR)))
        started = int(np.sum((first > moment - 6 * HOUR) & (first <= moment + 48 * HOUR)))
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
        collected, confidence = "The answers are collected as training data for another model.", "moderate"
    else:
        collected = (
            "The answers may be collected as training data for another model; the requests' wording does not tell."
        )
        confidence = "low"
    return [*out, {"statement": collected, "confidence": confidence}]


def _summary(row: Mapping[str, Any]) -> str:
    targets = joined([f"{t['name']} ({percent(t['share'])})" for t in row["targets"][:2]])
    asked = f"most often for {targets}" if row["targets"] else "for tasks of no one kind"
    families = joined(row["families"] or ["no single family"])
    text = (
        f"{row['accounts']:,} accounts that declare no organisation in common made {row['exchanges']:,} exchanges as "
        f"one, {asked}; seen by {families}."
    )
    for pivot in row["pivots"][:1]:
        text += f" {percent(pivot['share_after'])} of its traffic was on {pivot['model']} within 24 hours of release."
    for failover in row["failovers"][:1]:
        text += (
            f" {failover['accounts_stopped']} accounts fell silent around {failover['time']:%d %b %H:%M} UTC and "
            f"{failover['accounts_started']} others took over."
        )
    return text
