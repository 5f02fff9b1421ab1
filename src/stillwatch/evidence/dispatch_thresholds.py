"""Every line that the test of one queue over many accounts draws, written as in ``thresholds``, whose continuation
this is."""

from __future__ import annotations

from typing import Final

# --- dispatch --------------------------------------------------------------------------------------------------

MET_SECONDS: Final = 10.0
"""seconds | a queue's workers begin within seconds of one another | higher: busy hours meet by chance as often"""

HANDED_OVER_SECONDS: Final = 2.0
"""seconds | a worker asks as soon as the answer is there | higher: chance hands over as often"""

ASKED_AGAIN_SECONDS: Final = 900.0
"""seconds | relays reselect an account within minutes of a refusal | higher: two users of one set meet"""

ASKED_AGAIN: Final = 0.85
"""cosine | one item under several wrappers is beyond .9 where it is long, two questions of one person are below .7 nine
times in ten | lower: whoever asks of one subject is left with one prompt"""

ALL_ALIKE: Final = 0.01
"""share of pairs of different accounts' prompts | beyond it near copies are what a wrapper, or a narrow matter, makes
of any two | lower: a pool that repeats an item over accounts hides that each has its own several times"""

ONE_MATTER: Final = 0.6
"""cosine | of a classifier's, an extractor's or a game's prompts 3 to 28 % of pairs are beyond it, of a pool of all
kinds, and of people, .1 to .2 % | higher: a program that writes each prompt a little otherwise passes as a pool"""

NEARNESS_PROMPTS: Final = 256
"""prompts | 32,000 pairs tell a hundredth to a tenth of itself | more: time"""

LEAST_SHIFT: Final = 60.0
"""seconds | many times what is called a hand-over, so that none survives | lower: the null keeps what is tested"""

MOST_SHIFT: Final = 300.0
"""seconds | a lesson or a wave lasts longer and stays in the null | higher: common hours pass as one queue"""

SHIFTED_BY_HOURS: Final = (3_600.0, 21_600.0)
"""seconds | many times what passes between samples of one prompt, and within the same half of a day | shorter: the null
keeps what is tested; longer: people's hours are lost"""

MOST_SAMPLES: Final = 16
"""accounts a prompt | who samples a prompt takes 2 to 16 answers of it | higher: what an audience is shown counts"""

SAMPLED_HOURS: Final = 36
"""hours | so many at least see a prompt sampled: a queue of two days has more, a fortnight of several classes' lessons
15 to 30 | lower: lessons count; higher: short queues are not seen"""

DAY_IN_STEP: Final = 0.25
"""share of the day with most | a day on which accounts speed up and pause together as much is one of them | lower: days
after a release count; higher: waves of unlike size do not"""

DAYS_IN_STEP: Final = 4
"""days | of accounts that each send a part of one set, in step, on as many days, one hand has dealt the parts | lower:
who test a release on a day or two are called a campaign"""

SOON_OVER_HOURS: Final = 12
"""hours | an evaluation that a script spreads over its keys is over in fewer, a queue runs on | higher: a queue of a
day passes for an evaluation"""

SAMPLED_TIMES: Final = 2.0
"""times what chance gives | samples of one prompt come together 3 to 6 times as often as they would shifted, a class's
exercises in many lessons 1 to 2 | lower: classes count"""

DRAWS_SHIFTED: Final = 100
"""draws | a tail is fitted beyond them; 200 gave the same p-values, at 5 sigma within a factor of 10 where these keep
within 15 | fewer: a coarser tail"""

MOST_MOMENTS: Final = 10_000
"""requests | a few days of a campaign; more say no more | more: time"""

LEAST_MOMENTS: Final = 40
"""requests | fewer meet too seldom to count | lower: noise"""

BELL_SECONDS: Final = 600.0
"""seconds | who comes at a bell has asked within minutes | higher: a queue's own hours are left out"""

BELL_REQUESTS: Final = 3
"""requests | so many each asks at a bell | higher: a queue of an hour goes unseen; lower: a class passes for one"""

BELLS: Final = 12
"""stretches of ten minutes | a fortnight's lessons of two classes, a release | fewer: a school passes for a queue;
more: a short queue goes unseen"""

BUSIEST_HOURS: Final = 6
"""hours | a fortnight's lessons, a release | fewer: a class comes in waves; more: waves go unseen"""

MARK_EVERY_SECONDS: Final = 300.0
"""seconds | jobs are set to the hour, its half or quarter, or to five minutes | longer: jobs at five past are none;
shorter: a fifth of all requests begins on a minute's mark"""

ON_MARK_SECONDS: Final = 60.0
"""seconds | a job's first request is sent within a minute of when it was set, by chance a fifth is, and its first burst
lasts no longer | longer: chance passes for a clock; shorter: jobs that start slowly meet"""

LEAST_IN_WAVES: Final = 100
"""requests of a group | fewer fill too few hours | lower: noise"""

LEAST_WAVES: Final = 1.2
"""times what days and hours would give | users of one product reach 1, campaigns that are woken together 1.5 to 2.4 |
lower: an assistant's evenings count; higher: faint waves are not seen"""

DRAWS_WAVES: Final = 500
"""groups | a tail is fitted beyond them | fewer: a coarser tail"""

PARTS_IN_WAVES: Final = 21
"""parts of a group | their median is sure to a fifth of a part's own spread | more: time"""

COMMON_SECONDS: Final = 900.0
"""seconds | a wave calls its accounts within minutes | higher: cover falls into common stretches too"""

TIMES_AT_WORK: Final = 3.0
"""times the usual | people at the busiest hour are two to three times as many as on average | lower: busy hours count
as common moments"""

LEAST_AT_WORK: Final = 3
"""entities | two at once are chance | lower: chance meetings count as common moments"""

LEAST_IN_COMMON: Final = 0.1
"""share of requests | what is less is no source of a group's questions | lower: a few chance meetings speak for all"""

MOST_IN_COMMON: Final = 0.8
"""share of requests | cover of a fifth is left beside it; what is more is a crowd's whole visit | higher: crowds whom
one hour brings are asked of that hour alone"""

STRETCH_SECONDS: Final = (900.0, 3_600.0, 21_600.0, 86_400.0)
"""seconds, the shortest first | a list that is worked through in its order changes its matter within hours | longer:
what changes within a stretch sets accounts apart"""

STRETCH_CELLS: Final = 5_000
"""accounts in stretches of time | four prompts of each are read | more: two or three say as little as one"""

EARLY: Final = 0.25
"""share of the accounts | chance has 22 % of requests come before so many others', a dispatcher that takes whoever of
four has waited longest 0 to 8 % | higher: chance comes nearer; lower: fewer to count"""

LEAST_PAUSE_SECONDS: Final = 3_600.0
"""seconds | a crew that works the same hours, each at a steady pace, is in turn by nature; over hours people come in
bursts | shorter: crews at work ask in turn"""

LEAST_PAUSES: Final = 3
"""pauses an account | the typical one of fewer is one of them | lower: every pause is its own measure"""

SAME_PAUSE: Final = 0.1
"""share of an account's typical pause | 96 % of a monitor's pauses are as near, of a dealer's 20 to 40 % | higher:
dealers look like schedules"""

ANY_HOUR: Final = 0.05
"""mean cosine of the hour of the day | two requests of one person are .1 to .5, of accounts used day and night 0 |
higher: who asks once in an evening asks in turn"""

MOVED_AMONG: Final = 8
"""accounts | a session that more have names a program, a day or a proxy, and no conversation | higher: customers of one
proxy act as one; lower: conversations that move often are not seen"""

LEAST_DEALT: Final = 20
"""prompts | fewer repeats show no evenness | lower: chance looks even"""

LEAST_OFTEN: Final = 4
"""accounts a prompt | what fewer send may be cover | lower: cover counts as dealt out"""

OFTEN: Final = 5.0
"""accounts a prompt, on average | by chance a third of the requests are of prompts that fewer than four send, and are
left out | lower: cover is tested for being dealt; higher: part of a group hides how evenly the whole was dealt"""

FAVOURITE: Final = 4.0
"""roots of the usual number of accounts a prompt, above it | chance puts one prompt in thousands there | higher: what
stands in a pool twice hides how evenly the rest is dealt; lower: chance looks even"""

MOST_DEALT_SHARE: Final = 0.5
"""share of the distinct prompts | who has most of a set runs it, and is dealt nothing | higher: harnesses are tested"""

MOST_PHRASES: Final = 0.1
"""share of the different prompts | turns of phrase are few beside what is asked; of what is taken from a set that all
run in part a seventh and more meets | higher: part of a set counts as talk; lower: talk counts as a set"""

MOST_AT_ONE_COUNT: Final = 8
"""accounts a prompt | more answers than any sampler takes of an item | higher: more counts are tested, each for less"""

MOST_OF_SEVERAL: Final = 0.2
"""share of what several accounts send | an organisation that has half of the accounts would be in all of it | lower:
the group is left out; higher: one of them hides what the others are dealt"""

MOST_TOGETHER: Final = 3
"""times what chance gives | who has more in common with one other is one customer with it | lower: uneven accounts that
a pool is dealt to are not seen; higher: families and firms with two keys look like a dealer's"""

DRAWS_DEALT: Final = 100
"""draws | a tail is fitted beyond them | fewer: a coarser tail"""

DEALT: Final = 1e-3
"""p-value | so even a repetition is a dealer's, not a published set's that each runs for itself | higher: classes and
harnesses lose their explanation by chance"""
