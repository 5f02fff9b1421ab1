#!/usr/bin/env bash
# The report's tests open it in Chromium: install Debian's when root and absent, else say what to do.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing chromium for the report's tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
else
    echo "make: the report's tests need Chromium, which is not here" >&2
    echo "  next: install it (Debian: sudo apt-get install chromium), then run make again" >&2
    exit 1
fi
