#!/usr/bin/env bash
# Installs what the tests of the bootstrap need: shellcheck, systemd-analyze, binutils, zstd and a Python environment with
# pytest; for the ones with a cluster also network tools, sudo, and an environment with the AWS CLI and a double of AWS.
# May be run again: what is there already is left alone. Prints nothing but what it installs.
#
# usage: install-tools.sh quick|cluster
set -euo pipefail

here=$(dirname "$0")
cache="${SPRINGALD_CACHE:-$HOME/.cache/springald}/bootstrap"
PATH="$PATH:/usr/sbin:/sbin"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# need COMMAND PACKAGE: installs the package where the command is missing.
need() {
    command -v "$1" >/dev/null && return
    command -v apt-get >/dev/null || {
        echo "error: apt-get is missing; on this system install by hand: $2" >&2
        exit 1
    }
    if [ -z "${apt_updated:-}" ]; then
        as_root apt-get update -qq
        apt_updated=yes
    fi
    echo "installing $2" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >&2
}

# venv NAME REQUIREMENTS: makes a Python environment.
venv() {
    if [ -x "$cache/$1/bin/python" ] && cmp -s "$2" "$cache/$1/installed.txt"; then
        return
    fi
    echo "installing $(tr '\n' ' ' <"$2")into $cache/$1" >&2
    mkdir -p "$cache"
    python3 -m venv --clear "$cache/$1"
    "$cache/$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2" >&2
    cp "$2" "$cache/$1/installed.txt"
}

architecture=$(uname -m)
need shellcheck shellcheck
need systemd-analyze systemd
need zstd zstd
need "$architecture-linux-gnu-objdump" "binutils-${architecture/_/-}-linux-gnu"
python3 -c 'import ensurepip, venv' 2>/dev/null || need no-venv python3-venv
venv tests-venv "$here/requirements.txt"
if [ "$1" = cluster ]; then
    need ip iproute2
    need sudo sudo
    need curl curl
    need /usr/bin/python3 python3 # the nodes' own
    venv aws-venv "$here/aws-requirements.txt"
fi
