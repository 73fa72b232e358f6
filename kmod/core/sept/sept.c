// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* The table of generations, and the search for the one that fits. */
#include "sept.h"

/*
 * The ids are part of the ABI. A callback that is a pointer in KVM's table of operations
 * is never inlined, so it is in BTF and in the symbols of each kernel that has it.
 */
static const struct sept_generation generations[TDXCTL_SEPT_CALLBACKS] = {
	[TDXCTL_SEPT_REMOVE_PFN] = {
		.name = "6.16 to 6.18",
		.page_ref = true,
		.nr_callbacks = 4,
		.callback = {
			{
				.function = "tdx_sept_remove_private_spte",
				.params = { "kvm", "gfn", "level", "pfn" },
				.nr_params = 4,
				.role = SEPT_REMOVE,
				.page = SEPT_PFN,
				.page_param = 3,
				.level_param = 2,
				.returns = true,
			},
			{
				.function = "tdx_sept_set_private_spte",
				.params = { "kvm", "gfn", "level", "pfn" },
				.nr_params = 4,
				.role = SEPT_MAP,
				.returns = true,
			},
			{
				.function = "tdx_sept_link_private_spt",
				.params = { "kvm", "gfn", "level", "private_spt" },
				.nr_params = 4,
				.role = SEPT_MAP,
				.returns = true,
			},
			{
				.function = "tdx_sept_free_private_spt",
				.params = { "kvm", "gfn", "level", "private_spt" },
				.nr_params = 4,
				.role = SEPT_FREE,
				.returns = true,
			},
		},
	},
	[TDXCTL_SEPT_REMOVE_SPTE] = {
		.name = "6.19 to 7.1",
		.nr_callbacks = 4,
		.callback = {
			{
				.function = "tdx_sept_remove_private_spte",
				.params = { "kvm", "gfn", "level", "mirror_spte" },
				.nr_params = 4,
				.role = SEPT_REMOVE,
				.page = SEPT_SPTE,
				.page_param = 3,
				.level_param = 2,
			},
			{
				.function = "tdx_sept_set_private_spte",
				.params = { "kvm", "gfn", "level", "mirror_spte" },
				.nr_params = 4,
				.role = SEPT_MAP,
				.returns = true,
			},
			{
				.function = "tdx_sept_link_private_spt",
				.params = { "kvm", "gfn", "level", "private_spt" },
				.nr_params = 4,
				.role = SEPT_MAP,
				.returns = true,
			},
			{
				.function = "tdx_sept_free_private_spt",
				.params = { "kvm", "gfn", "level", "private_spt" },
				.nr_params = 4,
				.role = SEPT_FREE,
				.returns = true,
			},
		},
	},
	[TDXCTL_SEPT_SET_PRIVATE_SPTE] = {
		.name = "7.2 and later",
		.nr_callbacks = 2,
		.callback = {
			{
				.function = "tdx_sept_set_private_spte",
				.params = { "kvm", "gfn", "old_spte", "new_spte", "level" },
				.nr_params = 5,
				.role = SEPT_CHANGE,
				.page = SEPT_SPTE,
				.page_param = 2,
				.level_param = 4,
				.returns = true,
			},
			{
				.function = "tdx_sept_free_private_spt",
				.params = { "kvm", "sp" },
				.nr_params = 2,
				.role = SEPT_FREE,
			},
		},
	},
};

static const struct sept_callback pamt_put = {
	.function = SEPT_PAMT_PUT,
	.params = { "pfn" },
	.nr_params = 1,
};

const struct sept_generation *sept_generation(u32 callback)
{
	if (callback >= TDXCTL_SEPT_CALLBACKS || !generations[callback].name)
		return NULL;
	return &generations[callback];
}

/* Returns an enum tdxctl_sept_problem. */
static u32 compare(const struct sept_callback *c, sept_read_fn read, void *btf)
{
	struct sept_proto p = { 0 };
	u32 i;

	if (!read(btf, c->function, &p))
		return TDXCTL_SEPT_MISSING;
	if (p.nr_params != c->nr_params || !(c->returns ? p.returns : p.returns_void))
		return TDXCTL_SEPT_PROTOTYPE;
	for (i = 0; i < c->nr_params; i++)
		if (strcmp(p.param[i], c->params[i]))
			return TDXCTL_SEPT_PROTOTYPE;
	return TDXCTL_SEPT_OK;
}

/* Compares one generation. Returns how many of its callbacks fit; @m has the first problem. */
static u32 compare_all(struct sept_match *m, u32 generation, sept_read_fn read, void *btf)
{
	const struct sept_generation *g = &generations[generation];
	u32 i, problem, fit = 0;

	m->generation = generation;
	m->problem = TDXCTL_SEPT_OK;
	m->callback = 0;
	for (i = 0; i < g->nr_callbacks; i++) {
		problem = compare(&g->callback[i], read, btf);
		if (!problem) {
			fit++;
		} else if (!m->problem) {
			m->problem = problem;
			m->callback = i;
		}
	}
	return fit;
}

void sept_match(struct sept_match *m, sept_read_fn read, void *btf)
{
	struct sept_match one = { 0 };
	u32 i, fit, best = 0;

	/* Without any: the problem of the newest one, whose first callback all have. */
	compare_all(m, TDXCTL_SEPT_SET_PRIVATE_SPTE, read, btf);
	m->generation = TDXCTL_SEPT_UNKNOWN;
	for (i = 0; i < TDXCTL_SEPT_CALLBACKS; i++) {
		if (!generations[i].name)
			continue;
		fit = compare_all(&one, i, read, btf);
		if (fit > best || (fit && !one.problem)) {
			best = one.problem ? fit : SEPT_MAX_CALLBACKS + 1;
			*m = one;
		}
	}
	m->pamt_put_known = !compare(&pamt_put, read, btf);
}

const char *sept_function(u32 generation, u32 callback)
{
	const struct sept_generation *g = sept_generation(generation);

	if (!g || callback >= g->nr_callbacks)
		return generations[TDXCTL_SEPT_SET_PRIVATE_SPTE].callback[0].function;
	return g->callback[callback].function;
}
