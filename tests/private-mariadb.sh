#!/usr/bin/env bash
# Runs a private MariaDB server: data in DIR, which must not exist, on 127.0.0.1:PORT, log in DIR.log. The user
# `springald`, whose password is MYSQL_PWD, may do everything. The server lives until standard input closes, so it never
# outlives whoever started it, however that ends; then DIR is removed, and the log stays.
#
# Where the file DIR/restart is there when the server ends, it is started again.
#
# usage: private-mariadb.sh DIR PORT [OPTION…]   options of the server
set -euo pipefail

dir=$1 port=$2
shift 2
PATH="$PATH:/usr/sbin:/sbin"
trap '' INT     # an interrupt at the terminal is for whoever started us; we end when their pipe closes
trap : TERM HUP # these end the waiting below, and then the server before its files
mkdir -p "$(dirname "$dir")"
exec 3<&0 </dev/null >"$dir.log" 2>&1
mkdir "$dir" "$dir/tmp"
trap 'rm -rf "$dir"' EXIT

run_as=()
if [ "$(id -u)" -eq 0 ]; then
    run_as=(--user=root) # the data belongs to whoever runs this, and so does the server; as root it must be said
fi

mariadb-install-db --no-defaults --datadir="$dir/data" --tmpdir="$dir/tmp" --force --skip-test-db "${run_as[@]}"

cat >"$dir/users.sql" <<SQL
CREATE USER IF NOT EXISTS 'springald'@'%' IDENTIFIED BY '$MYSQL_PWD';
GRANT ALL PRIVILEGES ON *.* TO 'springald'@'%' WITH GRANT OPTION;
SQL

# The socket's path is relative to the data directory, where it cannot grow too long. Durability is of no use here.
serve() {
    exec mariadbd --no-defaults --datadir="$dir/data" --tmpdir="$dir/tmp" --bind-address=127.0.0.1 --port="$port" \
        --socket=server.sock --init-file="$dir/users.sql" --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci \
        --skip-name-resolve --local-infile=1 --innodb-buffer-pool-size=256M --innodb-log-file-size=128M \
        --innodb-flush-log-at-trx-commit=0 --max-connections=500 --pid-file=server.pid "${run_as[@]}" "$@"
}

cat <&3 >/dev/null &
until_closed=$!
while
    serve "$@" &
    server=$!
    wait -n "$server" "$until_closed" || true
    rm "$dir/restart" 2>/dev/null
do :; done
kill "$server" 2>/dev/null || true
wait "$server" || true
kill "$until_closed" 2>/dev/null || true
