"""Provenance: was a suspect trained on a teacher's outputs? Tests with p-values, and what they do not show.

Subject                                        what is seen of a model
Answers > behaviour_tests > Test               agreement beyond what unrelated models show
"""

from __future__ import annotations

from stillwatch.provenance.behaviour import behaviour_tests
from stillwatch.provenance.results import Test
from stillwatch.provenance.subjects import Answers, ScriptedSubject, Subject

__all__ = ["Answers", "ScriptedSubject", "Subject", "Test", "behaviour_tests"]
