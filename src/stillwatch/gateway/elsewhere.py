"""Answers that take another way than back through here: to an address, a bucket or a log of the client's own, as a
server is asked to send them, or kept to be fetched later.

What would be taken out of an answer stands in it whole there. So it is not asked for: in the body, the query or the
head; nor is one that begins in its middle. To know one more way, add its plain name.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from stillwatch.core.remembered import remembers_short
from stillwatch.gateway.form_texts import field_names
from stillwatch.gateway.paths import path_without_models
from stillwatch.gateway.setting_names import plain_name

__all__ = [
    "KEPT",
    "begins_in_the_middle",
    "form_goes_elsewhere",
    "given_again",
    "goes_elsewhere",
    "head_here",
    "is_fetched_later",
    "query_here",
]

Pairs = list[tuple[bytes, bytes]]

_TO_AN_ADDRESS = (
    r".*webhooks?(?:ur[li]s?|ids?|endpoints?|config|events?(?:filter)?|secret)?|.*callbacks?(?:ur[li]s?)?"
    r"|(?:notify|notification|response|result|hook)ur[li]|pushnotification(?:s|config)?"
)
_TO_A_BUCKET = (
    r"outputdataconfig|output(?:s3|gcs|blob)ur[li]|(?:gcs|bigquery)destination|s3outputlocation"
    r"|gcs(?:bucketname|pathserviceaccount)"
)
_TO_A_LOG = (
    r"(?:langfuse|langsmith|arize|helicone|humanloop|lunary|posthog|braintrust|opik|weave|wandb|datadog)\w*"
    r"|dynamiccallbackparams"
)
"""As LiteLLM takes the keys and the host of whoever asks for what it logs."""
_BESIDE = re.compile(f"{_TO_AN_ADDRESS}|{_TO_A_BUCKET}")
_ELSEWHERE = re.compile(f"{_TO_AN_ADDRESS}|{_TO_A_BUCKET}|{_TO_A_LOG}")
_OTHERS = re.compile(r"[^a-z0-9]")
"""Servers part names in which one stands within another by dots or brackets."""
KEPT = frozenset(("store", "background", "deferred", "async", "isasync", "runasync", "asyncmode", "asynchronous"))
"""What has a server keep an answer, to be fetched later."""
_AGAIN = re.compile(
    r"(?:x)?idempotency(?:key|token|id)?|(?:cfaig|xportkey|helicone|x)?(?:custom)?cachekey|clientrequesttoken"
    r"|repeatabilityrequestid"
)
"""What has a server, or a gateway before it, give the answer that it gave under this name, whatever is asked now."""
_LATER = re.compile(r"async|batch|deferred|longrunning|enqueue|/queue/|/slow/")
_LATER_HEADERS = frozenset((b"x-dashscope-async",))
_MIDDLE = frozenset(("startingafter", "startafter", "lasteventid", "lastsequencenumber", "resumefrom"))
"""What has a stream begin in its middle, behind the tag that would tell what its text is."""
_STAYING = (b"x-stillwatch-", b"content-", b"accept")


@remembers_short(1024)
def goes_elsewhere(name: str) -> bool:
    """Whether a setting, plainly spelt, has an answer sent somewhere else.

    >>> goes_elsewhere("webhookurl"), goes_elsewhere("outputconfig")
    (True, False)
    """
    return _ELSEWHERE.fullmatch(_OTHERS.sub("", name)) is not None


def given_again(name: str) -> bool:
    """Whether an answer is given again to whoever says the same here, be it with another request.

    >>> given_again("idempotencykey"), given_again("promptcachekey")
    (True, False)
    """
    return _AGAIN.fullmatch(_OTHERS.sub("", name)) is not None


def form_goes_elsewhere(raw: bytes) -> bool:
    """Whether a body that is no JSON has a field that has its answer sent somewhere else: it is not written anew."""
    return any(goes_elsewhere(plain_name(name)) for name in field_names(raw))


def begins_in_the_middle(name: str) -> bool:
    """Whether a setting, plainly spelt, has an answer begin in its middle.

    >>> begins_in_the_middle("startingafter"), begins_in_the_middle("after")
    (True, False)
    """
    return name in _MIDDLE


def _is_said_beside(name: str) -> bool:
    """Whether a name in a query or a head, where services have their own keys and labels, has an answer sent somewhere
    else, or begin in its middle."""
    plain = plain_name(name)
    parts = re.split(r"[\[\]]+", plain)
    return begins_in_the_middle(plain) or any(_BESIDE.fullmatch(_OTHERS.sub("", one)) for one in parts)


def query_here(query: bytes, *, kept_nowhere: bool) -> bytes:
    """A query without what has the answer sent elsewhere or, where it is to be kept nowhere, be fetched later."""

    def stays(pair: bytes) -> bool:
        name = unquote_plus(pair.partition(b"=")[0].decode("latin-1"))
        plain = plain_name(name)
        return not (_is_said_beside(name) or (kept_nowhere and (plain in KEPT or given_again(plain))))

    pairs: list[bytes] = re.split(b"[&;]", query)
    return query if all(map(stays, pairs)) else b"&".join(pair for pair in pairs if stays(pair))


def head_here(headers: Pairs, *, kept_nowhere: bool) -> Pairs:
    """A request's head without the same."""

    def stays(name: bytes, value: bytes) -> bool:
        name = name.replace(b"_", b"-")
        if name.startswith(_STAYING):
            return True
        later = name in _LATER_HEADERS or (name == b"prefer" and b"async" in value.lower())
        later = later or given_again(plain_name(name.decode("latin-1")))
        return not (_is_said_beside(name.decode("latin-1")) or (kept_nowhere and later))

    return [pair for pair in headers if stays(*pair)]


def is_fetched_later(path: str) -> bool:
    """Whether what is asked for on a path is answered by another request.

    >>> is_fetched_later("/v1beta/models/m:batchGenerateContent"), is_fetched_later("/v1/models/batch-m/invoke")
    (True, False)
    """
    return _LATER.search(path_without_models(path)) is not None
