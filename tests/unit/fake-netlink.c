// SPDX-License-Identifier: GPL-2.0-only
/* A generic netlink socket whose messages a test scripts. */
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/socket.h>
#include <string.h>
#include "fake-libs.h"

struct fake_netlink fake_netlink;
static char sock;

struct nl_sock *nl_socket_alloc(void)
{
	if (fake_netlink.no_socket)
		return NULL;
	fake_netlink.open++;
	return (struct nl_sock *)&sock;
}

void nl_socket_free(struct nl_sock *s)
{
	(void)s;
	fake_netlink.open--;
}

int nl_socket_get_fd(const struct nl_sock *s)
{
	(void)s;
	return 7;
}

int nl_socket_set_nonblocking(const struct nl_sock *s)
{
	(void)s;
	return fake_netlink.nonblock_err;
}

int nl_socket_add_membership(struct nl_sock *s, int group)
{
	(void)s;
	fake_netlink.joined = group;
	return fake_netlink.join_err;
}

int genl_connect(struct nl_sock *s)
{
	(void)s;
	return fake_netlink.connect_err;
}

int genl_ctrl_resolve_grp(struct nl_sock *s, const char *family, const char *name)
{
	(void)s;
	snprintf(fake_netlink.family, sizeof(fake_netlink.family), "%s", family);
	snprintf(fake_netlink.name, sizeof(fake_netlink.name), "%s", name);
	return fake_netlink.group;
}

int nl_recv(struct nl_sock *s, struct sockaddr_nl *from, unsigned char **buf, struct ucred **creds)
{
	const struct fake_message *m = fake_netlink.messages;

	(void)s;
	(void)creds;
	if (!fake_netlink.count)
		return -NLE_AGAIN;
	fake_netlink.messages++;
	fake_netlink.count--;
	if (m->err)
		return m->err;
	*buf = malloc(m->len ? m->len : 1);
	if (!*buf)
		return -NLE_NOMEM;
	memcpy(*buf, m->data, m->len);
	*from = (struct sockaddr_nl){ .nl_family = AF_NETLINK, .nl_pid = m->from };
	return (int)m->len;
}
