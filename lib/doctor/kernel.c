/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about the kernel, KVM and boot options. */
#include <stdio.h>
#include "rule.h"

#define NO_PARAMETER "kvm_intel: unknown parameter 'tdx' ignored"

static CHECK_FN(kconf_host)
{
	const struct tdxctl_facts *f = e->facts;

	if (rule_tdx_up(f) == TDXCTL_YES ||
	    tdxctl_text_word(&f->cpu.flags, "tdx_host_platform") == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	switch (tdxctl_config_get(f, "INTEL_TDX_HOST")) {
	case TDXCTL_YES:
		return TDXCTL_RULE_OK;
	case TDXCTL_NO:
		return rule_finding(e, r->severity,
				    "CONFIG_INTEL_TDX_HOST is not set in kernel %.60s",
				    f->file[TDXCTL_FILE_RELEASE].text ?
					    f->file[TDXCTL_FILE_RELEASE].text :
					    "?");
	default:
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel configuration: %s",
				    f->config.reason);
	}
}

static CHECK_FN(kconf_kvm)
{
	const struct tdxctl_facts *f = e->facts;
	const char *line;
	size_t len;

	if (rule_kvm_up(f) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	/* Preview kernels do not have this option. */
	if (rule_preview_kernel(f) && f->file[TDXCTL_FILE_KVM_TDX].text)
		return TDXCTL_RULE_OK;
	switch (tdxctl_config_get(f, "KVM_INTEL_TDX")) {
	case TDXCTL_YES:
		return TDXCTL_RULE_OK;
	case TDXCTL_NO:
		return rule_finding(e, r->severity, "CONFIG_KVM_INTEL_TDX is not set");
	default:
		/* Only a KVM with TDX has the parameter. */
		if (f->file[TDXCTL_FILE_KVM_TDX].text)
			return TDXCTL_RULE_OK;
		if (f->log.text && tdxctl_rule_match(f->log.text, NO_PARAMETER, &line, &len))
			return rule_finding(e, r->severity, "kernel log: %.*s",
					    (int)(len > 200 ? 200 : len), line);
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel configuration: %s",
				    f->config.reason);
	}
}

static CHECK_FN(kvm_param)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_text *t = &f->file[TDXCTL_FILE_KVM_TDX];
	static const char *const why[] = {
		"Failed to initialize TDX module",
		"nitialization failed (",
		"TDX not supported by the host platform",
	};
	static const char see_log[] =
		"Find the reason in the kernel log (dmesg | grep -iE 'tdx|kvm'): TDX was requested, but KVM turned it off.";
	struct tdxctl_request req = tdxctl_tdx_request(f);
	bool requested = req.tdx == TDXCTL_YES;
	const char *line = "";
	char where[120] = "the kernel command line";
	size_t len = 0;

	/* Also true if a module other than kvm_intel provides TDs. */
	if (rule_kvm_up(f) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	if (f->snap->source == TDXCTL_SOURCE_EMULATED)
		return rule_finding(e, r->severity, "this emulated host has no TDX");
	if (req.path_len)
		snprintf(where, sizeof(where), "%.*s", (int)req.path_len, req.path);
	/* KVM cannot enable TDX as long as another rule fails. */
	if (requested && e->failed) {
		e->waits = e->failed;
		return TDXCTL_RULE_SKIP;
	}
	switch (tdxctl_text_bool(t)) {
	case TDXCTL_YES:
		/* The parameter is on, but KVM_CHECK_EXTENSION does not report TDs. */
		e->fix = see_log;
		return rule_finding(e, r->severity, "kvm_intel has tdx=Y, but KVM offers no TDs");
	case TDXCTL_NO:
		if (req.tdx == TDXCTL_NO) {
			e->fix =
				req.path_len ?
					"Set tdx=1 in the options of kvm_intel in modprobe.d. Then reload kvm_intel or reboot." :
					"Remove kvm_intel.tdx= from the kernel command line, or set it to 1. Then reboot.";
			return rule_finding(e, r->severity,
					    "turned off by '%.*s' in %s; the last value counts",
					    (int)(req.len > 60 ? 60 : req.len), req.word, where);
		}
		if (requested)
			e->fix = see_log;
		for (size_t i = 0; f->log.text && i < ARRAY_SIZE(why); i++)
			if (tdxctl_rule_match(f->log.text, why[i], &line, &len))
				return rule_finding(e, r->severity,
						    "KVM turned TDX off; kernel log: %.*s",
						    (int)(len > 200 ? 200 : len), line);
		if (requested)
			return rule_finding(e, r->severity,
					    "requested in %s, but KVM turned TDX off", where);
		return rule_finding(e, r->severity,
				    "kvm_intel was loaded with tdx=N, or turned TDX off itself");
	default:
		break;
	}
	if (!t->absent)
		return UNKNOWN(e, t);
	if (f->path[TDXCTL_PATH_KVM_INTEL].value) {
		if (!rule_boot_other(e, TDXCTL_KERNEL_ANY))
			e->fix =
				"Use a kernel with CONFIG_KVM_INTEL_TDX. KVM of this kernel does not support TDX.";
		return rule_finding(e, r->severity, "kvm_intel has no parameter tdx");
	}
	/* Without sysfs, a missing file is not evidence. */
	if (!f->path[TDXCTL_PATH_CPU_SYSFS].value)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "sysfs is not available");
	e->fix =
		requested ?
			"Load kvm_intel with TDX: modprobe kvm_intel tdx=1. TDX is already requested for every boot; if kvm_intel does not load, the kernel log shows the reason." :
			"Load kvm_intel with TDX: modprobe kvm_intel tdx=1. For every boot, add 'options kvm_intel tdx=1' to a file in "
			"/etc/modprobe.d.";
	return rule_finding(e, r->severity, "kvm_intel is not loaded");
}

static CHECK_FN(kvm_prereq)
{
	static const struct {
		enum tdxctl_file file;
		const char *name;
	} params[] = {
		{ TDXCTL_FILE_KVM_EPT, "kvm_intel.ept" },
		{ TDXCTL_FILE_KVM_APICV, "kvm_intel.enable_apicv" },
		{ TDXCTL_FILE_KVM_TDP_MMU, "kvm.tdp_mmu" },
		{ TDXCTL_FILE_KVM_MMIO_CACHING, "kvm.mmio_caching" },
	};
	size_t known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		switch (tdxctl_text_bool(&e->facts->file[params[i].file])) {
		case TDXCTL_NO:
			return rule_finding(e, r->severity, "%s is N", params[i].name);
		case TDXCTL_YES:
			known++;
			break;
		default:
			break;
		}
	}
	/* Features without a parameter (OSXSAVE, EPT A/D bits) are visible only in the log. */
	return known ? TDXCTL_RULE_UNKNOWN :
		       rule_finding(e, TDXCTL_RULE_UNKNOWN, "parameters of KVM: %s",
				    e->facts->file[TDXCTL_FILE_KVM_EPT].reason ?
					    e->facts->file[TDXCTL_FILE_KVM_EPT].reason :
					    "malformed");
}

static CHECK_FN(virt_at_load)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_KVM_VIRT_AT_LOAD];

	switch (tdxctl_text_bool(t)) {
	case TDXCTL_NO:
		return rule_finding(e, r->severity, "kvm.enable_virt_at_load is N");
	case TDXCTL_YES:
		return TDXCTL_RULE_OK;
	default:
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kvm.enable_virt_at_load: %s",
				    t->reason ? t->reason : "malformed");
	}
}

static CHECK_FN(cpu_feature)
{
	static const char *const flags[] = { "vmx", "movdir64b", "ss", "xsave" };
	const struct tdxctl_text *t = &e->facts->cpu.flags;

	if (!t->text)
		return UNKNOWN(e, t);
	if (rule_tdx_up(e->facts) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (tdxctl_text_word(t, flags[i]) == TDXCTL_NO)
			return rule_finding(e, r->severity, "/proc/cpuinfo has no %s%s", flags[i],
					    tdxctl_cmdline_get(e->facts, "clearcpuid=") ?
						    "; clearcpuid= is on the kernel command line" :
					    tdxctl_cmdline_get(e->facts, "noxsave") ?
						    "; noxsave is on the kernel command line" :
						    "");
	return TDXCTL_RULE_OK;
}

static CHECK_FN(hibernate)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *keys = rule_msr(f, TDXCTL_MSR_KEYID);
	const struct tdxctl_text *disk = &f->file[TDXCTL_FILE_POWER_DISK];
	const struct tdxctl_text *lockdown = &f->file[TDXCTL_FILE_LOCKDOWN];
	bool off = tdxctl_cmdline_get(f, "nohibernate") ||
		   (lockdown->text && !strstr(lockdown->text, "[none]")) ||
		   (disk->text && !strcmp(disk->text, "[disabled]")) ||
		   tdxctl_config_get(f, "HIBERNATION") == TDXCTL_NO;
	const char *line;
	size_t len;

	if (f->log.text &&
	    (f->log_complete || tdxctl_rule_match(f->log.text, r->log[0], &line, &len)))
		return TDXCTL_RULE_UNKNOWN;
	if (rule_tdx_up(f) == TDXCTL_YES || off)
		return TDXCTL_RULE_OK;
	/*
	 * The log is incomplete. A kernel with TDX support and KeyIDs sets tdx_host_platform
	 * unless hibernation is available.
	 */
	if (keys->readable && keys->value >> 32 >= 2 && disk->text &&
	    f->file[TDXCTL_FILE_CMDLINE].text &&
	    tdxctl_config_get(f, "INTEL_TDX_HOST") == TDXCTL_YES &&
	    tdxctl_text_word(&f->cpu.flags, "tdx_host_platform") == TDXCTL_NO)
		return rule_finding(e, r->severity,
				    "hibernation is available, and the kernel does not use the private KeyIDs");
	return TDXCTL_RULE_UNKNOWN;
}

static CHECK_FN(s3)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_MEM_SLEEP];

	return t->text && strstr(t->text, "deep") ? TDXCTL_RULE_OK : TDXCTL_RULE_UNKNOWN;
}

static CHECK_FN(boot_noise)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *keys = rule_msr(f, TDXCTL_MSR_KEYID);
	const char *line;
	size_t len;

	switch (tdxctl_log_find(f, "TDX not supported by the host platform", &line, &len)) {
	case TDXCTL_NO:
		return TDXCTL_RULE_OK;
	case TDXCTL_TRI_UNKNOWN:
		return rule_tdx_up(f) == TDXCTL_YES ?
			       TDXCTL_RULE_OK :
			       rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
					    f->log.text ? LOG_INCOMPLETE : f->log.reason);
	default:
		break;
	}
	/* On a host with KeyIDs the line is a real error; other rules report its cause. */
	return keys->readable && keys->value >> 32 ?
		       TDXCTL_RULE_OK :
		       rule_finding(e, r->severity, "kernel log: %.*s",
				    (int)(len > 200 ? 200 : len), line);
}

static CHECK_FN(kexec_old)
{
	const struct tdxctl_facts *f = e->facts;

	if (!f->config.text)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel configuration: %s",
				    f->config.reason);
	if (tdxctl_config_get(f, "INTEL_TDX_HOST") == TDXCTL_YES &&
	    tdxctl_config_get(f, "KEXEC_CORE") == TDXCTL_NO)
		return rule_finding(e, r->severity, "CONFIG_KEXEC_CORE is not set");
	return TDXCTL_RULE_OK;
}

static CHECK_FN(kexec_pw_mce)
{
	const struct tdxctl_facts *f = e->facts;
	struct tdxctl_val loaded = tdxctl_text_u64(&f->file[TDXCTL_FILE_KEXEC_CRASH]);
	const char *line;
	size_t len;

	switch (tdxctl_text_word(&f->cpu.bugs, "tdx_pw_mce")) {
	case TDXCTL_NO:
		return TDXCTL_RULE_OK;
	case TDXCTL_TRI_UNKNOWN:
		return UNKNOWN(e, &f->cpu.bugs);
	default:
		break;
	}
	if (f->log.text &&
	    tdxctl_rule_match(f->log.text, "Not allowed on platform with tdx_pw_mce bug", &line,
			      &len))
		return rule_finding(e, r->severity, "kernel log: %.*s",
				    (int)(len > 200 ? 200 : len), line);
	if (!loaded.readable)
		return UNKNOWN(e, &loaded);
	if (loaded.value)
		return TDXCTL_RULE_OK;
	/* Only matters if memory was reserved for a crash kernel. */
	return rule_finding(e,
			    tdxctl_cmdline_get(f, "crashkernel=") ? r->severity : TDXCTL_RULE_INFO,
			    "the CPU has the bug tdx_pw_mce, and no crash kernel is loaded");
}

static CHECK_FN(tools_msr)
{
	const struct tdxctl_val *v = rule_msr(e->facts, TDXCTL_MSR_MTRRCAP);

	/* Every x86 CPU has MSR 0xfe: if it is not readable, access to MSRs is missing. */
	if (v->readable || v->fault)
		return TDXCTL_RULE_OK;
	if (e->facts->snap->source == TDXCTL_SOURCE_EMULATED)
		return rule_finding(e, TDXCTL_RULE_SKIP, "an emulated host has no MSRs");
	if (!e->facts->nr_msrs)
		return UNKNOWN(e, v);
	return rule_finding(e, r->severity, "%s", v->reason);
}

static const struct tdxctl_rule kernel[] = {
	{
		.id = "kconf.host",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_kconf_host,
		.cured = TDXCTL_KERNEL_ANY,
		.title = "The kernel has no TDX host support",
		.fix = "Use a kernel with CONFIG_INTEL_TDX_HOST and CONFIG_KVM_INTEL_TDX. Mainline has "
		       "both since Linux 6.16.",
		.reads = LIST("/proc/config.gz", "/boot/config-*", "/lib/modules/*/config",
			      "/proc/cpuinfo"),
		.why = "Only a kernel with TDX host support initializes the TDX module.",
		.by_hand = "grep TDX /boot/config-$(uname -r): CONFIG_INTEL_TDX_HOST must be y.",
	},
	{
		.id = "pm.hibernate",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.host",
		.proof = TDXCTL_PROOF_MODULE,
		.check = rule_hibernate,
		.log = LIST("initialization failed: Hibernation support is enabled"),
		.title = "Hibernation keeps TDX off",
		.fix = "Boot with nohibernate on the kernel command line. Kernel lockdown has the same "
		       "effect.",
		.reads = LIST("/proc/cmdline", "/sys/power/disk", "/sys/kernel/security/lockdown",
			      "/proc/config.gz", "MSR 0x87"),
		.why = "The image of hibernation cannot contain TDX memory. The kernel "
		       "therefore refuses TDX while hibernation is available.",
		.by_hand = "cat /sys/power/disk: must be [disabled]. dmesg | grep -i "
			   "hibernation: the kernel reports the refusal.",
	},
	{
		.id = "cpu.feature",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.host",
		.check = rule_cpu_feature,
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("MOVDIR64B is required for TDX", "Self-snoop is required for TDX",
			    "XSAVE is required for TDX"),
		.title = "A CPU feature that TDX needs is hidden",
		.fix = "Remove the boot option that hides the feature (clearcpuid=, noxsave). If vmx is "
		       "missing, enable VT-x in firmware setup. In a VM, the hypervisor hides the feature.",
		.reads = LIST("/proc/cpuinfo", "/proc/cmdline"),
		.why = "The kernel needs VMX, MOVDIR64B, self-snoop and XSAVE for TDX. A boot "
		       "option or firmware may hide them.",
		.by_hand = "grep -m1 flags /proc/cpuinfo: must have vmx, movdir64b, ss and "
			   "xsave. cat /proc/cmdline: shows clearcpuid= and noxsave.",
	},
	{
		.id = "kconf.kvm",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.host",
		.check = rule_kconf_kvm,
		.cured = TDXCTL_KERNEL_ANY,
		.title = "KVM was built without TDX",
		.fix = "Use a kernel with CONFIG_KVM_INTEL_TDX.",
		.reads = LIST("/proc/config.gz", "/boot/config-*", "/lib/modules/*/config",
			      "/sys/module/kvm_intel/parameters/tdx", "kernel log"),
		.why = "The TDX module alone starts no TD: KVM must support it as well.",
		.by_hand = "grep TDX /boot/config-$(uname -r): CONFIG_KVM_INTEL_TDX must be y. "
			   "ls /sys/module/kvm_intel/parameters/tdx: must exist.",
	},
	{
		.id = "kvm.prereq",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.kvm",
		.check = rule_kvm_prereq,
		.proof = TDXCTL_PROOF_KVM,
		.log = LIST("EPT is required",
			    "TDP MMU and MMIO caching and EPT A/D bit is required",
			    "APICv is required", "tdx: OSXSAVE is required",
			    "TDX requires TDP MMU"),
		.title = "A KVM feature that TDX needs is off",
		.fix = "Remove the option of kvm or kvm_intel that turns the feature off.",
		.reads = LIST("/sys/module/kvm_intel/parameters/ept",
			      "/sys/module/kvm_intel/parameters/enable_apicv",
			      "/sys/module/kvm/parameters/tdp_mmu",
			      "/sys/module/kvm/parameters/mmio_caching"),
		.why = "KVM runs TDs only with EPT, APICv, the TDP MMU and MMIO caching, and "
		       "turns TDX off without them.",
		.by_hand = "grep . /sys/module/kvm_intel/parameters/ept "
			   "/sys/module/kvm_intel/parameters/enable_apicv "
			   "/sys/module/kvm/parameters/tdp_mmu "
			   "/sys/module/kvm/parameters/mmio_caching: all must be Y.",
	},
	{
		.id = "kvm.virt_at_load",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.kvm",
		.until = TDXCTL_KERNEL(7, 0),
		.check = rule_virt_at_load,
		.proof = TDXCTL_PROOF_KVM,
		.log = LIST("tdx requires kvm.enable_virt_at_load=1"),
		.title = "KVM does not enable virtualization when it is loaded",
		.fix = "Remove enable_virt_at_load=0 from the options of kvm.",
		.reads = LIST("/sys/module/kvm/parameters/enable_virt_at_load"),
		.why = "Up to Linux 7.0, KVM initializes the TDX module when it is loaded, for "
		       "which virtualization must be on.",
		.by_hand = "cat /sys/module/kvm/parameters/enable_virt_at_load: must be Y.",
	},
	{
		.id = "kvm.param",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.prereq",
		.check = rule_kvm_param,
		.title = "TDX is off in KVM",
		.fix = "Load kvm_intel with tdx=1 ('options kvm_intel tdx=1' in a file in "
		       "/etc/modprobe.d), or boot with kvm_intel.tdx=1. The default is off. If the "
		       "parameter is still N afterwards, the kernel log shows the reason.",
		.reads = LIST("/sys/module/kvm_intel/parameters/tdx", "/proc/cmdline",
			      "/etc/modprobe.d", "/dev/kvm", "kernel log"),
		.why = "KVM creates TDs only if its parameter tdx is on. KVM also turns the "
		       "parameter off itself when something is missing.",
		.by_hand = "cat /sys/module/kvm_intel/parameters/tdx: must be Y. grep -r "
			   "kvm.intel /etc/modprobe.d /proc/cmdline: shows what was requested.",
	},
	{
		.id = "boot.noise",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_INFO,
		.since = TDXCTL_KERNEL(7, 1),
		.needs = "cpu.vendor",
		.check = rule_boot_noise,
		.title = "The kernel reports that the host does not support TDX",
		.fix = "No action is needed. Since Linux 7.1, the kernel tries to initialize TDX at each "
		       "boot.",
		.reads = LIST("kernel log", "MSR 0x87"),
		.why = "The line looks like a fault, but each kernel since Linux 7.1 prints it "
		       "on a host without TDX.",
		.by_hand = "dmesg | grep 'TDX not supported', and rdmsr -f 63:32 0x87: with 0 "
			   "private KeyIDs the line is normal.",
	},
	{
		.id = "pm.s3",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		.check = rule_s3,
		.log = LIST("Turn off TDX in the BIOS to use ACPI S3"),
		.title = "Suspend to RAM is off",
		.fix = "No action is needed. The kernel disables suspend to RAM while TDX is on.",
		.reads = LIST("/sys/power/mem_sleep"),
		.why = "A host with TDX cannot suspend to RAM, because the keys would be lost.",
		.by_hand = "cat /sys/power/mem_sleep: without deep, suspend to RAM is off.",
	},
	{
		.id = "kexec.old",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_INFO,
		.since = TDXCTL_KERNEL(6, 8),
		.until = TDXCTL_KERNEL(6, 17),
		.needs = "kconf.host",
		.check = rule_kexec_old,
		.cured = TDXCTL_KERNEL(6, 18),
		.backport =
			"Ask the distributor for a kernel with both TDX and kexec: mainline has both since "
			"Linux 6.18.",
		.title = "This kernel has no kexec and no kdump",
		.fix = "Use Linux 6.18 or later. Older kernels cannot have both TDX and kexec.",
		.reads = LIST("/proc/config.gz", "/boot/config-*"),
		.why = "Before Linux 6.18, a kernel with TDX was built without kexec. There is "
		       "no crash dump.",
		.by_hand = "grep -E 'TDX_HOST|KEXEC_CORE' /boot/config-$(uname -r): "
			   "CONFIG_KEXEC_CORE must be y for kdump.",
	},
	{
		.id = "kexec.pw_mce",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_WARN,
		.until = TDXCTL_KERNEL(7, 1),
		.needs = "kconf.host",
		.check = rule_kexec_pw_mce,
		.cured = TDXCTL_KERNEL(7, 2),
		.backport =
			"Ask the distributor for a kernel that shuts TDX down for kexec (TDH.SYS.DISABLE), as "
			"mainline does since Linux 7.2. Until then, kdump works only if TDX is off.",
		.title = "kdump does not work on this CPU while TDX is on",
		.fix = "Use Linux 7.2 or later, which shuts TDX down for kexec. With older kernels, kdump "
		       "works only if TDX is off.",
		.reads = LIST("/proc/cpuinfo", "/sys/kernel/kexec_crash_loaded", "/proc/cmdline",
			      "kernel log"),
		.why = "On CPUs with the bug tdx_pw_mce, a write of the next kernel to TDX "
		       "memory may cause a machine check. The kernel therefore refuses kexec.",
		.by_hand = "grep -m1 bugs /proc/cpuinfo: shows tdx_pw_mce. cat "
			   "/sys/kernel/kexec_crash_loaded: 1 if a crash kernel is loaded.",
	},
	{
		.id = "kexec.no_sys_disable",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_WARN,
		.since = TDXCTL_KERNEL(7, 2),
		.needs = "kconf.host",
		.in = TDXCTL_LOG_OF_LAST_KERNEL,
		.log = LIST("TDH.SYS.DISABLE failed", "TDH_SYS_DISABLE failed"),
		.title = "TDX could not be shut down for kexec",
		.fix = "Update the TDX module: this version does not support shutdown, and 2.0 modules do "
		       "since 2.0.20. On CPUs with the "
		       "bug tdx_pw_mce, the next kernel may get machine checks.",
		.why = "Since Linux 7.2, the kernel shuts the TDX module down before kexec. If "
		       "this fails, the next kernel may get machine checks on CPUs with the bug "
		       "tdx_pw_mce.",
		.by_hand = "grep -r TDH /sys/fs/pstore: the log of the previous kernel has the "
			   "failure.",
	},
	{
		.id = "tools.msr",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		.check = rule_tools_msr,
		.title = "MSRs cannot be read",
		.fix = "Load the msr module (modprobe msr) and run tdxctl as root. Many rules need MSRs.",
		.reads = LIST("MSR 0xfe", "/dev/cpu/*/msr"),
		.why = "Many rules about firmware read MSRs. Without them they are unknown.",
		.by_hand = "rdmsr 0xfe as root: an error shows that MSRs cannot be read. ls "
			   "/dev/cpu/0/msr: exists when the module msr is loaded.",
	},
};

const struct rule_list rules_kernel = { kernel, ARRAY_SIZE(kernel) };
