// SPDX-License-Identifier: GPL-2.0-only
/* debugfs files of seam: "faults" to inject, and "truth", its state. */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "seam-debugfs.h"

#define MAX_TRUTH_TDS 4096
#define MAX_COMMAND   256

/* ---- faults ---- */

static int fault_set(struct seam_fault *f, const char *key, const char *val)
{
	if (!strcmp(key, "leaf"))
		return kstrtou32(val, 0, &f->leaf);
	if (!strcmp(key, "lp"))
		return kstrtou32(val, 0, &f->lp);
	if (!strcmp(key, "skip"))
		return kstrtou32(val, 0, &f->skip);
	if (!strcmp(key, "count"))
		return kstrtou32(val, 0, &f->count);
	if (!strcmp(key, "rcx"))
		return kstrtou64(val, 0, &f->rcx);
	if (!strcmp(key, "status"))
		return kstrtou64(val, 0, &f->status);
	return -EINVAL;
}

static int fault_parse(struct seam *seam, char *cmd)
{
	struct seam_fault f = { .leaf = SEAM_ANY, .lp = SEAM_ANY, .count = 1 };
	char *word, *val;
	int ret;

	while ((word = strsep(&cmd, " \t"))) {
		if (!*word)
			continue;
		val = strchr(word, '=');
		if (!val)
			return -EINVAL;
		*val++ = '\0';
		ret = fault_set(&f, word, val);
		if (ret)
			return ret;
	}
	return seam_fault_add(seam, &f);
}

static ssize_t faults_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	const struct seam_debugfs *d = file_inode(file)->i_private;
	char *cmd, *buf;
	int ret = 0;

	if (len >= MAX_COMMAND)
		return -E2BIG;
	buf = memdup_user_nul(ubuf, len);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	cmd = strim(buf);
	if (!strcmp(cmd, "clear"))
		seam_fault_clear(d->seam);
	else
		ret = fault_parse(d->seam, cmd);
	kfree(buf);
	return ret ?: len;
}

static int faults_show(struct seq_file *m, void *v)
{
	const struct seam_debugfs *d = m->private;
	struct seam_fault f[SEAM_MAX_FAULTS];
	u32 i, nr = seam_fault_list(d->seam, f, ARRAY_SIZE(f));

	for (i = 0; i < min_t(u32, nr, ARRAY_SIZE(f)); i++) {
		if (f[i].leaf != SEAM_ANY)
			seq_printf(m, "leaf=%u ", f[i].leaf);
		seq_printf(m, "status=0x%016llx", f[i].status);
		if (f[i].lp != SEAM_ANY)
			seq_printf(m, " lp=%u", f[i].lp);
		if (f[i].rcx)
			seq_printf(m, " rcx=0x%llx", f[i].rcx);
		seq_printf(m, " skip=%u count=%u\n", f[i].skip, f[i].count);
	}
	return 0;
}

static int faults_open(struct inode *inode, struct file *file)
{
	return single_open(file, faults_show, inode->i_private);
}

static const struct file_operations faults_fops = {
	.owner = THIS_MODULE,
	.open = faults_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
	.write = faults_write,
};

/* ---- truth ---- */

struct truth {
	u64 reg, tdr, tdcx, tdvpr, sept;
	u32 nr_tds;
	u64 td[MAX_TRUTH_TDS];
};

static int truth_page(void *arg, u64 pa, const struct seam_page_info *p)
{
	struct truth *t = arg;

	switch (p->type) {
	case TDX_PT_REG:
		t->reg++;
		break;
	case TDX_PT_TDR:
		t->tdr++;
		if (t->nr_tds < MAX_TRUTH_TDS)
			t->td[t->nr_tds++] = pa;
		break;
	case TDX_PT_TDCX:
		t->tdcx++;
		break;
	case TDX_PT_TDVPR:
		t->tdvpr++;
		break;
	case TDX_PT_EPT:
		t->sept++;
		break;
	}
	return 0;
}

static void truth_collect(struct truth *t, const struct seam_debugfs *d)
{
	u64 pa, end;
	u32 i;

	for (i = 0; i < d->cfg->nr_cmrs; i++) {
		end = d->cfg->cmr[i].base + d->cfg->cmr[i].size;
		for (pa = d->cfg->cmr[i].base; pa < end; pa += SZ_64M) {
			seam_for_each_page(d->seam, pa, min_t(u64, end, pa + SZ_64M), truth_page,
					   t);
			cond_resched();
		}
	}
}

static const char *truth_sys_name(enum seam_sys_state state)
{
	/* clang-format off */
	static const char * const name[] = {
		[SEAM_SYSINIT_PENDING]	= "init-pending",
		[SEAM_SYSINIT_DONE]	= "init-done",
		[SEAM_SYSCONFIG_DONE]	= "config-done",
		[SEAM_SYS_READY]	= "ready",
		[SEAM_SYS_SHUTDOWN]	= "shutdown",
	};
	/* clang-format on */

	return state < ARRAY_SIZE(name) ? name[state] : "unknown";
}

static void truth_hkids(struct seq_file *m, const struct seam_debugfs *d)
{
	static const char *const name[] = {
		[TDX_KOT_FREE] = "free",
		[TDX_KOT_ASSIGNED] = "assigned",
		[TDX_KOT_FLUSHED] = "flushed",
		[TDX_KOT_RESERVED] = "reserved",
	};
	struct seam_kot_info kot;
	u32 id, first = d->cfg->nr_mktme_keyids + 1;

	for (id = first; id < first + d->cfg->nr_tdx_keyids; id++) {
		if (seam_get_kot(d->seam, id, &kot) || kot.state >= ARRAY_SIZE(name))
			continue;
		seq_printf(m, "hkid %u %s owner 0x%llx\n", id, name[kot.state],
			   seam_get_hkid_owner(d->seam, id));
	}
}

/*
 * Not a consistent snapshot: SEAMCALLs may run meanwhile. The format is stable, for
 * tests; "td" lines are in address order.
 */
static int truth_show(struct seq_file *m, void *v)
{
	const struct seam_debugfs *d = m->private;
	struct seam_td_info td;
	struct truth *t;
	u32 i;

	t = kvzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	truth_collect(t, d);

	seq_printf(m, "sys %s\n", truth_sys_name(seam_get_sys_state(d->seam)));
	for (i = 0; i < d->cfg->nr_lps; i++)
		seq_printf(m, "lp %u init %d\n", i, seam_get_lp_init(d->seam, i));
	truth_hkids(m, d);
	for (i = 0; i < t->nr_tds; i++) {
		if (seam_get_td(d->seam, t->td[i], &td))
			continue;
		seq_printf(m, "td 0x%llx hkid %u lifecycle %u op %u chldcnt %llu vcpus %u\n",
			   td.tdr, td.hkid, td.lifecycle, td.op_state, td.chldcnt, td.num_vcpus);
	}
	seq_printf(m, "pages reg %llu tdr %llu tdcx %llu tdvpr %llu sept %llu\n", t->reg, t->tdr,
		   t->tdcx, t->tdvpr, t->sept);
	if (d->more)
		d->more(m);
	kvfree(t);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(truth);

void seam_debugfs_create(struct dentry *dir, const struct seam_debugfs *d)
{
	debugfs_create_file("faults", 0600, dir, (void *)d, &faults_fops);
	debugfs_create_file("truth", 0400, dir, (void *)d, &truth_fops);
}
