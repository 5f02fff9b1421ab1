"""Every line that what accounts have in common by their hands draws, written as in ``thresholds``, whose continuation
this is."""

from __future__ import annotations

from typing import Final

# --- hands ------------------------------------------------------------------------------------------------------

COHORT_DOORS: Final = 2
"""addresses | a class or a crew has a house or two in common | higher: a campaign behind few addresses is one"""

FIRM_MAIL: Final = 0.3
"""share of members | of a crew half have other mail | higher: crews are tested; lower: a few colleagues excuse"""

FIRM_NAMES: Final = 3
"""mail domains | a firm of several brands has a few | higher: accounts bought under many names are one firm's"""

OWN_DOOR: Final = 0.2
"""share of an account's requests, the median, from one address that hardly anybody beside its group has | of crews
whose members are often at home .4 come from their office, of those who send over six addresses a sixth from each |
higher: such an office is none; lower: ten addresses are one"""

WEB_HOLDERS: Final = (10, 40, 400, 10**9)
"""holders | webs of shared payments and addresses are drawn with things of at most so many holders, in turn | fewer
steps: a carrier's address or a stand-in for a payment ties strangers to a campaign's web"""

SHARED_BY_FEW: Final = (3, 10, 40)
"""holders | who shares payments, addresses or domains is looked at together, of at most so many holders, in turn |
fewer steps: those who share with one are drowned by offices, or offices' sizes hide campaigns' cards"""

OWN_DOORS_BY_CHANCE: Final = 1e-3
"""p-value | what a group has of a common door by chance, of its country and plan, is none of its own | higher: what is
usual in a region counts as a group's own"""

BY_TURNS: Final = 0.1
"""share | how much of which address a request comes from is told by whose it is: of customers of a service, a notebook
or a network of phones 0 to .07, of people at home .4 and of campaigns over addresses of their own .1 to 1 | higher:
campaigns that send over a few proxies each are a service's customers; lower: a service of few requests is none"""
