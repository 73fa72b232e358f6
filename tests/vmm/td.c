// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CREATE_VM to KVM_TDX_FINALIZE_VM. One order of steps for /dev/kvm and
 * /dev/tdx-emul; what only a real vCPU needs is done where the device says it
 * has the capability.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm-tdx-abi.h"
#include "vmm.h"

#define PAGE	       4096UL
#define BATCH_PAGES    1024UL
#define GSI_PINS       24
#define MAX_CPUID      256
#define XFAM_WANTED    0x7ULL /* x87, SSE, AVX */
#define ATTR_SEPT_VE   (1ULL << 28)
#define GUEST_PA_BITS  48
#define CPUID_1_X2APIC (1U << 21)

static int cap(int fd, long which)
{
	int ret = ioctl(fd, KVM_CHECK_EXTENSION, which);

	return ret < 0 ? 0 : ret;
}

static int tdx_cmd(int fd, uint32_t id, uint32_t flags, void *data, uint64_t *hw)
{
	struct kvm_tdx_cmd cmd = {
		.id = id,
		.flags = flags,
		.data = (uint64_t)(uintptr_t)data,
	};
	int ret = ioctl(fd, KVM_MEMORY_ENCRYPT_OP, &cmd);

	*hw = cmd.hw_error;
	return ret;
}

static void tdx_do(int fd, uint32_t id, const char *what, void *data)
{
	uint64_t hw;

	if (!tdx_cmd(fd, id, 0, data, &hw))
		return;
	if (hw)
		vmm_die(VMM_FAILED, "%s: %s (TDX module status 0x%llx)", what, strerror(errno),
			(unsigned long long)hw);
	vmm_die(VMM_FAILED, "%s: %s", what, strerror(errno));
}

static void enable_cap(struct td *td, uint32_t which, uint64_t arg, const char *what)
{
	struct kvm_enable_cap c = { .cap = which, .args = { arg } };

	if (ioctl(td->vm, KVM_ENABLE_CAP, &c))
		vmm_die(VMM_FAILED, "%s=%llu: %s", what, (unsigned long long)arg, strerror(errno));
}

static void create_vm(struct td *td)
{
	const char *dev = td->opts->dev;
	int version;

	td->dev = open(dev, O_RDWR | O_CLOEXEC);
	if (td->dev < 0)
		vmm_die(VMM_NO_TDX, "%s: %s", dev, strerror(errno));
	version = ioctl(td->dev, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		vmm_die(VMM_NO_TDX, "%s: not KVM's interface (version %d)", dev, version);
	if (!(cap(td->dev, KVM_CAP_VM_TYPES) & (1 << KVM_X86_TDX_VM)))
		vmm_die(VMM_NO_TDX, "%s: no VMs of the TDX type", dev);
	td->vm = ioctl(td->dev, KVM_CREATE_VM,
		       td->opts->plain ? 0UL : (unsigned long)KVM_X86_TDX_VM);
	if (td->vm < 0)
		vmm_die(VMM_FAILED, "KVM_CREATE_VM: %s", strerror(errno));
	/* On bare KVM a TD has no irqchip in the kernel but local APICs. */
	if (cap(td->vm, KVM_CAP_SPLIT_IRQCHIP))
		enable_cap(td, KVM_CAP_SPLIT_IRQCHIP, GSI_PINS, "KVM_CAP_SPLIT_IRQCHIP");
	if (td->opts->max_vcpus)
		enable_cap(td, KVM_CAP_MAX_VCPUS, td->opts->max_vcpus, "KVM_CAP_MAX_VCPUS");
}

static void init_vm(struct td *td)
{
	struct kvm_tdx_capabilities *caps;
	struct kvm_tdx_init_vm *init;

	caps = calloc(1, sizeof(*caps) + MAX_CPUID * sizeof(caps->cpuid.entries[0]));
	init = calloc(1, sizeof(*init) + sizeof(init->cpuid.entries[0]));
	if (!caps || !init)
		vmm_die(VMM_FAILED, "out of memory");

	caps->cpuid.nent = MAX_CPUID;
	tdx_do(td->vm, KVM_TDX_CAPABILITIES, "KVM_TDX_CAPABILITIES", caps);

	init->attributes = caps->supported_attrs & ATTR_SEPT_VE;
	init->xfam = caps->supported_xfam & XFAM_WANTED;
	init->cpuid.nent = 1;
	init->cpuid.entries[0].function = 0x80000008;
	init->cpuid.entries[0].eax = GUEST_PA_BITS << 16;
	tdx_do(td->vm, KVM_TDX_INIT_VM, "KVM_TDX_INIT_VM", init);
	free(caps);
	free(init);
}

/* A TD's vCPU starts in x2APIC mode, so its CPUID must offer that. */
static void set_cpuid(struct td *td, int vcpu, uint32_t id)
{
	struct kvm_cpuid2 *c;
	uint32_t i;

	c = calloc(1, sizeof(*c) + MAX_CPUID * sizeof(c->entries[0]));
	if (!c)
		vmm_die(VMM_FAILED, "out of memory");
	c->nent = MAX_CPUID;
	if (ioctl(td->dev, KVM_GET_SUPPORTED_CPUID, c))
		vmm_die(VMM_FAILED, "KVM_GET_SUPPORTED_CPUID: %s", strerror(errno));
	for (i = 0; i < c->nent; i++) {
		struct kvm_cpuid_entry2 *e = &c->entries[i];

		if (e->function == 1) {
			e->ebx = (e->ebx & 0x00ffffff) | id << 24;
			e->ecx |= CPUID_1_X2APIC;
		} else if (e->function == 0xb || e->function == 0x1f) {
			e->edx = id;
		} else if (e->function == 0x80000008) {
			e->eax = (e->eax & ~0x00ff0000U) | GUEST_PA_BITS << 16;
		}
	}
	if (ioctl(vcpu, KVM_SET_CPUID2, c))
		vmm_die(VMM_FAILED, "KVM_SET_CPUID2: %s", strerror(errno));
	free(c);
}

static void create_vcpus(struct td *td)
{
	bool cpuid = cap(td->dev, KVM_CAP_EXT_CPUID);
	uint32_t i;

	for (i = 0; i < td->opts->vcpus; i++) {
		td->vcpu[i] = ioctl(td->vm, KVM_CREATE_VCPU, (unsigned long)i);
		if (td->vcpu[i] < 0)
			vmm_die(VMM_FAILED, "KVM_CREATE_VCPU %u: %s", i, strerror(errno));
		if (cpuid)
			set_cpuid(td, td->vcpu[i], i);
		tdx_do(td->vcpu[i], KVM_TDX_INIT_VCPU, "KVM_TDX_INIT_VCPU",
		       (void *)(uintptr_t)td_guest_program(td->opts, i));
	}
}

static void create_gmem(struct td *td)
{
	uint64_t size = (td->opts->pages + td->opts->touch) * PAGE;
	struct kvm_create_guest_memfd gm = { .size = size };
	struct kvm_userspace_memory_region2 region = {
		.flags = KVM_MEM_GUEST_MEMFD,
		.memory_size = size,
	};
	void *shared;

	td->gmem = ioctl(td->vm, KVM_CREATE_GUEST_MEMFD, &gm);
	if (td->gmem < 0)
		vmm_die(VMM_FAILED, "KVM_CREATE_GUEST_MEMFD: %s", strerror(errno));

	td->gmem_size = size;

	/* The shared half of the slot; never touched, so it takes no memory. */
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (shared == MAP_FAILED)
		vmm_die(VMM_FAILED, "mmap: %s", strerror(errno));
	region.userspace_addr = (uint64_t)(uintptr_t)shared;
	region.guest_memfd = td->gmem;
	if (ioctl(td->vm, KVM_SET_USER_MEMORY_REGION2, &region))
		vmm_die(VMM_FAILED, "KVM_SET_USER_MEMORY_REGION2: %s", strerror(errno));
	if (td_set_private(td, true))
		vmm_die(VMM_FAILED, "KVM_SET_MEMORY_ATTRIBUTES: %s", strerror(errno));
}

/* Every batch has the same contents: the guest never runs. */
static void add_memory(struct td *td)
{
	int fd = td->opts->vcpus ? td->vcpu[0] : td->vm;
	struct kvm_tdx_init_mem_region region;
	uint64_t done, todo, hw, i;
	uint8_t *source;

	source = mmap(NULL, BATCH_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (source == MAP_FAILED)
		vmm_die(VMM_FAILED, "mmap: %s", strerror(errno));
	for (i = 0; i < BATCH_PAGES && i < td->opts->pages; i++)
		memset(source + i * PAGE, (int)i + 1, PAGE);

	for (done = 0; done < td->opts->pages; done += todo) {
		todo = td->opts->pages - done;
		if (todo > BATCH_PAGES)
			todo = BATCH_PAGES;
		region = (struct kvm_tdx_init_mem_region){
			.source_addr = (uint64_t)(uintptr_t)source,
			.gpa = done * PAGE,
			.nr_pages = todo,
		};
		/* The kernel advances the region when it is interrupted. */
		while (tdx_cmd(fd, KVM_TDX_INIT_MEM_REGION,
			       td->opts->measure ? KVM_TDX_MEASURE_MEMORY_REGION : 0, &region,
			       &hw)) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			vmm_die(VMM_FAILED, "KVM_TDX_INIT_MEM_REGION at 0x%llx: %s",
				(unsigned long long)region.gpa, strerror(errno));
		}
	}
	munmap(source, BATCH_PAGES * PAGE);
}

void td_build(struct td *td, const struct vmm_opts *opts)
{
	td->opts = opts;
	td->gmem = -1;
	create_vm(td);
	if (opts->stop_at == STOP_CREATED)
		return;
	if (opts->plain) {
		td->vcpu[0] = ioctl(td->vm, KVM_CREATE_VCPU, 0UL);
		if (td->vcpu[0] < 0)
			vmm_die(VMM_FAILED, "KVM_CREATE_VCPU: %s", strerror(errno));
		return;
	}
	init_vm(td);
	if (opts->stop_at == STOP_INIT)
		return;
	create_vcpus(td);
	if (opts->stop_at == STOP_VCPUS)
		return;
	if (opts->pages + opts->touch) {
		if (!opts->no_gmem)
			create_gmem(td);
		add_memory(td);
	}
	if (opts->stop_at == STOP_MEMORY)
		return;
	tdx_do(td->vm, KVM_TDX_FINALIZE_VM, "KVM_TDX_FINALIZE_VM", NULL);
}

void td_replace(const struct td *td)
{
	static struct td other;

	other.opts = td->opts;
	create_vm(&other);
	if (dup3(other.vm, td->vm, O_CLOEXEC) < 0)
		vmm_die(VMM_FAILED, "dup3: %s", strerror(errno));
	close(other.vm);
	other.vm = td->vm;
	init_vm(&other);
}
