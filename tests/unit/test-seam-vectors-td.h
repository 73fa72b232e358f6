/* SPDX-License-Identifier: GPL-2.0-only */
/* Conformance vectors L1 to L34 and D1 to D20: TD life cycle and teardown. */
#ifndef TDXCTL_TESTS_TEST_SEAM_VECTORS_TD_H
#define TDXCTL_TESTS_TEST_SEAM_VECTORS_TD_H

#include "test-seam-vectors.h"

static void one_package(void)
{
	td_assigned();
	ok(0, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
}

static void addcx5(void)
{
	td_keyed();
	td_addcx(5);
	td_params_valid();
}

static void addcx9(void)
{
	td_keyed();
	td_addcx(9);
}

static void bad_attributes(void)
{
	td_params()->attributes |= 2;
}

static void bad_xfam(void)
{
	td_params()->xfam = 2;
}

static void no_vcpus(void)
{
	td_params()->max_vcpus = 0;
}

static void many_vcpus(void)
{
	td_params()->max_vcpus = 577;
}

static void short_walk(void)
{
	td_params()->eptp_controls = 0x16;
}

static void gpaw_4_level(void)
{
	td_params()->eptp_controls = 0x1e;
	td_params()->config_flags |= 1;
}

static void slow_tsc(void)
{
	td_params()->tsc_frequency = 3;
}

static void fast_tsc(void)
{
	td_params()->tsc_frequency = 401;
}

static void four_l2(void)
{
	td_params()->num_l2_vms = 4;
}

static void one_l2(void)
{
	td_params()->num_l2_vms = 1;
}

static void cpuid_a(void)
{
	td_params()->cpuid[7].eax = 1;
}

static void cpuid_7(void)
{
	td_params_valid();
	td_params()->cpuid[5].eax = 1;
}

static void config_flag_5(void)
{
	td_params()->config_flags |= 0x20;
}

/* L25: a refused TDH.MNG.INIT came before. */
static void init_refused(void)
{
	td_addcx6();
	config_flag_5();
	CHECK_EQ(call(0, TDH_MNG_INIT, D, TD_PARAMS, 0, 0), 0xc000010000000042);
	td_params_valid();
}

#define MNG_INIT(st, ...) S(0, 21, D, TD_PARAMS, U, U, (st), ##__VA_ARGS__)
#define TSC_OFFSET	0x110000000000000a

static const struct vector vectors_life[] = {
	V("L1", machine_ready, S(0, 9, A, 15, U, U, 0xc000010000000002)),
	V("L2", machine_ready, S(0, 9, A, 16, U, U, 0xc000082000000000)),
	V("L3", machine_ready,
	  S(0, 9, A + 0x10, 17, U, U, 0xc000010000000001),
	  S(0, 9, KEYED(A, 17), 17, U, U, 0xc000010000000001)),
	V("L4", machine_ready, S(0, 9, 0x40000000, 17, U, U, 0xc000010100000001)),
	V("L5", machine_ready, S(0, 9, RSVD_PAGE, 17, U, U, 0xc000030000000001)),
	V("L6", machine_ready,
	  S(0, 9, D, 17, U, U, 0, .page = D, .page_type = 4)),
	V("L7", td_assigned, S(0, 9, D, 18, U, U, 0xc000030000000001)),
	V("L8", td_assigned, S(0, 9, A, 17, U, U, 0xc000082000000000)),
	V("L9", td_assigned, S(0, 1, A, D, U, U, 0x8000081000000000)),
	V("L10", td_assigned,
	  S(0, 8, D, U, U, U, 0), S(1, 8, D, U, U, U, 0x0000081500000000)),
	V("L11", one_package, S(0, 1, A, D, U, U, 0x8000081000000000)),
	V("L12", td_assigned,
	  S(0, 8, D, U, U, U, 0), S(2, 8, D, U, U, U, 0),
	  S(0, 8, D, U, U, U, 0xc000060700000000)),
	V("L13", addcx5, MNG_INIT(0xc000060600000000)),
	V("L14", td_addcx6, S(0, 11, D, TSC_OFFSET, U, U, 0xc000060800000000)),
	V("L15", td_addcx6, S(0, 10, P, D, U, U, 0xc000060800000000)),
	V("L16", addcx9, S(0, 1, A, D, U, U, 0xc000061000000000)),
	V("L17", td_addcx6, S(0, 21, D, TD_PARAMS + 512, U, U, 0xc000010000000002)),
	V("L18", td_addcx6, MNG_INIT(0xc000010000000040, .prep = bad_attributes)),
	V("L19", td_addcx6, MNG_INIT(0xc000010000000041, .prep = bad_xfam)),
	V("L20", td_addcx6,
	  MNG_INIT(0xc000010000000044, .prep = no_vcpus),
	  MNG_INIT(0xc000010000000044, .prep = many_vcpus)),
	V("L21", td_addcx6,
	  MNG_INIT(0xc000010000000043, .prep = short_walk),
	  MNG_INIT(0xc000010000000043, .prep = gpaw_4_level)),
	V("L22", td_addcx6,
	  MNG_INIT(0xc000010000000046, .prep = slow_tsc),
	  MNG_INIT(0xc000010000000046, .prep = fast_tsc)),
	V("L23", td_addcx6,
	  MNG_INIT(0xc000010000000047, .prep = four_l2),
	  MNG_INIT(0xc000060600000000, .prep = one_l2)),
	V("L24", td_addcx6,
	  MNG_INIT(0xc000010000000045, .prep = cpuid_a, .outs = O_RCX,
		   OUT(rcx, 0xffffffff0000000a)),
	  MNG_INIT(0xc000010000000045, .prep = cpuid_7, .outs = O_RCX,
		   OUT(rcx, 7))),
	V("L25", td_addcx6, MNG_INIT(0xc000010000000042, .prep = config_flag_5)),
	V("L26", init_refused, MNG_INIT(0)),
	V("L27", td_initialized, MNG_INIT(0xc000060800000000)),
	V("L28", td_initialized, S(0, 1, TDCX(6), D, U, U, 0xc000060800000000)),
	V("L29", td_initialized, S(0, 17, D, U, U, U, 0xc000060900000000)),
	V("L30", td_initialized,
	  S(0, 2, 0, D, A, SOURCE, 0xc0000b0000000001, .outs = O_RCX | O_RDX,
	    OUT(rcx, 0x8000000000000000), OUT(rdx, 3))),
	V("L31", td_initialized,
	  S(0, 28, D, U, U, U, 0xc000060700000000,
	    .outs = O_RCX | O_RDX | O_R8, OUT(rcx, 4))),
	V("L32", td_initialized,
	  S(0, 28, TDCX(3), U, U, U, 0xc000060700000000,
	    .outs = O_RCX | O_RDX | O_R8, OUT(rcx, 5), OUT(rdx, D))),
	V("L33", machine_ready, S(0, 28, A, U, U, U, 0xc000030000000001)),
	V("L34", page_added, S(0, 9, A, 18, U, U, 0xc000030000000001)),
};

/* D6: the write-back is done on the first package only. */
static void half_written_back(void)
{
	td_blocked();
	ok(0, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
}

static void two_interrupts(void)
{
	m.irqs = 2;
}

#define RECLAIM(pa, st, type, owner) \
	S(0, 28, (pa), U, U, U, (st), .outs = O_RCX | O_RDX | O_R8, \
	  OUT(rcx, (type)), OUT(rdx, (owner)))
#define CACHE_WB(lp, rcx, st, ...)	S((lp), 40, (rcx), U, U, U, (st), ##__VA_ARGS__)

static const struct vector vectors_teardown[] = {
	V("D1", vp_ready, S(0, 19, D, U, U, U, 0x8000082400000000)),
	V("D2", vp_ready,
	  S(0, 19, D, U, U, U, 0x8000082400000000),
	  S(0, 18, P, U, U, U, 0), S(0, 19, D, U, U, U, 0)),
	V("D3", machine_ready, CACHE_WB(0, 0, 0x0000082100000000)),
	V("D4", td_initialized, S(0, 20, D, U, U, U, 0xc000060700000000)),
	V("D5", td_blocked, S(0, 20, D, U, U, U, 0x8000081700000000)),
	V("D6", td_blocked,
	  CACHE_WB(0, 0, 0), S(0, 20, D, U, U, U, 0x8000081700000000)),
	V("D7", half_written_back, CACHE_WB(2, 0, 0), S(0, 20, D, U, U, U, 0)),
	V("D8", td_blocked, S(0, 19, D, U, U, U, 0xc000060700000000)),
	V("D9", td_blocked,
	  S(0, 1, A, D, U, U, 0x8000081000000000),
	  S(0, 10, A, D, U, U, 0x8000081000000000),
	  S(0, 11, D, TSC_OFFSET, U, U, 0x8000081000000000)),
	V("D10", td_blocked, RECLAIM(TDCX(0), 0xc000060700000000, 5, D)),
	V("D11", td_teardown, RECLAIM(D, 0xc000040000000000, 4, 0)),
	V("D12", td_teardown,
	  RECLAIM(TDCX(0), 0, 5, D), RECLAIM(TDCX(1), 0, 5, D),
	  RECLAIM(TDCX(2), 0, 5, D), RECLAIM(TDCX(3), 0, 5, D),
	  RECLAIM(TDCX(4), 0, 5, D), RECLAIM(TDCX(5), 0, 5, D),
	  RECLAIM(VPCX(0), 0, 5, D), RECLAIM(VPCX(1), 0, 5, D),
	  RECLAIM(VPCX(2), 0, 5, D), RECLAIM(VPCX(3), 0, 5, D),
	  RECLAIM(VPCX(4), 0, 5, D), RECLAIM(P, 0, 6, D),
	  RECLAIM(D, 0, 4, 0)),
	V("D13", td_teardown,
	  S(0, 28, TDCX(0), U, U, U, 0, .times = 6, .rcx_step = 4096),
	  S(0, 28, P, U, U, U, 0, .times = 6, .rcx_step = 4096),
	  RECLAIM(D, 0, 4, 0),
	  S(0, 28, D, U, U, U, 0xc000030000000001)),
	V("D14", td_teardown, S(0, 9, D2TDR, 17, U, U, 0)),
	V("D15", td_teardown, S(0, 20, D, U, U, U, 0xc000060700000000)),
	V("D16", machine_ready, CACHE_WB(0, 2, 0xc000010000000001)),
	V("D17", machine_ready, CACHE_WB(0, 1, 0xc000082300000000)),
	V("D18", td_blocked,
	  CACHE_WB(0, 0, 0x8000000300000000, .prep = two_interrupts),
	  CACHE_WB(0, 1, 0x8000000300000000),
	  S(0, 20, D, U, U, U, 0x8000081700000000),
	  CACHE_WB(0, 1, 0), CACHE_WB(0, 1, 0xc000082300000000),
	  CACHE_WB(2, 0, 0), S(0, 20, D, U, U, U, 0)),
	V("D19", td_assigned,
	  S(0, 19, D, U, U, U, 0), CACHE_WB(0, 0, 0), CACHE_WB(2, 0, 0),
	  S(0, 20, D, U, U, U, 0),
	  S(0, 28, D, U, U, U, 0, .page = D, .page_type = 0)),
	V("D20", td_blocked,
	  S(0, 9, D2TDR, 18, U, U, 0), S(0, 19, D2TDR, U, U, U, 0),
	  CACHE_WB(0, 0, 0), CACHE_WB(2, 0, 0),
	  S(0, 20, D, U, U, U, 0), S(0, 20, D2TDR, U, U, U, 0)),
};

#endif
