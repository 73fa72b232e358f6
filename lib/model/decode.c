/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explains TDX module values: statuses, leaves, operands, feature bits; and errnos of KVM. */
#include <ctype.h>
#include "decode.h"
#include "model.h"
#include "tdx.h"

/* clang-format off */
static const char *const kinds[TDXCTL_WORD_KINDS] = {
	[TDXCTL_WORD_AUTO] = "auto",
	[TDXCTL_WORD_STATUS] = "status",
	[TDXCTL_WORD_LEAF] = "leaf",
	[TDXCTL_WORD_ERRNO] = "errno",
	[TDXCTL_WORD_FEATURES] = "features",
	[TDXCTL_WORD_ATTRIBUTES] = "attributes",
	[TDXCTL_WORD_XFAM] = "xfam",
	[TDXCTL_WORD_QUOTE] = "quote",
};

static const char *const outcomes[TDXCTL_OUTCOMES] = {
	[TDXCTL_OUTCOME_SUCCESS] = "success",
	[TDXCTL_OUTCOME_INFORMATION] = "information",
	[TDXCTL_OUTCOME_RETRY] = "retry",
	[TDXCTL_OUTCOME_ERROR] = "error",
	[TDXCTL_OUTCOME_FATAL] = "fatal",
};

/* Bits 47:40 of a completion status. */
static const char *const classes[] = {
	"general", "operand", "contention", "page metadata", "TD pages", "module state",
	"TD state", "vCPU", "keys", "platform", "memory regions", "secure EPT", "metadata fields",
};

static const struct {
	uint32_t msr;
	const char *name;
} msrs[] = {
	{ 0x33, "TEST_CTRL" }, { 0x3a, "IA32_FEATURE_CONTROL" }, { 0x3b, "IA32_TSC_ADJUST" },
	{ 0x48, "IA32_SPEC_CTRL" }, { 0x87, "IA32_MKTME_KEYID_PARTITIONING" },
	{ 0x98, "IA32_WBINVDP" }, { 0x99, "IA32_WBNOINVDP" }, { 0x9b, "IA32_SMM_MONITOR_CTL" },
	{ 0xa0, "SGX MCHECK error" }, { 0xce, "MSR_PLATFORM_INFO" },
	{ 0xcf, "IA32_CORE_CAPABILITIES" }, { 0xfe, "IA32_MTRRCAP" },
	{ 0x10a, "IA32_ARCH_CAPABILITIES" }, { 0x122, "IA32_TSX_CTRL" },
	{ 0x1a0, "IA32_MISC_ENABLE" }, { 0x1f2, "IA32_SMRR_PHYSBASE" },
	{ 0x1f3, "IA32_SMRR_PHYSMASK" }, { 0x277, "IA32_PAT" },
	{ 0x345, "IA32_PERF_CAPABILITIES" }, { 0x480, "IA32_VMX_BASIC" },
	{ 0x500, "IA32_SGX_SVN_STATUS" }, { 0x503, "SGX debug mode" },
	{ 0x981, "IA32_TME_CAPABILITY" }, { 0x982, "IA32_TME_ACTIVATE" },
	{ 0x983, "IA32_TME_EXCLUDE_MASK" }, { 0x984, "IA32_TME_EXCLUDE_BASE" },
	{ 0xda0, "IA32_XSS" }, { 0x1400, "IA32_SEAMRR_PHYS_BASE" },
	{ 0x1401, "IA32_SEAMRR_PHYS_MASK" },
};
/* clang-format on */

/* Meaning of the low half of a status where it is not an operand id. */
static const struct {
	uint32_t hi;
	const char *kind;
} low_halves[] = {
	{ TDX_STATUS_HI_NON_RECOVERABLE_VCPU, "exit reason" },
	{ TDX_STATUS_HI_NON_RECOVERABLE_TD, "exit reason" },
	{ TDX_STATUS_HI_NON_RECOVERABLE_TD_NON_ACCESSIBLE, "exit reason" },
	{ TDX_STATUS_HI_X2APIC_ID_NOT_UNIQUE, "x2APIC id" },
	{ TDX_STATUS_HI_TD_VMCS_FIELD_NOT_INITIALIZED, "VMCS field" },
	{ TDX_STATUS_HI_TD_VMCS_FIELD_ERROR, "VMCS field" },
	{ TDX_STATUS_HI_VCPU_STATE_INCORRECT, "vCPU state" },
	{ TDX_STATUS_HI_INCORRECT_CPUID_VALUE, "CPUID leaf" },
	{ TDX_STATUS_HI_INCONSISTENT_CPUID_FIELD, "CPUID leaf" },
	{ TDX_STATUS_HI_CPUID_LEAF_NOT_SUPPORTED, "CPUID leaf" },
	{ TDX_STATUS_HI_INCONSISTENT_MSR, "MSR" },
	{ TDX_STATUS_HI_INCORRECT_MSR_VALUE, "MSR" },
	{ TDX_STATUS_HI_INVALID_TDMR, "TDMR" },
	{ TDX_STATUS_HI_NON_ORDERED_TDMR, "TDMR" },
	{ TDX_STATUS_HI_TDMR_OUTSIDE_CMRS, "TDMR" },
	{ TDX_STATUS_HI_INVALID_PAMT, "TDMR and page size" },
	{ TDX_STATUS_HI_PAMT_OUTSIDE_CMRS, "TDMR and page size" },
	{ TDX_STATUS_HI_PAMT_OVERLAP, "TDMR and page size" },
	{ TDX_STATUS_HI_INVALID_RESERVED_IN_TDMR, "TDMR and area" },
	{ TDX_STATUS_HI_NON_ORDERED_RESERVED_IN_TDMR, "TDMR and area" },
};

/* Errors of KVM_TDX_INIT_VM, the same in Linux 6.16 to 7.2. */
static const struct {
	int err;
	const char *name, *text, *meaning, *advice;
} errnos[] = {
	{ ENOSPC, "ENOSPC", "No space left on device", "no HKID is free",
	  "Stop or release a TD; 'tdxctl hkid' lists the owners and leaked HKIDs. For more HKIDs, raise the "
	  "key split in firmware setup." },
	{ EBUSY, "EBUSY", "Device or resource busy",
	  "a limit of the misc cgroup was reached, or the VM already has vCPUs",
	  "Check misc.max and misc.events of the VM's cgroup and of its parents. The hardware may still "
	  "have free HKIDs." },
	{ EIO, "EIO", "Input/output error", "a package has no online CPU, or a SEAMCALL failed",
	  "Check the kernel log. Bring one CPU of each package online, or decode the status word in the log." },
	{ EAGAIN, "EAGAIN", "Resource temporarily unavailable",
	  "the CPU's random number generator had too little entropy",
	  "Try again. Do not create many TDs at the same time." },
	{ EINVAL, "EINVAL", "Invalid argument",
	  "a parameter is invalid, or the TD is already initialized",
	  "Decode the status word in hw_error of the command. KVM_TDX_CAPABILITIES lists the attributes, "
	  "XFAM bits and CPUID values that are allowed." },
	{ E2BIG, "E2BIG", "Argument list too long", "too many CPUID entries",
	  "Report this to the authors of the VMM: it must send fewer entries." },
	{ EFAULT, "EFAULT", "Bad address", "the VMM passed an invalid address",
	  "Report this to the authors of the VMM." },
	{ ENOMEM, "ENOMEM", "Cannot allocate memory",
	  "there is no memory for the control pages of the TD", "Free memory on the host." },
	{ ENOTTY, "ENOTTY", "Inappropriate ioctl for device",
	  "the VM is not a TD, or KVM does not have this command",
	  "Use a kernel and a VMM of the same generation. Upstream supports TDX since Linux 6.16 and "
	  "QEMU 10.1." },
};

static const struct tdxctl_bit features[] = {
	{ 0, "TD_MIG", "TD migration" },
	{ 1, "TD_PRESERVING", "the module can be updated while TDs run" },
	{ 2, "SERVTD", "service TDs" },
	{ 3, "TDG_VP_RDWR", "a TD can read and write fields of its vCPUs" },
	{ 4, "RELAXED_MEM_MNG", "memory management needs fewer locks" },
	{ 5, "CPUID_VIRT_GUEST_CTRL", "the guest controls whether CPUID causes #VE" },
	{ 7, "TD_PARTITIONING", "nested VMs inside a TD" },
	{ 8, "LOCAL_ATTESTATION", "TDs can attest to other TDs on the same host" },
	{ 9, "TD_ENTRY_ENHANCEMENTS", "TD entry takes fewer steps" },
	{ 10, "HOST_PRIORITY_LOCKS", "the host has priority over guests for locks" },
	{ 11, "CONFIG_IA32_ARCH_CAPS", "IA32_ARCH_CAPABILITIES can be configured" },
	{ 16, "PENDING_EPT_VIOLATION_V2", "version 2 of the exit on unaccepted memory" },
	{ 17, "FMS_CONFIG", "family, model and stepping can be configured" },
	{ 18, "NO_RBP_MOD", "RBP is preserved; Linux requires it" },
	{ 19, "L2_TLB_INVD_OPT", "cheaper TLB invalidation for nested VMs" },
	{ 20, "TOPOLOGY_ENUM", "CPU topology for TDs; KVM requires it" },
	{ 21, "VE_REDUCTION", "fewer #VE in guests" },
	{ 36, "DYNAMIC_PAMT", "page metadata memory is added on demand" },
};

static const struct tdxctl_bit attributes[] = {
	{ 0, "DEBUG", "the host can read and write the TD, which is not confidential" },
	{ 4, "HGS_PLUS_PROF", "thread scheduling hints may be used" },
	{ 5, "PERF_PROF", "the host can profile the performance of the TD" },
	{ 6, "PMT_PROF", "the host can read telemetry of the TD" },
	{ 16, "ICSSD", "debugging aid that keeps confidentiality" },
	{ 27, "LASS", "linear address space separation" },
	{ 28, "SEPT_VE_DISABLE", "no #VE on unaccepted memory; Linux guests expect this" },
	{ 29, "MIGRATABLE", "the TD can be migrated" },
	{ 30, "PKS", "supervisor protection keys" },
	{ 31, "KL", "key locker" },
	{ 62, "TPA", "the TD is a provisioning agent" },
	{ 63, "PERFMON", "the guest can use performance counters" },
};

static const struct tdxctl_bit xfam[] = {
	{ 0, "X87", "always required" },
	{ 1, "SSE", "always required" },
	{ 2, "AVX", "YMM registers" },
	{ 3, "BNDREGS", "MPX; not supported in TDs" },
	{ 4, "BNDCSR", "MPX; not supported in TDs" },
	{ 5, "OPMASK", "AVX-512 masks" },
	{ 6, "ZMM_HI256", "AVX-512 upper halves" },
	{ 7, "HI16_ZMM", "AVX-512 upper registers" },
	{ 8, "PT", "processor trace" },
	{ 9, "PKRU", "user protection keys" },
	{ 10, "PASID", "process address space ids" },
	{ 11, "CET_U", "user shadow stack" },
	{ 12, "CET_S", "supervisor shadow stack" },
	{ 13, "HDC", "hardware duty cycling" },
	{ 14, "UINTR", "user interrupts" },
	{ 15, "LBR", "last branch records" },
	{ 16, "HWP", "hardware P-states" },
	{ 17, "XTILECFG", "AMX configuration" },
	{ 18, "XTILEDATA", "AMX data" },
	{ 19, "APX", "extended registers" },
};

const char *tdxctl_word_kind_str(enum tdxctl_word_kind kind)
{
	return kind < TDXCTL_WORD_KINDS ? kinds[kind] : NULL;
}

const char *tdxctl_outcome_str(enum tdxctl_outcome outcome)
{
	return outcome < TDXCTL_OUTCOMES ? outcomes[outcome] : NULL;
}

const char *tdxctl_msr_str(uint32_t msr)
{
	for (size_t i = 0; i < ARRAY_SIZE(msrs); i++)
		if (msrs[i].msr == msr)
			return msrs[i].name;
	return NULL;
}

const struct tdxctl_bit *tdxctl_decode_bit(enum tdxctl_word_kind kind, unsigned int bit)
{
	const struct tdxctl_bit *t;
	size_t n;

	switch (kind) {
	case TDXCTL_WORD_FEATURES:
		t = features;
		n = ARRAY_SIZE(features);
		break;
	case TDXCTL_WORD_ATTRIBUTES:
		t = attributes;
		n = ARRAY_SIZE(attributes);
		break;
	case TDXCTL_WORD_XFAM:
		t = xfam;
		n = ARRAY_SIZE(xfam);
		break;
	default:
		return NULL;
	}
	for (; n--; t++)
		if (t->bit == bit)
			return t;
	return NULL;
}

/* ---- status words ---- */

static enum tdxctl_outcome outcome_of(uint64_t v)
{
	if (!v)
		return TDXCTL_OUTCOME_SUCCESS;
	/*
	 * Bit 61, and bit 62 without bit 63, describe the state of the TD or vCPU, not of
	 * the call.
	 */
	if (v >> 61 & 1 || (v >> 62 & 3) == 1)
		return TDXCTL_OUTCOME_FATAL;
	if (!(v >> 63))
		return TDXCTL_OUTCOME_INFORMATION;
	return v >> 62 & 1 ? TDXCTL_OUTCOME_ERROR : TDXCTL_OUTCOME_RETRY;
}

static void status_operand(struct tdxctl_word *w)
{
	uint32_t hi = (uint32_t)(w->value >> 32), class = hi >> 8 & 0xff;

	w->operand = (uint32_t)w->value;
	for (size_t i = 0; i < ARRAY_SIZE(low_halves); i++) {
		if (low_halves[i].hi != hi)
			continue;
		/* 0 means that the module gave no number, but TDMR 0 exists. */
		if (w->operand || !strncmp(low_halves[i].kind, "TDMR", 4))
			w->operand_kind = low_halves[i].kind;
		if (!strcmp(low_halves[i].kind, "MSR"))
			w->operand_name = tdxctl_msr_str(w->operand);
		return;
	}
	/* Classes that name an operand. Operand 0 is RAX. */
	if (class == 1 || hi == (uint32_t)TDX_STATUS_HI_OPERAND_BUSY ||
	    (w->operand && (class == 3 || class == 0xb))) {
		w->operand_kind = "operand";
		w->operand_name = tdxctl_operand_str(w->operand);
	} else if (w->operand) {
		w->operand_kind = "detail";
	}
}

static void decode_status(uint64_t v, struct tdxctl_word *w)
{
	unsigned int class = v >> 40 & 0xff;
	const struct tdxctl_advice *a;

	*w = (struct tdxctl_word){ .kind = TDXCTL_WORD_STATUS, .value = v };
	w->name = tdxctl_status_str(v);
	w->outcome = outcome_of(v);
	if (TDX_IS_SW_ERROR(v)) {
		/*
		 * These statuses have no operand. If the name is NULL, SEAMCALL caused
		 * another trap.
		 */
		w->class_name = "made by the kernel";
		w->outcome = TDXCTL_OUTCOME_ERROR;
		a = tdxctl_decode_advice((uint32_t)v);
	} else {
		w->class_name = class < ARRAY_SIZE(classes) ? classes[class] : NULL;
		if (v)
			status_operand(w);
		a = tdxctl_decode_advice((uint32_t)(v >> 32));
	}
	if (a && w->name) {
		w->meaning = a->meaning;
		w->advice = a->advice;
	}
}

static void decode_leaf(uint64_t v, struct tdxctl_word *w)
{
	unsigned int leaf = v & TDX_LEAF_MASK;

	*w = (struct tdxctl_word){ .kind = TDXCTL_WORD_LEAF, .value = v };
	w->name = tdxctl_leaf_str(leaf);
	w->meaning = tdxctl_decode_leaf_text(leaf);
	if (v >> TDX_VERSION_SHIFT) {
		w->operand_kind = "version";
		w->operand = TDX_LEAF_VERSION(v);
	}
}

static void set_errno(size_t i, struct tdxctl_word *w)
{
	*w = (struct tdxctl_word){
		.kind = TDXCTL_WORD_ERRNO,
		.value = (uint64_t)errnos[i].err,
		.name = errnos[i].name,
		.meaning = errnos[i].meaning,
		.advice = errnos[i].advice,
	};
}

static bool decode_errno(const char *name, uint64_t number, struct tdxctl_word *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		if (name ? strcmp(errnos[i].name, name) : (uint64_t)errnos[i].err != number)
			continue;
		set_errno(i, w);
		return true;
	}
	return false;
}

/* Compares KVM's "TDH_MNG_CREATE" with "TDH.MNG.CREATE" of the module's ABI. */
static bool same_leaf(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char c = *a == '_' ? '.' : (char)toupper((unsigned char)*a);

		if (c != *b)
			return false;
	}
	return !*a && !*b;
}

static bool decode_name(const char *s, struct tdxctl_word *w)
{
	static const uint64_t sw[] = { TDX_SEAMCALL_VMFAILINVALID, TDX_SEAMCALL_UD,
				       TDX_SEAMCALL_GP };
	static const uint32_t his[] = {
#define X(hi, id) hi,
		TDX_STATUSES(X)
#undef X
	};

	for (unsigned int i = 0; i < TDX_LEAF_COUNT; i++) {
		const char *name = tdxctl_leaf_str(i);

		if (name && same_leaf(s, name)) {
			decode_leaf(i, w);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(his) + ARRAY_SIZE(sw); i++) {
		uint64_t v = i < ARRAY_SIZE(his) ? (uint64_t)his[i] << 32 : sw[i - ARRAY_SIZE(his)];
		const char *name = tdxctl_status_str(v);

		if (strcmp(name, s) && strcmp(name + strlen("TDX_"), s))
			continue;
		decode_status(v, w);
		/* A name alone has no operand. */
		w->operand_kind = w->operand_name = NULL;
		return true;
	}
	return decode_errno(s, 0, w) || tdxctl_decode_quote(0, s, w) ||
	       (!strcmp(s, "HTTP 401") && tdxctl_decode_quote(401, NULL, w));
}

/*
 * Parses a pasted number, decimal or hexadecimal. *digits is the number of hexadecimal
 * digits, 0 for decimal.
 */
static int number(const char *s, uint64_t *v, size_t *digits)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	size_t len, i;
	char *end;

	if (hex)
		s += 2;
	len = strlen(s);
	for (i = 0; i < len; i++)
		if (!isxdigit((unsigned char)s[i]))
			return -EINVAL;
	if (!len || len > 32)
		return -EINVAL;
	/* Status words are also pasted without 0x. */
	if (len == 16 || len == 8)
		hex = true;
	if (!hex && strspn(s, "0123456789") < len)
		return -EINVAL;
	errno = 0;
	*v = strtoull(s, &end, hex ? 16 : 10);
	*digits = hex ? len : 0;
	return errno || *end ? -EINVAL : 0;
}

int tdxctl_decode(const char *text, enum tdxctl_word_kind kind, struct tdxctl_word *w)
{
	size_t digits;
	uint64_t v;
	bool upper;

	if (kind == TDXCTL_WORD_AUTO) {
		if (text[0] == '-' && !number(text + 1, &v, &digits))
			return decode_errno(NULL, v, w) ? 0 : -EINVAL;
		if (decode_name(text, w))
			return 0;
	}
	if (number(text, &v, &digits))
		return -EINVAL;
	switch (kind) {
	case TDXCTL_WORD_AUTO:
		upper = digits <= 8 && v >> 24 && !(v >> 32);
		/* No leaf has the number of one of these codes. */
		if (digits <= 8 && tdxctl_decode_quote(v, NULL, w))
			return 0;
		if (digits <= 8 && !(v >> 24))
			decode_leaf(v, w);
		else
			decode_status(upper ? v << 32 : v, w);
		if (upper)
			w->operand_kind = w->operand_name = NULL;
		return 0;
	case TDXCTL_WORD_STATUS:
		decode_status(v, w);
		return 0;
	case TDXCTL_WORD_LEAF:
		decode_leaf(v, w);
		return 0;
	default:
		*w = (struct tdxctl_word){ .kind = kind, .value = v };
		return 0;
	}
}

/* ---- words in a log ---- */

/* Whether a number in a log is a status and not an address. */
static bool looks_like_status(uint64_t v, size_t digits)
{
	if (TDX_IS_SW_ERROR(v))
		return tdxctl_status_str(v);
	if (!(v >> 32) || !tdxctl_status_str(v))
		return false;
	/* A physical address may have the same upper half as a status that is not an error. */
	return v >> 60 || (digits == 16 && (uint32_t)v <= 0xffff);
}

/* Whether "SEAMCALL (" or "SEAMCALL[" ends right before @at. */
static bool after_seamcall(const char *line, size_t at)
{
	static const char word[] = "SEAMCALL";
	size_t n = sizeof(word) - 1;

	while (at && (line[at - 1] == '(' || line[at - 1] == '[' || line[at - 1] == ' '))
		at--;
	return at >= n && !memcmp(line + at - n, word, n);
}

/* Whether @word ends right before @at. */
static bool after(const char *line, size_t at, const char *word)
{
	size_t n = strlen(word);

	return at >= n && !memcmp(line + at - n, word, n);
}

/*
 * Decodes numbers without 0x: ": leaf 33" of kernels before 6.16, and QEMU's messages
 * "hardware reason c000092100000122" and "QGS message error code 73729".
 */
static bool bare_word(const char *line, size_t len, size_t at, size_t *end, struct tdxctl_word *w)
{
	uint64_t v = 0;
	size_t n = at;

	if (after(line, at, ": leaf ")) {
		for (; n < len && n - at < 4 && isdigit((unsigned char)line[n]); n++)
			v = v * 10 + (uint64_t)(line[n] - '0');
		if (n == at || (n < len && isalnum((unsigned char)line[n])) ||
		    !tdxctl_leaf_str((unsigned int)v))
			return false;
		decode_leaf(v, w);
	} else if (after(line, at, "QGS message error code ")) {
		for (; n < len && n - at < 9 && isdigit((unsigned char)line[n]); n++)
			v = v * 10 + (uint64_t)(line[n] - '0');
		if (n == at || !tdxctl_decode_quote(v, NULL, w))
			return false;
	} else if (after(line, at, "hardware reason ")) {
		for (; n < len && n - at < 17 && isxdigit((unsigned char)line[n]); n++)
			v = v << 4 | (uint64_t)(isdigit((unsigned char)line[n]) ?
							line[n] - '0' :
							(line[n] | 0x20) - 'a' + 10);
		if (n - at != 16 || !looks_like_status(v, 16))
			return false;
		decode_status(v, w);
	} else {
		return false;
	}
	*end = n;
	return true;
}

/*
 * Decodes "KVM_TDX_INIT_VM failed: No space left on device". The errors of other commands
 * differ.
 */
static bool error_text(const char *line, size_t len, size_t at, size_t *end, struct tdxctl_word *w)
{
	static const char command[] = "KVM_TDX_INIT_VM";

	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++) {
		size_t n = strlen(errnos[i].text);

		if (len - at < n || memcmp(line + at, errnos[i].text, n) ||
		    !memmem(line, at, command, sizeof(command) - 1))
			continue;
		set_errno(i, w);
		*end = at + n;
		return true;
	}
	return false;
}

/* Whether a line is about quotes: elsewhere, the codes are numbers like many others. */
static bool about_quotes(const char *line, size_t len)
{
	static const char *const words[] = {
		"[QPL]",	 "[QCNL]", "QGS",	 "qgs",	       "tee_att_",
		"rror code is ", "uote",   "PCS server", "RS reports",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (memmem(line, len, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Decodes "error(401)" of the PCCS and "'401 Failed to authenticate" of the registration agent. */
static bool http_status(const char *line, size_t len, size_t at, size_t *end, struct tdxctl_word *w)
{
	if (len - at < 3 || memcmp(line + at, "401", 3) ||
	    (len - at > 3 && isalnum((unsigned char)line[at + 3])) ||
	    (!after(line, at, "error(") && !after(line, at, "reports a '") &&
	     !after(line, at, "HTTP ") && !after(line, at, "Error code : ")) ||
	    !about_quotes(line, len))
		return false;
	*end = at + 3;
	return tdxctl_decode_quote(401, NULL, w);
}

bool tdxctl_decode_find(const char *line, size_t len, size_t from, size_t *start, size_t *end,
			struct tdxctl_word *w)
{
	for (size_t i = from; i + 2 < len; i++) {
		uint64_t v = 0;
		size_t n;

		if ((isxdigit((unsigned char)line[i]) && bare_word(line, len, i, end, w)) ||
		    (line[i] == '4' && http_status(line, len, i, end, w)) ||
		    (isupper((unsigned char)line[i]) && error_text(line, len, i, end, w))) {
			*start = i;
			return true;
		}
		if (line[i] != '0' || (line[i + 1] | 0x20) != 'x')
			continue;
		if (i && isalnum((unsigned char)line[i - 1]))
			continue;
		for (n = i + 2; n < len && isxdigit((unsigned char)line[n]) && n - i <= 18; n++)
			v = v << 4 | (uint64_t)(isdigit((unsigned char)line[n]) ?
							line[n] - '0' :
							(line[n] | 0x20) - 'a' + 10);
		/* The number is too long, or part of another word. */
		if (n == i + 2 || n - i > 18 ||
		    (n < len && (isalnum((unsigned char)line[n]) || line[n] == '_')))
			continue;
		if (looks_like_status(v, n - i - 2)) {
			decode_status(v, w);
		} else if (v < 1 << 24 && after_seamcall(line, i) &&
			   tdxctl_leaf_str(v & TDX_LEAF_MASK)) {
			decode_leaf(v, w);
		} else if (v > 0xfff && v < 1 << 24 && about_quotes(line, len) &&
			   tdxctl_decode_quote(v, NULL, w)) {
			/* decoded */
		} else {
			i = n - 1;
			continue;
		}
		*start = i;
		*end = n;
		return true;
	}
	return false;
}
