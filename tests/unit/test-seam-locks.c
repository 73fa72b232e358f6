// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which locks each leaf holds, and how: looked at from inside ops->pause, which
 * comes exactly once in a call that succeeds and never in one that fails.
 */
#include "test-seam-legal.h"

static const struct legal_call *current;
static char seen[128];

static void see(const char *name, u64 word)
{
	size_t len = strlen(seen);

	word &= SEAM_LOCK_MASK;
	if (!word)
		return;
	snprintf(seen + len, sizeof(seen) - len, "%s%s:%s", len ? " " : "", name,
		 word == SEAM_LOCK_EX ? "ex" :
		 word == SEAM_LOCK_SH ? "sh" :
					"?");
}

static u64 page_lock(u64 pa)
{
	const struct seam_pamt *e = (const void *)(m.mem + PAMT_4K);

	return e[(pa - TDMR_BASE) >> 12].word;
}

/* The S-EPT entry a call of the table works on: GPA 0 in the root or the leaf. */
static u64 entry_lock(void)
{
	const u64 *root = (const u64 *)(m.mem + TDCX(2));
	const u64 *leaf = (const u64 *)(m.mem + EPT(1));
	u64 held = 0;

	if (page_type(TDCX(2)) == TDX_PT_TDCX)
		held |= *root;
	if (page_type(EPT(1)) == TDX_PT_EPT)
		held |= *leaf;
	return held >> SEAM_SEPTE_LOCK_BIT & 1;
}

static void look(void)
{
	const struct seam *s = m.seam;
	const struct seam_tdcs *tdcs = (const void *)(m.mem + TDCX(0));
	bool has_pamt = s->sys_state == SEAM_SYS_READY && s->tdmr[0].next > PG(128);

	if (page_type(TDCX(0)) != TDX_PT_TDCX)
		tdcs = NULL;
	seen[0] = '\0';
	see("G", s->lock);
	if (has_pamt) {
		see("TDR", page_lock(D));
		see("VPR", page_lock(P));
	}
	see("OP", tdcs ? tdcs->op_lock : 0);
	see("SEPT", tdcs ? tdcs->sept_lock : 0);
	see("ent", entry_lock());
	see("page", current->page ? page_lock(current->page) : 0);
	see("KOT", s->kot_lock);
	see("WBT", s->wbt[0].lock);
	see("KET", s->ket[0]);
	see("EPOCH", tdcs ? tdcs->epoch_lock : 0);
	see("TDMR", s->tdmr[0].lock);
}

static void each_leaf(void)
{
	struct seam_regs r;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(legal); i++) {
		current = &legal[i];
		current->from();
		m.inside = look;
		m.inside_leaf = current->regs.rax & TDX_LEAF_MASK;
		m.pauses = 0;
		snprintf(seen, sizeof(seen), "never looked");
		r = current->regs;
		seamcall(0, &r);
		CHECK(!r.rax || m.inside_leaf == TDH_VP_ENTER);
		if (!CHECK_STR(seen, current->locks))
			fprintf(stderr, "  leaf %u\n", m.inside_leaf);
		CHECK_EQ(m.pauses, 1);
		check_locks_free();
	}
}

static u64 shutdown_again;

static void second_shutdown(void)
{
	shutdown_again = call(1, TDH_SYS_LP_SHUTDOWN, 0, 0, 0, 0);
}

/* While a guest runs, only its TDVPR and TDR are held. */
static void look_inside(struct seam_regs *r)
{
	look();
	r->rax = 1;
}

static void inside_the_guest(void)
{
	static const struct legal_call none;

	current = &none;
	td_finalized();
	m.guest = look_inside;
	CHECK_EQ(call(0, TDH_VP_ENTER, P, 0, 0, 0), 1);
	CHECK_STR(seen, "TDR:sh VPR:sh");
}

static void no_pause_on_failure(void)
{
	td_initialized();
	m.pauses = 0;
	CHECK_EQ(call(0, TDH_MNG_INIT, D, TD_PARAMS, 0, 0), 0xc000060800000000);
	CHECK_EQ(call(0, TDH_MNG_CREATE, A, HKID, 0, 0), 0xc000082000000000);
	CHECK_EQ(call(0, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0), 0x0000082100000000);
	CHECK_EQ(m.pauses, 0);
}

/* SYS.SHUTDOWN wants the global lock and everybody else outside. */
static void shutdown_excludes(void)
{
	machine_ready();
	m.inside = second_shutdown;
	m.inside_leaf = TDH_SYS_SHUTDOWN;
	ok(0, TDH_SYS_SHUTDOWN, 0, 0, 0, 0);
	CHECK_EQ(shutdown_again, 0);
	machine_ready();
	m.seam->lock = SEAM_LOCK_SH;
	CHECK_EQ(call(0, TDH_SYS_SHUTDOWN, 0, 0, 0, 0), 0x8000020200000000);
}

/* The count of associations follows the vCPU, however it was tied. */
static void association_is_counted(void)
{
	vp_ready();
	ok(0, TDH_VP_FLUSH, P, 0, 0, 0);
	ok(2, TDH_VP_RD, P, 2, 0, 0);
	CHECK_EQ(call(0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0), 0x8000082400000000);
	ok(2, TDH_VP_FLUSH, P, 0, 0, 0);
	ok(0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
}

static void refused_vcpus_are_not_counted(void)
{
	struct seam_td_info td;
	u32 i;

	td_addcx6();
	td_params()->max_vcpus = 1;
	ok(0, TDH_MNG_INIT, D, TD_PARAMS, 0, 0);
	vp_pages(P, VPCX(0), 5);
	vp_pages(P2, VPCX2(0), 5);
	ok(0, VP_INIT_V1, P, 0, 0, 0);
	for (i = 0; i < 3; i++)
		CHECK_EQ(call(0, VP_INIT_V1, P2, 0, 1, 0), 0xc000070500000000);
	seam_get_td(m.seam, D, &td);
	CHECK_EQ(td.num_vcpus, 1);
}

int main(void)
{
	RUN(each_leaf);
	RUN(inside_the_guest);
	RUN(no_pause_on_failure);
	RUN(shutdown_excludes);
	RUN(association_is_counted);
	RUN(refused_vcpus_are_not_counted);
	return check_done("test-seam-locks");
}
