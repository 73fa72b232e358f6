#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The holder of a lock, since when, and what other callers see.

case_key_config_held()
{
	t 0 helper load
	load_emul
	vmm web --pages 8
	echo "key_config 1 4000" >$EMUL/hold || die "hold"
	sleep 1
	j 0 lock
	is 'locks[package=1].state' held
	is 'locks[package=0].state' free
	at_least 'locks[package=1].held_ns' 300000000
	holder=$(value 'locks[package=1].holder')
	[ -n "$holder" ] && [ "$holder" != null ] || die "no holder"
	at_least 'locks[package=1].holder_pid' 2
	t 0 lock
	says held
	j 0 status
	is locks.held 1
	is health.state warning
	# Another TD has to wait for the lock, and runs afterwards.
	vmm db --pages 8
	j 0 lock
	is 'locks[package=1].state' free
	at_least 'locks[package=1].longest_ns' 2000000000
	at_least 'locks[package=1].contended' 1
	j 0 status
	is health.state ok
	is tds.runnable 2
}

case_tdx_lock_held()
{
	t 0 helper load
	load_emul
	vmm web --pages 8
	echo "tdx_lock 3000" >$EMUL/hold || die "hold"
	sleep 0.5
	j 0 lock
	is 'locks[name=tdx_lock].state' held
	is 'locks[name=tdx_lock].package' null
	at_least 'locks[name=tdx_lock].held_ns' 100000000
	# The release waits, then does its work.
	j 0 release web --yes
	is result released
	at_least duration_ns 500000000
	j 0 lock
	is 'locks[name=tdx_lock].state' free
}

case_many_at_once()
{
	t 0 helper load
	load_emul
	# An earlier case had VMs of these names.
	rm -f /tmp/ready.td*
	for i in 1 2 3 4 5 6 7 8; do
		/bin/vmm "td$i" --pages 50 --ready "/tmp/ready.td$i" </dev/null >"/tmp/vmm.td$i" 2>&1 &
	done
	for i in 1 2 3 4 5 6 7 8; do
		wait_for "grep -q ^ready /tmp/ready.td$i" 60
	done
	j 0 status
	is tds.runnable 8
	is tds.private_pages 400
	is 'packages[].keys_programmed' 8 8
	j 0 lock
	is 'locks[name=tdx_mng_key_config_lock].acquisitions' 8 8
	for i in 1 3 5 7; do
		tdxctl -q release "td$i" --yes >/dev/null 2>"/tmp/err.$i" &
		eval "pid$i=\$!"
	done
	for i in 1 3 5 7; do
		eval "wait \$pid$i" || die "release td$i: $(cat "/tmp/err.$i")"
	done
	truth '^td .* lifecycle 3 ' 4
	truth '^hkid .* assigned' 4
	j 0 hkid
	count 'hkids[state=configured].id' 4
	j 0 status
	is helper.violations 0
	is helper.missed 0
}
