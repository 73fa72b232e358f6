/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MSRs of the live host, from /dev/cpu/N/msr. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "live.h"

void live_msrs(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/dev/cpu/%u/msr", s->cpu);
	fd = root_open(ctx, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		msrs_unknown(s, all,
			     fd == -ENOENT || fd == -ENXIO || fd == -ENODEV ?
				     "no MSR device: run 'modprobe msr'" :
			     fd == -EPERM || fd == -EACCES ?
				     "no permission to read MSRs: run as root" :
				     "cannot open the MSR device");
		return;
	}
	for (size_t i = 0; i < TDXCTL_MSR_COUNT; i++) {
		struct tdxctl_val *v = &s->msr[i];
		ssize_t n;

		if (!msr_wanted(i, all))
			continue;
		n = pread(fd, &v->value, sizeof(v->value), tdxctl_msr_number(i));
		v->readable = n == (ssize_t)sizeof(v->value);
		v->reason = NULL;
		if (v->readable)
			continue;
		v->value = 0;
		/* The driver returns EIO when the CPU raises #GP. */
		v->fault = n < 0 && errno == EIO;
		v->reason = v->fault		    ? "the CPU has no such MSR" :
			    n < 0 && errno == EPERM ? "the kernel forbids reading MSRs" :
						      "cannot read the MSR";
	}
	close(fd);
}
