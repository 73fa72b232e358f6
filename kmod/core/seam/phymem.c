// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: the TDH.PHYMEM.PAGE leaves. */
#include "seam-priv.h"

static void page_report(struct seam_call *c, const struct seam_page *p)
{
	c->out->rcx = p->type;
	c->out->rdx = p->owner;
	c->out->r8 = p->level;
}

u64 seam_phymem_page_rdmd(struct seam_call *c)
{
	struct seam_page p;
	u64 st = seam_page_lock(c, c->in.rcx, TDX_OP_RCX, false, &p);

	if (st)
		return st;
	seam_pause(c);
	page_report(c, &p);
	if (p.type == TDX_PT_REG || p.type == TDX_PT_EPT)
		c->out->r9 = core_load64(&p.entry->bepoch);
	return TDX_ST(SUCCESS);
}

u64 seam_phymem_page_reclaim(struct seam_call *c)
{
	struct seam_page p;
	struct seam_td td;
	struct seam_tdr *tdr;
	u64 st;

	st = seam_page_lock(c, c->in.rcx, TDX_OP_RCX, true, &p);
	if (st)
		return st;
	if (p.type == TDX_PT_NDA || p.type == TDX_PT_RSVD)
		return TDX_ST_OP(PAGE_METADATA_INCORRECT, TDX_OP_RCX);
	/* From here on the outputs are valid, also on failure. */
	page_report(c, &p);
	if (p.pa & (SEAM_BIT(tdx_level_shift(p.level)) - 1))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);

	if (p.type == TDX_PT_TDR) {
		tdr = seam_ptr(c->s, p.pa);
	} else {
		st = seam_td_get_implicit(c, p.owner, false, &td);
		if (st)
			return st;
		tdr = td.tdr;
	}
	if (core_load32(&tdr->lifecycle) != TDX_LC_TEARDOWN)
		return TDX_ST(LIFECYCLE_STATE_INCORRECT);
	if (p.type == TDX_PT_TDR && core_load64(&tdr->chldcnt))
		return TDX_ST(TD_ASSOCIATED_PAGES_EXIST);
	seam_pause(c);

	if (p.type != TDX_PT_TDR)
		core_add64(&tdr->chldcnt, -(s64)SEAM_BIT(9 * p.level));
	seam_page_set(&p, TDX_PT_NDA, 0);
	return TDX_ST(SUCCESS);
}

u64 seam_phymem_page_wbinvd(struct seam_call *c)
{
	struct seam_page p;
	u64 st;

	if (c->in.rcx >> SEAM_PA_BITS)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	/* The module does not check that the page was used with this KeyID. */
	st = seam_page_get(c, seam_strip_hkid(c->s, c->in.rcx), TDX_OP_RCX, false, TDX_PT_NDA, &p);
	if (st)
		return st;
	seam_pause(c);
	return TDX_ST(SUCCESS);
}
