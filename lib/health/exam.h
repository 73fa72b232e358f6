/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the checks. */
#ifndef TDXCTL_EXAM_H
#define TDXCTL_EXAM_H

#include "health.h"
#include "host/host.h"

/* A check while it runs. */
struct tdxctl_exam {
	const struct tdxctl_check *check;
	const struct tdxctl_facts *facts;
	const struct tdxctl_snapshot *snap;
	struct tdxctl_limit warning, critical;
	struct tdxctl_check_result *result;
	struct tdxctl_health_report *report;
};

/* Adds a reason of this check: object, cause, next step. */
int exam_reason(struct tdxctl_exam *x, enum tdxctl_health state, const char *fmt, ...) PRINTF(3, 4);
/* Adds a reason about the whole host, with the state UNKNOWN. */
int exam_host(struct tdxctl_health_report *r, const char *fmt, ...) PRINTF(2, 3);
/* Sets the result to UNKNOWN. @reason is a constant, or NULL. Returns 0. */
int exam_unknown(struct tdxctl_exam *x, const char *reason);
/* The same, for a reason that names an object; `status` and doctor report it as well. */
int exam_unsure(struct tdxctl_exam *x, const char *fmt, ...) PRINTF(2, 3);
/* Sets the result to UNKNOWN because the helper did not report. Returns 0. */
int exam_no_helper(struct tdxctl_exam *x);
/*
 * Whether the snapshot has nothing about @subject, and not only counts that are not
 * complete. The result is then UNKNOWN.
 */
bool exam_blind(struct tdxctl_exam *x, enum tdxctl_subject subject);
/* Resolves limits in percent of @total. Call it before exam_judge(). */
void exam_set_total(struct tdxctl_exam *x, uint64_t total);
/* Compares the value of one object with the limits. The worst value and state become the result. */
enum tdxctl_health exam_judge(struct tdxctl_exam *x, uint64_t v);

/* Nanoseconds from @since to the snapshot; 0 if @since is not known. */
static inline uint64_t exam_age(const struct tdxctl_snapshot *snap, uint64_t since)
{
	return since && since <= snap->hdr.now_ns ? snap->hdr.now_ns - since : 0;
}

/* ---- hkids.c ---- */

int exam_hkids_leaked(struct tdxctl_exam *x);
int exam_hkids_free(struct tdxctl_exam *x);
int exam_hkids_drift(struct tdxctl_exam *x);

#endif
