// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: module and LP initialisation, global key, shutdown and update. */
#include "seam-priv.h"

u64 seam_sys_init(struct seam_call *c)
{
	struct seam *s = c->s;

	if (!seam_lock(c, &s->lock, true))
		return TDX_ST(SYS_BUSY);
	if (c->in.rcx)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	if (core_load32(&s->sys_state) != SEAM_SYSINIT_PENDING)
		return TDX_ST(SYS_INIT_NOT_PENDING);
	seam_pause(c);

	core_store32(&s->sys_state, SEAM_SYSINIT_DONE);
	c->out->rcx = 0;
	c->out->rdx = 0;
	c->out->r8 = 0;
	c->out->r9 = 0;
	c->out->r10 = 0;
	return TDX_ST(SUCCESS);
}

u64 seam_sys_lp_init(struct seam_call *c)
{
	struct seam *s = c->s;
	u32 state;

	if (!seam_lock(c, &s->lock, false))
		return TDX_ST(SYS_BUSY);
	state = core_load32(&s->sys_state);
	if (state != SEAM_SYSINIT_DONE && !(s->late_lp_init && state > SEAM_SYSINIT_DONE))
		return TDX_ST(SYS_LP_INIT_NOT_PENDING);
	if (core_load32(&s->lp[c->lp].done))
		return TDX_ST(SYS_LP_INIT_DONE);
	if (!seam_entropy(c, 1))
		return TDX_ST(RND_NO_ENTROPY);
	seam_pause(c);

	core_store32(&s->lp[c->lp].done, 1);
	core_add32(&s->lps_done, 1);
	c->out->rcx = 0;
	c->out->rdx = 0;
	c->out->r8 = 0;
	return TDX_ST(SUCCESS);
}

u64 seam_sys_key_config(struct seam_call *c)
{
	struct seam *s = c->s;
	u32 done;

	if (!seam_lock(c, &s->lock, true))
		return TDX_ST(SYS_BUSY);
	if (core_load32(&s->sys_state) != SEAM_SYSCONFIG_DONE)
		return TDX_ST(SYS_KEY_CONFIG_NOT_PENDING);
	done = core_load32(&s->pkgs_done) | 1U << c->pkg;
	if (done == core_load32(&s->pkgs_done))
		return TDX_ST(KEY_CONFIGURED);
	if (!seam_lock(c, &s->ket[c->pkg], true))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_KET);
	if (!seam_entropy(c, 1))
		return TDX_ST(KEY_GENERATION_FAILED);
	seam_pause(c);

	core_store32(&s->pkgs_done, done);
	if (done == (1U << s->nr_pkgs) - 1)
		core_store32(&s->sys_state, SEAM_SYS_READY);
	return TDX_ST(SUCCESS);
}

/* The handoff version of 1.5.05, also the oldest that it accepts. */
#define SEAM_HANDOFF_VERSION 0

u64 seam_sys_shutdown(struct seam_call *c)
{
	struct seam *s = c->s;

	if (c->in.rcx > SEAM_HANDOFF_VERSION)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	if (!seam_lock(c, &s->lock, true) || core_load32(&s->inside) > 1)
		return TDX_ST(SYS_BUSY);
	seam_pause(c);
	core_store32(&s->sys_state, SEAM_SYS_SHUTDOWN);
	return TDX_ST(SUCCESS);
}

/*
 * The second half of a runtime update, on the new module image. seam has no other
 * image, so there is never handoff data.
 */
u64 seam_sys_update(struct seam_call *c)
{
	struct seam *s = c->s;

	if (!seam_lock(c, &s->lock, true))
		return TDX_ST(SYS_BUSY);
	if (core_load32(&s->sys_state) != SEAM_SYSINIT_DONE ||
	    core_load32(&s->lps_done) != s->nr_lps)
		return TDX_ST(SYS_STATE_INCORRECT);
	return TDX_ST(SYS_INVALID_HANDOFF);
}
