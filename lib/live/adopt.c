/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TDs that are older than the helper. One scan of /proc finds their VM files and registers
 * them with the helper. Without KVM's types it sees that a VM is a TD, but not which TD:
 * then the scan is repeated for each snapshot, and its TDs are added to the snapshot.
 */
#include <stdio.h>
#include <unistd.h>
#include "live.h"

struct scan {
	struct tdxctl_ctx *ctx;
	int dev;
	int pidfd;
	unsigned int pid;
	size_t first; /* the first of this process in @unread */
	struct unread *unread;
	bool complete; /* all TDs found so far could be registered */
	bool denied;   /* the user may not register TDs */
};

/* Whether two descriptors of @pid refer to the same VM; false also after an error. */
static bool same_vm(struct tdxctl_ctx *ctx, pid_t pid, int a, int b)
{
	return process_same_file(ctx, pid, a, pid, b) == 1;
}

static int add_unread(struct scan *s, int fd, uint32_t max_vcpus)
{
	struct unread *o = s->unread;
	struct unread_td *bigger;

	for (size_t i = s->first; i < o->count; i++)
		if (same_vm(s->ctx, (pid_t)s->pid, o->td[i].fd, fd))
			return 0;
	bigger = reallocarray(o->td, o->count + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	o->td = bigger;
	o->td[o->count++] =
		(struct unread_td){ .pid = (pid_t)s->pid, .fd = fd, .max_vcpus = max_vcpus };
	return 0;
}

static int one_fd(void *arg, unsigned int fd)
{
	struct scan *s = arg;
	struct tdxctl_adopt_args a = { .size = sizeof(a) };
	char link[128];
	int err;

	if (process_link(s->ctx, (pid_t)s->pid, fd, link, sizeof(link)) || !link_is_vm(link))
		return 0;
	if (s->pidfd < 0) {
		s->pidfd = op_pidfd_open(s->ctx, (pid_t)s->pid);
		if (s->pidfd < 0)
			return 1;
	}
	a.pidfd = s->pidfd;
	a.vm_fd = (int)fd;
	err = op_ioctl(s->ctx, s->dev, TDXCTL_IOC_ADOPT, &a);
	/* Not a TD, the VM of another process, or already closed. */
	if (!err || err == -EINVAL || err == -EXDEV || err == -ESRCH || err == -EBADF)
		return 0;
	s->complete = false;
	if (err == -EPERM) {
		s->denied = true;
		return 1;
	}
	if (err == -EOPNOTSUPP)
		return add_unread(s, a.vm_fd, a.max_vcpus);
	ctx_log(s->ctx, TDXCTL_LOG_WARN, "cannot register the TD of process %u with the helper: %s",
		s->pid, strerror(-err));
	return 0;
}

static int one_process(void *arg, unsigned int pid)
{
	struct scan *s = arg;
	int err;

	s->pid = pid;
	s->pidfd = -1;
	s->first = s->unread->count;
	/* Other errors: the process may end at any time. */
	err = process_each_fd(s->ctx, (pid_t)pid, one_fd, s);
	op_close(s->ctx, s->pidfd);
	return err == -ENOMEM ? err : s->denied;
}

static int scan_all(struct scan *s, struct tdxctl_info *info)
{
	struct tdxctl_adopt_args a = { .size = sizeof(a), .flags = TDXCTL_ADOPT_DONE };
	int err = root_each_number(s->ctx, "/proc", one_process, s);

	if (err == -ENOMEM)
		return ctx_nomem(s->ctx);
	if (err || !s->complete)
		return 0;
	/* A user may see no VM file of others, and the scan only seems to be complete. */
	err = op_ioctl(s->ctx, s->dev, TDXCTL_IOC_ADOPT, &a);
	if (err == -EPERM)
		s->denied = true;
	/* @info was read before. */
	if (!err)
		info->features |= TDXCTL_F_ADOPTED;
	return 0;
}

/*
 * The helper sees later TDs when they are created, so one complete scan is enough. An
 * incomplete scan is repeated for the next snapshot.
 */
int adopt_existing(struct tdxctl_ctx *ctx, struct tdxctl_info *info, struct unread *unread)
{
	const uint64_t done = TDXCTL_F_FROM_START | TDXCTL_F_ADOPTED | TDXCTL_F_EMULATED;
	struct scan s = { .ctx = ctx, .unread = unread, .complete = true };
	int err;

	if (info->features & done || !info->attached_ns)
		return 0;
	/* Without KVM there are no TDs. */
	if (!root_exists(ctx, "/sys/module/kvm_intel"))
		return 0;
	if (info->types_error[0])
		ctx_log(ctx, TDXCTL_LOG_INFO,
			"HKIDs of TDs older than the helper are not known: KVM's types: %s",
			info->types_error);
	s.dev = helper_open(ctx, HELPER_ACT);
	if (s.dev < 0) {
		ctx_clear(ctx);
		s.denied = true;
	} else {
		err = scan_all(&s, info);
		op_close(ctx, s.dev);
		if (err)
			return err;
	}
	if (s.denied)
		ctx_log(ctx, TDXCTL_LOG_WARN,
			"TDs that are older than the helper may be missing; run 'tdxctl td' once as root");
	return 0;
}

void unread_free(struct unread *unread)
{
	free(unread->td);
}

/* ---- adding them to a snapshot ---- */

/*
 * Whether the snapshot has the TD of @t. For a TD that the helper saw created it has the
 * VM file; for one that it found by a SEAMCALL it has only the process. Each TD matches
 * one file: @taken marks the TDs that have one.
 */
static bool is_listed(struct tdxctl_ctx *ctx, struct tdxctl_snapshot *snap, size_t n, bool *taken,
		      const struct unread_td *t)
{
	for (size_t i = 0; i < n; i++) {
		struct tdxctl_td *td = &snap->tds[i].td;

		if (taken[i] || td->owner.tgid != t->pid ||
		    !process_started_at(ctx, t->pid, td->owner.start_ns))
			continue;
		if (td->owner.fd >= 0 && !same_vm(ctx, t->pid, td->owner.fd, t->fd))
			continue;
		taken[i] = true;
		if (td->max_vcpus == TDXCTL_UNKNOWN32)
			td->max_vcpus = t->max_vcpus;
		return true;
	}
	return false;
}

static int count_vcpu(void *arg, const char *name)
{
	uint32_t *n = arg;

	*n += !strncmp(name, "vcpu", 4);
	return 0;
}

/* Counts vCPUs: KVM's debugfs has a directory per VM with a directory per vCPU. */
static uint32_t created_vcpus(struct tdxctl_ctx *ctx, const struct unread_td *t)
{
	char path[64];
	uint32_t n = 0;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d", t->pid, t->fd);
	return root_each(ctx, path, count_vcpu, &n) ? TDXCTL_UNKNOWN32 : n;
}

static int add_view(struct tdxctl_ctx *ctx, struct tdxctl_snapshot *snap, const struct unread_td *t)
{
	struct tdxctl_td_view *bigger, *v;
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t ticks;

	/* The process has ended. */
	if (hz <= 0 || process_start(ctx, t->pid, &ticks))
		return 0;
	bigger = reallocarray(snap->tds, snap->nr_tds + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	snap->tds = bigger;
	v = &bigger[snap->nr_tds];
	*v = (struct tdxctl_td_view){
		.td = {
			.state = TDXCTL_TD_UNKNOWN,
			.flags = TDXCTL_TD_LATE,
			.hkid = TDXCTL_UNKNOWN32,
			.last_hkid = TDXCTL_UNKNOWN32,
			.vcpus = created_vcpus(ctx, t),
			.max_vcpus = t->max_vcpus,
			.keyed_packages = TDXCTL_UNKNOWN,
			.private_pages = TDXCTL_UNKNOWN,
			.sept_pages = TDXCTL_UNKNOWN,
			.control_pages = TDXCTL_UNKNOWN,
			.owner = {
				.tgid = t->pid,
				.fd = t->fd,
				.start_ns = ticks * (NSEC_PER_SEC / (uint64_t)hz),
			},
		},
		.vm = { .pid = t->pid, .vm_fd = t->fd, .uid = (uid_t)-1 },
	};
	v->vm.name = process_comm(ctx, t->pid);
	if (!v->vm.name && asprintf(&v->vm.name, "process-%d", t->pid) < 0)
		return -ENOMEM;
	snprintf(v->td.owner.comm, sizeof(v->td.owner.comm), "%.15s", v->vm.name);
	snap->nr_tds++;
	return 0;
}

int unread_add(struct tdxctl_ctx *ctx, const struct unread *unread, struct tdxctl_snapshot *snap)
{
	size_t known = snap->nr_tds;
	bool *taken;
	int err = 0;

	if (!unread->count)
		return 0;
	taken = calloc(known + 1, sizeof(*taken));
	if (!taken)
		return ctx_nomem(ctx);
	for (size_t i = 0; !err && i < unread->count; i++)
		if (!is_listed(ctx, snap, known, taken, &unread->td[i]))
			err = add_view(ctx, snap, &unread->td[i]);
	free(taken);
	return err ? ctx_nomem(ctx) : 0;
}
