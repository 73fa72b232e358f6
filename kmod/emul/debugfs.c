// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/tdx_emul: controls for tests, and the files of seam. */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "emul.h"
#include "seam-debugfs.h"

#define MAX_HOLD_MS 60000
#define MAX_COMMAND 256

static struct dentry *debug_dir;

static char *debug_command(const char __user *ubuf, size_t len)
{
	return len < MAX_COMMAND ? memdup_user_nul(ubuf, len) : ERR_PTR(-E2BIG);
}

/* ---- delay ---- */

static ssize_t delay_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	char *buf = debug_command(ubuf, len);
	int ret = len;
	u32 leaf, ns;
	char end;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	if (sscanf(buf, "%u %u %c", &leaf, &ns, &end) != 2 || leaf >= TDX_LEAF_COUNT ||
	    ns > EMUL_MAX_DELAY_NS)
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
	.owner = THIS_MODULE,
	.open = delay_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
	.write = delay_write,
};

/* ---- hold ---- */

static ssize_t hold_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
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
	else if (sscanf(buf, "key_config %u %u %c", &pkg, &ms, &end) == 2 && pkg < emul.nr_pkgs)
		lock = &tdx_mng_key_config_lock[pkg];
	kfree(buf);

	if (!lock || ms > MAX_HOLD_MS)
		return -EINVAL;
	ret = emul_hold(lock, ms);
	return ret ?: len;
}

static const struct file_operations hold_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = hold_write,
};

/* ---- crash ---- */

/*
 * "hold SYMBOL MS": the next CPU there stops; "call": makes a SEAMCALL; "nmi": makes
 * one from an NMI on this CPU; "panic": a panic makes one.
 */
static ssize_t crash_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	char *buf = debug_command(ubuf, len), *symbol, end;
	u32 ms;
	int ret = -EINVAL;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	symbol = kzalloc(len + 1, GFP_KERNEL);
	if (!symbol)
		ret = -ENOMEM;
	else if (sscanf(buf, "hold %s %u %c", symbol, &ms, &end) == 2 && ms <= MAX_HOLD_MS)
		ret = emul_hold_cpu(symbol, ms);
	else if (sysfs_streq(buf, "call"))
		ret = emul_one_seamcall() ? -EIO : 0;
	else if (sysfs_streq(buf, "nmi"))
		ret = emul_nmi_seamcall() ? -EIO : 0;
	else if (sysfs_streq(buf, "panic"))
		ret = emul_panic_seamcall();
	kfree(symbol);
	kfree(buf);
	return ret ?: len;
}

static int crash_show(struct seq_file *m, void *v)
{
	int cpu = emul_held_cpu();

	if (cpu >= 0)
		seq_printf(m, "held cpu %d\n", cpu);
	else
		seq_puts(m, cpu == EMUL_HELD_NONE ? "waiting\n" :
			    cpu == EMUL_HELD_OVER ? "over\n" :
						    "off\n");
	return 0;
}

static int crash_open(struct inode *inode, struct file *file)
{
	return single_open(file, crash_show, NULL);
}

static const struct file_operations crash_fops = {
	.owner = THIS_MODULE,
	.open = crash_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
	.write = crash_write,
};

/* ---- truth ---- */

static void truth_leaked(struct seq_file *m)
{
	struct tdmgr_info info;

	tdmgr_get_info(emul.mgr, &info);
	seq_printf(m, "leaked hkids %u pages %llu\n", info.hkids_leaked, info.pages_leaked);
}

static struct seam_debugfs debug_seam = {
	.cfg = &emul.seam_cfg,
	.more = truth_leaked,
};

/* Without debugfs the module works, but has no controls. */
void emul_debugfs_init(void)
{
	debug_dir = debugfs_create_dir("tdx_emul", NULL);
	debug_seam.seam = emul.seam;
	seam_debugfs_create(debug_dir, &debug_seam);
	debugfs_create_file("delay", 0600, debug_dir, NULL, &delay_fops);
	debugfs_create_file("hold", 0200, debug_dir, NULL, &hold_fops);
	debugfs_create_file("crash", 0600, debug_dir, NULL, &crash_fops);
}

void emul_debugfs_exit(void)
{
	debugfs_remove(debug_dir);
}
