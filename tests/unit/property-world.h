/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TDX module (seam) on four packages of two LPs, and a host that makes random
 * SEAMCALLs: mostly sensible ones, so that TDs live and die, and garbage. Every
 * call is announced to feed_begin() and feed_end(), which the test provides.
 */
#ifndef TDXCTL_TESTS_PROPERTY_WORLD_H
#define TDXCTL_TESTS_PROPERTY_WORLD_H

#include <stdarg.h>
#include <sys/mman.h>

#include "check.h"
#include "ledger.h"
#include "seam.h"

#define LPS		8
#define PKGS		4
#define ALL_PKGS	((1U << PKGS) - 1)
#define GLOBAL_HKID	8
#define FIRST_HKID	9
#define NR_HKIDS	11
#define HKID_SHIFT	46

#define MEM_SIZE	0x80000000ULL
#define TDMR_BASE	0x40000000ULL
#define TDMR_SIZE	0x40000000ULL
#define PAMT_4K		0x20000000ULL
#define PAMT_2M		0x20800000ULL
#define PAMT_1G		0x20900000ULL
#define TDMR_ARRAY	0x200000ULL
#define TDMR_INFO	0x201000ULL
#define TD_PARAMS	0x300000ULL
#define SOURCE		0x310000ULL

#define SMALL_PAGES	4096		/* 4-KiB pages in play */
#define SMALL_END	(TDMR_BASE + SMALL_PAGES * CORE_PAGE_SIZE)
#define LARGE_BASE	(TDMR_BASE + 0x20000000ULL)
#define LARGE_PAGES	12		/* 2-MiB pages in play */
#define LARGE_SIZE	0x200000ULL
#define LARGE_END	(LARGE_BASE + LARGE_PAGES * LARGE_SIZE)

#define MAX_TDS		20
#define MAX_PAGES	300
#define MAX_MAPS	64
#define MAX_VPS		7
#define MAX_DEPTH	2

struct host_vp {
	u64 tdvpr;
	u32 lp;			/* where it ran last */
};

struct host_td {
	u64 tdr;		/* 0 = slot unused */
	u32 hkid;
	u64 page[MAX_PAGES];	/* all it was given, TDR excluded */
	u32 nr_pages;
	u64 map[MAX_MAPS];	/* GPA | level */
	u32 nr_maps;
	struct host_vp vp[MAX_VPS];
	u32 nr_vps;
	u32 lost_vps;		/* counted by the module, but never initialised */
	bool allow_existing;	/* S-EPT pages cannot be counted */
	bool failed_release;	/* 19 or 20 failed for good since it last moved on */
	bool failed_named;	/* the same, but blind for leaves that name a TDVPR */
	bool dying;
	u32 rest;		/* steps it is left alone: a leak */
};

static struct {
	u64 seed, rnd;
	u64 calls, limit;
	u8 *mem;
	struct seam *seam;
	void *seam_mem;
	u32 depth;
	bool lp_busy[LPS];
	u64 removed[LPS];	/* page the LP's last call removed, else 0 */
	u32 last_lp;		/* of the call that ended last */
	u32 pkgs_keyed;
	bool draining;
	struct host_td td[MAX_TDS];
} w;

static const u8 lp_pkg[LPS] = { 0, 0, 1, 1, 2, 2, 3, 3 };

/* One call as an observer gets it. */
struct observed {
	u32 lp;
	struct seam_regs in, out;
	u32 max_vcpus;
};

static void feed_begin(const struct observed *o);
static void feed_end(const struct observed *o);
/* No call is in flight. */
static void checkpoint(void);

static u32 rnd(u32 n)
{
	w.rnd = w.rnd * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(w.rnd >> 33) % n;
}

static u64 rnd64(void)
{
	u64 hi = rnd(1U << 31);

	return hi << 33 ^ (u64)rnd(1U << 31) << 8 ^ rnd(256);
}

static bool chance(u32 percent)
{
	return rnd(100) < percent;
}

/* ---- the host's books ---- */

static struct host_td *td_find(u64 tdr)
{
	u32 i;

	for (i = 0; i < MAX_TDS; i++)
		if (tdr && w.td[i].tdr == tdr)
			return &w.td[i];
	return NULL;
}

static struct host_td *td_unused(void)
{
	u32 i;

	for (i = 0; i < MAX_TDS; i++)
		if (!w.td[i].tdr)
			return &w.td[i];
	return NULL;
}

static struct host_td *td_of_page(u64 pa)
{
	struct seam_page_info p;

	if (seam_get_page(w.seam, pa, &p))
		return NULL;
	return td_find(p.type == TDX_PT_TDR ? pa : p.owner);
}

static void page_add(struct host_td *td, u64 pa)
{
	td->page[td->nr_pages++] = pa;
}

static void page_del(struct host_td *td, u64 pa)
{
	u32 i;

	for (i = 0; i < td->nr_pages; i++)
		if (td->page[i] == pa)
			td->page[i] = td->page[--td->nr_pages];
}

static void vp_del(struct host_td *td, u64 pa)
{
	u32 i;

	for (i = 0; i < td->nr_vps; i++)
		if (td->vp[i].tdvpr == pa)
			td->vp[i] = td->vp[--td->nr_vps];
}

static struct host_vp *vp_find(struct host_td *td, u64 pa)
{
	u32 i;

	for (i = 0; td && i < td->nr_vps; i++)
		if (td->vp[i].tdvpr == pa)
			return &td->vp[i];
	return NULL;
}

static bool is_busy(u64 st)
{
	return TDX_STATUS_OF(st) == TDX_ST(OPERAND_BUSY);
}

/*
 * The host wanted its HKID back and cannot have it: FREEID of a blocked TD
 * failed, VPFLUSHDONE of a live one did for another reason than its vCPUs.
 * Refusals of a call out of order are the host's own mistake.
 */
static bool release_lost(const struct host_td *td, u32 leaf, u64 st)
{
	struct seam_td_info info;

	if (seam_get_td(w.seam, td->tdr, &info))
		return false;
	if (leaf == TDH_MNG_VPFLUSHDONE)
		return info.lifecycle <= TDX_LC_KEYS_CONFIGURED &&
		       st != TDX_ST(FLUSHVP_NOT_DONE);
	if (leaf != TDH_MNG_KEY_FREEID || info.lifecycle == TDX_LC_TEARDOWN)
		return false;
	return info.lifecycle == TDX_LC_BLOCKED || st != TDX_ST(LIFECYCLE_STATE_INCORRECT);
}

/* A success of these says that the host goes on with the TD. */
static struct host_td *td_in_use(const struct seam_regs *in)
{
	switch (in->rax & TDX_LEAF_MASK) {
	case TDH_MNG_KEY_CONFIG: case TDH_MNG_INIT: case TDH_MR_FINALIZE:
		return td_find(in->rcx);
	case TDH_MNG_ADDCX: case TDH_VP_CREATE: case TDH_MEM_PAGE_ADD:
	case TDH_MEM_SEPT_ADD: case TDH_MEM_PAGE_AUG: case TDH_MR_EXTEND:
		return td_find(in->rdx & CORE_PAGE_MASK);
	case TDH_VP_INIT: case TDH_VP_ENTER:
		return td_of_page(in->rcx);
	case TDH_VP_ADDCX:
		return td_of_page(in->rdx);
	default:
		return NULL;
	}
}

/* What the host learns from a call's result, its own or garbage's. */
static void book(const struct observed *o, struct host_td *owner)
{
	const struct seam_regs *in = &o->in;
	u32 leaf = in->rax & TDX_LEAF_MASK;
	u64 st = o->out.rax;
	struct host_td *td;
	struct host_vp *vp;
	u32 i;

	w.removed[o->lp] = 0;
	if (in->rax >> 24)
		return;
	td = td_find(in->rcx);
	if (td && st && !is_busy(st) && release_lost(td, leaf, st))
		td->failed_release = td->failed_named = true;
	if (leaf == TDH_VP_INIT && TDX_STATUS_OF(st) == TDX_ST(X2APIC_ID_NOT_UNIQUE))
		td_of_page(in->rcx)->lost_vps++;
	if (st && (leaf != TDH_VP_ENTER || TDX_STATUS_OF(st)))
		return;
	td = td_in_use(in);
	if (td) {
		td->failed_release = false;
		if (leaf != TDH_VP_INIT && leaf != TDH_VP_ADDCX && leaf != TDH_VP_ENTER)
			td->failed_named = false;
	}
	td = td_find(in->rcx);

	switch (leaf) {
	case TDH_SYS_KEY_CONFIG:
		w.pkgs_keyed |= 1U << lp_pkg[o->lp];
		break;
	case TDH_MNG_CREATE:
		*td_unused() = (struct host_td){ .tdr = in->rcx, .hkid = (u32)in->rdx };
		break;
	case TDH_MNG_VPFLUSHDONE:
	case TDH_MNG_KEY_FREEID:
		td->failed_release = td->failed_named = false;
		break;
	case TDH_MNG_ADDCX:
		page_add(td_find(in->rdx), in->rcx);
		break;
	case TDH_VP_CREATE:
		td = td_find(in->rdx);
		page_add(td, in->rcx);
		td->vp[td->nr_vps++] = (struct host_vp){ .tdvpr = in->rcx };
		break;
	case TDH_VP_ADDCX:
		page_add(td_of_page(in->rdx), in->rcx);
		break;
	case TDH_MEM_SEPT_ADD:
		td = td_find(in->rdx & CORE_PAGE_MASK);
		if (in->rdx & 1)
			td->allow_existing = true;
		if (td_of_page(in->r8) == td)
			page_add(td, in->r8);
		break;
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_PAGE_AUG:
		td = td_find(in->rdx);
		page_add(td, in->r8);
		td->map[td->nr_maps++] = in->rcx;
		break;
	case TDH_MEM_PAGE_REMOVE:
		td = td_find(in->rdx);
		page_del(td, o->out.rcx);
		for (i = 0; i < td->nr_maps; i++)
			if (td->map[i] == in->rcx)
				td->map[i] = td->map[--td->nr_maps];
		w.removed[o->lp] = o->out.rcx;
		break;
	case TDH_PHYMEM_PAGE_RECLAIM:
		if (o->out.rcx == TDX_PT_TDR) {
			td->tdr = 0;
		} else {
			page_del(owner, in->rcx);
			vp_del(owner, in->rcx);
		}
		break;
	case TDH_VP_INIT:
	case TDH_VP_RD:
	case TDH_VP_WR:
	case TDH_VP_ENTER:
		vp = vp_find(td_of_page(in->rcx), in->rcx);
		if (vp)
			vp->lp = o->lp;
		break;
	}
}

/* Is there room in the books for what this call, and those inside it, may do? */
static bool bookable(const struct seam_regs *r)
{
	struct host_td *td;
	u32 i, unused = 0;

	switch (r->rax & TDX_LEAF_MASK) {
	case TDH_SYS_SHUTDOWN:
		return false;		/* the end of every world */
	case TDH_MNG_CREATE:
		for (i = 0; i < MAX_TDS; i++)
			unused += !w.td[i].tdr;
		return unused > MAX_DEPTH;
	case TDH_VP_ADDCX:
		td = td_of_page(r->rdx);
		break;
	default:
		td = td_find(r->rdx & CORE_PAGE_MASK);
	}
	return !td || (td->nr_pages < MAX_PAGES - MAX_DEPTH &&
		       td->nr_maps < MAX_MAPS - MAX_DEPTH &&
		       td->nr_vps < MAX_VPS - MAX_DEPTH);
}

static u32 idle_lp(void)
{
	u32 lp;

	do {
		lp = rnd(LPS);
	} while (w.lp_busy[lp]);
	return lp;
}

/* One SEAMCALL on @lp, or on another when that one is inside the module. */
static u64 call(u32 lp, u64 rax, u64 rcx, u64 rdx, u64 r8, u64 r9)
{
	struct observed o = {
		.lp = lp < LPS && !w.lp_busy[lp] ? lp : idle_lp(),
		.in = { .rax = rax, .rcx = rcx, .rdx = rdx, .r8 = r8, .r9 = r9 },
		.max_vcpus = LEDGER_UNKNOWN32,
	};
	u32 leaf = rax & TDX_LEAF_MASK;
	struct host_td *owner = NULL;

	if (!bookable(&o.in))
		return ~0ULL;
	if (leaf == TDH_PHYMEM_PAGE_RECLAIM)
		owner = td_of_page(rcx);
	rdx &= (1ULL << HKID_SHIFT) - 1;
	if (leaf == TDH_MNG_INIT && !(rdx & 1023) && rdx < MEM_SIZE)
		o.max_vcpus = ((struct tdx_td_params *)(w.mem + rdx))->max_vcpus;

	w.calls++;
	feed_begin(&o);
	w.lp_busy[o.lp] = true;
	o.out = o.in;
	seam_call(w.seam, o.lp, &o.out);
	w.lp_busy[o.lp] = false;
	w.last_lp = o.lp;
	book(&o, owner);
	feed_end(&o);
	return o.out.rax;
}

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
	case 0: case 1:
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
	static const struct { u32 leaf; u64 status; } faults[] = {
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
		TDH_SYS_INIT, TDH_SYS_LP_INIT, TDH_SYS_RD, TDH_SYS_KEY_CONFIG,
		TDH_SYS_UPDATE, TDH_SYS_TDMR_INIT, TDH_PHYMEM_CACHE_WB,
		TDH_PHYMEM_PAGE_RDMD, TDH_SYS_CONFIG,
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

/* ---- the module's surroundings ---- */

static void *world_map(void *ctx, u64 pa)
{
	return pa < MEM_SIZE ? w.mem + pa : NULL;
}

static bool world_entropy(void *ctx, u64 *out)
{
	*out = rnd64();
	return !chance(1);
}

/* Another LP enters the module while this one is inside. */
static void intrude(void)
{
	if (w.depth < MAX_DEPTH && chance(25)) {
		w.depth++;
		step();
		w.depth--;
	}
}

static void feed_pause(u32 lp, u32 leaf);

static void world_pause(void *ctx, u32 lp, u32 leaf)
{
	feed_pause(lp, leaf);
	intrude();
}

static bool world_irq_pending(void *ctx, u32 lp)
{
	return chance(15);
}

static void world_enter(void *ctx, u32 lp, struct seam_regs *regs)
{
	intrude();
	regs->rax = chance(97) ? rnd(80) : TDX_ST_OP(NON_RECOVERABLE_VCPU, 2);
}

static void world_open(u64 seed, bool late_lp_init)
{
	static const struct seam_ops ops = {
		.map = world_map, .entropy = world_entropy, .pause = world_pause,
		.irq_pending = world_irq_pending, .enter = world_enter,
	};
	struct seam_config cfg = {
		.nr_lps = LPS, .lp_pkg = lp_pkg, .nr_pkgs = PKGS,
		.nr_mktme_keyids = GLOBAL_HKID - 1, .nr_tdx_keyids = NR_HKIDS + 1,
		.hkid_shift = HKID_SHIFT,
		.nr_cmrs = 1, .cmr = { { 0x100000, MEM_SIZE - 0x100000 } },
		.late_lp_init = late_lp_init,
	};
	u64 calls = w.calls, limit = w.limit, *array;

	memset(&w, 0, sizeof(w));
	w.seed = seed;
	w.rnd = seed * 2654435761ULL + 1;
	w.calls = calls;
	w.limit = limit;
	w.mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	w.seam_mem = malloc(seam_size(&cfg));
	if (w.mem == MAP_FAILED || !w.seam_mem)
		abort();
	w.seam = seam_init(w.seam_mem, &cfg, &ops, NULL);
	if (!w.seam)
		abort();
	*(struct tdx_tdmr_info *)(w.mem + TDMR_INFO) = (struct tdx_tdmr_info){
		.base = TDMR_BASE, .size = TDMR_SIZE,
		.pamt_1g_base = PAMT_1G, .pamt_1g_size = 0x1000,
		.pamt_2m_base = PAMT_2M, .pamt_2m_size = 0x2000,
		.pamt_4k_base = PAMT_4K, .pamt_4k_size = 0x400000,
	};
	array = (u64 *)(w.mem + TDMR_ARRAY);
	array[0] = TDMR_INFO;
}

static void world_close(void)
{
	munmap(w.mem, MEM_SIZE);
	free(w.seam_mem);
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
