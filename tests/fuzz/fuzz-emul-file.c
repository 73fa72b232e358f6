// SPDX-License-Identifier: GPL-2.0-only
/* A host file for --emulate, of anybody's making. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <health.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char path[64];
	struct tdxctl_snapshot *snap;
	struct tdxctl_cpu_check_rec *rec;
	struct tdxctl_ctx *ctx;
	size_t n;
	int fd = memfd_create("host", 0);

	MUST(fd >= 0);
	MUST(write(fd, data, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(!tdxctl_new(&ctx));
	if (!tdxctl_set_emulated(ctx, path)) {
		if (!tdxctl_snapshot_get(ctx, &snap)) {
			struct tdxctl_facts facts = { .snap = snap };
			struct tdxctl_thresholds limits;
			struct tdxctl_health_report *report;

			MUST(snap->source == TDXCTL_SOURCE_EMULATED);
			tdxctl_thresholds_default(&limits);
			if (!tdxctl_health_get(&facts, &limits, &report))
				tdxctl_health_free(report);
			tdxctl_snapshot_free(snap);
		} else {
			MUST(*tdxctl_error(ctx));
		}
		if (!tdxctl_cpu_check(ctx, &rec, &n))
			free(rec);
	} else {
		/* A person must be told why. */
		MUST(*tdxctl_error(ctx));
	}
	tdxctl_free(ctx);
	close(fd);
	return 0;
}
