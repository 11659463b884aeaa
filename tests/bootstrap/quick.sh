#!/usr/bin/env bash
# Runs the tests of the bootstrap that need no cluster and no executable: seconds, and no root.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
"$here/install-tools.sh" quick
cd "$here/quick"
exec "${SPRINGALD_CACHE:-$HOME/.cache/springald}/bootstrap/tests-venv/bin/python" -B -m pytest -q -p no:cacheprovider "$@"
