/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logs of VMMs and of the daemons that start them. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "host.h"

#define MAX_VM_LOGS 256
#define VM_LOG_TAIL (64 << 10)
#define VMM_LOG_MAX (256 << 10)
#define VM_START    ": starting up libvirt version"

/* Each file in these directories is the log of one VM. */
static const char *const vm_dirs[] = {
	"/var/log/libvirt/qemu",
	"/var/log/libvirt/ch",
	"/var/log/cloud-hypervisor",
};

/* Logs of daemons, or of VMs together. On a live host, most of them are in the journal. */
static const char *const vmm_files[] = {
	"/var/log/libvirt/libvirtd.log", "/var/log/libvirt/virtqemud.log", "/var/log/libvirtd.log",
	"/var/log/virtqemud.log",	 "/var/log/cloud-hypervisor.log",
};

struct vm_logs {
	struct tdxctl_ctx *ctx;
	struct tdxctl_facts *f;
	const char *dir;
};

/* Reads the last @max bytes of @fd into *@text, malloc'ed. Returns 0 or -errno. */
static int tail_of(int fd, off_t size, off_t max, char **text)
{
	ssize_t n;

	*text = malloc((size_t)max + 1);
	if (!*text)
		return -ENOMEM;
	n = pread(fd, *text, (size_t)max, size > max ? size - max : 0);
	if (n < 0) {
		int err = -errno;

		free(*text);
		*text = NULL;
		return err;
	}
	text_no_nul(*text, (size_t)n);
	(*text)[n] = '\0';
	return 0;
}

int src_tail(struct tdxctl_ctx *ctx, const char *path, off_t max, char **text)
{
	int fd = root_open(ctx, path, O_RDONLY | O_NONBLOCK | O_NOCTTY), err = 0;
	struct stat st;

	*text = NULL;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (!ctx->backend->copied && !src_since_boot(&st))
		err = -ESTALE;
	if (!err)
		err = tail_of(fd, st.st_size, max, text);
	close(fd);
	return err;
}

/* Skips the time stamp of a line from the journal. */
static const char *skip_stamp(const char *p)
{
	const char *end = *p == '[' ? p + 1 + strspn(p + 1, " 0123456789.") : p;

	return *end == ']' ? end + 1 : p;
}

/*
 * Returns the text of a line that continues the chain of errors above it, behind the number of
 * "  3: no space"; or NULL.
 */
static const char *chain_text(const char *line)
{
	const char *p = skip_stamp(line);
	size_t n;

	p += strspn(p, " \t");
	if (!strncmp(p, "Caused by:", 10))
		return p + 10;
	n = strspn(p, "0123456789");
	return n && n < 3 && p[n] == ':' && p[n + 1] == ' ' ? p + n + 2 : NULL;
}

/* Cloud Hypervisor prints an error and its causes on one line each: joins these lines. */
static void join_chains(char *text)
{
	char *to = text;

	for (const char *p = text; *p;) {
		const char *next = *p == '\n' ? chain_text(p + 1) : NULL;

		if (next) {
			if (to == text || to[-1] != ':')
				*to++ = ':';
			*to++ = ' ';
			p = next;
		} else {
			*to++ = *p++;
		}
	}
	*to = '\0';
}

/* Removes what the log has from before the last start of the VM. */
static void cut_old_starts(char *text)
{
	char *start = NULL;

	for (char *p = text; (p = strstr(p, VM_START)); p++)
		start = p;
	while (start && start > text && start[-1] != '\n')
		start--;
	if (start)
		memmove(text, start, strlen(start) + 1);
}

/* Adds a log; @text is freed if this fails. -ENOMEM. */
static int add_text(struct tdxctl_facts *f, const char *name, size_t len, char *text)
{
	struct tdxctl_vm_log log = { .vm = strndup(name, len), .text = text }, *p;

	p = reallocarray(f->vm_logs, f->nr_vm_logs + 1, sizeof(*p));
	if (p)
		f->vm_logs = p;
	if (!p || !log.vm) {
		free(log.vm);
		free(text);
		return -ENOMEM;
	}
	cut_old_starts(text);
	join_chains(text);
	p[f->nr_vm_logs++] = log;
	return 0;
}

static int add_vm_log(void *arg, const char *name)
{
	struct vm_logs *l = arg;
	size_t n = strlen(name);
	char path[340], *text;

	if (n < 5 || strcmp(name + n - 4, ".log") || l->f->nr_vm_logs == MAX_VM_LOGS)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", l->dir, name);
	if (src_tail(l->ctx, path, VM_LOG_TAIL, &text))
		return 0;
	return add_text(l->f, name, n - 4, text);
}

int tdxctl_facts_add_vm_log(struct tdxctl_facts *f, const char *name, int fd)
{
	struct text_buf b = { 0 };
	char buf[4096];
	int err = 0;

	while (!err && b.len < VMM_LOG_MAX) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n <= 0) {
			err = n < 0 ? -errno : 0;
			break;
		}
		err = text_append(&b, buf, (size_t)n);
	}
	if (!err && !b.p)
		err = text_append(&b, "", 0);
	if (err) {
		free(b.p);
		return err;
	}
	text_no_nul(b.p, b.len);
	err = add_text(f, name, strlen(name), b.p);
	if (!err)
		val_set(&f->vm_log_count, f->nr_vm_logs);
	return err;
}

/* Fills f->vmm_log from files and, on a live host, from the journal. */
static int read_vmm_log(struct tdxctl_ctx *ctx, const struct host_sources *src,
			struct tdxctl_text *t)
{
	struct text_buf b = { 0 };
	int err = src->vmm_log ? src->vmm_log(ctx, VMM_LOG_MAX, &b) : -ENOENT, why = err;
	char *text;

	for (size_t i = 0; err != -ENOMEM && i < ARRAY_SIZE(vmm_files); i++) {
		err = src_tail(ctx, vmm_files[i], VM_LOG_TAIL, &text);
		if (!err) {
			err = text_append(&b, text, strlen(text));
			if (!err)
				err = text_append(&b, "\n", 1);
			free(text);
		} else if (err != -ENOENT && err != -ESTALE) {
			why = err;
		}
	}
	if (err == -ENOMEM) {
		free(b.p);
		return err;
	}
	if (b.p)
		join_chains(b.p);
	t->text = b.p;
	t->absent = !b.p && why == -ENOENT;
	t->reason = b.p ? NULL : why ? src_reason(why) : "no messages since this boot";
	return 0;
}

int src_vm_logs(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f)
{
	struct vm_logs l = { .ctx = ctx, .f = f };
	int err, why = -ENOENT;
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(vm_dirs); i++) {
		l.dir = vm_dirs[i];
		err = root_each(ctx, l.dir, add_vm_log, &l);
		if (err == -ENOMEM)
			return err;
		found |= !err;
		if (err && err != -ENOENT)
			why = err;
	}
	/* Doctor skips its rules about VM logs when the reason begins with "no logs". */
	if (why != -ENOENT)
		f->vm_log_count.reason = src_reason(why);
	else if (found)
		val_set(&f->vm_log_count, f->nr_vm_logs);
	else
		f->vm_log_count.reason = "no logs of VMs";
	return read_vmm_log(ctx, src, &f->vmm_log);
}
