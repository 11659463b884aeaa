#!/usr/bin/env bash
# Makes the package of this checkout's version for EMR's nodes, in dist/: builds the executable for glibc 2.34, which is
# what Amazon Linux 2023 has, checks that it asks for nothing newer, and packs it. Takes half an hour on two cores.
#
# usage: make-dist.sh [x86_64|aarch64]   default: this machine's own
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
architecture=${1:-$(uname -m)}
glibc=2.34
target=$architecture-unknown-linux-gnu
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${SPRINGALD_CACHE:-$HOME/.cache/springald}/target}"

case $architecture in
    x86_64 | aarch64) ;;
    *)
        echo "error: there is no package for $architecture, only for x86_64 and aarch64 (Graviton)" >&2
        exit 2
        ;;
esac

cd "$here/../.."
"$here/install-tools.sh" "$architecture"
PATH="${SPRINGALD_CACHE:-$HOME/.cache/springald}/zig-venv/bin:$PATH"
cargo zigbuild --locked --profile dist --package springald --bin springald --target "$target.$glibc"
executable=$CARGO_TARGET_DIR/$target/dist/springald
"$here/check-glibc.sh" "$executable" "$glibc" "$architecture"
package=$("$here/pack.sh" "$executable" "$architecture" dist)
"$here/check-size.sh" "$package" 45
echo "$package"
