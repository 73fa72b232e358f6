/* SPDX-License-Identifier: GPL-2.0-only */
/* Two debugfs files of a seam inside a kernel, whichever kernel that is. */
#ifndef TDXCTL_EMUL_SEAM_DEBUGFS_H
#define TDXCTL_EMUL_SEAM_DEBUGFS_H

#include "seam/seam.h"

struct dentry;
struct seq_file;

struct seam_debugfs {
	struct seam *seam;
	const struct seam_config *cfg;
	/* What the host itself adds to "truth", or NULL. */
	void (*more)(struct seq_file *m);
};

/* Creates "faults" and "truth" in @dir; @d stays in use as long as they exist. */
void seam_debugfs_create(struct dentry *dir, const struct seam_debugfs *d);

#endif
