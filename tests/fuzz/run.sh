#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every fuzz target for FUZZ_SECONDS (10) from its corpus. What is found new goes
# to $O/fuzz/corpus, a crash to $O/fuzz/crash; the tree stays as it is.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
O=${O:-build}
seconds=${FUZZ_SECONDS:-10}
passed=0 failed=0
mkdir -p "$O/fuzz/crash"

for src in tests/fuzz/fuzz-*.c; do
	name=$(basename "$src" .c)
	seeds=tests/fuzz/corpus/${name#fuzz-}
	work=$O/fuzz/corpus/${name#fuzz-}
	log=$O/fuzz/$name.log
	mkdir -p "$work"
	if ! "${MAKE:-make}" --no-print-directory -s O="$O" "$O/fuzz/$name" >"$log" 2>&1; then
		tail -n 15 "$log"
		echo "$name: does not build"
		failed=$((failed + 1))
		continue
	fi
	# Replay of all seeds first, then new inputs.
	if "$O/fuzz/$name" -artifact_prefix="$O/fuzz/crash/$name-" -max_total_time="$seconds" \
		-timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
		"$work" "$seeds" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
	else
		failed=$((failed + 1))
		tail -n 40 "$log"
		echo "$name: error; the input is in $O/fuzz/crash"
	fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
