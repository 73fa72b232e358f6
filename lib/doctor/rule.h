/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the rules: findings, common questions, and the macros of their tables. */
#ifndef TDXCTL_RULE_H
#define TDXCTL_RULE_H

#include "decode.h"
#include "doctor.h"
#include "host/host.h"

#define CHECK_FN(name) \
	enum tdxctl_rule_state rule_##name(struct tdxctl_examination *e, \
					   const struct tdxctl_rule *r)

/* Formats the detail of a finding and returns @state. */
enum tdxctl_rule_state rule_finding(struct tdxctl_examination *e, enum tdxctl_rule_state state,
				    const char *fmt, ...) PRINTF(3, 4);
/*
 * Returns the result of check @nr as the state of a rule, with the text of its reasons as
 * the detail: doctor, `status` and `check` report the same.
 */
enum tdxctl_rule_state rule_health(struct tdxctl_examination *e, enum tdxctl_check_nr nr);
/* Whether the TDX module is initialized. UNKNOWN if no source shows it. */
enum tdxctl_tri rule_tdx_up(const struct tdxctl_facts *f);
/* Whether private KeyIDs were found. False does not prove that there are none. */
bool rule_keyids_found(const struct tdxctl_facts *f);
/* Whether KVM can create TDs. */
enum tdxctl_tri rule_kvm_up(const struct tdxctl_facts *f);
/* Whether the snapshot has TDs and HKIDs: it comes from the helper or an emulated host. */
bool rule_has_ledger(const struct tdxctl_facts *f);
/* Whether this is a kernel before mainline's TDX that a distribution built with TDX. */
bool rule_preview_kernel(const struct tdxctl_facts *f);
/*
 * Makes it the fix to boot an installed kernel, @cured (see struct tdxctl_rule) or newer.
 * Returns false if there is none.
 */
bool rule_boot_other(struct tdxctl_examination *e, unsigned int cured);
/* Whether this is a kernel before mainline's TDX that has a backport of it. */
bool rule_backport(const struct tdxctl_facts *f);
/* Finds a line in the logs of VMMs, see tdxctl_rule_match(). */
bool rule_vm_line(const struct tdxctl_facts *f, const char *pattern, const char **line,
		  size_t *len);
/* The state of a rule that found no line in the logs of VMMs: OK, or why it is not known. */
enum tdxctl_rule_state rule_no_vm_line(struct tdxctl_examination *e);
/* Decodes the first status of a SEAMCALL in a line. Returns false if there is none. */
bool rule_status(const char *line, size_t len, struct tdxctl_word *w);
/* MSR @m of the first package. Not readable if no CPU package was found. */
const struct tdxctl_val *rule_msr(const struct tdxctl_facts *f, enum tdxctl_msr m);

/* Whether TDX modules of series @major.@minor are made for this CPU. */
bool rule_series_of(const struct tdxctl_cpu_facts *c, unsigned int major, unsigned int minor);

/* ---- releases.c: what is known about releases of the TDX module ---- */

struct module_series {
	unsigned int major, minor;
	unsigned int models[4];	       /* of family 6 */
	unsigned int good, good_build; /* oldest recommended version and build; 0: none known */
	unsigned int loader[2];	       /* oldest SEAM loader that loads the whole series */
};

struct module_version {
	unsigned int major, minor;
	unsigned int update; /* ~0U unknown */
	unsigned int build;  /* 0 unknown */
};

struct module_release {
	unsigned int major, minor, update, svn;
};

struct module_floor {
	unsigned int major, minor;
	unsigned int svn;   /* the oldest that attestation accepts as up to date */
	const char *source; /* where this comes from, with its date */
};

/* The month of the list. */
extern const char releases_date[];
/* Returns the newest known release of a series that is not newer than @update, or NULL. */
const struct module_release *release_at_most(unsigned int major, unsigned int minor,
					     unsigned int update);
/* Returns the oldest known release of a series that has at least @svn, or NULL. */
const struct module_release *release_of_svn(unsigned int major, unsigned int minor,
					    unsigned int svn);
/* Returns the floor of a series, or NULL if none is known. */
const struct module_floor *release_floor(unsigned int major, unsigned int minor);

/* Returns a series, or NULL if it is not known. */
const struct module_series *release_series(unsigned int major, unsigned int minor);
/* Returns the series that is made for this CPU, or NULL if none is known. */
const struct module_series *release_series_of(const struct tdxctl_cpu_facts *c);
/* Reads the version of the running module from sysfs or the kernel log; false: not known. */
bool release_version(const struct tdxctl_facts *f, struct module_version *v);
const char *release_str(const struct module_version *v, char buf[40]);

/* An UNKNOWN finding with the reason of value @v. */
#define UNKNOWN(e, v) rule_finding(e, TDXCTL_RULE_UNKNOWN, "%s", (v)->reason)

#define NO_HELPER      "the helper is not loaded"
#define LOG_INCOMPLETE "its oldest messages are lost"

/* ---- the table of each file ---- */

#define LIST(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}
#define MODULE_LOG(...) .proof = TDXCTL_PROOF_MODULE, .log = LIST(__VA_ARGS__)
#define KVM_LOG(...)	.proof = TDXCTL_PROOF_KVM, .log = LIST(__VA_ARGS__)
#define VMM_LOG(...)	.in = TDXCTL_LOG_OF_VMM, .log = LIST(__VA_ARGS__)

struct rule_list {
	const struct tdxctl_rule *rules;
	size_t count;
};

extern const struct rule_list rules_firmware, rules_module, rules_kernel, rules_platform,
	rules_cpus, rules_capacity, rules_vmm, rules_teardown, rules_state, rules_update,
	rules_attest, rules_tcb;

#endif
