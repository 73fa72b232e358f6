/* SPDX-License-Identifier: LGPL-2.1-or-later OR GPL-2.0-only */
/*
 * Reads TDs from KVM's structures: all open files of all processes are visited, and those
 * of TDs written to the reader. Nothing stays in the kernel afterwards.
 */
#include "kernel.h"
#include "record.h"

#define ANON_INODE_FS_MAGIC 0x09041934
#define KVM_X86_TDX_VM	    5
#define MUTEX_FLAGS	    7UL /* the low bits of the owner of a mutex */
#define XA_INTERNAL	    2
#define XA_VALUE_BITS	    63

const volatile struct inventory_config config;

/*
 * Addresses of kernel variables, 0 unknown. Not static: clang would make one variable of each
 * member, with the type of all, and the kernel refuse the BTF.
 */
struct {
	__u64 vmemmap_base, tdx_lock, keyid_pool;
	__u64 global_keyid, first_keyid, nr_keyids;
} at;

static __always_inline bool read_at(void *to, __u32 size, const void *base, __u32 offset)
{
	return offset != OFFSET_UNKNOWN && !bpf_probe_read_kernel(to, size, base + offset);
}

static __always_inline bool read_symbol(void *to, __u32 size, __u64 at)
{
	return at && !bpf_probe_read_kernel(to, size, (const void *)at);
}

static __always_inline bool begins(const char *name, const char *with, int n)
{
	bool same = true;
	int i;

	for (i = 0; i < n; i++)
		same &= name[i] == with[i];
	return same;
}

/*
 * Returns the struct kvm of a file of a VM or of a vCPU, or NULL. Only the kernel names
 * anonymous inodes, so a user cannot imitate the name.
 */
static __always_inline void *kvm_of(struct file *file, __u32 *is_vcpu)
{
	void *kvm = BPF_CORE_READ(file, private_data), *vcpu;
	char name[16] = {};

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != ANON_INODE_FS_MAGIC)
		return NULL;
	bpf_probe_read_kernel_str(name, sizeof(name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	if (begins(name, "kvm-vm", sizeof("kvm-vm")))
		return kvm;
	if (!begins(name, "kvm-vcpu:", sizeof("kvm-vcpu:") - 1))
		return NULL;
	*is_vcpu = 1;
	vcpu = kvm;
	return read_at(&kvm, sizeof(kvm), vcpu, config.vcpu_kvm) ? kvm : NULL;
}

static __always_inline int one_file(struct seq_file *out, struct task_struct *task,
				    struct file *file, __u32 fd)
{
	struct inventory_record r = { .kind = INVENTORY_VM };
	struct inventory_vm *vm = &r.vm;
	struct mm_struct *mm = NULL;
	__u8 type = 0;
	void *kvm;

	kvm = kvm_of(file, &vm->is_vcpu);
	if (!kvm || !read_at(&type, sizeof(type), kvm, config.vm_type) || type != KVM_X86_TDX_VM)
		return 0;
	if (!read_at(&vm->hkid, sizeof(vm->hkid), kvm, config.hkid) ||
	    !read_at(&vm->state, sizeof(vm->state), kvm, config.state))
		return 0;
	vm->kvm = (__u64)kvm;
	read_at(&vm->tdr_page, sizeof(vm->tdr_page), kvm, config.tdr_page);
	if (!read_at(&vm->vcpus, sizeof(vm->vcpus), kvm, config.created_vcpus))
		vm->vcpus = ~0U;
	if (!read_at(&vm->max_vcpus, sizeof(vm->max_vcpus), kvm, config.max_vcpus))
		vm->max_vcpus = ~0U;
	read_at(&mm, sizeof(mm), kvm, config.mm);
	vm->owner = mm && mm == BPF_CORE_READ(task, mm);
	vm->tgid = BPF_CORE_READ(task, tgid);
	vm->fd = fd;
	vm->start_ns = BPF_CORE_READ(task, start_boottime);
	BPF_CORE_READ_STR_INTO(&vm->comm, task, comm);
	bpf_seq_write(out, &r, sizeof(r));
	return 0;
}

/*
 * Reads which HKIDs are allocated. An IDA of less than 1024 ids is one bitmap, or one
 * word if all ids are small.
 */
static __always_inline void read_pool(struct inventory_host *h)
{
	struct xarray *pool = (struct xarray *)at.keyid_pool;
	void *head = NULL;

	if (!pool || bpf_core_read(&head, sizeof(head), &pool->xa_head))
		return;
	if ((__u64)head & 1)
		h->pool[0] = (__u64)head >> 1;
	else if (((__u64)head & 3) == XA_INTERNAL)
		return;
	else if (head && bpf_probe_read_kernel(h->pool, sizeof(h->pool), head))
		return;
	h->has |= INVENTORY_HAS_POOL;
}

static __always_inline void read_lock(struct inventory_host *h)
{
	struct task_struct *task;

	/* struct mutex begins with its owner. */
	if (!read_symbol(&h->lock_owner, sizeof(h->lock_owner), at.tdx_lock))
		return;
	h->has |= INVENTORY_HAS_LOCK;
	h->lock_owner &= ~MUTEX_FLAGS;
	task = (struct task_struct *)h->lock_owner;
	if (!task)
		return;
	h->lock_tgid = BPF_CORE_READ(task, tgid);
	h->lock_tid = BPF_CORE_READ(task, pid);
	BPF_CORE_READ_STR_INTO(&h->lock_comm, task, comm);
}

static __always_inline int host(struct seq_file *out)
{
	struct inventory_record r = { .kind = INVENTORY_HOST };
	struct inventory_host *h = &r.host;

	h->page_size = bpf_core_type_size(struct page);
	if (read_symbol(&h->vmemmap_base, sizeof(h->vmemmap_base), at.vmemmap_base))
		h->has |= INVENTORY_HAS_VMEMMAP;
	if (read_symbol(&h->global_keyid, sizeof(h->global_keyid), at.global_keyid) &&
	    read_symbol(&h->first_keyid, sizeof(h->first_keyid), at.first_keyid) &&
	    read_symbol(&h->nr_keyids, sizeof(h->nr_keyids), at.nr_keyids))
		h->has |= INVENTORY_HAS_KEYIDS;
	read_pool(h);
	read_lock(h);
	bpf_seq_write(out, &r, sizeof(r));
	return 0;
}

static __always_inline void find(const char *name, int size, __u64 *address)
{
	__u64 found = 0;

	*address = bpf_kallsyms_lookup_name(name, size, 0, &found) ? 0 : found;
}

/* Finds the variables, those of kvm_intel too. Without CAP_SYSLOG there are none. */
SEC("syscall")
int symbols(void *ctx)
{
#define FIND(name, address) find(name, sizeof(name), &(address))
	FIND("vmemmap_base", at.vmemmap_base);
	FIND("tdx_lock", at.tdx_lock);
	FIND("tdx_guest_keyid_pool", at.keyid_pool);
	FIND("tdx_global_keyid", at.global_keyid);
	FIND("tdx_guest_keyid_start", at.first_keyid);
	FIND("tdx_nr_guest_keyids", at.nr_keyids);
#undef FIND
	return 0;
}

SEC("iter/task_file")
int inventory(struct bpf_iter__task_file *ctx)
{
	struct seq_file *out = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	/* The last call is without a file. */
	if (!task || !file)
		return host(out);
	return one_file(out, task, file, ctx->fd);
}

char LICENSE[] SEC("license") = "GPL";
