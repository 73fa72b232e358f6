/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks behind the table of rules, and what they share. */
#ifndef TDXCTL_RULES_H
#define TDXCTL_RULES_H

#include "doctor.h"
#include "host/host.h"

#define CHECK_FN(name) \
	enum tdxctl_rule_state rule_##name(struct tdxctl_examination *e, const struct tdxctl_rule *r)

/* Writes the detail and returns @state. */
enum tdxctl_rule_state rule_finding(struct tdxctl_examination *e, enum tdxctl_rule_state state,
				 const char *fmt, ...) PRINTF(3, 4);
/* The TDX module is up: YES, NO, or nobody can tell. */
enum tdxctl_tri rule_tdx_up(const struct tdxctl_facts *f);
/* The same of KVM: TDs can be created. */
enum tdxctl_tri rule_kvm_up(const struct tdxctl_facts *f);
/* Does the helper, or an emulated host, tell about TDs and HKIDs? */
bool rule_has_ledger(const struct tdxctl_facts *f);
/* MSR @m of the first package. */
const struct tdxctl_val *rule_msr(const struct tdxctl_facts *f, enum tdxctl_msr m);

/* Is this CPU one that modules of this series are for? */
bool rule_series_of(const struct tdxctl_cpu_facts *c, unsigned int major, unsigned int minor);

/* The finding that value @v is unknown, for its reason. */
#define UNKNOWN(e, v) rule_finding(e, TDXCTL_RULE_UNKNOWN, "%s", (v)->reason)

#define NO_HELPER "the helper is not loaded"

/* ---- the rules of one file ---- */

#define LOG(...) (const char *const []){ __VA_ARGS__, NULL }
#define MODULE_LOG(...) .proof = TDXCTL_PROOF_MODULE, .log = LOG(__VA_ARGS__)
#define KVM_LOG(...) .proof = TDXCTL_PROOF_KVM, .log = LOG(__VA_ARGS__)
#define VMM_LOG(...) .in = TDXCTL_LOG_OF_VMM, .log = LOG(__VA_ARGS__)

struct rule_list {
	const struct tdxctl_rule *rules;
	size_t count;
};

extern const struct rule_list rules_firmware, rules_module, rules_kernel, rules_cpus, rules_capacity, rules_teardown, rules_update, rules_attest;

#endif
