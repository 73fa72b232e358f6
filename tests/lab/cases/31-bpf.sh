#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Without the helper: BPF programs read what KVM knows now.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

# The TDs of the last document are those of the truth: TDR, HKID and vCPUs.
equals_truth()
{
	value 'tds[].tdr' >/tmp/bpf.tdr
	value 'tds[].hkid' >/tmp/bpf.hkid
	value 'tds[].vcpus' >/tmp/bpf.vcpus
	paste -d ' ' /tmp/bpf.tdr /tmp/bpf.hkid /tmp/bpf.vcpus | sort >/tmp/bpf.seen
	awk '$1 == "td" { print $2, $4, $12 }' $EMUL/truth | sort >/tmp/bpf.truth
	cmp -s /tmp/bpf.seen /tmp/bpf.truth ||
		die "BPF programs see $(tr '\n' ';' </tmp/bpf.seen), the truth is $(tr '\n' ';' </tmp/bpf.truth)"
}

# All TDs are older than the programs. Loading them takes the emulated CPU seconds, so
# one report is read by all verbs.
case_bpf_inventory()
{
	vmm web --vcpus 2 --pages 64
	web=$VMM
	vmm init --stop-at init
	# A VM that has no TD yet.
	vmm created --stop-at created
	t 0 report --no-redact
	cp "$OUT" /tmp/report.md
	from="--from-report /tmp/report.md"
	j 0 $from td list
	count 'tds[].vm' 2
	equals_truth
	is complete true
	is 'tds[vm=web].state' runnable
	is 'tds[vm=web].pid' "$web"
	is 'tds[vm=web].vcpus' 2
	is 'tds[vm=web].max_vcpus' 4
	is 'tds[vm=web].private_pages' null
	is 'tds[vm=init].state' initialized
	is 'tds[vm=init].vcpus' 0
	j 0 $from hkid
	count 'hkids[state=configured].id' 2
	count 'hkids[state=free].id' 13
	is 'hkids[vm=web].pid' "$web"
	j 0 $from td show web
	j 0 $from lock
	is 'locks[name=tdx_lock].state' free
	is 'locks[name=tdx_lock].acquisitions' null
	is 'locks[name=tdx_mng_key_config_lock].state' "$(per_package null)"
	j 0 $from status
	is source bpf
	is helper null
	is hkids.total 15
	is hkids.configured 2
	is hkids.free 13
	is tds.total 2
	is tds.never_finalized 1
	is tds.private_pages null
	is locks.held 0
	is 'packages[].covered' "$(per_package true)"
	t 0 $from td
	t 0 $from td show web
	t 0 $from hkid
	t 0 $from metrics
	says '^tdxctl_hkids.state="configured". 2$'
	says '^tdxctl_tds.state="runnable". 1$'
	! grep -q '^tdxctl_seamcalls' "$OUT" || die "SEAMCALLs are counted"
	j 0 $from check
	is 'checks[id=hkids_free].value' 13
	is 'checks[id=hkids_leaked].value' 0
	t 0 status
	says '^Source +BPF programs'
	j 5 helper status
	is observer.tds true
	is observer.hkids true
	is observer.locks true
	is observer.reason null
	# The helper sees the same.
	t 0 helper load
	j 0 td list
	equals_truth
	t 0 helper unload
	kill_vmms
	nothing_left
	t 0 report --no-redact
	cp "$OUT" /tmp/report.md
	j 0 $from td list
	count 'tds[].vm' 0
	is complete true
	j 0 $from hkid
	count 'hkids[state=free].id' 15
}

# The capabilities BPF and PERFMON are enough for TDs; addresses of variables need SYSLOG.
case_bpf_capabilities()
{
	vmm web --vcpus 1 --pages 8
	caps=-all,+bpf,+perfmon
	for c in $caps $caps,+syslog; do
		OUT=/out/$CASE.json ERR=/out/$CASE.err
		/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps "$c" --ambient-caps "$c" \
			tdxctl --json td list >"$OUT" 2>"$ERR" || die "td list with $c: $(cat "$ERR")"
		is 'tds[].vm' web
		is 'tds[].state' runnable
		truth "^hkid $(value 'tds[].hkid') assigned " 1
		case $c in
		*syslog)
			equals_truth
			is complete true
			;;
		*)
			is 'tds[].tdr' null
			is complete null
			;;
		esac
	done
	/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all --ambient-caps -all \
		tdxctl --json helper status >"$OUT"
	is observer.tds false
	is observer.reason 'it needs root, or the capabilities CAP_BPF and CAP_PERFMON'
}

# compared NUMBER: on how many TDs the helper and KVM differ, for check.
compared()
{
	status=0
	[ "$1" = 0 ] || status=7
	j $status check
	is 'checks[id=tds_differ].value' "$1"
}

# The helper's ledger is compared with KVM's structures: before TDs, with older ones, in
# each stage of a life, and after it.
case_bpf_agrees()
{
	t 0 helper load
	compared 0
	t 0 helper unload
	vmm old --vcpus 1 --pages 8
	t 0 helper load
	vmm init --stop-at init
	vmm created --stop-at created
	vmm web --vcpus 2 --pages 16
	compared 0
	j 0 doctor
	is 'rules[id=helper.disagrees].state' ok
	# A VM that has released its HKID and still is open.
	released web 16
	compared 0
	# With the capabilities of tdxctl-check.service; without CAP_SYSLOG or CAP_SYS_ADMIN, nothing is compared.
	few=-all,+sys_ptrace,+dac_read_search
	OUT=/out/$CASE-caps.json
	for caps in $few,+sys_admin $few,+syslog; do
		/usr/bin/setpriv --inh-caps -all --bounding-set "$caps" tdxctl --json check >"$OUT"
		is 'checks[id=tds_differ].value' null
	done
	/usr/bin/setpriv --inh-caps -all --bounding-set $few,+sys_admin,+syslog tdxctl --json check >"$OUT"
	is 'checks[id=tds_differ].value' 0
	j 0 check -w tds_differ=off
	is 'checks[id=tds_differ].state' off
	is 'checks[id=tds_differ].value' null
	kill_vmms
	nothing_left
	compared 0
}

# SEAMCALLs that the helper did not see, and does not know about: probes were off for a while.
case_bpf_disagrees()
{
	t 0 helper load
	vmm web --vcpus 1 --pages 8
	vmm old --vcpus 1 --pages 8
	old=$VMM
	vmm half --stop-at init
	j 0 td list
	stale=$(value 'tds[vm=old].hkid')
	label="td:$(value 'tds[vm=old].id') .old, $old."
	echo 0 >/sys/kernel/debug/kprobes/enabled
	vmm dark --vcpus 1 --pages 8
	gone "$old"
	wait_for '[ "$(charged)" = 3 ]'
	echo 1 >/sys/kernel/debug/kprobes/enabled
	truth '^td ' 3
	compared 2
	says "$label has HKID $stale for the helper, but not for KVM"
	says "TD of process $VMM has HKID [0-9]+ for KVM, but the helper does not know"
	# The numbers show nothing: the helper counts as many HKIDs as the kernel.
	is 'findings[].check' owner_gone tds_differ tds_differ
	j 0 doctor
	is 'rules[id=helper.disagrees].state' warn
	t 0 doctor
	says 'helper unload'
	# Its teardown is seen.
	gone "$VMM"
	compared 1
	t 0 helper unload
	t 0 helper load
	compared 0
	j 0 td list
	count 'tds[].vm' 2
}
