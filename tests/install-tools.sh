#!/usr/bin/env bash
# Installs what the demo and the tests need beside Rust: the MariaDB server's programs (from the distribution, without
# the package that would set up a service of the machine's own) and its plugin for ed25519, openssl, a Python environment
# with readers and with servers that stand in for AWS, and s3s-fs, an S3 server. May be run again: what is there already is
# left alone. Prints nothing but what it installs. With `demo` as its argument it leaves out what only the tests need; with
# `spark` it adds a Java runtime and a Python environment with PySpark, 400 MB, for the tests in which Spark reads.
set -euo pipefail

cache="${SPRINGALD_CACHE:-$HOME/.cache/springald}"
plugins="$cache/mariadb-plugins"
here="$(dirname "$0")"
s3s_version=0.14.1
PATH="$PATH:/usr/sbin:/sbin"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
    command -v apt-get >/dev/null || {
        echo "error: apt-get is missing; on this system install by hand: $*" >&2
        exit 1
    }
    update_lists
    echo "installing $*" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

update_lists() {
    if [ -z "${apt_updated:-}" ]; then
        as_root apt-get update -qq
        apt_updated=yes
    fi
}

# The core packages hold the programs and no service; older releases carry the version in their names.
mariadb_package() {
    { apt-cache pkgnames "mariadb-$1-core" || true; } | grep -E "^mariadb-$1-core(-[0-9.]+)?\$" | sort -V | head -n 1
}

install_mariadb() {
    if command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null && command -v mariadb >/dev/null; then
        return
    fi
    apt_install ca-certificates # refreshes the package lists, which a fresh image does not have
    apt_install "$(mariadb_package server)" "$(mariadb_package client)"
}

# The core packages lack the plugin for ed25519 passwords. It is taken out of the package that would set up a service.
install_mariadb_plugins() {
    [ -e "$plugins/auth_ed25519.so" ] && return
    local package scratch
    update_lists
    package=$(mariadb_package server)
    package=${package/-core/}
    scratch=$(mktemp -d)
    echo "installing a plugin of MariaDB's from $package into $plugins" >&2
    (cd "$scratch" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$package" && dpkg-deb -x ./*.deb .)
    mkdir -p "$plugins"
    cp "$scratch"/usr/lib/mysql/plugin/auth_ed25519.so "$plugins/"
    rm -rf "$scratch"
}

# Rust from rustup brings no linker, and some crates compile C.
install_compiler() {
    command -v cc >/dev/null || apt_install gcc libc6-dev
}

# The tests make certificates with it.
install_openssl() {
    command -v openssl >/dev/null || apt_install openssl
}

# Debian ships Python's venv module apart.
install_python() {
    if ! command -v python3 >/dev/null || ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        apt_install python3 python3-venv
    fi
}

# Makes the environment $1 in the cache, with the packages that the file $2 pins.
install_python_packages() {
    local venv="$cache/$1" requirements="$here/$2"
    if [ -x "$venv/bin/python" ] && cmp -s "$requirements" "$venv/installed.txt"; then
        return
    fi
    install_python
    echo "installing $(tr '\n' ' ' <"$requirements")into $venv" >&2
    mkdir -p "$cache"
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" >&2
    cp "$requirements" "$venv/installed.txt"
}

# Spark 4 runs on Java 17 or newer.
install_spark() {
    command -v java >/dev/null || apt_install default-jre-headless
    install_python_packages spark-venv spark-requirements.txt
}

# Built apart from the project's own files: it shares no dependency's version with them.
install_s3_server() {
    if [ -x "$cache/s3s-fs/bin/s3s-fs" ] && grep -q "s3s-fs $s3s_version" "$cache/s3s-fs/.crates.toml"; then
        return
    fi
    echo "installing s3s-fs $s3s_version into $cache/s3s-fs, which takes two minutes" >&2
    CARGO_TARGET_DIR="$cache/s3s-fs/target" cargo install s3s-fs --version "$s3s_version" --features binary --locked \
        --quiet --root "$cache/s3s-fs" >&2
    rm -rf "$cache/s3s-fs/target"
}

install_compiler
install_mariadb
install_python_packages venv requirements.txt
if [ "${1:-}" != demo ]; then
    install_mariadb_plugins
    install_openssl
    install_s3_server
fi
if [ "${1:-}" = spark ]; then
    install_spark
fi
