/* SPDX-License-Identifier: GPL-2.0-only */
/* debugfs files of seam, for tdx_emul and for the kernel of the lab, which has seam. */
#ifndef TDXCTL_EMUL_SEAM_DEBUGFS_H
#define TDXCTL_EMUL_SEAM_DEBUGFS_H

#include "seam/seam.h"

struct dentry;
struct seq_file;

struct seam_debugfs {
	struct seam *seam;
	const struct seam_config *cfg;
	/* Prints additional lines of "truth", or NULL. */
	void (*more)(struct seq_file *m);
};

/* Creates "faults" and "truth" in @dir. @d must exist as long as these files. */
void seam_debugfs_create(struct dentry *dir, const struct seam_debugfs *d);

#endif
