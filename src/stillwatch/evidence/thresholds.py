"""Every line that detection draws: its value, and under it the unit, where the value is from, and what moves with it.

Each constant is followed by three parts between bars: **unit | source or measurement | what moves when it moves**. A
test holds that none lacks them and that no other module of a scan keeps a number of its own, but
``stream_thresholds``, for windows of one stream; the match weights' m-probabilities stand beside the levels they
belong to, in the families. What an analyst may set is in ``settings``. Measured means: on simulated weeks and on real
prompt corpora, as ``docs/explanation/method.md`` tells.
"""

from __future__ import annotations

from typing import Final

# --- pairs ----------------------------------------------------------------------------------------------------

PRIOR: Final = 1e-4
"""probability | of 2,000 to 16,000 accounts a campaign's pairs are about one pair in 10,000 | higher: fewer bits make
a link, more honest pairs are linked"""

LIKELY: Final = 0.5
"""match probability | a link is a pair more likely than not to match | higher: fewer links, smaller groups"""

FAINTEST: Final = -8.0
"""bits | the most that timing and infrastructure may take from a pair whose content alone would link it | lower: more
pairs are kept than any later step reads"""

RANDOM_PAIRS: Final = 300_000
"""pairs | a rate of 1e-4 is then known to a factor of 1.2 (Poisson) | fewer: u-probabilities and weights get noisy"""

COMPARED_DIMENSIONS: Final = 96
"""dimensions | directions of accounts lose less than .02 of any cosine in so many principal dimensions | fewer:
cosines of pairs blur; more: time"""

RARITIES: Final = (("rare", 0.002), ("uncommon", 0.02), ("common", 0.15))
"""share of entities | about a decade apart; what more than 15 % have ties nobody | wider classes: a thing's holders
count as rarer or commoner than they are"""

SMALL_LOG: Final = 200
"""entities | how rare a thing is cannot be told from fewer | higher: in logs of some hundreds common things count as
rare; lower: what a campaign fills a small log with counts as common"""

LEAST_BACKGROUND: Final = 1_000
"""entities | a small log counts as part of so many, of whom the rest have none of what it holds | lower: what a
campaign fills a small log with counts as common"""

ALWAYS_RARE: Final = 3
"""holders | a thing two or three have is rare however small the log is | higher: in small logs chance counts"""

BLOCKED_CLASSES: Final = 2
"""classes of rarity | common things propose no pairs: alone they cannot link | 3: candidate pairs grow with the
square of common things' holders"""

THINGS_COMPARED: Final = 24
"""things an entity and class | more say no more than "two rare things" | fewer: a busy account's shared things may be
missed"""

BLOCK_SIZE: Final = 24
"""entities | 276 pairs a block; two random cuts keep the holders of a thing one connected group | larger: time"""

BLOCK_ROUNDS: Final = 2
"""cuts | one cut leaves blocks apart, two join them with high probability | 1: large groups fall to pieces"""

LEAST_REST_M: Final = 0.15
"""probability | of members, at least so many reach no level of a family, whatever its levels' m add up to | lower:
reaching no level speaks harder against a pair"""

LEAST_REST_U: Final = 0.05
"""probability | of strangers, as above: where nearly all reach some level, reaching none is no proof | lower: reaching
no level of what everybody shares speaks for a pair"""

LEAST_U: Final = 1e-9
"""probability | no log has pairs enough to show a rarer coincidence | lower: one level outweighs all others"""

MOST_U: Final = 0.5
"""probability | a level that more strangers reach is measured no further | higher: levels of what everybody shares
speak against those who lack them"""

# --- content --------------------------------------------------------------------------------------------------

CLIP: Final = 4.0
"""standard deviations | one odd prompt must not carry an account's mean | higher: outliers rule the covariance"""

SHRINK: Final = 0.3
"""share toward the diagonal | best of .05 to .5 on real corpora for accounts of 4 to 30 prompts | lower: noise in
small directions is blown up"""

TELLING: Final = 3.0
"""standard deviations | an account whose mean lies closer to the log's is ordinary and links to nobody by content |
lower: more candidate pairs by chance"""

LINK_Z: Final = 6.0
"""standard normal | of 10**8 pairs of strangers, one in a hundred logs reaches it | lower: strangers become
neighbours"""

LINK_COSINE: Final = 0.5
"""cosine | between topics people share (.2 to .4) and shards of one pool (.6 and more) | lower: topics become groups"""

NEIGHBOURS: Final = 40
"""entities | one entity's nearest; enough for Leiden to see a group whole | fewer: large groups fall to pieces"""

CELL: Final = 128
"""entities | of 200,000 planted, 96 cells of 128 hold as many of one's neighbours as 96 of 256, at half the cost |
larger: more comparisons for the same neighbours; smaller: time goes into choosing cells"""

CELLS_SEARCHED: Final = 192
"""cells an entity | of 200,000 planted they hold .96 of the neighbours in one's group (128 cells: .95, 64: .91);
up to 24,576 entities they would hold all, and all are compared | fewer: more neighbours are missed; more: time"""

CELL_DIMENSIONS: Final = 64
"""dimensions | hold .93 of what accounts of real prompts have in common; 96 find no more | fewer: cells blur; more:
cells follow noise"""

LARGEST_CELL: Final = 4096
"""entities | a group of 4,000 in one cell is compared in full; in a larger one each member meets so many at random |
larger: time grows with the square of a group"""

POOL_Z: Final = 10.0
"""standard normal | level "one source" of the match weights | lower: that level gets commoner and weighs less"""

POOL_COSINE: Final = 0.75
"""cosine | level "one source" of the match weights | lower: that level gets commoner and weighs less"""

NEAR_Z: Final = 3.0
"""standard normal | level "near" of the match weights | lower: that level gets commoner and weighs less"""

LEAST_ORDINARY: Final = 0.05
"""share of accounts | on the far side of a calibration's middle from the rest of the log: .06 and more where up to 60 %
are a campaign's, .03 and less where it is another product's | higher: calibrations go unused; lower: others' do not"""

LARGEST_PROMPTS: Final = 1.3
"""squared length of prompts over that of a calibration's own | .65 to .9 in other weeks of its provider, 1.8 and more
where it is of machine-made text and the log of people's | as above"""

MARGIN: Final = 0.02
"""intraclass correlation | shards of one pool stay below .005, people begin at .03 (15 accounts of 20 prompts, five
corpora) | higher: people of one subject pass as one source"""

UNTOLD: Final = 0.01
"""p-value | 99 %, one-sided: what is not shown to be below (or above) a line at this level cannot be told | higher:
less is needed to convict and to protect"""

MOST_FOR_ICC: Final = 7_200
"""prompts | three hundred entities of 24, or all 800 that send four; the standard error is .001 to .005 then | more:
time"""

CLOSER_PROMPTS: Final = 128
"""prompts an entity | ten accounts of one source are shown to be interchangeable with 100 prompts each, not with 24 |
fewer: small groups stay untold"""

CLOSER_TOTAL: Final = 20_000
"""prompts a group | about a second's reading | more: time"""

LEAST_FOR_ICC: Final = 3
"""entities | a jackknife over fewer has no spread | fewer: meaningless"""

COUNTED_PROMPTS: Final = 16
"""prompts | of a member, so many count in its group's centre: the mean of sixteen is known to a quarter of one
prompt's spread | higher: busy members rule the centre"""

EM_ROUNDS: Final = 30
"""rounds | shares moved by less than .01 beyond | fewer: an unfinished mixture"""

LEAST_COMPONENT: Final = 0.3
"""standard deviations of the log's prompts | a source narrower than that is a few like prompts | lower: one odd prompt
becomes a component"""

LEAST_BACKGROUND_PROMPTS: Final = 100
"""prompts | fewer of others show no density to hold a group's prompts against | lower: noise divides a group's
prompts"""

MOST_BACKGROUND_PROMPTS: Final = 2_000
"""prompts | a density on 256 points needs no more | more: time"""

LEAST_SOURCE_PROMPTS: Final = 2
"""prompts an entity (typically) | with fewer left of the common part, accounts cannot be told apart by it | lower: what
is left is chosen too much"""

LEAST_WRAPPED: Final = 50
"""entities | with so many that send words of their own again and again, what stands beside them is centred on itself
and held against others' | lower: a campaign is centred on itself and vanishes; higher: what all payloads have in common
passes for likeness"""

PAYLOAD_Z: Final = 3.0
"""standard normal | of pairs of a campaign with eight prompts each beside its wrappers a quarter to nine tenths lie
above, of strangers' 3 % | lower: communities blur; higher: accounts with few prompts fall out"""

PAYLOAD_FULL_Z: Final = 8.0
"""standard normal | a pair so close is an edge of full weight | lower: pieces hang together less than busy strangers"""

DEPARTED: Final = 5.0
"""standard deviations | of members whose payloads could be swapped .97 lie below 4.3, applications beside them at 8
to 60 | lower: members drop out; higher: who has content of its own stays"""

LEAST_SWAPPED: Final = 0.8
"""share of accounts | so many must send words of their own; of campaigns .85 and more | lower: turns of phrase do"""

ASKED_ELSEWHERE: Final = 0.1
"""others a member | webs of campaigns .00 to .02, of people .14 and more | higher: resellers are one source"""

REPEATS: Final = 0.10
"""share of prompts | shards of one pool .00 to .02, of a benchmark .12, a class .11 to .29 | higher: classes convict"""

LEAST_HARVEST: Final = 40
"""prompts | a survey of made-up people asks a dozen, a campaign of a dozen accounts hundreds | higher: what is sampled
many times over goes unseen"""

OVER_AND_OVER: Final = 3.0
"""requests a prompt, on average | a survey asks each of its questions by the hundred, a piece of a campaign of few
requests each of its prompts once | lower: such pieces are excused"""

STRANGERS_DRAWN: Final = 200
"""entities | so many, in groups of one's size, show what strangers repeat | fewer: of small groups it is chance"""

OVERLAP: Final = 0.01
"""share of an account's prompts that another has | a class a sixth, a set of 5,000 of which each runs 500 a tenth, a
pool dealt anew in part under a hundredth | higher: who runs small parts of a published set convicts"""

OVERLAP_UNTOLD: Final = 0.1
"""share of an account's prompts that another has | so small is a set's part or a pool's | higher: harnesses watched"""

OVERLAP_TIMES: Final = 3.0
"""accounts | that send what several send: of a set that each runs in part many, of a pool two or three | higher: parts
of a set are watched"""

OVERLAP_PARTNERS: Final = 3
"""accounts | of whom another sends most of what they send: a class within a larger group | higher: such a class
convicts; lower: two accounts of one person excuse a campaign"""

PHRASES: Final = 8
"""prompts | a conversation is carried on by three to six turns of phrase ("check this and correct it"), an exercise has
as many questions and a benchmark far more | higher: a class whose talk is alike is no class"""

OF_ANOTHER_KIND: Final = 0.65
"""chance that a prompt nobody repeats lies further out than one that is repeated | .5 where a harness's accounts take
parts of one set, .7 and more where cover is repeated beside a pool | lower: long homework passes for another kind"""

# --- groups ---------------------------------------------------------------------------------------------------

RESOLUTION: Final = 0.05
"""least density of match probability (CPM) | .02 to .1 gave the same clusters on planted groups (ARI .998) | higher:
smaller, denser clusters"""

RESOLUTION_ALIKE: Final = 0.1
"""least density of cosine (CPM) | likeness of questions alone is weaker than a link and needs more of it | higher:
smaller clusters"""

LEIDEN_ROUNDS: Final = 3
"""iterations | no further change after two on planted groups | fewer: unfinished clusters"""

LEAST_MEMBERS: Final = 5
"""entities | interchangeability cannot be shown on fewer | lower: small honest groups are accused"""

LEAST_COHORT: Final = 8
"""entities | fewer who are filled by one text are found by their links | lower: more groups are tested"""

FILLED: Final = (0.5, 0.2)
"""shares of exchanges | a text in most of an entity's requests fills it; cover of four fifths leaves a fifth | lower:
cohorts take in those who pass by"""

COVERED: Final = 0.8
"""share of a group | a group that another holds to this share is that group | lower: pieces are tested again"""

MOST_COHORTS: Final = 500
"""groups | the largest first; bounds the tests | fewer: small cohorts go unseen in large logs"""

# --- texts ----------------------------------------------------------------------------------------------------

SHARED_BY: Final = 6
"""entities | a sentence so many send is machinery; what varies beside it is compared | lower: quotations are cut out"""

LEAST_SHARE: Final = 0.02
"""share of exchanges | a text once in fifty requests is not an account's habit | lower: chance counts as use"""

CARRIED: Final = (3, 0.2)
"""exchanges, and share of an entity's | a text that comes so often, or in most of what it sends, is wrapped around its
requests | lower: a question tried again passes for a wrapper; higher: rotated wrappers pass for questions"""

WRAPPED: Final = 0.25
"""share of those who send a text | of whom it is so wrapped: of homework .00 to .08, of wrappers .6 and more | higher:
a wrapper in cover passes for a question; lower: homework that is tried again is no longer one set"""

FILLED_IN: Final = 0.2
"""share of those who send it | of whom nearly identical prompts differ: of homework .00 to .01, of worked examples
before a question .3 to .6 | higher: few-shot forms pass for questions; lower: homework that one types twice does not"""

SAME_PROMPT: Final = 0.75
"""share of a prompt's sentences, wrappers left out | of homework that was typed anew three in four come through; a form
that is filled in anew each time has a half | higher: typing errors make a class strangers; lower: forms and code that
begins alike pass for one question"""

COMMON_TEXT: Final = 0.25
"""share of other accounts | a campaign of a third of a log in two halves .16 | higher: what all talk of convicts"""

TALK: Final = 0.05
"""share of other accounts | what more send and `TALK_TIMES` as many as members is how people talk | lower: a piece of a
campaign has no text of its own; higher: small talk is a group's content"""

TALK_TIMES: Final = 5
"""others for each member, or times what members send of it | pieces that are less than a sixth of a campaign are found
by the whole | as `TALK`"""

USED: Final = 0.05
"""share of exchanges | line of use when somebody is held against a group's texts | lower: passers-by fit"""

MOST_TEXTS: Final = 40
"""texts | a group's strongest; more add members nobody | fewer: who has another part of the machinery is missed"""

WIDELY_USED: Final = 0.1
"""share of members | a sentence that two of a hundred share is no signature of the hundred | lower: bystanders fit"""

LEAST_JACCARD: Final = 0.5
"""Jaccard similarity | half of the five-word runs in common; unverified bands chain long common prefixes | lower:
templates merge"""

COMMON_KEY: Final = 5_000
"""texts a band key | a key that so many share is a phrase of the language | higher: time"""

# --- time ----------------------------------------------------------------------------------------------------

LEAST_RHYTHM: Final = 20
"""exchanges | fewer give no hours to compare | lower: noise passes as rhythm"""

LONGEST_WEEKS: Final = 8
"""weeks | beyond, the latest hours speak for the rest and the table stays small | more: memory"""

LEAST_DAYS: Final = 3
"""days | a daily habit cannot be told from two days | fewer: habits pass as bursts"""

WEEKEND_HOURS: Final = 64.0
"""hours | Friday evening to Monday morning: a shorter quiet at the log's edge is no beginning or end | lower:
weekends make common beginnings"""

EDGE_GAPS: Final = 3.0
"""the account's own mean gap | an account that would often be silent so long did not begin there | lower: as above"""

EVEN_SPREAD: Final = 0.5
"""standard deviation of log volume | a factor of 1.65; load balancers stay below, people are at 1 and more | higher:
quotas and classes count as even"""

ODD_ONES: Final = 0.05
"""share of a group at either end of its volumes | one application in a group of forty says nothing of the rest |
higher: a load balancer's share of any group looks even"""

SPAN_HOURS: Final = 6.0
"""hours | level "same span" of the match weights | higher: that level gets commoner and weighs less"""

SIGN_UP_HOURS: Final = 24.0
"""hours | level "signed up within a day" of the match weights | higher: that level gets commoner and weighs less"""

EVEN_RATIO: Final = 0.3
"""log ratio of volumes | level "same span, same volume" | higher: that level gets commoner and weighs less"""

LIKE_RATIO: Final = 1.0
"""log ratio of volumes | level "same span" | higher: that level gets commoner and weighs less"""

ONE_BEAT: Final = 0.2
"""correlation of hourly activity | of 400 hours, chance gives .2 once in 30,000 pairs; waves give .3 to .9 | lower:
noise links strangers"""

RESOLUTION_BEAT: Final = 0.1
"""least density of correlation (CPM) | as of likeness | higher: smaller clusters"""

MOST_BEATS: Final = 8_192
"""entities | the busiest are compared with one another, in a second | more: time"""

TOGETHER_HOURS: Final = (1.0, 3.0, 6.0, 12.0)
"""hours | a pool is opened, or banned, within a day; the shortest by which nearly as many do | longer, or fewer:
strangers begin together"""

TOGETHER: Final = 1e-4
"""p-value | so many of a group begin (or end) with an account that chance gives it to one in ten thousand | higher:
strangers act along"""

MOST_COMPARED: Final = 4_096
"""entities | a median and its deviation are known to 2 % by then | more: time"""

ALONG: Final = 4.0
"""robust standard deviations | an account's hours follow a group's so far beyond the log's | lower: strangers are
recruited"""

# --- who belongs ----------------------------------------------------------------------------------------------

COHORT_HOURS: Final = 336.0
"""hours | a class or a crew is let in within a fortnight | higher: campaigns that buy accounts over weeks are one"""

SEVERAL_PAYMENTS: Final = 6
"""payments | a few resellers of one product have a few | lower: those convict; higher: campaigns of few cards do not"""

LEAST_ALONG: Final = 2
"""exchanges | a single one from a mail domain or a network of a group's is anybody's, whatever it asks | higher: who
sends little for a campaign without a text of its own is no member"""

MEMBER_BITS: Final = 2.0
"""bits | inside a group that links found, the group's signature must be likelier than the log's by 4 to 1 | higher:
members with much cover become bystanders"""

NEARLY_ALL: Final = 0.85
"""share of a group | what so many have, a text, acting along or about one volume, marks the group, and who lacks it is
a bystander | lower: members of another piece drop out; higher: bystanders stay"""

ODD_VOLUME: Final = 4.0
"""robust standard deviations | a member is not so much busier or idler than a group whose volumes are even | lower:
busy members drop out"""

RECRUIT_BITS: Final = 8.0
"""bits | from the whole log, 256 to 1 on text and content together | lower: strangers are recruited"""

MARK_BITS: Final = 4.0
"""bits | of those, on marks nobody has by accident (shared text) | lower: topics alone recruit"""

ALIKE_BITS: Final = 1.0
"""bits | content that is no worse than the group's; needs a sign of acting along | lower: anybody who acts along"""

MOST_BITS: Final = 12.0
"""bits | no single comparison decides beyond 4,096 to 1 | higher: one sentence outvotes everything"""

LEAST_ABSENT_BITS: Final = 4.0
"""bits | the most that lacking a group's texts takes away | higher: members who send them seldom drop out"""

GROWTH_ROUNDS: Final = 3
"""rounds | later ones added nobody on simulated weeks | fewer: late pieces stay outside"""

LINK_TRIES: Final = 8
"""pairs | members that a new member is weighed against | fewer: its link may be missed"""

# --- tests ----------------------------------------------------------------------------------------------------

DRAWS_ROUGH: Final = 200
"""groups | enough to see that a group is hopeless (Besag and Clifford 1991) | fewer: promising groups are left"""

HOPELESS: Final = 0.05
"""p-value | nothing coordinated: such a group is not looked at further | lower: near misses go unseen"""

PROMISING: Final = 0.3
"""p-value of the rough test | from which the full test is made | lower: time is saved and power lost"""

DRAWS_AT_ONCE: Final = 25
"""draws | four of five statistics that show nothing have enough draws beyond them by then | fewer: calls cost more than
draws; more: groups that show nothing take longer"""

ENOUGH: Final = 4
"""draws | beyond an observed value: in 100 draws its p-value is then above .04, and no group's that counts (Besag and
Clifford 1991) | fewer: power is lost; more: time"""

LEAST_DRAWS: Final = 50
"""draws | fewer known values make no null | lower: p-values without meaning"""

TAIL: Final = 100
"""draws | generalised Pareto beyond the 100th largest (Knijnenburg et al. 2009) | fewer: the tail is noise"""

RANKED: Final = 10
"""draws | with so many beyond the observed value its rank is the p-value | fewer: noise"""

P_FLOOR: Final = 1e-12
"""p-value | no null here is known beyond | lower: claims nobody can check"""

MAJORITY: Final = 0.5
"""share of members | a few colleagues inside a group are no common hands of the group | lower: offices convict"""

REDRAW: Final = 0.01
"""p-value | below it the binomial is checked on redrawn groups, for offices make sharing lumpy | lower: fewer are"""

DRAWS_ALIKE: Final = 400
"""groups | for measures that cost a matrix product a draw | fewer: a coarser null before the tail is fitted"""

DRAWS_RHYTHM: Final = 1_000
"""groups | as above | fewer: as above"""

DRAWS_HABIT: Final = 600
"""groups | one test a habit | fewer: as above"""

LARGEST_DRAWN: Final = 150
"""entities | a smaller group varies more than the cluster would, so the bound can only cost power | higher: time"""

VOLUME_WINDOW: Final = 60
"""entities | neighbours by volume, or a fortieth of the log, that may stand for a member | narrower: few distinct
stand-ins; wider: volumes differ"""

LEAST_STAND_INS: Final = 12
"""entities | a group drawn from fewer others says little of anybody; then the group itself is drawn from too | lower:
the same few in every draw; higher: in small logs a campaign is held against itself"""

LEAST_STRATUM: Final = 20
"""entities | a stratum (plan, region, age, client) with fewer of a member's volume is joined with its neighbours |
lower: the same few stand-ins in every draw"""

# --- verdicts -------------------------------------------------------------------------------------------------

NEAR_MISS: Final = 0.05
"""p-value | strong enough to be grown and tested again | higher: more groups are grown"""

NEAR_FDR: Final = 5.0
"""times `--fdr` | a group that comes so close, with every explanation ruled out, is watched: at .01 one log in twenty
without a campaign is expected to have one | higher: more honest accounts on watch; lower: near misses go unseen"""

LEAST_WATCHED: Final = 12
"""entities | fewer who merely ask from one source are not watched | lower: topics that a few share are watched"""

ONE_SOURCE: Final = 1e-9
"""p-value | no topic that people share came below 1e-7 on honest weeks | higher: topics are watched"""

ONE_DOOR: Final = 0.8
"""share of members | one address or card that nearly all have is one office | lower: a part of a group excuses it"""

BURST_HOURS: Final = (6, 24, 72, 168)
"""hours | within which many sign up or begin | fewer lengths: a burst drowns in a longer one or is cut by a shorter"""

BURST: Final = (3.0, 1e-3)
"""times what is usual in the five stretches before and after, and the chance of any so large in the log | an ordinary
evening has up to twice its day | lower: more groups are tested; higher: a campaign that signed up at once is proposed
by its content alone"""

OFFICE_SIZE: Final = 40
"""entities | more behind one door claim too much | higher: a campaign on one card is an office"""

OCCASION_HOURS: Final = 36.0
"""hours | a class, a workshop or a release day with its evening before or after; at most a quarter of what was
observed | higher: a campaign of a few days is an occasion"""

OCCASION_SHARE: Final = 0.8
"""share of members | as with a door: nearly all | lower: a group with a busy day is an occasion"""

AT_ONCE_HOURS: Final = 12.0
"""hours from the middle one, on average | a program's users come over days: 19 and 44 in random worlds; who is set to
work comes within 2 to 6 | higher: a campaign that begins at once is a program's users"""

HANDED_OUT: Final = 10
"""accounts a payment | who invites strangers hands out a few coupons or cards, campaigns have five to ten accounts a
card | lower: a campaign that is over in a day is an occasion"""

OCCASION_SIZE: Final = 100
"""entities | a course or a workshop; more who come and go in one day claim too much | higher: a blitz of many
accounts is an occasion"""

OCCASION_REQUESTS: Final = 100.0
"""exchanges | two days of an allowance of 50; homework and trying out take 2 to 40 | higher: a blitz of busy accounts
is an occasion"""

CONTRADICTS: Final = 1e-4
"""p-value | a finding so clear rules out an explanation that it contradicts | higher: chance rules out honest
explanations"""

BEYOND_DOUBT: Final = 1e-8
"""p-value | below it no number of groups tried leaves a doubt, and nothing more is read | higher: what a closer look
would show among a thousand groups is never looked for"""

RESELLER_SIZE: Final = 400
"""entities | more on one payment claim too much, even for a reseller | higher: a campaign on one card is a reseller"""

LICENSED: Final = 0.5
"""share of members | most have a licence on record | lower: one licence excuses strangers"""

TOO_BROAD: Final = 0.1
"""share of the log's accounts | what so many have says nothing of any | higher: partners put customers on watch"""

NEVER_BROAD: Final = 10
"""accounts | ten are never too many | lower: small logs lose indicators"""

# --- sources --------------------------------------------------------------------------------------------------

TRIMMED: Final = 0.001
"""share of a file's records | left out at each end of what a source covers: three of 3,000 may have a wrong clock |
higher: accounts at the edge count as having begun inside"""

ROTATION_HOURS: Final = 26.0
"""hours | daily files with an idle night, or a change of clocks, are one source | higher: sources with a pause
between are joined, and those who come back after it count as new"""

VOLUME_RATIO: Final = 2.0
"""ratio of volumes | within a stratum, who stands in for a member is at most so much busier or idler | higher:
volumes differ; lower: strata have too few"""

# --- suspects, of whom other providers are asked --------------------------------------------------------------

LEAST_SUSPECTS: Final = 2
"""entities | smallest group worth asking others about | lower: single accounts are asked about"""

LEAST_TIMED: Final = 3
"""entities | fewer have no common beginnings or beats | lower: two accounts that began one day weigh"""

SAME_SUSPECTS: Final = 0.8
"""share of both groups (Jaccard) | nearly one group is asked about once | higher: the same are asked about twice"""
