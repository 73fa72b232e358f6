#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The crash path of a kernel that disables the TDX module on its way to the crash kernel:
# native_machine_crash_shutdown() makes a SEAMCALL when all other CPUs are stopped, one of
# them inside the ledger. The crash kernel reports: see init.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

case_crash_dump()
{
	allow_log 'sysrq: Trigger a crash|Kernel panic - not syncing: sysrq|Call Trace:|seam: TDH.SYS.DISABLE'
	want_log 'seam: TDH.SYS.DISABLE'
	kexec /crash/vmlinuz /crash/initrd "$(cat /crash/cmdline)" || die "no crash kernel"
	t 0 helper load
	vmm web --vcpus 2 --pages 16 --run
	# wire_fill() runs with the ledger's lock held and interrupts off.
	echo wire_fill >$EMUL/hold || die "cannot stop a CPU in wire_fill()"
	tdxctl status >/dev/null 2>&1 &
	wait_for '[ "$(cat $EMUL/hold)" -ge 0 ]'
	echo c >/proc/sysrq-trigger
	die "the kernel lives on"
}
