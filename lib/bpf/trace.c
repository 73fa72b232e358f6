/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Observes calls to the TDX module: loads the programs, and reads their events and counts. */
#include <stdio.h>
#include <unistd.h>
#include "base/backend.h"
#include "events.h"
#include "libbpf-lazy.h"

struct observer_trace {
	struct tdxctl_trace base;
	struct bpf_object *object;
	struct bpf_link *link[2 * CALLS];
	size_t nr_links;
	struct ring_buffer *ring;
	int stats, lost; /* maps */
	int cpus;
	struct call_proto proto[CALLS];
	bool on[CALLS];
	struct traced_tds tds;
	/* The callback of the poll that runs; of a listener, only @arg. */
	int (*fn)(void *arg, const struct tdxctl_call *call);
	void *arg;
	int result;
};

static struct bpf_program *program(struct observer_trace *t, const char *what, size_t call)
{
	char name[80];

	snprintf(name, sizeof(name), "%s_%s", what, observed_calls[call].function);
	return libbpf.bpf_object__find_program_by_name(t->object, name);
}

static int attach(struct observer_trace *t, const char *what, size_t call, struct observer_why *why)
{
	struct bpf_link *link = libbpf.bpf_program__attach(program(t, what, call));

	if (!link)
		return libbpf_refused(why, "attach", -errno);
	t->link[t->nr_links++] = link;
	return 0;
}

static int map_fd(struct observer_trace *t, const char *name)
{
	struct bpf_map *map = libbpf.bpf_object__find_map_by_name(t->object, name);

	return map ? libbpf.bpf_map__fd(map) : -ENOENT;
}

static int load(struct observer_trace *t, const struct events_config *config,
		ring_buffer_sample_fn on_event, struct observer_why *why)
{
	const struct observer_image image = observer_events();
	struct bpf_map *rodata;
	int err = 0;

	t->object = libbpf.bpf_object__open_mem(image.data, image.size, NULL);
	if (!t->object)
		return libbpf_refused(why, "open", -errno);
	rodata = libbpf.bpf_object__find_map_by_name(t->object, ".rodata");
	if (!rodata)
		return libbpf_refused(why, "open", -ENOENT);
	err = libbpf.bpf_map__set_initial_value(rodata, config, sizeof(*config));
	for (size_t i = 0; i < CALLS; i++) {
		libbpf.bpf_program__set_autoload(program(t, "enter", i), t->on[i]);
		libbpf.bpf_program__set_autoload(program(t, "leave", i), t->on[i]);
	}
	if (!err)
		err = libbpf.bpf_object__load(t->object);
	if (err)
		return libbpf_refused(why, "load", err);
	t->stats = map_fd(t, "stats");
	t->lost = map_fd(t, "lost");
	t->cpus = libbpf.libbpf_num_possible_cpus();
	if (t->cpus < 1)
		return libbpf_refused(why, "load", t->cpus);
	if (config->trace) {
		t->ring = libbpf.ring_buffer__new(map_fd(t, "ring"), on_event, t, NULL);
		if (!t->ring)
			return libbpf_refused(why, "load", -errno);
	}
	/* The end first: a call that began before is not an entry without an end. */
	for (size_t i = 0; !err && i < CALLS; i++)
		if (t->on[i])
			err = attach(t, "leave", i, why);
	for (size_t i = 0; !err && i < CALLS; i++)
		if (t->on[i])
			err = attach(t, "enter", i, why);
	return err;
}

static bool is_wanted(const struct tdxctl_trace_options *opts, size_t call)
{
	const struct observed_call *c = &observed_calls[call];

	return opts->leaf ? tdxctl_leaf_matches(opts->leaf, c->leaf) : opts->pages || !c->page;
}

/* Selects the functions. -EINVAL: none of them; -EOPNOTSUPP: not in this kernel. */
static int choose(struct observer_trace *t, const struct tdxctl_trace_options *opts)
{
	bool wanted = false, found = false;

	for (size_t i = 0; i < CALLS; i++) {
		t->on[i] = is_wanted(opts, i) && t->proto[i].found;
		wanted |= is_wanted(opts, i);
		found |= t->on[i];
	}
	if (!wanted)
		return ctx_fail(t->base.ctx, -EINVAL, "'*' matches all leaves",
				"no leaf matches '%s'", opts->leaf);
	/* It maps vCPUs to TDs. */
	t->on[CALL_tdh_vp_create] |= found && t->proto[CALL_tdh_vp_create].found && opts->td;
	return found ? 0 :
		       ctx_fail(t->base.ctx, -EOPNOTSUPP, NULL,
				"this kernel has no functions that make these SEAMCALLs");
}

/* Addresses of TDRs are computed from what the last snapshot read. */
static void use_vmemmap(struct observer_trace *t)
{
	const struct inventory *inv = observer_last(t->base.ctx);

	if (inv->host.has & INVENTORY_HAS_VMEMMAP) {
		t->tds.vmemmap = inv->host.vmemmap_base;
		t->tds.page_size = inv->host.page_size;
	}
}

/* The TDs that exist. */
static int take_tds(struct observer_trace *t, struct observer_why *why)
{
	struct tdxctl_snapshot *snap;
	const struct inventory *inv;
	struct traced_td td;
	int err = observer_snapshot(t->base.ctx, &snap, why);

	if (err)
		return err;
	inv = observer_last(t->base.ctx);
	use_vmemmap(t);
	for (size_t i = 0; !err && i < snap->nr_tds; i++) {
		struct tdxctl_td_view *v = &snap->tds[i];

		err = vm_name(t->base.ctx, &v->td, &v->vm);
		if (err)
			break;
		td = (struct traced_td){
			.page = inv->vms[i].tdr_page,
			.tdr = v->td.tdr & TDXCTL_TDR_HIDDEN ? TDXCTL_UNKNOWN : v->td.tdr,
			.hkid = v->td.hkid,
		};
		snprintf(td.name, sizeof(td.name), "%s", v->vm.name);
		err = traced_add(&t->tds, &td);
	}
	tdxctl_snapshot_free(snap);
	return err;
}

/* Names the TD that TDH.MNG.CREATE made by the process that called it. */
static void add_created(struct observer_trace *t, const void *data, const struct tdxctl_call *call)
{
	const struct call_event *e = data;
	struct traced_td td = { .page = e->td_page, .tdr = call->tdr, .hkid = call->hkid };
	struct tdxctl_td owner = { .owner = { .tgid = call->pid, .fd = -1 } };
	struct tdxctl_vm vm = { .name = strdup(call->comm) };
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t ticks;

	if (hz > 0 && !process_start(t->base.ctx, call->pid, &ticks)) {
		owner.owner.start_ns = ticks * (NSEC_PER_SEC / (uint64_t)hz);
		(void)vm_name(t->base.ctx, &owner, &vm);
	}
	snprintf(td.name, sizeof(td.name), "%s", vm.name ? vm.name : call->comm);
	/* Without memory, the TD has no name. */
	(void)traced_add(&t->tds, &td);
	free(vm.name);
	free(vm.uuid);
}

static int on_event(void *arg, void *data, size_t len)
{
	struct observer_trace *t = arg;
	struct tdxctl_call call;

	if (!event_decode(data, len, t->proto, &t->tds, &call))
		return 0;
	if (((const struct call_event *)data)->call == CALL_tdh_mng_create && !call.status) {
		add_created(t, data, &call);
		event_decode(data, len, t->proto, &t->tds, &call);
	}
	t->result = t->fn(t->arg, &call);
	return t->result ? -ECANCELED : 0;
}

/* The TDR page of the TD with the HKID of @td. */
static uint64_t page_of(const struct observer_trace *t, const struct tdxctl_td_view *td)
{
	for (size_t i = 0; i < t->tds.count; i++)
		if (t->tds.td[i].hkid && t->tds.td[i].hkid == td->td.hkid)
			return t->tds.td[i].page;
	return 0;
}

static int open_trace(struct observer_trace *t, const struct tdxctl_trace_options *opts)
{
	struct events_config config = { .min_ns = opts->min_ns,
					.errors = opts->errors,
					.trace = opts->events };
	struct observer_why why = { "" };
	int err = take_tds(t, &why);

	if (!err)
		err = protos_read(t->base.ctx, t->proto, &why);
	if (!err) {
		err = choose(t, opts);
		if (err)
			return err;
	}
	if (!err && opts->td) {
		config.td_page = page_of(t, opts->td);
		if (!config.td_page)
			return ctx_fail(t->base.ctx, -ESRCH, NULL,
					"%s: BPF programs do not see this TD", opts->td->vm.name);
	}
	if (!err)
		err = libbpf_load(t->base.ctx, &why);
	if (!err)
		err = load(t, &config, on_event, &why);
	libbpf_quiet();
	if (err == -ENOMEM)
		return ctx_nomem(t->base.ctx);
	return err ? ctx_fail(t->base.ctx, err,
			      "'tdxctl helper status' shows what BPF programs can see",
			      "SEAMCALLs cannot be observed: %s", why.text) :
		     0;
}

static int poll_ring(struct tdxctl_trace *base, int ms,
		     int (*fn)(void *arg, const struct tdxctl_call *call), void *arg)
{
	struct observer_trace *t = (struct observer_trace *)base;
	int n;

	t->fn = fn;
	t->arg = arg;
	t->result = 0;
	n = libbpf.ring_buffer__poll(t->ring, ms);
	if (t->result)
		return t->result;
	return n < 0 ? n : 0;
}

static uint64_t count_lost(const struct tdxctl_trace *base)
{
	const struct observer_trace *t = (const struct observer_trace *)base;
	uint64_t sum = 0, *n = calloc((size_t)t->cpus, sizeof(*n));

	for (uint32_t i = 0; n && i < LOST_COUNT; i++) {
		if (libbpf.bpf_map_lookup_elem(t->lost, &i, n))
			continue;
		for (int c = 0; c < t->cpus; c++)
			sum += n[c];
	}
	free(n);
	return sum;
}

static void add_stat(struct tdxctl_leaf *leaf, const struct call_stat *s)
{
	leaf->calls += s->calls;
	leaf->errors += s->errors;
	leaf->total_ns += s->total_ns;
	if (s->max_ns > leaf->max_ns)
		leaf->max_ns = s->max_ns;
	for (int i = 0; i < CALL_HIST; i++)
		leaf->hist[i] += s->hist[i];
}

static int sum_leaves(const struct tdxctl_trace *base, struct tdxctl_leaf **out, size_t *count)
{
	const struct observer_trace *t = (const struct observer_trace *)base;
	struct call_stat *s = calloc((size_t)t->cpus, sizeof(*s));
	struct tdxctl_leaf *leaves = calloc(CALLS, sizeof(*leaves));
	size_t n = 0;

	if (!s || !leaves) {
		free(s);
		free(leaves);
		return ctx_nomem(t->base.ctx);
	}
	for (uint32_t i = 0; i < CALLS; i++) {
		struct tdxctl_leaf sum = { .leaf = observed_calls[i].leaf };
		size_t k;

		if (!t->on[i] || libbpf.bpf_map_lookup_elem(t->stats, &i, s))
			continue;
		for (int c = 0; c < t->cpus; c++)
			add_stat(&sum, &s[c]);
		if (!sum.calls)
			continue;
		/* Two functions may make the same SEAMCALL. */
		for (k = 0; k < n && leaves[k].leaf != sum.leaf; k++)
			;
		if (k == n)
			leaves[n++] = sum;
		else
			for (int c = 0; c < t->cpus; c++)
				add_stat(&leaves[k], &s[c]);
	}
	free(s);
	*out = leaves;
	*count = n;
	return 0;
}

static void end_trace(struct tdxctl_trace *base)
{
	struct observer_trace *t = (struct observer_trace *)base;

	for (size_t i = 0; i < t->nr_links; i++)
		libbpf.bpf_link__destroy(t->link[i]);
	if (t->ring)
		libbpf.ring_buffer__free(t->ring);
	if (t->object)
		libbpf.bpf_object__close(t->object);
	free(t->tds.td);
	free(t);
}

static const struct trace_ops observer_ops = {
	.poll = poll_ring,
	.lost = count_lost,
	.stat = sum_leaves,
	.free = end_trace,
};

int observer_trace_open(struct tdxctl_ctx *ctx, const struct tdxctl_trace_options *opts,
			struct tdxctl_trace **out)
{
	struct observer_trace *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return ctx_nomem(ctx);
	t->base = (struct tdxctl_trace){ .ops = &observer_ops, .ctx = ctx };
	err = open_trace(t, opts);
	if (err)
		end_trace(&t->base);
	else
		*out = &t->base;
	return err;
}

/* ---- a listener ---- */

/* Each changes the state of a TD or of its HKID; those of a vCPU or a page are too many. */
static const enum call_nr steps[] = {
	CALL_tdh_mng_create,
	CALL_tdh_mng_key_config,
	CALL_tdh_mng_init,
	CALL_tdh_mr_finalize,
	CALL_tdh_mng_vpflushdone,
	CALL_tdh_mng_key_freeid,
	CALL_tdh_phymem_page_wbinvd_tdr,
};

struct observer_listener {
	struct tdxctl_listener base;
	struct observer_trace *trace;
	uint64_t lost;		    /* so far */
	struct tdxctl_heard *heard; /* of the read that runs */
};

static int on_step(void *arg, void *data, size_t len)
{
	struct observer_trace *t = arg;
	struct observer_listener *l = t->arg;
	struct tdxctl_call call;

	l->heard->events++;
	if (event_decode(data, len, t->proto, &t->tds, &call) &&
	    call.leaf == observed_calls[CALL_tdh_mng_create].leaf && !call.status)
		heard_add(l->heard,
			  &(struct tdxctl_new_td){ .time_ns = call.start_ns + call.duration_ns,
						   .tdr = call.tdr,
						   .id = TDXCTL_UNKNOWN32 });
	return 0;
}

static int ring_fd(const struct tdxctl_listener *base)
{
	return libbpf.ring_buffer__epoll_fd(((const struct observer_listener *)base)->trace->ring);
}

static void read_steps(struct tdxctl_listener *base, struct tdxctl_heard *heard)
{
	struct observer_listener *l = (struct observer_listener *)base;
	uint64_t all;

	use_vmemmap(l->trace);
	l->heard = heard;
	libbpf.ring_buffer__poll(l->trace->ring, 0);
	all = count_lost(&l->trace->base);
	heard->lost += all - l->lost;
	l->lost = all;
	/* This source stays until the listener is freed. */
	if (!heard->events)
		heard->events = 1;
}

static void end_listener(struct tdxctl_listener *base)
{
	struct observer_listener *l = (struct observer_listener *)base;

	end_trace(&l->trace->base);
	free(l);
}

static const struct listener_ops listener_ops = {
	.fd = ring_fd,
	.read = read_steps,
	.free = end_listener,
};

static int load_steps(struct tdxctl_ctx *ctx, struct observer_listener *l, struct observer_why *why)
{
	const struct events_config config = { .trace = true };
	struct observer_trace *t = l->trace;
	int err = observer_permitted(ctx, why);

	if (!err)
		err = protos_read(ctx, t->proto, why);
	if (!err)
		err = libbpf_load(ctx, why);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		t->on[steps[i]] = t->proto[steps[i]].found;
	/* Without it, a KVM of this kernel creates no TD that could be seen. */
	if (!err && !t->on[CALL_tdh_mng_create])
		err = -EOPNOTSUPP;
	if (!err)
		err = load(t, &config, on_step, why);
	libbpf_quiet();
	return err;
}

int observer_listen(struct tdxctl_ctx *ctx, struct tdxctl_listener **out)
{
	struct observer_listener *l = calloc(1, sizeof(*l));
	struct observer_trace *t = calloc(1, sizeof(*t));
	struct observer_why why = { "" };
	int err;

	if (!l || !t) {
		free(l);
		free(t);
		return -ENOMEM;
	}
	l->base.ops = &listener_ops;
	l->trace = t;
	t->base.ctx = ctx;
	t->arg = l;
	err = load_steps(ctx, l, &why);
	if (err) {
		ctx_log(ctx, TDXCTL_LOG_INFO, "BPF programs send no events: %s", why.text);
		end_listener(&l->base);
	} else {
		*out = &l->base;
	}
	return err;
}
