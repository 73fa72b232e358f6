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
		truth "^hkid $(jget "$OUT" "tds[vm=$vm].hkid") assigned " 1
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
