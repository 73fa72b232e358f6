/* SPDX-License-Identifier: GPL-2.0-only */
/* Events between two snapshots. */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include "events.h"
#include "check.h"

static struct tdxctl_snapshot a, b;
static struct tdxctl_td_view tds_a[4], tds_b[4];
static struct tdxctl_hkid hkids_a[2], hkids_b[2];
static struct tdxctl_lock locks_a[2], locks_b[2];
static struct tdxctl_package pkgs_a[2], pkgs_b[2];
static struct tdxctl_cpu cpus_a[2], cpus_b[2];
static const struct tdxctl_event_limits limits = { .lock_ns = 1000, .hkids_free = 1 };
static struct tdxctl_event seen[32];
static size_t nr_seen;

static int collect(void *arg, const struct tdxctl_event *ev)
{
	if (nr_seen < 32)
		seen[nr_seen++] = *ev;
	return 0;
}

static void reset(void)
{
	memset(tds_a, 0, sizeof(tds_a));
	memset(hkids_a, 0, sizeof(hkids_a));
	memset(locks_a, 0, sizeof(locks_a));
	memset(pkgs_a, 0, sizeof(pkgs_a));
	memset(cpus_a, 0, sizeof(cpus_a));
	a = (struct tdxctl_snapshot){
		.hdr.now_ns = 10000,
		.hkids = hkids_a,
		.nr_hkids = 2,
		.tds = tds_a,
		.nr_tds = 1,
		.locks = locks_a,
		.nr_locks = 2,
		.packages = pkgs_a,
		.nr_packages = 2,
		.cpus = cpus_a,
		.nr_cpus = 2,
	};
	tds_a[0].td = (struct tdxctl_td){ .id = 1,
					  .tdr = 0x1000,
					  .state = TDXCTL_TD_RUNNABLE,
					  .hkid = 17,
					  .last_hkid = 17,
					  .vcpus = 2,
					  .private_pages = 100 };
	for (uint32_t i = 0; i < 2; i++) {
		hkids_a[i] = (struct tdxctl_hkid){ .id = 17 + i, .state = TDXCTL_HKID_FREE };
		pkgs_a[i] = (struct tdxctl_package){ .id = i, .online_cpus = 1 };
		cpus_a[i] = (struct tdxctl_cpu){
			.cpu = i, .package = i, .online = 1, .state = TDXCTL_CPU_ENABLED
		};
	}
	hkids_a[0].state = TDXCTL_HKID_CONFIGURED;
	memcpy(tds_b, tds_a, sizeof(tds_a));
	memcpy(hkids_b, hkids_a, sizeof(hkids_a));
	memcpy(locks_b, locks_a, sizeof(locks_a));
	memcpy(pkgs_b, pkgs_a, sizeof(pkgs_a));
	memcpy(cpus_b, cpus_a, sizeof(cpus_a));
	b = a;
	b.tds = tds_b;
	b.hkids = hkids_b;
	b.locks = locks_b;
	b.packages = pkgs_b;
	b.cpus = cpus_b;
	b.hdr.now_ns = 20000;
}

static void expect_kinds(const enum tdxctl_event_kind *kinds, size_t n)
{
	nr_seen = 0;
	CHECK_EQ(tdxctl_events(&a, &b, &limits, collect, NULL), 0);
	CHECK_EQ(nr_seen, n);
	for (size_t i = 0; i < n && i < nr_seen; i++)
		CHECK_EQ(seen[i].kind, kinds[i]);
}

#define EXPECT(...) \
	do { \
		const enum tdxctl_event_kind kinds[] = { __VA_ARGS__ }; \
		expect_kinds(kinds, sizeof(kinds) / sizeof(kinds[0])); \
	} while (0)

static void quiet(void)
{
	reset();
	expect_kinds(NULL, 0);
}

static void new_td(void)
{
	reset();
	tds_b[1].td = (struct tdxctl_td){
		.id = 2, .tdr = 0x2000, .state = TDXCTL_TD_ASSIGNED, .hkid = 18
	};
	b.nr_tds = 2;
	EXPECT(TDXCTL_EVENT_TD_CREATED);
	CHECK_EQ(seen[0].hkid, 18);
	CHECK(seen[0].td == &tds_b[1]);
	tds_b[1].td.state = TDXCTL_TD_RUNNABLE;
	tds_b[1].td.vcpus = 3;
	EXPECT(TDXCTL_EVENT_TD_CREATED, TDXCTL_EVENT_KEYS_CONFIGURED, TDXCTL_EVENT_TD_INITIALIZED,
	       TDXCTL_EVENT_VCPUS_CREATED, TDXCTL_EVENT_TD_FINALIZED);
	CHECK_EQ(seen[3].value, 3);
}

static void end_of_td(void)
{
	reset();
	tds_b[0].td.state = TDXCTL_TD_TEARDOWN;
	EXPECT(TDXCTL_EVENT_TEARDOWN);
	tds_b[0].td.hkid = 0;
	tds_b[0].td.released_ns = 15000;
	EXPECT(TDXCTL_EVENT_TEARDOWN, TDXCTL_EVENT_HKID_FREED);
	CHECK_EQ(seen[1].time_ns, 15000);
	CHECK_EQ(seen[1].hkid, 17);
	b.nr_tds = 0;
	EXPECT(TDXCTL_EVENT_TEARDOWN, TDXCTL_EVENT_HKID_FREED, TDXCTL_EVENT_MEMORY_BACK);
	CHECK(seen[2].td == &tds_a[0]);
}

/* BPF programs: the process ends, and the HKID is free some time after. */
static void end_without_helper(void)
{
	reset();
	a.source = b.source = TDXCTL_SOURCE_BPF;
	tds_a[0].td.private_pages = TDXCTL_UNKNOWN;
	b.nr_tds = 0;
	hkids_b[0].state = TDXCTL_HKID_UNKNOWN;
	EXPECT(TDXCTL_EVENT_TEARDOWN);
	a.nr_tds = 0;
	hkids_a[0].state = TDXCTL_HKID_UNKNOWN;
	expect_kinds(NULL, 0);
	hkids_b[0].state = TDXCTL_HKID_FREE;
	EXPECT(TDXCTL_EVENT_HKID_FREED);
	CHECK_EQ(seen[0].hkid, 17);
	CHECK(!seen[0].td);
	/* All at once. */
	a.nr_tds = 1;
	hkids_a[0].state = TDXCTL_HKID_CONFIGURED;
	EXPECT(TDXCTL_EVENT_TEARDOWN, TDXCTL_EVENT_HKID_FREED);
	/* With the helper, an HKID becomes known for other reasons as well. */
	reset();
	hkids_a[0].state = TDXCTL_HKID_UNKNOWN;
	a.nr_tds = b.nr_tds = 0;
	hkids_b[0].state = TDXCTL_HKID_FREE;
	expect_kinds(NULL, 0);
}

/* Another TD with the number of an old one, but another page, is another TD. */
static void another_td(void)
{
	reset();
	tds_b[0].td.tdr = 0x9000;
	CHECK_EQ(tdxctl_events(&a, &b, &limits, collect, NULL), 0);
	EXPECT(TDXCTL_EVENT_TEARDOWN, TDXCTL_EVENT_HKID_FREED, TDXCTL_EVENT_MEMORY_BACK,
	       TDXCTL_EVENT_TD_CREATED, TDXCTL_EVENT_KEYS_CONFIGURED, TDXCTL_EVENT_TD_INITIALIZED,
	       TDXCTL_EVENT_VCPUS_CREATED, TDXCTL_EVENT_TD_FINALIZED);
}

static void leak(void)
{
	reset();
	hkids_b[0].state = TDXCTL_HKID_LEAKED;
	hkids_b[0].tdr = 0x1000;
	tds_b[0].td.state = TDXCTL_TD_LEAKED;
	EXPECT(TDXCTL_EVENT_TEARDOWN, TDXCTL_EVENT_HKID_LEAKED);
	CHECK(seen[1].td == &tds_b[0]);
	/* Once. */
	hkids_a[0].state = TDXCTL_HKID_LEAKED;
	tds_a[0].td.state = TDXCTL_TD_LEAKED;
	expect_kinds(NULL, 0);
}

static void few_hkids(void)
{
	reset();
	hkids_b[1].state = TDXCTL_HKID_ASSIGNED;
	EXPECT(TDXCTL_EVENT_HKIDS_LOW);
	CHECK_EQ(seen[0].value, 0);
	hkids_a[1].state = TDXCTL_HKID_ASSIGNED;
	expect_kinds(NULL, 0);
}

static void held_lock(void)
{
	reset();
	locks_b[1] = (struct tdxctl_lock){
		.kind = TDXCTL_LOCK_KEY_CONFIG, .package = 1, .held = 1, .held_since_ns = 19500
	};
	expect_kinds(NULL, 0);
	locks_b[1].held_since_ns = 9000;
	EXPECT(TDXCTL_EVENT_LOCK_HELD);
	CHECK_EQ(seen[0].value, 11000);
	CHECK_EQ(seen[0].package, 1);
	/* It was held before, but not yet for so long. */
	locks_a[1] = locks_b[1];
	a.hdr.now_ns = 9900;
	EXPECT(TDXCTL_EVENT_LOCK_HELD);
	a.hdr.now_ns = 10001;
	expect_kinds(NULL, 0);
}

static void cpus_and_packages(void)
{
	reset();
	pkgs_b[1].online_cpus = 0;
	cpus_b[1].online = 0;
	EXPECT(TDXCTL_EVENT_PACKAGE_UNCOVERED);
	reset();
	cpus_b[1].state = TDXCTL_CPU_NOT_ENABLED;
	EXPECT(TDXCTL_EVENT_CPU_NOT_ENABLED);
	CHECK_EQ(seen[0].cpu, 1);
	/* It comes online so. */
	cpus_a[1] = cpus_b[1];
	cpus_a[1].online = 0;
	EXPECT(TDXCTL_EVENT_CPU_NOT_ENABLED);
	b.hdr.missed = 3;
	a.hdr.missed = 1;
	EXPECT(TDXCTL_EVENT_CPU_NOT_ENABLED, TDXCTL_EVENT_MISSED);
	CHECK_EQ(seen[1].value, 2);
}

static int stop(void *arg, const struct tdxctl_event *ev)
{
	++*(int *)arg;
	return -7;
}

/* Without a snapshot before, what is so; the caller ends it. */
static void initial(void)
{
	int calls = 0;

	reset();
	nr_seen = 0;
	CHECK_EQ(tdxctl_events(NULL, &a, &limits, collect, NULL), 0);
	CHECK_EQ(nr_seen, 1);
	CHECK_EQ(seen[0].kind, TDXCTL_EVENT_TD_PRESENT);
	b.nr_tds = 0;
	CHECK_EQ(tdxctl_events(&a, &b, &limits, stop, &calls), -7);
	CHECK_EQ(calls, 1);
	for (int i = 0; i < TDXCTL_EVENTS; i++)
		CHECK(tdxctl_event_kinds[i].name && tdxctl_event_kinds[i].about);
}

/* ---- messages ---- */

struct message {
	unsigned char buf[256];
	size_t len;
};

static void put(struct message *m, const void *p, size_t n)
{
	if (n)
		memcpy(m->buf + m->len, p, n);
	m->len += (n + 3) & ~(size_t)3;
}

static void put_attr(struct message *m, uint16_t type, const void *p, uint16_t n)
{
	const struct nlattr head = { .nla_len = (uint16_t)(sizeof(head) + n), .nla_type = type };

	put(m, &head, sizeof(head));
	put(m, p, n);
}

static struct message whole(void)
{
	const struct genlmsghdr genl = { .cmd = TDXCTL_GENL_CMD_EVENT, .version = 1 };
	const uint32_t kind = TDXCTL_EVENT_HKID_FREED, td = 7, hkid = 17, odd = 1;
	const uint64_t when = 12345, lost = 3;
	struct nlmsghdr nl = { .nlmsg_type = NLMSG_MIN_TYPE };
	struct message m = { .len = 0 };

	put(&m, &nl, sizeof(nl));
	put(&m, &genl, sizeof(genl));
	put_attr(&m, TDXCTL_EVENT_A_KIND, &kind, 4);
	put_attr(&m, TDXCTL_EVENT_A_PAD, NULL, 0);
	put_attr(&m, TDXCTL_EVENT_A_TIME, &when, 8);
	put_attr(&m, TDXCTL_EVENT_A_TD, &td, 4);
	put_attr(&m, TDXCTL_EVENT_A_HKID, &hkid, 4);
	put_attr(&m, 99, &odd, 4); /* of a later helper */
	put_attr(&m, TDXCTL_EVENT_A_LOST, &lost, 8);
	nl.nlmsg_len = (uint32_t)m.len;
	memcpy(m.buf, &nl, sizeof(nl));
	return m;
}

static void messages(void)
{
	struct message m = whole();
	struct tdxctl_message out;
	unsigned char *copy;

	CHECK(tdxctl_message_parse(m.buf, m.len, &out));
	CHECK_EQ(out.kind, TDXCTL_EVENT_HKID_FREED);
	CHECK_EQ(out.td, 7);
	CHECK_EQ(out.hkid, 17);
	CHECK_EQ(out.time_ns, 12345);
	CHECK_EQ(out.lost, 3);
	/* Cut anywhere, in memory of just that size. */
	for (size_t len = 0; len < m.len; len++) {
		copy = malloc(len ? len : 1);
		if (!copy)
			exit(1);
		memcpy(copy, m.buf, len);
		CHECK(!tdxctl_message_parse(copy, len, &out));
		free(copy);
	}
	/* Every byte wrong in turn: it may be refused or not, but nothing else is read. */
	for (size_t i = 0; i < m.len; i++) {
		m = whole();
		m.buf[i] ^= 0xff;
		copy = malloc(m.len);
		if (!copy)
			exit(1);
		memcpy(copy, m.buf, m.len);
		if (tdxctl_message_parse(copy, m.len, &out))
			CHECK(out.kind < TDXCTL_EVENTS);
		free(copy);
	}
	m = whole();
	m.buf[offsetof(struct nlmsghdr, nlmsg_type)] = NLMSG_ERROR;
	CHECK(!tdxctl_message_parse(m.buf, m.len, &out));
	m = whole();
	m.buf[NLMSG_HDRLEN] = 9; /* another command */
	CHECK(!tdxctl_message_parse(m.buf, m.len, &out));
	m = whole();
	m.buf[NLMSG_HDRLEN + sizeof(struct genlmsghdr)] = 2; /* an attribute without a header */
	CHECK(!tdxctl_message_parse(m.buf, m.len, &out));
}

/* Unknown attributes are skipped, by a length that is possible. */
static void lengths_of_unknown_attributes(void)
{
	const size_t pad = NLMSG_HDRLEN + sizeof(struct genlmsghdr) + 8;
	struct tdxctl_message out;
	struct message m = whole();
	uint16_t len;
	size_t at;

	CHECK_EQ(m.buf[pad], NLA_HDRLEN);
	for (len = 0; len < NLA_HDRLEN; len++) {
		m.buf[pad] = (unsigned char)len;
		CHECK(!tdxctl_message_parse(m.buf, m.len, &out));
	}
	m = whole();
	at = m.len;
	put_attr(&m, 99, "1234", 4);
	memcpy(m.buf, &(uint32_t){ (uint32_t)m.len }, 4);
	CHECK(tdxctl_message_parse(m.buf, m.len, &out));
	/* The last one is longer than the message. */
	len = NLA_HDRLEN + 5;
	memcpy(m.buf + at, &len, sizeof(len));
	CHECK(!tdxctl_message_parse(m.buf, m.len, &out));
}

/* Parses the first @len bytes of @m, in memory of just that size. */
static bool parses(const struct message *m, size_t len, struct tdxctl_message *out)
{
	unsigned char *copy = malloc(len);
	bool ret;

	if (!copy)
		exit(1);
	memcpy(copy, m->buf, len);
	memcpy(copy, &(uint32_t){ (uint32_t)len }, 4);
	ret = tdxctl_message_parse(copy, len, out);
	free(copy);
	return ret;
}

/* A message ends behind an attribute, and has the kind. What follows it is not part of it. */
static void end_of_a_message(void)
{
	const size_t head = NLMSG_HDRLEN + sizeof(struct genlmsghdr);
	/* The size of each attribute of whole(), with its header. */
	static const size_t sizes[] = { 8, 4, 12, 8, 8, 8, 12 };
	const uint32_t other = TDXCTL_EVENT_TD_CREATED;
	struct tdxctl_message out;
	struct message m = whole();
	size_t end = head, i = 0;

	CHECK(!parses(&m, head, &out));
	for (size_t len = head + 1; len <= m.len; len++) {
		bool good = len == end + sizes[i];

		CHECK_EQ(parses(&m, len, &out), good);
		if (good)
			end += sizes[i++];
	}
	CHECK_EQ(i, sizeof(sizes) / sizeof(sizes[0]));
	put_attr(&m, TDXCTL_EVENT_A_KIND, &other, 4);
	CHECK(tdxctl_message_parse(m.buf, m.len, &out));
	CHECK_EQ(out.kind, TDXCTL_EVENT_HKID_FREED);
	CHECK(parses(&m, m.len, &out));
	CHECK_EQ(out.kind, TDXCTL_EVENT_TD_CREATED);
}

/* A value of another size is not a value. */
static void sizes_of_values(void)
{
	static const struct {
		uint16_t type, size;
	} t[] = {
		{ TDXCTL_EVENT_A_KIND, 4 }, { TDXCTL_EVENT_A_TIME, 8 }, { TDXCTL_EVENT_A_TD, 4 },
		{ TDXCTL_EVENT_A_HKID, 4 }, { TDXCTL_EVENT_A_PID, 4 },	{ TDXCTL_EVENT_A_LOST, 8 },
	};
	const unsigned char two[12] = { 2 };
	struct tdxctl_message out;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (uint16_t n = 0; n <= sizeof(two); n++) {
			struct message m = whole();

			put_attr(&m, t[i].type, two, n);
			CHECK_EQ(parses(&m, m.len, &out), n == t[i].size);
			CHECK_EQ(out.pid, t[i].type == TDXCTL_EVENT_A_PID && n == 4 ? 2 : 0);
		}
	}
}

static size_t unseen(uint64_t time_ns, uint32_t id, uint64_t tdr)
{
	const struct tdxctl_new_td td = { .time_ns = time_ns, .id = id, .tdr = tdr };

	return tdxctl_unseen_tds(&td, 1, &a, &b);
}

/* New TDs that neither snapshot has. @a was read at 10000. */
static void new_tds(void)
{
	const uint32_t none = TDXCTL_UNKNOWN32;
	struct tdxctl_new_td two[2];

	reset();
	tds_b[0].td.id = 2;
	tds_b[0].td.tdr = 0x2000;
	CHECK_EQ(a.source, TDXCTL_SOURCE_HELPER);
	CHECK_EQ(unseen(10001, 2, TDXCTL_UNKNOWN), 0);
	CHECK_EQ(unseen(10001, 3, TDXCTL_UNKNOWN), 1);
	/* The event of a TD that @a has came late. */
	CHECK_EQ(unseen(10000, 1, TDXCTL_UNKNOWN), 0);
	CHECK_EQ(tdxctl_unseen_tds(NULL, 0, &a, &b), 0);
	two[0] = two[1] = (struct tdxctl_new_td){ .id = 3, .tdr = TDXCTL_UNKNOWN };
	two[1].id = 4;
	CHECK_EQ(tdxctl_unseen_tds(two, 2, NULL, &b), 2);
	/* The helper has come, and knows no TD by its page. */
	CHECK_EQ(unseen(10001, none, 0x3000), 0);

	a.source = b.source = TDXCTL_SOURCE_BPF;
	CHECK_EQ(unseen(10001, none, 0x2000), 0);
	CHECK_EQ(unseen(10001, none, 0x3000), 1);
	CHECK_EQ(unseen(10000, none, 0x1000), 0);
	/* Another TD had this page before. */
	CHECK_EQ(unseen(10001, none, 0x1000), 1);
	two[0] = two[1] = (struct tdxctl_new_td){ .time_ns = 10001, .id = none, .tdr = 0x2000 };
	CHECK_EQ(tdxctl_unseen_tds(two, 2, &a, &b), 1);
	/* Addresses that are not known. */
	CHECK_EQ(unseen(10001, none, TDXCTL_UNKNOWN), 0);
	tds_b[0].td.tdr = TDXCTL_TDR_HIDDEN | 1;
	CHECK_EQ(unseen(10001, none, 0x3000), 0);
	b.nr_tds = 0;
	CHECK_EQ(unseen(10001, none, 0x3000), 1);
	/* The state cannot be read any more. */
	b.source = TDXCTL_SOURCE_HOST;
	CHECK_EQ(unseen(10001, none, 0x3000), 0);
	CHECK_EQ(unseen(10001, 3, TDXCTL_UNKNOWN), 0);
}

int main(void)
{
	RUN(quiet);
	RUN(new_td);
	RUN(end_of_td);
	RUN(end_without_helper);
	RUN(another_td);
	RUN(leak);
	RUN(few_hkids);
	RUN(held_lock);
	RUN(cpus_and_packages);
	RUN(initial);
	RUN(new_tds);
	RUN(messages);
	RUN(lengths_of_unknown_attributes);
	RUN(end_of_a_message);
	RUN(sizes_of_values);
	return check_done("lib-events");
}
