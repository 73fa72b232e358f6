#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make check: every tier this machine can run, then one line with the sums.
#   check.sh [TIER...]     tiers: build unit tsan cli fuzz lint deb kmod vm lab
#
# Whatever runs here ends with a line "NAME: N passed, N failed[, N skipped]";
# those lines are what is summed. In CI (CI=true) a missing tool is a failure, and
# so is a skipped test. tests/selftest.py plants faults that must turn this red.
set -uo pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
# It makes runners rewrite the goldens.
unset UPDATE

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
O=${O:-build}
log=$O/log
mkdir -p "$log"
passed=0 failed=0 skipped=0 bad=()

make=("${MAKE:-make}" --no-print-directory -s O="$O" WERROR=-Werror "-j$(nproc)")
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:abort_on_error=0
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1

# run NAME COMMAND...: runs it and counts its checks.
run()
{
	local name=$1
	shift

	"$@" >"$log/$name.log" 2>&1
	count "$name" $?
}

# together FUNCTION NAME...: runs "FUNCTION NAME" for each NAME, as many at a time as there are
# CPUs, and counts the checks of each, in order. The output is in $log/NAME.log.
together()
{
	local function=$1 name
	shift

	[ $# != 0 ] || return
	export O log
	export -f "${function?}"
	# shellcheck disable=SC2016 # expanded by that shell
	printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c \
		'rm -f "$log/$2.status"; "$1" "$2" >"$log/$2.log" 2>&1; echo $? >"$log/$2.status"' _ "$function" {}
	for name; do
		count "$name" "$(cat "$log/$name.status")"
	done
}

# count NAME STATUS: adds the counts of the closing line in NAME.log. A missing line is a
# failure, and so are counts that contradict the exit status or the lines "SKIP ...".
count()
{
	local name=$1 status=$2 line p=0 f=0 s=0 skips

	line=$(grep -aE '^[^ ]+: [0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log/$name.log" | tail -n 1)
	if [ -n "$line" ]; then
		read -r p f s < <(sed -E 's/.*: ([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?/\1 \2 \4/' <<<"$line")
		s=${s:-0}
		skips=$(grep -acE '^SKIP ' "$log/$name.log")
		if [ "$status" != 0 ] && [ "$f" = 0 ]; then
			f=1
			line="$line (exit status $status)"
		elif [ "$status" = 0 ] && [ "$f" != 0 ]; then
			line="$line (and exit status 0)"
		elif [ $((p + f + s)) = 0 ]; then
			f=1
			line="$line (nothing ran)"
		elif [ "$skips" != 0 ] && [ "$s" = 0 ]; then
			f=1
			line="$line (skips that are not counted)"
		fi
		if [ "$s" != 0 ] && [ "${CI:-}" = true ]; then
			f=$((f + s)) s=0
			line="$line (a skip is a failure in CI)"
		fi
	else
		f=1
		line="$name: exit status $status without a closing line"
	fi
	grep -aE '^SKIP ' "$log/$name.log"
	tally "$name" "$p" "$f" "$s" "$line"
}

# step NAME COMMAND...: one check, its exit status.
step()
{
	local name=$1
	shift

	if "$@" >"$log/$name.log" 2>&1; then
		tally "$name" 1 0 0 "$name: ok"
	else
		tally "$name" 0 1 0 "$name: failed"
	fi
}

tally()
{
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	echo "$5"
	if [ "$3" != 0 ]; then
		bad+=("$1")
		[ -e "$log/$1.log" ] || return
		echo "--- $log/$1.log"
		grep -aE 'failed|error|not ok|FAIL|ERROR|warning|rror:' "$log/$1.log" | tail -n 15
		echo "--- its end"
		tail -n 25 "$log/$1.log"
		echo "---"
	fi
}

skip()
{
	if [ "${CI:-}" = true ]; then
		echo "$1: not run: $2 (a failure in CI)"
		failed=$((failed + 1))
		bad+=("$1")
	else
		echo "SKIP $1: $2"
		skipped=$((skipped + 1))
	fi
}

# have NAME TOOL...: can this tier run at all?
have()
{
	local name=$1 tool
	shift

	for tool; do
		if ! command -v "$tool" >/dev/null; then
			skip "$name" "no $tool; make deps installs it"
			return 1
		fi
	done
}

tier_build()
{
	step build-gcc "${make[@]}" CC=gcc all
	# As distributions build it.
	step build-lto "${make[@]}" CC=gcc O="$O/lto" CFLAGS="-g -O2 -flto=auto -ffat-lto-objects" \
		LDFLAGS="-flto=auto" "$O/lto/tdxctl"
	# No other tier builds these.
	step build-bench "${make[@]}" CC=gcc "$O/bench-snapshot" "$O/bench-status" "$O/stopwatch"
	if have build-clang clang; then
		step build-clang "${make[@]}" O="$O/clang" CC=clang all
	fi
}

# Compares the number of checks with the one recorded in tests/unit/counts.
enough()
{
	local name=$1 want made

	want=$(awk -v name="$name" '$1 == name { print $2 }' tests/unit/counts)
	made=$(sed -nE 's/^[^ ]+: ([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' "$log/$name.log" | awk '{ n = $1 + $2 } END { print n + 0 }')
	if [ -z "$want" ]; then
		tally "$name-count" 0 1 0 "$name: not in tests/unit/counts; make unit-counts writes it"
	elif [ "$made" -lt "$want" ]; then
		tally "$name-count" 0 1 0 "$name: $made checks, and tests/unit/counts has $want"
	fi
}

unit_program()
{
	timeout 300 "$O/unit/$1"
}

unit_programs()
{
	local kind=$1 src name names=() built=()

	for src in tests/unit/"$kind"-*.c; do
		[ ! -e "$src" ] || names+=("$(basename "$src" .c)")
	done
	[ ${#names[@]} != 0 ] || tally "$kind" 0 1 0 "$kind: there is no program"
	# All at once; one by one if that fails, so that one that does not build fails alone.
	if "${make[@]}" -k ${names[@]+"${names[@]/#/$O/unit/}"} >"$log/$kind-build.log" 2>&1; then
		built=(${names[@]+"${names[@]}"})
	else
		for name in ${names[@]+"${names[@]}"}; do
			if "${make[@]}" "$O/unit/$name" >"$log/$name.log" 2>&1; then
				built+=("$name")
			else
				tally "$name" 0 1 0 "$name: does not build"
			fi
		done
	fi
	together unit_program ${built[@]+"${built[@]}"}
	for name in ${built[@]+"${built[@]}"}; do
		enough "$name"
	done
	# A program that was removed took its checks along.
	while read -r name; do
		[ -e "tests/unit/$name.c" ] || tally "$name" 0 1 0 "$name: in tests/unit/counts, and there is none"
	done < <(awk -v kind="$kind-" 'index($1, kind) == 1 { print $1 }' tests/unit/counts)
}

tier_unit()
{
	unit_programs test
}

tier_tsan()
{
	unit_programs tsan
}

suite()
{
	case $1 in
	cli) bash tests/cli/run.sh ;;
	doctor) /usr/bin/python3 tests/hosts/run.py ;;
	fleet) /usr/bin/python3 tests/fleet/run.py ;;
	esac
}

tier_cli()
{
	have cli python3 || return
	if ! "${make[@]}" "$O/tdxctl-asan" "$O/tdxctl" >"$log/cli-build.log" 2>&1; then
		tally cli-build 0 1 0 "cli: the command does not build"
		return
	fi
	TDXCTL=$(realpath "$O/tdxctl-asan")
	export TDXCTL
	together suite cli doctor fleet
}

tier_fuzz()
{
	have fuzz clang || return
	run fuzz env O="$O" bash tests/fuzz/run.sh
}

tier_lint()
{
	have lint shellcheck codespell || return
	run lint env O="$O" bash tests/lint/run.sh
}

tier_deb()
{
	have deb dpkg-buildpackage dh dh_dkms lintian scdoc git || return
	if ! git rev-parse --git-dir >/dev/null 2>&1; then
		skip deb "no git repository, which the packages are built from"
		return
	fi
	run deb env O="$O" MAKE="${MAKE:-make}" bash tests/packages/build.sh
}

# kernels VARIABLE: sets it to the lines of tests/kernels.sh; no line is a failure.
kernels()
{
	local -n lines=$1

	mapfile -t lines < <(tests/kernels.sh || echo failed)
	if [ ${#lines[@]} = 0 ] || [ "${lines[-1]}" = failed ]; then
		tally kernels 0 1 0 "kernels: tests/kernels.sh knows none"
		lines=()
	fi
}

tier_kmod()
{
	local line kver hdr series=()

	kernels series
	for line in "${series[@]}"; do
		read -r kver hdr _ <<<"$line"
		if [ "$hdr" = - ]; then
			skip "kmod-$kver" "no headers of a $kver kernel; make deps installs them"
			continue
		fi
		step "kmod-$kver" "${make[@]}" kmod KVER="$kver" KDIR="$hdr"
		if have "sparse-$kver" sparse; then
			step "sparse-$kver" env O="$O" bash tests/lint/sparse.sh "$kver" "$hdr"
		fi
	done
}

# vm NAME: vm-KVER or vm-crash-KVER.
vm()
{
	case $1 in
	vm-crash-*) bash tests/vm/crash/run.sh "${1#vm-crash-}" ;;
	vm-*) bash tests/vm/run.sh "${1#vm-}" ;;
	esac
}

tier_vm()
{
	local line kver hdr image series=() names=()

	have vm qemu-system-x86_64 cpio busybox python3 || return
	kernels series
	for line in "${series[@]}"; do
		read -r kver hdr image _ <<<"$line"
		if [ "$hdr" = - ] || [ "$image" = - ]; then
			skip "vm-$kver" "no image of a $kver kernel; make deps fetches it"
		else
			names+=("vm-$kver")
		fi
	done
	[ ${#names[@]} != 0 ] || return
	# Once for all of them: two makes at a time would write the same files.
	if ! "${make[@]}" "$O"/{tdxctl,vmm,jget,abi,fuzz-device,kexec} >"$log/vm-build.log" 2>&1; then
		tally vm-build 0 1 0 "vm: the programs do not build"
		return
	fi
	# A guest keeps little more than one CPU busy.
	export MAKE=${MAKE:-make}
	together vm "${names[@]}" "${names[@]/#vm-/vm-crash-}"
}

# Its kernels and the emulator come over the network, once.
tier_lab()
{
	local why second=()

	have lab xorriso bison flex pahole busybox cpio lz4 g++ python3 || return
	if ! { bash tests/lab/fetch.sh bochs && LAB_KERNEL=7.2 bash tests/lab/kernel.sh --source &&
		LAB_KERNEL=7.3 bash tests/lab/kernel.sh --source; } >"$log/lab-fetch.log" 2>&1; then
		why=$(grep -m 1 -aE '^[WE]: ' "$log/lab-fetch.log")
		if [ -n "$why" ]; then
			skip lab "Bochs or Linux cannot be fetched: $why"
		else
			tally lab-fetch 0 1 0 "lab-fetch: failed, and the mirror is not the cause"
		fi
		return
	fi
	run lab env O="$O" MAKE="${MAKE:-make}" bash tests/lab/suite.sh lab
	mapfile -t second < <(grep -vE '^(#|$)' tests/lab/second)
	run lab-7.3 env O="$O" MAKE="${MAKE:-make}" LAB_KERNEL=7.3 LAB_BOOTS="absent integrity crash" \
		bash tests/lab/suite.sh lab "${second[@]}"
}

[ $# != 0 ] || set -- build unit tsan cli fuzz lint deb kmod vm lab
for tier; do
	start=$SECONDS before=$((passed + failed + skipped))
	echo "== $tier"
	if declare -F "tier_$tier" >/dev/null; then
		"tier_$tier"
		[ $((passed + failed + skipped)) != $before ] || tally "$tier" 0 1 0 "$tier: nothing ran"
	else
		tally "$tier" 0 1 0 "$tier: no such tier"
	fi
	echo "   ($((SECONDS - start)) s)"
done

[ ${#bad[@]} = 0 ] || echo "failed: ${bad[*]} (logs in $log)"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
