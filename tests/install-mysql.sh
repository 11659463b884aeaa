#!/usr/bin/env bash
# Installs a real MySQL server for the tests. Debian has it in sid only, and its packages exclude MariaDB's, so it goes
# with all that it links to into a tree of its own, $SPRINGALD_CACHE/mysql-tree, from the mirror that apt uses here;
# private-mysql.sh runs it from there. Takes two minutes and 800 MB. May be run again: a tree that is there is left alone.
# The tree belongs to root; remove it as root to install anew.
set -euo pipefail

cache="${SPRINGALD_CACHE:-$HOME/.cache/springald}"
tree="$cache/mysql-tree"
unfinished="$tree.unfinished"
PATH="$PATH:/usr/sbin:/sbin"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

fail() {
    echo "error: $*" >&2
    exit 1
}

# The first mirror of Debian itself: not of its security updates, nor of anyone else's packages.
mirror() {
    # shellcheck disable=SC2016 # apt fills these in
    apt-get indextargets --format '$(ORIGIN)/$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
        sed -n 's/^Debian\/Debian //p' | sed -n '1p'
}

install_debootstrap() {
    command -v apt-get >/dev/null || fail "apt-get is missing; MySQL can be installed on Debian only"
    as_root apt-get update -qq # a fresh image has no package lists, and without them apt names no mirror
    command -v debootstrap >/dev/null && return
    echo "installing debootstrap" >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap >&2
}

if [ -e "$tree" ]; then
    exit
fi
install_debootstrap
from=$(mirror)
[ -n "$from" ] || fail "apt names no mirror of Debian; MySQL can be installed on Debian only"
mkdir -p "$cache"
echo "installing MySQL from sid of $from into $tree" >&2
as_root rm -rf --one-file-system "$unfinished" # what an interrupted installation may have left
as_root debootstrap --variant=minbase --include=mysql-server-core,mysql-client sid "$unfinished" "$from" \
    >"$tree.log" 2>&1 || fail "debootstrap failed; see $tree.log"
as_root mv "$unfinished" "$tree"
