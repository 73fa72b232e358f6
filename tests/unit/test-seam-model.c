// SPDX-License-Identifier: GPL-2.0-only
/* What the vectors leave out: metadata, large pages, 5 levels, configurations. */
#include <errno.h>

#include "test-seam-machine.h"

#define U UNUSED_REG

/* ---- power-on ---- */

static void *try_init(const struct seam_config *cfg)
{
	static u64 mem[1 << 14];

	CHECK(seam_size(cfg) <= sizeof(mem));
	return seam_init(mem, cfg, &machine_ops, NULL);
}

static void impossible_configurations(void)
{
	static const u8 bad_pkg[4] = { 0, 0, 1, 2 };
	struct seam_ops no_map = machine_ops;
	struct seam_config cfg;
	u64 dummy;

	cfg = machine_config();
	CHECK(try_init(&cfg));
	cfg.nr_lps = 0;
	CHECK(!try_init(&cfg));
	cfg = machine_config();
	cfg.lp_pkg = bad_pkg;
	CHECK(!try_init(&cfg));
	cfg = machine_config();
	cfg.nr_pkgs = TDX_MAX_PKGS + 1;
	CHECK(!try_init(&cfg));
	cfg = machine_config();
	cfg.nr_tdx_keyids = 0;
	CHECK(!try_init(&cfg));
	cfg = machine_config();
	cfg.nr_tdx_keyids = 17; /* KeyID 32 needs a sixth bit */
	CHECK(!try_init(&cfg));
	cfg.hkid_shift = 46;
	CHECK(try_init(&cfg));
	cfg.nr_tdx_keyids = TDX_MAX_HKIDS;
	cfg.hkid_shift = 40;
	CHECK(!try_init(&cfg));
	cfg = machine_config();
	cfg.nr_cmrs = 0;
	CHECK(!try_init(&cfg));
	cfg = machine_config();
	cfg.nr_cmrs = 2;
	cfg.cmr[1] = cfg.cmr[0]; /* not ascending */
	CHECK(!try_init(&cfg));
	cfg = machine_config();
	cfg.cmr[0].size = 1ULL << 47; /* reaches into the KeyID bits */
	CHECK(!try_init(&cfg));
	cfg = machine_config();
	no_map.map = NULL;
	CHECK(!seam_init(&dummy, &cfg, &no_map, NULL));
}

static void unknown_lp(void)
{
	struct seam_regs r = { .rax = TDH_SYS_INIT };

	machine_power_on();
	seam_call(m.seam, 4, &r);
	CHECK_EQ(r.rax, TDX_SEAMCALL_VMFAILINVALID);
	CHECK_EQ(seam_get_sys_state(m.seam), SEAM_SYSINIT_PENDING);
}

static void late_lp(void)
{
	struct seam_config cfg = machine_config();

	machine_power_on();
	cfg.late_lp_init = true;
	m.seam = must(seam_init(m.seam_mem, &cfg, &machine_ops, NULL));
	CHECK_EQ(call(0, TDH_SYS_LP_INIT, U, U, U, U), 0xc000050b00000000);
	ok(0, TDH_SYS_INIT, 0, 0, 0, 0);
	ok(0, TDH_SYS_LP_INIT, 0, 0, 0, 0);
	ok(0, TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID, 0);
	ok(1, TDH_SYS_LP_INIT, 0, 0, 0, 0);
	ok(0, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	ok(2, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	CHECK_EQ(seam_get_sys_state(m.seam), SEAM_SYS_READY);
	ok(2, TDH_SYS_LP_INIT, 0, 0, 0, 0);
	CHECK_EQ(call(2, TDH_SYS_LP_INIT, U, U, U, U), 0xc000050300000000);
	ok(0, TDH_SYS_SHUTDOWN, 0, 0, 0, 0);
	CHECK_EQ(call(3, TDH_SYS_LP_INIT, U, U, U, U), 0xc000050600000000);
}

/* ---- metadata ---- */

/* Follows the chain of next ids; every field is readable and comes once. */
static void metadata_chain(void)
{
	struct seam_regs r = { .rax = TDH_SYS_RD, .rdx = ~0ULL };
	u64 id, last_key = 0, leaves[18] = { 0 }, values[36] = { 0 };
	u32 n = 0;

	machine_all_lps();
	CHECK_EQ(seamcall(0, &r), 0x00000c0b00000000);
	while (r.rdx != ~0ULL && n < 1000) {
		id = r.rdx;
		CHECK(!n || seam_md_key(id) > last_key);
		last_key = seam_md_key(id);
		r.rax = TDH_SYS_RD;
		CHECK_EQ(seamcall(3, &r), 0);
		if (id - 0x9900000300000400 < 18)
			leaves[id - 0x9900000300000400] = r.r8;
		if (id - 0x9900000300000500 < 36)
			values[id - 0x9900000300000500] = r.r8;
		n++;
	}
	CHECK_EQ(n, 19 + 18 + 36);
	CHECK_EQ(leaves[0], 0xffffffff00000001);
	CHECK_EQ(leaves[9], 0xffffffff80000008);
	CHECK_EQ(leaves[17], 0x000000050000001f);
	CHECK_EQ(values[0], 0x00ff00000fff3fff);
	CHECK_EQ(values[1], 0xb844000031044d88);
	CHECK_EQ(values[18], 0x0000020000000000);
}

static const struct {
	u64 id, value;
} linux_reads[] = {
	{ 0x0800000100000003, 5 },	{ 0x0800000100000004, 1 },
	{ 0x0800000100000005, 5 },	{ 0x9100000100000008, 64 },
	{ 0x9100000100000009, 16 },	{ 0x9100000100000010, 16 },
	{ 0x9100000100000011, 16 },	{ 0x9100000100000012, 16 },
	{ 0x9800000100000000, 4096 },	{ 0x9800000100000100, 0x6000 },
	{ 0x9800000100000200, 0x6000 }, { 0x1900000300000000, 0x8000000078000001 },
	{ 0x1900000300000001, 0 },	{ 0x1900000300000002, 0x6dbe7 },
	{ 0x1900000300000003, 3 },	{ 0x9900000100000004, 18 },
	{ 0x9900000100000008, 576 },	{ 0x8900000100000000, 0 },
};

static u64 sys_rd(u64 id, u64 *value)
{
	struct seam_regs r = { .rax = TDH_SYS_RD, .rdx = id };

	seamcall(0, &r);
	*value = r.r8;
	return r.rax;
}

static void metadata_values(void)
{
	u64 v;
	u32 i;

	machine_all_lps();
	for (i = 0; i < ARRAY_SIZE(linux_reads); i++) {
		CHECK_EQ(sys_rd(linux_reads[i].id, &v), 0);
		CHECK_EQ(v, linux_reads[i].value);
	}
	/* NO_RBP_MOD and TOPOLOGY_ENUM are demanded, TD_PRESERVING is not offered */
	CHECK_EQ(sys_rd(0x0a00000300000008, &v), 0);
	CHECK_EQ(v & (1 << 18 | 1 << 20 | 1 << 1), 1 << 18 | 1 << 20);
	/* reserved and last-element bits */
	CHECK_EQ(sys_rd(0x0800000101000004, &v), 0xc0000c0000000000);
	CHECK_EQ(sys_rd(0x0800000500000004, &v), 0xc0000c0000000000);
	CHECK_EQ(sys_rd(0x4800000100000004, &v), 0xc0000c0000000000);
	/* the context is overwritten */
	CHECK_EQ(sys_rd(0x0810000100000004, &v), 0);
	CHECK_EQ(sys_rd(0x9900000300000412, &v), 0xc0000c0000000000);
	CHECK_EQ(sys_rd(0x9900000300000524, &v), 0xc0000c0000000000);
}

static u64 mng_rd(u64 id, u64 *value)
{
	struct seam_regs r = { .rax = TDH_MNG_RD, .rcx = D, .rdx = id };

	seamcall(0, &r);
	*value = r.r8;
	return r.rax;
}

#define CPUID_ID(leaf, sub) \
	(0x9410000300000000 | (u64)((leaf) >> 31) << 16 | (u64)((leaf) & 0x7f) << 9 | (sub))

static void td_fields(void)
{
	u64 v;

	td_addcx6();
	td_params()->cpuid[0].eax = 0x000806f8; /* leaf 1 */
	td_params()->cpuid[0].ecx = 0x08;
	td_params()->cpuid[0].edx = 0x80000000;
	ok(0, TDH_MNG_INIT, D, TD_PARAMS, 0, 0);
	CHECK_EQ(mng_rd(0x110000000000000a, &v), 0);
	CHECK_EQ(v, 0);
	CHECK_EQ(mng_rd(0x110000000000000b, &v), 0);
	CHECK_EQ(v, 1ULL << 48);
	CHECK_EQ(mng_rd(CPUID_ID(0U, 0x1fe), &v), 0);
	CHECK_EQ(v, 0x756e654700000023);
	CHECK_EQ(mng_rd(CPUID_ID(0U, 0x1ff), &v), 0);
	CHECK_EQ(v, 0x49656e696c65746e);
	CHECK_EQ(mng_rd(CPUID_ID(0x80000000U, 0x1fe), &v), 0);
	CHECK_EQ(v, 0x80000008);
	CHECK_EQ(mng_rd(CPUID_ID(1U, 0x1fe), &v), 0);
	CHECK_EQ(v, 0x000806f8);
	CHECK_EQ(mng_rd(CPUID_ID(1U, 0x1ff), &v), 0);
	CHECK_EQ(v, 0x8000000000000008);
	CHECK_EQ(mng_rd(CPUID_ID(2U, 0x1fe), &v), 0xc0000c0200000000);
	CHECK_EQ(mng_rd(0x1110000000000001, &v), 0xc0000c0000000000);
}

/* ---- TD_PARAMS beyond the vectors ---- */

static u64 init_with(void (*change)(struct tdx_td_params *p))
{
	td_params_valid();
	change(td_params());
	return call(0, TDH_MNG_INIT, D, TD_PARAMS, U, U);
}

static void half_avx512(struct tdx_td_params *p)
{
	p->xfam = 0x27;
}
static void half_cet(struct tdx_td_params *p)
{
	p->xfam = 0x803;
}
static void eptp_uc(struct tdx_td_params *p)
{
	p->eptp_controls = 0x18;
}
static void eptp_ad(struct tdx_td_params *p)
{
	p->eptp_controls = 0x5e;
}
static void rsvd0(struct tdx_td_params *p)
{
	p->reserved0 = 1;
}
static void rsvd1(struct tdx_td_params *p)
{
	p->reserved1[37] = 1;
}
static void rsvd2(struct tdx_td_params *p)
{
	p->reserved2[0] = 1;
}
static void msr_ctls(struct tdx_td_params *p)
{
	p->msr_config_ctls = 2;
}
static void tail(struct tdx_td_params *p)
{
	p->cpuid[47].edx = 1;
}
static void arch_caps(struct tdx_td_params *p)
{
	p->ia32_arch_capabilities_config = 1;
}
static void hle_only(struct tdx_td_params *p)
{
	p->cpuid[5].ebx = 0x10;
}
static void fms(struct tdx_td_params *p)
{
	p->cpuid[0].eax = 0x000806f1;
}

static void topology_gap(struct tdx_td_params *p)
{
	p->cpuid[12].ecx = 0x100;
	p->cpuid[14].ecx = 0x200;
}

static void topology_good(struct tdx_td_params *p)
{
	p->cpuid[12].ecx = 0x100;
	p->cpuid[12].eax = 1;
	p->cpuid[13].ecx = 0x201;
	p->cpuid[13].eax = 4;
	p->cpuid[14].ecx = 0x002;
}

static void td_params_checks(void)
{
	td_addcx6();
	CHECK_EQ(init_with(half_avx512), 0xc000010000000041);
	CHECK_EQ(init_with(half_cet), 0xc000010000000041);
	CHECK_EQ(init_with(eptp_uc), 0xc000010000000043);
	CHECK_EQ(init_with(eptp_ad), 0xc000010000000043);
	CHECK_EQ(init_with(rsvd0), 0xc000010000000002);
	CHECK_EQ(init_with(rsvd1), 0xc000010000000002);
	CHECK_EQ(init_with(rsvd2), 0xc000010000000002);
	CHECK_EQ(init_with(msr_ctls), 0xc000010000000002);
	CHECK_EQ(init_with(tail), 0xc000010000000002);
	CHECK_EQ(init_with(arch_caps), 0xc000010000000048);
	CHECK_EQ(init_with(hle_only), 0xc000010000000045);
	CHECK_EQ(init_with(topology_gap), 0xc000090400000000);
	m.seam->cpuid_1_eax = 0x000806f8;
	CHECK_EQ(init_with(fms), 0xc000010000000045);
	CHECK_EQ(call(0, TDH_MNG_INIT, D, KEYED(TD_PARAMS, 16), U, U), 0xc000010000000002);
	CHECK_EQ(init_with(topology_good), 0);
}

/* ---- memory ---- */

#define PAGE_2M (TDMR_BASE + 0x200000)

/* S-EPT down to level 1 for the first GiB only. */
static void large_page(void)
{
	struct seam_page_info p;
	struct seam_td_info td;
	struct seam_regs r;
	u64 before;

	vp_ready();
	ok(0, TDH_MEM_SEPT_ADD, 3, D, EPT(3), 0);
	ok(0, TDH_MEM_SEPT_ADD, 2, D, EPT(2), 0);
	ok(0, TDH_MR_FINALIZE, D, 0, 0, 0);
	seam_get_td(m.seam, D, &td);
	before = td.chldcnt;
	CHECK_EQ(call(0, TDH_MEM_PAGE_AUG, 1, D, PAGE_2M + 4096, U), 0xc000010000000008);
	CHECK_EQ(call(0, TDH_MEM_PAGE_AUG, 0x1001, D, PAGE_2M, U), 0xc000010000000001);
	CHECK_EQ(call(0, TDH_MEM_PAGE_AUG, 2, D, PAGE_2M, U), 0xc000010000000001);
	/* one page of the range is taken, by another TD */
	ok(0, TDH_MNG_CREATE, PAGE_2M + 0x5000, 18, 0, 0);
	CHECK_EQ(call(0, TDH_MEM_PAGE_AUG, 1, D, PAGE_2M, U), 0xc000030000000008);
	ok(0, TDH_MNG_VPFLUSHDONE, PAGE_2M + 0x5000, 0, 0, 0);
	ok(0, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	ok(2, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	ok(0, TDH_MNG_KEY_FREEID, PAGE_2M + 0x5000, 0, 0, 0);
	ok(0, TDH_PHYMEM_PAGE_RECLAIM, PAGE_2M + 0x5000, 0, 0, 0);

	ok(0, TDH_MEM_PAGE_AUG, 1, D, PAGE_2M, 0);
	seam_get_td(m.seam, D, &td);
	CHECK_EQ(td.chldcnt, before + 512);
	CHECK_EQ(seam_get_page(m.seam, PAGE_2M + 0x7000, &p), 0);
	CHECK_EQ(p.type, TDX_PT_REG);
	CHECK_EQ(p.size, 1);
	CHECK_EQ(p.owner, D);
	/* none of its 4-KiB pages can be used, and no table can be below it */
	CHECK_EQ(call(0, TDH_MNG_CREATE, PAGE_2M + 0x7000, 18, U, U), 0xc000030000000001);
	CHECK_EQ(call(0, TDH_MEM_PAGE_AUG, 0, D, A, U), 0xc0000b0000000001);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_RDMD, PAGE_2M + 0x7000, U, U, U), 0);

	ok(0, TDH_MEM_RANGE_BLOCK, 1, D, 0, 0);
	ok(0, TDH_MEM_TRACK, D, 0, 0, 0);
	r = (struct seam_regs){ .rax = TDH_MEM_PAGE_REMOVE, .rcx = 1, .rdx = D };
	CHECK_EQ(seamcall(0, &r), 0);
	CHECK_EQ(r.rcx, PAGE_2M);
	seam_get_td(m.seam, D, &td);
	CHECK_EQ(td.chldcnt, before);

	/* and the way of a dead TD: RECLAIM, aligned to the page it is */
	ok(0, TDH_MEM_PAGE_AUG, 1, D, PAGE_2M, 0);
	ok(0, TDH_VP_FLUSH, P, 0, 0, 0);
	ok(0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	ok(0, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	ok(2, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	ok(0, TDH_MNG_KEY_FREEID, D, 0, 0, 0);
	r = (struct seam_regs){ .rax = TDH_PHYMEM_PAGE_RECLAIM, .rcx = PAGE_2M + 4096 };
	seam_call(m.seam, 0, &r);
	CHECK_EQ(r.rax, 0xc000010000000001);
	CHECK_EQ(r.rcx, TDX_PT_REG);
	r = (struct seam_regs){ .rax = TDH_PHYMEM_PAGE_RECLAIM, .rcx = PAGE_2M };
	CHECK_EQ(seamcall(0, &r), 0);
	CHECK_EQ(r.r8, 1);
	seam_get_td(m.seam, D, &td);
	CHECK_EQ(td.chldcnt, before);
	check_locks_free();
}

static void five_levels(void)
{
	u64 gpa = 1ULL << 49;

	td_addcx6();
	td_params()->eptp_controls = 0x26;
	td_params()->config_flags |= 1; /* 52-bit GPAs */
	ok(0, TDH_MNG_INIT, D, TD_PARAMS, 0, 0);
	CHECK_EQ(call(0, TDH_MEM_SEPT_ADD, gpa | 3, D, EPT(3), U), 0xc0000b0000000001);
	CHECK_EQ(call(0, TDH_MEM_SEPT_ADD, 5, D, EPT(4), U), 0xc000010000000001);
	CHECK_EQ(call(0, TDH_MEM_SEPT_ADD, 1ULL << 51 | 4, D, EPT(4), U), 0xc000010000000001);
	ok(0, TDH_MEM_SEPT_ADD, gpa | 4, D, EPT(4), 0);
	ok(0, TDH_MEM_SEPT_ADD, gpa | 3, D, EPT(3), 0);
	ok(0, TDH_MEM_SEPT_ADD, gpa | 2, D, EPT(2), 0);
	ok(0, TDH_MEM_SEPT_ADD, gpa | 1, D, EPT(1), 0);
	ok(0, TDH_MEM_PAGE_ADD, gpa, D, A, SOURCE);
	CHECK_EQ(page_type(A), TDX_PT_REG);
}

static void non_leaf_block(void)
{
	struct seam_regs r = { .rax = TDH_MEM_PAGE_REMOVE, .rcx = 1, .rdx = D };

	page_finalized();
	CHECK_EQ(seamcall(0, &r), 0xc0000b0d00000001);
	CHECK_EQ(r.rdx, 0x8401);
	ok(0, TDH_MEM_RANGE_BLOCK, 1, D, 0, 0);
	r = (struct seam_regs){ .rax = TDH_MEM_RANGE_BLOCK, .rcx = 1, .rdx = D };
	CHECK_EQ(seamcall(0, &r), 0x00000b0700000001);
	CHECK_EQ(r.rdx, 0x8101);
	/* nothing below a blocked table can be reached */
	CHECK_EQ(call(0, TDH_MEM_RANGE_BLOCK, 0, D, U, U), 0xc0000b0000000001);
}

static void pending_page(void)
{
	struct seam_regs r;

	page_augmented();
	ok(0, TDH_MEM_RANGE_BLOCK, 0x1000, D, 0, 0);
	r = (struct seam_regs){ .rax = TDH_MEM_RANGE_BLOCK, .rcx = 0x1000, .rdx = D };
	CHECK_EQ(seamcall(0, &r), 0x00000b0700000001);
	CHECK_EQ(r.rdx, 0x300);
	ok(0, TDH_MEM_TRACK, D, 0, 0, 0);
	ok(0, TDH_MEM_PAGE_REMOVE, 0x1000, D, 0, 0);
	CHECK_EQ(page_type(C3), TDX_PT_NDA);
}

/* A vCPU of the epoch of the block keeps the page until it has left. */
static u64 removed_inside;

static void remove_inside(struct seam_regs *r)
{
	ok(1, TDH_MEM_RANGE_BLOCK, 0, D, 0, 0);
	ok(1, TDH_MEM_TRACK, D, 0, 0, 0);
	removed_inside = call(1, TDH_MEM_PAGE_REMOVE, 0, D, U, U);
	r->rax = 1;
}

static void tracking_waits_for_the_vcpu(void)
{
	page_finalized();
	m.guest = remove_inside;
	CHECK_EQ(call(0, TDH_VP_ENTER, P, U, U, U), 1);
	CHECK_EQ(removed_inside, 0xc0000b0800000001);
	CHECK_EQ(call(1, TDH_MEM_PAGE_REMOVE, 0, D, U, U), 0);
}

/* ---- vCPU states ---- */

static u64 inside[4];

static void poke_running_vcpu(struct seam_regs *r)
{
	inside[0] = call(1, TDH_VP_ENTER, P, U, U, U);
	inside[1] = call(1, TDH_VP_WR, P, 2, 0xf2, 0xffff);
	inside[2] = call(1, TDH_VP_FLUSH, P, U, U, U);
	inside[3] = call(1, TDH_MNG_VPFLUSHDONE, D, U, U, U);
	r->rax = TDX_ST_OP(NON_RECOVERABLE_VCPU, 2);
}

static void running_and_disabled_vcpu(void)
{
	td_finalized();
	m.guest = poke_running_vcpu;
	CHECK_EQ(call(0, TDH_VP_ENTER, P, U, U, U), 0x4000000100000002);
	CHECK_EQ(inside[0], 0xc000070000000000);
	CHECK_EQ(inside[1], 0xc000070000000000);
	CHECK_EQ(inside[2], 0x8000020000000001);
	CHECK_EQ(inside[3], 0x8000020000000001);
	/* a fatal exit disables it: it can be read, not run, and flushed */
	CHECK_EQ(call(0, TDH_VP_ENTER, P, U, U, U), 0xc000070000000000);
	CHECK_EQ(call(0, TDH_VP_WR, P, 2, 0xf2, 0xffff), 0xc000070000000000);
	CHECK_EQ(call(0, TDH_VP_RD, P, 2, U, U), 0);
	CHECK_EQ(call(0, TDH_VP_FLUSH, P, U, U, U), 0);
	check_locks_free();
}

/* 1.5.05 counts a vCPU whose x2APIC id was refused. */
static void refused_vcpu_counts(void)
{
	struct seam_td_info td;

	vp_ready();
	vp_pages(P2, VPCX2(0), 5);
	CHECK_EQ(call(0, VP_INIT_V1, P2, 0, 0, U), 0xc000062100000000);
	seam_get_td(m.seam, D, &td);
	CHECK_EQ(td.num_vcpus, 2);
	CHECK_EQ(td.num_assoc_vcpus, 1);
	CHECK_EQ(call(0, VP_INIT_V1, P2, 0, 1ULL << 32, U), 0xc000010000000008);
	seam_get_td(m.seam, D, &td);
	CHECK_EQ(td.num_vcpus, 2);
	ok(0, VP_INIT_V1, P2, 0, 1, 0);
}

/* ---- shutdown and update ---- */

static u64 shutdown_status;

static void shutdown_now(void)
{
	shutdown_status = call(1, TDH_SYS_SHUTDOWN, 0, U, U, U);
}

static void shutdown_while_busy(void)
{
	machine_ready();
	m.inside = shutdown_now;
	m.inside_leaf = TDH_MNG_CREATE;
	ok(0, TDH_MNG_CREATE, D, HKID, 0, 0);
	CHECK_EQ(shutdown_status, 0x8000020200000000);
	ok(1, TDH_SYS_SHUTDOWN, 0, 0, 0, 0);
	CHECK_EQ(seam_get_sys_state(m.seam), SEAM_SYS_SHUTDOWN);
	CHECK_EQ(call(0, TDH_SYS_RD, U, 0x0800000100000004, U, U), 0xc000050600000000);
}

static void update_without_handoff(void)
{
	machine_all_lps();
	CHECK_EQ(call(0, TDH_SYS_UPDATE, U, U, U, U), 0xc000050900000000);
}

/* ---- the truth ---- */

struct count {
	u32 pages, stop_at;
	u64 last;
};

static int count_page(void *arg, u64 pa, const struct seam_page_info *p)
{
	struct count *n = arg;

	CHECK(!n->pages || pa > n->last);
	CHECK(p->type != TDX_PT_NDA && p->type != TDX_PT_RSVD);
	n->last = pa;
	return ++n->pages == n->stop_at ? 7 : 0;
}

static void each_page(void)
{
	struct seam_page_info p;
	struct count n = { 0 };

	page_finalized();
	CHECK_EQ(seam_for_each_page(m.seam, 0, ~0ULL, count_page, &n), 0);
	CHECK_EQ(n.pages, 1 + 6 + 6 + 3 + 1);
	n = (struct count){ .stop_at = 3 };
	CHECK_EQ(seam_for_each_page(m.seam, 0, ~0ULL, count_page, &n), 7);
	CHECK_EQ(n.pages, 3);
	n = (struct count){ 0 };
	CHECK_EQ(seam_for_each_page(m.seam, TDCX(0), TDCX(2), count_page, &n), 0);
	CHECK_EQ(n.pages, 2);
	/* All MSRs are intercepted, the root of the S-EPT is empty. */
	for (u32 i = 0; i < CORE_PAGE_SIZE / sizeof(u64); i++) {
		CHECK_EQ(((u64 *)(m.mem + TDCX(SEAM_TDCX_MSR_BITMAPS)))[i], ~0ULL);
		CHECK_EQ(((u64 *)(m.mem + TDCX(SEAM_TDCX_X2APIC)))[511 - i / 8], 0);
	}
	CHECK_EQ(seam_get_page(m.seam, 0x1000, &p), -ENOENT);
	CHECK_EQ(seam_get_page(m.seam, RSVD_PAGE, &p), 0);
	CHECK_EQ(p.type, TDX_PT_RSVD);
}

static void truth_of_a_td(void)
{
	struct seam_td_info td;
	struct seam_kot_info k;

	page_finalized();
	CHECK_EQ(seam_get_td(m.seam, A, &td), -ENOENT);
	CHECK_EQ(seam_get_td(m.seam, D + 8, &td), -ENOENT);
	CHECK_EQ(seam_get_td(m.seam, D, &td), 0);
	CHECK_EQ(td.tdr, D);
	CHECK_EQ(td.hkid, HKID);
	CHECK_EQ(td.op_state, TDX_OP_RUNNABLE);
	CHECK_EQ(td.num_tdcx, 6);
	CHECK_EQ(td.chldcnt, 6 + 6 + 3 + 1);
	CHECK_EQ(td.num_vcpus, 1);
	CHECK_EQ(td.max_vcpus, 4);
	CHECK_EQ(td.num_assoc_vcpus, 1);
	CHECK_EQ(td.epoch, 1);
	CHECK_EQ(seam_get_kot(m.seam, 15, &k), -ERANGE);
	CHECK_EQ(seam_get_kot(m.seam, 32, &k), -ERANGE);
	CHECK_EQ(seam_get_kot(m.seam, 16, &k), 0);
	CHECK_EQ(k.state, TDX_KOT_RESERVED);
	CHECK_EQ(seam_get_hkid_owner(m.seam, HKID), D);
	CHECK_EQ(seam_get_hkid_owner(m.seam, 18), 0);
	/* a TD whose TDCS is gone is still a TD */
	td_teardown();
	CHECK_EQ(seam_get_hkid_owner(m.seam, HKID), 0);
	ok(0, TDH_PHYMEM_PAGE_RECLAIM, TDCX(0), 0, 0, 0);
	CHECK_EQ(seam_get_td(m.seam, D, &td), 0);
	CHECK_EQ(td.lifecycle, TDX_LC_TEARDOWN);
	CHECK_EQ(td.max_vcpus, 0);
}

int main(void)
{
	RUN(impossible_configurations);
	RUN(unknown_lp);
	RUN(late_lp);
	RUN(metadata_chain);
	RUN(metadata_values);
	RUN(td_fields);
	RUN(td_params_checks);
	RUN(large_page);
	RUN(five_levels);
	RUN(non_leaf_block);
	RUN(pending_page);
	RUN(tracking_waits_for_the_vcpu);
	RUN(running_and_disabled_vcpu);
	RUN(refused_vcpu_counts);
	RUN(shutdown_while_busy);
	RUN(update_without_handoff);
	RUN(each_page);
	RUN(truth_of_a_td);
	return check_done("test-seam-model");
}
