# SPDX-License-Identifier: GPL-2.0-only
# A kernel that panics while another CPU stays inside the ledger.

case_crash()
{
	load_emul
	modprobe tdxctl || die "tdxctl does not load"
	kexec /crash/vmlinuz /crash/initrd "console=ttyS0 nr_cpus=1 reset_devices panic=-1 cryptomgr.notests=1" ||
		die "no crash kernel"
	vmm web --pages 16
	echo panic >$EMUL/crash || die "no panic notifier"
	# wire_fill() runs with the ledger's lock held and interrupts off.
	echo hold wire_fill 60000 >$EMUL/crash || die "cannot stop a CPU in wire_fill()"
	tdxctl status >/dev/null 2>&1 &
	wait_for "grep -q ^held $EMUL/crash"
	# The serial port may interrupt the very CPU that is stopped; the console is polled.
	echo "tdxctl-test: crash: $(cat $EMUL/crash)" >/dev/kmsg
	sleep 1
	echo c >/proc/sysrq-trigger
	die "the kernel lives on"
}
