/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TDs that were there before the helper: their VM files are looked for once and
 * handed to it, together with what BTF says about KVM's structures.
 */
#include <stdio.h>
#include "private.h"

struct scan {
	struct tdxctl_ctx *ctx;
	int dev;
	int pidfd;
	unsigned int pid;
	int err;
};

int layout_register(struct tdxctl_ctx *ctx, int dev)
{
	struct tdxctl_layout l;
	int err = btf_layout(ctx, &l);

	return err ? err : op_ioctl(ctx, dev, TDXCTL_IOC_LAYOUT, &l);
}

static int one_fd(void *arg, unsigned int fd)
{
	struct scan *s = arg;
	struct tdxctl_adopt_args a = { .size = sizeof(a) };
	char path[48], link[128];
	int err;

	snprintf(path, sizeof(path), "/proc/%u/fd/%u", s->pid, fd);
	if (root_readlink(s->ctx, path, link, sizeof(link)) || !link_is_vm(link))
		return 0;
	if (s->pidfd < 0) {
		s->pidfd = op_pidfd_open(s->ctx, (pid_t)s->pid);
		if (s->pidfd < 0)
			return 1;
	}
	a.pidfd = s->pidfd;
	a.vm_fd = (int)fd;
	err = op_ioctl(s->ctx, s->dev, TDXCTL_IOC_ADOPT, &a);
	/* An ordinary VM, another's, or gone again; anything else is worth a word. */
	if (err && err != -EINVAL && err != -EXDEV && err != -ESRCH && err != -EBADF) {
		ctx_log(s->ctx, TDXCTL_LOG_WARN, "process %u: its TD is not known to the helper: %s",
			s->pid, strerror(-err));
		s->err = err;
	}
	return 0;
}

static int one_process(void *arg, unsigned int pid)
{
	struct scan *s = arg;
	char path[32];

	s->pid = pid;
	s->pidfd = -1;
	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	/* It may end any time. */
	(void)root_each_number(s->ctx, path, one_fd, s);
	op_close(s->ctx, s->pidfd);
	return 0;
}

/*
 * Later TDs are seen as they are made, so one look is enough, and a look that
 * could not see everything is not marked as done.
 */
void adopt_older(struct tdxctl_ctx *ctx, int dev, const struct tdxctl_info *info)
{
	const uint64_t done = TDXCTL_F_FROM_START | TDXCTL_F_ADOPTED | TDXCTL_F_EMULATED;
	struct tdxctl_adopt_args a = { .size = sizeof(a), .flags = TDXCTL_ADOPT_DONE };
	struct scan s = { .ctx = ctx, .dev = dev };
	int err;

	if (info->features & done || !info->attached_ns)
		return;
	/* Without KVM there is no TD, and the kernel's BTF is large. */
	if (!root_exists(ctx, "/sys/module/kvm_intel"))
		return;
	err = layout_register(ctx, dev);
	if (err) {
		ctx_log(ctx, TDXCTL_LOG_INFO, "TDs older than the helper stay unknown: %s",
			strerror(-err));
		return;
	}
	if (!root_each_number(ctx, "/proc", one_process, &s) && !s.err)
		op_ioctl(ctx, dev, TDXCTL_IOC_ADOPT, &a);
}
