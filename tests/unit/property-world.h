/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TDX module (seam) on four packages of two LPs, and the books of the host
 * that uses it. Every call is announced to feed_begin() and feed_end(), which the
 * test provides; property-host.h decides what to call.
 */
#ifndef TDXCTL_TESTS_PROPERTY_WORLD_H
#define TDXCTL_TESTS_PROPERTY_WORLD_H

#include <stdarg.h>
#include <sys/mman.h>

#include "check.h"
#include "ledger/ledger.h"
#include "seam/seam.h"

#define LPS	    8
#define PKGS	    4
#define ALL_PKGS    ((1U << PKGS) - 1)
#define GLOBAL_HKID 8
#define FIRST_HKID  9
#define NR_HKIDS    11
#define HKID_SHIFT  46

#define MEM_SIZE   0x80000000ULL
#define TDMR_BASE  0x40000000ULL
#define TDMR_SIZE  0x40000000ULL
#define PAMT_4K	   0x20000000ULL
#define PAMT_2M	   0x20800000ULL
#define PAMT_1G	   0x20900000ULL
#define TDMR_ARRAY 0x200000ULL
#define TDMR_INFO  0x201000ULL
#define TD_PARAMS  0x300000ULL
#define SOURCE	   0x310000ULL

#ifndef SMALL_PAGES
#define SMALL_PAGES 4096 /* 4-KiB pages in play */
#endif
#define SMALL_END   (TDMR_BASE + SMALL_PAGES * CORE_PAGE_SIZE)
#define LARGE_BASE  (TDMR_BASE + 0x20000000ULL)
#define LARGE_PAGES 12 /* 2-MiB pages in play */
#define LARGE_SIZE  0x200000ULL
#define LARGE_END   (LARGE_BASE + LARGE_PAGES * LARGE_SIZE)

#ifndef MAX_TDS
#define MAX_TDS 20
#endif
#define MAX_PAGES 300
#define MAX_MAPS  64
#define MAX_VPS	  7
#define MAX_DEPTH 2

struct host_vp {
	u64 tdvpr;
	u32 lp; /* where it ran last */
};

struct host_td {
	u64 tdr; /* 0 = slot unused */
	u32 hkid;
	u64 page[MAX_PAGES]; /* all it was given, TDR excluded */
	u32 nr_pages;
	u64 map[MAX_MAPS]; /* GPA | level */
	u32 nr_maps;
	struct host_vp vp[MAX_VPS];
	u32 nr_vps;
	u32 lost_vps;	     /* counted by the module, but never initialised */
	bool allow_existing; /* S-EPT pages cannot be counted */
	bool failed_release; /* 19 or 20 failed permanently since it last moved on */
	bool failed_named;   /* the same, but blind for leaves that name a TDVPR */
	bool dying;
	u32 rest; /* steps it is left alone: a leak */
};

static struct {
	u64 seed, rnd, noise; /* the states of rnd() and noise() */
	u64 calls, limit;
	u8 *mem;
	struct seam *seam;
	void *seam_mem;
	size_t seam_bytes;
	u32 depth;
	bool lp_busy[LPS];
	u64 removed[LPS]; /* page the LP's last call removed, else 0 */
	u32 last_lp;	  /* of the call that ended last */
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
static void feed_pause(u32 lp, u32 leaf);
/* No call is in flight. */
static void checkpoint(void);
/* The host does something; inside another call too. */
static void step(void);
/* The next decision, below @n. The test provides it: random numbers, or a fuzzer's input. */
static u32 rnd(u32 n);

/* A random number below @n for what is no decision. */
static u32 noise(u32 n)
{
	w.noise = w.noise * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(w.noise >> 33) % n;
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
		return info.lifecycle <= TDX_LC_KEYS_CONFIGURED && st != TDX_ST(FLUSHVP_NOT_DONE);
	if (leaf != TDH_MNG_KEY_FREEID || info.lifecycle == TDX_LC_TEARDOWN)
		return false;
	return info.lifecycle == TDX_LC_BLOCKED || st != TDX_ST(LIFECYCLE_STATE_INCORRECT);
}

/* A success of these says that the host goes on with the TD. */
static struct host_td *td_in_use(const struct seam_regs *in)
{
	switch (in->rax & TDX_LEAF_MASK) {
	case TDH_MNG_KEY_CONFIG:
	case TDH_MNG_INIT:
	case TDH_MR_FINALIZE:
		return td_find(in->rcx);
	case TDH_MNG_ADDCX:
	case TDH_VP_CREATE:
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_SEPT_ADD:
	case TDH_MEM_PAGE_AUG:
	case TDH_MR_EXTEND:
		return td_find(in->rdx & CORE_PAGE_MASK);
	case TDH_VP_INIT:
	case TDH_VP_ENTER:
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

/* Whether the books have room for what this call and the calls inside it may do. */
static bool bookable(const struct seam_regs *r)
{
	struct host_td *td;
	u32 i, unused = 0;

	switch (r->rax & TDX_LEAF_MASK) {
	case TDH_SYS_SHUTDOWN:
		return false; /* the end of every world */
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
	return !td || (td->nr_pages < MAX_PAGES - MAX_DEPTH && td->nr_maps < MAX_MAPS - MAX_DEPTH &&
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

/* ---- the module's surroundings ---- */

static void *world_map(void *ctx, u64 pa)
{
	return pa < MEM_SIZE ? w.mem + pa : NULL;
}

static bool world_entropy(void *ctx, u64 *out)
{
	*out = (u64)noise(1U << 31) << 31 ^ noise(1U << 31);
	return noise(100);
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
		.map = world_map,
		.entropy = world_entropy,
		.pause = world_pause,
		.irq_pending = world_irq_pending,
		.enter = world_enter,
	};
	struct seam_config cfg = {
		.nr_lps = LPS,
		.lp_pkg = lp_pkg,
		.nr_pkgs = PKGS,
		.nr_mktme_keyids = GLOBAL_HKID - 1,
		.nr_tdx_keyids = NR_HKIDS + 1,
		.hkid_shift = HKID_SHIFT,
		.nr_cmrs = 1,
		.cmr = { { 0x100000, MEM_SIZE - 0x100000 } },
		.late_lp_init = late_lp_init,
	};
	u64 calls = w.calls, limit = w.limit, *array;

	memset(&w, 0, sizeof(w));
	w.seed = seed;
	w.rnd = w.noise = seed * 2654435761ULL + 1;
	w.calls = calls;
	w.limit = limit;
	w.mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	w.seam_bytes = seam_size(&cfg);
	w.seam_mem = malloc(w.seam_bytes);
	if (w.mem == MAP_FAILED || !w.seam_mem)
		abort();
	w.seam = seam_init(w.seam_mem, &cfg, &ops, NULL);
	if (!w.seam)
		abort();
	*(struct tdx_tdmr_info *)(w.mem + TDMR_INFO) = (struct tdx_tdmr_info){
		.base = TDMR_BASE,
		.size = TDMR_SIZE,
		.pamt_1g_base = PAMT_1G,
		.pamt_1g_size = 0x1000,
		.pamt_2m_base = PAMT_2M,
		.pamt_2m_size = 0x2000,
		.pamt_4k_base = PAMT_4K,
		.pamt_4k_size = 0x400000,
	};
	array = (u64 *)(w.mem + TDMR_ARRAY);
	array[0] = TDMR_INFO;
}

#endif
