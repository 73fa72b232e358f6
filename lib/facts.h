/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a host tells without the helper. Every value is readable or has a
 * reason; "no permission" is never taken for "off".
 */
#ifndef TDXCTL_HOSTSRC_H
#define TDXCTL_HOSTSRC_H

#include <libtdxctl.h>

struct tdxctl_val {
	uint64_t value;			/* valid when readable */
	bool readable;
	bool fault;			/* MSR: the CPU refuses it */
	const char *reason;		/* a constant; NULL when readable */
};

/* X(number, identifier): what is read of each package. */
/* clang-format off */
#define TDXCTL_MSRS(X) \
	X(0x87, KEYID) X(0x981, TME_CAPABILITY) X(0x982, TME_ACTIVATE) \
	X(0x983, TME_EXCLUDE_MASK) X(0x984, TME_EXCLUDE_BASE) \
	X(0x1400, SEAMRR_BASE) X(0x1401, SEAMRR_MASK) X(0xfe, MTRRCAP) \
	X(0x480, VMX_BASIC) X(0x3a, FEATURE_CONTROL) X(0xa0, SGX_MCHECK) \
	X(0x500, SGX_SVN) X(0x503, SGX_DEBUG) X(0xce, PLATFORM_INFO) \
	X(0xcf, CORE_CAPABILITIES) X(0x122, TSX_CTRL) X(0x98, WBINVDP) X(0x99, WBNOINVDP)
/* clang-format on */

enum tdxctl_msr {
#define X(num, id) TDXCTL_MSR_##id,
	TDXCTL_MSRS(X)
#undef X
	TDXCTL_MSR_COUNT
};

/* The MSRs of one package, through one of its online CPUs. */
struct tdxctl_msr_set {
	uint32_t package, cpu;
	struct tdxctl_val msr[TDXCTL_MSR_COUNT];
};

/* The number of an MSR in the table above. */
uint32_t tdxctl_msr_number(enum tdxctl_msr msr);
enum tdxctl_msrs {
	TDXCTL_MSRS_NONE,		/* "not asked for" */
	TDXCTL_MSRS_KEYIDS,		/* KEYID and TME_ACTIVATE of the first package */
	TDXCTL_MSRS_ALL,
};
/*
 * One set per package of @snap that has an online CPU, malloc'ed; *count may be
 * 0. Live hosts: /dev/cpu/N/msr. Captured ones: /dev/cpu/N/msr.txt with lines
 * "0x87 0x100000000f" or "0x87 fault".
 */
int tdxctl_msrs_get(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		    enum tdxctl_msrs which, struct tdxctl_msr_set **out, size_t *count);

/* ---- files and texts ---- */

struct tdxctl_text {
	char *text;			/* NULL: see reason */
	bool absent;			/* it is certain that there is none */
	const char *reason;		/* a constant */
};

/* X(identifier, path): one line each. */
#define TDXCTL_FILES(X) \
	X(RELEASE, "/proc/sys/kernel/osrelease") \
	X(CMDLINE, "/proc/cmdline") \
	X(TDX_VERSION, "/sys/devices/faux/tdx_host/version") \
	X(SEAMLDR_VERSION, "/sys/devices/faux/tdx_host/seamldr_version") \
	X(UPDATES_LEFT, "/sys/devices/faux/tdx_host/num_remaining_updates") \
	X(UPLOAD_STATUS, "/sys/class/firmware/tdx_module/status") \
	X(UPLOAD_ERROR, "/sys/class/firmware/tdx_module/error") \
	X(KVM_TDX, "/sys/module/kvm_intel/parameters/tdx") \
	X(KVM_EPT, "/sys/module/kvm_intel/parameters/ept") \
	X(KVM_APICV, "/sys/module/kvm_intel/parameters/enable_apicv") \
	X(KVM_TDP_MMU, "/sys/module/kvm/parameters/tdp_mmu") \
	X(KVM_MMIO_CACHING, "/sys/module/kvm/parameters/mmio_caching") \
	X(KVM_VIRT_AT_LOAD, "/sys/module/kvm/parameters/enable_virt_at_load") \
	X(MEM_SLEEP, "/sys/power/mem_sleep") \
	X(POWER_DISK, "/sys/power/disk") \
	X(LOCKDOWN, "/sys/kernel/security/lockdown") \
	X(KEXEC_CRASH, "/sys/kernel/kexec_crash_loaded") \
	X(NR_HUGEPAGES, "/proc/sys/vm/nr_hugepages") \
	X(VFIO_DMA_LIMIT, "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit")

enum tdxctl_file {
#define X(id, path) TDXCTL_FILE_##id,
	TDXCTL_FILES(X)
#undef X
	TDXCTL_FILE_COUNT
};

/* X(identifier, path): only whether they are there. */
#define TDXCTL_PATHS(X) \
	X(KVM_DEV, "/dev/kvm") \
	X(KVM_INTEL, "/sys/module/kvm_intel") \
	X(SGX_ENCLAVE, "/dev/sgx_enclave") \
	X(SGX_PROVISION, "/dev/sgx_provision") \
	X(UPLOAD, "/sys/class/firmware/tdx_module") \
	X(CGROUP_NOT_ROOT, "/sys/fs/cgroup/cgroup.events") \
	X(QGS_SOCKET, "/var/run/tdx-qgs/qgs.socket") \
	X(CPU_SYSFS, "/sys/devices/system/cpu")

enum tdxctl_path {
#define X(id, path) TDXCTL_PATH_##id,
	TDXCTL_PATHS(X)
#undef X
	TDXCTL_PATH_COUNT
};

struct tdxctl_cgroup {
	char *path;			/* below the mount, "/" is the root */
	uint64_t current, max;		/* max: TDXCTL_UNKNOWN = no limit */
	uint64_t max_events;		/* times its limit refused a TD */
};

/* ---- everything ---- */

/* What to read; the snapshot is always taken. */
#define TDXCTL_FACTS_FILES	0x001	/* TDXCTL_FILES and TDXCTL_PATHS */
#define TDXCTL_FACTS_CPU	0x002	/* CPUID, /proc/cpuinfo, CPUs that did not come online */
#define TDXCTL_FACTS_MSR	0x004
#define TDXCTL_FACTS_CGROUP	0x008	/* the misc controller's totals */
#define TDXCTL_FACTS_KVM	0x010	/* what KVM answers */
#define TDXCTL_FACTS_LOG	0x020
#define TDXCTL_FACTS_CONFIG	0x040
#define TDXCTL_FACTS_PROCS	0x080	/* processes, units and logs of VMMs and attestation */
#define TDXCTL_FACTS_MEMORY	0x100	/* size, blocks, DIMM slots */
#define TDXCTL_FACTS_CGROUPS	0x200	/* and every cgroup with a TD: on large hosts slow */
#define TDXCTL_FACTS_KEYIDS	0x400	/* of the MSRs those two */
#define TDXCTL_FACTS_VMS	0x800	/* VMs in KVM's debugfs */
#define TDXCTL_FACTS_TD		0x1000	/* what KVM offers TDs, asked of a VM made for it */
#define TDXCTL_FACTS_ALL	0x1fff
/* A screenful: few files, however large the host. */
#define TDXCTL_FACTS_STATUS	(TDXCTL_FACTS_CGROUP | TDXCTL_FACTS_KEYIDS | TDXCTL_FACTS_VMS)
/* For the table of checks, every minute. */
#define TDXCTL_FACTS_CHECK	(TDXCTL_FACTS_CPU | TDXCTL_FACTS_CGROUP)

/* The memory slots of one socket, as DMI tells. */
struct tdxctl_dimms {
	char socket[32];		/* "CPU 0"; "array 0x1000" where slots do not say */
	unsigned int slots, populated;
	uint64_t bytes;
};

/* What a VMM wrote since it last started the VM: libvirt keeps it. */
struct tdxctl_vm_log {
	char *vm, *text;
};

/* Where a VMM sends a TD's request for a quote. */
struct tdxctl_quote_socket {
	char *vm;			/* NULL unknown */
	pid_t pid;
	bool vsock;
	uint64_t cid, port;		/* of a vsock; TDXCTL_UNKNOWN */
};

enum tdxctl_service { TDXCTL_SERVICE_ABSENT, TDXCTL_SERVICE_INACTIVE, TDXCTL_SERVICE_ACTIVE };

/* What CPUID and the kernel's view of it say, of one CPU. */
struct tdxctl_cpu_facts {
	struct tdxctl_text vendor, flags, bugs;	/* /proc/cpuinfo; " a b c " */
	struct tdxctl_val family, model;
	struct tdxctl_val cpuid_7_ebx, cpuid_7_ecx, pa_bits;
};

struct tdxctl_facts {
	struct tdxctl_snapshot *snap;	/* owned */
	int helper_err;			/* a helper is there but did not answer: -errno */
	struct tdxctl_msr_set *msrs;
	size_t nr_msrs;
	struct tdxctl_cpu_facts cpu;
	struct tdxctl_text file[TDXCTL_FILE_COUNT];
	struct tdxctl_val path[TDXCTL_PATH_COUNT];	/* 1 there, 0 not */
	unsigned int kernel;		/* TDXCTL_KERNEL(7, 2); 0 unknown */
	struct tdxctl_text config;	/* of the running kernel */
	struct tdxctl_text log;		/* lines "[    1.234567] text" where times are known */
	bool log_complete;		/* it begins with the boot */
	struct tdxctl_text registration;	/* log of the registration agent */
	struct tdxctl_text qcnl;	/* where quotes' collateral comes from */
	struct tdxctl_text qgs_log;	/* what qgsd wrote since the boot */
	struct tdxctl_val qgs_running, qgs_uptime;	/* a process qgs or qgsd; seconds */
	struct tdxctl_val pccs_running;
	struct tdxctl_val qgs_unit, pccs_unit;	/* enum tdxctl_service */
	struct tdxctl_val quote_socket_count;
	struct tdxctl_quote_socket *quote_sockets;
	size_t nr_quote_sockets;
	struct tdxctl_val vm_log_count;
	struct tdxctl_vm_log *vm_logs;
	size_t nr_vm_logs;
	struct tdxctl_text last_log;	/* of the kernel before, from pstore */
	struct tdxctl_val mem_total;	/* bytes */
	struct tdxctl_val mem_offline;	/* memory blocks offline */
	struct tdxctl_val dimm_sockets;	/* how many of the next */
	struct tdxctl_dimms *dimms;
	size_t nr_dimms;
	struct tdxctl_val kvm_vm_types, kvm_max_vcpus;	/* KVM_CHECK_EXTENSION */
	struct tdxctl_val td_attributes, td_xfam;	/* KVM_TDX_CAPABILITIES: supported */
	struct tdxctl_val td_max_vcpus;	/* KVM_CAP_MAX_VCPUS of a TD */
	struct tdxctl_val kvm_vms;	/* in KVM's debugfs */
	struct tdxctl_val hkid_capacity, hkid_current;	/* misc cgroup, root */
	struct tdxctl_cgroup *cgroups;	/* those that have or were refused a TD */
	size_t nr_cgroups;
	uint64_t nodes_offline;		/* bit i: no CPU of node i is online */
	bool cpus_unplaced;		/* nor does a node tell where an offline CPU belongs */
	struct tdxctl_val stuck_cpu;	/* a CPU that did not come online */
	char stuck_step[64];		/* where it stopped */
};

/* The reason when KVM makes VMs for TDs but is not of the generation that was merged. */
extern const char tdxctl_td_other_abi[];

#define TDXCTL_KERNEL(major, minor) ((major) << 8 | (minor))

/*
 * X(what, member): every single value and text of the above; those of the MSRs,
 * files and paths are in their own tables.
 */
/* clang-format off */
#define TDXCTL_FACT_VALS(X) \
	X(CPU, cpu.family) X(CPU, cpu.model) X(CPU, cpu.cpuid_7_ebx) X(CPU, cpu.cpuid_7_ecx) \
	X(CPU, cpu.pa_bits) X(CPU, stuck_cpu) \
	X(MEMORY, mem_total) X(MEMORY, mem_offline) X(MEMORY, dimm_sockets) \
	X(KVM, kvm_vm_types) X(KVM, kvm_max_vcpus) X(VMS, kvm_vms) \
	X(TD, td_attributes) X(TD, td_xfam) X(TD, td_max_vcpus) \
	X(CGROUP, hkid_capacity) X(CGROUP, hkid_current) \
	X(PROCS, qgs_running) X(PROCS, qgs_uptime) X(PROCS, pccs_running) \
	X(PROCS, qgs_unit) X(PROCS, pccs_unit) X(PROCS, quote_socket_count) \
	X(PROCS, vm_log_count)
#define TDXCTL_FACT_TEXTS(X) \
	X(CPU, cpu.vendor) X(CPU, cpu.flags) X(CPU, cpu.bugs) \
	X(CONFIG, config) X(LOG, log) X(PROCS, registration) X(PROCS, qcnl) X(PROCS, qgs_log) \
	X(LOG, last_log)
/* clang-format on */

/* The same as tables that end with a NULL name; @at is within struct tdxctl_facts. */
struct tdxctl_fact {
	const char *name;
	unsigned int what;
	size_t at;
};

extern const struct tdxctl_fact tdxctl_fact_vals[], tdxctl_fact_texts[];
extern const char *const tdxctl_file_paths[TDXCTL_FILE_COUNT], *const tdxctl_path_paths[TDXCTL_PATH_COUNT];

/*
 * Reads what @what has a bit for; the rest is "not asked for", not readable. Only
 * -ENOMEM and a failed snapshot are errors.
 */
int tdxctl_facts_get(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_facts **out);
/* The same around @snap of @ctx, which belongs to the facts from then on, or is freed. */
int tdxctl_facts_join(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_snapshot *snap,
		      struct tdxctl_facts **out);
void tdxctl_facts_free(struct tdxctl_facts *f);

/* HKIDs the misc cgroup counts as in use; TDXCTL_UNKNOWN also when that changed meanwhile. */
uint64_t tdxctl_hkids_charged(const struct tdxctl_facts *f);

enum tdxctl_tri { TDXCTL_NO, TDXCTL_YES, TDXCTL_TRI_UNKNOWN };

/* Y, 1, y; N, 0, n; anything else is not known. */
enum tdxctl_tri tdxctl_text_bool(const struct tdxctl_text *t);
/* The number in @t, decimal or 0x. */
struct tdxctl_val tdxctl_text_u64(const struct tdxctl_text *t);
/* Is @word one of the blank-separated words of @t? */
enum tdxctl_tri tdxctl_text_word(const struct tdxctl_text *t, const char *word);
/* The value of @option ("nr_cpus=") on the kernel command line; NULL none. */
const char *tdxctl_cmdline_get(const struct tdxctl_facts *f, const char *option);
/* CONFIG_@name: y and m are YES. */
enum tdxctl_tri tdxctl_config_get(const struct tdxctl_facts *f, const char *name);
/*
 * The first line of the kernel log with @needle: *line points to its text
 * without time stamp and *len is its length. NO only when the log is complete.
 */
enum tdxctl_tri tdxctl_log_find(const struct tdxctl_facts *f, const char *needle,
				const char **line, size_t *len);
/* Microseconds between the line before the first one with @needle and that one. */
struct tdxctl_val tdxctl_log_gap(const struct tdxctl_facts *f, const char *needle);
/* ---- KeyIDs ---- */

struct tdxctl_keys {
	unsigned int bits;		/* KeyID bits in use */
	unsigned int split;		/* of these, reserved for TDX */
	uint32_t tme_mt_keys, first_private, private_keys, max_tds;
};

/* @bits 1 to 15, @split up to @bits; -EINVAL. */
int tdxctl_keys_of(unsigned int bits, unsigned int split, struct tdxctl_keys *k);
/* What firmware did, from MSR 0x87. False: *reason says why it is not known. */
bool tdxctl_keys_host(const struct tdxctl_msr_set *set, struct tdxctl_keys *k,
		      const char **reason);

#endif
