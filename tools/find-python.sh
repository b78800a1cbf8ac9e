#!/bin/sh
# Prints the Python (3.11 or later) to work with, PYTHON if that is set; fails without a word where there is none.
# The system's own comes first: it is mostly built with more care than what was compiled beside it, and everything takes
# a sixth less time with it. But one that can make virtual environments comes before one that lacks what it takes.
usable() {
    path=$(command -v "$1") && "$path" -c "import sys; sys.exit(sys.version_info < (3, 11))
$2" >/dev/null 2>&1
}

for wants in 'import ensurepip, venv' ''; do
    for name in ${PYTHON:-/usr/bin/python3 python3 python3.13 python3.12 python3.11}; do
        if usable "$name" "$wants"; then
            echo "$path"
            exit 0
        fi
    done
done
exit 1
