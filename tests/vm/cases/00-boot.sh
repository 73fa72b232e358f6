#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The machine is the one the other cases count on.

case_machine()
{
	[ "$(nproc)" = 4 ] || die "$(nproc) CPUs, not 4"
	packages=$(cat /sys/devices/system/cpu/cpu*/topology/physical_package_id | sort -u | wc -l)
	[ "$packages" = 2 ] || die "$packages packages, not 2"
	[ -w /sys/devices/system/cpu/cpu3/online ] || die "no CPU hotplug"
}
