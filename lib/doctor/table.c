/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All rules in order: a rule stands below the one it needs. Rule ids are a stable
 * interface: a rule may be removed, but its id is never reused.
 */
#include "rule.h"

static const struct rule_list *const lists[] = {
	&rules_firmware, &rules_module,	  &rules_kernel, &rules_platform,
	&rules_cpus,	 &rules_capacity, &rules_vmm,	 &rules_teardown,
	&rules_state,	 &rules_update,	  &rules_attest, &rules_tcb,
};

const struct tdxctl_rule *tdxctl_rule_at(size_t i)
{
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		if (i < lists[k]->count)
			return &lists[k]->rules[i];
		i -= lists[k]->count;
	}
	return NULL;
}

size_t tdxctl_rule_count(void)
{
	size_t n = 0;

	for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
		n += lists[k]->count;
	return n;
}
