#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# trace and stat: the SEAMCALLs of real KVM, seen by BPF programs.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

# observe ARGS...: starts tdxctl with these in the background and waits until it observes; PID in $OBSERVER.
observe()
{
	n=$((n + 1))
	OUT=/out/$CASE-$n.txt ERR=/out/$CASE-$n.err
	echo "+ tdxctl $*"
	tdxctl "$@" >"$OUT" 2>"$ERR" </dev/null &
	OBSERVER=$!
	wait_for "grep -q 'are observed' $ERR || ! kill -0 $OBSERVER" 120
	kill -0 $OBSERVER || die "tdxctl $*: $(cat "$ERR")"
}

finish()
{
	kill -INT $OBSERVER
	wait $OBSERVER || die "status $?: $(cat "$ERR")"
}

# The life of one TD, in order, and nothing of each page.
case_trace_life()
{
	observe trace
	vmm web --vcpus 2 --pages 64
	gone "$VMM"
	nothing_left
	finish
	sed -n 's/.* \(TDH[A-Z.]*\)(.*/\1/p' "$OUT" | uniq >/tmp/leaves
	for leaf in TDH.MNG.CREATE TDH.MNG.KEY.CONFIG TDH.MNG.INIT TDH.VP.CREATE TDH.VP.INIT TDH.MR.FINALIZE \
		TDH.MNG.VPFLUSHDONE TDH.PHYMEM.CACHE.WB TDH.MNG.KEY.FREEID; do
		at=$(grep -n -m 1 "^$leaf\$" /tmp/leaves | cut -d: -f1)
		[ "${at:-0}" -gt "${last:-0}" ] || die "$leaf is at ${at:-0}, after ${last:-0}"
		last=$at
	done
	[ "$(grep -c 'TDH.MNG.KEY.CONFIG(td=web, .*TDX_SUCCESS' "$OUT")" = "$(packages)" ] ||
		die "KEY.CONFIG is not seen on each package"
	says 'TDH.MNG.CREATE.td=web, hkid=[0-9]+. = TDX_SUCCESS <'
	! grep -q 'TDH.MEM.PAGE.ADD' "$OUT" || die "calls for pages"
	! grep -q ' lost' "$OUT" || die "calls were lost"
}

# summed LEAF KEYS: the sum of the numbers after KEYS in the rows of LEAF, of all lines.
summed()
{
	grep -o "\"leaf\": \"$1\", $2: [0-9]*" "$OUT" | awk '{ n += $NF } END { print n + 0 }'
}

# Each interval is a line, and no call falls between two. Loading the programs takes half a
# minute here, so the filters of trace are tried with few functions.
case_trace_filters()
{
	observe --json stat --interval 1
	vmm web --vcpus 1 --pages 256
	gone "$VMM"
	nothing_left
	finish
	[ "$(summed TDH.MEM.PAGE.ADD '"calls"')" = 256 ] || die "not 256 pages"
	[ "$(summed TDH.MNG.CREATE '"calls"')" = 1 ] || die "not one TD"
	[ "$(summed TDH.MNG.KEY.CONFIG '"calls"')" = "$(packages)" ] || die "not a key for each package"
	# One call in 8 is timed, and the first one of each CPU.
	timed=$(summed TDH.MEM.PAGE.ADD '"from_ns": [0-9]*, "below_ns": [0-9]*, "calls"')
	case $timed in
	2[4-9] | 3[0-9] | 40) ;;
	*) die "$timed pages in the histogram" ;;
	esac
	tail -n 1 "$OUT" >/tmp/stat.last
	OUT=/tmp/stat.last
	is command stat
	is source bpf
	is schema_version 1
	observe --json trace --leaf 'TDH.MNG.*' --errors
	allow_log 'SEAMCALL .*failed|WARNING: .*arch/x86/kvm/vmx/tdx.c|Call Trace'
	fault "leaf=8 status=0x8000020000000000 count=1"
	vmm_fails 'INIT_VM' db --pages 8
	finish
	[ "$(grep -c . "$OUT")" = 1 ] || die "not one line: $(head -n 3 "$OUT")"
	grep -q '"leaf": "TDH.MNG.KEY.CONFIG".*"status": "0x8000020000000000", "status_name": "TDX_OPERAND_BUSY"' "$OUT" ||
		die "not the call that failed: $(cat "$OUT")"
	kill_vmms
	nothing_left
}

# Calls that find no room, because the command was stopped for a while, are counted and reported.
case_trace_losses()
{
	observe trace --leaf '*.PAGE.*'
	kill -STOP $OBSERVER
	vmm web --vcpus 1 --pages 8192
	gone "$VMM"
	nothing_left
	kill -CONT $OBSERVER
	wait_for "grep -q ' calls lost: ' $OUT" 60
	finish
	lost=$(awk '/ lost: / { n += $1 } END { print n }' "$OUT")
	printed=$(grep -c 'TDH[A-Z.]*PAGE[A-Z.]*(' "$OUT")
	[ "$printed" -gt 0 ] || die "no call was printed"
	# Each page is added and reclaimed.
	[ $((printed + lost)) -ge 16384 ] || die "$printed calls are printed and $lost lost, less than 16384"
	tail -n 1 "$OUT"
}

# With the helper, stat is the difference of what it counted.
case_stat_helper()
{
	t 0 helper load
	vmm old --vcpus 1 --pages 16
	observe stat --json
	vmm web --vcpus 1 --pages 64
	gone "$VMM"
	finish
	is source helper
	is 'leaves[leaf=TDH.MEM.PAGE.ADD].calls' 64
	is 'leaves[leaf=TDH.MNG.CREATE].calls' 1
	is 'leaves[leaf=TDH.MNG.KEY.CONFIG].calls' "$(packages)"
}

# Replayed on a ledger, what a trace has printed gives what seam knows: one that began before
# the first TD, and one that began later, without the helper and with it.
case_trace_replay()
{
	observe --json trace --leaf '*'
	first=$OBSERVER calls=$OUT errors=$ERR
	vmm old --vcpus 2 --pages 16
	cat $EMUL/truth >/out/replay-before.txt
	t 0 helper load
	observe --json trace --leaf '*'
	old=$VMM
	vmm web --vcpus 1 --pages 16
	gone "$old"
	wait_for "cat $EMUL/truth >/out/replay-truth.txt && [ \"\$(grep -c '^td ' /out/replay-truth.txt)\" = 1 ]" 10
	finish
	kill -INT $first
	wait $first || die "status $?: $(cat "$errors")"
	cat "$errors" "$ERR"
	replay "$calls" /out/replay-truth.txt || die "from the start, they differ"
	replay "$OUT" /out/replay-truth.txt /out/replay-before.txt || die "from the middle, they differ"
	gone "$VMM"
	nothing_left
}

happened()
{
	wait_for "grep -q '\"event\": \"$1\"' /tmp/events" 60
}

# Without the helper, BPF programs wake monitor, which reads the host only once an hour else.
case_monitor_bpf()
{
	tdxctl monitor -d 3600 --json >/tmp/events 2>/tmp/events.err </dev/null &
	monitor=$!
	wait_for '[ $(grep -l "link_type:.*tracing" /proc/$monitor/fdinfo/* | wc -l) -ge 14 ]' 120
	vmm web --vcpus 2 --pages 64
	happened td-created
	happened td-finalized
	gone "$VMM"
	nothing_left
	happened teardown
	happened hkid-freed
	# A TD begins and ends while the monitor is stopped.
	kill -STOP "$monitor"
	vmm short --vcpus 1 --pages 8
	gone "$VMM"
	nothing_left
	grep -q tds-unseen /tmp/events && die "TDs were seen, and reported as unseen"
	kill -CONT "$monitor"
	happened tds-unseen
	grep tds-unseen /tmp/events | grep -q '"value": 1[^0-9]' || die "unseen: $(grep tds-unseen /tmp/events)"
	kill -TERM "$monitor"
	wait "$monitor" || die "monitor: $(cat /tmp/events.err)"
	[ ! -s /tmp/events.err ] || die "monitor: $(cat /tmp/events.err)"
}
