/* SPDX-License-Identifier: GPL-2.0-only */
/* Conformance vectors V1 to V22 and M1 to M33: vCPUs and private memory. */
#ifndef TDXCTL_TESTS_TEST_SEAM_VECTORS_VP_H
#define TDXCTL_TESTS_TEST_SEAM_VECTORS_VP_H

#include "test-seam-vectors.h"

static void vp_created(void)
{
	td_initialized();
	vp_pages(P, 0, 0);
}

static void vp_flushed(void)
{
	vp_ready();
	ok(0, TDH_VP_FLUSH, P, 0, 0, 0);
}

static void two_vps(void)
{
	vp_complete();
	vp_pages(P2, VPCX2(0), 5);
}

static void one_vcpu_allowed(void)
{
	td_addcx6();
	td_params()->max_vcpus = 1;
	ok(0, TDH_MNG_INIT, D, TD_PARAMS, 0, 0);
	vp_pages(P, VPCX(0), 5);
	vp_pages(P2, VPCX2(0), 5);
}

#define VP_WR(lp, field, val, mask, st, ...) \
	S((lp), 43, P, (field), (val), (mask), (st), ##__VA_ARGS__)
#define ALL		~0ULL

/* The refused write, the LP it tied the vCPU to, and loose again. */
#define V18D(field, val, mask, st) \
	VP_WR(2, (field), (val), (mask), (st)), \
	VP_WR(0, 0x203c, SHARED_ROOT, ALL, 0x8000070100000000), \
	S(2, 18, P, U, U, U, 0)

static const struct vector vectors_vp[] = {
	V("V1", td_initialized, S(0, 0x10016, A, 0, 0, U, 0xc000030000000001)),
	V("V2", td_initialized,
	  S(0, 10, P, D, U, U, 0), S(0, 0x10016, P, 0, 0, U, 0xc000061000000000)),
	V("V3", vp_created,
	  S(0, 4, VPCX(0), P, U, U, 0, .times = 14, .rcx_step = 4096),
	  S(0, 4, A, P, U, U, 0xc000061000000000)),
	V("V4", vp_complete,
	  S(3, 0x10016, P, 0, 0, U, 0), S(0, 18, P, U, U, U, 0x8000070200000000),
	  S(3, 18, P, U, U, U, 0)),
	V("V5", vp_ready, S(0, 4, A, P, U, U, 0xc000070000000000)),
	V("V6", vp_ready, S(0, 0x10016, P, 0, 0, U, 0xc000070000000000)),
	V("V7", two_vps,
	  S(0, 0x10016, P, 0, 5, U, 0),
	  S(0, 0x10016, P2, 0, 5, U, 0xc000062100000005)),
	V("V8", vp_complete,
	  S(0, 0x10016, P, 0, 0x100000000, U, 0xc000010000000008)),
	V("V9", vp_complete, S(0, 0x20016, P, 0, 0, U, 0xc000010000000000)),
	V("V10", one_vcpu_allowed,
	  S(0, 0x10016, P, 0, 0, U, 0),
	  S(0, 0x10016, P2, 0, 1, U, 0xc000070500000000)),
	V("V11", vp_ready, VP_WR(2, 0x203c, SHARED_ROOT, ALL, 0x8000070100000000)),
	V("V12", vp_ready, S(2, 18, P, U, U, U, 0x8000070200000000)),
	V("V13", vp_ready,
	  S(0, 18, P, U, U, U, 0), S(0, 18, P, U, U, U, 0x8000070200000000)),
	V("V14", vp_flushed,
	  VP_WR(2, 0x203c, SHARED_ROOT, ALL, 0), S(2, 18, P, U, U, U, 0)),
	V("V15", vp_ready, VP_WR(0, 0x4000, 0x80, 0x80, 0xc000073000000002)),
	V("V16", vp_ready,
	  VP_WR(0, 0x2, 0xf2, 0xffff, 0, .outs = O_R8),
	  VP_WR(0, 0x2016, PI_DESC, ALL, 0, .outs = O_R8),
	  VP_WR(0, 0x4000, 0x80, 0x80, 0, .outs = O_R8, OUT(r8, 0x3f)),
	  VP_WR(0, 0x2, 0xf3, 0xffff, 0, .outs = O_R8, OUT(r8, 0xf2)),
	  VP_WR(0, 0x2016, PI_DESC + 64, ALL, 0, .outs = O_R8, OUT(r8, PI_DESC)),
	  VP_WR(0, 0x4000, 0x80, 0x80, 0, .outs = O_R8, OUT(r8, 0xbf))),
	V("V17", vp_ready, VP_WR(0, 0x2, 0x100, 0xffff, 0xc0000c0300000000)),
	V("V18", vp_ready, VP_WR(0, 0x4000, 1, 1, 0xc0000c0100000000)),
	V("V18b", vp_ready,
	  VP_WR(0, 0x2016, PI_DESC + 32, ALL, 0xc0000c0300000000)),
	V("V18c", vp_ready,
	  VP_WR(0, 0x2016, KEYED(PI_DESC, 17), ALL, 0xc0000c0300000000)),
	V("V18d", vp_flushed,
	  V18D(0x2, 0x100, 0xffff, 0xc0000c0300000000),
	  V18D(0x4000, 1, 1, 0xc0000c0100000000),
	  V18D(0x2016, PI_DESC + 32, ALL, 0xc0000c0300000000),
	  V18D(0x2016, KEYED(PI_DESC, 17), ALL, 0xc0000c0300000000)),
	V("V19", vp_ready, S(0, 0, P, U, U, U, 0xc000060800000000)),
	V("V20", td_finalized, S(0, 0, P | 1, U, U, U, 0xc000010000000001)),
	V("V21", td_blocked_final,
	  VP_WR(0, 0x203c, SHARED_ROOT, ALL, 0x8000081000000000)),
	V("V22", td_blocked_final, S(0, 18, P, U, U, U, 0x8000081000000000)),
};

/* M28: the TD's epoch moves twice while a vCPU stays inside. */
static u64 track_inside[2];

static void track_twice(struct seam_regs *r)
{
	track_inside[0] = call(1, TDH_MEM_TRACK, D, 0, 0, 0);
	track_inside[1] = call(1, TDH_MEM_TRACK, D, 0, 0, 0);
	r->rax = 1;	/* external interrupt */
}

static void epoch_busy(void)
{
	m.guest = track_twice;
	CHECK_EQ(call(0, TDH_VP_ENTER, P, 0, 0, 0), 1);
	CHECK_EQ(track_inside[0], 0);
	CHECK_EQ(track_inside[1], 0x8000020100000000);
	CHECK_EQ(call(1, TDH_MEM_TRACK, D, 0, 0, 0), 0);
}

static void source_pattern(void)
{
	memset(m.mem + SOURCE, 0xa5, 4096);
}

/* M8 also moves the contents. */
static void page_copied(void)
{
	source_pattern();
	CHECK_EQ(call(0, TDH_MEM_PAGE_ADD, 0, D, A, SOURCE), 0);
	CHECK_EQ(page_type(A), TDX_PT_REG);
	CHECK(!memcmp(m.mem + A, m.mem + SOURCE, 4096));
}

static void page_removed(void)
{
	page_added();
	ok(0, TDH_MEM_PAGE_REMOVE, 0, D, 0, 0);
}

#define SEPT_ERR(r_cx, r_dx) \
	.outs = O_RCX | O_RDX, OUT(rcx, (r_cx)), OUT(rdx, (r_dx))
#define NO_ENTRY	0x8000000000000000
#define MAPPED(pa)	((pa) | 0x80000000000000f7)

static const struct vector vectors_mem[] = {
	V("M1", vp_ready,
	  S(0, 2, 0, D, A, SOURCE, 0xc0000b0000000001, SEPT_ERR(NO_ENTRY, 3))),
	V("M2", vp_ready,
	  S(0, 3, 3, D, EPT(3), U, 0, .page = EPT(3), .page_type = 8),
	  S(0, 3, 2, D, EPT(2), U, 0, .page = EPT(2), .page_type = 8),
	  S(0, 3, 1, D, EPT(1), U, 0, .page = EPT(1), .page_type = 8)),
	V("M3", vp_ready,
	  S(0, 3, 2, D, EPT(2), U, 0xc0000b0000000001, SEPT_ERR(NO_ENTRY, 3))),
	V("M4", vp_ready, S(0, 3, 0, D, EPT(1), U, 0xc000010000000001)),
	V("M5", vp_ready,
	  S(0, 3, 3, D, EPT(3), U, 0),
	  S(0, 3, 2, D, EPT(3), U, 0xc000030000000008)),
	V("M6", sept_ready,
	  S(0, 3, 1, D, A, U, 0xc0000b0d00000001, SEPT_ERR(EPT(1) | 7, 0x8401))),
	V("M7", sept_ready,
	  S(0, 3, 1, D | 1, A, U, 0, .page = A, .page_type = 0)),
	VFN("M8", sept_ready, page_copied),
	V("M9", page_added,
	  S(0, 2, 0, D, B2, SOURCE, 0xc0000b0d00000001,
	    SEPT_ERR(MAPPED(A), 0x400))),
	V("M10", page_added, S(0, 2, 0x1000, D, A, SOURCE, 0xc000030000000008)),
	V("M11", sept_ready,
	  S(0, 2, 0, D, A, KEYED(SOURCE, 17), 0xc000010000000009)),
	V("M12", vp_ready,
	  S(0, 2, 1ULL << 47, D, A, SOURCE, 0xc000010000000001)),
	V("M13", vp_ready, S(0, 2, 1, D, A, SOURCE, 0xc000010000000001)),
	V("M14", page_added,
	  S(0, 16, 0, D, U, U, 0, .times = 16, .rcx_step = 256)),
	V("M15", page_added, S(0, 16, 0x80, D, U, U, 0xc000010000000001)),
	V("M16", page_added,
	  S(0, 16, 0x200000, D, U, U, 0xc0000b0300000001, SEPT_ERR(NO_ENTRY, 1))),
	V("M17", td_finalized, S(0, 16, 0, D, U, U, 0xc000060800000000)),
	V("M18", td_finalized, S(0, 2, 0, D, A, SOURCE, 0xc000060800000000)),
	V("M19", sept_finalized,
	  S(0, 6, 0x1000, D, C3, U, 0, .page = C3, .page_type = 3),
	  S(0, 6, 0x1000, D, B2, U, 0xc0000b0d00000001,
	    .outs = O_RDX, OUT(rdx, 0x200))),
	V("M20", page_augmented,
	  S(0, 6, 0x1000, D, B2, U, 0xc0000b0d00000001,
	    .outs = O_RDX, OUT(rdx, 0x200))),
	V("M21", page_added,
	  S(0, 29, 0, D, U, U, 0, .outs = O_RCX | O_RDX, OUT(rcx, A),
	    .page = A, .page_type = 0)),
	V("M22", page_finalized,
	  S(0, 29, 0, D, U, U, 0xc0000b0600000001, SEPT_ERR(MAPPED(A), 0x400))),
	V("M23", page_finalized,
	  S(0, 7, 0, D, U, U, 0), S(0, 29, 0, D, U, U, 0xc0000b0800000001)),
	V("M24", page_finalized,
	  S(0, 7, 0, D, U, U, 0), S(0, 38, D, U, U, U, 0),
	  S(0, 29, 0, D, U, U, 0, .outs = O_RCX, OUT(rcx, A))),
	V("M25", page_finalized,
	  S(0, 7, 0, D, U, U, 0),
	  S(0, 7, 0, D, U, U, 0x00000b0700000001, .outs = O_RDX,
	    OUT(rdx, 0x100))),
	V("M26", sept_finalized,
	  S(0, 7, 0, D, U, U, 0xc0000b0d00000001, SEPT_ERR(NO_ENTRY, 0))),
	V("M27", td_finalized, S(0, 38, D, U, U, U, 0, .times = 2)),
	VFN("M28", td_finalized, epoch_busy),
	V("M29", page_added, S(0, 41, KEYED(A, 17), U, U, U, 0xc000030000000001)),
	V("M30", page_removed, S(0, 41, KEYED(A, 17), U, U, U, 0)),
	V("M31", page_added,
	  S(0, 24, A, U, U, U, 0, .outs = O_RCX | O_RDX | O_R8 | O_R9,
	    OUT(rcx, 3), OUT(rdx, D))),
	V("M32", vp_ready,
	  S(0, 24, TDMR_BASE + TDMR_SIZE + 4096, U, U, U, 0xc000010100000001)),
	V("M33", page_augmented,
	  S(0, 28, C3, U, U, U, 0xc000060700000000,
	    .outs = O_RCX | O_RDX | O_R8, OUT(rcx, 3), OUT(rdx, D))),
};

#endif
