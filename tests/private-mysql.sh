#!/usr/bin/env bash
# Runs a private MySQL server from the tree of install-mysql.sh: data in DIR, which must not exist, on 127.0.0.1:PORT, log
# in DIR.log. The user `springald`, whose password is MYSQL_PWD, may do everything. The server lives until standard input
# closes, so it never outlives whoever started it, however that ends; then DIR is removed, and the log stays.
#
# Where the file DIR/restart is there when the server ends, it is started again.
#
# usage: private-mysql.sh DIR PORT [OPTION…]   options of the server
set -euo pipefail

dir=$1 port=$2
shift 2
tree="${SPRINGALD_CACHE:-$HOME/.cache/springald}/mysql-tree"
trap '' INT     # an interrupt at the terminal is for whoever started us; we end when their pipe closes
trap : TERM HUP # these end the waiting below, and then the server before its files
mkdir -p "$(dirname "$dir")"
exec 3<&0 </dev/null >"$dir.log" 2>&1
mkdir "$dir"
dir=$(realpath "$dir")
trap 'rm -rf "$dir"' EXIT

# The tree's own loader runs its programs with its own libraries, so nobody has to be root to change the root directory.
loader=$(echo "$tree"/usr/lib/*-linux-gnu/ld-linux-*.so.*)
mysqld() {
    exec "$loader" --library-path "$(dirname "$loader")" "$tree/usr/sbin/mysqld" \
        --no-defaults --basedir="$tree/usr" --datadir="$dir/data" "${run_as[@]}" "$@"
}

run_as=()
if [ "$(id -u)" -eq 0 ]; then
    run_as=(--user=root) # the data belongs to whoever runs this, and so does the server; as root it must be said
fi

(mysqld --initialize-insecure)

cat >"$dir/users.sql" <<SQL
CREATE USER IF NOT EXISTS 'springald'@'%' IDENTIFIED BY '$MYSQL_PWD';
GRANT ALL PRIVILEGES ON *.* TO 'springald'@'%' WITH GRANT OPTION;
SQL

# The socket's path is relative to the data directory, where it cannot grow too long. Durability is of no use here.
serve() {
    mysqld --bind-address=127.0.0.1 --port="$port" --socket=server.sock --mysqlx=OFF --secure-file-priv= \
        --init-file="$dir/users.sql" --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci \
        --skip-name-resolve --local-infile=1 --innodb-buffer-pool-size=256M --innodb-redo-log-capacity=256M \
        --innodb-flush-log-at-trx-commit=0 --sync-binlog=0 --max-allowed-packet=1G --max-connections=500 \
        --pid-file=server.pid "$@"
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
