"""Sessions that move between accounts, through a whole scan: one queue's, a firm's, and ids that name no conversation."""

import hashlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handmade import Log, Pool, Seat, campaigns, even, habit, own_topics, verdicts

from stillwatch import scan

Named = Callable[[Seat, int], str]
"""A session id for each request of an account, by its number."""


def drawn(*parts: object) -> str:
    text = hashlib.md5(" ".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def own(seat: Seat, number: int) -> str:
    return drawn("own", seat.of, seat.number, number // 5)


def handed_on(seat: Seat, number: int) -> str:
    """Every third session is one that the account before it began."""
    session = number // 3
    if session % 3 == 1:
        return drawn("moved", (seat.number - 1) % seat.of, session - 1)
    return drawn("moved", seat.number, session)


def counted(seat: Seat, number: int) -> str:
    return f"session-00000000000{number // 5}"


def of_a_proxy(seat: Seat, number: int) -> str:
    """One id for all that a proxy passes on in a day, for its twenty customers."""
    return drawn("proxy", seat.number // 20, number // 8)


def within(prompts: Any, named: Named) -> Any:
    def source(seat: Seat) -> Any:
        write, count = prompts(seat), iter(range(10**6))
        return lambda: write() | {"session_id": named(seat, next(count))}

    return source


def log_of(named: Named, seed: int, **hands: Any) -> tuple[Log, list[str]]:
    log = Log(seed=seed)
    log.honest(200, prompts=within(own_topics(3), own), times=habit(6))
    return log, log.accounts(30, prompts=within(Pool("code").shards(), named), times=habit(24), **hands)


@pytest.mark.parametrize("seed", range(2))
def test_accounts_that_ask_from_one_source_and_carry_on_each_others_sessions_are_a_campaign(
    seed: int, tmp_path: Path
) -> None:
    log, members = log_of(handed_on, seed)
    run = scan(log.write(tmp_path), out=tmp_path / "run", workers=1)
    assert campaigns(run) == [set(members)]
    (found,) = run.table("campaigns").to_pylist()
    (said,) = [one["statement"] for one in found["observations"] if one["family"] == "dispatch"]
    assert "go on with sessions or conversations that another of them began" in said


@pytest.mark.parametrize("named", [own, counted])
def test_sessions_that_nobody_carries_on_accuse_nobody(named: Named, tmp_path: Path) -> None:
    log, members = log_of(named, 1)
    run = scan(log.write(tmp_path), out=tmp_path / "run", workers=1)
    assert campaigns(run) == []
    assert verdicts(run, members) <= {"clear", "watch"}


def test_a_firm_whose_application_takes_any_of_its_keys_is_no_campaign(tmp_path: Path) -> None:
    log, members = log_of(handed_on, 2, payment="card of the firm")
    run = scan(log.write(tmp_path), out=tmp_path / "run", workers=1)
    assert campaigns(run) == []
    assert verdicts(run, members) <= {"clear", "watch"}


def test_strangers_who_took_over_one_anothers_talk_are_no_campaign(tmp_path: Path) -> None:
    """Twenty pairs of friends, who go on with each other's conversations, a club of twelve, and a proxy's customers."""
    log = Log(seed=3)
    log.honest(200, prompts=within(own_topics(3), own), times=habit(6))

    def in_pairs(seat: Seat, number: int) -> str:
        return drawn("pair", seat.number // 2, number // 4)

    friends = log.accounts(40, prompts=within(own_topics(3), in_pairs), times=even(20, 0.6), api=False)
    club = log.accounts(12, prompts=within(own_topics(3), handed_on), times=even(20, 0.6), api=False)
    customers = log.accounts(20, prompts=within(own_topics(3), of_a_proxy), times=habit(20))
    run = scan(log.write(tmp_path), out=tmp_path / "run", workers=1)
    assert campaigns(run) == []
    assert verdicts(run, [*friends, *club, *customers]) <= {"clear", "watch"}


def of_customers(count: int) -> Any:
    """Talk of so many customers, each with topics and a session of its own; some of them are under one instruction."""
    stands = [Seat(random.Random(number), number, count, 0.0, 1.0) for number in range(count)]
    writers = [own_topics(3)(stand) for stand in stands]
    asked = [0] * count

    def source(seat: Seat) -> Any:
        def write() -> dict[str, Any]:
            number = seat.rng.randrange(count)
            asked[number] += 1
            always = {"system": "Answer as a friend of the harbour would, and leave lists out."} if number < 5 else {}
            return writers[number]() | always | {"session_id": drawn("customer", number, asked[number] // 6)}

        return write

    return source


def test_a_reseller_whose_customers_go_from_account_to_account_is_no_campaign(tmp_path: Path) -> None:
    """One customer's instruction and two payments are in common; so are sessions, and that too is one owner's by nature."""
    log = Log(seed=0)
    log.honest(200, prompts=within(own_topics(3), own), times=habit(6))
    accounts = log.accounts(
        24,
        prompts=of_customers(60),
        times=habit(30),
        payment=lambda seat: f"card {seat.number % 2}",
        address=lambda seat: f"12.0.{seat.number % 3}.7",
    )
    run = scan(log.write(tmp_path), out=tmp_path / "run", workers=1)
    assert campaigns(run) == []
    assert verdicts(run, accounts) <= {"clear", "watch"}


def in_messages(carried: Callable[[Seat, int], tuple[int, int] | None]) -> Callable[[Any], Any]:
    """Prompts that get an answer of their own, and carry the turn of which ``carried`` says account and number."""

    def around(prompts: Any) -> Any:
        asked: dict[tuple[int, int], tuple[str, str]] = {}

        def source(seat: Seat) -> Any:
            write, count = prompts(seat), iter(range(10**6))

            def wrote() -> dict[str, Any]:
                number = next(count)
                fields: dict[str, Any] = write()
                answer = " ".join(seat.rng.choices([*fields["prompt"].split(), "so", "then"], k=60))
                asked[seat.number, number] = fields["prompt"], answer
                before = carried(seat, number)
                if before not in asked:
                    return dict(fields, response=answer)
                turns = [("user", asked[before][0]), ("assistant", asked[before][1]), ("user", fields.pop("prompt"))]
                return fields | {"messages": [{"role": r, "content": c} for r, c in turns], "response": answer}

            return wrote

        return source

    return around


def test_conversations_that_go_on_under_another_account_show_one_queue_without_any_session_id(tmp_path: Path) -> None:
    log = Log(seed=0)
    own_talk = in_messages(lambda seat, number: (seat.number, number - 1) if number % 3 else None)
    log.honest(200, prompts=own_talk(own_topics(3)), times=habit(6))
    moving = in_messages(lambda seat, number: (seat.number - 1, number) if number % 3 == 1 else None)
    members = log.accounts(30, prompts=moving(Pool("code").shards()), times=habit(24))
    run = scan(log.write(tmp_path), out=tmp_path / "run", workers=1)
    assert campaigns(run) == [set(members)]
    (found,) = run.table("campaigns").to_pylist()
    (said,) = [one["statement"] for one in found["observations"] if one["family"] == "dispatch"]
    assert "go on with sessions or conversations that another of them began" in said


def test_examples_that_a_program_puts_before_every_question_are_no_conversation_that_moved(tmp_path: Path) -> None:
    log = Log(seed=0)
    own_talk = in_messages(lambda seat, number: (seat.number, number - 1) if number % 3 else None)
    log.honest(200, prompts=own_talk(own_topics(3)), times=habit(6))
    answer = (
        "First say what is given, then what is asked, and only then how the one leads to the other, step after step. "
        * 2
    )
    shots = [{"role": "user", "content": "How do I begin?"}, {"role": "assistant", "content": answer}]

    def with_examples(prompts: Any) -> Any:
        def source(seat: Seat) -> Any:
            write = prompts(seat)
            return lambda: {"messages": [*shots, {"role": "user", "content": write()["prompt"]}]}

        return source

    few = log.accounts(7, prompts=with_examples(own_topics(3)), times=habit(24))
    run = scan(log.write(tmp_path), out=tmp_path / "run", workers=1)
    assert campaigns(run) == []
    assert verdicts(run, few) == {"clear"}
