// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* Searches KVM's types. All names are found in one pass over each blob. */
#include "layout.h"

enum { KVM_TDX, KVM_VCPU, KVM_TDX_STATE, NR_TYPES };

static const struct {
	u16 field;
	u16 size; /* of the member; 0: any */
	u16 type;
	const char *path;
} members[] = {
#define F(_field, _type, _path, _size) { offsetof(struct kvm_layout, _field), _size, _type, _path }
	F(vm_type, KVM_TDX, "kvm.arch.vm_type", 0),
	F(mm, KVM_TDX, "kvm.mm", 8),
	F(created_vcpus, KVM_TDX, "kvm.created_vcpus", 4),
	F(online_vcpus, KVM_TDX, "kvm.online_vcpus", 4),
	F(max_vcpus, KVM_TDX, "kvm.max_vcpus", 4),
	F(lock, KVM_TDX, "kvm.lock", 0),
	F(mmu_lock, KVM_TDX, "kvm.mmu_lock", 0),
	F(vm_dead, KVM_TDX, "kvm.vm_dead", 1),
	F(hkid, KVM_TDX, "hkid", 4),
	F(state, KVM_TDX, "state", 4),
	F(tdr_page, KVM_TDX, "td.tdr_page", 8),
	F(vcpu_kvm, KVM_VCPU, "kvm", 8),
	F(vcpu_cpu, KVM_VCPU, "cpu", 4),
#undef F
};

static void want(struct layout_search *s, const char *name, u32 kind)
{
	u32 i;

	for (i = 0; i < s->nr_wants; i++)
		if (!strcmp(s->want[i].name, name))
			return;
	if (s->nr_wants < LAYOUT_MAX_WANTS)
		s->want[s->nr_wants++] = (struct btf_want){ .name = name, .kind = kind };
}

/* The types, at their indices, and then all functions of the table of generations. */
static void want_all(struct layout_search *s)
{
	const struct sept_generation *g;
	u32 i, j;

	s->nr_wants = 0;
	want(s, "kvm_tdx", BTF_STRUCT);
	want(s, "kvm_vcpu", BTF_STRUCT);
	want(s, "kvm_tdx_state", BTF_ENUM);
	want(s, SEPT_PAMT_PUT, BTF_FUNC);
	for (i = 0; i < TDXCTL_SEPT_CALLBACKS; i++) {
		g = sept_generation(i);
		for (j = 0; g && j < g->nr_callbacks; j++)
			want(s, g->callback[j].function, BTF_FUNC);
	}
}

struct prototypes {
	const struct layout_search *s;
	const struct btf_blob *b;
};

/* A sept_read_fn. */
static bool read_proto(void *arg, const char *function, struct sept_proto *p)
{
	const struct prototypes *all = arg;
	const struct layout_search *s = all->s;
	u32 i, size;

	for (i = NR_TYPES; i < s->nr_wants; i++)
		if (!strcmp(s->want[i].name, function))
			break;
	if (i == s->nr_wants || !s->want[i].id ||
	    btf_blob_proto(all->b, s->want[i].id, p->param, SEPT_MAX_PARAMS, &p->nr_params, &size))
		return false;
	p->returns = size == sizeof(s32);
	p->returns_void = !size;
	return true;
}

static u32 value(const struct btf_blob *b, u32 id, const char *name)
{
	s64 v;

	if (btf_blob_value(b, id, name, &v) || v < 0 || v >= LAYOUT_UNKNOWN)
		return LAYOUT_UNKNOWN;
	return (u32)v;
}

static void fill(struct kvm_layout *l, const struct layout_search *s, const struct btf_blob *b)
{
	struct prototypes p = { s, b };
	u32 i, at;

	l->kvm_tdx_size = btf_blob_size(b, s->want[KVM_TDX].id);
	l->kvm_vcpu_size = btf_blob_size(b, s->want[KVM_VCPU].id);
	for (i = 0; i < ARRAY_SIZE(members); i++)
		if (!btf_blob_member(b, s->want[members[i].type].id, members[i].path,
				     members[i].size, &at))
			*(u32 *)((char *)l + members[i].field) = at;
	l->state_initialized = value(b, s->want[KVM_TDX_STATE].id, "TD_STATE_INITIALIZED");
	l->state_runnable = value(b, s->want[KVM_TDX_STATE].id, "TD_STATE_RUNNABLE");
	sept_match(&l->sept, read_proto, &p);
}

static int open_blobs(struct layout_search *s, const void *kernel, size_t kernel_size,
		      const void *module, size_t module_size)
{
	int err;

	s->faulty = &s->kernel;
	err = btf_blob_open(&s->kernel, kernel, kernel_size, NULL, s->want, s->nr_wants);
	if (!err && module) {
		s->faulty = &s->module;
		err = btf_blob_open(&s->module, module, module_size, &s->kernel, s->want,
				    s->nr_wants);
	}
	if (err) {
		s->error = s->faulty->error;
		return err;
	}
	s->faulty = NULL;
	if (s->want[KVM_TDX].id)
		return 0;
	s->error = s->want[KVM_TDX].times ? "more than one struct kvm_tdx" : "no struct kvm_tdx";
	return -ENOENT;
}

int kvm_layout_search(struct kvm_layout *l, struct layout_search *s, const void *kernel,
		      size_t kernel_size, const void *module, size_t module_size)
{
	u32 i;
	int err;

	*l = (struct kvm_layout){
		.state_initialized = LAYOUT_UNKNOWN,
		.state_runnable = LAYOUT_UNKNOWN,
		.sept.problem = TDXCTL_SEPT_NO_TYPES,
	};
	for (i = 0; i < ARRAY_SIZE(members); i++)
		*(u32 *)((char *)l + members[i].field) = LAYOUT_UNKNOWN;
	s->error = NULL;
	want_all(s);
	err = open_blobs(s, kernel, kernel_size, module, module_size);
	if (err)
		return err;
	fill(l, s, module ? &s->module : &s->kernel);
	l->known = true;
	return 0;
}
