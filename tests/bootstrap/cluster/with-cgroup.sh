#!/usr/bin/env bash
# Runs COMMAND in a control group NAME of its own, which a systemd below it may divide further; DIRECTORY is where all
# groups are seen.
#
# usage: with-cgroup.sh DIRECTORY NAME COMMAND [ARGUMENT…]
set -euo pipefail

directory=$1 name=$2
shift 2
mkdir -p "$directory"
mountpoint -q "$directory" || mount -t cgroup2 cgroup2 "$directory"
mkdir -p "$directory/$name"
echo $$ >"$directory/$name/cgroup.procs"
exec "$@"
