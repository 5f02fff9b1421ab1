#!/usr/bin/env bash
# Create .venv with the standard library's venv, or say what stands in the way.
# Usage: tools/make_venv.sh [PYTHON]   An existing .venv that works here is kept.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { # problem, what to do next
    printf 'make: %s\n  next: %s\n' "$1" "$2" >&2
    exit 1
}

if [ -e .venv ]; then
    # The interpreter may have been upgraded away, or the checkout moved with its scripts' first lines inside.
    where="$(.venv/bin/python -c 'import sys; v = sys.version_info[:2]
print(sys.prefix if (3, 11) <= v < (3, 14) else "")' 2>/dev/null)" ||
        fail "the Python that .venv was made with is gone" "rm -rf .venv, then run make again"
    [ -n "$where" ] || fail "the Python in .venv is not 3.11, 3.12 or 3.13" "rm -rf .venv, then run make again"
    # pip's own first line names the folder that .venv was made in.
    if [ -f .venv/bin/pip ] && ! head -3 .venv/bin/pip | grep -qF "$PWD/.venv/"; then
        fail ".venv was made in another folder and moved here" "rm -rf .venv, then run make again"
    fi
    exit 0
fi

python="$(tools/find_python.sh "$@")"

# Debian keeps venv's own pip in a package apart.
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    package="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null
    else
        fail "$python has no venv module" "install it (Debian, Ubuntu: sudo apt-get install $package)"
    fi
fi

echo "Creating .venv with $("$python" --version)"
"$python" -m venv .venv || { rm -rf .venv; fail "$python could not create .venv" "see the message above"; }
