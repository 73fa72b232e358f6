// SPDX-License-Identifier: GPL-2.0-only
/* A reply of the helper, truncated or lying: refused, or safe to read to the end. */
#include <health.h>

#include "fuzz.h"

static void read_all(struct tdxctl_snapshot *s)
{
	struct tdxctl_facts facts = { .snap = s };
	struct tdxctl_thresholds limits;
	struct tdxctl_health_report *report;
	size_t i;

	MUST(!s->nr_hkids || s->hkids);
	MUST(!s->nr_tds || s->tds);
	for (i = 0; i < s->nr_hkids; i++) {
		tdxctl_hkid_state_str(s->hkids[i].state);
		MUST(memchr(s->hkids[i].owner.comm, '\0', sizeof(s->hkids[i].owner.comm)));
	}
	for (i = 0; i < s->nr_tds; i++) {
		tdxctl_td_state_str(s->tds[i].td.state);
		MUST(memchr(s->tds[i].td.owner.comm, '\0', sizeof(s->tds[i].td.owner.comm)));
	}
	for (i = 0; i < s->nr_locks; i++)
		MUST(memchr(s->locks[i].holder_comm, '\0', sizeof(s->locks[i].holder_comm)));
	for (i = 0; i < s->nr_cpus; i++)
		tdxctl_cpu_state_str(s->cpus[i].state);
	for (i = 0; i < s->nr_leaves; i++)
		tdxctl_leaf_str(s->leaves[i].leaf);
	tdxctl_thresholds_default(&limits);
	if (!tdxctl_health_get(&facts, &limits, &report))
		tdxctl_health_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tdxctl_snapshot *s = NULL;
	/* A block of its own, so that one byte too far is seen. */
	void *buf = malloc(len ? len : 1);

	if (!buf)
		return 0;
	memcpy(buf, data, len);
	if (!tdxctl_snapshot_parse(buf, len, &s)) {
		free(buf);
		read_all(s);
		tdxctl_snapshot_free(s);
	} else {
		free(buf);
	}
	return 0;
}
