/* SPDX-License-Identifier: GPL-2.0-only */
/* A VMM that builds a TD through KVM's ioctls and then sits there. */
#ifndef TDXCTL_TESTS_VMM_H
#define TDXCTL_TESTS_VMM_H

#include <stdbool.h>
#include <stdint.h>

enum vmm_exit { VMM_OK, VMM_FAILED, VMM_USAGE, VMM_NO_TDX };

enum vmm_stop { STOP_CREATED, STOP_INIT, STOP_VCPUS, STOP_MEMORY, STOP_FINALIZED };

struct vmm_opts {
	const char *name;
	const char *dev;
	const char *ready;
	uint32_t vcpus, max_vcpus, threads, timeout;
	uint64_t pages, touch;
	enum vmm_stop stop_at;
	bool measure, no_gmem, close_gmem, vhost, fork, run, busy, punch, convert;
	bool plain, prefault, compat, apart, flip, main_exits, starve, replace;
};

#define VMM_MAX_VCPUS 1024

struct td {
	const struct vmm_opts *opts;
	int dev, vm, gmem;
	uint64_t gmem_size;
	int vcpu[VMM_MAX_VCPUS];
};

/* Writes "error: ..." to stderr and to the --ready file; ends the program. */
void vmm_die(enum vmm_exit code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* All steps up to opts->stop_at; does not return on failure. */
void td_build(struct td *td, const struct vmm_opts *opts);

/* The number of the VM's descriptor becomes that of another VM, a TD without vCPUs. */
void td_replace(const struct td *td);

/* One thread per vCPU, in KVM_RUN until the TD or the VMM ends. */
void td_run(const struct td *td);
void td_interrupt(const struct td *td);
int td_punch(const struct td *td);
void td_starve(void);
void td_feed(void);
int td_set_private(const struct td *td, bool private);
uint64_t td_guest_program(const struct vmm_opts *opts, uint32_t vcpu);

#endif
