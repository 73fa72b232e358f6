/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private memory is in the VMM's guest_memfd files. After the HKID is freed, punching a
 * hole costs one SEAMCALL per page, see FLOWS.md F3. Holes are punched in chunks, so that
 * a release can report progress and be cancelled.
 */
#include <stdio.h>
#include "live.h"

#define CHUNK (4ULL << 20)

struct find {
	struct live_release *r;
	int err;
	bool several_vms;
};

static int one_fd(void *arg, unsigned int fd)
{
	struct find *f = arg;
	struct live_release *r = f->r;
	struct tdxctl_ctx *ctx = r->base.ctx;
	char path[48], link[128];
	struct gmem *bigger;
	int64_t size;
	int copy;

	if (process_link(ctx, r->pid, fd, link, sizeof(link)))
		return 0;
	if (link_is_vm(link) && process_same_file(ctx, r->pid, r->vm_fd, r->pid, (int)fd) != 1)
		f->several_vms = true;
	if (!link_is_gmem(link))
		return 0;
	copy = op_pidfd_getfd(ctx, r->pidfd, (int)fd);
	if (copy < 0)
		return copy;
	/* The VMM may have reused the number for another file: check the copy. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
	if (root_readlink(ctx, path, link, sizeof(link)) || !link_is_gmem(link)) {
		op_close(ctx, copy);
		return 0;
	}
	size = op_file_size(ctx, copy);
	bigger = size < 0 ? NULL : realloc(r->gmem, (r->nr_gmem + 1) * sizeof(*bigger));
	if (!bigger) {
		op_close(ctx, copy);
		return size < 0 ? (int)size : -ENOMEM;
	}
	r->gmem = bigger;
	r->gmem[r->nr_gmem++] = (struct gmem){ .fd = copy, .size = (uint64_t)size };
	return 0;
}

int gmem_open(struct live_release *r)
{
	struct find f = { .r = r };
	int err = process_each_fd(r->base.ctx, r->pid, one_fd, &f);

	r->gmem_open = true;
	/* Punching the memory of another VM of this process would kill that guest. */
	if (!err && f.several_vms)
		err = ctx_fail(r->base.ctx, -EOPNOTSUPP, "use --strategy release or stop",
			       "%s: process %d has several VMs; the owner of each guest_memfd is not known",
			       r->name, r->pid);
	else if (err)
		ctx_fail(r->base.ctx, err, "run as root",
			 "%s: cannot open guest_memfd of process %d: %s", r->name, r->pid,
			 strerror(-err));
	if (err)
		gmem_close(r);
	return err;
}

int gmem_punch(struct live_release *r, unsigned int ms)
{
	uint64_t end = tdxctl_clock_ns() + ms * 1000000ULL;

	for (size_t i = 0; i < r->nr_gmem; i++) {
		struct gmem *g = &r->gmem[i];

		while (g->done < g->size) {
			uint64_t len = g->size - g->done < CHUNK ? g->size - g->done : CHUNK;
			int err = op_punch_hole(r->base.ctx, g->fd, g->done, len);

			if (err == -EINTR)
				return 0;
			if (err < 0)
				return ctx_fail(r->base.ctx, err, "use --strategy stop",
						"%s: cannot free guest_memfd pages: %s", r->name,
						strerror(-err));
			g->done += len;
			if (tdxctl_clock_ns() >= end)
				return 0;
		}
	}
	return 1;
}

void gmem_close(struct live_release *r)
{
	for (size_t i = 0; i < r->nr_gmem; i++)
		op_close(r->base.ctx, r->gmem[i].fd);
	free(r->gmem);
	r->gmem = NULL;
	r->nr_gmem = 0;
}
