/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out why TDX does not work on a host: a table of rules that check its facts. */
#ifndef TDXCTL_DOCTOR_H
#define TDXCTL_DOCTOR_H

#include <health.h>

/* The state of a rule; the worst is last. */
enum tdxctl_rule_state {
	TDXCTL_RULE_OK,
	TDXCTL_RULE_SKIP,    /* does not apply, or waits for a rule that failed */
	TDXCTL_RULE_UNKNOWN, /* could not be checked */
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
	TDXCTL_GROUP_ATTESTATION, /* checked only on request */
	TDXCTL_GROUPS
};

/* The input and output of a rule's check. */
struct tdxctl_examination {
	const struct tdxctl_facts *facts;
	const struct tdxctl_health_report *health; /* of these facts */
	bool attestation;			   /* attestation rules were requested */
	const struct tdxctl_rule *failed;	   /* the first rule that failed; NULL none */
	/* Set by the check. */
	const struct tdxctl_rule *waits; /* the failed rule that is the cause; NULL none */
	const char *waits_id; /* the same by id, of a rule above in the table; NULL none */
	const char *fix;      /* a constant that replaces the fix of the rule; NULL none */
	char fix_text[400];   /* the same, but not a constant; "" none */
	char detail[320];     /* the observed value; "" none */
};

enum tdxctl_rule_log {
	TDXCTL_LOG_OF_KERNEL,
	TDXCTL_LOG_OF_LAST_KERNEL, /* of the kernel before a crash or kexec */
	TDXCTL_LOG_OF_VMM,	   /* of each VM, since its last start */
};

/* What must not work for the log lines of a rule to count: if it works, they are outdated. */
enum tdxctl_rule_proof { TDXCTL_PROOF_NONE, TDXCTL_PROOF_MODULE, TDXCTL_PROOF_KVM };

#define TDXCTL_KERNEL_ANY 1 /* any kernel that has TDX */

struct tdxctl_rule {
	const char *id; /* stable interface */
	enum tdxctl_rule_group group;
	const char *needs;		 /* id of the rule that must not have failed; NULL none */
	enum tdxctl_rule_state severity; /* state of a finding */
	enum tdxctl_rule_state attested; /* with --attestation; OK if the same */
	const char *title;		 /* the finding in a few words */
	const char *fix;		 /* what to do, in complete sentences */
	/* First and last kernel that the rule applies to, as TDXCTL_KERNEL(); 0 = no limit. */
	unsigned int since, until;
	/* First kernel without the problem, as TDXCTL_KERNEL() or TDXCTL_KERNEL_ANY; 0 none. */
	unsigned int cured;
	const char *backport; /* the fix on a kernel with a backport of TDX; NULL the same */
	/*
	 * Patterns of log lines that are a finding, NULL-terminated: pieces separated by
	 * '*' that must be on one line in this order. A piece of "0x" and eight digits
	 * matches the upper half of a status word.
	 */
	const char *const *log;
	enum tdxctl_rule_log in; /* the log to search */
	bool decoded;		 /* the advice for a status in the line replaces the fix */
	enum tdxctl_rule_proof proof;
	/*
	 * Sources that the check reads besides the log of the patterns, NULL-terminated: paths, "MSR
	 * 0x982", "CPUID 0x7", "kernel log", "helper", "journal of UNIT". NULL: only the log.
	 */
	const char *const *reads;
	const char *why;     /* why the problem matters */
	const char *by_hand; /* how to check without tdxctl: commands, and what to expect */
	/*
	 * NULL if only the log is searched. If there are both, the log is searched when the
	 * check returns UNKNOWN. A finding has the rule's severity or a lower one.
	 */
	enum tdxctl_rule_state (*check)(struct tdxctl_examination *e, const struct tdxctl_rule *r);
};

/* Returns rule number @i of the table, or NULL if @i is not below tdxctl_rule_count(). */
const struct tdxctl_rule *tdxctl_rule_at(size_t i);
/* Returns the number of rules. */
size_t tdxctl_rule_count(void);

struct tdxctl_finding {
	const struct tdxctl_rule *rule;
	size_t nr; /* number of the rule in the table */
	enum tdxctl_rule_state state;
	const struct tdxctl_rule *waits; /* the failed rule that it waits for; NULL none */
	char *fix;			 /* of the rule, or one for the detail */
	char *detail;			 /* observed value, or why SKIP or UNKNOWN; NULL none */
};

/*
 * Runs all rules on @f. Rules about the state of the host now are the checks of health.h,
 * with their @limits; NULL means the default limits. *@out has one finding for each rule, in the order of the table. A
 * rule that needs a failed rule is SKIP, and its detail has the id of the failed rule.
 * Returns 0 or -ENOMEM.
 */
int tdxctl_doctor(const struct tdxctl_facts *f, const struct tdxctl_thresholds *limits,
		  bool attestation, struct tdxctl_finding **out, size_t *count);
void tdxctl_findings_free(struct tdxctl_finding *list, size_t count);
/* Sorts the worst state first, and findings of one state in the order of the table. */
void tdxctl_findings_sort(struct tdxctl_finding *list, size_t count);

/*
 * Finds the first line of @text that matches @pattern (see struct tdxctl_rule). Returns
 * true and sets *@line to its text behind level and time stamp of *@len bytes; or
 * returns false.
 */
bool tdxctl_rule_match(const char *text, const char *pattern, const char **line, size_t *len);

/* The names that JSON has: constants, NULL if out of range. */
const char *tdxctl_rule_state_str(enum tdxctl_rule_state state);
const char *tdxctl_rule_group_str(enum tdxctl_rule_group group);

#endif
