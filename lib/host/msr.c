/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MSRs: of a live host through the msr device, of a captured one from text. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "facts.h"
#include "private.h"
#include "report/report-priv.h"

static const uint32_t numbers[TDXCTL_MSR_COUNT] = {
#define X(num, id) [TDXCTL_MSR_##id] = num,
	TDXCTL_MSRS(X)
#undef X
};

uint32_t tdxctl_msr_number(enum tdxctl_msr msr)
{
	return numbers[msr];
}

static bool of_keyids(size_t i)
{
	return i == TDXCTL_MSR_KEYID || i == TDXCTL_MSR_TME_ACTIVATE;
}

static void unreadable(struct tdxctl_msr_set *s, bool all, const char *reason)
{
	for (size_t i = 0; i < TDXCTL_MSR_COUNT; i++)
		if (all || of_keyids(i))
			s->msr[i] = (struct tdxctl_val){ .reason = reason };
}

static void read_live(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/dev/cpu/%u/msr", s->cpu);
	fd = root_open(ctx, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		unreadable(s, all, fd == -ENOENT || fd == -ENXIO || fd == -ENODEV ?
			   "no MSR device: modprobe msr" :
			   fd == -EPERM || fd == -EACCES ? "no permission to read MSRs: run as root" :
			   "the MSR device cannot be opened");
		return;
	}
	for (size_t i = 0; i < TDXCTL_MSR_COUNT; i++) {
		struct tdxctl_val *v = &s->msr[i];
		ssize_t n;

		if (!all && !of_keyids(i))
			continue;
		n = pread(fd, &v->value, sizeof(v->value), numbers[i]);
		v->readable = n == (ssize_t)sizeof(v->value);
		v->reason = NULL;
		if (v->readable)
			continue;
		v->value = 0;
		/* The driver turns the CPU's #GP into EIO. */
		v->fault = n < 0 && errno == EIO;
		v->reason = v->fault ? "the CPU has no such MSR" :
			    n < 0 && errno == EPERM ? "the kernel forbids reading MSRs" :
			    "the MSR cannot be read";
	}
	close(fd);
}

static void parse_line(struct tdxctl_msr_set *s, const char *line, bool all)
{
	unsigned long long num, value;
	char *end;

	errno = 0;
	num = strtoull(line, &end, 16);
	if (end == line || errno || *end != ' ')
		return;
	line = end + strspn(end, " ");
	for (size_t i = 0; i < TDXCTL_MSR_COUNT; i++) {
		struct tdxctl_val *v = &s->msr[i];

		if (numbers[i] != num || (!all && !of_keyids(i)))
			continue;
		if (!strcmp(line, "fault")) {
			*v = (struct tdxctl_val){ .fault = true, .reason = "the CPU has no such MSR" };
			return;
		}
		value = strtoull(line, &end, 16);
		if (end == line || errno || *end)
			*v = (struct tdxctl_val){ .reason = "malformed in the captured host" };
		else
			*v = (struct tdxctl_val){ .value = value, .readable = true };
	}
}

static void read_captured(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all)
{
	char path[40], *text, *line, *save;
	ssize_t len;

	snprintf(path, sizeof(path), "/dev/cpu/%u/msr.txt", s->cpu);
	unreadable(s, all, "not in the captured host");
	len = root_read(ctx, path, 64 << 10, &text);
	if (len < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		parse_line(s, line, all);
	free(text);
}

int tdxctl_msrs_get(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		    enum tdxctl_msrs which, struct tdxctl_msr_set **out, size_t *count)
{
	struct tdxctl_msr_set *sets;
	size_t n = 0;

	if (ctx->report)
		return report_msrs(ctx, out, count);
	sets = calloc(snap->nr_packages + 1, sizeof(*sets));
	if (!sets)
		return ctx_fail(ctx, -ENOMEM, NULL, "out of memory");
	for (size_t i = 0; i < snap->nr_packages; i++) {
		struct tdxctl_msr_set *s = &sets[n];
		size_t c;

		for (c = 0; c < snap->nr_cpus; c++)
			if (snap->cpus[c].online && snap->cpus[c].package == snap->packages[i].id)
				break;
		if (c == snap->nr_cpus)
			continue;
		s->package = snap->packages[i].id;
		s->cpu = snap->cpus[c].cpu;
		unreadable(s, true, ctx->emul ? "an emulated host has no MSRs" : src_not_asked);
		if (ctx->emul || which == TDXCTL_MSRS_NONE || (which == TDXCTL_MSRS_KEYIDS && n))
			;
		else if (ctx->captured)
			read_captured(ctx, s, which == TDXCTL_MSRS_ALL);
		else
			read_live(ctx, s, which == TDXCTL_MSRS_ALL);
		n++;
	}
	*out = sets;
	*count = n;
	return 0;
}
