// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: virtual processors. */
#include "seam-priv.h"

#define VP_STATES(x)   SEAM_BIT(TDX_VCPU_##x)
#define L2_TDVPS_PAGES 3

/* Locks the TDVPR that a register names, and its TD. */
static u64 vp_get(struct seam_call *c, u64 pa, u32 op, bool ex, bool td_ex, struct seam_vp *vp)
{
	u64 st = seam_page_get(c, pa, op, ex, TDX_PT_TDVPR, &vp->page);

	if (st)
		return st;
	vp->vps = seam_ptr(c->s, pa);
	return seam_td_get_implicit(c, vp->page.owner, td_ex, &vp->td);
}

static bool vp_complete(const struct seam_vp *vp)
{
	return core_load32(&vp->vps->num_pages) >=
	       TDX_MIN_TDVPS_PAGES + L2_TDVPS_PAGES * core_load32(&vp->td.tdcs->num_l2);
}

/*
 * Checks page count, vCPU state and association, in this order, and associates the
 * vCPU with this LP. The association remains even if the call fails later.
 */
static u64 vp_use(struct seam_call *c, struct seam_vp *vp, u32 states)
{
	struct seam_tdvps *vps = vp->vps;

	if (!vp_complete(vp))
		return TDX_ST(TDCX_NUM_INCORRECT);
	if (!(SEAM_BIT(core_load32(&vps->state)) & states))
		return TDX_ST(VCPU_STATE_INCORRECT);
	if (core_load32(&vps->assoc_lp) == c->lp)
		return TDX_ST(SUCCESS);
	if (!core_cas32(&vps->assoc_lp, SEAM_NO_LP, c->lp))
		return TDX_ST(VCPU_ASSOCIATED);
	core_add32(&vp->td.tdcs->num_assoc, 1);
	return TDX_ST(SUCCESS);
}

u64 seam_vp_create(struct seam_call *c)
{
	struct seam_td td;
	struct seam_page p;
	struct seam_tdvps *vps;
	u64 st;

	st = seam_td_get(c, c->in.rdx, TDX_OP_RDX, false, &td);
	if (!st)
		st = seam_td_state(c, &td, true, SEAM_BIT(TDX_OP_INITIALIZED));
	if (!st)
		st = seam_page_get_free(c, c->in.rcx, TDX_OP_RCX, TDX_PS_4K, &p);
	if (st)
		return st;
	seam_pause(c);

	vps = seam_page_fill(c->s, &p, 0);
	core_store32(&vps->state, TDX_VCPU_UNINITIALIZED);
	core_store32(&vps->num_pages, 1);
	core_store32(&vps->assoc_lp, SEAM_NO_LP);
	core_add64(&td.tdr->chldcnt, 1);
	seam_page_set(&p, TDX_PT_TDVPR, td.page.pa);
	return TDX_ST(SUCCESS);
}

u64 seam_vp_addcx(struct seam_call *c)
{
	struct seam_vp vp;
	struct seam_page p;
	u32 nr;
	u64 st;

	st = vp_get(c, c->in.rdx, TDX_OP_RDX, true, false, &vp);
	if (!st)
		st = seam_td_state(c, &vp.td, true, SEAM_BIT(TDX_OP_INITIALIZED));
	if (st)
		return st;
	if (core_load32(&vp.vps->state) != TDX_VCPU_UNINITIALIZED)
		return TDX_ST(VCPU_STATE_INCORRECT);
	nr = core_load32(&vp.vps->num_pages);
	if (nr >= TDX_MAX_TDVPS_PAGES)
		return TDX_ST(TDCX_NUM_INCORRECT);
	st = seam_page_get_free(c, c->in.rcx, TDX_OP_RCX, TDX_PS_4K, &p);
	if (st)
		return st;
	seam_pause(c);

	seam_page_fill(c->s, &p, 0);
	core_store32(&vp.vps->num_pages, nr + 1);
	core_add64(&vp.td.tdr->chldcnt, 1);
	seam_page_set(&p, TDX_PT_TDCX, vp.td.page.pa);
	return TDX_ST(SUCCESS);
}

/* Only version 1, which holds the TDR exclusively, uses the x2APIC ids. */
static bool x2apic_id_used(const struct seam_x2apic *x, u32 nr, u32 id)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (core_load32(&x->used[i / 32]) & 1U << i % 32 && core_load32(&x->id[i]) == id)
			return true;
	return false;
}

u64 seam_vp_init(struct seam_call *c)
{
	bool v1 = c->version >= 1;
	struct seam_vp vp;
	struct seam_tdcs *tdcs;
	struct seam_x2apic *x;
	u32 index;
	u64 st;

	st = vp_get(c, c->in.rcx, TDX_OP_RCX, true, v1, &vp);
	if (!st)
		st = seam_td_state(c, &vp.td, true, SEAM_BIT(TDX_OP_INITIALIZED));
	if (st)
		return st;
	if (!vp_complete(&vp))
		return TDX_ST(TDCX_NUM_INCORRECT);
	if (core_load32(&vp.vps->state) != TDX_VCPU_UNINITIALIZED)
		return TDX_ST(VCPU_STATE_INCORRECT);
	tdcs = vp.td.tdcs;
	index = core_add32(&tdcs->num_vcpus, 1) - 1;
	if (index >= core_load32(&tdcs->max_vcpus)) {
		core_add32(&tdcs->num_vcpus, -1);
		return TDX_ST(MAX_VCPUS_EXCEEDED);
	}
	if (v1 && c->in.r8 >> 32) {
		core_add32(&tdcs->num_vcpus, -1);
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_R8);
	}
	x = seam_ptr(c->s, core_load64(&vp.td.tdr->tdcx[SEAM_TDCX_X2APIC]));
	/* 1.5.05 does not undo the count here. */
	if (v1 && x2apic_id_used(x, index, c->in.r8))
		return TDX_ST_OP(X2APIC_ID_NOT_UNIQUE, c->in.r8);
	seam_pause(c);

	if (v1) {
		core_store32(&x->id[index], c->in.r8);
		core_store32(&x->used[index / 32],
			     core_load32(&x->used[index / 32]) | 1U << index % 32);
	}
	core_store64(&vp.vps->initial_rcx, c->in.rdx);
	core_store64(&vp.vps->field[SEAM_VP_PIN_BASED], SEAM_PIN_BASED_INIT);
	core_store32(&vp.vps->assoc_lp, c->lp);
	core_add32(&tdcs->num_assoc, 1);
	core_store32(&vp.vps->state, TDX_VCPU_READY);
	return TDX_ST(SUCCESS);
}

u64 seam_vp_flush(struct seam_call *c)
{
	struct seam_vp vp;
	u64 st;

	st = vp_get(c, c->in.rcx, TDX_OP_RCX, true, false, &vp);
	if (st)
		return st;
	if (core_load32(&vp.td.tdr->lifecycle) != TDX_LC_KEYS_CONFIGURED)
		return TDX_ST(TD_KEYS_NOT_CONFIGURED);
	/* A vCPU exists, so the TDCS is complete. */
	vp.td.tdcs = seam_ptr(c->s, core_load64(&vp.td.tdr->tdcx[SEAM_TDCX_TDCS]));
	if (!vp_complete(&vp))
		return TDX_ST(TDCX_NUM_INCORRECT);
	if (core_load32(&vp.vps->assoc_lp) != c->lp)
		return TDX_ST(VCPU_NOT_ASSOCIATED);
	seam_pause(c);

	core_store32(&vp.vps->assoc_lp, SEAM_NO_LP);
	core_add32(&vp.td.tdcs->num_assoc, -1);
	return TDX_ST(SUCCESS);
}

#define ENTER_RESERVED	       0xffc0000000000fffULL
#define ENTER_RESUME_L1	       SEAM_BIT(53)
#define EXIT_TRIPLE_FAULT      2
#define STATUS_NON_RECOVERABLE SEAM_BIT(62)

u64 seam_vp_enter(struct seam_call *c)
{
	struct seam *s = c->s;
	struct seam_regs *r = c->out;
	struct seam_vp vp;
	struct seam_tdcs *tdcs;
	u32 *refcount;
	u64 st;

	if (c->in.rcx & ENTER_RESERVED)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	st = vp_get(c, c->in.rcx & SEAM_PA_MASK, TDX_OP_RCX, false, false, &vp);
	if (!st)
		st = seam_td_state(c, &vp.td, true, SEAM_BIT(TDX_OP_RUNNABLE));
	if (!st)
		st = vp_use(c, &vp, VP_STATES(READY));
	if (st)
		return st;
	/* There are no L2 VMs, so the last exit was never from one. */
	if (c->in.rcx & ENTER_RESUME_L1)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	tdcs = vp.td.tdcs;
	if (!seam_lock(c, &tdcs->epoch_lock, false))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_TD_EPOCH);
	seam_pause(c);

	/* The epoch cannot advance until this vCPU is counted in it. */
	refcount = &tdcs->refcount[core_load64(&tdcs->epoch) & 1];
	core_add32(refcount, 1);
	core_store32(&vp.vps->state, TDX_VCPU_ACTIVE);
	seam_unlock(c, &tdcs->epoch_lock);
	seam_unlock(c, &tdcs->op_lock);

	if (s->ops.enter) {
		s->ops.enter(s->ctx, c->lp, r);
	} else {
		r->rax = TDX_ST_OP(NON_RECOVERABLE_VCPU, EXIT_TRIPLE_FAULT);
		r->rcx = 0;
		r->rdx = 0;
		r->r8 = 0;
		r->r9 = 0;
	}
	core_store32(&vp.vps->state,
		     r->rax & STATUS_NON_RECOVERABLE ? TDX_VCPU_DISABLED : TDX_VCPU_READY);
	core_add32(refcount, -1);
	return r->rax;
}

struct vp_field {
	u32 key;
	u64 wr_mask; /* bits the host may write, 0 = read-only */
	u64 max;     /* largest legal value, 0 = any */
	bool shared; /* an address of the host: no private KeyID */
};

#define KEY(class, code)     ((u32)(class) << 24 | (code))
#define SEAM_PIN_POSTED_INTR SEAM_BIT(7)

static const struct vp_field vp_fields[SEAM_VP_NR_FIELDS] = {
	[SEAM_VP_POSTED_INTR_NV] = {
		.key = KEY(0, 0x0002), .wr_mask = 0xffff, .max = 0xff,
	},
	[SEAM_VP_POSTED_INTR_DESC] = {
		.key = KEY(0, 0x2016), .wr_mask = 0x000fffffffffffc0,
		.shared = true,
	},
	[SEAM_VP_PIN_BASED] = {
		.key = KEY(0, 0x4000), .wr_mask = SEAM_PIN_POSTED_INTR,
	},
	[SEAM_VP_SHARED_EPTP] = {
		.key = KEY(0, 0x203c), .wr_mask = SEAM_PA_MASK, .shared = true,
	},
	[SEAM_VP_PEND_NMI] = { .key = KEY(0x20, 0x0b), .wr_mask = 1 },
	[SEAM_VP_STATE_DETAILS] = { .key = KEY(0x11, 0x100) },
};

static u32 vp_field_find(u64 id)
{
	u32 f;

	for (f = 0; f < SEAM_VP_NR_FIELDS; f++)
		if (seam_md_well_formed(id) && vp_fields[f].key == seam_md_key(id))
			break;
	return f;
}

u64 seam_vp_rd(struct seam_call *c)
{
	struct seam_vp vp;
	u64 st;
	u32 f;

	st = vp_get(c, c->in.rcx, TDX_OP_RCX, false, false, &vp);
	if (!st)
		st = seam_td_state(c, &vp.td, true,
				   SEAM_BIT(TDX_OP_INITIALIZED) | SEAM_BIT(TDX_OP_RUNNABLE));
	if (!st)
		st = vp_use(c, &vp, VP_STATES(READY) | VP_STATES(DISABLED));
	if (st)
		return st;
	f = vp_field_find(c->in.rdx);
	if (f == SEAM_VP_NR_FIELDS)
		return TDX_ST(METADATA_FIELD_ID_INCORRECT);
	seam_pause(c);
	c->out->r8 = core_load64(&vp.vps->field[f]);
	return TDX_ST(SUCCESS);
}

/* Posted interrupts need their vector and descriptor first. */
static u64 vp_check_posted(const struct seam_tdvps *vps)
{
	u32 written = core_load32(&vps->written);

	if (!(written & SEAM_BIT(SEAM_VP_POSTED_INTR_NV)))
		return TDX_ST_OP(TD_VMCS_FIELD_NOT_INITIALIZED, 0x0002);
	if (!(written & SEAM_BIT(SEAM_VP_POSTED_INTR_DESC)))
		return TDX_ST_OP(TD_VMCS_FIELD_NOT_INITIALIZED, 0x2016);
	return TDX_ST(SUCCESS);
}

u64 seam_vp_wr(struct seam_call *c)
{
	const struct vp_field *field;
	struct seam_vp vp;
	u64 old, new, mask, st;
	u32 f;

	st = vp_get(c, c->in.rcx, TDX_OP_RCX, false, false, &vp);
	if (!st)
		st = seam_td_state(c, &vp.td, true,
				   SEAM_BIT(TDX_OP_INITIALIZED) | SEAM_BIT(TDX_OP_RUNNABLE));
	if (!st)
		st = vp_use(c, &vp, VP_STATES(READY));
	if (st)
		return st;
	f = vp_field_find(c->in.rdx);
	if (f == SEAM_VP_NR_FIELDS)
		return TDX_ST(METADATA_FIELD_ID_INCORRECT);
	field = &vp_fields[f];
	mask = c->in.r9 & field->wr_mask;
	if (!mask)
		return TDX_ST(METADATA_FIELD_NOT_WRITABLE);
	old = core_load64(&vp.vps->field[f]);
	if ((c->in.r8 ^ old) & c->in.r9 & ~field->wr_mask)
		return TDX_ST(METADATA_FIELD_VALUE_NOT_VALID);
	new = (old & ~mask) | (c->in.r8 & mask);
	if ((field->max && new > field->max) ||
	    (field->shared && !seam_is_shared_hpa(c->s, new, 1)))
		return TDX_ST(METADATA_FIELD_VALUE_NOT_VALID);
	if (f == SEAM_VP_PIN_BASED && new &SEAM_PIN_POSTED_INTR) {
		st = vp_check_posted(vp.vps);
		if (st)
			return st;
	}
	seam_pause(c);

	core_store64(&vp.vps->field[f], new);
	core_store32(&vp.vps->written, core_load32(&vp.vps->written) | 1U << f);
	c->out->r8 = old;
	return TDX_ST(SUCCESS);
}

int seam_guest_get(const struct seam *s, u64 tdvpr_pa, struct seam_guest *out)
{
	struct seam_page_info p;
	struct seam_tdvps *vps;

	if (seam_get_page(s, tdvpr_pa, &p) || p.type != TDX_PT_TDVPR)
		return -ENOENT;
	vps = seam_ptr(s, tdvpr_pa);
	out->initial_rcx = core_load64(&vps->initial_rcx);
	out->posted_desc = 0;
	if (core_load64(&vps->field[SEAM_VP_PIN_BASED]) & SEAM_PIN_POSTED_INTR)
		out->posted_desc = core_load64(&vps->field[SEAM_VP_POSTED_INTR_DESC]);
	out->words = vps->guest;
	return 0;
}
