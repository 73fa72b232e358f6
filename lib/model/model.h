/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots, and what is computed from one; names and meanings of TDX values. */
#ifndef TDXCTL_MODEL_H
#define TDXCTL_MODEL_H

#include "base/base.h"

/* Like tdxctl_snapshot_parse(). The reason of a failure is set in @ctx, which may be NULL. */
int snapshot_parse(struct tdxctl_ctx *ctx, const void *buf, size_t len,
		   struct tdxctl_snapshot **out);
/* Makes a copy that shares no memory with @s. Returns 0 or -ENOMEM. */
int snapshot_copy(const struct tdxctl_snapshot *s, struct tdxctl_snapshot **out);

/* Number of HKIDs of @s in @state. */
size_t hkids_count(const struct tdxctl_snapshot *s, enum tdxctl_hkid_state state);
/* Number of HKIDs that are neither free nor unknown. */
size_t hkids_in_use(const struct tdxctl_snapshot *s);
/* Sets the state of unknown HKIDs where the number of charged HKIDs determines it. */
void hkids_infer(struct tdxctl_snapshot *s);

/* ---- compare.c ---- */

/* Where compare_snapshots() gets snapshots from; they belong to it. -errno ends the comparison. */
struct comparison {
	int (*helper)(void *arg, struct tdxctl_snapshot **out);
	int (*kvm)(void *arg, struct tdxctl_snapshot **out); /* source BPF */
	void (*pause)(void *arg);			     /* before another round */
	void *arg;
};
/*
 * Appends to @out a line for each TD on which helper and KVM differ. @first is the helper's
 * snapshot for the first round, with the names of the VMs. Both sides change while they are read,
 * so after a difference both are read again: only what differs in three rounds counts.
 * Returns 0, -ENOMEM, -EACCES if addresses of TDRs are hidden, or an error of @c.
 */
int compare_snapshots(const struct comparison *c, const struct tdxctl_snapshot *first,
		      struct text_buf *out);

/* Frees *@to and replaces it by a copy of @from, which may be NULL. Returns 0 or -ENOMEM. */
int string_copy(char **to, const char *from);

#endif
