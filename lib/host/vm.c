/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VM of a TD: the process that created it and the name that its VMM gives it. */
#include <ctype.h>
#include <stdio.h>
#include "host.h"

#define CMDLINE_MAX (2U << 20) /* more than the kernel's default limit */

/*
 * Returns the value of @key in QEMU's "a=b,c=d" syntax, malloc'ed, or NULL; ",," is a
 * literal comma. @bare: a first element without '=' is a value too ("-name web").
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
			out = text_dup_plain(value, strlen(value));
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

/* Returns the file name of a path without extension: "web" of "/run/ch/web.sock". */
static char *stem(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return text_dup_plain(base, strcspn(base, "."));
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
		return -EINVAL; /* the last argument has no NUL */
	base = strrchr(cmdline, '/');
	ch = !strncmp(base ? base + 1 : cmdline, "cloud-hypervisor", 16);

	for (arg = cmdline + strlen(cmdline) + 1; arg < end; arg += strlen(arg) + 1) {
		const char *opt = arg + strspn(arg, "-");

		val = arg + strlen(arg) + 1;
		if (opt == arg || val >= end)
			continue;
		if (ch) {
			/* It has no name option; the API socket is named after the VM. */
			if (!strcmp(opt, "api-socket"))
				set_once(name,
					 strncmp(val, "path=", 5) ? stem(val) : stem(val + 5));
			else if (!strcmp(opt, "platform"))
				set_once(uuid, qemu_value(val, "uuid", false));
			continue;
		}
		if (!strcmp(opt, "name"))
			set_once(name, qemu_value(val, "guest", true));
		else if (!strcmp(opt, "uuid"))
			set_once(uuid, text_dup_plain(val, strlen(val)));
	}
	if (*uuid && !text_is_uuid(*uuid)) {
		free(*uuid);
		*uuid = NULL;
	}
	return 0;
}

/* Undoes systemd's escapes of bytes in unit names: "\x2d". */
static void unescape(char *s)
{
	char *o = s;

	for (; *s; s++) {
		unsigned int c;

		if (s[0] == '\\' && s[1] == 'x' && sscanf(s + 2, "%2x", &c) == 1 && c >= 0x20 &&
		    c < 0x7f) {
			*o++ = (char)c;
			s += 3;
		} else {
			*o++ = *s;
		}
	}
	*o = '\0';
}

/*
 * Reads the name of a libvirt guest from its cgroup: "web" of
 * "machine-qemu\x2d3\x2dweb.scope".
 */
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
				name = text_dup_plain(p + 1, strlen(p + 1));
		}
	}
	free(text);
	return name;
}

static void set_no_process(struct tdxctl_ctx *ctx, const struct tdxctl_td *td, struct tdxctl_vm *vm)
{
	free(vm->uuid);
	vm->uuid = NULL;
	vm->uid = (uid_t)-1;
	vm->pid = 0;
	vm->vm_fd = -1;
	vm->gone = process_ended(ctx, &td->owner);
}

int vm_name(struct tdxctl_ctx *ctx, const struct tdxctl_td *td, struct tdxctl_vm *vm)
{
	pid_t pid = td->owner.tgid;
	char path[40], *cmdline, *name = NULL;
	ssize_t len;

	if (!process_started_at(ctx, pid, td->owner.start_ns)) {
		set_no_process(ctx, td, vm);
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
		name = process_comm(ctx, pid);
	/* The PID may have been reused while its files were read. */
	if (!process_started_at(ctx, pid, td->owner.start_ns)) {
		free(name);
		set_no_process(ctx, td, vm);
		return 0;
	}
	if (name) {
		free(vm->name);
		vm->name = name;
	}
	return vm->name ? 0 : -ENOMEM;
}
