#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The sequence the project exists for, and its way without helper or TDX.

case_main_job()
{
	t 0 helper load
	load_emul
	t 0 helper status
	j 0 helper status
	is state loaded
	is provider tdx_emul
	is 'features[on=false].name' ''
	vmm web --vcpus 4 --max-vcpus 8 --pages 65536
	web=$VMM
	vmm db --vcpus 2 --pages 4096

	t 0 status
	says '2 of 15 in use'
	j 0 status
	is source helper
	is hkids.total 15
	is hkids.free 13
	is hkids.configured 2
	is tds.total 2
	is tds.runnable 2
	is tds.private_pages $((65536 + 4096))
	is 'packages[].covered' true true
	is 'packages[].keys_programmed' 2 2
	is cpus.online 4
	is health.state ok
	is 'health.reasons[]' ''

	t 0 hkid
	j 0 hkid
	count 'hkids[]' 15
	is 'hkids[vm=web].state' configured
	is 'hkids[vm=web].pid' "$web"
	is 'hkids[vm=db].pid' "$VMM"
	count 'hkids[state=free].id' 13
	hkid=$(value 'hkids[vm=web].id')
	truth "^hkid $hkid assigned" 1

	t 0 lock
	j 0 lock
	is 'locks[].state' free free free
	is 'locks[name=tdx_mng_key_config_lock].package' 0 1
	is 'locks[name=tdx_mng_key_config_lock].acquisitions' 2 2
	is 'locks[name=tdx_lock].acquisitions' 2
	is 'locks[].source' mutex mutex mutex

	t 0 cpu
	j 0 cpu check
	is 'cpus[].tdx' enabled enabled enabled enabled
	is 'cpus[].online' true true true true
	is 'packages[].covered' true true

	t 0 td
	j 0 td list
	is 'tds[].vm' web db
	is 'tds[vm=web].private_pages' 65536
	is 'tds[vm=web].vcpus' 4
	is 'tds[vm=web].max_vcpus' 8
	is 'tds[vm=db].private_pages' 4096
	is 'tds[].state' runnable runnable
	truth '^td .* op 2 ' 2

	t 0 td show web
	says "Process +$web"
	j 0 td show web
	is 'tds[].pid' "$web"
	is 'tds[].private_pages' 65536
	count 'tds[].pins[kind=vm-fd].fd' 1
	count 'tds[].pins[kind=vcpu-fd].fd' 4
	count 'tds[].pins[kind=guest-memfd].fd' 1
	is 'tds[].pins_complete' true

	t 0 release web --dry-run
	says '65536 pages'
	# Without a terminal it must require --yes and change nothing.
	t 2 release web
	says -- '--yes'
	truth '^td ' 2

	before=$(free_kb)
	t 0 release web --yes
	after=$(free_kb)
	truth "^hkid $hkid free" 1
	truth '^td .* lifecycle 3 ' 1
	truth '^pages reg 4096 ' 1
	[ $((after - before)) -gt $((65536 * 4 * 9 / 10)) ] ||
		die "only $((after - before)) kB of $((65536 * 4)) were freed"
	# The VMM is alive and holds nothing any more.
	kill -0 "$web" || die "the VMM is gone"

	t 0 status
	says '1 of 15 in use'
	j 0 status
	is hkids.free 14
	is hkids.configured 1
	is tds.private_pages 4096
	is health.state ok
	j 0 hkid
	is "hkids[id=$hkid].state" free

	# Once more: idempotent.
	j 0 release web --yes
	is result nothing-to-do

	j 0 release db --yes
	is strategy release
	is hkid_freed true
	is pages_reclaimed 4096
	is page_seamcalls 4096
	is result released
	is verified true
	truth '^pages reg 0 ' 1
	gone "$VMM"
	gone "$web"
	wait_for "! grep -q '^td ' $EMUL/truth"
	truth '^leaked hkids 0 pages 0$' 1
	j 0 status
	is tds.total 0
	is hkids.free 15
	t 0 helper unload
	t 5 helper status
}

case_sizes()
{
	t 0 helper load
	load_emul
	vmm empty --pages 0
	vmm one --pages 1
	vmm odd --pages 513 --vcpus 3
	vmm large --pages 20000
	vmm created --stop-at created
	vmm init --stop-at init
	vmm vcpus --stop-at vcpus --vcpus 2
	vmm memory --stop-at memory --pages 10
	j 0 td list
	# "created" has no HKID and no TDR: there is no TD yet.
	count 'tds[]' 7
	is 'tds[vm=empty].private_pages' 0
	is 'tds[vm=one].private_pages' 1
	is 'tds[vm=odd].private_pages' 513
	is 'tds[vm=odd].vcpus' 3
	is 'tds[vm=large].private_pages' 20000
	is 'tds[vm=init].state' initialized
	is 'tds[vm=vcpus].vcpus' 2
	is 'tds[vm=memory].private_pages' 10
	is 'tds[vm=memory].state' initialized
	truth '^td ' 7
	reg=$((1 + 513 + 20000 + 10))
	truth "^pages reg $reg " 1
	j 0 status
	is tds.private_pages $reg
	is hkids.free 8
	for vm in odd empty one large; do
		j 0 release $vm --yes
		is result released
		is verified true
		is hkid_freed true
	done
	truth '^pages reg 10 ' 1
	# Unfinished TDs: by hkid and by number, the VMM has to end. A young one may be about to start.
	id=$(value 'tds[vm=memory].hkid' "/out/$CASE-2.json")
	j 1 release "hkid:$id" --yes --strategy stop
	is error.code building
	truth '^pages reg 10 ' 1
	j 0 release "hkid:$id" --yes --strategy stop --building
	is strategy stop
	is hkid_freed true
	id=$(value 'tds[vm=init].id' "/out/$CASE-2.json")
	j 0 release "td:$id" --yes --strategy stop --building
	truth '^td .* lifecycle [012] ' 1
}

case_selectors()
{
	load_emul
	t 0 helper load
	vmm web --pages 4 -name guest=shop,debug-threads=on -uuid 12345678-1234-1234-1234-123456789abc
	first=$VMM
	vmm web --pages 5
	t 0 td show shop
	j 0 td show 12345678-1234-1234-1234-123456789abc
	is 'tds[].pid' "$first"
	j 0 td show "$VMM"
	is 'tds[].private_pages' 5
	vmm same --pages 6
	vmm same --pages 7
	j 2 release same --yes
	is error.code ambiguous
	says "td:4"
	j 1 td show no-such-vm
	is error.code not-found
	t 2 td show hkid:x
	t 2 statsu
	says "status"
	j 2 status --jsn
	truth '^pages reg 22 ' 1
}

case_no_helper()
{
	load_emul
	vmm web --pages 100
	t 5 hkid
	says 'helper load'
	t 5 lock
	t 5 release web --yes
	j 5 td list
	is error.code helper-missing
	j 5 helper status
	truth '^pages reg 100 ' 1
	# Loaded late, it knows the TD by what it does next.
	t 0 helper load
	j 0 status
	is source helper
	gone "$VMM"
	wait_for "! grep -q '^td ' $EMUL/truth"
	j 0 hkid
	count 'hkids[state=leaked].id' 0
}

case_no_tdx()
{
	t 3 status
	t 3 hkid
	t 0 helper load
	says .
	j 3 status
	is platform.has_tdx false
	j 5 cpu check
	t 0 helper unload
}

case_helper_first()
{
	t 0 helper load
	load_emul
	vmm web --pages 64
	j 0 status
	is helper.from_start true
	is hkids.free 14
	is hkids.unknown_state 0
	is tds.private_pages 64
	gone "$VMM"
	wait_for "! grep -q '^td ' $EMUL/truth"
	# The emulated module comes and goes under the helper.
	rmmod tdx_emul || die "tdx_emul is pinned"
	t 3 status
	load_emul
	vmm again --pages 65
	j 0 td list
	is 'tds[vm=again].private_pages' 65
}

case_late_helper()
{
	load_emul
	vmm web --pages 128 --vcpus 2
	t 0 helper load
	t 0 status
	j 0 status
	is helper.from_start false
	vmm db --pages 32
	j 0 td list
	is 'tds[vm=db].private_pages' 32
	# The older TD may be missing or unknown, but its pages are never a wrong number.
	pages=$(jget "$OUT" 'tds[vm=web].private_pages') || [ $? = 1 ] || die "there is no private_pages"
	case $pages in
	"" | null | 128) ;;
	*) die "web has $pages pages?" ;;
	esac
	j 0 hkid
	is 'hkids[vm=db].state' configured
}

case_no_root()
{
	load_emul
	t 0 helper load
	vmm web --pages 16
	for verb in status hkid lock 'td list' 'cpu check' 'release web --yes'; do
		echo "+ nobody: $verb"
		# shellcheck disable=SC2086
		su -s /bin/sh nobody -c "tdxctl --json $verb" >"/out/$CASE.json" 2>"/tmp/err"
		got=$?
		cat "/out/$CASE.json" /tmp/err
		[ $got = 4 ] || die "nobody: $verb: status $got, not 4"
		[ "$(value error.code "/out/$CASE.json")" = permission ] || die "nobody: $verb: no error.code"
		[ -s /tmp/err ] || die "nobody: $verb: nothing on stderr"
		grep -q 'root' /tmp/err || die "nobody: $verb: no next step"
	done
	su -s /bin/sh nobody -c "tdxctl helper unload" && die "unloaded without permission"
	truth '^pages reg 16 ' 1
	t 0 status
}
