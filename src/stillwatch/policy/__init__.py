"""Policy: where licensed distillation ends and adversarial begins, written down, versioned and explained.

    run files, licences > facts > rules (CEL, three-valued) > ladder > decisions > log > appeals

It reads a run after the scan and changes nothing of it. Decisions lie in a hash-chained log; what of it is in force is
folded by ``decisions``. To add a fact: ``facts`` and ``subject_facts``. To add a key of the policy file:
``policy_file``.
"""

from stillwatch.policy.backtest import Change, Moved, Reached, backtest, compare, reach
from stillwatch.policy.decide import Decided, decide, stand
from stillwatch.policy.decision_log import (
    Recorded,
    approve,
    assess,
    file_appeal,
    history,
    lift_verification,
    record,
    reopen,
    resolve_appeal,
    withdraw,
)
from stillwatch.policy.examples import Tried, try_examples
from stillwatch.policy.explain import appeal_news, concerned, explain_decision, explain_rules, letters
from stillwatch.policy.facts import FACTS, GROUPS
from stillwatch.policy.label_files import LABEL_COLUMNS, Imported, LabelLine, import_labels, label_rows, read_label_file
from stillwatch.policy.labels import Label, Words, label_account, label_body, labels
from stillwatch.policy.licences import Licence, Registry, read_registry
from stillwatch.policy.outcomes import Outcome
from stillwatch.policy.overview import (
    describe_backtest,
    describe_decided,
    describe_log,
    describe_policy,
    describe_tried,
)
from stillwatch.policy.policy_file import DEFAULT_POLICY, parse_policy, read_policy
from stillwatch.policy.rows import example_rows, log_rows, moved_rows
from stillwatch.policy.rules import Policy, Rule
from stillwatch.policy.run_facts import RunFacts, read_run

__all__ = [
    "DEFAULT_POLICY",
    "FACTS",
    "GROUPS",
    "LABEL_COLUMNS",
    "Change",
    "Decided",
    "Imported",
    "Label",
    "LabelLine",
    "Licence",
    "Moved",
    "Outcome",
    "Policy",
    "Reached",
    "Recorded",
    "Registry",
    "Rule",
    "RunFacts",
    "Tried",
    "Words",
    "appeal_news",
    "approve",
    "assess",
    "backtest",
    "compare",
    "concerned",
    "decide",
    "describe_backtest",
    "describe_decided",
    "describe_log",
    "describe_policy",
    "describe_tried",
    "example_rows",
    "explain_decision",
    "explain_rules",
    "file_appeal",
    "history",
    "import_labels",
    "label_account",
    "label_body",
    "label_rows",
    "labels",
    "letters",
    "lift_verification",
    "log_rows",
    "moved_rows",
    "parse_policy",
    "reach",
    "read_label_file",
    "read_policy",
    "read_registry",
    "read_run",
    "record",
    "reopen",
    "resolve_appeal",
    "stand",
    "try_examples",
    "withdraw",
]
