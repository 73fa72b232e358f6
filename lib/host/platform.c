/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What files of the host say, with or without the helper. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "private.h"
#include "report.h"

#define CPU_DIR		"/sys/devices/system/cpu"
#define MAX_CPUS	8192U		/* NR_CPUS of the largest x86 kernels */

int cpulist_each(const char *list, int (*fn)(void *arg, unsigned int cpu), void *arg)
{
	const char *p = list;

	for (;;) {
		unsigned long a, b;
		char *end;

		if (*p < '0' || *p > '9')
			return -EINVAL;
		a = b = strtoul(p, &end, 10);
		p = end;
		if (*p == '-') {
			p++;
			if (*p < '0' || *p > '9')
				return -EINVAL;
			b = strtoul(p, &end, 10);
			p = end;
		}
		if (a > b || b >= UINT32_MAX)
			return -EINVAL;
		for (; a <= b; a++) {
			int ret = fn(arg, (unsigned int)a);

			if (ret)
				return ret;
		}
		if (!*p)
			return 0;
		if (*p++ != ',')
			return -EINVAL;
	}
}

static char *dup_line(struct tdxctl_ctx *ctx, const char *path)
{
	char buf[256];

	if (root_read_line(ctx, path, buf, sizeof(buf)) || !buf[0])
		return NULL;
	return strdup(buf);
}

/*
 * From the first CPU's block only: on a large host the file has megabytes, and
 * the kernel makes them as they are read.
 */
static char *cpu_model(struct tdxctl_ctx *ctx)
{
	char text[4096], *p;
	ssize_t n;
	int fd = root_open(ctx, "/proc/cpuinfo", O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	p = strstr(text, "model name");
	if (!p)
		return NULL;
	p[strcspn(p, "\n")] = '\0';
	p = strchr(p, ':');
	return p ? strdup(p + 1 + strspn(p + 1, " \t")) : NULL;
}

int host_platform(struct tdxctl_ctx *ctx, struct tdxctl_platform *p)
{
	char word[8];

	p->cpu_model = cpu_model(ctx);
	p->kernel = dup_line(ctx, "/proc/sys/kernel/osrelease");
	p->tdx_module = dup_line(ctx, "/sys/devices/faux/tdx_host/version");
	p->kvm_tdx = -1;
	if (!root_read_line(ctx, "/sys/module/kvm_intel/parameters/tdx", word, sizeof(word)))
		p->kvm_tdx = word[0] == 'Y' || word[0] == '1';
	if (root_exists(ctx, "/sys/module/tdx_emul"))
		p->kvm = strdup("tdx_emul");
	else if (root_exists(ctx, "/sys/module/kvm_intel"))
		p->kvm = strdup("kvm_intel");
	/* kvm_intel turns the parameter off itself when the module is not up. */
	p->has_tdx = p->tdx_module || p->kvm_tdx == 1 ||
		     root_exists(ctx, "/sys/module/tdx_emul");
	return 0;
}

int tdxctl_boot_time(struct tdxctl_ctx *ctx, uint64_t *seconds)
{
	unsigned long long t;
	char *text, *p;
	ssize_t len;

	if (ctx->report) {
		*seconds = ctx->report->boot_time;
		return *seconds ? 0 : -ENODATA;
	}
	if (ctx->emul)
		return -ENODATA;
	len = root_read(ctx, "/proc/stat", 1 << 20, &text);
	if (len < 0)
		return (int)len;
	p = strstr(text, "\nbtime ");
	len = p && sscanf(p + 7, "%llu", &t) == 1 ? 0 : -EPROTO;
	if (!len)
		*seconds = t;
	free(text);
	return (int)len;
}

enum { PRESENT = 1, ONLINE = 2 };

struct marks {
	uint8_t cpu[MAX_CPUS];
	uint8_t bit;
};

static int mark(void *arg, unsigned int cpu)
{
	struct marks *m = arg;

	if (cpu >= MAX_CPUS)
		return -ERANGE;
	m->cpu[cpu] |= m->bit;
	return 0;
}

/* Marks the CPUs of one of the kernel's lists. */
static int mark_list(struct tdxctl_ctx *ctx, const char *path, struct marks *m, uint8_t bit)
{
	char *text;
	ssize_t len = root_read(ctx, path, 64 << 10, &text);
	int err;

	if (len < 0)
		return (int)len;
	text[strcspn(text, "\n")] = '\0';
	m->bit = bit;
	err = cpulist_each(text, mark, m);
	free(text);
	return err ? ctx_fail(ctx, -EPROTO, NULL, "%s: malformed list", path) : 0;
}

static struct tdxctl_package *package(struct tdxctl_snapshot *snap, uint32_t id)
{
	struct tdxctl_package *p = snap->packages;

	for (; p < snap->packages + snap->nr_packages; p++)
		if (p->id == id)
			return p;
	*p = (struct tdxctl_package){
		.id = id,
		.global_key = TDXCTL_UNKNOWN32,
		.keys_programmed = TDXCTL_UNKNOWN,
	};
	snap->nr_packages++;
	return p;
}

static void add_cpu(struct tdxctl_ctx *ctx, struct tdxctl_snapshot *snap, uint32_t cpu, bool online)
{
	struct tdxctl_cpu *c = &snap->cpus[snap->nr_cpus++];
	struct tdxctl_package *pkg;
	char path[96];
	uint64_t id;

	*c = (struct tdxctl_cpu){
		.cpu = cpu,
		.package = TDXCTL_UNKNOWN32,
		.online = online,
		.lp_init_status = TDXCTL_UNKNOWN,
	};
	/* The topology directory of an offline CPU is gone. */
	snprintf(path, sizeof(path), CPU_DIR "/cpu%u/topology/physical_package_id", cpu);
	if (root_read_u64(ctx, path, &id) || id >= TDXCTL_UNKNOWN32)
		return;
	c->package = (uint32_t)id;
	pkg = package(snap, c->package);
	pkg->present_cpus++;
	pkg->online_cpus += online;
}

int host_topology(struct tdxctl_ctx *ctx, struct tdxctl_snapshot *snap)
{
	struct marks *m = calloc(1, sizeof(*m));
	size_t n = 0;
	int err;

	if (!m)
		return ctx_fail(ctx, -ENOMEM, NULL, "out of memory");
	err = mark_list(ctx, CPU_DIR "/present", m, PRESENT);
	/* Without sysfs nothing is known, which is no error. */
	if (err == -EPROTO)
		goto out;
	err = mark_list(ctx, CPU_DIR "/online", m, ONLINE);
	if (err == -EPROTO)
		goto out;
	for (uint32_t i = 0; i < MAX_CPUS; i++)
		n += m->cpu[i] & PRESENT;
	snap->cpus = calloc(n + 1, sizeof(*snap->cpus));
	snap->packages = calloc(n + 1, sizeof(*snap->packages));
	if (!snap->cpus || !snap->packages) {
		err = ctx_fail(ctx, -ENOMEM, NULL, "out of memory");
		goto out;
	}
	err = 0;
	for (uint32_t i = 0; i < MAX_CPUS; i++)
		if (m->cpu[i] & PRESENT)
			add_cpu(ctx, snap, i, m->cpu[i] & ONLINE);
out:
	free(m);
	return err;
}
