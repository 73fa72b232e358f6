/* SPDX-License-Identifier: GPL-2.0-only */
/* Conformance vectors G1 to G41: module scope. */
#ifndef TDXCTL_TESTS_TEST_SEAM_VECTORS_SYS_H
#define TDXCTL_TESTS_TEST_SEAM_VECTORS_SYS_H

#include "test-seam-vectors.h"

static void sys_inited(void)
{
	machine_power_on();
	ok(0, TDH_SYS_INIT, 0, 0, 0, 0);
}

static void lp0_inited(void)
{
	sys_inited();
	ok(0, TDH_SYS_LP_INIT, 0, 0, 0, 0);
}

static void three_lps(void)
{
	lp0_inited();
	ok(1, TDH_SYS_LP_INIT, 0, 0, 0, 0);
	ok(2, TDH_SYS_LP_INIT, 0, 0, 0, 0);
}

static void sys_configured(void)
{
	machine_all_lps();
	ok(0, TDH_SYS_CONFIG, TDMR_ARRAY, 1, GLOBAL_HKID, 0);
}

static void first_gib(void)
{
	u32 i;

	machine_keyed();
	for (i = 0; i < 256; i++)
		ok(0, TDH_SYS_TDMR_INIT, TDMR_BASE, 0, 0, 0);
}

static void tdmr_misaligned(void)
{
	tdmr_info(0)->base = 0x110000000;
}

static void tdmr_aligned(void)
{
	tdmr_info(0)->base = TDMR_BASE;
}

static void tdmr_second_below(void)
{
	*tdmr_info(1) = *tdmr_info(0);
	tdmr_info(1)->base = 0xc0000000;
	tdmr_info(1)->size = 0x40000000;
}

static void rsvd_descending(void)
{
	tdmr_info(0)->rsvd[1].offset = 0x400000;
	tdmr_info(0)->rsvd[1].size = 0x1000;
}

static void rsvd_first_beyond(void)
{
	tdmr_info(0)->rsvd[0].offset = TDMR_SIZE - 0x1000;
	tdmr_info(0)->rsvd[0].size = 0x2000;
}

static void rsvd_second_beyond(void)
{
	tdmr_info(0)->rsvd[0].offset = RSVD_OFFSET;
	tdmr_info(0)->rsvd[0].size = RSVD_SIZE;
	tdmr_info(0)->rsvd[1].offset = TDMR_SIZE;
	tdmr_info(0)->rsvd[1].size = 0x1000;
}

static void pamt_4k_small(void)
{
	tdmr_info(0)->pamt_4k_size -= 0x1000;
}

static void pamt_2m_inside(void)
{
	tdmr_info(0)->pamt_2m_base = TDMR_BASE + 0x40000000;
}

static void tdmr_above_cmr(void)
{
	*tdmr_info(0) = (struct tdx_tdmr_info) {
		.base = 0x180000000, .size = 0xc0000000,
		.pamt_4k_base = 0x80000000, .pamt_4k_size = 0xc00000,
		.pamt_2m_base = 0x81000000, .pamt_2m_size = 0x6000,
		.pamt_1g_base = 0x82000000, .pamt_1g_size = 0x1000,
	};
}

#define SYS_CONFIG(st, ...) \
	S(0, 45, TDMR_ARRAY, 1, 16, U, (st), ##__VA_ARGS__)
#define SYS_RD(lp, id, st, ...) \
	S((lp), 34, U, (id), U, U, (st), .outs = O_RDX | O_R8, ##__VA_ARGS__)
#define MAJOR_VERSION	0x0800000100000004

static const struct vector vectors_sys[] = {
	V("G1", machine_power_on, S(0, 9, A, 17, U, U, 0xc000050500000000)),
	V("G2", machine_power_on, S(0, 200, U, U, U, U, 0xc000050500000000)),
	V("G3", machine_power_on,
	  SYS_RD(0, MAJOR_VERSION, 0xc000050200000000, OUT(rdx, ~0ULL))),
	V("G4", machine_power_on, S(0, 35, U, U, U, U, 0xc000050b00000000)),
	V("G5", machine_power_on, SYS_CONFIG(0xc000050c00000000)),
	V("G6", machine_power_on, S(0, 31, U, U, U, U, 0xc000050700000000)),
	V("G7", machine_power_on,
	  S(0, 33, 1, U, U, U, 0xc000010000000001),
	  S(0, 33, 0, U, U, U, 0, .outs = O_RCX | O_RDX | O_R8 | O_R9)),
	V("G8", sys_inited, S(0, 33, 0, U, U, U, 0xc000050000000000)),
	V("G9", sys_inited, S(0, 33, 1, U, U, U, 0xc000010000000001)),
	V("G10", sys_inited,
	  S(0, 35, U, U, U, U, 0, .outs = O_RCX | O_RDX | O_R8),
	  S(0, 35, U, U, U, U, 0xc000050300000000)),
	V("G11", lp0_inited,
	  SYS_RD(0, MAJOR_VERSION, 0, OUT(r8, 1), OUT(rdx, 0x0800000100000005))),
	V("G12", lp0_inited,
	  SYS_RD(2, MAJOR_VERSION, 0xc000050200000000, OUT(rdx, ~0ULL))),
	V("G13", lp0_inited,
	  SYS_RD(0, ~0ULL, 0x00000c0b00000000, OUT(rdx, 0x0800000100000003))),
	V("G14", lp0_inited,
	  SYS_RD(0, 0xffffff, 0xc0000c0000000000, OUT(rdx, ~0ULL))),
	V("G15", lp0_inited,
	  SYS_RD(0, 0x0800000200000004, 0, OUT(r8, 1),
		 OUT(rdx, 0x0800000100000005))),
	V("G16", three_lps, SYS_CONFIG(0xc000050c00000000)),
	V("G17", machine_all_lps,
	  S(0, 45, TDMR_ARRAY + 256, 1, 16, U, 0xc000010000000001)),
	V("G18", machine_all_lps,
	  S(0, 45, TDMR_ARRAY, 0, 16, U, 0xc000010000000002),
	  S(0, 45, TDMR_ARRAY, 65, 16, U, 0xc000010000000002)),
	V("G19", machine_all_lps,
	  S(0, 45, TDMR_ARRAY, 1, 15, U, 0xc000010000000008),
	  S(0, 45, TDMR_ARRAY, 1, 0x10010, U, 0xc000010000000008)),
	V("G20", machine_all_lps,
	  SYS_CONFIG(0xc0000a0000000000, .prep = tdmr_misaligned)),
	V("G21", machine_all_lps,
	  S(0, 45, TDMR_ARRAY, 2, 16, U, 0xc0000a0100000001,
	    .prep = tdmr_second_below)),
	V("G22", machine_all_lps,
	  SYS_CONFIG(0xc0000a2100000100, .prep = rsvd_descending)),
	V("G23", machine_all_lps,
	  SYS_CONFIG(0xc0000a2000000000, .prep = rsvd_first_beyond),
	  SYS_CONFIG(0xc0000a2000000100, .prep = rsvd_second_beyond)),
	V("G24", machine_all_lps,
	  SYS_CONFIG(0xc0000a1000000000, .prep = pamt_4k_small)),
	V("G25", machine_all_lps,
	  SYS_CONFIG(0xc0000a1200000100, .prep = pamt_2m_inside)),
	V("G26", machine_all_lps,
	  SYS_CONFIG(0xc0000a0200000000, .prep = tdmr_above_cmr)),
	V("G27", machine_all_lps,
	  SYS_CONFIG(0xc0000a0000000000, .prep = tdmr_misaligned),
	  S(0, 45, TDMR_ARRAY, 1, 18, U, 0, .prep = tdmr_aligned),
	  S(0, 31, U, U, U, U, 0), S(2, 31, U, U, U, U, 0),
	  S(0, 36, TDMR_BASE, U, U, U, 0, .times = 512),
	  S(0, 9, A, 16, U, U, 0xc000082000000000)),
	V("G28", sys_configured, S(0, 35, U, U, U, U, 0xc000050b00000000)),
	V("G29", sys_configured, S(0, 36, TDMR_BASE, U, U, U, 0xc000050500000000)),
	V("G30", sys_configured,
	  S(0, 31, U, U, U, U, 0),
	  S(1, 31, U, U, U, U, 0x0000081500000000),
	  S(2, 31, U, U, U, U, 0),
	  S(0, 40, 0, U, U, U, 0x0000082100000000)),
	V("G31", machine_keyed, S(0, 31, U, U, U, U, 0xc000050700000000)),
	V("G32", machine_keyed, S(0, 36, 0x100001000, U, U, U, 0xc000010000000001)),
	V("G33", machine_keyed, S(0, 36, 0x200000000, U, U, U, 0xc000010000000001)),
	V("G34", machine_keyed,
	  S(0, 36, TDMR_BASE, U, U, U, 0, .times = 255,
	    .outs = O_RDX, OUT(rdx, 0x100000000)),
	  S(0, 36, TDMR_BASE, U, U, U, 0, .outs = O_RDX, OUT(rdx, 0x140000000))),
	V("G35", first_gib,
	  S(0, 9, 0x140000000, 17, U, U, 0xc000010100000001)),
	V("G36", first_gib,
	  S(0, 36, TDMR_BASE, U, U, U, 0, .times = 255,
	    .outs = O_RDX, OUT(rdx, 0x140000000)),
	  S(0, 36, TDMR_BASE, U, U, U, 0, .outs = O_RDX, OUT(rdx, 0x180000000)),
	  S(0, 36, TDMR_BASE, U, U, U, 0x00000a0300000000, .outs = O_RDX)),
	V("G37", machine_ready, S(0, 69, U, U, U, U, 0xc000010000000000)),
	V("G38", machine_ready, S(0, 53, U, U, U, U, 0xc000050800000000)),
	V("G39", machine_ready, S(0, 52, 1, U, U, U, 0xc000010000000001)),
	V("G40", machine_ready,
	  S(0, 52, 0, U, U, U, 0),
	  S(0, 9, A, 17, U, U, 0xc000050600000000),
	  S(0, 44, U, U, U, U, 0)),
	V("G41", machine_ready,
	  S(0, 9 | 1ULL << 31, A, 17, U, U, 0xc000010000000000),
	  S(0, 40 | 1ULL << 31, 0, U, U, U, 0xc000010000000000),
	  S(0, 34 | 1ULL << 31, U, MAJOR_VERSION, U, U, 0xc000010000000000),
	  S(0, 9 | 1ULL << 32, A, 17, U, U, 0xc000010000000000),
	  S(0, 0x10009, A, 17, U, U, 0xc000010000000000)),
};

#endif
