#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Steps of a TD's life that fail under KVM: pages that do not come back, and
# creations that are undone.
# shellcheck disable=SC1091,SC2016,SC2086 # conditions are evaluated later

. /suite/cases/lib.sh

# The first pages that KVM reclaims are a vCPU's.
case_reclaim_vcpu()
{
	warns __tdx_reclaim_page
	failed TDH_PHYMEM_PAGE_RECLAIM 0xc000030000000001
	failed TDH_PHYMEM_PAGE_RECLAIM 0xc000040000000000
	t 0 helper load
	vmm web --vcpus 2 --pages 8
	hkid_of_web
	fault leaf=28 status=0xc000030000000001 skip=4 count=1
	gone "$VMM"
	stays TDH.PHYMEM.PAGE.RECLAIM TDX_PAGE_METADATA_INCORRECT
	# The page itself and the TDR, which it keeps.
	j 0 td list
	is 'tds[vm=web].control_pages' 2
	is 'tds[vm=web].private_pages' 0
	lose 0 1 0
}

case_reclaim_tdr()
{
	warns __tdx_reclaim_page
	t 0 helper load
	vmm web --pages 8
	hkid_of_web
	tdr=$(sed -n "s/^td \(0x[0-9a-f]*\) hkid $HKID lifecycle 1 .*/\1/p" $EMUL/truth)
	fault "leaf=28 status=0xc000030000000001 rcx=$tdr count=1"
	failed TDH_PHYMEM_PAGE_RECLAIM 0xc000030000000001
	gone "$VMM"
	stays TDH.PHYMEM.PAGE.RECLAIM TDX_PAGE_METADATA_INCORRECT
	j 0 td list
	is 'tds[vm=web].control_pages' 1
	lose 0 1 0
}

# undone ERROR LEAF STATUS...: INIT_VM fails so, and nothing is left.
undone()
{
	error=$1
	shift
	fault "leaf=$1 status=$2 count=1000"
	vmm_fails "INIT_VM: $error" web --pages 8
	echo clear >$EMUL/faults
	nothing_left
	j 0 status
	is tds.total 0
	is helper.violations 0
	# Earlier cases of this boot may have leaked HKIDs, whose state the helper does not know.
	if [ "$(lost hkids)" = 0 ]; then
		is hkids.leaked 0
	else
		is hkids.leaked null
	fi
}

case_create_fails()
{
	warns tdx_vm_ioctl
	failed TDH_MNG_CREATE 0xc000010000000002
	t 0 helper load
	undone 'Input/output error' 9 0xc000010000000002
}

# No entropy: ten tries. For TDH.MNG.CREATE the VMM may try again; a key that is
# never programmed is an error.
case_no_entropy()
{
	warns tdx_do_tdh_mng_key_config
	failed TDH_MNG_KEY_CONFIG 0x8000020300000000
	failed TDH_MNG_KEY_CONFIG 0x8000080000000000
	t 0 helper load
	for leaf in 9 8; do
		fault leaf=$leaf status=0x8000020300000000 count=3
		vmm web --pages 2
		gone "$VMM"
		nothing_left
	done
	j 0 lock
	is 'locks[name=tdx_lock].entropy_retries' 3
	is 'locks[package=0].entropy_retries' 3
	undone 'Resource temporarily unavailable' 9 0x8000020300000000
	undone 'Input/output error' 8 0x8000020300000000
	# What the module says of keys is not tried again.
	undone 'Input/output error' 8 0x8000080000000000
	j 0 lock
	is 'locks[name=tdx_lock].entropy_retries' 13
	is 'locks[package=0].entropy_retries' 14
}
