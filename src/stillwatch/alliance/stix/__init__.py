"""From a campaign to STIX 2.1, and what is fixed in it: identifiers, markings, the extension definition.

``bundle`` makes a campaign's objects, ``patterns`` writes and reads indicators' patterns, ``shared`` holds what is
the same for all. Plain dictionaries throughout, pure functions, no package beside the standard library.
"""

from stillwatch.alliance.stix.bundle import Author, bundle, campaign_objects, pseudonym, timestamp
from stillwatch.alliance.stix.extension import (
    APPEAL_STATUSES,
    EXTENSION_ID,
    RETRACTION_REASONS,
    extended,
    extension_definition,
    properties,
)
from stillwatch.alliance.stix.identifiers import NAMESPACE, identity_id, observable_id, stable_id
from stillwatch.alliance.stix.marking import LABELS, MARKINGS, label_of, label_of_object, marking_definition, says_label
from stillwatch.alliance.stix.moments import FAR_AHEAD, moment_of
from stillwatch.alliance.stix.observables import AUTHORED, OBSERVABLES, is_derived
from stillwatch.alliance.stix.patterns import pattern_of, read_pattern
from stillwatch.alliance.stix.shared import PROJECT, shared_objects

__all__ = [
    "APPEAL_STATUSES",
    "AUTHORED",
    "EXTENSION_ID",
    "FAR_AHEAD",
    "LABELS",
    "MARKINGS",
    "NAMESPACE",
    "OBSERVABLES",
    "PROJECT",
    "RETRACTION_REASONS",
    "Author",
    "bundle",
    "campaign_objects",
    "extended",
    "extension_definition",
    "identity_id",
    "is_derived",
    "label_of",
    "label_of_object",
    "marking_definition",
    "moment_of",
    "observable_id",
    "pattern_of",
    "properties",
    "pseudonym",
    "read_pattern",
    "says_label",
    "shared_objects",
    "stable_id",
    "timestamp",
]
