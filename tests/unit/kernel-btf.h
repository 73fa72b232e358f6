/* SPDX-License-Identifier: GPL-2.0-only */
/* The BTF of a kernel and of kvm_intel, as a test wants them. */
#ifndef TDXCTL_TESTS_KERNEL_BTF_H
#define TDXCTL_TESTS_KERNEL_BTF_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "check.h"
#include "layout/layout.h"

/* What the kernel of a test leaves out or has otherwise. */
struct kernel {
	bool no_hkid;
	bool wide_hkid;	  /* eight bytes */
	bool dead_is_bit; /* vm_dead is a bit field */
	bool no_states;
	bool other_params; /* of the S-EPT callback */
	bool two_kvm_tdx;
	bool no_free; /* no tdx_sept_free_private_spt() */
	bool pamt_put;
	uint32_t sept; /* the generation, 0: 7.2 */
	bool no_kvm_tdx;
	bool no_vcpu;
	bool built_in; /* KVM in vmlinux */
};

struct btf_types {
	int u8, u32, u64, pointer, mm, mutex, rwlock, arch, kvm;
};

static inline void field(struct btf *btf, const char *name, int type, unsigned int byte)
{
	if (btf__add_field(btf, name, type, byte * 8, 0))
		abort();
}

static inline int new_struct(struct btf *btf, const char *name, unsigned int size)
{
	int id = btf__add_struct(btf, name, size);

	if (id < 0)
		abort();
	return id;
}

/* struct kvm, with a typedef, a qualifier and an anonymous union on the way. */
static inline void common_types(struct btf *btf, const struct kernel *k, struct btf_types *t)
{
	int anon, named;

	t->u8 = btf__add_int(btf, "unsigned char", 1, 0);
	t->u32 = btf__add_int(btf, "unsigned int", 4, 0);
	t->u64 = btf__add_int(btf, "unsigned long", 8, 0);
	t->mm = btf__add_fwd(btf, "mm_struct", BTF_FWD_STRUCT);
	t->pointer = btf__add_ptr(btf, t->mm);
	t->mutex = new_struct(btf, "mutex", 32);
	t->rwlock = btf__add_typedef(btf, "rwlock_t", new_struct(btf, NULL, 8));
	named = new_struct(btf, "kvm_arch", 256);
	field(btf, "vm_type", t->u8, 17);
	t->arch = btf__add_const(btf, btf__add_typedef(btf, "kvm_arch_t", named));
	anon = btf__add_union(btf, NULL, 8);
	field(btf, "created_vcpus", t->u32, 0);
	field(btf, "other", t->u64, 0);
	t->kvm = new_struct(btf, "kvm", 1024);
	field(btf, "mmu_lock", t->rwlock, 0);
	field(btf, "slots_lock", t->mutex, 8);
	field(btf, "mm", t->pointer, 40);
	field(btf, NULL, anon, 48);
	field(btf, "online_vcpus", t->u32, 56);
	field(btf, "max_vcpus", t->u32, 60);
	field(btf, "lock", t->mutex, 64);
	field(btf, "arch", t->arch, 512);
	if (k->dead_is_bit) {
		if (btf__add_field(btf, "vm_dead", t->u8, 800 * 8 + 3, 1))
			abort();
	} else {
		field(btf, "vm_dead", t->u8, 800);
	}
	if (!k->no_vcpu) {
		new_struct(btf, "kvm_vcpu", 4096);
		field(btf, "kvm", t->pointer, 0);
		field(btf, "cpu", t->u32, 72);
	}
}

/* @params: names with spaces between. */
static inline void function(struct btf *btf, const struct btf_types *t, int returns,
			    const char *name, const char *params)
{
	int proto = btf__add_func_proto(btf, returns);
	char buf[64], *rest = buf, *param;

	snprintf(buf, sizeof(buf), "%s", params);
	while ((param = strsep(&rest, " ")))
		btf__add_func_param(btf, param, t->u64);
	btf__add_func(btf, name, BTF_FUNC_STATIC, proto);
}

static inline void callbacks(struct btf *btf, const struct kernel *k, const struct btf_types *t)
{
	bool pfn = k->sept == TDXCTL_SEPT_REMOVE_PFN;

	if (k->pamt_put)
		function(btf, t, 0, "tdx_pamt_put", "pfn");
	if (k->sept) {
		const char *params = pfn ? "kvm gfn level pfn" : "kvm gfn level mirror_spte";

		function(btf, t, pfn ? t->u32 : 0, "tdx_sept_remove_private_spte", params);
		function(btf, t, t->u32, "tdx_sept_set_private_spte", params);
		function(btf, t, t->u32, "tdx_sept_link_private_spt", "kvm gfn level private_spt");
		if (!k->no_free)
			function(btf, t, t->u32, "tdx_sept_free_private_spt",
				 "kvm gfn level private_spt");
		return;
	}
	function(btf, t, t->u32, "tdx_sept_set_private_spte",
		 k->other_params ? "kvm gfn level new_spte level" :
				   "kvm gfn old_spte new_spte level");
	if (!k->no_free)
		function(btf, t, 0, "tdx_sept_free_private_spt", "kvm sp");
}

static inline void tdx_types(struct btf *btf, const struct kernel *k, const struct btf_types *t)
{
	int td = new_struct(btf, "tdx_td", 24), states;

	field(btf, "tdr_page", t->pointer, 8);
	states = btf__add_enum(btf, "kvm_tdx_state", 4);
	btf__add_enum_value(btf, "TD_STATE_UNINITIALIZED", 0);
	if (!k->no_states) {
		btf__add_enum_value(btf, "TD_STATE_INITIALIZED", 1);
		btf__add_enum_value(btf, "TD_STATE_RUNNABLE", 2);
	}
	if (k->no_kvm_tdx)
		return;
	if (k->two_kvm_tdx)
		new_struct(btf, "kvm_tdx", 1024);
	new_struct(btf, "kvm_tdx", 2048);
	field(btf, "kvm", t->kvm, 0);
	if (!k->no_hkid)
		field(btf, "hkid", k->wide_hkid ? t->u64 : t->u32, 1024);
	field(btf, "state", states, 1036);
	field(btf, "td", td, 1040);
	callbacks(btf, k, t);
}

struct kernel_btf {
	struct btf *base, *module;
	const void *kernel, *kvm_intel; /* NULL: KVM is built in */
	__u32 kernel_size, kvm_intel_size;
};

static inline struct kernel_btf kernel_btf(const struct kernel *k)
{
	struct kernel_btf b = { .base = btf__new_empty() };
	struct btf_types t;

	if (!b.base)
		abort();
	common_types(b.base, k, &t);
	if (k->built_in) {
		tdx_types(b.base, k, &t);
	} else {
		b.module = btf__new_empty_split(b.base);
		if (!b.module)
			abort();
		tdx_types(b.module, k, &t);
		b.kvm_intel = btf__raw_data(b.module, &b.kvm_intel_size);
	}
	b.kernel = btf__raw_data(b.base, &b.kernel_size);
	return b;
}

static inline void kernel_btf_free(struct kernel_btf *b)
{
	btf__free(b->module);
	btf__free(b->base);
}

#endif
