// SPDX-License-Identifier: GPL-2.0-only
/*
 * The software TDX module with an LP per thread: random calls on two TDs and a
 * few pages, legal and not, under TSan. What must hold whatever the order was
 * is checked when the threads have stopped.
 */
#include <pthread.h>
#include <sched.h>

#include "test-seam-machine.h"

#define ROUNDS	 12
#define CALLS	 3000 /* per thread and round */
#define NR_PAGES 96   /* the pages the calls are about */

static const u64 tds[] = { D, D2TDR };
static const u64 vcpus[] = { P, P2, PG(40) };
static u32 irq_turn;

static void yield_pause(void *ctx, u32 lp, u32 leaf)
{
	sched_yield();
}

static void yield_enter(void *ctx, u32 lp, struct seam_regs *regs)
{
	sched_yield();
	regs->rax = 1;
}

static bool some_irqs(void *ctx, u32 lp)
{
	return !(core_add32(&irq_turn, 1) & 3);
}

static u32 next_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static const u16 leaves[] = {
	TDH_VP_ENTER,
	TDH_MNG_ADDCX,
	TDH_MEM_PAGE_ADD,
	TDH_MEM_SEPT_ADD,
	TDH_VP_ADDCX,
	TDH_MEM_PAGE_AUG,
	TDH_MEM_RANGE_BLOCK,
	TDH_MNG_KEY_CONFIG,
	TDH_MNG_CREATE,
	TDH_VP_CREATE,
	TDH_MNG_RD,
	TDH_MR_EXTEND,
	TDH_MR_FINALIZE,
	TDH_VP_FLUSH,
	TDH_MNG_INIT,
	TDH_VP_INIT,
	TDH_PHYMEM_PAGE_RDMD,
	TDH_VP_RD,
	TDH_PHYMEM_PAGE_RECLAIM,
	TDH_MEM_PAGE_REMOVE,
	TDH_MEM_TRACK,
	TDH_PHYMEM_CACHE_WB,
	TDH_PHYMEM_PAGE_WBINVD,
	TDH_VP_WR,
	TDH_SYS_LP_INIT,
	TDH_SYS_RD,
};

/* Leaves that end a TD are rare, or nothing else would ever happen. */
static u32 pick_leaf(u32 *rnd)
{
	if (next_random(rnd) % 400)
		return leaves[next_random(rnd) % ARRAY_SIZE(leaves)];
	return next_random(rnd) & 1 ? TDH_MNG_VPFLUSHDONE : TDH_MNG_KEY_FREEID;
}

static void random_call(u32 lp, u32 *rnd)
{
	u32 leaf = pick_leaf(rnd);
	u64 td = tds[next_random(rnd) % ARRAY_SIZE(tds)];
	u64 vcpu = vcpus[next_random(rnd) % ARRAY_SIZE(vcpus)];
	u64 page = PG(next_random(rnd) % NR_PAGES);
	u64 gpa = (u64)(next_random(rnd) % 4) << 12;
	struct seam_regs r = { .rax = leaf, .rcx = page, .rdx = td };

	switch (leaf) {
	case TDH_VP_INIT:
		r.rax |= (u64)(next_random(rnd) & 1) << TDX_VERSION_SHIFT;
		r.r8 = next_random(rnd) % 8;
		/* fall through */
	case TDH_VP_ENTER:
	case TDH_VP_FLUSH:
		r.rcx = vcpu;
		break;
	case TDH_VP_RD:
	case TDH_VP_WR:
		r.rcx = vcpu;
		r.rdx = 2;
		r.r8 = next_random(rnd) & 0xff;
		r.r9 = 0xffff;
		break;
	case TDH_VP_ADDCX:
		r.rdx = vcpu;
		break;
	case TDH_VP_CREATE:
		r.rcx = vcpu;
		break;
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_PAGE_AUG:
	case TDH_MEM_RANGE_BLOCK:
	case TDH_MEM_PAGE_REMOVE:
	case TDH_MR_EXTEND:
		r.rcx = gpa;
		r.r8 = page;
		r.r9 = SOURCE;
		break;
	case TDH_MEM_SEPT_ADD:
		r.rcx = 1 + next_random(rnd) % 3;
		r.rdx |= next_random(rnd) & 1;
		r.r8 = page;
		break;
	case TDH_MNG_KEY_CONFIG:
	case TDH_MR_FINALIZE:
	case TDH_MEM_TRACK:
	case TDH_MNG_VPFLUSHDONE:
	case TDH_MNG_KEY_FREEID:
		r.rcx = td;
		break;
	case TDH_MNG_RD:
		r.rcx = td;
		r.rdx = 0x94100003000003fe;
		break;
	case TDH_MNG_INIT:
		r.rcx = td;
		r.rdx = TD_PARAMS;
		break;
	case TDH_MNG_CREATE:
		r.rcx = td;
		r.rdx = HKID + next_random(rnd) % 2;
		break;
	case TDH_PHYMEM_CACHE_WB:
		r.rcx = next_random(rnd) & 1;
		break;
	case TDH_SYS_RD:
		r.rdx = 0x0800000100000004;
		break;
	}
	seam_call(m.seam, lp, &r);
}

static void look_around(u32 *rnd)
{
	struct seam_td_info td;
	struct seam_page_info p;
	struct seam_kot_info k;
	struct seam_fault f = {
		.leaf = TDH_MNG_RD,
		.lp = next_random(rnd) % 4,
		.status = TDX_ST(SYS_BUSY),
		.skip = 1,
		.count = 1,
	};

	seam_get_td(m.seam, tds[next_random(rnd) % ARRAY_SIZE(tds)], &td);
	seam_get_page(m.seam, PG(next_random(rnd) % NR_PAGES), &p);
	seam_get_kot(m.seam, HKID, &k);
	seam_get_hkid_owner(m.seam, HKID);
	seam_fault_add(m.seam, &f);
	if (!(next_random(rnd) % 8))
		seam_fault_clear(m.seam);
	seam_fault_list(m.seam, &f, 1);
}

static u32 round_nr;

static void *lp_thread(void *arg)
{
	u32 lp = (u32)(size_t)arg;
	u32 rnd = (round_nr + 1) * 977 + lp * 131071;
	u32 i;

	for (i = 0; i < CALLS; i++) {
		random_call(lp, &rnd);
		if (!(i % 16))
			look_around(&rnd);
	}
	return NULL;
}

/* ---- what holds when no thread is inside ---- */

static u64 owned[ARRAY_SIZE(tds)];
static u32 associated[ARRAY_SIZE(tds)];

static int count_owned(void *arg, u64 pa, const struct seam_page_info *p)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tds); i++) {
		const struct seam_tdvps *vps = (const void *)(m.mem + pa);

		if (p->owner != tds[i])
			continue;
		owned[i] += 1ULL << 9 * p->size;
		if (p->type == TDX_PT_TDVPR && vps->assoc_lp != SEAM_NO_LP)
			associated[i]++;
	}
	/* An owner is always a live TDR. */
	CHECK(p->type == TDX_PT_TDR || page_type(p->owner) == TDX_PT_TDR);
	return 0;
}

static void check_tds(void)
{
	struct seam_td_info td;
	struct seam_kot_info k;
	u32 i;

	memset(owned, 0, sizeof(owned));
	memset(associated, 0, sizeof(associated));
	seam_for_each_page(m.seam, PG(0), PG(NR_PAGES), count_owned, NULL);
	for (i = 0; i < ARRAY_SIZE(tds); i++) {
		if (seam_get_td(m.seam, tds[i], &td))
			continue;
		CHECK_EQ(td.chldcnt, owned[i]);
		if (td.op_state && td.lifecycle != TDX_LC_TEARDOWN)
			CHECK_EQ(td.num_assoc_vcpus, associated[i]);
		CHECK_EQ(seam_get_kot(m.seam, td.hkid, &k), 0);
		if (td.lifecycle == TDX_LC_TEARDOWN)
			continue;
		CHECK_EQ(seam_get_hkid_owner(m.seam, td.hkid), tds[i]);
		CHECK_EQ(k.state,
			 td.lifecycle == TDX_LC_BLOCKED ? TDX_KOT_FLUSHED : TDX_KOT_ASSIGNED);
	}
}

static void one_round(u32 nr)
{
	pthread_t thread[4];
	size_t lp;

	if (nr & 1)
		sept_finalized();
	else
		sept_ready();
	seam_fault_clear(m.seam);
	m.seam->ops.pause = yield_pause;
	m.seam->ops.enter = yield_enter;
	m.seam->ops.irq_pending = some_irqs;
	m.seam->ops.entropy = NULL;
	round_nr = nr;
	for (lp = 0; lp < 4; lp++) {
		if (pthread_create(&thread[lp], NULL, lp_thread, (void *)lp)) {
			perror("pthread_create");
			exit(1);
		}
	}
	for (lp = 0; lp < 4; lp++)
		pthread_join(thread[lp], NULL);
	check_locks_free();
	check_tds();
}

int main(void)
{
	u32 i;

	check_name = "random calls";
	for (i = 0; i < ROUNDS; i++)
		one_round(i);
	return check_done("tsan-seam");
}
