/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Traces the calls to the TDX module of an emulated host while its story is played. */
#include <stdio.h>
#include <time.h>
#include "base/backend.h"
#include "emul.h"
#include "trace.h"

#define ROOM	(8U << 10) /* for the calls that are played at once; further ones are lost */
#define WAIT_MS 50
#define ERROR	(1ULL << 63) /* of a status */

/* The meaning of a register before the call. */
enum reg { NONE, TD, VP, HKID, ENTRY, PAGE, KEYED };

/*
 * RCX, RDX and R8 of each leaf. ENTRY: GPA and level of an S-EPT entry; KEYED: page and HKID;
 * VP: the page of a vCPU.
 */
static const uint8_t registers[TDX_LEAF_COUNT][3] = {
	[TDH_MNG_CREATE] = { TD, HKID },
	[TDH_MNG_KEY_CONFIG] = { TD },
	[TDH_MNG_ADDCX] = { PAGE, TD },
	[TDH_MNG_INIT] = { TD },
	[TDH_MNG_RD] = { TD },
	[TDH_MNG_VPFLUSHDONE] = { TD },
	[TDH_MNG_KEY_FREEID] = { TD },
	[TDH_VP_CREATE] = { PAGE, TD },
	[TDH_VP_ADDCX] = { PAGE, VP },
	[TDH_VP_INIT] = { VP },
	[TDH_VP_RD] = { VP },
	[TDH_VP_WR] = { VP },
	[TDH_VP_FLUSH] = { VP },
	[TDH_MEM_SEPT_ADD] = { ENTRY, TD, PAGE },
	[TDH_MEM_PAGE_ADD] = { ENTRY, TD, PAGE },
	[TDH_MEM_PAGE_AUG] = { ENTRY, TD, PAGE },
	[TDH_MEM_RANGE_BLOCK] = { ENTRY, TD },
	[TDH_MEM_PAGE_REMOVE] = { ENTRY, TD },
	[TDH_MEM_TRACK] = { TD },
	[TDH_MR_EXTEND] = { ENTRY, TD },
	[TDH_MR_FINALIZE] = { TD },
	[TDH_PHYMEM_PAGE_RECLAIM] = { PAGE },
	[TDH_PHYMEM_PAGE_WBINVD] = { KEYED },
};

struct record {
	struct tdxctl_call call;
	char td[80]; /* name */
};

struct emul_trace {
	struct tdxctl_trace base;
	bool wanted[TDX_LEAF_COUNT];
	uint32_t td; /* its number; 0: all TDs */
	bool errors;
	uint64_t min_ns;
	struct ledger_leaf *leaf; /* TDX_LEAF_COUNT of them, if calls are only counted */
	struct record *record;	  /* ROOM of them */
	size_t nr_records, read;  /* the first ones were passed on */
	uint64_t lost;
};

/* ---- recording ---- */

static struct emul_td *td_of_vcpu(struct emul *e, uint64_t tdvpr)
{
	struct seam_page_info page;

	if (seam_get_page(e->seam, tdvpr, &page) || !page.owner)
		return NULL;
	for (size_t i = 0; i < e->nr_tds; i++)
		if (e->tds[i].tdr == page.owner)
			return &e->tds[i];
	return NULL;
}

static void set_register(const struct emul *e, struct tdxctl_call *call, enum reg reg, uint64_t v)
{
	uint32_t shift;

	switch (reg) {
	case HKID:
		call->hkid = (uint16_t)v;
		break;
	case ENTRY:
		call->gpa = v & CORE_PAGE_MASK;
		call->level = v & 7;
		break;
	case KEYED:
		shift = emul_keyid_shift(&e->file.topo);
		call->hkid = (uint32_t)(v >> shift);
		call->page = v & ((1ULL << shift) - 1);
		break;
	case PAGE:
		call->page = v;
		break;
	case TD:
		call->tdr = v;
		break;
	case VP:
	case NONE:
		break;
	}
}

static void set_td(const struct emul *e, struct record *r, const struct emul_td *td)
{
	const struct ledger_td *known;
	struct tdmgr_td_info info;

	tdmgr_td_get_info(td->td, &info);
	if (r->call.tdr == TDXCTL_UNKNOWN && info.tdr)
		r->call.tdr = info.tdr;
	/* After its release, the HKID that the TD had. */
	known = info.hkid ? NULL : ledger_td_find(e->ledger, info.tdr);
	if (r->call.hkid == TDXCTL_UNKNOWN32)
		r->call.hkid = known ? known->last_hkid : info.hkid ? info.hkid : TDXCTL_UNKNOWN32;
	snprintf(r->td, sizeof(r->td), "%s", e->file.events[td->event].name);
	r->call.td = r->td;
}

/*
 * Whether the call was made before the file was loaded again. A load initializes the TDX
 * module first: these calls are repeated as well.
 */
static bool is_repeated(const struct emul *e)
{
	return !e->ready || (e->played_ms <= e->traced_ms && e->event < e->traced_events);
}

static void on_call(struct emul *e, const struct ledger_call *call, uint64_t status)
{
	const uint64_t leaf = call->rax & TDX_LEAF_MASK;
	struct emul_trace *t = e->trace;
	struct emul_td *td = e->current;
	struct record *r;

	if (leaf >= TDX_LEAF_COUNT || !t->wanted[leaf] || is_repeated(e))
		return;
	if (!td && registers[leaf][0] == VP)
		td = td_of_vcpu(e, call->in.rcx);
	if ((t->td && (!td || td->id != t->td)) || (t->errors && !(status & ERROR)) ||
	    e->clock - call->start_ns < t->min_ns)
		return;
	if (t->leaf) {
		ledger_leaf_add(&t->leaf[leaf], (u32)leaf, status, e->clock - call->start_ns);
		return;
	}
	if (t->nr_records == ROOM) {
		t->lost++;
		return;
	}
	r = &t->record[t->nr_records++];
	r->call = (struct tdxctl_call){
		.start_ns = call->start_ns,
		.duration_ns = e->clock - call->start_ns,
		.status = status,
		.leaf = (uint32_t)leaf,
		.cpu = call->cpu,
		.pid = call->owner.tgid,
		.tid = call->owner.tid,
		.tdr = TDXCTL_UNKNOWN,
		.hkid = TDXCTL_UNKNOWN32,
		.level = TDXCTL_UNKNOWN32,
		.gpa = TDXCTL_UNKNOWN,
		.page = TDXCTL_UNKNOWN,
	};
	memcpy(r->call.comm, call->owner.comm, sizeof(r->call.comm));
	set_register(e, &r->call, registers[leaf][0], call->in.rcx);
	set_register(e, &r->call, registers[leaf][1], call->in.rdx);
	set_register(e, &r->call, registers[leaf][2], call->in.r8);
	if (td && td->td)
		set_td(e, r, td);
}

/* ---- the trace ---- */

/* Loads the file again if it has changed. A load that fails has made some of its calls. */
static int refresh(struct emul_trace *t)
{
	const size_t size = t->leaf ? TDX_LEAF_COUNT * sizeof(*t->leaf) : 0;
	const size_t nr_records = t->nr_records;
	const uint64_t lost = t->lost;
	struct ledger_leaf *was = size ? malloc(size) : NULL;
	int err;

	if (size && !was)
		return ctx_nomem(t->base.ctx);
	if (size)
		memcpy(was, t->leaf, size);
	err = emul_refresh(t->base.ctx);
	if (err) {
		t->nr_records = nr_records;
		t->lost = lost;
		if (size)
			memcpy(t->leaf, was, size);
	}
	free(was);
	return err;
}

/* Plays what is due once. */
static int poll_host(struct tdxctl_trace *base, int ms,
		     int (*fn)(void *arg, const struct tdxctl_call *call), void *arg)
{
	const struct timespec nap = { .tv_nsec = (ms < WAIT_MS ? ms : WAIT_MS) * 1000000L };
	struct emul_trace *t = (struct emul_trace *)base;
	struct emul *e = base->ctx->host;
	int err = 0;

	if (t->read == t->nr_records) {
		/* Steps do not depend on the clock. */
		if (!e->file.play.step_ms && nanosleep(&nap, NULL))
			return -EINTR;
		t->read = t->nr_records = 0;
		err = refresh(t);
		e = base->ctx->host;
		if (!err)
			err = emul_play(e);
	}
	while (!err && t->read < t->nr_records)
		err = fn(arg, &t->record[t->read++].call);
	return !err && emul_play_over(e) ? -ENODATA : err;
}

static uint64_t count_lost(const struct tdxctl_trace *base)
{
	return ((const struct emul_trace *)base)->lost;
}

static void free_trace(struct emul_trace *t)
{
	free(t->leaf);
	free(t->record);
	free(t);
}

static int sum_calls(const struct tdxctl_trace *base, struct tdxctl_leaf **out, size_t *count)
{
	struct emul_trace *t = (struct emul_trace *)base;
	int err = refresh(t);

	if (!err)
		err = emul_play(base->ctx->host);
	if (err)
		return err;
	*out = calloc(TDX_LEAF_COUNT, sizeof(**out));
	if (!*out)
		return ctx_nomem(base->ctx);
	*count = 0;
	for (size_t i = 0; i < TDX_LEAF_COUNT; i++)
		if (t->leaf[i].calls)
			wire_put_leaf(&(*out)[(*count)++], &t->leaf[i]);
	return 0;
}

static void end_trace(struct tdxctl_trace *base)
{
	struct emul_trace *t = (struct emul_trace *)base;
	struct emul *e = base->ctx->host;

	e->on_call = NULL;
	e->trace = NULL;
	free_trace(t);
}

static const struct trace_ops emul_ops = {
	.poll = poll_host,
	.lost = count_lost,
	.free = end_trace,
};

static const struct trace_ops count_ops = {
	.lost = count_lost,
	.stat = sum_calls,
	.free = end_trace,
};

/* Selects the leaves. -EINVAL: none. */
static int choose(struct emul_trace *t, const struct tdxctl_trace_options *opts)
{
	bool any = false;

	for (unsigned int i = 0; i < TDX_LEAF_COUNT; i++) {
		t->wanted[i] = opts->leaf ? tdxctl_leaf_matches(opts->leaf, i) :
					    opts->pages || !tdxctl_leaf_is_page(i);
		any |= t->wanted[i];
	}
	return any ? 0 :
		     ctx_fail(t->base.ctx, -EINVAL, "'*' matches all leaves",
			      "no leaf matches '%s'", opts->leaf);
}

int emul_trace_open(struct tdxctl_ctx *ctx, const struct tdxctl_trace_options *opts,
		    struct tdxctl_trace **out)
{
	struct emul *e = ctx->host;
	struct emul_trace *t;
	int err;

	/* Without events, the calls of other processes, which change the file, are counted. */
	if (opts->events && !e->file.play.on)
		return ctx_fail(ctx, -ENODATA, "make one that moves: 'tdxctl emulate play FILE'",
				"this emulated host does not move, so it makes no SEAMCALLs");
	if (opts->events && emul_play_over(e))
		return ctx_fail(ctx, -ENODATA, "start it again: 'tdxctl emulate play FILE'",
				"the story of this emulated host is over, so it makes no SEAMCALLs");
	if (e->trace)
		return ctx_fail(ctx, -EBUSY, "end the other trace first",
				"this emulated host is traced already");
	t = calloc(1, sizeof(*t));
	if (!t)
		return ctx_nomem(ctx);
	t->base = (struct tdxctl_trace){ .ops = opts->events ? &emul_ops : &count_ops, .ctx = ctx };
	t->td = opts->td ? opts->td->td.id : 0;
	t->errors = opts->errors;
	t->min_ns = opts->min_ns;
	if (opts->events)
		t->record = calloc(ROOM, sizeof(*t->record));
	else
		t->leaf = calloc(TDX_LEAF_COUNT, sizeof(*t->leaf));
	err = t->record || t->leaf ? choose(t, opts) : ctx_nomem(ctx);
	if (err) {
		free_trace(t);
		return err;
	}
	for (u32 i = 0; t->leaf && i < TDX_LEAF_COUNT; i++)
		t->leaf[i].leaf = i;
	e->trace = t;
	e->on_call = on_call;
	*out = &t->base;
	return 0;
}
