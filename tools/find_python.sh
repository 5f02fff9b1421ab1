#!/usr/bin/env bash
# Print the first Python here that Stillwatch runs on (3.11 to 3.13); fail with one clear message otherwise.
# Each candidate is run, not only looked for: a version manager's stand-in may exist and not work.
set -euo pipefail

if [ $# -gt 0 ]; then candidates=("$@"); else candidates=(python3.13 python3.12 python3.11 python3); fi

for name in "${candidates[@]}"; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; then
        echo "$name"
        exit 0
    fi
done

echo "make: no Python 3.11, 3.12 or 3.13 among: ${candidates[*]}" >&2
echo "  next: install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
