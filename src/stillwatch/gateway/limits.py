"""Whether an account may ask for so much now: answers and tokens a minute, and requests at once.

A request counts as what it asks for, prompts times answers to each, and not as one. Tokens are counted before they are
made, as a client asks for them: a token for four letters of text, and the most that may be answered.
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

from stillwatch.decisions import VERIFIED
from stillwatch.gateway.client_request import ClientRequest
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.refusal import About, Refusal, limited, too_much, unavailable
from stillwatch.gateway.settings import GatewaySettings
from stillwatch.gateway.shared_state import MemoryState, SharedState, SharedStateAway
from stillwatch.gateway.treatment import Treatment, drawn

__all__ = ["Limits", "UnderWay", "about_decision"]

_JITTERED_BURST = 0.2
_UNSAID_TOKENS = 1024
_LETTERS_A_TOKEN = 4


def tokens_asked(request: ClientRequest) -> int:
    """How many tokens a request asks for at most; an answer without a limit counts as 1,024."""
    return request.letters // _LETTERS_A_TOKEN + request.asks * (request.most_tokens or _UNSAID_TOKENS)


def about_decision(settings: GatewaySettings, decided: Treatment, kind: str) -> About:
    """The first decision that brings about an action of this kind, and where its letter is read."""
    rule = next(rule for rule in decided.rules if any(action.kind == kind for action in rule.actions))
    reference = rule.decision_id.removesuffix(VERIFIED)
    at = settings.decision_url
    return About(reference, at.replace("{decision}", quote(reference, safe="")) if at else None)


class Limits:
    """Allowances by account, in the shared state and in this process, or, where that is away, in this process alone.

    Args:
        settings: what is done where the state is away.
        secret: what each account's allowance differs by.
        state, local: where they are kept.
        meters: told of failures.
    """

    def __init__(
        self, settings: GatewaySettings, secret: bytes, state: SharedState, local: MemoryState, meters: Meters
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._state = state
        self._local = local
        self._meters = meters

    async def refusal(self, decided: Treatment, request: ClientRequest) -> Refusal | None:
        """Take what a request asks for from its account's allowances, or say why not."""
        per_minute = decided.requests_per_minute
        if per_minute:
            burst = float(decided.burst or max(1, per_minute // 6))
            refusal = await self._taken(decided, request, "rate", per_minute, burst, request.asks)
            if refusal is not None:
                return refusal
        tokens = decided.tokens_per_minute
        if tokens:
            return await self._taken(decided, request, "tokens", tokens, float(tokens), tokens_asked(request))
        return None

    async def _taken(
        self, decided: Treatment, request: ClientRequest, what: str, per_minute: int, burst: float, cost: int
    ) -> Refusal | None:
        account = request.caller.account_id
        about = about_decision(self._settings, decided, "rate-limit")
        if cost > max(per_minute, burst):
            noun = "answers" if what == "rate" else "tokens"
            return too_much(f"It asks for {cost:,} {noun} at once, of {per_minute:,} a minute.", about)
        # Each account's allowance differs a little, so that nobody can read the rule off it.
        burst = max(1.0, burst * (1 - _JITTERED_BURST * drawn(self._secret, "burst", account)))
        key = f"{self._settings.mode}:{drawn(self._secret, what, account):.16f}:{per_minute}"
        try:
            wait = await self._state.take(key, per_minute, burst, cost)
        except SharedStateAway as error:
            closed = self._settings.when_state_missing == "closed"
            self._meters.failed("state", error, "refused" if closed else "counted in this process alone")
            if closed:
                return unavailable("state")
            wait = await self._local.take(key, per_minute, burst, cost)
        else:
            if not wait and self._state is not self._local:
                # What is let through counts here as well: however often the state is emptied, lies or fails, no process
                # gives more than the allowance. It is a little larger here, where clocks are read a moment later.
                wait = await self._local.take(key, per_minute, burst + max(1.0, per_minute / 60), cost)
        if wait <= 0:
            return None
        return limited(wait * (1 + _JITTERED_BURST * drawn(self._secret, "wait", account)), about)


class UnderWay:
    """How many requests of each account are under way in this process.

    Args:
        most: at once; 0 for no bound.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: Counter[str] = Counter()

    def take(self, account: str) -> bool:
        """Whether one more may begin; if so it is to be given back."""
        if self._most and self._under_way[account] >= self._most:
            return False
        self._under_way[account] += 1
        return True

    def give_back(self, account: str) -> None:
        """One is over."""
        self._under_way[account] -= 1
        if self._under_way[account] <= 0:
            del self._under_way[account]
