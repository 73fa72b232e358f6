// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: the locks of a call, taken one by one and released together at its end. */
#include "seam-priv.h"

/* Never waits: a lost race is retried only while the lock is free. */
bool seam_lock(struct seam_call *c, u64 *word, bool ex)
{
	u64 unit = ex ? SEAM_LOCK_EX : SEAM_LOCK_SH;
	u64 old, busy;

	do {
		old = core_load64(word);
		busy = old & (ex ? SEAM_LOCK_MASK : SEAM_LOCK_EX);
		if (busy || (old & SEAM_LOCK_MASK) + unit > SEAM_LOCK_MASK)
			return false;
	} while (!core_cas64(word, old, old + unit));
	c->held[c->nr_held].word = word;
	c->held[c->nr_held++].unit = unit;
	return true;
}

bool seam_lock_bit(struct seam_call *c, u64 *word, u32 bit)
{
	u64 unit = SEAM_BIT(bit);
	u64 old;

	do {
		old = core_load64(word);
		if (old & unit)
			return false;
	} while (!core_cas64(word, old, old | unit));
	c->held[c->nr_held].word = word;
	c->held[c->nr_held++].unit = unit;
	return true;
}

/* Releases one lock before the end of the call; used by VP.ENTER only. */
void seam_unlock(struct seam_call *c, u64 *word)
{
	u32 i;

	for (i = c->nr_held; i--;) {
		if (c->held[i].word != word)
			continue;
		core_add64(word, -(s64)c->held[i].unit);
		c->held[i] = c->held[--c->nr_held];
		return;
	}
}

void seam_unlock_all(struct seam_call *c)
{
	while (c->nr_held) {
		c->nr_held--;
		core_add64(c->held[c->nr_held].word, -(s64)c->held[c->nr_held].unit);
	}
}
