/* SPDX-License-Identifier: LGPL-2.1-or-later OR GPL-2.0-only */
/*
 * Observes the functions of calls.h. Each call is counted per CPU; on request it is also
 * sent through a ring buffer. A call that finds no room is counted as lost.
 */
#include "kernel.h"
#include "calls.h"

#define BPF_MAP_TYPE_HASH	  1
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_RINGBUF	  27
#define BPF_ANY			  0
#define TDX_ERROR		  (1ULL << 63)
#define STARTS			  8192
#define VPS			  16384

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct tdx_td {
	struct page *tdr_page;
};

#pragma clang attribute pop

const volatile struct events_config config;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

/* When a call began, by task and function: an interrupt may nest another function in it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STARTS);
	__type(key, __u64);
	__type(value, __u64);
} starts SEC(".maps");

/* The TDR page of the TD of a vCPU. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VPS);
	__type(key, __u64);
	__type(value, __u64);
} vps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CALLS);
	__type(key, __u32);
	__type(value, struct call_stat);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LOST_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

static __always_inline void count_lost(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&lost, &which);

	if (n)
		++*n;
}

/* Idle tasks all have PID 0: their CPU tells them apart. */
static __always_inline __u64 start_key(__u32 call)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	return (__u64)call << 33 | (tid ? tid : 1ULL << 32 | bpf_get_smp_processor_id());
}

/*
 * Page-level calls are counted with one look-up each way, and few are timed: the clock is most
 * of what the rest costs. Such a call has no duration either if its task has moved to another
 * CPU meanwhile, or another task began the same call.
 */
static __always_inline bool is_counted_only(bool page)
{
	return page && !config.trace;
}

static __always_inline int enter(__u32 call, bool page)
{
	struct call_stat *s;
	__u64 key, now;

	if (is_counted_only(page)) {
		s = bpf_map_lookup_elem(&stats, &call);
		if (s && !(s->begun++ % CALL_SAMPLE)) {
			s->begun_by = bpf_get_current_pid_tgid();
			s->begun_ns = bpf_ktime_get_ns();
		}
		return 0;
	}
	key = start_key(call);
	now = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&starts, &key, &now, BPF_ANY))
		count_lost(LOST_STARTS);
	return 0;
}

static __always_inline __u32 bucket(__u64 ns)
{
	__u32 n = 0, v = ns >> 32 ? 0xffffffff : (__u32)ns, s;

	s = (v > 0xffff) << 4;
	v >>= s;
	n |= s;
	s = (v > 0xff) << 3;
	v >>= s;
	n |= s;
	s = (v > 0xf) << 2;
	v >>= s;
	n |= s;
	s = (v > 0x3) << 1;
	v >>= s;
	n |= s;
	return n | v >> 1;
}

static __always_inline void count(struct call_stat *s, __u64 status)
{
	s->calls++;
	s->errors += !!(status & TDX_ERROR);
}

static __always_inline void count_time(struct call_stat *s, __u64 ns)
{
	s->total_ns += ns;
	if (ns > s->max_ns)
		s->max_ns = ns;
	s->hist[bucket(ns) & (CALL_HIST - 1)]++;
}

/* Returns the TDR page of the call's TD, 0 unknown. */
static __always_inline __u64 td_page_of(void *ctx, enum call_subject subject)
{
	struct page *page = NULL;
	__u64 arg = 0, vp = 0, *known;

	if (subject == CALL_NONE || subject == CALL_RECLAIM || bpf_get_func_arg(ctx, 0, &arg))
		return 0;
	if (subject == CALL_VP) {
		known = bpf_map_lookup_elem(&vps, &arg);
		return known ? *known : 0;
	}
	bpf_core_read(&page, sizeof(page), &((struct tdx_td *)arg)->tdr_page);
	if (subject == CALL_NEW_VP && !bpf_get_func_arg(ctx, 1, &vp)) {
		arg = (__u64)page;
		bpf_map_update_elem(&vps, &vp, &arg, BPF_ANY);
	}
	return (__u64)page;
}

static __always_inline void send(void *ctx, __u32 call, enum call_subject subject, __u64 page,
				 __u64 now, __u64 ns, __u64 status)
{
	struct call_event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	int i;

	if (!e) {
		count_lost(LOST_EVENTS);
		return;
	}
	e->end_ns = now;
	e->duration_ns = ns;
	e->status = status;
	e->td_page = page;
	e->td_owner = 0;
	for (i = 0; i < CALL_ARGS; i++) {
		e->arg[i] = 0;
		bpf_get_func_arg(ctx, i, &e->arg[i]);
	}
	/* The third argument of RECLAIM points to the TDR. */
	if (subject == CALL_RECLAIM && !status)
		bpf_probe_read_kernel(&e->td_owner, sizeof(e->td_owner), (void *)e->arg[2]);
	e->call = call;
	e->cpu = bpf_get_smp_processor_id();
	e->tgid = pid_tgid >> 32;
	e->tid = (__u32)pid_tgid;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
}

/* Also for a call that began before the programs were attached. */
static __always_inline int leave_counted(void *ctx, __u32 call, enum call_subject subject)
{
	struct call_stat *s = bpf_map_lookup_elem(&stats, &call);
	__u64 status = 0;

	if (!s || (config.td_page && td_page_of(ctx, subject) != config.td_page))
		return 0;
	bpf_get_func_ret(ctx, &status);
	count(s, status);
	if (!s->begun_ns)
		return 0;
	if (s->begun_by == bpf_get_current_pid_tgid())
		count_time(s, bpf_ktime_get_ns() - s->begun_ns);
	s->begun_ns = 0;
	return 0;
}

static __always_inline int leave(void *ctx, __u32 call, enum call_subject subject, bool page_level)
{
	__u64 key, now, ns, page, status = 0, *start;
	struct call_stat *s;

	if (is_counted_only(page_level))
		return leave_counted(ctx, call, subject);
	key = start_key(call);
	now = bpf_ktime_get_ns();
	start = bpf_map_lookup_elem(&starts, &key);
	/* The call began before the programs were attached. */
	if (!start)
		return 0;
	ns = now - *start;
	bpf_map_delete_elem(&starts, &key);
	bpf_get_func_ret(ctx, &status);
	page = td_page_of(ctx, subject);
	if (config.td_page && page != config.td_page)
		return 0;
	s = bpf_map_lookup_elem(&stats, &call);
	if (s) {
		count(s, status);
		count_time(s, ns);
	}
	if (config.trace && ns >= config.min_ns && (!config.errors || status & TDX_ERROR))
		send(ctx, call, subject, page, now, ns, status);
	return 0;
}

#define X(function, leaf, subject, page) \
	SEC("fentry/" #function) \
	int enter_##function(void *ctx) \
	{ \
		return enter(CALL_##function, page); \
	} \
	SEC("fexit/" #function) \
	int leave_##function(void *ctx) \
	{ \
		return leave(ctx, CALL_##function, subject, page); \
	}
OBSERVED_CALLS(X)
#undef X

char LICENSE[] SEC("license") = "GPL";
