"""Accounts and entities as aggregates that add up, and the log's profile that evidence is read from.

``account`` and ``entity`` add up what families declare, ``merge`` joins parts of a log, ``windows`` says what was
observed when, ``templates`` finds near-identical prompts, ``beginnings`` holds of prompts what is read of them,
``texts`` reads a sample of them, ``streams`` busy entities' prompts in order of time, ``sorted_rows`` and
``texts_by_key`` find what a group sent without a pass over the log, ``profile`` joins it all.
"""

from stillwatch.profiles.account import account_table, count_tables
from stillwatch.profiles.entity import entity_counts, entity_table, with_entities
from stillwatch.profiles.kept_texts import has_lost_texts
from stillwatch.profiles.merge import merge_accounts, merge_counts
from stillwatch.profiles.profile import Profiled, Stages, build_profile
from stillwatch.profiles.streams import SampledPeople, StreamReader, sampled_people
from stillwatch.profiles.templates import find_templates
from stillwatch.profiles.texts import Texts
from stillwatch.profiles.texts_by_key import READ_SQL, TextsByKey
from stillwatch.profiles.windows import source_windows

__all__ = [
    "READ_SQL",
    "Profiled",
    "SampledPeople",
    "Stages",
    "StreamReader",
    "Texts",
    "TextsByKey",
    "account_table",
    "build_profile",
    "count_tables",
    "entity_counts",
    "entity_table",
    "find_templates",
    "has_lost_texts",
    "merge_accounts",
    "merge_counts",
    "sampled_people",
    "source_windows",
    "with_entities",
]
