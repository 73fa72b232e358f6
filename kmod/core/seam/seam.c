// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: power-on, and the dispatcher with its table of leaves. */
#include "seam-priv.h"

/* Output registers that a leaf clears before it can fail. */
#define OUT_RCX	     SEAM_BIT(0)
#define OUT_RDX	     SEAM_BIT(1)
#define OUT_R8	     SEAM_BIT(2)
#define OUT_R9	     SEAM_BIT(3)
#define OUT_R10_R11  SEAM_BIT(4)
#define OUT_RDX_ONES SEAM_BIT(5) /* RDX = -1 instead of 0 */

#define OUT_SEPT    (OUT_RCX | OUT_RDX)
#define OUT_PAGE_MD (OUT_RCX | OUT_RDX | OUT_R8 | OUT_R9)

struct seam_leaf {
	const char *name;
	u64 (*handler)(struct seam_call *c); /* NULL: not modelled */
	u32 max_version;
	bool before_ready;   /* legal before SYS_READY */
	bool after_shutdown; /* legal after TDH.SYS.SHUTDOWN */
	u32 out;	     /* OUT_* */
};

/* Leaves 27 and 44 are stubs in the real module as well. */
static u64 seam_stub(struct seam_call *c)
{
	seam_pause(c);
	return TDX_ST(SUCCESS);
}

#define LEAF(id, fn, ...) [TDH_##id] = { .name = #id, .handler = (fn), ##__VA_ARGS__ }

/*
 * A leaf that is absent here or has no handler fails as unknown. Version 1 is
 * modelled for VP.INIT only: Linux does not use version 1 of SEPT.ADD, MNG.RD,
 * VP.RD and SEPT.REMOVE.
 */
static const struct seam_leaf seam_leaves[TDX_LEAF_COUNT] = {
	LEAF(VP_ENTER, seam_vp_enter),
	LEAF(MNG_ADDCX, seam_mng_addcx),
	LEAF(MEM_PAGE_ADD, seam_mem_page_add, .out = OUT_SEPT),
	LEAF(MEM_SEPT_ADD, seam_mem_sept_add, .out = OUT_SEPT),
	LEAF(VP_ADDCX, seam_vp_addcx),
	LEAF(MEM_PAGE_AUG, seam_mem_page_aug, .out = OUT_SEPT),
	LEAF(MEM_RANGE_BLOCK, seam_mem_range_block, .out = OUT_SEPT),
	LEAF(MNG_KEY_CONFIG, seam_mng_key_config),
	LEAF(MNG_CREATE, seam_mng_create),
	LEAF(VP_CREATE, seam_vp_create),
	LEAF(MNG_RD, seam_mng_rd, .out = OUT_R8),
	LEAF(MR_EXTEND, seam_mr_extend, .out = OUT_SEPT),
	LEAF(MR_FINALIZE, seam_mr_finalize),
	LEAF(VP_FLUSH, seam_vp_flush),
	LEAF(MNG_VPFLUSHDONE, seam_mng_vpflushdone),
	LEAF(MNG_KEY_FREEID, seam_mng_key_freeid),
	LEAF(MNG_INIT, seam_mng_init),
	LEAF(VP_INIT, seam_vp_init, .max_version = 1),
	LEAF(PHYMEM_PAGE_RDMD, seam_phymem_page_rdmd, .out = OUT_PAGE_MD),
	LEAF(VP_RD, seam_vp_rd, .out = OUT_R8),
	LEAF(MNG_KEY_RECLAIMID, seam_stub),
	LEAF(PHYMEM_PAGE_RECLAIM, seam_phymem_page_reclaim, .out = OUT_PAGE_MD | OUT_R10_R11),
	LEAF(MEM_PAGE_REMOVE, seam_mem_page_remove, .out = OUT_SEPT),
	LEAF(SYS_KEY_CONFIG, seam_sys_key_config, .before_ready = true),
	LEAF(SYS_INFO, NULL, .before_ready = true),
	LEAF(SYS_INIT, seam_sys_init, .before_ready = true),
	LEAF(SYS_RD, seam_sys_rd, .before_ready = true, .out = OUT_RDX_ONES | OUT_R8),
	LEAF(SYS_LP_INIT, seam_sys_lp_init, .before_ready = true),
	LEAF(SYS_TDMR_INIT, seam_sys_tdmr_init, .out = OUT_RDX),
	LEAF(SYS_RDALL, NULL, .before_ready = true),
	LEAF(MEM_TRACK, seam_mem_track),
	LEAF(PHYMEM_CACHE_WB, seam_phymem_cache_wb),
	LEAF(PHYMEM_PAGE_WBINVD, seam_phymem_page_wbinvd),
	LEAF(VP_WR, seam_vp_wr, .out = OUT_R8),
	LEAF(SYS_LP_SHUTDOWN, seam_stub, .before_ready = true, .after_shutdown = true),
	LEAF(SYS_CONFIG, seam_sys_config, .before_ready = true),
	LEAF(SYS_SHUTDOWN, seam_sys_shutdown),
	LEAF(SYS_UPDATE, seam_sys_update, .before_ready = true),
};

static const struct seam_leaf seam_unknown_leaf;

static void seam_preset(struct seam_regs *r, u32 out)
{
	if (out & OUT_RCX)
		r->rcx = 0;
	if (out & OUT_RDX)
		r->rdx = 0;
	if (out & OUT_RDX_ONES)
		r->rdx = ~0ULL;
	if (out & OUT_R8)
		r->r8 = 0;
	if (out & OUT_R9)
		r->r9 = 0;
	if (out & OUT_R10_R11) {
		r->r10 = 0;
		r->r11 = 0;
	}
}

/* TDX module ABI, entry conditions of all leaves, in the module's order. */
static u64 seam_admit(struct seam_call *c, const struct seam_leaf *leaf)
{
	u32 state;

	if (c->in.rax >> 24)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RAX);
	if (c->version && !leaf->max_version)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RAX);
	state = core_load32(&c->s->sys_state);
	if (state == SEAM_SYS_SHUTDOWN && !leaf->after_shutdown)
		return TDX_ST(SYS_SHUTDOWN);
	if (state != SEAM_SYS_READY && !leaf->before_ready)
		return TDX_ST(SYS_NOT_READY);
	if (!leaf->handler || c->version > leaf->max_version)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RAX);
	return TDX_ST(SUCCESS);
}

void seam_call(struct seam *s, u32 lp, struct seam_regs *regs)
{
	const struct seam_leaf *leaf = &seam_unknown_leaf;
	struct seam_call c;
	u64 st;

	/* The firmware did not report this processor to the module. */
	if (lp >= s->nr_lps) {
		regs->rax = TDX_SEAMCALL_VMFAILINVALID;
		return;
	}
	c.s = s;
	c.lp = lp;
	c.pkg = s->lp[lp].pkg;
	c.leaf = regs->rax & TDX_LEAF_MASK;
	c.version = TDX_LEAF_VERSION(regs->rax);
	c.interrupt = false;
	c.in = *regs;
	c.out = regs;
	c.nr_held = 0;
	if (c.leaf < TDX_LEAF_COUNT)
		leaf = &seam_leaves[c.leaf];

	core_add32(&s->inside, 1);
	st = seam_admit(&c, leaf);
	if (!st) {
		seam_preset(regs, leaf->out);
		st = seam_fault_match(&c);
		if (!st)
			st = leaf->handler(&c);
	}
	seam_unlock_all(&c);
	core_add32(&s->inside, -1);
	regs->rax = st;
}

size_t seam_size(const struct seam_config *cfg)
{
	struct seam *s = NULL;

	return sizeof(*s) + (size_t)cfg->nr_lps * sizeof(s->lp[0]);
}

static bool seam_config_valid(const struct seam_config *cfg)
{
	u64 last_hkid = (u64)cfg->nr_mktme_keyids + cfg->nr_tdx_keyids;
	u64 end = 0;
	u32 i;

	if (!cfg->nr_lps || !cfg->lp_pkg || !cfg->nr_pkgs || cfg->nr_pkgs > TDX_MAX_PKGS)
		return false;
	for (i = 0; i < cfg->nr_lps; i++)
		if (cfg->lp_pkg[i] >= cfg->nr_pkgs)
			return false;
	if (!cfg->nr_tdx_keyids || last_hkid >= TDX_MAX_HKIDS)
		return false;
	/* The largest KeyID must fit between the address bits and bit 51. */
	if (cfg->hkid_shift < 30 || cfg->hkid_shift >= SEAM_PA_BITS ||
	    last_hkid >> (SEAM_PA_BITS - cfg->hkid_shift))
		return false;
	if (!cfg->nr_cmrs || cfg->nr_cmrs > SEAM_MAX_CMRS)
		return false;
	for (i = 0; i < cfg->nr_cmrs; i++) {
		const struct seam_range *r = &cfg->cmr[i];

		if (r->base < end || !r->size || (r->base | r->size) & ~CORE_PAGE_MASK ||
		    r->base + r->size < r->base)
			return false;
		end = r->base + r->size;
	}
	return end <= SEAM_BIT(cfg->hkid_shift);
}

struct seam *seam_init(void *mem, const struct seam_config *cfg, const struct seam_ops *ops,
		       void *ctx)
{
	struct seam *s = mem;
	u32 i;

	if (!seam_config_valid(cfg) || !ops->map)
		return NULL;
	memset(s, 0, seam_size(cfg));
	s->ops = *ops;
	s->ctx = ctx;
	s->nr_lps = cfg->nr_lps;
	s->nr_pkgs = cfg->nr_pkgs;
	s->first_hkid = cfg->nr_mktme_keyids + 1;
	s->nr_hkids = cfg->nr_tdx_keyids;
	s->hkid_shift = cfg->hkid_shift;
	s->cpuid_1_eax = cfg->cpuid_1_eax;
	s->late_lp_init = cfg->late_lp_init;
	s->nr_cmrs = cfg->nr_cmrs;
	memcpy(s->cmr, cfg->cmr, sizeof(s->cmr));
	for (i = 0; i < s->nr_lps; i++)
		s->lp[i].pkg = cfg->lp_pkg[i];
	return s;
}
