"""The request and response bodies of model APIs, one file per API, shared by the log formats.

A log format is an envelope (who, when, from where); a body is what the model was sent and what it
answered. Each module offers ``request_fields(body)`` and ``response_fields(body)``: a body in,
canonical fields out. To add an API, add a module with those two and call it from the formats that
carry it.
"""

from stillwatch.core.bodies import anthropic, converse, openai

__all__ = ["anthropic", "converse", "openai"]
