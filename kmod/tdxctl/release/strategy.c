// SPDX-License-Identifier: GPL-2.0-only
/* Which ways of releasing a TD this kernel has, and which one is taken. */
#include <linux/errno.h>

#include "release.h"

/*
 * Number 5 on a VM file is KVM_TDX_RELEASE_VM in the v9-v19 trees; in mainline
 * it is the vCPU command KVM_TDX_GET_CPUID and a VM file refuses it. Where one
 * of mainline's functions is seen the attempt is spared.
 */
static u32 release_reason(void)
{
	return sym_find(NULL, "tdx_vcpu_get_cpuid") || sym_find(NULL, "vt_vm_pre_destroy") ?
		       TDXCTL_REASON_NO_IOCTL : TDXCTL_REASON_MAYBE;
}

void strategy_reasons(u32 *reason, const struct td_view *td)
{
	int i;

	if (td->found && td->finalized_known && !td->finalized) {
		for (i = TDXCTL_STRATEGY_TERMINATE; i < TDXCTL_STRATEGY_STOP; i++)
			reason[i] = TDXCTL_REASON_NOT_FINALIZED;
	} else {
		reason[TDXCTL_STRATEGY_TERMINATE] = TDXCTL_REASON_MAYBE;
		reason[TDXCTL_STRATEGY_RELEASE] = release_reason();
		reason[TDXCTL_STRATEGY_EARLY] = early_reason();
	}
	reason[TDXCTL_STRATEGY_STOP] = TDXCTL_REASON_USER_SPACE;
}

bool strategy_usable(const u32 *reason, u32 strategy)
{
	return reason[strategy] == TDXCTL_REASON_OK ||
	       reason[strategy] == TDXCTL_REASON_MAYBE;
}

/* The first that is left of those wanted; AUTO: none. */
u32 strategy_pick(const u32 *reason, u32 wanted)
{
	u32 s;

	for (s = TDXCTL_STRATEGY_TERMINATE; s < TDXCTL_STRATEGY_STOP; s++)
		if ((!wanted || wanted == s) && strategy_usable(reason, s))
			return s;
	return TDXCTL_STRATEGY_AUTO;
}

/* Gives back the HKID; the pages go as user space punches holes. */
bool strategy_leaves_pages(u32 strategy)
{
	return strategy == TDXCTL_STRATEGY_TERMINATE || strategy == TDXCTL_STRATEGY_EARLY;
}

/* -EINVAL and its like: this kernel does not have the command. */
bool strategy_refused(long ret)
{
	return ret == -EINVAL || ret == -ENOTTY || ret == -EOPNOTSUPP || ret == -ESTALE ||
	       ret == -ENOSYS;
}

/* What such a refusal by @strategy says. */
u32 strategy_refusal_reason(u32 strategy, long ret)
{
	if (strategy != TDXCTL_STRATEGY_EARLY)
		return TDXCTL_REASON_NO_IOCTL;
	switch (ret) {
	case -ENOSYS:
		return TDXCTL_REASON_NO_SYMBOL;
	case -ESTALE:
		return TDXCTL_REASON_VM_DEAD;
	case -EINVAL:
		return TDXCTL_REASON_NOT_TD;
	default:
		return TDXCTL_REASON_NOT_FINALIZED;
	}
}
