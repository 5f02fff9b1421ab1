"""Model endpoints that speak chat completions: asked once, recorded, at the pace they allow.

``Endpoint`` is asked by the lab for its teachers, by an audit for its suspects. ``InTime`` gives what anything else
asks over httpx a time for each answer as a whole.
"""

from __future__ import annotations

from stillwatch.endpoints.chat_completions import Endpoint
from stillwatch.endpoints.whole_answers import InTime

__all__ = ["Endpoint", "InTime"]
