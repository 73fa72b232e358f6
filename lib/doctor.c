/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Goes through the rules once, in the order of their table. */
#include <stdio.h>
#include "rules.h"

static const char *const states[TDXCTL_RULE_STATES] = {
	[TDXCTL_RULE_OK] = "ok",
	[TDXCTL_RULE_SKIP] = "skip",
	[TDXCTL_RULE_UNKNOWN] = "unknown",
	[TDXCTL_RULE_INFO] = "info",
	[TDXCTL_RULE_WARN] = "warn",
	[TDXCTL_RULE_FAIL] = "fail",
};

static const char *const groups[TDXCTL_GROUPS] = {
	[TDXCTL_GROUP_CORE] = "core",
	[TDXCTL_GROUP_CAPACITY] = "capacity",
	[TDXCTL_GROUP_TEARDOWN] = "teardown",
	[TDXCTL_GROUP_UPDATE] = "update",
	[TDXCTL_GROUP_ATTESTATION] = "attestation",
};

const char *tdxctl_rule_state_str(enum tdxctl_rule_state state)
{
	return state < TDXCTL_RULE_STATES ? states[state] : NULL;
}

const char *tdxctl_rule_group_str(enum tdxctl_rule_group group)
{
	return group < TDXCTL_GROUPS ? groups[group] : NULL;
}

enum tdxctl_rule_state rule_says(struct tdxctl_examination *e, enum tdxctl_rule_state state,
				 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->detail, sizeof(e->detail), fmt, ap);
	va_end(ap);
	/* Some of it comes from files. */
	for (char *p = e->detail; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return state;
}

enum tdxctl_tri rule_tdx_up(const struct tdxctl_facts *f)
{
	if (f->snap->platform.has_tdx ||
	    (f->kvm_vm_types.readable && f->kvm_vm_types.value >> 5 & 1))
		return TDXCTL_YES;
	if (f->kvm_vm_types.readable || tdxctl_text_bool(&f->file[TDXCTL_FILE_KVM_TDX]) == TDXCTL_NO ||
	    f->snap->source == TDXCTL_SOURCE_EMULATED)
		return TDXCTL_NO;
	return TDXCTL_DONT_KNOW;
}

bool rule_has_ledger(const struct tdxctl_facts *f)
{
	return f->snap->source != TDXCTL_SOURCE_HOST;
}

const struct tdxctl_val *rule_msr(const struct tdxctl_facts *f, enum tdxctl_msr m)
{
	static const struct tdxctl_val none = { .reason = "no package is known" };

	return f->nr_msrs ? &f->msrs[0].msr[m] : &none;
}

static enum tdxctl_rule_state ask_log(struct tdxctl_examination *e, const struct tdxctl_rule *r)
{
	const char *line;
	bool known = true;
	size_t len;

	for (size_t i = 0; r->log[i]; i++) {
		switch (tdxctl_log_find(e->facts, r->log[i], &line, &len)) {
		case TDXCTL_YES:
			return rule_says(e, r->severity, "kernel log: %.*s",
					 (int)(len > 240 ? 240 : len), line);
		case TDXCTL_DONT_KNOW:
			known = false;
			break;
		default:
			break;
		}
	}
	if (known || (r->bring_up && rule_tdx_up(e->facts) == TDXCTL_YES))
		return TDXCTL_RULE_OK;
	return rule_says(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s", e->facts->log.text ?
			 "its beginning is lost" : e->facts->log.reason);
}

static enum tdxctl_rule_state examine(struct tdxctl_examination *e, const struct tdxctl_rule *r)
{
	enum tdxctl_rule_state s = TDXCTL_RULE_UNKNOWN;
	unsigned int k = e->facts->kernel;

	if ((k && r->since && k < r->since) || (k && r->until && k > r->until))
		return rule_says(e, TDXCTL_RULE_SKIP, "not on this kernel");
	if (r->check)
		s = r->check(e, r);
	if (s == TDXCTL_RULE_UNKNOWN && r->log) {
		char why[sizeof(e->detail)];

		memcpy(why, e->detail, sizeof(why));
		s = ask_log(e, r);
		/* The better source's reason is the one to mend. */
		if (s == TDXCTL_RULE_UNKNOWN && why[0])
			memcpy(e->detail, why, sizeof(why));
	}
	return s;
}

/* The finding of the rule that @r waits for, when that one stands in its way. */
static const struct tdxctl_finding *blocker(const struct tdxctl_rule *r,
					    const struct tdxctl_finding *list,
					    const bool *blocks, size_t n)
{
	for (size_t i = 0; r->needs && i < n; i++)
		if (!strcmp(list[i].rule->id, r->needs))
			return blocks[i] ? &list[i] : NULL;
	return NULL;
}

int tdxctl_doctor(const struct tdxctl_facts *f, bool attestation,
		  struct tdxctl_finding **out, size_t *count)
{
	struct tdxctl_finding *list = calloc(tdxctl_nr_rules, sizeof(*list));
	bool *blocks = calloc(tdxctl_nr_rules, sizeof(*blocks));
	size_t n;

	if (!list || !blocks)
		goto fail;
	for (n = 0; n < tdxctl_nr_rules; n++) {
		struct tdxctl_examination e = { .facts = f, .attestation = attestation };
		const struct tdxctl_finding *b;

		list[n].rule = &tdxctl_rules[n];
		b = blocker(list[n].rule, list, blocks, n);
		if (b)
			list[n].state = rule_says(&e, TDXCTL_RULE_SKIP, "waits for %s", b->rule->id);
		else if (list[n].rule->group == TDXCTL_GROUP_ATTESTATION && !attestation)
			list[n].state = rule_says(&e, TDXCTL_RULE_SKIP, "only with --attestation");
		else
			list[n].state = examine(&e, list[n].rule);
		/* What hangs below a rule that is skipped for a failure is skipped, too. */
		blocks[n] = b || list[n].state == TDXCTL_RULE_FAIL;
		if (e.detail[0]) {
			list[n].detail = strdup(e.detail);
			if (!list[n].detail)
				goto fail;
		}
	}
	free(blocks);
	*out = list;
	*count = n;
	return 0;
fail:
	free(blocks);
	tdxctl_findings_free(list, list ? tdxctl_nr_rules : 0);
	return -ENOMEM;
}

void tdxctl_findings_free(struct tdxctl_finding *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].detail);
	free(list);
}

static int worse(const void *a, const void *b)
{
	const struct tdxctl_finding *x = a, *y = b;

	if (x->state != y->state)
		return x->state > y->state ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

void tdxctl_findings_sort(struct tdxctl_finding *list, size_t count)
{
	qsort(list, count, sizeof(*list), worse);
}
