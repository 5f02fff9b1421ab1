"""What of a request is changed before the upstream sees it, and only where a treatment asks for it.

What is to be stripped from the answer is not asked for either: the upstream need not make it. Settings are found in
whatever spelling and in whichever object servers read them. To know one more, add its plain name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.core.reasoning_tags import touches_a_tag
from stillwatch.gateway.allowed import LEFT_OUT, Redaction
from stillwatch.gateway.elsewhere import KEPT, begins_in_the_middle, given_again, goes_elsewhere
from stillwatch.gateway.gate import Admission
from stillwatch.gateway.models_named import OTHER_MODELS
from stillwatch.gateway.setting_names import NESTED, NO_SETTINGS, plain_name
from stillwatch.gateway.settings import GatewaySettings

__all__ = ["edited_body", "edited_request"]

_LOGPROBS = frozenset(
    ("logprobs", "toplogprobs", "promptlogprobs", "returnlogprob", "returnlogprobs", "responselogprobs", "nprobs")
) | {
    "toplogprobsnum",
    "numlogprobs",
    "inputlogprobs",
    "postsamplingprobs",
    "topntokens",
    "decoderinputdetails",
    "returntokenids",
    "returntokensastokenids",
    "returnprobs",
    "returntokenprobs",
}
"""What asks for probabilities, or for tokens by number, which spell out what a filter of texts takes out."""
_LOGPROBS_OF_RESPONSES = "message.output_text.logprobs"
_ENDINGS = frozenset(("stop", "stopsequences", "stopsequence", "stopwords", "stopstrings", "until", "endsequences")) | {
    "badwords",
    "bannedwords",
    "bannedstrings",
    "eosstring",
}
_BY_TOKENS = frozenset(
    ("stoptokenids", "stoptokens", "badwordsids", "logitbias", "allowedtokenids", "suppresstokens", "bannedtokens")
) | {"eostokenid", "eostokenids", "forcedeostokenid", "logitsprocessors", "customlogitprocessor", "beginsuppresstokens"}
_BY_FORM = frozenset(("guidedregex", "guidedgrammar", "regex", "ebnf", "grammar", "structuraltag", "chattemplate")) | {
    "stopregex"
}
"""A form in which no closing tag can be written, and a template of one's own."""
_BEYOND = frozenset(("ignoreeos", "mintokens", "minnewtokens", "minlength", "mincompletiontokens", "minoutputtokens"))
"""What has a model go on behind the end of its answer: it thinks on there, and no tag was seen to open."""
_UNMARKED = frozenset(("skipspecialtokens",))
"""What takes tags that are tokens of their own out of a text before anybody sees them."""
_UNPARSED = frozenset(("separatereasoning", "reasoningformat", "parsereasoning"))
_PARSED = ("auto", "deepseek", "hidden", "parsed")
"""Whether a server tells reasoning apart is no client's to say: without it, what a template opened looks like text."""
_LABELS = frozenset(("metadata", "litellmmetadata", "labels"))
"""What holds a client's own words, some of which a server takes for settings."""
_FORMS = ("regex", "grammar", "ebnf", "structural_tag")
_ENCRYPTED = "reasoning.encrypted_content"


def edited_body(body: Any, admission: Admission, settings: GatewaySettings) -> Any:
    """What a body becomes on its way, a list of tasks too, or None where nothing changes."""
    if isinstance(body, Mapping):
        return edited_request(body, admission, settings)
    redaction = admission.treatment.redaction
    if not (redaction and isinstance(body, list)):
        return None
    edited = [_asking_less(one, redaction) if isinstance(one, Mapping) else one for one in body]
    if admission.kept_nowhere:
        edited = [_kept_nowhere(one) if isinstance(one, Mapping) else one for one in edited]
    return None if edited == body else edited


def edited_request(body: Mapping[str, Any], admission: Admission, settings: GatewaySettings) -> dict[str, Any] | None:
    """The request to send on, or None where nothing changes."""
    treatment = admission.treatment
    redaction = treatment.redaction
    edited = _asking_less(body, redaction) if redaction else dict(body)
    if admission.kept_nowhere:
        # Where the answer is fetched later, nobody sees what it goes on from, nor of what text it is.
        edited = _kept_nowhere(edited) | ({"store": False} if admission.request.api == "responses" else {})
    if redaction.hide_reasoning and redaction.keep_summaries and isinstance(edited.get("reasoning"), Mapping):
        edited["reasoning"] = {**edited["reasoning"], "summary": "auto"}
    if treatment.watermark is not None:
        edited.update(_filled(settings.watermark_body, treatment.watermark))
    if admission.degraded_to:
        edited = {**_without_models(edited), "model": admission.degraded_to}
    return None if edited == body else edited


def _asking_less(body: Mapping[str, Any], redaction: Redaction, deep: int = NESTED) -> dict[str, Any]:
    """What a request may ask for, also in objects of their own."""
    kept: dict[str, Any] = {}
    for name, value in body.items():
        plain = plain_name(name)
        inner = deep > 0 and plain not in NO_SETTINGS
        given = LEFT_OUT if goes_elsewhere(plain) or begins_in_the_middle(plain) else _allowed(plain, value, redaction)
        if plain in _LABELS and isinstance(given, Mapping):
            given = {label: said for label, said in given.items() if not goes_elsewhere(plain_name(label))}
        if inner and isinstance(given, Mapping):
            given = _asking_less(given, redaction, deep - 1)
        elif inner and isinstance(given, list):
            given = [_asking_less(one, redaction, deep - 1) if isinstance(one, Mapping) else one for one in given]
        if given is not LEFT_OUT:
            kept[name] = given
    return kept


def _allowed(name: str, value: Any, redaction: Redaction) -> Any:
    """One setting by its plain name, as far as it may be asked for."""
    hides = redaction.hide_reasoning
    most = -1 if hides else redaction.top_logprobs
    if most is not None and name in _LOGPROBS:
        return _at_most(value, most)
    if name == "include" and isinstance(value, list):
        gone = {_LOGPROBS_OF_RESPONSES} if most is not None and most < 0 else set()
        gone |= {_ENCRYPTED} if hides else set()
        return [one for one in value if not (isinstance(one, str) and one in gone)]
    if not hides:
        return value
    if name in _BEYOND or (name in _UNMARKED and value is not False):
        return LEFT_OUT
    if name in _BY_TOKENS or name in _BY_FORM or (name in _UNPARSED and value not in (True, *_PARSED)):
        return LEFT_OUT
    if name in _ENDINGS:
        return _closing(value)
    if name == "responseformat" and isinstance(value, Mapping) and value.get("type") in _FORMS:
        return LEFT_OUT
    return value


def _at_most(value: Any, most: int) -> Any:
    """So many alternatives a token, or no log probabilities at all."""
    if most < 0:
        return LEFT_OUT
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    return min(number, most) if isinstance(number, int) and not isinstance(number, bool) else value


def _closing(value: Any) -> Any:
    """Endings that do not end an answer before its reasoning is closed: that could not be told from an answer."""
    if isinstance(value, list):
        return [one for one in value if not (isinstance(one, str) and touches_a_tag(one))]
    return LEFT_OUT if isinstance(value, str) and touches_a_tag(value) else value


def _without_models(body: Mapping[str, Any], deep: int = NESTED) -> dict[str, Any]:
    """A request that names no model, nor one to fall back to."""
    return {
        name: _without_models(value, deep - 1)
        if deep and isinstance(value, Mapping) and plain_name(name) not in NO_SETTINGS
        else value
        for name, value in body.items()
        if plain_name(name) not in OTHER_MODELS
    }


def _kept_nowhere(body: Mapping[str, Any], deep: int = NESTED) -> dict[str, Any]:
    """A request whose answer no server keeps."""
    return {
        name: False
        if plain_name(name) in KEPT
        else _kept_nowhere(value, deep - 1)
        if deep and isinstance(value, Mapping) and plain_name(name) not in NO_SETTINGS
        else value
        for name, value in body.items()
        if not given_again(plain_name(name))
    }


def _filled(value: Any, key: str) -> Any:
    if isinstance(value, str):
        return value.replace("{key}", key)
    if isinstance(value, Mapping):
        return {name: _filled(item, key) for name, item in value.items()}
    return [_filled(item, key) for item in value] if isinstance(value, list) else value
