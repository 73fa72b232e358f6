/* SPDX-License-Identifier: GPL-2.0-only */
/* A host with a helper, built by hand, and what doctor finds on it. */
#ifndef TDXCTL_TESTS_DOCTOR_HOST_H
#define TDXCTL_TESTS_DOCTOR_HOST_H

#include <doctor.h>
#include "lib-fake.h"

static char name[] = "web";
static struct tdxctl_td_view td;
static struct tdxctl_hkid hkids[4];
static struct tdxctl_snapshot snap;
static struct tdxctl_facts facts;

/* A helper's host: four HKIDs, one of them with the one TD. */
static inline void start(void)
{
	td = (struct tdxctl_td_view){
		.td = { .id = 1, .state = TDXCTL_TD_RUNNABLE, .hkid = 16, .since_ns = 1 },
		.vm = { .name = name, .pid = 7 },
	};
	memset(hkids, 0, sizeof(hkids));
	for (int i = 0; i < 4; i++)
		hkids[i].state = i ? TDXCTL_HKID_FREE : TDXCTL_HKID_CONFIGURED;
	snap = (struct tdxctl_snapshot){
		.source = TDXCTL_SOURCE_HELPER,
		.platform.has_tdx = true,
		.hdr.now_ns = 120000000000ULL,
		.nr_hkids = 4,
		.hkids = hkids,
		.nr_tds = 1,
		.tds = &td,
	};
	memset(&facts, 0, sizeof(facts));
	facts.snap = &snap;
	facts.kernel = TDXCTL_KERNEL(7, 2);
	facts.hkid_capacity = (struct tdxctl_val){ .readable = true, .value = 4 };
	facts.hkid_current = (struct tdxctl_val){ .readable = true, .value = 1 };
	facts.log.text = (char *)"";
	facts.log_complete = true;
	facts.vm_log_count.readable = true;
	facts.last_log.reason = facts.config.reason = facts.cpu.flags.reason =
		facts.cpu.bugs.reason = facts.td_attributes.reason = "not there";
}

/* What doctor says about one rule. */
static struct finding {
	enum tdxctl_rule_state state;
	char detail[400], fix[600];
} found;

static inline void find(const char *id, bool attestation)
{
	struct tdxctl_finding *list;
	size_t n;

	found = (struct finding){ .state = TDXCTL_RULE_STATES };
	if (!CHECK_EQ(tdxctl_doctor(&facts, NULL, attestation, &list, &n), 0))
		return;
	CHECK_EQ(n, tdxctl_rule_count());
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].rule->id, id))
			continue;
		found.state = list[i].state;
		snprintf(found.detail, sizeof(found.detail), "%s",
			 list[i].detail ? list[i].detail : "");
		snprintf(found.fix, sizeof(found.fix), "%s", list[i].fix);
	}
	tdxctl_findings_free(list, n);
}

static inline enum tdxctl_rule_state state(const char *id, const char *detail)
{
	find(id, false);
	if (detail && !CHECK(strstr(found.detail, detail)))
		fprintf(stderr, "  \"%s\"\n", found.detail);
	return found.state;
}

/* The attestation rules are examined as well. */
static inline enum tdxctl_rule_state attested(const char *id, const char *detail)
{
	find(id, true);
	if (detail && !CHECK(strstr(found.detail, detail)))
		fprintf(stderr, "  \"%s\"\n", found.detail);
	return found.state;
}

#endif
