"""Longer texts that people paste and programs work through: notes, mails, reviews, tickets, contracts, logs, articles."""

from __future__ import annotations

import random

from fourth_corpora import Corpora
from fourth_grammar import expand, read_rules
from fourth_words import WORDS

__all__ = ["KINDS", "document"]

_NOTES = """
notes: {first} opened at {n} past nine. | {last} said the {task} is {n} days behind because of {tool}. | Decision:
  keep {product} at
  {amount}. | {first} to call the {colleague} in {place}. | Open point: who owns the {task}? | Budget left: {amount}.
  | {first} {last}
  asked about {product} for {audience}. | Next meeting in {n} days. | Complaint from {place} about the {thing}. |
  {tool} licences
  cost {amount} a month for {n} people. | Agreed to drop the {event}. | {last} will draft the {task} by Friday.
mail: I'm writing about order {amount}, the {product} that arrived on the {n}th. | We have tried the {thing} twice
  now. | As discussed
  with {first} {last}, the {task} needs a signature. | Could you tell me whether {place} is covered? | The invoice
  shows {amount}, but
  we agreed on {amount}. | I've been a customer since {year}. | My {relative} bought it for the {event}. | If this
  can't be solved within
  {n} days I would like my money back. | Attached are {n} photos. | Sorry for the long message. | It was {weather} on
  the day of delivery.
review: The {product} is {adjective} and came in {n} days. | After {n} weeks the {thing} started making noise. |
  {first} at the desk was
  very kind. | Would buy again for my {relative}. | Not worth {amount}. | Support answered after {n} days with a
  copied text. | The
  colour is more {adjective} than in the pictures. | My {pet} loves it. | Breakfast had {dish}, which was a surprise.
  | Room {n} faces
  the street. | Great for {hobby}. | I expected something {adjective} and got the opposite. | {n} out of ten.
ticket: App closes when I open {task}. | Happens on {n} of {n} tries. | Version {n}.{n}. | Error says {error}. |
  Worked before {month}. | I
  cleared the cache. | {first} in our office sees the same. | It blocks our {task} for {place}. | Restarting the
  {thing} helps for {n}
  minutes. | Screenshot attached. | Priority is high for us. | The {tool} import misses {amount} rows.
contract: The tenant shall pay {amount} on the first day of each month. | Either party may end this agreement with {n}
  weeks' notice.
  | The supplier delivers {product} to {place} at its own risk. | Claims lapse after {n} months. | {first} {last} acts
  as the contact
  for all notices. | Late payment bears interest at {n} percent. | Pets other than a {pet} need written consent. |
  This clause survives
  the end of the agreement. | Changes must be made in writing. | The courts of {place} have jurisdiction.
article: The town of {place} has changed more since {year} than in the century before. | {last}, a {job}, remembers
  the {weather}
  winters. | A study of {amount} households found that {hobby} grew by {n} percent. | Critics call the plan
  {adjective} but costly. | The
  first {trade} opened in {year} and closed {n} years later. | Nobody in {country} expected the {event} to matter. |
  {first} {last}
  disagrees. | Prices for {food} rose to {amount}. | Much of this rests on {subject}, as researchers in {place}
  showed. | For
  {audience}, little will change. | The {thing} at the station still works. | Trains to {place} run every {n} minutes.
log: INFO worker-{n} started job {amount} | WARN retry {n} for /api/{pathname} after {amount} ms | ERROR {error} in
  handler
  {pathname} line {n} | INFO {amount} rows written | DEBUG cache miss key={pathname}:{amount} | INFO user {amount}
  logged in from
  {place} | ERROR upstream closed connection after {n} s | WARN queue length {amount} | INFO deploy {n}.{n}.{n} finished
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
    while sum(map(len, parts)) < length:
        parts.append(expand(rng, rng.choice(_RULES[kind]), _RULES))
        if len(parts) > 80:
            break
    joint = "\n" if kind == "log" else rng.choice(("\n- ", "\n")) if kind == "notes" else " "
    tail = (
        expand(rng, rng.choice(("\n\nBest,\n{first} {last}", "\n\n{first}", "\n\nRegards, {last}")), _RULES)
        if kind == "mail"
        else ""
    )
    return head + joint.join(parts) + tail
