// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs that run. What the guest does is up to the TDX module under KVM; here
 * are its threads in KVM_RUN, interrupts for it, and holes in its memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../kmod/emul/kvm-tdx-abi.h"
#include "vmm.h"

#ifndef KVM_EXIT_MEMORY_FAULT
#define KVM_EXIT_MEMORY_FAULT	39
#endif

#define MSI_ADDRESS	0xfee00000U
#define MSI_VECTOR	0x41

struct vcpu_thread {
	const struct td *td;
	uint32_t id;
	pthread_t thread;
};

/* The guest halts, and KVM waits inside KVM_RUN: most exits mean its end. */
static void *vcpu_loop(void *arg)
{
	const struct vcpu_thread *v = arg;
	int fd = v->td->vcpu[v->id];
	struct kvm_run *run;
	int size;

	size = ioctl(v->td->dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	run = size < 0 ? MAP_FAILED :
	      mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (run == MAP_FAILED)
		vmm_die(VMM_FAILED, "vCPU %u: mmap: %s", v->id, strerror(errno));
	for (;;) {
		if (!ioctl(fd, KVM_RUN, 0)) {
			fprintf(stderr, "%s: vCPU %u: exit reason %u\n",
				v->td->opts->name, v->id, run->exit_reason);
			break;
		}
		if (errno == EINTR || errno == EAGAIN)
			continue;
		fprintf(stderr, "%s: vCPU %u: KVM_RUN: %s%s\n", v->td->opts->name,
			v->id, strerror(errno),
			run->exit_reason == KVM_EXIT_MEMORY_FAULT ?
			" (memory fault)" : "");
		/* Somebody took the TD away; the VMM itself goes on. */
		break;
	}
	munmap(run, size);
	return NULL;
}

void td_run(const struct td *td)
{
	struct vcpu_thread *v;
	uint32_t i;
	int err;

	v = calloc(td->opts->vcpus ? td->opts->vcpus : 1, sizeof(*v));
	if (!v)
		vmm_die(VMM_FAILED, "out of memory");
	for (i = 0; i < td->opts->vcpus; i++) {
		v[i].td = td;
		v[i].id = i;
		err = pthread_create(&v[i].thread, NULL, vcpu_loop, &v[i]);
		if (err)
			vmm_die(VMM_FAILED, "vCPU %u: %s", i, strerror(err));
	}
}

/* One for each vCPU. A TD that is no more takes none; that is no error here. */
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
	return fallocate(td->gmem, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			 td->gmem_size);
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
