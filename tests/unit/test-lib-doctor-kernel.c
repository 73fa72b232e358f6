/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules about the kernel and KVM: which kernels they are about, and each fact that decides. */
#include "doctor-host.h"

static struct tdxctl_val value(uint64_t v)
{
	return (struct tdxctl_val){ .readable = true, .value = v };
}

static void set(enum tdxctl_file file, const char *text)
{
	facts.file[file] = (struct tdxctl_text){ .text = (char *)text };
}

/* The first and the last kernel of each rule that is not about every kernel; 0: no limit. */
static void kernels_of_rules(void)
{
	static const struct {
		const char *id;
		unsigned int before, first, last, after;
	} t[] = {
		{ "kvm.virt_at_load", 0, 0, TDXCTL_KERNEL(7, 0), TDXCTL_KERNEL(7, 1) },
		{ "boot.noise", TDXCTL_KERNEL(7, 0), TDXCTL_KERNEL(7, 1), 0, 0 },
		{ "kexec.old", TDXCTL_KERNEL(6, 7), TDXCTL_KERNEL(6, 8), TDXCTL_KERNEL(6, 17),
		  TDXCTL_KERNEL(6, 18) },
		{ "kexec.pw_mce", 0, 0, TDXCTL_KERNEL(7, 1), TDXCTL_KERNEL(7, 2) },
		{ "kexec.no_sys_disable", TDXCTL_KERNEL(7, 1), TDXCTL_KERNEL(7, 2), 0, 0 },
		{ "boot.slow_init", TDXCTL_KERNEL(7, 0), TDXCTL_KERNEL(7, 1), 0, 0 },
		{ "hugepages", 0, 0, TDXCTL_KERNEL(7, 3), TDXCTL_KERNEL(7, 4) },
		{ "module.topology", TDXCTL_KERNEL(6, 15), TDXCTL_KERNEL(6, 16), 0, 0 },
		{ "update.unavailable", TDXCTL_KERNEL(7, 1), TDXCTL_KERNEL(7, 2), 0, 0 },
		{ "update.during_build", TDXCTL_KERNEL(7, 1), TDXCTL_KERNEL(7, 2), 0, 0 },
	};
	static const char other[] = "does not apply to this kernel version";
	size_t limited = 0;

	for (size_t i = 0; i < tdxctl_rule_count(); i++)
		limited += tdxctl_rule_at(i)->since || tdxctl_rule_at(i)->until;
	CHECK_EQ(limited, ARRAY_SIZE(t));
	start();
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const unsigned int out[] = { t[i].before, t[i].after };
		const unsigned int in[] = { t[i].first, t[i].last,
					    t[i].first ? 0 : TDXCTL_KERNEL(6, 1),
					    t[i].last ? t[i].last : TDXCTL_KERNEL(9, 0) };

		for (size_t k = 0; k < ARRAY_SIZE(out); k++) {
			facts.kernel = out[k];
			if (out[k] && !CHECK_EQ(state(t[i].id, other), TDXCTL_RULE_SKIP))
				fprintf(stderr, "  %s\n", t[i].id);
		}
		/* A kernel that is not known, 0, may be any. */
		for (size_t k = 0; k < ARRAY_SIZE(in); k++) {
			facts.kernel = in[k];
			find(t[i].id, false);
			if (!CHECK(!strstr(found.detail, other)))
				fprintf(stderr, "  %s at %#x\n", t[i].id, in[k]);
		}
	}
}

static void fix_of_busy_sept(unsigned int kernel, const char *installed, const char *fix)
{
	facts.kernel = kernel;
	facts.kernels.text = (char *)installed;
	CHECK_EQ(state("sept.busy", NULL), TDXCTL_RULE_FAIL);
	if (!CHECK(strstr(found.fix, fix)))
		fprintf(stderr, "  \"%s\"\n", found.fix);
}

/* An installed kernel without the problem is the best fix, then a backport, then the rule's. */
static void kernels_that_cure(void)
{
	static const char rule[] = "Use Linux 6.19 or later";

	start();
	facts.log.text = (char *)"SEAMCALL failed: 0xc0000b0800000001\n";
	fix_of_busy_sept(TDXCTL_KERNEL(6, 18), "", rule);
	fix_of_busy_sept(TDXCTL_KERNEL(6, 18), "6.18.9\n", rule);
	fix_of_busy_sept(TDXCTL_KERNEL(6, 18), "6.19.0-x\n6.18.9\n",
			 "Boot the kernel 6.19.0-x: it is installed and does not have this problem.");
	fix_of_busy_sept(TDXCTL_KERNEL(6, 18), "7.1.0", "Boot the kernel 7.1.0: it is installed");
	/* This kernel should not have it. */
	fix_of_busy_sept(TDXCTL_KERNEL(6, 19), "7.1.0\n", rule);
	facts.kernels.text = NULL;
	CHECK_EQ(state("sept.busy", NULL), TDXCTL_RULE_FAIL);
	CHECK(strstr(found.fix, rule));
	/* A kernel of a distribution. */
	set(TDXCTL_FILE_RELEASE, "6.8.0-1028-intel");
	fix_of_busy_sept(TDXCTL_KERNEL(6, 8), "", "Ask the distributor for a kernel");
	fix_of_busy_sept(TDXCTL_KERNEL(6, 8), "6.19.0\n", "Boot the kernel 6.19.0");
	set(TDXCTL_FILE_RELEASE, NULL);
	fix_of_busy_sept(TDXCTL_KERNEL(6, 8), "", rule);
	set(TDXCTL_FILE_KVM_TDX, "Y");
	fix_of_busy_sept(TDXCTL_KERNEL(6, 15), "", "Ask the distributor for a kernel");
	fix_of_busy_sept(TDXCTL_KERNEL(6, 16), "", rule);
	/* Without a limit, any kernel with TDX is good. */
	start();
	snap.platform.has_tdx = false;
	facts.config.text = (char *)"# CONFIG_INTEL_TDX_HOST is not set\n";
	facts.kernels.text = (char *)"6.16.0\n";
	CHECK_EQ(state("kconf.host", "CONFIG_INTEL_TDX_HOST is not set in kernel ?"),
		 TDXCTL_RULE_FAIL);
	CHECK_STR(found.fix, "Boot the kernel 6.16.0: it is installed and has TDX.");
}

/* Without the line in the log: each of these alone turns hibernation off. */
static void hibernation(void)
{
	static struct tdxctl_msr_set set0;
	static const char found_it[] = "hibernation is available";

	start();
	snap.platform.has_tdx = false;
	facts.log_complete = false;
	facts.msrs = &set0;
	facts.nr_msrs = 1;
	set0.msr[TDXCTL_MSR_KEYID] = value(2ULL << 32);
	set(TDXCTL_FILE_POWER_DISK, "[platform] shutdown");
	set(TDXCTL_FILE_CMDLINE, "ro quiet");
	set(TDXCTL_FILE_LOCKDOWN, "[none] integrity");
	facts.config.text = (char *)"CONFIG_INTEL_TDX_HOST=y\nCONFIG_HIBERNATION=y\n";
	facts.cpu.flags = (struct tdxctl_text){ .text = (char *)"vmx movdir64b ss xsave" };
	CHECK_EQ(state("pm.hibernate", found_it), TDXCTL_RULE_FAIL);

	set(TDXCTL_FILE_CMDLINE, "ro nohibernate");
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_OK);
	set(TDXCTL_FILE_CMDLINE, "ro");
	set(TDXCTL_FILE_LOCKDOWN, "none [integrity]");
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_OK);
	set(TDXCTL_FILE_LOCKDOWN, NULL);
	CHECK_EQ(state("pm.hibernate", found_it), TDXCTL_RULE_FAIL);
	set(TDXCTL_FILE_POWER_DISK, "[disabled]");
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_OK);
	set(TDXCTL_FILE_POWER_DISK, "[platform]");
	facts.config.text = (char *)"CONFIG_INTEL_TDX_HOST=y\n# CONFIG_HIBERNATION is not set\n";
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_OK);
	facts.config.text = (char *)"CONFIG_INTEL_TDX_HOST=y\nCONFIG_HIBERNATION=y\n";
	snap.platform.has_tdx = true;
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_OK);
	snap.platform.has_tdx = false;

	/* Nothing is concluded if one of the facts is missing. */
	set0.msr[TDXCTL_MSR_KEYID].readable = false;
	set0.msr[TDXCTL_MSR_KEYID].reason = "not there";
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_UNKNOWN);
	set0.msr[TDXCTL_MSR_KEYID] = value(2ULL << 32);
	set(TDXCTL_FILE_POWER_DISK, NULL);
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_UNKNOWN);
	set(TDXCTL_FILE_POWER_DISK, "[platform]");
	set(TDXCTL_FILE_CMDLINE, NULL);
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_UNKNOWN);
	set(TDXCTL_FILE_CMDLINE, "ro");
	facts.config.text = NULL;
	facts.config.reason = "not there";
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_UNKNOWN);
	facts.config.text = (char *)"CONFIG_INTEL_TDX_HOST=y\nCONFIG_HIBERNATION=y\n";
	facts.cpu.flags.text = (char *)"vmx movdir64b ss xsave tdx_host_platform";
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_UNKNOWN);
	facts.cpu.flags.text = (char *)"vmx movdir64b ss xsave";
	CHECK_EQ(state("pm.hibernate", found_it), TDXCTL_RULE_FAIL);
	/* One KeyID is the module's: no TD could run. */
	set0.msr[TDXCTL_MSR_KEYID] = value(1ULL << 32 | 0xffffffff);
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_UNKNOWN);
	/* The log is the better source, if it has the line or its beginning. */
	set0.msr[TDXCTL_MSR_KEYID] = value(2ULL << 32);
	facts.log_complete = true;
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_OK);
	facts.log_complete = false;
	facts.log.text =
		(char *)"virt/tdx: initialization failed: Hibernation support is enabled\n";
	set(TDXCTL_FILE_CMDLINE, "ro nohibernate");
	CHECK_EQ(state("pm.hibernate", "kernel log: "), TDXCTL_RULE_FAIL);
	facts.log.text = NULL;
	facts.log.reason = "no kernel log";
	CHECK_EQ(state("pm.hibernate", NULL), TDXCTL_RULE_OK);
}

/* The configuration decides, unless KVM shows more. */
static void kvm_with_tdx(void)
{
	start();
	snap.platform.has_tdx = false;
	facts.config.reason = "no configuration";
	facts.file[TDXCTL_FILE_KVM_TDX].reason = "not present";
	CHECK_EQ(state("kconf.kvm", "kernel configuration: no configuration"), TDXCTL_RULE_UNKNOWN);
	facts.log.text = (char *)"kvm_intel: unknown parameter 'tdx' ignored\n";
	CHECK_EQ(state("kconf.kvm", "kernel log: kvm_intel: unknown parameter"), TDXCTL_RULE_FAIL);
	set(TDXCTL_FILE_KVM_TDX, "N");
	CHECK_EQ(state("kconf.kvm", NULL), TDXCTL_RULE_OK);
	facts.config.text = (char *)"CONFIG_INTEL_TDX_HOST=y\nCONFIG_KVM_INTEL_TDX=y\n";
	CHECK_EQ(state("kconf.kvm", NULL), TDXCTL_RULE_OK);
	facts.config.text = (char *)"CONFIG_INTEL_TDX_HOST=y\n";
	CHECK_EQ(state("kconf.kvm", "CONFIG_KVM_INTEL_TDX is not set"), TDXCTL_RULE_FAIL);
	facts.kvm_vm_types = value(1 << 5);
	CHECK_EQ(state("kconf.kvm", NULL), TDXCTL_RULE_OK);
	/* A preview kernel does not have the option. */
	facts.kvm_vm_types.readable = false;
	set(TDXCTL_FILE_RELEASE, "6.8.0-1028-intel");
	facts.kernel = TDXCTL_KERNEL(6, 8);
	CHECK_EQ(state("kconf.kvm", NULL), TDXCTL_RULE_OK);
	set(TDXCTL_FILE_KVM_TDX, NULL);
	CHECK_EQ(state("kconf.kvm", NULL), TDXCTL_RULE_FAIL);
}

/* Why kvm_intel has no TDX, and what turns it on. */
static void parameter_tdx(void)
{
	static const char id[] = "kvm.param";

	start();
	snap.platform.has_tdx = false;
	facts.config.text = (char *)"CONFIG_INTEL_TDX_HOST=y\nCONFIG_KVM_INTEL_TDX=y\n";
	set(TDXCTL_FILE_CMDLINE, "ro");
	set(TDXCTL_FILE_KVM_TDX, "N");
	CHECK_EQ(state(id, "kvm_intel was loaded with tdx=N, or turned TDX off itself"),
		 TDXCTL_RULE_FAIL);
	set(TDXCTL_FILE_CMDLINE, "ro kvm_intel.tdx=0");
	CHECK_EQ(state(id, "turned off by 'kvm_intel.tdx=0' in the kernel command line"),
		 TDXCTL_RULE_FAIL);
	CHECK(strstr(found.fix, "Remove kvm_intel.tdx= from the kernel command line"));
	set(TDXCTL_FILE_CMDLINE, "ro kvm_intel.tdx=1");
	CHECK_EQ(state(id, "requested in the kernel command line, but KVM turned TDX off"),
		 TDXCTL_RULE_FAIL);
	CHECK(strstr(found.fix, "Find the reason in the kernel log"));
	set(TDXCTL_FILE_CMDLINE, "ro");
	facts.modprobe.text = (char *)"/etc/modprobe.d/kvm.conf:1: options kvm_intel tdx=0\n";
	CHECK_EQ(state(id, "in /etc/modprobe.d/kvm.conf"), TDXCTL_RULE_FAIL);
	CHECK(strstr(found.fix, "Set tdx=1 in the options of kvm_intel in modprobe.d"));
	facts.modprobe.text = (char *)"/etc/modprobe.d/kvm.conf:1: options kvm_intel tdx=1\n";
	CHECK_EQ(state(id, "requested in /etc/modprobe.d/kvm.conf"), TDXCTL_RULE_FAIL);
	set(TDXCTL_FILE_KVM_TDX, "Y");
	facts.kvm_vm_types = value(1);
	CHECK_EQ(state(id, "kvm_intel has tdx=Y, but KVM offers no TDs"), TDXCTL_RULE_FAIL);
	CHECK(strstr(found.fix, "Find the reason in the kernel log"));
	facts.kvm_vm_types.readable = false;
	CHECK_EQ(state(id, NULL), TDXCTL_RULE_OK);
	/* The parameter cannot be read. */
	set(TDXCTL_FILE_KVM_TDX, NULL);
	facts.file[TDXCTL_FILE_KVM_TDX].reason = "no permission";
	CHECK_EQ(state(id, "no permission"), TDXCTL_RULE_UNKNOWN);
	/* It does not exist. */
	facts.file[TDXCTL_FILE_KVM_TDX].absent = true;
	CHECK_EQ(state(id, "sysfs is not available"), TDXCTL_RULE_UNKNOWN);
	facts.path[TDXCTL_PATH_CPU_SYSFS] = value(1);
	CHECK_EQ(state(id, "kvm_intel is not loaded"), TDXCTL_RULE_FAIL);
	CHECK(strstr(found.fix, "TDX is already requested for every boot"));
	facts.modprobe.text = NULL;
	CHECK_EQ(state(id, "kvm_intel is not loaded"), TDXCTL_RULE_FAIL);
	CHECK(strstr(found.fix, "For every boot, add 'options kvm_intel tdx=1'"));
	facts.path[TDXCTL_PATH_KVM_INTEL] = value(1);
	CHECK_EQ(state(id, "kvm_intel has no parameter tdx"), TDXCTL_RULE_FAIL);
	CHECK(strstr(found.fix, "Use a kernel with CONFIG_KVM_INTEL_TDX"));
	facts.kernels.text = (char *)"6.18.0\n";
	CHECK_EQ(state(id, "kvm_intel has no parameter tdx"), TDXCTL_RULE_FAIL);
	CHECK(strstr(found.fix, "Boot the kernel 6.18.0"));
	snap.source = TDXCTL_SOURCE_EMULATED;
	CHECK_EQ(state(id, "this emulated host has no TDX"), TDXCTL_RULE_FAIL);
}

/* Each parameter alone keeps TDX off. */
static void parameters_of_kvm(void)
{
	static const struct {
		enum tdxctl_file file;
		const char *detail;
	} t[] = {
		{ TDXCTL_FILE_KVM_EPT, "kvm_intel.ept is N" },
		{ TDXCTL_FILE_KVM_APICV, "kvm_intel.enable_apicv is N" },
		{ TDXCTL_FILE_KVM_TDP_MMU, "kvm.tdp_mmu is N" },
		{ TDXCTL_FILE_KVM_MMIO_CACHING, "kvm.mmio_caching is N" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		for (size_t n = 0; n < ARRAY_SIZE(t); n++)
			set(t[n].file, "Y");
		CHECK_EQ(state("kvm.prereq", NULL), TDXCTL_RULE_OK);
		set(t[i].file, "N");
		CHECK_EQ(state("kvm.prereq", t[i].detail), TDXCTL_RULE_FAIL);
		facts.log_complete = false;
		set(t[i].file, "?");
		CHECK_EQ(state("kvm.prereq", "oldest messages"), TDXCTL_RULE_UNKNOWN);
		for (size_t n = 0; n < ARRAY_SIZE(t); n++)
			set(t[n].file, "?");
		CHECK_EQ(state("kvm.prereq", "parameters of KVM: malformed"), TDXCTL_RULE_UNKNOWN);
	}
	start();
	facts.kernel = TDXCTL_KERNEL(7, 0);
	set(TDXCTL_FILE_KVM_VIRT_AT_LOAD, "Y");
	CHECK_EQ(state("kvm.virt_at_load", NULL), TDXCTL_RULE_OK);
	set(TDXCTL_FILE_KVM_VIRT_AT_LOAD, "N");
	CHECK_EQ(state("kvm.virt_at_load", "is N"), TDXCTL_RULE_FAIL);
	facts.log_complete = false;
	set(TDXCTL_FILE_KVM_VIRT_AT_LOAD, "?");
	CHECK_EQ(state("kvm.virt_at_load", "malformed"), TDXCTL_RULE_UNKNOWN);
}

/* A host without TDX that hides one of these flags. */
static void flags_of_the_cpu(void)
{
	static const struct {
		const char *flags, *lacks;
	} t[] = {
		{ "vmx movdir64b ss xsave", NULL }, { "movdir64b ss xsave", "no vmx" },
		{ "vmx ss xsave", "no movdir64b" }, { "vmx movdir64b xsave", "no ss" },
		{ "vmx movdir64b ss", "no xsave" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		snap.platform.has_tdx = false;
		facts.cpu.flags = (struct tdxctl_text){ .text = (char *)t[i].flags };
		CHECK_EQ(state("cpu.feature", t[i].lacks),
			 t[i].lacks ? TDXCTL_RULE_FAIL : TDXCTL_RULE_OK);
		CHECK(!strstr(found.detail, "command line"));
		set(TDXCTL_FILE_CMDLINE, "ro noxsave");
		state("cpu.feature", t[i].lacks ? "noxsave is on the kernel command line" : NULL);
		set(TDXCTL_FILE_CMDLINE, "clearcpuid=1 noxsave");
		state("cpu.feature",
		      t[i].lacks ? "clearcpuid= is on the kernel command line" : NULL);
		/* TDX works: KVM found what it needs. */
		snap.platform.has_tdx = true;
		CHECK_EQ(state("cpu.feature", NULL), TDXCTL_RULE_OK);
	}
	start();
	facts.log_complete = false;
	CHECK_EQ(state("cpu.feature", NULL), TDXCTL_RULE_OK);
	snap.platform.has_tdx = false;
	CHECK_EQ(state("cpu.feature", "not there"), TDXCTL_RULE_UNKNOWN);
}

/* On a host with KeyIDs the line is not noise. */
static void noise_at_boot(void)
{
	static struct tdxctl_msr_set set0;

	start();
	CHECK_EQ(state("boot.noise", NULL), TDXCTL_RULE_OK);
	facts.msrs = &set0;
	facts.nr_msrs = 1;
	facts.log.text = (char *)"TDX not supported by the host platform\n";
	CHECK_EQ(state("boot.noise", "kernel log: TDX not supported"), TDXCTL_RULE_INFO);
	set0.msr[TDXCTL_MSR_KEYID] = value(0xffffffff);
	CHECK_EQ(state("boot.noise", NULL), TDXCTL_RULE_INFO);
	set0.msr[TDXCTL_MSR_KEYID] = value(1ULL << 32);
	CHECK_EQ(state("boot.noise", NULL), TDXCTL_RULE_OK);
	facts.log.text = (char *)"";
	facts.log_complete = false;
	CHECK_EQ(state("boot.noise", NULL), TDXCTL_RULE_OK);
	snap.platform.has_tdx = false;
	CHECK_EQ(state("boot.noise", "kernel log: its oldest messages are lost"),
		 TDXCTL_RULE_UNKNOWN);
	facts.log.text = NULL;
	facts.log.reason = "no kernel log";
	CHECK_EQ(state("boot.noise", "kernel log: no kernel log"), TDXCTL_RULE_UNKNOWN);
}

/* Not more than 200 bytes of a line of the log. */
static void long_lines(void)
{
	static const char *const lines[][2] = {
		{ "boot.noise", "TDX not supported by the host platform" },
		{ "kexec.pw_mce", "kexec: Not allowed on platform with tdx_pw_mce bug" },
		{ "kconf.kvm", "kvm_intel: unknown parameter 'tdx' ignored" },
	};
	char text[300];

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		for (size_t len = 199; len < 203; len++) {
			start();
			snap.platform.has_tdx = false;
			facts.kernel = TDXCTL_KERNEL(7, 1);
			facts.cpu.bugs = (struct tdxctl_text){ .text = (char *)"tdx_pw_mce" };
			memset(text, 'x', sizeof(text));
			memcpy(text, lines[i][1], strlen(lines[i][1]));
			strcpy(text + len, "\nmore\n");
			facts.log.text = text;
			CHECK(state(lines[i][0], "kernel log: ") >= TDXCTL_RULE_INFO);
			CHECK_EQ(strlen(found.detail),
				 strlen("kernel log: ") + (len > 200 ? 200 : len));
		}
	}
}

static void kexec_and_kdump(void)
{
	start();
	facts.kernel = TDXCTL_KERNEL(6, 17);
	CHECK_EQ(state("kexec.old", "kernel configuration: not there"), TDXCTL_RULE_UNKNOWN);
	facts.config.text = (char *)"CONFIG_INTEL_TDX_HOST=y\n";
	CHECK_EQ(state("kexec.old", "CONFIG_KEXEC_CORE is not set"), TDXCTL_RULE_INFO);
	facts.config.text = (char *)"CONFIG_INTEL_TDX_HOST=y\nCONFIG_KEXEC_CORE=y\n";
	CHECK_EQ(state("kexec.old", NULL), TDXCTL_RULE_OK);
	facts.config.text = (char *)"CONFIG_X=y\n";
	CHECK_EQ(state("kexec.old", NULL), TDXCTL_RULE_OK);

	start();
	facts.kernel = TDXCTL_KERNEL(7, 1);
	facts.kernels.text = (char *)"7.1.9\n";
	CHECK_EQ(state("kexec.pw_mce", "not there"), TDXCTL_RULE_UNKNOWN);
	facts.cpu.bugs = (struct tdxctl_text){ .text = (char *)"spectre_v1" };
	CHECK_EQ(state("kexec.pw_mce", NULL), TDXCTL_RULE_OK);
	facts.cpu.bugs.text = (char *)"spectre_v1 tdx_pw_mce";
	facts.file[TDXCTL_FILE_KEXEC_CRASH].reason = "no kexec";
	CHECK_EQ(state("kexec.pw_mce", "no kexec"), TDXCTL_RULE_UNKNOWN);
	set(TDXCTL_FILE_KEXEC_CRASH, "1");
	CHECK_EQ(state("kexec.pw_mce", NULL), TDXCTL_RULE_OK);
	set(TDXCTL_FILE_KEXEC_CRASH, "0");
	CHECK_EQ(state("kexec.pw_mce", "no crash kernel is loaded"), TDXCTL_RULE_INFO);
	set(TDXCTL_FILE_CMDLINE, "crashkernel=1G");
	CHECK_EQ(state("kexec.pw_mce", "no crash kernel is loaded"), TDXCTL_RULE_WARN);
	CHECK(strstr(found.fix, "Use Linux 7.2 or later"));
	facts.kernels.text = (char *)"7.2.0\n7.1.9\n";
	CHECK_EQ(state("kexec.pw_mce", NULL), TDXCTL_RULE_WARN);
	CHECK(strstr(found.fix, "Boot the kernel 7.2.0: "));
	facts.log.text = (char *)"kexec: Not allowed on platform with tdx_pw_mce bug\n";
	set(TDXCTL_FILE_KEXEC_CRASH, "1");
	CHECK_EQ(state("kexec.pw_mce", "kernel log: kexec: Not allowed"), TDXCTL_RULE_WARN);
}

/* Every CPU has MSR 0xfe. */
static void access_to_msrs(void)
{
	static struct tdxctl_msr_set set0;
	struct tdxctl_val *v = &set0.msr[TDXCTL_MSR_MTRRCAP];

	start();
	CHECK_EQ(state("tools.msr", "no CPU package was found"), TDXCTL_RULE_UNKNOWN);
	facts.msrs = &set0;
	facts.nr_msrs = 1;
	*v = (struct tdxctl_val){ .reason = "run modprobe msr" };
	CHECK(state("tools.msr", "run modprobe msr") >= TDXCTL_RULE_INFO);
	v->fault = true;
	CHECK_EQ(state("tools.msr", NULL), TDXCTL_RULE_OK);
	*v = value(0);
	CHECK_EQ(state("tools.msr", NULL), TDXCTL_RULE_OK);
	*v = (struct tdxctl_val){ .reason = "none" };
	snap.source = TDXCTL_SOURCE_EMULATED;
	CHECK_EQ(state("tools.msr", "an emulated host has no MSRs"), TDXCTL_RULE_SKIP);
}

int main(void)
{
	RUN(kernels_of_rules);
	RUN(kernels_that_cure);
	RUN(hibernation);
	RUN(kvm_with_tdx);
	RUN(parameter_tdx);
	RUN(parameters_of_kvm);
	RUN(flags_of_the_cpu);
	RUN(noise_at_boot);
	RUN(long_lines);
	RUN(kexec_and_kdump);
	RUN(access_to_msrs);
	return check_done("test-lib-doctor-kernel");
}
