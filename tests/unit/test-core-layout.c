/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's structures out of BTF that the test writes itself: what is not there stays unknown. */
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

struct types {
	int u8, u32, u64, pointer, mm, mutex, rwlock, arch, kvm;
};

static void field(struct btf *btf, const char *name, int type, unsigned int byte)
{
	if (btf__add_field(btf, name, type, byte * 8, 0))
		abort();
}

static int new_struct(struct btf *btf, const char *name, unsigned int size)
{
	int id = btf__add_struct(btf, name, size);

	if (id < 0)
		abort();
	return id;
}

/* struct kvm, with a typedef, a qualifier and an anonymous union on the way. */
static void common_types(struct btf *btf, const struct kernel *k, struct types *t)
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
static void function(struct btf *btf, const struct types *t, int returns, const char *name,
		     const char *params)
{
	int proto = btf__add_func_proto(btf, returns);
	char buf[64], *rest = buf, *param;

	snprintf(buf, sizeof(buf), "%s", params);
	while ((param = strsep(&rest, " ")))
		btf__add_func_param(btf, param, t->u64);
	btf__add_func(btf, name, BTF_FUNC_STATIC, proto);
}

static void callbacks(struct btf *btf, const struct kernel *k, const struct types *t)
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

static void tdx_types(struct btf *btf, const struct kernel *k, const struct types *t)
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

static struct layout_search search;

static int layout(struct kernel k, struct kvm_layout *l)
{
	struct btf *base = btf__new_empty(), *module = NULL;
	const void *kernel_data, *module_data = NULL;
	__u32 kernel_size, module_size = 0;
	struct types t;
	int err;

	if (!base)
		abort();
	common_types(base, &k, &t);
	if (k.built_in) {
		tdx_types(base, &k, &t);
	} else {
		module = btf__new_empty_split(base);
		if (!module)
			abort();
		tdx_types(module, &k, &t);
		module_data = btf__raw_data(module, &module_size);
	}
	kernel_data = btf__raw_data(base, &kernel_size);
	err = kvm_layout_search(l, &search, kernel_data, kernel_size, module_data, module_size);
	CHECK_EQ(l->known, !err);
	CHECK_EQ(!search.error, !err);
	btf__free(module);
	btf__free(base);
	return err;
}

static void check_whole(const struct kvm_layout *l)
{
	CHECK_EQ(l->kvm_tdx_size, 2048);
	CHECK_EQ(l->kvm_vcpu_size, 4096);
	CHECK_EQ(l->vm_type, 512 + 17);
	CHECK_EQ(l->mm, 40);
	CHECK_EQ(l->created_vcpus, 48);
	CHECK_EQ(l->online_vcpus, 56);
	CHECK_EQ(l->max_vcpus, 60);
	CHECK_EQ(l->lock, 64);
	CHECK_EQ(l->mmu_lock, 0);
	CHECK_EQ(l->vm_dead, 800);
	CHECK_EQ(l->hkid, 1024);
	CHECK_EQ(l->state, 1036);
	CHECK_EQ(l->tdr_page, 1048);
	CHECK_EQ(l->vcpu_kvm, 0);
	CHECK_EQ(l->vcpu_cpu, 72);
	CHECK_EQ(l->state_initialized, 1);
	CHECK_EQ(l->state_runnable, 2);
	CHECK_EQ(l->sept.generation, TDXCTL_SEPT_SET_PRIVATE_SPTE);
	CHECK_EQ(l->sept.problem, TDXCTL_SEPT_OK);
	CHECK_EQ(l->sept.pamt_put_known, 0);
}

static void whole(void)
{
	struct kvm_layout l;

	CHECK_EQ(layout((struct kernel){ 0 }, &l), 0);
	check_whole(&l);
	CHECK_EQ(layout((struct kernel){ .built_in = true }, &l), 0);
	check_whole(&l);
}

/* One thing is missing or another: that one is unknown, the others stand. */
static void parts(void)
{
	struct kvm_layout l;

	CHECK_EQ(layout((struct kernel){ .no_hkid = true }, &l), 0);
	CHECK_EQ(l.hkid, LAYOUT_UNKNOWN);
	CHECK_EQ(l.state, 1036);
	CHECK_EQ(layout((struct kernel){ .wide_hkid = true }, &l), 0);
	CHECK_EQ(l.hkid, LAYOUT_UNKNOWN);
	CHECK_EQ(layout((struct kernel){ .dead_is_bit = true }, &l), 0);
	CHECK_EQ(l.vm_dead, LAYOUT_UNKNOWN);
	CHECK_EQ(l.mm, 40);
	CHECK_EQ(layout((struct kernel){ .no_states = true }, &l), 0);
	CHECK_EQ(l.state_initialized, LAYOUT_UNKNOWN);
	CHECK_EQ(l.state_runnable, LAYOUT_UNKNOWN);
	CHECK_EQ(layout((struct kernel){ .other_params = true }, &l), 0);
	CHECK_EQ(l.sept.problem, TDXCTL_SEPT_PROTOTYPE);
	CHECK_EQ(layout((struct kernel){ .no_vcpu = true }, &l), 0);
	CHECK_EQ(l.vcpu_kvm, LAYOUT_UNKNOWN);
	CHECK_EQ(l.kvm_vcpu_size, 0);
	CHECK_EQ(l.hkid, 1024);
}

static void generations(void)
{
	static const uint32_t all[] = { TDXCTL_SEPT_REMOVE_PFN, TDXCTL_SEPT_REMOVE_SPTE, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		uint32_t want = all[i] ? all[i] : TDXCTL_SEPT_SET_PRIVATE_SPTE;
		struct kvm_layout l;

		CHECK_EQ(layout((struct kernel){ .sept = all[i], .pamt_put = true }, &l), 0);
		CHECK_EQ(l.sept.generation, want);
		CHECK_EQ(l.sept.problem, TDXCTL_SEPT_OK);
		CHECK_EQ(l.sept.pamt_put_known, 1);
		CHECK_EQ(layout((struct kernel){ .sept = all[i], .no_free = true }, &l), 0);
		CHECK_EQ(l.sept.generation, want);
		CHECK_EQ(l.sept.problem, TDXCTL_SEPT_MISSING);
		CHECK_EQ(l.sept.callback, all[i] ? 3 : 1);
		CHECK_EQ(l.hkid, 1024);
	}
}

static void nothing(void)
{
	struct kvm_layout l;

	CHECK_EQ(layout((struct kernel){ .no_kvm_tdx = true }, &l), -ENOENT);
	CHECK_STR(search.error, "no struct kvm_tdx");
	CHECK(!search.faulty);
	CHECK_EQ(l.hkid, LAYOUT_UNKNOWN);
	CHECK_EQ(l.sept.problem, TDXCTL_SEPT_NO_TYPES);
	/* It is not known which one is KVM's. */
	CHECK_EQ(layout((struct kernel){ .two_kvm_tdx = true }, &l), -ENOENT);
	CHECK_STR(search.error, "more than one struct kvm_tdx");
	CHECK_EQ(kvm_layout_search(&l, &search, "no BTF", 6, NULL, 0), -EINVAL);
	CHECK(search.faulty == &search.kernel);
	CHECK_EQ(kvm_layout_search(&l, &search, "", 0, NULL, 0), -EINVAL);
	CHECK(!l.known);
}

/* A module's file that does not belong to the kernel is not read as if it did. */
static void torn(void)
{
	static const char header[] = "\x9f\xeb\x01\x00\x18\x00\x00\x00";
	struct btf *base = btf__new_empty();
	struct kernel k = { 0 };
	struct kvm_layout l;
	const void *data;
	struct types t;
	__u32 size;

	common_types(base, &k, &t);
	data = btf__raw_data(base, &size);
	CHECK_EQ(kvm_layout_search(&l, &search, data, size, header, sizeof(header)), -EINVAL);
	CHECK(search.faulty == &search.module);
	CHECK_STR(search.error, "shorter than a header");
	CHECK_EQ(l.hkid, LAYOUT_UNKNOWN);
	btf__free(base);
}

int main(void)
{
	RUN(whole);
	RUN(parts);
	RUN(generations);
	RUN(nothing);
	RUN(torn);
	return check_done("core-layout");
}
