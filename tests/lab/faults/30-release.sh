#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Faults that strike while a TD is released: what is told, and that a second try
# or the end of the VMM does what can still be done.
# shellcheck disable=SC1091,SC2016,SC2086 # conditions are evaluated later
. /suite/cases/lib.sh

# web runs; its early release is about to lose the HKID.
doomed_web()
{
	warns tdx_mmu_release_hkid tdx_sept_free_private_spt
	failed TDH_MNG_KEY_FREEID 0xc000081100000000
	# KVM of 6.16 to 6.18 tries to free the HKID again when the VMM ends.
	! has sept-pfn || {
		failed TDH_VP_FLUSH 0x8000081000000000
		failed TDH_MNG_VPFLUSHDONE 0xc000060700000000
	}
	allow_log 'tdh_mng_(key_freeid|vpflushdone)\(\) failed. HKID [0-9]+ is leaked'
	allow_log 'tdxctl: page 0x[0-9a-f]+ is leaked: the HKID is leaked|tdxctl: [0-9]+ pages leaked so far'
	t 0 helper load
	vmm web --vcpus 2 --pages 64 --run
	hkid_of_web
}

# The HKID is lost, and with it all that is encrypted with its key.
case_release_leaks()
{
	doomed_web
	fault leaf=20 status=0xc000081100000000 count=1
	j 1 release web --yes
	is result failed
	is hkid_freed false
	is verified false
	says "HKID $HKID and the memory of the TD leaked: TDH.MNG.KEY.FREEID: TDX_KEY_STATE_INCORRECT"
	j 0 hkid
	is "hkids[id=$HKID].state" leaked
	is "hkids[id=$HKID].pid" "$VMM"
	t 0 status
	says "HKID $HKID of web \($VMM\) leaked: TDH.MNG.KEY.FREEID: TDX_KEY_STATE_INCORRECT"
	# A second release cannot do more, and reports the leak again.
	timeout 60 tdxctl release web --yes >/tmp/again 2>&1
	[ $? = 1 ] || die "a second release: $(cat /tmp/again)"
	grep -q "HKID $HKID" /tmp/again || die "a second release says $(cat /tmp/again)"
	gone "$VMM"
	wait_for '! ls /sys/kernel/debug/kvm | grep -q "^$VMM-"'
	# What KVM tries as the VM goes fails otherwise; the cause stays.
	j 0 hkid
	is "hkids[id=$HKID].fail_leaf" TDH.MNG.KEY.FREEID
	is "hkids[id=$HKID].fail_name" TDX_KEY_STATE_INCORRECT
	lose 1 1 64
}

# Nor does the TDX module let it go as the VM ends.
case_release_leaks_for_good()
{
	doomed_web
	web=$VMM
	fault leaf=20 status=0xc000081100000000
	j 1 release web --yes
	is hkid_freed false
	is result failed
	kill -0 "$web" || die "the VMM is gone"
	t 5 release web --yes --strategy early
	says 'the VM is already dead'
	gone "$web"
	wait_for 'dmesg | grep -q "page 0x.* is leaked: the HKID is leaked"'
	lose 1 1 64
}

# A vCPU that seems to be left: nothing is lost when KVM tries again as the VM goes.
case_release_not_done()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 64
	hkid_of_web
	fault leaf=19 status=0x8000082400000000 count=1
	j 1 release web --yes
	is result failed
	is hkid_freed false
	says "HKID $HKID was not freed: TDH.MNG.VPFLUSHDONE: TDX_FLUSHVP_NOT_DONE"
	j 0 hkid
	count 'hkids[state=leaked].id' 0
	gone "$VMM"
	nothing_left
	j 0 hkid
	is "hkids[id=$HKID].state" free
}

# One page of many stays: the rest and the HKID are back.
case_release_page()
{
	warns __tdx_reclaim_page
	failed TDH_PHYMEM_PAGE_RECLAIM 0xc000040000000000
	allow_log 'tdxctl: page 0x[0-9a-f]+ is leaked: PAGE.RECLAIM failed \(0xc000030000000001\)|tdxctl: 1 pages leaked so far'
	t 0 helper load
	vmm web --vcpus 2 --pages 64
	hkid_of_web
	fault leaf=28 status=0xc000030000000001 skip=20 count=1
	j 6 release web --yes
	is result partial
	is hkid_freed true
	is pages_left 1
	is pages_reclaimed 63
	says 'some pages leaked: TDH.PHYMEM.PAGE.RECLAIM: TDX_PAGE_METADATA_INCORRECT'
	j 0 hkid
	is "hkids[id=$HKID].state" free
	gone "$VMM"
	wait_for 'tdxctl --json td list >/tmp/x && [ "$(jget /tmp/x "tds[vm=web].state")" = leaked ]'
	j 0 td list
	is 'tds[vm=web].private_pages' 1
	is 'tds[vm=web].fail_name' TDX_PAGE_METADATA_INCORRECT
	lose 0 1 1
}

# Pages that are busy for a while, in a batch with others: no page is lost.
case_release_busy()
{
	t 0 helper load
	for count in 3 100 1500; do
		vmm web --vcpus 2 --pages 600
		fault leaf=28 status=0x8000020000000001 skip=200 count=$count
		released web 600
		gone "$VMM"
		nothing_left
	done
}

# Pages that stay busy are given up. The others are back.
case_release_stays_busy()
{
	warns __tdx_reclaim_page
	failed TDH_PHYMEM_PAGE_RECLAIM 0xc000040000000000
	allow_log 'tdxctl: page 0x[0-9a-f]+ is leaked: PAGE.RECLAIM is busy|tdxctl: [0-9]+ pages leaked so far'
	t 0 helper load
	vmm web --vcpus 2 --pages 64
	fault leaf=28 status=0x8000020000000001 skip=60 count=0xffffffff
	j 6 release web --yes
	is hkid_freed true
	is pages_left 4
	is pages_reclaimed 60
	echo clear >$EMUL/faults
	gone "$VMM"
	lose 0 1 4
}

# dispute OPTIONS...: releases web; KVM takes the HKID as free, and the TDX module does not.
dispute()
{
	vmm web "$@"
	hkid_of_web
	modprobe plant_freeid || die "plant_freeid does not load"
	j 1 release web --yes
	is result failed
	is hkid_freed false
	logged "the HKID is free for KVM, but in use for the TDX module"
	truth "^hkid $HKID (assigned|flushed) " 1
}

# KVM cannot remove pages any more, and the TDX module still has them: they stay where they
# are, also when both agree later.
case_release_disputed()
{
	warns __tdx_reclaim_page
	failed TDH_PHYMEM_PAGE_RECLAIM 0xc000040000000000
	allow_log 'tdxctl: TD 0x[0-9a-f]+: the HKID is free for KVM, but in use for the TDX module: its pages are not freed'
	allow_log 'tdxctl: page 0x[0-9a-f]+ is leaked: KVM and the TDX module disagree about the HKID|tdxctl: [0-9]+ pages leaked so far'
	t 0 helper load
	dispute --vcpus 1 --pages 16 --punch
	t 5 release web --yes --strategy early
	says 'the VM is already dead'
	# The VMM frees its memory: the pages are neither reclaimed nor freed.
	reclaims=$(calls TDH.PHYMEM.PAGE.RECLAIM)
	ask "$VMM" USR2 web punched
	[ "$(reg_pages)" = $((16 + $(lost reg))) ] || die "$(reg_pages) private pages"
	[ "$(calls TDH.PHYMEM.PAGE.RECLAIM)" = "$reclaims" ] || die "pages were reclaimed"
	logged "KVM and the TDX module disagree about the HKID"
	rmmod plant_freeid
	truth "^hkid $HKID free" 1
	gone "$VMM"
	lose 0 1 16
}

# The VMM is ended instead: the kernel fails as it would have anyway, but frees
# the memory because it removes the pages first.
case_release_stop_leaks()
{
	warns tdx_mmu_release_hkid tdx_sept_free_private_spt
	failed TDH_MNG_KEY_FREEID 0xc000081100000000
	allow_log 'tdh_mng_key_freeid\(\) failed. HKID [0-9]+ is leaked'
	t 0 helper load
	vmm web --vcpus 1 --pages 8
	hkid_of_web
	fault leaf=20 status=0xc000081100000000 count=1
	j 6 release web --yes --strategy stop
	is result partial
	is hkid_freed false
	is pages_left 0
	says "leaked: TDH.MNG.KEY.FREEID: TDX_KEY_STATE_INCORRECT"
	lose 1 1 0
}
