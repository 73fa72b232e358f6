/* SPDX-License-Identifier: GPL-2.0-only */
/* fuzz-device: a fuzzer of /dev/tdxctl. main.c: the loop; calls.c: ioctls; world.c: the rest. */
#ifndef TDXCTL_TESTS_FUZZ_DEVICE_H
#define TDXCTL_TESTS_FUZZ_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/tdxctl.h>

#define NR_FILES 4
#define NR_VMS	 3

struct vm {
	int pid;   /* of the VMM; 0: none */
	int pidfd; /* -1: none */
	int fd;	   /* number of the VM file in the VMM */
};

struct world {
	const char *vmm_dev; /* what the VMMs open */
	const char *name;    /* of the worker; also names its VMs */
	int file[NR_FILES];  /* of /dev/tdxctl, -1: closed */
	int mode[NR_FILES];  /* O_RDONLY, O_WRONLY, O_RDWR */
	struct vm vm[NR_VMS];
	int odd[5];   /* descriptors that are neither pidfd nor VM */
	uint64_t tdr; /* of some TD in the last snapshot of root */
	unsigned int vms, unloads, refused, cpus;
	bool failed;
};

/* Each step has random numbers of its own: they do not depend on what happened before. */
struct rnd {
	uint64_t s;
};

static inline uint64_t rnd(struct rnd *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* A number below @n. */
static inline uint32_t below(struct rnd *r, uint32_t n)
{
	return (uint32_t)(rnd(r) >> 32) % n;
}

/* ---- world.c ---- */

void world_open(struct world *w);
void world_close(struct world *w);
/* Opens a file of the device again, for reading, writing or both. */
void file_reopen(struct world *w, struct rnd *r, unsigned int i);
/* Ends a VMM, if there is one, and starts another. */
void vm_replace(struct world *w, struct rnd *r, unsigned int i);
/* Takes a CPU offline, and all that were offline back online. */
void cpu_cycle(struct world *w, struct rnd *r);
/* Unloads the helper, also while files are open, and loads it again. */
void helper_cycle(struct world *w, struct rnd *r);

/* ---- calls.c ---- */

void calls_init(void);
/* One ioctl, valid or not, as root or as a user. */
void call_once(struct world *w, struct rnd *r);
/* Prints how often each ioctl was called and succeeded. Fails for one that never did. */
void calls_report(struct world *w);

#define FAIL(w, ...) \
	do { \
		printf("%s: ", (w)->name); \
		printf(__VA_ARGS__); \
		putchar('\n'); \
		(w)->failed = true; \
	} while (0)

#endif
