#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ftrace has switched itself off after an error, so the helper cannot remove its hooks from
# KVM. This lasts until the next boot, so this case is the last one of its guest.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

# A TD lives and ends while KVM's functions still call the helper.
live_and_end()
{
	vmm "$1" --vcpus 1 --pages 16 --run
	in_use 1
	gone "$VMM"
	nothing_left
}

case_ftrace_dead()
{
	has kprobe-killed || allow_log 'WARNING: .*kernel/kprobes\.c:[0-9]|Call Trace:'
	t 0 helper load
	vmm web --vcpus 1 --pages 16 --run
	released web 16
	gone "$VMM"
	nothing_left
	modprobe plant_ftrace || die "ftrace is not off"

	# Not before KVM has gone.
	rmmod tdxctl &
	rmmod=$!
	sleep 2
	kill -0 $rmmod || die "the helper went while KVM calls it"
	dmesg | grep -q 'tdxctl: .*unload kvm_intel' || die "the kernel log does not say what to do"
	[ "$(cut -d ' ' -f 3 /proc/$rmmod/stat)" = I ] || die "rmmod: state $(cut -d ' ' -f 3 /proc/$rmmod/stat)"
	live_and_end waiting
	kill -0 $rmmod || die "the helper went while KVM calls it"
	wait_for 'rmmod kvm_intel'
	wait $rmmod || die "rmmod: status $?"
	# ftrace still has the trampoline of the hooks in its list.
	cat /proc/kallsyms >/dev/null

	# KVM has gone before the helper: nothing to wait for.
	modprobe kvm_intel tdx=1 || die "kvm_intel does not load"
	t 0 helper load
	live_and_end again
	wait_for 'rmmod kvm_intel'
	timeout 60 rmmod tdxctl || die "rmmod: status $?"
	modprobe kvm_intel tdx=1 || die "kvm_intel does not load"
	live_and_end last
}
