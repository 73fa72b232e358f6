/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A release of a VM of this host, by the helper or by ending its process. */
#ifndef TDXCTL_LIB_RELEASE_HELPER_H
#define TDXCTL_LIB_RELEASE_HELPER_H

#include "private.h"

struct gmem {
	int fd;				/* our copy */
	uint64_t size;
	uint64_t done;			/* punched so far */
};

enum stop_stage { STOP_NEW, STOP_TERM, STOP_KILL, STOP_ENDED };

struct helper_release {
	struct tdxctl_release base;
	int dev, pidfd, vm_fd;
	pid_t pid;
	char name[64];			/* for messages */
	struct tdxctl_td was;		/* as it was before */
	enum tdxctl_strategy strategy;
	bool automatic;			/* nobody asked for a certain strategy */
	bool cancelled;
	struct tdxctl_release_state st;
	/* TERMINATE: the pages go with the guest_memfd */
	struct gmem *gmem;
	size_t nr_gmem;
	bool gmem_open;
	uint64_t left_seen, left_ns;	/* pages left, and since when */
	/* STOP */
	enum stop_stage stage;
	uint64_t started_ns, stage_ns;
};

/* gmem.c: opens the VM's guest_memfd files; -EOPNOTSUPP when they cannot be told apart. */
int gmem_open(struct helper_release *r);
/* Gives memory back for about @ms; 1 when there is nothing left to give. */
int gmem_punch(struct helper_release *r, unsigned int ms);
void gmem_close(struct helper_release *r);

/* A TD that gave its HKID back lost pages, any other its HKID. -EIO */
int release_leaked(struct helper_release *r, const struct tdxctl_td *td);

/* release-stop.c */
int stop_step(struct helper_release *r, unsigned int wait_ms);

#endif
