#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the cases are written with. One case runs in one shell of its own; the
# first thing that is not as expected ends it.

EMUL=/sys/kernel/debug/tdx_emul
HELPER=/sys/kernel/debug/tdxctl
n=0

die()
{
	echo "$*" >>"/tmp/why.$CASE"
	echo "FAILED: $*"
	exit 1
}

# The kernel is about to say something that would otherwise fail the run.
allow_log()
{
	echo "tdxctl-test: allow $1" >/dev/kmsg
}

load_emul()
{
	modprobe tdx_emul "$@" || die "tdx_emul does not load ($*)"
	wait_for "test -e /dev/tdx-emul"
}

one_case()
{
	CASE=$1
	echo "== $CASE"
	command -v "case_$CASE" >/dev/null || die "no such case"
	set -u
	"case_$CASE"
	exit 0
}

# After each case: no VMM, no module, every CPU online, no memory lost.
clean_up()
{
	for p in /proc/[0-9]*; do
		case $(readlink "$p/exe" 2>/dev/null) in
		/bin/vmm | /usr/sbin/tdxctl) kill -9 "${p#/proc/}" 2>/dev/null ;;
		esac
	done
	for c in /sys/devices/system/cpu/cpu[0-9]*/online; do
		[ "$(cat "$c")" = 1 ] || echo 1 >"$c"
	done
	for m in tdxctl tdx_emul; do
		for i in $(seq 1 50); do
			grep -q "^$m " /proc/modules || break
			rmmod "$m" 2>/dev/null && break
			sleep 0.2
		done
		! grep -q "^$m " /proc/modules || return 1
	done
	[ "$(cat /sys/devices/system/cpu/online)" = "0-$(($(nproc) - 1))" ]
}

# wait_for CONDITION [SECONDS]: of a usual kernel; a debug kernel is $SLOW times as slow.
wait_for()
{
	left=$((${2:-20} * 50 * ${SLOW:-1}))
	until eval "$1" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || die "timeout waiting for: $1"
		sleep 0.02
	done
}

# t STATUS ARGS...: tdxctl in text; the output is in $OUT, stderr in $ERR.
t()
{
	want=$1
	shift
	n=$((n + 1))
	OUT=/out/$CASE-$n.txt ERR=/out/$CASE-$n.err
	echo "+ tdxctl $*"
	tdxctl "$@" >"$OUT" 2>"$ERR" </dev/null
	got=$?
	[ ! -s "$ERR" ] || cat "$ERR"
	[ $got = "$want" ] || die "tdxctl $*: status $got, not $want: $(head -n 1 "$ERR")"
}

# j STATUS ARGS...: the same with --json; the document is in $OUT and is also
# checked against its schema on the host.
j()
{
	want=$1
	shift
	n=$((n + 1))
	OUT=/out/$CASE-$n.json ERR=/out/$CASE-$n.err
	echo "+ tdxctl --json $*"
	tdxctl --json "$@" >"$OUT" 2>"$ERR" </dev/null
	got=$?
	[ ! -s "$ERR" ] || cat "$ERR"
	[ $got = "$want" ] || die "tdxctl --json $*: status $got, not $want: $(head -n 1 "$ERR")"
}

# is PATH VALUE...: compares the values in the last document. '' means that no element
# matches the filter; a key that the document does not have is an error in the case.
is()
{
	path=$1
	shift
	got=$(jget -1 "$OUT" "$path") || [ $? = 1 ] || die "$(basename "$OUT"): there is no $path"
	[ "$got" = "$*" ] || die "$(basename "$OUT"): $path is \"$got\", not \"$*\""
}

# count PATH NUMBER: how many values the path selects.
count()
{
	got=$(jget -c "$OUT" "$1") || [ $? = 1 ] || die "$(basename "$OUT"): there is no $1"
	[ "$got" = "$2" ] || die "$(basename "$OUT"): $1 has $got, not $2"
}

at_least()
{
	got=$(jget "$OUT" "$1") || die "$(basename "$OUT"): there is no $1"
	[ "$got" != null ] && [ "$got" -ge "$2" ] || die "$(basename "$OUT"): $1 is \"$got\", less than $2"
}

# value PATH [FILE]: prints the selected values, one per line. The case fails if there are
# none, even if this runs in a subshell.
value()
{
	found=$(jget "${2:-$OUT}" "$1") || die "$(basename "${2:-$OUT}"): there is no $1"
	echo "$found"
}

# says PATTERN: the last run's output or error text has it.
says()
{
	grep -qiE -- "$1" "$OUT" "$ERR" || die "$(basename "$OUT") does not say \"$1\""
}

# vmm NAME OPTIONS...: starts a VMM and waits until its TD is ready; pid in $VMM.
vmm()
{
	name=$1
	rm -f "/tmp/ready.$name"
	echo "+ vmm $*"
	/bin/vmm "$@" --ready "/tmp/ready.$name" </dev/null >"/tmp/vmm.$name" 2>&1 &
	VMM=$!
	wait_for "test -s /tmp/ready.$name || ! kill -0 $VMM" 90
	grep -q ^ready "/tmp/ready.$name" || die "vmm $*: $(tail -n 1 "/tmp/vmm.$name")"
}

# vmm_fails PATTERN NAME OPTIONS...: it must be refused, and VMM or kernel say why.
vmm_fails()
{
	pattern=$1
	shift
	echo "+ vmm $* (to fail)"
	dmesg -c >/dev/null
	timeout 60 /bin/vmm "$@" </dev/null >"/tmp/vmm.$1" 2>&1
	got=$?
	cat "/tmp/vmm.$1"
	[ $got = 1 ] || die "vmm $*: status $got, not refused"
	grep -qiE -- "$pattern" "/tmp/vmm.$1" || dmesg | grep -qiE -- "$pattern" ||
		die "neither vmm $1 nor the kernel log says \"$pattern\""
}

# gone PID: kills it and waits until it is no more.
gone()
{
	kill -9 "$1"
	wait "$1" 2>/dev/null
	wait_for "! test -e /proc/$1"
}

# truth PATTERN NUMBER: lines of the emulated module's own record.
truth()
{
	got=$(grep -cE -- "$1" $EMUL/truth)
	[ "$got" = "$2" ] || die "truth has $got lines \"$1\", not $2: $(grep -E "^(td|hkid .*(assigned|flushed)|pages)" $EMUL/truth | tr '\n' ';')"
}

# fault WORDS: "leaf=20 status=0x... count=1", see $EMUL/faults
fault()
{
	echo "$*" >$EMUL/faults || die "fault refused: $*"
}

online()
{
	echo "$2" >"/sys/devices/system/cpu/cpu$1/online" 2>/dev/null
}

# Free memory, with what the per-CPU lists of the page allocator hold.
free_kb()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 0.3
	awk '/^MemFree/ { n += $2 } /^ +count:/ { n += $2 * 4 } END { print n }' /proc/meminfo /proc/zoneinfo
}
