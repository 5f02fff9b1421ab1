"""Every line that the test of one stream's windows draws, written as in ``thresholds``, whose continuation this is."""

from __future__ import annotations

from typing import Final

# --- windows of one stream ------------------------------------------------------------------------------------

STREAM_SHRINK: Final = 0.2
"""share toward a sphere | found .86 of windows of 1,500 with 5 % of one source, a tenth toward the diagonal .82 on the
same twelve splits; .05 to .5 differ by less than splits do | higher: correlated features count twice; lower: noise
in small directions is blown up"""

LONGEST_PROMPT: Final = 1.0
"""times the usual length of a whitened prompt | of 0.9 and 1 the better: .84 and .86 of windows of 1,500, and of made
relays' p-values; 1.5 finds a fifth less | higher: single odd prompts decide windows; lower: sources that are odd
themselves are seen less"""

ALIKE_SQUARE: Final = 0.5
"""weight of the square beside the product | 0, which is T2, found .72 and a half .86 of windows of 1,500 with 5 % of
one source | lower: a comparison of means; higher: near-duplicates decide, and honest windows spread more"""

STREAM_CELLS: Final = 24
"""cells of k-means | a stream's composition is matched by them, 60 prompts each in a window of 1,500 | more: noise is
matched, and part of a source; fewer: honest relays differ from the log by their composition"""

MOST_LIFTED: Final = 1.5
"""ratio to the stream's usual prompt | a cell that holds more than that is left unexplained | higher: a source is
explained away by its cell; lower: an unusual mix of honest customers is a finding"""

STREAM_DRAWS: Final = 1_000
"""windows | as many as p-values of one in a thousand need before the tail is fitted | fewer: a coarser null"""

LEAST_STREAM: Final = 300
"""exchanges | three windows of 100: fewer say little of a share of one in ten | lower: more accounts are tested, and
each finding must be the stronger"""

SMALL_WINDOW: Final = 100
"""prompts | a tenth of one source is found in about half of such windows | larger: shorter streams go untested"""

LARGE_WINDOW: Final = 1_500
"""prompts | a twentieth of one source is found in six of seven such windows | larger: more is found in long streams,
and short ones get small windows"""

MOST_WINDOWS: Final = 12
"""windows a stream, each spread over all of it | each is paid for by Bonferroni, and by time | more: smaller samples
are taken apart, and each finding must be the stronger"""

MOST_READ: Final = 4_500
"""prompts a stream | three large windows; bounds time: reading and comparing so many takes about half a second | more:
each finding must be the stronger; fewer: a long stream is tested by one sample of it"""

MOST_STREAMS: Final = 200
"""streams, the largest | bounds time: up to a second each | fewer: small relays go untested"""

LEAST_WEB: Final = 10
"""accounts that share hands | fewer are an office, whose stream is a few people's | lower: more streams, and each
finding must be the stronger; higher: small relays go untested"""

MOST_WEBS: Final = 24
"""webs of shared hands, the busiest | bounds time: up to two seconds each | fewer: small relays go untested"""

OF_ONE_KIND: Final = 0.5
"""share of an account's prompts in the windows | of ten accounts that send nothing but the source, beside three made
relays, 27 of 29 with enough prompts lie at .54 to 1, the relays' own at .35 and less | lower: a relay's own are set
aside; higher: one account's task is a finding about the others"""

MOST_LEFT_OUT: Final = 0.1
"""share of entities | so many in streams are no part of people at large; a made relay with what stands beside it is a
fiftieth of its log, webs that chance ties up to three quarters | higher: no people are left; lower: a relay is held
against itself"""

FAR_APART: Final = 0.95
"""share of honest prompts | what lies above is more alike to its window than that | higher: accounts of one kind are
not set aside; lower: people are"""

LIKE_THE_SOURCE: Final = 0.98
"""share of people's prompts | what lies above is like what was set aside; two in a hundred honest prompts do, where a
twentieth of one source does beside them | higher: counts are small; lower: people's own are most of it"""

PROMPTS_AT_LARGE: Final = 60
"""prompts an account | an account's prompts are alike, and streams of people are made of whole accounts; 4 % of a
large window are one customer's | fewer: a relay's busy customer is a source; more: fewer accounts"""

ONE_TASK: Final = 3.0
"""mean likeness of an account's pairs of sampled prompts; strangers' have about 0.2 | on two simulated weeks nine of
ten people lie below 2.9, half of applications above 15; at 6 tool use in two
made relays was lost | higher: accounts of one task are part of the background and hide sources; lower: busy people
are no part of it, and relays of them are findings"""

LEAST_OF_ONE: Final = 4
"""prompts | the mean likeness of fewer says little | higher: small applications are part of the background"""

MOST_AT_LARGE: Final = 4_000
"""prompts | two and a half times the largest window; the cost grows with their square | fewer: windows drawn overlap;
more: time and memory"""

LEAST_AT_LARGE: Final = 1_000
"""prompts, of accounts to draw from and of others to whiten by | a whitening needs about three prompts a feature |
lower: small logs are tested against noise"""

FRESH_WINDOWS: Final = 2.0
"""windows | the background must be so many times a window, or windows drawn from it are all the same | lower: small
logs get large windows, and a null too narrow"""

LIKE_AT_LARGE: Final = 0.8
"""share of a stream | explained by people at large, weighed, before a minority in it means anything | higher: relays
with some customers of their own kind go untested; lower: applications count as relays"""

LIKE_AT_A_GLANCE: Final = 0.7
"""share of a stream's sampled prompts, two dozen | of 400 made relays of a dozen customers 1 to 3 % lie below, of
sixty customers at most 1.5 %, with up to a fifth of one source; of busy accounts of two simulated weeks 52 and 55 %
| higher: relays go untested; lower: more is read of streams that have nothing to be held against"""

MOST_MINOR: Final = 0.25
"""share of a stream | more than a quarter that is alike is what the stream is; a part from one source is what hides in
it | higher: applications and people with a task of their own are findings"""

LEAST_OWN: Final = 0.15
"""share of a stream | of what covered accounts on several cards send together .25 to .6 is alike beyond people's, of a
reseller's customers 0 to .05, of a relay's that carry a source .02 to .1 | higher: covers go unseen; lower: whom a
relay sends a source through is of it"""

HARDLY_OWN: Final = 0.05
"""share of what a group sends | as `LEAST_OWN`, where a clock speaks against a reseller too: of a relay's 230 accounts
0, of covers whose accounts are a part of the people they are held against .1 and more | higher: covers go unseen;
lower: customers whom a reseller's software shares out over his accounts are a campaign"""

MOST_CARRYING: Final = 0.25
"""share of a stream's accounts | what these few send says nothing of the others: a firm's developers send their
application's questions too | higher: of small streams nobody is left; lower: a few developers speak for a firm"""

LEAST_CARRIED: Final = 0.6
"""share of what the others would carry, were it dealt out evenly | of made relays .96 to 1.15 of it is there, of a firm
whose developers carry it nearly none | higher: relays that deal unevenly are not seen; lower: a firm's application is
a campaign"""

MOST_SOURCES: Final = 24
"""groups that ask alike, the busiest | bounds time: each is held against every relay | fewer: accounts beside a relay
are not tied to it"""

SOURCE_PROMPTS: Final = 256
"""sampled prompts of a group that relays are held against | bounds time; more of one source say the same | fewer: small
shares of it are not seen"""
