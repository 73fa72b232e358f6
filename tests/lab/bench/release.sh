#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make bench-release: what a TD's end costs, by how it ends. The helper only counts
# where it does not release.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

PAGES="256 1024 4096 16384 65536"
TABLE=/out/release.md

# calls NAME...: how many SEAMCALLs of these leaves there were, all together.
calls()
{
	awk -v names=" $* " 'index(names, " " $1 " ") { n += $2 } END { print n + 0 }' $HELPER/seamcalls
}

all_calls()
{
	sed -n 's/^seen \([0-9]*\),.*/\1/p' $HELPER/seamcalls
}

removal_calls()
{
	calls TDH.MEM.RANGE.BLOCK TDH.MEM.TRACK TDH.MEM.PAGE.REMOVE TDH.PHYMEM.PAGE.RECLAIM TDH.PHYMEM.PAGE.WBINVD
}

# How many of them the TD's own pages take: one each, its root one more.
control_calls()
{
	awk '$1 == "pages" { print $5 + 1 + $7 + $9 + $11 }' $EMUL/truth
}

# ratio A B [DIGITS]
ratio()
{
	awk -v a="$1" -v b="$2" -v f="%.${3:-1}f\n" 'BEGIN { printf f, a / b }'
}

# The table is finished all the same.
wrong()
{
	echo "$pages pages, $way: $per_page SEAMCALLs per page, $1" >>"/tmp/why.$CASE"
}

# row WAY PAGES VMM COMMAND...: ends the TD by COMMAND and adds a line to the table.
row()
{
	way=$1 pages=$2 pid=$3
	shift 3
	[ "$(reg_pages)" = "$pages" ] || die "$(reg_pages) private pages, not $pages"
	control=$(control_calls) removal=$(removal_calls) all=$(all_calls)
	"$@" >/tmp/stopwatch || die "$*: $(cat /tmp/stopwatch)"
	read -r hkid_us done_us </tmp/stopwatch
	[ "$(reg_pages)" = 0 ] || die "$way: $(reg_pages) private pages are left"
	[ ! -e "/proc/$pid" ] || kill -9 "$pid"
	wait "$pid" 2>/dev/null
	nothing_left
	all=$(($(all_calls) - all)) removal=$(($(removal_calls) - removal - control))
	per_page=$(ratio $removal $pages 3)
	[ "$way" != early ] || early_us=$done_us
	case $way in
	early)
		name='`tdxctl release`'
		awk -v p="$per_page" 'BEGIN { exit !(p <= 1.02) }' || wrong "more than 1.02"
		;;
	killed) name='VMM killed' ;;
	live)
		name='memory punched out, then VMM killed'
		awk -v p="$per_page" 'BEGIN { exit !(p >= 3.9) }' || wrong "not KVM's removal from a live TD"
		;;
	esac
	echo "| $pages | $name | $per_page | $all | $(ratio $hkid_us 1000) ms | $(ratio $done_us 1000) ms | $(ratio $done_us $early_us 2) |" >>$TABLE
	tail -n 1 $TABLE
}

case_release_bench()
{
	t 0 helper load
	{
		echo '| private pages | how | SEAMCALLs per page | in all | HKID free after | memory back after | times `release` |'
		echo '|--:|---|--:|--:|--:|--:|--:|'
	} >$TABLE
	for pages in $PAGES; do
		vmm web --vcpus 2 --pages $pages --run
		row early $pages $VMM stopwatch 0 sh -c "tdxctl --json release web --yes >/out/release-$pages.json"
		vmm web --vcpus 2 --pages $pages --run
		row killed $pages $VMM stopwatch $VMM kill -9 $VMM
		vmm web --vcpus 2 --pages $pages --run --punch
		row live $pages $VMM stopwatch $VMM sh -c "kill -USR2 $VMM; until grep -q punched /tmp/ready.web; do sleep 0.01; done; kill -9 $VMM"
	done
}
