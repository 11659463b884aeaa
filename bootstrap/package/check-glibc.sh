#!/usr/bin/env bash
# Fails when an executable asks for a newer glibc than it will meet: it would not start there.
#
# usage: check-glibc.sh EXECUTABLE VERSION ARCHITECTURE
set -euo pipefail

executable=$1 allowed=$2 objdump=$3-linux-gnu-objdump

symbols=$("$objdump" --dynamic-syms "$executable") || {
    echo "error: $objdump cannot read $executable" >&2
    exit 1
}
newest=$(grep -o 'GLIBC_[0-9.]*' <<<"$symbols" | sort -Vu | tail -n 1 | cut -d _ -f 2) || {
    echo "error: $executable names no version of glibc; is it linked dynamically?" >&2
    exit 1
}
if [ "$(printf '%s\n' "$newest" "$allowed" | sort -V | tail -n 1)" != "$allowed" ]; then
    wanting=$(grep -F "GLIBC_$newest" <<<"$symbols" | awk '{print $NF}' | sort -u | head -n 3 | paste -sd ' ')
    echo "error: $executable asks for glibc $newest ($wanting), and the nodes have $allowed; build it with \`make dist\`" >&2
    exit 1
fi
echo "$executable asks for glibc $newest at most" >&2
