/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdx_emul: a TDX host on a kernel and CPU without TDX.
 *
 *   seamcall.S, trap.c	  the SEAMCALL instruction, and seam, which handles its #UD
 *   mem.c		  TDMRs, PAMT, pages for the module and TDs
 *   topology.c		  CPUs and packages at load
 *   host.c		  the callbacks of tdmgr; CPU hotplug
 *   dev.c, vm.c,
 *   vm-tdx.c, gmem.c	  /dev/tdx-emul: KVM's ioctls
 *   debugfs.c, hold.c,
 *   seam-debugfs.c	  faults, delays, held locks, state of seam
 *   crash.c		  CPUs that stop in a function, SEAMCALLs during a panic or an NMI
 */
#ifndef TDXCTL_EMUL_H
#define TDXCTL_EMUL_H

#include <linux/linkage.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "seam/seam.h"
#include "tdmgr/tdmgr.h"

struct dentry;
struct file;

/* The same structure as in the kernel; seamcall.S uses the first six fields. */
struct tdx_module_args {
	u64 rcx, rdx, r8, r9, r10, r11;
	u64 r12, r13, r14, r15;
	u64 rbx, rdi, rsi;
};

/* seamcall.S */
asmlinkage u64 __seamcall(u64 fn, struct tdx_module_args *args);
asmlinkage u64 __seamcall_ret(u64 fn, struct tdx_module_args *args);
asmlinkage u64 emul_seamcall_probe(u64 fn, struct tdx_module_args *args);

/* The host at load; it does not change afterwards. */
struct emul_host {
	u32 nr_lps; /* CPU numbers: nr_cpu_ids */
	u32 nr_pkgs;
	int phys_pkg[TDX_MAX_PKGS]; /* physical package id by index */
	u8 *lp_pkg;		    /* index by CPU */
	u32 nr_mktme, nr_keyids;
	u32 hkid_shift;
	struct seam_config seam_cfg;
	struct seam *seam;
	struct tdmgr *mgr;
};

/* topology.c */
extern struct emul_host emul;

int emul_topology_init(void);
void emul_topology_exit(void);
int emul_pkg_index(int phys);

/* vm-tdx.c */
enum emul_api {
	EMUL_API_V16,	    /* has KVM_TDX_RELEASE_VM */
	EMUL_API_TERMINATE, /* has KVM_TDX_TERMINATE_VM */
	EMUL_API_MAINLINE,  /* has neither */
};

extern enum emul_api emul_api;

/* trap.c */
#define EMUL_MAX_DELAY_NS (100 * NSEC_PER_MSEC)

int emul_trap_init(void);
void emul_trap_exit(void);
void emul_set_delay(u32 leaf, u32 ns);
u32 emul_get_delay(u32 leaf);

/* mem.c */
int emul_mem_init(void);
void emul_mem_exit(void);
u64 emul_page_alloc(void);
void emul_page_free(u64 pa);
u32 emul_nr_tdmrs(void);
void emul_tdmr(u32 i, u64 *base, u64 *size);
u64 emul_tdmr_array(void);

/* host.c */
/* Global, with the names of KVM v9-v19: tools find them through kallsyms. */
extern struct mutex tdx_lock;
extern struct mutex tdx_mng_key_config_lock[TDX_MAX_PKGS];

int emul_host_init(void);
void emul_host_exit(void);

/* dev.c */
int emul_dev_init(void);
void emul_dev_exit(void);

/* debugfs.c */
void emul_debugfs_init(void);
void emul_debugfs_exit(void);

/* hold.c */
int emul_hold(struct mutex *lock, u32 ms);
void emul_hold_exit(void);

/* crash.c */
enum emul_held {
	EMUL_HELD_NONE = -1, /* no CPU has come there yet */
	EMUL_HELD_OVER = -2,
	EMUL_HELD_OFF = -3, /* no CPU is waited for */
};

int emul_hold_cpu(const char *symbol, u32 ms);
int emul_held_cpu(void);
u64 emul_one_seamcall(void);
int emul_panic_seamcall(void);
u64 emul_nmi_seamcall(void);
void emul_crash_exit(void);

#endif
