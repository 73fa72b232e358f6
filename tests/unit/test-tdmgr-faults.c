// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdmgr when things fail: each SEAMCALL and each allocation of a TD's life in
 * turn. Whatever happens, every page and every HKID is either back or reported
 * as leaked, and the host goes on with its next TD.
 */
#include "check.h"
#include "host.h"

#define GPA(n)	   (0x40000000ULL * 3 + (u64)(n) * CORE_PAGE_SIZE)
#define FIRST_HKID 17

static const struct host_config host_cfg = {
	.nr_pkgs = 2,
	.cpus_per_pkg = 2,
	.nr_hkids = 3,
	.max_vcpus = 4,
	.late_lp_init = true,
};

static const struct tdmgr_td_params params = { .xfam = 0x3 };

static int add_page(struct host *h, struct tdmgr_td *td, u32 n, bool aug, bool measure)
{
	u64 hpa = host_page_alloc(h);
	int ret;

	if (!hpa)
		return -ENOMEM;
	if (aug)
		ret = tdmgr_mem_aug(td, GPA(n), hpa);
	else
		ret = tdmgr_mem_add(td, GPA(n), hpa, host_source_page(h), measure);
	if (ret)
		host_page_free(h, hpa);
	return ret;
}

enum end { END_DESTROY, END_RELEASE, END_SLOW, NR_ENDS };

/* Every leaf a TD meets. Errors do not stop it: a VMM may try anything. */
static int life(struct host *h, enum end end)
{
	struct tdmgr_td *td;
	u64 hw, hpa, gpa;
	int ret = 0;
	u32 i;

	host_run_on(1);
	if (tdmgr_td_create(h->m, &td))
		return -1;
	ret |= tdmgr_td_init_vm(td, &params, &hw);
	for (i = 0; i < 2; i++) {
		host_run_on(i * 2);
		ret |= tdmgr_vcpu_create(td, i);
		ret |= tdmgr_vcpu_init(td, i, 0);
	}
	for (i = 0; i < 3; i++)
		ret |= add_page(h, td, i * 400, false, i == 1);
	/* One taken back while the TD is still being built. */
	if (!tdmgr_mem_remove(td, GPA(800), &hpa))
		host_page_free(h, hpa);
	else
		ret = -1;
	ret |= tdmgr_td_finalize(td, &hw);
	ret |= add_page(h, td, 7, true, false);
	host_run_on(3);
	if (end == END_RELEASE) {
		ret |= tdmgr_td_release_vm(td, host_page_back, h);
	} else if (end == END_SLOW) {
		/* guest_memfd closed before the memory map is gone (F7). */
		for (gpa = 0; !tdmgr_mem_next(td, gpa, &gpa); gpa += CORE_PAGE_SIZE) {
			if (!tdmgr_mem_remove(td, gpa, &hpa))
				host_page_free(h, hpa);
			else
				ret = -1;
		}
	}
	tdmgr_td_destroy(td, host_page_back, h);
	return ret;
}

static int count_owned(void *arg, u64 pa, const struct seam_page_info *info)
{
	++*(u64 *)arg;
	return 0;
}

/* What the module still has, against what tdmgr says it lost. */
static void check_balance(struct host *h, u32 allocs_before)
{
	struct tdmgr_info info;
	struct seam_kot_info kot;
	u32 i, not_free = 0;
	u64 owned = 0;

	tdmgr_get_info(h->m, &info);
	CHECK_EQ(info.tds, 0);
	CHECK_EQ(info.hkids_used, info.hkids_leaked);
	for (i = 0; i < h->cfg.nr_hkids; i++) {
		CHECK_EQ(seam_get_kot(h->seam, FIRST_HKID + i, &kot), 0);
		not_free += kot.state != TDX_KOT_FREE;
	}
	/* An injected status may hide that FREEID was never asked for. */
	CHECK_EQ(not_free, info.hkids_leaked);
	CHECK_EQ(h->pages_out, info.pages_leaked);
	CHECK_EQ(h->allocs_out, allocs_before);
	seam_for_each_page(h->seam, HOST_TDMR_BASE, HOST_TDMR_BASE + h->next_page * CORE_PAGE_SIZE,
			   count_owned, &owned);
	/* Leaked without the module: its cache lines were not written back. */
	CHECK(owned <= info.pages_leaked);
	if (owned != info.pages_leaked)
		CHECK(h->fail_leaf == TDH_PHYMEM_PAGE_WBINVD || h->fail_mode == HOST_FAIL_ALL);
	if (info.pages_leaked || info.hkids_leaked)
		CHECK(host_logged(h, "leaked"));
}

static bool leaked(struct host *h)
{
	struct tdmgr_info info;

	tdmgr_get_info(h->m, &info);
	return info.hkids_leaked || info.pages_leaked;
}

static void restart(struct host *h, bool running)
{
	if (running) {
		host_stop(h);
		CHECK_EQ(h->errors, 0);
	}
	if (!CHECK_EQ(host_start(h, &host_cfg), 0))
		exit(1);
}

struct sweep {
	const char *name;
	enum host_fail mode;
	u64 status;
	bool transient; /* must be ridden out: no error, no leak */
};

/* Leaves whose failure is no news: they are asked again or tolerated. */
static void sweep_one(struct host *h, const struct sweep *s, enum end end)
{
	u32 allocs = h->allocs_out;
	struct tdmgr_info before, after;
	u64 i;
	int ret;

	for (i = 1;; i++) {
		host_log_clear(h);
		host_inject(h, i, s->mode, s->status);
		ret = life(h, end);
		h->fail_call = 0;
		check_balance(h, allocs);
		if (s->transient) {
			CHECK_EQ(ret, 0);
			CHECK(!leaked(h));
		}
		if (!h->fail_leaf)
			break; /* the life has fewer calls than that */
		if (!leaked(h))
			continue;

		/* What is lost is lost, the rest goes on. */
		tdmgr_get_info(h->m, &before);
		CHECK_EQ(life(h, end), 0);
		tdmgr_get_info(h->m, &after);
		CHECK_EQ(after.hkids_leaked, before.hkids_leaked);
		CHECK_EQ(after.pages_leaked, before.pages_leaked);
		restart(h, true);
		allocs = h->allocs_out;
	}
	CHECK(i > 80);
	host_inject(h, 0, HOST_FAIL_ONCE, 0);
	CHECK_EQ(life(h, end), 0);
}

static void each_seamcall(void)
{
	static const struct sweep sweeps[] = {
		{ "busy once", HOST_FAIL_ONCE, TDX_ST_OP(OPERAND_BUSY, TDX_OP_TDR), true },
		{ "no entropy once", HOST_FAIL_ONCE, TDX_ST(RND_NO_ENTROPY), true },
		{ "key generation failed once", HOST_FAIL_ONCE, TDX_ST(KEY_GENERATION_FAILED),
		  true },
		{ "fatal once", HOST_FAIL_ONCE, TDX_ST(TD_FATAL), false },
		{ "fatal for one leaf", HOST_FAIL_LEAF, TDX_ST(TD_FATAL), false },
		{ "fatal permanently", HOST_FAIL_ALL, TDX_ST(TD_FATAL), false },
		{ "busy for one leaf", HOST_FAIL_LEAF, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX), false },
		{ "no entropy permanently", HOST_FAIL_ALL, TDX_ST(RND_NO_ENTROPY), false },
		{ "no module permanently", HOST_FAIL_ALL, TDX_SEAMCALL_VMFAILINVALID, false },
	};
	struct host h;
	u32 i, end;

	restart(&h, false);
	for (i = 0; i < ARRAY_SIZE(sweeps); i++)
		for (end = 0; end < NR_ENDS; end++) {
			int failed = check_failed;

			sweep_one(&h, &sweeps[i], end);
			if (check_failed != failed)
				fprintf(stderr, "  in sweep \"%s\", end %u\n", sweeps[i].name, end);
		}
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

static void each_allocation(void)
{
	struct host h;
	u32 i, end, allocs;

	restart(&h, false);
	allocs = h.allocs_out;
	for (end = 0; end < NR_ENDS; end++) {
		for (i = 1;; i++) {
			u32 last = h.nr_allocs + i;

			h.fail_alloc = last;
			life(&h, end);
			h.fail_alloc = 0;
			check_balance(&h, allocs);
			CHECK(!leaked(&h));
			if (h.nr_allocs < last)
				break;
		}
		CHECK(i > 30);
		CHECK_EQ(life(&h, end), 0);
	}
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

static struct tdmgr_td *make_td(struct host *h)
{
	struct tdmgr_td *td;
	u64 hw;

	CHECK_EQ(tdmgr_td_create(h->m, &td), 0);
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), 0);
	CHECK_EQ(tdmgr_vcpu_create(td, 0), 0);
	CHECK_EQ(tdmgr_vcpu_init(td, 0, 0), 0);
	CHECK_EQ(add_page(h, td, 0, false, false), 0);
	CHECK_EQ(tdmgr_td_finalize(td, &hw), 0);
	return td;
}

static void fault(struct host *h, u32 leaf, u64 status, u32 count)
{
	const struct seam_fault f = {
		.leaf = leaf,
		.lp = SEAM_ANY,
		.status = status,
		.count = count,
	};

	CHECK_EQ(seam_fault_add(h->seam, &f), 0);
}

/* KEY.FREEID refused: the HKID is never used again, the pages stay away. */
static void leaked_hkid(void)
{
	struct tdmgr_td_info info;
	struct tdmgr_info host;
	struct tdmgr_td *td;
	struct host h;
	u64 hpa, calls;
	u32 i;

	restart(&h, false);
	td = make_td(&h);
	fault(&h, TDH_MNG_KEY_FREEID, TDX_ST(WBCACHE_NOT_COMPLETE), 1);
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), -EIO);
	CHECK(host_logged(&h, "HKID 17 is leaked"));
	CHECK(host_logged(&h,
			  "TDH.MNG.KEY.FREEID failed: WBCACHE_NOT_COMPLETE (0x8000081700000000)"));
	tdmgr_td_get_info(td, &info);
	CHECK(info.leaked && info.dead);
	CHECK_EQ(info.hkid, 17);
	CHECK_EQ(info.private_pages, 1);

	/* Asking again changes nothing and touches nothing. */
	calls = h.calls;
	CHECK_EQ(tdmgr_td_release_hkid(td), -EIO);
	CHECK_EQ(tdmgr_td_terminate_vm(td), -EIO);
	CHECK_EQ(tdmgr_mem_remove(td, GPA(0), &hpa), -EIO);
	CHECK_EQ(hpa, 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.calls, calls);
	tdmgr_get_info(h.m, &host);
	CHECK_EQ(host.hkids_leaked, 1);
	CHECK_EQ(host.pages_leaked, 1 + 6 + 6 + 3 + 1);
	CHECK_EQ(h.pages_out, host.pages_leaked);

	/* The pool has permanently lost one HKID. */
	for (i = 0; i < 3; i++) {
		td = make_td(&h);
		tdmgr_td_get_info(td, &info);
		CHECK_EQ(info.hkid, 18);
		tdmgr_td_destroy(td, host_page_back, &h);
	}
	/* A leaked HKID counts as one in use: its package keeps a CPU. */
	CHECK_EQ(host_cpu_offline(&h, 1), 0);
	CHECK_EQ(host_cpu_offline(&h, 0), -EBUSY);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* FLUSHVP_NOT_DONE: the HKID is kept, nothing is lost, it may be tried again. */
static void flush_not_done(void)
{
	struct tdmgr_td_info info;
	struct tdmgr_td *td;
	struct host h;

	restart(&h, false);
	td = make_td(&h);
	fault(&h, TDH_VP_FLUSH, TDX_ST(TD_FATAL), 1);
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), -EBUSY);
	CHECK(host_logged(&h, "vCPU 0 on CPU 0: TDH.VP.FLUSH failed: TD_FATAL"));
	tdmgr_td_get_info(td, &info);
	CHECK_EQ(info.hkid, 17);
	CHECK(!info.dead && !info.leaked);
	CHECK_EQ(info.private_pages, 1);
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);

	/* No caller is left to try again: the HKID leaks. */
	td = make_td(&h);
	fault(&h, TDH_VP_FLUSH, TDX_ST(TD_FATAL), SEAM_ANY);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK(host_logged(&h, "HKID 17 is leaked"));
	CHECK(host_logged(&h, "FLUSHVP_NOT_DONE"));
	CHECK_EQ(h.pages_out, 17);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* CACHE.WB stopped by interrupts goes on where it was; 10000 times at most. */
static void cache_wb(void)
{
	struct tdmgr_info host;
	struct tdmgr_td *td;
	struct host h;

	restart(&h, false);
	td = make_td(&h);
	h.leaf_calls[TDH_PHYMEM_CACHE_WB] = 0;
	fault(&h, TDH_PHYMEM_CACHE_WB, TDX_ST(INTERRUPTED_RESUMABLE), 500);
	CHECK_EQ(tdmgr_td_release_hkid(td), 0);
	CHECK_EQ(h.leaf_calls[TDH_PHYMEM_CACHE_WB], 502);
	CHECK_EQ(h.wb_resumes, 500);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);

	/* The call of another TD served this TD as well. */
	td = make_td(&h);
	h.leaf_calls[TDH_PHYMEM_CACHE_WB] = 0;
	host_log_clear(&h);
	fault(&h, TDH_PHYMEM_CACHE_WB, TDX_ST(NO_HKID_READY_TO_WBCACHE), 1);
	CHECK_EQ(tdmgr_td_release_hkid(td), -EIO);
	/* A lie, here: KEY.FREEID noticed. But CACHE.WB was no failure. */
	CHECK(!host_logged(&h, "TDH.PHYMEM.CACHE.WB"));
	CHECK(host_logged(&h, "WBCACHE_NOT_COMPLETE"));
	tdmgr_td_destroy(td, host_page_back, &h);

	td = make_td(&h);
	fault(&h, TDH_PHYMEM_CACHE_WB, TDX_ST(INTERRUPTED_RESUMABLE), SEAM_ANY);
	h.leaf_calls[TDH_PHYMEM_CACHE_WB] = 0;
	CHECK_EQ(tdmgr_td_release_hkid(td), -EIO);
	CHECK_EQ(h.leaf_calls[TDH_PHYMEM_CACHE_WB], 2 * 10001);
	CHECK(host_logged(&h, "TDH.PHYMEM.CACHE.WB on package 1 failed"));
	tdmgr_td_destroy(td, host_page_back, &h);
	tdmgr_get_info(h.m, &host);
	CHECK_EQ(host.hkids_leaked, 2);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* A package that lost its CPUs by force: kept waiting, not torn apart. */
static void package_lost(void)
{
	struct tdmgr_td_info info;
	struct tdmgr_td *td;
	struct host h;

	restart(&h, false);
	td = make_td(&h);
	h.online[2] = h.online[3] = 0;
	CHECK_EQ(tdmgr_td_terminate_vm(td), -EBUSY);
	CHECK(host_logged(&h, "package 1 has no online CPU"));
	tdmgr_td_get_info(td, &info);
	CHECK(!info.dead && !info.leaked);
	h.online[2] = 1;
	CHECK_EQ(tdmgr_td_terminate_vm(td), 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* The slow way stopped between its steps goes on where it was. */
static void remove_again(void)
{
	static const u32 leaf[] = {
		TDH_MEM_RANGE_BLOCK,
		TDH_MEM_TRACK,
		TDH_MEM_PAGE_REMOVE,
	};
	struct tdmgr_td_info info;
	struct tdmgr_td *td;
	struct host h;
	u64 hpa;
	u32 i;

	restart(&h, false);
	for (i = 0; i < ARRAY_SIZE(leaf); i++) {
		td = make_td(&h);
		fault(&h, leaf[i], TDX_ST(TD_FATAL), 1);
		CHECK_EQ(tdmgr_mem_remove(td, GPA(0), &hpa), -EIO);
		CHECK_EQ(hpa, 0);
		tdmgr_td_get_info(td, &info);
		CHECK(info.dead);
		CHECK_EQ(info.private_pages, 1);
		CHECK_EQ(info.pages_leaked, 0);
		CHECK_EQ(tdmgr_mem_remove(td, GPA(0), &hpa), 0);
		host_page_free(&h, hpa);
		tdmgr_td_destroy(td, NULL, NULL);
		CHECK_EQ(h.pages_out, 0);
	}
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

static void key_config(void)
{
	struct tdmgr_td *td;
	struct host h;
	u64 hw;

	restart(&h, false);
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	h.leaf_calls[TDH_MNG_KEY_CONFIG] = 0;
	fault(&h, TDH_MNG_KEY_CONFIG, TDX_ST(KEY_GENERATION_FAILED), 9);
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), 0);
	CHECK_EQ(h.leaf_calls[TDH_MNG_KEY_CONFIG], 11);
	tdmgr_td_destroy(td, host_page_back, &h);

	/* Ten are too many: unwound, "try again". */
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	fault(&h, TDH_MNG_KEY_CONFIG, TDX_ST(KEY_GENERATION_FAILED), 10);
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), -EAGAIN);
	CHECK(host_logged(&h, "TDH.MNG.KEY.CONFIG on package 0 failed: KEY_GENERATION_FAILED"));
	CHECK_EQ(h.pages_out, 0);
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), 0);
	tdmgr_td_destroy(td, host_page_back, &h);

	/* An informational status is a failure all the same. */
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	fault(&h, TDH_MNG_KEY_CONFIG, TDX_ST(KEY_CONFIGURED), 1);
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), -EIO);
	CHECK_EQ(h.pages_out, 0);
	tdmgr_td_destroy(td, NULL, NULL);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* A permanently busy call is retried to its limit once, not for each page. */
static void stuck(void)
{
	struct tdmgr_td *td;
	struct host h;
	u32 i;

	restart(&h, false);
	td = make_td(&h);
	for (i = 1; i < 1000; i++)
		CHECK_EQ(add_page(&h, td, i, true, false), 0);
	fault(&h, TDH_PHYMEM_PAGE_RECLAIM, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX), SEAM_ANY);
	h.leaf_calls[TDH_PHYMEM_PAGE_RECLAIM] = 0;
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK(h.leaf_calls[TDH_PHYMEM_PAGE_RECLAIM] < 10001 + 1100 * 11);
	CHECK_EQ(h.pages_out, 1000 + 1 + 6 + 6 + 4);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* Contention on the way in: -EBUSY, nothing changed, the page stays ours. */
static void busy_on_the_way_in(void)
{
	struct tdmgr_td_info info;
	struct tdmgr_td *td;
	struct host h;
	u64 hw;

	restart(&h, false);
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), 0);
	CHECK_EQ(tdmgr_vcpu_create(td, 0), 0);
	CHECK_EQ(tdmgr_vcpu_init(td, 0, 0), 0);
	fault(&h, TDH_MEM_PAGE_ADD, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RDX), SEAM_ANY);
	fault(&h, TDH_MR_FINALIZE, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX), SEAM_ANY);
	CHECK_EQ(add_page(&h, td, 0, false, true), -EBUSY);
	CHECK_EQ(tdmgr_td_finalize(td, &hw), -EBUSY);
	CHECK_EQ(hw, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX));
	tdmgr_td_get_info(td, &info);
	CHECK(!info.dead && !info.finalized);
	CHECK_EQ(info.private_pages, 0);
	seam_fault_clear(h.seam);
	CHECK_EQ(add_page(&h, td, 0, false, true), 0);
	CHECK_EQ(tdmgr_td_finalize(td, &hw), 0);
	CHECK_EQ(hw, 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

int main(void)
{
	RUN(each_seamcall);
	RUN(each_allocation);
	RUN(leaked_hkid);
	RUN(flush_not_done);
	RUN(cache_wb);
	RUN(package_lost);
	RUN(remove_again);
	RUN(key_config);
	RUN(stuck);
	RUN(busy_on_the_way_in);
	return check_done("tdmgr-faults");
}
