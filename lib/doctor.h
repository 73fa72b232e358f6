/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why TDX does not work here: rules over what a host tells. */
#ifndef TDXCTL_DOCTOR_H
#define TDXCTL_DOCTOR_H

#include <facts.h>

/* Worst last: a report is sorted by it. */
enum tdxctl_rule_state {
	TDXCTL_RULE_OK,
	TDXCTL_RULE_SKIP,		/* does not apply, or waits for another rule */
	TDXCTL_RULE_UNKNOWN,
	TDXCTL_RULE_INFO,
	TDXCTL_RULE_WARN,
	TDXCTL_RULE_FAIL,
	TDXCTL_RULE_STATES
};

enum tdxctl_rule_group {
	TDXCTL_GROUP_CORE,
	TDXCTL_GROUP_CAPACITY,
	TDXCTL_GROUP_TEARDOWN,
	TDXCTL_GROUP_UPDATE,
	TDXCTL_GROUP_ATTESTATION,	/* only when asked for */
	TDXCTL_GROUPS
};

struct tdxctl_examination {
	const struct tdxctl_facts *facts;
	bool attestation;		/* the host is to attest */
	const struct tdxctl_rule *failed;	/* the first that did; NULL */
	const struct tdxctl_rule *waits;	/* set by a check: what it saw comes of that one */
	const char *fix;		/* the same: a constant, better than the rule's for what it saw */
	char detail[320];		/* what was seen; "" nothing to add */
};

enum tdxctl_rule_log {
	TDXCTL_LOG_OF_KERNEL,
	TDXCTL_LOG_OF_LAST_KERNEL,	/* what a crash or kexec left behind */
	TDXCTL_LOG_OF_VMM,		/* each VM's, since its last start */
};

/* What, if it works, makes a rule's log lines old news. */
enum tdxctl_rule_proof { TDXCTL_PROOF_NONE, TDXCTL_PROOF_MODULE, TDXCTL_PROOF_KVM };

struct tdxctl_rule {
	const char *id;			/* interface */
	enum tdxctl_rule_group group;
	const char *needs;		/* the rule this one waits for; NULL */
	enum tdxctl_rule_state severity;	/* when it fires */
	enum tdxctl_rule_state attested;	/* the same with --attestation; OK: no difference */
	const char *title;
	const char *fix;
	/* Kernels it is about; 0 = no bound. */
	unsigned int since, until;
	/*
	 * Patterns of log lines that make it fire, NULL-terminated: pieces divided
	 * by '*', in this order on one line. A piece 0x and eight digits is the
	 * upper half of a status word.
	 */
	const char *const *log;
	enum tdxctl_rule_log in;	/* which log */
	enum tdxctl_rule_proof proof;
	/*
	 * NULL: only the log counts. With both, the log is asked when the check
	 * says UNKNOWN. A finding has the rule's severity or a lower one.
	 */
	enum tdxctl_rule_state (*check)(struct tdxctl_examination *e, const struct tdxctl_rule *r);
};

/* Rule @i in the order of the table; NULL from tdxctl_rule_count() on. */
const struct tdxctl_rule *tdxctl_rule_at(size_t i);
size_t tdxctl_rule_count(void);

struct tdxctl_finding {
	const struct tdxctl_rule *rule;
	size_t nr;			/* of the rule, in the order of the table */
	enum tdxctl_rule_state state;
	const struct tdxctl_rule *waits;	/* SKIP for that one's failure; NULL */
	const char *fix;		/* the next step, of this rule's or for what was seen */
	char *detail;			/* NULL nothing to add */
};

/*
 * Every rule in the order of the table, malloc'ed; nothing is left out. A rule
 * below one that failed is SKIP, its detail says which. -ENOMEM.
 */
int tdxctl_doctor(const struct tdxctl_facts *f, bool attestation,
		  struct tdxctl_finding **out, size_t *count);
void tdxctl_findings_free(struct tdxctl_finding *list, size_t count);
/* Worst first; within one state in the order of the table. */
void tdxctl_findings_sort(struct tdxctl_finding *list, size_t count);

/*
 * The first line of @text with @pattern (see above): its text without level and
 * time stamp. False: none.
 */
bool tdxctl_rule_match(const char *text, const char *pattern, const char **line, size_t *len);

const char *tdxctl_rule_state_str(enum tdxctl_rule_state state);
const char *tdxctl_rule_group_str(enum tdxctl_rule_group group);

#endif
