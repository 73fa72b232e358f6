#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tdxctl on real KVM says what the module, the kernel's cgroup and KVM say: agree,
# which every case that leaves the helper loaded ends with.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

case_tdxctl_life()
{
	t 0 helper load
	agree
	vmm web --vcpus 2 --pages 64 --measure
	agree
	vmm db --vcpus 1 --pages 32
	agree
	t 0 status
	says '2 configured'
	t 0 td
	j 0 td list
	is 'tds[vm=web].private_pages' 64
	is 'tds[vm=web].vcpus' 2
	is 'tds[vm=web].state' runnable
	is 'tds[vm=db].private_pages' 32
	[ "$(find /sys/kernel/debug/kvm -mindepth 1 -maxdepth 1 -type d | wc -l)" = 2 ] ||
		die "KVM's debugfs has not 2 VMs"
	gone "$VMM"
	wait_for '[ "$(charged)" = 1 ]'
	agree
	kill_vmms
	nothing_left
	agree
	j 0 status
	is health.state ok
	t 0 helper unload
}

# Pages that KVM adds to a running guest, and takes from it.
case_tdxctl_running()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 16 --touch 48 --punch
	wait_for '[ "$(reg_pages)" = 64 ]' 60
	agree
	ask "$VMM" USR2 web punched
	agree
	j 0 td list
	is 'tds[vm=web].private_pages' 0
	gone "$VMM"
	nothing_left
	agree
}

# A TD that was never finished holds an HKID all the same.
case_tdxctl_unfinished()
{
	t 0 helper load
	vmm init --stop-at init
	vmm memory --stop-at memory --pages 8 --vcpus 2
	agree
	j 0 td list
	is 'tds[vm=init].state' initialized
	is 'tds[vm=memory].state' initialized
	is 'tds[vm=memory].vcpus' 2
	is 'tds[vm=memory].max_vcpus' 4
	j 0 status
	is tds.initialized 2
	is tds.never_finalized 2
	t 0 status
	says '2 never finalized but holding an HKID'
	kill_vmms
	nothing_left
	agree
}

case_tdxctl_locks()
{
	t 0 helper load
	vmm web --vcpus 1 --pages 8
	j 0 lock
	is 'locks[name=tdx_lock].state' free
	gone "$VMM"
	nothing_left
}

case_tdxctl_cpu()
{
	t 0 helper load
	j 0 cpu check
	is 'cpus[].tdx' "$(per_cpu enabled)"
	is 'packages[].covered' "$(per_package true)"
	package=$(cat /sys/devices/system/cpu/cpu3/topology/physical_package_id)
	for c in 1 2; do
		[ "$(cat /sys/devices/system/cpu/cpu$c/topology/physical_package_id)" != "$package" ] ||
			other=$c
	done
	vmm web --vcpus 1 --pages 8
	# What the plan says, the kernel then does.
	j 0 cpu plan 3
	online 3 0 || die "CPU 3 does not go"
	j 7 cpu plan "$other"
	is 'plan[].allowed' false
	online "$other" 0 && die "the last CPU of package $package went"
	online 3 1 || die "CPU 3 does not come back"
	j 0 cpu check
	is 'cpus[].tdx' "$(per_cpu enabled)"
	gone "$VMM"
	nothing_left
	online 3 0 || die "CPU 3"
	online "$other" 0 || die "CPU $other is held though no HKID is in use"
}
