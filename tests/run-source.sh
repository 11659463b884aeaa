#!/usr/bin/env bash
# Runs the source's tests as `make test` builds them: of one target alone cargo compiles all dependencies once more, with
# other features.
#
# usage: run-source.sh [FILTER…]
set -euo pipefail

cd "$(dirname "$0")/.."
executable=$(cargo test --workspace --no-run --message-format=json | "${SPRINGALD_CACHE:-$HOME/.cache/springald}/venv/bin/python" -c '
import json
import sys

artifacts = [json.loads(line) for line in sys.stdin if line.startswith("{")]  # all of it: cargo may still be building
print(next(found["executable"] for found in artifacts
           if found.get("executable") and found["target"]["name"] == "source" and "test" in found["target"]["kind"]))')
cd crates/mysql
exec "$executable" "$@"
