/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the checks share; no other code includes this. */
#ifndef TDXCTL_EXAM_H
#define TDXCTL_EXAM_H

#include "health.h"
#include "host/host.h"

/* One check at work. */
struct tdxctl_exam {
	const struct tdxctl_check *check;
	const struct tdxctl_facts *facts;
	const struct tdxctl_snapshot *snap;
	struct tdxctl_limit warning, critical;
	struct tdxctl_check_result *result;
	struct tdxctl_health_report *report;
};

/* A reason of this check's: object, cause, next step. */
int exam_reason(struct tdxctl_exam *x, enum tdxctl_health state, const char *fmt, ...) PRINTF(3, 4);
/* A reason about the host as a whole, which makes its state unknown. */
int exam_host(struct tdxctl_health_report *r, const char *fmt, ...) PRINTF(2, 3);
/* The value cannot be read; @reason is a constant, or NULL. */
int exam_unknown(struct tdxctl_exam *x, const char *reason);
/* The same for want of a helper that answers. */
int exam_no_helper(struct tdxctl_exam *x);
bool exam_has_ledger(const struct tdxctl_exam *x);
/* Limits in percent are of @total; to be called before the first judgement. */
void exam_set_total(struct tdxctl_exam *x, uint64_t total);
/* Notes one object's value and says how bad it is; the worst one remains. */
enum tdxctl_health exam_judge(struct tdxctl_exam *x, uint64_t v);

static inline uint64_t exam_age(const struct tdxctl_snapshot *snap, uint64_t since)
{
	return since && since <= snap->hdr.now_ns ? snap->hdr.now_ns - since : 0;
}

/* ---- hkids.c ---- */

int exam_hkids_leaked(struct tdxctl_exam *x);
int exam_hkids_free(struct tdxctl_exam *x);
int exam_hkids_drift(struct tdxctl_exam *x);

#endif
