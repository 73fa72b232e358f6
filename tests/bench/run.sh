#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make bench: the budgets that this machine can measure, each as a ratio of two
# numbers of one run. Status 1 when one is over its budget.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
O=${O:-build}
export O
over=0

"${MAKE:-make}" --no-print-directory -s O="$O" "$O/bench-snapshot" || exit 1
"$O/bench-snapshot" | tee "$O/bench.out"
grep -q OVER "$O/bench.out" && over=1

read -r kver _ image _ < <(tests/kernels.sh | tail -n 1)
if [ "$image" = - ] || ! command -v qemu-system-x86_64 >/dev/null; then
	echo "SKIP creation, probes and release: no kernel image or no QEMU; make deps gets them"
	exit $over
fi
export VM_CASES=tests/bench/vm VM_NAME=bench
if ! bash tests/vm/run.sh "$kver" >"$O/bench-vm.log" 2>&1; then
	tail -n 20 "$O/bench-vm.log"
	exit 1
fi

cat "$O/vm/$kver-bench"/out/*.log | awk '
	function show(what, value, budget, detail) {
		printf "%-52s %8.3f of %5.2f  %s  (%s)\n", what, value, budget, value <= budget ? "ok  " : "OVER", detail
		if (value > budget)
			over = 1
	}
	$1 == "bench" && $2 == "creation" {
		# On hardware 1.02; here the SEAMCALL is a trap into a software module.
		show("TD creation with the helper / without", $3 / $4, 1.5, sprintf("%d ms and %d ms, %d pages", $3, $4, $5))
		show("probes: added time / time of a SEAMCALL and its page", ($3 - $4) / $4, 0.5,
			sprintf("%.1f us and %.1f us", ($3 - $4) * 1000 / $5, $4 * 1000 / $5))
	}
	$1 == "bench" && $2 == "release" {
		show("release: SEAMCALLs per page", $3 / $4, 1, sprintf("%d for %d pages, %d in all", $3, $4, $5))
	}
	$1 == "bench" && $2 == "slow" {
		show("the slow way, with the HKID: SEAMCALLs per page / 4", $3 / $4 / 4, 1.01, sprintf("%d for %d pages", $3, $4))
	}
	END { exit over }' || over=1
exit $over
