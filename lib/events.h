/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events on a host: what happened between two snapshots. */
#ifndef TDXCTL_EVENTS_H
#define TDXCTL_EVENTS_H

#include <libtdxctl.h>

enum tdxctl_event_kind {
	TDXCTL_EVENT_TD_PRESENT,
	TDXCTL_EVENT_TD_CREATED,
	TDXCTL_EVENT_KEYS_CONFIGURED,
	TDXCTL_EVENT_TD_INITIALIZED,
	TDXCTL_EVENT_TD_FINALIZED,
	TDXCTL_EVENT_VCPUS_CREATED,
	TDXCTL_EVENT_TEARDOWN,
	TDXCTL_EVENT_HKID_FREED,
	TDXCTL_EVENT_HKID_LEAKED,
	TDXCTL_EVENT_MEMORY_BACK,
	TDXCTL_EVENT_LOCK_HELD,
	TDXCTL_EVENT_PACKAGE_UNCOVERED,
	TDXCTL_EVENT_CPU_NOT_ENABLED,
	TDXCTL_EVENT_HKIDS_LOW,
	TDXCTL_EVENT_MISSED,
	TDXCTL_EVENT_RESTARTED,
	TDXCTL_EVENTS
};

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
 * Returns 0, or what @fn returned if that was not 0.
 */
int tdxctl_events(const struct tdxctl_snapshot *before, const struct tdxctl_snapshot *now,
		  const struct tdxctl_event_limits *limits,
		  int (*fn)(void *arg, const struct tdxctl_event *ev), void *arg);

#endif
