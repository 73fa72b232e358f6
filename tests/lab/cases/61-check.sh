#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# check and wait on real KVM, from the kernel's own count where there is no helper.
# shellcheck disable=SC2016 # conditions are evaluated later

case_check_files()
{
	j 0 check
	is state ok
	is 'checks[id=hkids_free].value' 15
	is 'checks[id=hkids_free].total' 15
	is 'checks[id=packages_uncovered].value' 0
	# The kernel log has no leak.
	is 'checks[id=hkids_leaked].state' ok
	vmm web --vcpus 1 --pages 8
	vmm init --stop-at init
	j 0 check
	is 'checks[id=hkids_free].value' 13
	j 7 check -w hkids_free=14
	is state warning
	is 'findings[].text' "only 13 of 15 HKIDs are free: 'tdxctl hkid' lists the owners"
	t 1 check --format nagios -w hkids_free=14
	grep -q '^TDX WARNING - only 13 of 15 HKIDs are free: .tdxctl hkid. lists the owners | .* hkids_free=13;14:;1:;0;15 ' "$OUT" || die "plugin"
	t 0 check --format prom
	says '^tdxctl_check_value.check="hkids_free". 13$'
	# A threshold of -w needs data that only the helper has.
	j 5 check -w teardown=1m
	is error.code helper-missing
}

# The module of the lab has a version, which sysfs tells.
case_check_module_version()
{
	version=$(cat /sys/devices/faux/tdx_host/version)
	t 0 check -w "module_version=$version"
	t 7 check -w module_version=9.9.9
	says "TDX module $version is older"
}

case_check_wait()
{
	vmm web --vcpus 1 --pages 8
	first=$VMM
	vmm db --vcpus 1 --pages 8
	j 7 wait --hkids-free 14 --timeout 1
	is hkids_free 13
	(sleep 1; kill -9 "$first") &
	j 0 wait --hkids-free 14 --timeout 60
	is reached true
	t 1 wait --hkids-free 16
	t 0 helper load
	j 0 wait --hkids-free 14
	(sleep 1; tdxctl -q release db --yes >/dev/null 2>&1) &
	j 0 wait --hkids-free 15 --timeout 60
	is hkids_free 15
}
