#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# lock: who really holds tdx_lock, and what was tried again.
# shellcheck disable=SC2016,SC2034,SC2086 # conditions are evaluated later

VPFLUSHDONE=19 KEY_CONFIG=8 CREATE=9
NO_ENTROPY=0x8000020300000000 BUSY=0x8000020000000000

# slow LEAF NANOSECONDS: how long that SEAMCALL takes from now on. One that lasts
# ends at once.
slow()
{
	echo "$*" >$EMUL/delay || die "delay refused: $*"
}

# lock_until PATH VALUE: asks again and again; the document is in $OUT.
lock_until()
{
	n=$((n + 1))
	OUT=/out/$CASE-$n.json ERR=/out/$CASE-$n.err
	for _ in $(seq 1 200); do
		tdxctl --json lock >"$OUT" 2>"$ERR" || die "lock: $(cat "$ERR")"
		[ "$(jget -1 "$OUT" "$1")" != "$2" ] || return 0
	done
	die "lock: $1 never was $2"
}

# Sums what the path selects in the last document.
sum()
{
	value "$1" | awk '{ n += $1 } END { print n + 0 }'
}

# The mutex in kvm_intel: its owner is the VMM that ends, for as long as it takes.
case_lock_tdx_lock()
{
	t 0 helper load
	j 0 helper status
	is 'features[name=tdx-lock].on' true
	# This kernel has none: the SEAMCALL in flight stands for it.
	is 'features[name=key-locks].on' false
	# A long SEAMCALL is deaf: whoever waits or looks is on another CPU.
	taskset -p 3 $$ >/dev/null
	VMM_BIN="taskset 4 /bin/vmm"
	vmm web --vcpus 1 --pages 8
	web=$VMM
	VMM_BIN="taskset 8 /bin/vmm"
	vmm db --vcpus 1 --pages 8
	j 0 td list
	td=$(value 'tds[vm=web].id')
	j 0 lock
	is 'locks[name=tdx_lock].state' free
	is 'locks[name=tdx_lock].source' mutex
	is 'locks[name=tdx_lock].contended' 0
	taken=$(value 'locks[name=tdx_lock].acquisitions')
	# Until another one has to wait for it.
	slow $VPFLUSHDONE 4000000000
	kill -9 "$web"
	lock_until 'locks[name=tdx_lock].state' held
	is 'locks[name=tdx_lock].holder' web
	is 'locks[name=tdx_lock].holder_pid' "$web"
	is 'locks[name=tdx_lock].td' "$td"
	is 'locks[name=tdx_mng_key_config_lock].state' "$(per_package free)"
	kill -9 "$VMM"
	lock_until 'locks[name=tdx_lock].contended' 1
	slow $VPFLUSHDONE 4000000000
	lock_until 'locks[name=tdx_lock].holder_pid' "$VMM"
	slow $VPFLUSHDONE 0
	lock_until 'locks[name=tdx_lock].state' free
	at_least 'locks[name=tdx_lock].longest_ns' 50000000
	[ "$(value 'locks[name=tdx_lock].acquisitions')" -ge $((taken + 2)) ] ||
		die "tdx_lock was taken $taken times before, and not twice more"
	wait
	nothing_left
}

# What KVM tries again, and what it gives up on.
case_lock_retries()
{
	t 0 helper load
	fault "leaf=$KEY_CONFIG status=$NO_ENTROPY count=3"
	fault "leaf=$CREATE status=$NO_ENTROPY count=2"
	vmm web --vcpus 1 --pages 8
	j 0 lock
	[ "$(sum 'locks[name=tdx_mng_key_config_lock].entropy_retries')" = 3 ] || die "not 3 retries of KEY.CONFIG"
	is 'locks[name=tdx_lock].entropy_retries' 2
	[ "$(sum 'locks[].busy_retries')" = 0 ] || die "busy without a reason"
	allow_log 'SEAMCALL .*failed|WARNING: .*arch/x86/kvm/vmx/tdx.c|Call Trace'
	fault "leaf=$KEY_CONFIG status=$BUSY count=1"
	vmm_fails 'INIT_VM' db --pages 8
	fault "leaf=$CREATE status=$BUSY count=1"
	vmm_fails 'INIT_VM' db --pages 8
	j 0 lock
	[ "$(sum 'locks[name=tdx_mng_key_config_lock].busy_retries')" = 1 ] || die "KEY.CONFIG was busy once"
	is 'locks[name=tdx_lock].busy_retries' 1
	j 0 td list
	is 'tds[].vm' web
	kill_vmms
	nothing_left
}
