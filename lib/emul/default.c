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
		err = emul_file_add(out, &default_events[i]);
		if (err) {
			emul_file_clear(out);
			return ctx_nomem(ctx);
		}
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
