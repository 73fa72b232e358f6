// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: the host's callbacks, and checks of addresses and HKIDs that the host passes. */
#include "seam-priv.h"

void seam_pause(struct seam_call *c)
{
	struct seam *s = c->s;

	if (s->ops.pause)
		s->ops.pause(s->ctx, c->lp, c->leaf);
}

/*
 * Draws random bits and drops them, because nothing uses keys or the TD's UUID.
 * Returns false for lack of entropy, and the call fails.
 */
bool seam_entropy(struct seam_call *c, u32 words)
{
	struct seam *s = c->s;
	u64 rnd;

	while (s->ops.entropy && words--)
		if (!s->ops.entropy(s->ctx, &rnd))
			return false;
	return true;
}

void *seam_ptr(const struct seam *s, u64 pa)
{
	u8 *page = s->ops.map(s->ctx, pa & CORE_PAGE_MASK);

	return page ? page + (pa & ~CORE_PAGE_MASK) : NULL;
}

bool seam_is_private_hkid(const struct seam *s, u64 hkid)
{
	return hkid >= s->first_hkid && hkid < s->first_hkid + s->nr_hkids;
}

u64 seam_strip_hkid(const struct seam *s, u64 pa)
{
	return pa & (SEAM_BIT(s->hkid_shift) - 1);
}

/* @align is a power of two. */
bool seam_is_shared_hpa(const struct seam *s, u64 pa, u64 align)
{
	if (pa & (align - 1) || pa >> SEAM_PA_BITS)
		return false;
	return pa >> s->hkid_shift < s->first_hkid;
}
