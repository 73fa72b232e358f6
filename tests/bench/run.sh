#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make bench: the budgets that this machine can measure, each as a ratio of two
# numbers of one run. Exit status 1 if one is over its budget or was not measured.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
O=${O:-build}
export O
over=0

# A copy, as the commands that it is compared with are: the page cache has a file that the
# linker wrote in smaller pieces, which take longer to map.
install "$O/tdxctl" "$O/bench.tdxctl" || exit 1
for bench in bench-snapshot bench-ledger bench-status; do
	"${MAKE:-make}" --no-print-directory -s O="$O" "$O/$bench" || exit 1
	if ! "$O/$bench" | tee "$O/bench.out"; then
		echo "$bench: failed" >&2
		exit 1
	fi
	# Each line is a budget with "ok" or "OVER".
	budgets=$(grep -cE ' of +[0-9.]+  (ok  |OVER)  \(' "$O/bench.out")
	if [ "$budgets" = 0 ] || [ "$budgets" != "$(wc -l <"$O/bench.out")" ]; then
		echo "$bench: $budgets budgets in $(wc -l <"$O/bench.out") lines" >&2
		exit 1
	fi
	! grep -q OVER "$O/bench.out" || over=1
done

kernels=$(tests/kernels.sh) || exit 1
read -r kver _ image _ <<<"${kernels##*$'\n'}"
if [ "$image" = - ] || ! command -v qemu-system-x86_64 >/dev/null; then
	echo "SKIP creation, probes and release: no kernel image or no QEMU; make deps gets them"
	[ "${CI:-}" != true ] || over=1
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
	# All numbers are present and not zero.
	$1 == "bench" {
		for (i = 3; i <= NF; i++)
			if ($i !~ /^[0-9.]+$/ || $i == 0) {
				print "not a measurement: " $0
				over = 1
				next
			}
	}
	$1 == "bench" && $2 == "creation" && NF == 5 {
		seen[$2]++
		# On hardware 1.02; here the SEAMCALL is a trap into a software module.
		show("TD creation with the helper / without", $3 / $4, 1.5, sprintf("%d ms and %d ms, %d pages", $3, $4, $5))
		show("probes: added time / time of a SEAMCALL and its page", ($3 - $4) / $4, 0.5,
			sprintf("%.1f us and %.1f us", ($3 - $4) * 1000 / $5, $4 * 1000 / $5))
	}
	$1 == "bench" && $2 == "release" && NF == 5 {
		seen[$2]++
		show("release: SEAMCALLs per page", $3 / $4, 1, sprintf("%d for %d pages, %d in all", $3, $4, $5))
	}
	$1 == "bench" && $2 == "slow" && NF == 4 {
		seen[$2]++
		show("the slow way, with the HKID: SEAMCALLs per page / 4", $3 / $4 / 4, 1.01, sprintf("%d for %d pages", $3, $4))
	}
	END {
		n = split("creation release slow", want, " ")
		for (i = 1; i <= n; i++)
			if (seen[want[i]] != 1) {
				printf "%s: measured %d times\n", want[i], seen[want[i]]
				over = 1
			}
		exit over
	}' || over=1
exit $over
