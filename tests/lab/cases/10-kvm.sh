#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# KVM's own TDX code on the software module: each step of a TD's life, and every
# way out of it. No helper, no tdxctl.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

case_machine()
{
	[ "$(nproc)" = 4 ] || die "$(nproc) CPUs, not 4"
	[ "$(cat /sys/module/kvm_intel/parameters/tdx)" = Y ] || die "KVM has no TDX"
	grep -qx 'tdx 15' /sys/fs/cgroup/misc.capacity || die "$(cat /sys/fs/cgroup/misc.capacity)"
	truth '^sys ready$' 1
	truth '^lp [0-3] init 1$' 4
	truth '^hkid 16 reserved ' 1
	truth '^hkid [0-9]+ free ' 15
	nothing_left
}

case_life()
{
	# Mainline has no limit of a TD's own.
	vmm_fails 'KVM_CAP_MAX_VCPUS=4: Invalid' web --max-vcpus 4
	vmm web --vcpus 2 --pages 64 --measure
	in_use 1
	truth '^td .* op 2 .* vcpus 2$' 1
	truth '^pages reg 64 tdr 1 ' 1
	kill "$VMM"
	wait "$VMM" || die "the VMM did not end well"
	nothing_left
}

# The guest halts, takes interrupts, and accepts pages that KVM has to add.
case_run()
{
	vmm web --vcpus 4 --pages 16 --touch 100
	wait_for '[ "$(reg_pages)" = 116 ]' 60
	sleep 0.5
	kill -0 "$VMM" || die "the VMM is gone"
	[ ! -s /tmp/vmm.web ] || die "a vCPU left KVM_RUN: $(cat /tmp/vmm.web)"
	gone "$VMM"
	nothing_left
}

# Pages are taken from a guest that halts: it does not miss them.
case_punch()
{
	vmm web --vcpus 2 --pages 32 --touch 32 --punch
	wait_for '[ "$(reg_pages)" = 64 ]' 60
	ask "$VMM" USR2 web punched
	truth '^pages reg 0 ' 1
	in_use 1
	truth '^td .* op 2 ' 1
	gone "$VMM"
	nothing_left
}

# Private memory becomes shared, which ends it, and private again, with new pages.
case_convert()
{
	vmm web --vcpus 2 --pages 32 --touch 32 --convert
	wait_for '[ "$(reg_pages)" = 64 ]' 60
	for i in 1 2; do
		rm -f /tmp/ready.web
		ask "$VMM" USR2 web private
		truth '^pages reg 0 ' 1
		in_use 1
	done
	[ ! -s /tmp/vmm.web ] || die "a vCPU left KVM_RUN: $(cat /tmp/vmm.web)"
	gone "$VMM"
	nothing_left
}

# And from one that uses them all the time: it accepts new ones.
case_punch_busy()
{
	vmm web --vcpus 2 --pages 8 --touch 24 --busy --punch
	wait_for '[ "$(reg_pages)" = 32 ]' 60
	for i in 1 2 3; do
		rm -f /tmp/ready.web
		ask "$VMM" USR2 web punched
		wait_for '[ "$(reg_pages)" = 24 ]' 60
	done
	[ ! -s /tmp/vmm.web ] || die "a vCPU left KVM_RUN: $(cat /tmp/vmm.web)"
	gone "$VMM"
	nothing_left
}

case_two_at_once()
{
	vmm web --vcpus 2 --pages 40 --run
	web=$VMM
	vmm db --vcpus 1 --pages 24 --measure
	in_use 2
	truth '^pages reg 64 tdr 2 ' 1
	gone "$web"
	wait_for "[ \"\$(grep -c '^td ' $EMUL/truth)\" = 1 ]"
	in_use 1
	truth '^pages reg 24 tdr 1 ' 1
	vmm web --vcpus 1 --pages 8
	in_use 2
	gone "$VMM"
	kill_vmms
	nothing_left
}

# A VMM may end anywhere.
case_half_way()
{
	for step in created init vcpus memory finalized; do
		for sig in TERM KILL; do
			vmm "$step" --stop-at $step --vcpus 2 --pages 8
			[ $step = created ] || in_use 1
			kill -$sig "$VMM"
			wait "$VMM" 2>/dev/null
			nothing_left
		done
	done
}

case_kill_running()
{
	vmm web --vcpus 4 --pages 8 --touch 64 --busy
	gone "$VMM"
	nothing_left
}

# A VMM that closes the guest_memfd first frees the pages one by one.
case_memory_first()
{
	vmm web --vcpus 1 --pages 64 --close-gmem
	ask "$VMM" USR1 web closed
	in_use 1
	gone "$VMM"
	nothing_left
}

case_all_hkids()
{
	pids=
	for i in $(seq 1 15); do
		vmm "vm$i" --stop-at init
		pids="$pids $VMM"
	done
	in_use 15
	vmm_fails 'INIT_VM' more --stop-at init
	in_use 15
	for p in $pids; do
		kill -9 "$p"
	done
	nothing_left
}

# A step of the module fails: KVM frees everything.
case_failing_steps()
{
	allow_log 'SEAMCALL .*failed|WARNING: .*arch/x86/kvm/vmx/tdx.c|Call Trace'
	fault "leaf=9 status=0x8000020300000000 count=10"
	vmm_fails 'INIT_VM: Resource temporarily' web --pages 8
	nothing_left
	for leaf in 9 8 1 21; do
		fault "leaf=$leaf status=0xC000010000000002 count=1"
		vmm_fails 'INIT_VM' web --pages 8
		nothing_left
	done
	for leaf in 10 4 22; do
		fault "leaf=$leaf status=0xC000010000000002 count=1"
		vmm_fails 'INIT_VCPU' web --pages 8
		nothing_left
	done
	fault "leaf=17 status=0xC000010000000002 count=1"
	vmm_fails 'FINALIZE_VM' web --pages 8
	nothing_left
}

case_hotplug()
{
	online 3 0 || die "CPU 3 does not go"
	online 3 1 || die "CPU 3 does not come back"
	vmm web --vcpus 1 --pages 8
	package=$(cat /sys/devices/system/cpu/cpu3/topology/physical_package_id)
	other=
	for c in 1 2; do
		[ "$(cat /sys/devices/system/cpu/cpu$c/topology/physical_package_id)" != "$package" ] ||
			other=$c
	done
	online 3 0 || die "CPU 3 does not go while a TD lives"
	online "$other" 0 && die "the last CPU of package $package went"
	gone "$VMM"
	nothing_left
	online "$other" 0 || die "CPU $other does not go without a TD"
	online "$other" 1 || die "CPU $other does not come back"
	online 3 1 || die "CPU 3 does not come back"
	truth '^lp [0-9]+ init 1$' "$(nproc)"
}
