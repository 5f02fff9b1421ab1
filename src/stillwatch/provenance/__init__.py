"""Provenance: was a suspect trained on a teacher's outputs? Tests with p-values, and what they do not show.

    AuditedModel                                   what is seen of a model: it answers, and may show more
    Answers > behaviour_tests > Test               agreement beyond what unrelated models show
    AuditPlan > audit > Audit > write_audit        everything, corrected, graded, written

``pairs`` holds the statistic, ``likeness`` the measures, ``grades`` the way from p-values to words. Weights are
``weights``' and kept apart: distillation leaves no mark there.
"""

from __future__ import annotations

from stillwatch.provenance.audit import Audit, AuditPlan, audit, estimate_cost
from stillwatch.provenance.audit_files import audit_json, write_audit
from stillwatch.provenance.audited_model import Answers, AuditedModel, Chat, Reply, ScriptedModel
from stillwatch.provenance.behaviour import behaviour_tests
from stillwatch.provenance.grades import correct, grade
from stillwatch.provenance.identity_claims import identity_probes
from stillwatch.provenance.mark import Mark
from stillwatch.provenance.power import Cost, Need, plan_power
from stillwatch.provenance.prompts import Prompt, made_prompts, read_prompts
from stillwatch.provenance.refusals import judge_accuracy, refuses
from stillwatch.provenance.results import Test
from stillwatch.provenance.weights import Lineage, compare_weights

__all__ = [
    "Answers",
    "Audit",
    "AuditPlan",
    "AuditedModel",
    "Chat",
    "Cost",
    "Lineage",
    "Mark",
    "Need",
    "Prompt",
    "Reply",
    "ScriptedModel",
    "Test",
    "audit",
    "audit_json",
    "behaviour_tests",
    "compare_weights",
    "correct",
    "estimate_cost",
    "grade",
    "identity_probes",
    "judge_accuracy",
    "made_prompts",
    "plan_power",
    "read_prompts",
    "refuses",
    "write_audit",
]
