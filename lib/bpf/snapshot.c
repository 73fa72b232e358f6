/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a snapshot with BPF programs, and finds out what they can see. */
#include <sys/stat.h>
#include <time.h>
#include "observer.h"

/* Enough: a TD is created in milliseconds; an inventory is faster. */
#define INVENTORY_TRIES 3

/* The loaded programs, which the next snapshot of the same context uses again. */
struct observer {
	struct kvm_types types;
	struct observer_run *run;
	struct inventory last;
	struct stat kvm; /* of the directory of kvm_intel: another one after it was reloaded */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

/* Whether each allocated HKID has its TD. */
static bool is_settled(const struct tdxctl_snapshot *snap)
{
	for (size_t i = 0; i < snap->nr_hkids; i++)
		if (snap->hkids[i].state == TDXCTL_HKID_UNKNOWN ||
		    snap->hkids[i].state == TDXCTL_HKID_ASSIGNED)
			return false;
	return true;
}

static int take(struct tdxctl_ctx *ctx, struct observer *o, struct tdxctl_snapshot **out,
		struct observer_why *why)
{
	struct inventory *inv = &o->last;
	struct tdxctl_snapshot *snap;
	size_t len;
	void *buf;
	int err = inventory_read(o->run, &buf, &len, why);

	if (err)
		return err;
	inventory_free(inv);
	err = inventory_decode(buf, len, inv);
	free(buf);
	if (err)
		return err;
	if (!inv->complete) {
		why_set(why, "the BPF program did not end");
		return -EOPNOTSUPP;
	}
	err = host_snapshot(ctx, &snap);
	if (!err) {
		snap->source = TDXCTL_SOURCE_BPF;
		snap->info.leaked_pages = TDXCTL_UNKNOWN;
		snap->hdr.now_ns = clock_ns(CLOCK_MONOTONIC);
		snap->hdr.boot_offset_ns = clock_ns(CLOCK_BOOTTIME) - snap->hdr.now_ns;
		err = inventory_fill(inv, &o->types, snap);
		if (!(inv->host.has & INVENTORY_HAS_POOL))
			hkids_infer(snap);
		if (snap->nr_tds)
			snap->platform.has_tdx = true;
		if (err)
			tdxctl_snapshot_free(snap);
		else
			*out = snap;
	}
	return err;
}

void observer_free(void *host)
{
	struct observer *o = host;

	if (!o)
		return;
	inventory_close(o->run);
	inventory_free(&o->last);
	free(o);
}

static int open_observer(struct tdxctl_ctx *ctx, struct observer *o, struct observer_why *why)
{
	int err = types_read(ctx, &o->types, why);

	if (err)
		return err;
	return inventory_open(ctx, &o->types.config, &o->run, why);
}

static void stat_kvm(struct tdxctl_ctx *ctx, struct stat *st)
{
	*st = (struct stat){ 0 };
	fstatat(ctx->rootfd, "sys/module/kvm_intel", st, 0);
}

/* Sets ctx->host. */
static int get_observer(struct tdxctl_ctx *ctx, struct observer_why *why)
{
	struct observer *o = ctx->host;
	struct stat now;
	int err = observer_permitted(ctx, why);

	if (err)
		return err;
	stat_kvm(ctx, &now);
	if (o && o->kvm.st_ino == now.st_ino && o->kvm.st_ctim.tv_sec == now.st_ctim.tv_sec &&
	    o->kvm.st_ctim.tv_nsec == now.st_ctim.tv_nsec)
		return 0;
	observer_free(o);
	ctx->host = o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->kvm = now;
	err = open_observer(ctx, o, why);
	if (err) {
		observer_free(o);
		ctx->host = NULL;
	}
	return err;
}

int observer_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out,
		      struct observer_why *why)
{
	int err = get_observer(ctx, why);

	for (int i = 0; !err; i++) {
		err = take(ctx, ctx->host, out, why);
		if (err || i == INVENTORY_TRIES || is_settled(*out))
			break;
		tdxctl_snapshot_free(*out);
	}
	return err;
}

const struct inventory *observer_last(struct tdxctl_ctx *ctx)
{
	return &((const struct observer *)ctx->host)->last;
}

int observer_get(struct tdxctl_ctx *ctx, struct tdxctl_observer *out)
{
	struct observer_why why = { "" };
	struct tdxctl_snapshot *snap;
	int err = observer_snapshot(ctx, &snap, &why);

	if (!err)
		tdxctl_snapshot_free(snap);
	if (err == -ENOMEM)
		return ctx_nomem(ctx);
	*out = (struct tdxctl_observer){ .tds = !err };
	if (!err) {
		uint32_t has = observer_last(ctx)->host.has;

		out->hkids = has & INVENTORY_HAS_KEYIDS;
		out->locks = has & INVENTORY_HAS_LOCK;
		if (!out->hkids || !out->locks)
			why_set(&why,
				"the addresses of kernel variables are not visible: they need CAP_SYSLOG");
	}
	memcpy(out->why, why.text, sizeof(out->why));
	return 0;
}
