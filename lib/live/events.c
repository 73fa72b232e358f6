/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listens to the events of the helper. libnl is loaded on first use. */
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include "base/lazy.h"
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

struct tdxctl_listener {
	struct nl_sock *sk;
	uint64_t lost; /* as the helper reported it last */
	bool any;      /* an event was read */
};

int live_listen(struct tdxctl_ctx *ctx, struct tdxctl_listener **out)
{
	struct tdxctl_listener *l;
	int group, err;

	err = lazy_load("libnl-genl-3.so.200", symbols, ARRAY_SIZE(symbols), NULL);
	if (err)
		return err;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
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
		tdxctl_listener_free(l);
		return err;
	}
	*out = l;
	return 0;
}

void tdxctl_listener_free(struct tdxctl_listener *l)
{
	if (!l)
		return;
	lazy.nl_socket_free(l->sk);
	free(l);
}

int tdxctl_listener_fd(const struct tdxctl_listener *l)
{
	return lazy.nl_socket_get_fd(l->sk);
}

int tdxctl_listener_read(struct tdxctl_listener *l, uint64_t *lost)
{
	int n = 0;

	*lost = 0;
	for (;;) {
		struct sockaddr_nl from = { 0 };
		struct tdxctl_message m;
		unsigned char *buf = NULL;
		int len = lazy.nl_recv(l->sk, &from, &buf, NULL);

		if (len == -NLE_NOMEM) { /* the socket had no room for some */
			++*lost;
			continue;
		}
		if (len <= 0)
			return n;
		/* Messages of other senders than the kernel are ignored. */
		if (!from.nl_pid && tdxctl_message_parse(buf, (size_t)len, &m)) {
			if (l->any && m.lost > l->lost)
				*lost += m.lost - l->lost;
			l->lost = m.lost;
			l->any = true;
			n++;
		}
		free(buf);
	}
}
