/* SPDX-License-Identifier: GPL-2.0-only */
/* tdxctl.ko: KVM's structures, functions and VM files. */
#ifndef TDXCTL_KVM_H
#define TDXCTL_KVM_H

#include <linux/mutex.h>

#include "layout/layout.h"

#include "../watch/watch.h"
#include "known.h"

struct file;
struct kvm;
struct mm_struct;
struct page;
struct pid;
struct task_struct;

/* layout.c: the layout of KVM's structures; "locked" means under layout_mutex */
#define LAYOUT_ERROR_LEN sizeof(((struct tdxctl_info *)0)->types_error)

extern struct mutex layout_mutex;

bool layout_valid(const struct kvm_layout *l);
const struct kvm_layout *layout_get_locked(void);
void layout_set_locked(const struct kvm_layout *l);
void layout_forget_locked(const char *why);
bool layout_get(struct kvm_layout *l);
void layout_error(char *why, size_t size);
bool layout_complete(const struct kvm_layout *l);
bool layout_read(const void *obj, u32 at, void *out, size_t size);

/* types.c: KVM's types, from BTF */
int types_read(struct kvm_layout *l, char *why, size_t size);

/* fns.c: functions of KVM */
struct kvm_fns {
	int (*lock_all_vcpus)(struct kvm *kvm);
	void (*unlock_all_vcpus)(struct kvm *kvm);
	bool (*request_all)(struct kvm *kvm, unsigned int req);
	/* Releases the HKID, as at the end of a VM. Does nothing if it is released. */
	void (*pre_destroy)(struct kvm *kvm);
	void (*pamt_put)(u64 pfn); /* NULL: no Dynamic PAMT */
	unsigned long ops;	   /* kvm_x86_ops */
};

extern struct kvm_fns kvm_fns;

const char *kvm_fns_find(void);
bool kvm_fns_fit(const struct kvm_layout *l);

/* traits.c: what the names of KVM's functions tell */
struct kvm_traits {
	bool mainline;		 /* the TDX interface of mainline */
	bool pamt;		 /* Dynamic PAMT */
	bool reset;		 /* a page is reset before it is used again */
	const char *unsupported; /* a function that early release does not support, or NULL */
};

struct kvm_traits kvm_traits_get(void);
void kvm_traits_forget(void);

/* td.c: a TD in KVM's structures, read without KVM's locks */
struct kvm_td {
	void *kvm;
	s32 hkid;  /* KVM's value: -1 or 0 = none */
	u32 state; /* enum kvm_tdx_state */
	u64 tdr;
	u32 vcpus, max_vcpus;
};

u64 page_address_of(const struct page *page);
int kvm_td_read(struct kvm_td *td, const struct kvm_layout *l, const struct file *file,
		const struct task_struct *leader);

/* vmgone.c: the end of VMs; called under layout_mutex */
void vmgone_arm(const struct kvm_layout *l);
bool vmgone_disarm(void);

/* vmfile.c: a VM file of another process, and ioctls in its memory map */
void vmfile_init(void);
bool vmfile_usable(void);
struct pid *vmfile_pid(int pidfd);
struct file *vmfile_get(struct task_struct *task, int fd);
struct mm_struct *vmfile_mm(struct task_struct *leader);
bool vmfile_is_vm(const struct file *file);

struct vmfile_user {
	struct file *file;
	struct mm_struct *mm;
	unsigned long addr; /* scratch pages in @mm */
};

/* What KVM reports about a VM, without access to its structures. */
struct vmfile_info {
	bool is_td;
	u32 max_vcpus; /* LEDGER_UNKNOWN32 */
};

int vmfile_query(struct file *file, struct task_struct *leader, struct vmfile_info *info);
int vmfile_enter(struct vmfile_user *u);
void vmfile_leave(struct vmfile_user *u);
long vmfile_command(struct vmfile_user *u, u32 id, u32 flags);
long vmfile_capabilities(struct vmfile_user *u, u64 *caps);

/* adopt.c: TDs that are older than the helper */
int adopt_ioctl(struct tdxctl_adopt_args *a);
bool adopt_done(void);

#endif
