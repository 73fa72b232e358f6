/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the checks: reasons, limits, and the comparison of values with them. */
#include <stdio.h>
#include "exam.h"

static int vadd_reason(struct tdxctl_health_report *r, const struct tdxctl_check *check,
		       enum tdxctl_health state, const char *fmt, va_list ap)
{
	struct tdxctl_health_reason *bigger;

	bigger = reallocarray(r->reasons, r->nr_reasons + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	r->reasons = bigger;
	bigger += r->nr_reasons;
	bigger->check = check;
	bigger->state = state;
	if (vasprintf(&bigger->text, fmt, ap) < 0)
		return -ENOMEM;
	r->nr_reasons++;
	return 0;
}

int exam_reason(struct tdxctl_exam *x, enum tdxctl_health state, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = vadd_reason(x->report, x->check, state, fmt, ap);
	va_end(ap);
	return err;
}

int exam_unknown(struct tdxctl_exam *x, const char *reason)
{
	x->result->state = TDXCTL_HEALTH_UNKNOWN;
	x->result->value = (struct tdxctl_val){ .reason = reason ? reason : "not read" };
	return 0;
}

int exam_unsure(struct tdxctl_exam *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->result->why, sizeof(x->result->why), fmt, ap);
	va_end(ap);
	return exam_unknown(x, x->result->why);
}

int exam_no_helper(struct tdxctl_exam *x)
{
	switch (x->facts->helper_err) {
	case 0:
		return exam_unknown(x, tdxctl_no_helper);
	case -EACCES:
	case -EPERM:
		return exam_unknown(x, "only root can read from the helper");
	default:
		return exam_unknown(x, "the helper does not respond; its version may not match");
	}
}

bool exam_blind(struct tdxctl_exam *x, enum tdxctl_subject subject)
{
	const char *why = tdxctl_unknown_why(x->snap, subject);

	if (x->snap->source == TDXCTL_SOURCE_HOST) {
		exam_no_helper(x);
		return true;
	}
	/* BPF programs see TDs, but neither their past nor their pages. */
	if (x->snap->source == TDXCTL_SOURCE_BPF && subject == TDXCTL_SUBJECT_TDS &&
	    why != tdxctl_no_module)
		why = tdxctl_no_helper;
	/* TDs that were seen count, even if there may be others. */
	if (!why ||
	    (subject == TDXCTL_SUBJECT_TDS && why != tdxctl_no_module && why != tdxctl_no_helper))
		return false;
	exam_unknown(x, why);
	return true;
}

/* The limit as a number. A percentage is rounded so that "below" and "above" it stay exact. */
static uint64_t resolve(const struct tdxctl_check *c, const struct tdxctl_limit *l, uint64_t total)
{
	if (l->value == TDXCTL_UNKNOWN || !l->percent)
		return l->value;
	if (!total)
		return TDXCTL_UNKNOWN;
	return (l->value * total + (c->low ? 99 : 0)) / 100;
}

void exam_set_total(struct tdxctl_exam *x, uint64_t total)
{
	x->result->total = total;
	x->result->warning = resolve(x->check, &x->warning, total);
	x->result->critical = resolve(x->check, &x->critical, total);
	x->result->warning_limit = x->warning;
	x->result->critical_limit = x->critical;
}

static bool beyond(const struct tdxctl_check *c, uint64_t v, uint64_t limit)
{
	return limit != TDXCTL_UNKNOWN && (c->low ? v < limit : v > limit);
}

static bool violates(const struct tdxctl_check *c, uint64_t v, const struct tdxctl_limit *l,
		     uint64_t limit)
{
	if (!l->range)
		return beyond(c, v, limit);
	return (v >= l->from && v <= l->to) == l->inside;
}

enum tdxctl_health exam_judge(struct tdxctl_exam *x, uint64_t v)
{
	struct tdxctl_check_result *r = x->result;
	enum tdxctl_health h =
		violates(x->check, v, &x->critical, r->critical) ? TDXCTL_HEALTH_CRITICAL :
		violates(x->check, v, &x->warning, r->warning)	 ? TDXCTL_HEALTH_WARNING :
								   TDXCTL_HEALTH_OK;

	if (!r->value.readable || h > r->state ||
	    (h == r->state && beyond(x->check, v, r->value.value)))
		r->value.value = v;
	r->value.readable = true;
	if (h > r->state)
		r->state = h;
	return h;
}

int exam_host(struct tdxctl_health_report *r, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = vadd_reason(r, NULL, TDXCTL_HEALTH_UNKNOWN, fmt, ap);
	va_end(ap);
	return err;
}
