#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# TDs that are older than the helper: found by their VM files, read by BTF.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

case_late_tds()
{
	vmm web --vcpus 2 --pages 64
	web=$VMM
	vmm init --stop-at init
	vmm created --stop-at created
	t 0 helper load
	vmm db --vcpus 1 --pages 16
	j 0 td list
	count 'tds[].vm' 3
	is 'tds[vm=web].state' runnable
	is 'tds[vm=web].vcpus' 2
	is 'tds[vm=web].max_vcpus' 4
	is 'tds[vm=web].pid' "$web"
	is 'tds[vm=web].late' true
	is 'tds[vm=web].private_pages' null
	is 'tds[vm=init].state' initialized
	is 'tds[vm=init].vcpus' 0
	is 'tds[vm=init].max_vcpus' 4
	is 'tds[vm=db].private_pages' 16
	is 'tds[vm=db].late' false
	for vm in web init db; do
		truth "^hkid $(value "tds[vm=$vm].hkid") assigned " 1
	done
	j 0 hkid
	count 'hkids[state=configured].id' 3
	is 'hkids[vm=web].pid' "$web"
	# What becomes of it is seen as of any other.
	gone "$web"
	wait_for '[ "$(charged)" = 2 ]'
	j 0 td list
	count 'tds[].vm' 2
	kill_vmms
	nothing_left
	j 0 td list
	count 'tds[].vm' 0
}

# A kernel without BTF: that it is a TD, whose, and how large it may get, a VM says
# itself; which HKID it has is not known.
case_late_blind()
{
	mount -t tmpfs none /sys/kernel/btf || die "BTF is not to be hidden"
	blind
	vmm web --vcpus 2 --pages 64
	web=$VMM
	vmm init --stop-at init
	vmm busy --vcpus 1 --pages 8 --touch 24 --busy --punch
	wait_for '[ "$(reg_pages)" = 96 ]' 60
	t 0 helper load
	j 0 td list
	count 'tds[].vm' 3
	is 'tds[].state' unknown unknown unknown
	is 'tds[].hkid' null null null
	is 'tds[].late' true true true
	is 'tds[vm=web].pid' "$web"
	is 'tds[vm=web].vcpus' 2
	is 'tds[vm=web].max_vcpus' 4
	is 'tds[vm=init].vcpus' 0
	j 0 status
	# There may be more.
	is tds.total null
	is tds.unknown_hkid 3
	is hkids.charged 3
	is hkids.unknown_state 15
	t 0 status
	says '3 more charged by the misc cgroup'
	says '3 with an unknown HKID'
	t 0 td
	t 0 td show web
	# SEAMCALLs reveal more than files do, including its HKID; it still is one TD.
	ask "$VMM" USR2 busy punched
	wait_for '[ "$(reg_pages)" = 88 ]' 60
	j 0 td list
	count 'tds[].vm' 3
	is 'tds[vm=busy].pid' "$VMM"
	truth "^hkid $(value 'tds[vm=busy].hkid') assigned " 1
	vmm db --vcpus 1 --pages 16
	j 0 td list
	count 'tds[].vm' 4
	is 'tds[vm=db].late' false
	gone "$web"
	wait_for '[ "$(grep -c "^td " $EMUL/truth)" = 3 ]'
	j 0 td list
	count 'tds[].vm' 3
	# Everything is reported once the data can be read.
	umount /sys/kernel/btf || die "BTF stays hidden"
	rm "/tmp/blind.$CASE"
	j 0 td list
	count 'tds[].vm' 3
	is 'tds[vm=init].state' initialized
	for vm in init busy db; do
		truth "^hkid $(value "tds[vm=$vm].hkid") assigned " 1
	done
}
