"""From a campaign to STIX 2.1, and what is fixed in it: identifiers, markings, the extension definition."""

from stillwatch.alliance.stix.identifiers import NAMESPACE, identity_id, stable_id
from stillwatch.alliance.stix.marking import LABELS, MARKINGS, label_of, marking_definition

__all__ = ["LABELS", "MARKINGS", "NAMESPACE", "identity_id", "label_of", "marking_definition", "stable_id"]
