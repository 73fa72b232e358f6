#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# CPUs and packages come and go. CPUs 0,1 are package 0; 2,3 are package 1.

case_last_cpu_of_a_package()
{
	t 0 helper load
	load_emul
	vmm web --pages 64
	online 3 0 || die "CPU 3 does not go offline"
	j 0 cpu check
	is 'cpus[cpu=3].online' false
	is 'packages[id=1].online_cpus' 1
	j 7 cpu plan 2
	is 'plan[].allowed' false
	allow_log 'refus|last online CPU'
	online 2 0 && die "the last CPU of a package went offline with an HKID in use"
	[ "$(cat /sys/devices/system/cpu/online)" = 0-2 ] || die "CPU 2 is not online"
	j 0 status
	is cpus.online 3
	is 'packages[id=1].covered' true
	# Online again while a TD lives: it is enabled at once.
	online 3 1 || die "CPU 3 does not come back"
	truth '^lp 3 init 1' 1
	j 0 cpu check
	is 'cpus[].tdx' enabled enabled enabled enabled
	j 0 cpu plan 3
	j 0 release web --yes
	# No HKID in use any more: nothing is in the way.
	online 3 0 || die "CPU 3"
	online 2 0 || die "CPU 2 is held though no HKID is in use"
	gone "$VMM"
}

case_package_offline()
{
	t 0 helper load
	load_emul
	online 2 0 || die "CPU 2"
	online 3 0 || die "CPU 3"
	j 0 status
	is 'packages[id=1].covered' false
	is health.state critical
	value 'health.reasons[]' | grep -q 'package 1' || die "no reason names package 1"
	j 7 cpu check
	is 'packages[].covered' true false
	vmm_fails 'package 1.*online|online.*package' web --pages 16
	truth '^hkid .* free' 15
	truth '^td ' 0
	j 0 hkid
	is 'hkids[state=assigned].id' ''
	online 2 1 || die "CPU 2 does not come back"
	vmm web --pages 16
	j 0 td list
	is 'tds[].state' runnable
	online 3 1 || die "CPU 3 does not come back"
	j 0 cpu check
	is 'cpus[].tdx' enabled enabled enabled enabled
	j 0 release web --yes
	is result released
}

case_hotplug_without_tds()
{
	load_emul
	t 0 helper load
	vmm web --pages 8
	gone "$VMM"
	wait_for "! grep -q '^td ' $EMUL/truth"
	for cpu in 1 2 3; do
		online $cpu 0 || die "CPU $cpu"
	done
	for cpu in 1 2 3; do
		online $cpu 1 || die "CPU $cpu does not come back"
	done
	vmm db --pages 8
	truth '^lp . init 1' 4
	j 0 cpu check
	is 'cpus[].tdx' enabled enabled enabled enabled
	is 'packages[].online_cpus' 2 2
}

case_lp_init_fails()
{
	load_emul
	t 0 helper load
	online 3 0 || die "CPU 3"
	rmmod tdxctl tdx_emul
	t 0 helper load
	load_emul
	# TDH.SYS.LP.INIT fails on CPU 3 from now on, and it comes online without TDs.
	fault leaf=35 lp=3 status=0xc000090900000000 count=1000
	allow_log 'CPU 3|cpu 3|LP.INIT'
	online 3 1 || die "without TDs a CPU may come online un-enabled"
	j 7 cpu check
	is 'cpus[cpu=3].tdx' not-enabled
	is 'cpus[cpu=0].tdx' enabled
	vmm_fails 'LP.INIT|CPU 3|enable' web --pages 4
	truth '^td ' 0
	t 7 cpu
	echo clear >$EMUL/faults
	vmm web --pages 4
	j 0 cpu check
	is 'cpus[].tdx' enabled enabled enabled enabled
	gone "$VMM"
}

case_lp_init_fails_with_tds()
{
	online 3 0 || die "CPU 3"
	t 0 helper load
	load_emul
	vmm web --pages 4
	# With a TD alive a CPU that cannot be enabled does not come online.
	fault leaf=35 lp=3 status=0xc000090900000000 count=1000
	allow_log 'CPU 3|cpu 3|LP.INIT'
	online 3 1 && die "CPU 3 came online though it cannot run TDs"
	j 0 status
	is cpus.online 3
	truth '^lp 3 init 0' 1
	echo clear >$EMUL/faults
	online 3 1 || die "CPU 3 does not come back"
	truth '^lp 3 init 1' 1
}

case_hotplug_storm()
{
	t 0 helper load
	load_emul
	(while :; do
		online 3 0
		online 3 1
		online 1 0
		online 1 1
	done) &
	storm=$!
	for i in $(seq 1 12); do
		vmm "td$i" --pages $((i * 7))
		t 0 status
		t 0 cpu
		if [ $((i % 2)) = 0 ]; then
			j 0 release "td$i" --yes
			is pages_reclaimed $((i * 7))
		fi
		gone "$VMM"
	done
	kill "$storm"
	wait "$storm" 2>/dev/null
	online 1 1
	online 3 1
	wait_for "! grep -q '^td ' $EMUL/truth"
	truth '^hkid .* free' 15
	truth '^leaked hkids 0 pages 0$' 1
	j 0 status
	is tds.total 0
	is hkids.leaked 0
	is helper.violations 0
}
