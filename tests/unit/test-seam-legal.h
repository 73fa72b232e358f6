/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every leaf of the software TDX module with a call that succeeds in the state
 * it starts from, and the locks the module holds while it runs.
 */
#ifndef TDXCTL_TESTS_TEST_SEAM_LEGAL_H
#define TDXCTL_TESTS_TEST_SEAM_LEGAL_H

#include "test-seam-machine.h"

static void with_keys_pending(void)
{
	machine_all_lps();
	ok(0, TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID, 0);
}

static void sys_inited(void)
{
	machine_power_on();
	ok(0, TDH_SYS_INIT, 0, 0, 0, 0);
}

static void vp_flushed(void)
{
	vp_ready();
	ok(0, TDH_VP_FLUSH, P, 0, 0, 0);
}

static void td_written_back(void)
{
	td_blocked();
	ok(0, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	ok(2, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
}

static void page_tracked(void)
{
	page_finalized();
	ok(0, TDH_MEM_RANGE_BLOCK, 0, D, 0, 0);
	ok(0, TDH_MEM_TRACK, D, 0, 0, 0);
}

#define CALL(state, held, pa, ...) \
	{ .from = (state), .locks = (held), .page = (pa), .regs = { __VA_ARGS__ } }

/*
 * Locks, in this order: G global, TDR, VPR the TDVPR page, OP op_state, SEPT
 * tree, ent S-EPT entry, page the operand page, KOT, WBT and KET of package 0,
 * EPOCH, TDMR.
 */
static const struct legal_call {
	void (*from)(void);
	struct seam_regs regs;
	const char *locks;
	u64 page;		/* operand page to look at */
} legal[] = {
	CALL(td_finalized, "TDR:sh VPR:sh OP:sh EPOCH:sh", 0,
	     .rax = TDH_VP_ENTER, .rcx = P),
	CALL(td_keyed, "TDR:ex page:ex", A,
	     .rax = TDH_MNG_ADDCX, .rcx = A, .rdx = D),
	CALL(sept_ready, "TDR:ex page:ex", A,
	     .rax = TDH_MEM_PAGE_ADD, .rdx = D, .r8 = A, .r9 = SOURCE),
	CALL(vp_ready, "TDR:sh OP:sh SEPT:sh ent:ex page:ex", EPT(3),
	     .rax = TDH_MEM_SEPT_ADD, .rcx = 3, .rdx = D, .r8 = EPT(3)),
	CALL(vp_complete, "TDR:sh VPR:ex OP:sh page:ex", A,
	     .rax = TDH_VP_ADDCX, .rcx = A, .rdx = P),
	CALL(sept_finalized, "TDR:sh OP:sh SEPT:sh ent:ex page:ex", A,
	     .rax = TDH_MEM_PAGE_AUG, .rdx = D, .r8 = A),
	CALL(page_finalized, "TDR:sh OP:sh SEPT:ex ent:ex", 0,
	     .rax = TDH_MEM_RANGE_BLOCK, .rdx = D),
	CALL(td_assigned, "TDR:ex KET:ex", 0,
	     .rax = TDH_MNG_KEY_CONFIG, .rcx = D),
	CALL(machine_ready, "page:ex KOT:ex", A,
	     .rax = TDH_MNG_CREATE, .rcx = A, .rdx = HKID),
	CALL(td_initialized, "TDR:sh OP:sh page:ex", A,
	     .rax = TDH_VP_CREATE, .rcx = A, .rdx = D),
	CALL(td_initialized, "TDR:sh OP:sh", 0,
	     .rax = TDH_MNG_RD, .rcx = D, .rdx = 0x110000000000000b),
	CALL(page_added, "TDR:ex", 0,
	     .rax = TDH_MR_EXTEND, .rdx = D),
	CALL(vp_ready, "TDR:ex", 0,
	     .rax = TDH_MR_FINALIZE, .rcx = D),
	CALL(vp_ready, "TDR:sh VPR:ex", 0,
	     .rax = TDH_VP_FLUSH, .rcx = P),
	CALL(vp_flushed, "TDR:ex KOT:ex", 0,
	     .rax = TDH_MNG_VPFLUSHDONE, .rcx = D),
	CALL(td_written_back, "TDR:ex KOT:ex", 0,
	     .rax = TDH_MNG_KEY_FREEID, .rcx = D),
	CALL(td_addcx6, "TDR:ex", 0,
	     .rax = TDH_MNG_INIT, .rcx = D, .rdx = TD_PARAMS),
	CALL(vp_complete, "TDR:ex VPR:ex OP:sh", 0,
	     .rax = VP_INIT_V1, .rcx = P),
	CALL(vp_complete, "TDR:sh VPR:ex OP:sh", 0,
	     .rax = TDH_VP_INIT, .rcx = P),
	CALL(page_added, "page:sh", A,
	     .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = A),
	CALL(vp_ready, "TDR:sh VPR:sh OP:sh", 0,
	     .rax = TDH_VP_RD, .rcx = P, .rdx = 0x9100000000000100),
	CALL(machine_ready, "", 0,
	     .rax = TDH_MNG_KEY_RECLAIMID),
	CALL(td_teardown, "TDR:sh page:ex", TDCX(5),
	     .rax = TDH_PHYMEM_PAGE_RECLAIM, .rcx = TDCX(5)),
	CALL(page_tracked, "TDR:sh OP:sh SEPT:sh ent:ex page:ex", A,
	     .rax = TDH_MEM_PAGE_REMOVE, .rdx = D),
	CALL(with_keys_pending, "G:ex KET:ex", 0,
	     .rax = TDH_SYS_KEY_CONFIG),
	CALL(machine_power_on, "G:ex", 0,
	     .rax = TDH_SYS_INIT),
	CALL(machine_all_lps, "", 0,
	     .rax = TDH_SYS_RD, .rdx = 0x0800000100000004),
	CALL(sys_inited, "G:sh", 0,
	     .rax = TDH_SYS_LP_INIT),
	CALL(machine_keyed, "TDMR:ex", 0,
	     .rax = TDH_SYS_TDMR_INIT, .rcx = TDMR_BASE),
	CALL(td_finalized, "TDR:sh OP:sh EPOCH:ex", 0,
	     .rax = TDH_MEM_TRACK, .rcx = D),
	CALL(td_blocked, "KOT:sh WBT:ex", 0,
	     .rax = TDH_PHYMEM_CACHE_WB),
	CALL(machine_ready, "page:sh", A,
	     .rax = TDH_PHYMEM_PAGE_WBINVD, .rcx = KEYED(A, HKID)),
	CALL(vp_ready, "TDR:sh VPR:sh OP:sh", 0,
	     .rax = TDH_VP_WR, .rcx = P, .rdx = 2, .r8 = 0xf2, .r9 = 0xffff),
	CALL(machine_ready, "", 0,
	     .rax = TDH_SYS_LP_SHUTDOWN),
	CALL(machine_all_lps, "G:ex", 0,
	     .rax = TDH_SYS_CONFIG, .rcx = TDMR_ARRAY, .rdx = 1, .r8 = GLOBAL_HKID),
	CALL(machine_ready, "G:ex", 0,
	     .rax = TDH_SYS_SHUTDOWN),
};

#endif
