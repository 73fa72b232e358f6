#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs each fuzz target from its corpus and with its dictionary, if there is one. New inputs
# go to $O/fuzz/corpus, crashes to $O/fuzz/crash; the tree does not change.
#   run.sh                  make fuzz: FUZZ_SECONDS (10) for each target
#   run.sh long [TARGET...] make fuzz-long: FUZZ_SECONDS (3600) for each target; then
#                           minimises each corpus and reports new coverage. Inputs that cover
#                           more than those in tests/fuzz/corpus are in $O/fuzz/new/TARGET.
# As many targets run at a time as there are CPUs.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
export O=${O:-build}
passed=0 failed=0
mode=short
if [ "${1:-}" = long ]; then
	mode=long
	shift
fi
mkdir -p "$O/fuzz/crash"

options()
{
	local name=$1

	echo -artifact_prefix="$O/fuzz/crash/$name-" -timeout=10 -rss_limit_mb=2048 -max_len=4096
	[ ! -e "tests/fuzz/dict/${name#fuzz-}.dict" ] || echo "-dict=tests/fuzz/dict/${name#fuzz-}.dict"
}

# fuzz NAME SECONDS: replays all inputs, then tries new ones.
fuzz()
{
	local name=$1 opts

	mkdir -p "$O/fuzz/corpus/${name#fuzz-}"
	read -ra opts < <(options "$name" | tr '\n' ' ')
	"$O/fuzz/$name" "${opts[@]}" -max_total_time="$2" -print_final_stats=1 \
		"$O/fuzz/corpus/${name#fuzz-}" "tests/fuzz/corpus/${name#fuzz-}" >"$O/fuzz/$name.log" 2>&1
}

# report NAME STATUS
report()
{
	local log=$O/fuzz/$1.log

	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
		echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
	else
		failed=$((failed + 1))
		tail -n 40 "$log"
		echo "$1: error; the input is in $O/fuzz/crash"
	fi
}

# cov NAME DIR...: the edges that these inputs cover.
cov()
{
	"$O/fuzz/$1" -runs=0 "${@:2}" 2>&1 | sed -nE 's/.*INITED +cov: ([0-9]+) .*/\1/p'
}

# minimise NAME: keeps only inputs that cover something, and what they add to the tree's.
minimise()
{
	local name=$1 seeds=tests/fuzz/corpus/${1#fuzz-} kept=$O/fuzz/corpus/${1#fuzz-} new=$O/fuzz/new/${1#fuzz-} before after

	rm -rf "$kept.min" "$new"
	mkdir -p "$kept.min" "$new"
	"$O/fuzz/$name" -merge=1 "$kept.min" "$kept" >"$O/fuzz/$name.merge" 2>&1 || return
	rm -rf "$kept"
	mv "$kept.min" "$kept"
	# The first directory has the tree's inputs, so that only others are added.
	cp "$seeds"/* "$new/"
	"$O/fuzz/$name" -merge=1 "$new" "$kept" >>"$O/fuzz/$name.merge" 2>&1 || return
	before=$(cov "$name" "$seeds")
	after=$(cov "$name" "$new")
	for f in "$seeds"/*; do
		rm -f "$new/${f##*/}"
	done
	echo "$name: $before edges covered by the tree's inputs, $after with $(find "$new" -type f | wc -l) more in $new"
}

names=() built=()
for src in tests/fuzz/fuzz-*.c; do
	name=$(basename "$src" .c)
	[ $# = 0 ] || [[ " $* " == *" ${name#fuzz-} "* ]] || continue
	names+=("$name")
done
make=("${MAKE:-make}" --no-print-directory -s O="$O" "-j$(nproc)")
# All at once; one by one if that fails, so that one that does not build fails alone.
if "${make[@]}" -k "${names[@]/#/$O/fuzz/}" >"$O/fuzz/build.log" 2>&1; then
	built=("${names[@]}")
else
	for name in "${names[@]}"; do
		if "${make[@]}" "$O/fuzz/$name" >"$O/fuzz/$name.log" 2>&1; then
			built+=("$name")
		else
			tail -n 15 "$O/fuzz/$name.log"
			echo "$name: does not build"
			failed=$((failed + 1))
		fi
	done
fi

seconds=10
[ $mode = short ] || seconds=3600
export -f fuzz options
# shellcheck disable=SC2016 # expanded by that shell
[ ${#built[@]} = 0 ] || printf '%s\n' "${built[@]}" |
	xargs -P "$(nproc)" -I{} bash -c 'fuzz "$1" "$2"; echo $? >"$O/fuzz/$1.status"' _ {} "${FUZZ_SECONDS:-$seconds}"
for name in "${built[@]}"; do
	report "$name" "$(cat "$O/fuzz/$name.status")"
	[ $mode = short ] || minimise "$name" || echo "$name: cannot minimise; see $O/fuzz/$name.merge"
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
