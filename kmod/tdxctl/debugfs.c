// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs tdxctl/: the snapshot as text, for people and bug reports. This is not an
 * interface: programs use the device.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "tdxctl_drv.h"
#include "watch/watch.h"

static struct dentry *root;

static const char *const hkid_states[TDXCTL_HKID_STATES] = { TDXCTL_HKID_STATE_NAMES };

static const char *const td_states[TDXCTL_TD_STATES] = { TDXCTL_TD_STATE_NAMES };

static const char *const lock_kinds[TDXCTL_LOCK_KINDS] = {
	[TDXCTL_LOCK_TDX] = "tdx_lock",
	[TDXCTL_LOCK_KEY_CONFIG] = "key_config",
};

static const char *const lock_sources[TDXCTL_LOCK_SOURCES] = {
	[TDXCTL_LOCK_IN_EFFECT] = "seamcall",
	[TDXCTL_LOCK_MUTEX] = "mutex",
};

static const char *const cpu_states[TDXCTL_CPU_STATES] = { TDXCTL_CPU_STATE_NAMES };

static const char *const leaf_names[TDX_LEAF_COUNT] = {
#define X(num, id, name) [num] = name,
	TDX_LEAVES(X)
#undef X
};

static const struct {
	u32 hi;
	const char *name;
} statuses[] = {
#define X(num, id) { num, #id },
	TDX_STATUSES(X)
#undef X
		{ upper_32_bits(TDX_SEAMCALL_VMFAILINVALID),
		  "not executed (VMfailInvalid, #UD or #GP)" },
};

#define NAME(table, i) ((i) < ARRAY_SIZE(table) && (table)[i] ? (table)[i] : "?")

static const char *status_name(u64 status)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].hi == status >> 32)
			return statuses[i].name;
	return "?";
}

/* Returns record @i of section @sec. */
static const void *record(const struct tdxctl_snapshot_hdr *hdr, u32 sec, u32 i)
{
	const struct tdxctl_section_desc *d = &hdr->section[sec];

	return (const char *)hdr + d->offset + (size_t)i * d->stride;
}

static const struct tdxctl_snapshot_hdr *take(void)
{
	size_t size;

	return snapshot_take(SIZE_MAX, false, &size);
}

/* Prints a number, or "?" if it is unknown, right-aligned. */
static void put_u64(struct seq_file *m, int width, u64 v)
{
	if (v == TDXCTL_UNKNOWN)
		seq_printf(m, " %*s", width, "?");
	else
		seq_printf(m, " %*llu", width, v);
}

static void put_u32(struct seq_file *m, int width, u32 v)
{
	put_u64(m, width, v == TDXCTL_UNKNOWN32 ? TDXCTL_UNKNOWN : v);
}

static void put_ms(struct seq_file *m, u64 ns)
{
	seq_printf(m, " %10llu.%03llu", div_u64(ns, NSEC_PER_MSEC),
		   div_u64(ns, NSEC_PER_USEC) % 1000);
}

static void put_owner(struct seq_file *m, const struct tdxctl_owner *o)
{
	if (o->tgid)
		seq_printf(m, " %8d %.*s", o->tgid, TDXCTL_COMM_LEN, o->comm);
	else
		seq_printf(m, " %8s %s", "-", "-");
}

static int hkids_show(struct seq_file *m, void *v)
{
	const struct tdxctl_snapshot_hdr *hdr = take();
	u32 i;

	if (IS_ERR(hdr))
		return PTR_ERR(hdr);
	seq_printf(m, "%5s %-10s %-18s %-8s %14s %8s %s\n", "HKID", "STATE", "TDR", "KEYED",
		   "SINCE-MS", "PID", "COMM");
	for (i = 0; i < hdr->section[TDXCTL_SEC_HKIDS].count; i++) {
		const struct tdxctl_hkid *h = record(hdr, TDXCTL_SEC_HKIDS, i);

		seq_printf(m, "%5u %-10s 0x%016llx %8llx", h->id, NAME(hkid_states, h->state),
			   h->tdr, h->keyed_packages);
		put_ms(m, h->since_ns ? hdr->now_ns - h->since_ns : 0);
		put_owner(m, &h->owner);
		if (h->state == TDXCTL_HKID_LEAKED)
			seq_printf(m, "  %s: %s", NAME(leaf_names, h->fail_leaf),
				   status_name(h->fail_status));
		seq_putc(m, '\n');
	}
	kvfree(hdr);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hkids);

static int tds_show(struct seq_file *m, void *v)
{
	const struct tdxctl_snapshot_hdr *hdr = take();
	u32 i;

	if (IS_ERR(hdr))
		return PTR_ERR(hdr);
	seq_printf(m, "%5s %-18s %-15s %5s %5s %5s %10s %8s %8s %10s %8s %s\n", "TD", "TDR",
		   "STATE", "HKID", "VCPUS", "MAX", "PRIVATE", "SEPT", "CONTROL", "SEAMCALLS",
		   "PID", "COMM");
	for (i = 0; i < hdr->section[TDXCTL_SEC_TDS].count; i++) {
		const struct tdxctl_td *t = record(hdr, TDXCTL_SEC_TDS, i);

		seq_printf(m, "%5u 0x%016llx %-15s", t->id, t->tdr, NAME(td_states, t->state));
		put_u32(m, 5, t->hkid);
		put_u32(m, 5, t->vcpus);
		put_u32(m, 5, t->max_vcpus);
		put_u64(m, 10, t->private_pages);
		put_u64(m, 8, t->sept_pages);
		put_u64(m, 8, t->control_pages);
		put_u64(m, 10, t->seamcalls);
		put_owner(m, &t->owner);
		seq_putc(m, '\n');
	}
	if (hdr->tds_dropped)
		seq_printf(m, "%llu TDs not listed: the table is full\n", hdr->tds_dropped);
	kvfree(hdr);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(tds);

static int locks_show(struct seq_file *m, void *v)
{
	const struct tdxctl_snapshot_hdr *hdr = take();
	u32 i;

	if (IS_ERR(hdr))
		return PTR_ERR(hdr);
	seq_printf(m, "%-10s %7s %-8s %4s %14s %14s %10s %9s %6s %7s %s\n", "LOCK", "PACKAGE",
		   "SOURCE", "HELD", "HELD-MS", "LONGEST-MS", "ACQUIRED", "CONTENDED", "BUSY",
		   "ENTROPY", "HOLDER");
	for (i = 0; i < hdr->section[TDXCTL_SEC_LOCKS].count; i++) {
		const struct tdxctl_lock *l = record(hdr, TDXCTL_SEC_LOCKS, i);

		seq_printf(m, "%-10s", NAME(lock_kinds, l->kind));
		if (l->kind == TDXCTL_LOCK_TDX)
			seq_printf(m, " %7s", "-");
		else
			put_u32(m, 7, l->package);
		seq_printf(m, " %-8s", NAME(lock_sources, l->source));
		put_u32(m, 4, l->held);
		put_ms(m, l->held_since_ns ? hdr->now_ns - l->held_since_ns : 0);
		put_ms(m, l->longest_ns);
		put_u64(m, 10, l->acquisitions);
		put_u64(m, 9, l->contended);
		put_u64(m, 6, l->busy_retries);
		put_u64(m, 7, l->entropy_retries);
		if (l->holder_tid)
			seq_printf(m, " %.*s[%d]", TDXCTL_COMM_LEN, l->holder_comm, l->holder_tid);
		if (l->holder_tdr)
			seq_printf(m, " for 0x%llx", l->holder_tdr);
		seq_putc(m, '\n');
	}
	kvfree(hdr);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(locks);

static int cpus_show(struct seq_file *m, void *v)
{
	const struct tdxctl_snapshot_hdr *hdr = take();
	u32 i;

	if (IS_ERR(hdr))
		return PTR_ERR(hdr);
	seq_printf(m, "%5s %7s %6s %-11s %10s %7s %8s\n", "CPU", "PACKAGE", "ONLINE", "TDX",
		   "SEAMCALLS", "ONLINED", "OFFLINED");
	for (i = 0; i < hdr->section[TDXCTL_SEC_CPUS].count; i++) {
		const struct tdxctl_cpu *c = record(hdr, TDXCTL_SEC_CPUS, i);

		seq_printf(m, "%5u %7u %6u %-11s %10llu %7u %8u\n", c->cpu, c->package, c->online,
			   NAME(cpu_states, c->state), c->seamcalls, c->onlined, c->offlined);
	}
	kvfree(hdr);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

static int seamcalls_show(struct seq_file *m, void *v)
{
	const struct tdxctl_snapshot_hdr *hdr = take();
	u32 i, e;

	if (IS_ERR(hdr))
		return PTR_ERR(hdr);
	seq_printf(m, "seen %llu, missed %llu, nested %lu, contradictions %llu\n", hdr->seamcalls,
		   hdr->missed, probe_nested(), hdr->violations);
	seq_printf(m, "%-24s %10s %10s %10s %12s %12s\n", "LEAF", "CALLS", "ERRORS", "BUSY",
		   "MEAN-NS", "MAX-NS");
	for (i = 0; i < hdr->section[TDXCTL_SEC_LEAVES].count; i++) {
		const struct tdxctl_leaf *l = record(hdr, TDXCTL_SEC_LEAVES, i);

		seq_printf(m, "%-24s %10llu %10llu %10llu %12llu %12llu\n",
			   NAME(leaf_names, l->leaf), l->calls, l->errors, l->busy,
			   l->calls ? div64_u64(l->total_ns, l->calls) : 0, l->max_ns);
		for (e = 0; e < TDXCTL_LEAF_ERRORS && l->error[e].count; e++)
			seq_printf(m, "    %llu x 0x%016llx %s\n", l->error[e].count,
				   l->error[e].status, status_name(l->error[e].status));
	}
	kvfree(hdr);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(seamcalls);

void dbg_init(void)
{
	root = debugfs_create_dir("tdxctl", NULL);
	debugfs_create_file("hkids", 0400, root, NULL, &hkids_fops);
	debugfs_create_file("tds", 0400, root, NULL, &tds_fops);
	debugfs_create_file("locks", 0400, root, NULL, &locks_fops);
	debugfs_create_file("cpus", 0400, root, NULL, &cpus_fops);
	debugfs_create_file("seamcalls", 0400, root, NULL, &seamcalls_fops);
}

void dbg_exit(void)
{
	debugfs_remove(root);
}
