/* SPDX-License-Identifier: GPL-2.0-only */
/* The socket for the events of the helper: who may send, who may join, what is lost. */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <events.h>
#include "fake-libs.h"
#include "lib-fake.h"

static struct fake_netlink *nl;

/* An event of the helper, which lost so many before. */
struct event {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	struct nlattr kind_head;
	uint32_t kind;
	struct nlattr td_head;
	uint32_t td;
	struct nlattr time_head;
	uint64_t time;
	struct nlattr lost_head;
	uint64_t lost;
} __attribute__((packed));

static struct event event(uint64_t lost)
{
	return (struct event){
		.nl = { .nlmsg_len = sizeof(struct event), .nlmsg_type = NLMSG_MIN_TYPE },
		.genl = { .cmd = TDXCTL_GENL_CMD_EVENT, .version = TDXCTL_GENL_VERSION },
		.kind_head = { .nla_len = 8, .nla_type = TDXCTL_EVENT_A_KIND },
		.kind = TDXCTL_EVENT_HKID_FREED,
		.td_head = { .nla_len = 8, .nla_type = TDXCTL_EVENT_A_TD },
		.td = 41,
		.time_head = { .nla_len = 12, .nla_type = TDXCTL_EVENT_A_TIME },
		.time = 5000000000,
		.lost_head = { .nla_len = 12, .nla_type = TDXCTL_EVENT_A_LOST },
		.lost = lost,
	};
}

static struct fake_message message(const struct event *e, uint32_t from)
{
	return (struct fake_message){ .data = e, .len = sizeof(*e), .from = from };
}

static int try_listen(struct fake_netlink script, struct tdxctl_listener **l)
{
	struct tdxctl_ctx *ctx = fake_live();
	int err;

	*nl = script;
	*l = NULL;
	err = tdxctl_listen(ctx, false, l);
	tdxctl_free(ctx);
	return err;
}

static void fails(struct fake_netlink script, int want)
{
	struct tdxctl_listener *l;

	CHECK_EQ(try_listen(script, &l), want);
	CHECK(!l);
	CHECK_EQ(nl->open, 0);
}

static struct tdxctl_listener *listener(void)
{
	struct tdxctl_listener *l;

	CHECK_EQ(try_listen((struct fake_netlink){ .group = 5 }, &l), 0);
	if (!l)
		exit(1);
	return l;
}

/* Reads @n messages: so many are events, so many were lost. Adds the new TDs to @heard. */
static void reads_into(struct tdxctl_listener *l, const struct fake_message *m, size_t n,
		       uint64_t events, uint64_t lost, struct tdxctl_heard *heard)
{
	nl->messages = m;
	nl->count = n;
	tdxctl_listener_read(l, heard);
	CHECK_EQ(heard->events, events);
	CHECK_EQ(heard->lost, lost);
	CHECK_EQ(nl->count, 0);
}

static void reads(struct tdxctl_listener *l, const struct fake_message *m, size_t n,
		  uint64_t events, uint64_t lost)
{
	struct tdxctl_heard heard = { 0 };

	reads_into(l, m, n, events, lost, &heard);
	CHECK_EQ(heard.nr_created, 0);
	free(heard.created);
}

static void join(void)
{
	struct tdxctl_listener *l = listener();

	CHECK_STR(nl->family, "tdxctl");
	CHECK_STR(nl->name, "events");
	CHECK_EQ(nl->joined, 5);
	CHECK_EQ(tdxctl_listener_fd(l), 7);
	reads(l, NULL, 0, 0, 0);
	tdxctl_listener_free(l);
	CHECK_EQ(nl->open, 0);
	fails((struct fake_netlink){ .no_socket = 1 }, -ENOMEM);
	fails((struct fake_netlink){ .connect_err = -NLE_FAILURE, .group = 5 }, -EIO);
	/* The helper is not loaded. */
	fails((struct fake_netlink){ .group = -NLE_OBJ_NOTFOUND }, -ENOENT);
	/* Without CAP_NET_ADMIN. */
	fails((struct fake_netlink){ .group = 5, .join_err = -NLE_PERM }, -EPERM);
	fails((struct fake_netlink){ .group = 5, .nonblock_err = -NLE_FAILURE }, -EIO);
	tdxctl_listener_free(NULL);
}

/* A user may send to the socket, also what looks like an event and a loss. */
static void senders(void)
{
	const struct event good = event(0), forged = event(1000);
	const struct fake_message m[] = { message(&forged, 4711), message(&good, 0),
					  message(&forged, 1) };
	struct tdxctl_listener *l = listener();

	reads(l, m, 1, 0, 0);
	reads(l, m, 3, 1, 0);
	reads(l, &m[1], 1, 1, 0);
	tdxctl_listener_free(l);
}

static void malformed(void)
{
	struct event good = event(0), other = event(5), cut = event(5);
	struct tdxctl_listener *l = listener();

	other.genl.cmd++;
	cut.nl.nlmsg_len++;
	const struct fake_message m[] = { message(&other, 0), message(&cut, 0), message(&good, 0) };

	reads(l, m, 3, 1, 0);
	tdxctl_listener_free(l);
}

static void new_tds(void)
{
	struct event created = event(0), cut = event(0), other = event(0);
	struct tdxctl_listener *l = listener();
	struct tdxctl_heard heard = { 0 };

	created.kind = cut.kind = TDXCTL_EVENT_TD_CREATED;
	cut.nl.nlmsg_len++;
	const struct fake_message m[] = { message(&created, 0), message(&cut, 0),
					  message(&other, 0), message(&created, 4711),
					  message(&created, 0) };

	reads_into(l, m, 5, 3, 0, &heard);
	CHECK_EQ(heard.nr_created, 2);
	reads_into(l, &m[2], 1, 1, 0, &heard);
	/* They stay until the caller takes them. */
	reads_into(l, m, 1, 1, 0, &heard);
	if (CHECK_EQ(heard.nr_created, 3)) {
		CHECK_EQ(heard.created[2].id, created.td);
		CHECK_EQ(heard.created[2].time_ns, created.time);
		CHECK_EQ(heard.created[2].tdr, TDXCTL_UNKNOWN);
	}
	free(heard.created);
	tdxctl_listener_free(l);
}

static void losses(void)
{
	const struct event zero = event(0), seven = event(7), nine = event(9);
	const struct fake_message full = { .err = -NLE_NOMEM };
	const struct fake_message first[] = { message(&seven, 0) },
				  more[] = { message(&seven, 0), message(&nine, 0) },
				  sock[] = { full, message(&nine, 0), full },
				  again[] = { message(&zero, 0), message(&seven, 0) };
	struct tdxctl_listener *l = listener();

	/* Losses before the first event are not reported. */
	reads(l, first, 1, 1, 0);
	reads(l, more, 2, 2, 2);
	/* The socket had no room. */
	reads(l, sock, 3, 1, 2);
	/* Another helper counts from 0. */
	reads(l, again, 2, 2, 7);
	tdxctl_listener_free(l);
}

int main(void)
{
	fake_new();
	nl = fake_script("libnl-genl-3.so.200", "fake_netlink");
	RUN(join);
	RUN(senders);
	RUN(malformed);
	RUN(new_tds);
	RUN(losses);
	fake_end();
	return check_done("test-lib-listen");
}
