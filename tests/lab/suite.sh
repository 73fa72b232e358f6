#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# suite.sh [-i] lab|debug [CASE...]: builds what the lab's guest needs, boots it,
# runs the cases in it and judges them. Last line: "lab: N passed, N failed".
# -i: a shell on this terminal instead.
set -euo pipefail

interactive=
if [ "${1-}" = -i ]; then
	interactive=-i
	shift
fi
variant=$1
shift
name=lab
[ "$variant" = lab ] || name=lab-$variant
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cd "$top"
export O=${O:-build}
make=${MAKE:-make}
out=$O/$name
mkdir -p "$out"

fail()
{
	echo "$1" >&2
	echo "$name: 0 passed, 1 failed"
	exit 1
}

tree=$(tests/lab/kernel.sh "$variant") || fail "the lab's kernel does not build"
release=$(cat "$tree/include/config/kernel.release")
"$make" --no-print-directory -s O="$O" "$O/tdxctl" "$O/vmm" "$O/jget" || fail "no programs"
"$make" --no-print-directory -s O="$O" kmod KVER="$release" KDIR="$tree" >"$out/kmod.log" 2>&1 || {
	tail -n 20 "$out/kmod.log" >&2
	fail "the helper does not build for $release"
}
printf '%s\n' "$@" >"$out/selected"
args=(-o "$out" -t "${LAB_TIMEOUT:-900}"
	-f "$O/vmm" -f "$O/jget" -f "$O/tdxctl" -f "$O/kmod/$release/tdxctl.ko"
	-f tests/vm/suite.sh:/suite/run-cases.sh -f tests/vm/lib.sh:/suite/vm-lib.sh
	-f tests/lab/lib.sh:/suite/lib.sh -f "$out/selected")
for f in tests/lab/cases/*.sh; do
	args+=(-f "$f:/suite/cases/${f##*/}")
done
[ "$variant" = lab ] || args+=(-d)

[ -z "$interactive" ] || exec tests/lab/run.sh "${args[@]}" -i

cat >"$out/script" <<'END'
#!/bin/sh
sh /suite/run-cases.sh
leaks=/sys/kernel/debug/kmemleak
if [ -e $leaks ]; then
	# It tells the kernel log how many; younger than 5 s does not count.
	sleep 6
	echo scan >$leaks
	echo scan >$leaks
	cat $leaks >/out/kmemleak
fi
END
status=0
tests/lab/run.sh "${args[@]}" "$out/script" | tee "$out/results" || status=${PIPESTATUS[0]}
exec "${PYTHON:-/usr/bin/python3}" tests/lab/gate.py "$name" "$out" "$status" "$out/results" "$@"
