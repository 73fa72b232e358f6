// SPDX-License-Identifier: GPL-2.0-only
/* The BTF of a kernel and of a module: the input is split into both; look-ups, and KVM's layout. */
#include <layout/layout.h>

#include "fuzz.h"

/* Opens an exact copy, so that ASan reports each byte too far. The caller frees it. */
static uint8_t *open_copy(struct btf_blob *b, const uint8_t *p, size_t len,
			  const struct btf_blob *base, struct btf_want *wants, u32 n)
{
	uint8_t *copy = malloc(len ? len : 1);

	MUST(copy);
	memcpy(copy, p, len);
	if (btf_blob_open(b, copy, len, base, wants, n))
		MUST(b->error && !b->nr_types);
	return copy;
}

static void search_layout(const uint8_t *kernel, size_t kernel_len, const uint8_t *module,
			  size_t module_len)
{
	static struct layout_search s;
	struct kvm_layout l;

	if (kvm_layout_search(&l, &s, kernel, kernel_len, module_len ? module : NULL, module_len)) {
		MUST(s.error && !l.known && l.hkid == LAYOUT_UNKNOWN);
		return;
	}
	MUST(l.known && !s.error);
	MUST(l.hkid == LAYOUT_UNKNOWN || l.hkid < l.kvm_tdx_size);
	MUST(l.vcpu_cpu == LAYOUT_UNKNOWN || l.vcpu_cpu < l.kvm_vcpu_size);
	MUST(l.sept.problem < TDXCTL_SEPT_PROBLEMS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const paths[] = { "kvm.arch.vm_type", "kvm.mm", "hkid", "td.tdr_page" };
	static struct btf_blob kernel, module;
	struct btf_want w[] = {
		{ .name = "kvm_tdx", .kind = BTF_STRUCT },
		{ .name = "kvm", .kind = BTF_STRUCT },
		{ .name = "kvm_tdx_state", .kind = BTF_ENUM },
		{ .name = "tdx_sept_set_private_spte", .kind = BTF_FUNC },
	};
	uint8_t *k, *m;
	size_t split;
	const char *params[5];
	u32 v, ret;
	s64 value;

	/* The first two bytes are the length of the kernel's. */
	if (len < 2)
		return 0;
	split = (size_t)(data[0] | data[1] << 8);
	data += 2;
	len -= 2;
	if (split > len)
		split = len;
	k = open_copy(&kernel, data, split, NULL, w, ARRAY_SIZE(w));
	m = open_copy(&module, data + split, len - split, &kernel, w, ARRAY_SIZE(w));
	for (size_t i = 0; i < ARRAY_SIZE(w); i++) {
		const struct btf_blob *b = module.nr_types ? &module : &kernel;
		u32 size = btf_blob_size(b, w[i].id);

		MUST(!w[i].id || w[i].id < b->first_id + b->nr_types);
		for (size_t p = 0; p < ARRAY_SIZE(paths); p++)
			if (!btf_blob_member(b, w[i].id, paths[p], 1, &v))
				MUST(v < size);
		btf_blob_value(b, w[i].id, "TD_STATE_RUNNABLE", &value);
		if (!btf_blob_proto(b, w[i].id, params, ARRAY_SIZE(params), &v, &ret))
			for (u32 n = 0; n < v && n < ARRAY_SIZE(params); n++)
				MUST(strlen(params[n]) < len);
	}
	search_layout(k, split, m, len - split);
	free(k);
	free(m);
	return 0;
}
