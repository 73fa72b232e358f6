/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's structures as BTF describes them, and what is built on that. */
#ifndef TDXCTL_LAYOUT_H
#define TDXCTL_LAYOUT_H

#include "../tdxctl_drv.h"

/* layout.c */
int layout_ioctl(struct tdxctl_layout *l);
bool layout_get(struct tdxctl_layout *l);
bool layout_complete(const struct tdxctl_layout *l);
bool layout_read(const void *obj, u32 at, void *out, size_t size);
int layout_init(void);
void layout_exit(void);

/* What KVM says about a TD, read without its locks. */
struct kvm_td {
	void *kvm;
	s32 hkid;		/* KVM's: -1 or 0 = none */
	u32 state;		/* enum kvm_tdx_state */
	u64 tdr;
	u32 vcpus, max_vcpus;
};

/* adopt.c */
int kvm_td_read(struct kvm_td *td, const struct tdxctl_layout *l, const struct file *file,
		const struct task_struct *leader);
int adopt_ioctl(struct tdxctl_adopt_args *a);
bool adopt_done(void);

u64 page_address_of(const struct page *page);

/* vmgone.c */
void vmgone_arm(const struct tdxctl_layout *l);
void vmgone_disarm(void);

/* early.c */
void early_resolve(void);

/* sept.c */
bool early_active(void);
void early_exit(void);

#endif
