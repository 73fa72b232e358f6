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
