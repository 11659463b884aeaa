#!/usr/bin/env bash
# Shows the main job on one machine: a private MariaDB with a generated table, a snapshot of that table, a query over the
# snapshot. `make demo` calls it. Everything is written below $SPRINGALD_CACHE/demo; the warehouse stays there to look at.
#
# usage: run.sh ROWS
set -euo pipefail

rows=$1
cd "$(dirname "$0")/.."
demo="$SPRINGALD_CACHE/demo"
programs="$CARGO_TARGET_DIR/debug"
PATH="$PATH:/usr/sbin"

say() { printf '\n== %s\n' "$*" >&2; }

# The server ends when its standard input closes, so it ends with this script, however that ends.
start_mariadb() {
    port=$("$SPRINGALD_CACHE/venv/bin/python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    MYSQL_PWD=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
    export MYSQL_PWD
    coproc mariadb_server { tests/private-mariadb.sh "$demo/mariadb" "$port"; }
    # shellcheck disable=SC2154 # set by coproc
    server=$mariadb_server_PID server_input=${mariadb_server[1]}
    trap stop_mariadb EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    for _ in $(seq 600); do
        client --execute='SELECT 1' >/dev/null 2>&1 && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    echo "error: MariaDB did not start; see $demo/mariadb.log" >&2
    exit 1
}

stop_mariadb() {
    say "stopping MariaDB"
    exec {server_input}>&-
    wait "$server" || true
}

client() {
    mariadb --no-defaults --default-character-set=utf8mb4 --local-infile=1 --host=127.0.0.1 --port="$port" --user=springald "$@"
}

mkdir -p "$demo"
exec 9>"$demo/lock"
flock --nonblock 9 || {
    echo "error: another demo is running in $demo; wait for its end, or set SPRINGALD_CACHE to another directory" >&2
    exit 1
}
rm -rf "$demo/mariadb" "$demo/warehouse"

say "starting a private MariaDB"
start_mariadb

say "generating and loading $rows rows"
"$programs/generate-crimes" --rows "$rows" |
    client --table --execute="$(cat sql/create_and_load.sql)" >&2

say "springald ingest: the MySQL table becomes a Parquet snapshot"
"$programs/springald" ingest --source "mysql://springald@127.0.0.1:$port/crime_data" \
    --from crime_data.Crimes_2001_to_Present --warehouse "$demo/warehouse"

say "springald process: sql/crime_type_details.sql over it becomes the next"
"$programs/springald" process --query sql/crime_type_details.sql \
    --into crime_data.crime_type_details --warehouse "$demo/warehouse" | tee "$demo/process.json"

say "the crime types with most cases without an arrest, read back with DuckDB"
"$SPRINGALD_CACHE/venv/bin/python" demo/top_crime_types.py "$demo/process.json"
