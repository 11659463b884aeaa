#!/usr/bin/env bash
# Lets libFuzzer look for bytes that end the decoding of a plan otherwise than with a plan or an error, for $1 seconds,
# beginning with the plans in the folder $2. All that the target is made of is built with instruments, DataFusion included,
# which takes a quarter of an hour the first time; the stable compiler does it as long as no sanitizer is asked for. What
# it has found stays in the cache, and is where the next run begins.
set -euo pipefail

seconds="$1" plans="$2"
cache="${SPRINGALD_CACHE:-$HOME/.cache/springald}"
here="$(cd "$(dirname "$0")" && pwd)"
version=0.13.2
# What the process may hold at most: its own code, libFuzzer's tables and the context take half of it.
most_mib=512

if ! grep -qs "cargo-fuzz $version" "$cache/cargo-fuzz/.crates.toml"; then
    echo "installing cargo-fuzz $version into $cache/cargo-fuzz, which takes a minute" >&2
    CARGO_TARGET_DIR="$cache/cargo-fuzz/target" cargo install cargo-fuzz --version "$version" --locked --quiet \
        --root "$cache/cargo-fuzz" >&2
    rm -rf "$cache/cargo-fuzz/target"
fi
command -v c++ >/dev/null || {
    echo "error: a C++ compiler is missing, and libFuzzer is built with one; install it: apt-get install g++" >&2
    exit 1
}

# The versions that are shipped, and libFuzzer's.
cp "$here/../../../Cargo.lock" "$here/Cargo.lock"
mkdir -p "$cache/fuzz/found"
PATH="$PATH:$cache/cargo-fuzz/bin"
cargo fuzz run --dev --sanitizer none --fuzz-dir "$here" --target-dir "$cache/fuzz-target" decode_plan \
    "$cache/fuzz/found" "$plans" -- \
    -max_total_time="$seconds" -rss_limit_mb="$most_mib" -timeout=30 -max_len=65536 -print_final_stats=1
