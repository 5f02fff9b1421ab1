"""Files that hold no requests, told by their first record or line: what they are, and what to give in their place.

Asked only where no format recognises anything of a file. Kinds of records that come among others are ``refused``. To
know another, add its line to ``_RECORDS`` (names that stand together), ``_TEXTS`` (how a line looks) or ``_COUNTS``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stillwatch.ingest.spelling import squashed

__all__ = ["record_without_request", "text_without_request"]

_BODIES = "log bodies at the gateway or the model server, and give that log"
_DATA_SET = "a data set for training holds neither accounts nor times: give the log of requests that it was made from"
_METRICS = f"metrics hold numbers and no requests: {_BODIES}"
_RECORDS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("instruction", "output")), _DATA_SET),
    (frozenset(("chosen", "rejected")), _DATA_SET),
    (frozenset(("metricname", "average")), _METRICS),
    (frozenset(("metricname", "total")), _METRICS),
)
_ACCESS = (
    "its records are an access log, which says who came and not what was asked: log request and response bodies too "
    "(stillwatch docs formats says which names are read)"
)
_METHODS = frozenset(("method", "requestmethod", "httpmethod", "httprequestmethod", "verb", "csmethod"))
_STATUSES = frozenset((
    "status", "statuscode", "downstreamstatus", "originstatus", "responsecode", "httpstatuscode", "httpstatus",
    "responsestatus", "scstatus",
))  # fmt: skip
_SAID = re.compile(r"prompt|question|messages|answer|completion|utterance")
_TALK = frozenset(("messages", "conversations", "tools", "functions", "paralleltoolcalls", "weight", "system"))
_COUNTS = re.compile(
    r"(?:uncached|cached|native)?(?:input|output|prompt|completion|context|generated|total)s?tokens?(?:total|count|num)?"
    r"|(?:n|num)?tokens(?:in|out|prompt|completion|input|output|total)?|ncontexttokenstotal|ngeneratedtokenstotal"
    r"|nummodelrequests|nrequests|apirequests"
)
_WORDS = re.compile(
    r"prompt|query|question|ask|message|text|content|input|request|instruction|response|output|answer|body"
)
_COSTS = re.compile(
    r"(?:cost|costs|spend|amount|amountvalue|amountcurrency|costtotal|unblendedcost|lineitemunblendedcost|"
    r"lineitem/unblendedcost|pretaxcost|costinbillingcurrency|costinusd|billedcost|usageamount|lineitem)"
)
_TEXTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\S+ \S+ \S+ \[\d\d/\w{3}/\d{4}:[^\]]+\] \"[A-Z]+ "),
     "it is a web server's access log, which holds no bodies: log request and response bodies as JSON "
     "(stillwatch docs formats says which names are read)"),
    (re.compile(r"(?:INFO|DEBUG):? .*\d+ - \"[A-Z]+ /\S* HTTP/[\d.]+\" \d{3}|\[GIN\] "),
     f"it is a model server's access log, which holds no bodies: {_BODIES}"),
    (re.compile(r"(?:\(\w+ pid=\d+\) )?(?:INFO|DEBUG) \d\d-\d\d \d\d:\d\d:\d\d "),
     "it is vLLM's own log, which names no account and holds no answers: run Stillwatch's middleware in vLLM, or "
     "log at the gateway before it (stillwatch docs put-the-gateway-in-front)"),
    (re.compile(r"# (?:HELP|TYPE) \w+"), f"it is a page of Prometheus' metrics: {_METRICS}"),
    (re.compile(r"(?i)\s*<!doctype html|\s*<html"), "it is a web page: export the log as JSON lines or CSV"),
    (re.compile(r"\s*<\?xml|\s*<\w+[ >]"), "it is XML: export the log as JSON lines or CSV"),
    (re.compile(r"---\s*$|- ?\w+: |\w+: \S"), "it looks like YAML: export the log as JSON lines or CSV"),
)  # fmt: skip


def record_without_request(record: Mapping[str, Any]) -> str | None:
    """What a record is that says nothing of what was asked; None where that is not known."""
    names = {squashed(str(name)) for name in record}
    for known, told in _RECORDS:
        if known <= names:
            return told
    if names and names <= _TALK and not names.isdisjoint(("messages", "conversations")):
        return _DATA_SET
    if _is_of_access(record):
        return _ACCESS
    if any(_may_be_asked(squashed(str(name)), value) for name, value in record.items()):
        return None
    if any(_COUNTS.fullmatch(name) for name in names):
        return f"its records say how many tokens there were, and not what was asked: {_BODIES}"
    if any(_COSTS.fullmatch(name) for name in names):
        return f"its records say what calls cost, and not what was asked: {_BODIES}"
    return None


def _is_of_access(record: Mapping[str, Any]) -> bool:
    """Whether a record has a method and a status, also in an object in it, and nothing that may be a body."""
    within = [item for one in record.values() if isinstance(one, Mapping) for item in one.items()]
    told = [(squashed(str(name)), value) for name, value in (*record.items(), *within)]
    names = {name for name, _ in told}
    if _METHODS.isdisjoint(names) or _STATUSES.isdisjoint(names) or any(map(_SAID.search, names)):
        return False
    return not any("body" in name or (isinstance(one, str) and one.lstrip()[:1] in ("{", "[")) for name, one in told)


def _may_be_asked(name: str, value: Any) -> bool:
    """Whether something may be a text, by its name or by what it looks like."""
    if _WORDS.search(name) and not _COUNTS.fullmatch(name):
        return True
    return isinstance(value, str) and value.count(" ") > 1 and not value[:1].isdecimal()


def text_without_request(first_line: str) -> str | None:
    """What a text is whose first line is this; None where that is not known."""
    return next((told for looks, told in _TEXTS if looks.match(first_line)), None)
