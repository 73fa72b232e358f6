#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# doctor on a real kernel: ok on a healthy host, else the right rule.
# These come first: what other cases do to a host stays in its kernel log, where
# doctor finds it.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

# What is true of this machine whatever happens: no SGX, 16 private KeyIDs, the
# memory of a module that is up, a CPU with seamret_invd_vmcs.
ALWAYS=$(expected doctor.idle)

# diagnosis STATUS FAILURES WARNINGS NOTES: all that doctor finds, in the order of
# its rules. The first of the worst is what to begin with.
diagnosis()
{
	t $1 doctor -v
	says '^First '
	j $1 doctor
	is 'rules[state=fail].id' $2
	is 'rules[state=warn].id' $3
	is 'rules[state=info].id' $4
	set -- $2 $3
	is first $1
}

reload_kvm()
{
	rmmod kvm_intel || die "kvm_intel is in use"
	modprobe kvm_intel $1
}

# Also after a case that ended with KVM's TDX off.
kvm_on()
{
	[ "$(cat /sys/module/kvm_intel/parameters/tdx 2>/dev/null)" = Y ] && return
	rmmod kvm_intel 2>/dev/null
	modprobe kvm_intel tdx=1
}

case_doctor_well()
{
	kvm_on
	diagnosis 0 '' sgx.off "$ALWAYS"
	j 0 doctor
	is 'rules[id=hkid.exhausted].state' ok
	is 'rules[id=teardown.slow].state' unknown
	t 0 helper load
	diagnosis 0 '' sgx.off "$ALWAYS"
	j 0 doctor
	is 'rules[id=teardown.slow].state' ok
	vmm web --vcpus 1 --pages 16
	diagnosis 0 '' sgx.off "$(expected doctor.td)"
}

# A TD that is not finished is no time for an update.
case_doctor_building()
{
	kvm_on
	vmm init --stop-at init
	t 0 helper load
	diagnosis 0 '' sgx.off "$(expected doctor.building)"
}

case_doctor_tdx_off()
{
	kvm_on
	reload_kvm tdx=0
	diagnosis 7 kvm.param sgx.off "$ALWAYS"
	rmmod kvm_intel
	diagnosis 7 kvm.param sgx.off "$ALWAYS"
	modprobe kvm_intel tdx=1
	diagnosis 0 '' sgx.off "$ALWAYS"
}

# KVM says in the log what it misses; where it works again, that is history.
case_doctor_ept_off()
{
	kvm_on
	allow_log 'EPT'
	reload_kvm 'tdx=1 ept=0'
	diagnosis 7 kvm.prereq sgx.off "$ALWAYS"
	reload_kvm tdx=1
	diagnosis 0 '' sgx.off "$ALWAYS"
}

case_doctor_exhausted()
{
	kvm_on
	for i in $(seq 1 15); do
		vmm "td$i" --stop-at init
	done
	in_use 15
	# BPF programs see that the TDs are being built.
	diagnosis 7 hkid.exhausted sgx.off "$(expected doctor.building)"
	t 0 helper load
	j 7 doctor
	is first hkid.exhausted
	kill_vmms
	nothing_left
	j 0 doctor
	is 'rules[id=hkid.exhausted].state' ok
}

# CPUs 2 and 3 are package 1. Without ACPI there is one node for both packages.
case_doctor_package_offline()
{
	kvm_on
	online 2 0
	diagnosis 0 '' sgx.off "$ALWAYS"
	online 3 0
	diagnosis 7 create.pkg_offline sgx.off "$ALWAYS"
	t 0 helper load
	diagnosis 7 create.pkg_offline sgx.off "$ALWAYS"
	online 3 1
	diagnosis 0 '' sgx.off "$ALWAYS"
	online 2 1
	vmm web --vcpus 1 --pages 8
	online 2 0
	allow_log 'online CPU'
	online 3 0 && die "the last CPU of package 1 went offline"
	diagnosis 0 '' sgx.off "$(expected doctor.refused)"
}
