/* SPDX-License-Identifier: GPL-2.0-only */
/* The helper's snapshot against that of BPF programs. */
#include "check.h"
#include "model/model.h"

#define MAX_TDS	  4
#define MAX_HKIDS 4
#define ROUNDS	  4

/* One side: TDs with the TDRs 1000, 2000 ... and HKIDs from 17. */
struct side {
	struct tdxctl_snapshot snap;
	struct tdxctl_td_view tds[MAX_TDS];
	struct tdxctl_hkid hkids[MAX_HKIDS];
};

/* Each round reads one of these; later rounds read the last one again. */
static struct world {
	struct side *helper[ROUNDS], *kvm[ROUNDS];
	int helpers, kvms, pauses;
	int helper_err, kvm_err;
} world;

static void put(struct side *s, uint32_t n, uint32_t state, uint32_t hkid)
{
	struct tdxctl_td_view *v = &s->tds[s->snap.nr_tds++];

	v->td.tdr = n * 0x1000ULL;
	v->td.id = s->snap.source == TDXCTL_SOURCE_BPF ? 0 : n;
	v->td.state = state;
	v->td.hkid = hkid;
	v->td.owner.tgid = 2000 + (int)n;
	v->vm.name = "web";
	if (hkid >= 17 && hkid < 17 + MAX_HKIDS) {
		s->hkids[hkid - 17].state = TDXCTL_HKID_CONFIGURED;
		s->hkids[hkid - 17].tdr = v->td.tdr;
	}
}

static void side(struct side *s, enum tdxctl_source source)
{
	memset(s, 0, sizeof(*s));
	s->snap.source = source;
	s->snap.platform.has_tdx = true;
	s->snap.info.features = TDXCTL_F_ADOPTED;
	s->snap.tds = s->tds;
	s->snap.hkids = s->hkids;
	s->snap.nr_hkids = MAX_HKIDS;
	for (uint32_t i = 0; i < MAX_HKIDS; i++)
		s->hkids[i] = (struct tdxctl_hkid){ .id = 17 + i, .state = TDXCTL_HKID_FREE };
}

/* The comparison frees the copy. */
static int copy(const struct side *s, struct tdxctl_snapshot **out)
{
	int err = snapshot_copy(&s->snap, out);

	if (!err)
		(*out)->info = s->snap.info;
	return err;
}

static struct side *of_round(struct side **list, int round)
{
	while (round && !list[round])
		round--;
	return list[round];
}

static int take_helper(void *arg, struct tdxctl_snapshot **out)
{
	CHECK(arg == &world);
	/* The first is given. */
	return world.helper_err ? world.helper_err :
				  copy(of_round(world.helper, ++world.helpers), out);
}

static int take_kvm(void *arg, struct tdxctl_snapshot **out)
{
	CHECK(arg == &world);
	return world.kvm_err ? world.kvm_err : copy(of_round(world.kvm, world.kvms++), out);
}

static void wait_once(void *arg)
{
	world.pauses++;
}

static int compare(struct text_buf *out)
{
	const struct comparison c = { take_helper, take_kvm, wait_once, &world };

	*out = (struct text_buf){ NULL, 0, 0 };
	return compare_snapshots(&c, &world.helper[0]->snap, out);
}

/* Compares the first round with itself, and the text with @want. */
static void differ(const char *want)
{
	struct text_buf out;

	world.helpers = world.kvms = world.pauses = 0;
	CHECK_EQ(compare(&out), 0);
	CHECK_STR(out.p, want);
	CHECK_EQ(world.pauses, *want ? 2 : 0);
	CHECK_EQ(world.kvms, *want ? 3 : 1);
	free(out.p);
}

static struct side helper, kvm;

/* A new pair of sides, without TDs. */
static void begin(void)
{
	side(&helper, TDXCTL_SOURCE_HELPER);
	side(&kvm, TDXCTL_SOURCE_BPF);
	world = (struct world){ .helper = { &helper }, .kvm = { &kvm } };
}

/* One TD, of which both sides have a state and an HKID. */
static void pair(uint32_t helper_state, uint32_t helper_hkid, uint32_t kvm_state, uint32_t kvm_hkid,
		 const char *want)
{
	begin();
	put(&helper, 1, helper_state, helper_hkid);
	put(&kvm, 1, kvm_state, kvm_hkid);
	differ(want);
}

static void agree(void)
{
	begin();
	differ("");
	/* The states that both give a TD during its life do not differ. */
	pair(TDXCTL_TD_ASSIGNED, 17, TDXCTL_TD_UNKNOWN, 17, "");
	pair(TDXCTL_TD_KEYS_CONFIGURED, 17, TDXCTL_TD_UNKNOWN, 17, "");
	pair(TDXCTL_TD_INITIALIZED, 17, TDXCTL_TD_INITIALIZED, 17, "");
	pair(TDXCTL_TD_RUNNABLE, 17, TDXCTL_TD_RUNNABLE, 17, "");
	pair(TDXCTL_TD_BLOCKED, 17, TDXCTL_TD_RUNNABLE, 17, "");
	pair(TDXCTL_TD_BLOCKED, 17, TDXCTL_TD_INITIALIZED, 17, "");
	pair(TDXCTL_TD_TEARDOWN, 0, TDXCTL_TD_TEARDOWN, 0, "");
	/* A leaked TD: KVM keeps its HKID, or has no HKID for it. */
	pair(TDXCTL_TD_LEAKED, 17, TDXCTL_TD_RUNNABLE, 17, "");
	pair(TDXCTL_TD_LEAKED, 0, TDXCTL_TD_TEARDOWN, 0, "");
	/* A value that the helper does not know is no difference. */
	pair(TDXCTL_TD_UNKNOWN, 17, TDXCTL_TD_RUNNABLE, 17, "");
	begin();
	put(&helper, 1, TDXCTL_TD_UNKNOWN, TDXCTL_UNKNOWN32);
	helper.hkids[0].state = TDXCTL_HKID_UNKNOWN;
	put(&kvm, 1, TDXCTL_TD_RUNNABLE, 17);
	differ("");
	helper.hkids[0].state = TDXCTL_HKID_ASSIGNED;
	differ("");
	/* An HKID that is not in the list of the helper. */
	kvm.tds[0].td.hkid = 99;
	differ("");
}

static void hkid(void)
{
	pair(TDXCTL_TD_RUNNABLE, 17, TDXCTL_TD_RUNNABLE, 18,
	     "td:1 (web, 2001) has HKID 17 for the helper, but HKID 18 for KVM\n");
	/* The helper did not see the release, or KVM did not finish it. */
	pair(TDXCTL_TD_RUNNABLE, 17, TDXCTL_TD_TEARDOWN, 0,
	     "td:1 (web, 2001) has HKID 17 for the helper, but no HKID for KVM\n");
	pair(TDXCTL_TD_TEARDOWN, 0, TDXCTL_TD_RUNNABLE, 17,
	     "td:1 (web, 2001) has no HKID for the helper, but HKID 17 for KVM\n");
	/* The helper does not know the HKID of the TD, but that it is another one. */
	pair(TDXCTL_TD_UNKNOWN, TDXCTL_UNKNOWN32, TDXCTL_TD_RUNNABLE, 17,
	     "td:1 (web, 2001) has HKID 17 for KVM, but not for the helper\n");
	begin();
	put(&helper, 1, TDXCTL_TD_UNKNOWN, TDXCTL_UNKNOWN32);
	put(&helper, 2, TDXCTL_TD_RUNNABLE, 17);
	put(&kvm, 2, TDXCTL_TD_RUNNABLE, 17);
	put(&kvm, 1, TDXCTL_TD_RUNNABLE, 17);
	differ("td:1 (web, 2001) has HKID 17 for KVM, but not for the helper\n");
}

static void state(void)
{
	pair(TDXCTL_TD_INITIALIZED, 17, TDXCTL_TD_RUNNABLE, 17,
	     "td:1 (web, 2001) is initialized for the helper, but runnable for KVM\n");
	pair(TDXCTL_TD_RUNNABLE, 17, TDXCTL_TD_INITIALIZED, 17,
	     "td:1 (web, 2001) is runnable for the helper, but initialized for KVM\n");
	pair(TDXCTL_TD_ASSIGNED, 17, TDXCTL_TD_INITIALIZED, 17,
	     "td:1 (web, 2001) is assigned for the helper, but initialized for KVM\n");
	pair(TDXCTL_TD_KEYS_CONFIGURED, 17, TDXCTL_TD_RUNNABLE, 17,
	     "td:1 (web, 2001) is keys-configured for the helper, but runnable for KVM\n");
}

/* A TD that no file shows: it counts only if KVM knows that its HKID is not its own. */
static void not_in_kvm(void)
{
	static const char want[] = "td:1 (web, 2001) has HKID 17 for the helper, but not for KVM\n";

	begin();
	put(&helper, 1, TDXCTL_TD_RUNNABLE, 17);
	differ(want);
	put(&kvm, 2, TDXCTL_TD_RUNNABLE, 17);
	put(&helper, 2, TDXCTL_TD_RUNNABLE, 17);
	differ(want);
	begin();
	put(&helper, 1, TDXCTL_TD_RUNNABLE, 17);
	kvm.hkids[0].state = TDXCTL_HKID_UNKNOWN;
	differ("");
	/* Without the addresses of KVM's variables. */
	kvm.snap.nr_hkids = 0;
	differ("");
	begin();
	put(&helper, 1, TDXCTL_TD_LEAKED, 17);
	put(&helper, 2, TDXCTL_TD_TEARDOWN, 0);
	put(&helper, 3, TDXCTL_TD_UNKNOWN, TDXCTL_UNKNOWN32);
	/* A TD that the helper cannot read has no TDR. */
	put(&helper, 0, TDXCTL_TD_UNKNOWN, 18);
	differ("");
}

static void not_in_helper(void)
{
	static const char want[] =
		"the TD of process 2001 has HKID 17 for KVM, but the helper does not know the TD\n";

	begin();
	put(&kvm, 1, TDXCTL_TD_RUNNABLE, 17);
	differ(want);
	helper.hkids[0].state = TDXCTL_HKID_UNKNOWN;
	differ(want);
	/* The helper does not claim that it knows all TDs. */
	helper.snap.info.features = 0;
	differ("");
	/* But it does of this HKID. */
	helper.hkids[0].state = TDXCTL_HKID_FREE;
	differ(want);
	/* Before TDH.MNG.CREATE, a TD has an HKID and no TDR. */
	begin();
	put(&kvm, 0, TDXCTL_TD_UNKNOWN, 17);
	put(&kvm, 2, TDXCTL_TD_TEARDOWN, 0);
	differ("");
}

static void several(void)
{
	begin();
	put(&helper, 1, TDXCTL_TD_RUNNABLE, 17);
	put(&helper, 2, TDXCTL_TD_RUNNABLE, 18);
	put(&helper, 3, TDXCTL_TD_RUNNABLE, 19);
	put(&kvm, 3, TDXCTL_TD_RUNNABLE, 20);
	put(&kvm, 2, TDXCTL_TD_RUNNABLE, 18);
	helper.tds[2].vm.name = "a\nb";
	differ("td:3 (a?b, 2003) has HKID 19 for the helper, but HKID 20 for KVM\n"
	       "td:1 (web, 2001) has HKID 17 for the helper, but not for KVM\n");
}

/* Both sides change while they are read. */
static void moves(void)
{
	struct side later_helper, later_kvm;
	struct text_buf out;

	/* A TD that was created in between. */
	begin();
	put(&kvm, 1, TDXCTL_TD_RUNNABLE, 17);
	side(&later_helper, TDXCTL_SOURCE_HELPER);
	put(&later_helper, 1, TDXCTL_TD_RUNNABLE, 17);
	world.helper[1] = &later_helper;
	CHECK_EQ(compare(&out), 0);
	CHECK_STR(out.p, "");
	CHECK_EQ(world.pauses, 1);
	CHECK_EQ(world.kvms, 2);
	free(out.p);
	/* Only in the third round. */
	begin();
	put(&kvm, 1, TDXCTL_TD_RUNNABLE, 17);
	world.helper[1] = &helper;
	world.helper[2] = &later_helper;
	CHECK_EQ(compare(&out), 0);
	CHECK_STR(out.p, "");
	CHECK_EQ(world.pauses, 2);
	free(out.p);
	/* Another TD differs in each round, and one in all of them. */
	begin();
	put(&helper, 4, TDXCTL_TD_RUNNABLE, 20);
	put(&kvm, 4, TDXCTL_TD_TEARDOWN, 0);
	put(&kvm, 1, TDXCTL_TD_RUNNABLE, 17);
	side(&later_kvm, TDXCTL_SOURCE_BPF);
	put(&later_kvm, 4, TDXCTL_TD_TEARDOWN, 0);
	put(&later_kvm, 2, TDXCTL_TD_RUNNABLE, 18);
	world.kvm[1] = &later_kvm;
	CHECK_EQ(compare(&out), 0);
	CHECK_STR(out.p, "td:4 (web, 2004) has HKID 20 for the helper, but no HKID for KVM\n");
	free(out.p);
	/* A TDR that now is another TD's, with another difference. */
	begin();
	put(&helper, 1, TDXCTL_TD_RUNNABLE, 17);
	put(&kvm, 1, TDXCTL_TD_RUNNABLE, 18);
	side(&later_helper, TDXCTL_SOURCE_HELPER);
	put(&later_helper, 1, TDXCTL_TD_RUNNABLE, 17);
	later_helper.tds[0].td.id = 9;
	world.helper[1] = &later_helper;
	CHECK_EQ(compare(&out), 0);
	CHECK_STR(out.p, "");
	free(out.p);
}

static void errors(void)
{
	struct text_buf out;

	begin();
	world.kvm_err = -EPERM;
	CHECK_EQ(compare(&out), -EPERM);
	free(out.p);
	begin();
	put(&kvm, 1, TDXCTL_TD_RUNNABLE, 17);
	world.helper_err = -ENODATA;
	CHECK_EQ(compare(&out), -ENODATA);
	CHECK_EQ(world.pauses, 1);
	free(out.p);
	/* TDs without the addresses of their TDRs cannot be matched. */
	begin();
	put(&kvm, 1, TDXCTL_TD_RUNNABLE, 17);
	kvm.tds[0].td.tdr |= TDXCTL_TDR_HIDDEN;
	CHECK_EQ(compare(&out), -EACCES);
	free(out.p);
	begin();
	put(&helper, 1, TDXCTL_TD_RUNNABLE, 17);
	helper.tds[0].td.tdr |= TDXCTL_TDR_HIDDEN;
	CHECK_EQ(compare(&out), -EACCES);
	free(out.p);
}

int main(void)
{
	RUN(agree);
	RUN(hkid);
	RUN(state);
	RUN(not_in_kvm);
	RUN(not_in_helper);
	RUN(several);
	RUN(moves);
	RUN(errors);
	return check_done("test-lib-compare");
}
