"""The range: simulated provider logs with ground truth, and the scorer.

It models campaigns and their evasion as data, so that detection can be measured; it never talks to
an API. ``scenarios`` says what happens; ``honest``, ``crowds``, ``allowances`` and ``adversary`` who
acts, and ``populations`` how many of each; ``clock`` when; ``account`` and ``customers`` from where, on
which plan and with which client; ``library`` and ``grammar`` in what words. ``maker`` holds what all
accounts are made from; ``simulate`` writes it down, and ``split`` deals it to providers.
"""

from stillwatch.range.scenarios import SCENARIOS, Scenario
from stillwatch.range.score import Detection, Score, score
from stillwatch.range.simulate import Simulation, simulate
from stillwatch.range.split import split

__all__ = ["SCENARIOS", "Detection", "Scenario", "Score", "Simulation", "score", "simulate", "split"]
