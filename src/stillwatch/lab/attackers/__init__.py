"""How one distils: passive, adaptive, interrogation, inversion, mixed; each may filter refusals."""

from __future__ import annotations

from stillwatch.lab.attackers.adaptive import adaptive
from stillwatch.lab.attackers.base import STRATEGIES, Attack, Attacker, Budget, Spent, read_attacker
from stillwatch.lab.attackers.interrogation import interrogation
from stillwatch.lab.attackers.inversion import inversion
from stillwatch.lab.attackers.passive import mixed, passive

__all__ = ["STRATEGIES", "Attack", "Attacker", "Budget", "Spent", "carry_out", "read_attacker"]


def carry_out(attack: Attack) -> None:
    """Run an attack by its strategy; the student and the ledger are changed in place."""
    match attack.attacker.strategy:
        case "adaptive":
            adaptive(attack)
        case "interrogation":
            interrogation(attack)
        case "inversion":
            inversion(attack)
        case "mixed":
            mixed(attack)
        case _:
            passive(attack)
