#!/usr/bin/env bash
# Installs what `make dist` needs beside Rust: Zig as a linker that knows old versions of glibc and other machines
# (ziglang and cargo-zigbuild from PyPI, in an environment of their own), zstd, binutils for the machine, and Rust's
# standard library for it. May be run again: what is there already is left alone.
#
# usage: install-tools.sh ARCHITECTURE
set -euo pipefail

architecture=$1
cache="${SPRINGALD_CACHE:-$HOME/.cache/springald}"
venv="$cache/zig-venv"
requirements="$(dirname "$0")/requirements.txt"

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

command -v zstd >/dev/null || apt_install zstd
command -v "$architecture-linux-gnu-objdump" >/dev/null || apt_install "binutils-${architecture/_/-}-linux-gnu"
if [ ! -x "$venv/bin/python" ] || ! cmp -s "$requirements" "$venv/installed.txt"; then
    echo "installing $(tr '\n' ' ' <"$requirements")into $venv" >&2
    mkdir -p "$cache"
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" >&2
    cp "$requirements" "$venv/installed.txt"
fi
if command -v rustup >/dev/null; then
    rustup target add --toolchain "$(rustup show active-toolchain | cut -d ' ' -f 1)" "$architecture-unknown-linux-gnu" >&2
fi
