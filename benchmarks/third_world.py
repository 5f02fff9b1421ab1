"""What accounts send: single requests, conversations, and ordinary talk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from third_accounts import Account, Accounts, Address, digest
from third_corpora import Conversation, Corpora
from third_rewording import mistyped
from third_wrappers import HONEST_SENTENCES, beside

__all__ = ["Record", "World"]

Record = dict[str, Any]
"""One exchange, as it is written; its time is in hours of the log."""
Message = dict[str, str]
_MOST_WORDS = 900
# Of an answer, as the next turn has it.
_REMEMBERED = 1500
_ALL_TURNS = 99


class World(Accounts):
    """Accounts, and what has been sent so far."""

    def __init__(self, kind: str, seed: int, corpora: Corpora) -> None:
        super().__init__(kind, seed, corpora)
        self.records: list[Record] = []
        self.sent = 0

    def send(
        self,
        account: Account,
        moment: float,
        prompt: str,
        *,
        system: str | None = None,
        history: Sequence[Message] = (),
        answer: str | None = None,
        session: str | None = None,
        address: Address | None = None,
        tools: Sequence[str] | None = None,
    ) -> str:
        """One request; what was answered.

        Args:
            account: who sends it.
            moment: hours of the log.
            prompt: what is asked.
            system: the system prompt, where it is another than the account's.
            history: the turns before it.
            answer: the corpus's, where it has one.
            session: its id.
            address: where it comes from, or wherever the account's next session does.
            tools: names.
        """
        rng = self.rng
        self.sent += 1
        place, number, country = address or self.address(account)
        status = self._status(account, moment)
        most_words = int(account.most_tokens * 0.75 if account.most_tokens else _MOST_WORDS)
        text = self.talk.answer(prompt, answer, most_words) if status == 200 else None
        system = account.system if system is None else system
        size = len(prompt) + len(system or "") + sum(len(message["content"]) for message in history)
        read = int(size / rng.uniform(3.6, 4.4)) + 4
        wrote = int(len(text) / rng.uniform(3.7, 4.4)) + 1 if text else 0
        wrote = min(wrote, account.most_tokens) if account.most_tokens else wrote
        stop = self._stop(account, wrote) if status == 200 else None
        released = account.pivots and moment > self.release + account.pivot_delay
        record: Record = {
            "exchange_id": "x" + digest(self.seed, self.kind, self.sent)[:18],
            "time": moment,
            "provider": self.provider_name,
            "account_id": account.account_id,
            "operation": self.provider.operation,
            "user_agent": account.agent,
            "model": self.provider.released if released else account.model,
            "stream": account.stream,
            "status": status,
            "input_tokens": read,
            "output_tokens": wrote,
            "latency_ms": self._latency(wrote) if status == 200 else rng.randint(20, 300),
            "stop_reason": stop,
        }
        record |= _asked(account, prompt, system, history)
        if session:
            record["session_id"] = session
        record |= {"client_address": place, "asn": number, "country": country, "tls_fingerprint": account.fingerprint}
        record |= _parameters(account, tools)
        record["response"] = text
        self.records.append(record)
        return text or ""

    def _status(self, account: Account, moment: float) -> int:
        status = 200
        if self.rng.random() < self.error_share:
            overloaded = 529 if self.provider_name == "anthropic" else 502
            status = self.rng.choice((429, 429, 429, 400, 500, 503, overloaded))
        if account.banned is not None and moment >= account.banned:
            status = account.ban_status
        return status

    def _latency(self, wrote: int) -> int:
        return int(self.rng.lognormvariate(5.9, 0.4) + wrote * self.rng.uniform(6, 22))

    def _stop(self, account: Account, wrote: int) -> str:
        if account.most_tokens and wrote >= account.most_tokens:
            return "max_tokens"
        return "end_turn" if self.rng.random() < 0.995 else "content_filter"

    def converse(
        self,
        account: Account,
        moment: float,
        turns: Conversation,
        system: str | None = None,
        *,
        most: int = _ALL_TURNS,
        tools: Sequence[str] | None = None,
        typed: bool = True,
    ) -> int:
        """The turns of one conversation, at most so many; how many exchanges it made, and 1 where it made none.

        ``typed`` is what a person types, with the slips of the account's sloppiness.
        """
        rng = self.rng
        history: list[Message] = []
        address = self.address(account)
        session = "sess_" + digest(account.account_id, moment, rng.random())[:16] if account.sessions else None
        made = 0
        for text, known in turns[:most]:
            prompt = mistyped(rng, text, account.sloppiness) if typed else text
            if not prompt.strip():
                continue
            answer = self.send(
                account,
                moment,
                prompt,
                system=system,
                history=history,
                answer=known,
                session=session,
                address=address,
                tools=tools,
            )
            made += 1
            history += ({"role": "user", "content": prompt}, {"role": "assistant", "content": answer[:_REMEMBERED]})
            moment = min(moment + (rng.lognormvariate(4.2, 0.8) + 5) / 3600, self.clock.end - 0.0005)
        return max(made, 1)

    def chat(
        self,
        account: Account,
        count: int,
        *,
        cover: bool = False,
        developer: bool | None = None,
        times: Sequence[float] | None = None,
    ) -> None:
        """About so many exchanges of ordinary talk.

        Args:
            account: who talks.
            count: of exchanges.
            cover: from the campaigns' side of the texts.
            developer: four fifths is of code; by the client where not said.
            times: when, or in the account's hours.
        """
        rng = self.rng
        developer = account.client_class == "ide" if developer is None else developer
        moments = list(times or self.clock.human(account, max(1, count)))
        if not times and count > 3:
            rng.shuffle(moments)
        made = sittings = 0
        while made < count:
            of_code = developer and rng.random() < 0.8
            turns = self.talk.conversation(account.domains, self.mix, cover=cover, developer=of_code)
            if rng.random() < self.sentence_share:
                sentence = rng.choice(HONEST_SENTENCES)
                turns = [(beside(rng, turns[0][0], sentence), turns[0][1]), *turns[1:]]
            made += self.converse(account, moments[sittings % len(moments)], turns, most=count - made)
            sittings += 1


def _parameters(account: Account, tools: Sequence[str] | None) -> Record:
    """What the request sets."""
    parameters = {
        "temperature": account.temperature,
        "max_tokens": account.most_tokens,
        "top_p": account.top_p,
        "tools": tools or None,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def _asked(account: Account, prompt: str, system: str | None, history: Sequence[Message]) -> Record:
    """Messages, or a bare prompt where the client sends one and nothing else is said."""
    if account.bare and not system and not history:
        return {"prompt": prompt}
    first = [{"role": "system", "content": system}] if system else []
    return {"messages": [*first, *history, {"role": "user", "content": prompt}]}
