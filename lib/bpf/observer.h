/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Observation without the helper: BPF programs read KVM's structures when they are asked.
 * They stay loaded until the context is freed.
 */
#ifndef OBSERVER_H
#define OBSERVER_H

#include "host/host.h"
#include "record.h"
#include "trace.h"

struct bpf_object;

/*
 * Why the observer cannot be used: one sentence. @buf is for reasons that are not
 * constant. NULL: no reason was found.
 */
struct observer_why {
	char text[200];
};
void why_set(struct observer_why *why, const char *fmt, ...) PRINTF(2, 3);

/* ---- image.c: the programs, compiled ---- */

struct observer_image {
	const void *data;
	size_t size; /* 0: built without them */
};
struct observer_image observer_inventory(void), observer_events(void);

/* ---- permit.c ---- */

/*
 * Returns 0 if the kernel and the user's capabilities permit the observer as far as files
 * show. Else -ENODEV: no KVM with TDX is loaded; -EPERM: a capability is missing;
 * -EOPNOTSUPP: not in this kernel or build. Sets @why then.
 */
int observer_permitted(struct tdxctl_ctx *ctx, struct observer_why *why);

/* ---- types.c ---- */

struct kvm_types {
	struct inventory_config config;
	uint32_t state_initialized, state_runnable;
};
/* Reads the types of the loaded KVM. -ENOMEM, or -EOPNOTSUPP with @why. */
int types_read(struct tdxctl_ctx *ctx, struct kvm_types *types, struct observer_why *why);

/* ---- load.c ---- */

/*
 * Loads the program "inventory", runs it, and stores its records in *@records, malloc'ed.
 * -ENOMEM, or -EOPNOTSUPP with @why.
 */
struct observer_run;
int inventory_open(struct tdxctl_ctx *ctx, const struct inventory_config *config,
		   struct observer_run **out, struct observer_why *why);
int inventory_read(struct observer_run *run, void **buf, size_t *len, struct observer_why *why);
void inventory_close(struct observer_run *run);

/* ---- decode.c ---- */

/* The result of one run: each TD once. */
struct inventory {
	bool complete; /* the record of the host, which is the last, was read */
	struct inventory_host host;
	struct inventory_vm *vms;
	size_t nr_vms, room;
};
/*
 * Reads @len bytes of records; comm is printable then. Ignores a record that is cut off or
 * of an unknown kind. -ENOMEM.
 */
int inventory_decode(const void *buf, size_t len, struct inventory *inv);
void inventory_free(struct inventory *inv);
/*
 * Fills HKIDs, TDs and locks of @snap, which has CPUs and packages only. Then @inv has
 * only the TDs, in the order of @snap. -ENOMEM.
 */
int inventory_fill(struct inventory *inv, const struct kvm_types *types,
		   struct tdxctl_snapshot *snap);

/* ---- snapshot.c ---- */

/*
 * Takes a snapshot with the source BPF; VMs have the names of their processes. Returns 0,
 * -ENOMEM with the error of @ctx set, or -EOPNOTSUPP with @why.
 */
int observer_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out,
		      struct observer_why *why);
/* The last inventory, in the order of its snapshot; valid until the next one. */
const struct inventory *observer_last(struct tdxctl_ctx *ctx);
/* Frees the programs that snapshots left loaded: ctx->host of the live host. */
void observer_free(void *host);
/* Implements backend->observer. */
int observer_get(struct tdxctl_ctx *ctx, struct tdxctl_observer *out);

/* ---- trace.c ---- */

/* Implements backend->trace_open. */
int observer_trace_open(struct tdxctl_ctx *ctx, const struct tdxctl_trace_options *opts,
			struct tdxctl_trace **out);
/*
 * Implements backend->listen: the calls that begin a step in the life of a TD are events.
 * -ENODEV, -EPERM and -EOPNOTSUPP as observer_permitted(); -ENOMEM. Sets no error.
 */
int observer_listen(struct tdxctl_ctx *ctx, struct tdxctl_listener **out);

#endif
