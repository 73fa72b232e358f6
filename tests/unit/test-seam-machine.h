/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference machine of the seam tests: 2 packages of 2 LPs, 16 private
 * KeyIDs from 16 on, one TDMR of 2 GiB at 4 GiB whose PAMT lies below it. All
 * of the 8 GiB of guest-physical space is mapped, so a physical address is an
 * offset. One thread: contention comes from calls made inside ops->pause.
 *
 * Every call also checks the register contract of its leaf.
 */
#ifndef TDXCTL_TESTS_TEST_SEAM_MACHINE_H
#define TDXCTL_TESTS_TEST_SEAM_MACHINE_H

#include <sys/mman.h>

#include "check.h"
#include "seam/seam-priv.h"

#define MEM_SIZE	0x200000000ULL
#define TDMR_BASE	0x100000000ULL
#define TDMR_SIZE	0x80000000ULL
#define PAMT_4K		0x80000000ULL
#define PAMT_2M		0x80800000ULL
#define PAMT_1G		0x80804000ULL
#define PAMT_END	0x80805000ULL
#define RSVD_OFFSET	0x1000000ULL
#define RSVD_SIZE	0x1000000ULL
#define GLOBAL_HKID	16ULL
#define HKID		17ULL
#define HKID_SHIFT	47
#define KEYED(pa, hkid) ((pa) | (u64)(hkid) << HKID_SHIFT)

/* Host structures, below the CMR of the module's pages. */
#define TDMR_ARRAY   0x200000ULL
#define TDMR_INFO(i) (0x201000ULL + 512 * (i))
#define TD_PARAMS    0x300000ULL
#define PI_DESC	     0x310000ULL
#define SOURCE	     0x320000ULL
#define SHARED_ROOT  0x330000ULL

/* Pages of the TDMR. */
#define PG(n)	   (TDMR_BASE + (u64)(n) * 4096)
#define D	   PG(0)	/* TDR */
#define TDCX(n)	   PG(1 + (n))	/* 9 */
#define P	   PG(16)	/* TDVPR */
#define VPCX(n)	   PG(17 + (n)) /* 14 */
#define P2	   PG(32)
#define VPCX2(n)   PG(33 + (n))
#define EPT(level) PG(48 + (level))
#define A	   PG(64)
#define B2	   PG(65)
#define C3	   PG(66)
#define D2TDR	   PG(80) /* TDR of a second TD */
#define RSVD_PAGE  (TDMR_BASE + RSVD_OFFSET)

#define UNUSED_REG 0x5aULL

struct machine {
	u8 *mem;
	struct seam *seam;
	void *seam_mem;
	size_t seam_size;
	/* Copies of the module and its PAMT, ready for TDs. */
	void *ready_seam;
	void *ready_pamt;
	/* Runs once, inside the next call of this leaf. */
	void (*inside)(void);
	u32 inside_leaf;
	u32 pauses;
	bool no_entropy;
	u32 irqs; /* interrupts still to be seen */
	u32 enters;
	void (*guest)(struct seam_regs *r);
};

static struct machine m;

static void *m_map(void *ctx, u64 pa)
{
	return pa < MEM_SIZE ? m.mem + pa : NULL;
}

static bool m_entropy(void *ctx, u64 *out)
{
	static u64 counter;

	*out = counter++;
	return !m.no_entropy;
}

static void m_copy_page(void *ctx, u64 dst, u64 src)
{
	memcpy(m.mem + dst, m.mem + src, 4096);
}

static void m_pause(void *ctx, u32 lp, u32 leaf)
{
	void (*fn)(void) = m.inside;

	m.pauses++;
	if (!fn || leaf != m.inside_leaf)
		return;
	m.inside = NULL;
	fn();
}

static bool m_irq_pending(void *ctx, u32 lp)
{
	if (!m.irqs)
		return false;
	m.irqs--;
	return true;
}

static void m_enter(void *ctx, u32 lp, struct seam_regs *regs)
{
	m.enters++;
	regs->rax = TDX_ST_OP(NON_RECOVERABLE_VCPU, 2);
	if (m.guest)
		m.guest(regs);
}

static const struct seam_ops machine_ops = {
	.map = m_map,
	.entropy = m_entropy,
	.copy_page = m_copy_page,
	.pause = m_pause,
	.irq_pending = m_irq_pending,
	.enter = m_enter,
};

static const u8 machine_pkgs[4] = { 0, 0, 1, 1 };

static inline struct seam_config machine_config(void)
{
	return (struct seam_config){
		.nr_lps = 4,
		.lp_pkg = machine_pkgs,
		.nr_pkgs = 2,
		.nr_mktme_keyids = 15,
		.nr_tdx_keyids = 16,
		.hkid_shift = HKID_SHIFT,
		.nr_cmrs = 1,
		.cmr = { { 0x100000, MEM_SIZE - 0x100000 } },
	};
}

static inline void *must(void *p)
{
	if (!p || p == MAP_FAILED) {
		perror("test memory");
		exit(1);
	}
	return p;
}

static inline struct tdx_tdmr_info *tdmr_info(u32 i)
{
	return (struct tdx_tdmr_info *)(m.mem + TDMR_INFO(i));
}

static inline void machine_power_on(void)
{
	struct seam_config cfg = machine_config();
	u64 *array;

	if (!m.mem) {
		m.mem = must(mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
		m.seam_size = seam_size(&cfg);
		m.seam_mem = must(malloc(m.seam_size));
	}
	m.seam = must(seam_init(m.seam_mem, &cfg, &machine_ops, NULL));
	m.inside = NULL;
	m.no_entropy = false;
	m.irqs = 0;
	m.guest = NULL;

	memset(tdmr_info(1), 0, sizeof(struct tdx_tdmr_info));
	*tdmr_info(0) = (struct tdx_tdmr_info){
		.base = TDMR_BASE,
		.size = TDMR_SIZE,
		.pamt_1g_base = PAMT_1G,
		.pamt_1g_size = 0x1000,
		.pamt_2m_base = PAMT_2M,
		.pamt_2m_size = 0x4000,
		.pamt_4k_base = PAMT_4K,
		.pamt_4k_size = 0x800000,
		.rsvd = { { RSVD_OFFSET, RSVD_SIZE } },
	};
	array = (u64 *)(m.mem + TDMR_ARRAY);
	array[0] = TDMR_INFO(0);
	array[1] = TDMR_INFO(1);
}

static inline struct tdx_td_params *td_params(void)
{
	return (struct tdx_td_params *)(m.mem + TD_PARAMS);
}

static inline void td_params_valid(void)
{
	struct tdx_td_params *p = td_params();

	memset(p, 0, sizeof(*p));
	p->attributes = 0x10000000;
	p->xfam = 3;
	p->max_vcpus = 4;
	p->eptp_controls = 0x1e;
	p->config_flags = 4;
	p->tsc_frequency = 84;
}

/* Registers a leaf may write. */
enum { O_RCX = 1, O_RDX = 2, O_R8 = 4, O_R9 = 8, O_R10 = 16, O_R11 = 32 };

static inline u32 leaf_outputs(u32 leaf)
{
	switch (leaf) {
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_SEPT_ADD:
	case TDH_MEM_PAGE_AUG:
	case TDH_MEM_RANGE_BLOCK:
	case TDH_MR_EXTEND:
	case TDH_MEM_PAGE_REMOVE:
		return O_RCX | O_RDX;
	case TDH_MNG_RD:
	case TDH_VP_RD:
	case TDH_VP_WR:
		return O_R8;
	case TDH_MNG_INIT:
		return O_RCX;
	case TDH_PHYMEM_PAGE_RDMD:
		return O_RCX | O_RDX | O_R8 | O_R9;
	case TDH_PHYMEM_PAGE_RECLAIM:
		return O_RCX | O_RDX | O_R8 | O_R9 | O_R10 | O_R11;
	case TDH_SYS_INIT:
		return O_RCX | O_RDX | O_R8 | O_R9 | O_R10;
	case TDH_SYS_LP_INIT:
		return O_RCX | O_RDX | O_R8;
	case TDH_SYS_RD:
		return O_RDX | O_R8;
	case TDH_SYS_TDMR_INIT:
		return O_RDX;
	default:
		return 0;
	}
}

/* R3: which errors carry the S-EPT entry in RCX and RDX. */
static inline bool has_sept_details(u64 st)
{
	switch (st) {
	case TDX_ST_OP(EPT_WALK_FAILED, 1):
	case TDX_ST_OP(EPT_ENTRY_STATE_INCORRECT, 1):
	case TDX_ST_OP(EPT_ENTRY_NOT_PRESENT, 1):
	case TDX_ST_OP(GPA_RANGE_NOT_BLOCKED, 1):
	case TDX_ST_OP(GPA_RANGE_ALREADY_BLOCKED, 1):
	case TDX_ST_OP(OPERAND_BUSY, 1):
		return true;
	default:
		return false;
	}
}

/* R2 to R7; @in and @out differ in RAX and the outputs of the leaf. */
static inline void check_contract(const struct seam_regs *in, const struct seam_regs *out)
{
	u32 leaf = in->rax & TDX_LEAF_MASK;
	u32 outputs = leaf_outputs(leaf);
	u64 st = out->rax;

	if (leaf == TDH_VP_ENTER)
		return;
	/* The dispatcher refused: nothing is written at all. */
	if (st == TDX_ST(SYS_NOT_READY) || st == TDX_ST(SYS_SHUTDOWN) ||
	    st == TDX_ST_OP(OPERAND_INVALID, TDX_OP_RAX))
		outputs = 0;
	if (!(outputs & O_RCX))
		CHECK_EQ(out->rcx, in->rcx);
	if (!(outputs & O_RDX))
		CHECK_EQ(out->rdx, in->rdx);
	if (!(outputs & O_R8))
		CHECK_EQ(out->r8, in->r8);
	if (!(outputs & O_R9))
		CHECK_EQ(out->r9, in->r9);
	if (!(outputs & O_R10))
		CHECK_EQ(out->r10, in->r10);
	if (!(outputs & O_R11))
		CHECK_EQ(out->r11, in->r11);
	CHECK(out->rbx == in->rbx && out->rsi == in->rsi && out->rdi == in->rdi);
	CHECK(out->r12 == in->r12 && out->r13 == in->r13 && out->r14 == in->r14 &&
	      out->r15 == in->r15);
	if (!outputs)
		return;

	switch (leaf) {
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_SEPT_ADD:
	case TDH_MEM_PAGE_AUG:
	case TDH_MEM_RANGE_BLOCK:
	case TDH_MR_EXTEND:
	case TDH_MEM_PAGE_REMOVE:
		if (has_sept_details(st))
			break;
		CHECK_EQ(out->rdx, 0);
		if (leaf != TDH_MEM_PAGE_REMOVE || st)
			CHECK_EQ(out->rcx, 0);
		break;
	case TDH_MNG_RD:
	case TDH_VP_RD:
	case TDH_VP_WR:
		if (st)
			CHECK_EQ(out->r8, 0);
		break;
	case TDH_PHYMEM_PAGE_RECLAIM:
		CHECK(!out->r9 && !out->r10 && !out->r11);
		if (st && st != TDX_ST(LIFECYCLE_STATE_INCORRECT) &&
		    st != TDX_ST(TD_ASSOCIATED_PAGES_EXIST) &&
		    st != TDX_ST_OP(OPERAND_BUSY, TDX_OP_TDR))
			CHECK(!out->rcx && !out->rdx && !out->r8);
		break;
	case TDH_SYS_RD:
		if (!st)
			break;
		CHECK_EQ(out->r8, 0);
		if (st != TDX_ST(METADATA_FIRST_FIELD_ID_IN_CONTEXT))
			CHECK_EQ(out->rdx, ~0ULL);
		break;
	case TDH_SYS_TDMR_INIT:
		if (st)
			CHECK_EQ(out->rdx, 0);
		break;
	case TDH_SYS_INIT:
		CHECK(st || (!out->r9 && !out->r10));
		/* fall through */
	case TDH_SYS_LP_INIT:
		CHECK(st || (!out->rcx && !out->rdx && !out->r8));
		break;
	}
}

/* One SEAMCALL with every register that is no operand poisoned. */
static inline u64 seamcall(u32 lp, struct seam_regs *r)
{
	struct seam_regs in;

	r->rbx = UNUSED_REG << 8;
	r->rsi = UNUSED_REG << 16;
	r->rdi = UNUSED_REG << 24;
	r->r10 = UNUSED_REG << 32;
	r->r11 = UNUSED_REG << 33;
	r->r12 = UNUSED_REG << 34;
	r->r13 = UNUSED_REG << 35;
	r->r14 = UNUSED_REG << 36;
	r->r15 = UNUSED_REG << 37;
	in = *r;
	seam_call(m.seam, lp, r);
	check_contract(&in, r);
	return r->rax;
}

static inline u64 call(u32 lp, u64 rax, u64 rcx, u64 rdx, u64 r8, u64 r9)
{
	struct seam_regs r = {
		.rax = rax,
		.rcx = rcx,
		.rdx = rdx,
		.r8 = r8,
		.r9 = r9,
	};

	return seamcall(lp, &r);
}

static inline void ok(u32 lp, u64 rax, u64 rcx, u64 rdx, u64 r8, u64 r9)
{
	u64 st = call(lp, rax, rcx, rdx, r8, r9);

	if (st)
		fprintf(stderr, "  leaf %" PRIu64 " rcx 0x%" PRIx64 "\n", rax, rcx);
	CHECK_EQ(st, 0);
}

static inline u32 page_type(u64 pa)
{
	struct seam_page_info p;

	return seam_get_page(m.seam, pa, &p) ? ~0u : p.type;
}

/* No call may leave a lock behind: all lock words of the module are free. */
static inline void check_locks_free(void)
{
	const struct seam *s = m.seam;
	const struct seam_pamt *pamt = (const void *)(m.mem + PAMT_4K);
	const struct seam_tdr *tdr = (const void *)(m.mem + D);
	u64 held;
	u32 i;

	held = s->lock | s->kot_lock | s->tdmr[0].lock;
	for (i = 0; i < 2; i++)
		held |= s->ket[i] | s->wbt[i].lock;
	CHECK_EQ(held, 0);
	CHECK_EQ(s->inside, 0);
	if (!s->nr_tdmrs || !s->tdmr[0].next)
		return;
	for (i = 0; i < 128; i++)
		held |= pamt[i].word & SEAM_LOCK_MASK;
	pamt = (const void *)(m.mem + PAMT_2M);
	held |= pamt->word & SEAM_LOCK_MASK;
	pamt = (const void *)(m.mem + PAMT_1G);
	held |= pamt->word & SEAM_LOCK_MASK;
	/* In TEARDOWN its pages may have been reclaimed, and given to another TD. */
	if (page_type(D) == TDX_PT_TDR && tdr->lifecycle != TDX_LC_TEARDOWN && tdr->num_tdcx &&
	    page_type(tdr->tdcx[0]) == TDX_PT_TDCX) {
		const struct seam_tdcs *tdcs = (const void *)(m.mem + tdr->tdcx[0]);

		held |= tdcs->op_lock | tdcs->sept_lock | tdcs->epoch_lock;
	}
	CHECK_EQ(held, 0);
}

/* ---- building the states that vectors start from ---- */

static inline void machine_all_lps(void)
{
	u32 lp;

	machine_power_on();
	ok(0, TDH_SYS_INIT, 0, 0, 0, 0);
	for (lp = 0; lp < 4; lp++)
		ok(lp, TDH_SYS_LP_INIT, 0, 0, 0, 0);
}

static inline void machine_keyed(void)
{
	machine_all_lps();
	ok(0, TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID, 0);
	ok(0, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	ok(2, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
}

/* State R. The module is brought up once and copied after that. */
static inline void machine_ready(void)
{
	struct seam_regs r;

	if (!m.ready_seam) {
		machine_keyed();
		do {
			r = (struct seam_regs){
				.rax = TDH_SYS_TDMR_INIT,
				.rcx = TDMR_BASE,
			};
			CHECK_EQ(seamcall(0, &r), 0);
		} while (!r.rax && r.rdx < TDMR_BASE + TDMR_SIZE);
		m.ready_seam = must(malloc(m.seam_size));
		m.ready_pamt = must(malloc(PAMT_END - PAMT_4K));
		memcpy(m.ready_seam, m.seam_mem, m.seam_size);
		memcpy(m.ready_pamt, m.mem + PAMT_4K, PAMT_END - PAMT_4K);
	}
	machine_power_on();
	memcpy(m.seam_mem, m.ready_seam, m.seam_size);
	memcpy(m.mem + PAMT_4K, m.ready_pamt, PAMT_END - PAMT_4K);
}

static inline void td_assigned(void)
{
	machine_ready();
	ok(0, TDH_MNG_CREATE, D, HKID, 0, 0);
}

static inline void td_keyed(void)
{
	td_assigned();
	ok(0, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
	ok(2, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
}

static inline void td_addcx(u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		ok(0, TDH_MNG_ADDCX, TDCX(i), D, 0, 0);
}

static inline void td_addcx6(void)
{
	td_keyed();
	td_addcx(6);
	td_params_valid();
}

/* State T */
static inline void td_initialized(void)
{
	td_addcx6();
	ok(0, TDH_MNG_INIT, D, TD_PARAMS, 0, 0);
}

#define VP_INIT_V1 (TDH_VP_INIT | 1ULL << TDX_VERSION_SHIFT)

static inline void vp_pages(u64 tdvpr, u64 first, u32 nr)
{
	u32 i;

	ok(0, TDH_VP_CREATE, tdvpr, D, 0, 0);
	for (i = 0; i < nr; i++)
		ok(0, TDH_VP_ADDCX, first + i * 4096ULL, tdvpr, 0, 0);
}

static inline void vp_complete(void)
{
	td_initialized();
	vp_pages(P, VPCX(0), 5);
}

/* State V */
static inline void vp_ready(void)
{
	vp_complete();
	ok(0, VP_INIT_V1, P, 0, 0, 0);
}

/* M2 */
static inline void sept_ready(void)
{
	vp_ready();
	ok(0, TDH_MEM_SEPT_ADD, 3, D, EPT(3), 0);
	ok(0, TDH_MEM_SEPT_ADD, 2, D, EPT(2), 0);
	ok(0, TDH_MEM_SEPT_ADD, 1, D, EPT(1), 0);
}

/* M8 */
static inline void page_added(void)
{
	sept_ready();
	ok(0, TDH_MEM_PAGE_ADD, 0, D, A, SOURCE);
}

/* State F, with and without memory */
static inline void td_finalized(void)
{
	vp_ready();
	ok(0, TDH_MR_FINALIZE, D, 0, 0, 0);
}

static inline void sept_finalized(void)
{
	sept_ready();
	ok(0, TDH_MR_FINALIZE, D, 0, 0, 0);
}

static inline void page_finalized(void)
{
	page_added();
	ok(0, TDH_MR_FINALIZE, D, 0, 0, 0);
}

/* M19 */
static inline void page_augmented(void)
{
	sept_finalized();
	ok(0, TDH_MEM_PAGE_AUG, 0x1000, D, C3, 0);
}

/* State B */
static inline void td_blocked_final(void)
{
	td_finalized();
	ok(0, TDH_VP_FLUSH, P, 0, 0, 0);
	ok(0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
}

/* D2 */
static inline void td_blocked(void)
{
	vp_ready();
	ok(0, TDH_VP_FLUSH, P, 0, 0, 0);
	ok(0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
}

/* D7 */
static inline void td_teardown(void)
{
	td_blocked();
	ok(0, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	ok(2, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	ok(0, TDH_MNG_KEY_FREEID, D, 0, 0, 0);
}

#endif
