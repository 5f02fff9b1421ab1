"""``openai:URL``: any OpenAI-compatible endpoint that one is entitled to query, such as vLLM or llama.cpp.

How an endpoint is spoken to, recorded and left in peace is ``endpoints.Endpoint``; here is what the lab asks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stillwatch.core import BadSetting
from stillwatch.endpoints import Endpoint

__all__ = ["Client", "EndpointSettings", "read_endpoint"]


class EndpointSettings(BaseModel):
    """The ``[endpoint]`` table of a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1, description="The model's name at the endpoint.")
    entitlement: str = Field(
        default="", description="Why you may distil this model: whose it is, or which licence or contract allows it."
    )
    key_file: Path | None = Field(default=None, description="A file that holds the key, and nothing else.")
    max_tokens: int = Field(default=256, ge=1, description="Most tokens of an answer.")
    parallel: int = Field(default=4, ge=1, le=64, description="Requests under way at once.")
    timeout_seconds: float = Field(default=60.0, gt=0, description="For one answer.")


def read_endpoint(values: Mapping[str, Any]) -> EndpointSettings:
    """The settings of an endpoint, the statement of entitlement among them.

    Raises:
        BadSetting: a value is out of range, or there is no statement.
    """
    try:
        settings = EndpointSettings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadSetting(
            first["msg"], where=f"plan: endpoint.{name}", hint="see `stillwatch docs run-the-lab`"
        ) from error
    if len(settings.entitlement.split()) < 3:
        raise BadSetting(
            "nothing is asked of an endpoint before you state why you may distil its model",
            where="plan: endpoint.entitlement",
            hint='in [endpoint]: entitlement = "our own model, served by us" or the licence that allows it',
        )
    return settings


class Client:
    """Asks one endpoint for samples at temperature one.

    Args:
        url: up to and without ``/chat/completions``.
        settings: of the endpoint.
        record: JSONL file that every answer is added to; answers in it are not asked for again.
    """

    def __init__(self, url: str, settings: EndpointSettings, record: Path) -> None:
        self._settings = settings
        self._endpoint = Endpoint(
            url, record, key_file=settings.key_file, timeout_seconds=settings.timeout_seconds, where="setting teacher"
        )

    def ask(self, text: str, top: int | None, seed: int) -> dict[str, Any]:
        """The first choice of the endpoint's answer, recorded or fresh.

        Args:
            text: the user's message.
            top: most probable tokens to ask for at each place; None for no log-probabilities.
            seed: passed on; one text asked under two seeds is two queries.

        Raises:
            EndpointFailed: it refuses, or does not answer after several tries.
        """
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": [{"role": "user", "content": text}],
            "max_tokens": self._settings.max_tokens,
            "temperature": 1.0,
            "seed": seed % 2**31,
        }
        if top is not None:
            body |= {"logprobs": True, "top_logprobs": top}
        return dict(self._endpoint.complete(body)["choices"][0])
