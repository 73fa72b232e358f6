#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# check and wait, as cron, a monitoring plugin and a script call them.

# plugin STATUS WORD: one line, which begins with the state.
plugin()
{
	t "$1" check --format nagios
	[ "$(wc -l <"$OUT")" = 1 ] || die "more than a line: $(cat "$OUT")"
	grep -q "^TDX $2 - " "$OUT" || die "not $2: $(cat "$OUT")"
}

case_check()
{
	# A guest like any other machine: no TDX, and no wrong alarm.
	t 3 check -q
	says 'no TDX'
	plugin 3 UNKNOWN
	t 0 helper load
	load_emul
	vmm web --pages 8
	j 0 check
	is state ok
	is 'checks[id=hkids_free].value' 14
	is 'checks[id=hkids_free].total' 15
	is 'checks[id=packages_uncovered].value' 0
	is 'checks[id=missed].value' 0
	count 'findings[].check' 0
	t 0 check -q
	[ ! -s "$OUT" ] || die "-q is not silent: $(cat "$OUT")"
	plugin 0 OK
	grep -q ' hkids_free=14;2:;1:;0;15 ' "$OUT" || die "performance data"

	echo "key_config 1 4000" >$EMUL/hold || die "hold"
	sleep 1.5
	j 7 check
	is state warning
	is 'findings[].check' lock_held
	at_least 'checks[id=lock_held].value' 1000000000
	plugin 1 WARNING
	says 'key-config lock of package 1 is held'
	t 0 check -w lock_held=1m
	wait_for 'tdxctl check -q'

	online 2 0 || die "CPU 2"
	gone "$VMM"
	wait_for 'tdxctl wait --hkids-free 15 --timeout 1'
	online 3 0 || die "CPU 3"
	plugin 2 CRITICAL
	says 'package 1 has no online CPU'
	t 7 check -q
	online 3 1 || die "CPU 3"
	online 2 1 || die "CPU 2"
	t 0 check
}

# The machine's own file, good and bad.
case_check_conf()
{
	t 0 helper load
	load_emul
	vmm web --pages 8
	echo 'hkids_free_warning = 15' >/etc/tdxctl.conf
	j 7 check
	is config /etc/tdxctl.conf
	is 'findings[].text' "only 14 of 15 HKIDs are free: 'tdxctl hkid' lists the owners"
	j 0 status
	is health.state warning
	echo 'hkids_free_warnin = 15' >>/etc/tdxctl.conf
	t 2 check
	says '/etc/tdxctl.conf:2: unknown key'
	plugin 3 UNKNOWN
	t 0 status
	says 'warning: /etc/tdxctl.conf:2'
	rm /etc/tdxctl.conf
	t 0 check
}

# Without root the helper does not answer: what is left is told, the rest unknown.
case_check_nobody()
{
	t 0 helper load
	load_emul
	su -s /bin/sh nobody -c "tdxctl --json check" >"/out/$CASE.json" 2>/tmp/err
	got=$?
	cat "/out/$CASE.json" /tmp/err
	OUT=/out/$CASE.json
	# This kernel's cgroup knows no TDX.
	[ $got = 3 ] || [ $got = 4 ] || die "nobody: check: status $got"
	is state unknown
	is 'checks[id=packages_uncovered].value' 0
	is 'checks[id=hkids_leaked].unknown.value' only root can read from the helper
}

case_wait()
{
	t 3 wait --hkids-free 1
	t 0 helper load
	load_emul
	vmm web --pages 8
	first=$VMM
	vmm db --pages 8
	j 7 wait --hkids-free 14 --timeout 1
	is reached false
	is hkids_free 13
	at_least waited_ns 1000000000
	(sleep 1; kill -9 "$first") &
	j 0 wait --hkids-free 14 --timeout 20
	is reached true
	at_least waited_ns 500000000
	wait "$first" 2>/dev/null
	t 1 wait --hkids-free 16
	# A signal ends it, and it says so.
	tdxctl --json wait --hkids-free 15 >"/out/$CASE.json" 2>/tmp/err &
	waiter=$!
	sleep 1
	kill -TERM $waiter
	wait $waiter
	[ $? = 1 ] || die "not ended by the signal"
	OUT=/out/$CASE.json
	is error.code interrupted
}
