#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What keeps a TD alive, and other ways to end one.

case_pins()
{
	modprobe vhost_net || die "no vhost_net"
	t 0 helper load
	load_emul
	vmm web --pages 64 --vcpus 2 --fork --threads 3 --vhost
	j 0 td show web
	count 'tds[].pins[kind=vm-fd].pid' 2
	count 'tds[].pins[kind=vcpu-fd].pid' 4
	count 'tds[].pins[kind=guest-memfd].pid' 2
	count 'tds[].pins[kind=vhost-fd].pid' 2
	value 'tds[].pins[kind=process].pid' | grep -qx "$VMM" || die "the VMM itself is not named"
	count "tds[].pins[kind=thread].tid" "$(($(find /proc/"$VMM"/task -mindepth 1 -maxdepth 1 -type d | wc -l) - 1))"
	t 0 td show web
	says 'vhost'
	# The process of the TD goes, its child keeps the files.
	gone "$VMM"
	truth '^td ' 1
	j 0 td show td:1
	count 'tds[].pins[kind=vm-fd].pid' 1
	t 0 td show td:1
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe" 2>/dev/null)" = /bin/vmm ] && kill -9 "${p#/proc/}"
	done
	wait_for "! grep -q '^td ' $EMUL/truth"
	truth '^hkid .* free' 15
}

case_owner_gone()
{
	modprobe vhost_net || die "no vhost_net"
	t 0 helper load
	load_emul
	vmm web --pages 64 --fork --vhost
	gone "$VMM"
	# The child's vhost file still uses the memory map of the process that ended.
	truth '^hkid 17 assigned' 1
	t 0 status
	says "HKID 17 is held by td:1"
	says "process $VMM ended"
	j 0 status
	is health.state warning
	t 0 td show td:1
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe" 2>/dev/null)" = /bin/vmm ] && kill -9 "${p#/proc/}"
	done
	wait_for "! grep -q '^td ' $EMUL/truth"
	j 0 status
	is health.state ok
}

case_gmem_closed_first()
{
	t 0 helper load
	load_emul
	vmm web --pages 200 --close-gmem
	rm -f /tmp/ready.web
	kill -USR1 "$VMM"
	wait_for "grep -q closed /tmp/ready.web"
	wait_for "grep -q '^pages reg 0 ' $EMUL/truth"
	# The slow way: the HKID is still there.
	truth '^hkid 17 assigned' 1
	j 0 td list
	is 'tds[vm=web].private_pages' 0
	is 'tds[vm=web].hkid' 17
	j 0 td show web
	count 'tds[].pins[kind=guest-memfd].pid' 0
	j 0 release web --yes
	is hkid_freed true
	truth '^hkid .* free' 15
}

case_api_terminate()
{
	t 0 helper load
	load_emul api=terminate
	vmm web --pages 5000
	j 0 release web --dry-run
	is plan.strategy terminate
	t 0 release web --yes
	truth '^pages reg 0 ' 1
	truth '^hkid .* free' 15
	kill -0 "$VMM" || die "the VMM had to go"
	j 0 release web --yes
	is result nothing-to-do
}

case_api_mainline()
{
	t 0 helper load
	load_emul api=mainline
	vmm web --pages 5000
	vmm db --pages 10
	j 0 release web --dry-run
	is result planned
	t 0 release web --yes
	truth '^pages reg 10 ' 1
	truth '^hkid .* free' 14
	t 0 status
}

case_stop_strategy()
{
	t 0 helper load
	load_emul
	vmm web --pages 500
	j 0 release web --yes --strategy stop
	is strategy stop
	is result released
	wait "$VMM" 2>/dev/null
	truth '^td ' 0
	truth '^pages reg 0 ' 1
}

case_recycled_pid()
{
	t 0 helper load
	load_emul
	vmm web --pages 64 --fork
	old=$VMM
	gone "$old"
	# Something else gets the number of the owner.
	echo $((old - 1)) >/proc/sys/kernel/ns_last_pid || die "ns_last_pid"
	sleep 300 &
	[ "$!" = "$old" ] || die "pid $! and not $old"
	j 0 td list
	is 'tds[].private_pages' 64
	t 0 td show td:1
	tdxctl --json release td:1 --yes --strategy stop >/tmp/x 2>&1
	cat /tmp/x
	kill -0 "$old" || die "the process that only has the number was hit"
	tdxctl --json release "$old" --yes >/tmp/x 2>&1 && die "a process without a TD was released"
	cat /tmp/x
	kill -0 "$old" || die "the process that only has the number was hit"
	kill "$old"
}
