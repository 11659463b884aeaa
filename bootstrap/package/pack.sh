#!/usr/bin/env bash
# Packs an executable with all that a node needs beside it, and prints the package's path. Beside the package lie its
# SHA-256 and the executable's symbols.
#
#   springald-VERSION-ARCHITECTURE-linux.tar.zst
#   ├─ bin/          springald, stripped; the wrapper for EMR's steps; the watcher of spot instances
#   ├─ bootstrap/    what the bootstrap action goes on with
#   ├─ systemd/      the units
#   ├─ sql/          the demo's table, and the reference query
#   └─ README.md, logrotate.conf, THIRD-PARTY-LICENSES.txt
#
# usage: pack.sh EXECUTABLE ARCHITECTURE DIRECTORY      ZSTD_CLEVEL sets how hard it is packed, 19 unless given
set -euo pipefail

executable=$(realpath "$1") architecture=$2 out=$3
project=$(cd "$(dirname "$0")/../.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$project/Cargo.toml" | head -n 1)
name=springald-$version-$architecture-linux
objcopy=$architecture-linux-gnu-objcopy

staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
export ZSTD_CLEVEL="${ZSTD_CLEVEL:-19}"
mkdir -p "$out" "$staged/$name/bin"

"$objcopy" --only-keep-debug "$executable" "$staged/$name.debug"
"$objcopy" --strip-all --add-gnu-debuglink="$staged/$name.debug" "$executable" "$staged/$name/bin/springald"
chmod 755 "$staged/$name/bin/springald"
zstd --quiet --force -3 -T0 "$staged/$name.debug" -o "$out/$name.debug.zst"

cd "$project"
install -m 755 bootstrap/bin/* "$staged/$name/bin"
install -D -m 755 -t "$staged/$name/bootstrap" bootstrap/install.sh
install -D -m 644 -t "$staged/$name/bootstrap/node" bootstrap/node/*.py
install -D -m 644 -t "$staged/$name/systemd" bootstrap/systemd/*
install -D -m 644 -t "$staged/$name/sql" sql/*.sql
install -m 644 bootstrap/logrotate.conf "$staged/$name"
sed "s/@VERSION@/$version/g" bootstrap/package/README.md >"$staged/$name/README.md"
python3 -B bootstrap/package/licences.py "$architecture-unknown-linux-gnu" >"$staged/$name/THIRD-PARTY-LICENSES.txt"
cd - >/dev/null

tar --create --directory="$staged" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner "$name" |
    zstd --quiet --force -T0 -o "$out/$name.tar.zst"
(cd "$out" && sha256sum "$name.tar.zst" >"$name.tar.zst.sha256")
echo "$out/$name.tar.zst"
