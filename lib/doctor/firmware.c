/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about what the CPU and firmware must provide before a kernel can use TDX. */
#include <stdio.h>
#include "rule.h"

#define FEW_DIMMS 8 /* memory channels of the CPUs with TDX */

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

static CHECK_FN(sgx_off)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *ctl = rule_msr(f, TDXCTL_MSR_FEATURE_CONTROL);
	enum tdxctl_rule_state fires = e->attestation ? r->attested : r->severity;

	if (ctl->readable && !(ctl->value >> 18 & 1))
		return rule_finding(e, fires, "MSR 0x3a: SGX is not enabled");
	switch (tdxctl_text_word(&f->cpu.flags, "sgx")) {
	case TDXCTL_NO:
		return rule_finding(e, fires, "/proc/cpuinfo has no sgx");
	case TDXCTL_TRI_UNKNOWN:
		return UNKNOWN(e, &f->cpu.flags);
	default:
		break;
	}
	if (!f->path[TDXCTL_PATH_KVM_DEV].value)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "no device files; this may be a container");
	if (f->path[TDXCTL_PATH_SGX_ENCLAVE].readable && !f->path[TDXCTL_PATH_SGX_ENCLAVE].value)
		return rule_finding(e, fires, "no /dev/sgx_enclave");
	if (f->path[TDXCTL_PATH_SGX_PROVISION].readable &&
	    !f->path[TDXCTL_PATH_SGX_PROVISION].value)
		return rule_finding(e, fires, "no /dev/sgx_provision");
	return TDXCTL_RULE_OK;
}

/* Sockets must have the same memory, and SGX needs a DIMM in each of the eight channels. */
static CHECK_FN(dimm_population)
{
	const struct tdxctl_facts *f = e->facts;

	if (rule_tdx_up(f) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	if (!f->dimm_sockets.readable)
		return UNKNOWN(e, &f->dimm_sockets);
	for (size_t i = 0; i < f->nr_dimms; i++) {
		const struct tdxctl_dimms *a = &f->dimms[0], *b = &f->dimms[i];

		if (a->populated != b->populated || a->bytes != b->bytes)
			return rule_finding(e, r->severity,
					    "%.31s has %u DIMMs with %" PRIu64
					    " GiB, %.31s has %u with %" PRIu64 " GiB",
					    a->socket, a->populated, a->bytes >> 30, b->socket,
					    b->populated, b->bytes >> 30);
		if (b->populated && b->populated < FEW_DIMMS && b->populated < b->slots)
			return rule_finding(e, r->severity, "%.31s has %u DIMMs in %u slots",
					    b->socket, b->populated, b->slots);
	}
	return TDXCTL_RULE_OK;
}

static CHECK_FN(sgx_mcheck)
{
	const struct tdxctl_val *v = rule_msr(e->facts, TDXCTL_MSR_SGX_MCHECK);

	if (v->fault)
		return rule_finding(e, TDXCTL_RULE_SKIP, "the CPU has no MSR 0xa0");
	if (!v->readable)
		return UNKNOWN(e, v);
	if (!v->value)
		return TDXCTL_RULE_OK;
	return rule_finding(e, r->severity, "MSR 0xa0 is 0x%" PRIx64, v->value);
}

static CHECK_FN(preproduction)
{
	const struct tdxctl_val *info = rule_msr(e->facts, TDXCTL_MSR_PLATFORM_INFO);
	const struct tdxctl_val *debug = rule_msr(e->facts, TDXCTL_MSR_SGX_DEBUG);

	if (info->readable && info->value >> 27 & 1)
		return rule_finding(e, r->severity, "MSR 0xce: the CPU is a pre-production part");
	if (debug->readable && debug->value)
		return rule_finding(e, r->severity, "MSR 0x503 is 0x%" PRIx64 ": SGX debug mode",
				    debug->value);
	return info->readable ? TDXCTL_RULE_OK : UNKNOWN(e, info);
}

static const struct tdxctl_rule firmware[] = {
	{
		.id = "cpu.vendor",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.check = rule_cpu_vendor,
		.title = "This CPU has no TDX",
		.fix = "Use a CPU with TDX: Sapphire Rapids (some SKUs), Emerald Rapids, Granite "
		       "Rapids, Sierra Forest or newer.",
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
	},
	{
		.id = "bios.palimit46",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_palimit46,
		.title = "Firmware limits physical addresses to 46 bits",
		.fix = "Turn off \"Limit CPU PA to 46 bits\" in firmware setup: it disables TME-MT.",
	},
	{
		.id = "bios.tme.off",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.palimit46",
		.check = rule_tme_off,
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("x86/tme: not enabled by BIOS"),
		.title = "Total Memory Encryption is off",
		.fix = "Enable TME in firmware setup. Then enable what depends on it: TME-MT, TDX with a "
		       "key split other than 0, and the SEAM loader.",
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
	},
	{
		.id = "bios.keyid.none",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.tmemt.off",
		.check = rule_keyid_none,
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("no TDX private KeyIDs available", "TDX is not enabled by BIOS"),
		.title = "No KeyID is reserved for TDX",
		.fix = "Enable TDX and the SEAM loader in firmware setup, and set a key split other than "
		       "0. 'tdxctl keys' shows how many TDs each split allows.",
	},
	{
		.id = "bios.keyid.few",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.keyid.none",
		.check = rule_keyid_few,
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("too few private KeyIDs available"),
		.title = "Too few KeyIDs are reserved for TDX",
		.fix = "Raise the key split in firmware setup. The TDX module needs one private KeyID for "
		       "itself.",
	},
	{
		.id = "bios.seamrr.off",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.keyid.none",
		.check = rule_seamrr_off,
		.title = "The memory range of the TDX module (SEAM range) is off",
		.fix = "Enable TDX and the SEAM loader in firmware setup.",
	},
	{
		.id = "bios.seamrr.unlocked",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.seamrr.off",
		.check = rule_seamrr_unlocked,
		.title = "Firmware did not run the SEAM loader",
		.fix = "Update the BIOS, or ask its vendor. The operating system cannot fix this.",
	},
	{
		.id = "bios.module.missing",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.seamrr.unlocked",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("tdx: module not loaded", "TDX module is not loaded",
			   "TDX module not loaded", "TDX-Module not loaded"),
		.title = "The TDX module is not loaded",
		.fix = "Enable the SEAM loader in firmware setup. If it is enabled, update the BIOS, which "
		       "includes a TDX module. Some boards load the module from the EFI partition.",
	},
	{
		.id = "bios.old.cpuid",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("0xc0000900", "0xc0000902"),
		.title = "The TDX module rejects the CPUID values of this CPU",
		.fix = "Update the BIOS. The BIOS or its microcode is older than the TDX module expects.",
	},
	{
		.id = "bios.old.msr",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("0xc0000920", "0xc0000921"),
		.title = "The TDX module rejects the value of an MSR",
		.fix = "Remove boot options that change this MSR, such as tsx=. If there are none, update "
		       "the BIOS.",
	},
};

const struct rule_list rules_firmware = { firmware, ARRAY_SIZE(firmware) };

/*
 * A list of its own, below the kernel's rules: these do not stop TDs, and must not be the
 * first failure of a host on which KVM is the cause.
 */
static const struct tdxctl_rule platform[] = {
	{
		.id = "sgx.off",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.attested = TDXCTL_RULE_FAIL,
		.check = rule_sgx_off,
		.title = "SGX is off",
		.fix = "Enable SGX in firmware setup. Attestation needs SGX, and some boards offer TDX "
		       "only if SGX is enabled.",
	},
	{
		.id = "sgx.mcheck",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_sgx_mcheck,
		.title = "The SGX check of the firmware (MCHECK) failed",
		.fix = "Do an SGX factory reset in firmware setup. Then register the platform again.",
	},
	{
		.id = "dimm.population",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		.check = rule_dimm_population,
		.title = "The DIMM population may not support SGX and TDX",
		.fix = "If firmware setup does not offer SGX and TDX, populate the memory slots as the "
		       "board vendor requires for SGX.",
	},
	{
		.id = "cpu.preproduction",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.check = rule_preproduction,
		.title = "This CPU is not for production",
		.fix = "Use a production CPU with SGX debug mode off. Attestation services reject this "
		       "CPU.",
	},
};

const struct rule_list rules_platform = { platform, ARRAY_SIZE(platform) };
