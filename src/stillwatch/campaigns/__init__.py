"""From exchanges and their sketches to campaigns with evidence.

The data's way, a file a step: ``gather`` and ``entities`` read columns, ``templates`` groups
near-duplicates, ``postings`` and ``content`` propose pairs, ``linkage`` weighs them, ``clustering``
groups them, ``families`` tests each group against ``background``, ``explanations`` asks what else
it could be, ``investigate`` joins it all, ``portrait``, ``shared_text`` and ``verdicts`` tell it, ``partners`` adds
what an alliance said.
"""

from stillwatch.campaigns.background import Background
from stillwatch.campaigns.candidates import candidate_pairs
from stillwatch.campaigns.content import Content, nearest, whiten
from stillwatch.campaigns.entities import Entities, load_entities
from stillwatch.campaigns.gather import (
    HABITS,
    draw_sample,
    gather_habits,
    gather_hands,
    gather_rhythm,
    gather_sentences,
    gather_texts,
    match_accounts,
)
from stillwatch.campaigns.interchangeability import Interchangeability, interchangeability
from stillwatch.campaigns.investigate import Case, investigate
from stillwatch.campaigns.linkage import Links, Traits, link
from stillwatch.campaigns.partners import PartnerWord, hold_against, with_partners
from stillwatch.campaigns.portrait import Portraitist
from stillwatch.campaigns.postings import Postings
from stillwatch.campaigns.repeats import Asked, load_asked
from stillwatch.campaigns.shared_text import template_table
from stillwatch.campaigns.significance import campaign_p, q_values, tail_p
from stillwatch.campaigns.suspects import Suspicion, suspicions
from stillwatch.campaigns.templates import find_templates
from stillwatch.campaigns.verdicts import account_table, link_table
from stillwatch.campaigns.world import World
from stillwatch.campaigns.worth import Curve

__all__ = [
    "HABITS",
    "Asked",
    "Background",
    "Case",
    "Content",
    "Curve",
    "Entities",
    "Interchangeability",
    "Links",
    "PartnerWord",
    "Portraitist",
    "Postings",
    "Suspicion",
    "Traits",
    "World",
    "account_table",
    "campaign_p",
    "candidate_pairs",
    "draw_sample",
    "find_templates",
    "gather_habits",
    "gather_hands",
    "gather_rhythm",
    "gather_sentences",
    "gather_texts",
    "hold_against",
    "interchangeability",
    "investigate",
    "link",
    "link_table",
    "load_asked",
    "load_entities",
    "match_accounts",
    "nearest",
    "q_values",
    "suspicions",
    "tail_p",
    "template_table",
    "whiten",
    "with_partners",
]
