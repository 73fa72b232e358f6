// SPDX-License-Identifier: GPL-2.0-only
/* A consistent snapshot of the ledger, mutexes and CPUs. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "tdxctl_drv.h"
#include "watch/watch.h"

/* Room for TDs that are created between the calculation of the size and the copy. */
#define SPARE (64 * sizeof(struct tdxctl_td))
#define TRIES 8

struct host {
	struct wire_host wire;
	struct wire_lock tdx_lock;
	struct wire_lock *key_config;
	struct wire_cpu *cpus;
};

static int host_read(struct host *h)
{
	u32 max = num_possible_cpus(), pkgs = cpus_nr_pkgs();

	h->cpus = kvcalloc(max, sizeof(*h->cpus), GFP_KERNEL);
	h->key_config = kcalloc(pkgs, sizeof(*h->key_config), GFP_KERNEL);
	if (!h->cpus || !h->key_config) {
		kvfree(h->cpus);
		kfree(h->key_config);
		return -ENOMEM;
	}
	locks_sample(&h->tdx_lock, h->key_config, pkgs);
	h->wire = (struct wire_host){
		.boot_offset_ns = ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_BOOT)),
		.nr_cpus = cpus_fill(h->cpus, max),
		.cpus = h->cpus,
		.nr_pkgs = pkgs,
		.pkg_id = cpus_pkg_ids(),
		.tdx_lock = &h->tdx_lock,
		.key_config = h->key_config,
	};
	return 0;
}

static void host_free(struct host *h)
{
	kvfree(h->cpus);
	kfree(h->key_config);
}

/* Returns the size of a snapshot taken now, in bytes; 0 if out of memory. */
size_t snapshot_size(void)
{
	const struct ledger *l;
	unsigned long flags;
	struct host h = {};
	size_t size;

	if (host_read(&h))
		return 0;
	l = observe_lock(&flags);
	size = wire_size(l, &h.wire);
	observe_unlock(flags);
	host_free(&h);
	return size;
}

/**
 * snapshot_take() - take a snapshot
 * @max: largest size that the caller accepts, in bytes
 * @hide_tdr: report no addresses of TDR pages
 * @size: out: size of the snapshot; with -ENOSPC the size that is needed
 *
 * Return: memory to be freed with kvfree(), or an error pointer: -ENOSPC, -ENOMEM, or
 * -EAGAIN if TDs were created faster than they could be copied.
 */
void *snapshot_take(size_t max, bool hide_tdr, size_t *size)
{
	const struct ledger *l;
	unsigned long flags;
	struct host h = {};
	void *buf;
	int i, ret;

	ret = host_read(&h);
	if (ret)
		return ERR_PTR(ret);
	h.wire.hide_tdr = hide_tdr;

	observe_fold();
	ret = -EAGAIN;
	for (i = 0; i < TRIES; i++) {
		size_t room;
		s64 n;

		l = observe_lock(&flags);
		*size = wire_size(l, &h.wire);
		observe_unlock(flags);
		if (*size > max) {
			ret = -ENOSPC;
			break;
		}
		room = min(*size + SPARE, max);
		buf = kvzalloc(room, GFP_KERNEL);
		if (!buf) {
			ret = -ENOMEM;
			break;
		}
		l = observe_lock(&flags);
		h.wire.now_ns = ktime_get_mono_fast_ns();
		n = wire_fill(l, &h.wire, buf, room);
		observe_unlock(flags);
		if (n >= 0) {
			*size = n;
			host_free(&h);
			return buf;
		}
		kvfree(buf);
	}
	host_free(&h);
	return ERR_PTR(ret);
}
