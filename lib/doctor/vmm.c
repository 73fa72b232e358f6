/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about VMMs that fail to create a TD, from their logs. */
#include <stdio.h>
#include "rule.h"

static CHECK_FN(vfio_dma)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_VFIO_DMA_LIMIT];
	struct tdxctl_val v = tdxctl_text_u64(t);
	const char *line;
	size_t len;

	if (t->absent)
		return rule_finding(e, TDXCTL_RULE_SKIP, "VFIO is not in use");
	if (!v.readable)
		return UNKNOWN(e, &v);
	if (v.value > 65535)
		return TDXCTL_RULE_OK;
	if (rule_vm_line(e->facts, r->log[0], &line, &len))
		return TDXCTL_RULE_UNKNOWN;
	return rule_finding(e, TDXCTL_RULE_INFO, "dma_entry_limit is %" PRIu64, v.value);
}

/* Checks the kernel. The errors that VMMs got are in their logs. */
static CHECK_FN(capabilities_abi)
{
	const struct tdxctl_facts *f = e->facts;

	if (!f->td_attributes.readable && !strcmp(f->td_attributes.reason, tdxctl_td_other_abi))
		return rule_finding(e, r->severity, "%s", tdxctl_td_other_abi);
	return TDXCTL_RULE_UNKNOWN;
}

/* Whether another rule of this file knows the line. */
static bool known_line(const char *line, size_t len)
{
	char copy[512];
	const char *found;
	size_t n;

	snprintf(copy, sizeof(copy), "%.*s", (int)(len < sizeof(copy) ? len : sizeof(copy) - 1),
		 line);
	for (size_t i = 0; i < rules_vmm.count; i++)
		for (const char *const *p = rules_vmm.rules[i].log; p && *p; p++)
			if (tdxctl_rule_match(copy, *p, &found, &n))
				return true;
	return false;
}

/* What decode knows about a failed command: its status, else its errno. */
static bool command_word(const char *line, size_t len, struct tdxctl_word *w)
{
	size_t from = 0, start;

	if (rule_status(line, len, w) && w->value)
		return true;
	while (tdxctl_decode_find(line, len, from, &start, &from, w))
		if (w->kind == TDXCTL_WORD_ERRNO)
			return true;
	return false;
}

static bool command_failed(const char *line, size_t len)
{
	const char *command = memmem(line, len, "KVM_TDX_", 8);

	return command && (memmem(command, (size_t)(line + len - command), " failed", 7) ||
			   memmem(command, (size_t)(line + len - command), "hw_error", 8));
}

/* Any other failed command of KVM: decode knows its status or errno. */
static enum tdxctl_rule_state find_command(struct tdxctl_examination *e,
					   const struct tdxctl_rule *r, const char *vm,
					   const char *text)
{
	struct tdxctl_word w;
	size_t len;

	for (const char *p = text; p && *p; p += len + (p[len] == '\n')) {
		bool decoded;

		len = strcspn(p, "\n");
		if (!command_failed(p, len) || known_line(p, len))
			continue;
		decoded = command_word(p, len, &w);
		if (decoded && w.kind == TDXCTL_WORD_ERRNO)
			e->waits_id = w.value == EIO   ? "create.pkg_offline" :
				      w.value == EBUSY ? "hkid.cgroup_limit" :
							 NULL;
		if (decoded && w.advice)
			e->fix = w.advice;
		return rule_finding(e, r->severity, "log of %s%.60s: %.*s%s%s%s",
				    *vm ? "VM " : "a VMM", vm, (int)(len > 160 ? 160 : len), p,
				    decoded ? " (" : "",
				    decoded ? w.kind == TDXCTL_WORD_ERRNO ? w.meaning : w.name : "",
				    decoded ? ")" : "");
	}
	return TDXCTL_RULE_OK;
}

static CHECK_FN(vm_command)
{
	const struct tdxctl_facts *f = e->facts;
	enum tdxctl_rule_state s = TDXCTL_RULE_OK;

	for (size_t i = 0; s == TDXCTL_RULE_OK && i < f->nr_vm_logs; i++)
		s = find_command(e, r, f->vm_logs[i].vm, f->vm_logs[i].text);
	if (s == TDXCTL_RULE_OK)
		s = find_command(e, r, "", f->vmm_log.text);
	return s == TDXCTL_RULE_OK ? rule_no_vm_line(e) : s;
}

static const struct tdxctl_rule vmm[] = {
	{
		.id = "create.vfio_dma",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.check = rule_vfio_dma,
		VMM_LOG("VFIO_MAP_DMA failed*No space left on device"),
		.title = "VFIO can map too few pages for a large TD",
		.fix = "Raise the parameter dma_entry_limit of vfio_iommu_type1. A TD with devices needs "
		       "one entry for each 4 KiB. The error is the same as for a lack of HKIDs, but "
		       "HKIDs are not the cause.",
		.reads = LIST("/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"),
		.why = "Private memory of a TD is mapped for devices in pieces of 4 KiB, so the "
		       "default limit is too low for large TDs.",
		.by_hand = "cat /sys/module/vfio_iommu_type1/parameters/dma_entry_limit: the "
			   "default is 65535.",
	},
	{
		.id = "create.capabilities_abi",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		.check = rule_capabilities_abi,
		VMM_LOG("KVM_TDX_CAPABILITIES failed*Inappropriate ioctl",
			"KVM_TDX_CAPABILITIES failed*nvalid argument",
			"TDX_INIT_VM failed*Inappropriate ioctl", "KVM TDX seems broken",
			"support KVM_CAP_X86_APIC_BUS_CYCLES_NS",
			"Unable to set core crystal clock frequency",
			"KVM_HC_MAP_GPA_RANGE not enabled"),
		.title = "QEMU and the kernel use different TDX interfaces",
		.fix = "Use a kernel and a QEMU of the same generation. Mainline supports TDX since Linux "
		       "6.16, QEMU 10.1 and libvirt 11.6.",
		.reads = LIST("/dev/kvm"),
		.why = "Preview kernels and mainline have different TDX interfaces. A VMM for "
		       "one of them fails on the other.",
		.by_hand = "grep -h KVM_TDX_CAPABILITIES /var/log/libvirt/qemu/*.log; "
			   "qemu-system-x86_64 --version and uname -r: compare the generations.",
	},
	{
		.id = "create.cloud_hypervisor",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		VMM_LOG("TdxCapabilities(", "retrieve TDX capabilities",
			"retrieving TDX capabilities", "TDX Capabilities*os error",
			"TDX capabilities*os error", "TDX Capbilities", "nitialize TDX*os error 25",
			"InitializeTdx(*code: 25"),
		.title = "Cloud Hypervisor and the kernel use different TDX interfaces",
		.fix = "Use a Cloud Hypervisor for the TDX interface of this kernel, or QEMU 10.1 or later with "
		       "Linux 6.16 or later. TDX on this host needs no change.",
		.why = "Preview kernels and mainline have different TDX interfaces. A VMM for "
		       "one of them fails on the other.",
		.by_hand = "grep -ri 'tdx capabilities' /var/log/libvirt/ch "
			   "/var/log/cloud-hypervisor*, or pass its log with tdxctl doctor "
			   "--vm-log.",
	},
	{
		.id = "create.mem_region",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		VMM_LOG("KVM_TDX_INIT_MEM_REGION failed"),
		.title = "Copying the firmware into a TD failed",
		.fix = "Start the VM again if the error is EAGAIN (resource temporarily unavailable). On "
		       "other errors, use an OVMF built for TDX.",
		.why = "The firmware of a TD is copied into its private memory and measured "
		       "before the TD runs.",
		.by_hand = "grep -h KVM_TDX_INIT_MEM_REGION /var/log/libvirt/qemu/*.log: QEMU "
			   "prints the error.",
	},
	{
		.id = "create.no_tdvf",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("failed to parse TDVF", "TDVF metadata doesn't specify",
			"Unsupported TDVF section", "nvalid TDVF", "Error parsing TDVF",
			"ParseTdvf(", "ErrorParsingTdvf"),
		.title = "The firmware of a TD is not built for TDX (not a TDVF)",
		.fix = "Set the firmware in the VM's definition to an OVMF built for TDX.",
		.why = "A TD starts in firmware that was built for TDX (TDVF). Other firmware "
		       "has no description of its memory.",
		.by_hand = "grep -h TDVF /var/log/libvirt/qemu/*.log: QEMU prints the error. "
			   "virsh dumpxml VM: shows the firmware.",
	},
	{
		.id = "create.generation",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		VMM_LOG("vm-type TDX not supported by KVM", "vm-type tdx not supported by KVM",
			"vm-type X86_TDX_VM not supported by KVM",
			"vm type TDX not supported by KVM", "vm type tdx not supported by KVM"),
		.title = "A VMM and the kernel number the TDX VM type differently",
		.fix = "Use QEMU 10.1 or later with Linux 6.16 or later. The QEMU of a distribution's preview "
		       "needs the kernel of the same preview. TDX on this host needs no change.",
		.backport =
			"Use the QEMU of the same preview as this kernel, or Linux 6.16 or later with QEMU 10.1 "
			"or later. TDX on this host needs no change.",
		.why = "Preview kernels number the VM type of TDX differently. QEMU then "
		       "reports that KVM has no TDX, although TDX works.",
		.by_hand = "grep -h 'not supported by KVM' /var/log/libvirt/qemu/*.log; "
			   "qemu-system-x86_64 --version and uname -r: compare the generations.",
	},
	{
		.id = "create.vmm_no_tdx",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("does not accept value 'tdx-guest'",
			"TDX launch security is not supported with this QEMU",
			"'tdx' launch security is not supported with this QEMU",
			"attribute 'type' in element 'launchSecurity': 'tdx'",
			"launch security type 'tdx'", "invalid object type: tdx-guest",
			"'tdx-guest' is not a valid object type", "unknown option: tdx",
			"Unknown option: tdx"),
		.title = "A VM is started by a QEMU without TDX",
		.fix = "Use QEMU 10.1 and libvirt 11.6 or later, or the QEMU of the distribution's "
		       "preview. A package upgrade may have replaced it.",
		.why = "Mainline QEMU supports TDX since 10.1, and libvirt since 11.6. Older "
		       "ones refuse the VM.",
		.by_hand = "qemu-system-x86_64 -object help | grep tdx-guest: must list it. "
			   "/var/log/libvirt/qemu/VM.log has QEMU's error.",
	},
	{
		.id = "create.vmm_option",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("'quote-generation-s*is unexpected", "Property 'tdx-guest.*' not found",
			"kvm-type' not found", "invalid object type: memory-backend-memfd-private"),
		.title = "A VM's definition has a TDX option of another QEMU generation",
		.fix = "Set quote-generation-socket in the VM's definition for QEMU 10.1 or later, and "
		       "quote-generation-service for the QEMU of a distribution's preview.",
		.why = "The option for the quote service has one name in mainline QEMU and "
		       "another in previews.",
		.by_hand = "qemu-system-x86_64 -object tdx-guest,help: lists the options. "
			   "/var/log/libvirt/qemu/VM.log has QEMU's error.",
	},
	{
		.id = "create.init_vm",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		VMM_LOG("TDX_INIT_VM failed*nvalid argument", "TDH.MNG.INIT failed",
			"TDH_MNG_INIT failed", "Invalid attributes 0x*for TDX VM",
			"Invalid XFAM 0x*for TDX VM", "QEMU unsupported TD attribute",
			"TDX requires guest CPU physical bits", "Invalid TSC *Hz",
			"TDX 'mr*digest was", "TDX VM doesn't support", "TDX VM does not support",
			"TDX launch security needs", "nitialize TDX*os error 22",
			"InitializeTdx(*os error 22", "InitializeTdx(*code: 22",
			"init TDX*os error 22"),
		.title = "The TDX module or KVM refused the configuration of a TD",
		.fix = "Check the CPU model, the CPU features and the attributes in the VM's definition: "
		       "KVM_TDX_CAPABILITIES lists what is allowed. TDX on this host needs no change, unless "
		       "QEMU and the module are of different generations.",
		.why = "The module and KVM allow only certain CPUID values, attributes and XFAM "
		       "bits for a TD.",
		.by_hand = "grep -h KVM_TDX_INIT_VM /var/log/libvirt/qemu/*.log | tdxctl "
			   "decode: names the operand that was refused.",
	},
	{
		.id = "create.no_hkid",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "hkid.exhausted",
		VMM_LOG("TDX_INIT_VM failed*No space left on device", "nitialize TDX*os error 28",
			"InitializeTdx(*os error 28", "InitializeTdx(*code: 28",
			"init TDX*os error 28"),
		.title = "A VM did not start because no HKID was free",
		.fix = "Start the VM again: an HKID is free now. For more HKIDs, raise the key split in "
		       "firmware setup.",
		.why = "Each TD needs an HKID. The VM failed to start at a time when all were "
		       "in use.",
		.by_hand = "grep -h 'No space left' /var/log/libvirt/qemu/*.log: QEMU's error. "
			   "tdxctl hkid: shows what is free now.",
	},
	{
		.id = "create.command",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		.check = rule_vm_command,
		.title = "KVM refused a command of a VMM that creates a TD",
		.fix = "Decode the status with 'tdxctl decode', and check the kernel log. Use a kernel and a VMM "
		       "of the same generation.",
		.reads = LIST("logs of VMs"),
		.why = "The VMM and KVM create a TD in several commands. A TD does not run if "
		       "one of them fails.",
		.by_hand = "grep -h KVM_TDX_ /var/log/libvirt/qemu/*.log | tdxctl decode: "
			   "explains the status or the error.",
	},
};

const struct rule_list rules_vmm = { vmm, ARRAY_SIZE(vmm) };
