# SPDX-License-Identifier: GPL-2.0-only
# A CPU that stays inside the ledger: other CPUs make SEAMCALLs all the same.

case_ledger_held()
{
	load_emul
	modprobe tdxctl || die "tdxctl does not load"
	# wire_fill() runs with the ledger's lock held and interrupts off.
	echo hold wire_fill 8000 >$EMUL/crash || die "cannot stop a CPU in wire_fill()"
	tdxctl status >/dev/null 2>&1 &
	wait_for "grep -q ^held $EMUL/crash"
	cpu=$(sed 's/held cpu //' $EMUL/crash)
	# The first call waits a bounded time, later ones do not wait.
	for i in 1 2 3; do
		taskset $((1 << (cpu + 1) % 4)) sh -c "echo call >$EMUL/crash" || die "SEAMCALL $i failed"
	done
	grep -q ^held $EMUL/crash || die "the SEAMCALLs returned only when the lock was free"
	wait_for "grep -q ^over $EMUL/crash" 60
	# The next call tells the ledger how many were not seen.
	echo call >$EMUL/crash
	j 0 status
	at_least helper.missed 3
}

# A machine check while a CPU stays inside the ledger: its handler asks the TDX module for the
# owner of the page (tdx_dump_mce_info()) and must get the answer in bounded time.
case_ledger_held_nmi()
{
	load_emul
	modprobe tdxctl || die "tdxctl does not load"
	echo nmi >$EMUL/crash || die "a SEAMCALL from an NMI fails even with the lock free"
	before=$(grep -c . $HELPER/seamcalls)
	[ "$before" -gt 0 ] || die "the helper sees no SEAMCALL"
	echo hold wire_fill 8000 >$EMUL/crash || die "cannot stop a CPU in wire_fill()"
	tdxctl status >/dev/null 2>&1 &
	wait_for "grep -q ^held $EMUL/crash"
	cpu=$(sed 's/held cpu //' $EMUL/crash)
	# All others, as after a broadcast machine check; more than one may have the error.
	for i in 1 2 3; do
		taskset $((1 << (cpu + i) % 4)) sh -c "echo nmi >$EMUL/crash" || die "NMI $i: the SEAMCALL failed"
	done
	grep -q ^held $EMUL/crash || die "the SEAMCALLs returned only when the lock was free"
	wait_for "grep -q ^over $EMUL/crash" 60
	# The next call tells the ledger how many were not seen.
	echo nmi >$EMUL/crash || die "a SEAMCALL from an NMI fails afterwards"
	j 0 status
	at_least helper.missed 3
	is helper.violations 0
}
