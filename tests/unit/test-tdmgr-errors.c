// SPDX-License-Identifier: GPL-2.0-only
/* tdmgr: the error that each call returns, and the SEAMCALL that it names. */
#include "check.h"
#include "host.h"
#include "tdmgr/tdmgr-priv.h"

#define GPA(n) (0x100000ULL + CORE_PAGE_SIZE * (u64)(n))
#define STALE  0x5a5a5a5aULL

static const struct host_config host_cfg = {
	.nr_pkgs = 2,
	.cpus_per_pkg = 2,
	.nr_hkids = 3,
	.max_vcpus = 4,
	.late_lp_init = true,
};

static const struct tdmgr_td_params params = { .xfam = 0x3 };

static void start(struct host *h)
{
	if (!CHECK_EQ(host_start(h, &host_cfg), 0))
		exit(1);
}

/* Initialised, with one vCPU and one page. */
static struct tdmgr_td *make_td(struct host *h)
{
	struct tdmgr_td *td = NULL;
	u64 hw = STALE;

	CHECK_EQ(tdmgr_td_create(h->m, &td), 0);
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), 0);
	CHECK_EQ(hw, 0);
	CHECK_EQ(tdmgr_vcpu_create(td, 0), 0);
	CHECK_EQ(tdmgr_vcpu_init(td, 0, 0), 0);
	CHECK_EQ(tdmgr_mem_add(td, GPA(0), host_page_alloc(h), host_source_page(h), false), 0);
	return td;
}

static void finalize(struct tdmgr_td *td)
{
	u64 hw = STALE;

	CHECK_EQ(tdmgr_td_finalize(td, &hw), 0);
	CHECK_EQ(hw, 0);
}

static void fault(struct host *h, u32 leaf, u64 status, u32 count)
{
	const struct seam_fault f = {
		.leaf = leaf, .lp = SEAM_ANY, .status = status, .count = count
	};

	CHECK_EQ(seam_fault_add(h->seam, &f), 0);
}

/* Calls that would change a dead TD return -EIO and make no SEAMCALL. */
static void dead_td_answers_eio(void)
{
	struct tdmgr_td_info info;
	struct tdmgr_td *td;
	struct host h;
	u64 hw, calls, page;

	start(&h);
	td = make_td(&h);
	finalize(td);
	CHECK_EQ(tdmgr_td_terminate_vm(td), 0);
	tdmgr_td_get_info(td, &info);
	CHECK(info.dead);
	page = host_page_alloc(&h);
	calls = h.calls;
	hw = STALE;
	CHECK_EQ(tdmgr_td_finalize(td, &hw), -EIO);
	CHECK_EQ(hw, 0);
	hw = STALE;
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), -EIO);
	CHECK_EQ(hw, 0);
	CHECK_EQ(tdmgr_vcpu_create(td, 1), -EIO);
	CHECK_EQ(tdmgr_vcpu_init(td, 0, 0), -EIO);
	CHECK_EQ(tdmgr_mem_add(td, GPA(1), page, host_source_page(&h), false), -EIO);
	CHECK_EQ(tdmgr_mem_aug(td, GPA(1), page), -EIO);
	CHECK_EQ(h.calls, calls);
	host_page_free(&h, page);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* *hw_error is the module's status, or 0 if no SEAMCALL failed. */
static void hw_error_is_the_status(void)
{
	struct tdmgr_td_params bad = params;
	struct tdmgr_td *td;
	struct host h;
	u64 hw = STALE;

	start(&h);
	CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
	CHECK_EQ(tdmgr_td_finalize(td, &hw), -EINVAL);
	CHECK_EQ(hw, 0);
	hw = STALE;
	h.fail_alloc = h.nr_allocs + 1;
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), -ENOMEM);
	CHECK_EQ(hw, 0);
	h.fail_alloc = 0;
	hw = STALE;
	fault(&h, TDH_MNG_CREATE, TDX_ST(RND_NO_ENTROPY), SEAM_ANY);
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), -EAGAIN);
	CHECK_EQ(hw, 0);
	seam_fault_clear(h.seam);
	bad.attributes = 1ULL << 63 | 1ULL << 5;
	CHECK_EQ(tdmgr_td_init_vm(td, &bad, &hw), -EINVAL);
	CHECK_EQ(hw, TDX_ST_OP(OPERAND_INVALID, TDX_OP_ATTRIBUTES));
	hw = STALE;
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), 0);
	CHECK_EQ(hw, 0);
	hw = STALE;
	CHECK_EQ(tdmgr_td_init_vm(td, &params, &hw), -EINVAL);
	CHECK_EQ(hw, 0);
	fault(&h, TDH_MR_FINALIZE, TDX_ST(TD_FATAL), 1);
	CHECK_EQ(tdmgr_td_finalize(td, &hw), -EIO);
	CHECK_EQ(hw, TDX_ST(TD_FATAL));
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* No HKID is left: no SEAMCALL was made. */
static void no_hkid_is_no_hw_error(void)
{
	struct tdmgr_td *td[4];
	struct host h;
	u64 hw;
	u32 i;

	start(&h);
	for (i = 0; i < 3; i++)
		td[i] = make_td(&h);
	CHECK_EQ(tdmgr_td_create(h.m, &td[3]), 0);
	hw = STALE;
	CHECK_EQ(tdmgr_td_init_vm(td[3], &params, &hw), -ENOSPC);
	CHECK_EQ(hw, 0);
	for (i = 0; i < 4; i++)
		tdmgr_td_destroy(td[i], host_page_back, &h);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/*
 * Each step of freeing the HKID fails permanently in turn: the failed step is named,
 * and no later step follows.
 */
static void leak_blames_the_step_that_failed(void)
{
	static const struct {
		u32 leaf;
		const char *name;
		bool wb, freeid; /* expected to be called */
	} t[] = {
		{ TDH_MNG_VPFLUSHDONE, "TDH.MNG.VPFLUSHDONE failed: TD_FATAL", false, false },
		{ TDH_MNG_KEY_FREEID, "TDH.MNG.KEY.FREEID failed: TD_FATAL", true, true },
	};
	struct tdmgr_td_info info;
	struct tdmgr_td *td;
	struct host h;

	for (u32 i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(&h);
		td = make_td(&h);
		finalize(td);
		fault(&h, t[i].leaf, TDX_ST(TD_FATAL), SEAM_ANY);
		CHECK_EQ(tdmgr_td_terminate_vm(td), -EIO);
		CHECK(host_logged(&h, "HKID 17 is leaked"));
		CHECK(host_logged(&h, t[i].name));
		CHECK_EQ(h.leaf_calls[t[i].leaf], 1);
		CHECK_EQ(!!h.leaf_calls[TDH_PHYMEM_CACHE_WB], t[i].wb);
		CHECK_EQ(!!h.leaf_calls[TDH_MNG_KEY_FREEID], t[i].freeid);
		tdmgr_td_get_info(td, &info);
		CHECK(info.leaked && info.dead);
		CHECK_EQ(info.hkid, 17);
		/* It stays leaked: no step is repeated. */
		CHECK_EQ(tdmgr_td_release_hkid(td), -EIO);
		CHECK_EQ(h.leaf_calls[t[i].leaf], 1);
		tdmgr_td_destroy(td, host_page_back, &h);
		host_stop(&h);
		CHECK_EQ(h.errors, 0);
	}
}

/* A failing CACHE.WB is only a warning: KEY.FREEID decides. */
static void failed_write_back_is_a_warning(void)
{
	struct tdmgr_td *td;
	struct host h;

	start(&h);
	td = make_td(&h);
	finalize(td);
	fault(&h, TDH_PHYMEM_CACHE_WB, TDX_ST(TD_FATAL), 1);
	CHECK_EQ(tdmgr_td_terminate_vm(td), -EIO);
	CHECK(host_logged(&h, "TDH.PHYMEM.CACHE.WB on package 0 failed after 1 tries: TD_FATAL"));
	CHECK(!host_logged(&h, "on package 1 failed"));
	CHECK(host_logged(&h, "TDH.MNG.KEY.FREEID failed: WBCACHE_NOT_COMPLETE"));
	tdmgr_td_destroy(td, host_page_back, &h);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* The module is busy once: the call is repeated with the registers of the first attempt. */
static void busy_call_is_repeated(void)
{
	struct tdmgr_td *td;
	struct host h;
	u64 calls, page;

	start(&h);
	td = make_td(&h);
	page = host_page_alloc(&h);
	calls = h.leaf_calls[TDH_MEM_PAGE_ADD];
	host_inject(&h, 1, HOST_FAIL_ONCE, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX));
	CHECK_EQ(tdmgr_mem_add(td, GPA(1), page, host_source_page(&h), false), 0);
	CHECK_EQ(h.leaf_calls[TDH_MEM_PAGE_ADD], calls + 2);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* The module stays busy: later SEAMCALLs for this TD are repeated less often. */
static void busy_permanently(void)
{
	struct tdmgr_td *td;
	struct host h;
	u64 calls, page;

	start(&h);
	td = make_td(&h);
	page = host_page_alloc(&h);
	fault(&h, TDH_MEM_PAGE_ADD, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX), SEAM_ANY);
	calls = h.leaf_calls[TDH_MEM_PAGE_ADD];
	CHECK(tdmgr_mem_add(td, GPA(1), page, host_source_page(&h), false));
	CHECK_EQ(h.leaf_calls[TDH_MEM_PAGE_ADD] - calls, 10001);
	fault(&h, TDH_MNG_VPFLUSHDONE, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX), SEAM_ANY);
	CHECK_EQ(tdmgr_td_release_hkid(td), -EIO);
	CHECK_EQ(h.leaf_calls[TDH_MNG_VPFLUSHDONE], 11);
	seam_fault_clear(h.seam);
	tdmgr_td_destroy(td, host_page_back, &h);
	host_stop(&h);
}

/* The pages that the module did not accept are freed. */
static void refused_vcpu_pages_are_freed(void)
{
	struct tdmgr_td *td;
	struct host h;
	u32 before;

	start(&h);
	td = make_td(&h);
	CHECK_EQ(tdmgr_vcpu_create(td, 1), 0);
	before = h.pages_out;
	fault(&h, TDH_VP_CREATE, TDX_ST(TD_FATAL), 1);
	CHECK_EQ(tdmgr_vcpu_init(td, 1, 0), -EIO);
	CHECK_EQ(h.pages_out, before);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* Each member that cannot be is refused, and the largest values that can be are not. */
static void topology_limits(void)
{
	static u8 pkg[2] = { 0, 1 };
	static const u64 base[TDX_MAX_TDMRS + 1], size[TDX_MAX_TDMRS + 1];
	const struct tdmgr_config good = {
		.nr_cpus = 2,
		.cpu_pkg = pkg,
		.nr_pkgs = 2,
		.global_hkid = 16,
		.first_hkid = 17,
		.nr_hkids = 3,
		.hkid_shift = 46,
		.max_vcpus = 4,
		.tdmr_base = base,
		.tdmr_size = size,
	};
	struct tdmgr_config c;
	struct tdmgr *m;
	struct host h;

	start(&h);
#define REFUSED(member, value) \
	do { \
		c = good; \
		c.member = (value); \
		CHECK_EQ(tdmgr_new(&m, &c, &h.m->ops, &h), -EINVAL); \
	} while (0)
#define ACCEPTED(member, value) \
	do { \
		c = good; \
		c.member = (value); \
		if (CHECK_EQ(tdmgr_new(&m, &c, &h.m->ops, &h), 0)) \
			tdmgr_free(m); \
	} while (0)
	ACCEPTED(max_vcpus, 1);
	REFUSED(nr_cpus, 0);
	REFUSED(nr_pkgs, 0);
	REFUSED(nr_pkgs, 1); /* CPU 1 is in another one */
	ACCEPTED(nr_pkgs, TDX_MAX_PKGS);
	REFUSED(nr_pkgs, TDX_MAX_PKGS + 1);
	REFUSED(nr_hkids, 0);
	REFUSED(first_hkid, 0);
	REFUSED(max_vcpus, 0);
	ACCEPTED(nr_tdmrs, TDX_MAX_TDMRS);
	REFUSED(nr_tdmrs, TDX_MAX_TDMRS + 1);
	pkg[0] = 2;
	REFUSED(nr_pkgs, 2);
	pkg[0] = 0;
#undef REFUSED
#undef ACCEPTED
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* A TD has no more vCPUs than the module supports, whatever the host allows. */
static void max_vcpus_of_the_module(void)
{
	struct host_config cfg = host_cfg;
	struct tdmgr_td_info info;
	struct tdmgr_td *td;
	struct host h;

	for (u32 i = 0; i < 2; i++) {
		cfg.max_vcpus = TDX_MAX_VCPUS_PER_TD + i;
		CHECK_EQ(host_start(&h, &cfg), 0);
		CHECK_EQ(tdmgr_td_create(h.m, &td), 0);
		tdmgr_td_get_info(td, &info);
		CHECK_EQ(info.max_vcpus, TDX_MAX_VCPUS_PER_TD);
		CHECK_EQ(tdmgr_td_set_max_vcpus(td, TDX_MAX_VCPUS_PER_TD + 1), -EINVAL);
		CHECK_EQ(tdmgr_td_set_max_vcpus(td, TDX_MAX_VCPUS_PER_TD), 0);
		tdmgr_td_destroy(td, NULL, NULL);
		host_stop(&h);
	}
}

/* Each status has a name for the log, and an error number that a caller can act on. */
static void names_and_errors(void)
{
	static const struct {
		u64 status;
		const char *name;
		int err;
	} t[] = {
		{ TDMGR_ST_CPU_OFFLINE, "CPU is offline", -EIO },
		{ TDX_SEAMCALL_VMFAILINVALID, "VMfailInvalid, no TDX module", -ENODEV },
		{ TDX_SEAMCALL_GP, "#GP, TDX is off in the firmware", -EOPNOTSUPP },
		{ TDX_SEAMCALL_UD, "#UD, CPU is not in VMX operation", -EACCES },
		{ TDX_ST(SUCCESS), "SUCCESS", 0 },
		{ TDX_ST(RND_NO_ENTROPY), "RND_NO_ENTROPY", -EAGAIN },
		{ TDX_ST(KEY_GENERATION_FAILED), "KEY_GENERATION_FAILED", -EAGAIN },
		{ TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX), "OPERAND_BUSY", -EIO },
		{ 0xdeadbeef00000000ULL, "unknown status", -EIO },
	};

	for (u32 i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		CHECK_STR(tdmgr_status_name(t[i].status), t[i].name);
		CHECK_EQ(tdmgr_errno(t[i].status), t[i].err);
	}
	CHECK_STR(tdmgr_leaf_name(TDH_MNG_KEY_CONFIG), "TDH.MNG.KEY.CONFIG");
	/* The version of a leaf is not part of its name. */
	CHECK_STR(tdmgr_leaf_name(TDH_VP_INIT | 1ULL << TDX_VERSION_SHIFT), "TDH.VP.INIT");
	CHECK_STR(tdmgr_leaf_name(TDX_LEAF_MASK), "unknown leaf");
}

/* A CPU that the host does not have is refused, also while TDs exist. */
static void unknown_cpu(void)
{
	struct tdmgr_td *td;
	struct host h;
	u64 calls;

	start(&h);
	td = make_td(&h);
	calls = h.calls;
	CHECK_EQ(tdmgr_cpu_online(h.m, h.nr_cpus), -EINVAL);
	CHECK_EQ(tdmgr_cpu_offline(h.m, h.nr_cpus), -EINVAL);
	CHECK_EQ(h.calls, calls);
	tdmgr_td_destroy(td, host_page_back, &h);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* A CPU must not go offline with a vCPU that could never be flushed afterwards. */
static void cpu_stays_if_a_vcpu_cannot_be_flushed(void)
{
	struct tdmgr_td *td;
	struct host h;

	start(&h);
	td = make_td(&h); /* its vCPU is on CPU 0 */
	fault(&h, TDH_VP_FLUSH, TDX_ST(TD_FATAL), 1);
	CHECK_EQ(host_cpu_offline(&h, 0), -EBUSY);
	CHECK(host_logged(&h, "vCPU 0 on CPU 0: TDH.VP.FLUSH failed: TD_FATAL"));
	CHECK(h.online[0]);
	/* Other CPUs may go, and this one when the flush succeeds. */
	CHECK_EQ(host_cpu_offline(&h, 2), 0);
	CHECK_EQ(host_cpu_offline(&h, 0), 0);
	CHECK(!h.online[0]);
	host_run_on(1);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* GPAs are whole pages. */
static void remove_needs_a_whole_page(void)
{
	struct tdmgr_td *td;
	struct host h;
	u64 hpa = STALE;

	start(&h);
	td = make_td(&h);
	CHECK_EQ(tdmgr_mem_remove(td, GPA(0) + 8, &hpa), -EINVAL);
	CHECK_EQ(hpa, 0);
	CHECK_EQ(tdmgr_mem_remove(td, GPA(1), &hpa), -ENOENT);
	CHECK_EQ(tdmgr_mem_remove(td, GPA(0), &hpa), 0);
	CHECK(hpa);
	host_page_free(&h, hpa);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* The caller may reuse the memory of its configuration, and need not be interruptible. */
static void configuration_is_copied(void)
{
	struct host_config cfg = host_cfg;
	u8 pkg[4] = { 0, 0, 1, 1 };
	u64 base = HOST_TDMR_BASE, size = 0;
	struct tdmgr_config c;
	struct tdmgr_ops ops;
	struct tdmgr_td *td;
	struct host h;

	cfg.no_bringup = true;
	CHECK_EQ(host_start(&h, &cfg), 0);
	ops = h.m->ops;
	ops.relax = NULL;
	ops.interrupted = NULL;
	c = h.m->cfg;
	size = c.tdmr_size[0];
	tdmgr_free(h.m);
	c.cpu_pkg = pkg;
	c.tdmr_base = &base;
	c.tdmr_size = &size;
	CHECK_EQ(tdmgr_new(&h.m, &c, &ops, &h), 0);
	memset(pkg, 0xff, sizeof(pkg));
	memset(&c, 0xff, sizeof(c));
	memset(&ops, 0xff, sizeof(ops));
	base = size = ~0ULL;
	CHECK_EQ(tdmgr_bringup(h.m), 0);
	CHECK_EQ(seam_get_sys_state(h.seam), SEAM_SYS_READY);
	td = make_td(&h);
	finalize(td);
	CHECK_EQ(tdmgr_td_release_vm(td, host_page_back, &h), 0);
	tdmgr_td_destroy(td, host_page_back, &h);
	CHECK_EQ(h.pages_out, 0);
	host_stop(&h);
	CHECK_EQ(h.errors, 0);
}

/* Changes one field of TDH.SYS.RD; other calls go to the module. */
static u64 field_id, field_value;
static u64 (*module)(void *ctx, u64 rax, struct tdmgr_args *args);

static u64 module_with_field(void *ctx, u64 rax, struct tdmgr_args *args)
{
	u64 id = args->rdx, status = module(ctx, rax, args);

	if ((rax & TDX_LEAF_MASK) == TDH_SYS_RD && id == field_id)
		args->r8 = field_value;
	return status;
}

/* A module with structures of another size than the code has room for is refused. */
static void sizes_of_the_module(void)
{
	static const struct {
		u64 id, pages;
		const char *refused;
	} t[] = {
		{ 0x9800000100000100ULL, TDX_MIN_TDCS_PAGES - 1,
		  "requires 5 pages; supported are 6 to 9" },
		{ 0x9800000100000100ULL, TDX_MIN_TDCS_PAGES, NULL },
		{ 0x9800000100000100ULL, TDX_MAX_TDCS_PAGES, NULL },
		{ 0x9800000100000100ULL, TDX_MAX_TDCS_PAGES + 1, "pages; supported are" },
		{ 0x9800000100000200ULL, TDX_MIN_TDVPS_PAGES - 1, "pages; supported are" },
		{ 0x9800000100000200ULL, TDX_MIN_TDVPS_PAGES, NULL },
		{ 0x9800000100000200ULL, TDX_MAX_TDVPS_PAGES, NULL },
		{ 0x9800000100000200ULL, TDX_MAX_TDVPS_PAGES + 1, "pages; supported are" },
	};
	struct host_config cfg = host_cfg;
	struct host h;

	cfg.no_bringup = true;
	for (u32 i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		CHECK_EQ(host_start(&h, &cfg), 0);
		module = h.m->ops.seamcall;
		h.m->ops.seamcall = module_with_field;
		field_id = t[i].id;
		field_value = t[i].pages << CORE_PAGE_SHIFT;
		CHECK_EQ(tdmgr_bringup(h.m), t[i].refused ? -EIO : 0);
		CHECK_EQ(seam_get_sys_state(h.seam) == SEAM_SYS_READY, !t[i].refused);
		if (t[i].refused)
			CHECK(host_logged(&h, t[i].refused));
		host_stop(&h);
		CHECK_EQ(h.errors, 0);
	}
}

int main(void)
{
	RUN(dead_td_answers_eio);
	RUN(hw_error_is_the_status);
	RUN(no_hkid_is_no_hw_error);
	RUN(leak_blames_the_step_that_failed);
	RUN(failed_write_back_is_a_warning);
	RUN(busy_call_is_repeated);
	RUN(busy_permanently);
	RUN(refused_vcpu_pages_are_freed);
	RUN(topology_limits);
	RUN(max_vcpus_of_the_module);
	RUN(names_and_errors);
	RUN(unknown_cpu);
	RUN(cpu_stays_if_a_vcpu_cannot_be_flushed);
	RUN(remove_needs_a_whole_page);
	RUN(configuration_is_copied);
	RUN(sizes_of_the_module);
	return check_done("test-tdmgr-errors");
}
