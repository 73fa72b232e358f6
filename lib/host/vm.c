/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which VM is this TD: the process that created it, and what its VMM calls it.
 * A PID alone proves nothing: it counts only together with its start time.
 */
#include <ctype.h>
#include <stdio.h>
#include <unistd.h>
#include "private.h"

#define CMDLINE_MAX	(2U << 20)	/* more than the kernel allows by default */

bool vm_is_uuid(const char *s)
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	}
	return !s[36];
}

bool link_is_vm(const char *link)
{
	return !strcmp(link, "anon_inode:kvm-vm") || !strcmp(link, "anon_inode:[kvm-vm]");
}

bool link_is_gmem(const char *link)
{
	/* "anon_inode:[kvm-gmem]"; newer kernels have a file system for it. */
	return strstr(link, "[kvm-gmem]");
}

/* Field 22 of its stat. */
int vm_start_ticks(struct tdxctl_ctx *ctx, pid_t pid, uint64_t *ticks)
{
	char path[32], *text, *p;
	int err = -EPROTO;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (root_read(ctx, path, 4096, &text) < 0)
		return -ESRCH;
	/* The name in parentheses may hold anything, also parentheses. */
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

bool vm_same_process(struct tdxctl_ctx *ctx, pid_t pid, uint64_t start_ns)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t ticks, want;

	if (pid <= 0 || hz <= 0 || vm_start_ticks(ctx, pid, &ticks))
		return false;
	if (!start_ns)
		return false;
	/* Both are rounded down from the same clock; one tick for the rounding. */
	want = start_ns / (1000000000ULL / (uint64_t)hz);
	return ticks + 1 >= want && ticks <= want + 1;
}

/*
 * Is it certain that the process ended? A /proc that hides or lacks it proves
 * nothing, and the helper's PIDs are those of the initial PID namespace, whose
 * number is fixed.
 */
static bool process_ended(struct tdxctl_ctx *ctx, const struct tdxctl_owner *o)
{
	uint64_t ticks;
	char ns[64];
	int fd;

	if (o->tgid <= 0 || !o->start_ns ||
	    root_readlink(ctx, "/proc/self/ns/pid", ns, sizeof(ns)) ||
	    strcmp(ns, "pid:[4026531836]"))
		return false;
	fd = op_pidfd_open(ctx, o->tgid);
	if (fd == -ESRCH)
		return true;
	if (fd >= 0)
		op_close(ctx, fd);
	/* Somebody has the number: the same process, or a later one? */
	return !vm_start_ticks(ctx, o->tgid, &ticks) && !vm_same_process(ctx, o->tgid, o->start_ns);
}

static char *dup_bounded(const char *s, size_t n)
{
	char *d = strndup(s, n);

	for (char *p = d; p && *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return d;
}

/*
 * The value of @key in QEMU's "a=b,c=d" syntax, where ",," is a literal comma.
 * @bare: a first element without '=' counts too ("-name web").
 */
static char *qemu_value(const char *opt, const char *key, bool bare)
{
	size_t klen = strlen(key);
	const char *p = opt;

	while (*p) {
		const char *value = NULL;
		char *out, *o;

		if (!strncmp(p, key, klen) && p[klen] == '=')
			value = p + klen + 1;
		else if (bare && p == opt && strcspn(p, "=") >= strcspn(p, ","))
			value = p;
		if (value) {
			out = dup_bounded(value, strlen(value));
			for (char *i = o = out; out && *i; i++) {
				if (*i == ',' && *++i != ',')
					break;
				*o++ = *i;
			}
			if (out)
				*o = '\0';
			return out;
		}
		while (*p && (*p != ',' || p[1] == ','))
			p += *p == ',' ? 2 : 1;
		if (*p)
			p++;
	}
	return NULL;
}

/* The file name of a path without its extension: "/run/ch/web.sock" is "web". */
static char *stem(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return dup_bounded(base, strcspn(base, "."));
}

static void set_once(char **dst, char *value)
{
	if (*dst || !value || !*value)
		free(value);
	else
		*dst = value;
}

int vm_parse_cmdline(const char *cmdline, size_t len, char **name, char **uuid)
{
	const char *end = cmdline + len, *base, *arg, *val;
	bool ch;

	*name = *uuid = NULL;
	if (!len || cmdline[len - 1])
		return -EINVAL;		/* the last string has no end */
	base = strrchr(cmdline, '/');
	ch = !strncmp(base ? base + 1 : cmdline, "cloud-hypervisor", 16);

	for (arg = cmdline + strlen(cmdline) + 1; arg < end; arg += strlen(arg) + 1) {
		const char *opt = arg + strspn(arg, "-");

		val = arg + strlen(arg) + 1;
		if (opt == arg || val >= end)
			continue;
		if (ch) {
			/* No name of its own; the control socket is named after the VM. */
			if (!strcmp(opt, "api-socket"))
				set_once(name, strncmp(val, "path=", 5) ? stem(val) : stem(val + 5));
			else if (!strcmp(opt, "platform"))
				set_once(uuid, qemu_value(val, "uuid", false));
			continue;
		}
		if (!strcmp(opt, "name"))
			set_once(name, qemu_value(val, "guest", true));
		else if (!strcmp(opt, "uuid"))
			set_once(uuid, dup_bounded(val, strlen(val)));
	}
	if (*uuid && !vm_is_uuid(*uuid)) {
		free(*uuid);
		*uuid = NULL;
	}
	return 0;
}

/* systemd writes a byte that its names cannot hold as "\x2d". */
static void unescape(char *s)
{
	char *o = s;

	for (; *s; s++) {
		unsigned int c;

		if (s[0] == '\\' && s[1] == 'x' && sscanf(s + 2, "%2x", &c) == 1 &&
		    c >= 0x20 && c < 0x7f) {
			*o++ = (char)c;
			s += 3;
		} else {
			*o++ = *s;
		}
	}
	*o = '\0';
}

/* "machine-qemu\x2d3\x2dweb.scope" in the cgroup of a libvirt guest is "web". */
static char *libvirt_name(struct tdxctl_ctx *ctx, pid_t pid)
{
	char path[40], *text, *p, *end, *name = NULL;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (root_read(ctx, path, 64 << 10, &text) < 0)
		return NULL;
	p = strstr(text, "/machine-qemu");
	if (p) {
		p += strlen("/machine-");
		end = p + strcspn(p, "/\n");
		*end = '\0';
		if (end - p > 6 && !strcmp(end - 6, ".scope")) {
			end[-6] = '\0';
			unescape(p);
			/* "qemu-ID-NAME" */
			p = strchr(p, '-');
			p = p ? strchr(p + 1, '-') : NULL;
			if (p && p[1])
				name = dup_bounded(p + 1, strlen(p + 1));
		}
	}
	free(text);
	return name;
}

static uid_t process_uid(struct tdxctl_ctx *ctx, pid_t pid)
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

char *vm_comm(struct tdxctl_ctx *ctx, pid_t pid)
{
	char path[40], comm[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (root_read_line(ctx, path, comm, sizeof(comm)) || !comm[0])
		return NULL;
	return dup_bounded(comm, strlen(comm));
}

int vm_name(struct tdxctl_ctx *ctx, const struct tdxctl_td *td, struct tdxctl_vm *vm)
{
	pid_t pid = td->owner.tgid;
	char path[40], *cmdline, *name = NULL;
	ssize_t len;

	if (!vm_same_process(ctx, pid, td->owner.start_ns)) {
		vm->pid = 0;
		vm->vm_fd = -1;
		vm->gone = process_ended(ctx, &td->owner);
		return 0;
	}
	vm->pid = pid;
	vm->vm_fd = td->owner.fd;
	vm->uid = process_uid(ctx, pid);

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	len = root_read(ctx, path, CMDLINE_MAX, &cmdline);
	if (len >= 0) {
		free(vm->uuid);
		vm_parse_cmdline(cmdline, (size_t)len, &name, &vm->uuid);
		free(cmdline);
	}
	if (!name)
		name = libvirt_name(ctx, pid);
	if (!name)
		name = vm_comm(ctx, pid);
	/* The PID may have been recycled while its files were read. */
	if (!vm_same_process(ctx, pid, td->owner.start_ns)) {
		free(name);
		free(vm->uuid);
		vm->uuid = NULL;
		vm->uid = (uid_t)-1;
		vm->pid = 0;
		vm->vm_fd = -1;
		vm->gone = process_ended(ctx, &td->owner);
		return 0;
	}
	if (name) {
		free(vm->name);
		vm->name = name;
	}
	return vm->name ? 0 : -ENOMEM;
}

bool tdxctl_same_td(const struct tdxctl_td *was, const struct tdxctl_td *now)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t tick = hz > 0 ? 1000000000ULL / (uint64_t)hz : 0;
	uint64_t a = was->owner.start_ns, b = now->owner.start_ns;

	if (was->id)
		return now->id == was->id && now->tdr == was->tdr;
	/* One that was found by its calls meanwhile has a number, but names no file. */
	return now->owner.tgid == was->owner.tgid && (a > b ? a - b : b - a) <= tick &&
	       (now->owner.fd == was->owner.fd || now->owner.fd < 0);
}

struct selector {
	enum { SEL_NAME, SEL_UUID, SEL_PID, SEL_HKID, SEL_TD } kind;
	unsigned long n;
	const char *text;
};

static int parse_number(const char *s, unsigned long *n)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	*n = strtoul(s, &end, 10);
	return errno || *end || *n > UINT32_MAX ? -EINVAL : 0;
}

static int parse_selector(const char *s, struct selector *sel)
{
	sel->text = s;
	if (!*s)
		return -EINVAL;
	if (!strncmp(s, "hkid:", 5)) {
		sel->kind = SEL_HKID;
		return parse_number(s + 5, &sel->n);
	}
	if (!strncmp(s, "td:", 3)) {
		sel->kind = SEL_TD;
		return parse_number(s + 3, &sel->n);
	}
	if (vm_is_uuid(s))
		sel->kind = SEL_UUID;
	else if (!parse_number(s, &sel->n))
		sel->kind = SEL_PID;
	else
		sel->kind = SEL_NAME;
	return 0;
}

static bool matches(const struct selector *sel, const struct tdxctl_td_view *v)
{
	switch (sel->kind) {
	case SEL_HKID:
		/* A TD that gave its HKID back no longer answers to it. */
		return sel->n && sel->n != TDXCTL_UNKNOWN32 && v->td.hkid == sel->n;
	case SEL_TD:
		return sel->n && v->td.id == sel->n;
	case SEL_UUID:
		return v->vm.uuid && !strcasecmp(v->vm.uuid, sel->text);
	case SEL_PID:
		return v->vm.pid > 0 && (unsigned long)v->vm.pid == sel->n;
	case SEL_NAME:
		return !strcmp(v->vm.name, sel->text);
	}
	return false;
}

int tdxctl_vm_find(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		   const char *sel, size_t **idx)
{
	struct selector s;
	size_t *found;
	int n = 0;

	ctx_clear(ctx);
	if (parse_selector(sel, &s))
		return ctx_fail(ctx, -EINVAL, "a VM is a name, a UUID, a PID, hkid:N or td:N",
				"'%s': malformed VM", sel);
	found = calloc(snap->nr_tds + 1, sizeof(*found));
	if (!found)
		return ctx_fail(ctx, -ENOMEM, NULL, "out of memory");
	for (size_t i = 0; i < snap->nr_tds; i++)
		if (matches(&s, &snap->tds[i]))
			found[n++] = i;
	/* A guest may be called "4711"; as a PID that number comes first. */
	if (!n && s.kind == SEL_PID) {
		s.kind = SEL_NAME;
		for (size_t i = 0; i < snap->nr_tds; i++)
			if (matches(&s, &snap->tds[i]))
				found[n++] = i;
	}
	if (!n)
		ctx_fail(ctx, 0, snap->nr_tds ? "'tdxctl td' lists the TDs" : "there is no TD on this host",
			 "%s: no such VM", sel);
	*idx = found;
	return n;
}
