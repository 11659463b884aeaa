#!/usr/bin/env bash
# Runs COMMAND beside a private MySQL server of its own, and stops the server when COMMAND ends, however it ends. COMMAND
# finds the server in SPRINGALD_TEST_MYSQL_URL and its password in MYSQL_PWD; the exit code is COMMAND's.
#
# usage: with-mysql.sh COMMAND [ARGUMENT…]
set -euo pipefail

here=$(dirname "$0")
cache="${SPRINGALD_CACHE:-$HOME/.cache/springald}"
scratch=$(mktemp -d)

# The server ends when its standard input closes, so it ends with this script, even if that is killed.
start() {
    port=$("$cache/venv/bin/python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    MYSQL_PWD=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
    export MYSQL_PWD
    coproc mysql_server { "$here/private-mysql.sh" "$scratch/mysql" "$port"; }
    # shellcheck disable=SC2154 # set by coproc
    server=$mysql_server_PID server_input=${mysql_server[1]}
    for _ in $(seq 1200); do
        answers && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    echo "error: MySQL did not start; its log ends with:" >&2
    tail -n 20 "$scratch/mysql.log" >&2
    exit 1
}

answers() {
    mariadb --no-defaults --host=127.0.0.1 --port="$port" --user=springald --execute='SELECT 1' >/dev/null 2>&1
}

stop() {
    if [ -n "${server:-}" ]; then
        exec {server_input}>&-
        wait "$server" || true
    fi
    rm -rf "$scratch"
}

trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
start
export SPRINGALD_TEST_MYSQL_URL="mysql://springald@127.0.0.1:$port/mysql"
"$@"
