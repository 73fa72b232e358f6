/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events on a host: what happened between two snapshots. */
#ifndef TDXCTL_EVENTS_H
#define TDXCTL_EVENTS_H

#include <libtdxctl.h>

/* One row for each kind: it drives text, JSON, the manual and the tests. */
struct tdxctl_event_info {
	const char *name;  /* "td-created" */
	const char *about; /* for the manual: "a TD was created" */
	const char *value; /* what tdxctl_event.value is: "vCPUs"; NULL: it is not used */
	bool bad;
};
extern const struct tdxctl_event_info tdxctl_event_kinds[TDXCTL_EVENTS];

struct tdxctl_event {
	enum tdxctl_event_kind kind;
	/* CLOCK_MONOTONIC when it happened, or else was noticed */
	uint64_t time_ns;
	const struct tdxctl_td_view *td; /* in one of the two snapshots; NULL: about no TD */
	uint32_t hkid, package, cpu;	 /* TDXCTL_UNKNOWN32: about none */
	uint64_t value;			 /* TDXCTL_UNKNOWN: none */
};

struct tdxctl_event_limits {
	uint64_t lock_ns;    /* a lock that is held for longer is an event */
	uint64_t hkids_free; /* fewer free HKIDs are an event */
};

/*
 * Calls @fn for each event between @before and @now, in the order of their kinds. With
 * @before NULL, for what is so now. The order of events of one TD is that of its life.
 * Returns 0, what @fn returned if that was not 0, or -ENOMEM; sets no error.
 */
int tdxctl_events(const struct tdxctl_snapshot *before, const struct tdxctl_snapshot *now,
		  const struct tdxctl_event_limits *limits,
		  int (*fn)(void *arg, const struct tdxctl_event *ev), void *arg);

/* ---- events that arrive ---- */

struct tdxctl_message {
	uint32_t kind; /* enum tdxctl_event_kind */
	uint32_t td, hkid;
	int32_t pid;
	uint64_t time_ns, lost;
};
/*
 * Reads a message of the helper. False: it is none, or malformed. Public for tests and the
 * fuzzer.
 */
bool tdxctl_message_parse(const void *buf, size_t len, struct tdxctl_message *m);

struct tdxctl_listener;
/*
 * Listens to the events of the helper, or else, if @bpf is true, to those of BPF programs.
 * Returns 0; -ENODEV if KVM with TDX is not loaded; -EOPNOTSUPP or -EPERM if BPF programs
 * cannot be used, or this host is not live; without @bpf, -ELIBACC without libnl, -ENOENT
 * without the helper, -EPERM without CAP_NET_ADMIN; -EIO or -ENOMEM. Sets no error: the
 * caller can look at the host from time to time instead.
 */
int tdxctl_listen(struct tdxctl_ctx *ctx, bool bpf, struct tdxctl_listener **out);
/* NULL is allowed. */
void tdxctl_listener_free(struct tdxctl_listener *l);
/* A descriptor that poll(2) reports as readable if there are events. */
int tdxctl_listener_fd(const struct tdxctl_listener *l);
/* A TD that an event reported as created. */
struct tdxctl_new_td {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t tdr;	  /* physical address, TDXCTL_UNKNOWN if not known */
	uint32_t id;	  /* in snapshots of the helper; TDXCTL_UNKNOWN32 without the helper */
};
/*
 * What reads of a listener gave. The caller sets all fields to 0 before the first read, and
 * frees @created after the last one.
 */
struct tdxctl_heard {
	uint64_t events; /* the number of events that the last read got */
	uint64_t lost;	 /* the number of events that were lost since the read before */
	struct tdxctl_new_td *created; /* each read appends to this array */
	size_t nr_created;
};
/* Reads all events that have come. If there are none and none was lost, the source is gone. */
void tdxctl_listener_read(struct tdxctl_listener *l, struct tdxctl_heard *heard);
/*
 * Returns how many of the @n TDs are neither in @now, which was read after their events, nor
 * in @before, which is the snapshot before @now or NULL: they ended before they were seen.
 * TDs that these snapshots cannot show are not among them.
 */
size_t tdxctl_unseen_tds(const struct tdxctl_new_td *created, size_t n,
			 const struct tdxctl_snapshot *before, const struct tdxctl_snapshot *now);

#endif
