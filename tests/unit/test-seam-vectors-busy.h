/* SPDX-License-Identifier: GPL-2.0-only */
/* Conformance vectors C1 to C10: contention, made inside ops->pause. */
#ifndef TDXCTL_TESTS_TEST_SEAM_VECTORS_BUSY_H
#define TDXCTL_TESTS_TEST_SEAM_VECTORS_BUSY_H

#include "test-seam-vectors.h"

/* With a second, unfinished vCPU: a child page to find the TDR through. */
static void busy_page(void)
{
	page_added();
	vp_pages(P2, 0, 0);
}

static void busy_vp_complete(void)
{
	vp_complete();
	vp_pages(P2, 0, 0);
}

static void busy_flushed(void)
{
	busy_page();
	ok(0, TDH_VP_FLUSH, P, 0, 0, 0);
}

static void busy_written_back(void)
{
	busy_flushed();
	ok(0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	ok(0, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	ok(2, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
}

/* The leaves that hold a TDR exclusively. */
static const struct {
	void (*from)(void);
	struct step call;
	bool has_tdcx, has_tdvpr;
} tdr_holders[] = {
	{ busy_page, S(0, 2, 0x1000, D, B2, SOURCE, 0), true, true },
	{ td_assigned, S(0, 8, D, U, U, U, 0), false, false },
	{ busy_page, S(0, 16, 0, D, U, U, 0), true, true },
	{ busy_page, S(0, 17, D, U, U, U, 0), true, true },
	{ busy_flushed, S(0, 19, D, U, U, U, 0), true, true },
	{ busy_written_back, S(0, 20, D, U, U, U, 0), true, true },
	{ td_addcx6, S(0, 21, D, TD_PARAMS, U, U, 0), true, false },
	{ busy_vp_complete, S(0, 0x10016, P, 0, 0, U, 0), true, true },
};

static const u32 tdr_in_rcx[] = { 8, 11, 17, 19, 20, 21, 38 };
static const u32 tdr_in_rdx[] = { 1, 2, 3, 6, 7, 10, 16, 29 };
static const u32 tdr_of_tdvpr[] = { 0, 4, 18, 22, 26, 43 };

static u32 holder, victims;

static void victims_rcx(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tdr_in_rcx); i++, victims++)
		CHECK_EQ(call(1, tdr_in_rcx[i], D, U, U, U), 0x8000020000000001);
}

static void victims_rdx(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tdr_in_rdx); i++, victims++)
		CHECK_EQ(call(1, tdr_in_rdx[i], 0, D, C3, SOURCE),
			 0x8000020000000002);
}

static void victims_implicit(void)
{
	u32 i;

	if (tdr_holders[holder].has_tdcx) {
		CHECK_EQ(call(1, TDH_PHYMEM_PAGE_RECLAIM, TDCX(0), U, U, U),
			 0x8000020000000080);
		victims++;
	}
	if (!tdr_holders[holder].has_tdvpr)
		return;
	for (i = 0; i < ARRAY_SIZE(tdr_of_tdvpr); i++, victims++) {
		u64 rdx = tdr_of_tdvpr[i] == TDH_VP_ADDCX ? P2 : U;
		u64 rcx = tdr_of_tdvpr[i] == TDH_VP_ADDCX ? B2 : P2;

		CHECK_EQ(call(1, tdr_of_tdvpr[i], rcx, rdx, U, U),
			 0x8000020000000080);
	}
}

static void for_each_holder(void (*fn)(void), u32 want)
{
	victims = 0;
	for (holder = 0; holder < ARRAY_SIZE(tdr_holders); holder++) {
		tdr_holders[holder].from();
		m.inside = fn;
		m.inside_leaf = tdr_holders[holder].call.rax & TDX_LEAF_MASK;
		run_step(&tdr_holders[holder].call);
		CHECK(!m.inside);
	}
	CHECK_EQ(victims, want);
}

static void c1(void)
{
	for_each_holder(victims_rcx, 8 * ARRAY_SIZE(tdr_in_rcx));
}

static void c1b(void)
{
	for_each_holder(victims_rdx, 8 * ARRAY_SIZE(tdr_in_rdx));
}

/* No child page can exist while the keys are being configured. */
static void c1c(void)
{
	for_each_holder(victims_implicit, 7 + 6 * ARRAY_SIZE(tdr_of_tdvpr));
}

static void two_tds_assigned(void)
{
	td_assigned();
	ok(0, TDH_MNG_CREATE, D2TDR, 18, 0, 0);
}

static void blocked_and_assigned(void)
{
	td_blocked();
	ok(0, TDH_MNG_CREATE, D2TDR, 18, 0, 0);
}

#define BLOCK_G0	DURING(1, 7, 0, D, U, U, 0x8000020000000092)

static const struct vector vectors_busy[] = {
	VFN("C1", machine_ready, c1),
	VFN("C1b", machine_ready, c1b),
	VFN("C1c", machine_ready, c1c),
	V("C2", vp_complete,
	  S(0, 11, D, 0x110000000000000a, U, U, 0,
	    DURING(1, 0x10016, P, 0, 0, U, 0x8000020000000080))),
	V("C3", page_added,
	  S(0, 3, 0x200000 | 1, D, B2, U, 0, BLOCK_G0),
	  S(0, 6, 0x1000, D, C3, U, 0, BLOCK_G0),
	  S(0, 29, 0x1000, D, U, U, 0, BLOCK_G0, .outs = O_RCX,
	    OUT(rcx, C3))),
	V("C4", page_added,
	  S(0, 7, 0, D, U, U, 0,
	    DURING(1, 3, 0x200000 | 1, D, B2, U, 0x8000020000000092)),
	  S(0, 2, 0x1000, D, C3, SOURCE, 0),
	  S(0, 7, 0x1000, D, U, U, 0,
	    DURING(1, 6, 0x2000, D, B2, U, 0x8000020000000092)),
	  S(0, 2, 0x2000, D, B2, SOURCE, 0),
	  S(0, 7, 0x2000, D, U, U, 0,
	    DURING(1, 29, 0, D, U, U, 0x8000020000000092))),
	V("C5", td_finalized,
	  S(0, 0, P, U, U, U, 0x4000000100000002,
	    DURING(1, 38, D, U, U, U, 0x80000200000000a9))),
	V("C6", blocked_and_assigned,
	  S(0, 40, 0, U, U, U, 0,
	    DURING(1, 9, A, 19, U, U, 0x80000200000000ba)),
	  S(2, 40, 0, U, U, U, 0,
	    DURING(1, 19, D2TDR, U, U, U, 0x80000200000000ba)),
	  S(0, 40, 0, U, U, U, 0,
	    DURING(1, 20, D, U, U, U, 0x80000200000000ba))),
	V("C7", td_blocked,
	  S(0, 40, 0, U, U, U, 0,
	    DURING(1, 40, 0, U, U, U, 0x80000200000000bc))),
	V("C8", two_tds_assigned,
	  S(0, 8, D, U, U, U, 0,
	    DURING(1, 8, D2TDR, U, U, U, 0x80000200000000bb))),
	V("C9", machine_all_lps,
	  S(0, 45, TDMR_ARRAY, 1, 16, U, 0,
	    DURING(1, 35, U, U, U, U, 0x8000020200000000))),
	V("C10", page_added,
	  S(0, 29, 0, D, U, U, 0, .outs = O_RCX, OUT(rcx, A),
	    DURING(1, 29, 0, D, U, U, 0x8000020000000001,
		     .outs = O_RCX | O_RDX,
		     OUT(rcx, A | 0x80000000000000f7), OUT(rdx, 0x400)))),
};

#endif
