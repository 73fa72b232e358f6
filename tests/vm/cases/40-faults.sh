#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What goes wrong, and that it is said and nothing else is lost.

case_leaked_hkid()
{
	t 0 helper load
	load_emul
	vmm web --pages 32
	tdxctl --json td list >/tmp/x || die "td list: status $?"
	hkid=$(value 'tds[vm=web].hkid' /tmp/x)
	# TDH.MNG.KEY.FREEID fails permanently.
	fault leaf=20 status=0xc000081100000000 count=1
	allow_log 'leak|FREEID'
	gone "$VMM"
	wait_for "grep -q '^leaked hkids 1 ' $EMUL/truth"
	j 0 hkid
	is "hkids[id=$hkid].state" leaked
	t 0 hkid
	says leaked
	j 0 status
	is hkids.leaked 1
	is health.state critical
	value 'health.reasons[]' | grep -qi leaked || die "no reason says leaked"
	j 0 td list
	# The number is never used again.
	for i in $(seq 1 14); do
		vmm "td$i" --pages 1
	done
	truth "^hkid $hkid free" 0
	vmm_fails 'No space|HKID' onemore --pages 1
}

case_leaked_during_release()
{
	t 0 helper load
	load_emul
	vmm web --pages 32
	fault leaf=20 status=0xc000081100000000 count=1
	allow_log 'leak|FREEID'
	j 1 release web --yes
	is hkid_freed false
	is result failed
	t 0 hkid
	says leaked
	truth '^leaked hkids 1 ' 1
}

case_hkids_exhausted()
{
	t 0 helper load
	load_emul keyids=4
	for i in 1 2 3; do
		vmm "td$i" --pages 2
	done
	j 0 status
	is hkids.free 0
	is health.state critical
	vmm_fails 'No space|HKID' more --pages 2
	truth '^td ' 3
	j 0 release td2 --yes
	is hkid_freed true
	vmm more --pages 2
	j 0 hkid
	is 'hkids[].state' configured configured configured
	is 'hkids[vm=more].id' 18
}

case_busy_and_entropy()
{
	t 0 helper load
	load_emul
	# KEY.CONFIG: key generation fails twice; CREATE: the KOT is busy once.
	fault leaf=8 status=0x8000080000000000 count=2
	fault leaf=9 status=0x80000200000000ba count=1
	fault leaf=40 status=0x8000000300000000 count=3
	vmm web --pages 16
	j 0 release web --yes
	is result released
	j 0 lock
	got=$(value 'locks[name=tdx_mng_key_config_lock].entropy_retries' | awk '{ n += $1 } END { print n }')
	[ "$got" = 2 ] || die "$got entropy retries, not 2"
	is 'locks[name=tdx_lock].busy_retries' 1
	[ ! -s $EMUL/faults ] || die "faults are left: $(cat $EMUL/faults)"
	truth '^leaked hkids 0 pages 0$' 1
}

case_creation_fails()
{
	t 0 helper load
	load_emul
	# CREATE, KEY.CONFIG on the second package, ADDCX, INIT, VP.CREATE, PAGE.ADD, FINALIZE.
	for leaf in 9 8 1 21 10 22 3 2 17; do
		skip=0
		[ $leaf = 8 ] && skip=1
		[ $leaf = 1 ] && skip=3
		[ $leaf = 2 ] && skip=5
		fault leaf=$leaf status=0xc000010000000001 skip=$skip count=1
		vmm_fails . "f$leaf" --pages 16
		wait_for "! grep -q '^td ' $EMUL/truth"
		[ ! -s $EMUL/faults ] || die "leaf $leaf was not called: $(cat $EMUL/faults)"
		truth '^hkid .* free' 15
		truth '^pages reg 0 tdr 0 tdcx 0 tdvpr 0 sept 0$' 1
	done
	truth '^leaked hkids 0 pages 0$' 1
	j 0 status
	is hkids.free 15
	is tds.total 0
	is helper.violations 0
}

# slow_release OPTIONS...: runs long enough to be hit: each page takes its time. For the VMM.
slow_release()
{
	t 0 helper load
	load_emul
	vmm web --pages 20000 "$@"
	echo "28 300000" >$EMUL/delay || die "delay"
	n=$((n + 1))
	OUT=/out/$CASE-$n.json ERR=/out/$CASE-$n.err
	tdxctl --json release web --yes >"$OUT" 2>"$ERR" &
	RELEASE=$!
	wait_for "grep -q '^pages reg 1[0-9][0-9][0-9][0-9] ' $EMUL/truth" 60
	kill -0 "$RELEASE" || die "the release is over before it was hit"
}

case_release_interrupted()
{
	slow_release
	kill -INT "$RELEASE"
	wait "$RELEASE"
	got=$?
	cat "$OUT" "$ERR"
	[ $got = 6 ] || die "interrupted release: status $got, not 6"
	is result partial
	is hkid_freed true
	left=$(sed -n 's/^pages reg \([0-9]*\) .*/\1/p' $EMUL/truth)
	[ "$left" -gt 0 ] || die "nothing was left to do"
	at_least pages_reclaimed 1
	sleep 1
	now=$(sed -n 's/^pages reg \([0-9]*\) .*/\1/p' $EMUL/truth)
	[ "$now" = "$left" ] || die "it went on: $now, not $left"
	j 0 status
	is tds.private_pages "$left"
	echo "28 0" >$EMUL/delay
	j 0 release web --yes
	is result released
	at_least pages_reclaimed "$left"
	is pages_left 0
	is verified true
	truth '^pages reg 0 ' 1
}

case_release_killed()
{
	slow_release
	kill -KILL "$RELEASE"
	wait "$RELEASE"
	rm -f "$OUT"
	sleep 1
	left=$(sed -n 's/^pages reg \([0-9]*\) .*/\1/p' $EMUL/truth)
	sleep 1
	now=$(sed -n 's/^pages reg \([0-9]*\) .*/\1/p' $EMUL/truth)
	[ "$now" = "$left" ] || die "a dead command's release goes on: $left, then $now"
	t 0 status
	echo "28 0" >$EMUL/delay
	j 0 release web --yes
	is result released
	truth '^pages reg 0 ' 1
}

case_vmm_killed_during_release()
{
	slow_release
	kill -KILL "$VMM"
	sleep 0.5
	echo "28 0" >$EMUL/delay
	wait "$RELEASE"
	got=$?
	cat "$OUT" "$ERR"
	[ $got = 0 ] || [ $got = 6 ] || die "release: status $got"
	wait_for "! grep -q '^td ' $EMUL/truth" 60
	truth '^hkid .* free' 15
	truth '^leaked hkids 0 pages 0$' 1
	j 0 status
	is tds.total 0
	is hkids.free 15
}

case_helper_unloaded_during_release()
{
	slow_release
	# In use: it says so, and nothing breaks.
	t 1 helper unload
	echo "28 0" >$EMUL/delay
	OUT=/out/$CASE-2.json ERR=/out/$CASE-2.err
	wait "$RELEASE" || die "release: $(cat "$ERR")"
	truth '^pages reg 0 ' 1
	t 0 helper unload
}

case_release_interrupted_early()
{
	t 0 helper load
	load_emul
	vmm web --pages 3000
	# Another process holds the lock that freeing the HKID needs.
	echo "tdx_lock 4000" >$EMUL/hold || die "hold"
	n=$((n + 1))
	OUT=/out/$CASE-$n.json ERR=/out/$CASE-$n.err
	tdxctl --json release web --yes >"$OUT" 2>"$ERR" &
	RELEASE=$!
	sleep 1
	kill -INT "$RELEASE"
	wait "$RELEASE"
	got=$?
	cat "$OUT" "$ERR"
	[ $got = 6 ] || [ $got = 0 ] || die "status $got"
	j 0 release web --yes
	is hkid_freed true
	is pages_left 0
	truth '^pages reg 0 ' 1
	truth '^hkid .* free' 15
}

case_release_timeout()
{
	t 0 helper load
	load_emul
	vmm web --pages 20000
	echo "28 300000" >$EMUL/delay || die "delay"
	j 6 release web --yes --timeout 1
	is result partial
	is error.code timeout
	is hkid_freed true
	echo "28 0" >$EMUL/delay
	j 0 release web --yes
	is pages_left 0
	truth '^pages reg 0 ' 1
}

case_two_releases_of_one()
{
	slow_release
	first=$OUT
	n=$((n + 1))
	tdxctl --json release web --yes >"/out/$CASE-$n.json" 2>"/out/$CASE-$n.err" &
	second=$!
	sleep 1
	echo "28 0" >$EMUL/delay
	wait "$RELEASE" || die "the first: $(cat "$ERR")"
	wait "$second" || die "the second: $(cat "/out/$CASE-$n.err")"
	OUT=$first
	is result released
	is pages_left 0
	truth '^pages reg 0 ' 1
	truth '^hkid .* free' 15
	truth '^leaked hkids 0 pages 0$' 1
	j 0 status
	is helper.violations 0
}

# The number of a descriptor names another VM while the release of the first one is running.
case_release_replaced()
{
	slow_release --replace
	web=$VMM
	# It gets the HKID that is free now.
	vmm db --pages 1
	kill -USR1 $web
	wait_for 'grep -q ^replaced /tmp/ready.web'
	for link in "/proc/$web/fd"/*; do
		[ "$(readlink $link)" != anon_inode:kvm-vm ] || fd=${link##*/}
	done
	hkids=$(sed -n 's/^hkid \([0-9]*\) assigned .*/\1/p' $EMUL/truth | wc -l)
	[ "$hkids" = 2 ] || die "$hkids HKIDs in use, not 2"
	other=$(sed -n 's/^hkid \([0-9]*\) assigned .*/\1/p' $EMUL/truth | tail -n 1)
	# TDXCTL_RELEASE_CANCEL: no release of this TD, phase NONE.
	got=$(abi release $web $fd 2)
	[ "$got" = "0 0 $other" ] || die "cancel: $got, not 0 0 $other"
	# Starts a release of this TD.
	got=$(abi release $web $fd 0)
	[ "${got##* }" = "$other" ] || die "release: $got, not HKID $other"
	kill -0 "$RELEASE" || die "the first release is over: $(cat "$ERR")"
	echo "28 0" >$EMUL/delay
	OUT=/out/$CASE-2.json ERR=/out/$CASE-2.err
	wait "$RELEASE" || die "the first release: $(cat "$ERR")"
	is result released
	is hkid_freed true
	truth '^pages reg 1 ' 1
}

# A cancel that comes while the release ends with EBUSY: the TD is unchanged, and the
# release was cancelled, not failed.
case_release_cancelled_when_busy()
{
	t 0 helper load
	load_emul
	vmm web --pages 100
	# TDH.MNG.VPFLUSHDONE: FLUSHVP_NOT_DONE, once the lock can be taken.
	fault leaf=19 status=0x8000082400000000 count=1
	echo "tdx_lock 4000" >$EMUL/hold || die "hold"
	n=$((n + 1))
	OUT=/out/$CASE-$n.json ERR=/out/$CASE-$n.err
	tdxctl --json release web --yes >"$OUT" 2>"$ERR" &
	RELEASE=$!
	sleep 1
	kill -INT "$RELEASE"
	wait "$RELEASE"
	got=$?
	cat "$OUT" "$ERR"
	[ ! -s $EMUL/faults ] || die "the fault was not used"
	[ $got = 6 ] || die "status $got, not 6"
	is hkid_freed false
	is result partial
	truth '^pages reg 100 ' 1
	j 0 release web --yes
	is result released
	truth '^pages reg 0 ' 1
}
