/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares the helper with BPF programs, which read KVM's own structures. */
#include <time.h>
#include "bpf/observer.h"
#include "live.h"

static int take_helper(void *arg, struct tdxctl_snapshot **out)
{
	int err = live_snapshot(arg, out);

	/* The helper may have been unloaded. */
	if (!err && (*out)->source != TDXCTL_SOURCE_HELPER) {
		tdxctl_snapshot_free(*out);
		*out = NULL;
		err = -ENODATA;
	}
	return err;
}

static int take_kvm(void *arg, struct tdxctl_snapshot **out)
{
	struct observer_why why = { "" };
	int err = observer_snapshot(arg, out, &why);

	if (err && err != -ENOMEM)
		ctx_log(arg, TDXCTL_LOG_INFO, "the helper is not compared with KVM: %s", why.text);
	return err;
}

static void wait_a_little(void *arg)
{
	const struct timespec t = { .tv_nsec = 50000000 };

	nanosleep(&t, NULL);
}

static const char *reason(int err)
{
	switch (err) {
	case -ENODEV:
		return "no KVM with TDX is loaded";
	case -EACCES:
		return "the addresses of TDRs are hidden: run as root";
	case -EPERM:
		return "BPF programs are not permitted: 'tdxctl helper status' shows why";
	case -EOPNOTSUPP:
		return "BPF programs cannot be used: 'tdxctl helper status' shows why";
	default:
		return "the helper stopped responding";
	}
}

int live_disagreement(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	const struct comparison c = { take_helper, take_kvm, wait_a_little, ctx };
	struct tdxctl_text *t = &f->disagreement;
	struct text_buf b = { NULL, 0, 0 };
	int err;

	if (f->snap->source != TDXCTL_SOURCE_HELPER) {
		t->reason = tdxctl_no_helper;
		return 0;
	}
	err = compare_snapshots(&c, f->snap, &b);
	if (!err) {
		t->text = b.p;
		return 0;
	}
	free(b.p);
	if (err == -ENOMEM)
		return ctx_nomem(ctx);
	ctx_clear(ctx);
	t->reason = reason(err);
	return 0;
}
