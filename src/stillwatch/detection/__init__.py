"""From linked entities to campaigns with reasons.

    candidates > membership > cases (tests, explanations) > decide > portrait, shared_text, verdicts

``nulls`` draws what groups are held against, ``fdr`` joins p-values and controls the false discovery rate, ``suspects``
lists what other providers are asked about, ``partners`` adds what they said, ``worth`` what exchanges may be worth,
``identity`` knows again which campaigns an earlier look had found.
``streams`` stands beside it all: a part of one account's traffic from one source, which changes no verdict;
``beside_streams`` and ``outside_streams`` are the groups that send such a source outright, ``own_matter`` holds what a
group sends together against people at large, ``houses_alike`` proposes houses that ask alike.
Families of evidence are known here by their interface only.
"""

from stillwatch.detection.beside_streams import BesideStream
from stillwatch.detection.cases import Case, Examiner
from stillwatch.detection.decide import Decided, decide
from stillwatch.detection.identity import Identified, KnownCampaign, Named, identify, signature_texts
from stillwatch.detection.nulls import Background
from stillwatch.detection.own_matter import OwnMatter
from stillwatch.detection.partners import PartnerWord, hold_against, with_partners
from stillwatch.detection.portrait import Portraitist
from stillwatch.detection.shared_text import Templates, template_table
from stillwatch.detection.stream_findings import StreamFinding
from stillwatch.detection.streams import StreamsTested, busy_streams, find_streams, held_against_people, web_streams
from stillwatch.detection.suspects import Suspicion, suspicions
from stillwatch.detection.template_names import TEMPLATE_NAMES
from stillwatch.detection.verdicts import account_table, link_table
from stillwatch.detection.worth import Curve

__all__ = [
    "TEMPLATE_NAMES",
    "Background",
    "BesideStream",
    "Case",
    "Curve",
    "Decided",
    "Examiner",
    "Identified",
    "KnownCampaign",
    "Named",
    "OwnMatter",
    "PartnerWord",
    "Portraitist",
    "StreamFinding",
    "StreamsTested",
    "Suspicion",
    "Templates",
    "account_table",
    "busy_streams",
    "decide",
    "find_streams",
    "held_against_people",
    "hold_against",
    "identify",
    "link_table",
    "signature_texts",
    "suspicions",
    "template_table",
    "web_streams",
    "with_partners",
]
