# SPDX-License-Identifier: GPL-2.0-only
"""What operators reported, each as a host with its right answer, and variants of each.

A variant has the same cause, but the words of a newer or older release, or is in another
place. Right is: the first finding, all failures and warnings, and the advice of the first.
"""
from collections import namedtuple

from table import (CPU, FLAGS, HEALTHY, KVM, LOG, MPA_LOG, NODE, NO_KVM_TDX, OFF, PCCS_LOG, PCS, QGSD_LOG, QGS_NO_CERTS,
                   REG_BY_HAND, REG_DONE, REG_OK, START, VERSION_FILE, VM_LOG, both, config, cpuinfo, kernel, log, mpa, off,
                   version, vm)

# tree: beside the healthy host. bad: the ids of all failures and warnings. fix: words of the advice of the
# first finding; not_fix: words that it must not have.
Report = namedtuple("Report", "tree first bad fix not_fix args", defaults=(None, "", "", "", ()))
ATTEST = ("--attestation",)

NO_FLAG = FLAGS.replace(" tdx_host_platform", "")
NEWEST = version("1.5.28")


def well(*trees, args=ATTEST):
    """Nothing to change on this host."""
    tree = dict(NEWEST)
    for t in trees:
        tree |= t
    return Report(tree, None, "", "", "", args)


def bad(first, fix, *trees, also="", not_fix="", args=()):
    tree = dict(NEWEST)
    for t in trees:
        tree |= t
    return Report(tree, first, f"{first} {also}", fix, not_fix, args)


def attest(first, fix, *trees, also="", not_fix="factory"):
    return bad(first, fix, *trees, also=also, not_fix=not_fix, args=ATTEST)


def down(first, fix, *trees, also="", not_fix="", args=()):
    """TDX is off."""
    return Report(off(*trees), first, f"{first} {also}", fix, not_fix, args)


def in_vm(first, fix, *lines, also="", not_fix="", args=()):
    return bad(first, fix, vm(*lines), also=also, not_fix=not_fix, args=args)


def cmdline(*options):
    return {"proc/cmdline": " ".join(("ro", "nohibernate", *options)) + "\n"}


# ---- kernels ----

OLD = {f"sys/devices/faux/tdx_host/{f}": None for f in ("version", "num_remaining_updates")} | {
    f"sys/class/firmware/tdx_module/{f}": None for f in ("status", "error")}
MAINLINE = config()["boot/config-7.2.13"]
NO_TDX_CONFIG = "CONFIG_KEXEC_CORE=y\n# CONFIG_INTEL_TDX_HOST is not set\n"
PREVIEW_CONFIG = "CONFIG_INTEL_TDX_HOST=y\nCONFIG_KEXEC_CORE=y\n"


def booted(release, text=NO_TDX_CONFIG, *lines):
    """A kernel before 7.2, and its configuration."""
    return OLD | {"boot/config-7.2.13": None, "proc/sys/kernel/osrelease": release + "\n", f"boot/config-{release}": text, "var/log/dmesg": "".join(
        f"[    {i}.000000] {t}\n" for i, t in enumerate((f"Linux version {release}", *lines)))}


GENERIC = booted("6.8.0-101-generic", NO_TDX_CONFIG, "kvm_intel: unknown parameter 'tdx' ignored") | cpuinfo(flags=NO_FLAG) | {
    KVM + "tdx": None}


def preview(release="6.8.0-1028-intel", *lines, types="235 5\n66 4096\n", text=PREVIEW_CONFIG):
    return booted(release, text, "virt/tdx: BIOS enabled: private KeyID range [32, 64)", *lines) | {
        "dev/kvm.txt": types, VERSION_FILE: None}


READY = ("virt/tdx: 1048576 KB allocated for PAMT", "virt/tdx: module initialized")
HEALTHY_PREVIEW = preview("6.8.0-1028-intel", *READY)
EL9 = preview("5.14.0-599.tdx.el9s.x86_64", *READY)
HIBERNATION = "virt/tdx: initialization failed: Hibernation support is enabled"
FIELD_ERROR = "virt/tdx: SEAMCALL (0x0000000000000022) failed: 0xc0000c0000000000"
NOT_UP = {KVM + "tdx": "N\n", "dev/kvm.txt": "235 1\n", "sys/fs/cgroup/misc.capacity": None}

# ---- attestation ----

BY_HAND_LINE = "Please use management tool or PCKCertIDRetrievalTool to read PLATFORM_MANIFEST."
SENT = ("Registration Flow - PLATFORM_ESTABLISHMENT or TCB_RECOVERY.", "Server URL: https://api.trustedservices.intel.com")
REFUSED = ("ERROR: RS reports a '400 Bad Request'.", "Registration Flow - PLATFORM_ESTABLISHMENT or TCB_RECOVERY failed.")
CURL = ("ERROR: curl_easy_perform failed with the error: 28", "Detailed curl error: Connection timed out",
        "ERROR: Failed to send request to server, error: 5")
JOURNAL = "May 09 13:24:16 node-1 qgsd[6732]: "


def qgsd(*lines):
    return {QGSD_LOG: "".join(line + "\n" for line in lines)}


NO_CERTS = ("[QPL] No certificate data for this platform.",
            "[get_platform_quote_cert_data ../td_ql_logic.cpp:302] Error returned from the p_sgx_get_quote_config API. 0xe011",
            "tee_att_init_quote return 0x11001", "tee_att_get_quote_size return 0x1100f")
QUOTE = ("call tee_att_init_quote", "tee_att_init_quote return success", "tee_att_get_quote return Success")

# ---- VMMs ----

CHAIN = ("Error: Cloud Hypervisor exited with the following chain of errors:", "  0: Error booting VM",
         "  1: The VM could not boot")


def chain(*errors):
    return (*CHAIN, *(f"  {i}: {e}" for i, e in enumerate(errors, 2)))


def ch_log(*lines, path="var/log/libvirt/ch/web.log"):
    return {path: "".join(line + "\n" for line in lines)}


IOCTL = "qemu-system-x86_64: TDX ioctl {} failed, hw_errors: 0x{:x}: {}"
EINVAL, ENOSPC, ENOTTY = "Invalid argument", "No space left on device", "Inappropriate ioctl for device"

REPORTS = {
    # 01: a generic kernel after a reboot
    "01": down("kconf.host", "Boot the kernel 6.8.0-1028-intel", GENERIC, {"boot/config-6.8.0-1028-intel": PREVIEW_CONFIG}),
    "01-mainline-installed": down("kconf.host", "Boot the kernel 6.17.0-5-generic", GENERIC, {
        "boot/config-6.17.0-5-generic": MAINLINE, "boot/config-6.8.0-1028-intel": PREVIEW_CONFIG}),
    "01-lib-modules": down("kconf.host", "Boot the kernel 6.18.2-200.fc43.x86_64", GENERIC, {
        "lib/modules/6.18.2-200.fc43.x86_64/config": MAINLINE}),
    "01-usr-lib-modules": down("kconf.host", "Boot the kernel 6.18.2-200.fc43.x86_64", GENERIC, {
        "usr/lib/modules/6.18.2-200.fc43.x86_64/config": MAINLINE}),
    "01-removed": down("kconf.host", "Use a kernel with", GENERIC, {
        "boot/config-6.8.0-1028-intel": PREVIEW_CONFIG, "boot/vmlinuz-6.8.0-101-generic": "x"}, not_fix="1028"),
    "01-image-installed": down("kconf.host", "Boot the kernel 6.8.0-1028-intel", GENERIC, {
        "boot/config-6.8.0-1028-intel": PREVIEW_CONFIG, "boot/vmlinuz-6.8.0-101-generic": "x",
        "boot/vmlinuz-6.8.0-1028-intel": "x"}),
    "01-other-without-kvm": down("kconf.host", "Use a kernel with", GENERIC, {"boot/config-6.12.1": "CONFIG_INTEL_TDX_HOST=y\n"},
                                 not_fix="6.12.1"),
    "01-no-config-of-other": down("kconf.host", "Boot the kernel 6.14.0-1003-intel", GENERIC, {
        "lib/modules/6.14.0-1003-intel/modules.dep": "x", "boot/vmlinuz-6.14.0-1003-intel": "x"}),
    "01-host-without-kvm": down("kconf.kvm", "Boot the kernel 6.17.0", booted("6.12.1", "CONFIG_INTEL_TDX_HOST=y\n"),
                                {"boot/config-6.17.0": MAINLINE}),
    "01-no-config": down("kconf.kvm", "Boot the kernel 6.8.0-1028-intel", GENERIC, {
        "boot/config-6.8.0-101-generic": None, "boot/config-6.8.0-1028-intel": PREVIEW_CONFIG}),
    # 02: hibernation, requested in modprobe.d
    "02": down("pm.hibernate", "nohibernate", booted("7.0.0-31-generic", MAINLINE, HIBERNATION), cpuinfo(flags=NO_FLAG), {
        "proc/cmdline": "ro quiet\n", "etc/modprobe.d/tdx.conf": "options kvm_intel tdx=1\n"}),
    "02-log-lost": down("pm.hibernate", "nohibernate", booted("7.0.0-31-generic", MAINLINE + "CONFIG_HIBERNATION=y\n"),
                        cpuinfo(flags=NO_FLAG), {
        "proc/cmdline": "ro quiet\n", "etc/modprobe.d/tdx.conf": "options kvm_intel tdx=1\n",
        "sys/power/disk": "[platform] shutdown\n", "var/log/dmesg": "[  900.000000] late\n"}),
    "02-7.2": down("pm.hibernate", "nohibernate", log(HIBERNATION), cpuinfo(flags=NO_FLAG), {
        "proc/cmdline": "ro quiet\n", "usr/lib/modprobe.d/tdx.conf": "options kvm-intel tdx=on\n"}),
    # 03: not registered, automatic registration off
    "03": attest("reg.missing", "PCKIDRetrievalTool", mpa(REG_BY_HAND), qgsd(*NO_CERTS)),
    "03-more-lines": attest("reg.missing", "PCKIDRetrievalTool", mpa((*SENT, *REG_BY_HAND, BY_HAND_LINE)), qgsd(*NO_CERTS)),
    "03-no-agent-log": attest("pccs.no_certs", "PCKIDRetrievalTool", {MPA_LOG: None}, qgsd(*NO_CERTS)),
    "03-by-hand-quotes": well(mpa((*SENT, *REG_BY_HAND, BY_HAND_LINE)), qgsd(*NO_CERTS, *QUOTE)),
    # 04: registered, but 0xe011
    "04": attest("pccs.no_certs", "Restart pccs and qgsd", mpa((REG_DONE,)), qgsd(*NO_CERTS)),
    "04-journal": attest("pccs.no_certs", "Restart pccs and qgsd", mpa((REG_DONE,)), qgsd(*(JOURNAL + s for s in NO_CERTS))),
    "04-without-code": attest("pccs.no_certs", "Restart pccs and qgsd", mpa((REG_DONE,)), qgsd(*NO_CERTS[:1])),
    "04-qcnl": attest("pccs.no_certs", "register", mpa((REG_DONE,)), qgsd(
        "[QCNL] Encountered CURL error: (22) The requested URL returned error: 404", "[QPL] Failed to get quote config. "
        "Error code is 0xb012")),
    "04-pccs-only": attest("pccs.no_certs", "Restart pccs and qgsd", mpa((REG_DONE,)), {QGSD_LOG: None, PCCS_LOG: (
        "2026-01-15 10:00:00.000 [error]: Intel PCS server returns error(404).\n2026-01-15 10:00:00.001 [error]: Error: No cache "
        "data for this platform.\n")}),
    "04-all-zeros": attest("pccs.no_certs", "register", mpa((REG_DONE,)), {
        "var/log/pccs.log": "2026-01-15 10:00:00.000 [error]: Encrypted ppid is all zeros.\n"}),
    "04-pccs-by-hand": attest("reg.missing", "PCKIDRetrievalTool", mpa(REG_BY_HAND), {PCCS_LOG: "[error]: Error: No cache data for "
                                                                                      "this platform.\n"}),
    "04-pccs-later": well(mpa((REG_DONE,)), {PCCS_LOG: "[error]: Error: No cache data for this platform.\n[info]: ::1 - - \"GET "
                          "/sgx/certification/v4/pckcert?qeid=1 HTTP/1.1\" 200 -\n"}),
    "04-certs-came": well(mpa((REG_DONE,)), qgsd(*NO_CERTS, *QUOTE)),
    # 05: the words of the first success
    "05": well(mpa((REG_OK,))),
    "05-package-added": well(mpa((REG_OK,), ("Registration Flow - ADD_REQUEST passed successfully.",))),
    "05-after-retries": well(mpa((*SENT, *CURL, *CURL[:1], "RS reports a 201 OK.", REG_OK))),
    "05-read-only-variable": well(mpa((*SENT, "RS reports a 201 OK.", "Warning: The UEFI variable is in read-only mode, so the "
                                       "registration status could NOT be set.", REG_OK))),
    # 06: was registered, is not any more
    "06": attest("reg.missing", "Auto MP", mpa((REG_OK,), REG_BY_HAND), qgsd(*NO_CERTS)),
    "06-three-flows": attest("reg.missing", "Auto MP", mpa((REG_OK,), (REG_DONE,), (REG_DONE,), (*SENT, *REG_BY_HAND)),
                             qgsd(*NO_CERTS)),
    "06-refused-now": attest("reg.missing", "Restart the agent", mpa((REG_OK,), (*SENT, *REFUSED)), not_fix=""),
    "06-network-now": attest("reg.missing", "proxy", mpa((REG_OK,), (*SENT, *CURL, "Registration Flow - PLATFORM_ESTABLISHMENT "
                                                         "or TCB_RECOVERY failed."))),
    "06-unavailable": attest("reg.missing", "network", mpa((*SENT, "ERROR: RS reports a '503 Service Unavailable'.",
                             "Registration Flow - PLATFORM_ESTABLISHMENT or TCB_RECOVERY failed."))),
    "06-key": attest("reg.missing", "subscription key", mpa(("Registration Flow - ADD_REQUEST.", "ERROR: RS reports a '401 Failed "
                     "to authenticate or authorize the request'.", "Registration Flow - ADD_REQUEST failed."))),
    "06-no-variable": attest("reg.missing", "Restart the agent", mpa(("ERROR: Registration Flow - getRegistrationStatus failed, "
                             "error: 2",))),
    "06-again": well(mpa((REG_OK,), REG_BY_HAND, (REG_OK,))),
    # 07: QEMU and kernel of different generations
    "07": bad("create.generation", "same preview", HEALTHY_PREVIEW, vm("qemu-system-x86_64: vm-type TDX not supported by KVM")),
    "07-mainline": in_vm("create.generation", "QEMU 10.1", "qemu-system-x86_64: vm-type tdx not supported by KVM"),
    "07-accel": in_vm("create.generation", "QEMU 10.1", "qemu-system-x86_64: -accel kvm: vm-type TDX not supported by KVM"),
    "07-el9": bad("create.generation", "same preview", EL9, vm("qemu-kvm: vm-type TDX not supported by KVM")),
    "07-libvirtd": bad("create.generation", "QEMU 10.1", {
        "var/log/libvirt/libvirtd.log": "2026-11-01 10:00:00.000+0000: 1234: error : qemuProcessReportLogError:2071 : internal "
        "error: QEMU unexpectedly closed the monitor (vm='web'): qemu-system-x86_64: vm-type TDX not supported by KVM\n"}),
    "07-capabilities": in_vm("create.capabilities_abi", "same generation", IOCTL.format("KVM_TDX_CAPABILITIES", 0, EINVAL)),
    "07-capabilities-old-words": in_vm("create.capabilities_abi", "same generation",
                                       f"qemu: get_tdx_capabilities: KVM_TDX_CAPABILITIES failed: {ENOTTY}"),
    "07-broken": in_vm("create.capabilities_abi", "same generation", "qemu-system-x86_64: KVM TDX seems broken that number of CPUID "
                       "entries in kvm_tdx_capabilities exceeds limit: 100"),
    "07-bus-clock": in_vm("create.capabilities_abi", "same generation", "qemu-system-x86_64: KVM doesn't support "
                          "KVM_CAP_X86_APIC_BUS_CYCLES_NS"),
    "07-started-since": bad("create.generation", "", vm("qemu: vm-type TDX not supported by KVM"), {
        VM_LOG + "db.log": START + "qemu: vm-type TDX not supported by KVM\n" + START + "char device redirected\n"}),
    "07-well": well(HEALTHY_PREVIEW, args=()),
    "07-well-6.14": well(preview("6.14.0-1003-intel", *READY), args=()),
    "07-well-el9": well(EL9, args=()),
    "07-well-mainline-numbers": well(preview("6.14.0-1003-intel", *READY, types="235 33\n66 4096\n"), args=()),
    "07-well-other-name": well(preview("5.15.0-mvp30v2", *READY), args=()),
    "07-well-el10": well(preview("6.12.0-124.el10.x86_64", *READY, types="235 33\n66 4096\n", text=MAINLINE), args=()),
    "07-other-name": bad("create.generation", "same preview", preview("5.15.0-mvp30v2", *READY), vm(
        "qemu-system-x86_64: vm-type TDX not supported by KVM")),
    # 08 and 19: spellings
    "08": down("module.too_old", "Update", preview("6.8.0-1028-intel", FIELD_ERROR), NOT_UP, cmdline("kvm_intel.tdx=on")),
    "19b": down("module.too_old_v1", "Update", log("virt/tdx: SEAMCALL (0x22) failed: 0xc000050500000000"),
                cmdline("kvm_intel.tdx=on", "kvm_intel.tdx=1")),
    "19c": down("kvm.param", "kernel log", cmdline("kvm_intel.tdx=on"), not_fix="Load kvm_intel with tdx=1"),
    "19-two": down("kvm.param", "kernel command line", cmdline("kvm_intel.tdx=1", "kvm_intel.tdx=0")),
    # 09: a field that the module does not know
    "09": down("module.too_old", "Update", preview("6.14.0-1003-intel", FIELD_ERROR, "virt/tdx: module initialization failed (-5)"),
               NOT_UP, {"etc/modprobe.d/tdx.conf": "options kvm_intel tdx=1\n"}, not_fix="Load kvm_intel"),
    "09-config": down("module.too_old", "Update", preview("6.14.0-1003-intel", FIELD_ERROR, text=MAINLINE), NOT_UP),
    "09-7.2": down("module.too_old", "Update", log("virt/tdx: SEAMCALL (0x22) failed: 0xc0000c0000000000",
                                                   "virt/tdx: TDX-Module initialization failed (-5)")),
    "09-6.8": down("module.too_old", "Update", booted("6.8.0", MAINLINE, "SEAMCALL failed: CPU 7: leaf 34, error "
                                                      "0xc0000c0000000000.", "virt/tdx: module initialization failed (-5)")),
    # Without a status, the errno of the kernel is left.
    "no-memory-for-pamt": down("module.init_failed", "large contiguous areas", log("virt/tdx: module initialization failed (-12)")),
    "errno-only": down("module.init_failed", "", log("virt/tdx: module initialization failed (-5)"), not_fix="contiguous"),
    # The module stays busy: the kernel gave up, so a repetition is a reboot.
    "busy-at-start": down("module.init_failed", "Reboot. If the failure repeats", log(
        "virt/tdx: SEAMCALL (0x21) failed: 0x8000020200000000", "virt/tdx: module initialization failed (-5)")),
    # 10: INIT_VM refused
    "10": in_vm("create.init_vm", "needs no change", f"qemu: KVM_TDX_INIT_VM failed: {EINVAL}"),
    "10-hw-errors": in_vm("create.init_vm", "CPU model", IOCTL.format("KVM_TDX_INIT_VM", 0xc000010000000045, EINVAL)),
    "10-no-colon": in_vm("create.init_vm", "CPU model", f"qemu: KVM_TDX_INIT_VM failed {EINVAL}"),
    "10-other-vmm": in_vm("create.init_vm", "CPU model", "TDH.MNG.INIT failed with status: 0xc000010000000045"),
    "10-attributes": in_vm("create.init_vm", "attributes", "qemu-system-x86_64: Invalid attributes 0x40000000 for TDX VM (KVM "
                           "supported: 0x10000000)"),
    "10-xfam": in_vm("create.init_vm", "CPU features", "qemu-system-x86_64: Invalid XFAM 0x602e7 for TDX VM (supported: 0xe7))"),
    "10-address-bits": in_vm("create.init_vm", "CPU model", "qemu-system-x86_64: TDX requires guest CPU physical bits (46) to match "
                             "host CPU physical bits (52)"),
    "10-no-hkid": in_vm("create.no_hkid", "Start the VM again", IOCTL.format("KVM_TDX_INIT_VM", 0, ENOSPC)),
    "10-entropy": in_vm("create.command", "Try again", IOCTL.format("KVM_TDX_INIT_VM", 0x8000020300000000, "Resource temporarily "
                                                                    "unavailable")),
    "10-no-memory": in_vm("create.command", "Free memory", IOCTL.format("KVM_TDX_INIT_VM", 0, "Cannot allocate memory")),
    "10-io-error": in_vm("create.command", "kernel log", IOCTL.format("KVM_TDX_INIT_VM", 0, "Input/output error")),
    "10-io-error-package": bad("create.pkg_offline", "online", NODE, log(
        "kvm_intel: All packages need to have online CPU to create TD. Online CPU and retry.", begin=LOG), vm(
            IOCTL.format("KVM_TDX_INIT_VM", 0, "Input/output error"))),
    "10-busy-cgroup": bad("hkid.cgroup_limit", "misc.max", {
        "sys/fs/cgroup/machine.slice/misc.max": "tdx 1\n", "sys/fs/cgroup/machine.slice/misc.events": "tdx.max 3\n"}, vm(
            IOCTL.format("KVM_TDX_INIT_VM", 0, "Device or resource busy"))),
    "10-vcpu": in_vm("create.command", "operand", IOCTL.format("KVM_TDX_INIT_VCPU", 0xc000010000000001, EINVAL)),
    "10-finalize": in_vm("create.command", "same generation", IOCTL.format("KVM_TDX_FINALIZE_VM", 0, EINVAL)),
    "10-tdx-off": down("kvm.param", "tdx=1", cmdline(), vm(IOCTL.format("KVM_TDX_CAPABILITIES", 0, EINVAL))),
    # 11: QEMU without TDX
    "11": in_vm("create.vmm_no_tdx", "QEMU 10.1", "qemu: Parameter 'qom-type' does not accept value 'tdx-guest'"),
    "11-libvirt": in_vm("create.vmm_no_tdx", "QEMU 10.1", "error: unsupported configuration: INTEL TDX launch security is not "
                        "supported with this QEMU binary"),
    "11-libvirt-quoted": in_vm("create.vmm_no_tdx", "QEMU 10.1", "error: unsupported configuration: 'tdx' launch security is not "
                               "supported with this QEMU binary"),
    "11-old-libvirt": bad("create.vmm_no_tdx", "libvirt 11.6", {"var/log/libvirtd.log": "libvirtd[99]: XML error: Invalid value for "
                          "attribute 'type' in element 'launchSecurity': 'tdx'.\n"}),
    "11-object": in_vm("create.vmm_no_tdx", "QEMU 10.1", "qemu-kvm: -object {\"qom-type\":\"tdx-guest\"}: invalid object type: "
                       "tdx-guest"),
    "11-option": in_vm("create.vmm_option", "quote-generation-socket", "qemu: Parameter 'quote-generation-service' is unexpected"),
    "11-property": in_vm("create.vmm_option", "quote-generation-service", "qemu: Property 'tdx-guest.quote-generation-socket' not "
                         "found"),
    "11-memfd": in_vm("create.vmm_option", "preview", "qemu: invalid object type: memory-backend-memfd-private"),
    # 12: the quote socket
    "12": in_vm("qgs.socket", "group", "qemu: Failed to connect to '/var/run/tdx-qgs/qgs.socket': Permission denied", args=ATTEST),
    "12-run": in_vm("qgs.socket", "group", "qemu: Failed to connect to '/run/tdx-qgs/qgs.socket': Permission denied", args=ATTEST),
    "12-apparmor": attest("qgs.denied", "policy", log("audit: type=1400 apparmor=\"DENIED\" operation=\"connect\" profile=\"libvirt-1\" "
                          "name=\"/run/tdx-qgs/qgs.socket\" comm=\"qemu-system-x86\"", begin=LOG), vm(
                              "qemu: Failed to connect to '/run/tdx-qgs/qgs.socket': Permission denied")),
    "12-refused": in_vm("qgs.unreachable", "Restart qgsd", "qemu: Failed to connect to '/var/run/tdx-qgs/qgs.socket': Connection "
                        "refused", args=ATTEST),
    "12-vsock": in_vm("qgs.unreachable", "Restart qgsd", "qemu: Failed to connect to '2:4050': Connection reset by peer",
                      args=ATTEST),
    "12-not-running": attest("qgs.down", "Start qgsd", {"proc/77/comm": "other\n"}, vm(
        "qemu: Failed to connect to '/var/run/tdx-qgs/qgs.socket': No such file or directory")),
    # 13: impossible lengths
    "13": attest("qgs.protocol", "versions", qgsd("body should be [-2130706432] bytes!", "handle read body status [asio.misc:2]",
                                                  "timeout")),
    "13-large": attest("qgs.protocol", "versions", qgsd("body should be [1090519040] bytes!")),
    "13-usual": well(qgsd("body should be [1056] bytes!")),
    "13-fixed": well(qgsd("body should be [-2130706432] bytes!", *QUOTE)),
    "13-qemu": in_vm("qgs.protocol", "versions", "qemu: Invalid QGS message header version 1.0", args=ATTEST),
    # 14 and 15: TCB and releases
    "14": Report(version("2.0.02") | cpuinfo(model=0xad), None, "", "", "", ATTEST),
    "14-1.5.08": Report(version("1.5.08"), "module.tcb", "module.tcb", "microcode", "", ATTEST),
    "14-not-asked": Report(version("1.5.08"), None),
    "15": well(version("1.5.20")),
    "15-not-released": well(version("1.5.99")),
    "15-next-series": well(version("3.0.01")),
    "15-clearwater-forest": well(version("2.0.18"), cpuinfo(model=0xdd)),
    "15-kexec": bad("kexec.no_sys_disable", "2.0.20", version("2.0.08"), cpuinfo(model=0xad), {
        "sys/fs/pstore/dmesg-erst-1": "Panic#1 Part1\n<3>[   99.000000] virt/tdx: TDH.SYS.DISABLE failed: 0xc000010000000000\n"}),
    # 16: in a guest
    "16": down("cpu.vendor", "on the host", cpuinfo(flags=NO_FLAG + " hypervisor tdx_guest"), both(x87="fault", x982="fault",
                                                                                                x1401="fault")),
    # SGX is off, and nothing of attestation works: one cause.
    "sgx-off": attest("sgx.off", "Enable SGX", both(x3a=5), {"proc/77/comm": "x\n"}, mpa(("ERROR: Registration Flow - "
                      "getRegistrationStatus failed, error: 2",)), qgsd(*NO_CERTS)),
    # 17: a backport
    "17": down("pm.hibernate", "nohibernate", preview("5.14.0-599.tdx.el9s.x86_64", HIBERNATION), NOT_UP, cpuinfo(flags=NO_FLAG),
               {"proc/cmdline": "ro crashkernel=512M kvm_intel.tdx=1\n"}),
    "17b": bad("kexec.pw_mce", "distributor", EL9, cpuinfo(bugs="tdx_pw_mce"), {
        "proc/cmdline": "ro nohibernate crashkernel=512M kvm_intel.tdx=1\n", "sys/kernel/kexec_crash_loaded": "0\n"}),
    "17b-installed": bad("kexec.pw_mce", "Boot the kernel 7.2.1", EL9, cpuinfo(bugs="tdx_pw_mce"), {
        "proc/cmdline": "ro nohibernate crashkernel=512M kvm_intel.tdx=1\n", "sys/kernel/kexec_crash_loaded": "0\n",
        "boot/config-7.2.1": MAINLINE}),
    "17b-mainline": bad("kexec.pw_mce", "Linux 7.2", booted("6.18.2", MAINLINE, *READY), cpuinfo(bugs="tdx_pw_mce"), {
        "proc/cmdline": "ro nohibernate crashkernel=512M kvm_intel.tdx=1\n", "sys/kernel/kexec_crash_loaded": "0\n",
        VERSION_FILE: None}),
    # 18: words of preview KVM
    "18": down("kvm.prereq", "turns the feature off", preview("6.8.0-1028-intel", *READY, "kvm_intel: TDX requires TDP MMU.  Please "
               "enable TDP MMU for TDX."), NOT_UP, {"sys/module/kvm/parameters/tdp_mmu": None}),
    "18-tdp-mmu-of-healthy": down("kvm.prereq", "turns the feature off", preview("6.8.0-1028-intel", *READY, "kvm_intel: TDX "
                                  "requires TDP MMU.  Please enable TDP MMU for TDX."), NOT_UP),
    "18b": bad("kvm.warning", "update the kernel", preview("6.8.0-1028-intel", *READY, "WARNING: CPU: 5 PID: 99 at "
               "arch/x86/kvm/vmx/tdx.c:1456 tdx_mem_page_aug+0x1e0/0x2a0 [kvm_intel]")),
    "18-parameter": down("kvm.prereq", "turns the feature off", preview("6.8.0-1028-intel", *READY), NOT_UP, {
        "sys/module/kvm/parameters/tdp_mmu": "N\n"}),
    # 21: Intel refuses the key of the PCCS
    "21": attest("pccs.key", "ApiKey", qgsd(*NO_CERTS), {PCCS_LOG: PCS.format(401)}),
    "21-body": attest("pccs.key", "ApiKey", qgsd(*NO_CERTS), {PCCS_LOG: "2026-08-01 10:00:00.000 [error]: Intel PCS server returns "
                      "error(401).{\"statusCode\": 401, \"message\": \"Access denied due to invalid subscription key.\"}\n"}),
    "21-old-words": attest("pccs.key", "ApiKey", qgsd(*NO_CERTS), {PCCS_LOG: "[error]: Intel PCS server returns error. Error code : "
                                                                   "401\n"}),
    "21-new-key": attest("pccs.no_certs", "Restart pccs", qgsd(*NO_CERTS), {PCCS_LOG: PCS.format(401) + PCS.format(404)}),
    "21-401-then-404": attest("pccs.key", "ApiKey", {QGSD_LOG: None, PCCS_LOG: PCS.format(401) + "[error]: Error: No cache data for "
                              "this platform.\n"}),
    "21-fixed": well(qgsd(*NO_CERTS, *QUOTE), {PCCS_LOG: PCS.format(404)}),
    # 22: Cloud Hypervisor
    "22": bad("create.cloud_hypervisor", "needs no change", ch_log(*chain(
        "Error retrieving TDX capabilities through the hypervisor API", "Failed to retrieve TDX capabilities",
        "Invalid argument (os error 22)"))),
    "22-one-line": bad("create.cloud_hypervisor", "needs no change", ch_log(
        "cloud-hypervisor: 0.01s: <vmm> ERROR:vmm/src/lib.rs:1 -- Error booting VM: VmBoot(TdxCapabilities(TdxCapabilities(Os { "
        "code: 22, kind: InvalidInput })))", path="var/log/cloud-hypervisor/web.log")),
    "22-journal": bad("create.cloud_hypervisor", "needs no change", ch_log("[    9.000000] Failed to retrieve TDX capabilities",
                                                                           path="var/log/cloud-hypervisor.log")),
    "22-no-hkid": bad("create.no_hkid", "Start the VM again", ch_log(*chain(
        "Error enabling TDX VM", "Failed to initialize TDX", "No space left on device (os error 28)"))),
    "22-refused": bad("create.init_vm", "CPU model", ch_log(*chain("Error enabling TDX VM", "Failed to initialize TDX",
                                                                   "Invalid argument (os error 22)"))),
    "22-well": well(ch_log("cloud-hypervisor: 0.01s: <vmm> INFO: booted"), args=()),
}

# A kernel prints a status of the initialization of the module in one of these forms.
STATUS_FORMS = ("virt/tdx: SEAMCALL (0x{leaf:x}) failed: 0x{word:016x}", "virt/tdx: SEAMCALL (0x{leaf:016x}) failed: 0x{word:016x}",
                "SEAMCALL failed: CPU 3: leaf {leaf}, error 0x{word:016x}.",
                "virt/tdx: SEAMCALL[0x{leaf:x}] failed: 0x{word:016x}")
