/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules. A rule stands below the one it needs. Ids are interface: a rule
 * may go, its id never means another thing.
 */
#include "rule.h"

#define LOG(...) (const char *const []){ __VA_ARGS__, NULL }
#define MODULE_LOG(...) .proof = TDXCTL_PROOF_MODULE, .log = LOG(__VA_ARGS__)
#define KVM_LOG(...) .proof = TDXCTL_PROOF_KVM, .log = LOG(__VA_ARGS__)
#define VMM_LOG(...) .in = TDXCTL_LOG_OF_VMM, .log = LOG(__VA_ARGS__)

const struct tdxctl_rule tdxctl_rules[] = {
	{
		.id = "cpu.vendor", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.check = rule_cpu_vendor,
		.title = "This CPU has no TDX",
		.fix = "Use a CPU with TDX: Sapphire Rapids (some SKUs), Emerald Rapids, Granite "
			"Rapids, Sierra Forest or newer.",
	},
	{
		.id = "sock.mismatch", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_sock_mismatch,
		.title = "Packages are set up differently",
		.fix = "Load firmware defaults, make the settings again, and have the same BIOS "
			"for all packages.",
	},
	{
		.id = "bios.palimit46", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_palimit46,
		.title = "Firmware limits physical addresses to 46 bits",
		.fix = "Turn \"Limit CPU PA to 46 bits\" off in firmware setup: it switches TME-MT "
			"off.",
	},
	{
		.id = "bios.tme.off", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.palimit46", .check = rule_tme_off, .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("x86/tme: not enabled by BIOS"),
		.title = "Total Memory Encryption is off",
		.fix = "Enable TME in firmware setup, and with it what needs it: TME-MT, TDX with a "
			"key split other than 0, the SEAM loader.",
	},
	{
		.id = "bios.tmemt.off", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.tme.off", .check = rule_tmemt_off,
		.title = "TME-MT is off",
		.fix = "Enable TME-MT (multi-key) in firmware setup, and with it what needs it: TDX "
			"with a key split other than 0, the SEAM loader.",
	},
	{
		.id = "bios.keyid.none", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.tmemt.off", .check = rule_keyid_none, .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("no TDX private KeyIDs available", "TDX is not enabled by BIOS"),
		.title = "No KeyID is reserved for TDX",
		.fix = "Turn TDX and the SEAM loader on in firmware setup, with a key split other than "
			"0; 'tdxctl keys' shows what each gives.",
	},
	{
		.id = "bios.keyid.few", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.keyid.none", .check = rule_keyid_few, .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("too few private KeyIDs available"),
		.title = "Too few private KeyIDs",
		.fix = "Raise the key split in firmware setup: the TDX module takes one KeyID for "
			"itself.",
	},
	{
		.id = "bios.seamrr.off", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.keyid.none", .check = rule_seamrr_off,
		.title = "The memory range of the TDX module is off",
		.fix = "Enable TDX and the SEAM loader in firmware setup.",
	},
	{
		.id = "bios.seamrr.unlocked", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.seamrr.off", .check = rule_seamrr_unlocked,
		.title = "Firmware never ran the SEAM loader",
		.fix = "Update the BIOS, or ask its vendor: nothing in the OS helps.",
	},
	{
		.id = "bios.module.missing", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.seamrr.unlocked", .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("tdx: module not loaded", "TDX module is not loaded",
			   "TDX module not loaded", "TDX-Module not loaded"),
		.title = "There is no TDX module",
		.fix = "Enable the SEAM loader in firmware setup. A newer BIOS brings a module; "
			"some boards load one from the EFI partition.",
	},
	{
		.id = "bios.old.cpuid", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("0xc0000900", "0xc0000902"),
		.title = "The TDX module rejects this CPU's CPUID",
		.fix = "Update the BIOS: it, or its microcode, is older than the module expects.",
	},
	{
		.id = "bios.old.msr", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("0xc0000920", "0xc0000921"),
		.title = "The TDX module rejects an MSR",
		.fix = "Update the BIOS, and remove boot options that change that MSR, such as "
			"tsx=.",
	},
	{
		.id = "module.too_old_v1", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .proof = TDXCTL_PROOF_MODULE,
		.check = rule_module_too_old,
		.log = LOG("(0x22) failed*0xc0000505", "leaf 34,*0xc0000505",
			   "TDH_SYS_RD failed*0xc0000505"),
		.title = "The TDX module is too old",
		.fix = "Update the BIOS or the module: current kernels need module 1.5 or 2.0.",
	},
	{
		.id = "module.rbp", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("frame pointer (RBP) clobber bug present"),
		.title = "The TDX module does not preserve RBP",
		.fix = "Update the module: 1.5.01 and later, and 2.0, have NO_RBP_MOD.",
	},
	{
		.id = "module.topology", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .since = TDXCTL_KERNEL(6, 16), .check = rule_module_topology,
		.title = "The TDX module lacks TOPOLOGY_ENUM, and KVM refuses it",
		.fix = "Update the module to 1.5.05 or later. Until then kvm_intel loads only with "
			"tdx=0, without TDs.",
	},
	{
		.id = "module.max_vcpus", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .proof = TDXCTL_PROOF_KVM,
		.log = LOG("Disable TDX: MAX_VCPU_PER_TD"),
		.title = "The TDX module supports fewer vCPUs than this host has CPUs",
		.fix = "Update the module, or boot with fewer CPUs. Until then kvm_intel loads only "
			"with tdx=0.",
	},
	{
		.id = "module.series", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_WARN,
		.needs = "bios.module.missing", .check = rule_module_series,
		.title = "The TDX module is of another CPU's series",
		.fix = "Load a module of this CPU's series: 1.5 for Sapphire Rapids, Emerald Rapids and "
			"Sierra Forest, 2.0 for Granite Rapids.",
	},
	{
		.id = "perf.old_module", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_INFO,
		.needs = "bios.module.missing", .check = rule_perf_old_module,
		.title = "The TDX module is older than advisable",
		.fix = "Update it before looking for other causes of slow TDs.",
	},
	{
		.id = "mem.reserved_areas", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("reserved areas exhausted"),
		.title = "The memory map has too many holes",
		.fix = "Update the BIOS; try its option to exclude memory below 1 MB, or a kernel "
			"that merges such holes.",
	},
	{
		.id = "mem.tdmr_limit", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("TDMRs exhausted"),
		.title = "The memory map has too many regions",
		.fix = "Update the BIOS; try its option to exclude memory below 1 MB.",
	},
	{
		.id = "mem.tdmr_near_limit", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_WARN,
		.needs = "mem.tdmr_limit",
		.log = LOG("consumed TDMRs reaching limit"),
		.title = "The memory map has almost too many regions",
		.fix = "Update the BIOS before adding memory: more of it, or another layout, may exceed "
			"the limit of the TDX module.",
	},
	{
		.id = "mem.cxl", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .proof = TDXCTL_PROOF_MODULE,
		.log = LOG("0xc0000a02", "0xc0000a11"),
		.title = "Memory that the TDX module cannot protect",
		.fix = "Keep CXL and persistent memory offline, or in devdax mode.",
	},
	{
		.id = "kconf.host", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_kconf_host,
		.title = "The kernel has no TDX host support",
		.fix = "Use a kernel with CONFIG_INTEL_TDX_HOST and CONFIG_KVM_INTEL_TDX; mainline "
			"has both since 6.16.",
	},
	{
		.id = "pm.hibernate", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.host", .proof = TDXCTL_PROOF_MODULE,
		.check = rule_hibernate,
		.log = LOG("initialization failed: Hibernation support is enabled"),
		.title = "Hibernation keeps TDX off",
		.fix = "Boot with nohibernate; kernel lockdown has the same effect.",
	},
	{
		.id = "cpu.feature", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.host", .check = rule_cpu_feature,
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("MOVDIR64B is required for TDX",
			   "Self-snoop is required for TDX",
			   "XSAVE is required for TDX"),
		.title = "A CPU feature that TDX needs is hidden",
		.fix = "Remove the boot option that hides it (clearcpuid=, noxsave); without vmx turn "
			"VT-x on in firmware setup; in a VM, the hypervisor hides it.",
	},
	{
		.id = "kconf.kvm", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.host", .check = rule_kconf_kvm,
		.title = "KVM was built without TDX",
		.fix = "Use a kernel with CONFIG_KVM_INTEL_TDX.",
	},
	{
		.id = "kvm.prereq", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.kvm", .check = rule_kvm_prereq,
		.proof = TDXCTL_PROOF_KVM,
		.log = LOG("EPT is required",
			   "TDP MMU and MMIO caching and EPT A/D bit is required",
			   "APICv is required",
			   "tdx: OSXSAVE is required"),
		.title = "A feature of KVM that TDX needs is off",
		.fix = "Remove the module option that turns it off.",
	},
	{
		.id = "kvm.virt_at_load", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.kvm", .until = TDXCTL_KERNEL(7, 1), .check = rule_virt_at_load,
		.proof = TDXCTL_PROOF_KVM,
		.log = LOG("tdx requires kvm.enable_virt_at_load=1"),
		.title = "KVM does not enable virtualization at load",
		.fix = "Remove enable_virt_at_load=0 from the options of kvm.",
	},
	{
		.id = "kvm.param", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.prereq", .check = rule_kvm_param,
		.title = "TDX is off in KVM",
		.fix = "Load kvm_intel with tdx=1 (options kvm_intel tdx=1 in /etc/modprobe.d), or "
			"boot with kvm_intel.tdx=1: it is off by default. If it is N all the same, "
			"the kernel log says why.",
	},
	{
		.id = "boot.maxcpus", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.host", .check = rule_maxcpus,
		.title = "A boot option leaves a package without CPUs",
		.fix = "Remove maxcpus= or nr_cpus=, or bring a CPU of that package online.",
	},
	{
		.id = "sgx.off", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor", .attested = TDXCTL_RULE_FAIL,
		.check = rule_sgx_off,
		.title = "SGX is off",
		.fix = "Enable SGX in firmware setup: attestation needs it, and some boards gate "
			"TDX on it.",
	},
	{
		.id = "sgx.mcheck", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_sgx_mcheck,
		.title = "The firmware's check of SGX failed",
		.fix = "Do an SGX factory reset in firmware setup, then register the platform "
			"again.",
	},
	{
		.id = "dimm.population", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor", .check = rule_dimm_population,
		.title = "Memory may be plugged in a way that keeps SGX and TDX off",
		.fix = "If firmware setup does not offer them, fill the slots as the vendor's table for "
			"SGX has it.",
	},
	{
		.id = "cpu.preproduction", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor", .check = rule_preproduction,
		.title = "This CPU is not for production",
		.fix = "Use a production CPU with SGX debug mode off: attestation services refuse this "
			"one.",
	},
	{
		.id = "boot.noise", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_INFO,
		.since = TDXCTL_KERNEL(7, 2), .needs = "cpu.vendor", .check = rule_boot_noise,
		.title = "The kernel says that there is no TDX",
		.fix = "No error: kernels since 7.2 try at each boot.",
	},
	{
		.id = "pm.s3", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor", .check = rule_s3,
		.log = LOG("Turn off TDX in the BIOS to use ACPI S3"),
		.title = "Suspend to RAM is off",
		.fix = "Expected while TDX is on.",
	},
	{
		.id = "kexec.old", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_INFO,
		.since = TDXCTL_KERNEL(6, 8), .until = TDXCTL_KERNEL(6, 17), .needs = "kconf.host",
		.check = rule_kexec_old,
		.title = "This kernel has no kexec and no kdump",
		.fix = "Kernels before 6.18 cannot have both TDX and kexec: use a newer one.",
	},
	{
		.id = "kexec.pw_mce", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_WARN,
		.until = TDXCTL_KERNEL(7, 1), .needs = "kconf.host", .check = rule_kexec_pw_mce,
		.title = "No kdump on this CPU while TDX is on",
		.fix = "Use Linux 7.2 or later, which shuts TDX down for kexec; until then kdump "
			"works only without TDX.",
	},
	{
		.id = "kexec.no_sys_disable", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_WARN,
		.since = TDXCTL_KERNEL(7, 2),
		.needs = "kconf.host", .in = TDXCTL_LOG_OF_LAST_KERNEL,
		.log = LOG("TDH.SYS.DISABLE failed", "TDH_SYS_DISABLE failed"),
		.title = "TDX could not be shut down for kexec",
		.fix = "Update the TDX module: this one is too old to be shut down. On CPUs with the "
			"bug tdx_pw_mce the kernel after it may take machine checks.",
	},
	{
		.id = "tools.msr", .group = TDXCTL_GROUP_CORE, .severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor", .check = rule_tools_msr,
		.title = "MSRs cannot be read",
		.fix = "Load the msr module (modprobe msr) and run as root: many rules need it.",
	},
	{
		.id = "create.pkg_offline", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_pkg_offline,
		.log = LOG("All packages need to have online CPU to create TD"),
		.title = "A package has no online CPU",
		.fix = "Bring one of its CPUs online: echo 1 > "
			"/sys/devices/system/cpu/cpuN/online. Without it no TD can be created.",
	},
	{
		.id = "cgroup.misc", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param", .check = rule_cgroup_misc,
		.title = "HKIDs are not counted by cgroups",
		.fix = "Use a kernel with CONFIG_CGROUP_MISC and KVM's TDX part of it, or count "
			"with the helper.",
	},
	{
		.id = "bios.keyid.capacity", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_INFO,
		.needs = "bios.keyid.few", .check = rule_keyid_capacity,
		.title = "Room for few TDs",
		.fix = "A larger key split gives more: 'tdxctl keys' shows how many.",
	},
	{
		.id = "hkid.exhausted", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param", .check = rule_hkid_exhausted,
		.title = "No HKID is free",
		.fix = "Stop or release a TD ('tdxctl hkid' lists the owners), or raise the key split in "
			"firmware setup.",
	},
	{
		.id = "hkid.cgroup_limit", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_WARN,
		.needs = "cgroup.misc", .check = rule_cgroup_limit,
		.title = "A cgroup limit refused TDs",
		.fix = "Raise misc.max of that cgroup; the hardware has free HKIDs.",
	},
	{
		.id = "hkid.cgroup_drift", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_WARN,
		.needs = "cgroup.misc", .check = rule_cgroup_drift,
		.log = LOG("misc cgroup resource tdx became less than 0"),
		.title = "The misc cgroup counts too few HKIDs",
		.fix = "Trust 'tdxctl hkid'. Some kernels take one off too many when a charge was "
			"refused.",
	},
	{
		.id = "create.entropy", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor", .log = LOG("0x80000203"),
		.title = "The CPU had no entropy for a TD",
		.fix = "Try again, and spread the creation of TDs out.",
	},
	{
		.id = "create.key_config", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("TDH_MNG_KEY_CONFIG failed", "(0x8) failed: 0x", "leaf 8, error", "0x80000800"),
		.title = "A key could not be programmed",
		.fix = "Try again, and look with 'tdxctl lock' which package is behind. If it repeats, "
			"power-cycle the host.",
	},
	{
		.id = "create.vfio_dma", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor", .check = rule_vfio_dma,
		VMM_LOG("VFIO_MAP_DMA failed*No space left on device"),
		.title = "VFIO may map too few pages for a large TD",
		.fix = "Raise dma_entry_limit of vfio_iommu_type1: a TD with devices takes an entry "
			"for each 4 KiB. It is no lack of HKIDs, though the error is the same.",
	},
	{
		.id = "create.capabilities_abi", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_capabilities_abi,
		VMM_LOG("KVM_TDX_CAPABILITIES failed*Inappropriate ioctl"),
		.title = "QEMU and the kernel speak different TDX interfaces",
		.fix = "Take both from one generation: mainline has TDX since Linux 6.16, QEMU 10.1 "
			"and libvirt 11.6.",
	},
	{
		.id = "create.mem_region", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("KVM_TDX_INIT_MEM_REGION failed"),
		.title = "A TD's firmware could not be copied into it",
		.fix = "Use an OVMF built for TDX. On EAGAIN (resource temporarily unavailable) start "
			"the VM again.",
	},
	{
		.id = "create.no_tdvf", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("failed to parse TDVF for TDX VM"),
		.title = "A TD's firmware is no TDVF",
		.fix = "Let the VM's definition name an OVMF built for TDX.",
	},
	{
		.id = "mem.pamt", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor", .check = rule_mem_pamt,
		.title = "Memory that TDX takes for itself",
		.fix = "It is the price of page metadata: nothing to do.",
	},
	{
		.id = "boot.slow_init", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor", .check = rule_slow_init,
		.title = "TDX takes long to start",
		.fix = "Memory is initialized for TDX in one go, and the time grows with it: nothing to "
			"do.",
	},
	{
		.id = "hugepages", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_INFO,
		.needs = "kvm.param", .until = TDXCTL_KERNEL(7, 2), .check = rule_hugepages,
		.title = "TDs are mapped in pages of 4 KiB",
		.fix = "This kernel has no huge pages for TDs: large ones start and end slowly.",
	},
	{
		.id = "mem.hotplug_refused", .group = TDXCTL_GROUP_CAPACITY, .severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor", .check = rule_mem_hotplug,
		.title = "Memory blocks stay offline",
		.fix = "Memory added after TDX is up is refused by design, without a message: plan "
			"it before boot.",
	},
	{
		.id = "hkid.leaked", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_hkid_leaked,
		.log = LOG("() failed. HKID*leaked"),
		.title = "An HKID leaked",
		.fix = "Plan a reboot: nothing else brings it and its control pages back. 'tdxctl hkid' "
			"shows which SEAMCALL failed, 'tdxctl decode' why.",
	},
	{
		.id = "hkid.leak_blocks_offline", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor", .check = rule_leak_blocks_offline,
		.title = "The last CPU of a package cannot go offline",
		.fix = "Reboot, or choose a CPU that is not the last of its package: deleting TDs "
			"does not help.",
	},
	{
		.id = "teardown.slow", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param", .check = rule_teardown_slow,
		.title = "A TD is slow to go",
		.fix = "Release it: 'tdxctl release' gives its HKID back first, after which its pages go "
			"several times faster.",
	},
	{
		.id = "reclaim.metadata", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.log = LOG("(0x1c) failed*0xc0000300", "leaf 28,*0xc0000300",
			   "TDH_PHYMEM_PAGE_RECLAIM failed*0xc0000300"),
		.title = "The host lost track of pages of a TD",
		.fix = "Update the kernel, and reboot if it recurs: the pages leak.",
	},
	{
		.id = "sept.busy", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("0xc0000b08", "0x8000020000000092", "0x80000200000000a9",
			   "TDH_MEM_*failed*0x80000200"),
		.title = "KVM lost a race for the secure EPT",
		.fix = "Use Linux 6.19 or later, where this was reworked; there it is a bug to report.",
	},
	{
		.id = "td.unaccepted", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("Guest access before accepting"),
		.title = "A guest touched memory that it had not accepted",
		.fix = "Update the guest's kernel or firmware: the bug is theirs, not this host's.",
	},
	{
		.id = "td.exit_reason", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("KVM: unknown exit, hardware reason"),
		.title = "A TD ended with an exit its VMM does not know",
		.fix = "Decode the word with 'tdxctl decode'; often the TDX module is old and wants an "
			"update.",
	},
	{
		.id = "td.reboot", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		VMM_LOG("cpus are not resettable, terminating"),
		.title = "A TD wanted to reboot and was ended",
		.fix = "A TD cannot reboot in place: start the VM again, which takes a new HKID.",
	},
	{
		.id = "mce.tdx_private", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("TDX private memory error"),
		.title = "Software of the host wrote to private memory",
		.fix = "Keep the trace before replacing DIMMs: it is a kernel bug, not a hardware "
			"fault.",
	},
	{
		.id = "cpu.offline_refused", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor", .check = rule_offline_refused,
		.log = LOG("Delete all TDs in order to offline all CPUs of a package"),
		.title = "The last CPU of a package stays online",
		.fix = "'tdxctl cpu plan LIST' says which may, and which TDs are in the way.",
	},
	{
		.id = "cpu.online_failed", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_online_failed,
		.log = LOG("(0x23) failed", "leaf 35, error", "TDH_SYS_LP_INIT failed"),
		.title = "A CPU did not come online because of TDX",
		.fix = "Decode the kernel log ('dmesg | tdxctl decode'): its status word says whether "
			"that CPU or the module is at fault.",
	},
	{
		.id = "update.unavailable", .group = TDXCTL_GROUP_UPDATE, .severity = TDXCTL_RULE_INFO,
		.needs = "bios.module.missing", .since = TDXCTL_KERNEL(7, 2), .check = rule_update_unavailable,
		.title = "The TDX module cannot be updated at run time",
		.fix = "This CPU's SEAM loader clears the current VMCS: update with a reboot.",
	},
	{
		.id = "update.exhausted", .group = TDXCTL_GROUP_UPDATE, .severity = TDXCTL_RULE_WARN,
		.needs = "bios.module.missing", .check = rule_update_exhausted,
		.title = "No more updates until the next reboot",
		.fix = "Reboot: the TDX module's update log is full.",
	},
	{
		.id = "update.seamldr", .group = TDXCTL_GROUP_UPDATE, .severity = TDXCTL_RULE_WARN,
		.needs = "bios.module.missing", .check = rule_update_seamldr,
		.title = "The SEAM loader is too old for newer TDX modules",
		.fix = "Update the BIOS, which brings the loader.",
	},
	{
		.id = "update.during_build", .group = TDXCTL_GROUP_UPDATE, .severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param", .check = rule_update_during_build,
		.title = "A TD is being built",
		.fix = "Do not update the TDX module now: its measurement would be wrong.",
	},
	{
		.id = "update.error", .group = TDXCTL_GROUP_UPDATE, .severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing", .check = rule_update_error,
		.title = "The last update of the TDX module failed",
		.fix = "Check the image's version, series and SEAM loader: Linux reports nearly every "
			"failure as an invalid image.",
	},
	{
		.id = "qgs.down", .group = TDXCTL_GROUP_ATTESTATION, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_qgs_down,
		.title = "The quote generation service is not there",
		.fix = "Start qgsd, and let the VM's definition name the same socket.",
	},
	{
		.id = "qgs.stale", .group = TDXCTL_GROUP_ATTESTATION, .severity = TDXCTL_RULE_WARN,
		.needs = "qgs.down", .check = rule_qgs_stale,
		.title = "The quote generation service runs for so long that it may fail",
		.fix = "Restart qgsd; once a day is what others do.",
	},
	{
		.id = "qgs.wrong_cid", .group = TDXCTL_GROUP_ATTESTATION, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_qgs_wrong_cid,
		.title = "A VM asks for quotes at the wrong place",
		.fix = "Let its quote socket name the host: vsock CID 2, port 4050.",
	},
	{
		.id = "pccs.down", .group = TDXCTL_GROUP_ATTESTATION, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_pccs_down,
		.title = "The provisioning certificate caching service is not there",
		.fix = "Start pccs, or mend its URL in /etc/sgx_default_qcnl.conf, its API key and its "
			"certificate.",
	},
	{
		.id = "reg.missing", .group = TDXCTL_GROUP_ATTESTATION, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_reg_missing,
		.title = "The platform is not registered",
		.fix = "Do an SGX factory reset with automatic multi-package registration, then "
			"look at mpa_registration.log.",
	},
};
const size_t tdxctl_nr_rules = ARRAY_SIZE(tdxctl_rules);
