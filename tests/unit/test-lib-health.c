/* SPDX-License-Identifier: GPL-2.0-only */
/* Every check of the table: when it speaks, when it is silent, when it cannot know. */
#include <health.h>

#include "lib-fake.h"

static struct tdxctl_snapshot *snap;
static struct tdxctl_facts facts;
static struct tdxctl_thresholds limits;

static void host(void)
{
	struct fake_snapshot s;

	fake_snapshot(&s);
	if (tdxctl_snapshot_parse(&s, sizeof(s), &snap))
		exit(1);
	memset(&facts, 0, sizeof(facts));
	facts.snap = snap;
	snap->platform.has_tdx = true;
	snap->platform.kvm = strdup("kvm_intel");
	snap->platform.kvm_tdx = 1;
	tdxctl_thresholds_default(&limits);
}

static struct tdxctl_health_report *report(void)
{
	struct tdxctl_health_report *r;

	if (!CHECK_EQ(tdxctl_health_get(&facts, &limits, &r), 0))
		exit(1);
	return r;
}

/* The verdict; and one reason says @why, or there is none at all. */
static void check_health(enum tdxctl_health state, const char *why)
{
	struct tdxctl_health_report *r = report();
	bool said = !why;

	CHECK_EQ(r->state, state);
	for (size_t i = 0; i < r->nr_reasons; i++)
		said |= why && strstr(r->reasons[i].text, why);
	if (!CHECK(said))
		fprintf(stderr, "  no reason with \"%s\"\n", why);
	if (!why)
		CHECK_EQ(r->nr_reasons, 0);
	tdxctl_health_free(r);
}

/* Check @nr alone: its state and value, and a reason of its own when it is not well. */
static void check_one(enum tdxctl_check_nr nr, enum tdxctl_health state, uint64_t value)
{
	struct tdxctl_health_report *r = report();
	const struct tdxctl_check_result *c = &r->result[nr];
	size_t own = 0;

	for (size_t i = 0; i < r->nr_reasons; i++)
		if (r->reasons[i].check == &tdxctl_checks[nr]) {
			own++;
			CHECK_EQ(r->reasons[i].state, state);
		}
	if (!CHECK_EQ(c->state, state) ||
	    !CHECK_EQ(!own, state == TDXCTL_HEALTH_OK || state == TDXCTL_HEALTH_UNKNOWN))
		fprintf(stderr, "  %s: %s\n", tdxctl_checks[nr].id,
			c->value.reason ? c->value.reason : "");
	CHECK_EQ(c->value.readable, state != TDXCTL_HEALTH_UNKNOWN);
	if (c->value.readable)
		CHECK_EQ(c->value.value, value);
	else
		CHECK(c->value.reason && c->value.reason[0]);
	tdxctl_health_free(r);
}

static void limit(enum tdxctl_check_nr nr, uint64_t warning, uint64_t critical)
{
	limits.warning[nr] = (struct tdxctl_limit){ .value = warning };
	limits.critical[nr] = (struct tdxctl_limit){ .value = critical };
}

static void verdict(void)
{
	host();
	check_health(TDXCTL_HEALTH_OK, NULL);

	snap->hkids[2].state = snap->hkids[3].state = TDXCTL_HKID_ASSIGNED;
	check_health(TDXCTL_HEALTH_CRITICAL, "no HKID is free");
	/* Perhaps one is free: nothing is wrong, but nothing is known to be right. */
	snap->hkids[3].state = TDXCTL_HKID_UNKNOWN;
	check_health(TDXCTL_HEALTH_UNKNOWN, "the number of free HKIDs is not known");
	snap->hkids[2].state = TDXCTL_HKID_LEAKED;
	snap->hkids[2].fail_leaf = 20;
	snap->hkids[2].fail_status = 0xc000081100000000;
	snap->hkids[2].owner.tgid = 77;
	/* As the kernel fills it: sixteen bytes and no end. */
	memcpy(snap->hkids[2].owner.comm, "a-name-of-16-byt", TDXCTL_COMM_LEN);
	check_health(TDXCTL_HEALTH_CRITICAL,
		     "of a-name-of-16-byt (77) leaked: TDH.MNG.KEY.FREEID: TDX_KEY_STATE_INCORRECT");
	memset(&snap->hkids[2].owner, 0, sizeof(snap->hkids[2].owner));
	snap->hkids[2].fail_leaf = 0;
	snap->hkids[2].fail_status = 0;
	check_health(TDXCTL_HEALTH_CRITICAL, " leaked: an unknown leaf");
	snap->hkids[2].state = snap->hkids[3].state = TDXCTL_HKID_FREE;

	snap->packages[1].online_cpus = 0;
	check_health(TDXCTL_HEALTH_CRITICAL, "package 1 has no online CPU");
	snap->packages[1].online_cpus = 2;

	snap->cpus[3].state = TDXCTL_CPU_NOT_ENABLED;
	check_health(TDXCTL_HEALTH_CRITICAL, "CPU 3");
	snap->cpus[3].online = 0;
	check_health(TDXCTL_HEALTH_OK, NULL);
	snap->cpus[3].online = 1;
	snap->cpus[3].state = TDXCTL_CPU_ENABLED;

	snap->locks[1].held = 1;
	snap->locks[1].held_since_ns = snap->hdr.now_ns - 1000000000;
	check_health(TDXCTL_HEALTH_OK, NULL);
	snap->locks[1].held_since_ns -= 1000000;
	check_health(TDXCTL_HEALTH_WARNING, "key-config lock of package 0 is held for 1.0 s: see");
	/* A time in the future is a wrong time, not a long one. */
	snap->locks[1].held_since_ns = snap->hdr.now_ns + 5;
	check_health(TDXCTL_HEALTH_OK, NULL);
	snap->locks[1].held = 0;

	snap->hdr.missed = 3;
	check_health(TDXCTL_HEALTH_WARNING, "3 SEAMCALLs");
	snap->hdr.missed = 0;

	snap->info.attached_ns = 1;
	snap->info.features = TDXCTL_F_SEAMCALL | TDXCTL_F_SEAMCALL_RET;
	check_health(TDXCTL_HEALTH_OK, NULL);
	snap->info.features = TDXCTL_F_SEAMCALL_RET;
	check_health(TDXCTL_HEALTH_WARNING, "does not see every SEAMCALL");
	/* Nothing to see yet. */
	snap->info.attached_ns = 0;
	check_health(TDXCTL_HEALTH_OK, NULL);

	snap->tds[2].td.private_pages = 5;
	check_health(TDXCTL_HEALTH_WARNING,
		     "td:3 (vmm2) is in teardown for 1 min 39 s, 5 pages are left");
	snap->tds[2].td.since_ns = snap->hdr.now_ns - 59000000000ULL;
	check_health(TDXCTL_HEALTH_OK, NULL);

	/* Proven to be gone, with an HKID; not only without a sign of life. */
	snap->tds[0].vm.pid = 0;
	check_health(TDXCTL_HEALTH_OK, NULL);
	snap->tds[0].vm.gone = true;
	check_health(TDXCTL_HEALTH_WARNING, "HKID 17 is held by td:1 (vmm0)");
	check_health(TDXCTL_HEALTH_WARNING, "process 4000 ended");
	check_health(TDXCTL_HEALTH_WARNING, "'tdxctl td show td:1'");
	snap->tds[0].td.hkid = 0;
	check_health(TDXCTL_HEALTH_OK, NULL);
	snap->tds[0].td.hkid = TDXCTL_UNKNOWN32;
	check_health(TDXCTL_HEALTH_OK, NULL);
	/* The HKID is reported as leaked, and no process keeps it. */
	snap->tds[0].td.hkid = 17;
	snap->tds[0].td.state = TDXCTL_TD_LEAKED;
	check_health(TDXCTL_HEALTH_OK, NULL);
	tdxctl_snapshot_free(snap);
}

/* A long name of a VM is cut, so that the former owner's PID is in the line as well. */
static void long_name(void)
{
	char name[] = "a-name-with-more-than-fifty-characters-is-cut-after-fifty", *kept;
	char want[80];

	host();
	kept = snap->tds[0].vm.name;
	snap->tds[0].vm.name = name;
	snap->hkids[2].state = TDXCTL_HKID_LEAKED;
	snap->hkids[2].tdr = snap->tds[0].td.tdr;
	snap->hkids[2].owner.tgid = 77;
	snprintf(want, sizeof(want), " of %.50s (77) leaked", name);
	check_health(TDXCTL_HEALTH_CRITICAL, want);
	snap->tds[0].vm.name = kept;
	tdxctl_snapshot_free(snap);
}

/* The worst state wins, whatever the order; without data nothing is known. */
static void combined(void)
{
	struct tdxctl_snapshot bare = { .source = TDXCTL_SOURCE_HOST };
	struct tdxctl_health_report *r;

	host();
	snap->hdr.missed = 1;
	snap->packages[0].online_cpus = 0;
	r = report();
	CHECK_EQ(r->state, TDXCTL_HEALTH_CRITICAL);
	CHECK_EQ(r->nr_reasons, 2);
	tdxctl_health_free(r);
	tdxctl_snapshot_free(snap);
	facts.snap = &bare;
	check_health(TDXCTL_HEALTH_UNKNOWN, "no working TDX module");
	bare.platform.has_tdx = true;
	check_health(TDXCTL_HEALTH_CRITICAL, "no TD can be created: KVM is not loaded");
	bare.platform.kvm = (char *)"kvm_intel";
	check_health(TDXCTL_HEALTH_CRITICAL, "no TD can be created: TDX is off in KVM");
	/* Not known is not off; nor is KVM's parameter about another module. */
	bare.platform.kvm_tdx = -1;
	check_health(TDXCTL_HEALTH_UNKNOWN, "the helper is not loaded");
	bare.platform.kvm_tdx = 0;
	bare.platform.kvm = (char *)"tdx_emul";
	check_health(TDXCTL_HEALTH_UNKNOWN, "the helper is not loaded");
}

/* ---- each threshold, both ways ---- */

static void hkids(void)
{
	host();
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_OK, 2);
	limit(TDXCTL_CHECK_HKIDS_FREE, 3, 2);
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_WARNING, 2);
	limit(TDXCTL_CHECK_HKIDS_FREE, 4, 3);
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_CRITICAL, 2);
	/* A critical limit alone, in percent: 2 of 4 are not below 50 %, but below 51 %. */
	limit(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_UNKNOWN, 50);
	limits.critical[TDXCTL_CHECK_HKIDS_FREE].percent = true;
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_OK, 2);
	limits.critical[TDXCTL_CHECK_HKIDS_FREE].value = 51;
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_CRITICAL, 2);

	/* Leaked: above the limit, not at it. */
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_OK, 0);
	snap->hkids[0].state = TDXCTL_HKID_LEAKED;
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_CRITICAL, 1);
	limit(TDXCTL_CHECK_HKIDS_LEAKED, 0, 1);
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_WARNING, 1);
	limit(TDXCTL_CHECK_HKIDS_LEAKED, 1, 1);
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_OK, 1);
	limit(TDXCTL_CHECK_HKIDS_LEAKED, 24, TDXCTL_UNKNOWN);
	limits.warning[TDXCTL_CHECK_HKIDS_LEAKED].percent = true;
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_WARNING, 1);
	limits.warning[TDXCTL_CHECK_HKIDS_LEAKED].value = 25;
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_OK, 1);
	snap->hkids[0].state = TDXCTL_HKID_FREE;

	/* An HKID that was not seen may be free or leaked: only the cgroup can know. */
	snap->hkids[3].state = TDXCTL_HKID_UNKNOWN;
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_UNKNOWN, 0);
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_UNKNOWN, 0);
	tdxctl_thresholds_default(&limits);
	facts.hkid_capacity = (struct tdxctl_val){ .readable = true, .value = 15 };
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_UNKNOWN, 0);
	facts.hkid_current = (struct tdxctl_val){ .readable = true, .value = 4 };
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_OK, 11);
	facts.hkid_current.value = 14;
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_WARNING, 1);
	facts.hkid_current.value = 15;
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_CRITICAL, 0);
	facts.hkid_current.value = 16;
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_CRITICAL, 0);
	/* What the helper saw of all of them comes first. */
	snap->hkids[3].state = TDXCTL_HKID_FREE;
	check_one(TDXCTL_CHECK_HKIDS_FREE, TDXCTL_HEALTH_OK, 3);
	tdxctl_snapshot_free(snap);
}

/* One number from the kernel, one from the helper: which is right depends on the side. */
static void drift(void)
{
	host();
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_UNKNOWN, 0);
	snap->hkids_charged = 2;
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_OK, 0);
	/* Fewer charged than seen: the cgroup is wrong. */
	snap->hkids_charged = 1;
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_WARNING, 1);
	check_health(TDXCTL_HEALTH_WARNING, "1 HKID charged but 2 are in use: some kernels");
	/* More charged than seen: something happened out of sight. */
	snap->hkids_charged = 4;
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_WARNING, 2);
	check_health(TDXCTL_HEALTH_WARNING,
		     "4 HKIDs charged but the helper sees 2 in use: the others leaked");
	/* A leaked one is charged, and seen. */
	snap->hkids[2].state = snap->hkids[3].state = TDXCTL_HKID_LEAKED;
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_OK, 0);
	/* The helper came late. */
	snap->hkids[2].state = snap->hkids[3].state = TDXCTL_HKID_UNKNOWN;
	check_health(TDXCTL_HEALTH_WARNING, "loaded after TDs were created");
	/* Not of one moment: nothing to conclude. */
	snap->hkids_charged = TDXCTL_UNKNOWN;
	facts.hkid_current = (struct tdxctl_val){ .readable = true, .value = 4 };
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_UNKNOWN, 0);
	snap->hkids_charged = 4;
	snap->locks[0].held = 1;
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_UNKNOWN, 0);
	snap->hkids_charged = 1;
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_WARNING, 1);
	limit(TDXCTL_CHECK_HKIDS_DRIFT, 1, TDXCTL_UNKNOWN);
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_OK, 1);
	snap->source = TDXCTL_SOURCE_HOST;
	check_one(TDXCTL_CHECK_HKIDS_DRIFT, TDXCTL_HEALTH_UNKNOWN, 0);
	tdxctl_snapshot_free(snap);
}

static void packages_and_cpus(void)
{
	host();
	check_one(TDXCTL_CHECK_PACKAGES_UNCOVERED, TDXCTL_HEALTH_OK, 0);
	facts.nodes_offline = 2;
	check_one(TDXCTL_CHECK_PACKAGES_UNCOVERED, TDXCTL_HEALTH_UNKNOWN, 0);
	check_health(TDXCTL_HEALTH_UNKNOWN, "node 1 has no online CPU: if it is a package");
	snap->packages[1].online_cpus = 0;
	check_one(TDXCTL_CHECK_PACKAGES_UNCOVERED, TDXCTL_HEALTH_CRITICAL, 1);
	limit(TDXCTL_CHECK_PACKAGES_UNCOVERED, 0, 1);
	check_one(TDXCTL_CHECK_PACKAGES_UNCOVERED, TDXCTL_HEALTH_WARNING, 1);
	snap->nr_packages = 0;
	check_one(TDXCTL_CHECK_PACKAGES_UNCOVERED, TDXCTL_HEALTH_UNKNOWN, 0);
	snap->nr_packages = 2;

	check_one(TDXCTL_CHECK_CPUS_NOT_ENABLED, TDXCTL_HEALTH_OK, 0);
	snap->cpus[1].state = TDXCTL_CPU_VMX_OFF;
	snap->cpus[2].state = TDXCTL_CPU_UNKNOWN;
	check_one(TDXCTL_CHECK_CPUS_NOT_ENABLED, TDXCTL_HEALTH_CRITICAL, 1);
	limit(TDXCTL_CHECK_CPUS_NOT_ENABLED, 25, TDXCTL_UNKNOWN);
	limits.warning[TDXCTL_CHECK_CPUS_NOT_ENABLED].percent = true;
	check_one(TDXCTL_CHECK_CPUS_NOT_ENABLED, TDXCTL_HEALTH_OK, 1);
	for (size_t i = 0; i < 4; i++)
		snap->cpus[i].state = TDXCTL_CPU_UNKNOWN;
	check_one(TDXCTL_CHECK_CPUS_NOT_ENABLED, TDXCTL_HEALTH_UNKNOWN, 0);
	tdxctl_snapshot_free(snap);
}

static void times(void)
{
	host();
	check_one(TDXCTL_CHECK_LOCK_HELD, TDXCTL_HEALTH_OK, 0);
	snap->locks[0].held = 1;
	snap->locks[0].held_since_ns = snap->hdr.now_ns - 2000000000;
	check_one(TDXCTL_CHECK_LOCK_HELD, TDXCTL_HEALTH_WARNING, 2000000000);
	limit(TDXCTL_CHECK_LOCK_HELD, 1000000000, 1999999999);
	check_one(TDXCTL_CHECK_LOCK_HELD, TDXCTL_HEALTH_CRITICAL, 2000000000);
	limit(TDXCTL_CHECK_LOCK_HELD, 2000000000, TDXCTL_UNKNOWN);
	check_one(TDXCTL_CHECK_LOCK_HELD, TDXCTL_HEALTH_OK, 2000000000);
	snap->locks[0].held = snap->locks[1].held = TDXCTL_UNKNOWN32;
	check_one(TDXCTL_CHECK_LOCK_HELD, TDXCTL_HEALTH_UNKNOWN, 0);
	snap->locks[0].held = snap->locks[1].held = 0;

	check_one(TDXCTL_CHECK_TEARDOWN, TDXCTL_HEALTH_OK, 0);
	snap->tds[2].td.private_pages = 5;
	check_one(TDXCTL_CHECK_TEARDOWN, TDXCTL_HEALTH_WARNING, 99000000000ULL);
	limit(TDXCTL_CHECK_TEARDOWN, 60000000000ULL, 98000000000ULL);
	check_one(TDXCTL_CHECK_TEARDOWN, TDXCTL_HEALTH_CRITICAL, 99000000000ULL);
	limit(TDXCTL_CHECK_TEARDOWN, 99000000000ULL, TDXCTL_UNKNOWN);
	check_one(TDXCTL_CHECK_TEARDOWN, TDXCTL_HEALTH_OK, 99000000000ULL);
	/* What cannot be counted may be there. */
	limit(TDXCTL_CHECK_TEARDOWN, 5, TDXCTL_UNKNOWN);
	snap->tds[2].td.private_pages = TDXCTL_UNKNOWN;
	check_one(TDXCTL_CHECK_TEARDOWN, TDXCTL_HEALTH_WARNING, 99000000000ULL);
	snap->tds[2].td.private_pages = 0;
	check_one(TDXCTL_CHECK_TEARDOWN, TDXCTL_HEALTH_OK, 0);
	tdxctl_snapshot_free(snap);
}

static void counters(void)
{
	host();
	check_one(TDXCTL_CHECK_OWNER_GONE, TDXCTL_HEALTH_OK, 0);
	snap->tds[0].vm.gone = snap->tds[1].vm.gone = snap->tds[2].vm.gone = true;
	check_one(TDXCTL_CHECK_OWNER_GONE, TDXCTL_HEALTH_WARNING, 2);
	limit(TDXCTL_CHECK_OWNER_GONE, 2, TDXCTL_UNKNOWN);
	check_one(TDXCTL_CHECK_OWNER_GONE, TDXCTL_HEALTH_OK, 2);

	check_one(TDXCTL_CHECK_MISSED, TDXCTL_HEALTH_OK, 0);
	snap->hdr.missed = 7;
	check_one(TDXCTL_CHECK_MISSED, TDXCTL_HEALTH_WARNING, 7);
	limit(TDXCTL_CHECK_MISSED, 0, 6);
	check_one(TDXCTL_CHECK_MISSED, TDXCTL_HEALTH_CRITICAL, 7);
	limit(TDXCTL_CHECK_MISSED, 7, TDXCTL_UNKNOWN);
	check_one(TDXCTL_CHECK_MISSED, TDXCTL_HEALTH_OK, 7);

	check_one(TDXCTL_CHECK_TDS_LEAKED, TDXCTL_HEALTH_OK, 0);
	snap->tds[0].td.state = TDXCTL_TD_LEAKED;
	/* With an HKID it is that which leaked. */
	snap->tds[0].td.hkid = 17;
	check_one(TDXCTL_CHECK_TDS_LEAKED, TDXCTL_HEALTH_OK, 0);
	snap->tds[0].td.hkid = 0;
	snap->tds[0].td.fail_leaf = 28;
	snap->tds[0].td.fail_status = 0xc000030000000001;
	check_one(TDXCTL_CHECK_TDS_LEAKED, TDXCTL_HEALTH_WARNING, 1);
	check_health(TDXCTL_HEALTH_WARNING, "TDH.PHYMEM.PAGE.RECLAIM: TDX_PAGE_METADATA_INCORRECT");
	snap->tds[0].td.state = TDXCTL_TD_RUNNABLE;

	check_one(TDXCTL_CHECK_TDS_DROPPED, TDXCTL_HEALTH_OK, 0);
	snap->hdr.tds_dropped = 1;
	check_one(TDXCTL_CHECK_TDS_DROPPED, TDXCTL_HEALTH_WARNING, 1);

	snap->leaves[0].busy = 3;
	check_one(TDXCTL_CHECK_BUSY, TDXCTL_HEALTH_UNKNOWN, 0);
	snap->leaves[0].calls = 1000;
	snap->leaves[0].busy = 100;
	check_one(TDXCTL_CHECK_BUSY, TDXCTL_HEALTH_OK, 100000);
	snap->leaves[0].busy = 101;
	check_one(TDXCTL_CHECK_BUSY, TDXCTL_HEALTH_WARNING, 101000);
	limit(TDXCTL_CHECK_BUSY, TDXCTL_UNKNOWN, 5000);
	check_one(TDXCTL_CHECK_BUSY, TDXCTL_HEALTH_CRITICAL, 101000);
	snap->leaves[0].busy = UINT64_MAX;
	check_one(TDXCTL_CHECK_BUSY, TDXCTL_HEALTH_CRITICAL, 1000000);
	snap->hdr.missed = snap->hdr.tds_dropped = 0;
	check_health(TDXCTL_HEALTH_CRITICAL, "100.0 % of the SEAMCALLs returned a busy status");
	tdxctl_snapshot_free(snap);
}

static void version(void)
{
	static const char *const odd[] = { "", "1.5", "x.y.z", "-1.5.6" };

	host();
	check_one(TDXCTL_CHECK_MODULE_VERSION, TDXCTL_HEALTH_UNKNOWN, 0);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		free(snap->platform.tdx_module);
		snap->platform.tdx_module = strdup(odd[i]);
		check_one(TDXCTL_CHECK_MODULE_VERSION, TDXCTL_HEALTH_UNKNOWN, 0);
	}
	free(snap->platform.tdx_module);
	snap->platform.tdx_module = strdup("1.5.06");
	check_one(TDXCTL_CHECK_MODULE_VERSION, TDXCTL_HEALTH_OK, TDXCTL_VERSION_OF(1, 5, 6));
	limit(TDXCTL_CHECK_MODULE_VERSION, TDXCTL_VERSION_OF(1, 5, 6), TDXCTL_VERSION_OF(1, 0, 99));
	check_one(TDXCTL_CHECK_MODULE_VERSION, TDXCTL_HEALTH_OK, TDXCTL_VERSION_OF(1, 5, 6));
	limit(TDXCTL_CHECK_MODULE_VERSION, TDXCTL_VERSION_OF(1, 5, 16), TDXCTL_UNKNOWN);
	check_one(TDXCTL_CHECK_MODULE_VERSION, TDXCTL_HEALTH_WARNING, TDXCTL_VERSION_OF(1, 5, 6));
	limit(TDXCTL_CHECK_MODULE_VERSION, TDXCTL_UNKNOWN, TDXCTL_VERSION_OF(2, 0, 0));
	check_one(TDXCTL_CHECK_MODULE_VERSION, TDXCTL_HEALTH_CRITICAL, TDXCTL_VERSION_OF(1, 5, 6));
	tdxctl_snapshot_free(snap);
}

static const char *reason(enum tdxctl_check_nr nr)
{
	static char text[200];
	struct tdxctl_health_report *r = report();
	const struct tdxctl_check_result *c = &r->result[nr];

	CHECK_EQ(c->state, TDXCTL_HEALTH_UNKNOWN);
	snprintf(text, sizeof(text), "%s", c->value.reason ? c->value.reason : "");
	tdxctl_health_free(r);
	return text;
}

/* What the helper did not see is unknown, not 0; what it saw counts all the same. */
static void loaded_late(void)
{
	static const char late[] = "TDs created before the helper was loaded are not visible";

	host();
	snap->hkids[2].state = TDXCTL_HKID_UNKNOWN;
	CHECK_STR(reason(TDXCTL_CHECK_TEARDOWN), late);
	CHECK_STR(reason(TDXCTL_CHECK_OWNER_GONE), late);
	CHECK_STR(reason(TDXCTL_CHECK_TDS_LEAKED), late);
	snap->tds[0].vm.gone = true;
	check_one(TDXCTL_CHECK_OWNER_GONE, TDXCTL_HEALTH_WARNING, 1);
	snap->tds[0].vm.gone = false;
	snap->info.features = TDXCTL_F_ADOPTED;
	check_one(TDXCTL_CHECK_OWNER_GONE, TDXCTL_HEALTH_OK, 0);
	snap->info.features = TDXCTL_F_FROM_START;
	check_one(TDXCTL_CHECK_TEARDOWN, TDXCTL_HEALTH_OK, 0);
	/* The helper knows no TD that it had no room for. */
	snap->hdr.tds_dropped = 1;
	CHECK(strstr(reason(TDXCTL_CHECK_TEARDOWN), "table was full"));
	snap->nr_hkids = 0;
	CHECK(strstr(reason(TDXCTL_CHECK_HKIDS_LEAKED), "the range of the HKIDs"));
	tdxctl_snapshot_free(snap);
}

/* With the helper on a kernel without TDX, there is nothing to count. */
static void no_tdx(void)
{
	host();
	snap->platform.has_tdx = false;
	snap->nr_hkids = snap->nr_tds = snap->nr_locks = snap->nr_leaves = 0;
	for (size_t i = 0; i < TDXCTL_CHECKS; i++)
		if (i != TDXCTL_CHECK_PACKAGES_UNCOVERED && i != TDXCTL_CHECK_HKIDS_FREE)
			CHECK_STR(reason(i), tdxctl_no_module);
	check_health(TDXCTL_HEALTH_UNKNOWN, "no working TDX module was found; 'tdxctl doctor'");
	snap->nr_tds = FAKE_TDS;
	tdxctl_snapshot_free(snap);
}

/* Leaks that the helper did not see are in the log, or are a doubt. */
static void leaks_in_the_log(void)
{
	static char two[] = "a\nkvm_intel: tdh_mng_key_freeid() failed. HKID 17 is leaked.\n"
			    "kvm_intel: tdh_mng_vpflushdone() failed. HKID 18 is leaked.\n"
			    "x() failed. HKID 19 is fine.\nleaked\n";

	host();
	snap->source = TDXCTL_SOURCE_HOST;
	facts.log.text = two;
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_CRITICAL, 2);
	check_health(TDXCTL_HEALTH_CRITICAL,
		     "2 HKIDs leaked, and only a reboot frees them; kernel log: kvm_intel: tdh_mng_key_freeid()");
	/* A helper that knows every HKID knows better. */
	snap->source = TDXCTL_SOURCE_HELPER;
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_OK, 0);
	snap->hkids[3].state = TDXCTL_HKID_UNKNOWN;
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_CRITICAL, 2);
	facts.log.text = (char *)"";
	CHECK(strstr(reason(TDXCTL_CHECK_HKIDS_LEAKED), "the state of some HKIDs is not known"));
	facts.log_complete = true;
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_OK, 0);
	facts.hkid_current = (struct tdxctl_val){ .readable = true, .value = 3 };
	facts.kvm_vms = (struct tdxctl_val){ .readable = true, .value = 1 };
	CHECK_STR(reason(TDXCTL_CHECK_HKIDS_LEAKED),
		  "possible leak: misc cgroup: 3 HKIDs in use, KVM: 1 VM");
	facts.kvm_vms.value = 3;
	check_one(TDXCTL_CHECK_HKIDS_LEAKED, TDXCTL_HEALTH_OK, 0);
	tdxctl_snapshot_free(snap);
}

static void kvm(void)
{
	host();
	check_one(TDXCTL_CHECK_KVM, TDXCTL_HEALTH_OK, 0);
	snap->platform.kvm_tdx = 0;
	check_one(TDXCTL_CHECK_KVM, TDXCTL_HEALTH_CRITICAL, 1);
	snap->platform.kvm_tdx = -1;
	CHECK(strstr(reason(TDXCTL_CHECK_KVM), "cannot be read"));
	facts.hkid_capacity = (struct tdxctl_val){ .readable = true, .value = 4 };
	check_one(TDXCTL_CHECK_KVM, TDXCTL_HEALTH_OK, 0);
	tdxctl_snapshot_free(snap);
}

/* Only what the cgroup and sysfs say is known without the helper. */
static void no_helper(void)
{
	struct tdxctl_health_report *r;

	host();
	snap->source = TDXCTL_SOURCE_HOST;
	snap->platform.has_tdx = true;
	facts.hkid_capacity = facts.hkid_current =
		(struct tdxctl_val){ .readable = true, .value = 15 };
	r = report();
	for (size_t i = 0; i < TDXCTL_CHECKS; i++) {
		bool known = i == TDXCTL_CHECK_HKIDS_FREE || i == TDXCTL_CHECK_PACKAGES_UNCOVERED ||
			     i == TDXCTL_CHECK_KVM;

		CHECK_EQ(r->result[i].value.readable, known);
	}
	CHECK_EQ(r->state, TDXCTL_HEALTH_CRITICAL);
	tdxctl_health_free(r);
	facts.hkid_current.value = 0;
	check_health(TDXCTL_HEALTH_UNKNOWN, "the helper is not loaded");
	tdxctl_snapshot_free(snap);
}

static enum tdxctl_health overall(void)
{
	struct tdxctl_health_report *r = report();
	enum tdxctl_health h = tdxctl_health_overall(r, &limits);

	tdxctl_health_free(r);
	return h;
}

/* The worst result of all checks; unknown only if the user chose an unknown check. */
static void all_together(void)
{
	struct tdxctl_health_report *r;

	host();
	CHECK_EQ(overall(), TDXCTL_HEALTH_OK);
	/* Known to be unknown by default: the busy share of three calls. */
	limits.chosen[TDXCTL_CHECK_BUSY] = true;
	CHECK_EQ(overall(), TDXCTL_HEALTH_UNKNOWN);
	limit(TDXCTL_CHECK_BUSY, TDXCTL_UNKNOWN, TDXCTL_UNKNOWN);
	CHECK_EQ(overall(), TDXCTL_HEALTH_OK);
	snap->leaves[0].calls = 1000;
	snap->leaves[0].busy = 500;
	CHECK_EQ(overall(), TDXCTL_HEALTH_OK);
	limit(TDXCTL_CHECK_BUSY, 400000, TDXCTL_UNKNOWN);
	CHECK_EQ(overall(), TDXCTL_HEALTH_WARNING);
	/* What is wrong outweighs what is unknown. */
	snap->leaves[0].calls = 3;
	snap->hdr.missed = 1;
	CHECK_EQ(overall(), TDXCTL_HEALTH_WARNING);
	snap->packages[0].online_cpus = 0;
	CHECK_EQ(overall(), TDXCTL_HEALTH_CRITICAL);
	tdxctl_snapshot_free(snap);

	/* A helper that may not be asked is not one that is missing. */
	host();
	snap->source = TDXCTL_SOURCE_HOST;
	facts.hkid_capacity = (struct tdxctl_val){ .reason = "no misc.capacity" };
	CHECK_EQ(overall(), TDXCTL_HEALTH_UNKNOWN);
	facts.helper_err = -EACCES;
	r = report();
	CHECK_STR(r->result[TDXCTL_CHECK_HKIDS_LEAKED].value.reason,
		  "only root can read from the helper");
	CHECK_STR(r->result[TDXCTL_CHECK_HKIDS_FREE].value.reason, "no misc.capacity");
	tdxctl_health_free(r);
	facts.helper_err = -EPROTO;
	r = report();
	CHECK(strstr(r->result[TDXCTL_CHECK_HKIDS_LEAKED].value.reason, "may not match"));
	tdxctl_health_free(r);
	/* Without it free HKIDs and covered packages are enough, and each is needed. */
	facts.hkid_capacity = facts.hkid_current =
		(struct tdxctl_val){ .readable = true, .value = 15 };
	facts.hkid_current.value = 2;
	CHECK_EQ(overall(), TDXCTL_HEALTH_OK);
	facts.nodes_offline = 1;
	CHECK_EQ(overall(), TDXCTL_HEALTH_UNKNOWN);
	tdxctl_snapshot_free(snap);
}

/* What the documents and the configuration file rely on. */
static void table(void)
{
	for (size_t i = 0; i < TDXCTL_CHECKS; i++) {
		const struct tdxctl_check *c = &tdxctl_checks[i];

		CHECK(c->id && c->title && c->about && c->measure);
		CHECK_EQ(strspn(c->id, "abcdefghijklmnopqrstuvwxyz_"), strlen(c->id));
		CHECK(c->share || !(c->warning.percent || c->critical.percent));
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(c->id, tdxctl_checks[k].id));
	}
}

int main(void)
{
	RUN(verdict);
	RUN(long_name);
	RUN(combined);
	RUN(hkids);
	RUN(drift);
	RUN(packages_and_cpus);
	RUN(times);
	RUN(counters);
	RUN(version);
	RUN(loaded_late);
	RUN(no_tdx);
	RUN(leaks_in_the_log);
	RUN(kvm);
	RUN(no_helper);
	RUN(all_together);
	RUN(table);
	return check_done("lib-health");
}
