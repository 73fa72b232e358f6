/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts about a host that are available without the helper. Each value is readable or has
 * a reason why it is not: a value that may not be read is never reported as "off".
 */
#ifndef TDXCTL_FACTS_H
#define TDXCTL_FACTS_H

#include <libtdxctl.h>

struct tdxctl_val {
	uint64_t value; /* valid if readable */
	bool readable;
	bool fault;	    /* the CPU does not have this MSR */
	const char *reason; /* a constant; NULL when readable */
};

/* X(number, identifier): the MSRs that are read on each package. */
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

/* The MSRs of one package, read on one of its online CPUs. */
struct tdxctl_msr_set {
	uint32_t package, cpu;
	struct tdxctl_val msr[TDXCTL_MSR_COUNT];
};

/* Returns the number of an MSR: TDXCTL_MSR_KEYID is 0x87. */
uint32_t tdxctl_msr_number(enum tdxctl_msr msr);

/* Which MSRs to read. The others have the reason "not asked for". */
enum tdxctl_msrs {
	TDXCTL_MSRS_NONE,
	TDXCTL_MSRS_KEYIDS, /* KEYID and TME_ACTIVATE of the first package */
	TDXCTL_MSRS_ALL,
};
/*
 * Reads MSRs. *@out has one set for each package of @snap with an online CPU, malloc'ed;
 * *@count may be 0. On a live host they are read from /dev/cpu/N/msr, on a captured host
 * from /dev/cpu/N/msr.txt with lines "0x87 0x100000000f" or "0x87 fault". Returns 0 or
 * -ENOMEM: an MSR that cannot be read is not an error.
 */
int tdxctl_msrs_get(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		    enum tdxctl_msrs which, struct tdxctl_msr_set **out, size_t *count);

/* ---- files and texts ---- */

struct tdxctl_text {
	char *text;	    /* NULL if it could not be read */
	bool absent;	    /* the file does not exist */
	const char *reason; /* why it could not be read: a constant */
};

/* X(identifier, path): files whose first line is read. */
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

/* X(identifier, path): paths that are only checked for existence. */
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
	char *path;	       /* below the mount; "/" is the root */
	uint64_t current, max; /* max is TDXCTL_UNKNOWN if there is no limit */
	uint64_t max_events;   /* how often its limit refused a TD */
};

/* ---- facts ---- */

/* What to read; the snapshot is always taken. */
#define TDXCTL_FACTS_FILES    0x001  /* TDXCTL_FILES and TDXCTL_PATHS */
#define TDXCTL_FACTS_CPU      0x002  /* CPUID, /proc/cpuinfo */
#define TDXCTL_FACTS_MSR      0x004  /* all MSRs of each package */
#define TDXCTL_FACTS_CGROUP   0x008  /* totals of the misc controller */
#define TDXCTL_FACTS_KVM      0x010  /* capabilities that KVM reports */
#define TDXCTL_FACTS_LOG      0x020  /* logs of this kernel and the previous one */
#define TDXCTL_FACTS_CONFIG   0x040  /* configuration of kernel and modprobe; includes FILES */
#define TDXCTL_FACTS_PROCS    0x080  /* processes, units and logs of VMMs and attestation */
#define TDXCTL_FACTS_MEMORY   0x100  /* memory size, memory blocks, DIMM slots */
#define TDXCTL_FACTS_CGROUPS  0x200  /* cgroups with TDs: slow on large hosts; includes CGROUP */
#define TDXCTL_FACTS_KEYIDS   0x400  /* the MSRs of TDXCTL_MSRS_KEYIDS only */
#define TDXCTL_FACTS_VMS      0x800  /* VMs in KVM's debugfs */
#define TDXCTL_FACTS_TD	      0x1000 /* what KVM offers TDs, from a temporary VM; includes KVM */
#define TDXCTL_FACTS_HOTPLUG  0x2000 /* CPUs that failed to come online, nodes that are offline */
#define TDXCTL_FACTS_OBSERVED 0x4000 /* whether the helper agrees with KVM: loads BPF programs */
#define TDXCTL_FACTS_ALL      0x7fff
/*
 * For the health checks, which may run every minute: CGROUP; and HOTPLUG, LOG and VMS only
 * if the snapshot does not answer what they show.
 */
#define TDXCTL_FACTS_HEALTH 0x8000
/* For `tdxctl status`: few files, independent of the size of the host, and no BPF programs. */
#define TDXCTL_FACTS_STATUS \
	(TDXCTL_FACTS_HEALTH | TDXCTL_FACTS_CGROUP | TDXCTL_FACTS_KEYIDS | TDXCTL_FACTS_VMS)
#define TDXCTL_FACTS_CHECK (TDXCTL_FACTS_HEALTH | TDXCTL_FACTS_OBSERVED)

/* The memory slots of one socket, from DMI. */
struct tdxctl_dimms {
	char socket[32]; /* "CPU 0"; "array 0x1000" if the slots name no socket */
	unsigned int slots, populated;
	uint64_t bytes; /* of all DIMMs together */
};

/* The log of one VMM, since the last start of the VM. */
struct tdxctl_vm_log {
	char *vm, *text;
};

/* The address to which a VMM sends the quote requests of a TD. */
struct tdxctl_quote_socket {
	char *vm;  /* NULL unknown */
	pid_t pid; /* of the VMM */
	bool vsock;
	uint64_t cid, port; /* of a vsock; TDXCTL_UNKNOWN if not known */
};

enum tdxctl_service { TDXCTL_SERVICE_ABSENT, TDXCTL_SERVICE_INACTIVE, TDXCTL_SERVICE_ACTIVE };

/* CPUID of one CPU, and /proc/cpuinfo. */
struct tdxctl_cpu_facts {
	struct tdxctl_text vendor, flags, bugs; /* /proc/cpuinfo; flags and bugs are " a b c " */
	struct tdxctl_val family, model;
	struct tdxctl_val cpuid_7_ebx, cpuid_7_ecx, pa_bits;
};

/* What is not requested has the reason "not asked for", and lists are empty. */
struct tdxctl_facts {
	struct tdxctl_snapshot *snap; /* owned */
	int helper_err;		      /* negative errno if the helper did not respond, else 0 */
	struct tdxctl_msr_set *msrs;
	size_t nr_msrs;
	struct tdxctl_cpu_facts cpu;
	struct tdxctl_text file[TDXCTL_FILE_COUNT];
	struct tdxctl_val path[TDXCTL_PATH_COUNT]; /* 1 if it exists, else 0 */
	unsigned int kernel;			   /* TDXCTL_KERNEL(7, 2); 0 unknown */
	struct tdxctl_text config;		   /* configuration of the running kernel */
	struct tdxctl_text kernels;  /* a line "RELEASE" for each installed kernel with TDX */
	struct tdxctl_text modprobe; /* lines "PATH: options kvm_intel ...", in modprobe's order */
	struct tdxctl_text log;	     /* kernel log; "[    1.234567] text" if times are known */
	bool log_complete;	     /* the log begins with the boot */
	struct tdxctl_text registration; /* log of the registration agent */
	struct tdxctl_text qcnl;	 /* sgx_default_qcnl.conf: the URL of the PCCS */
	struct tdxctl_text qgs_log;	 /* log of qgsd since the boot */
	struct tdxctl_text pccs_log;	 /* end of the log of the PCCS */
	struct tdxctl_val qgs_running;	 /* 1 if a process qgs or qgsd runs */
	struct tdxctl_val qgs_uptime;	 /* of this process, in seconds */
	struct tdxctl_val pccs_running;
	struct tdxctl_val qgs_unit, pccs_unit; /* enum tdxctl_service */
	struct tdxctl_val quote_socket_count;
	struct tdxctl_quote_socket *quote_sockets;
	size_t nr_quote_sockets;
	struct tdxctl_val vm_log_count;
	struct tdxctl_vm_log *vm_logs;
	size_t nr_vm_logs;
	struct tdxctl_text vmm_log;  /* log of libvirt's daemons and of VMMs without a file */
	struct tdxctl_text last_log; /* log of the previous kernel, from pstore */
	/* A line for each TD on which helper and KVM differ; "" none. */
	struct tdxctl_text disagreement;
	struct tdxctl_val mem_total;	/* bytes */
	struct tdxctl_val mem_offline;	/* number of memory blocks that are offline */
	struct tdxctl_val dimm_sockets; /* number of sockets in the next list */
	struct tdxctl_dimms *dimms;
	size_t nr_dimms;
	struct tdxctl_val kvm_vm_types, kvm_max_vcpus; /* KVM_CHECK_EXTENSION */
	struct tdxctl_val td_attributes, td_xfam;      /* supported, from KVM_TDX_CAPABILITIES */
	struct tdxctl_val td_max_vcpus;		       /* KVM_CAP_MAX_VCPUS of a TD */
	struct tdxctl_val kvm_vms;		       /* number of VMs in KVM's debugfs */
	struct tdxctl_val hkid_capacity, hkid_current; /* root of the misc cgroup */
	struct tdxctl_cgroup *cgroups;		       /* cgroups that have a TD or refused one */
	size_t nr_cgroups;
	uint64_t nodes_offline;	     /* bit i is set if no CPU of node i is online */
	bool cpus_unplaced;	     /* an offline CPU belongs to no known package or node */
	struct tdxctl_val stuck_cpu; /* a CPU that failed to come online; TDXCTL_UNKNOWN none */
	char stuck_step[64];	     /* the CPU hotplug step that failed */
};

/* The reason if KVM supports TDs, but with another interface than mainline. */
extern const char tdxctl_td_other_abi[];

#define TDXCTL_KERNEL(major, minor) ((major) << 8 | (minor))

/*
 * X(what, member): each value and text of struct tdxctl_facts, and the TDXCTL_FACTS_ bit
 * that reads it. MSRs, files and paths are in their own tables.
 */
/* clang-format off */
#define TDXCTL_FACT_VALS(X) \
	X(CPU, cpu.family) X(CPU, cpu.model) X(CPU, cpu.cpuid_7_ebx) X(CPU, cpu.cpuid_7_ecx) \
	X(CPU, cpu.pa_bits) X(HOTPLUG, stuck_cpu) \
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
	X(LOG, last_log) X(PROCS, pccs_log) X(CONFIG, modprobe) X(PROCS, vmm_log) \
	X(CONFIG, kernels) X(OBSERVED, disagreement)
/* clang-format on */

/* The same as tables that end with a NULL name. */
struct tdxctl_fact {
	const char *name;
	unsigned int what;
	size_t at; /* offset in struct tdxctl_facts */
};

extern const struct tdxctl_fact tdxctl_fact_vals[], tdxctl_fact_texts[];
extern const char *const tdxctl_file_paths[TDXCTL_FILE_COUNT],
	*const tdxctl_path_paths[TDXCTL_PATH_COUNT];

/*
 * Takes a snapshot and reads the facts that @what has TDXCTL_FACTS_ bits for. A fact that
 * cannot be read is not an error. If the helper does not respond, the snapshot is that of
 * files only. Returns 0, -ENOMEM, or an error of tdxctl_snapshot_get().
 */
int tdxctl_facts_get(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_facts **out);
/*
 * Like tdxctl_facts_get() with the snapshot @snap of @ctx, which the facts own, or which
 * is freed on failure.
 */
int tdxctl_facts_join(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_snapshot *snap,
		      struct tdxctl_facts **out);
/*
 * Adds the log of a VMM that the user names, read from @fd to its end or to 256 KiB. Returns
 * 0, -ENOMEM or -errno of read().
 */
int tdxctl_facts_add_vm_log(struct tdxctl_facts *f, const char *name, int fd);
/* NULL is allowed. */
void tdxctl_facts_free(struct tdxctl_facts *f);

/*
 * Returns the number of HKIDs that the misc cgroup counts as in use, or TDXCTL_UNKNOWN if
 * it is not readable, or changed while the snapshot was taken.
 */
uint64_t tdxctl_hkids_charged(const struct tdxctl_facts *f);

enum tdxctl_tri { TDXCTL_NO, TDXCTL_YES, TDXCTL_TRI_UNKNOWN };

/* "Y", "y" and "1" are YES; "N", "n" and "0" are NO; other texts are UNKNOWN. */
enum tdxctl_tri tdxctl_text_bool(const struct tdxctl_text *t);
/* Parses a number, decimal or with 0x. If this fails, the result is not readable. */
struct tdxctl_val tdxctl_text_u64(const struct tdxctl_text *t);
/* Whether @word is one of the words of @t, which are separated by blanks. */
enum tdxctl_tri tdxctl_text_word(const struct tdxctl_text *t, const char *word);
/* Returns the value of @option ("nr_cpus=") in the kernel command line of @f, or NULL. */
const char *tdxctl_cmdline_get(const struct tdxctl_facts *f, const char *option);
/* What was requested of the parameter tdx of kvm_intel. Pointers are into the facts. */
struct tdxctl_request {
	enum tdxctl_tri tdx; /* UNKNOWN if there is no option, or its value is malformed */
	const char *word;    /* the option that counts, such as "tdx=1"; NULL none */
	size_t len;
	const char *path; /* its file in modprobe.d */
	size_t path_len;  /* 0: it is on the kernel command line */
};
/*
 * Finds the last option, which counts, in modprobe.d and on the kernel command line. Values
 * are those of the kernel's booleans.
 */
struct tdxctl_request tdxctl_tdx_request(const struct tdxctl_facts *f);
/* Whether CONFIG_@name is set: y and m are YES. */
enum tdxctl_tri tdxctl_config_get(const struct tdxctl_facts *f, const char *name);
/*
 * Finds the first line of the kernel log with @needle. If YES, *@line points to its text
 * behind the time stamp, of *@len bytes. NO only if the log is complete.
 */
enum tdxctl_tri tdxctl_log_find(const struct tdxctl_facts *f, const char *needle, const char **line,
				size_t *len);
/* Returns the microseconds between the first line with @needle and the line before it. */
struct tdxctl_val tdxctl_log_gap(const struct tdxctl_facts *f, const char *needle);

/* ---- KeyIDs ---- */

struct tdxctl_keys {
	unsigned int bits;  /* KeyID bits in use */
	unsigned int split; /* how many of these bits are reserved for TDX */
	uint32_t tme_mt_keys, first_private, private_keys;
	uint32_t max_tds; /* TDs that can exist at the same time */
};

/*
 * Computes the keys of a key split. Returns 0, or -EINVAL unless 1 <= @bits <= 15 and
 * @split <= @bits.
 */
int tdxctl_keys_of(unsigned int bits, unsigned int split, struct tdxctl_keys *k);
/*
 * Reads the keys that firmware configured from MSR 0x87. Returns false if not known;
 * *@reason is why.
 */
bool tdxctl_keys_host(const struct tdxctl_msr_set *set, struct tdxctl_keys *k, const char **reason);

#endif
