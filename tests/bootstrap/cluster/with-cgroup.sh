#!/usr/bin/env bash
# Runs COMMAND in a control group of its own, which a systemd below it may divide further.
#
# usage: with-cgroup.sh NAME COMMAND [ARGUMENT…]
set -euo pipefail

name=$1
shift
groups=/run/springald-test-cgroups
mkdir -p "$groups"
mountpoint -q "$groups" || mount -t cgroup2 cgroup2 "$groups"
mkdir -p "$groups/$name"
echo $$ >"$groups/$name/cgroup.procs"
exec "$@"
