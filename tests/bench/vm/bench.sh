#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Ratios that need a kernel; read from the log by tests/bench/run.sh. The SEAMCALL
# here is an emulated one on an emulated CPU, so the times themselves mean nothing.

PAGES=30000

now_ms()
{
	awk '{ print $1 * 1000 }' /proc/uptime
}

# Time to build one TD, in ms.
build_one()
{
	start=$(now_ms)
	vmm bench --pages $PAGES >/dev/null
	echo "$start $(now_ms)" | awk '{ print $2 - $1 }'
}

case_creation()
{
	modprobe tdx_emul || die "tdx_emul"
	: >/tmp/with
	: >/tmp/without
	# Alternating, so that a busy host hits both alike.
	for _ in 1 2 3 4 5; do
		build_one >>/tmp/without
		clean_vmms
		modprobe tdxctl || die "tdxctl"
		build_one >>/tmp/with
		clean_vmms
		rmmod tdxctl || die "unload"
	done
	without=$(sort -n /tmp/without | sed -n 3p)
	with=$(sort -n /tmp/with | sed -n 3p)
	echo "bench creation $with $without $PAGES"
}

clean_vmms()
{
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe" 2>/dev/null)" = /bin/vmm ] && kill -9 "${p#/proc/}"
	done
	wait_for "! grep -q '^td ' $EMUL/truth" 60
}

case_release_cost()
{
	modprobe tdxctl || die "tdxctl"
	load_emul
	vmm web --pages $PAGES
	j 0 release web --yes
	echo "bench release $(value page_seamcalls) $(value pages_reclaimed) $(value seamcalls)"
	vmm closing --pages $PAGES --close-gmem
	j 0 td list
	before=$(value 'tds[vm=closing].seamcalls')
	kill -USR1 "$VMM"
	wait_for "grep -q '^pages reg 0 ' $EMUL/truth" 60
	j 0 td list
	echo "bench slow $(($(value 'tds[vm=closing].seamcalls') - before)) $PAGES"
}
