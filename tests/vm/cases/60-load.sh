#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Modules come and go while everything is in use; nothing is lost in the end.

case_unload_under_load()
{
	load_emul
	(i=0
	while [ $i -lt 400 ]; do
		i=$((i + 1))
		timeout 20 /bin/vmm "t$((i % 7))" --pages $((i % 50)) --ready /tmp/r1 --timeout 1 </dev/null
	done) >/dev/null 2>&1 &
	one=$!
	(while :; do tdxctl --json status; tdxctl hkid; cat $HELPER/*; done) >/dev/null 2>&1 &
	two=$!
	(while :; do tdxctl cpu; tdxctl td show t1; done) >/dev/null 2>&1 &
	three=$!
	end=$(($(date +%s) + 12))
	loads=0
	while [ "$(date +%s)" -lt $end ]; do
		modprobe tdxctl 2>/dev/null
		rmmod tdxctl 2>/dev/null && loads=$((loads + 1))
	done
	echo "$loads unloads"
	kill "$one" "$two" "$three"
	wait "$one" "$two" "$three" 2>/dev/null
	[ $loads -gt 3 ] || die "only $loads unloads"
	sleep 1.5
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe" 2>/dev/null)" = /bin/vmm ] && kill -9 "${p#/proc/}"
	done
	wait_for "! grep -q '^td ' $EMUL/truth" 30
	truth '^hkid .* free' 15
	truth '^leaked hkids 0 pages 0$' 1
}

case_emul_params()
{
	modprobe tdx_emul api=nonsense 2>/dev/null && die "api=nonsense"
	modprobe tdx_emul keyids=1 2>/dev/null && die "keyids=1"
	modprobe tdx_emul keyids=40000 2>/dev/null && die "keyids=40000"
	allow_log 'api=nonsense|keyids='
	t 0 helper load
	load_emul keyids=64 mktme=63
	j 0 status
	is hkids.total 63
	is hkids.free 63
	j 0 hkid
	is 'hkids[0].id' 65
	modprobe -r tdx_emul
}

case_memory_comes_back()
{
	round()
	{
		modprobe tdxctl && modprobe tdx_emul || die "load"
		for i in 1 2 3; do
			vmm "m$i" --pages 2000 --vcpus 2
			[ $i = 2 ] || tdxctl -q release "m$i" --yes >/dev/null || die "release m$i"
			gone "$VMM"
		done
		wait_for "! grep -q '^td ' $EMUL/truth"
		rmmod tdxctl && rmmod tdx_emul || die "unload"
	}
	round
	before=$(free_kb)
	slab_before=$(awk '/^SUnreclaim/ { print $2 }' /proc/meminfo)
	for r in 1 2 3 4; do
		round
		echo "round $r: free $(free_kb) kB"
	done
	after=$(free_kb)
	slab_after=$(awk '/^SUnreclaim/ { print $2 }' /proc/meminfo)
	echo "free $before -> $after kB, unreclaimable slab $slab_before -> $slab_after kB"
	# One lost TD of 2000 pages would be 8000 kB, in each of four rounds.
	[ $((before - after)) -lt 1000 ] || die "$((before - after)) kB are gone"
	[ $((slab_after - slab_before)) -lt 1000 ] || die "$((slab_after - slab_before)) kB of slab are gone"
}

case_debugfs()
{
	t 0 helper load
	load_emul
	vmm web --pages 100
	for f in hkids tds locks cpus seamcalls; do
		echo "== $f"
		cat $HELPER/$f || die "debugfs $f"
		[ "$(wc -l <$HELPER/$f)" -gt 1 ] || die "debugfs $f is empty"
		case $(stat -c %a $HELPER/$f) in
		400 | 444) ;;
		*) die "debugfs $f: mode $(stat -c %a $HELPER/$f)" ;;
		esac
	done
	[ "$(stat -c %a /dev/tdxctl)" = 600 ] || die "/dev/tdxctl: mode $(stat -c %a /dev/tdxctl)"
	grep -q TDH.MEM.PAGE.ADD $HELPER/seamcalls || die "no TDH.MEM.PAGE.ADD"
}

case_device_rules()
{
	t 0 helper load
	abi bare || die "abi without a TDX module"
	load_emul
	vmm web --pages 8
	abi || die "abi with a TD"
}

case_output_errors()
{
	t 0 helper load
	load_emul
	tdxctl status >/dev/full 2>/tmp/err && die "a write to a full device did not fail"
	cat /tmp/err
	[ -s /tmp/err ] || die "nothing on stderr"
	tdxctl status >&- 2>/dev/null && die "a write to a closed stdout did not fail"
	tdxctl --json status | head -c 10 >/dev/null
	true
}
