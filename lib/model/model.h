/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots and what follows from one; names and meanings of TDX values. */
#ifndef TDXCTL_MODEL_H
#define TDXCTL_MODEL_H

#include "base/base.h"

/* Like tdxctl_snapshot_parse(); the reason goes to @ctx (may be NULL). */
int snapshot_parse(struct tdxctl_ctx *ctx, const void *buf, size_t len,
		   struct tdxctl_snapshot **out);
/* A copy that shares nothing with @s. -ENOMEM. */
int snapshot_copy(const struct tdxctl_snapshot *s, struct tdxctl_snapshot **out);

/* HKIDs of @s in @state. */
size_t hkids_count(const struct tdxctl_snapshot *s, enum tdxctl_hkid_state state);
/* HKIDs that are neither free nor unknown. */
size_t hkids_in_use(const struct tdxctl_snapshot *s);
/* Settles unknown HKIDs where the charged ones leave no choice. */
void hkids_infer(struct tdxctl_snapshot *s);

/* Frees *@to and makes it a copy of @from, which may be NULL. -ENOMEM. */
int string_copy(char **to, const char *from);

#endif
