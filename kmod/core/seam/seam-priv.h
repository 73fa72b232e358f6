/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Private to seam: metadata layouts, the context of a call, and functions that
 * the files of seam share.
 *
 * Fields that two LPs can access at once are accessed with the core_* atomics
 * even where a module lock serialises the writers: the seam_get_*() functions
 * read without a lock.
 */
#ifndef TDXCTL_CORE_SEAM_PRIV_H
#define TDXCTL_CORE_SEAM_PRIV_H

#include "seam.h"

#define SEAM_BIT(n)  (1ULL << (n))
#define SEAM_GIB     SEAM_BIT(30)
#define SEAM_4MIB    SEAM_BIT(22)
#define SEAM_PA_BITS 52
#define SEAM_PA_MASK 0x000ffffffffff000ULL /* bits 51:12 */
#define SEAM_NO_LP   (~0u)

/*
 * A lock is the low 16 bits of a u64: bit 0 exclusive, bits 15:1 the number of
 * sharers. The upper bits may hold data, as in a PAMT entry.
 */
#define SEAM_LOCK_EX   1ULL
#define SEAM_LOCK_SH   2ULL
#define SEAM_LOCK_MASK 0xffffULL

/* PAMT entry: lock 15:0, type 23:16, owner PA[51:12] 63:24; then BEPOCH. */
struct seam_pamt {
	u64 word;
	u64 bepoch;
};

static inline u32 seam_pamt_type(u64 word)
{
	return (word >> 16) & 0xff;
}

static inline u64 seam_pamt_owner(u64 word)
{
	return (word >> 24) << CORE_PAGE_SHIFT;
}

static inline u64 seam_pamt_word(u32 type, u64 owner)
{
	return (owner >> CORE_PAGE_SHIFT) << 24 | (u64)type << 16;
}

/* TDR page. Written under the TDR lock held exclusively, CHLDCNT under any. */
struct seam_tdr {
	u32 lifecycle;
	u32 fatal;
	u32 hkid;
	u32 pkg_config_bitmap;
	u32 num_tdcx;
	u32 reserved;
	u64 chldcnt;
	u64 tdcx[TDX_MAX_TDCS_PAGES];
};

/* The TDCX pages of a TD, by use. */
enum {
	SEAM_TDCX_TDCS,
	SEAM_TDCX_MSR_BITMAPS,
	SEAM_TDCX_SEPT_ROOT,
	SEAM_TDCX_X2APIC,
	SEAM_TDCX_PARAMS,
};

/* S-EPT entry: the encoding of the real module, lock in bit 11. */
#define SEAM_SEPTE_FREE	    0x80e0000000000000ULL
#define SEAM_SEPTE_PENDING  0x81000000000000f0ULL
#define SEAM_SEPTE_MAPPED   0x80000000000000f7ULL
#define SEAM_SEPTE_BLOCKED  0x80800000000000f0ULL
#define SEAM_SEPTE_NL	    0x0000000000000007ULL
#define SEAM_SEPTE_TDB	    SEAM_BIT(55)
#define SEAM_SEPTE_LOCK_BIT 11

struct seam_tdcs {
	u64 op_lock;
	u64 sept_lock;
	u64 epoch_lock;
	u64 epoch;
	u32 refcount[2]; /* vCPUs in the guest, by parity of their epoch */
	u32 op_state;
	u32 num_vcpus;
	u32 num_assoc;
	u32 max_vcpus;
	u32 num_l2;
	u32 gpaw;	/* 1: 52-bit GPAs, SHARED is bit 51 */
	u32 root_level; /* EPTP page-walk length code, 3 or 4 */
	u32 reserved;
};

/* The page SEAM_TDCX_X2APIC: x2APIC ids, by vCPU index. */
struct seam_x2apic {
	u32 used[(TDX_MAX_VCPUS_PER_TD + 31) / 32];
	u32 id[TDX_MAX_VCPUS_PER_TD];
};

enum seam_vp_field {
	SEAM_VP_POSTED_INTR_NV,
	SEAM_VP_POSTED_INTR_DESC,
	SEAM_VP_PIN_BASED,
	SEAM_VP_SHARED_EPTP,
	SEAM_VP_PEND_NMI,
	SEAM_VP_STATE_DETAILS,
	SEAM_VP_NR_FIELDS,
};

#define SEAM_PIN_BASED_INIT 0x3fULL

/* TDVPR page. The fields are written by the LP that the vCPU is associated with. */
struct seam_tdvps {
	u32 state;
	u32 num_pages;
	u32 assoc_lp; /* or SEAM_NO_LP */
	u32 written;  /* a bit for each seam_vp_field */
	u64 field[SEAM_VP_NR_FIELDS];
	/* for struct seam_guest */
	u64 initial_rcx;
	u64 guest[SEAM_GUEST_WORDS];
};

struct seam_kot {
	u32 state;
	u32 wbinvd_bitmap;
	u64 owner; /* TDR, for seam_get_hkid_owner() only */
};

/* TDH.PHYMEM.CACHE.WB of one package: lock and resume point. */
struct seam_wbt {
	u64 lock;
	u32 block; /* next cache block, 0 = nothing saved */
	u32 reserved;
	u64 hkids[TDX_MAX_HKIDS / 64];
};

struct seam_tdmr {
	struct tdx_tdmr_info info;
	u64 lock;
	u64 next; /* PAMT is initialised below this address */
};

struct seam_fault_slot {
	u32 gen; /* even: free; odd: in use; incremented by each change */
	u32 leaf;
	u32 lp;
	u32 reserved;
	u64 rcx;
	u64 status;
	u64 budget; /* skip in the upper, count in the lower half */
};

struct seam {
	struct seam_ops ops;
	void *ctx;
	u32 nr_lps, nr_pkgs;
	u32 first_hkid, nr_hkids;
	u32 hkid_shift;
	u32 cpuid_1_eax;
	bool late_lp_init;
	u32 nr_cmrs;
	struct seam_range cmr[SEAM_MAX_CMRS];

	u64 lock; /* the module's global lock */
	u32 sys_state;
	u32 inside; /* calls in progress */
	u32 lps_done;
	u32 pkgs_done; /* bitmap, TDH.SYS.KEY.CONFIG */

	u64 kot_lock;
	struct seam_kot kot[TDX_MAX_HKIDS];
	u64 ket[TDX_MAX_PKGS];
	struct seam_wbt wbt[TDX_MAX_PKGS];

	u32 nr_tdmrs;
	struct seam_tdmr tdmr[TDX_MAX_TDMRS];

	u64 fault_lock;
	u32 nr_faults;
	struct seam_fault_slot fault[SEAM_MAX_FAULTS];

	struct {
		u32 done;
		u32 pkg;
	} lp[];
};

/*
 * One SEAMCALL in progress. Locks are recorded as they are taken, and all are
 * released when the leaf returns, so an error path cannot forget one.
 */
#define SEAM_MAX_HELD 12

struct seam_call {
	struct seam *s;
	u32 lp;
	u32 pkg;
	u32 leaf;
	u32 version;
	bool interrupt; /* injected: interrupt CACHE.WB */
	struct seam_regs in;
	struct seam_regs *out;
	u32 nr_held;
	struct {
		u64 *word;
		u64 unit; /* subtracted at release */
	} held[SEAM_MAX_HELD];
};

/* A page whose PAMT entry this call has locked. */
struct seam_page {
	struct seam_pamt *entry;
	u64 pa;
	u32 level;
	u32 type;
	u64 owner;
};

struct seam_td {
	struct seam_page page;
	struct seam_tdr *tdr;
	struct seam_tdcs *tdcs; /* after seam_td_state() */
};

struct seam_vp {
	struct seam_page page;
	struct seam_tdvps *vps;
	struct seam_td td;
};

/* lock.c */
bool seam_lock(struct seam_call *c, u64 *word, bool ex);
bool seam_lock_bit(struct seam_call *c, u64 *word, u32 bit);
void seam_unlock(struct seam_call *c, u64 *word);
void seam_unlock_all(struct seam_call *c);

/* host.c */
void seam_pause(struct seam_call *c);
bool seam_entropy(struct seam_call *c, u32 words);
void *seam_ptr(const struct seam *s, u64 pa);
bool seam_is_private_hkid(const struct seam *s, u64 hkid);
bool seam_is_shared_hpa(const struct seam *s, u64 pa, u64 align);
u64 seam_strip_hkid(const struct seam *s, u64 pa);

/* fault.c */
u64 seam_fault_match(struct seam_call *c);

/* pamt.c */
const struct seam_tdmr *seam_tdmr_find(const struct seam *s, u64 pa);
struct seam_pamt *seam_pamt_entry(const struct seam *s, const struct seam_tdmr *t, u32 level,
				  u64 pa);
u64 seam_page_lock(struct seam_call *c, u64 pa, u32 op, bool ex, struct seam_page *p);
u64 seam_page_get(struct seam_call *c, u64 pa, u32 op, bool ex, u32 type, struct seam_page *p);
u64 seam_page_get_free(struct seam_call *c, u64 pa, u32 op, u32 level, struct seam_page *p);
bool seam_page_lock_implicit(struct seam_call *c, u64 pa, u32 level, bool ex, struct seam_page *p);
void seam_page_set(struct seam_page *p, u32 type, u64 owner);
void *seam_page_fill(const struct seam *s, const struct seam_page *p, u64 value);

/* td.c */
u64 seam_td_get(struct seam_call *c, u64 pa, u32 op, bool ex, struct seam_td *td);
u64 seam_td_get_implicit(struct seam_call *c, u64 pa, bool ex, struct seam_td *td);
u64 seam_td_state(struct seam_call *c, struct seam_td *td, bool op_lock, u32 op_states);

/* meta.c */
#define SEAM_NR_CPUID_CONFIG 18

struct seam_cpuid_config {
	u32 leaf, subleaf; /* subleaf ~0: none */
	u32 mask[4];	   /* EAX, EBX, ECX, EDX bits the host may set */
};

extern const struct seam_cpuid_config seam_cpuid_config[SEAM_NR_CPUID_CONFIG];

#define SEAM_ATTRIBUTES_FIXED0 0x8000000078000001ULL
#define SEAM_ATTRIBUTES_FIXED1 0ULL
#define SEAM_XFAM_FIXED0       0x6dbe7ULL
#define SEAM_XFAM_FIXED1       3ULL

bool seam_md_well_formed(u64 id);

/* A field is identified by class and field code; the other bits of the id do not count. */
static inline u32 seam_md_key(u64 id)
{
	return (u32)((id >> 56) & 0x3f) << 24 | (u32)(id & 0xffffff);
}

/* ---- the leaves, by file; each returns the completion status ---- */

/* config.c */
u64 seam_sys_config(struct seam_call *c);

/* init.c */
u64 seam_mng_init(struct seam_call *c);

/* mem.c */
u64 seam_mem_sept_add(struct seam_call *c);
u64 seam_mem_page_add(struct seam_call *c);
u64 seam_mem_page_aug(struct seam_call *c);
u64 seam_mr_extend(struct seam_call *c);
u64 seam_mem_range_block(struct seam_call *c);
u64 seam_mem_track(struct seam_call *c);
u64 seam_mem_page_remove(struct seam_call *c);

/* meta.c */
u64 seam_sys_rd(struct seam_call *c);
u64 seam_mng_rd(struct seam_call *c);

/* pamt.c */
u64 seam_sys_tdmr_init(struct seam_call *c);

/* phymem.c */
u64 seam_phymem_page_rdmd(struct seam_call *c);
u64 seam_phymem_page_reclaim(struct seam_call *c);
u64 seam_phymem_page_wbinvd(struct seam_call *c);

/* sys.c */
u64 seam_sys_init(struct seam_call *c);
u64 seam_sys_lp_init(struct seam_call *c);
u64 seam_sys_key_config(struct seam_call *c);
u64 seam_sys_shutdown(struct seam_call *c);
u64 seam_sys_update(struct seam_call *c);

/* td.c */
u64 seam_mng_create(struct seam_call *c);
u64 seam_mng_key_config(struct seam_call *c);
u64 seam_mng_addcx(struct seam_call *c);
u64 seam_mr_finalize(struct seam_call *c);
u64 seam_mng_vpflushdone(struct seam_call *c);
u64 seam_mng_key_freeid(struct seam_call *c);
u64 seam_phymem_cache_wb(struct seam_call *c);

/* vp.c */
u64 seam_vp_create(struct seam_call *c);
u64 seam_vp_addcx(struct seam_call *c);
u64 seam_vp_init(struct seam_call *c);
u64 seam_vp_flush(struct seam_call *c);
u64 seam_vp_enter(struct seam_call *c);
u64 seam_vp_rd(struct seam_call *c);
u64 seam_vp_wr(struct seam_call *c);

#endif
