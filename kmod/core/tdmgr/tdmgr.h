/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * tdmgr: the KVM side of a TD's life - order, locks, unwinding, leaks.
 *
 * It talks to a TDX module (seam, or a real SEAMCALL instruction answered by
 * seam) through struct tdmgr_ops and never allocates, locks or prints itself.
 *
 * Locking rules
 *   TDMGR_LOCK_TDX             around each KOT user: CREATE, VPFLUSHDONE,
 *                              CACHE.WB, KEY.FREEID; and around enabling
 *                              the CPUs for a TD that is being created.
 *   TDMGR_LOCK_KEY_CONFIG[pkg] around KEY.CONFIG on that package.
 *   TDMGR_LOCK_POOL            the HKID pool and the list of live TDs; innermost.
 *   TDMGR_LOCK_CPUS (shared)   CPU hotplug read lock, outermost; whoever
 *                              calls tdmgr_cpu_online() and _offline() holds
 *                              it exclusively. Never taken twice.
 * The order is that of enum tdmgr_lock.
 * One TD at a time: the caller serialises all calls on one struct tdmgr_td
 * (KVM: kvm->lock), calls on different TDs may run in parallel.
 */
#ifndef TDXCTL_CORE_TDMGR_H
#define TDXCTL_CORE_TDMGR_H

#include "tdx.h"

struct tdmgr_args {
	u64 rcx, rdx, r8, r9, r10, r11;
};

enum tdmgr_lock {
	TDMGR_LOCK_CPUS,
	TDMGR_LOCK_TDX,
	TDMGR_LOCK_KEY_CONFIG,
	TDMGR_LOCK_POOL,
};

enum tdmgr_log { TDMGR_ERR, TDMGR_WARN, TDMGR_INFO };

struct tdmgr_ops {
	/* One SEAMCALL on the current CPU; outputs in @args; returns RAX. */
	u64 (*seamcall)(void *ctx, u64 rax, struct tdmgr_args *args);
	/*
	 * Runs fn(arg) on online CPU @cpu and waits; -ENXIO when it is offline.
	 * @fn makes one SEAMCALL and may run with interrupts off.
	 */
	int (*on_cpu)(void *ctx, u32 cpu, void (*fn)(void *arg), void *arg);
	u32 (*this_cpu)(void *ctx);
	bool (*cpu_online)(void *ctx, u32 cpu);
	/* @index is the package for TDMGR_LOCK_KEY_CONFIG, else 0. May sleep. */
	void (*lock)(void *ctx, enum tdmgr_lock lock, u32 index);
	void (*unlock)(void *ctx, enum tdmgr_lock lock, u32 index);
	/* Zeroed bookkeeping memory, NULL when there is none. */
	void *(*zalloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *p);
	/* 4-KiB pages for the module (control and S-EPT pages); 0 = none. */
	u64 (*page_alloc)(void *ctx);
	void (*page_free)(void *ctx, u64 pa);
	/* Clears a page that was private: MOVDIR64B + full barrier (F2.2). */
	void (*page_clear)(void *ctx, u64 pa);
	/* The kernel address of a page_alloc()ed page (TD_PARAMS). */
	void *(*page_map)(void *ctx, u64 pa);
	void (*log)(void *ctx, enum tdmgr_log level, const char *fmt, ...)
		CORE_PRINTF(3, 4);
	/* A long operation should stop (signal pending). NULL: never. */
	bool (*interrupted)(void *ctx);
	/* Called regularly inside long operations (cond_resched). NULL: nothing. */
	void (*relax)(void *ctx);
};

struct tdmgr_config {
	u32 nr_cpus;
	const u8 *cpu_pkg;	/* nr_cpus entries; copied */
	u32 nr_pkgs;
	u32 global_hkid;	/* first private KeyID */
	u32 first_hkid;		/* first guest HKID */
	u32 nr_hkids;
	u32 hkid_shift;
	u32 max_vcpus;		/* KVM_MAX_VCPUS and module limit, the smaller */
	/* TDMRs to hand to TDH.SYS.CONFIG: an array in a page, 512-aligned PAs. */
	u64 tdmr_array_pa;
	u32 nr_tdmrs;
	const u64 *tdmr_base;	/* nr_tdmrs entries, for TDMR.INIT; copied */
	const u64 *tdmr_size;
};

/*
 * Bytes of the PAMT area that the entries of one page size need for a TDMR of
 * @tdmr_size bytes; a multiple of 4 KiB.
 */
u64 tdmgr_pamt_size(u64 tdmr_size, enum tdx_page_size level);
/*
 * Describes one TDMR without reserved areas. @pamt: the physical address of the
 * PAMT area for each page size, of tdmgr_pamt_size() bytes.
 */
void tdmgr_tdmr_fill(struct tdx_tdmr_info *info, u64 base, u64 size,
		     const u64 pamt[TDX_PAGE_SIZES]);

struct tdmgr;
struct tdmgr_td;

/*
 * -ENOMEM, -EINVAL (empty topology or HKID range). No SEAMCALL is made.
 */
int tdmgr_new(struct tdmgr **out, const struct tdmgr_config *cfg,
	      const struct tdmgr_ops *ops, void *ctx);
/* All TDs must be destroyed; a leaked one is dropped with its pages leaked. */
void tdmgr_free(struct tdmgr *m);

/*
 * SYS.INIT, LP.INIT on every online CPU, SYS.CONFIG, KEY.CONFIG per package,
 * TDMR.INIT. -EIO with the failing leaf and status logged; -ENODEV when there
 * is no module (VMFAILINVALID), -EOPNOTSUPP/-EACCES for #GP/#UD, -EAGAIN no
 * entropy, -EINTR. May be called again, and goes on where it failed.
 */
int tdmgr_bringup(struct tdmgr *m);

/*
 * F5, rule (2). Online: while TDs exist the CPU is enabled now, a failure
 * refuses the CPU (-EIO); without TDs it is left for the next first TD.
 * Offline: -EBUSY for the last CPU of a package while any HKID is in use,
 * leaked ones included. vCPUs associated with the CPU are flushed first; -EBUSY
 * also when one cannot be.
 */
int tdmgr_cpu_online(struct tdmgr *m, u32 cpu);
int tdmgr_cpu_offline(struct tdmgr *m, u32 cpu);
/* Was TDH.SYS.LP.INIT successful on @cpu? */
bool tdmgr_cpu_enabled(const struct tdmgr *m, u32 cpu);

/*
 * KVM_CREATE_VM. Enables every online CPU if this is the first TD; -EIO when
 * one fails (that TD is not created). No HKID is taken. -ENOMEM; -ENODEV before
 * tdmgr_bringup().
 */
int tdmgr_td_create(struct tdmgr *m, struct tdmgr_td **out);

/*
 * All calls on a TD but release, terminate, mem_remove and destroy answer -EIO
 * once it is dead: released, terminated, or after a SEAMCALL failed in a way
 * that KVM treats as a bug. A busy module is asked again, within bounds.
 */

struct tdmgr_td_params {
	u64 attributes;
	u64 xfam;
	u64 mrconfigid[6], mrowner[6], mrownerconfig[6];
};

/*
 * KVM_TDX_INIT_VM: F1 steps 1-7. -ENOSPC no HKID left; -EIO a present package
 * has no online CPU, or a SEAMCALL failed; -EAGAIN no entropy; -EINVAL already
 * initialised, vCPUs exist, or the module refused a parameter (*hw_error is
 * its status); -ENOMEM. On failure everything is unwound; an HKID whose
 * release failed is leaked and logged.
 */
int tdmgr_td_init_vm(struct tdmgr_td *td, const struct tdmgr_td_params *p,
		     u64 *hw_error);
/* KVM_CAP_MAX_VCPUS: -EINVAL above the maximum, 0, or once a vCPU exists. */
int tdmgr_td_set_max_vcpus(struct tdmgr_td *td, u32 max);
/* KVM_CREATE_VCPU: -EINVAL not initialised or id too large, -EEXIST, -E2BIG. */
int tdmgr_vcpu_create(struct tdmgr_td *td, u32 id);
/* KVM_TDX_INIT_VCPU: VP.CREATE, VP.ADDCX, VP.INIT. -ENOENT, -EINVAL, -EIO. */
int tdmgr_vcpu_init(struct tdmgr_td *td, u32 id, u64 rcx);
/*
 * KVM_TDX_INIT_MEM_REGION, one page. @hpa and @src_pa are the caller's pages;
 * on success @hpa belongs to the TD until remove or release hands it back.
 * -EINVAL wrong state or GPA, -EEXIST mapped already, -ENOMEM, -EIO; -EBUSY
 * nothing changed, try again. On every error @hpa is the caller's, cleared if
 * it had been private. Where a page cannot be taken back after a failure to
 * measure it, the answer is 0 and the TD is dead.
 */
int tdmgr_mem_add(struct tdmgr_td *td, u64 gpa, u64 hpa, u64 src_pa,
		  bool measure);
/* Page fault after FINALIZE: PAGE.AUG. Errors as tdmgr_mem_add(). */
int tdmgr_mem_aug(struct tdmgr_td *td, u64 gpa, u64 hpa);
/* KVM_TDX_FINALIZE_VM. -EINVAL wrong state, -EBUSY, -EIO. */
int tdmgr_td_finalize(struct tdmgr_td *td, u64 *hw_error);

/*
 * Takes one private page back: 4 SEAMCALLs while the HKID is held, 1 after
 * (F3). *@hpa is cleared and the caller's again. -ENOENT not mapped; -EIO and
 * *@hpa 0: the page stays with the module. It is leaked and counted, or still
 * mapped and handed back by release or destroy when those can have it.
 */
int tdmgr_mem_remove(struct tdmgr_td *td, u64 gpa, u64 *hpa);
/* Lowest mapped GPA >= @gpa; -ENOENT when there is none. */
int tdmgr_mem_next(struct tdmgr_td *td, u64 gpa, u64 *next);

/*
 * F2.1, idempotent: 0 when the HKID is (or was) returned or never assigned.
 * -EIO: leaked, the TD's pages stay with the module. -EBUSY: a vCPU is still
 * associated (FLUSHVP_NOT_DONE), nothing lost, try again.
 */
int tdmgr_td_release_hkid(struct tdmgr_td *td);

/* Receives each private page given back: caller's page again, cleared. */
typedef void (*tdmgr_page_fn)(void *arg, u64 gpa, u64 hpa);

/*
 * F4, KVM_TDX_RELEASE_VM: HKID first, then every private page the cheap way.
 * Only a finalized TD (-EINVAL). -EINTR: interrupted(), some pages left, call
 * again. Errors of tdmgr_td_release_hkid(); -EIO also when pages were leaked in
 * this run. The TD is dead afterwards, except after -EBUSY: nothing happened.
 */
int tdmgr_td_release_vm(struct tdmgr_td *td, tdmgr_page_fn fn, void *arg);
/*
 * KVM_TDX_TERMINATE_VM: marks the VM dead and releases the HKID only; pages go
 * later, cheaply. -EINVAL not finalized; -EBUSY, -EIO as for release.
 */
int tdmgr_td_terminate_vm(struct tdmgr_td *td);

/*
 * The last reference is gone: HKID, private pages (to @fn), vCPUs, S-EPT,
 * TDCS, TDR. Never fails; what the module keeps is leaked, counted and logged.
 */
void tdmgr_td_destroy(struct tdmgr_td *td, tdmgr_page_fn fn, void *arg);

struct tdmgr_td_info {
	u64 tdr;		/* 0 before INIT_VM and after destruction */
	u32 hkid;		/* 0 = none */
	bool dead;		/* released, terminated or beyond repair */
	bool leaked;
	bool initialized, finalized;
	u32 vcpus, max_vcpus;
	u64 private_pages, sept_pages, control_pages;
	u64 pages_leaked;	/* so far */
};
void tdmgr_td_get_info(const struct tdmgr_td *td, struct tdmgr_td_info *out);

struct tdmgr_info {
	u32 hkids_used;		/* leaked ones included */
	u32 hkids_leaked;
	u64 pages_leaked;
	u32 tds;
};
void tdmgr_get_info(const struct tdmgr *m, struct tdmgr_info *out);

#endif
