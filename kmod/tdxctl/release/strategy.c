// SPDX-License-Identifier: GPL-2.0-only
/* The strategies of a release: which ones are available, and which one is used. */
#include <linux/errno.h>

#include "release.h"

/*
 * Command 5 on a VM file is KVM_TDX_RELEASE_VM in the v9-v19 trees. In mainline it is
 * the vCPU command KVM_TDX_GET_CPUID, which a VM file refuses. The command is not tried
 * if KVM has one of mainline's functions.
 */
static u32 release_reason(void)
{
	return kvm_traits_get().mainline ? TDXCTL_REASON_NO_IOCTL : TDXCTL_REASON_MAYBE;
}

/* Fills @reason[] for a TD: an enum tdxctl_reason for each strategy. */
void strategy_reasons(u32 *reason, const struct td_view *td)
{
	struct kvm_layout l;
	int i;

	if (td->found && td->finalized_known && !td->finalized) {
		for (i = TDXCTL_STRATEGY_TERMINATE; i < TDXCTL_STRATEGY_STOP; i++)
			reason[i] = TDXCTL_REASON_NOT_FINALIZED;
	} else {
		reason[TDXCTL_STRATEGY_TERMINATE] = TDXCTL_REASON_MAYBE;
		reason[TDXCTL_STRATEGY_RELEASE] = release_reason();
		layout_get(&l);
		reason[TDXCTL_STRATEGY_EARLY] = early_reason(&l);
	}
	reason[TDXCTL_STRATEGY_STOP] = TDXCTL_REASON_USER_SPACE;
}

bool strategy_usable(const u32 *reason, u32 strategy)
{
	return reason[strategy] == TDXCTL_REASON_OK || reason[strategy] == TDXCTL_REASON_MAYBE;
}

/* Returns the first usable strategy that is @wanted (AUTO: any), or AUTO if none is. */
u32 strategy_pick(const u32 *reason, u32 wanted)
{
	u32 s;

	for (s = TDXCTL_STRATEGY_TERMINATE; s < TDXCTL_STRATEGY_STOP; s++)
		if ((!wanted || wanted == s) && strategy_usable(reason, s))
			return s;
	return TDXCTL_STRATEGY_AUTO;
}

/* Returns true if the strategy releases the HKID only: user space punches holes. */
bool strategy_leaves_pages(u32 strategy)
{
	return strategy == TDXCTL_STRATEGY_TERMINATE || strategy == TDXCTL_STRATEGY_EARLY;
}

/* Returns true if the error means that this kernel does not have the command. */
bool strategy_refused(long ret)
{
	return ret == -EINVAL || ret == -ENOTTY || ret == -EOPNOTSUPP || ret == -ESTALE ||
	       ret == -ENOSYS;
}

/* Returns the reason that such an error of @strategy means. */
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
