/* SPDX-License-Identifier: GPL-2.0-only */
/* The random host of the property test: operands, garbage, the life of a TD. */
#ifndef TDXCTL_TESTS_PROPERTY_HOST_H
#define TDXCTL_TESTS_PROPERTY_HOST_H

#include "property-world.h"

/* ---- operands ---- */

static u64 fresh_page(void)
{
	struct seam_page_info p;
	u64 pa = 0;
	u32 i;

	for (i = 0; i < 32; i++) {
		pa = TDMR_BASE + rnd(SMALL_PAGES) * CORE_PAGE_SIZE;
		if (!seam_get_page(w.seam, pa, &p) && p.type == TDX_PT_NDA)
			break;
	}
	return pa;
}

static u64 rnd_gpa(void)
{
	return (u64)rnd(3) << 21 | (u64)rnd(24) << CORE_PAGE_SHIFT;
}

static u64 garbage_operand(void)
{
	const struct host_td *td = &w.td[rnd(MAX_TDS)];

	switch (rnd(12)) {
	case 0:
	case 1:
		return td->tdr;
	case 2:
		return td->nr_vps ? td->vp[rnd(td->nr_vps)].tdvpr : td->tdr;
	case 3:
		return td->nr_pages ? td->page[rnd(td->nr_pages)] : td->tdr;
	case 4:
		return fresh_page();
	case 5:
		return FIRST_HKID - 2 + rnd(NR_HKIDS + 4);
	case 6:
		return rnd_gpa() | rnd(5);
	case 7:
		return td->nr_maps ? td->map[rnd(td->nr_maps)] : rnd(64);
	case 8:
		return fresh_page() | (u64)(GLOBAL_HKID + rnd(NR_HKIDS)) << HKID_SHIFT;
	case 9:
		return TD_PARAMS + (chance(50) ? 0 : 512);
	case 10:
		return rnd(4);
	default:
		return rnd64();
	}
}

/*
 * Two things even this host does not do: flush a page it has just taken back
 * under a foreign key (the ledger learns HKIDs from that), and offer a guest's
 * HKID as the global one (SYS.CONFIG burns it even when it fails).
 */
static bool taboo(u64 rax, u64 rcx)
{
	u32 lp;

	if (rax == TDH_SYS_CONFIG)
		return true;
	for (lp = 0; rax == TDH_PHYMEM_PAGE_WBINVD && lp < LPS; lp++)
		if ((rcx & ((1ULL << HKID_SHIFT) - 1)) == w.removed[lp])
			return true;
	return false;
}

static void garbage(void)
{
	u64 rax = rnd(TDX_LEAF_COUNT + 2), rcx = garbage_operand();

	if (taboo(rax, rcx))
		return;
	if (chance(6))
		rax |= (u64)(1 + rnd(3)) << TDX_VERSION_SHIFT;
	if (chance(2))
		rax |= 1ULL << (24 + rnd(40));
	call(rnd(LPS), rax, rcx, garbage_operand(), garbage_operand(), garbage_operand());
}

/* One operand of a sensible call now and then is not. */
static u64 sly(u64 operand)
{
	return chance(2) ? garbage_operand() : operand;
}

static void add_fault(void)
{
	static const struct {
		u32 leaf;
		u64 status;
	} faults[] = {
		{ TDH_MNG_KEY_FREEID, TDX_ST(KEY_STATE_INCORRECT) },
		{ TDH_MNG_KEY_FREEID, TDX_ST(WBCACHE_NOT_COMPLETE) },
		{ TDH_MNG_KEY_FREEID, TDX_ST(LIFECYCLE_STATE_INCORRECT) },
		{ TDH_MNG_KEY_FREEID, TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT) },
		{ TDH_MNG_VPFLUSHDONE, TDX_ST(TD_FATAL) },
		{ TDH_MNG_VPFLUSHDONE, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX) },
		{ TDH_MNG_VPFLUSHDONE, TDX_ST(FLUSHVP_NOT_DONE) },
		{ TDH_MNG_KEY_CONFIG, TDX_ST(KEY_GENERATION_FAILED) },
		{ TDH_MNG_KEY_CONFIG, TDX_ST_OP(OPERAND_BUSY, TDX_OP_KET) },
		{ TDH_MNG_CREATE, TDX_ST(RND_NO_ENTROPY) },
		{ TDH_MNG_CREATE, TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT) },
		{ TDH_MNG_ADDCX, TDX_ST(RND_NO_ENTROPY) },
		{ TDH_MEM_PAGE_AUG, TDX_ST_OP(OPERAND_BUSY, TDX_OP_R8) },
		{ TDH_MEM_PAGE_REMOVE, TDX_ST_OP(OPERAND_BUSY, TDX_OP_SEPT_TREE) },
		{ TDH_MEM_TRACK, TDX_ST(PREVIOUS_TLB_EPOCH_BUSY) },
		{ TDH_VP_INIT, TDX_ST_OP(OPERAND_BUSY, TDX_OP_TDR) },
		{ TDH_VP_FLUSH, TDX_ST_OP(OPERAND_BUSY, TDX_OP_TDR) },
		{ TDH_PHYMEM_CACHE_WB, TDX_ST(INTERRUPTED_RESUMABLE) },
		{ TDH_PHYMEM_PAGE_RECLAIM, TDX_ST_OP(OPERAND_BUSY, TDX_OP_TDR) },
	};
	u32 i = rnd(ARRAY_SIZE(faults));
	struct seam_fault f = {
		.leaf = faults[i].leaf,
		.lp = chance(50) ? SEAM_ANY : rnd(LPS),
		.status = faults[i].status,
		.skip = rnd(3),
		.count = 1 + rnd(3),
	};

	if (seam_fault_add(w.seam, &f))
		seam_fault_clear(w.seam);
}

/* ---- the life of a TD ---- */

static void create(void)
{
	u64 hkid = FIRST_HKID + rnd(NR_HKIDS);
	struct seam_kot_info kot;

	/* Mostly one that is free. */
	if (!seam_get_kot(w.seam, hkid, &kot) && kot.state != TDX_KOT_FREE && chance(90))
		return;
	call(rnd(LPS), TDH_MNG_CREATE, sly(fresh_page()), sly(hkid), 0, 0);
}

static void td_init(const struct host_td *td)
{
	struct tdx_td_params *p = (void *)(w.mem + TD_PARAMS);

	memset(p, 0, sizeof(*p));
	p->attributes = 0x10000000;
	p->xfam = 3;
	p->max_vcpus = chance(3) ? 0 : 1 + rnd(4);
	p->eptp_controls = 0x1e;
	p->config_flags = chance(3) ? 1 << 5 : 4;
	p->tsc_frequency = 84;
	call(rnd(LPS), TDH_MNG_INIT, td->tdr, sly(TD_PARAMS), 0, 0);
}

static void build_vp(struct host_td *td)
{
	struct host_vp *vp = td->nr_vps ? &td->vp[td->nr_vps - 1] : NULL;
	u32 i = rnd(10);

	if (!vp || i == 0)
		call(rnd(LPS), TDH_VP_CREATE, sly(fresh_page()), td->tdr, 0, 0);
	else if (i < 8)
		call(rnd(LPS), TDH_VP_ADDCX, sly(fresh_page()), vp->tdvpr, 0, 0);
	else
		call(rnd(LPS), TDH_VP_INIT | (chance(80) ? 1ULL << TDX_VERSION_SHIFT : 0),
		     vp->tdvpr, 0, chance(90) ? td->nr_vps : 1, 0);
}

static void add_sept(struct host_td *td)
{
	u32 level = 1 + rnd(3);
	u64 gpa = level == 1 ? (u64)rnd(3) << 21 : 0;
	/* Rarely: it makes the S-EPT pages of this TD uncountable. */
	u64 flag = chance(1) && chance(20);

	call(rnd(LPS), TDH_MEM_SEPT_ADD, gpa | level, td->tdr | flag, sly(fresh_page()), 0);
}

static void add_page(struct host_td *td, bool runnable)
{
	if (chance(6))
		call(rnd(LPS), TDH_MEM_PAGE_AUG, (u64)(3 + rnd(3)) << 21 | 1, td->tdr,
		     LARGE_BASE + rnd(LARGE_PAGES) * LARGE_SIZE, 0);
	else if (!runnable && chance(80))
		call(rnd(LPS), TDH_MEM_PAGE_ADD, sly(rnd_gpa()), td->tdr, fresh_page(), SOURCE);
	else
		call(rnd(LPS), TDH_MEM_PAGE_AUG, rnd_gpa(), sly(td->tdr), fresh_page(), 0);
}

/* As KVM does it, on one LP; anything may come in between. */
static void remove_page(struct host_td *td)
{
	u32 lp = rnd(LPS), hkid = td->hkid;
	u64 tdr = td->tdr, gpa, hpa;

	if (!td->nr_maps)
		return;
	gpa = td->map[rnd(td->nr_maps)];
	if (chance(95))
		call(lp, TDH_MEM_RANGE_BLOCK, gpa, tdr, 0, 0);
	if (chance(95))
		call(lp, TDH_MEM_TRACK, tdr, 0, 0, 0);
	if (call(lp, TDH_MEM_PAGE_REMOVE, gpa, tdr, 0, 0))
		return;
	hpa = w.removed[w.last_lp];
	if (chance(90))
		call(w.last_lp, TDH_PHYMEM_PAGE_WBINVD, hpa | (u64)hkid << HKID_SHIFT, 0, 0, 0);
}

static void use_vp(struct host_td *td)
{
	const struct host_vp *vp;
	u32 lp;

	if (!td->nr_vps)
		return;
	vp = &td->vp[rnd(td->nr_vps)];
	lp = chance(70) ? vp->lp : rnd(LPS);
	switch (rnd(5)) {
	case 0:
		call(lp, TDH_VP_RD, vp->tdvpr, 0x203c, 0, 0);
		break;
	case 1:
		call(lp, TDH_VP_WR, vp->tdvpr, 2, 0xf2, 0xffff);
		break;
	case 2:
		call(lp, TDH_VP_FLUSH, vp->tdvpr, 0, 0, 0);
		break;
	default:
		call(lp, TDH_VP_ENTER, sly(vp->tdvpr), 0, 0, 0);
	}
}

static void release(struct host_td *td)
{
	u32 i;

	for (i = 0; i < td->nr_vps; i++)
		call(chance(60) ? td->vp[i].lp : rnd(LPS), TDH_VP_FLUSH, td->vp[i].tdvpr, 0, 0, 0);
	call(rnd(LPS), TDH_MNG_VPFLUSHDONE, td->tdr, 0, 0, 0);
}

static void bury(struct host_td *td)
{
	u64 pa = td->nr_pages && !chance(2) ? td->page[rnd(td->nr_pages)] : td->tdr;

	call(rnd(LPS), TDH_PHYMEM_PAGE_RECLAIM, pa, 0, 0, 0);
}

static void act(struct host_td *td)
{
	struct seam_td_info info;
	u32 i = rnd(100);

	if (seam_get_td(w.seam, td->tdr, &info)) {
		CHECK(!"the host lost a TD");
		return;
	}
	if (td->rest && !w.draining) {
		td->rest--;
		return;
	}
	if (w.draining || (td->nr_pages > MAX_PAGES - 40))
		td->dying = true;
	switch (info.lifecycle) {
	case TDX_LC_HKID_ASSIGNED:
		if (td->dying || i < 2)
			release(td);
		else
			call(rnd(LPS), TDH_MNG_KEY_CONFIG, sly(td->tdr), 0, 0, 0);
		return;
	case TDX_LC_BLOCKED:
		if (i < 55)
			call(rnd(LPS), TDH_PHYMEM_CACHE_WB, chance(20), 0, 0, 0);
		else if (call(rnd(LPS), TDH_MNG_KEY_FREEID, td->tdr, 0, 0, 0) && chance(10))
			td->rest = rnd(500);
		return;
	case TDX_LC_TEARDOWN:
		bury(td);
		return;
	}
	if (td->dying) {
		release(td);
		return;
	}
	if (i < 2 && chance(30)) {
		td->dying = true;
	} else if (info.op_state == TDX_OP_UNINITIALIZED) {
		if (info.num_tdcx < TDX_MIN_TDCS_PAGES || i < 15)
			call(rnd(LPS), TDH_MNG_ADDCX, sly(fresh_page()), sly(td->tdr), 0, 0);
		else
			td_init(td);
	} else if (info.op_state == TDX_OP_INITIALIZED) {
		if (i < 50)
			build_vp(td);
		else if (i < 65)
			add_sept(td);
		else if (i < 85)
			add_page(td, false);
		else if (i < 90)
			remove_page(td);
		else if (i < 95)
			use_vp(td);
		else if (i < 97)
			call(rnd(LPS), TDH_MR_EXTEND,
			     td->nr_maps ? td->map[rnd(td->nr_maps)] : rnd_gpa(), td->tdr, 0, 0);
		else
			call(rnd(LPS), TDH_MR_FINALIZE, td->tdr, 0, 0, 0);
	} else {
		if (i < 45)
			add_page(td, true);
		else if (i < 65)
			remove_page(td);
		else if (i < 75)
			add_sept(td);
		else if (i < 80)
			call(rnd(LPS), TDH_MNG_RD, td->tdr, 0x110000000000000aULL, 0, 0);
		else
			use_vp(td);
	}
}

static void sys_noise(void)
{
	static const u32 leaf[] = {
		TDH_SYS_INIT,	     TDH_SYS_LP_INIT,	   TDH_SYS_RD,
		TDH_SYS_KEY_CONFIG,  TDH_SYS_UPDATE,	   TDH_SYS_TDMR_INIT,
		TDH_PHYMEM_CACHE_WB, TDH_PHYMEM_PAGE_RDMD, TDH_SYS_CONFIG,
	};
	static const u64 field[] = { 0x0a00000300000008ULL, 0x8900000100000000ULL, ~0ULL };
	u32 i = leaf[rnd(ARRAY_SIZE(leaf))];
	u64 rdx = garbage_operand();

	if (i == TDH_SYS_RD && chance(60))
		rdx = field[rnd(ARRAY_SIZE(field))];
	call(rnd(LPS), i, i == TDH_SYS_CONFIG ? 0 : garbage_operand(), rdx, GLOBAL_HKID, 0);
}

static void step(void)
{
	struct host_td *td = &w.td[rnd(MAX_TDS)];
	u32 i = rnd(100);

	if (i < 6 && !w.draining)
		garbage();
	else if (i < 7 && !w.draining)
		add_fault();
	else if (i < 9)
		sys_noise();
	else if (td->tdr)
		act(td);
	else if (i < 40 && !w.draining)
		create();
	if (!w.depth)
		checkpoint();
}

/* Bring-up in any order that works, with noise. */
static void bring_up(void)
{
	struct seam_page_info p;
	u32 lp;

	while (seam_get_page(w.seam, TDMR_BASE, &p)) {
		checkpoint();
		if (chance(20)) {
			if (chance(50))
				garbage();
			else
				sys_noise();
			continue;
		}
		lp = rnd(LPS);
		switch (seam_get_sys_state(w.seam)) {
		case SEAM_SYSINIT_PENDING:
			call(lp, TDH_SYS_INIT, chance(80) ? 0 : 5, 0, 0, 0);
			break;
		case SEAM_SYSINIT_DONE:
			if (chance(80))
				call(lp, TDH_SYS_LP_INIT, 0, 0, 0, 0);
			else
				call(lp, TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID, 0);
			break;
		case SEAM_SYSCONFIG_DONE:
			call(lp, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
			break;
		default:
			call(lp, TDH_SYS_TDMR_INIT, TDMR_BASE, 0, 0, 0);
		}
	}
}

#endif
