#!/bin/sh
# Installs what the tests need beside Python packages (as root on Debian), else says what will be skipped and why.
set -eu
packages=""
missing=""

need() { # need PACKAGE WHAT-IS-SKIPPED
    packages="$packages $1"
    missing="$missing
  $1: $2"
}

browser() { [ -n "${SANBAO_CHROMIUM:-}" ] || command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome; }
chinese_font() { find /usr/share/fonts "${HOME:-/root}/.fonts" -iname '*cjk*' 2>/dev/null | grep -q .; }
driver_library() { ls /usr/lib/*/libatomic.so.1 /usr/lib/libatomic.so.1 /usr/lib64/libatomic.so.1 2>/dev/null | grep -q .; }
database() { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; }

browser >/dev/null 2>&1 || need chromium "the browser tests are skipped"
driver_library || need libatomic1 "what drives the browser can't start, so its tests fail"
chinese_font || need fonts-noto-cjk "Chinese shows as boxes in the browser tests"
database >/dev/null 2>&1 || need postgresql "everything is tested on SQLite only"
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null; then
    echo "Installing$packages ..."
    log=$(mktemp)
    DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log" 2>&1 </dev/null || true
    # Debian has the browser without its windows, too: the same pages for two thirds of the processor time.
    if apt-cache show chromium-headless-shell >/dev/null 2>&1; then
        packages=$(echo "$packages" | sed 's/ chromium\b/ chromium-headless-shell/')
    fi
    if DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages >>"$log" 2>&1 </dev/null
    then
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
fi
echo "Not on this machine:$missing"
echo "To run everything: sudo apt-get install$packages"
if [ -n "${SANBAO_REQUIRE_ALL:-}" ]; then exit 1; fi
