#!/usr/bin/env bash
# Other systems on this machine, one JSON line per measure.  See ../README.md.
#   benchmarks/peers/run.sh [part ...]     parts: tryton-sqlite tryton-postgresql
#       helpdesk-sqlite helpdesk-postgresql (default: all)
# Environment: BENCH_HOME (scratch), BENCH_REPEAT=3, BENCH_HTTP_SECONDS=3,
#   BENCH_N (loop length), BENCH_QUICK=1 (small sizes), BENCH_OUT (jsonl)
set -u
HERE=$(cd "$(dirname "$0")" && pwd)
export BENCH_HOME=${BENCH_HOME:-${TMPDIR:-/tmp}/sanbao-bench}
export BENCH_PG_PORT=${BENCH_PG_PORT:-55432}
export BENCH_PG_USER=${BENCH_PG_USER:-sanbao_bench}
export BENCH_PG_BIN=${BENCH_PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)}
mkdir -p "$BENCH_HOME/run"
export BENCH_OUT=${BENCH_OUT:-$BENCH_HOME/results-$(date +%Y%m%d-%H%M%S).jsonl}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

venv() {  # venv NAME package...
  local name=$1 start; shift
  [ -x "$BENCH_HOME/$name/bin/gunicorn" ] && return
  start=$(date +%s.%N)
  python3 -m venv "$BENCH_HOME/$name" &&
    "$BENCH_HOME/$name/bin/pip" install -q "$@" >&2 || exit 1
  echo "{\"peer\": \"$name\", \"db\": \"-\", \"work\": \"pip install\"," \
    "\"seconds\": $(python3 -c "print(round($(date +%s.%N) - $start, 1))")}" |
    tee -a "$BENCH_OUT"
}
need_tryton() { venv v_tryton gunicorn 'psycopg[binary,pool]' 'trytond==8.2.*' \
  'trytond-party==8.2.*' 'trytond-product==8.2.*' 'trytond-stock==8.2.*' \
  'trytond-sale==8.2.*' 'trytond-sale-complaint==8.2.*' \
  'trytond-stock-lot==8.2.*' 'proteus==8.2.*'; }
need_helpdesk() { venv v_hd gunicorn psycopg2-binary 'django-helpdesk==2.6.1'; }

PG_STARTED=
need_pg() {
  local data=$BENCH_HOME/pg/data
  "$BENCH_PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$BENCH_PG_PORT" && return
  id "$BENCH_PG_USER" >/dev/null 2>&1 || useradd -m "$BENCH_PG_USER"
  mkdir -p "$BENCH_HOME/pg" && chown "$BENCH_PG_USER" "$BENCH_HOME/pg"
  if [ ! -d "$data" ]; then
    su "$BENCH_PG_USER" -c "'$BENCH_PG_BIN/initdb' -D '$data' \
      -U '$BENCH_PG_USER' -A trust -E UTF8 --locale=C.UTF-8" >/dev/null || exit 1
    cat >>"$data/postgresql.conf" <<CONF
port=$BENCH_PG_PORT
listen_addresses='127.0.0.1'
unix_socket_directories='$BENCH_HOME/pg'
shared_buffers=1GB
max_connections=60
CONF
  fi
  su "$BENCH_PG_USER" -c "'$BENCH_PG_BIN/pg_ctl' -D '$data' \
    -l '$BENCH_HOME/pg/log' -w start" >/dev/null || exit 1
  PG_STARTED=$data
}
stop_pg() {
  [ -n "$PG_STARTED" ] && su "$BENCH_PG_USER" -c \
    "'$BENCH_PG_BIN/pg_ctl' -D '$PG_STARTED' -m fast -w stop" >/dev/null
}
trap stop_pg EXIT
if ! command -v wrk >/dev/null; then
  echo 'wrk not found (apt-get install wrk): the Python client is used,' \
    'which takes CPU from the server; mark such figures' >&2
fi

[ $# -eq 0 ] && set -- tryton-postgresql helpdesk-postgresql tryton-sqlite helpdesk-sqlite
cd "$HERE" || exit 1
for part in "$@"; do
  case $part in *postgresql) need_pg ;; esac
  case $part in
    tryton-*) need_tryton
      "$BENCH_HOME/v_tryton/bin/python" tryton_bench.py "${part#*-}" ;;
    helpdesk-*) need_helpdesk
      "$BENCH_HOME/v_hd/bin/python" helpdesk_bench.py "${part#*-}" ;;
    *) echo "unknown part $part" >&2; exit 2 ;;
  esac || echo "{\"part\": \"$part\", \"error\": \"exit $?\"}" | tee -a "$BENCH_OUT"
done
python3 "$HERE/summarize.py" "$BENCH_OUT" >"${BENCH_OUT%.jsonl}.md"
echo "results: $BENCH_OUT, table: ${BENCH_OUT%.jsonl}.md" >&2
