/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel, KVM, boot options and CPUs. */
#include <stdio.h>
#include "rule.h"

#define UNKNOWN(e, v) rule_says(e, TDXCTL_RULE_UNKNOWN, "%s", (v)->reason)

CHECK_FN(kconf_host)
{
	const struct tdxctl_facts *f = e->facts;

	if (rule_tdx_up(f) == TDXCTL_YES ||
	    tdxctl_text_word(&f->cpu.flags, "tdx_host_platform") == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	switch (tdxctl_config_get(f, "INTEL_TDX_HOST")) {
	case TDXCTL_YES:
		return TDXCTL_RULE_OK;
	case TDXCTL_NO:
		return rule_says(e, r->severity, "CONFIG_INTEL_TDX_HOST is not set in kernel %.60s",
				 f->file[TDXCTL_FILE_RELEASE].text ? f->file[TDXCTL_FILE_RELEASE].text : "?");
	default:
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "kernel configuration: %s", f->config.reason);
	}
}

CHECK_FN(kconf_kvm)
{
	const struct tdxctl_facts *f = e->facts;

	if (rule_kvm_up(f) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	switch (tdxctl_config_get(f, "KVM_INTEL_TDX")) {
	case TDXCTL_YES:
		return TDXCTL_RULE_OK;
	case TDXCTL_NO:
		return rule_says(e, r->severity, "CONFIG_KVM_INTEL_TDX is not set");
	default:
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "kernel configuration: %s", f->config.reason);
	}
}

CHECK_FN(kvm_param)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_text *t = &f->file[TDXCTL_FILE_KVM_TDX];
	static const char *const why[] = {
		"Failed to initialize TDX module", "nitialization failed (", "TDX not supported by the host platform",
	};
	static const char see_log[] =
		"Look why in the kernel log (dmesg | grep -iE 'tdx|kvm'): it was asked for, and KVM turned it off.";
	const char *asked = tdxctl_cmdline_get(f, "kvm_intel.tdx="), *line = "";
	size_t len = 0;

	/* Also where another module than kvm_intel provides TDs. */
	if (rule_kvm_up(f) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	if (f->snap->source == TDXCTL_SOURCE_EMULATED)
		return rule_says(e, r->severity, "this emulated host has no TDX");
	if (asked && !strchr("1yY", *asked))
		asked = NULL;
	/* Then it cannot come up, whatever else is right. */
	if (asked && e->failed) {
		e->waits = e->failed;
		return TDXCTL_RULE_SKIP;
	}
	switch (tdxctl_text_bool(t)) {
	case TDXCTL_YES:
		/* KVM itself denies it. */
		e->fix = see_log;
		return rule_says(e, r->severity, "kvm_intel has tdx=Y, and KVM offers no TDs");
	case TDXCTL_NO:
		if (asked)
			e->fix = see_log;
		for (size_t i = 0; f->log.text && i < ARRAY_SIZE(why); i++)
			if (tdxctl_rule_match(f->log.text, why[i], &line, &len))
				return rule_says(e, r->severity, "KVM turned it off; kernel log: %.*s",
						 (int)(len > 200 ? 200 : len), line);
		return rule_says(e, r->severity, asked ?
				 "asked for on the kernel command line, and KVM turned it off" :
				 "kvm_intel is loaded with tdx=N, or turned it off itself");
	default:
		break;
	}
	if (!t->absent)
		return UNKNOWN(e, t);
	if (f->path[TDXCTL_PATH_KVM_INTEL].value) {
		e->fix = "Use a kernel with CONFIG_KVM_INTEL_TDX: this one's KVM knows nothing of TDX.";
		return rule_says(e, r->severity, "kvm_intel has no parameter tdx");
	}
	/* Nothing of sysfs there is no evidence. */
	if (!f->path[TDXCTL_PATH_CPU_SYSFS].value)
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "sysfs is not there");
	e->fix = "Load it: modprobe kvm_intel tdx=1. For every boot: options kvm_intel tdx=1 in /etc/modprobe.d.";
	return rule_says(e, r->severity, "kvm_intel is not loaded");
}

CHECK_FN(kvm_prereq)
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
			return rule_says(e, r->severity, "%s is N", params[i].name);
		case TDXCTL_YES:
			known++;
			break;
		default:
			break;
		}
	}
	/* What has no parameter (OSXSAVE, EPT A/D bits) is in the log. */
	return known ? TDXCTL_RULE_UNKNOWN : rule_says(e, TDXCTL_RULE_UNKNOWN, "parameters of KVM: %s",
						       e->facts->file[TDXCTL_FILE_KVM_EPT].reason ?
						       e->facts->file[TDXCTL_FILE_KVM_EPT].reason : "malformed");
}

CHECK_FN(virt_at_load)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_KVM_VIRT_AT_LOAD];

	switch (tdxctl_text_bool(t)) {
	case TDXCTL_NO:
		return rule_says(e, r->severity, "kvm.enable_virt_at_load is N");
	case TDXCTL_YES:
		return TDXCTL_RULE_OK;
	default:
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "kvm.enable_virt_at_load: %s",
				 t->reason ? t->reason : "malformed");
	}
}

CHECK_FN(cpu_feature)
{
	static const char *const flags[] = { "vmx", "movdir64b", "ss", "xsave" };
	const struct tdxctl_text *t = &e->facts->cpu.flags;

	if (!t->text)
		return UNKNOWN(e, t);
	if (rule_tdx_up(e->facts) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (tdxctl_text_word(t, flags[i]) == TDXCTL_NO)
			return rule_says(e, r->severity, "/proc/cpuinfo has no %s%s", flags[i],
					 tdxctl_cmdline_get(e->facts, "clearcpuid=") ?
					 ", clearcpuid= is on the kernel command line" :
					 tdxctl_cmdline_get(e->facts, "noxsave") ?
					 ", noxsave is on the kernel command line" : "");
	return TDXCTL_RULE_OK;
}

CHECK_FN(hibernate)
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

	if (f->log.text && (f->log_complete || tdxctl_rule_match(f->log.text, r->log[0], &line, &len)))
		return TDXCTL_RULE_UNKNOWN;
	if (rule_tdx_up(f) == TDXCTL_YES || off)
		return TDXCTL_RULE_OK;
	/* The log is lost. With KeyIDs, support and no hibernation there would be the flag. */
	if (keys->readable && keys->value >> 32 >= 2 && disk->text && f->file[TDXCTL_FILE_CMDLINE].text &&
	    tdxctl_config_get(f, "INTEL_TDX_HOST") == TDXCTL_YES &&
	    tdxctl_text_word(&f->cpu.flags, "tdx_host_platform") == TDXCTL_NO)
		return rule_says(e, r->severity, "hibernation is possible, and the kernel took no KeyIDs");
	return TDXCTL_RULE_UNKNOWN;
}

CHECK_FN(s3)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_MEM_SLEEP];

	return t->text && strstr(t->text, "deep") ? TDXCTL_RULE_OK : TDXCTL_RULE_UNKNOWN;
}

static size_t offline_cpus(const struct tdxctl_snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nr_cpus; i++)
		n += !s->cpus[i].online;
	return n;
}

/* The number that follows @key in the kernel log; -1 not there. */
static long number_in_log(const struct tdxctl_facts *f, const char *key)
{
	const char *p = f->log.text ? strstr(f->log.text, key) : NULL;
	unsigned int n;

	return p && sscanf(p + strlen(key), "%8u", &n) == 1 ? (long)n : -1;
}

/*
 * Is a package without an online CPU? Its name goes to @what. *sure is false
 * when only a node is known to be: another node may share its package.
 */
static enum tdxctl_tri uncovered(const struct tdxctl_facts *f, char *what, size_t size, bool *sure)
{
	const struct tdxctl_snapshot *s = f->snap;

	for (size_t i = 0; i < s->nr_packages; i++) {
		if (s->packages[i].present_cpus && !s->packages[i].online_cpus) {
			snprintf(what, size, "package %u", s->packages[i].id);
			*sure = true;
			return TDXCTL_YES;
		}
	}
	/* sysfs forgets the package of an offline CPU; the kernel has counted them. */
	if (!rule_has_ledger(f) && offline_cpus(s)) {
		long all = number_in_log(f, "ogical packages:"), seen = 0;

		for (size_t i = 0; i < s->nr_packages; i++)
			seen += s->packages[i].online_cpus > 0;
		*sure = number_in_log(f, "present CPUs plus ") <= 0;
		if (all > seen) {
			snprintf(what, size, "one of %ld packages", all);
			return TDXCTL_YES;
		}
		if (all > 0)
			return TDXCTL_NO;
	}
	if (f->nodes_offline) {
		snprintf(what, size, "node %d", __builtin_ctzll(f->nodes_offline));
		*sure = false;
		return TDXCTL_YES;
	}
	return s->nr_packages && !f->cpus_unplaced ? TDXCTL_NO : TDXCTL_DONT_KNOW;
}

CHECK_FN(maxcpus)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_text *cmdline = &f->file[TDXCTL_FILE_CMDLINE];
	const char *line;
	char what[40];
	size_t len;
	bool sure;

	if (!cmdline->text)
		return UNKNOWN(e, cmdline);
	if (!tdxctl_cmdline_get(f, "maxcpus=") && !tdxctl_cmdline_get(f, "nr_cpus="))
		return TDXCTL_RULE_OK;
	/* CPUs above nr_cpus= are not even present; the kernel counts them. */
	if (f->log.text && tdxctl_cmdline_get(f, "nr_cpus=") &&
	    (tdxctl_rule_match(f->log.text, "CPU limit of * reached", &line, &len) ||
	     tdxctl_rule_match(f->log.text, "NR_CPUS/possible_cpus limit of * reached", &line, &len)))
		return rule_says(e, TDXCTL_RULE_WARN, "nr_cpus= on the kernel command line; kernel log: %.*s",
				 (int)(len > 160 ? 160 : len), line);
	switch (uncovered(f, what, sizeof(what), &sure)) {
	case TDXCTL_YES:
		return rule_says(e, sure ? r->severity : TDXCTL_RULE_WARN, "%s on the kernel command line, and %s has no online CPU",
				 tdxctl_cmdline_get(f, "maxcpus=") ? "maxcpus=" : "nr_cpus=", what);
	case TDXCTL_NO:
		return TDXCTL_RULE_OK;
	default:
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "no package is known");
	}
}

CHECK_FN(pkg_offline)
{
	const char *line;
	char what[40];
	size_t len;
	bool sure;

	switch (uncovered(e->facts, what, sizeof(what), &sure)) {
	case TDXCTL_YES:
		/* The kernel refused a TD for it: now it is certain. */
		sure |= tdxctl_log_find(e->facts, r->log[0], &line, &len) == TDXCTL_YES;
		return rule_says(e, sure ? r->severity : TDXCTL_RULE_WARN,
				 "%s has CPUs, and none is online%s", what,
				 sure ? "" : "; without the helper this is not certain");
	case TDXCTL_NO:
		return TDXCTL_RULE_OK;
	default:
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "no package is known");
	}
}

CHECK_FN(online_failed)
{
	const struct tdxctl_facts *f = e->facts;

	if (f->stuck_cpu.readable && f->stuck_cpu.value != TDXCTL_UNKNOWN && strstr(f->stuck_step, "tdx"))
		return rule_says(e, r->severity, "CPU %llu stopped at %s",
				 (unsigned long long)f->stuck_cpu.value, f->stuck_step);
	if (!f->snap->nr_cpus)
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "no CPU is known");
	/* Linux takes a failed step back: then only the log tells. */
	return offline_cpus(f->snap) && f->snap->source != TDXCTL_SOURCE_EMULATED ?
		TDXCTL_RULE_UNKNOWN : TDXCTL_RULE_OK;
}

CHECK_FN(offline_refused)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_snapshot *s = f->snap;
	uint64_t used = f->hkid_current.readable ? f->hkid_current.value : 0;
	const char *line;
	size_t len, i, c;

	if (rule_has_ledger(f))
		for (used = 0, i = 0; i < s->nr_hkids; i++)
			used += s->hkids[i].state != TDXCTL_HKID_FREE && s->hkids[i].state != TDXCTL_HKID_UNKNOWN;
	for (i = 0; used && offline_cpus(s) && i < s->nr_packages; i++) {
		if (s->packages[i].online_cpus != 1)
			continue;
		for (c = 0; c + 1 < s->nr_cpus; c++)
			if (s->cpus[c].online && s->cpus[c].package == s->packages[i].id)
				break;
		return rule_says(e, r->severity, "CPU %u is the last of package %u; %llu HKIDs are in use",
				 s->cpus[c].cpu, s->packages[i].id, (unsigned long long)used);
	}
	if (s->source == TDXCTL_SOURCE_EMULATED)
		return TDXCTL_RULE_OK;
	/* What was refused once, and is allowed by now, is history. */
	return f->log.text && !used && f->hkid_current.readable &&
	       tdxctl_rule_match(f->log.text, r->log[0], &line, &len) ? TDXCTL_RULE_OK : TDXCTL_RULE_UNKNOWN;
}

CHECK_FN(boot_noise)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *keys = rule_msr(f, TDXCTL_MSR_KEYID);
	const char *line;
	size_t len;

	switch (tdxctl_log_find(f, "TDX not supported by the host platform", &line, &len)) {
	case TDXCTL_NO:
		return TDXCTL_RULE_OK;
	case TDXCTL_DONT_KNOW:
		return rule_tdx_up(f) == TDXCTL_YES ? TDXCTL_RULE_OK :
			rule_says(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
				  f->log.text ? "its beginning is lost" : f->log.reason);
	default:
		break;
	}
	/* With KeyIDs the line is no noise; other rules tell why. */
	return keys->readable && keys->value >> 32 ? TDXCTL_RULE_OK :
		rule_says(e, r->severity, "kernel log: %.*s", (int)(len > 200 ? 200 : len), line);
}

CHECK_FN(kexec_old)
{
	const struct tdxctl_facts *f = e->facts;

	if (!f->config.text)
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "kernel configuration: %s", f->config.reason);
	if (tdxctl_config_get(f, "INTEL_TDX_HOST") == TDXCTL_YES &&
	    tdxctl_config_get(f, "KEXEC_CORE") == TDXCTL_NO)
		return rule_says(e, r->severity, "CONFIG_KEXEC_CORE is not set");
	return TDXCTL_RULE_OK;
}

CHECK_FN(kexec_pw_mce)
{
	const struct tdxctl_facts *f = e->facts;
	struct tdxctl_val loaded = tdxctl_text_u64(&f->file[TDXCTL_FILE_KEXEC_CRASH]);
	const char *line;
	size_t len;

	switch (tdxctl_text_word(&f->cpu.bugs, "tdx_pw_mce")) {
	case TDXCTL_NO:
		return TDXCTL_RULE_OK;
	case TDXCTL_DONT_KNOW:
		return UNKNOWN(e, &f->cpu.bugs);
	default:
		break;
	}
	if (f->log.text && tdxctl_rule_match(f->log.text, "Not allowed on platform with tdx_pw_mce bug", &line, &len))
		return rule_says(e, r->severity, "kernel log: %.*s", (int)(len > 200 ? 200 : len), line);
	if (!loaded.readable)
		return UNKNOWN(e, &loaded);
	if (loaded.value)
		return TDXCTL_RULE_OK;
	/* Nobody misses it who did not set memory aside for it. */
	return rule_says(e, tdxctl_cmdline_get(f, "crashkernel=") ? r->severity : TDXCTL_RULE_INFO,
			 "the CPU has the bug tdx_pw_mce, and no crash kernel is loaded");
}

CHECK_FN(cgroup_misc)
{
	const struct tdxctl_facts *f = e->facts;

	if (f->hkid_capacity.readable)
		return TDXCTL_RULE_OK;
	if (f->snap->source == TDXCTL_SOURCE_EMULATED || !f->path[TDXCTL_PATH_CPU_SYSFS].value ||
	    !strncmp(f->hkid_capacity.reason, "no permission", 13))
		return UNKNOWN(e, &f->hkid_capacity);
	/* The root cgroup has no such file: this is a container's view. */
	if (f->path[TDXCTL_PATH_CGROUP_NOT_ROOT].value)
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "the root cgroup cannot be seen from here");
	return rule_says(e, r->severity, "%s", f->hkid_capacity.reason);
}

CHECK_FN(tools_msr)
{
	const struct tdxctl_val *v = rule_msr(e->facts, TDXCTL_MSR_MTRRCAP);

	/* MSR 0xfe is on every x86 CPU: only access can be the reason. */
	if (v->readable || v->fault)
		return TDXCTL_RULE_OK;
	if (e->facts->snap->source == TDXCTL_SOURCE_EMULATED)
		return rule_says(e, TDXCTL_RULE_SKIP, "an emulated host has no MSRs");
	if (!e->facts->nr_msrs)
		return UNKNOWN(e, v);
	return rule_says(e, r->severity, "%s", v->reason);
}
