"""What a decision carries beside its rules, by kind of subject: accounts, observations, explanations, exchange ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from stillwatch.core.paths_in_sql import parquet_in_sql
from stillwatch.decisions import Explanation, Inference, Observation
from stillwatch.engines import query
from stillwatch.policy.run_facts import RunFacts

__all__ = ["DecisionContents", "account_evidence", "contents_of"]

_SAMPLE_SQL = """
SELECT account_id, list(exchange_id ORDER BY hash(exchange_id))[:5] AS ids
FROM {exchanges} SEMI JOIN chosen USING (account_id) GROUP BY account_id
"""
_MOST_IDS = 50


@dataclass(frozen=True, slots=True)
class DecisionContents:
    """As the attributes of ``Decision`` of these names."""

    accounts: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()
    inferences: tuple[Inference, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    evidence: tuple[str, ...] = ()


def account_evidence(facts: RunFacts, accounts: Sequence[str]) -> Mapping[str, list[str]]:
    """A few exchange ids of each account, the same on every call."""
    if not accounts:
        return {}
    connection = duckdb.connect(config={"threads": "2"})
    try:
        connection.register("chosen", pa.table({"account_id": pa.array(accounts, pa.string())}))
        exchanges = parquet_in_sql(facts.path / "exchanges.parquet" / "*.parquet")
        rows = query(connection, _SAMPLE_SQL.format(exchanges=exchanges)).to_pylist()
    finally:
        connection.close()
    return {row["account_id"]: row["ids"] for row in rows}


def contents_of(
    facts: RunFacts, kind: str, name: str, number: int, samples: Mapping[str, list[str]]
) -> DecisionContents:
    """What a decision about one subject carries.

    Args:
        facts: the run's.
        kind, name, number: the subject, its id and its place among those of its kind.
        samples: exchange ids by account.
    """
    match kind:
        case "campaign":
            return _campaign(facts, name)
        case "licence":
            return _licence(facts, name)
        case "account":
            return _account(facts, name, number, samples)
        case "organisation":
            return _organisation(facts, name)
        case _:
            row = facts.templates[name]
            return DecisionContents(templates=(name,), evidence=tuple(row["exchange_ids"] or ()))


def _campaign(facts: RunFacts, name: str) -> DecisionContents:
    row = facts.campaigns[name]
    covered = facts.covered
    accounts = tuple(account for account in row["account_ids"] if account not in covered)
    spared = len(row["account_ids"]) - len(accounts)
    explanations = [Explanation(one["name"], one["statement"], one["holds"]) for one in row["explanations"] or ()]
    if spared:
        text = f"{spared} of its {len(row['account_ids'])} accounts are licensed and left out of this decision."
        explanations.append(Explanation("licences of single accounts", text, holds=False))
    templates = facts.own_templates(name)
    ids = [i for one in row["observations"] or () for i in one["exchange_ids"] or ()]
    ids += [i for template in templates for i in facts.templates[template]["exchange_ids"] or ()]
    return DecisionContents(
        accounts=accounts,
        templates=templates,
        observations=tuple(
            Observation(one["statement"], one["family"], one["value"], one["background"], one["p_value"])
            for one in row["observations"] or ()
        ),
        inferences=tuple(Inference(one["statement"], one["confidence"]) for one in row["inferences"] or ()),
        explanations=tuple(explanations),
        evidence=tuple(dict.fromkeys(ids))[:_MOST_IDS],
    )


def _account(facts: RunFacts, name: str, number: int, samples: Mapping[str, list[str]]) -> DecisionContents:
    licensed = facts.subjects["account"].value("account", "licensed", number)
    said = {
        True: "A licence covers it.",
        False: "No licence covers it.",
        None: "No registry of licences was given.",
    }
    return DecisionContents(
        accounts=(name,),
        observations=tuple(Observation(reason) for reason in facts.reasons.get(name, ())),
        explanations=(Explanation("a licence of its own", said[licensed], holds=licensed),),
        evidence=tuple(samples.get(name, ())),
    )


def _licence(facts: RunFacts, name: str) -> DecisionContents:
    usage = facts.usage[name]
    licence = facts.registry.licences.get(name) if facts.registry else None
    seen = []
    if licence is not None:
        seen.append(Observation(f"Licence {name} of {licence.holder}, {licence.contract}."))
    if usage.outside and licence is not None:
        # Who they are is for the analyst; each has a decision of its own, and no letter names them.
        seen.append(Observation(f"Not named by it: {', '.join(usage.outside[:20])}."))
    behind = Explanation(
        "an agreement that our registry does not show yet",
        "The log cannot tell; the holder's contact can, and is asked before anything else.",
        holds=None,
    )
    return DecisionContents(
        # The holder's own; where there is no holder, whoever names the licence.
        accounts=tuple(usage.inside if licence is not None else usage.outside),
        observations=tuple(seen),
        explanations=(behind,),
        evidence=tuple(usage.evidence),
    )


def _organisation(facts: RunFacts, name: str) -> DecisionContents:
    accounts = facts.subjects["account"]
    column = accounts.columns["account", "organisation"]
    theirs = tuple(one for number, one in enumerate(accounts.ids) if column.value(number) == name)
    samples = account_evidence(facts, theirs[:10])
    return DecisionContents(accounts=theirs, evidence=tuple(i for ids in samples.values() for i in ids)[:_MOST_IDS])
