/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of the conformance tables: a state to start from and calls to make. */
#ifndef TDXCTL_TESTS_TEST_SEAM_VECTORS_H
#define TDXCTL_TESTS_TEST_SEAM_VECTORS_H

#include "test-seam-machine.h"

struct step {
	u32 lp;
	u64 rax, rcx, rdx, r8, r9;
	u64 want;
	u32 outs;			/* O_*: outputs to compare */
	u64 out_rcx, out_rdx, out_r8, out_r9;
	u32 times;			/* 0 means 1 */
	u64 rcx_step;			/* added to RCX from call to call */
	void (*prep)(void);
	const struct step *during;	/* made inside this one's pause */
	u64 page;			/* afterwards of this type */
	u32 page_type;
};

struct vector {
	const char *id;
	void (*from)(void);
	const struct step *steps;
	u32 nr_steps;
	void (*fn)(void);		/* what a list of steps cannot say */
};

/* S(lp, rax, rcx, rdx, r8, r9, status, further fields...) */
#define S(l, a, c, d, e, f, st, ...) \
	{ .lp = (l), .rax = (a), .rcx = (c), .rdx = (d), .r8 = (e), .r9 = (f), \
	  .want = (st), ##__VA_ARGS__ }
/* The same as the value of a .during: a macro cannot appear in itself. */
#define DURING(l, a, c, d, e, f, st, ...) \
	.during = &(const struct step) { \
		.lp = (l), .rax = (a), .rcx = (c), .rdx = (d), .r8 = (e), \
		.r9 = (f), .want = (st), ##__VA_ARGS__ }
#define STEPS(...) \
	.steps = (const struct step[]) { __VA_ARGS__ }, \
	.nr_steps = sizeof((const struct step[]) { __VA_ARGS__ }) / \
		    sizeof(struct step)
#define V(name, state, ...) { .id = (name), .from = (state), STEPS(__VA_ARGS__) }
#define VFN(name, state, f) { .id = (name), .from = (state), .fn = (f) }
#define OUT(reg, val)	.out_##reg = (val)
#define U		UNUSED_REG

static inline void run_step(const struct step *s);

static const struct step *during;

static void run_during(void)
{
	const struct step *s = during;

	during = NULL;
	run_step(s);
}

static inline void run_step(const struct step *s)
{
	u32 n, times = s->times ? s->times : 1;

	if (s->prep)
		s->prep();
	for (n = 0; n < times; n++) {
		struct seam_regs r = {
			.rax = s->rax, .rcx = s->rcx + n * s->rcx_step,
			.rdx = s->rdx, .r8 = s->r8, .r9 = s->r9,
		};

		if (s->during) {
			during = s->during;
			m.inside = run_during;
			m.inside_leaf = s->rax & TDX_LEAF_MASK;
		}
		CHECK_EQ(seamcall(s->lp, &r), s->want);
		if (s->outs & O_RCX)
			CHECK_EQ(r.rcx, s->out_rcx);
		if (s->outs & O_RDX)
			CHECK_EQ(r.rdx, s->out_rdx);
		if (s->outs & O_R8)
			CHECK_EQ(r.r8, s->out_r8);
		if (s->outs & O_R9)
			CHECK_EQ(r.r9, s->out_r9);
	}
	/* A contention vector whose second call never came proves nothing. */
	if (s->during)
		CHECK(!during);
	if (s->page)
		CHECK_EQ(page_type(s->page), s->page_type);
}

#endif
