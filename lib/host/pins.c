/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What keeps a TD alive, see FLOWS.md F7: the HKID is freed when the last process that
 * shares the memory map ends, private pages when the guest_memfd is closed, the VM when
 * its last file is closed.
 */
#include <linux/kcmp.h>
#include <stdio.h>
#include <unistd.h>
#include "host.h"

struct file {
	int fd;
	enum tdxctl_pin_kind kind;
	char link[64];
};

struct scan {
	struct tdxctl_ctx *ctx;
	pid_t owner;	    /* 0: ended */
	int vm_fd;	    /* the owner's VM file */
	struct file *files; /* of the owner, of the kinds above */
	size_t nr_files;
	struct tdxctl_pin *pins;
	size_t nr_pins;
	bool denied; /* a process could not be read */
	pid_t pid;   /* the current process */
	bool shares_mm;
	bool inherited; /* the owner has ended; this one has its VM file */
};

static bool classify(const char *link, enum tdxctl_pin_kind *kind)
{
	if (link_is_vm(link))
		*kind = TDXCTL_PIN_VM_FD;
	else if (!strncmp(link, "anon_inode:kvm-vcpu", 19))
		*kind = TDXCTL_PIN_VCPU_FD;
	else if (link_is_gmem(link))
		*kind = TDXCTL_PIN_GMEM_FD;
	else if (!strncmp(link, "/dev/vhost-", 11))
		*kind = TDXCTL_PIN_VHOST_FD;
	else
		return false;
	return true;
}

static void read_comm(struct scan *s, const char *path, char comm[16])
{
	char buf[64];

	comm[0] = '\0';
	if (root_read_line(s->ctx, path, buf, sizeof(buf)))
		return;
	snprintf(comm, 16, "%.15s", buf);
	text_plain(comm);
}

static int add_pin(struct scan *s, enum tdxctl_pin_kind kind, pid_t tid, int fd, const char *detail)
{
	struct tdxctl_pin *bigger = realloc(s->pins, (s->nr_pins + 1) * sizeof(*bigger));
	struct tdxctl_pin *p;
	char path[64];

	if (!bigger)
		return -ENOMEM;
	s->pins = bigger;
	p = &bigger[s->nr_pins];
	*p = (struct tdxctl_pin){ .kind = kind, .pid = s->pid, .tid = tid, .fd = fd };
	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", s->pid, tid);
	read_comm(s, path, p->comm);
	if (detail) {
		p->detail = strdup(detail);
		if (!p->detail)
			return -ENOMEM;
	}
	s->nr_pins++;
	return 0;
}

static int one_thread(void *arg, unsigned int tid)
{
	struct scan *s = arg;

	if ((pid_t)tid == s->pid)
		return 0; /* the main thread is listed as the process */
	return add_pin(s, TDXCTL_PIN_THREAD, (pid_t)tid, -1, NULL);
}

/* Whether @fd of the current process is an open file of the owner: 1, 0 or -errno. */
static int same_file(struct scan *s, int fd, enum tdxctl_pin_kind kind)
{
	for (size_t i = 0; i < s->nr_files; i++) {
		int same;

		if (s->files[i].kind != kind)
			continue;
		same = process_same_file(s->ctx, s->owner, s->files[i].fd, s->pid, fd);
		if (same)
			return same;
	}
	return 0;
}

static int one_fd(void *arg, unsigned int fd)
{
	enum tdxctl_pin_kind kind;
	struct scan *s = arg;
	char link[256];
	int err = process_link(s->ctx, s->pid, fd, link, sizeof(link));

	if (err == -EACCES || err == -EPERM)
		s->denied = true;
	if (err || !classify(link, &kind))
		return 0;
	if (s->pid != s->owner && !s->inherited) {
		int same = same_file(s, (int)fd, kind);

		if (same == -EPERM || same == -EACCES)
			s->denied = true;
		if (same != 1)
			return 0;
	}
	return add_pin(s, kind, s->pid, (int)fd, link);
}

static int owner_fd(void *arg, unsigned int fd)
{
	struct scan *s = arg;
	enum tdxctl_pin_kind kind;
	struct file *bigger;
	char link[256];

	if (process_link(s->ctx, s->pid, fd, link, sizeof(link)) || !classify(link, &kind))
		return 0;
	bigger = realloc(s->files, (s->nr_files + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	s->files = bigger;
	s->files[s->nr_files++] = (struct file){ .fd = (int)fd, .kind = kind };
	return 0;
}

/*
 * A child of fork() has its parent's descriptors under the same numbers. After the owner
 * has ended, this is the only evidence that ties a process to the TD.
 */
static bool inherited_vm(struct scan *s)
{
	char link[256];

	return !s->owner && s->vm_fd >= 0 &&
	       !process_link(s->ctx, s->pid, (unsigned int)s->vm_fd, link, sizeof(link)) &&
	       link_is_vm(link);
}

static int one_process(void *arg, unsigned int pid)
{
	struct scan *s = arg;
	char path[48];
	int err;

	s->pid = (pid_t)pid;
	s->shares_mm = s->pid == s->owner;
	if (!s->shares_mm && s->owner && !s->ctx->backend->copied) {
		int same = op_kcmp(s->ctx, s->owner, s->pid, KCMP_VM, 0, 0);

		if (same == -EPERM || same == -EACCES)
			s->denied = true;
		s->shares_mm = same == 1;
	}
	s->inherited = inherited_vm(s);
	if (s->shares_mm) {
		err = add_pin(s, TDXCTL_PIN_PROCESS, s->pid, -1, NULL);
		if (err)
			return err;
		snprintf(path, sizeof(path), "/proc/%d/task", s->pid);
		err = root_each_number(s->ctx, path, one_thread, s);
		if (err == -ENOMEM)
			return err;
	}
	/* Comparing files needs kcmp() with the running owner. */
	if (!s->shares_mm && !s->inherited && (!s->owner || s->ctx->backend->copied))
		return 0;
	err = process_each_fd(s->ctx, s->pid, one_fd, s);
	if (err == -EACCES || err == -EPERM)
		s->denied = true;
	return err == -ENOMEM ? err : 0;
}

static int by_pid(const void *va, const void *vb)
{
	const struct tdxctl_pin *a = va, *b = vb;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return (a->fd > b->fd) - (a->fd < b->fd);
}

int host_pins(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td, struct tdxctl_pin **out,
	      size_t *count)
{
	struct scan s = { .ctx = ctx, .vm_fd = td->td.owner.fd };
	int err = 0;

	if (process_started_at(ctx, td->vm.pid, td->td.owner.start_ns)) {
		s.owner = s.pid = td->vm.pid;
		err = process_each_fd(ctx, s.owner, owner_fd, &s);
		s.denied = err == -EACCES || err == -EPERM;
	}
	if (err != -ENOMEM)
		err = root_each_number(ctx, "/proc", one_process, &s);
	free(s.files);
	if (err && s.nr_pins == 0) {
		free(s.pins);
		return ctx_fail(ctx, err, NULL, "cannot read /proc: %s", strerror(-err));
	}
	if (s.nr_pins)
		qsort(s.pins, s.nr_pins, sizeof(*s.pins), by_pid);
	*out = s.pins;
	*count = s.nr_pins;
	if (err == -ENOMEM)
		return ctx_nomem(ctx);
	if (s.denied)
		return ctx_fail(ctx, -EACCES, "run as root to see all processes",
				"cannot read some processes in /proc: Permission denied");
	return 0;
}
