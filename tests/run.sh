#!/usr/bin/env bash
# Runs every test but those of the longer targets. The tests use real servers and processes, many at a time; the few that
# fail beside others are run once more, one by one, and named: one that fails again, or too many of them, is a failure.
set -euo pipefail

most=3
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if cargo test --workspace --no-fail-fast -- --skip chaos:: --skip spark:: 2>&1 | tee "$log"; then
    exit 0
fi
# A target that crashed has no result, and says nothing of the tests that it left out.
if [ "$(grep -c '^error: .*test failed' "$log")" -ne "$(grep -c '^test result: FAILED' "$log")" ]; then
    echo "error: a target of the tests did not come to its end" >&2
    exit 1
fi
# A line that another process has written into is none of those.
named=$(grep -c '^test .* \.\.\. FAILED$' "$log")
counted=$(sed -n 's/^test result: FAILED\. .* passed; \([0-9]*\) failed;.*/\1/p' "$log" | awk '{ sum += $1 } END { print sum + 0 }')
if [ "$named" -ne "$counted" ]; then
    echo "error: $counted tests failed, and only $named of them can be named" >&2
    exit 1
fi
mapfile -t failed < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$log" | sort -u)
if [ "${#failed[@]}" -eq 0 ] || [ "${#failed[@]}" -gt "$most" ]; then
    echo "error: ${#failed[@]} tests failed" >&2
    exit 1
fi
echo "failed beside others, and run once more alone: ${failed[*]}" >&2
cargo test --workspace --no-fail-fast -- --exact --test-threads 1 "${failed[@]}" 2>&1 | tee "$log"
passed=$(awk '/^test .* \.\.\. ok$/ { passed++ } END { print passed + 0 }' "$log")
if [ "$passed" -lt "${#failed[@]}" ]; then
    echo "error: of ${#failed[@]} tests that were run once more $passed passed" >&2
    exit 1
fi
echo "passed alone: ${failed[*]}" >&2
