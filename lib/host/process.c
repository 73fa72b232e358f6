/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes of the host and their descriptors. A PID may be reused, so it identifies a
 * process only together with its start time.
 */
#include <ctype.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/kcmp.h>
#include "host.h"

bool link_is_vm(const char *link)
{
	return !strcmp(link, "anon_inode:kvm-vm") || !strcmp(link, "anon_inode:[kvm-vm]");
}

bool link_is_gmem(const char *link)
{
	/* "anon_inode:[kvm-gmem]"; newer kernels show a path in a file system of its own. */
	return strstr(link, "[kvm-gmem]");
}

/* The start time is field 22 of stat. */
int process_start(struct tdxctl_ctx *ctx, pid_t pid, uint64_t *ticks)
{
	char path[32], *text, *p;
	int err = -EPROTO;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (root_read(ctx, path, 4096, &text) < 0)
		return -ESRCH;
	/* The name in parentheses may itself contain parentheses. */
	p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		if (p)
			p++;
	}
	if (p && isdigit((unsigned char)*p)) {
		*ticks = strtoull(p, NULL, 10);
		err = 0;
	}
	free(text);
	return err;
}

bool process_started_at(struct tdxctl_ctx *ctx, pid_t pid, uint64_t start_ns)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t ticks, want;

	if (pid <= 0 || !start_ns || hz <= 0 || process_start(ctx, pid, &ticks))
		return false;
	/* Both are rounded down from the same clock: allow one tick of difference. */
	want = start_ns / (NSEC_PER_SEC / (uint64_t)hz);
	return ticks + 1 >= want && ticks <= want + 1;
}

/*
 * The helper reports PIDs of the initial PID namespace, whose inode number is fixed. A
 * kernel without PID namespaces has the other files of /proc/self/ns, if any.
 */
static bool in_first_pid_ns(struct tdxctl_ctx *ctx)
{
	char text[64];
	int err = root_readlink(ctx, "/proc/self/ns/pid", text, sizeof(text));

	if (err == -ENOENT)
		return !root_readlink(ctx, "/proc/self/exe", text, sizeof(text));
	return !err && !strcmp(text, "pid:[4026531836]");
}

/*
 * A missing entry in /proc proves nothing: hidepid= may hide the process. From another
 * PID namespace nothing can be proved.
 */
bool process_ended(struct tdxctl_ctx *ctx, const struct tdxctl_owner *o)
{
	uint64_t ticks;
	int fd;

	if (o->tgid <= 0 || !o->start_ns || !in_first_pid_ns(ctx))
		return false;
	fd = op_pidfd_open(ctx, o->tgid);
	if (fd == -ESRCH)
		return true;
	if (fd >= 0)
		op_close(ctx, fd);
	/* The PID is in use, perhaps by a later process. */
	return !process_start(ctx, o->tgid, &ticks) &&
	       !process_started_at(ctx, o->tgid, o->start_ns);
}

enum tdxctl_life host_owner_life(struct tdxctl_ctx *ctx, const struct tdxctl_td *td,
				 const char **why)
{
	const struct tdxctl_owner *o = &td->owner;
	bool ended, same;
	int fd;

	if (o->tgid <= 0 || !o->start_ns) {
		*why = "the process that created the TD is not known";
		return TDXCTL_LIFE_UNKNOWN;
	}
	if (process_ended(ctx, o))
		return TDXCTL_LIFE_ENDED;
	fd = op_pidfd_open(ctx, o->tgid);
	ended = fd >= 0 && op_pidfd_wait(ctx, fd, 0) == 1;
	/* After the pidfd was opened: it is of this process. */
	same = process_started_at(ctx, o->tgid, o->start_ns);
	if (fd >= 0)
		op_close(ctx, fd);
	if (same)
		return ended ? TDXCTL_LIFE_ENDED : TDXCTL_LIFE_RUNS;
	/* It may have ended just now. */
	if (process_ended(ctx, o))
		return TDXCTL_LIFE_ENDED;
	*why = "the process is not visible here: it is hidden, or this is another PID namespace";
	return TDXCTL_LIFE_UNKNOWN;
}

uid_t process_uid(struct tdxctl_ctx *ctx, pid_t pid)
{
	char path[40], *text, *p;
	uid_t uid = (uid_t)-1;
	unsigned int real, effective;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (root_read(ctx, path, 64 << 10, &text) < 0)
		return uid;
	p = strstr(text, "\nUid:");
	if (p && sscanf(p + 5, "%u %u", &real, &effective) == 2)
		uid = effective;
	free(text);
	return uid;
}

char *process_comm(struct tdxctl_ctx *ctx, pid_t pid)
{
	char path[40], comm[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (root_read_line(ctx, path, comm, sizeof(comm)) || !comm[0])
		return NULL;
	return text_dup_plain(comm, strlen(comm));
}

int process_link(struct tdxctl_ctx *ctx, pid_t pid, unsigned int fd, char *link, size_t size)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/fd/%u", (int)pid, fd);
	return root_readlink(ctx, path, link, size);
}

int process_each_fd(struct tdxctl_ctx *ctx, pid_t pid, int (*fn)(void *arg, unsigned int fd),
		    void *arg)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	return root_each_number(ctx, path, fn, arg);
}

int process_same_file(struct tdxctl_ctx *ctx, pid_t a, int fd_a, pid_t b, int fd_b)
{
	if (a == b && fd_a == fd_b)
		return 1;
	return op_kcmp(ctx, a, b, KCMP_FILE, (unsigned long)fd_a, (unsigned long)fd_b);
}

struct process {
	struct tdxctl_ctx *ctx;
	pid_t pid;
};

static int is_vm_fd(void *arg, unsigned int fd)
{
	const struct process *p = arg;
	char link[128];

	return !process_link(p->ctx, p->pid, fd, link, sizeof(link)) && link_is_vm(link);
}

bool tdxctl_process_has_vm(struct tdxctl_ctx *ctx, pid_t pid)
{
	struct process p = { .ctx = ctx, .pid = pid };

	return process_each_fd(ctx, pid, is_vm_fd, &p) == 1;
}
