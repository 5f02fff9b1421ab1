"""Longer texts that people paste and programs work through: notes, mails, reviews, tickets, contracts, logs."""

from __future__ import annotations

import random

from fourth_corpora import Corpora
from fourth_grammar import expand, read_rules
from fourth_words import WORDS

__all__ = ["KINDS", "document"]

_NOTES = """
notes: {first} opened at {n} past nine in {place}. | {last} said the {task} is {n} days behind because of {tool}. |
  Decision: keep {product}
  at {amount}, {first} agrees. | {first} to call the {colleague} in {place}. | Open point: who owns the {task} after
  {month}? | Budget left:
  {amount} of {amount}. | {first} {last} asked about {product} for {audience}. | Next meeting in {n} days, {last}
  hosts. | Complaint
  from {place} about the {thing}. | {tool} licences cost {amount} a month for {n} people. | Agreed to drop the {event}
  in {place}. | {last}
  will draft the {task} by {month} {n}. | {first} is out from {month} {n}, {last} covers. | The {adjective} {product}
  goes to {audience}
  first. | {place} reports {amount} visitors, {n} percent up. | {colleague} {last} wants the {thing} moved to {place}.
mail: I'm writing about order {amount}, the {product} that arrived on the {n}th. | We have tried the {thing} {n} times
  since {month}. | As
  discussed with {first} {last}, the {task} needs a signature by {month} {n}. | Could you tell me whether {place} is
  covered for {product}?
  | The invoice shows {amount}, but {first} and I agreed on {amount}. | I've been a customer in {place} since {year}.
  | My {relative} bought
  it for the {event} in {month}. | If {last} can't solve this within {n} days I would like my {amount} back. |
  Attached are {n} photos of the
  {thing}. | It was {weather} in {place} on the day of delivery. | {first} at your {trade} promised {n} percent off. |
  The {adjective} one
  was meant for {audience}, not for my {relative}. | Please send the {task} to {last} instead, she is our {job}.
review: The {product} is {adjective} and came in {n} days. | After {n} weeks the {thing} started making noise. |
  {first} at the desk in
  {place} was very kind. | Would buy again for my {relative} or a {job}. | Not worth {amount} if you ask my
  {relative}. | Support answered after
  {n} days, signed {first}. | The colour is more {adjective} than {first} said. | My {pet} loves the {product}. |
  Breakfast had {dish} and {food},
  which was a surprise. | Room {n} faces the {trade}. | Great for {hobby} in {weather} weather. | I expected something
  {adjective} and got a
  {adjective} {product}. | {n} out of {n} from me and my {relative}. | We stayed {n} nights for a {event}.
ticket: App closes when {first} opens the {task}. | Happens on {n} of {n} tries since {month}. | Version {n}.{n}.{n}
  on {tool}. | Error says
  {error} at step {n}. | Worked before {month} {n}. | {first} in our {place} office sees {error} as well. | It blocks
  our {task} for {place}.
  | Restarting the {thing} helps for {n} minutes. | {n} screenshots from {last} attached. | {n} people of our {trade}
  wait for this. | The
  {tool} import misses {amount} rows of {amount}. | Expected {amount}, got {amount} in the {task}.
contract: The tenant shall pay {amount} on day {n} of each month. | Either party may end the agreement on {product}
  with {n} weeks' notice. | The
  supplier delivers {amount} {product}s to {place} at its own risk. | Claims on the {thing} lapse after {n} months. |
  {first} {last} acts as the
  contact for notices in {place}. | Payment later than {n} days bears interest at {n} percent. | Animals other than a
  {pet} need consent
  of {last}. | Clause {n} survives the end of this agreement by {n} years. | Changes to the {task} must be signed by
  {last}. | The courts
  of {place} decide on claims above {amount}. | The {trade} in {place} insures the {thing} for {amount}. | {last} may
  sublet {n} rooms to a {job}.
article: The town of {place} has changed more since {year} than in the {n}0 years before. | {last}, a {job}, remembers
  the {weather}
  winters of {year}. | A study of {amount} households found that {hobby} grew by {n} percent. | Critics in {place}
  call the plan {adjective} but
  costly. | The first {trade} in {place} opened in {year} and closed {n} years later. | Nobody in {country} expected
  the {event} of {year} to
  matter. | {first} {last} disagrees and points to {subject}. | Prices for {food} rose to {amount} in {month}. | Much
  of this rests on
  {subject}, as researchers in {place} showed. | For {audience} in {country}, little will change before {year}. | The
  {thing} at the station
  of {place} still works. | Trains to {place} run every {n} minutes. | Visitors come for {dish} and {hobby}, says
  {first} {last}.
log: INFO worker-{n} started job {amount} | WARN retry {n} for /api/{pathname}/{amount} after {amount} ms | ERROR
  {error} in handler
  {pathname} line {amount} | INFO {amount} rows of {pathname} written | DEBUG cache miss key={pathname}:{amount} |
  INFO user {amount} logged in
  from {place} | ERROR upstream {pathname} closed connection after {n} s | WARN queue {pathname} length {amount} |
  INFO deploy {n}.{n}.{n} finished
pathname: orders | users | invoices | search | checkout | reports | health | exports
error: timeout | connection reset | null reference | permission denied | disk full | bad gateway | schema mismatch
month: January | March | April | June | July | September | October | December
"""
_RULES = {**WORDS, **read_rules(_NOTES)}
KINDS = ("notes", "mail", "review", "ticket", "contract", "article", "log")


def document(rng: random.Random, kind: str, length: int, corpora: Corpora | None = None) -> str:
    """A text of this kind and of about so many characters; an article may be a real one where corpora are given."""
    if kind == "article" and corpora and rng.random() < 0.35:
        system = corpora.one(rng, "rag_langchain_render:langchain_stuff_chat").system or ""
        return system.split("----------------\n", 1)[-1]
    if kind == "ticket" and corpora and rng.random() < 0.1:
        return corpora.one(rng, "swe_lancer_issues").prompt
    head = ""
    if kind == "mail":
        head = expand(
            rng, rng.choice(("Dear {first},\n\n", "Hello,\n\n", "Hi {first},\n", "Good afternoon,\n\n")), _RULES
        )
    parts: list[str] = []
    lines = _RULES[kind]
    for line in rng.sample(lines, len(lines)) + rng.choices(lines, k=60):
        if sum(map(len, parts)) >= length:
            break
        text = expand(rng, line, _RULES)
        parts.append(text[:1].upper() + text[1:])
    joint = "\n" if kind == "log" else rng.choice(("\n- ", "\n")) if kind == "notes" else " "
    tail = (
        expand(rng, rng.choice(("\n\nBest,\n{first} {last}", "\n\n{first}", "\n\nRegards, {last}")), _RULES)
        if kind == "mail"
        else ""
    )
    return head + joint.join(parts) + tail
