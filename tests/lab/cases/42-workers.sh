#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Early release while workers reclaim the pages: how many there are, how much may wait for
# them, and what happens to the helper and the VM meanwhile.
# shellcheck disable=SC1091,SC2016,SC2086 # conditions are evaluated later
. /suite/cases/41-phases.sh

# set_parameter NAME VALUE
set_parameter()
{
	echo "$2" >"/sys/module/tdxctl/parameters/$1" || die "the parameter $1 is refused"
}

# Each number of workers, and a queue that is always full.
case_early_workers()
{
	t 0 helper load
	for workers in 8 1 0; do
		set_parameter reclaim_workers $workers
		vmm web --vcpus 2 --pages 4096
		released web 4096
		gone "$VMM"
		nothing_left
	done
	set_parameter reclaim_workers 2
	for mb in 2 0; do
		set_parameter reclaim_queue_mb $mb
		vmm web --vcpus 2 --pages 4096
		released web 4096
		gone "$VMM"
		nothing_left
	done
	no_slow_removal
}

# The VMM frees its memory itself, and no process waits for the pages.
case_early_workers_alone()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 1100 --punch
	web=$VMM
	takes 28 1000000
	tdxctl --json release web --yes >/tmp/web.json 2>/tmp/web.err &
	RELEASE=$!
	soon '[ "$(charged)" = 0 ]'
	kill -9 $RELEASE
	wait $RELEASE 2>/dev/null
	ask "$web" USR2 web punched
	# Removed, and not all reclaimed.
	[ "$(reg_pages)" -gt 0 ] || die "no page was in a batch"
	rmmod tdxctl 2>/dev/null && die "unloaded with pages in batches"
	go_on
	wait_for '[ "$(reg_pages)" = 0 ]'
	j 0 td list
	is 'tds[vm=web].private_pages' 0
	gone "$web"
	nothing_left
}

# The VMM dies with pages in batches, and the helper is unloaded as soon as it can be.
case_early_workers_unload()
{
	t 0 helper load
	for _ in 1 2 3; do
		release_in pages
		kill -9 $RELEASE $web
		wait $RELEASE $web 2>/dev/null
		go_on
		wait_for 'rmmod tdxctl 2>/dev/null'
		nothing_left
		t 0 helper load
	done
}

# CPUs go and come while workers run there.
case_early_workers_hotplug()
{
	t 0 helper load
	release_in pages
	for _ in 1 2 3; do
		for c in 1 3; do
			online $c 0 || die "CPU $c does not go offline"
		done
		for c in 1 3; do
			online $c 1 || die "CPU $c does not come back"
		done
	done
	go_on
	ended 0
	[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
	gone $web
	nothing_left
	no_slow_removal
}

# working: prints how many workers reclaim at the moment.
working()
{
	cat /proc/[0-9]*/comm 2>/dev/null | grep -c '+tdxctl_reclaim'
}

# watch_workers: sees a release to its end; $most is the highest number of workers seen.
watch_workers()
{
	soon '[ "$(charged)" = 0 ]'
	most=0
	# The command lines of processes that have ended are empty.
	while [ "$(reg_pages)" -gt 0 ] && [ -n "$(cat /proc/$RELEASE/cmdline 2>/dev/null)" ]; do
		now=$(working)
		[ "$now" -le $most ] || most=$now
	done
	go_on
	ended 0
	[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
}

# most_workers OPTIONS...: releases web and watches.
most_workers()
{
	takes 28 1000000
	tdxctl --json release web --yes "$@" >/tmp/web.json 2>/tmp/web.err &
	RELEASE=$!
	watch_workers
	echo "release $*: $most workers"
}

# A release has its own limit, whatever the parameter is.
case_early_workers_cpus()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 4096
	for cpus in 1 3 100; do
		j 0 release web --dry-run --cpus $cpus
		[ $cpus -lt "$(nproc)" ] || cpus=$(nproc)
		is plan.cpus $cpus
	done
	most_workers
	[ $most -gt 2 ] || die "$most workers without a limit"
	gone "$VMM"

	set_parameter reclaim_workers 0
	vmm web --vcpus 2 --pages 4096
	j 0 release web --dry-run
	is plan.cpus 1
	most_workers --cpus 3
	[ $most = 2 ] || die "$most workers with three CPUs"
	gone "$VMM"
	set_parameter reclaim_workers 8

	# The limit is that of the VM: the second release does not set it.
	vmm web --vcpus 2 --pages 4096
	takes 28 1000000
	tdxctl release web --yes --cpus 1 >/tmp/web.out 2>/tmp/web.err &
	RELEASE=$!
	soon '[ "$(charged)" = 0 ]'
	[ "$(working)" = 0 ] || die "a worker reclaims beside one CPU"
	kill -9 $RELEASE
	wait $RELEASE 2>/dev/null
	[ "$(reg_pages)" -gt 0 ] || die "the release was not interrupted"
	most_workers
	[ $most = 0 ] || die "$most workers beside one CPU"
	gone "$VMM"
	nothing_left
	no_slow_removal
}

# Pages are removed before the HKID is free, and only then reclaimed: by the release itself if
# it may use one CPU, else by a worker, even if the parameter allows none.
case_early_workers_before()
{
	t 0 helper load
	set_parameter reclaim_workers 0
	for cpus in 1 ""; do
		# Its vCPUs do not run: one that moved to another CPU would be flushed as well.
		vmm web --vcpus 2 --pages 1100 --punch
		web=$VMM
		takes 19 2000000000
		flushed=$(calls TDH.VP.FLUSH)
		tdxctl --json release web --yes ${cpus:+--cpus $cpus} >/tmp/web.json 2>/tmp/web.err &
		RELEASE=$!
		soon '[ "$(calls TDH.VP.FLUSH)" -gt '$flushed' ]'
		ask "$web" USR2 web punched
		[ "$(charged)" = 1 ] || die "the HKID was free before all pages were removed"
		pages=$(reg_pages)
		[ "$pages" = 1100 ] || die "$pages private pages, not 1100, before the HKID is free"
		[ "$(working)" = 0 ] || die "a worker reclaims before the HKID is free"
		takes 28 1000000
		takes 19 0
		watch_workers
		case $cpus in
		1) [ $most = 0 ] || die "$most workers beside one CPU" ;;
		*) [ $most = 1 ] || die "$most workers, not 1, for the pages of before" ;;
		esac
		gone "$web"
		nothing_left
	done
	no_slow_removal
}
