// SPDX-License-Identifier: GPL-2.0-only
/* The guest side of seam: what a vCPU that is being entered can reach. */
#include "test-seam-machine.h"

#define U   UNUSED_REG
#define GPA 0x1000ULL /* no page there at first */

static enum seam_access seen[4];
static u32 nr_seen;
static u64 touch_gpa;

static void touch(struct seam_regs *r)
{
	seen[nr_seen++ % ARRAY_SIZE(seen)] = seam_guest_access(m.seam, P, touch_gpa);
	r->rax = 0;
}

static enum seam_access enter_and_touch(u64 gpa)
{
	nr_seen = 0;
	touch_gpa = gpa;
	m.guest = touch;
	CHECK_EQ(call(0, TDH_VP_ENTER, P, U, U, U), 0);
	CHECK_EQ(nr_seen, 1);
	return seen[0];
}

static void accept(void)
{
	struct seam_regs r;

	page_finalized();
	CHECK_EQ(enter_and_touch(GPA), SEAM_ACCESS_VIOLATION);
	ok(0, TDH_MEM_PAGE_AUG, GPA, D, B2, 0);
	CHECK_EQ(enter_and_touch(GPA), SEAM_ACCESS_OK);
	CHECK_EQ(enter_and_touch(GPA), SEAM_ACCESS_OK);
	/* Accepted: mapped, no longer pending, when the host looks. */
	r = (struct seam_regs){ .rax = TDH_MEM_PAGE_AUG, .rcx = GPA, .rdx = D, .r8 = C3 };
	CHECK_EQ(seamcall(0, &r), 0xc0000b0d00000001);
	CHECK_EQ(r.rdx >> 8, TDX_SEPT_MAPPED);
	/* And gone, once the host has taken it back. */
	ok(0, TDH_MEM_RANGE_BLOCK, GPA, D, 0, 0);
	CHECK_EQ(enter_and_touch(GPA), SEAM_ACCESS_VIOLATION);
	ok(0, TDH_MEM_TRACK, D, 0, 0, 0);
	ok(0, TDH_MEM_PAGE_REMOVE, GPA, D, 0, 0);
	CHECK_EQ(enter_and_touch(GPA), SEAM_ACCESS_VIOLATION);
	check_locks_free();
}

static void no_table(void)
{
	page_finalized();
	CHECK_EQ(enter_and_touch(1ULL << 40), SEAM_ACCESS_VIOLATION);
	/* A shared address is none of the S-EPT's business. */
	CHECK_EQ(enter_and_touch(1ULL << 51), SEAM_ACCESS_VIOLATION);
}

static void access_inside(void)
{
	seen[0] = seam_guest_access(m.seam, P, GPA);
}

/* A host call that has the entry locked is in the guest's way. */
static void busy_entry(void)
{
	page_finalized();
	ok(0, TDH_MEM_PAGE_AUG, GPA, D, B2, 0);
	m.inside = access_inside;
	m.inside_leaf = TDH_MEM_RANGE_BLOCK;
	ok(0, TDH_MEM_RANGE_BLOCK, GPA, D, 0, 0);
	CHECK_EQ(seen[0], SEAM_ACCESS_BUSY);
	check_locks_free();
}

static void words_and_descriptor(void)
{
	struct seam_guest g;

	page_finalized();
	CHECK_EQ(seam_guest_get(m.seam, P, &g), 0);
	CHECK_EQ(g.posted_desc, 0);
	CHECK(!g.words[0] && !g.words[SEAM_GUEST_WORDS - 1]);
	g.words[0] = 5;
	ok(0, TDH_VP_WR, P, 0x0002, 0xf2, 0xff);
	ok(0, TDH_VP_WR, P, 0x2016, PI_DESC, 0x000fffffffffffc0);
	CHECK_EQ(seam_guest_get(m.seam, P, &g), 0);
	CHECK_EQ(g.posted_desc, 0);
	ok(0, TDH_VP_WR, P, 0x4000, 0x80, 0x80);
	CHECK_EQ(seam_guest_get(m.seam, P, &g), 0);
	CHECK_EQ(g.posted_desc, PI_DESC);
	CHECK_EQ(g.words[0], 5);
	CHECK_EQ(seam_guest_get(m.seam, A, &g), -ENOENT);
	CHECK_EQ(seam_guest_get(m.seam, D, &g), -ENOENT);
	CHECK_EQ(seam_guest_access(m.seam, D, 0), SEAM_ACCESS_VIOLATION);
}

int main(void)
{
	RUN(accept);
	RUN(no_table);
	RUN(busy_entry);
	RUN(words_and_descriptor);
	return check_done("test-seam-guest");
}
