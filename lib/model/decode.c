/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of the TDX module explained: names, operands, bits, errnos. */
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
};

static const char *const outcomes[TDXCTL_OUTCOMES] = {
	[TDXCTL_OUTCOME_SUCCESS] = "success",
	[TDXCTL_OUTCOME_INFORMATION] = "information",
	[TDXCTL_OUTCOME_RETRY] = "retry",
	[TDXCTL_OUTCOME_ERROR] = "error",
	[TDXCTL_OUTCOME_FATAL] = "fatal",
};

/* TDX module ABI, completion status: bits 47:40. */
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

/* What the low half of a status is, where it is not an operand id. */
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

/* KVM_TDX_INIT_VM; Linux 6.16 to 7.2 agree on all of them. */
static const struct {
	int err;
	const char *name, *text, *meaning, *advice;
} errnos[] = {
	{ ENOSPC, "ENOSPC", "No space left on device",
	  "no HKID is free",
	  "Every HKID is in use, or leaked: 'tdxctl hkid' says by whom. Stop or release a TD, or "
	  "raise the key split in firmware setup." },
	{ EBUSY, "EBUSY", "Device or resource busy",
	  "a limit of the misc cgroup, or the VM has vCPUs already",
	  "Look at misc.max and misc.events of the VM's cgroup and of those above it; keys may "
	  "be free in hardware all the same." },
	{ EIO, "EIO", "Input/output error",
	  "a package has no online CPU, or a SEAMCALL failed",
	  "The kernel log says which: bring one CPU of every package online, or decode the status "
	  "word there." },
	{ EAGAIN, "EAGAIN", "Resource temporarily unavailable",
	  "the CPU's random number generator had no entropy",
	  "Try again; spread the creation of TDs out." },
	{ EINVAL, "EINVAL", "Invalid argument",
	  "a parameter is wrong, or the TD is initialized already",
	  "hw_error of the command has the status word; decode that. Attributes, XFAM and CPUID "
	  "must be within what KVM_TDX_CAPABILITIES offers." },
	{ E2BIG, "E2BIG", "Argument list too long",
	  "too many CPUID entries", "The VMM must send fewer." },
	{ EFAULT, "EFAULT", "Bad address",
	  "the VMM passed a bad address", "A bug of the VMM." },
	{ ENOMEM, "ENOMEM", "Cannot allocate memory",
	  "no memory for the control pages of the TD", "Free memory on the host." },
	{ ENOTTY, "ENOTTY", "Inappropriate ioctl for device",
	  "the VM is not a TD, or KVM has no such command",
	  "Kernel and VMM must be of one generation: upstream needs Linux 6.16 and QEMU 10.1." },
};

static const struct tdxctl_bit features[] = {
	{ 0, "TD_MIG", "TD migration" },
	{ 1, "TD_PRESERVING", "update of the module while TDs run" },
	{ 2, "SERVTD", "service TDs" },
	{ 3, "TDG_VP_RDWR", "a TD reads and writes fields of its vCPUs" },
	{ 4, "RELAXED_MEM_MNG", "memory is managed with less locking" },
	{ 5, "CPUID_VIRT_GUEST_CTRL", "the guest controls #VE of CPUID" },
	{ 7, "TD_PARTITIONING", "nested VMs inside a TD" },
	{ 8, "LOCAL_ATTESTATION", "reports for TDs of the same host" },
	{ 9, "TD_ENTRY_ENHANCEMENTS", "entry of TDs with fewer steps" },
	{ 10, "HOST_PRIORITY_LOCKS", "the host comes before guests at locks" },
	{ 11, "CONFIG_IA32_ARCH_CAPS", "IA32_ARCH_CAPABILITIES can be configured" },
	{ 16, "PENDING_EPT_VIOLATION_V2", "second form of the exit on unaccepted memory" },
	{ 17, "FMS_CONFIG", "family, model and stepping can be configured" },
	{ 18, "NO_RBP_MOD", "RBP is preserved; Linux requires it" },
	{ 19, "L2_TLB_INVD_OPT", "cheaper TLB invalidation for nested VMs" },
	{ 20, "TOPOLOGY_ENUM", "CPU topology for TDs; KVM requires it" },
	{ 21, "VE_REDUCTION", "fewer #VE in guests" },
	{ 36, "DYNAMIC_PAMT", "memory for metadata is given as it is needed" },
};

static const struct tdxctl_bit attributes[] = {
	{ 0, "DEBUG", "the host can read and write the TD: no confidentiality" },
	{ 4, "HGS_PLUS_PROF", "thread scheduling hints may be used" },
	{ 5, "PERF_PROF", "performance profiling by the host" },
	{ 6, "PMT_PROF", "telemetry by the host" },
	{ 16, "ICSSD", "debugging aid that keeps confidentiality" },
	{ 27, "LASS", "linear address space separation" },
	{ 28, "SEPT_VE_DISABLE", "no #VE on unaccepted memory; Linux guests want it" },
	{ 29, "MIGRATABLE", "the TD can be migrated" },
	{ 30, "PKS", "supervisor protection keys" },
	{ 31, "KL", "key locker" },
	{ 62, "TPA", "the TD is a provisioning agent" },
	{ 63, "PERFMON", "performance counters for the guest" },
};

static const struct tdxctl_bit xfam[] = {
	{ 0, "X87", "always required" }, { 1, "SSE", "always required" },
	{ 2, "AVX", "YMM registers" }, { 3, "BNDREGS", "MPX; not for TDs" },
	{ 4, "BNDCSR", "MPX; not for TDs" }, { 5, "OPMASK", "AVX-512 masks" },
	{ 6, "ZMM_HI256", "AVX-512 upper halves" }, { 7, "HI16_ZMM", "AVX-512 upper registers" },
	{ 8, "PT", "processor trace" }, { 9, "PKRU", "user protection keys" },
	{ 10, "PASID", "process address space ids" }, { 11, "CET_U", "user shadow stack" },
	{ 12, "CET_S", "supervisor shadow stack" }, { 13, "HDC", "hardware duty cycling" },
	{ 14, "UINTR", "user interrupts" }, { 15, "LBR", "last branch records" },
	{ 16, "HWP", "hardware P-states" }, { 17, "XTILECFG", "AMX configuration" },
	{ 18, "XTILEDATA", "AMX data" }, { 19, "APX", "extended registers" },
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
	/* Bit 61, and the forms without bit 63, tell of a TD or a vCPU, not of the call. */
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
		/* Leaf 0 and TDMR 0 exist; without a number the module left it out. */
		if (w->operand || !strncmp(low_halves[i].kind, "TDMR", 4))
			w->operand_kind = low_halves[i].kind;
		if (!strcmp(low_halves[i].kind, "MSR"))
			w->operand_name = tdxctl_msr_str(w->operand);
		return;
	}
	/* Classes that name an operand; register 0 is RAX, as good as any. */
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
		/* Made by the kernel, which has no operands; NULL name: another trap. */
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
		.kind = TDXCTL_WORD_ERRNO, .value = (uint64_t)errnos[i].err,
		.name = errnos[i].name, .meaning = errnos[i].meaning,
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

/* "TDH_MNG_CREATE" is "TDH.MNG.CREATE": KVM writes the one, the module's ABI the other. */
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
	static const uint64_t sw[] = { TDX_SEAMCALL_VMFAILINVALID, TDX_SEAMCALL_UD, TDX_SEAMCALL_GP };
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
	return decode_errno(s, 0, w);
}

/* A number as people paste it. *digits: how many hexadecimal ones, 0 decimal. */
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
	/* Status words are pasted without 0x, too. */
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

/* Does a number in a log look like a status, and not like an address? */
static bool plausible(uint64_t v, size_t digits)
{
	if (TDX_IS_SW_ERROR(v))
		return tdxctl_status_str(v);
	if (!(v >> 32) || !tdxctl_status_str(v))
		return false;
	/* Codes that tell of no error share their upper half with physical addresses. */
	return v >> 60 || (digits == 16 && (uint32_t)v <= 0xffff);
}

/* Ends at a number: "SEAMCALL (", "SEAMCALL[". */
static bool after_seamcall(const char *line, size_t at)
{
	static const char word[] = "SEAMCALL";
	size_t n = sizeof(word) - 1;

	while (at && (line[at - 1] == '(' || line[at - 1] == '[' || line[at - 1] == ' '))
		at--;
	return at >= n && !memcmp(line + at - n, word, n);
}

/* Does @word end right before @at? */
static bool after(const char *line, size_t at, const char *word)
{
	size_t n = strlen(word);

	return at >= n && !memcmp(line + at - n, word, n);
}

/*
 * Numbers without 0x: "leaf 33" of kernels before 6.16, and what QEMU says of
 * an exit, "hardware reason c000092100000122".
 */
static bool bare_word(const char *line, size_t len, size_t at, size_t *end, struct tdxctl_word *w)
{
	uint64_t v = 0;
	size_t n = at;

	if (after(line, at, ": leaf ")) {
		for (; n < len && n - at < 4 && isdigit((unsigned char)line[n]); n++)
			v = v * 10 + (uint64_t)(line[n] - '0');
		if (n == at || (n < len && isalnum((unsigned char)line[n])) || !tdxctl_leaf_str((unsigned int)v))
			return false;
		decode_leaf(v, w);
	} else if (after(line, at, "hardware reason ")) {
		for (; n < len && n - at < 17 && isxdigit((unsigned char)line[n]); n++)
			v = v << 4 | (uint64_t)(isdigit((unsigned char)line[n]) ? line[n] - '0' :
						(line[n] | 0x20) - 'a' + 10);
		if (n - at != 16 || !plausible(v, 16))
			return false;
		decode_status(v, w);
	} else {
		return false;
	}
	*end = n;
	return true;
}

/* "KVM_TDX_INIT_VM failed: No space left on device": of other commands it says something else. */
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

bool tdxctl_decode_find(const char *line, size_t len, size_t from, size_t *start,
			size_t *end, struct tdxctl_word *w)
{
	for (size_t i = from; i + 2 < len; i++) {
		uint64_t v = 0;
		size_t n;

		if ((isxdigit((unsigned char)line[i]) && bare_word(line, len, i, end, w)) ||
		    (isupper((unsigned char)line[i]) && error_text(line, len, i, end, w))) {
			*start = i;
			return true;
		}
		if (line[i] != '0' || (line[i + 1] | 0x20) != 'x')
			continue;
		if (i && isalnum((unsigned char)line[i - 1]))
			continue;
		for (n = i + 2; n < len && isxdigit((unsigned char)line[n]) && n - i <= 18; n++)
			v = v << 4 | (uint64_t)(isdigit((unsigned char)line[n]) ? line[n] - '0' :
						(line[n] | 0x20) - 'a' + 10);
		/* Too long, or the beginning of another word. */
		if (n == i + 2 || n - i > 18 ||
		    (n < len && (isalnum((unsigned char)line[n]) || line[n] == '_')))
			continue;
		if (plausible(v, n - i - 2)) {
			decode_status(v, w);
		} else if (v < 1 << 24 && after_seamcall(line, i) &&
			   tdxctl_leaf_str(v & TDX_LEAF_MASK)) {
			decode_leaf(v, w);
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
