/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a snapshot with the helper; without it, with BPF programs or from files. */
#include "bpf/observer.h"
#include "live.h"

/* Enough: TDs are created and end in milliseconds; a snapshot is faster. */
#define CHARGED_TRIES 3

/* Whether no process has the PID of the TD: a cheap check even for thousands of TDs. */
static bool pid_is_free(struct tdxctl_ctx *ctx, const struct tdxctl_td *td)
{
	int fd = td->owner.tgid > 0 ? op_pidfd_open(ctx, td->owner.tgid) : 0;

	if (fd > 0)
		op_close(ctx, fd);
	return fd == -ESRCH;
}

static int name_all(struct tdxctl_ctx *ctx, struct tdxctl_snapshot *snap)
{
	for (size_t i = 0; i < snap->nr_tds; i++) {
		const struct tdxctl_td *td = &snap->tds[i].td;
		int err;

		if (ctx->brief && td->state != TDXCTL_TD_BLOCKED &&
		    td->state != TDXCTL_TD_TEARDOWN && !pid_is_free(ctx, td))
			continue;
		err = vm_name(ctx, td, &snap->tds[i].vm);
		if (err)
			return ctx_nomem(ctx);
	}
	return 0;
}

static int from_helper(struct tdxctl_ctx *ctx, int fd, struct tdxctl_snapshot **out)
{
	struct tdxctl_snapshot *snap;
	bool counted;
	int err;

	for (int i = 0;; i++) {
		uint64_t before = host_hkids_charged(ctx, &counted);

		err = helper_snapshot(ctx, fd, &snap);
		if (err)
			return err;
		/* Equal before and after: the count also holds for the snapshot. */
		snap->hkids_charged = host_hkids_charged(ctx, &counted);
		if (before == snap->hkids_charged)
			break;
		if (i == CHARGED_TRIES) {
			snap->hkids_charged = TDXCTL_UNKNOWN;
			break;
		}
		tdxctl_snapshot_free(snap);
	}
	hkids_infer(snap);
	snap->source = TDXCTL_SOURCE_HELPER;
	host_platform(ctx, &snap->platform, counted);
	err = name_all(ctx, snap);
	if (err) {
		tdxctl_snapshot_free(snap);
		return err;
	}
	/* SEAMCALLs prove a TDX module; KeyIDs do not, since firmware configures them. */
	if (snap->hdr.seamcalls)
		snap->platform.has_tdx = true;
	*out = snap;
	return 0;
}

static int without_helper(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out)
{
	struct observer_why why = { "" };
	int err = observer_snapshot(ctx, out, &why);

	if (err == -ENOMEM)
		return ctx_nomem(ctx);
	if (err) {
		ctx_log(ctx, TDXCTL_LOG_INFO, "TDs are not visible without the helper: %s",
			why.text);
		return host_snapshot(ctx, out);
	}
	err = name_all(ctx, *out);
	if (err)
		tdxctl_snapshot_free(*out);
	return err;
}

int live_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out)
{
	int fd = helper_open(ctx, HELPER_READ), err;

	if (fd == -ENOENT) {
		ctx_clear(ctx);
		return without_helper(ctx, out);
	}
	if (fd < 0)
		return fd;
	err = from_helper(ctx, fd, out);
	op_close(ctx, fd);
	return err;
}
