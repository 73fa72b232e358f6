#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make bench-observe: how much longer KVM takes to build a TD and to remove its pages while
# each call is counted: by the BPF programs of tdxctl stat, or by the helper.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

PAGES=16384
TABLE=/out/observe.md

# ms: the time since boot. A hundredth of a second is the unit of the kernel's own file.
ms()
{
	awk '{ print $1 * 1000 }' /proc/uptime
}

# once: builds a TD and ends its VMM; the times are in $built and $ended.
once()
{
	start=$(ms)
	vmm web --vcpus 1 --pages $PAGES
	built=$(($(ms) - start))
	start=$(ms)
	kill -9 $VMM
	wait $VMM 2>/dev/null
	wait_for '[ "$(charged)" = 0 ]' 60
	ended=$(($(ms) - start))
	nothing_left
}

# better WAY: of two runs the faster one, since noise only adds.
better()
{
	once
	b=$built e=$ended
	once
	[ $built -le $b ] || built=$b
	[ $ended -le $e ] || ended=$e
	echo "$built $ended" >"/tmp/took.$1"
}

# line WAY NAME BUILD END: the line of the table, and the limits of its ratios.
line()
{
	read -r b0 e0 </tmp/took.none
	read -r b e <"/tmp/took.$1"
	awk -v b="$b" -v b0="$b0" -v e="$e" -v e0="$e0" -v name="$2" \
		'BEGIN { printf "| %s | %d ms | %.3f | %d ms | %.3f |\n", name, b, b / b0, e, e / e0 }' >>$TABLE
	awk -v b="$b" -v b0="$b0" -v e="$e" -v e0="$e0" -v bmax="$3" -v emax="$4" \
		'BEGIN { exit !(b / b0 <= bmax && e / e0 <= emax) }' ||
		echo "$2: more than $3 of the time to build, or $4 of the time to end" >>"/tmp/why.$CASE"
}

case_observe_bench()
{
	{
		echo "| a TD of $PAGES pages | built in | ratio | ended in | ratio |"
		echo '|---|--:|--:|--:|--:|'
	} >$TABLE
	better none
	tdxctl stat -v >/out/observe-stat.txt 2>/tmp/stat.err &
	stat=$!
	wait_for "grep -q 'are observed' /tmp/stat.err" 120
	better stat
	kill -INT $stat
	wait $stat || die "stat: $(cat /tmp/stat.err)"
	t 0 helper load
	better helper
	t 0 helper unload
	line none "no observer" 1 1
	line stat '`tdxctl stat`' 1.05 1.12
	line helper "the helper" 1.04 1.08
	cat $TABLE
}
