/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a netlink message of the helper. Every length is checked before it is used. */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include "events.h"
#include "model.h"

static bool take(const unsigned char *p, size_t len, void *out, size_t size)
{
	if (len != size)
		return false;
	memcpy(out, p, size);
	return true;
}

static bool attribute(struct tdxctl_message *m, unsigned int type, const unsigned char *p,
		      size_t len)
{
	switch (type & NLA_TYPE_MASK) {
	case TDXCTL_EVENT_A_KIND:
		return take(p, len, &m->kind, sizeof(m->kind));
	case TDXCTL_EVENT_A_TIME:
		return take(p, len, &m->time_ns, sizeof(m->time_ns));
	case TDXCTL_EVENT_A_TD:
		return take(p, len, &m->td, sizeof(m->td));
	case TDXCTL_EVENT_A_HKID:
		return take(p, len, &m->hkid, sizeof(m->hkid));
	case TDXCTL_EVENT_A_PID:
		return take(p, len, &m->pid, sizeof(m->pid));
	case TDXCTL_EVENT_A_LOST:
		return take(p, len, &m->lost, sizeof(m->lost));
	default:
		return true;
	}
}

bool tdxctl_message_parse(const void *buf, size_t len, struct tdxctl_message *m)
{
	const size_t head = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct genlmsghdr));
	const unsigned char *p = buf;
	struct genlmsghdr genl;
	struct nlmsghdr nl;
	struct nlattr a;

	*m = (struct tdxctl_message){ .kind = TDXCTL_EVENTS };
	if (len < head)
		return false;
	memcpy(&nl, p, sizeof(nl));
	memcpy(&genl, p + NLMSG_HDRLEN, sizeof(genl));
	if (nl.nlmsg_len < head || nl.nlmsg_len > len || nl.nlmsg_type < NLMSG_MIN_TYPE ||
	    genl.cmd != TDXCTL_GENL_CMD_EVENT)
		return false;
	len = nl.nlmsg_len;
	for (size_t at = head; at < len; at += NLA_ALIGN(a.nla_len)) {
		if (len - at < sizeof(a))
			return false;
		memcpy(&a, p + at, sizeof(a));
		if (a.nla_len < NLA_HDRLEN || a.nla_len > len - at)
			return false;
		if (!attribute(m, a.nla_type, p + at + NLA_HDRLEN, a.nla_len - NLA_HDRLEN))
			return false;
	}
	return m->kind < TDXCTL_EVENTS;
}
