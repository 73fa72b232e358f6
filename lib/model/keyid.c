/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the key split that firmware sets divides the KeyIDs. */
#include "facts.h"
#include "model.h"

int tdxctl_keys_of(unsigned int bits, unsigned int split, struct tdxctl_keys *k)
{
	if (!bits || bits > 15 || split > bits)
		return -EINVAL;
	*k = (struct tdxctl_keys){ .bits = bits, .split = split };
	k->first_private = 1U << (bits - split);
	/* KeyID 0 is for plain TME and is not available as a key. */
	k->tme_mt_keys = k->first_private - 1;
	k->private_keys = (1U << bits) - k->first_private;
	/* The TDX module uses one for itself. */
	k->max_tds = k->private_keys ? k->private_keys - 1 : 0;
	return 0;
}

static unsigned int log2_of(uint32_t v)
{
	return 31U - (unsigned int)__builtin_clz(v);
}

bool tdxctl_keys_host(const struct tdxctl_msr_set *set, struct tdxctl_keys *k, const char **reason)
{
	const struct tdxctl_val *part = &set->msr[TDXCTL_MSR_KEYID];
	const struct tdxctl_val *act = &set->msr[TDXCTL_MSR_TME_ACTIVATE];
	uint32_t shared = (uint32_t)part->value, private = (uint32_t)(part->value >> 32);

	if (!part->readable) {
		*reason = part->fault ? "TME-MT is off: the CPU has no KeyIDs" : part->reason;
		return false;
	}
	if (shared > 0x7fff || private > 0x7fff) {
		*reason = "MSR 0x87 has an invalid value";
		return false;
	}
	*k = (struct tdxctl_keys){
		.tme_mt_keys = shared,
		.first_private = shared + 1,
		.private_keys = private,
		.max_tds = private ? private - 1 : 0,
	};
	/*
	 * The number of bits follows from the counts; if MSR 0x982 is readable, it has the
	 * exact values.
	 */
	k->bits = log2_of(shared + private + 1);
	k->split = k->bits - log2_of(shared + 1);
	if (act->readable && act->value >> 32 & 0xf) {
		k->bits = act->value >> 32 & 0xf;
		k->split = act->value >> 36 & 0xf;
	}
	return true;
}
