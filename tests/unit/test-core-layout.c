/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's structures out of BTF that the test writes itself: what is not there stays unknown. */
#include "kernel-btf.h"

static struct layout_search search;

static int layout(struct kernel k, struct kvm_layout *l)
{
	struct kernel_btf b = kernel_btf(&k);
	int err = kvm_layout_search(l, &search, b.kernel, b.kernel_size, b.kvm_intel,
				    b.kvm_intel_size);

	CHECK_EQ(l->known, !err);
	CHECK_EQ(!search.error, !err);
	kernel_btf_free(&b);
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
	struct btf_types t;
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
