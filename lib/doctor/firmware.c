/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about what the CPU and firmware must provide before a kernel can use TDX. */
#include <stdio.h>
#include "rule.h"

static bool known_model(const struct tdxctl_cpu_facts *c)
{
	return rule_series_of(c, 1, 5) || rule_series_of(c, 2, 0);
}

static CHECK_FN(cpu_vendor)
{
	const struct tdxctl_cpu_facts *c = &e->facts->cpu;
	const struct tdxctl_val *keys = rule_msr(e->facts, TDXCTL_MSR_KEYID);

	if (rule_tdx_up(e->facts) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	if (!c->vendor.text)
		return UNKNOWN(e, &c->vendor);
	if (strcmp(c->vendor.text, "GenuineIntel"))
		return rule_finding(e, r->severity, "the CPU vendor is %.40s", c->vendor.text);
	if (tdxctl_text_word(&c->flags, "hypervisor") == TDXCTL_YES) {
		e->fix =
			"Run tdxctl on the host. A virtual machine cannot be a TDX host, whatever its CPU.";
		return rule_finding(e, r->severity, "this machine is a virtual machine");
	}
	if (!c->family.readable || !c->model.readable)
		return UNKNOWN(e, &c->model);
	if (known_model(c))
		return TDXCTL_RULE_OK;
	if (keys->readable && keys->value >> 32)
		return TDXCTL_RULE_OK;
	/* MOVDIR64B, which TDX needs, marks a CPU that may be newer than this table. */
	if (tdxctl_text_word(&c->flags, "movdir64b") == TDXCTL_YES)
		return rule_finding(e, TDXCTL_RULE_WARN,
				    "CPU family %" PRIu64 " model 0x%" PRIx64
				    " is not known to have TDX",
				    c->family.value, c->model.value);
	return rule_finding(e, r->severity, "CPU family %" PRIu64 " model 0x%" PRIx64 " has no TDX",
			    c->family.value, c->model.value);
}

static CHECK_FN(palimit46)
{
	const struct tdxctl_val *v = &e->facts->cpu.pa_bits;

	if (rule_tdx_up(e->facts) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	/* /proc/cpuinfo does not count KeyID bits and shows 46 on a good host, so CPUID is read. */
	if (!v->readable)
		return UNKNOWN(e, v);
	if (v->value != 46)
		return TDXCTL_RULE_OK;
	/* Some CPUs have only 46 bits; all CPUs with TDX have 52. */
	if (!known_model(&e->facts->cpu))
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "46 physical address bits, which may be the maximum of this CPU");
	return rule_finding(e, r->severity, "CPUID 0x80000008 reports 46 physical address bits");
}

/*
 * Whether the private KeyIDs prove that TME and TME-MT are on, although the registers of TME
 * do not describe them: an emulated CPU may not have these registers. A host whose TDX was
 * never turned on has no other proof.
 */
static bool tme_proved(const struct tdxctl_facts *f)
{
	const struct tdxctl_val *cap = rule_msr(f, TDXCTL_MSR_TME_CAPABILITY);
	const struct tdxctl_val *cpuid = &f->cpu.cpuid_7_ecx;

	return ((cpuid->readable && !(cpuid->value >> 13 & 1)) || cap->fault ||
		(cap->readable && !cap->value)) &&
	       rule_keyids_found(f);
}

static CHECK_FN(tme_off)
{
	const struct tdxctl_val *v = rule_msr(e->facts, TDXCTL_MSR_TME_ACTIVATE);
	const struct tdxctl_val *cpuid = &e->facts->cpu.cpuid_7_ecx;

	if (rule_tdx_up(e->facts) == TDXCTL_YES || tme_proved(e->facts))
		return TDXCTL_RULE_OK;
	if (cpuid->readable && !(cpuid->value >> 13 & 1))
		return rule_finding(e, r->severity, "CPUID does not report TME");
	if (v->fault)
		return rule_finding(e, r->severity, "the CPU has no MSR 0x982");
	if (!v->readable)
		return UNKNOWN(e, v);
	if ((v->value & 3) == 3)
		return TDXCTL_RULE_OK;
	return rule_finding(e, r->severity, "MSR 0x982 is 0x%" PRIx64 ": %s", v->value,
			    v->value & 2 ? "TME is enabled, but not locked" : "TME is not enabled");
}

static CHECK_FN(tmemt_off)
{
	const struct tdxctl_val *v = rule_msr(e->facts, TDXCTL_MSR_TME_ACTIVATE);

	if (rule_tdx_up(e->facts) == TDXCTL_YES || tme_proved(e->facts))
		return TDXCTL_RULE_OK;
	if (!v->readable)
		return UNKNOWN(e, v);
	if (v->value >> 32 & 0xf)
		return TDXCTL_RULE_OK;
	return rule_finding(e, r->severity, "MSR 0x982 is 0x%" PRIx64 ": no KeyID bits are enabled",
			    v->value);
}

static CHECK_FN(keyid_none)
{
	const struct tdxctl_val *v = rule_msr(e->facts, TDXCTL_MSR_KEYID);

	if (rule_keyids_found(e->facts))
		return TDXCTL_RULE_OK;
	if (v->fault)
		return rule_finding(e, r->severity, "the CPU has no MSR 0x87");
	if (!v->readable)
		return UNKNOWN(e, v);
	return rule_finding(e, r->severity, "MSR 0x87: %u TME-MT KeyIDs, no private KeyIDs",
			    (unsigned int)v->value);
}

static CHECK_FN(keyid_few)
{
	const struct tdxctl_val *v = rule_msr(e->facts, TDXCTL_MSR_KEYID);

	if (!v->readable)
		return rule_tdx_up(e->facts) == TDXCTL_YES ? TDXCTL_RULE_OK : UNKNOWN(e, v);
	if (v->value >> 32 >= 2)
		return TDXCTL_RULE_OK;
	return rule_finding(e, r->severity, "MSR 0x87: %" PRIu64 " private KeyID", v->value >> 32);
}

static CHECK_FN(seamrr_off)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *mask = rule_msr(f, TDXCTL_MSR_SEAMRR_MASK);

	if (rule_tdx_up(f) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < f->nr_msrs; i++) {
		const struct tdxctl_val *cap = &f->msrs[i].msr[TDXCTL_MSR_MTRRCAP];
		const struct tdxctl_val *base = &f->msrs[i].msr[TDXCTL_MSR_SEAMRR_BASE];

		mask = &f->msrs[i].msr[TDXCTL_MSR_SEAMRR_MASK];
		/* A CPU that has private KeyIDs has a SEAM range: this MSR is emulated. */
		if (cap->readable && !(cap->value >> 15 & 1) && rule_keyids_found(f))
			return rule_finding(e, TDXCTL_RULE_UNKNOWN,
					    "MSR 0xfe has no SEAM range, but there are private KeyIDs");
		if (cap->readable && !(cap->value >> 15 & 1))
			return rule_finding(e, r->severity,
					    "package %u has no SEAM range (MSR 0xfe)",
					    f->msrs[i].package);
		if (mask->fault || (mask->readable && !(mask->value >> 11 & 1)))
			return rule_finding(e, r->severity, "the SEAM range of package %u is %s",
					    f->msrs[i].package,
					    base->readable && !(base->value >> 3 & 1) ?
						    "off and was not configured by firmware (MSRs 0x1400, 0x1401)" :
						    "off (MSR 0x1401)");
		if (!mask->readable)
			return UNKNOWN(e, mask);
	}
	return f->nr_msrs ? TDXCTL_RULE_OK : UNKNOWN(e, mask);
}

static CHECK_FN(seamrr_unlocked)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *mask = rule_msr(f, TDXCTL_MSR_SEAMRR_MASK);

	if (rule_tdx_up(f) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < f->nr_msrs; i++) {
		mask = &f->msrs[i].msr[TDXCTL_MSR_SEAMRR_MASK];
		if (!mask->readable)
			return UNKNOWN(e, mask);
		if (mask->value >> 11 & 1 && !(mask->value >> 10 & 1))
			return rule_finding(e, r->severity,
					    "the SEAM range of package %u is on, but not locked (MSR 0x1401)",
					    f->msrs[i].package);
	}
	return f->nr_msrs ? TDXCTL_RULE_OK : UNKNOWN(e, mask);
}

static CHECK_FN(sock_mismatch)
{
	static const enum tdxctl_msr same[] = {
		TDXCTL_MSR_KEYID,	TDXCTL_MSR_TME_CAPABILITY, TDXCTL_MSR_TME_ACTIVATE,
		TDXCTL_MSR_SEAMRR_BASE, TDXCTL_MSR_SEAMRR_MASK,
	};
	const struct tdxctl_facts *f = e->facts;
	bool compared = false;
	const char *why;

	if (f->snap->nr_packages == 1)
		return TDXCTL_RULE_OK;
	for (size_t i = 1; i < f->nr_msrs; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(same); k++) {
			const struct tdxctl_val *a = &f->msrs[0].msr[same[k]],
						*b = &f->msrs[i].msr[same[k]];

			if (!a->readable || !b->readable) {
				if (a->fault == b->fault)
					continue;
				return rule_finding(e, r->severity,
						    "package %u has MSR 0x%x, package %u does not",
						    f->msrs[a->fault ? i : 0].package,
						    tdxctl_msr_number(same[k]),
						    f->msrs[a->fault ? 0 : i].package);
			}
			compared = true;
			if (a->value != b->value)
				return rule_finding(e, r->severity,
						    "MSR 0x%x: 0x%" PRIx64
						    " in package %u, 0x%" PRIx64 " in package %u",
						    tdxctl_msr_number(same[k]), a->value,
						    f->msrs[0].package, b->value,
						    f->msrs[i].package);
		}
	}
	if (compared)
		return TDXCTL_RULE_OK;
	why = rule_msr(f, TDXCTL_MSR_KEYID)->reason;
	return rule_finding(e, TDXCTL_RULE_UNKNOWN, "%s",
			    why ? why : "the MSRs of only one package are known");
}

static const struct tdxctl_rule firmware[] = {
	{
		.id = "cpu.vendor",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.check = rule_cpu_vendor,
		.title = "This machine has no TDX",
		.fix = "Use a CPU with TDX: Sapphire Rapids (some SKUs), Emerald Rapids, Granite "
		       "Rapids, Sierra Forest or newer.",
		.reads = LIST("/proc/cpuinfo", "MSR 0x87"),
		.why = "Only some Intel server CPUs have TDX, and a virtual machine never has "
		       "it: no setting helps on another CPU.",
		.by_hand = "lscpu, or grep -m1 -E 'vendor_id|model|flags' /proc/cpuinfo: "
			   "GenuineIntel, family 6, a model with TDX, and no flag hypervisor.",
	},
	{
		.id = "sock.mismatch",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_sock_mismatch,
		.title = "Firmware configured the packages differently",
		.fix = "Load firmware defaults and make the settings again. Use the same BIOS version for "
		       "all packages.",
		.reads = LIST("MSR 0x87", "MSR 0x982", "MSR 0x1400", "MSR 0x1401"),
		.why = "The SEAM loader and the TDX module compare the packages and refuse a "
		       "host whose packages differ.",
		.by_hand = "rdmsr -a 0x87, and the same for 0x982, 0x1400 and 0x1401: all CPUs "
			   "must show the same value.",
	},
	{
		.id = "bios.palimit46",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_palimit46,
		.title = "Firmware limits physical addresses to 46 bits",
		.fix = "Turn off \"Limit CPU PA to 46 bits\" in firmware setup: it disables TME-MT.",
		.reads = LIST("CPUID 0x80000008"),
		.why = "KeyIDs use the upper bits of physical addresses. With 46 address bits, "
		       "no bits are left, and TME-MT is off.",
		.by_hand = "cpuid -1 -l 0x80000008: the maximum physical address must be 52 "
			   "bits (0x34). /proc/cpuinfo is no proof, because it subtracts the "
			   "KeyID bits.",
	},
	{
		.id = "bios.tme.off",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.palimit46",
		.check = rule_tme_off,
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("x86/tme: not enabled by BIOS"),
		.title = "Total Memory Encryption is off",
		.fix = "Enable TME in firmware setup. Then enable what depends on it: TME-MT, TDX with a "
		       "key split other than 0, and the SEAM loader.",
		.reads = LIST("MSR 0x982", "MSR 0x981", "CPUID 0x7"),
		.why = "TDX encrypts the memory of TDs with the engine of TME. Without TME "
		       "there are no keys.",
		.by_hand = "rdmsr 0x982: bits 0 (locked) and 1 (enabled) must be set.",
	},
	{
		.id = "bios.tmemt.off",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.tme.off",
		.check = rule_tmemt_off,
		.title = "TME-MT is off",
		.fix = "Enable TME-MT (multi-key) in firmware setup. Then enable what depends on it: TDX "
		       "with a key split other than 0, and the SEAM loader.",
		.reads = LIST("MSR 0x982"),
		.why = "Each TD has its own key, and TME-MT provides the keys.",
		.by_hand = "rdmsr -f 35:32 0x982: the number of KeyID bits must not be 0.",
	},
	{
		.id = "bios.keyid.none",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.tmemt.off",
		.check = rule_keyid_none,
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("no TDX private KeyIDs available", "TDX is not enabled by BIOS"),
		.title = "No KeyID is reserved for TDX",
		.fix = "Enable TDX and the SEAM loader in firmware setup, and set a key split other than "
		       "0. 'tdxctl keys' shows how many TDs each split allows.",
		.reads = LIST("MSR 0x87", "kernel log"),
		.why = "Each TD needs a KeyID that firmware reserved for TDX. The key split "
		       "decides how many there are.",
		.by_hand = "rdmsr -f 63:32 0x87: the number of private KeyIDs must not be 0.",
	},
	{
		.id = "bios.keyid.few",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.keyid.none",
		.check = rule_keyid_few,
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("too few private KeyIDs available"),
		.title = "Too few KeyIDs are reserved for TDX",
		.fix = "Raise the key split in firmware setup. The TDX module needs one private KeyID for "
		       "itself.",
		.reads = LIST("MSR 0x87"),
		.why = "The TDX module uses one private KeyID for itself. With only one, no TD "
		       "can exist, and the kernel leaves TDX off.",
		.by_hand = "rdmsr -f 63:32 0x87: the number of private KeyIDs must be 2 or "
			   "more.",
	},
	{
		.id = "bios.seamrr.off",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.keyid.none",
		.check = rule_seamrr_off,
		.title = "The memory range of the TDX module (SEAM range) is off",
		.fix = "Enable TDX and the SEAM loader in firmware setup.",
		.reads = LIST("MSR 0xfe", "MSR 0x1400", "MSR 0x1401"),
		.why = "The TDX module runs in a memory range that firmware reserves. Without "
		       "it, there is no place for the module.",
		.by_hand = "rdmsr -f 11:11 0x1401: must be 1. rdmsr -f 3:3 0x1400 shows whether "
			   "firmware configured the range.",
	},
	{
		.id = "bios.seamrr.unlocked",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.seamrr.off",
		.check = rule_seamrr_unlocked,
		.title = "Firmware did not run the SEAM loader",
		.fix = "Update the BIOS, or ask its vendor. The operating system cannot fix this.",
		.reads = LIST("MSR 0x1401"),
		.why = "Firmware locks the range when the SEAM loader has run. An unlocked "
		       "range shows that the loader did not run.",
		.by_hand = "rdmsr -f 11:10 0x1401: must be 3, enabled and locked.",
	},
	{
		.id = "bios.module.missing",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.seamrr.unlocked",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("tdx: module not loaded", "TDX module is not loaded",
			    "TDX module not loaded", "TDX-Module not loaded"),
		.title = "The TDX module is not loaded",
		.fix = "Enable the SEAM loader in firmware setup. If it is enabled, update the BIOS, which "
		       "includes a TDX module. Some boards load the module from the EFI partition.",
		.why = "The kernel uses the TDX module that firmware loaded at boot. It cannot "
		       "load the first one itself.",
		.by_hand = "dmesg | grep -i tdx: no line may report that the module is not "
			   "loaded.",
	},
	{
		.id = "bios.old.cpuid",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("0xc0000900", "0xc0000902"),
		.title = "The TDX module rejects the CPUID values of this CPU",
		.fix = "Update the BIOS. The BIOS or its microcode is older than the TDX module expects.",
		.why = "The TDX module checks the CPU when it is initialized, and refuses a CPU "
		       "or microcode that it does not know.",
		.by_hand = "dmesg | tdxctl decode: names the CPUID leaf that the module "
			   "rejects.",
	},
	{
		.id = "bios.old.msr",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("0xc0000920", "0xc0000921"),
		.title = "The TDX module rejects the value of an MSR",
		.fix = "Remove boot options that change this MSR, such as tsx=. If there are none, update "
		       "the BIOS.",
		.why = "The TDX module checks MSRs when it is initialized, and refuses values "
		       "that it does not support.",
		.by_hand = "dmesg | tdxctl decode: names the MSR that the module rejects.",
	},
};

const struct rule_list rules_firmware = { firmware, ARRAY_SIZE(firmware) };
