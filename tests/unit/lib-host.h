/* SPDX-License-Identifier: GPL-2.0-only */
/* Emulated hosts for tests: written as text, loaded, looked at, changed. */
#ifndef TDXCTL_TESTS_LIB_HOST_H
#define TDXCTL_TESTS_LIB_HOST_H

#include "health.h"
#include "lib-fake.h"

#define TOPO \
	"\"topology\":{\"packages\":2,\"cpus_per_package\":2,\"mktme_keyids\":15,\"tdx_keyids\":4}"
#define HOST(events)   "{\"format\":\"tdxctl-host\",\"version\":1," TOPO ",\"events\":[" events "]}"
#define TD(name, more) "{\"op\":\"td\",\"name\":\"" name "\",\"pid\":2001" more "}"

static inline struct tdxctl_ctx *context(void)
{
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	return ctx;
}

static inline struct tdxctl_snapshot *snapshot(struct tdxctl_ctx *ctx)
{
	struct tdxctl_snapshot *snap;

	if (!CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		exit(1);
	}
	CHECK_EQ(snap->hdr.violations, 0);
	return snap;
}

static inline struct tdxctl_health_report *report(struct tdxctl_snapshot *snap)
{
	struct tdxctl_facts facts = { .snap = snap };
	struct tdxctl_health_report *r;
	struct tdxctl_thresholds limits;

	tdxctl_thresholds_default(&limits);
	if (!CHECK_EQ(tdxctl_health_get(&facts, &limits, &r), 0))
		exit(1);
	return r;
}

static inline size_t hkids(const struct tdxctl_snapshot *snap, uint32_t state)
{
	size_t n = 0;

	for (size_t i = 0; i < snap->nr_hkids; i++)
		n += snap->hkids[i].state == state;
	return n;
}

/* The context of a file with these events. */
static inline struct tdxctl_ctx *host(const char *text)
{
	struct tdxctl_ctx *ctx = context();

	fake_file("h.json", text);
	if (!CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0))
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
	return ctx;
}

static inline struct tdxctl_release *open_release(struct tdxctl_ctx *ctx, size_t td,
						  enum tdxctl_strategy strategy, int want,
						  struct tdxctl_release_state *st)
{
	const struct tdxctl_release_options opts = { .strategy = strategy };
	struct tdxctl_snapshot *snap = snapshot(ctx);
	struct tdxctl_release *r = NULL;

	if (!CHECK_EQ(tdxctl_release_open(ctx, &snap->tds[td], &opts, &r, st), want))
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
	tdxctl_snapshot_free(snap);
	return r;
}

static inline int run(struct tdxctl_release *r, struct tdxctl_release_state *st)
{
	int err = 0;

	for (int i = 0; !err && st->phase < TDXCTL_PHASE_DONE && CHECK(i < 1000); i++)
		err = tdxctl_release_step(r, 100, st);
	return err;
}

#endif
