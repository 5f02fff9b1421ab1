"""What people ask day by day, by what interests them, and what they say next; English.

An interest is a name of the grammar; each person has a few. To add one, write its line and name it in ``INTERESTS``.
"""

from __future__ import annotations

import random

from fourth_grammar import expand, read_rules
from fourth_words import WORDS

__all__ = ["INTERESTS", "asked", "followed"]

_HOME = """
kitchen: how do i make {dish} without {food} | What goes well with {dish}? We are {n} people and my {relative} is vegan.
  | I have {food}, {food} and some {food}. What can I cook in {n} minutes? | Why does my {dish} always come out {wrong}?
  | can i freeze {dish} and for how long | recipe for {dish} for {n}, oven is broken so stovetop only
  | Convert this to metric: {n} cups of {food}, {n} ounces of {food}, bake at 350F
  | my {relative} gave me {n} kg of {food}. ideas? | Plan dinners for {n} days around {food}, under {amount} cents a
  portion
  | difference between {dish} the way they do it in {place} and in {place}? | is {food} still ok {n} days after the date
wrong: soggy | too dry | bland | burnt at the edges | grainy | too salty | raw in the middle | dense
garden: When should I plant {plant} in {place}? | the leaves of {plant} are going yellow at the tips, {weather} week
  here
  | How much should I water {plant} on a {weather} balcony? | can {plant} and {plant} share a bed
  | {plant} got {pest}, is there something I can do without chemicals? | how far apart do i plant {plant}
  | I want a hedge that survives {weather} winters in {place}, not more than {n} feet high
pest: aphids | slugs | white mould | spider mites | blackfly | root rot | scale insects
repairs: My {thing} makes a {noise} noise after {n} minutes. What should I check first? | how to fix a {thing} myself
  | is it worth repairing a {n} year old {thing} or just buy new? quote was {amount} | tools needed for {thing}?
  | landlord says the {thing} is my problem. I rent in {place}, is that right? | {thing} wont start, already tried
  {attempt}
  | What is a fair price for replacing a {thing} in {place}?
noise: grinding | clicking | humming | dripping | high pitched | knocking
attempt: turning it off and on | a new fuse | cleaning the filter | tightening everything | watching three videos
  about it
animals: my {pet} wont eat since we moved to {place} | Is {food} safe for a {pet}? | how often should a {pet} see the
  vet
  | our {pet} is scared of the {thing}, tips? | Name ideas for a {mood} looking {pet} | {pet} keeps waking me up at
  {n} past 4
  | training schedule for a {pet}, I work {n} hours a day | what does it cost to keep a {pet} per year in {country}
travel: {n} days in {country} in {month}, we like {hobby} and {dish}. Itinerary? | Is {place} safe to walk at night?
  | train or car from {place} to {place}? | what should i pack for {place} in {month}, {weather} probably
  | Do I need a visa for {country} with a {country} passport? | cheapest way to get from {place} airport downtown
  | We have a {n} hour layover in {place}, worth leaving the airport? | best area to stay in {place} with {n} kids
  | my {relative} wants to see {place} but hates crowds. Alternatives nearby?
month: January | February | March | April | May | June | July | August | September | October | November | early December
"""

_LIFE = """
health: I've had {symptom} for {n} days. should i see someone? | what stretches help with {symptom}
  | is it normal to have {symptom} after starting {hobby} | how much protein do i need if I weigh {n}0 kg and do {hobby}
  | What questions should I ask the doctor about {symptom}? | easy {n} minute routine for mornings, I have {symptom}
  | can coffee cause {symptom}? | couch to {n}k plan for a {job} on night shifts
money: My {bill} went from {amount} to {amount}. How do I dispute it? | should I pay off my {bill} or save first? I
  earn {amount}
  | how does tax work in {country} if I freelance as a {job} on the side | Make a monthly budget: income {amount},
  {bill}
  {amount}, {bill} {amount}, rest is food | what happens if I cancel my {bill} early
  | explain {subject} like im {n} | is {amount} a good salary for a {job} in {place}
people: My {relative} hasn't spoken to me since the {event}. How do I start the conversation? | gift for my {relative}
  who
  loves {hobby}, budget {amount} | what do i say to my {colleague} who keeps forgetting my name | I feel {mood} before
  the {event}, is that weird | write a short {mood} message for my {relative} for their {event}
  | {relative} wants to invite {n} more people to the {event}, how do I say no | roommate never cleans the {thing}.
  text?
  | How do I tell my {colleague} that I can't come to the {event}? I don't want to sound {mood}.
fun: recommend something like {show} but less {mood} | {n} trivia questions about {subject}, medium | tell me a joke
  about {hobby}
  | who would win, a {pet} or a {pet} | i just finished {show}, what next | What are the rules of {hobby} in short?
  | give me a name for a {adjective} band that plays about {subject} | riddle about a {thing}
  | {n} questions for a pub quiz in {place} | fantasy tavern name and its owner, she is a former {job}
cars: {car} shakes at {n}0 km/h, tyres are new | is a {car} with {n}0000 km on it worth {amount}? | how often oil
  change {car}
  | warning light on my {car} after {weather} night, what is it | Lease or buy a {car}? I drive {n} km a day in {place}
music: chords for a {mood} song in the key of {key} | how long to learn {hobby} as an adult, {n} minutes a day
  | Which strings for an old {hobby} setup? | lyrics about {place} and my {relative}, two verses, {mood}
  | what is the difference between {key} and {key} minor | playlist for a {event}, {mood}, {n} songs, nothing after
  {year}
key: C | D | E flat | F sharp | G | A | B flat
parenting: my son is {n} months and won't nap | activities for a {weather} day with kids of {n} and {n} | how do I
  explain
  {subject} to my daughter, she is {n} | screen time rules for a {n} year old that actually work | school project about
  {country}, we need {n} facts and a model of something | Kid refuses {food}. Ideas to hide it?
faith: what is the meaning of the {event} traditions in {country} | why do people in {place} celebrate in {month}
  | who was the most important ruler of {country} around {year}? | what happened in {place} in {year}
"""

_STUDY = """
study: Explain {subject} to {audience}. | summarise {subject} in {n} bullet points | quiz me on {subject}, {n} questions
  | what's the link between {subject} and {subject}? | I have an exam on {subject} on Friday. Make a study plan of {n}
  hours.
  | is this right: {subject} is basically {subject} but slower? | common mistakes in {subject} problems
  | essay outline: how {subject} shaped {country} after {year} | difference {subject} vs {subject}, short
  | How would a {job} use {subject}? | Give me an example of {subject} that isn't in every textbook
languages: How do I say "my {thing} is broken" in {tongue}? | correct my {tongue}: "{sentence}" | {n} useful {tongue}
  phrases for
  a {event} | what's the difference between {tongue} and {tongue} word order | make me {n} flashcards {tongue} about
  {dish}
  | Is it rude to say no directly in {country}? | translate to {tongue}: {sentence}
sentence: I will be late because the train is cancelled | Yesterday we goes to the {place} market | Could we move the
  meeting
  to {month} | The {thing} was already broken when I arrived | Please find attached my {task} | I am agree with my
  {colleague}
  | We are looking forward to your {event} | he don't know where is the {trade} | My {relative} has {n} years
coding: {lang}: how do I sort a list of dicts by two keys, second one descending? | getting {error} in {lib} when i
  deploy, works
  locally | Write {algo} in {lang}, no external libs | what's the idiomatic way to do {algo} in {lang} | {lib} vs
  {lib} for a small
  {trade} site? | Can you explain this {lang} line: {code} | regex for {pattern} in {lang} | why is {lib} so slow with
  {amount} rows
  | add unit tests for {algo} in {lang} | upgrade {lib} from version {n} to the newest, what breaks?
  | I have {error} only in production. {lib} behind nginx, {lang} backend. Where do I look first?
  | refactor: {code} | sql to get the top {n} customers per month from orders | {error} after merging, how do i bisect
code: x = [i for i in range({n}) if i % {n} == 0] | const total = items.reduce((a, b) => a + b.qty * {n}, 0)
  | while (left <= right) mid = left + (right - left) / 2; | df.groupby('month')['amount'].transform(lambda s: s /
  s.sum())
  | if err != nil \\n return fmt.Errorf("step {n}", err) | SELECT id, SUM(amount) FROM sales WHERE year = {year} GROUP
  BY id
  | for k, v in sorted(d.items(), key=lambda p: -p[1])[:{n}]: print(k) | awk -F, '$3 > {n}' orders.csv
pattern: dutch phone numbers | ISO dates | prices with comma decimals | hashtags | quoted strings | IPv4 addresses
data: formula in {tool} to count {thing} rows where column B is over {amount} | chart for {amount} survey answers from
  {place}?
  | {tool}: how to split first and last name | How do I compare two price lists of {n}00 lines in {tool}
  | pivot table by month shows {year} wrong | what test do I use to compare {n} groups of {job}s | is a sample of
  {amount} enough
"""

_OFFICE = """
mails: Write a polite email to my {colleague} about the late {task}. | reply to {first} {last}, they want a refund for
  the
  {product}, order {amount}, we can't because it's {n} days late | make this friendlier: "Send the {task} by {month}
  {n}."
  | shorter please: "I wanted to circle back about the {task} that {first} mentioned on the {product} call"
  | Out of office message, back {month} {n}, urgent things to {first} {last} | subject line for a mail about {product}
  to {audience}
  | follow up to {first} after the {event}, mention {place} and the {task} | decline {first}'s invite to the {task}
  meeting
work: Draft a {task} for a {trade} in {place}, {n} people | agenda for {n} minutes about the {task} | three risks of
  moving
  our {trade} to {tool} | how do I ask for a raise as a {job}, {n} years in | KPI ideas for a {trade} | turn these
  notes into
  a {task}: {first} owns the {product}, {last} late, budget {amount}, next check {month} {n}
  | Job interview questions for a {job} at a {trade} | pros and cons of {tool} against {tool} for a {trade} of {n}
  | what is a fair notice period for a {job} in {country} | Onboarding checklist for a new {job}
marketing: {n} names for a {adjective} {product} brand | Instagram caption for our {trade}, {weather} {month} weekend,
  {mood} tone
  | product description {product}, {adjective}, {n}0 words, for {audience} | landing page headline for a {trade} in
  {place}
  | ad ideas for {product} with {amount} euro budget | write a {form} about our {product} for {audience}
  | Rewrite for {audience}: our {adjective} {product} saves {n} hours a week | google review reply, {n} stars,
  complaint: {wrong}
writing: write a {form} about a {job} in {place} who finds a {thing} | make a {mood} {form} about {weather} {place}
  | continue: {first} had not opened the {thing} since {year}. | title ideas for a {form} about my {relative} and a
  {pet}
  | Is this sentence ok? "{sentence}" | a villain who is a {adjective} {job}, backstory in {n} lines | critique my
  opening:
  "It was a {weather} morning in {place} when {first} {last} lost the {thing}." | {form} for a {event}, {n} minutes,
  {mood}
legal: can my landlord in {place} raise the rent by {amount}? | clause for a {job} contract about {product} samples
  | What does "{term}" mean in a lease | do i need a licence to open a {trade} in {country} | GDPR: can our {trade}
  keep CVs
  for {n} months? | neighbours {pet} broke my {thing}, who pays
term: force majeure | joint and several | quiet enjoyment | without prejudice | indemnify | break clause | lien
"""

_NEXT = """
brief: shorter please | thanks! | Why? | give me an example | are you sure? | in one sentence | go on | ok | which one
  would you pick
  | cool. next step? | what are the risks | now as a table
react: ok, | hmm. | That helps. | not what I meant. | I see | Right, | Great! | wait, | {mood} now, but | Good to
  know, | Sorry, | Fair enough. |
  my {relative} disagrees. | I read the opposite somewhere. | Perfect. | i tried that in {month}, | oh | Interesting,
  thanks. | no,
next: and what if I only have {n} minutes for the {keyword}? | how does that work in {place}? | say the part with
  {keyword} less formally |
  is that true for {country} too | what about {food} instead of {keyword} | now the same in {tongue} | put {keyword}
  and {keyword} in a table |
  what would {keyword} cost roughly, more than {amount}? | i did {keyword} {n} times already, still the same | rewrite
  the bit about {keyword},
  more {adjective} | Add something about {hobby} and {keyword} | make a list of {n} i can print for my {relative} |
  And for {audience}?
  | my {relative} says {keyword} is nonsense | how do i do {keyword} with {tool} | what does {keyword} mean here |
  more about {keyword} please
  | leave out {keyword} | is {keyword} really needed on a {weather} day? | {keyword}? never heard of it | one more
  with {keyword} in it
  | it should be {n}, not {n} | why {keyword} and not {thing} | what would a {job} say about {keyword} | can {keyword}
  go wrong after {n} days?
  | where do I find {keyword} near {place} | compare {keyword} with {keyword} for a {trade} | and if the {keyword} is
  {adjective}?
  | explain {keyword} again, for {audience} this time | who decides about {keyword} in {country} | I have {n} of them,
  does {keyword} change?
"""

_RULES = {**WORDS, **read_rules(_HOME, _LIFE, _STUDY, _OFFICE, _NEXT)}
INTERESTS = (
    "kitchen",
    "garden",
    "repairs",
    "animals",
    "travel",
    "health",
    "money",
    "people",
    "fun",
    "cars",
    "music",
    "parenting",
    "faith",
    "study",
    "languages",
    "coding",
    "data",
    "mails",
    "work",
    "marketing",
    "writing",
    "legal",
)
_BEFORE = read_rules("""
context: I'm a {job} in {place}. | Quick question. | for context, I work at a {trade} with {n} others | My {relative}
  and I talked about
  {hobby} and came to this. | Not sure if this is the right place to ask. | We just moved to {place} with {n} boxes
  and a {pet}. |
  Background: {trade}, {n} people, everything in {tool}. | hello | hi, | Hey! | Good morning from {place}, | I asked
  this before but
  lost the chat. | It's {weather} here and I have {n} minutes. | So, | ok so | Need this by {month} {n}. | Since
  {year} we have had the
  same {thing}. | I teach {subject} to {audience}. | My {colleague} {first} wants an answer by {n}. | {n} years as a
  {job} and I still don't
  know: | {relative} of mine is {mood}. | Between {hobby} and work I've got little time. | After the {event} in
  {place} I wondered:
  | I'm {n}, from {country}, | This is about my {relative}'s {thing}. | a {job} told me to ask | Saw it in {show}.
after: Thanks! | thanks in advance | Keep it under {n} lines. | No lists please. | I'm {audience} basically. | please
  be honest
  | Budget is {amount}. | It has to work for {n} people. | I've got {n} minutes. | Asking for my {relative}. | any
  ideas? | {mood} about this
  tbh | We have {amount} left for it. | My {relative} is allergic to {food}. | must be done before the {event} | my
  {colleague} said
  {amount} is normal | I don't own a {thing}. | should suit {audience} | It worked in {year}, not now. | I only speak
  {tongue} and English. | in
  {country} that is | the {weather} weather doesn't help | {first} will do the rest
""")
_ALL = {**_RULES, **_BEFORE}


def asked(rng: random.Random, interest: str) -> str:
    """Something that somebody with this interest asks."""
    text = expand(rng, rng.choice(_ALL[interest]), _ALL)
    if rng.random() < 0.1:
        then = rng.choice(("also, ", "And ", "second thing: ", "")) + expand(rng, rng.choice(_ALL[interest]), _ALL)
        text = f"{text.rstrip()} {then}"
    if rng.random() < 0.3:
        text = expand(rng, "{context} ", _ALL) + text
    if rng.random() < 0.3:
        text = f"{text.rstrip()}{'' if text[-1] in '.?!' else '.'} {expand(rng, '{after}', _ALL)}"
    return text


def followed(rng: random.Random, keyword: str) -> str:
    """What somebody says next, when the answer spoke of the keyword."""
    if rng.random() < 0.12:
        return rng.choice(_ALL["brief"])
    text = rng.choice(_ALL["next"])
    if rng.random() < 0.5:
        text = "{react} " + text
    return expand(rng, text.replace("{keyword}", keyword), _ALL)
