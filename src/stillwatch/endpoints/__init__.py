"""Model endpoints that speak chat completions: asked once, recorded, at the pace they allow.

``Endpoint`` is all there is; the lab asks its teachers through it, an audit its suspects.
"""

from __future__ import annotations

from stillwatch.endpoints.chat_completions import Endpoint

__all__ = ["Endpoint"]
