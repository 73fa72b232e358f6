// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/tdx_emul: what tests turn, and what is really so. */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "emul.h"

#define MAX_HOLD_MS	60000
#define MAX_TRUTH_TDS	4096
#define MAX_COMMAND	256

static struct dentry *debug_dir;

static char *debug_command(const char __user *ubuf, size_t len)
{
	return len < MAX_COMMAND ? memdup_user_nul(ubuf, len) : ERR_PTR(-E2BIG);
}

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

static int fault_parse(char *cmd)
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
	return seam_fault_add(emul.seam, &f);
}

static ssize_t faults_write(struct file *file, const char __user *ubuf,
			    size_t len, loff_t *pos)
{
	char *cmd, *buf = debug_command(ubuf, len);
	int ret = 0;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	cmd = strim(buf);
	if (!strcmp(cmd, "clear"))
		seam_fault_clear(emul.seam);
	else
		ret = fault_parse(cmd);
	kfree(buf);
	return ret ?: len;
}

static int faults_show(struct seq_file *m, void *v)
{
	struct seam_fault f[SEAM_MAX_FAULTS];
	u32 i, nr = seam_fault_list(emul.seam, f, ARRAY_SIZE(f));

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
	return single_open(file, faults_show, NULL);
}

static const struct file_operations faults_fops = {
	.owner	 = THIS_MODULE,
	.open	 = faults_open,
	.read	 = seq_read,
	.llseek	 = seq_lseek,
	.release = single_release,
	.write	 = faults_write,
};

/* ---- delay ---- */

static ssize_t delay_write(struct file *file, const char __user *ubuf,
			   size_t len, loff_t *pos)
{
	char *buf = debug_command(ubuf, len);
	int ret = len;
	u32 leaf, ns;
	char end;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	if (sscanf(buf, "%u %u %c", &leaf, &ns, &end) != 2 ||
	    leaf >= TDX_LEAF_COUNT || ns > EMUL_MAX_DELAY_NS)
		ret = -EINVAL;
	else
		emul_set_delay(leaf, ns);
	kfree(buf);
	return ret;
}

static int delay_show(struct seq_file *m, void *v)
{
	u32 leaf;

	for (leaf = 0; leaf < TDX_LEAF_COUNT; leaf++)
		if (emul_get_delay(leaf))
			seq_printf(m, "%u %u\n", leaf, emul_get_delay(leaf));
	return 0;
}

static int delay_open(struct inode *inode, struct file *file)
{
	return single_open(file, delay_show, NULL);
}

static const struct file_operations delay_fops = {
	.owner	 = THIS_MODULE,
	.open	 = delay_open,
	.read	 = seq_read,
	.llseek	 = seq_lseek,
	.release = single_release,
	.write	 = delay_write,
};

/* ---- hold ---- */

static ssize_t hold_write(struct file *file, const char __user *ubuf,
			  size_t len, loff_t *pos)
{
	char *buf = debug_command(ubuf, len);
	struct mutex *lock = NULL;
	u32 pkg, ms;
	char end;
	int ret;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	if (sscanf(buf, "tdx_lock %u %c", &ms, &end) == 1)
		lock = &tdx_lock;
	else if (sscanf(buf, "key_config %u %u %c", &pkg, &ms, &end) == 2 &&
		 pkg < emul.nr_pkgs)
		lock = &tdx_mng_key_config_lock[pkg];
	kfree(buf);

	if (!lock || ms > MAX_HOLD_MS)
		return -EINVAL;
	ret = emul_hold(lock, ms);
	return ret ?: len;
}

static const struct file_operations hold_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= hold_write,
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

static void truth_collect(struct truth *t)
{
	u64 pa, base, size;
	u32 i;

	for (i = 0; i < emul_nr_tdmrs(); i++) {
		emul_tdmr(i, &base, &size);
		for (pa = base; pa < base + size; pa += SZ_64M) {
			seam_for_each_page(emul.seam, pa, pa + SZ_64M, truth_page, t);
			cond_resched();
		}
	}
}

static const char *truth_sys_name(enum seam_sys_state state)
{
	static const char * const name[] = {
		[SEAM_SYSINIT_PENDING]	= "init-pending",
		[SEAM_SYSINIT_DONE]	= "init-done",
		[SEAM_SYSCONFIG_DONE]	= "config-done",
		[SEAM_SYS_READY]	= "ready",
		[SEAM_SYS_SHUTDOWN]	= "shutdown",
	};

	return state < ARRAY_SIZE(name) ? name[state] : "unknown";
}

static void truth_hkids(struct seq_file *m)
{
	static const char * const name[] = {
		[TDX_KOT_FREE]		= "free",
		[TDX_KOT_ASSIGNED]	= "assigned",
		[TDX_KOT_FLUSHED]	= "flushed",
		[TDX_KOT_RESERVED]	= "reserved",
	};
	struct seam_kot_info kot;
	u32 id, first = emul.nr_mktme + 1;

	for (id = first; id < first + emul.nr_keyids; id++) {
		if (seam_get_kot(emul.seam, id, &kot) || kot.state >= ARRAY_SIZE(name))
			continue;
		seq_printf(m, "hkid %u %s owner 0x%llx\n", id, name[kot.state],
			   seam_get_hkid_owner(emul.seam, id));
	}
}

/*
 * Line by line, not of one moment: calls may go on beside it. Stable text, for
 * tests; "td" lines are in address order.
 */
static int truth_show(struct seq_file *m, void *v)
{
	struct seam_td_info td;
	struct tdmgr_info info;
	struct truth *t;
	u32 i;

	t = kvzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	truth_collect(t);

	seq_printf(m, "sys %s\n", truth_sys_name(seam_get_sys_state(emul.seam)));
	for (i = 0; i < emul.nr_lps; i++)
		seq_printf(m, "lp %u init %d\n", i, seam_get_lp_init(emul.seam, i));
	truth_hkids(m);
	for (i = 0; i < t->nr_tds; i++) {
		if (seam_get_td(emul.seam, t->td[i], &td))
			continue;
		seq_printf(m, "td 0x%llx hkid %u lifecycle %u op %u chldcnt %llu vcpus %u\n",
			   td.tdr, td.hkid, td.lifecycle, td.op_state,
			   td.chldcnt, td.num_vcpus);
	}
	seq_printf(m, "pages reg %llu tdr %llu tdcx %llu tdvpr %llu sept %llu\n",
		   t->reg, t->tdr, t->tdcx, t->tdvpr, t->sept);
	tdmgr_get_info(emul.mgr, &info);
	seq_printf(m, "leaked hkids %u pages %llu\n", info.hkids_leaked,
		   info.pages_leaked);
	kvfree(t);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(truth);

/* Without debugfs the module works; there are just no knobs. */
void emul_debugfs_init(void)
{
	debug_dir = debugfs_create_dir("tdx_emul", NULL);
	debugfs_create_file("faults", 0600, debug_dir, NULL, &faults_fops);
	debugfs_create_file("delay", 0600, debug_dir, NULL, &delay_fops);
	debugfs_create_file("hold", 0200, debug_dir, NULL, &hold_fops);
	debugfs_create_file("truth", 0400, debug_dir, NULL, &truth_fops);
}

void emul_debugfs_exit(void)
{
	debugfs_remove(debug_dir);
}
