// SPDX-License-Identifier: GPL-2.0-only
/* Fault injection of the software TDX module: every kind, and no side effect. */
#include <errno.h>

#include "test-seam-legal.h"

#define U UNUSED_REG

static void inject(u32 leaf, u64 status, u32 skip, u32 count)
{
	struct seam_fault f = {
		.leaf = leaf,
		.lp = SEAM_ANY,
		.status = status,
		.skip = skip,
		.count = count,
	};

	CHECK_EQ(seam_fault_add(m.seam, &f), 0);
}

static u32 pending(void)
{
	return seam_fault_list(m.seam, NULL, 0);
}

static const u64 statuses[] = {
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX),
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_RDX),
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_R8),
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_TDR),
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_SEPT_TREE),
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_TD_EPOCH),
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_OP_STATE),
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT),
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_KET),
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_WBCACHE),
	TDX_ST(SYS_BUSY),
	TDX_ST(RND_NO_ENTROPY),
	TDX_ST(KEY_GENERATION_FAILED),
	TDX_ST(PREVIOUS_TLB_EPOCH_BUSY),
};

/* Everything the module keeps, but for the fault table itself. */
#define STATE_PAGES 128
#define STATE_SEAM  offsetof(struct seam, fault_lock)
#define STATE_PAMT  (STATE_PAGES * 16)

static u8 state_before[STATE_SEAM + STATE_PAMT + STATE_PAGES * 4096];

static void state_save(u8 *to)
{
	memcpy(to, m.seam_mem, STATE_SEAM);
	to += STATE_SEAM;
	memcpy(to, m.mem + PAMT_4K, STATE_PAMT);
	to += STATE_PAMT;
	memcpy(to, m.mem + TDMR_BASE, STATE_PAGES * 4096);
}

static bool state_unchanged(void)
{
	static u8 now[sizeof(state_before)];

	state_save(now);
	return !memcmp(now, state_before, sizeof(now));
}

static void each_leaf_has_no_effect(void)
{
	struct seam_regs r;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(legal); i++) {
		u32 leaf = legal[i].regs.rax & TDX_LEAF_MASK;

		legal[i].from();
		state_save(state_before);
		for (k = 0; k < ARRAY_SIZE(statuses); k++) {
			inject(leaf, statuses[k], 0, 1);
			r = legal[i].regs;
			CHECK_EQ(seamcall(0, &r), statuses[k]);
			CHECK_EQ(pending(), 0);
		}
		CHECK(state_unchanged());
		r = legal[i].regs;
		seamcall(0, &r);
		CHECK(!r.rax || leaf == TDH_VP_ENTER);
		check_locks_free();
	}
}

/* ---- the table ---- */

static void bad_faults(void)
{
	struct seam_fault f = { .leaf = SEAM_ANY, .lp = SEAM_ANY, .count = 1 };
	u32 i;

	machine_ready();
	CHECK_EQ(seam_fault_add(m.seam, &f), -EINVAL);
	f.status = TDX_ST(SYS_BUSY);
	f.count = 0;
	CHECK_EQ(seam_fault_add(m.seam, &f), -EINVAL);
	f.count = SEAM_ANY;
	for (i = 0; i < SEAM_MAX_FAULTS; i++)
		CHECK_EQ(seam_fault_add(m.seam, &f), 0);
	CHECK_EQ(seam_fault_add(m.seam, &f), -ENOSPC);
	CHECK_EQ(pending(), SEAM_MAX_FAULTS);
	seam_fault_clear(m.seam);
	CHECK_EQ(pending(), 0);
	CHECK_EQ(call(0, TDH_MNG_CREATE, D, HKID, U, U), 0);
	/* Clearing an empty table changes nothing: as many fit as before. */
	seam_fault_clear(m.seam);
	CHECK_EQ(pending(), 0);
	for (i = 0; i < SEAM_MAX_FAULTS; i++)
		CHECK_EQ(seam_fault_add(m.seam, &f), 0);
	CHECK_EQ(pending(), SEAM_MAX_FAULTS);
	seam_fault_clear(m.seam);
	CHECK_EQ(pending(), 0);
}

static void skip_and_count(void)
{
	struct seam_fault out;
	u32 i;

	td_initialized();
	inject(TDH_MNG_RD, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX), 2, 3);
	CHECK_EQ(seam_fault_list(m.seam, &out, 1), 1);
	CHECK_EQ(out.leaf, TDH_MNG_RD);
	CHECK_EQ(out.lp, SEAM_ANY);
	CHECK_EQ(out.skip, 2);
	CHECK_EQ(out.count, 3);
	CHECK_EQ(out.status, 0x8000020000000001);
	for (i = 0; i < 7; i++)
		CHECK_EQ(call(0, TDH_MNG_RD, D, 0x110000000000000a, U, U),
			 i >= 2 && i < 5 ? 0x8000020000000001 : 0);
	CHECK_EQ(pending(), 0);
}

static void for_ever(void)
{
	struct seam_fault out;
	u32 i;

	td_initialized();
	inject(TDH_MNG_RD, TDX_ST(SYS_BUSY), 0, SEAM_ANY);
	for (i = 0; i < 1000; i++)
		CHECK_EQ(call(0, TDH_MNG_RD, D, 0x110000000000000a, U, U), TDX_ST(SYS_BUSY));
	CHECK_EQ(seam_fault_list(m.seam, &out, 1), 1);
	CHECK_EQ(out.count, SEAM_ANY);
	seam_fault_clear(m.seam);
	CHECK_EQ(call(0, TDH_MNG_RD, D, 0x110000000000000a, U, U), 0);
}

static void other_leaf_lp_rcx(void)
{
	struct seam_fault f = {
		.leaf = TDH_PHYMEM_PAGE_RECLAIM,
		.lp = 1,
		.rcx = TDCX(1),
		.status = TDX_ST_OP(OPERAND_BUSY, TDX_OP_TDR),
		.count = 1,
	};

	td_teardown();
	CHECK_EQ(seam_fault_add(m.seam, &f), 0);
	CHECK_EQ(call(1, TDH_PHYMEM_PAGE_RDMD, TDCX(1), U, U, U), 0);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_RECLAIM, TDCX(0), U, U, U), 0);
	CHECK_EQ(call(1, TDH_PHYMEM_PAGE_RECLAIM, TDCX(2), U, U, U), 0);
	CHECK_EQ(pending(), 1);
	CHECK_EQ(call(1, TDH_PHYMEM_PAGE_RECLAIM, TDCX(1), U, U, U), 0x8000020000000080);
	CHECK_EQ(pending(), 0);
}

/* What the dispatcher refuses does not use a fault up. */
static void refused_call_does_not_count(void)
{
	machine_power_on();
	inject(SEAM_ANY, TDX_ST(SYS_BUSY), 0, 1);
	CHECK_EQ(call(0, TDH_MNG_CREATE, D, HKID, U, U), 0xc000050500000000);
	CHECK_EQ(pending(), 1);
	CHECK_EQ(call(0, TDH_SYS_INIT, 0, U, U, U), TDX_ST(SYS_BUSY));
}

/* ---- the kinds, each with what follows from it ---- */

static void cache_wb_interrupted(void)
{
	td_blocked();
	inject(TDH_PHYMEM_CACHE_WB, TDX_ST(INTERRUPTED_RESUMABLE), 0, 3);
	CHECK_EQ(call(0, TDH_PHYMEM_CACHE_WB, 0, U, U, U), 0x8000000300000000);
	CHECK_EQ(call(0, TDH_PHYMEM_CACHE_WB, 1, U, U, U), 0x8000000300000000);
	CHECK_EQ(call(0, TDH_PHYMEM_CACHE_WB, 1, U, U, U), 0x8000000300000000);
	CHECK_EQ(call(2, TDH_PHYMEM_CACHE_WB, 0, U, U, U), 0);
	/* Only the first package is missing. */
	CHECK_EQ(call(0, TDH_MNG_KEY_FREEID, D, U, U, U), 0x8000081700000000);
	CHECK_EQ(call(1, TDH_PHYMEM_CACHE_WB, 1, U, U, U), 0);
	CHECK_EQ(call(1, TDH_PHYMEM_CACHE_WB, 1, U, U, U), 0xc000082300000000);
	CHECK_EQ(call(0, TDH_MNG_KEY_FREEID, D, U, U, U), 0);
}

/* A resumed write-back serves the HKIDs of its start, no later ones. */
static void resume_keeps_the_snapshot(void)
{
	struct seam_kot_info k;

	td_blocked();
	inject(TDH_PHYMEM_CACHE_WB, TDX_ST(INTERRUPTED_RESUMABLE), 0, 1);
	CHECK_EQ(call(0, TDH_PHYMEM_CACHE_WB, 0, U, U, U), 0x8000000300000000);
	ok(0, TDH_MNG_CREATE, D2TDR, 18, 0, 0);
	ok(0, TDH_MNG_VPFLUSHDONE, D2TDR, 0, 0, 0);
	CHECK_EQ(call(0, TDH_PHYMEM_CACHE_WB, 1, U, U, U), 0);
	CHECK_EQ(seam_get_kot(m.seam, 17, &k), 0);
	CHECK_EQ(k.wbinvd_bitmap, 2);
	CHECK_EQ(seam_get_kot(m.seam, 18, &k), 0);
	CHECK_EQ(k.wbinvd_bitmap, 3);
	/* Starting over takes a new one. */
	CHECK_EQ(call(0, TDH_PHYMEM_CACHE_WB, 0, U, U, U), 0);
	CHECK_EQ(seam_get_kot(m.seam, 18, &k), 0);
	CHECK_EQ(k.wbinvd_bitmap, 2);
}

/* With nothing to write back there is nothing to interrupt. */
static void interrupt_needs_work(void)
{
	machine_ready();
	inject(TDH_PHYMEM_CACHE_WB, TDX_ST(INTERRUPTED_RESUMABLE), 0, 1);
	CHECK_EQ(call(0, TDH_PHYMEM_CACHE_WB, 0, U, U, U), 0x0000082100000000);
}

static void no_entropy(void)
{
	struct seam_kot_info k;

	sys_inited();
	m.no_entropy = true;
	CHECK_EQ(call(0, TDH_SYS_LP_INIT, U, U, U, U), 0x8000020300000000);
	CHECK(!seam_get_lp_init(m.seam, 0));
	m.no_entropy = false;
	CHECK_EQ(call(0, TDH_SYS_LP_INIT, U, U, U, U), 0);

	machine_ready();
	m.no_entropy = true;
	CHECK_EQ(call(0, TDH_MNG_CREATE, D, HKID, U, U), 0x8000020300000000);
	CHECK_EQ(page_type(D), TDX_PT_NDA);
	CHECK_EQ(seam_get_kot(m.seam, HKID, &k), 0);
	CHECK_EQ(k.state, TDX_KOT_FREE);

	/* Only the sixth TDCS page needs random numbers. */
	td_keyed();
	m.no_entropy = true;
	td_addcx(5);
	CHECK_EQ(call(0, TDH_MNG_ADDCX, TDCX(5), D, U, U), 0x8000020300000000);
	CHECK_EQ(page_type(TDCX(5)), TDX_PT_NDA);
	m.no_entropy = false;
	CHECK_EQ(call(0, TDH_MNG_ADDCX, TDCX(5), D, U, U), 0);
	m.no_entropy = true;
	CHECK_EQ(call(0, TDH_MNG_ADDCX, TDCX(6), D, U, U), 0);
}

static void key_generation_failed(void)
{
	struct seam_td_info td;

	with_keys_pending();
	m.no_entropy = true;
	CHECK_EQ(call(0, TDH_SYS_KEY_CONFIG, U, U, U, U), 0x8000080000000000);
	m.no_entropy = false;
	CHECK_EQ(call(0, TDH_SYS_KEY_CONFIG, U, U, U, U), 0);
	CHECK_EQ(call(2, TDH_SYS_KEY_CONFIG, U, U, U, U), 0);
	CHECK_EQ(seam_get_sys_state(m.seam), SEAM_SYS_READY);

	td_assigned();
	inject(TDH_MNG_KEY_CONFIG, TDX_ST(KEY_GENERATION_FAILED), 1, 1);
	CHECK_EQ(call(0, TDH_MNG_KEY_CONFIG, D, U, U, U), 0);
	CHECK_EQ(call(2, TDH_MNG_KEY_CONFIG, D, U, U, U), 0x8000080000000000);
	CHECK_EQ(seam_get_td(m.seam, D, &td), 0);
	CHECK_EQ(td.pkg_config_bitmap, 1);
	CHECK_EQ(td.lifecycle, TDX_LC_HKID_ASSIGNED);
	CHECK_EQ(call(2, TDH_MNG_KEY_CONFIG, D, U, U, U), 0);
	CHECK_EQ(seam_get_td(m.seam, D, &td), 0);
	CHECK_EQ(td.lifecycle, TDX_LC_KEYS_CONFIGURED);
}

/* The leaked HKID is never free again, and no page is reclaimed. */
static void freeid_fails(void)
{
	struct seam_kot_info k;

	td_written_back();
	inject(TDH_MNG_KEY_FREEID, TDX_ST(WBCACHE_NOT_COMPLETE), 0, SEAM_ANY);
	CHECK_EQ(call(0, TDH_MNG_KEY_FREEID, D, U, U, U), 0x8000081700000000);
	CHECK_EQ(call(0, TDH_MNG_KEY_FREEID, D, U, U, U), 0x8000081700000000);
	CHECK_EQ(seam_get_kot(m.seam, HKID, &k), 0);
	CHECK_EQ(k.state, TDX_KOT_FLUSHED);
	CHECK_EQ(seam_get_hkid_owner(m.seam, HKID), D);
	CHECK_EQ(call(0, TDH_MNG_CREATE, D2TDR, HKID, U, U), 0xc000082000000000);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_RECLAIM, P, U, U, U), 0xc000060700000000);
	CHECK_EQ(page_type(P), TDX_PT_TDVPR);
}

static void lp_init_fails_on_one_lp(void)
{
	struct seam_fault f = {
		.leaf = TDH_SYS_LP_INIT,
		.lp = 3,
		.count = SEAM_ANY,
		.status = TDX_ST_OP(INCONSISTENT_MSR, 0x3b),
	};
	u32 lp;

	sys_inited();
	CHECK_EQ(seam_fault_add(m.seam, &f), 0);
	for (lp = 0; lp < 4; lp++) {
		CHECK_EQ(call(lp, TDH_SYS_LP_INIT, U, U, U, U), lp == 3 ? 0xc00009200000003b : 0);
		CHECK_EQ(seam_get_lp_init(m.seam, lp), lp != 3);
	}
	CHECK_EQ(call(0, TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID, U), 0xc000050c00000000);
	CHECK_EQ(call(3, TDH_SYS_RD, U, 0x0800000100000004, U, U), 0xc000050200000000);
}

static void reclaim_fails(void)
{
	struct seam_td_info before, after;
	struct seam_fault f = {
		.leaf = TDH_PHYMEM_PAGE_RECLAIM,
		.lp = SEAM_ANY,
		.rcx = P,
		.status = TDX_ST_OP(OPERAND_BUSY, TDX_OP_TDR),
		.count = 1,
	};

	td_teardown();
	CHECK_EQ(seam_get_td(m.seam, D, &before), 0);
	CHECK_EQ(before.chldcnt, 12);
	CHECK_EQ(seam_fault_add(m.seam, &f), 0);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_RECLAIM, P, U, U, U), 0x8000020000000080);
	CHECK_EQ(seam_get_td(m.seam, D, &after), 0);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	CHECK_EQ(page_type(P), TDX_PT_TDVPR);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_RECLAIM, P, U, U, U), 0);
	CHECK_EQ(page_type(P), TDX_PT_NDA);
}

int main(void)
{
	RUN(each_leaf_has_no_effect);
	RUN(bad_faults);
	RUN(skip_and_count);
	RUN(for_ever);
	RUN(other_leaf_lp_rcx);
	RUN(refused_call_does_not_count);
	RUN(cache_wb_interrupted);
	RUN(resume_keeps_the_snapshot);
	RUN(interrupt_needs_work);
	RUN(no_entropy);
	RUN(key_generation_failed);
	RUN(freeid_fails);
	RUN(lp_init_fails_on_one_lp);
	RUN(reclaim_fails);
	return check_done("test-seam-faults");
}
