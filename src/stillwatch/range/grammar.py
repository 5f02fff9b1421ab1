"""Prompts from grammars: what a simulation is written from when it is given no corpus.

A topic is a domain's nouns crossed with a manner of asking; a text is a few sentences over both.
To add a domain or a language, add a line.
"""

from __future__ import annotations

import random

__all__ = ["DOMAINS", "LANGUAGES", "PLACES", "benchmark_question", "code_task", "sentence", "tool_request"]

_DOMAIN_LINES = """
gardening: tomato seedlings, compost heap, apple graft, clay soil, greenhouse vent, slug barrier, rose cutting, drip line
cooking: sourdough starter, lamb stew, rice vinegar, pie crust, chili paste, pressure cooker, miso broth, oven rack
travel: night train, hostel booking, visa form, ferry route, hiking map, rental scooter, lost suitcase, airport lounge
music: chord voicing, drum groove, cello bow, reverb plugin, choir part, tape loop, sheet music, guitar pickup
law: lease clause, small claims, copyright notice, power of attorney, severance letter, zoning permit, will executor, privacy policy
medicine: blood panel, knee brace, allergy shot, sleep diary, iron tablet, migraine trigger, dosage chart, wound dressing
finance: index fund, invoice ledger, mortgage rate, cash flow table, tax bracket, payroll run, bond ladder, expense report
history: bronze age trade, canal treaty, plague ledger, border war, guild charter, census roll, colonial map, palace archive
physics: pendulum swing, lens focus, heat pump, orbital period, shear stress, capacitor charge, neutrino count, tide table
chemistry: buffer solution, titration curve, polymer chain, catalyst bed, nitrate test, crystal lattice, solvent mix, flame colour
biology: leaf stomata, enzyme rate, bird census, gene primer, soil fungus, cell membrane, coral reef, moth trap
databases: index scan, foreign key, query plan, replication lag, schema migration, window function, vacuum job, shard key
web: form validation, cookie banner, css grid, login redirect, image cache, page layout, service worker, api route
devops: build cache, helm chart, log rotation, rollout plan, dns record, container image, alert rule, secret store
mobile: push token, swipe gesture, offline sync, app review, battery drain, camera permission, dark theme, deep link
games: boss fight, tile map, save file, physics engine, quest log, shader pass, loot table, matchmaking queue
education: lesson plan, spelling quiz, lab report, essay outline, reading list, seating chart, grade curve, field trip
writing: opening line, plot twist, narrator voice, haiku draft, cover letter, blog post, villain speech, book blurb
sports: marathon pace, free throw, serve return, swim drill, climbing grip, relay order, training block, match schedule
cars: brake pad, timing belt, tyre pressure, diesel filter, charging cable, clutch slip, paint scratch, tow hitch
home: leaking tap, door hinge, loft insulation, wall plug, tile grout, boiler valve, paint roller, fuse box
pets: puppy crate, cat litter, aquarium filter, rabbit hutch, parrot perch, flea collar, vet visit, horse saddle
language: verb ending, false friend, tone mark, idiom list, accent drill, word order, letter greeting, plural form
marketing: landing page, brand slogan, email subject, customer survey, launch date, ad budget, price tier, newsletter issue
support: refund request, locked account, parcel delay, broken link, warranty claim, password reset, wrong size, late invoice
astronomy: comet tail, star chart, telescope mount, lunar crater, meteor shower, red giant, dust lane, sky survey
statistics: sample size, error bar, prior belief, regression slope, survey weight, outlier test, time series, random seed
security: phishing mail, firewall rule, key rotation, audit trail, sandbox escape, access badge, patch window, risk register
farming: milking shed, seed drill, hay bale, irrigation pump, sheep fence, crop rotation, grain silo, tractor lease
sewing: zip fastener, linen lining, hem stitch, pattern sheet, wool yarn, button hole, quilt block, sewing machine
"""

DOMAINS: dict[str, list[str]] = {
    line.split(":")[0]: [noun.strip() for noun in line.split(":")[1].split(",")]
    for line in _DOMAIN_LINES.strip().splitlines()
}
"""Nouns by domain."""

PLACES = [
    "Oslo",
    "Lima",
    "Nagoya",
    "Porto",
    "Kampala",
    "Leeds",
    "Austin",
    "Turin",
    "Hanoi",
    "Cork",
    "Quito",
    "Gdansk",
    "Perth",
    "Lagos",
    "Lyon",
    "Izmir",
    "Tampere",
    "Cusco",
    "Pune",
    "Basel",
]

_ASK = (
    "How do I get the {a} right before the {b} in {place}?",
    "Explain the {a} to someone who only knows the {b}.",
    "I tried the {a} with a {b} and it went wrong, what should I check first?",
    "Compare two ways to handle a {a} when the {b} is old.",
    "Write a short note about my {a} and the {b} for a friend in {place}.",
    "Give me three ideas for the {a}, cheap ones, the {b} is already there.",
    "Why does the {a} change after the {b}?",
    "Is the {a} worth it without a {b}?",
    "Plan next week around the {a} and a {b} near {place}.",
    "What is the usual mistake people make with the {a} and the {b}?",
)
_MORE = (
    "My cousin in {place} says the {a} matters more.",
    "I have about {n} hours and one {b}.",
    "It used to work with the old {a}.",
    "Keep it under {n} lines please.",
    "The last time I used a {b} it took {n} days.",
    "There are {n} of us and nobody knows the {a}.",
    "I would rather not buy another {b} in {place}.",
)

LANGUAGES: dict[str, tuple[str, ...]] = {
    "es": (
        "¿Cómo arreglo {a} si {b} no funciona en {place}?",
        "Explícame {a} con un ejemplo de {b}, tengo {n} minutos.",
    ),
    "de": (
        "Wie bekomme ich {a} hin, wenn {b} in {place} fehlt?",
        "Erkläre mir {a} am Beispiel von {b}, bitte in {n} Sätzen.",
    ),
    "fr": ("Comment régler {a} quand {b} ne marche plus à {place} ?", "Explique {a} avec {b}, en {n} phrases."),
    "pt": ("Como resolvo {a} se {b} falhar em {place}?", "Escreva sobre {a} e {b} em {n} linhas."),
    "ru": ("Как исправить {a}, если {b} не работает в {place}?", "Расскажи про {a} и {b} за {n} минут."),
    "zh": ("在{place}如果{b}坏了, 我该怎么处理{a}?", "请用{n}句话解释{a}和{b}的区别。"),
    "ja": ("{place}で{b}が使えないとき、{a}はどうすればいいですか。", "{a}と{b}の違いを{n}行で教えてください。"),
    "ar": ("كيف أصلح {a} إذا تعطل {b} في {place}؟", "اشرح لي {a} مع {b} في {n} جمل."),
}
"""Ways of asking in other languages; nouns stay as they are, as technical words often do."""


def sentence(rng: random.Random, domain: str, sentences: int, language: str = "en") -> str:
    """A question in a domain and up to ``sentences - 1`` remarks around it."""
    nouns = DOMAINS[domain]

    def fill(template: str) -> str:
        a, b = _two(rng, nouns)
        return template.format(a=a, b=b, place=PLACES[_below(rng, len(PLACES))], n=2 + _below(rng, 58))

    first = fill(rng.choice(LANGUAGES.get(language, _ASK)))
    return " ".join([first, *(fill(_MORE[_below(rng, len(_MORE))]) for _ in range(sentences - 1))])


def _below(rng: random.Random, n: int) -> int:
    """The same number as ``rng.randrange(n)``, in a third of the time: a library takes a hundred thousand of them."""
    bits = n.bit_length()
    while (drawn := rng.getrandbits(bits)) >= n:
        pass
    return drawn


def _two(rng: random.Random, nouns: list[str]) -> tuple[str, str]:
    """The same two as ``rng.sample(nouns, 2)``, of 21 nouns or fewer."""
    last = len(nouns) - 1
    first, second = _below(rng, last + 1), _below(rng, last)
    # The last has taken the place of who is out.
    return nouns[first], nouns[last if second == first else second]


def benchmark_question(rng: random.Random) -> str:
    """A word problem as a public test set would hold it."""
    a, b, c = rng.randrange(3, 90), rng.randrange(2, 20), rng.randrange(2, 12)
    nouns = rng.choice(list(DOMAINS.values()))
    thing, other = _two(rng, nouns)
    place = rng.choice(PLACES)
    return (
        f"Question: A shop in {place} has {a} boxes with {b} of the {thing} each and sells {c} boxes a day. "
        f"How many of the {thing} are left after {rng.randrange(2, 9)} days if every {other} needs one?\nAnswer:"
    )


def tool_request(rng: random.Random) -> str:
    """A request to be answered by calling a function."""
    nouns = rng.choice(list(DOMAINS.values()))
    thing, other = _two(rng, nouns)
    kind = rng.choice(("classifies", "finds", "tracks", "summarises", "ranks", "translates", "measures", "merges"))
    name = f"{thing.split()[0]}_{other.split()[-1]}"
    return rng.choice(
        (
            f"I need an API that {kind} every {thing} in a batch of {rng.randrange(5, 900)} records and returns the {other}.",
            f"Call {name}(limit={rng.randrange(2, 99)}) and then {kind.rstrip('s')} the result by {other}, handle errors.",
            f"Write a function {name} in Python that {kind} the {thing} and falls back to the {other} after {rng.randrange(2, 9)} tries.",
            f"Open the {thing} page, fill in {rng.randrange(2, 30)} rows of the {other} form and report what changed.",
        )
    )


def code_task(rng: random.Random) -> str:
    """A piece of work in a repository: a failing test, its trace, and what is wanted."""
    nouns = rng.choice(list(DOMAINS.values()))
    thing, other = (noun.replace(" ", "_") for noun in _two(rng, nouns))
    line, wanted, got = rng.randrange(4, 900), rng.randrange(100), rng.randrange(100)
    error = rng.choice(("KeyError", "TypeError", "AssertionError", "TimeoutError", "IndexError", "OverflowError"))
    wish = rng.choice(
        ("Patch the module and keep its signature.", "Refactor it into two classes first.", "Add the missing test.",
         "Port this file to Rust.", "Find the commit that broke it.", "Profile it and halve the allocations.")
    )  # fmt: skip
    return (
        f'$ pytest tests/test_{thing}.py::{other}\n  File "lib/{thing}.py", line {line}, in load_{other}\n'
        f"    return self.{other}[{got}] != {wanted}\n{error}: {thing} -> {other}\n\n{wish}"
    )
