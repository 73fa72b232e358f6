#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make unit-counts: runs every unit program and rewrites tests/unit/counts. A program
# marked "floor" keeps the mark, and three quarters of its number.
set -euo pipefail

cd "$(dirname "$0")/../.."
O=${O:-build}
counts=tests/unit/counts
new=$(mktemp)
trap 'rm -f "$new"' EXIT

sed -n '/^#/p' "$counts" >"$new"
for src in tests/unit/test-*.c tests/unit/tsan-*.c; do
	name=$(basename "$src" .c)
	"${MAKE:-make}" --no-print-directory -s O="$O" "$O/unit/$name" >/dev/null
	line=$("$O/unit/$name" | tail -n 1)
	[[ $line =~ ^[^\ ]+:\ ([0-9]+)\ passed,\ 0\ failed$ ]] || {
		echo "$name: $line" >&2
		exit 1
	}
	if grep -qE "^$name [0-9]+ floor$" "$counts"; then
		echo "$name $((BASH_REMATCH[1] * 3 / 4)) floor"
	else
		echo "$name ${BASH_REMATCH[1]}"
	fi
done >>"$new"
cat "$new" >"$counts"
