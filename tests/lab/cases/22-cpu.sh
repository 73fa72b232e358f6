#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cpu check and cpu plan say what the module answers and what the kernel then does.
# shellcheck disable=SC2016,SC2086,SC2154 # conditions are evaluated later

SYS_RD=34 NOT_DONE=0xC000050200000000

# in_every_order WHEN: each CPU after each set of others that went before.
in_every_order()
{
	for order in "0 1 2 3" "1 3 2 0" "2 1 3" "2 3 1" "3 1 2" "3 2 1"; do
		plan_is_right $order || die "$1: plan of $order: $planned, the kernel: $did"
	done
}

in_two_orders()
{
	for order in "3 2 1 0" "1 2 3"; do
		plan_is_right $order || die "$1: plan of $order: $planned, the kernel: $did"
	done
}

case_cpu_plan()
{
	in_two_orders "no helper, no TD"
	vmm web --vcpus 1 --pages 8
	in_two_orders "no helper, a TD"
	t 0 helper load
	in_every_order "a TD older than the helper"
	gone "$VMM"
	nothing_left
	in_every_order "no TD any more"
	vmm init --stop-at init
	in_two_orders "a TD the helper saw"
	gone "$VMM"
	nothing_left
	# As after an upgrade: all that is known comes from the cgroup.
	t 0 helper unload
	t 0 helper load
	in_two_orders "a helper that has seen nothing"
}

# One that says it was never initialised is found, whatever the kernel believes.
case_cpu_not_enabled()
{
	t 0 helper load
	fault "leaf=$SYS_RD lp=2 status=$NOT_DONE count=1"
	j 7 cpu check
	is 'cpus[cpu=2].tdx' not-enabled
	count 'cpus[tdx=enabled].cpu' $(($(nproc) - 1))
	is 'cpus[cpu=2].status' 0xc000050200000000
	j 0 cpu check
}

# IBT is on and caused no fault. KVM is loaded and unloaded.
case_cpu_features()
{
	grep -qw ibt /proc/cpuinfo || die "the CPU has no IBT"
	dmesg | grep -q 'Indirect Branch Tracking enabled' || die "the kernel does not use IBT"
	t 0 helper load
	j 0 helper status
	for f in seamcall seamcall-ret tdx-lock cpu-check; do
		is "features[name=$f].on" true
	done
	is 'features[name=adopted].on' false
	j 0 status
	j 0 helper status
	is 'features[name=adopted].on' true
	rmmod kvm_intel || die "kvm_intel stays"
	j 0 helper status
	is 'features[name=tdx-lock].on' false
	is 'features[name=seamcall].on' true
	j "$(expected without-kvm.lock)" lock
	[ "$(expected without-kvm.lock)" != 0 ] || is 'locks[name=tdx_lock].source' seamcall
	# Where the kernel initializes the TDX module at boot, it keeps VMX on without KVM.
	j "$(expected without-kvm.status)" cpu check
	is 'cpus[].tdx' "$(per_cpu "$(expected without-kvm.cpu)")"
	modprobe kvm_intel tdx=1 || die "kvm_intel does not come back"
	j 0 helper status
	is 'features[name=tdx-lock].on' true
	vmm web --vcpus 1 --pages 8
	j 0 td list
	is 'tds[].state' runnable
	gone "$VMM"
	nothing_left
}
