#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What makes the rest of a boot uncertain comes last.
# shellcheck disable=SC1091,SC2016,SC2086 # conditions are evaluated later

. /suite/cases/lib.sh

# A page that stays in a running TD: KVM gives the VM up, and the page is the
# kernel's and the module's at once: whatever TD is given it next cannot be built.
case_remove_live()
{
	warns tdx_sept_set_private_spte tdx_sept_remove_private_spte __tdx_reclaim_page
	failed TDH_MEM_PAGE_REMOVE 0xc000030000000001
	failed TDH_PHYMEM_PAGE_RECLAIM 0xc000040000000000
	t 0 helper load
	vmm web --vcpus 2 --pages 8 --touch 8 --punch
	wait_for '[ "$(reg_pages)" = $((16 + $(lost reg))) ]' 60
	hkid_of_web
	fault leaf=29 status=0xc000030000000001 count=1
	kill -USR2 "$VMM"
	wait_for '[ "$(reg_pages)" = $((1 + $(lost reg))) ]'
	j 0 td list
	is 'tds[vm=web].private_pages' 1
	gone "$VMM"
	stays TDH.PHYMEM.PAGE.RECLAIM TDX_TD_ASSOCIATED_PAGES_EXIST
	j 0 td list
	is 'tds[vm=web].private_pages' 1
	lose 0 1 1
}
