/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs all rules once, in the order of the table. */
#include <stdio.h>
#include "rule.h"

#define LINE_MAX_LEN 180U

/* clang-format off */
static const char *const states[TDXCTL_RULE_STATES] = {
	[TDXCTL_RULE_OK] = "ok",
	[TDXCTL_RULE_SKIP] = "skip",
	[TDXCTL_RULE_UNKNOWN] = "unknown",
	[TDXCTL_RULE_INFO] = "info",
	[TDXCTL_RULE_WARN] = "warn",
	[TDXCTL_RULE_FAIL] = "fail",
};
/* clang-format on */

/* clang-format off */
static const char *const groups[TDXCTL_GROUPS] = {
	[TDXCTL_GROUP_CORE] = "core",
	[TDXCTL_GROUP_CAPACITY] = "capacity",
	[TDXCTL_GROUP_TEARDOWN] = "teardown",
	[TDXCTL_GROUP_UPDATE] = "update",
	[TDXCTL_GROUP_ATTESTATION] = "attestation",
};
/* clang-format on */

const char *tdxctl_rule_state_str(enum tdxctl_rule_state state)
{
	return state < TDXCTL_RULE_STATES ? states[state] : NULL;
}

const char *tdxctl_rule_group_str(enum tdxctl_rule_group group)
{
	return group < TDXCTL_GROUPS ? groups[group] : NULL;
}

/* @pattern is the one that matched the line. */
static enum tdxctl_rule_state found(struct tdxctl_examination *e, const struct tdxctl_rule *r,
				    const char *source, const char *vm, const char *pattern,
				    const char *line, size_t len)
{
	const char *at = memmem(line, len, pattern, strcspn(pattern, "*"));
	struct tdxctl_word w;
	char status[80] = "";
	size_t from = 0, start, skip = 0;

	if (rule_status(line, len, &w)) {
		snprintf(status, sizeof(status), " (%s%s%s)", w.name, w.operand_name ? " " : "",
			 w.operand_name ? w.operand_name : "");
	}
	/* Advice for a call that may be repeated does not help when its error ended a TD. */
	while (r->decoded && !e->fix && tdxctl_decode_find(line, len, from, &start, &from, &w))
		if (w.outcome != TDXCTL_OUTCOME_RETRY)
			e->fix = w.advice;
	/* Shows the end of a long line, where the cause is, but never less than the match. */
	if (len > LINE_MAX_LEN)
		skip = len - LINE_MAX_LEN;
	if (at && skip > (size_t)(at - line))
		skip = (size_t)(at - line);
	len = len - skip > LINE_MAX_LEN ? LINE_MAX_LEN : len - skip;
	return rule_finding(e, r->severity, "%s%.60s: %s%.*s%s", source, vm, skip ? "..." : "",
			    (int)len, line + skip, status);
}

static enum tdxctl_rule_state match_vm_logs(struct tdxctl_examination *e,
					    const struct tdxctl_rule *r)
{
	const struct tdxctl_facts *f = e->facts;
	const char *line;
	size_t len;

	for (size_t i = 0; i < f->nr_vm_logs; i++)
		for (size_t k = 0; r->log[k]; k++)
			if (tdxctl_rule_match(f->vm_logs[i].text, r->log[k], &line, &len))
				return found(e, r, "log of VM ", f->vm_logs[i].vm, r->log[k], line,
					     len);
	for (size_t k = 0; f->vmm_log.text && r->log[k]; k++)
		if (tdxctl_rule_match(f->vmm_log.text, r->log[k], &line, &len))
			return found(e, r, "log of a VMM", "", r->log[k], line, len);
	return rule_no_vm_line(e);
}

static enum tdxctl_rule_state match_log(struct tdxctl_examination *e, const struct tdxctl_rule *r)
{
	const struct tdxctl_facts *f = e->facts;
	bool last = r->in == TDXCTL_LOG_OF_LAST_KERNEL;
	const struct tdxctl_text *t = last ? &f->last_log : &f->log;
	const char *line;
	size_t len;

	if ((r->proof == TDXCTL_PROOF_MODULE && rule_tdx_up(f) == TDXCTL_YES) ||
	    (r->proof == TDXCTL_PROOF_KVM && rule_kvm_up(f) == TDXCTL_YES))
		return TDXCTL_RULE_OK;
	if (r->in == TDXCTL_LOG_OF_VMM)
		return match_vm_logs(e, r);
	for (size_t i = 0; t->text && r->log[i]; i++)
		if (tdxctl_rule_match(t->text, r->log[i], &line, &len))
			return found(e, r, last ? "log of the previous kernel" : "kernel log", "",
				     r->log[i], line, len);
	if (t->text && (last || f->log_complete))
		return TDXCTL_RULE_OK;
	return rule_finding(e, last && t->absent ? TDXCTL_RULE_SKIP : TDXCTL_RULE_UNKNOWN, "%s: %s",
			    last ? "log of the previous kernel" : "kernel log",
			    t->text ? LOG_INCOMPLETE : t->reason);
}

static enum tdxctl_rule_state examine(struct tdxctl_examination *e, const struct tdxctl_rule *r)
{
	enum tdxctl_rule_state s = TDXCTL_RULE_UNKNOWN;
	unsigned int k = e->facts->kernel;

	if ((k && r->since && k < r->since) || (k && r->until && k > r->until))
		return rule_finding(e, TDXCTL_RULE_SKIP, "does not apply to this kernel version");
	if (r->check)
		s = r->check(e, r);
	if (s == TDXCTL_RULE_UNKNOWN && r->log) {
		char why[sizeof(e->detail)];

		memcpy(why, e->detail, sizeof(why));
		s = match_log(e, r);
		/* The check is the better source: report its reason, not that of the log. */
		if (s == TDXCTL_RULE_UNKNOWN && why[0])
			memcpy(e->detail, why, sizeof(why));
		if (s == TDXCTL_RULE_OK)
			e->detail[0] = '\0';
	}
	return s;
}

/* Returns the rule with this id if it found a problem, or NULL. */
static const struct tdxctl_rule *failed_rule(const char *id, const struct tdxctl_finding *list,
					     size_t n)
{
	for (size_t i = 0; id && i < n; i++)
		if (list[i].state >= TDXCTL_RULE_WARN && !strcmp(list[i].rule->id, id))
			return list[i].rule;
	return NULL;
}

/*
 * Returns the failed rule that @r waits for, directly or through the rules it needs, or NULL.
 * @needed is the index of the rule found last, which the next rule mostly needs as well.
 */
static const struct tdxctl_rule *blocker(const struct tdxctl_rule *r,
					 const struct tdxctl_finding *list,
					 const struct tdxctl_rule *const *blocks, size_t n,
					 size_t *needed)
{
	if (!r->needs)
		return NULL;
	if (*needed >= n || strcmp(list[*needed].rule->id, r->needs))
		for (*needed = 0; *needed < n; ++*needed)
			if (!strcmp(list[*needed].rule->id, r->needs))
				break;
	return *needed < n ? blocks[*needed] : NULL;
}

/*
 * An installed kernel is preferred: a reboot is less than an installation. Rules that another
 * kernel cures choose no fix themselves.
 */
static void choose_fix(struct tdxctl_examination *e, const struct tdxctl_rule *r)
{
	if (!rule_boot_other(e, r->cured) && r->backport && rule_backport(e->facts))
		e->fix = r->backport;
}

int tdxctl_doctor(const struct tdxctl_facts *f, const struct tdxctl_thresholds *limits,
		  bool attestation, struct tdxctl_finding **out, size_t *count)
{
	size_t total = tdxctl_rule_count(), needed = 0, n;
	struct tdxctl_finding *list = calloc(total, sizeof(*list));
	const struct tdxctl_rule *failed = NULL;
	const struct tdxctl_rule **blocks = calloc(total, sizeof(*blocks));
	struct tdxctl_health_report *health = NULL;
	struct tdxctl_thresholds defaults;

	if (!limits) {
		tdxctl_thresholds_default(&defaults);
		limits = &defaults;
	}
	if (!list || !blocks || tdxctl_health_get(f, limits, &health))
		goto fail;
	for (n = 0; n < total; n++) {
		struct tdxctl_examination e = {
			.facts = f,
			.health = health,
			.attestation = attestation,
			.failed = failed,
		};
		const struct tdxctl_rule *b;

		list[n].rule = tdxctl_rule_at(n);
		list[n].nr = n;
		b = blocker(list[n].rule, list, blocks, n, &needed);
		if (!b && list[n].rule->group == TDXCTL_GROUP_ATTESTATION && !attestation)
			list[n].state = rule_finding(&e, TDXCTL_RULE_SKIP,
						     "checked only with --attestation");
		else if (!b)
			list[n].state = examine(&e, list[n].rule);
		if (!b)
			b = e.waits ? e.waits : failed_rule(e.waits_id, list, n);
		list[n].waits = b;
		choose_fix(&e, list[n].rule);
		list[n].fix = strdup(e.fix_text[0] ? e.fix_text :
				     e.fix	   ? e.fix :
						     list[n].rule->fix);
		if (!list[n].fix)
			goto fail;
		if (b)
			list[n].state = rule_finding(&e, TDXCTL_RULE_SKIP, "waits for %s", b->id);
		/* An emulated host has no files and no MSRs: the rule does not apply. */
		if (list[n].state == TDXCTL_RULE_UNKNOWN &&
		    f->snap->source == TDXCTL_SOURCE_EMULATED)
			list[n].state = TDXCTL_RULE_SKIP;
		if (!failed && list[n].state == TDXCTL_RULE_FAIL)
			failed = list[n].rule;
		/* A rule that waits passes its blocker on to the rules that need it. */
		blocks[n] = b ? b : list[n].state == TDXCTL_RULE_FAIL ? list[n].rule : NULL;
		if (e.detail[0]) {
			list[n].detail = strdup(e.detail);
			if (!list[n].detail)
				goto fail;
		}
	}
	tdxctl_health_free(health);
	free(blocks);
	*out = list;
	*count = n;
	return 0;
fail:
	tdxctl_health_free(health);
	free(blocks);
	tdxctl_findings_free(list, list ? total : 0);
	return -ENOMEM;
}

void tdxctl_findings_free(struct tdxctl_finding *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(list[i].detail);
		free(list[i].fix);
	}
	free(list);
}

static int worse(const void *a, const void *b)
{
	const struct tdxctl_finding *x = a, *y = b;

	if (x->state != y->state)
		return x->state > y->state ? -1 : 1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

void tdxctl_findings_sort(struct tdxctl_finding *list, size_t count)
{
	qsort(list, count, sizeof(*list), worse);
}
