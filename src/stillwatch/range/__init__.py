"""The range: simulated provider logs with ground truth, and the scorer.

It models campaigns and their evasion as data, so that detection can be measured; it never talks to
an API. ``scenarios`` says what happens; ``honest``, ``crowds``, ``allowances`` and ``adversary`` who
acts, and ``populations`` how many of each; ``clock`` when; ``account`` and ``customers`` from where, on
which plan and with which client; ``library`` and ``grammar`` in what words. ``maker`` holds what all
accounts are made from; ``simulate`` and ``writing`` write it down, and ``split`` deals it to providers.

Random worlds are drawn anew for every seed: ``axes`` says from what, ``design`` and ``kinds`` draw, and
``random_world`` makes the accounts: ``campaign`` those of a campaign, by its ``hands``, ``hours`` and ``pools`` of
questions in some ``wording``; ``neighbours``, ``groups`` and ``jobs`` the honest ones. ``sources`` deals out the
texts, ``talk`` is what a person writes, and ``script`` holds what all of them are made from.
"""

from stillwatch.range.axes import AXES, CampaignDesign, Design
from stillwatch.range.design import draw_design
from stillwatch.range.kinds import KINDS
from stillwatch.range.scenarios import SCENARIOS, Scenario
from stillwatch.range.score import FOUND_SHARE, Detection, Score, score
from stillwatch.range.simulate import Simulation, simulate, simulate_design
from stillwatch.range.split import split

__all__ = [
    "AXES",
    "FOUND_SHARE",
    "KINDS",
    "SCENARIOS",
    "CampaignDesign",
    "Design",
    "Detection",
    "Scenario",
    "Score",
    "Simulation",
    "draw_design",
    "score",
    "simulate",
    "simulate_design",
    "split",
]
