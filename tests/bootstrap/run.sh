#!/usr/bin/env bash
# Runs the tests of the bootstrap on a cluster of network namespaces, with EXECUTABLE packed as the release is. Needs root
# (or sudo). Everything happens in namespaces of its own: processes, network and mounts end with it, however it ends.
#
# usage: run.sh EXECUTABLE [PYTEST-ARGUMENT…]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
executable=$(realpath "$1")
shift
"$here/install-tools.sh" cluster
cache="${SPRINGALD_CACHE:-$HOME/.cache/springald}"
scratch=$(mktemp -d)

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}
trap 'as_root rm -rf --one-file-system "$scratch"' EXIT

cd "$here/cluster"
as_root env "PATH=$PATH:/usr/sbin:/sbin" "SPRINGALD_CACHE=$cache" "SPRINGALD_EXECUTABLE=$executable" \
    unshare --mount --net --pid --fork --mount-proc --kill-child \
    "$cache/bootstrap/tests-venv/bin/python" -B -m pytest -p no:cacheprovider --basetemp="$scratch/pytest" "$@"
