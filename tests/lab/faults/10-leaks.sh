#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# HKIDs that KVM cannot free: what it logs, counts and keeps, and what tdxctl
# reports. An HKID that leaked is gone for this boot; see lose().
# shellcheck disable=SC1091,SC2016,SC2086 # conditions are evaluated later

. /suite/cases/lib.sh

# dies FAULT...: the VMM "web" ends while these strike; its HKID in $HKID.
dies()
{
	hkid_of_web
	PID=$VMM
	dmesg -c >/dev/null
	for f in "$@"; do
		fault "$f"
	done
	gone "$VMM"
}

# leaked LEAF NAME STATUS: all agree that the HKID of "web" is lost, and why.
leaked()
{
	wait_for "tdxctl --json hkid >/tmp/x && [ \"\$(jget /tmp/x 'hkids[id=$HKID].state')\" = leaked ]"
	j 0 hkid
	count 'hkids[state=leaked].id' 1
	is "hkids[id=$HKID].vm" web
	is "hkids[id=$HKID].pid" "$PID"
	is "hkids[id=$HKID].fail_leaf" "$1"
	is "hkids[id=$HKID].fail_name" "$2"
	is "hkids[id=$HKID].fail_status" "$3"
	t 0 hkid
	says "$HKID +leaked +1 +web +$PID .*$1: $2"
	j 0 status
	is health.state critical
	is hkids.leaked 1
	# A helper that was just loaded knows nothing of what was lost before.
	free=$(value hkids.free)
	[ "$free" != null ] || free=0
	free=$((free + $(value hkids.unknown_state)))
	[ $free = 14 ] || die "$free HKIDs are not in use?"
	t 0 status
	says "HKID $HKID of web \($PID\) leaked: $1: $2"
	j 0 td list
	is 'tds[vm=web].state' leaked
	is 'tds[vm=web].hkid' "$HKID"
	t 0 td show web
	says "HKID $HKID is lost until the next reboot"
	truth "^hkid $HKID (assigned|flushed) " 1
	lose 1 1 0
}

case_leak_freeid()
{
	warns tdx_mmu_release_hkid tdx_sept_free_private_spt
	failed TDH_MNG_KEY_FREEID 0xc000081100000000
	allow_log 'tdh_mng_key_freeid\(\) failed. HKID [0-9]+ is leaked'
	t 0 helper load
	vmm web --vcpus 2 --pages 8
	dies 'leaf=20 status=0xc000081100000000 count=1'
	leaked TDH.MNG.KEY.FREEID TDX_KEY_STATE_INCORRECT 0xc000081100000000
	logged 'SEAMCALL TDH_MNG_KEY_FREEID failed: 0xc000081100000000'
	logged "tdh_mng_key_freeid\(\) failed. HKID $HKID is leaked"
	# The number is never used again.
	vmm db --pages 2
	j 0 td list
	[ "$(value 'tds[vm=db].hkid')" != "$HKID" ] || die "HKID $HKID is used again"
}

case_leak_vpflushdone()
{
	warns tdx_mmu_release_hkid tdx_sept_free_private_spt
	failed TDH_MNG_VPFLUSHDONE 0xc000010000000001
	allow_log 'tdh_mng_vpflushdone\(\) failed. HKID [0-9]+ is leaked'
	t 0 helper load
	vmm web --vcpus 2 --pages 8
	dies 'leaf=19 status=0xc000010000000001 count=1'
	leaked TDH.MNG.VPFLUSHDONE TDX_OPERAND_INVALID 0xc000010000000001
	logged "tdh_mng_vpflushdone\(\) failed. HKID $HKID is leaked"
}

# KVM resumes an interrupted write-back 9999 times.
case_wb_interrupted()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 8
	dies 'leaf=40 status=0x8000000300000000 lp=0 count=5000'
	nothing_left
	j 0 hkid
	is "hkids[id=$HKID].state" free
	[ ! -s $EMUL/faults ] || die "it was interrupted less often: $(cat $EMUL/faults)"
}

case_leak_wb_interrupted()
{
	warns smp_func_do_phymem_cache_wb tdx_mmu_release_hkid tdx_sept_free_private_spt
	failed TDH_PHYMEM_CACHE_WB 0x8000000300000000
	failed TDH_MNG_KEY_FREEID 0x8000081700000000
	allow_log 'tdh_mng_key_freeid\(\) failed. HKID [0-9]+ is leaked'
	t 0 helper load
	vmm web --vcpus 2 --pages 8
	dies 'leaf=40 status=0x8000000300000000 lp=0 count=10000'
	leaked TDH.MNG.KEY.FREEID TDX_WBCACHE_NOT_COMPLETE 0x8000081700000000
	logged 'SEAMCALL TDH_PHYMEM_CACHE_WB failed: 0x8000000300000000'
	logged "tdh_mng_key_freeid\(\) failed. HKID $HKID is leaked"
}

# This KVM takes a busy write-back for a failed one.
case_leak_wb_busy()
{
	warns smp_func_do_phymem_cache_wb tdx_mmu_release_hkid tdx_sept_free_private_spt
	failed TDH_PHYMEM_CACHE_WB 0x8000020000000000
	failed TDH_MNG_KEY_FREEID 0x8000081700000000
	allow_log 'tdh_mng_key_freeid\(\) failed. HKID [0-9]+ is leaked'
	t 0 helper load
	vmm web --vcpus 2 --pages 8
	dies 'leaf=40 status=0x8000020000000000 lp=0 count=1'
	leaked TDH.MNG.KEY.FREEID TDX_WBCACHE_NOT_COMPLETE 0x8000081700000000
	logged "tdh_mng_key_freeid\(\) failed. HKID $HKID is leaked"
}

# KVM skips the rest without a word when it hears that a vCPU is left.
case_leak_in_silence()
{
	silent
	warns tdx_sept_free_private_spt
	t 0 helper load
	vmm web --vcpus 2 --pages 8
	dies 'leaf=19 status=0x8000082400000000 count=1'
	leaked TDH.MNG.VPFLUSHDONE TDX_FLUSHVP_NOT_DONE 0x8000082400000000
	dmesg | grep -q 'is leaked' && die "this KVM says it: the case is not silent any more"
	t 0 td show web
	says 'Failed +TDH.MNG.VPFLUSHDONE: TDX_FLUSHVP_NOT_DONE'
}

# And so it is when the vCPUs cannot be flushed.
case_leak_vp_flush()
{
	silent
	warns tdx_flush_vp_on_cpu tdx_sept_free_private_spt
	failed TDH_VP_FLUSH 0xc000010000000001
	allow_log 'TDH_VP_RD\[.* failed 0x'
	t 0 helper load
	vmm web --vcpus 2 --pages 8
	dies 'leaf=18 status=0xc000010000000001 count=20'
	leaked TDH.MNG.VPFLUSHDONE TDX_FLUSHVP_NOT_DONE 0x8000082400000000
	logged 'SEAMCALL TDH_VP_FLUSH failed: 0xc000010000000001'
}

# What is lost is not seen by a helper that comes later, but the cgroup counts it.
case_leak_before_helper()
{
	warns tdx_mmu_release_hkid tdx_sept_free_private_spt
	failed TDH_MNG_KEY_FREEID 0xc000081100000000
	allow_log 'tdh_mng_key_freeid\(\) failed. HKID [0-9]+ is leaked'
	vmm web --pages 8
	fault leaf=20 status=0xc000081100000000 count=1
	gone "$VMM"
	lose 1 1 0
	t 0 helper load
	vmm db --pages 8
	j 0 status
	is hkids.configured 1
	# Some of those whose state is not known may be free.
	is hkids.free null
	is hkids.unknown_state 14
	[ "$(value hkids.charged)" = $(($(lost hkids) + 1)) ] || die "charged: $(value hkids.charged)"
	t 0 status
	says "$(($(lost hkids) + 1)) HKIDs charged but the helper sees 1 in use"
	j 7 doctor --group teardown
	is 'rules[id=hkid.leaked].state' fail
	gone "$VMM"
	nothing_left
}
