/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of observed functions, and what their parameters are in the running kernel. */
#include "btf/btf.h"
#include "events.h"

const struct observed_call observed_calls[CALLS] = {
#define X(_function, _leaf, _subject, _page) \
	[CALL_##_function] = { .function = #_function, .leaf = _leaf, .page = _page },
	OBSERVED_CALLS(X)
#undef X
};

static const struct {
	const char *name;
	enum call_param param;
} params[] = {
	{ "td", PARAM_TD },	     { "hkid", PARAM_HKID }, { "gpa", PARAM_GPA },
	{ "level", PARAM_LEVEL },    { "page", PARAM_PAGE }, { "tdcs_page", PARAM_PAGE },
	{ "tdcx_page", PARAM_PAGE }, { "pfn", PARAM_PFN },
};

static enum call_param param_of(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(params); i++)
		if (!strcmp(name, params[i].name))
			return params[i].param;
	return PARAM_OTHER;
}

int protos_read(struct tdxctl_ctx *ctx, struct call_proto *protos, struct observer_why *why)
{
	struct btf_want want[CALLS] = { 0 };
	struct btf_blob *b = malloc(sizeof(*b));
	const char *name[CALL_ARGS];
	uint32_t n, size;
	ssize_t len;
	char *data;
	int err;

	if (!b)
		return -ENOMEM;
	memset(protos, 0, CALLS * sizeof(*protos));
	len = root_read(ctx, "/sys/kernel/btf/vmlinux", BTF_BLOB_MAX, &data);
	if (len < 0) {
		free(b);
		why_set(why, "/sys/kernel/btf/vmlinux: %s", strerror((int)-len));
		return len == -ENOMEM ? -ENOMEM : -EOPNOTSUPP;
	}
	for (size_t i = 0; i < CALLS; i++)
		want[i] = (struct btf_want){ .name = observed_calls[i].function, .kind = BTF_FUNC };
	err = btf_blob_open(b, data, (size_t)len, NULL, want, CALLS);
	if (err)
		why_set(why, "the BTF of the kernel: %s", b->error);
	for (size_t i = 0; !err && i < CALLS; i++) {
		memset(name, 0, sizeof(name));
		if (!want[i].id || btf_blob_proto(b, want[i].id, name, CALL_ARGS, &n, &size))
			continue;
		protos[i].found = true;
		for (size_t k = 0; k < CALL_ARGS && k < n; k++)
			protos[i].param[k] = param_of(name[k]);
	}
	free(data);
	free(b);
	return err ? -EOPNOTSUPP : 0;
}
