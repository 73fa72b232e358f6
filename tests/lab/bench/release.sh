#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make bench-release: what a TD's end costs, by how it ends. The helper only counts
# where it does not release.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

PAGES="256 1024 4096 16384 65536"
TABLE=/out/release.md
TRACING=/sys/kernel/tracing

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

# The pages of the rows, and how long the release of an earlier commit and this one took.
took()
{
	echo "$2" >"/tmp/took.$1.$pages"
}

compared()
{
	before=$(cat "/tmp/took.$1.$pages" 2>/dev/null || echo 0)
	if [ "$before" = 0 ]; then echo -; else ratio $done_us $before 2; fi
}

# KVM holds mmu_lock while this function removes the pages of a chunk.
watch_lock()
{
	mount -t tracefs tracefs $TRACING 2>/dev/null
	printf 'p:begin kvm_unmap_gfn_range\nr:end kvm_unmap_gfn_range\n' >$TRACING/kprobe_events ||
		die "no kprobe at kvm_unmap_gfn_range()"
	echo 1 >$TRACING/events/kprobes/enable
}

# longest_hold: the longest time since the trace was emptied, in us; 0: it was not called.
longest_hold()
{
	awk '{
		for (i = 2; i < NF; i++)
			if ($(i + 1) == "begin:")
				from[$1] = $i
			else if ($(i + 1) == "end:" && $1 in from && $i - from[$1] > max)
				max = $i - from[$1]
	}
	END { printf "%d\n", max * 1000000 + 0.5 }' $TRACING/trace
}

# row WAY PAGES VMM COMMAND...: ends the TD by COMMAND and adds a line to the table.
row()
{
	way=$1 pages=$2 pid=$3 lock=
	shift 3
	[ "$(reg_pages)" = "$pages" ] || die "$(reg_pages) private pages, not $pages"
	control=$(control_calls) removal=$(removal_calls) all=$(all_calls)
	echo >$TRACING/trace
	"$@" >/tmp/stopwatch || die "$*: $(cat /tmp/stopwatch)"
	read -r hkid_us done_us </tmp/stopwatch
	lock_us=$(longest_hold)
	[ $lock_us -gt 0 ] || die "$way: no kprobe was hit at KVM's removal"
	[ "$(reg_pages)" = 0 ] || die "$way: $(reg_pages) private pages are left"
	[ ! -e "/proc/$pid" ] || kill -9 "$pid"
	wait "$pid" 2>/dev/null
	nothing_left
	all=$(($(all_calls) - all)) removal=$(($(removal_calls) - removal - control))
	per_page=$(ratio $removal $pages 3)
	case $way in
	base | first-base) name='`tdxctl release` before' ;;
	early | first-early) name='`tdxctl release`' ;;
	killed) name='VMM killed' ;;
	live) name='memory punched out, then VMM killed' ;;
	esac
	case $way in
	first-*) name="$name, the first one" ;;
	base | early) took $way $done_us ;;
	esac
	case $way in
	base) echo $lock_us >"/tmp/held.$pages" ;;
	early)
		lock="$lock_us us ($(ratio $lock_us "$(cat "/tmp/held.$pages")" 2))"
		;;
	esac
	case $way in
	killed | live)
		awk -v p="$per_page" 'BEGIN { exit !(p >= 3.9) }' || wrong "not KVM's removal from a live TD"
		;;
	*) awk -v p="$per_page" 'BEGIN { exit !(p <= 1.02) }' || wrong "more than 1.02" ;;
	esac
	echo "| $pages | $name | $per_page | $all | $(ratio $hkid_us 1000) ms | $(ratio $done_us 1000) ms | ${lock:-$lock_us us} | $(compared early) | $(compared base) |" >>$TABLE
	tail -n 1 $TABLE
}

# release_row WAY PAGES TDXCTL: documents in /out are checked; an earlier command had other ones.
release_row()
{
	json=/out/$1-$2.json
	[ $3 = tdxctl ] || json=/tmp/base.json
	vmm web --vcpus 2 --pages $2 --run
	row $1 $2 $VMM stopwatch 0 sh -c "$3 --json release web --yes >$json"
}

# releases WAY TDXCTL: the first one after loading, and one of each size.
releases()
{
	release_row first-$1 256 $2
	for pages in $PAGES; do
		release_row $1 $pages $2
	done
}

case_release_bench()
{
	{
		echo '| private pages | how | SEAMCALLs per page | in all | HKID free after | memory back after | mmu_lock held at most (times before) | times `release` | times before |'
		echo '|--:|---|--:|--:|--:|--:|--:|--:|--:|'
	} >$TABLE
	watch_lock
	insmod /suite/base/tdxctl.ko || die "the earlier helper does not load"
	releases base tdxctl-base
	wait_for 'rmmod tdxctl 2>/dev/null'
	t 0 helper load
	releases early tdxctl
	for pages in $PAGES; do
		vmm web --vcpus 2 --pages $pages --run
		row killed $pages $VMM stopwatch $VMM kill -9 $VMM
		vmm web --vcpus 2 --pages $pages --run --punch
		row live $pages $VMM stopwatch $VMM sh -c "kill -USR2 $VMM; until grep -q punched /tmp/ready.web; do sleep 0.01; done; kill -9 $VMM"
	done
}
