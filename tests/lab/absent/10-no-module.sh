#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A host whose firmware offers TDX and whose module is not there: see suite.sh.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

ABSENT=/sys/module/seam_lab/parameters/absent

# each_cpu STATE STATUS: what every CPU's own SEAMCALL says.
each_cpu()
{
	j 7 cpu check
	is 'cpus[].tdx' $1 $1 $1 $1
	is 'cpus[].status' $2 $2 $2 $2
	count 'problems[]' 4
}

case_no_module()
{
	dmesg | grep -q 'virt/tdx: module not loaded' || die "the kernel has a TDX module"
	[ "$(cat /sys/module/kvm_intel/parameters/tdx)" = N ] || die "KVM has TDX"
	t 0 helper load
	# KVM keeps VMX on: SEAMCALL executes, but finds no module.
	each_cpu no-seam 0x8000ff00ffff0000
	t 7 cpu
	says 'does not support SEAM mode'
	j 3 status
	is platform.has_tdx false
	# Without KVM no driver needs VMX.
	rmmod kvm_intel || die "kvm_intel stays"
	each_cpu vmx-off 0x8000ff0000000006
	t 7 cpu
	says 'has VMX disabled'
	modprobe kvm_intel tdx=1 || die "kvm_intel does not come back"
	each_cpu no-seam 0x8000ff00ffff0000
	# The module is loaded, but no LP was ever initialised.
	echo 0 >$ABSENT
	each_cpu not-enabled 0xc000050200000000
	t 7 cpu
	says 'is not enabled for TDX'
	# Without an HKID in use the kernel lets any CPU go.
	for c in 1 2 3; do
		j 0 cpu plan $c
		online $c 0 || die "CPU $c does not go"
		online $c 1 || die "CPU $c does not come back"
	done
	echo 1 >$ABSENT
	t 0 helper unload
}
