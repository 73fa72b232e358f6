# SPDX-License-Identifier: GPL-2.0-only
"""Expected details of findings, and hosts that differ from the healthy one in one point.

A detail is compared by its numbers and names, in this order, each as a whole word:
0.3 is not in 10.35. The rest of the sentence is not compared.
"""
import os
import re
from collections import namedtuple

from table import (CGROUP, CPU, FLAGS, KVM, LOG, NO_KVM_TDX, NO_VM, QEMU, UPLOAD, both, cpuinfo, dimms, kernel, log, msr, vm,
                   off)

VERSION = "sys/devices/faux/tdx_host/version"
LOADER = "sys/devices/faux/tdx_host/seamldr_version"
VFIO = "sys/module/vfio_iommu_type1/parameters/dma_entry_limit"

# Names and numbers in the detail of each finding of table.RULES; all numbers are listed.
DETAILS = {
    "cpu.vendor": "AuthenticAMD",
    "sock.mismatch": "0x982 0x160000000b 0 0x260000000b 1",
    "bios.palimit46": "0x80000008 46",
    "bios.tme.off": "0x982 0x0",
    "bios.tmemt.off": "0x982 0x3",
    "bios.keyid.none": "0x87 63",
    "bios.keyid.few": "0x87 1",
    "bios.seamrr.off": "0 0x1401",
    "bios.seamrr.unlocked": "0 0x1401",
    "bios.module.missing": "virt/tdx: module not loaded",
    "bios.old.cpuid": "0x21 0xc000090000000000 TDX_INCORRECT_CPUID_VALUE",
    "bios.old.msr": "0x21 0xc000092100000122 TDX_INCORRECT_MSR_VALUE IA32_TSX_CTRL",
    "module.too_old_v1": "0x22 0xc000050500000000 TDX_SYS_NOT_READY",
    "module.rbp": "RBP",
    "module.topology": "1.5.01",
    "module.max_vcpus": "576 1024",
    "module.series": "2.0.08 0x8f",
    "perf.old_module": "1.5 595 1.5.05 698 1.5.28",
    "mem.reserved_areas": "0x0 0x40000000",
    "mem.tdmr_limit": "TDMRs",
    "mem.tdmr_near_limit": "60 64",
    "mem.cxl": "0x2d 0xc0000a0200000003 TDX_TDMR_OUTSIDE_CMRS",
    "kconf.host": "CONFIG_INTEL_TDX_HOST 7.2.13",
    "pm.hibernate": "Hibernation",
    "cpu.feature": "movdir64b",
    "kconf.kvm": "CONFIG_KVM_INTEL_TDX",
    "kvm.prereq": "kvm.mmio_caching",
    "kvm.virt_at_load": "kvm.enable_virt_at_load",
    "kvm.param": "KVM",
    "boot.maxcpus": "maxcpus= node 1",
    "sgx.off": "0x3a",
    "sgx.mcheck": "0xa0 0x1861",
    "dimm.population": "CPU 0 8 256 CPU 1 4 128",
    "cpu.preproduction": "0xce",
    "boot.noise": "TDX not supported by the host platform",
    "pm.s3": "S3 S3",
    "kexec.old": "CONFIG_KEXEC_CORE",
    "kexec.pw_mce": "tdx_pw_mce",
    "kexec.no_sys_disable": "TDH.SYS.DISABLE 0xc000010000000000 TDX_OPERAND_INVALID RAX",
    "create.pkg_offline": "node 1",
    "cgroup.misc": "misc.capacity tdx",
    "bios.keyid.capacity": "15 1",
    "hkid.exhausted": "31 31",
    "hkid.cgroup_limit": "/machine.slice 1 1 3",
    "hkid.cgroup_drift": "0",
    "create.entropy": "TDH_MNG_CREATE 0x8000020300000000 TDX_RND_NO_ENTROPY",
    "create.key_config": "TDH_MNG_KEY_CONFIG 0x8000080000000000 TDX_KEY_GENERATION_FAILED",
    "create.vfio_dma": "web VFIO_MAP_DMA",
    "create.capabilities_abi": "web KVM_TDX_CAPABILITIES",
    "create.mem_region": "web KVM_TDX_INIT_MEM_REGION",
    "create.no_tdvf": "web TDVF",
    "mem.pamt": "1024 0.3",
    "boot.slow_init": "7.3",
    "hugepages": "1",
    "mem.hotplug_refused": "1",
    "hkid.leaked": "1 tdh_mng_key_freeid() 33",
    "hkid.leak_blocks_offline": "HKID",
    "teardown.slow": "td:4 s4 1 30 10 td:4",
    "reclaim.metadata": "0x1c 0xc000030000000001 TDX_PAGE_METADATA_INCORRECT RCX",
    "sept.busy": "TDH_MEM_PAGE_REMOVE 0xc0000b0800000001 TDX_TLB_TRACKING_NOT_DONE RCX",
    "td.unaccepted": "0x1000 0",
    "td.exit_reason": "web 8000020000000092 TDX_OPERAND_BUSY SEPT tree",
    "td.reboot": "web resettable",
    "mce.tdx_private": "TDX private memory error",
    "cpu.offline_refused": "virt/tdx",
    "cpu.online_failed": "3 virt/tdx:online",
    "update.unavailable": "seamret_invd_vmcs",
    "update.seamldr": "1.5.00 2.0 2.0.00",
    "lock.held": "package 1 7.0 qemu-kvm 4242",
    "hkid.few": "3 31",
    "seamcall.busy": "10.3 % TDH.MNG.CREATE",
    "td.leaked": "td:1 web 2001 TDH.PHYMEM.PAGE.RECLAIM TDX_PAGE_METADATA_INCORRECT td:1",
    "cpu.not_enabled": "1 CPU 3",
    "hkid.unseen": "4 1",
    "td.owner_gone": "17 td:1 vm-1 2001 td:1",
    "helper.missed": "3",
    "helper.dropped": "2",
    "helper.disagrees": "td:1 web 2001 initialized runnable 1",
    "update.during_build": "td:1 s1",
    "update.error": "transferring:firmware-invalid",
    "qgs.stale": "0xb011",
    "qgs.wrong_cid": "web 200 3",
    "pccs.down": "/etc/sgx_default_qcnl.conf",
    "qgs.down": "qgsd",
    "reg.missing": "mpa_registration.log",
    "pccs.no_certs": "0xe011 SGX_QL_NO_PLATFORM_CERT_DATA",
    "pccs.key": "401",
    "qgs.error": "0x11001 TEE_ATT_ERROR_UNEXPECTED",
    "qgs.socket": "web /var/run/tdx-qgs/qgs.socket",
    "create.generation": "web TDX",
    "create.init_vm": "web KVM_TDX_INIT_VM",
    "create.no_hkid": "web KVM_TDX_INIT_VM",
    "create.vmm_no_tdx": "web qom-type tdx-guest",
    "create.vmm_option": "web quote-generation-service",
    "module.init_failed": "TDX_INVALID_SMRR_CONFIGURATION 2.000000 0x21 0xc000091100000000",
    "create.cloud_hypervisor": "web TDX 22",
    "create.command": "web KVM_TDX_FINALIZE_VM 0xc000060800000000 TDX_OP_STATE_INCORRECT",
    "qgs.denied": "1400 DENIED /run/tdx-qgs/qgs.socket",
    "kvm.warning": "12 5043 arch/x86/kvm/vmx/tdx.c:1456 0x1e0 0x2a0",
    "qgs.unreachable": "web /run/tdx-qgs/qgs.socket",
    "qgs.protocol": "2130706432",
    "module.tcb": "1.5.13 10 2026-08-24 11 1.5.16",
    "module.too_old": "0x0000000000000022 0xc0000c0000000000 TDX_METADATA_FIELD_ID_INCORRECT",
}
# Rules whose detail has no name or number, or that have no detail.
WITHOUT = {"tools.msr", "update.exhausted"}

NUMBER = re.compile(r"(?<![\w.])(?:0x[0-9a-f]+|[0-9]+(?:\.[0-9]+)*)")


def missing(detail, words):
    """Returns the first of @words that is missing in @detail, or is in the wrong order; None if all match."""
    at = 0
    for word in words.split():
        m = re.compile(r"(?<![\w.])" + re.escape(word) + r"(?!\w|\.\d)").search(detail, at)
        if not m:
            return word
        at = m.end()
    return None


def uncompared(detail, words):
    """Returns the numbers of @detail that are in none of @words."""
    return [n for n in NUMBER.findall(detail) if not any(n in w for w in words.split())]


# One point that differs, the expected state of the rule, and words of its detail (None: not compared).
Case = namedtuple("Case", "rule tree state words")

HZ = os.sysconf("SC_CLK_TCK")
DAY = 24 * 3600


def uptime(seconds):
    """A qgsd that was started an hour after the boot and has run for so many seconds."""
    return {"proc/uptime": f"{seconds + 3600}.00 1.00\n",
            "proc/77/stat": f"77 (qgsd) S 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 {3600 * HZ} 0 0 0\n"}


def socket(cid, port):
    return {"proc/200/comm": "qemu\n", "proc/200/cmdline": QEMU + f'"cid":"{cid}","port":"{port}"' + "}}\0"}


def pccs(url, **more):
    return {"etc/sgx_default_qcnl.conf": f'{{"pccs_url": "{url}"}}\n', **more}


def no_flag(*names):
    return cpuinfo(flags=" ".join(f for f in FLAGS.split() if f not in names))


def version(text, model=0x8f):
    return {VERSION: f"{text}\n", **cpuinfo(model=model)}


def module_log(line, **more):
    """A kernel that reports the module's version only in its log."""
    return {VERSION: None, **log(line), **more}


def online(cpus):
    """Sets the online CPUs; offline CPUs keep their package in sysfs."""
    return {CPU + "online": cpus + "\n"}


LOCAL = "https://localhost:8081/sgx/certification/v4/"
REMOTE = "https://pccs.example:8081/sgx/certification/v4/"
NO_MSR = {"dev/cpu/0/msr.txt": None, "dev/cpu/2/msr.txt": None}
NO_LINE = {CGROUP + "misc.capacity": None, CGROUP + "misc.current": None, CGROUP + "machine.slice/misc.current": None,
           CGROUP + "machine.slice/misc.max": None, CGROUP + "machine.slice/misc.events": None}
NEW_CPU = {"model": 0xee, "flags": FLAGS.replace(" tdx_host_platform", "")}

CASES = {
    # BPF programs may not be used: not compared is not the same.
    "not-compared": Case("helper.disagrees", "helper:not-compared", "unknown", "BPF"),
    # A CPU model that is not in the list.
    "new-cpu-with-keys": Case("cpu.vendor", off(cpuinfo(**NEW_CPU)), "ok", None),
    "new-cpu": Case("cpu.vendor", off(cpuinfo(**NEW_CPU), both(x87=0)), "warn", "6 0xee"),
    "old-cpu": Case("cpu.vendor", off(cpuinfo(model=0x6a, flags="fpu"), both(x87=0)), "fail", "6 0x6a"),
    "other-family": Case("cpu.vendor", off(cpuinfo(family=15, flags="fpu"), both(x87=0)), "fail", "15 0x8f"),
    "no-family": Case("cpu.vendor", off(cpuinfo(family=""), both(x87=0)), "unknown", None),
    "no-model": Case("cpu.vendor", off(cpuinfo(model=""), both(x87=0)), "unknown", None),
    "46-bits-of-a-new-cpu": Case("bios.palimit46", off({"dev/cpu/0/cpuid.txt": "80000008 0 302e 0 0 0\n"},
                                                       cpuinfo(**NEW_CPU)), "unknown", "46"),
    "47-bits": Case("bios.palimit46", off({"dev/cpu/0/cpuid.txt": "80000008 0 302f 0 0 0\n"}), "ok", None),
    # Each way in which TME is off.
    "no-tme": Case("bios.tme.off", off({"dev/cpu/0/cpuid.txt": "7 0 0 4 50000000 0\n80000008 0 3034 0 0 0\n"},
                                         both(x87=0), log(begin=LOG[:1])), "fail", "CPUID TME"),
    # Private KeyIDs prove what CPUID does not describe.
    "no-tme-but-keyids": Case("bios.tme.off", off({"dev/cpu/0/cpuid.txt": "7 0 0 4 50000000 0\n80000008 0 3034 0 0 0\n"}),
                              "ok", None),
    "tme-refused": Case("bios.tme.off", off(both(x982="fault")), "fail", "0x982"),
    "tme-not-locked": Case("bios.tme.off", off(both(x982=0x26_0000_0002)), "fail", "0x982 0x2600000002"),
    "tme-locked-only": Case("bios.tme.off", off(both(x982=0x26_0000_0001)), "fail", "0x982 0x2600000001"),
    "keyids-refused": Case("bios.keyid.none", off(both(x87="fault"), log(begin=LOG[:1])), "fail", "0x87"),
    "keyids-in-the-log": Case("bios.keyid.none", off(both(x87="fault")), "ok", None),
    # SEAMRR of either package alone.
    "no-seamrr-0": Case("bios.seamrr.off", off(msr(0, xfe=0x1d0a)), "unknown", "0xfe"),
    "no-seamrr-1": Case("bios.seamrr.off", off(msr(2, xfe=0x1d0a)), "unknown", "0xfe"),
    "seamrr-off-0": Case("bios.seamrr.off", off(msr(0, x1401=0x3ffffe000400)), "fail", "0 0x1401"),
    "seamrr-off-1": Case("bios.seamrr.off", off(msr(2, x1401=0x3ffffe000400)), "fail", "1 0x1401"),
    "seamrr-refused-1": Case("bios.seamrr.off", off(msr(2, x1401="fault")), "fail", "1 0x1401"),
    "seamrr-unset-1": Case("bios.seamrr.off", off(msr(2, x1401=0, x1400=0)), "fail", "1 0x1400 0x1401"),
    "seamrr-unread-1": Case("bios.seamrr.off", off(msr(2, x1401=None)), "unknown", None),
    "seamrr-unlocked-0": Case("bios.seamrr.unlocked", off(msr(0, x1401=0x3ffffe000800)), "fail", "0"),
    "seamrr-unlocked-1": Case("bios.seamrr.unlocked", off(msr(2, x1401=0x3ffffe000800)), "fail", "1"),
    # Each MSR that packages must have alike, and each way to differ.
    "differ-87": Case("sock.mismatch", msr(2, x87=0x100000002f), "fail", "0x87 0x200000001f 0 0x100000002f 1"),
    "differ-981": Case("sock.mismatch", msr(0, x981=0x3f80000003), "fail", "0x981 0x3f80000003 0 0x3f80000007 1"),
    "differ-1400": Case("sock.mismatch", msr(2, x1400=0x7d000008), "fail", "0x1400 0x7e000008 0 0x7d000008 1"),
    "differ-1401": Case("sock.mismatch", msr(2, x1401=0x3fffff000c00), "fail",
                        "0x1401 0x3ffffe000c00 0 0x3fffff000c00 1"),
    "refused-by-0": Case("sock.mismatch", msr(0, x981="fault"), "fail", "1 0x981 0"),
    "refused-by-1": Case("sock.mismatch", msr(2, x981="fault"), "fail", "0 0x981 1"),
    "refused-by-both": Case("sock.mismatch", both(x981="fault"), "ok", None),
    "unread-in-1": Case("sock.mismatch", {"dev/cpu/2/msr.txt": None}, "unknown", None),
    "one-package": Case("sock.mismatch", {"dev/cpu/2/msr.txt": None, **{
        f"{CPU}cpu{i}/topology/physical_package_id": "0\n" for i in range(4)}}, "ok", None),
    "differ-in-what-may": Case("sock.mismatch", msr(2, xa0=1, x503=1), "ok", None),
    # Each sign of SGX.
    "no-sgx-flag": Case("sgx.off", no_flag("sgx"), "fail", "/proc/cpuinfo sgx"),
    "no-sgx-enclave": Case("sgx.off", {"dev/sgx_enclave": None}, "fail", "/dev/sgx_enclave"),
    "no-sgx-provision": Case("sgx.off", {"dev/sgx_provision": None}, "fail", "/dev/sgx_provision"),
    "no-msr-a0": Case("sgx.mcheck", both(xa0="fault"), "skip", "0xa0"),
    "sgx-debug": Case("cpu.preproduction", both(x503=1), "warn", "0x503 0x1"),
    "few-dimms": Case("dimm.population", off(dimms(4, 4)), "info", "CPU 0 4 16"),
    "seven-dimms": Case("dimm.population", off(dimms(7)), "info", "CPU 0 7 16"),
    "eight-dimms": Case("dimm.population", off(dimms(8)), "ok", None),
    "empty-socket": Case("dimm.population", off(dimms(16, 0)), "info", "CPU 0 16 512 CPU 1 0 0"),
    # KVM.
    "on-and-no-tds": Case("kvm.param", {"dev/kvm.txt": "235 1\n"}, "fail", "kvm_intel tdx=Y KVM"),
    "turned-off-in-the-log": Case("kvm.param", off(log("kvm_intel: Failed to initialize TDX module.")), "fail",
                                  "Failed to initialize TDX module"),
    # A failure of SGX is another subject: it must not hide that TDX is off in KVM.
    "asked-for-no-and-no-sgx": Case("kvm.param", off({"proc/cmdline": "ro nohibernate kvm_intel.tdx=0\n"}, both(xa0=1)),
                                    "fail", "kvm_intel.tdx=0"),
    "asked-for-no": Case("kvm.param", off({"proc/cmdline": "ro nohibernate kvm_intel.tdx=0\n"}), "fail", "kvm_intel.tdx=0"),
    "no-parameter": Case("kvm.param", off({KVM + "tdx": None, "dev/kvm.txt": None}), "fail", "kvm_intel tdx"),
    "no-sysfs": Case("kvm.param", {
        CPU + "present": None, CPU + "online": None, CPU + "hotplug/states": None,
        **{f"{CPU}cpu{i}/topology/physical_package_id": None for i in range(4)}, **{KVM + f: None for f in ("tdx", "ept", "enable_apicv")}, "dev/kvm.txt": None,
        VERSION: None, "sys/devices/faux/tdx_host/num_remaining_updates": None, CGROUP + "misc.capacity": None},
        "unknown", "sysfs"),
    "ept-off": Case("kvm.prereq", {KVM + "ept": "N\n"}, "fail", "kvm_intel.ept"),
    "apicv-off": Case("kvm.prereq", {KVM + "enable_apicv": "0\n"}, "fail", "kvm_intel.enable_apicv"),
    "tdp-mmu-off": Case("kvm.prereq", {"sys/module/kvm/parameters/tdp_mmu": "N\n"}, "fail", "kvm.tdp_mmu"),
    "no-vmx": Case("cpu.feature", off(no_flag("vmx")), "fail", "/proc/cpuinfo vmx"),
    "no-self-snoop": Case("cpu.feature", off(no_flag("ss")), "fail", "/proc/cpuinfo ss"),
    "no-xsave": Case("cpu.feature", off(no_flag("xsave"), {"proc/cmdline": "ro noxsave\n"}), "fail", "xsave noxsave"),
    "cleared": Case("cpu.feature", off(no_flag("xsave"), {"proc/cmdline": "ro clearcpuid=xsave\n"}), "fail",
                    "xsave clearcpuid="),
    # Packages and their CPUs.
    "one-cpu-offline": Case("create.pkg_offline", {**online("0-2"), **log("CPU topo: Max. logical packages:   2",
                                                                          *LOG[3:])}, "ok", None),
    "package-1-offline": Case("create.pkg_offline", {**online("0-1"), **log("CPU topo: Max. logical packages:   2",
                                                                            *LOG[3:])}, "fail", "package 1"),
    "package-0-offline": Case("create.pkg_offline", online("2-3"), "fail", "package 0"),
    "a-third-package": Case("create.pkg_offline", {**online("0-2"), **log("CPU topo: Max. logical packages:   3",
                                                                          *LOG[3:])}, "fail", "3"),
    "nr-cpus-of-a-small-kernel": Case("boot.maxcpus", {
        "proc/cmdline": "ro nr_cpus=2\n", **log("APIC: NR_CPUS/possible_cpus limit of 2 reached. Processor 2 ignored.",
                                                *LOG[3:])}, "warn", "nr_cpus= 2"),
    "maxcpus-of-a-package": Case("boot.maxcpus", {**online("0-1"), "proc/cmdline": "ro maxcpus=2\n"}, "fail",
                                 "maxcpus= package 1"),
    "nr-cpus-of-a-package": Case("boot.maxcpus", {**online("0-1"), "proc/cmdline": "ro nr_cpus=2\n"}, "fail",
                                 "nr_cpus= package 1"),
    "no-package-known": Case("boot.maxcpus", {"proc/cmdline": "ro maxcpus=2\n", CPU + "present": None, CPU + "online": None,
                                              **{f"{CPU}cpu{i}/topology/physical_package_id": None for i in range(4)}},
                             "unknown", None),
    "last-of-package-0": Case("cpu.offline_refused", online("1-3"), "info", "1 0 1"),
    "last-of-package-1": Case("cpu.offline_refused", online("0-2"), "info", "2 1 1"),
    "last-of-both": Case("cpu.offline_refused", online("1,3"), "info", "1 0 1"),
    "last-and-no-hkid": Case("cpu.offline_refused", {**online("1-3"), CGROUP + "misc.current": "tdx 0\n"}, "ok", None),
    "stuck-elsewhere": Case("cpu.online_failed", {
        **online("0-2"), CPU + "cpu3/hotplug/state": "236\n", CPU + "cpu3/hotplug/target": "240\n",
        CPU + "hotplug/states": "  0: offline\n237: kvm/cpu:online\n238: virt/tdx:online\n"}, "ok", None),
    "crash-kernel-unread": Case("kexec.pw_mce", {**kernel("6.18.2"), **cpuinfo(bugs="tdx_pw_mce"),
                                                 "sys/kernel/kexec_crash_loaded": None}, "unknown", None),
    "no-crash-kernel-wanted": Case("kexec.pw_mce", {**kernel("6.18.2"), **cpuinfo(bugs="tdx_pw_mce"),
                                                    "sys/kernel/kexec_crash_loaded": "0\n"}, "info", "tdx_pw_mce"),
    # The module's version, in each of its forms.
    "version-in-the-log": Case("perf.old_module", module_log("virt/tdx: TDX module 1.5.05.46, build number 698"), "ok",
                               "1.5.05 1.5.28"),
    "old-version-in-the-log": Case("perf.old_module", module_log("virt/tdx: TDX module 1.5.04.46, build number 697"),
                                   "info", "1.5.04 1.5.05 698 1.5.28"),
    "topology-in-the-log": Case("module.topology", {**NO_KVM_TDX, **module_log(
        "virt/tdx: TDX module 1.5.01.12, build number 481")}, "fail", "1.5.01"),
    "no-version-in-the-log": Case("perf.old_module", module_log("virt/tdx: TDX module x.y, build number 698"), "unknown",
                                  None),
    "no-build-in-the-log": Case("perf.old_module", module_log("virt/tdx: TDX module 1.5.05.46, build number x"), "unknown",
                                None),
    "no-minor-in-the-log": Case("perf.old_module", module_log("virt/tdx: major_version 1, minor_version x, build_num 5"),
                                "unknown", None),
    "build-in-the-log": Case("module.topology", {**NO_KVM_TDX, **module_log(
        "virt/tdx: TDX module: major_version 1, minor_version 5, build_date 20240129, build_num 698")}, "unknown",
        "1.5 698"),
    "build-of-a-good-one": Case("perf.old_module", module_log(
        "virt/tdx: TDX module: major_version 1, minor_version 5, build_date 20240129, build_num 697"), "info",
        "1.5 697 1.5.05 698 1.5.28"),
    "newest-version": Case("perf.old_module", version("1.5.28"), "ok", "1.5.28 1.5.28"),
    "version-of-the-next-series": Case("perf.old_module", version("3.1.04"), "unknown", "3.1"),
    "version-of-another-minor": Case("perf.old_module", version("1.6.00"), "unknown", "1.6"),
    "version-1.0": Case("module.too_old_v1", version("1.0.03"), "fail", "1.0.03"),
    "version-1.4": Case("module.too_old_v1", version("1.4.09"), "fail", "1.4.09"),
    "version-1.5": Case("module.too_old_v1", version("1.5.00"), "ok", None),
    "version-2.0": Case("module.too_old_v1", version("2.0.00"), "ok", None),
    "series-of-8f": Case("module.series", version("2.0.08", 0x8f), "warn", "2.0.08 0x8f"),
    "series-of-cf": Case("module.series", version("2.0.08", 0xcf), "warn", "2.0.08 0xcf"),
    "series-of-af": Case("module.series", version("2.0.08", 0xaf), "warn", "2.0.08 0xaf"),
    "series-of-ad": Case("module.series", version("1.5.13", 0xad), "warn", "1.5.13 0xad"),
    "series-of-ae": Case("module.series", version("1.5.13", 0xae), "warn", "1.5.13 0xae"),
    "right-series-of-ae": Case("module.series", version("2.0.08", 0xae), "ok", None),
    "right-series-of-cf": Case("module.series", version("1.5.13", 0xcf), "ok", None),
    "series-of-a-new-cpu": Case("module.series", version("2.0.08", 0xdd), "ok", None),
    "series-of-no-model": Case("module.series", {VERSION: "2.0.08\n", **cpuinfo(model="")}, "unknown", None),
    "slow-start": Case("boot.slow_init", {
        "var/log/dmesg": "[    0.000000] Linux version 7.2.13\n[    1.000000] x\n"
                         "[    6.000000] virt/tdx: 12582912 KB allocated for PAMT\n"}, "info", "5.0"),
    "start-of-just-less": Case("boot.slow_init", {
        "var/log/dmesg": "[    0.000000] Linux version 7.2.13\n[    1.000000] x\n"
                         "[    5.999999] virt/tdx: 12582912 KB allocated for PAMT\n"}, "ok", None),
    "start-with-kvm": Case("boot.slow_init", {
        "proc/sys/kernel/osrelease": "7.0.9\n",
        "var/log/dmesg": "[    0.000000] Linux version 7.0.9\n[    1.000000] x\n"
                         "[ 3600.000000] virt/tdx: 12582912 KB allocated for PAMT\n"}, "skip", None),
    # Updates.
    "no-invd-bit": Case("update.unavailable", {UPLOAD + "status": None, UPLOAD + "error": None,
                                               **both(x480=0x00da0400_00000013)}, "info", "0x480 60 seamret_invd_vmcs"),
    "no-update": Case("update.unavailable", {UPLOAD + "status": None, UPLOAD + "error": None}, "skip", None),
    "no-loader-version": Case("update.seamldr", {LOADER: "next\n"}, "unknown", None),
    "loader-of-a-new-cpu": Case("update.seamldr", {LOADER: "1.5.00\n", **cpuinfo(model=0xee)}, "unknown", None),
    "loader-of-ae": Case("update.seamldr", {LOADER: "1.9.07\n", **cpuinfo(model=0xae)}, "warn", "1.9.07 2.0 2.0.00"),
    "loader-too-old-in-minor": Case("update.seamldr", {LOADER: "1.4.99\n"}, "warn", "1.4.99 1.5 1.5.00"),
    "loader-that-will-do": Case("update.seamldr", {LOADER: "1.5.00\n"}, "ok", None),
    "loader-of-the-next-major": Case("update.seamldr", {LOADER: "2.0.00\n"}, "ok", None),
    # HKIDs and memory.
    "capacity-of-cgroups": Case("bios.keyid.capacity", {**NO_MSR, CGROUP + "misc.capacity": "tdx 12\n"}, "info", "12 1"),
    "capacity-without-use": Case("bios.keyid.capacity", {**both(x87=0x100000000f), **NO_LINE}, "info", "15"),
    "capacity-that-will-do": Case("bios.keyid.capacity", {**both(x87=0x2000000000), CGROUP + "misc.current": "tdx 7\n"},
                                  "ok", "31 7"),
    "capacity-of-30": Case("bios.keyid.capacity", both(x87=0x1f00000000), "info", "30 1"),
    "limit-of-two-levels": Case("hkid.cgroup_limit", {
        CGROUP + "machine.slice/misc.max": "tdx max\n", CGROUP + "machine.slice/misc.events": "tdx.max 1\n",
        CGROUP + "machine.slice/vm/misc.current": "tdx 2\n", CGROUP + "machine.slice/vm/misc.max": "tdx 2\n",
        CGROUP + "machine.slice/vm/misc.events": "tdx.max 1\n"}, "warn", "/machine.slice/vm 2 2 1"),
    "vfio-of-no-vm": Case("create.vfio_dma", {VFIO: "65535\n"}, "info", "65535"),
    "vfio-of-enough": Case("create.vfio_dma", {VFIO: "65536\n"}, "ok", None),
    "pamt-of-much": Case("mem.pamt", {"proc/meminfo": "MemTotal: 100000 kB\n",
                                      **log("virt/tdx: 99999 KB allocated for PAMT")}, "info", "97 99.9"),
    "pamt-of-unknown-memory": Case("mem.pamt", {"proc/meminfo": None,
                                                **log("virt/tdx: 3145728 KB allocated for PAMT")}, "info", "3072"),
    "pamt-of-no-memory": Case("mem.pamt", {"proc/meminfo": "MemTotal: 0 kB\n",
                                           **log("virt/tdx: 3145728 KB allocated for PAMT")}, "info", "3072"),
    "pamt-in-other-words": Case("mem.pamt", log("virt/tdx: Much is allocated for PAMT"), "info", "Much"),
    "two-blocks-offline": Case("mem.hotplug_refused", {f"sys/devices/system/memory/memory{i}/state": "offline\n"
                                                       for i in (8, 9)}, "info", "2"),
    "huge-pages-reserved": Case("hugepages", {"proc/sys/vm/nr_hugepages": "512\n", CGROUP + "misc.current": "tdx 3\n"},
                                "info", "3 512"),
    "no-huge-page-reserved": Case("hugepages", {"proc/sys/vm/nr_hugepages": "0\n", CGROUP + "misc.current": "tdx 3\n"},
                                  "info", "3"),
    "more-hkids-than-vms": Case("hkid.leaked", {CGROUP + "misc.current": "tdx 3\n"}, "warn", "3 1"),
    "as-many-hkids-as-vms": Case("hkid.leaked", {CGROUP + "misc.current": "tdx 1\n"}, "ok", None),
    "leak-and-no-debugfs": Case("hkid.leak_blocks_offline", {
        **log("kvm_intel: tdh_mng_key_freeid() failed. HKID 33 is leaked."), **NO_VM, "sys/kernel/debug/kvm/mmio": None},
        "unknown", None),
    "leak-and-no-refusal": Case("hkid.leak_blocks_offline", {
        **log("kvm_intel: tdh_mng_key_freeid() failed. HKID 33 is leaked."), **NO_VM}, "info", "HKID"),
    # Attestation.
    "qgs-of-ten-days": Case("qgs.stale", uptime(10 * DAY), "info", "10"),
    "qgs-of-four-days": Case("qgs.stale", uptime(4 * DAY), "ok", None),
    "qgs-of-more-than-four-days": Case("qgs.stale", uptime(4 * DAY + 1), "info", "4"),
    "qgs-of-the-future": Case("qgs.stale", {**uptime(-3599), "var/log/qgsd.log": None}, "unknown", None),
    "old-qgs-without-log": Case("qgs.stale", {**uptime(5 * DAY), "var/log/qgsd.log": None}, "info", "5"),
    "young-qgs-without-log": Case("qgs.stale", {**uptime(DAY), "var/log/qgsd.log": None}, "ok", None),
    "qgs-installed": Case("qgs.down", {"proc/77/comm": "x\n", "usr/lib/systemd/system/qgsd.service": "x\n"}, "fail",
                          "qgsd qgsd"),
    "qgs-unit-active": Case("qgs.down", {"proc/77/comm": "x\n", CGROUP + "system.slice/qgsd.service/x": ""}, "ok", None),
    "qgs-by-its-other-name": Case("qgs.down", {"proc/77/comm": "qgs\n"}, "ok", None),
    "pccs-installed": Case("pccs.down", pccs(LOCAL, **{"usr/lib/systemd/system/pccs.service": "x\n"}), "fail",
                           "/etc/sgx_default_qcnl.conf"),
    "pccs-not-installed": Case("pccs.down", pccs(LOCAL, **{"usr/lib/systemd/system/x.service": "x\n"}), "fail", None),
    "pccs-by-address": Case("pccs.down", pccs("https://127.0.0.1:8081/"), "fail", None),
    "pccs-unit-active": Case("pccs.down", pccs(LOCAL, **{CGROUP + "system.slice/pccs.service/x": ""}), "ok", None),
    "pccs-runs": Case("pccs.down", pccs(LOCAL, **{"proc/90/comm": "node\n",
                                                  "proc/90/cmdline": "node\0/opt/intel/sgx-dcap-pccs/pccs_server.js\0"}),
                      "ok", None),
    "pccs-elsewhere": Case("pccs.down", pccs(REMOTE), "ok", None),
    "pccs-nowhere": Case("pccs.down", {"etc/sgx_default_qcnl.conf": '{"use_secure_cert": true}\n'}, "fail", "pccs_url"),
    "pccs-commented-out": Case("pccs.down", {"etc/sgx_default_qcnl.conf": f"# PCCS_URL={REMOTE}\n"}, "fail", "pccs_url"),
    "pccs-of-old": Case("pccs.down", {"etc/sgx_default_qcnl.conf": f"# x\nPCCS_URL={REMOTE}\n"}, "ok", None),
    "pccs-not-configured": Case("pccs.down", {"etc/sgx_default_qcnl.conf": None}, "unknown",
                                "/etc/sgx_default_qcnl.conf"),
    "pccs-refuses": Case("pccs.down", {"var/log/qgsd.log": "qgsd: error 0xb033\n"}, "fail", "0xb033"),
    "quotes-at-another-port": Case("qgs.wrong_cid", socket(2, 4051), "info", "web 200 4051 4050"),
    "quotes-at-itself": Case("qgs.wrong_cid", socket(1, 4050), "ok", None),
    "quotes-of-no-number": Case("qgs.wrong_cid", socket("x", 4050), "ok", None),
    "registration-without-result": Case("reg.missing", {"var/log/mpa_registration.log": "INFO: agent started\n"}, "fail",
                                        "mpa_registration.log"),
    # The log of a VM counts unless that of qgsd shows that quotes are made.
    "quote-error-of-a-vm": Case("qgs.error", {"var/log/qgsd.log": None, **vm("qemu: QGS message error code: 0x11001")}, "warn",
                                "web 0x11001"),
    "quote-error-of-a-vm-once": Case("qgs.error", {"var/log/qgsd.log": "tee_att_get_quote return Success\n",
                                                   **vm("qemu: QGS message error code: 0x11001")}, "ok", None),
    # The limit of the host's configuration decides, as in check and status.
    "module-older-than-its-limit": Case("perf.old_module", {**version("1.5.13"), "etc/tdxctl.conf":
                                                            "module_version_warning = 1.5.20\n"}, "warn", "1.5.13"),
    "module-at-its-limit": Case("perf.old_module", {**version("1.5.20"), "etc/tdxctl.conf":
                                                    "module_version_warning = 1.5.20\n"}, "ok", "1.5.20"),
    "command-with-a-status": Case("create.command", vm("qemu: KVM_TDX_FINALIZE_VM hw_error 0xc000060800000000"), "fail",
                                  "web KVM_TDX_FINALIZE_VM 0xc000060800000000 TDX_OP_STATE_INCORRECT"),
    "no-seamrr-and-keys-unread": Case("bios.seamrr.off", off(both(x87=None, xfe=0x1d0a), log(begin=LOG[:1])), "fail", "0 0xfe"),
    # A long line is cut, but never what the rule looks for.
    "long-line-after": Case("td.unaccepted", log("kvm_intel: Guest access before accepting 0x1000 on vCPU 0" + " x" * 200), "fail",
                            "access before accepting 0x1000 vCPU 0"),
    "long-line-before": Case("td.unaccepted", log("x " * 200 + "kvm_intel: Guest access before accepting 0x1000 on vCPU 0"), "fail",
                             "Guest access before accepting 0x1000 vCPU 0"),
    "quotes-at-a-guest": Case("qgs.wrong_cid", socket(4294967295, 4050), "fail", "web 200 4294967295"),
}
