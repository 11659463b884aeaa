#!/usr/bin/env bash
# Says how to get Rust where cargo is missing or older than the workspace asks for; silent otherwise.
set -euo pipefail

wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$(dirname "$0")/../Cargo.toml" | head -n 1)

how_to() {
    cat >&2 <<TEXT
error: $1, and Springald needs Rust $wanted or newer
hint: install it with rustup (https://rustup.rs):
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal -c rustfmt -c clippy
or, where rustup is there already:
    rustup update stable
The distribution's own package (apt install cargo) is enough only where it is that new. Then run the command again.
TEXT
    exit 1
}

command -v cargo >/dev/null || how_to "cargo is missing"
found=$(cargo --version | cut -d ' ' -f 2) || how_to "cargo does not run"
oldest=$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)
[ "$oldest" = "$wanted" ] || how_to "cargo is $found"
