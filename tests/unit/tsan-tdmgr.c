// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads as CPUs: TDs are created, filled, released and destroyed on all of
 * them at once while CPUs come and go. Run under ThreadSanitizer.
 */
#include "check.h"
#include "host.h"

#include <sched.h>

#define WORKERS 4
#define ROUNDS	150
#define VCPUS	3
#define PAGES	40
#define GPA(n)	((u64)(n) * CORE_PAGE_SIZE)

static const struct host_config host_cfg = {
	.nr_pkgs = 2,
	.cpus_per_pkg = 3,
	.nr_hkids = WORKERS - 1,
	.max_vcpus = VCPUS,
	.late_lp_init = true,
	.slow_calls = true,
};

static struct host host;
static u32 workers_left, lives, refused, hotplugs;

/* A failure is counted, not printed: the checks are in main(). */
static u32 unexpected;

static bool want(int got, int expected, const char *what)
{
	if (got == expected)
		return true;
	if (!core_add32(&unexpected, 1))
		return false;
	fprintf(stderr, "%s: %d, not %d\n", what, got, expected);
	return false;
}

static int add_page(struct tdmgr_td *td, u32 n, bool aug)
{
	u64 hpa = host_page_alloc(&host);
	int ret;

	if (aug)
		ret = tdmgr_mem_aug(td, GPA(n), hpa);
	else
		ret = tdmgr_mem_add(td, GPA(n), hpa, host_source_page(&host), n == 0);
	if (ret)
		host_page_free(&host, hpa);
	return ret;
}

static void remove_page(struct tdmgr_td *td, u32 n)
{
	u64 hpa;

	if (want(tdmgr_mem_remove(td, GPA(n), &hpa), 0, "mem_remove"))
		host_page_free(&host, hpa);
}

static void live(u32 id, u32 round)
{
	static const struct tdmgr_td_params params = { .xfam = 3 };
	struct tdmgr_td *td;
	struct tdmgr_td_info info;
	u64 hw;
	u32 i;
	int ret;

	host_run_on((id + round) % host.nr_cpus);
	if (!want(tdmgr_td_create(host.m, &td), 0, "create"))
		return;
	/* More workers than HKIDs: one may have to wait. */
	while ((ret = tdmgr_td_init_vm(td, &params, &hw)) == -ENOSPC) {
		core_add32(&refused, 1);
		sched_yield();
	}
	want(ret, 0, "init_vm");
	for (i = 0; i < VCPUS; i++) {
		host_run_on((id + round + i) % host.nr_cpus);
		want(tdmgr_vcpu_create(td, i), 0, "vcpu_create");
		want(tdmgr_vcpu_init(td, i, 0), 0, "vcpu_init");
	}
	for (i = 0; i < PAGES; i++)
		want(add_page(td, i, false), 0, "mem_add");
	want(tdmgr_td_finalize(td, &hw), 0, "finalize");
	want(add_page(td, PAGES, true), 0, "mem_aug");
	remove_page(td, round % PAGES);
	if (round % 3 == 0) {
		want(tdmgr_td_release_vm(td, host_page_back, &host), 0, "release");
	} else if (round % 3 == 1) {
		want(tdmgr_td_terminate_vm(td), 0, "terminate");
		remove_page(td, PAGES);
	}
	tdmgr_td_get_info(td, &info);
	if (info.leaked)
		core_add32(&unexpected, 1);
	tdmgr_td_destroy(td, host_page_back, &host);
	core_add32(&lives, 1);
}

static void *worker(void *arg)
{
	u32 id = (uintptr_t)arg, round;

	for (round = 0; round < ROUNDS; round++)
		live(id, round);
	core_add32(&workers_left, -1);
	return NULL;
}

/* Takes CPUs down and up again; the last ones of a package refuse to go. */
static void *hotplug(void *arg)
{
	u32 cpu = 0;
	int ret;

	while (core_load32(&workers_left)) {
		cpu = (cpu + 1) % host.nr_cpus;
		ret = host_cpu_offline(&host, cpu);
		if (ret != -EBUSY)
			want(ret, 0, "offline");
		if (!ret) {
			hotplugs++;
			sched_yield();
			want(host_cpu_online(&host, cpu), 0, "online");
		}
		sched_yield();
	}
	return NULL;
}

/* Readers never get in the way. */
static void *watcher(void *arg)
{
	struct tdmgr_info info;
	u32 bad = 0;

	while (core_load32(&workers_left)) {
		tdmgr_get_info(host.m, &info);
		bad += info.tds > WORKERS || info.hkids_used > WORKERS - 1 || info.hkids_leaked;
		tdmgr_cpu_enabled(host.m, 1);
		sched_yield();
	}
	return (void *)(uintptr_t)bad;
}

int main(void)
{
	pthread_t threads[WORKERS + 2];
	struct tdmgr_info info;
	void *bad;
	u32 i;

	check_name = "tsan-tdmgr";
	if (!CHECK_EQ(host_start(&host, &host_cfg), 0))
		return 1;
	workers_left = WORKERS;
	for (i = 0; i < WORKERS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, worker, (void *)(uintptr_t)i), 0);
	CHECK_EQ(pthread_create(&threads[WORKERS], NULL, hotplug, NULL), 0);
	CHECK_EQ(pthread_create(&threads[WORKERS + 1], NULL, watcher, NULL), 0);
	for (i = 0; i <= WORKERS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(pthread_join(threads[WORKERS + 1], &bad), 0);
	CHECK_EQ((uintptr_t)bad, 0);

	CHECK_EQ(unexpected, 0);
	CHECK_EQ(lives, WORKERS * ROUNDS);
	CHECK(hotplugs > 0);
	tdmgr_get_info(host.m, &info);
	CHECK_EQ(info.tds, 0);
	CHECK_EQ(info.hkids_used, 0);
	CHECK_EQ(info.pages_leaked, 0);
	CHECK_EQ(host.pages_out, 0);
	if (check_failed)
		fprintf(stderr, "%s", host.log ? host.log : "");
	printf("%u lives, %u waits for an HKID, %u CPUs off and on, %" PRIu64 " busy SEAMCALLs\n",
	       lives, refused, hotplugs, host.busy);
	host_stop(&host);
	CHECK_EQ(host.errors, 0);
	return check_done("tsan-tdmgr");
}
