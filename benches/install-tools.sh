#!/usr/bin/env bash
# Installs what the benchmark compares with, beside what the tests need: a Java runtime and the MariaDB JDBC driver from
# the distribution, and a Python environment of its own with PySpark, ConnectorX, pyarrow and DuckDB. May be run again:
# what is there already is left alone. Prints nothing but what it installs.
set -euo pipefail

cache="${SPRINGALD_CACHE:-$HOME/.cache/springald}"
venv="$cache/bench-venv"
requirements="$(dirname "$0")/requirements.txt"
driver=/usr/share/java/mariadb-java-client.jar

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
    command -v apt-get >/dev/null || {
        echo "error: apt-get is missing; on this system install by hand: $*" >&2
        exit 1
    }
    echo "installing $*" >&2
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Spark 4 runs on Java 17 or newer.
command -v java >/dev/null || apt_install default-jre-headless
[ -e "$driver" ] || apt_install libmariadb-java

if [ ! -x "$venv/bin/python" ] || ! cmp -s "$requirements" "$venv/installed.txt"; then
    echo "installing $(tr '\n' ' ' <"$requirements")into $venv" >&2
    mkdir -p "$cache"
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" >&2
    cp "$requirements" "$venv/installed.txt"
fi
