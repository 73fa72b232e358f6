// SPDX-License-Identifier: GPL-2.0-only
/* tdmgr on seam: the life of TDs, its rules and its errors. */
#include "check.h"
#include "host.h"

#define GPA(n) (0x100000ULL + (u64)(n) * CORE_PAGE_SIZE)

static const struct host_config two_pkgs = {
	.nr_pkgs = 2,
	.cpus_per_pkg = 2,
	.nr_hkids = 4,
	.max_vcpus = 8,
	.late_lp_init = true,
};

static const struct tdmgr_td_params params = { .xfam = 0x3 };

static int init_vm(struct tdmgr_td *td)
{
	u64 hw;

	return tdmgr_td_init_vm(td, &params, &hw);
}

static int add_page(struct host *h, struct tdmgr_td *td, u64 gpa, bool aug)
{
	u64 hpa = host_page_alloc(h);
	int ret;

	if (aug)
		ret = tdmgr_mem_aug(td, gpa, hpa);
	else
		ret = tdmgr_mem_add(td, gpa, hpa, host_source_page(h), false);
	if (ret)
		host_page_free(h, hpa);
	return ret;
}

/* A finalized TD with @vcpus and @pages from GPA(0). */
static struct tdmgr_td *make_td(struct host *h, u32 vcpus, u32 pages)
{
	struct tdmgr_td *td = NULL;
	u64 hw;
	u32 i;

	CHECK_EQ(tdmgr_td_create(h->m, &td), 0);
	CHECK_EQ(init_vm(td), 0);
	for (i = 0; i < vcpus; i++) {
		host_run_on(i % h->nr_cpus);
		CHECK_EQ(tdmgr_vcpu_create(td, i), 0);
		CHECK_EQ(tdmgr_vcpu_init(td, i, 0), 0);
	}
	for (i = 0; i < pages; i++)
		CHECK_EQ(add_page(h, td, GPA(i), false), 0);
	CHECK_EQ(tdmgr_td_finalize(td, &hw), 0);
	return td;
}

static void start(struct host *h, const struct host_config *cfg)
{
	if (!CHECK_EQ(host_start(h, cfg), 0)) {
		fprintf(stderr, "%s", h->log ? h->log : "");
		exit(1);
	}
}

/* Nothing may be left: no TD, no HKID, no page, no broken rule. */
static void stop(struct host *h)
{
	struct tdmgr_info info;
	u32 hkid;

	tdmgr_get_info(h->m, &info);
	CHECK_EQ(info.tds, 0);
	CHECK_EQ(info.hkids_used, info.hkids_leaked);
	CHECK_EQ(h->pages_out, info.pages_leaked);
	for (hkid = 17; hkid < 17 + h->cfg.nr_hkids && !info.hkids_leaked; hkid++) {
		struct seam_kot_info kot;

		CHECK_EQ(seam_get_kot(h->seam, hkid, &kot), 0);
		CHECK_EQ(kot.state, TDX_KOT_FREE);
	}
	host_stop(h);
	CHECK_EQ(h->errors, 0);
}

static u64 calls_of(struct host *h, u32 leaf)
{
	return __atomic_exchange_n(&h->leaf_calls[leaf], 0, __ATOMIC_RELAXED);
}

static void full_life(void)
{
	struct tdmgr_td_info info;
	struct seam_td_info truth;
	struct tdmgr_td *td;
	struct host h;
	u64 gpa;

	start(&h, &two_pkgs);
	td = make_td(&h, 4, 600);
	tdmgr_td_get_info(td, &info);
	CHECK_EQ(info.hkid, 17);
	CHECK(info.initialized && info.finalized && !info.dead && !info.leaked);
	CHECK_EQ(info.vcpus, 4);
	CHECK_EQ(info.max_vcpus, 8);
	CHECK_EQ(info.private_pages, 600);
	/* PDPT and PD, and GPA 1 MiB to 3.3 MiB in two tables. */
	CHECK_EQ(info.sept_pages, 4);
	CHECK_EQ(info.control_pages, 1 + 6 + 4 * 6);
	CHECK_EQ(seam_get_td(h.seam, info.tdr, &truth), 0);
	CHECK_EQ(truth.hkid, 17);
	CHECK_EQ(truth.lifecycle, TDX_LC_KEYS_CONFIGURED);
	CHECK_EQ(truth.op_state, TDX_OP_RUNNABLE);
	CHECK_EQ(truth.pkg_config_bitmap, 3);
	CHECK_EQ(truth.num_vcpus, 4);
	CHECK_EQ(truth.num_assoc_vcpus, 4);
	CHECK_EQ(truth.chldcnt, 6 + 4 * 6 + 4 + 600);
	CHECK_EQ(h.pages_out, truth.chldcnt + 1);

	CHECK_EQ(tdmgr_mem_next(td, 0, &gpa), 0);
	CHECK_EQ(gpa, GPA(0));
	CHECK_EQ(tdmgr_mem_next(td, GPA(300), &gpa), 0);
	CHECK_EQ(gpa, GPA(300));
	CHECK_EQ(tdmgr_mem_next(td, GPA(600), &gpa), -ENOENT);

	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(calls_of(&h, TDH_VP_FLUSH), 4);
	CHECK_EQ(calls_of(&h, TDH_PHYMEM_CACHE_WB), 2);
	CHECK_EQ(calls_of(&h, TDH_PHYMEM_PAGE_WBINVD), 1);
	CHECK_EQ(calls_of(&h, TDH_PHYMEM_PAGE_RECLAIM), truth.chldcnt + 1);
	stop(&h);
}

static void two_tds_and_the_pool(void)
{
	struct tdmgr_td *td[5];
	struct tdmgr_td_info info;
	struct tdmgr_info host;
	struct host h;
	u32 i;

	start(&h, &two_pkgs);
	for (i = 0; i < 4; i++) {
		td[i] = make_td(&h, 1, 1);
		tdmgr_td_get_info(td[i], &info);
		CHECK_EQ(info.hkid, 17 + i);
	}
	CHECK_EQ(tdmgr_td_create(h.m, &td[4]), 0);
	tdmgr_get_info(h.m, &host);
	CHECK_EQ(host.tds, 5);
	CHECK_EQ(host.hkids_used, 4);
	calls_of(&h, TDH_MNG_CREATE);
	CHECK_EQ(init_vm(td[4]), -ENOSPC);
	CHECK(host_logged(&h, "no HKID left"));
	CHECK_EQ(calls_of(&h, TDH_MNG_CREATE), 0);

	/* The lowest free HKID is the HKID that was just freed. */
	tdmgr_td_destroy(td[1], host_page_back, &h);
	CHECK_EQ(init_vm(td[4]), 0);
	tdmgr_td_get_info(td[4], &info);
	CHECK_EQ(info.hkid, 18);
	for (i = 0; i < 5; i++)
		if (i != 1)
			tdmgr_td_destroy(td[i], host_page_back, &h);
	stop(&h);
}

static void stop_at_each_step(void)
{
	struct tdmgr_td *td;
	struct host h;
	u64 hw;
	int step;

	start(&h, &two_pkgs);
	for (step = 0; step < 7; step++) {
		CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
		if (step >= 1)
			CHECK_EQ(init_vm(td), 0);
		if (step >= 2)
			CHECK_EQ(tdmgr_vcpu_create(td, 3), 0);
		if (step >= 3)
			CHECK_EQ(tdmgr_vcpu_init(td, 3, 0), 0);
		if (step >= 4)
			CHECK_EQ(add_page(&h, td, GPA(1), false), 0);
		if (step >= 5)
			CHECK_EQ(tdmgr_td_finalize(td, &hw), 0);
		if (step >= 6)
			CHECK_EQ(add_page(&h, td, GPA(2), true), 0);
		tdmgr_td_destroy(td, host_page_back, &h);
		CHECK_EQ(h.pages_out, 0);
	}
	stop(&h);
}

static void wrong_order(void)
{
	struct tdmgr_td *td;
	struct host h;
	u64 hw, hpa;

	start(&h, &two_pkgs);
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	CHECK_EQ(tdmgr_vcpu_create(td, 0), -EINVAL);
	CHECK_EQ(add_page(&h, td, GPA(0), false), -EINVAL);
	CHECK_EQ(tdmgr_td_finalize(td, &hw), -EINVAL);
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), -EINVAL);
	CHECK_EQ(tdmgr_td_terminate_vm(td), -EINVAL);
	CHECK_EQ(tdmgr_td_release_hkid(td), 0);
	CHECK_EQ(init_vm(td), 0);
	CHECK_EQ(init_vm(td), -EINVAL);
	CHECK_EQ(add_page(&h, td, GPA(0), true), -EINVAL);
	CHECK_EQ(tdmgr_vcpu_init(td, 0, 0), -ENOENT);
	CHECK_EQ(tdmgr_vcpu_create(td, 0), 0);
	CHECK_EQ(tdmgr_vcpu_create(td, 0), -EEXIST);
	CHECK_EQ(tdmgr_vcpu_create(td, 8), -EINVAL);
	CHECK_EQ(tdmgr_vcpu_init(td, 0, 0), 0);
	CHECK_EQ(tdmgr_vcpu_init(td, 0, 0), -EINVAL);
	CHECK_EQ(add_page(&h, td, GPA(0) + 1, false), -EINVAL);
	CHECK_EQ(add_page(&h, td, 1ULL << 47, false), -EINVAL);
	CHECK_EQ(add_page(&h, td, GPA(0), false), 0);
	CHECK_EQ(add_page(&h, td, GPA(0), false), -EEXIST);
	CHECK_EQ(tdmgr_mem_remove(td, GPA(1), &hpa), -ENOENT);
	CHECK_EQ(tdmgr_mem_remove(td, 1ULL << 47, &hpa), -ENOENT);
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), -EINVAL);
	CHECK_EQ(tdmgr_td_finalize(td, &hw), 0);
	CHECK_EQ(tdmgr_td_finalize(td, &hw), -EINVAL);
	CHECK_EQ(add_page(&h, td, GPA(1), false), -EINVAL);
	CHECK_EQ(tdmgr_vcpu_create(td, 1), 0);
	CHECK_EQ(tdmgr_vcpu_init(td, 1, 0), -EINVAL);
	tdmgr_td_destroy(td, host_page_back, &h);

	/* No page of a TD reaches the root of the tree by mistake. */
	td = make_td(&h, 1, 0);
	CHECK_EQ(add_page(&h, td, 0, true), 0);
	CHECK_EQ(add_page(&h, td, (1ULL << 47) - CORE_PAGE_SIZE, true), 0);
	CHECK_EQ(tdmgr_mem_next(td, CORE_PAGE_SIZE, &hw), 0);
	CHECK_EQ(hw, (1ULL << 47) - CORE_PAGE_SIZE);
	tdmgr_td_destroy(td, host_page_back, &h);
	stop(&h);
}

static void refused_parameters(void)
{
	struct tdmgr_td_params bad = params;
	struct tdmgr_td *td;
	struct host h;
	u64 hw;

	start(&h, &two_pkgs);
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	bad.attributes = 1ULL << 63 | 1ULL << 5;
	CHECK_EQ(tdmgr_td_init_vm(td, &bad, &hw), -EINVAL);
	CHECK_EQ(hw, TDX_ST_OP(OPERAND_INVALID, TDX_OP_ATTRIBUTES));
	CHECK_EQ(h.pages_out, 0);
	/* Unwound: the same VM may be given better ones. */
	CHECK_EQ(init_vm(td), 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	stop(&h);
}

static void max_vcpus(void)
{
	struct tdmgr_td *td;
	struct tdmgr_td_info info;
	struct host h;
	u32 i;

	start(&h, &two_pkgs);
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	CHECK_EQ(tdmgr_td_set_max_vcpus(td, 0), -EINVAL);
	CHECK_EQ(tdmgr_td_set_max_vcpus(td, 9), -EINVAL);
	CHECK_EQ(tdmgr_td_set_max_vcpus(td, 8), 0);
	CHECK_EQ(tdmgr_td_set_max_vcpus(td, 2), 0);
	CHECK_EQ(init_vm(td), 0);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(tdmgr_vcpu_create(td, 5 + i), 0);
		CHECK_EQ(tdmgr_vcpu_init(td, 5 + i, 0), 0);
	}
	CHECK_EQ(tdmgr_td_set_max_vcpus(td, 4), -EINVAL);
	CHECK_EQ(tdmgr_vcpu_create(td, 0), -E2BIG);
	tdmgr_td_get_info(td, &info);
	CHECK_EQ(info.max_vcpus, 2);
	CHECK_EQ(info.vcpus, 2);
	tdmgr_td_destroy(td, host_page_back, &h);
	stop(&h);
}

/* F3: the two ways of releasing private memory, and what they cost. */
static void slow_and_cheap(void)
{
	struct tdmgr_td *td;
	struct host h;
	u64 hpa, gpa, before;
	u32 i;

	start(&h, &two_pkgs);
	td = make_td(&h, 1, 20);
	before = h.calls;
	for (i = 0; i < 10; i++) {
		CHECK_EQ(tdmgr_mem_next(td, 0, &gpa), 0);
		CHECK_EQ(gpa, GPA(i));
		CHECK_EQ(tdmgr_mem_remove(td, gpa, &hpa), 0);
		host_page_free(&h, hpa);
	}
	CHECK_EQ(h.calls - before, 40);
	CHECK_EQ(calls_of(&h, TDH_MEM_RANGE_BLOCK), 10);
	CHECK_EQ(calls_of(&h, TDH_MEM_TRACK), 10);
	CHECK_EQ(calls_of(&h, TDH_MEM_PAGE_REMOVE), 10);
	CHECK_EQ(calls_of(&h, TDH_PHYMEM_PAGE_WBINVD), 10);
	/* A place left free may be filled again. */
	CHECK_EQ(add_page(&h, td, GPA(3), true), 0);
	CHECK_EQ(tdmgr_mem_remove(td, GPA(3), &hpa), 0);
	host_page_free(&h, hpa);

	CHECK_EQ(tdmgr_td_release_hkid(td), 0);
	before = h.calls;
	for (i = 10; i < 20; i++) {
		CHECK_EQ(tdmgr_mem_remove(td, GPA(i), &hpa), 0);
		host_page_free(&h, hpa);
	}
	CHECK_EQ(h.calls - before, 10);
	CHECK_EQ(calls_of(&h, TDH_PHYMEM_PAGE_RECLAIM), 10);
	tdmgr_td_destroy(td, host_page_back, &h);

	/* Before the TD can run nothing needs blocking or tracking. */
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	CHECK_EQ(init_vm(td), 0);
	CHECK_EQ(add_page(&h, td, GPA(0), false), 0);
	before = h.calls;
	CHECK_EQ(tdmgr_mem_remove(td, GPA(0), &hpa), 0);
	host_page_free(&h, hpa);
	CHECK_EQ(h.calls - before, 2);
	tdmgr_td_destroy(td, host_page_back, &h);
	stop(&h);
}

static void release(void)
{
	struct tdmgr_td_info info;
	struct tdmgr_info host;
	struct tdmgr_td *td;
	struct host h;
	u64 before;

	start(&h, &two_pkgs);
	td = make_td(&h, 2, 1000);
	/* Interrupted half-way, run again, and once more for nothing. */
	h.interrupt_after = 400;
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), -EINTR);
	tdmgr_td_get_info(td, &info);
	CHECK_EQ(info.hkid, 0);
	CHECK(info.dead);
	CHECK_EQ(info.private_pages, 600);
	tdmgr_get_info(h.m, &host);
	CHECK_EQ(host.hkids_used, 0);

	CHECK_EQ(add_page(&h, td, GPA(2000), true), -EIO);
	CHECK_EQ(tdmgr_vcpu_create(td, 7), -EIO);
	before = h.calls;
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), 0);
	CHECK_EQ(h.calls - before, 600);
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), 0);
	CHECK_EQ(h.calls - before, 600);
	tdmgr_td_get_info(td, &info);
	CHECK_EQ(info.private_pages, 0);
	CHECK(info.tdr);
	tdmgr_td_destroy(td, host_page_back, &h);

	/* Terminated: HKID now, pages when they are asked for. */
	td = make_td(&h, 1, 8);
	CHECK_EQ(tdmgr_td_terminate_vm(td), 0);
	CHECK_EQ(tdmgr_td_terminate_vm(td), 0);
	tdmgr_td_get_info(td, &info);
	CHECK(info.dead && !info.leaked);
	CHECK_EQ(info.hkid, 0);
	CHECK_EQ(info.private_pages, 8);
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), 0);
	tdmgr_td_get_info(td, &info);
	CHECK_EQ(info.private_pages, 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	stop(&h);
}

/* An HKID is free for the next TD while the old one's pages still go. */
static void hkid_reused_early(void)
{
	struct tdmgr_td *old, *new;
	struct tdmgr_td_info info;
	struct host h;

	start(&h, &two_pkgs);
	old = make_td(&h, 1, 8);
	CHECK_EQ(tdmgr_td_terminate_vm(old), 0);
	new = make_td(&h, 1, 8);
	tdmgr_td_get_info(new, &info);
	CHECK_EQ(info.hkid, 17);
	tdmgr_td_destroy(old, host_page_back, &h);
	tdmgr_td_get_info(new, &info);
	CHECK_EQ(info.private_pages, 8);
	CHECK(!info.dead);
	tdmgr_td_destroy(new, host_page_back, &h);
	stop(&h);
}

static void package_without_cpu(void)
{
	struct tdmgr_td *td;
	struct host h;

	start(&h, &two_pkgs);
	CHECK_EQ(host_cpu_offline(&h, 2), 0);
	CHECK_EQ(host_cpu_offline(&h, 3), 0);
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	calls_of(&h, TDH_MNG_CREATE);
	CHECK_EQ(init_vm(td), -EIO);
	CHECK(host_logged(&h,
			  "package 1 has no online CPU: bring a CPU of every package online and retry"));
	CHECK_EQ(calls_of(&h, TDH_MNG_CREATE), 0);
	CHECK_EQ(h.pages_out, 0);
	CHECK_EQ(host_cpu_online(&h, 3), 0);
	CHECK_EQ(init_vm(td), 0);
	/* Now that an HKID is in use, package 1 keeps its last CPU. */
	CHECK_EQ(host_cpu_offline(&h, 3), -EBUSY);
	CHECK(host_logged(&h, "last online CPU of package 1"));
	CHECK_EQ(host_cpu_offline(&h, 1), 0);
	CHECK_EQ(host_cpu_offline(&h, 0), -EBUSY);
	CHECK_EQ(host_cpu_online(&h, 2), 0);
	CHECK_EQ(host_cpu_offline(&h, 3), 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(host_cpu_offline(&h, 2), 0);
	stop(&h);

	/* The first package needs an online CPU as well. */
	start(&h, &two_pkgs);
	CHECK_EQ(host_cpu_offline(&h, 0), 0);
	CHECK_EQ(host_cpu_offline(&h, 1), 0);
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	CHECK_EQ(init_vm(td), -EIO);
	CHECK(host_logged(&h, "package 0 has no online CPU"));
	CHECK_EQ(host_cpu_online(&h, 1), 0);
	CHECK_EQ(init_vm(td), 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	stop(&h);
}

/* 16 bytes for each page of a level, in whole pages. */
static void pamt_sizes(void)
{
	CHECK_EQ(tdmgr_pamt_size(1ULL << 30, TDX_PS_4K), 4 << 20);
	CHECK_EQ(tdmgr_pamt_size(1ULL << 30, TDX_PS_2M), 8 << 10);
	CHECK_EQ(tdmgr_pamt_size(1ULL << 30, TDX_PS_1G), 4 << 10);
	CHECK_EQ(tdmgr_pamt_size(256ULL << 30, TDX_PS_1G), 4 << 10);
	CHECK_EQ(tdmgr_pamt_size(257ULL << 30, TDX_PS_1G), 8 << 10);
	CHECK_EQ(tdmgr_pamt_size(0, TDX_PS_4K), 0);
}

/* F5 (2): enabled with the first TD, refused afterwards when that fails. */
static void hotplug_rule(void)
{
	struct host_config cfg = two_pkgs;
	struct seam_fault fault = {
		.leaf = TDH_SYS_LP_INIT,
		.lp = 3,
		.status = TDX_ST_OP(INCONSISTENT_MSR, 0x3a),
		.count = SEAM_ANY,
	};
	struct tdmgr_td *td;
	struct host h;

	cfg.offline = 1 << 3;
	start(&h, &cfg);
	CHECK(tdmgr_cpu_enabled(h.m, 0));
	CHECK(!tdmgr_cpu_enabled(h.m, 3));
	CHECK(!tdmgr_cpu_enabled(h.m, 99));

	/* No TD: it comes online as it is, and spoils the next first TD. */
	CHECK_EQ(seam_fault_add(h.seam, &fault), 0);
	CHECK_EQ(host_cpu_online(&h, 3), 0);
	CHECK(!tdmgr_cpu_enabled(h.m, 3));
	CHECK_EQ(tdmgr_td_create(h.m, &td), -EIO);
	CHECK(host_logged(&h, "CPU 3 cannot run TDs: TDH.SYS.LP.INIT failed: INCONSISTENT_MSR"));
	CHECK_EQ(host_cpu_offline(&h, 3), 0);

	/* A TD exists: the CPU is refused, until it can be enabled. */
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	CHECK_EQ(host_cpu_online(&h, 3), -EIO);
	seam_fault_clear(h.seam);
	host_run_on(3);
	CHECK_EQ(host_cpu_online(&h, 3), 0);
	CHECK(tdmgr_cpu_enabled(h.m, 3));
	tdmgr_td_destroy(td, NULL, NULL);

	/* Enabling survives going offline. */
	host_run_on(0);
	calls_of(&h, TDH_SYS_LP_INIT);
	CHECK_EQ(host_cpu_offline(&h, 3), 0);
	CHECK_EQ(host_cpu_online(&h, 3), 0);
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	CHECK_EQ(calls_of(&h, TDH_SYS_LP_INIT), 0);
	tdmgr_td_destroy(td, NULL, NULL);
	stop(&h);
}

/* A vCPU can be flushed on its own CPU only: that happens before it goes. */
static void offline_flushes_vcpus(void)
{
	struct tdmgr_td_info info;
	struct seam_td_info truth;
	struct tdmgr_td *td;
	struct host h;

	start(&h, &two_pkgs);
	td = make_td(&h, 4, 1);
	tdmgr_td_get_info(td, &info);
	host_run_on(0);
	CHECK_EQ(host_cpu_offline(&h, 1), 0);
	CHECK_EQ(seam_get_td(h.seam, info.tdr, &truth), 0);
	CHECK_EQ(truth.num_assoc_vcpus, 3);
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	stop(&h);
}

static void bringup(void)
{
	struct host_config cfg = two_pkgs;
	struct tdmgr_td *td;
	struct host h;
	u64 n;

	cfg.no_bringup = true;
	start(&h, &cfg);
	CHECK_EQ(tdmgr_td_create(h.m, &td), -ENODEV);
	CHECK_EQ(tdmgr_bringup(h.m), 0);
	CHECK_EQ(seam_get_sys_state(h.seam), SEAM_SYS_READY);
	CHECK_EQ(calls_of(&h, TDH_SYS_LP_INIT), 4);
	CHECK_EQ(calls_of(&h, TDH_SYS_KEY_CONFIG), 2);
	n = h.calls;
	CHECK_EQ(tdmgr_bringup(h.m), 0);
	CHECK_EQ(h.calls, n);
	stop(&h);

	/* What the first SEAMCALL says about the platform. */
	start(&h, &cfg);
	host_inject(&h, 1, HOST_FAIL_ALL, TDX_SEAMCALL_VMFAILINVALID);
	CHECK_EQ(tdmgr_bringup(h.m), -ENODEV);
	host_inject(&h, 1, HOST_FAIL_ALL, TDX_SEAMCALL_UD);
	CHECK_EQ(tdmgr_bringup(h.m), -EACCES);
	host_inject(&h, 1, HOST_FAIL_ALL, TDX_SEAMCALL_GP);
	CHECK_EQ(tdmgr_bringup(h.m), -EOPNOTSUPP);
	CHECK(host_logged(&h, "TDH.SYS.INIT failed: #GP"));
	host_inject(&h, 0, HOST_FAIL_ONCE, 0);
	CHECK_EQ(tdmgr_bringup(h.m), 0);
	stop(&h);

	cfg.offline = 0xc;
	start(&h, &cfg);
	CHECK_EQ(tdmgr_bringup(h.m), -EIO);
	CHECK(host_logged(&h, "package 1 has no online CPU"));
	stop(&h);

	/* Each of its steps may fail; the next attempt goes on there. */
	cfg = two_pkgs;
	cfg.no_bringup = true;
	cfg.late_lp_init = false;
	for (n = 1;; n++) {
		bool failed;

		start(&h, &cfg);
		host_inject(&h, n, HOST_FAIL_ONCE, TDX_ST(TD_FATAL));
		failed = tdmgr_bringup(h.m);
		if (failed) {
			CHECK(host_logged(&h, "failed: TD_FATAL (0xe000060400000000)"));
			CHECK_EQ(tdmgr_bringup(h.m), 0);
		}
		CHECK_EQ(seam_get_sys_state(h.seam), SEAM_SYS_READY);
		stop(&h);
		/* TDMR.INIT repeats itself hundreds of times: once is enough. */
		if (!failed || h.fail_leaf == TDH_SYS_TDMR_INIT)
			break;
	}
	CHECK(n > 10);
}

static void bad_configurations(void)
{
	struct host_config cfg = { .nr_pkgs = 1, .cpus_per_pkg = 1, .max_vcpus = 1 };
	struct host h;

	CHECK_EQ(host_start(&h, &cfg), -EINVAL); /* no HKIDs */
	host_stop(&h);
	cfg.nr_hkids = 1;
	cfg.max_vcpus = 0;
	CHECK_EQ(host_start(&h, &cfg), -EINVAL);
	host_stop(&h);
	cfg.max_vcpus = 1;
	for (cfg.fail_alloc = 1; cfg.fail_alloc <= 5; cfg.fail_alloc++) {
		CHECK_EQ(host_start(&h, &cfg), -ENOMEM);
		host_stop(&h);
		CHECK_EQ(h.errors, 0);
	}
	CHECK_EQ(host_start(&h, &cfg), 0);
	stop(&h);
}

/* tdmgr_free() with a TD left: its bookkeeping goes, its pages cannot. */
static void free_with_td(void)
{
	struct host h;

	start(&h, &two_pkgs);
	make_td(&h, 1, 3);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
	CHECK_EQ(h.pages_out, 1 + 6 + 6 + 3 + 3);
}

int main(void)
{
	RUN(full_life);
	RUN(two_tds_and_the_pool);
	RUN(stop_at_each_step);
	RUN(wrong_order);
	RUN(refused_parameters);
	RUN(max_vcpus);
	RUN(slow_and_cheap);
	RUN(release);
	RUN(hkid_reused_early);
	RUN(package_without_cpu);
	RUN(pamt_sizes);
	RUN(hotplug_rule);
	RUN(offline_flushes_vcpus);
	RUN(bringup);
	RUN(bad_configurations);
	RUN(free_with_td);
	return check_done("tdmgr");
}
