/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listens to the events of the helper or of BPF programs. libnl is loaded on first use. */
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include "base/lazy.h"
#include "bpf/observer.h"
#include "events.h"
#include "live.h"

/* clang-format off */
#define LIBNL(X) \
	X(nl_socket_alloc) X(nl_socket_free) X(nl_socket_get_fd) X(nl_socket_set_nonblocking) \
	X(nl_socket_add_membership) X(nl_recv) X(genl_connect) X(genl_ctrl_resolve_grp)
/* clang-format on */

static struct {
	LAZY_POINTERS(LIBNL)
} lazy;
static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(LIBNL) };

struct helper_listener {
	struct tdxctl_listener base;
	struct nl_sock *sk;
	uint64_t lost; /* as the helper reported it last */
	bool any;      /* an event was read */
};

static void close_socket(struct tdxctl_listener *base)
{
	struct helper_listener *l = (struct helper_listener *)base;

	lazy.nl_socket_free(l->sk);
	free(l);
}

static int socket_fd(const struct tdxctl_listener *base)
{
	return lazy.nl_socket_get_fd(((const struct helper_listener *)base)->sk);
}

static void read_messages(struct tdxctl_listener *base, struct tdxctl_heard *heard)
{
	struct helper_listener *l = (struct helper_listener *)base;

	for (;;) {
		struct sockaddr_nl from = { 0 };
		struct tdxctl_message m;
		unsigned char *buf = NULL;
		int len = lazy.nl_recv(l->sk, &from, &buf, NULL);

		if (len == -NLE_NOMEM) { /* the socket had no room for some */
			heard->lost++;
			continue;
		}
		if (len <= 0)
			return;
		/* Messages of other senders than the kernel are ignored. */
		if (!from.nl_pid && tdxctl_message_parse(buf, (size_t)len, &m)) {
			if (l->any && m.lost > l->lost)
				heard->lost += m.lost - l->lost;
			l->lost = m.lost;
			l->any = true;
			heard->events++;
			if (m.kind == TDXCTL_EVENT_TD_CREATED)
				heard_add(heard, &(struct tdxctl_new_td){ .time_ns = m.time_ns,
									  .tdr = TDXCTL_UNKNOWN,
									  .id = m.td });
		}
		free(buf);
	}
}

static const struct listener_ops helper_ops = {
	.fd = socket_fd,
	.read = read_messages,
	.free = close_socket,
};

static int listen_to_helper(struct tdxctl_listener **out)
{
	struct helper_listener *l;
	int group, err;

	err = lazy_load("libnl-genl-3.so.200", symbols, ARRAY_SIZE(symbols), NULL);
	if (err)
		return err;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->base.ops = &helper_ops;
	l->sk = lazy.nl_socket_alloc();
	if (!l->sk) {
		free(l);
		return -ENOMEM;
	}
	err = lazy.genl_connect(l->sk) ? -EIO : 0;
	group = err ? 0 : lazy.genl_ctrl_resolve_grp(l->sk, TDXCTL_GENL_NAME, TDXCTL_GENL_GROUP);
	if (!err && group < 0)
		err = -ENOENT;
	if (!err && lazy.nl_socket_add_membership(l->sk, group))
		err = -EPERM;
	if (!err && lazy.nl_socket_set_nonblocking(l->sk))
		err = -EIO;
	if (err) {
		close_socket(&l->base);
		return err;
	}
	*out = &l->base;
	return 0;
}

int live_listen(struct tdxctl_ctx *ctx, bool bpf, struct tdxctl_listener **out)
{
	int err = listen_to_helper(out);

	return err && err != -ENOMEM && bpf ? observer_listen(ctx, out) : err;
}
