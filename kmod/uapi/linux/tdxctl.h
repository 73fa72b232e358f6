/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/tdxctl: the interface between tdxctl.ko, the helper, and user space.
 *
 * Every argument structure starts with its own size. A shorter structure from
 * an older caller is padded with zeros. Bytes that the helper does not know must
 * be zero, else the call fails with E2BIG. Reserved fields and unknown flags
 * must be zero (EINVAL). The meaning of a field never changes.
 *
 * INFO and SNAPSHOT only read: they need a file that is open for reading, and no
 * capability. The other commands act on the host: they need a file that is open
 * for writing, and CAP_SYS_ADMIN in the initial user namespace at each call.
 *
 * All commands may fail with ENOTTY (unknown command), EACCES (the file is not
 * open for reading or for writing), EINVAL (size too small, unknown flag, non-zero
 * reserved field), E2BIG (see above), EFAULT, and EPERM (no CAP_SYS_ADMIN).
 *
 * Times are in nanoseconds of CLOCK_MONOTONIC, unless a field says otherwise.
 * An unknown value is all ones (TDXCTL_UNKNOWN, TDXCTL_UNKNOWN32), never zero.
 */
#ifndef _UAPI_LINUX_TDXCTL_H
#define _UAPI_LINUX_TDXCTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define TDXCTL_DEV_PATH		"/dev/tdxctl"
#define TDXCTL_IOC_TYPE		0xF7

#define TDXCTL_IOC_INFO		_IO(TDXCTL_IOC_TYPE, 0x00)
#define TDXCTL_IOC_SNAPSHOT	_IO(TDXCTL_IOC_TYPE, 0x01)
#define TDXCTL_IOC_CPU_CHECK	_IO(TDXCTL_IOC_TYPE, 0x02)
#define TDXCTL_IOC_RELEASE	_IO(TDXCTL_IOC_TYPE, 0x03)
/* 0x04 is reserved: earlier helpers got the layout of KVM's structures with it. */
#define TDXCTL_IOC_ADOPT	_IO(TDXCTL_IOC_TYPE, 0x05)

#define TDXCTL_UNKNOWN		(~0ULL)
#define TDXCTL_UNKNOWN32	(~0U)
/*
 * The address of a TDR page is for callers with CAP_SYS_ADMIN. Others get this bit
 * and the number of the TD instead (0: a TD without a record), so that the records
 * of one TD still have equal values.
 */
#define TDXCTL_TDR_HIDDEN	(1ULL << 63)
#define TDXCTL_COMM_LEN		16

/* What the helper can do on this kernel. */
#define TDXCTL_F_SEAMCALL	(1ULL << 0)	/* __seamcall is observed */
#define TDXCTL_F_SEAMCALL_RET	(1ULL << 1)	/* __seamcall_ret is observed */
#define TDXCTL_F_TDX_LOCK	(1ULL << 2)	/* the mutex tdx_lock was found */
#define TDXCTL_F_KEY_LOCKS	(1ULL << 3)	/* tdx_mng_key_config_lock[] was found */
#define TDXCTL_F_CPU_CHECK	(1ULL << 4)	/* CPU_CHECK can issue a SEAMCALL */
#define TDXCTL_F_RELEASE	(1ULL << 5)	/* RELEASE can use a VM's memory map */
#define TDXCTL_F_EMULATED	(1ULL << 6)	/* the TDX module is tdx_emul */
#define TDXCTL_F_FROM_START	(1ULL << 7)	/* loaded before the TDX module */
#define TDXCTL_F_ADOPTED	(1ULL << 8)	/* all older TDs are known */

struct tdxctl_info {
	__u32 size;
	__u32 flags;			/* in: 0 */
	__u64 features;			/* TDXCTL_F_* */
	__u64 attached_ns;		/* probes armed; 0 = not attached */
	__u64 missed;			/* SEAMCALLs missed, except nested VP.FLUSH */
	__u32 global_hkid;		/* first private KeyID; 0 = no TDX */
	__u32 first_hkid;
	__u32 nr_hkids;			/* for guests */
	__u32 nr_cpus;			/* possible CPUs */
	__u32 nr_packages;
	__u32 snapshot_size;		/* size of a snapshot taken now, in bytes */
	char  provider[56];		/* module with the SEAMCALLs, "" = none */
	char  version[32];		/* of the helper */
	__u64 leaked_pages;		/* by early release, since the helper was loaded */
	/* UNKNOWN and OK: an older helper, which does not report them */
	__u32 sept_callback;		/* enum tdxctl_sept_callback: fits, or fits best */
	__u32 sept_problem;		/* enum tdxctl_sept_problem; OK: it fits */
	char  sept_function[48];	/* the function with the problem, "" = none */
	char  types_error[96];		/* why KVM's types are not known, "" = known */
};

/* ---- snapshot ---- */

enum tdxctl_section {
	TDXCTL_SEC_HKIDS,		/* struct tdxctl_hkid */
	TDXCTL_SEC_TDS,			/* struct tdxctl_td */
	TDXCTL_SEC_LOCKS,		/* struct tdxctl_lock */
	TDXCTL_SEC_PACKAGES,		/* struct tdxctl_package */
	TDXCTL_SEC_CPUS,		/* struct tdxctl_cpu */
	TDXCTL_SEC_LEAVES,		/* struct tdxctl_leaf */
	TDXCTL_SEC_COUNT,
};

/*
 * A consistent snapshot. ENOSPC: @buf_size is too small, and only @needed is
 * written. Retry with some extra room, because TDs may be created meanwhile.
 * EAGAIN: TDs were created faster than they could be copied. ENOMEM.
 */
struct tdxctl_snapshot_args {
	__u32 size;
	__u32 flags;			/* in: 0 */
	__aligned_u64 buf;
	__u32 buf_size;
	__u32 needed;			/* out */
};

struct tdxctl_section_desc {
	__u32 offset;			/* from the buffer's start, 8-byte aligned */
	__u32 stride;			/* bytes of one record; may grow */
	__u32 count;
	__u32 reserved;
};

struct tdxctl_snapshot_hdr {
	__u32 size;			/* of this header; may grow */
	__u32 total;			/* bytes written */
	__u64 now_ns;			/* when it was taken */
	__u64 boot_offset_ns;		/* CLOCK_BOOTTIME minus CLOCK_MONOTONIC */
	__u64 seamcalls;		/* seen since attach */
	__u64 missed;
	__u64 violations;		/* calls that contradict the records */
	__u64 tds_dropped;		/* TDs not listed: the table was full */
	struct tdxctl_section_desc section[TDXCTL_SEC_COUNT];
};

enum tdxctl_hkid_state {
	TDXCTL_HKID_UNKNOWN, TDXCTL_HKID_FREE, TDXCTL_HKID_ASSIGNED,
	TDXCTL_HKID_CONFIGURED, TDXCTL_HKID_FLUSHING, TDXCTL_HKID_LEAKED,
	TDXCTL_HKID_STATES,
};

/* The names of the states, as the initializers of an array. */
#define TDXCTL_HKID_STATE_NAMES						\
	[TDXCTL_HKID_UNKNOWN] = "unknown",				\
	[TDXCTL_HKID_FREE] = "free",					\
	[TDXCTL_HKID_ASSIGNED] = "assigned",				\
	[TDXCTL_HKID_CONFIGURED] = "configured",			\
	[TDXCTL_HKID_FLUSHING] = "flushing",				\
	[TDXCTL_HKID_LEAKED] = "leaked",

struct tdxctl_owner {
	__s32 tgid;			/* 0 unknown */
	__s32 tid;			/* of TDH.MNG.CREATE */
	__s32 fd;			/* VM file descriptor at that time, -1 unknown */
	__u32 reserved;
	__u64 start_ns;			/* of tgid, CLOCK_BOOTTIME; 0 unknown */
	char  comm[TDXCTL_COMM_LEN];
};

struct tdxctl_hkid {
	__u32 id;
	__u32 state;			/* enum tdxctl_hkid_state */
	__u64 tdr;			/* owner, or last owner if leaked; 0 none; HIDDEN */
	__u64 since_ns;			/* of the state; 0 unknown */
	__u64 keyed_packages;		/* bitmap */
	__u64 fail_status;		/* leaked: status of the failed SEAMCALL */
	__u32 fail_leaf;		/* and its leaf */
	__u32 reserved;
	struct tdxctl_owner owner;
};

enum tdxctl_td_state {
	TDXCTL_TD_UNKNOWN, TDXCTL_TD_ASSIGNED, TDXCTL_TD_KEYS_CONFIGURED,
	TDXCTL_TD_INITIALIZED, TDXCTL_TD_RUNNABLE, TDXCTL_TD_BLOCKED,
	TDXCTL_TD_TEARDOWN, TDXCTL_TD_LEAKED,
	TDXCTL_TD_STATES,
};

#define TDXCTL_TD_STATE_NAMES						\
	[TDXCTL_TD_UNKNOWN] = "unknown",				\
	[TDXCTL_TD_ASSIGNED] = "assigned",				\
	[TDXCTL_TD_KEYS_CONFIGURED] = "keys-configured",		\
	[TDXCTL_TD_INITIALIZED] = "initialized",			\
	[TDXCTL_TD_RUNNABLE] = "runnable",				\
	[TDXCTL_TD_BLOCKED] = "blocked",				\
	[TDXCTL_TD_TEARDOWN] = "teardown",				\
	[TDXCTL_TD_LEAKED] = "leaked",

#define TDXCTL_TD_LATE		(1U << 0)	/* existed before the helper */

struct tdxctl_td {
	__u64 tdr;			/* or TDXCTL_TDR_HIDDEN */
	__u32 id;			/* "td:N" */
	__u32 state;			/* enum tdxctl_td_state */
	__u32 flags;			/* TDXCTL_TD_* */
	__u32 hkid;			/* 0 = released */
	__u32 last_hkid;		/* kept after release */
	__u32 vcpus;
	__u32 max_vcpus;
	__u32 reserved;
	__u64 keyed_packages;
	__u64 private_pages;		/* of 4 KiB */
	__u64 sept_pages;
	__u64 control_pages;		/* TDR, TDCS, TDVPS */
	__u64 created_ns;		/* 0 unknown */
	__u64 since_ns;
	__u64 released_ns;		/* HKID released; 0 not yet */
	__u64 seamcalls;
	struct tdxctl_owner owner;
	__u64 fail_status;		/* first failure of the teardown */
	__u32 fail_leaf;		/* 0 none */
	__u32 reserved2;
};

enum tdxctl_lock_kind { TDXCTL_LOCK_TDX, TDXCTL_LOCK_KEY_CONFIG, TDXCTL_LOCK_KINDS };
enum tdxctl_lock_source {
	TDXCTL_LOCK_IN_EFFECT,		/* the SEAMCALL in flight: no mutex was found */
	TDXCTL_LOCK_MUTEX,		/* the kernel's mutex */
	TDXCTL_LOCK_SOURCES,
};

struct tdxctl_lock {
	__u32 kind;			/* enum tdxctl_lock_kind */
	__u32 package;			/* TDXCTL_UNKNOWN32 for tdx_lock */
	__u32 held;			/* 0, 1 or TDXCTL_UNKNOWN32 */
	__u32 source;			/* enum tdxctl_lock_source */
	__s32 holder_tgid;		/* 0 none or unknown */
	__s32 holder_tid;
	char  holder_comm[TDXCTL_COMM_LEN];
	__u64 holder_tdr;		/* TD that it is held for; 0 unknown; HIDDEN */
	__u64 held_since_ns;		/* when the hold was first seen; 0 = free */
	__u64 acquisitions;
	__u64 contended;
	__u64 busy_retries;		/* TDX_OPERAND_BUSY */
	__u64 entropy_retries;		/* RND_NO_ENTROPY, KEY_GENERATION_FAILED */
	__u64 longest_ns;
};

struct tdxctl_package {
	__u32 id;			/* physical package id */
	__u32 present_cpus;
	__u32 online_cpus;
	__u32 global_key;		/* 0, 1, TDXCTL_UNKNOWN32 */
	__u64 keys_programmed;
	__u64 key_config_since_ns;	/* KEY.CONFIG in flight; 0 none */
};

enum tdxctl_cpu_state {
	TDXCTL_CPU_UNKNOWN, TDXCTL_CPU_ENABLED, TDXCTL_CPU_NOT_ENABLED,
	TDXCTL_CPU_VMX_OFF, TDXCTL_CPU_NO_SEAM,
	TDXCTL_CPU_STATES,
};

#define TDXCTL_CPU_STATE_NAMES						\
	[TDXCTL_CPU_UNKNOWN] = "unknown",				\
	[TDXCTL_CPU_ENABLED] = "enabled",				\
	[TDXCTL_CPU_NOT_ENABLED] = "not-enabled",			\
	[TDXCTL_CPU_VMX_OFF] = "vmx-off",				\
	[TDXCTL_CPU_NO_SEAM] = "no-seam",

struct tdxctl_cpu {
	__u32 cpu;
	__u32 package;
	__u32 online;			/* 0 or 1 */
	__u32 state;			/* enum tdxctl_cpu_state, as last known */
	__u64 lp_init_status;		/* last TDH.SYS.LP.INIT; UNKNOWN = none seen */
	__u64 seamcalls;
	__u64 last_ns;			/* last SEAMCALL; 0 none */
	__u32 onlined, offlined;	/* hotplug events since load */
};

#define TDXCTL_HIST_BUCKETS	32	/* [2^i, 2^(i+1)) ns, the last one open */
#define TDXCTL_LEAF_ERRORS	8

struct tdxctl_leaf {
	__u32 leaf;
	__u32 reserved;
	__u64 calls;
	__u64 errors;
	__u64 busy;
	__u64 total_ns;
	__u64 max_ns;
	__u64 other_errors;
	__u64 hist[TDXCTL_HIST_BUCKETS];
	struct { __u64 status, count; } error[TDXCTL_LEAF_ERRORS];
};

/* ---- CPU check ---- */

struct tdxctl_cpu_check_rec {
	__u32 cpu;
	__u32 package;
	__u32 online;
	__u32 state;			/* enum tdxctl_cpu_state */
	__u64 status;			/* SEAMCALL status; UNKNOWN = not issued */
	__u64 duration_ns;
};

/*
 * Executes one harmless SEAMCALL (TDH.SYS.RD) on each online CPU. EOPNOTSUPP: no
 * SEAMCALL entry point. ENOSPC: @count_in is too small; @count is the number of
 * records needed. EINTR: interrupted. ENOMEM.
 */
struct tdxctl_cpu_check_args {
	__u32 size;
	__u32 flags;			/* in: 0 */
	__aligned_u64 buf;		/* struct tdxctl_cpu_check_rec[] */
	__u32 count_in;			/* size of @buf, in records */
	__u32 stride;			/* out: bytes of one record */
	__u32 count;			/* out */
	__u32 reserved;
};

/* ---- release ---- */

#define TDXCTL_RELEASE_DRY_RUN	(1U << 0)	/* plan only */
#define TDXCTL_RELEASE_CANCEL	(1U << 1)	/* stop a running release */

enum tdxctl_strategy {
	TDXCTL_STRATEGY_AUTO,		/* in: first available; out: none */
	TDXCTL_STRATEGY_TERMINATE,	/* KVM_TDX_TERMINATE_VM + guest_memfd */
	TDXCTL_STRATEGY_RELEASE,	/* KVM_TDX_RELEASE_VM */
	TDXCTL_STRATEGY_EARLY,		/* without a command of KVM */
	TDXCTL_STRATEGY_STOP,		/* user space ends the VMM */
	TDXCTL_STRATEGIES,
};

/* Why a strategy is available or not. */
enum tdxctl_reason {
	TDXCTL_REASON_OK,		/* available */
	TDXCTL_REASON_MAYBE,		/* will be tried; the kernel may refuse */
	TDXCTL_REASON_NO_IOCTL,		/* this kernel's KVM does not have the command */
	TDXCTL_REASON_NO_SYMBOL,	/* a required kernel function is missing */
	TDXCTL_REASON_NOT_FINALIZED,
	TDXCTL_REASON_NOT_TD,
	TDXCTL_REASON_VM_DEAD,
	TDXCTL_REASON_USER_SPACE,	/* done by tdxctl(8), not by the helper */
	TDXCTL_REASON_LOCKDOWN,		/* the kernel is locked down: earlier helpers */
	TDXCTL_REASON_UNKNOWN_KVM,	/* Dynamic PAMT or huge S-EPT pages */
	TDXCTL_REASONS,
};

enum tdxctl_release_phase {
	TDXCTL_PHASE_NONE,		/* nothing started (dry run) */
	TDXCTL_PHASE_HKID,		/* releasing the HKID */
	TDXCTL_PHASE_PAGES,		/* reclaiming private pages */
	TDXCTL_PHASE_DONE,
	TDXCTL_PHASE_FAILED,		/* see @result */
	TDXCTL_PHASE_CANCELLED,		/* stopped early; a later call resumes it */
	TDXCTL_PHASES,
};

/*
 * Starts, joins or watches the release of one TD, and returns after at most
 * @wait_ms with its progress. The caller repeats the call for the same VM until
 * @phase is DONE, FAILED or CANCELLED, or @ended_ns is not 0. Closing the device
 * stops the releases that this file started at the next safe point. Completed
 * steps are not undone, and a later call resumes the release. The release of a
 * TD that was released before is DONE at once.
 *
 * If @phase is PAGES with @ended_ns set and @result 0, the helper has released
 * the HKID and ended its part (TERMINATE and EARLY). User space then punches
 * holes into the guest_memfd files to reclaim @pages_left, with one SEAMCALL for
 * each page. Further calls only watch, until @pages_left is 0 and @phase is DONE.
 *
 * TDXCTL_RELEASE_DRY_RUN fills @reason, and sets @strategy to the one that would
 * be used: TDXCTL_STRATEGY_STOP if the helper has none. If the TD is being
 * released, the call reports the running release. TDXCTL_RELEASE_CANCEL starts
 * nothing; without a running release the call reports the TD.
 *
 * @pidfd and the descriptor number @vm_fd in that process name the VM, so a reused
 * PID cannot name another process.
 *
 * @cpus is for EARLY, and includes the CPU that removes the pages: with 1, no other one
 * reclaims. It applies to the VM until the VM ends, or until a later call has another
 * value. A value of 0, TDXCTL_RELEASE_DRY_RUN and TDXCTL_RELEASE_CANCEL change nothing.
 *
 * ESRCH: the process has ended. EBADF: @vm_fd is not open, or @pidfd is not a
 * pidfd. EINVAL: not a VM file, or not that of @tdr. EOPNOTSUPP: no strategy is
 * available, see @reason. EPERM. EBUSY: 64 releases are running. EINTR: a signal
 * interrupted the wait; the release continues. ENOMEM. The out fields are valid
 * also with EOPNOTSUPP and EINTR.
 */
struct tdxctl_release_args {
	__u32 size;
	__u32 flags;			/* in: TDXCTL_RELEASE_* */
	__s32 pidfd;
	__s32 vm_fd;
	__u64 tdr;			/* in: TDR of the TD, checked if not 0 */
	__u32 strategy;			/* in/out: enum tdxctl_strategy */
	__u32 wait_ms;			/* in */
	__u32 phase;			/* out: enum tdxctl_release_phase */
	__s32 result;			/* out: 0 or negative errno */
	__u32 hkid;			/* out: at the start; UNKNOWN32 */
	__u32 hkid_freed;		/* out: 0 or 1 */
	__u64 pages_total;		/* out: private pages at the start */
	__u64 pages_left;		/* out */
	__u64 seamcalls;		/* out: for this TD, since the start */
	__u64 page_seamcalls;		/* out: RECLAIMs of private pages among these */
	__u64 started_ns;		/* out */
	__u64 ended_ns;			/* out: 0 while it is running */
	__u32 reason[8];		/* out: enum tdxctl_reason by strategy */
	__u64 pages_queued;		/* out: removed pages whose RECLAIM is to come */
	__u32 cpus;			/* in: at most that many reclaim; 0: as the module says */
	__u32 reclaim_cpus;		/* out: with DRY_RUN, at most that many; 0 unknown */
};

/* ---- early release ---- */

/*
 * The generations of KVM's S-EPT callbacks, by the function that removes a page. Their
 * prototypes decide, not the version of the kernel.
 */
enum tdxctl_sept_callback {
	TDXCTL_SEPT_UNKNOWN,
	/* int (kvm, gfn, old_spte, new_spte, level): 7.2 and later */
	TDXCTL_SEPT_SET_PRIVATE_SPTE,
	/* int tdx_sept_remove_private_spte(kvm, gfn, level, pfn): 6.16 to 6.18 */
	TDXCTL_SEPT_REMOVE_PFN,
	/* void tdx_sept_remove_private_spte(kvm, gfn, level, mirror_spte): 6.19 to 7.1 */
	TDXCTL_SEPT_REMOVE_SPTE,
	TDXCTL_SEPT_CALLBACKS,
};

/* Why early release cannot replace the callbacks of this KVM. */
enum tdxctl_sept_problem {
	TDXCTL_SEPT_OK,
	TDXCTL_SEPT_NO_TYPES,		/* KVM's types are not known */
	TDXCTL_SEPT_MISSING,		/* a function is missing */
	TDXCTL_SEPT_PROTOTYPE,		/* a function has another prototype */
	TDXCTL_SEPT_UNSUPPORTED,	/* a function exists that early release does not support */
	TDXCTL_SEPT_PROBLEMS,
};

/* ---- TDs that are older than the helper ---- */

#define TDXCTL_ADOPT_DONE	(1U << 0)	/* no VM file; all VMs have been passed */

/*
 * Passes a VM to the helper that may be a TD older than the helper. @pidfd and
 * @vm_fd are as in struct tdxctl_release_args; the process must use the memory
 * map of the VM.
 *
 * ESRCH, EBADF: as for a release. EINVAL: not a VM file, not a TD, or not
 * initialised. EXDEV: the VM belongs to another process, or is dead. ENOSPC: the
 * table of TDs is full. EOPNOTSUPP: a TD, but only @max_vcpus can be read, because
 * KVM's types are not known (@types_error of struct tdxctl_info).
 */
struct tdxctl_adopt_args {
	__u32 size;
	__u32 flags;			/* in: TDXCTL_ADOPT_* */
	__s32 pidfd;
	__s32 vm_fd;
	__u64 tdr;			/* out */
	__u32 hkid;			/* out: 0 = released */
	__u32 max_vcpus;		/* in: 0; out: UNKNOWN32 */
};

/* ---- events ---- */

/*
 * The helper sends events to the multicast group TDXCTL_GENL_GROUP of the generic
 * netlink family TDXCTL_GENL_NAME. To join the group takes CAP_NET_ADMIN in the initial
 * network namespace. An event has all attributes below; a later helper may add some,
 * and a listener ignores attributes that it does not know. Some thousand events a
 * second are sent at most. TDXCTL_EVENT_A_LOST counts events dropped since the helper
 * was loaded: if it grows, read a snapshot. A listener that reads too slowly gets
 * ENOBUFS from its socket, and should do the same.
 *
 * The helper sends TD_CREATED to MEMORY_BACK; a VCPUS_CREATED for each vCPU. The other
 * kinds are not sent: tdxctl(8) finds them when it compares snapshots.
 */
#define TDXCTL_GENL_NAME	"tdxctl"
#define TDXCTL_GENL_VERSION	1
#define TDXCTL_GENL_GROUP	"events"

enum tdxctl_genl_cmd {
	TDXCTL_GENL_CMD_UNSPEC,
	TDXCTL_GENL_CMD_EVENT,
};

enum tdxctl_event_attr {
	TDXCTL_EVENT_A_UNSPEC,
	TDXCTL_EVENT_A_PAD,
	TDXCTL_EVENT_A_KIND,		/* u32, enum tdxctl_event_kind */
	TDXCTL_EVENT_A_TIME,		/* u64, CLOCK_MONOTONIC */
	TDXCTL_EVENT_A_TD,		/* u32, "td:N" */
	TDXCTL_EVENT_A_HKID,		/* u32, of the TD, also after its release */
	TDXCTL_EVENT_A_PID,		/* s32, the process that created the TD; 0 unknown */
	TDXCTL_EVENT_A_LOST,		/* u64 */
	TDXCTL_EVENT_A_COUNT,
	TDXCTL_EVENT_A_MAX = TDXCTL_EVENT_A_COUNT - 1,
};

enum tdxctl_event_kind {
	TDXCTL_EVENT_TD_PRESENT,
	TDXCTL_EVENT_TD_CREATED,
	TDXCTL_EVENT_KEYS_CONFIGURED,
	TDXCTL_EVENT_TD_INITIALIZED,
	TDXCTL_EVENT_TD_FINALIZED,
	TDXCTL_EVENT_VCPUS_CREATED,
	TDXCTL_EVENT_TEARDOWN,
	TDXCTL_EVENT_HKID_FREED,
	TDXCTL_EVENT_HKID_LEAKED,
	TDXCTL_EVENT_MEMORY_BACK,
	TDXCTL_EVENT_LOCK_HELD,
	TDXCTL_EVENT_PACKAGE_UNCOVERED,
	TDXCTL_EVENT_CPU_NOT_ENABLED,
	TDXCTL_EVENT_HKIDS_LOW,
	TDXCTL_EVENT_MISSED,
	TDXCTL_EVENT_RESTARTED,
	TDXCTL_EVENT_TDS_UNSEEN,
	TDXCTL_EVENTS,
};

#endif
