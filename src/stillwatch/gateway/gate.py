"""The one core that every surface calls: take a request down, find what is decided about it, say what to do.

    admit(request)   records it as asked, then gives an Admission: refuse, or serve with a treatment
    finish(...)    brings request and answer into the record

Decides nothing itself: all it does stands in a decision of the snapshot, or in a setting. What it does without, where
record, snapshot or state is missing, is what the settings say, and it is counted and logged.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stillwatch.core import BadSetting
from stillwatch.gateway.allowed import Redaction
from stillwatch.gateway.caller import read_secret
from stillwatch.gateway.client_request import ClientRequest
from stillwatch.gateway.limits import Limits, UnderWay, about_decision
from stillwatch.gateway.live_snapshot import LiveSnapshot
from stillwatch.gateway.long_bodies import beside
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.models_named import is_one_of
from stillwatch.gateway.recorder import Recorder, RecordFailed
from stillwatch.gateway.refusal import Refusal, blocked, unavailable, unverified
from stillwatch.gateway.settings import GatewaySettings
from stillwatch.gateway.shared_state import MemoryState, RedisState, SharedState, SharedStateAway
from stillwatch.gateway.snapshot import Match, Rule, Snapshot
from stillwatch.gateway.tally import Tally
from stillwatch.gateway.texts import known_in
from stillwatch.gateway.treatment import NOTHING, Treatment, drawn, treatment_of

__all__ = ["Admission", "Gate"]


_LOG = logging.getLogger("stillwatch.gateway")
_TOLD_EVERY_SECONDS = 3600.0


@dataclass(slots=True)
class Admission:
    """What is to be done about one request.

    Attributes:
        request: what is asked.
        treatment: what is done; nothing in shadow mode.
        decided: what the decisions say, done or not.
        refusal: set where it is not served.
        degraded_to: the model that answers in place of a refusal, where the operator switched that on.
        matches: known texts that it sends.
        batched: requests in its body that were admitted one by one.
        unmatched: pieces of its text that were not compared, beyond the bounds.
        would_refuse: what enforce would have answered, in shadow mode.
        within: the answer begins within reasoning: the request or the model's template has opened its tag.
        opens: whether the model that answers has, as the answer names it.
        by_text: something is taken out of the answer for a text of the request alone; of others its account has all.
    """

    request: ClientRequest
    treatment: Treatment = NOTHING
    decided: Treatment = NOTHING
    refusal: Refusal | None = None
    degraded_to: str | None = None
    matches: list[Match] = field(default_factory=list)
    batched: int = 0
    unmatched: int = 0
    would_refuse: str | None = None
    recorded: bool = False
    within: bool = False
    opens: Callable[..., bool] | None = None
    by_text: bool = False

    @property
    def redaction(self) -> Redaction:
        """What is taken out of the answer, which may begin within reasoning."""
        redaction = self.treatment.redaction
        if not redaction.hide_reasoning:
            return redaction
        return replace(redaction, within=self.within, begun=self.request.begun, opens=self.opens)

    @property
    def kept_nowhere(self) -> bool:
        """Whether no server may keep the answer, to be fetched by a request that does not tell what it goes on from."""
        redaction = self.treatment.redaction
        begins = redaction.hide_reasoning and (self.request.within or bool(self.request.begun))
        return begins or (bool(redaction) and self.by_text)


class Gate:
    """The core of a gateway.

    Args:
        settings: what it was told.

    Raises:
        OutputUnwritable: its secret cannot be made.
        BadSetting: the record's folder cannot be used, or the state's URL cannot be read.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings
        self.meters = Meters()
        self.tally = Tally()
        self._tell_at = time.monotonic() + _TOLD_EVERY_SECONDS
        self._told_last = False
        self.secret = read_secret(settings)
        self.recorder = self._open_record()
        self._local = MemoryState()
        self._state: SharedState = self._local
        if settings.state:
            self._state = RedisState(
                settings.state, timeout=settings.state_timeout_ms / 1000, retry_after=settings.state_retry_seconds
            )
        self._limits = Limits(settings, self.secret, self._state, self._local, self.meters)
        self.under_way = UnderWay(settings.account_at_once)
        self._live = LiveSnapshot(
            settings.snapshot,
            self.meters,
            check_seconds=settings.snapshot_check_seconds,
            max_hours=settings.snapshot_max_hours,
        )

    @property
    def snapshot(self) -> Snapshot | None:
        """What was read when it was made, or since."""
        return self._live.held

    def _open_record(self) -> Recorder | None:
        settings = self.settings
        if settings.record is None:
            return None
        try:
            return Recorder(
                settings.record,
                before_answer=settings.record_sync == "before-answer",
                file_bytes=settings.record_file_mb * 2**20,
            )
        except OSError as error:
            raise BadSetting(f"the record cannot be kept there: {error}", where="gateway setting record") from error

    async def admit(self, request: ClientRequest) -> Admission:
        """Take a request down and say what to do about it."""
        admission = Admission(request, within=request.within, opens=self._opening(request))
        admission.within |= bool(request.models) and self.opens(*request.models)
        self.meters.count("requests", request.api or "other")
        if request.recorded and not self._take_down(admission):
            return admission
        snapshot = self._live.current()
        if snapshot is None:
            if self._live.wanted:
                closed = self.settings.when_snapshot_missing == "closed"
                self.meters.failed("snapshot_missing", "there is none to go by", "refused" if closed else "let through")
                admission.refusal = unavailable("snapshot") if closed else None
            return admission
        admission.decided = await self._decided(snapshot, admission)
        if admission.decided.rules:
            await self._apply(admission)
        else:
            self.tally.requests += 1
        self._tell()
        return admission

    def stands(self, request: ClientRequest) -> bool:
        """Whether a connection in which nobody reads what is asked may go on, by what is decided now."""
        snapshot = self._live.current()
        if snapshot is None or self.settings.mode == "shadow":
            return True
        account = request.caller.account_id
        rules = snapshot.rules_of(account, request.caller.org_id)
        return not treatment_of(one for one in rules if self._holds(one, account, one.begins)).is_of_each_answer

    def opens(self, *models: str) -> bool:
        """Whether one of these models, or whichever answers where none is named, begins within reasoning."""
        patterns = self.settings.opened_in_prompt
        return bool(patterns) and (not models or is_one_of(models, patterns))

    def _opening(self, request: ClientRequest) -> Callable[..., bool] | None:
        """Tells by the models that an answer names; where neither it nor the request names one, it may be any."""
        if not self.settings.opened_in_prompt:
            return None
        return self.opens if not request.models else lambda *models: bool(models) and self.opens(*models)

    def _tell(self, *, last: bool = False) -> None:
        """In shadow mode, once an hour and at the end: what enforce would have done."""
        now = time.monotonic()
        if self.settings.mode == "shadow" and self.tally.requests and (last or now >= self._tell_at):
            self._tell_at = now + _TOLD_EVERY_SECONDS
            _LOG.warning("%s", self.tally.text(shadow=True))

    def _take_down(self, admission: Admission) -> bool:
        if self.recorder is None:
            return True
        request = admission.request
        if "unread" in request.fields and not request.prompt:
            what = f"{request.api or request.operation!r:.200} of {request.caller.account_id!r}"
            self.meters.failed("unread", f"{what}: {request.fields['unread']}", "recorded without its text")
        try:
            self.recorder.ask(request.exchange_id, request.line())
            admission.recorded = True
        except RecordFailed as error:
            closed = self.settings.when_record_fails == "closed"
            self.meters.failed("record", error, "refused" if closed else "let through unrecorded")
            admission.refusal = unavailable("record") if closed else None
        return admission.refusal is None

    async def _decided(self, snapshot: Snapshot, admission: Admission) -> Treatment:
        """What the decisions say that have taken hold by now."""
        request = admission.request
        account = request.caller.account_id
        named = snapshot.rules_of(account, request.caller.org_id)
        active = [rule for rule in named if self._holds(rule, account, rule.begins)]
        of_account = len(active)
        if request.recorded and self.settings.match_texts:
            asked = snapshot, request.prompt, request.system, request.texts
            admission.matches, left_out = await beside(request.letters, known_in, *asked)
            admission.unmatched = left_out
            if left_out:
                self.meters.count("texts_not_looked_at")
        if admission.matches:
            self.meters.count("matches", admission.matches[0].kind)
            for rule in snapshot.rules_of_matches(account, admission.matches):
                # Whoever the decision names is held from its time on; whoever joins, from the first match on.
                if rule not in named and self._holds(rule, account, await self._joined(account, rule)):
                    active.append(rule)
        decided = treatment_of(active, admission.matches)
        of_itself = treatment_of(active[:of_account])
        admission.by_text = bool(decided.redaction) and decided.redaction != of_itself.redaction
        return decided

    def _holds(self, rule: Rule, account: str, begins: float) -> bool:
        delay = self.settings.jitter_seconds * drawn(self.secret, "begins", account, rule.decision_id)
        return max(begins, rule.begins) + delay <= time.time() < rule.expires

    async def _joined(self, account: str, rule: Rule) -> float:
        key = f"{drawn(self.secret, 'joined', account, rule.decision_id):.16f}"
        try:
            return await self._state.first_seen(key)
        except SharedStateAway as error:
            self.meters.failed("state", error, "counted in this process alone")
            return await self._local.first_seen(key)

    async def _apply(self, admission: Admission) -> None:
        decided = admission.decided
        refusal = self._refusal(decided)
        if refusal is None and decided.requests_per_minute:
            refusal = await self._limits.refusal(decided, admission.request)
        self.tally.add(
            admission.request.caller.account_id,
            decided.actions,
            [rule.decision_id for rule in decided.rules],
            refusal.code if refusal else None,
        )
        for action in decided.actions:
            self.meters.count("shadowed" if self.settings.mode == "shadow" else "actions", action)
        if self.settings.mode == "shadow":
            admission.would_refuse = refusal.code if refusal else None
            return
        admission.treatment = decided
        if (
            refusal is not None
            and refusal.code == "account_blocked"
            and self.settings.degrade_to
            and admission.request.api
            and not admission.request.by_path
        ):
            admission.degraded_to = self.settings.degrade_to
            self.meters.count("degraded")
            return
        admission.refusal = refusal

    def _refusal(self, treatment: Treatment) -> Refusal | None:
        if treatment.refusal is None:
            return None
        kind = treatment.refusal
        about = about_decision(self.settings, treatment, kind)
        return blocked(about) if kind == "block" else unverified(treatment.verify_url, about)

    async def acknowledged(self, admission: Admission) -> Refusal | None:
        """Wait, where that was asked for, until the request is on the disk; a refusal where it cannot be."""
        if self.recorder is None or not admission.recorded:
            return None
        try:
            await self.recorder.on_disk()
        except RecordFailed as error:
            closed = self.settings.when_record_fails == "closed"
            self.meters.failed("record", error, "refused" if closed else "answered all the same")
            return unavailable("record") if closed else None
        return None

    def finish(self, admission: Admission, *, status: str, answer: Mapping[str, Any] | None = None) -> None:
        """Bring a request and its answer into the record."""
        if self.recorder is None or not admission.recorded:
            return
        admission.recorded = False
        request = admission.request
        latency = round((time.monotonic() - request.began) * 1000, 3)
        line = request.line(**(answer or {}), status=status, latency_ms=latency, gateway=self._said(admission))
        try:
            self.recorder.done(request.exchange_id, line)
        except RecordFailed as error:
            self.meters.failed("record", error, "the request stays pending until the next start")

    def _said(self, admission: Admission) -> dict[str, Any] | None:
        """What the gateway did, for the record; a scan passes it over."""
        seen = admission.matches or admission.unmatched or admission.batched
        if not (admission.decided.rules or seen or admission.refusal):
            return None
        return {
            "mode": self.settings.mode,
            "actions": admission.decided.actions,
            "decisions": [rule.decision_id for rule in admission.decided.rules],
            "refused": admission.refusal.code if admission.refusal else None,
            "would_refuse": admission.would_refuse,
            "degraded_to": admission.degraded_to,
            "batched": admission.batched,
            "unmatched": admission.unmatched,
            "matches": [
                {"template_id": m.template_id, "campaign_id": m.campaign_id, "kind": m.kind, "jaccard": m.jaccard}
                for m in admission.matches[:8]
            ],
        }

    async def close(self) -> None:
        """Let go of everything, the record last."""
        if not self._told_last:
            self._told_last = True
            self._tell(last=True)
        try:
            await self._state.close()
        finally:
            if self.recorder is not None:
                self.recorder.close()
