#!/bin/sh
# Prints the newest-but-proven Python (3.11 or later) on this machine; fails without a word where there is none.
for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    [ -n "$name" ] || continue
    path=$(command -v "$name") || continue
    if "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        echo "$path"
        exit 0
    fi
done
exit 1
