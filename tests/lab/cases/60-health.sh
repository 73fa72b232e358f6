#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a host tells without the helper, and how that agrees with the helper.
# shellcheck disable=SC2016,SC2086,SC2154 # conditions are evaluated later

# Files and cgroups of the real kernel alone say how much there is; BPF programs and the
# helper see the same numbers, and they have names.
case_health_without_helper()
{
	vmm web --vcpus 1 --pages 8
	vmm init --stop-at init
	vmm created --stop-at created
	su -s /bin/sh nobody -c "tdxctl --json status" >/out/$CASE-user.json 2>/out/$CASE-user.err
	OUT=/out/$CASE-user.json
	is source host
	is hkids.capacity 15
	is hkids.charged 2
	is hkids.total 15
	is hkids.free 13
	is hkids.configured null
	su -s /bin/sh nobody -c "tdxctl status" >/tmp/user
	grep -q '2 of 15 in use, counted by the misc cgroup' /tmp/user || die "a user does not see the count"
	j 0 status
	is source bpf
	is platform.kvm_tdx true
	is platform.first_private 16
	is platform.private_keys 16
	is platform.tme_mt_keys 15
	is platform.tdx_module "$(cat /sys/devices/faux/tdx_host/version 2>/dev/null || echo null)"
	is hkids.capacity 15
	is hkids.charged 2
	is hkids.total 15
	is hkids.free 13
	is hkids.configured 2
	is tds.vms 3
	is tds.total 2
	is tds.runnable 1
	is tds.private_pages null
	is health.state unknown
	t 0 status
	says 'BPF programs'
	says '2 of 15 in use'
	t 0 helper load
	j 0 status
	is source helper
	is platform.first_private 16
	is hkids.capacity 15
	is hkids.charged 2
	is hkids.configured 2
	is hkids.free 13
	is tds.vms 3
	is tds.total 2
	is health.state ok
}

# Only the kernel knows a TD whose creation the helper did not see.
case_health_drift()
{
	vmm old --vcpus 1 --pages 8
	# As on a kernel without BTF: the helper cannot read KVM's structures.
	: >/tmp/empty
	for f in /sys/kernel/btf/kvm*; do
		mount -o bind /tmp/empty $f
	done
	t 0 helper load
	j 0 status
	doc=$OUT
	t 0 status
	for f in /sys/kernel/btf/kvm*; do
		umount $f
	done
	says '1 HKID charged but the helper sees 0 in use: .*older TDs'
	OUT=$doc
	is hkids.charged 1
	is hkids.configured null
	is tds.total null
	is health.state warning
	# It looks again, and finds it.
	j 0 status
	is hkids.configured 1
	is hkids.charged 1
	is health.state ok
}

# What KVM offers TDs is asked of a VM made for that: it takes no HKID, no SEAMCALL,
# and is gone afterwards. So it works when no HKID is left.
case_health_scratch_vm()
{
	t 0 helper load
	for i in $(seq 1 15); do
		vmm "td$i" --stop-at init
	done
	in_use 15
	j 0 status
	before=$(value helper.seamcalls)
	vms=$(value tds.vms)
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
	cd /sys/kernel/tracing || die "no tracing"
	echo tdx_vm_ioctl >set_ftrace_filter || die "nothing to trace"
	echo function >current_tracer
	j 7 doctor --group capacity
	asked=$(grep -c tdx_vm_ioctl trace)
	echo nop >current_tracer
	echo >set_ftrace_filter
	cd / || exit
	[ "$asked" = 1 ] || die "KVM was asked $asked times"
	is 'rules[id=create.capabilities_abi].state' skip
	in_use 15
	j 0 status
	is helper.seamcalls "$before"
	is tds.vms "$vms"
}

# What others get to see of this host, and what the verbs then say of it.
case_health_report()
{
	vmm payroll7 --vcpus 1 --pages 8
	# Without the helper the report has what BPF programs see, files, MSRs and the kernel's log.
	t 0 report
	cp "$OUT" /tmp/report.md
	grep -q payroll7 /tmp/report.md && die "a VM's name is in the report"
	says 'private KeyID range \[16, 32\)'
	says '15 KeyIDs for TME-MT, 16 for TDX'
	j 0 status
	charged=$(value hkids.charged)
	j 0 --from-report /tmp/report.md status
	is source bpf
	is hkids.charged "$charged"
	is platform.first_private 16
	for from in "" "--from-report /tmp/report.md"; do
		tdxctl $from doctor --json >"/out/$CASE-doctor${from:+-report}.json"
	done
	[ "$(value 'rules[].state' "/out/$CASE-doctor.json")" = "$(value 'rules[].state' "/out/$CASE-doctor-report.json")" ] ||
		die "doctor says something else of the report"
	t 0 helper load
	t 0 report
	cp "$OUT" /tmp/report.md
	grep -q payroll7 /tmp/report.md && die "a VM's name is in the report"
	t 0 metrics
	grep -q '^tdxctl_hkids{state="configured"} 1$' "$OUT" || die "metrics"
	grep -q "^tdxctl_cgroup_hkids_charged $charged\$" "$OUT" || die "metrics"
	t 0 helper unload
	j 0 --from-report /tmp/report.md status
	is source helper
	is hkids.configured 1
	j 0 --from-report /tmp/report.md td
	is 'tds[].vm' vm-1
}
