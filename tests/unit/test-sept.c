/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generations of KVM's S-EPT callbacks: each kernel's prototypes, as its source has
 * them, find their generation; any difference is found and named.
 */
#include "check.h"
#include "sept/sept.h"

struct function {
	const char *name, *params[SEPT_MAX_PARAMS + 2];
	char returns; /* 'i'nt, 'v'oid, 'l'ong */
};

#define REMOVE "tdx_sept_remove_private_spte"
#define SET    "tdx_sept_set_private_spte"
#define LINK   "tdx_sept_link_private_spt"
#define FREE   "tdx_sept_free_private_spt"
#define MAX    6

typedef struct function kernel[MAX];

/* clang-format off */
static const kernel v6_16 = {
	{ SET, { "kvm", "gfn", "level", "pfn" }, 'i' },
	{ "tdx_sept_drop_private_spte", { "kvm", "gfn", "level", "page" }, 'i' },
	{ LINK, { "kvm", "gfn", "level", "private_spt" }, 'i' },
	{ FREE, { "kvm", "gfn", "level", "private_spt" }, 'i' },
	{ REMOVE, { "kvm", "gfn", "level", "pfn" }, 'i' },
};
static const kernel v6_19 = {
	{ SET, { "kvm", "gfn", "level", "mirror_spte" }, 'i' },
	{ LINK, { "kvm", "gfn", "level", "private_spt" }, 'i' },
	{ FREE, { "kvm", "gfn", "level", "private_spt" }, 'i' },
	{ REMOVE, { "kvm", "gfn", "level", "mirror_spte" }, 'v' },
};
static const kernel v7_2 = {
	{ "tdx_sept_remove_leaf_spte", { "kvm", "gfn", "level", "old_spte" }, 'i' },
	{ SET, { "kvm", "gfn", "old_spte", "new_spte", "level" }, 'i' },
	{ FREE, { "kvm", "sp" }, 'v' },
};
/* clang-format on */

static const struct {
	const struct function *kernel;
	uint32_t generation;
	const char *name;
} known[] = {
	{ v6_16, TDXCTL_SEPT_REMOVE_PFN, "6.16 to 6.18" },
	{ v6_19, TDXCTL_SEPT_REMOVE_SPTE, "6.19 to 7.1" },
	{ v7_2, TDXCTL_SEPT_SET_PRIVATE_SPTE, "7.2 and later" },
};

static bool read_from(void *arg, const char *name, struct sept_proto *p)
{
	const struct function *f = arg;
	int i;

	for (i = 0; i < MAX; i++, f++) {
		if (!f->name || strcmp(f->name, name))
			continue;
		while (p->nr_params < ARRAY_SIZE(f->params) && f->params[p->nr_params]) {
			if (p->nr_params < SEPT_MAX_PARAMS)
				p->param[p->nr_params] = f->params[p->nr_params];
			p->nr_params++;
		}
		p->returns = f->returns == 'i';
		p->returns_void = f->returns == 'v';
		return true;
	}
	return false;
}

static struct sept_match match(const struct function *k)
{
	struct sept_match m;

	memset(&m, 0xff, sizeof(m));
	sept_match(&m, read_from, (void *)k);
	return m;
}

static void each_kernel(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct sept_match m = match(known[i].kernel);

		CHECK_EQ(m.generation, known[i].generation);
		CHECK_EQ(m.problem, TDXCTL_SEPT_OK);
		CHECK(!m.pamt_put_known);
		CHECK_STR(sept_generation(m.generation)->name, known[i].name);
	}
	CHECK(sept_generation(TDXCTL_SEPT_REMOVE_PFN)->page_ref);
	CHECK(!sept_generation(TDXCTL_SEPT_REMOVE_SPTE)->page_ref);
	CHECK(!sept_generation(TDXCTL_SEPT_SET_PRIVATE_SPTE)->page_ref);
	CHECK(!sept_generation(TDXCTL_SEPT_UNKNOWN));
	CHECK(!sept_generation(TDXCTL_SEPT_CALLBACKS));
	CHECK(!sept_generation(TDXCTL_UNKNOWN32));
}

/* The one callback that removes pages has its page and level where the prototype has them. */
static void parameters(void)
{
	for (uint32_t i = 0; i < TDXCTL_SEPT_CALLBACKS; i++) {
		const struct sept_generation *g = sept_generation(i);
		int removals = 0;

		if (!g)
			continue;
		for (uint32_t c = 0; c < g->nr_callbacks; c++) {
			const struct sept_callback *cb = &g->callback[c];
			const char *page = cb->page == SEPT_PFN	   ? "pfn" :
					   cb->role == SEPT_CHANGE ? "old_spte" :
								     "mirror_spte";

			CHECK_STR(cb->params[0], "kvm");
			CHECK_EQ(cb->page != SEPT_NO_PAGE,
				 cb->role == SEPT_REMOVE || cb->role == SEPT_CHANGE);
			if (!cb->page)
				continue;
			removals++;
			CHECK_STR(cb->params[cb->page_param], page);
			CHECK_STR(cb->params[cb->level_param], "level");
		}
		CHECK_EQ(removals, 1);
	}
}

/* Changes one function of each kernel: the generation is still named, and the function is. */
static void one_difference(void)
{
	enum { GONE, LONGER, RENAMED, RETURNS, WAYS };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct sept_generation *g = sept_generation(known[i].generation);

		for (uint32_t c = 0; c < g->nr_callbacks; c++) {
			for (int way = 0; way < WAYS; way++) {
				struct function *f = NULL;
				struct sept_match m;
				kernel k;

				memcpy(k, known[i].kernel, sizeof(k));
				for (int j = 0; j < MAX; j++)
					if (k[j].name &&
					    !strcmp(k[j].name, g->callback[c].function))
						f = &k[j];
				if (!CHECK(f))
					continue;
				switch (way) {
				case GONE:
					f->name = "tdx_sept_other";
					break;
				case LONGER:
					f->params[g->callback[c].nr_params] = "more";
					break;
				case RENAMED:
					f->params[1] = "other";
					break;
				case RETURNS:
					f->returns = 'l';
					break;
				}
				m = match(k);
				CHECK_EQ(m.generation, known[i].generation);
				CHECK_EQ(m.problem,
					 way == GONE ? TDXCTL_SEPT_MISSING : TDXCTL_SEPT_PROTOTYPE);
				CHECK_EQ(m.callback, c);
				CHECK_STR(sept_function(m.generation, m.callback),
					  g->callback[c].function);
			}
		}
	}
}

static void nothing(void)
{
	static const kernel none, other = { { SET, { "kvm" }, 'i' } };
	struct sept_match m = match(none);

	CHECK_EQ(m.generation, TDXCTL_SEPT_UNKNOWN);
	CHECK_EQ(m.problem, TDXCTL_SEPT_MISSING);
	CHECK_STR(sept_function(m.generation, m.callback), SET);
	m = match(other);
	CHECK_EQ(m.generation, TDXCTL_SEPT_UNKNOWN);
	CHECK_EQ(m.problem, TDXCTL_SEPT_PROTOTYPE);
	CHECK_STR(sept_function(m.generation, m.callback), SET);
	CHECK_STR(sept_function(TDXCTL_SEPT_REMOVE_PFN, 99), SET);
}

/* Dynamic PAMT: only the prototype that was merged is called. */
static void pamt(void)
{
	static const struct function put[] = {
		{ SEPT_PAMT_PUT, { "pfn" }, 'v' },
		{ SEPT_PAMT_PUT, { "page" }, 'v' },
		{ SEPT_PAMT_PUT, { "pfn", "level" }, 'v' },
		{ SEPT_PAMT_PUT, { "pfn" }, 'i' },
	};
	kernel k;

	memcpy(k, v7_2, sizeof(k));
	for (size_t i = 0; i < ARRAY_SIZE(put); i++) {
		k[MAX - 1] = put[i];
		CHECK_EQ(match(k).pamt_put_known, i == 0);
		CHECK_EQ(match(k).problem, TDXCTL_SEPT_OK);
	}
}

int main(void)
{
	RUN(each_kernel);
	RUN(parameters);
	RUN(one_difference);
	RUN(nothing);
	RUN(pamt);
	return check_done("sept");
}
