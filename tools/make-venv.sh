#!/bin/sh
# make-venv.sh FOLDER: a virtual environment with pip. As root on Debian or Ubuntu, what venv lacks is installed first;
# otherwise the one command to run is printed.
set -eu
here=$(dirname "$0")
folder=$1

lacking() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $* ..."
        DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null
    elif command -v apt-get >/dev/null; then
        echo "This machine lacks what a virtual environment needs. Run this once, then make again:" >&2
        echo "    sudo apt-get install $*" >&2
        exit 1
    else
        echo "Python 3.11 or later with venv and pip is needed; install it with your system's package manager." >&2
        exit 1
    fi
}

usable() { [ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1; }

if usable; then exit 0; fi
"$here/find-python.sh" >/dev/null || lacking python3 python3-venv
python=$("$here/find-python.sh") || { echo "Python 3.11 or later is needed (PYTHON=/path/to/python make ...)." >&2; exit 1; }
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    lacking "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
fi
"$python" -m venv --clear "$folder"
usable || { echo "The virtual environment in $folder has no pip." >&2; exit 1; }
