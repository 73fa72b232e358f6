// SPDX-License-Identifier: GPL-2.0-only
/* Statuses of the software TDX module that no conformance vector asks for. */
#include "test-seam-machine.h"

#define U	   UNUSED_REG
#define TSC_OFFSET 0x110000000000000aULL

static struct seam_tdr *tdr(void)
{
	return (struct seam_tdr *)(m.mem + D);
}

static struct seam_tdcs *tdcs(void)
{
	return (struct seam_tdcs *)(m.mem + TDCX(0));
}

/* ---- entry conditions ---- */

static void version_before_state(void)
{
	machine_power_on();
	CHECK_EQ(call(0, 0x10009, A, HKID, U, U), 0xc000010000000000);
	/* the leaf knows version 1, so its own check comes after the state */
	CHECK_EQ(call(0, 0x20016, P, U, U, U), 0xc000050500000000);
	CHECK_EQ(call(0, TDH_SYS_INFO, U, U, U, U), 0xc000010000000000);
	CHECK_EQ(call(0, TDH_SYS_LP_SHUTDOWN, U, U, U, U), 0);
}

static void unknown_leaves(void)
{
	static const u32 unknown[] = { 5, 12, 23, 25, 30, 32, 37, 39, 42, 69, 70, 0xffff };
	u32 i;

	machine_ready();
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		CHECK_EQ(call(0, unknown[i], U, U, U, U), 0xc000010000000000);
	CHECK_EQ(call(0, TDH_MNG_KEY_RECLAIMID, U, U, U, U), 0);
	CHECK_EQ(call(0, 1ULL << 63, U, U, U, U), 0xc000010000000000);
}

/* ---- the global lock ---- */

static u64 busy[5];

static void sys_calls(void)
{
	busy[0] = call(1, TDH_SYS_INIT, 0, U, U, U);
	busy[1] = call(1, TDH_SYS_LP_INIT, U, U, U, U);
	busy[2] = call(1, TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID, U);
	busy[3] = call(1, TDH_SYS_KEY_CONFIG, U, U, U, U);
	busy[4] = call(1, TDH_SYS_UPDATE, U, U, U, U);
}

static void all_sys_busy(u32 leaf, u64 rcx, u64 rdx, u64 r8)
{
	u32 i;

	m.inside = sys_calls;
	m.inside_leaf = leaf;
	CHECK_EQ(call(0, leaf, rcx, rdx, r8, U), 0);
	for (i = 0; i < ARRAY_SIZE(busy); i++)
		CHECK_EQ(busy[i], 0x8000020200000000);
}

static void global_lock(void)
{
	machine_power_on();
	all_sys_busy(TDH_SYS_INIT, 0, U, U);
	machine_all_lps();
	all_sys_busy(TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID);
	all_sys_busy(TDH_SYS_KEY_CONFIG, U, U, U);
}

/* LP.INITs do not exclude each other. */
static void lp_init_again(void)
{
	busy[0] = call(1, TDH_SYS_LP_INIT, U, U, U, U);
}

static void two_lp_inits(void)
{
	machine_power_on();
	ok(0, TDH_SYS_INIT, 0, 0, 0, 0);
	m.inside = lp_init_again;
	m.inside_leaf = TDH_SYS_LP_INIT;
	ok(0, TDH_SYS_LP_INIT, 0, 0, 0, 0);
	CHECK_EQ(busy[0], 0);
}

/* ---- key configuration ---- */

static void key_locks(void)
{
	machine_all_lps();
	ok(0, TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID, 0);
	m.seam->ket[0] = SEAM_LOCK_EX;
	CHECK_EQ(call(0, TDH_SYS_KEY_CONFIG, U, U, U, U), 0x80000200000000bb);
	ok(2, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	m.seam->ket[0] = 0;
	ok(0, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);

	td_assigned();
	m.no_entropy = true;
	CHECK_EQ(call(0, TDH_MNG_KEY_CONFIG, D, U, U, U), 0x8000080000000000);
	check_locks_free();
}

/* ---- TD state ---- */

static void fatal_td(void)
{
	td_assigned();
	tdr()->fatal = 1;
	CHECK_EQ(call(0, TDH_MNG_KEY_CONFIG, D, U, U, U), 0xe000060400000000);
	td_keyed();
	tdr()->fatal = 1;
	CHECK_EQ(call(0, TDH_MNG_ADDCX, TDCX(0), D, U, U), 0xe000060400000000);
	vp_ready();
	tdr()->fatal = 1;
	CHECK_EQ(call(0, TDH_MNG_RD, D, TSC_OFFSET, U, U), 0xe000060400000000);
	/* teardown does not ask */
	ok(0, TDH_VP_FLUSH, P, 0, 0, 0);
	ok(0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
}

static void incomplete_tdcs(void)
{
	td_keyed();
	CHECK_EQ(call(0, TDH_MNG_RD, D, TSC_OFFSET, U, U), 0xc000060600000000);
	td_addcx(5);
	CHECK_EQ(call(0, TDH_MNG_RD, D, TSC_OFFSET, U, U), 0xc000060600000000);
	CHECK_EQ(call(0, TDH_VP_CREATE, P, D, U, U), 0xc000060600000000);
	CHECK_EQ(call(0, TDH_MR_FINALIZE, D, U, U, U), 0xc000060600000000);
}

/* Only migration would hold it. */
static void op_state_lock(void)
{
	td_initialized();
	tdcs()->op_lock = SEAM_LOCK_EX;
	CHECK_EQ(call(0, TDH_MNG_RD, D, TSC_OFFSET, U, U), 0x80000200000000ac);
	CHECK_EQ(call(0, TDH_MEM_TRACK, D, U, U, U), 0x80000200000000ac);
	tdcs()->op_lock = 0;
	check_locks_free();
}

static void td_params_elsewhere(void)
{
	td_addcx6();
	CHECK_EQ(call(0, TDH_MNG_INIT, D, MEM_SIZE, U, U), 0xc000010000000002);
	td_params()->cpuid[12].eax = 1; /* first level has no type */
	CHECK_EQ(call(0, TDH_MNG_INIT, D, TD_PARAMS, U, U), 0xc000090400000000);
}

static void td_field_ids(void)
{
	td_initialized();
	/* reserved bit, last-element field, beyond the CPUID codes */
	CHECK_EQ(call(0, TDH_MNG_RD, D, TSC_OFFSET | 1 << 24, U, U), 0xc0000c0000000000);
	CHECK_EQ(call(0, TDH_MNG_RD, D, TSC_OFFSET | 1ULL << 34, U, U), 0xc0000c0000000000);
	CHECK_EQ(call(0, TDH_MNG_RD, D, 0x94100003000201fe, U, U), 0xc0000c0200000000);
}

/* ---- vCPUs ---- */

static void incomplete_vcpu(void)
{
	td_initialized();
	vp_pages(P, VPCX(0), 4);
	CHECK_EQ(call(0, TDH_VP_RD, P, 2, U, U), 0xc000061000000000);
	CHECK_EQ(call(0, TDH_VP_WR, P, 2, 0xf2, 0xffff), 0xc000061000000000);
	CHECK_EQ(call(0, TDH_VP_FLUSH, P, U, U, U), 0xc000061000000000);
	CHECK_EQ(call(0, VP_INIT_V1, P, 0, 0, U), 0xc000061000000000);
	ok(0, TDH_VP_ADDCX, VPCX(4), P, 0, 0);
	CHECK_EQ(call(0, TDH_VP_RD, P, 2, U, U), 0xc000070000000000);
	CHECK_EQ(call(0, TDH_VP_FLUSH, P, U, U, U), 0x8000070200000000);
	/* version 0 looks at no x2APIC id */
	ok(0, TDH_VP_INIT, P, 0, ~0ULL, 0);
}

/* An L2 VM takes one TDCS page, and three pages of every vCPU. */
static void vcpu_with_l2_vm(void)
{
	td_keyed();
	td_addcx(7);
	td_params_valid();
	td_params()->num_l2_vms = 1;
	ok(0, TDH_MNG_INIT, D, TD_PARAMS, 0, 0);
	vp_pages(P, VPCX(0), 7);
	CHECK_EQ(call(0, VP_INIT_V1, P, 0, 0, U), 0xc000061000000000);
	ok(0, TDH_VP_ADDCX, VPCX(7), P, 0, 0);
	ok(0, VP_INIT_V1, P, 0, 0, 0);
}

static void vp_field_ids(void)
{
	vp_ready();
	CHECK_EQ(call(0, TDH_VP_RD, P, 0x4002, U, U), 0xc0000c0000000000);
	CHECK_EQ(call(0, TDH_VP_WR, P, 0x4002, 0, ~0ULL), 0xc0000c0000000000);
	CHECK_EQ(call(0, TDH_VP_RD, P, 2 | 1 << 24, U, U), 0xc0000c0000000000);
	CHECK_EQ(call(0, TDH_VP_WR, P, 0x9100000000000100, 1, 1), 0xc0000c0100000000);
	CHECK_EQ(call(0, TDH_VP_WR, P, 0x200000000000000b, 1, 1), 0);
	CHECK_EQ(call(0, TDH_VP_WR, P, 0x200000000000000b, 3, 3), 0xc0000c0300000000);
	/* the descriptor has to be there, too */
	CHECK_EQ(call(0, TDH_VP_WR, P, 2, 0xf2, 0xffff), 0);
	CHECK_EQ(call(0, TDH_VP_WR, P, 0x4000, 0x80, 0x80), 0xc000073000002016);
	/* a KeyID of the host's own is shared memory; bits above 51 are none */
	CHECK_EQ(call(0, TDH_VP_WR, P, 0x203c, KEYED(SHARED_ROOT, 3), 0x000ffffffffff000), 0);
	CHECK_EQ(call(0, TDH_VP_WR, P, 0x203c, KEYED(SHARED_ROOT, 16), 0x000ffffffffff000),
		 0xc0000c0300000000);
	CHECK_EQ(call(0, TDH_VP_WR, P, 0x203c, 1ULL << 52 | SHARED_ROOT, ~0ULL),
		 0xc0000c0300000000);
}

static void enter_flags(void)
{
	td_finalized();
	CHECK_EQ(call(0, TDH_VP_ENTER, P | 1ULL << 53, U, U, U), 0xc000010000000001);
	CHECK_EQ(call(0, TDH_VP_ENTER, P | 1ULL << 54, U, U, U), 0xc000010000000001);
	CHECK_EQ(call(0, TDH_VP_ENTER, P | 1ULL << 52, U, U, U), 0x4000000100000002);
	CHECK_EQ(m.seam->sys_state, SEAM_SYS_READY);
	check_locks_free();
}

/* Without a guest of the tests the module answers a triple fault itself. */
static void default_guest(void)
{
	struct seam_regs r = { .rax = TDH_VP_ENTER, .rcx = P, .r9 = U };

	td_finalized();
	m.seam->ops.enter = NULL;
	seam_call(m.seam, 0, &r);
	CHECK_EQ(r.rax, 0x4000000100000002);
	CHECK(!r.rcx && !r.rdx && !r.r8 && !r.r9);
}

/* ---- memory ---- */

static void sept_add_operands(void)
{
	struct seam_regs r;

	sept_ready();
	CHECK_EQ(call(0, TDH_MEM_SEPT_ADD, 1, D | 2, A, U), 0xc000010000000002);
	CHECK_EQ(call(0, TDH_MEM_SEPT_ADD, 0x200000 | 1, D, ~0ULL, U), 0xc000010000000008);
	CHECK_EQ(call(0, TDH_MEM_SEPT_ADD, 0x200008 | 1, D, A, U), 0xc000010000000001);
	ok(0, TDH_MEM_RANGE_BLOCK, 1, D, 0, 0);
	r = (struct seam_regs){ .rax = TDH_MEM_SEPT_ADD, .rcx = 1, .rdx = D | 1, .r8 = A };
	CHECK_EQ(seamcall(0, &r), 0xc0000b0d00000001);
	CHECK_EQ(r.rdx, 0x8101);
}

/* Two epochs later no vCPU needs to be counted any more. */
static u64 removed_inside;

static void remove_two_epochs_later(struct seam_regs *r)
{
	removed_inside = call(1, TDH_MEM_PAGE_REMOVE, 0, D, U, U);
	r->rax = 1;
}

static void old_block(void)
{
	page_finalized();
	ok(0, TDH_MEM_RANGE_BLOCK, 0, D, 0, 0);
	ok(0, TDH_MEM_TRACK, D, 0, 0, 0);
	ok(0, TDH_MEM_TRACK, D, 0, 0, 0);
	m.guest = remove_two_epochs_later;
	CHECK_EQ(call(0, TDH_VP_ENTER, P, U, U, U), 1);
	CHECK_EQ(removed_inside, 0);
}

static void page_add_source(void)
{
	sept_ready();
	CHECK_EQ(call(0, TDH_MEM_PAGE_ADD, 0, D, A, SOURCE + 8), 0xc000010000000009);
	CHECK_EQ(call(0, TDH_MEM_PAGE_ADD, 0, D, A, MEM_SIZE), 0xc000010000000009);
	CHECK_EQ(call(0, TDH_MEM_PAGE_ADD, 0, D, A, KEYED(SOURCE, 15)), 0);
}

static void phymem_addresses(void)
{
	machine_ready();
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_WBINVD, 1ULL << 52 | A, U, U, U), 0xc000010000000001);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_WBINVD, KEYED(A + 8, HKID), U, U, U), 0xc000010000000001);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_WBINVD, KEYED(RSVD_PAGE, HKID), U, U, U),
		 0xc000030000000001);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_WBINVD, KEYED(A, GLOBAL_HKID), U, U, U), 0);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_RDMD, KEYED(A, HKID), U, U, U), 0xc000010000000001);
	CHECK_EQ(call(0, TDH_PHYMEM_PAGE_RECLAIM, RSVD_PAGE, U, U, U), 0xc000030000000001);
}

/* The epoch of a block does not outlive the page's use. */
static void bepoch_of_a_new_use(void)
{
	struct seam_regs r = { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = A };

	page_finalized();
	ok(0, TDH_MEM_TRACK, D, 0, 0, 0);
	ok(0, TDH_MEM_RANGE_BLOCK, 0, D, 0, 0);
	CHECK_EQ(seamcall(0, &r), 0);
	CHECK_EQ(r.r9, 2);
	ok(0, TDH_MEM_TRACK, D, 0, 0, 0);
	ok(0, TDH_MEM_PAGE_REMOVE, 0, D, 0, 0);
	ok(0, TDH_MEM_PAGE_AUG, 0, D, A, 0);
	r = (struct seam_regs){ .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = A };
	CHECK_EQ(seamcall(0, &r), 0);
	CHECK_EQ(r.r9, 0);
}

/* A page one call works on is busy for every other. */
static u64 page_busy[3];

static void use_same_page(void)
{
	page_busy[0] = call(1, TDH_MNG_CREATE, A, 18, U, U);
	page_busy[1] = call(1, TDH_PHYMEM_PAGE_RECLAIM, A, U, U, U);
	page_busy[2] = call(1, TDH_PHYMEM_PAGE_WBINVD, A, U, U, U);
}

static void same_page(void)
{
	u32 i;

	sept_ready();
	m.inside = use_same_page;
	m.inside_leaf = TDH_MEM_PAGE_ADD;
	ok(0, TDH_MEM_PAGE_ADD, 0, D, A, SOURCE);
	for (i = 0; i < ARRAY_SIZE(page_busy); i++)
		CHECK_EQ(page_busy[i], 0x8000020000000001);
}

int main(void)
{
	RUN(version_before_state);
	RUN(unknown_leaves);
	RUN(global_lock);
	RUN(two_lp_inits);
	RUN(key_locks);
	RUN(fatal_td);
	RUN(incomplete_tdcs);
	RUN(op_state_lock);
	RUN(td_params_elsewhere);
	RUN(td_field_ids);
	RUN(incomplete_vcpu);
	RUN(vcpu_with_l2_vm);
	RUN(vp_field_ids);
	RUN(enter_flags);
	RUN(default_guest);
	RUN(sept_add_operands);
	RUN(old_block);
	RUN(page_add_source);
	RUN(phymem_addresses);
	RUN(bepoch_of_a_new_use);
	RUN(same_page);
	return check_done("test-seam-errors");
}
