/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * tdmgr: what KVM does over the life of a TD: the order of SEAMCALLs, locks,
 * unwinding and leaks. The flows are described in FLOWS.md.
 *
 * The TDX module, memory, locks and the log are reached through struct tdmgr_ops
 * only. The module is seam, called directly or by a SEAMCALL instruction that
 * seam answers.
 *
 * Locks, in the order of enum tdmgr_lock:
 *   TDMGR_LOCK_CPUS            CPU hotplug, held shared here. Callers of
 *                              tdmgr_cpu_online() and tdmgr_cpu_offline()
 *                              hold it exclusively. Not recursive.
 *   TDMGR_LOCK_TDX             around each user of the KOT: CREATE, VPFLUSHDONE,
 *                              CACHE.WB, KEY.FREEID; and around enabling the
 *                              CPUs for a new TD.
 *   TDMGR_LOCK_KEY_CONFIG[pkg] around KEY.CONFIG on that package.
 *   TDMGR_LOCK_POOL            the HKID pool and the list of TDs.
 * The caller serialises all calls on one struct tdmgr_td (KVM: kvm->lock). Calls
 * on different TDs may run in parallel.
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
	/* Executes a SEAMCALL on the current CPU; outputs in @args. Returns RAX. */
	u64 (*seamcall)(void *ctx, u64 rax, struct tdmgr_args *args);
	/*
	 * Runs fn(arg) on @cpu and waits. @fn makes one SEAMCALL and may run with
	 * interrupts off. Returns 0, or -ENXIO if @cpu is offline.
	 */
	int (*on_cpu)(void *ctx, u32 cpu, void (*fn)(void *arg), void *arg);
	u32 (*this_cpu)(void *ctx);
	bool (*cpu_online)(void *ctx, u32 cpu);
	/* May sleep. @index is the package for TDMGR_LOCK_KEY_CONFIG, else 0. */
	void (*lock)(void *ctx, enum tdmgr_lock lock, u32 index);
	void (*unlock)(void *ctx, enum tdmgr_lock lock, u32 index);
	/* Allocates zeroed memory for bookkeeping; NULL on failure. */
	void *(*zalloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *p);
	/*
	 * Allocates a 4-KiB page for the module (control and S-EPT pages). Returns
	 * its physical address, 0 on failure.
	 */
	u64 (*page_alloc)(void *ctx);
	void (*page_free)(void *ctx, u64 pa);
	/* Clears a page that was private, with MOVDIR64B and a full barrier. */
	void (*page_clear)(void *ctx, u64 pa);
	/* Returns the address of a page from page_alloc() (for TD_PARAMS). */
	void *(*page_map)(void *ctx, u64 pa);
	void (*log)(void *ctx, enum tdmgr_log level, const char *fmt, ...) CORE_PRINTF(3, 4);
	/* Returns true if a long operation should stop (signal pending). NULL: never. */
	bool (*interrupted)(void *ctx);
	/* Called regularly during long operations (cond_resched). NULL: nothing. */
	void (*relax)(void *ctx);
};

struct tdmgr_config {
	u32 nr_cpus;
	const u8 *cpu_pkg; /* nr_cpus entries; copied */
	u32 nr_pkgs;
	u32 global_hkid; /* first private KeyID */
	u32 first_hkid;	 /* first guest HKID */
	u32 nr_hkids;
	u32 hkid_shift;
	u32 max_vcpus; /* limited to TDX_MAX_VCPUS_PER_TD */
	/* For TDH.SYS.CONFIG: a page with the addresses of the TDMR_INFOs, 512-aligned. */
	u64 tdmr_array_pa;
	u32 nr_tdmrs;
	const u64 *tdmr_base; /* nr_tdmrs entries, for TDMR.INIT; copied */
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
 * Creates a manager in *@out. @cfg and @ops are copied. Makes no SEAMCALL. Returns
 * 0, -ENOMEM, or -EINVAL if the topology or the HKID range is invalid.
 */
int tdmgr_new(struct tdmgr **out, const struct tdmgr_config *cfg, const struct tdmgr_ops *ops,
	      void *ctx);
/* Frees @m. TDs that still exist are destroyed, and all their pages are leaked. */
void tdmgr_free(struct tdmgr *m);

/*
 * Brings the module up: SYS.INIT, LP.INIT on every online CPU, SYS.CONFIG,
 * KEY.CONFIG on each package, TDMR.INIT. Returns 0; -EIO if a package has no online
 * CPU or a SEAMCALL failed; -ENODEV without a module (VMFAILINVALID); -EOPNOTSUPP
 * after #GP; -EACCES after #UD; -EAGAIN for lack of entropy; -EINTR. The failing
 * leaf and its status are logged. A later call continues where this one failed.
 */
int tdmgr_bringup(struct tdmgr *m);

/*
 * CPU hotplug, FLOWS.md F5. Both return 0, or -EINVAL for an unknown CPU.
 *
 * Online: while TDs exist, the CPU is enabled now; -EIO if that fails, and the CPU
 * must not come online. Without TDs it is enabled with the next TD.
 *
 * Offline: flushes the vCPUs associated with the CPU. -EBUSY if one cannot be
 * flushed, or if @cpu is the last online CPU of its package and any HKID is in use
 * or leaked.
 */
int tdmgr_cpu_online(struct tdmgr *m, u32 cpu);
int tdmgr_cpu_offline(struct tdmgr *m, u32 cpu);
/* Returns true if TDH.SYS.LP.INIT succeeded on @cpu. */
bool tdmgr_cpu_enabled(const struct tdmgr *m, u32 cpu);

/*
 * KVM_CREATE_VM: enables every online CPU that is not yet enabled; takes no HKID.
 * Returns 0, -ENOMEM, -ENODEV before tdmgr_bringup(), or -EIO if a CPU cannot be
 * enabled.
 */
int tdmgr_td_create(struct tdmgr *m, struct tdmgr_td **out);

/*
 * A TD is dead after it was released or terminated, and after a SEAMCALL failed in
 * a way that KVM treats as a bug. All calls on a dead TD except release, terminate,
 * mem_remove and destroy return -EIO. A busy SEAMCALL is repeated, within limits.
 */

struct tdmgr_td_params {
	u64 attributes;
	u64 xfam;
	u64 mrconfigid[6], mrowner[6], mrownerconfig[6];
};

/*
 * KVM_TDX_INIT_VM: FLOWS.md F1. Returns 0; -ENOSPC if no HKID is free; -EIO if a
 * package has no online CPU or a SEAMCALL failed; -EAGAIN for lack of entropy;
 * -EINVAL if the TD is initialised, vCPUs exist, or the module refused a parameter
 * (*@hw_error is its status); -ENOMEM. A failure unwinds all steps; an HKID that
 * cannot be released is leaked and logged.
 */
int tdmgr_td_init_vm(struct tdmgr_td *td, const struct tdmgr_td_params *p, u64 *hw_error);
/*
 * KVM_CAP_MAX_VCPUS. Returns 0, or -EINVAL if @max is 0 or above the maximum, or if
 * a vCPU exists.
 */
int tdmgr_td_set_max_vcpus(struct tdmgr_td *td, u32 max);
/*
 * KVM_CREATE_VCPU. Returns 0; -EINVAL if the TD is not initialised or @id is too
 * large; -EEXIST; -E2BIG if the TD has all its vCPUs; -ENOMEM.
 */
int tdmgr_vcpu_create(struct tdmgr_td *td, u32 id);
/*
 * KVM_TDX_INIT_VCPU: VP.CREATE, VP.ADDCX, VP.INIT. @rcx is the guest's initial RCX.
 * Returns 0; -ENOENT without such a vCPU; -EINVAL if it is initialised or the TD is
 * finalized; -ENOMEM; -EIO after a failed SEAMCALL, and the TD is dead.
 */
int tdmgr_vcpu_init(struct tdmgr_td *td, u32 id, u64 rcx);
/*
 * KVM_TDX_INIT_MEM_REGION, one page. @hpa and @src_pa are pages of the caller; on
 * success @hpa belongs to the TD until remove, release or destroy returns it.
 *
 * Returns 0; -EINVAL for a wrong state, GPA or HPA; -EEXIST if @gpa is mapped;
 * -ENOMEM; -EIO after a failed SEAMCALL; -EBUSY if the caller should retry. On
 * error @hpa is the caller's, cleared if it was private. If a page cannot be
 * measured and cannot be removed either, the result is 0 and the TD is dead.
 */
int tdmgr_mem_add(struct tdmgr_td *td, u64 gpa, u64 hpa, u64 src_pa, bool measure);
/* Page fault after FINALIZE: PAGE.AUG. Results as for tdmgr_mem_add(). */
int tdmgr_mem_aug(struct tdmgr_td *td, u64 gpa, u64 hpa);
/*
 * KVM_TDX_FINALIZE_VM. *@hw_error is the status. Returns 0, -EINVAL for a wrong
 * state, -EBUSY if the caller should retry, or -EIO.
 */
int tdmgr_td_finalize(struct tdmgr_td *td, u64 *hw_error);

/*
 * Removes one private page, FLOWS.md F3: 4 SEAMCALLs while the HKID is assigned, 1
 * afterwards. On success *@hpa is cleared and the caller's again. Returns 0;
 * -EINVAL for an unaligned GPA; -ENOENT if @gpa is not mapped; -EIO, with *@hpa 0,
 * if the module keeps the page. Such a page is leaked and counted, or it stays
 * mapped, and release or destroy tries again.
 */
int tdmgr_mem_remove(struct tdmgr_td *td, u64 gpa, u64 *hpa);
/* Finds the lowest mapped GPA >= @gpa. Returns 0, or -ENOENT if there is none. */
int tdmgr_mem_next(struct tdmgr_td *td, u64 gpa, u64 *next);

/*
 * Releases the HKID, FLOWS.md F2.1. Returns 0 if it is released or was never
 * assigned; -EIO if it is leaked, with all pages of the TD; -EBUSY if a vCPU is
 * still associated (FLUSHVP_NOT_DONE) or a package has no online CPU: nothing was
 * lost, the caller should retry.
 */
int tdmgr_td_release_hkid(struct tdmgr_td *td);

/* Called for each returned private page, which is cleared and the caller's again. */
typedef void (*tdmgr_page_fn)(void *arg, u64 gpa, u64 hpa);

/*
 * KVM_TDX_RELEASE_VM, FLOWS.md F4: releases the HKID, then all private pages, which
 * are passed to @fn. Returns 0; -EINVAL if the TD is not finalized; -EINTR if it
 * was interrupted and pages are left: call again; -EIO if pages were leaked in
 * this run; or an error of tdmgr_td_release_hkid(). The TD is dead afterwards,
 * except after -EINVAL and -EBUSY, which change nothing.
 */
int tdmgr_td_release_vm(struct tdmgr_td *td, tdmgr_page_fn fn, void *arg);
/*
 * KVM_TDX_TERMINATE_VM, FLOWS.md F4: marks the VM dead and releases the HKID only.
 * Pages are removed later, with one SEAMCALL each. Returns 0, -EINVAL if the TD is
 * not finalized, or an error of tdmgr_td_release_hkid().
 */
int tdmgr_td_terminate_vm(struct tdmgr_td *td);

/*
 * Destroys the TD: HKID, private pages (passed to @fn), vCPUs, S-EPT, TDCS, TDR.
 * Pages that the module keeps are leaked, counted and logged.
 */
void tdmgr_td_destroy(struct tdmgr_td *td, tdmgr_page_fn fn, void *arg);

struct tdmgr_td_info {
	u64 tdr;   /* 0 before INIT_VM and after destruction */
	u32 hkid;  /* 0 = none */
	bool dead; /* released, terminated or beyond repair */
	bool leaked;
	bool initialized, finalized;
	u32 vcpus, max_vcpus;
	u64 private_pages, sept_pages, control_pages;
	u64 pages_leaked; /* so far */
};
void tdmgr_td_get_info(const struct tdmgr_td *td, struct tdmgr_td_info *out);

struct tdmgr_info {
	u32 hkids_used; /* leaked ones included */
	u32 hkids_leaked;
	u64 pages_leaked;
	u32 tds;
};
void tdmgr_get_info(const struct tdmgr *m, struct tdmgr_info *out);

#endif
