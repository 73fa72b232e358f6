#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the lab's cases are written with: the words of the other guests' cases,
# on KVM instead of the emulated TD manager.
# shellcheck disable=SC2034,SC1091,SC2086
. /suite/vm-lib.sh

EMUL=/sys/kernel/debug/seam
SLOW=${SLOW:-1}

VMM_BIN=/bin/vmm

# want_log PATTERN: the run fails unless the kernel logs it from here on.
want_log()
{
	echo "tdxctl-test: want $1" >/dev/kmsg
}

# vmm NAME OPTIONS...: starts a VMM and waits until its TD is ready; pid in $VMM.
vmm()
{
	name=$1
	rm -f "/tmp/ready.$name"
	echo "+ vmm $*"
	$VMM_BIN --dev /dev/kvm "$@" --ready "/tmp/ready.$name" </dev/null >"/tmp/vmm.$name" 2>&1 &
	VMM=$!
	wait_for "test -s /tmp/ready.$name || ! kill -0 $VMM" 90
	grep -q ^ready "/tmp/ready.$name" || die "vmm $*: $(tail -n 1 "/tmp/vmm.$name")"
}

# vmm_fails PATTERN NAME OPTIONS...: it must be refused, and say why.
vmm_fails()
{
	pattern=$1
	shift
	echo "+ vmm $* (to fail)"
	timeout 60 $VMM_BIN --dev /dev/kvm "$@" </dev/null >"/tmp/vmm.$1" 2>&1
	got=$?
	cat "/tmp/vmm.$1"
	[ $got = 1 ] || die "vmm $*: status $got, not refused"
	grep -qiE -- "$pattern" "/tmp/vmm.$1" || die "vmm $1 does not say \"$pattern\""
}

# ask PID SIGNAL NAME WORD: the VMM does what the signal stands for, and says so.
ask()
{
	kill "-$2" "$1" || die "vmm $3 is gone"
	wait_for "grep -q '^$4' /tmp/ready.$3" 60
}

# has FACT: it is true of this kernel. "!" negates it, "-" is true of each.
has()
{
	case $1 in
	-) ;;
	!*) ! grep -qxF -- "${1#!}" /suite/facts ;;
	*) grep -qxF -- "$1" /suite/facts ;;
	esac
}

# expected NAME: prints the value of this kernel.
expected()
{
	tab=$(printf '\t')
	while IFS=$tab read -r name fact value; do
		if [ "$name" = "$1" ] && has "$fact"; then
			echo "$value"
			return
		fi
	done </suite/expect
	die "tests/lab/expect has no $1 for this kernel"
}

# packages: how many the machine has.
packages()
{
	cat /sys/devices/system/cpu/cpu[0-9]*/topology/physical_package_id | sort -u | wc -l
}

# per_cpu WORD, per_package WORD: the word once for each of them, on one line.
per_cpu()
{
	yes "$1" | head -n "$(nproc)" | paste -s -d " "
}

per_package()
{
	yes "$1" | head -n "$(packages)" | paste -s -d " "
}

# plan_is_right CPU...: what is planned for these, in this order, then happens.
plan_is_right()
{
	list=$(echo "$*" | tr ' ' ,)
	tdxctl --json cpu plan "$list" >/tmp/plan.json 2>&1
	planned=$(value 'plan[].allowed' /tmp/plan.json | tr '\n' ' ')
	did=
	for c in "$@"; do
		if online $c 0; then did="${did}true "; else did="${did}false "; fi
	done
	for c in "$@"; do
		[ ! -e /sys/devices/system/cpu/cpu$c/online ] || online $c 1 || die "CPU $c does not come back"
	done
	[ "$planned" = "$did" ]
}

# HKIDs in use as the kernel's cgroup counts them.
charged()
{
	awk '$1 == "tdx" { n = $2 } END { print n + 0 }' /sys/fs/cgroup/misc.current
}

# What earlier cases of this boot leaked: see lose() of the faults, which have
# boots of their own.
lost()
{
	cat "/tmp/lost.$1" 2>/dev/null || echo 0
}

# held NUMBER TRUTH: HKIDs in use, for the kernel and by this reading of the truth.
held()
{
	[ "$(charged)" = "$1" ] || die "misc.current says $(charged), not $1"
	got=$(grep -cE '^hkid [0-9]+ (assigned|flushed) ' "$2")
	[ "$got" = "$1" ] || die "$got HKIDs are in use, not $1: $(grep -E '^(td|hkid .*(assigned|flushed)) ' "$2" | tr '\n' ';')"
}

# in_use NUMBER: so many TDs, besides the lost.
in_use()
{
	held $(($1 + $(lost hkids))) $EMUL/truth
}

reg_pages()
{
	sed -n 's/^pages reg \([0-9]*\) .*/\1/p' $EMUL/truth
}

pages_line()
{
	grep '^pages ' $EMUL/truth
}

# calls LEAF: how often it was called, for the helper.
calls()
{
	awk -v l="$1" '$1 == l { n = $2 } END { print n + 0 }' $HELPER/seamcalls
}

# No removal of pages from a TD that has its HKID.
no_slow_removal()
{
	for l in TDH.MEM.RANGE.BLOCK TDH.MEM.TRACK TDH.MEM.PAGE.REMOVE; do
		[ "$(calls $l)" = 0 ] || die "$(calls $l) calls of $l"
	done
}

# released VM PAGES: early, and all of it.
released()
{
	j 0 release "$1" --yes
	is strategy early
	is result released
	is hkid_freed true
	is pages_reclaimed "$2"
	is page_seamcalls "$2"
	is verified true
}

# Nothing of any TD is left: no HKID, no page, no VM. To be told the truth takes its
# time, so it is read once for all of it; it is not of one moment.
nothing_left()
{
	want=$(cat /tmp/lost.pages 2>/dev/null || echo 'pages reg 0 tdr 0 tdcx 0 tdvpr 0 sept 0')
	wait_for "cat $EMUL/truth >/tmp/truth && grep -qx '$want' /tmp/truth &&
		[ \"\$(grep -c '^td ' /tmp/truth)\" = $(lost tds) ]" 5
	held "$(lost hkids)" /tmp/truth
}

# The PIDs of all VMMs, whatever their names. One process lists them: under the
# debug kernel a process for each VMM would be most of the time of a case.
vmm_pids()
{
	# shellcheck disable=SC2012 # no -lname in this find
	ls -l /proc/[0-9]*/exe 2>/dev/null |
		sed -n 's#.* /proc/\([0-9]*\)/exe -> /bin/\(vmm\|tdxctl\)$#\1#p'
}

# Which TDs exist, and which HKID each has: seam, the helper, the kernel's cgroup,
# KVM and its log must agree. A killed VMM needs time to end.
disagreement()
{
	cat $EMUL/truth >/tmp/agree.truth
	for verb in status hkid "td list"; do
		# shellcheck disable=SC2086
		tdxctl --json $verb >"/tmp/agree.${verb%% *}" 2>&1 || echo "$verb failed"
	done
	vms=$(cd /sys/kernel/debug/kvm 2>/dev/null && echo *-*)
	lost=$(dmesg | sed -n 's/.*HKID \([0-9]*\) is leaked.*/\1/p' | tr '\n' ' ')
	awk -v charged="$(charged)" -v vms="$vms" -v lost="$lost" -v blind="$(cat "/tmp/blind.$CASE" /tmp/lost-before 2>/dev/null)" \
		-v silent="$(cat "/tmp/silent.$CASE" 2>/dev/null)" \
		-f /suite/agree.awk /tmp/agree.truth /tmp/agree.status /tmp/agree.hkid /tmp/agree.td ||
		echo "agree.awk: status $?"
}

agree()
{
	for i in $(seq 1 30); do
		why=$(disagreement)
		[ -n "$why" ] || return 0
		sleep 0.2
	done
	for f in status hkid td; do
		cp /tmp/agree.$f "/out/$CASE-agree-$f.json"
	done
	cp /tmp/agree.truth "/out/$CASE-agree-truth.txt"
	die "they disagree: $(echo "$why" | head -n 3 | tr '\n' ';')"
}

# blind: this case's TDs are older than the helper and cannot be read by it.
blind()
{
	echo 1 >"/tmp/blind.$CASE"
}

helper_there()
{
	grep -q '^tdxctl ' /proc/modules
}

# As for the other guests, and what the helper says in the end must be true.
one_case()
{
	CASE=$1
	# What was lost before it came a helper does not know.
	[ "$(lost tds)" = 0 ] || echo 1 >/tmp/lost-before
	echo "== $CASE"
	command -v "case_$CASE" >/dev/null || die "no such case"
	set -u
	"case_$CASE"
	if helper_there; then
		agree
		# Nothing will change: once is enough.
		grep -q '^td ' /tmp/agree.truth || touch "/tmp/settled.$CASE"
	fi
	exit 0
}

# Every VMM ends.
kill_vmms()
{
	for p in $(vmm_pids); do
		kill -9 "$p" 2>/dev/null
	done
}

# KVM as it was, after a case that loaded another one.
same_kvm()
{
	[ -e /tmp/other-kvm ] || return 0
	wait_for 'rmmod kvm_intel 2>/dev/null || ! grep -q "^kvm_intel " /proc/modules' 5
	modprobe kvm_intel tdx=1 || return 1
	rm -f /tmp/other-kvm
}

clean_up()
{
	CASE=${CASE:-clean-up}
	echo clear >$EMUL/faults
	for leaf in 18 19 20 28 29 40; do
		echo "$leaf 0" >$EMUL/delay
	done
	kill_vmms
	for c in /sys/devices/system/cpu/cpu[0-9]*/online; do
		[ "$(cat "$c")" = 1 ] || echo 1 >"$c"
	done
	rm -f "/tmp/blind.$CASE"
	umount /sys/kernel/btf 2>/dev/null
	# A helper that is wrong goes, too: the next case has one of its own.
	agreed=0
	if helper_there && [ ! -e "/tmp/settled.$CASE" ]; then
		(agree) || agreed=1
	fi
	for i in $(seq 1 400); do
		helper_there || break
		rmmod tdxctl 2>/dev/null && break
		sleep 0.05
	done
	! helper_there || return 1
	(same_kvm) || return 1
	! grep -q '^plant_pamt ' /proc/modules || rmmod plant_pamt || return 1
	[ "$(cat /sys/devices/system/cpu/online)" = "0-$(($(nproc) - 1))" ] || return 1
	(nothing_left) && return $agreed
}

# release_all TDS PAGES FILE: releases td1 to tdTDS at once, early, and each gives its PAGES and
# its HKID back. Their documents are FILE-1.json and so on.
release_all()
{
	releases=
	for i in $(seq 1 $1); do
		tdxctl --json release "td$i" --yes >"$3-$i.json" 2>"/tmp/release.$i" &
		releases="$releases $!"
	done
	i=0
	for pid in $releases; do
		i=$((i + 1))
		wait "$pid" || die "release of td$i: status $?: $(cat "/tmp/release.$i")"
		OUT=$3-$i.json
		is strategy early
		is result released
		is hkid_freed true
		is pages_reclaimed $2
		is page_seamcalls $2
		is verified true
	done
}
