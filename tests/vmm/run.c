// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs that run. What the guest does is up to the TDX module under KVM; here
 * are its threads in KVM_RUN, interrupts for it, and holes in its memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm-tdx-abi.h"
#include "vmm.h"

#ifndef KVM_EXIT_MEMORY_FAULT
#define KVM_EXIT_MEMORY_FAULT 39
#endif

/* Since 6.11; some headers are older. */
#ifndef KVM_PRE_FAULT_MEMORY
struct kvm_pre_fault_memory {
	uint64_t gpa, size, flags, padding[5];
};
#define KVM_PRE_FAULT_MEMORY _IOWR(KVMIO, 0xd5, struct kvm_pre_fault_memory)
#endif

#define STACK_SIZE (64 * 1024)

#define MSI_ADDRESS 0xfee00000U
#define MSI_VECTOR  0x41

struct vcpu_thread {
	const struct td *td;
	uint32_t id;
	pthread_t thread;
};

#define IA32_NR_IOCTL 54

/* An ioctl of a vCPU. The way of 32-bit programs: @arg has to be below 4 GiB. */
static int vcpu_ioctl(const struct vcpu_thread *v, unsigned int command, void *arg)
{
	int fd = v->td->vcpu[v->id];
	long ret = IA32_NR_IOCTL;

	if (!v->td->opts->compat)
		return ioctl(fd, command, arg);
	if ((uintptr_t)arg >> 32)
		vmm_die(VMM_FAILED, "vCPU %u: %p is not for a 32-bit system call", v->id, arg);
	asm volatile("int $0x80"
		     : "+a"(ret)
		     : "b"(fd), "c"(command), "d"(arg)
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* The guest halts, and KVM waits inside KVM_RUN: most exits mean its end. */
static void *vcpu_loop(void *arg)
{
	const struct vcpu_thread *v = arg;
	int fd = v->td->vcpu[v->id];
	struct kvm_run *run;
	int size;

	size = ioctl(v->td->dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	run = size < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (run == MAP_FAILED)
		vmm_die(VMM_FAILED, "vCPU %u: mmap: %s", v->id, strerror(errno));
	for (;;) {
		if (!vcpu_ioctl(v, KVM_RUN, NULL)) {
			fprintf(stderr, "%s: vCPU %u: exit reason %u\n", v->td->opts->name, v->id,
				run->exit_reason);
			break;
		}
		if (errno == EINTR || errno == EAGAIN)
			continue;
		fprintf(stderr, "%s: vCPU %u: KVM_RUN: %s%s\n", v->td->opts->name, v->id,
			strerror(errno),
			run->exit_reason == KVM_EXIT_MEMORY_FAULT ? " (memory fault)" : "");
		/* The TD was released early; the VMM continues. */
		break;
	}
	munmap(run, size);
	return NULL;
}

/* Holds its vCPU in another ioctl than KVM_RUN, nearly all the time. */
static void *prefault_loop(void *arg)
{
	const struct vcpu_thread *v = arg;
	const struct vmm_opts *o = v->td->opts;
	/* Below 4 GiB, of a static program. */
	static struct kvm_pre_fault_memory ranges[VMM_MAX_VCPUS];
	struct kvm_pre_fault_memory *range = &ranges[v->id];
	int err = 0;

	while (!err || errno == EINTR || errno == EAGAIN) {
		if (!range->size) {
			range->gpa = o->pages * 4096;
			range->size = o->touch * 4096;
		}
		err = vcpu_ioctl(v, KVM_PRE_FAULT_MEMORY, range);
	}
	fprintf(stderr, "%s: vCPU %u: KVM_PRE_FAULT_MEMORY: %s\n", o->name, v->id, strerror(errno));
	return NULL;
}

static int apart(void *arg)
{
	vcpu_loop(arg);
	_exit(VMM_OK);
}

/*
 * The vCPU's thread belongs to another process, with the same memory map. This
 * thread lends it its thread-local storage, and waits.
 */
static void *vcpu_apart(void *arg)
{
	const struct vcpu_thread *v = arg;
	char *stack = malloc(STACK_SIZE);
	int pid = stack ? clone(apart, stack + STACK_SIZE, CLONE_VM | SIGCHLD, arg) : -1;

	if (pid < 0)
		vmm_die(VMM_FAILED, "vCPU %u: clone: %s", v->id, strerror(errno));
	waitpid(pid, NULL, 0);
	free(stack);
	return NULL;
}

static void pin_last_cpu(pthread_t thread)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sysconf(_SC_NPROCESSORS_CONF) - 1, &set);
	if (pthread_setaffinity_np(thread, sizeof(set), &set))
		vmm_die(VMM_FAILED, "affinity to the last CPU");
}

static bool fed;

static void *hog(void *arg)
{
	struct sched_param p = { .sched_priority = 50 };

	pin_last_cpu(pthread_self());
	if (sched_setscheduler(0, SCHED_FIFO, &p))
		vmm_die(VMM_FAILED, "SCHED_FIFO: %s", strerror(errno));
	while (!__atomic_load_n(&fed, __ATOMIC_RELAXED))
		;
	return NULL;
}

/* A thread of higher priority takes the CPU that vCPU 0 is bound to. */
void td_starve(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, hog, NULL))
		vmm_die(VMM_FAILED, "no thread");
	usleep(50 * 1000);
}

void td_feed(void)
{
	__atomic_store_n(&fed, true, __ATOMIC_RELAXED);
}

void td_run(const struct td *td)
{
	void *(*loop)(void *arg) = td->opts->prefault ? prefault_loop :
				   td->opts->apart    ? vcpu_apart :
							vcpu_loop;
	struct vcpu_thread *v;
	uint32_t i;
	int err;

	v = calloc(td->opts->vcpus ? td->opts->vcpus : 1, sizeof(*v));
	if (!v)
		vmm_die(VMM_FAILED, "out of memory");
	for (i = 0; i < td->opts->vcpus; i++) {
		v[i].td = td;
		v[i].id = i;
		err = pthread_create(&v[i].thread, NULL, loop, &v[i]);
		if (err)
			vmm_die(VMM_FAILED, "vCPU %u: %s", i, strerror(err));
	}
	if (td->opts->starve)
		pin_last_cpu(v[0].thread);
}

/* One for each vCPU. A released TD accepts none, which is not an error here. */
void td_interrupt(const struct td *td)
{
	struct kvm_msi msi = { .data = MSI_VECTOR };
	uint32_t i;

	for (i = 0; i < td->opts->vcpus; i++) {
		msi.address_lo = MSI_ADDRESS | i << 12;
		ioctl(td->vm, KVM_SIGNAL_MSI, &msi);
	}
}

int td_punch(const struct td *td)
{
	return fallocate(td->gmem, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, td->gmem_size);
}

/* All of the slot; what was private is gone when it becomes shared. */
int td_set_private(const struct td *td, bool private)
{
	struct kvm_memory_attributes attrs = {
		.size = td->gmem_size,
		.attributes = private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
	};

	return ioctl(td->vm, KVM_SET_MEMORY_ATTRIBUTES, &attrs);
}

/* How the guest under test reads the RCX it starts with. */
uint64_t td_guest_program(const struct vmm_opts *opts, uint32_t vcpu)
{
	uint64_t share = opts->touch / opts->vcpus;
	uint64_t first = opts->pages + vcpu * share;

	if (vcpu == opts->vcpus - 1)
		share = opts->touch - vcpu * share;
	return share << 48 | first << 12 | opts->busy;
}
