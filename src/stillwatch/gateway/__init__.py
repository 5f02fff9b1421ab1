"""Applies decisions to live traffic; makes none.

Three surfaces call one core (``gate``): ``Guard`` is ASGI middleware, ``serve`` a reverse proxy, and
``stillwatch.gateway.litellm_hook`` LiteLLM's callback, which is imported by its own name because it needs LiteLLM.

    request > client_request > gate (record, snapshot, shared_state) > treatment > edits > upstream
    client  < streams, answer_shapes (what may pass) < answer <

Runs without Arrow and DuckDB, so that it fits into the environment of the server it stands before.
"""

from stillwatch.gateway.asgi import Guard
from stillwatch.gateway.fingerprint import packed_bands
from stillwatch.gateway.gate import Gate
from stillwatch.gateway.settings import GatewaySettings, load_gateway_settings
from stillwatch.gateway.snapshot import LEAST_JACCARD, Snapshot
from stillwatch.gateway.snapshot_file import KnownTexts, write_snapshot

__all__ = [
    "LEAST_JACCARD",
    "Gate",
    "GatewaySettings",
    "Guard",
    "KnownTexts",
    "Snapshot",
    "load_gateway_settings",
    "packed_bands",
    "write_snapshot",
]
