#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# doctor on kernels without TDX: what is said of the machine, and what the helper adds.

# findings FAILURES WARNINGS: of the last document; notes differ between kernels. True of
# this machine: no SGX, and no kernel whose cgroups count HKIDs.
findings()
{
	# shellcheck disable=SC2086 # lists
	is 'rules[state=fail].id' $1
	# shellcheck disable=SC2086
	is 'rules[state=warn].id' $2
}

case_doctor_no_tdx()
{
	t 7 doctor
	says '^First '
	j 7 doctor
	findings cpu.vendor ''
	is first cpu.vendor
	is 'rules[id=hkid.exhausted].state' skip
	t 0 helper load
	j 7 doctor
	findings cpu.vendor ''
}

case_doctor_helper()
{
	t 0 helper load
	load_emul
	j 0 doctor
	findings '' 'sgx.off cgroup.misc'
	vmm web --vcpus 2 --pages 16
	j 0 doctor
	findings '' 'sgx.off cgroup.misc'
	is 'rules[id=teardown.slow].state' ok
	# TDH.MNG.KEY.FREEID fails permanently.
	fault leaf=20 status=0xc000081100000000 count=1
	allow_log 'leak|FREEID'
	gone "$VMM"
	wait_for "grep -q '^leaked hkids 1 ' $EMUL/truth"
	j 7 doctor
	findings hkid.leaked 'sgx.off cgroup.misc'
	is first hkid.leaked
	for i in $(seq 1 14); do
		vmm "td$i" --pages 1
	done
	j 7 doctor
	findings 'hkid.exhausted hkid.leaked' 'sgx.off cgroup.misc'
}

case_doctor_package_offline()
{
	t 0 helper load
	load_emul
	online 2 0 || die "CPU 2 is not the last of its package"
	j 0 doctor
	findings '' 'sgx.off cgroup.misc'
	online 3 0 || die "nothing holds the last CPU of package 1"
	j 7 doctor
	findings create.pkg_offline 'sgx.off cgroup.misc'
	t 7 doctor --group capacity
	says 'package 1'
}
