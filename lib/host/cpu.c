/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU facts from /proc/cpuinfo, and CPUs that did not come online. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "host.h"

#define CPU_DIR	  "/sys/devices/system/cpu"
#define NODE_DIR  "/sys/devices/system/node"
#define MAX_NODES 64

/* Returns the value of "key : value" in the first block, malloc'ed; NULL: none. */
static char *field(const char *text, const char *key)
{
	size_t n = strlen(key);

	text += strspn(text, "\n");
	for (const char *p = text; *p && *p != '\n'; p = text_next_line(p)) {
		const char *v;

		if (strncmp(p, key, n))
			continue;
		v = p + n + strspn(p + n, " \t");
		if (*v != ':')
			continue;
		v += 1 + strspn(v + 1, " \t");
		return strndup(v, strcspn(v, "\n"));
	}
	return NULL;
}

/*
 * Reads /proc/cpuinfo until @end, or to the end of the first CPU's block, which is an empty
 * line, in small parts: the kernel generates the blocks as they are read.
 */
static int read_first_cpu(struct tdxctl_ctx *ctx, const char *end, char *text, size_t size)
{
	int fd = root_open(ctx, "/proc/cpuinfo", O_RDONLY | O_NONBLOCK);
	size_t len = 0, part;
	ssize_t n = 1;

	text[0] = '\0';
	if (fd < 0)
		return fd;
	while (n > 0 && len < size - 1 && !strstr(text, end) && !strstr(text, "\n\n")) {
		part = size - 1 - len < 1023 ? size - 1 - len : 1023;
		n = read(fd, text + len, part);
		if (n > 0)
			len += (size_t)n;
		text[len] = '\0';
	}
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? (int)n : 0;
}

char *cpu_model(struct tdxctl_ctx *ctx)
{
	char text[4096];

	/* The lines before the flags are short. */
	return read_first_cpu(ctx, "\nflags", text, sizeof(text)) ? NULL :
								    field(text, "model name");
}

static void text_field(const char *text, const char *key, struct tdxctl_text *t)
{
	t->text = field(text, key);
	if (!t->text)
		t->reason = "not in /proc/cpuinfo";
}

static void number_field(const char *text, const char *key, struct tdxctl_val *v)
{
	struct tdxctl_text t = { .text = field(text, key), .reason = "not in /proc/cpuinfo" };

	*v = tdxctl_text_u64(&t);
	free(t.text);
}

void src_cpuinfo(const char *text, struct tdxctl_cpu_facts *c)
{
	text_field(text, "vendor_id", &c->vendor);
	text_field(text, "flags", &c->flags);
	text_field(text, "bugs", &c->bugs);
	number_field(text, "cpu family", &c->family);
	number_field(text, "model", &c->model);
}

int src_cpu(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f)
{
	struct tdxctl_cpu_facts *c = &f->cpu;
	char text[16384];
	int err = read_first_cpu(ctx, "\n\n", text, sizeof(text));

	src_cpuinfo(text, c);
	if (err) {
		c->vendor.reason = c->flags.reason = c->bugs.reason = src_reason(err);
		c->family.reason = c->model.reason = src_reason(err);
	}
	return src->cpuid(ctx, c);
}

/* ---- CPUs that are not online ---- */

static bool has_offline_cpu(const struct tdxctl_snapshot *snap)
{
	for (size_t i = 0; i < snap->nr_cpus; i++)
		if (!snap->cpus[i].online)
			return true;
	return false;
}

static bool node_has_cpu(struct tdxctl_ctx *ctx, const struct tdxctl_facts *f, unsigned int node)
{
	char path[96];

	for (size_t i = 0; i < f->snap->nr_cpus; i++) {
		if (f->snap->cpus[i].online)
			continue;
		snprintf(path, sizeof(path), CPU_DIR "/cpu%u/node%u", f->snap->cpus[i].cpu, node);
		if (root_exists(ctx, path))
			return true;
	}
	return false;
}

/*
 * Sysfs shows the node of an offline CPU but not its package. A node with CPUs of which
 * none is online is most likely a package whose keys cannot be programmed.
 */
static void scan_node(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, unsigned int node)
{
	char path[80], list[16];

	snprintf(path, sizeof(path), NODE_DIR "/node%u/cpulist", node);
	if (!root_read_line(ctx, path, list, sizeof(list)) && !list[0] &&
	    node_has_cpu(ctx, f, node))
		f->nodes_offline |= 1ULL << node;
}

/* Whether no node shows where the first offline CPU belongs: a kernel without NUMA. */
static bool first_offline_unplaced(struct tdxctl_ctx *ctx, const struct tdxctl_facts *f)
{
	char path[96];
	size_t i;

	for (i = 0; i < f->snap->nr_cpus && f->snap->cpus[i].online; i++)
		;
	if (i == f->snap->nr_cpus || f->snap->cpus[i].package != TDXCTL_UNKNOWN32)
		return false;
	for (unsigned int n = 0; n < MAX_NODES; n++) {
		snprintf(path, sizeof(path), CPU_DIR "/cpu%u/node%u", f->snap->cpus[i].cpu, n);
		if (root_exists(ctx, path))
			return false;
	}
	return true;
}

/* Writes the name of hotplug step @state, from lines like " 238: virt/tdx:online". */
static void step_name(struct tdxctl_ctx *ctx, uint64_t state, char *buf, size_t size)
{
	char *text;
	unsigned long long n;

	snprintf(buf, size, "%" PRIu64, state);
	if (root_read(ctx, CPU_DIR "/hotplug/states", 64 << 10, &text) < 0)
		return;
	text_each_line(p, text)
	{
		const char *colon = strchr(p, ':');

		if (!colon || sscanf(p, "%llu:", &n) != 1 || n != state)
			continue;
		colon += 1 + strspn(colon + 1, " ");
		snprintf(buf, size, "%.*s", (int)strcspn(colon, "\n"), colon);
		break;
	}
	free(text);
}

void src_hotplug(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	if (has_offline_cpu(f->snap))
		for (unsigned int n = 0; n < MAX_NODES; n++)
			scan_node(ctx, f, n);
	f->cpus_unplaced = first_offline_unplaced(ctx, f);
	val_set(&f->stuck_cpu, TDXCTL_UNKNOWN);
	for (size_t i = 0; i < f->snap->nr_cpus; i++) {
		uint64_t state, target;
		char path[96];

		if (f->snap->cpus[i].online)
			continue;
		snprintf(path, sizeof(path), CPU_DIR "/cpu%u/hotplug/state", f->snap->cpus[i].cpu);
		if (root_read_u64(ctx, path, &state))
			continue;
		snprintf(path, sizeof(path), CPU_DIR "/cpu%u/hotplug/target", f->snap->cpus[i].cpu);
		if (root_read_u64(ctx, path, &target) || target <= state)
			continue;
		val_set(&f->stuck_cpu, f->snap->cpus[i].cpu);
		/* The step after the last one that succeeded. */
		step_name(ctx, state + 1, f->stuck_step, sizeof(f->stuck_step));
		break;
	}
}
