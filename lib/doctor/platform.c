/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about what firmware provides besides TDX: SGX and memory slots. */
#include "rule.h"

#define FEW_DIMMS 8 /* memory channels of the CPUs with TDX */

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
		.reads =
			LIST("MSR 0x3a", "/proc/cpuinfo", "/dev/sgx_enclave", "/dev/sgx_provision"),
		.why = "Quotes are signed by an SGX enclave on the host. TDs run without SGX, "
		       "but cannot be attested.",
		.by_hand = "ls /dev/sgx_enclave /dev/sgx_provision: both must exist.",
	},
	{
		.id = "sgx.mcheck",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_sgx_mcheck,
		.title = "The SGX check of the firmware (MCHECK) failed",
		.fix = "Check the memory population, update the BIOS and reboot. Only if MCHECK still fails, do an "
		       "SGX factory reset in firmware setup, which renews the platform's keys, and register "
		       "the platform again.",
		.reads = LIST("MSR 0xa0"),
		.why = "MCHECK verifies the platform for SGX at boot. After a failure, SGX is "
		       "off, and on many boards TDX too.",
		.by_hand = "rdmsr 0xa0: must be 0.",
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
		.reads = LIST("/sys/firmware/dmi/tables/DMI"),
		.why = "Boards offer SGX and TDX only with certain populations of the memory "
		       "slots.",
		.by_hand = "dmidecode -t memory, which reads /sys/firmware/dmi/tables/DMI: each "
			   "socket needs the same memory, and a DIMM in each channel.",
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
		.reads = LIST("MSR 0xce", "MSR 0x503"),
		.why = "Attestation services do not trust pre-production CPUs or CPUs in debug "
		       "mode.",
		.by_hand = "rdmsr -f 27:27 0xce and rdmsr 0x503: both must be 0.",
	},
};

const struct rule_list rules_platform = { platform, ARRAY_SIZE(platform) };
