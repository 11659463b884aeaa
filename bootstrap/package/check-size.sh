#!/usr/bin/env bash
# Fails when a package has grown past what every node should have to fetch.
#
# usage: check-size.sh PACKAGE MEGABYTES
set -euo pipefail

package=$1 allowed=$2

bytes=$(stat --format=%s "$package")
if [ "$bytes" -gt $((allowed * 1000 * 1000)) ]; then
    echo "error: $package has $bytes bytes, and $allowed MB are allowed; see what the executable gained" >&2
    exit 1
fi
echo "$package has $bytes bytes, $allowed MB are allowed" >&2
