/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Serialises a ledger as the snapshot of <linux/tdxctl.h>. Freestanding: the helper
 * and the library's emulated host compile this source, so the format is the same.
 */
#ifndef TDXCTL_WIRE_H
#define TDXCTL_WIRE_H

#include <linux/tdxctl.h>
#include "ledger.h"

/* A mutex of the kernel; ignored unless @present. */
struct wire_lock {
	bool present; /* the mutex was found */
	bool held;
	s32 tgid, tid; /* holder, 0 unknown */
	char comm[TDXCTL_COMM_LEN];
	u64 since_ns;
	u64 contended; /* holds with waiters; added to the ledger's count */
	u64 longest_ns;
};

struct wire_cpu {
	u32 cpu;
	u32 pkg; /* index, not the physical id */
	bool online;
	u32 onlined, offlined;
};

/* Values that the ledger does not have. */
struct wire_host {
	u64 now_ns, boot_offset_ns;
	u32 nr_cpus;
	const struct wire_cpu *cpus;
	u32 nr_pkgs;
	const u32 *pkg_id;		    /* physical package id by index */
	const struct wire_lock *tdx_lock;   /* NULL: not known */
	const struct wire_lock *key_config; /* nr_pkgs entries, or NULL */
	bool hide_tdr;			    /* TDXCTL_TDR_HIDDEN instead of addresses */
};

/* Returns the number of bytes that wire_fill() would write now. */
size_t wire_size(const struct ledger *l, const struct wire_host *h);
/* Writes a snapshot to @buf, which is 8-byte aligned. Returns its size, or -ENOSPC. */
s64 wire_fill(const struct ledger *l, const struct wire_host *h, void *buf, size_t len);
/* Writes statistics of a leaf to @to, which is all zero. */
void wire_put_leaf(struct tdxctl_leaf *to, const struct ledger_leaf *from);

#endif
