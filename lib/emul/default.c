/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* New emulated hosts: the built-in one and those of 'tdxctl emulate init'. */
#include "emul.h"

#define HOUR_NS (3600 * NSEC_PER_SEC)

static const struct tdxctl_emul_topology builtin = {
	.packages = 2,
	.cpus_per_package = 4,
	.mktme_keyids = 15,
	.tdx_keyids = 16,
};

/* A large TD, a small one, and one that has an HKID but was never finalized: FLOWS.md F6. */
static const struct emul_event default_events[] = {
	{ .op = EMUL_TD,
	  .name = (char *)"web",
	  .uuid = (char *)"5f0a3f4e-6c1d-4b7e-9a52-0d1e8c9b7a01",
	  .pid = 2001,
	  .uid = UINT32_MAX,
	  .vcpus = 4,
	  .max_vcpus = 8,
	  .pages = 65536,
	  .until = EMUL_FINALIZED },
	{ .op = EMUL_WAIT, .ms = 40 * 60 * 1000 },
	{ .op = EMUL_TD,
	  .name = (char *)"db",
	  .uuid = (char *)"5f0a3f4e-6c1d-4b7e-9a52-0d1e8c9b7a02",
	  .pid = 2002,
	  .uid = UINT32_MAX,
	  .vcpus = 2,
	  .max_vcpus = 2,
	  .pages = 16384,
	  .until = EMUL_FINALIZED },
	{ .op = EMUL_WAIT, .ms = 12 * 60 * 1000 },
	{ .op = EMUL_TD,
	  .name = (char *)"build",
	  .uuid = (char *)"5f0a3f4e-6c1d-4b7e-9a52-0d1e8c9b7a03",
	  .pid = 2003,
	  .uid = UINT32_MAX,
	  .vcpus = 1,
	  .max_vcpus = 16,
	  .until = EMUL_INIT },
	{ .op = EMUL_WAIT, .ms = 3 * 60 * 1000 },
};

/*
 * The story of a minute on the built-in host: VMs start and accept memory, one waits for a
 * key-config lock, an HKID leaks, the teardown of a large TD takes a while, a CPU goes offline and online again.
 */
static const struct emul_event moving_events[] = {
	{ .op = EMUL_TD,
	  .at = 1000,
	  .name = (char *)"cache",
	  .uuid = (char *)"5f0a3f4e-6c1d-4b7e-9a52-0d1e8c9b7a04",
	  .pid = 2004,
	  .uid = UINT32_MAX,
	  .vcpus = 4,
	  .max_vcpus = 4,
	  .pages = 2048,
	  .until = EMUL_FINALIZED },
	{ .op = EMUL_ACCEPT, .at = 1500, .td = 4, .pages = 24576, .ms = 12000 },
	{ .op = EMUL_HOLD,
	  .at = 4000,
	  .lock = TDXCTL_LOCK_KEY_CONFIG,
	  .package = 1,
	  .pid = 2005,
	  .more_ms = 3000 },
	{ .op = EMUL_TD,
	  .at = 6500,
	  .name = (char *)"api",
	  .uuid = (char *)"5f0a3f4e-6c1d-4b7e-9a52-0d1e8c9b7a05",
	  .pid = 2005,
	  .uid = UINT32_MAX,
	  .vcpus = 2,
	  .max_vcpus = 2,
	  .pages = 1024,
	  .until = EMUL_FINALIZED },
	{ .op = EMUL_ACCEPT, .at = 8000, .td = 5, .pages = 12288, .ms = 10000 },
	{ .op = EMUL_FAULT,
	  .at = 12000,
	  .leaf = TDH_MNG_KEY_FREEID,
	  .status = TDX_ST(HKID_NOT_FREE),
	  .cpu = UINT32_MAX,
	  .count = 1 },
	{ .op = EMUL_STOP, .at = 12000, .td = 3 },
	{ .op = EMUL_STOP, .at = 16000, .td = 1, .ms = 16000 },
	{ .op = EMUL_TD,
	  .at = 20000,
	  .name = (char *)"batch",
	  .uuid = (char *)"5f0a3f4e-6c1d-4b7e-9a52-0d1e8c9b7a06",
	  .pid = 2006,
	  .uid = UINT32_MAX,
	  .vcpus = 8,
	  .max_vcpus = 8,
	  .pages = 4096,
	  .until = EMUL_FINALIZED },
	{ .op = EMUL_ACCEPT, .at = 20500, .td = 6, .pages = 16384, .ms = 8000 },
	{ .op = EMUL_STOP, .at = 34000, .td = 2, .ms = 4000 },
	{ .op = EMUL_CPU, .at = 40000, .cpu = 7, .online = false },
	{ .op = EMUL_CPU, .at = 46000, .cpu = 7, .online = true },
	{ .op = EMUL_TD,
	  .at = 48000,
	  .name = (char *)"web",
	  .uuid = (char *)"5f0a3f4e-6c1d-4b7e-9a52-0d1e8c9b7a01",
	  .pid = 2007,
	  .uid = UINT32_MAX,
	  .vcpus = 4,
	  .max_vcpus = 8,
	  .pages = 4096,
	  .until = EMUL_FINALIZED },
	{ .op = EMUL_ACCEPT, .at = 48500, .td = 7, .pages = 32768, .ms = 10000 },
};

static int add_events(struct tdxctl_ctx *ctx, struct emul_file *f, const struct emul_event *ev,
		      size_t n)
{
	for (; n--; ev++) {
		if (emul_file_add(f, ev)) {
			emul_file_clear(f);
			return ctx_nomem(ctx);
		}
	}
	return 0;
}

int emul_file_moving(struct tdxctl_ctx *ctx, struct emul_file *f)
{
	return add_events(ctx, f, moving_events, ARRAY_SIZE(moving_events));
}

int emul_file_default(struct tdxctl_ctx *ctx, const struct tdxctl_emul_topology *topo,
		      struct emul_file *out)
{
	uint32_t hkids;
	int err;

	*out = (struct emul_file){ .topo = topo ? *topo : builtin, .clock_ns = HOUR_NS };
	err = emul_check_topology(ctx, "emulated host", &out->topo);
	if (err)
		return err;
	hkids = out->topo.tdx_keyids - 1;
	for (size_t i = 0; i < ARRAY_SIZE(default_events); i++) {
		/* A host with too few HKIDs gets only the first events. */
		if (default_events[i].op == EMUL_TD && !hkids--)
			break;
		err = add_events(ctx, out, &default_events[i], 1);
		if (err)
			return err;
	}
	return 0;
}

int tdxctl_emul_init(struct tdxctl_ctx *ctx, const char *file,
		     const struct tdxctl_emul_topology *topo, bool force)
{
	struct emul_file f;
	char *text;
	int err;

	ctx_clear(ctx);
	err = emul_file_default(ctx, topo, &f);
	if (err)
		return err;
	err = emul_file_format(ctx, &f, &text);
	emul_file_clear(&f);
	if (err)
		return err;
	err = emul_store_write(ctx, file, text, !force);
	free(text);
	return err;
}
