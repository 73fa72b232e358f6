#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# metrics over a reload of the helper, and a report of this host looked at again.

# metric NAME: its value in the last run's output.
metric()
{
	awk -v name="$1" '$1 == name { print $2 }' "$OUT"
}

metric_is()
{
	[ "$(metric "$1")" = "$2" ] || die "$1 is \"$(metric "$1")\", not \"$2\""
}

case_metrics()
{
	t 0 metrics
	metric_is tdxctl_helper_up 0
	[ -z "$(metric tdxctl_helper_start_time_seconds)" ] || die "a start without helper"
	t 0 helper load
	load_emul
	vmm web --pages 8
	t 0 metrics --per-td
	metric_is tdxctl_helper_up 1
	metric_is 'tdxctl_hkids{state="configured"}' 1
	metric_is 'tdxctl_package_keys_programmed_total{package="1"}' 1
	metric_is 'tdxctl_td_private_bytes{td="1",vm="web"}' 32768
	start=$(metric tdxctl_helper_start_time_seconds)
	[ "${start%.*}" -le "$(date +%s)" ] && [ "${start%.*}" -ge "$(($(date +%s) - 3600))" ] ||
		die "the helper started at $start, now is $(date +%s)"
	calls=$(metric 'tdxctl_seamcall_duration_seconds_count{leaf="TDH.MNG.CREATE"}')
	vmm db --pages 8
	t 0 metrics
	metric_is tdxctl_helper_start_time_seconds "$start"
	metric_is 'tdxctl_seamcall_duration_seconds_count{leaf="TDH.MNG.CREATE"}' "$((calls + 1))"

	# Counters begin again, and one can see that they do.
	t 0 helper unload
	t 0 helper load
	t 0 metrics
	[ "$(metric tdxctl_helper_start_time_seconds)" != "$start" ] || die "the same start after a reload"
	metric_is 'tdxctl_lock_acquisitions_total{lock="tdx_mng_key_config_lock",package="0"}' 0
	t 0 metrics --textfile /tmp/tdxctl.prom
	grep -q '^tdxctl_helper_up 1$' /tmp/tdxctl.prom || die "textfile"
	j 0 metrics
}

case_report()
{
	t 0 helper load
	load_emul
	vmm payroll7 --pages 8 --vcpus 2
	vmm web --stop-at init
	j 0 hkid
	was=$(value 'hkids[].state' | tr '\n' ' ')
	j 0 cpu
	enabled=$(value 'cpus[].tdx' | tr '\n' ' ')
	t 0 report
	cp "$OUT" /tmp/report.md
	grep -q payroll7 /tmp/report.md && die "a VM's name is in the report"
	says 'vm-1'
	j 0 report
	t 0 report --no-redact
	says payroll7
	gone "$VMM"
	modprobe -r tdxctl || die "tdxctl does not unload"
	j 0 --from-report /tmp/report.md status
	is source helper
	is hkids.configured 2
	is tds.total 2
	j 0 --from-report /tmp/report.md hkid
	[ "$(value 'hkids[].state' | tr '\n' ' ')" = "$was" ] || die "other HKIDs"
	j 0 --from-report /tmp/report.md cpu
	[ "$(value 'cpus[].tdx' | tr '\n' ' ')" = "$enabled" ] || die "other CPUs"
	j 0 --from-report /tmp/report.md td
	is 'tds[id=1].private_pages' 8
	t 2 --from-report /tmp/report.md release vm-1 --yes
}
