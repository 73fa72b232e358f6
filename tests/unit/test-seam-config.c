// SPDX-License-Identifier: GPL-2.0-only
/* TDH.SYS.CONFIG: what is wrong with a TDMR_INFO, and what is not. */
#include "test-seam-machine.h"

#define U UNUSED_REG

static struct tdx_tdmr_info *t0, *t1;

/* A second TDMR of 1 GiB at 6 GiB, its PAMT behind that of the first. */
static void second_tdmr(void)
{
	*t1 = (struct tdx_tdmr_info){
		.base = 0x180000000,
		.size = 0x40000000,
		.pamt_4k_base = 0x90000000,
		.pamt_4k_size = 0x400000,
		.pamt_2m_base = 0x90400000,
		.pamt_2m_size = 0x2000,
		.pamt_1g_base = 0x90402000,
		.pamt_1g_size = 0x1000,
	};
}

static void overlapping_tdmr(void)
{
	second_tdmr();
	t1->base = 0x140000000;
}

static void wrapping_tdmr(void)
{
	t0->size = 0xffffffffc0000000;
}
static void empty_tdmr(void)
{
	t0->size = 0;
}
static void odd_size(void)
{
	t0->size += 0x200000;
}
static void keyed_base(void)
{
	t0->base |= 1ULL << HKID_SHIFT;
}

static void rsvd_after_null(void)
{
	t0->rsvd[2].offset = 0x4000000;
	t0->rsvd[2].size = 0x1000;
}

static void rsvd_overlap(void)
{
	t0->rsvd[1].offset = RSVD_OFFSET + RSVD_SIZE - 0x1000;
	t0->rsvd[1].size = 0x2000;
}

/* Areas that touch each other, or the beginning of the TDMR. */
static void rsvd_adjacent(void)
{
	t0->rsvd[1] = t0->rsvd[0];
	t0->rsvd[0].offset = 0;
	t0->rsvd[0].size = RSVD_OFFSET;
	t0->rsvd[2].offset = RSVD_OFFSET + RSVD_SIZE;
	t0->rsvd[2].size = 0x1000;
}

static void rsvd_unaligned(void)
{
	t0->rsvd[0].size += 0x800;
}
static void rsvd_no_size(void)
{
	t0->rsvd[0].size = 0;
}
static void rsvd_wraps(void)
{
	t0->rsvd[0].size = 0 - 0x1000ULL;
}
static void pamt_1g_unaligned(void)
{
	t0->pamt_1g_base += 0x800;
}
static void pamt_2m_small(void)
{
	t0->pamt_2m_size = 0x3000;
}
static void pamt_4k_keyed(void)
{
	t0->pamt_4k_base |= 1ULL << HKID_SHIFT;
}
static void pamt_on_pamt(void)
{
	t0->pamt_2m_base = PAMT_4K;
}
static void pamt_low(void)
{
	t0->pamt_1g_base = 0x10000;
}
static void pamt_reserved(void)
{
	t0->pamt_2m_base = RSVD_PAGE;
}

/* The first TDMR's PAMT where the second has usable memory. */
static void pamt_in_second(void)
{
	second_tdmr();
	t0->pamt_1g_base = 0x180000000;
}

static void pamts_of_two(void)
{
	second_tdmr();
	t1->pamt_2m_base = PAMT_2M;
}

static void third_cmr_hole(void)
{
	m.seam->nr_cmrs = 2;
	m.seam->cmr[0].size = TDMR_BASE + RSVD_OFFSET - m.seam->cmr[0].base;
	m.seam->cmr[1].base = TDMR_BASE + RSVD_OFFSET + 0x2000;
	m.seam->cmr[1].size = MEM_SIZE - m.seam->cmr[1].base;
}

static void hole_not_reserved(void)
{
	third_cmr_hole();
	t0->rsvd[0].offset += 0x1000;
	t0->rsvd[0].size -= 0x1000;
}

/* CMRs that touch are one range of memory. */
static void adjacent_cmrs(void)
{
	m.seam->nr_cmrs = 2;
	m.seam->cmr[0].size = TDMR_BASE + 0x8000000 - m.seam->cmr[0].base;
	m.seam->cmr[1].base = TDMR_BASE + 0x8000000;
	m.seam->cmr[1].size = MEM_SIZE - m.seam->cmr[1].base;
}

static void info_unaligned(void)
{
	*(u64 *)(m.mem + TDMR_ARRAY) += 256;
}
static void info_private(void)
{
	*(u64 *)(m.mem + TDMR_ARRAY) |= 17ULL << 47;
}
static void info_shared_key(void)
{
	*(u64 *)(m.mem + TDMR_ARRAY) |= 3ULL << 47;
}
static void info_nowhere(void)
{
	*(u64 *)(m.mem + TDMR_ARRAY) = MEM_SIZE;
}
static void nothing(void)
{
}

static const struct {
	void (*change)(void);
	u32 nr;
	u64 want;
} cases[] = {
	{ nothing, 1, 0 },
	{ second_tdmr, 2, 0 },
	{ overlapping_tdmr, 2, 0xc0000a0100000001 },
	{ wrapping_tdmr, 1, 0xc0000a0000000000 },
	{ empty_tdmr, 1, 0xc0000a0000000000 },
	{ odd_size, 1, 0xc0000a0000000000 },
	{ keyed_base, 1, 0xc0000a0000000000 },
	{ rsvd_after_null, 1, 0xc0000a2100000200 },
	{ rsvd_overlap, 1, 0xc0000a2100000100 },
	{ rsvd_adjacent, 1, 0 },
	{ rsvd_unaligned, 1, 0xc0000a2000000000 },
	{ rsvd_no_size, 1, 0xc0000a2000000000 },
	{ rsvd_wraps, 1, 0xc0000a2000000000 },
	{ pamt_1g_unaligned, 1, 0xc0000a1000000200 },
	{ pamt_2m_small, 1, 0xc0000a1000000100 },
	{ pamt_4k_keyed, 1, 0xc0000a1000000000 },
	{ pamt_on_pamt, 1, 0xc0000a1200000100 },
	{ pamt_in_second, 2, 0xc0000a1200010200 },
	{ pamts_of_two, 2, 0xc0000a1200000101 },
	{ pamt_low, 1, 0xc0000a1100000200 },
	{ pamt_reserved, 1, 0 },
	{ third_cmr_hole, 1, 0 },
	{ hole_not_reserved, 1, 0xc0000a0200000000 },
	{ adjacent_cmrs, 1, 0 },
	{ info_unaligned, 1, 0xc000010000000001 },
	{ info_private, 1, 0xc000010000000001 },
	{ info_shared_key, 1, 0 },
	{ info_nowhere, 1, 0xc000010000000001 },
};

static void every_case(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		machine_all_lps();
		t0 = tdmr_info(0);
		t1 = tdmr_info(1);
		cases[i].change();
		if (!CHECK_EQ(call(0, TDH_SYS_CONFIG, TDMR_ARRAY, cases[i].nr, GLOBAL_HKID, U),
			      cases[i].want))
			fprintf(stderr, "  case %u\n", i);
		CHECK_EQ(seam_get_sys_state(m.seam),
			 cases[i].want ? SEAM_SYSINIT_DONE : SEAM_SYSCONFIG_DONE);
		check_locks_free();
	}
}

static void two_tdmrs(void)
{
	struct seam_regs r;
	u32 i;

	machine_all_lps();
	t1 = tdmr_info(1);
	second_tdmr();
	ok(0, TDH_SYS_CONFIG, TDMR_ARRAY, 2, GLOBAL_HKID, 0);
	ok(0, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	ok(2, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	for (i = 0; i < 256; i++) {
		r = (struct seam_regs){ .rax = TDH_SYS_TDMR_INIT, .rcx = 0x180000000 };
		CHECK_EQ(seamcall(1, &r), 0);
	}
	CHECK_EQ(r.rdx, 0x1c0000000);
	CHECK_EQ(call(0, TDH_SYS_TDMR_INIT, 0x180000000, U, U, U), 0x00000a0300000000);
	CHECK_EQ(call(0, TDH_MNG_CREATE, D, HKID, U, U), 0xc000010100000001);
	ok(0, TDH_MNG_CREATE, 0x1bffff000, HKID, 0, 0);
	CHECK_EQ(call(0, TDH_MNG_CREATE, 0x1c0000000, HKID, U, U), 0xc000010100000001);
}

/* The areas of the PAMT may hold anything before the TDMR is initialised. */
static void pamt_with_old_content(void)
{
	struct seam_page_info p;
	u64 next;

	machine_all_lps();
	t0 = tdmr_info(0);
	memset(m.mem + t0->pamt_4k_base, 0xff, t0->pamt_4k_size);
	memset(m.mem + t0->pamt_2m_base, 0xff, t0->pamt_2m_size);
	memset(m.mem + t0->pamt_1g_base, 0xff, t0->pamt_1g_size);
	ok(0, TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID, 0);
	ok(0, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	ok(2, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	do {
		struct seam_regs r = { .rax = TDH_SYS_TDMR_INIT, .rcx = TDMR_BASE };

		CHECK_EQ(seamcall(1, &r), 0);
		next = r.rdx;
	} while (next < TDMR_BASE + TDMR_SIZE);
	for (u64 pa = TDMR_BASE; pa < TDMR_BASE + TDMR_SIZE; pa += 1 << 30) {
		CHECK_EQ(seam_get_page(m.seam, pa, &p), 0);
		CHECK_EQ(p.type, TDX_PT_NDA);
		CHECK_EQ(seam_get_page(m.seam, pa + (1 << 30) - 4096, &p), 0);
		CHECK_EQ(p.type, TDX_PT_NDA);
		ok(0, TDH_MNG_CREATE, pa + (1 << 29), HKID + (u32)(pa >> 30 & 7), 0, 0);
	}
	memset(m.mem + t0->pamt_4k_base, 0, t0->pamt_4k_size);
	memset(m.mem + t0->pamt_2m_base, 0, t0->pamt_2m_size);
	memset(m.mem + t0->pamt_1g_base, 0, t0->pamt_1g_size);
}

static u64 second_init;

static void init_same_tdmr(void)
{
	second_init = call(1, TDH_SYS_TDMR_INIT, TDMR_BASE, U, U, U);
}

static void busy_tdmr(void)
{
	machine_keyed();
	m.inside = init_same_tdmr;
	m.inside_leaf = TDH_SYS_TDMR_INIT;
	ok(0, TDH_SYS_TDMR_INIT, TDMR_BASE, 0, 0, 0);
	CHECK_EQ(second_init, 0x8000020000000001);
}

int main(void)
{
	RUN(every_case);
	RUN(two_tdmrs);
	RUN(pamt_with_old_content);
	RUN(busy_tdmr);
	return check_done("test-seam-config");
}
