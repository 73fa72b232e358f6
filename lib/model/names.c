/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of states, as JSON has them: a name may be added, but not changed. */
#include <stdio.h>
#include "model.h"
#include "sept/sept.h"

#define NAME(table, value) ((value) < ARRAY_SIZE(table) ? (table)[value] : NULL)

/* clang-format off */
static const char *const hkid_states[TDXCTL_HKID_STATES] = {
	TDXCTL_HKID_STATE_NAMES
};

static const char *const td_states[TDXCTL_TD_STATES] = {
	TDXCTL_TD_STATE_NAMES
};

static const char *const cpu_states[TDXCTL_CPU_STATES] = {
	TDXCTL_CPU_STATE_NAMES
};

static const char *const strategies[TDXCTL_STRATEGIES] = {
	[TDXCTL_STRATEGY_AUTO] = "auto",
	[TDXCTL_STRATEGY_TERMINATE] = "terminate",
	[TDXCTL_STRATEGY_RELEASE] = "release",
	[TDXCTL_STRATEGY_EARLY] = "early",
	[TDXCTL_STRATEGY_STOP] = "stop",
};

static const char *const reasons[TDXCTL_REASONS] = {
	[TDXCTL_REASON_OK] = "available",
	[TDXCTL_REASON_MAYBE] = "will be tried, but the kernel may refuse it",
	[TDXCTL_REASON_NO_IOCTL] = "this kernel's KVM lacks the command",
	[TDXCTL_REASON_NO_SYMBOL] = "a required kernel function is missing",
	[TDXCTL_REASON_NOT_FINALIZED] = "the TD was never finalized",
	[TDXCTL_REASON_NOT_TD] = "not a TD",
	[TDXCTL_REASON_VM_DEAD] = "the VM is already dead",
	[TDXCTL_REASON_USER_SPACE] = "done without the helper, by ending the VMM",
	[TDXCTL_REASON_LOCKDOWN] = "the kernel is locked down",
	[TDXCTL_REASON_UNKNOWN_KVM] = "not supported with this kernel's Dynamic PAMT, huge S-EPT pages or in-place conversion",
};

static const char *const phases[TDXCTL_PHASES] = {
	[TDXCTL_PHASE_NONE] = "none",
	[TDXCTL_PHASE_HKID] = "hkid",
	[TDXCTL_PHASE_PAGES] = "pages",
	[TDXCTL_PHASE_DONE] = "done",
	[TDXCTL_PHASE_FAILED] = "failed",
	[TDXCTL_PHASE_CANCELLED] = "cancelled",
};

static const char *const healths[] = {
	[TDXCTL_HEALTH_OK] = "ok",
	[TDXCTL_HEALTH_WARNING] = "warning",
	[TDXCTL_HEALTH_CRITICAL] = "critical",
	[TDXCTL_HEALTH_UNKNOWN] = "unknown",
};
/* clang-format on */

const char *tdxctl_hkid_state_str(unsigned int state)
{
	return NAME(hkid_states, state);
}

const char *tdxctl_td_state_str(unsigned int state)
{
	return NAME(td_states, state);
}

const char *tdxctl_cpu_state_str(unsigned int state)
{
	return NAME(cpu_states, state);
}

const char *tdxctl_strategy_str(unsigned int strategy)
{
	return NAME(strategies, strategy);
}

const char *tdxctl_reason_str(unsigned int reason)
{
	return NAME(reasons, reason);
}

const char *tdxctl_phase_str(unsigned int phase)
{
	return NAME(phases, phase);
}

const char *tdxctl_health_str(unsigned int health)
{
	return NAME(healths, health);
}

bool tdxctl_version_parse(const char *text, uint64_t *version, const char **end)
{
	uint64_t v = 0;

	for (int i = 0; i < 3; i++) {
		unsigned long n = 0;
		const char *p = text;

		while (*p >= '0' && *p <= '9' && n <= UINT16_MAX)
			n = n * 10 + (unsigned long)(*p++ - '0');
		if (p == text || n > UINT16_MAX || (i < 2 && *p != '.'))
			return false;
		v = v << 16 | n;
		text = i < 2 ? p + 1 : p;
	}
	*version = v;
	*end = text;
	return true;
}

const char *tdxctl_sept_str(unsigned int callback)
{
	const struct sept_generation *g = sept_generation(callback);

	return g ? g->name : NULL;
}

bool tdxctl_sept_problem(const struct tdxctl_info *info, char *buf, size_t size)
{
	const char *function = info->sept_function;

	switch (info->sept_problem) {
	case TDXCTL_SEPT_OK:
		return false;
	case TDXCTL_SEPT_NO_TYPES:
		snprintf(buf, size, "KVM's types are not known: %s",
			 info->types_error[0] ? info->types_error : "no reason is reported");
		break;
	case TDXCTL_SEPT_MISSING:
		snprintf(buf, size, "%s() is missing", function);
		break;
	case TDXCTL_SEPT_PROTOTYPE:
		snprintf(buf, size, "%s() has an unknown prototype", function);
		break;
	default:
		snprintf(buf, size, "%s() exists, which early release does not support", function);
		break;
	}
	return true;
}
