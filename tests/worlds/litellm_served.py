"""A real LiteLLM proxy, in an environment of its own, with our callback in it."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from gateways import known, standings

from stillwatch.decisions import Decision
from stillwatch.gateway import write_snapshot

ROOT = Path(__file__).parents[2]
PEER = ROOT / ".venv/peers/litellm/bin/litellm"

CONFIG = """
model_list:
  - model_name: "*"
    litellm_params:
      model: "openai/*"
      api_base: "{upstream}/v1"
      api_key: none
  - model_name: "claude-*"
    litellm_params:
      model: "anthropic/claude-fields"
      api_base: "{upstream}"
      api_key: none
general_settings:
  master_key: sk-master
litellm_settings:
  callbacks: stillwatch.gateway.litellm_hook.proxy_handler_instance
  num_retries: 0
"""


@contextlib.contextmanager
def litellm_before(upstream: str, folder: Path, *decisions: Decision) -> Iterator[tuple[str, Path]]:
    """LiteLLM before a model server, accounts by ``x-account``; its URL and the folder of its record."""
    (folder / "config.yaml").write_text(CONFIG.format(upstream=upstream))
    write_snapshot(folder / "snapshot", standings(folder / "log.jsonl", *decisions), known())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "STILLWATCH_GATEWAY_MODE": "enforce",
        "STILLWATCH_GATEWAY_SNAPSHOT": str(folder / "snapshot"),
        "STILLWATCH_GATEWAY_RECORD": str(folder / "record"),
        "STILLWATCH_GATEWAY_JITTER_SECONDS": "0",
        "STILLWATCH_GATEWAY_ACCOUNT_FROM": '["header:x-account"]',
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "NO_PROXY": "127.0.0.1",
    }
    command = [str(PEER), "--config", str(folder / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT, cwd=folder)
    try:
        url = f"http://127.0.0.1:{port}"
        # Asked until it answers: how long that takes is the machine's affair.
        ends = time.monotonic() + 600
        while True:
            try:
                if httpx.get(f"{url}/health/liveliness", timeout=120).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.3)
            said = (folder / "out").read_text()[-4000:]
            assert process.poll() is None, said
            assert time.monotonic() < ends, said
        yield url, folder / "record"
    finally:
        process.terminate()
        process.wait(timeout=120)
