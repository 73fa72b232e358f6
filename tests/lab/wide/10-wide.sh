#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The second machine: 4 packages of 2 CPUs.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154 # conditions are evaluated later

case_wide_machine()
{
	[ "$(nproc)" = 8 ] || die "$(nproc) CPUs, not 8"
	[ "$(packages)" = 4 ] || die "$(packages) packages, not 4"
	truth '^lp [0-7] init 1$' 8
	t 0 helper load
	j 0 cpu check
	is 'cpus[].tdx' "$(per_cpu enabled)"
	is 'packages[].covered' "$(per_package true)"
}

# Any package may be the one that the last CPU of is kept online.
case_wide_cpu_plan()
{
	vmm web --vcpus 1 --pages 8
	t 0 helper load
	for order in "7 6 5 4 3 2 1" "1 3 5 7 6 4 2" "4 6 7 5"; do
		plan_is_right $order || die "plan of $order: $planned, the kernel: $did"
	done
	gone "$VMM"
	nothing_left
	plan_is_right 7 6 5 4 3 2 1 || die "without a TD: planned $planned, the kernel: $did"
}

# As many TDs as there are HKIDs, released at once.
case_wide_mass_release()
{
	t 0 helper load
	for i in $(seq 1 15); do
		vmm "td$i" --vcpus 1 --pages 64 --run
	done
	in_use 15
	n=$((n + 1))
	release_all 15 64 "/out/$CASE-$n"
	n=$((n + 15))
	in_use 0
	[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
	no_slow_removal
	[ "$(calls TDH.PHYMEM.PAGE.RECLAIM)" = $((15 * 64)) ] || die "not one SEAMCALL per page"
	kill_vmms
	nothing_left
}
