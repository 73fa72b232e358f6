/* SPDX-License-Identifier: GPL-2.0-only */
/* A ledger over the ABI's reference machine, fed by hand. */
#ifndef TDXCTL_TESTS_LEDGER_RIG_H
#define TDXCTL_TESTS_LEDGER_RIG_H

#include "check.h"
#include "ledger/ledger.h"

#define CPUS	   4 /* package 0: 0, 1; package 1: 2, 3 */
#define PKGS	   2
#define FIRST_HKID 17
#define NR_HKIDS   15
#define HKID_SHIFT 47
#define STEP_NS	   100

/* Two TDs by their TDR, a guest page, and a look at a TD's record. */
#define D    0x100000000ULL
#define E    0x110000000ULL
#define G(n) ((u64)(n) * CORE_PAGE_SIZE)

#define CHECK_TD(r, tdr, what, want) \
	do { \
		const struct ledger_td *t_ = ledger_td_find((r)->l, tdr); \
		if (CHECK(t_)) \
			CHECK_EQ(t_->what, want); \
	} while (0)

struct rig {
	struct ledger *l;
	void *mem;
	u64 now;
	struct ledger_owner owner;  /* of the next TDH.MNG.CREATE */
	struct ledger_owner caller; /* of other leaves */
	u32 max_vcpus;		    /* of the next TDH.MNG.INIT */
};

static const u16 rig_pkg[CPUS] = { 0, 0, 1, 1 };

static const struct ledger_config rig_config = {
	.global_hkid = 16,
	.first_hkid = FIRST_HKID,
	.nr_hkids = NR_HKIDS,
	.hkid_shift = HKID_SHIFT,
	.nr_cpus = CPUS,
	.nr_pkgs = PKGS,
	.cpu_pkg = rig_pkg,
	.max_tds = 8,
	.max_vcpus = 16,
	.from_start = true,
};

static inline void rig_open_cfg(struct rig *r, const struct ledger_config *cfg)
{
	*r = (struct rig){
		.mem = malloc(ledger_size(cfg)),
		.now = 1000,
		.owner = { .tgid = 100, .tid = 101, .fd = 7, .comm = "qemu" },
		.max_vcpus = 4,
	};
	if (!r->mem)
		abort();
	memset(r->mem, 0xa5, ledger_size(cfg));
	r->l = ledger_init(r->mem, cfg);
}

static inline void rig_open(struct rig *r, bool from_start)
{
	struct ledger_config cfg = rig_config;

	cfg.from_start = from_start;
	rig_open_cfg(r, &cfg);
}

static inline void rig_close(struct rig *r)
{
	free(r->mem);
}

static inline struct ledger_call rig_begin(struct rig *r, u32 cpu, u64 rax, u64 rcx, u64 rdx,
					   u64 r8)
{
	struct ledger_call call = {
		.start_ns = r->now,
		.rax = rax,
		.in = { .rcx = rcx, .rdx = rdx, .r8 = r8 },
		.cpu = cpu,
		.max_vcpus = rax == TDH_MNG_INIT ? r->max_vcpus : LEDGER_UNKNOWN32,
		.owner = (rax & TDX_LEAF_MASK) == TDH_MNG_CREATE ? r->owner : r->caller,
	};

	ledger_begin(r->l, &call);
	return call;
}

static inline void rig_end(struct rig *r, struct ledger_call *call, u64 status)
{
	r->now += STEP_NS;
	ledger_end(r->l, call, r->now, status, NULL);
}

static inline void rig_call(struct rig *r, u32 cpu, u64 rax, u64 rcx, u64 rdx, u64 r8, u64 status)
{
	struct ledger_call call = rig_begin(r, cpu, rax, rcx, rdx, r8);

	rig_end(r, &call, status);
}

/* With outputs RCX, RDX, R8. */
static inline void rig_call_out(struct rig *r, u32 cpu, u64 rax, u64 rcx, u64 rdx, u64 status,
				u64 orcx, u64 ordx, u64 or8)
{
	struct ledger_call call = rig_begin(r, cpu, rax, rcx, rdx, 0);
	struct ledger_regs out = { .rcx = orcx, .rdx = ordx, .r8 = or8 };

	r->now += STEP_NS;
	ledger_end(r->l, &call, r->now, status, &out);
}

static inline void rig_reclaim(struct rig *r, u64 page, u32 type, u64 owner)
{
	rig_call_out(r, 0, TDH_PHYMEM_PAGE_RECLAIM, page, 0, 0, type, owner, 0);
}

/* Pages of the TD at @tdr: control pages follow it, vCPU pages from +64 on. */
#define TDCX(tdr, n)  ((tdr) + (1 + (n)) * CORE_PAGE_SIZE)
#define TDVPR(tdr, n) ((tdr) + (64 + 8 * (n)) * CORE_PAGE_SIZE)
#define PAGE(n)	      (0x140000000ULL + (u64)(n) * CORE_PAGE_SIZE)

static inline void rig_create(struct rig *r, u64 tdr, u32 hkid)
{
	rig_call(r, 0, TDH_MNG_CREATE, tdr, hkid, 0, 0);
}

static inline void rig_keys(struct rig *r, u64 tdr)
{
	rig_call(r, 1, TDH_MNG_KEY_CONFIG, tdr, 0, 0, 0);
	rig_call(r, 2, TDH_MNG_KEY_CONFIG, tdr, 0, 0, 0);
}

static inline void rig_init(struct rig *r, u64 tdr)
{
	u32 i;

	for (i = 0; i < TDX_MIN_TDCS_PAGES; i++)
		rig_call(r, 0, TDH_MNG_ADDCX, TDCX(tdr, i), tdr, 0, 0);
	rig_call(r, 0, TDH_MNG_INIT, tdr, 0x1000, 0, 0);
}

static inline void rig_vcpu(struct rig *r, u64 tdr, u32 n)
{
	u64 vpr = TDVPR(tdr, n);
	u32 i;

	rig_call(r, 0, TDH_VP_CREATE, vpr, tdr, 0, 0);
	for (i = 1; i < TDX_MIN_TDVPS_PAGES; i++)
		rig_call(r, 0, TDH_VP_ADDCX, vpr + i * CORE_PAGE_SIZE, vpr, 0, 0);
	rig_call(r, 0, TDH_VP_INIT | 1 << TDX_VERSION_SHIFT, vpr, 0, n, 0);
}

/* Running, with one vCPU. */
static inline void rig_td(struct rig *r, u64 tdr, u32 hkid)
{
	rig_create(r, tdr, hkid);
	rig_keys(r, tdr);
	rig_init(r, tdr);
	rig_vcpu(r, tdr, 0);
	rig_call(r, 0, TDH_MR_FINALIZE, tdr, 0, 0, 0);
}

static inline void rig_release(struct rig *r, u64 tdr)
{
	rig_call(r, 0, TDH_VP_FLUSH, TDVPR(tdr, 0), 0, 0, 0);
	rig_call(r, 0, TDH_MNG_VPFLUSHDONE, tdr, 0, 0, 0);
	rig_call(r, 0, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	rig_call(r, 2, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	rig_call(r, 0, TDH_MNG_KEY_FREEID, tdr, 0, 0, 0);
}

/* Every control page of a TD of rig_td(). */
static inline void rig_bury(struct rig *r, u64 tdr)
{
	u32 i;

	for (i = 1; i < TDX_MIN_TDVPS_PAGES; i++)
		rig_reclaim(r, TDVPR(tdr, 0) + i * CORE_PAGE_SIZE, TDX_PT_TDCX, tdr);
	rig_reclaim(r, TDVPR(tdr, 0), TDX_PT_TDVPR, tdr);
	for (i = 0; i < TDX_MIN_TDCS_PAGES; i++)
		rig_reclaim(r, TDCX(tdr, i), TDX_PT_TDCX, tdr);
	rig_reclaim(r, tdr, TDX_PT_TDR, 0);
}

static inline const struct ledger_hkid *rig_hkid(const struct rig *r, u32 id)
{
	return ledger_hkid_at(r->l, id - FIRST_HKID);
}

static inline u64 rig_violations(const struct rig *r)
{
	struct ledger_totals t;

	ledger_totals_get(r->l, &t);
	return t.violations;
}

#endif
