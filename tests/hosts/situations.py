# SPDX-License-Identifier: GPL-2.0-only
"""Situations of hosts, and all that doctor must find in each.

Each says where its tree comes from: those of CAPTURED are in trees/ and were
taken from a running kernel; those of SITUATIONS are made from the healthy host
of table.py and from what Linux, its documentation and operators' reports say.
"""
from collections import namedtuple

from table import (CGROUP, CPU, FLAGS, FULL, HEALTHY, KVM, LEAK, LIMIT, LOG, NODE, NO_KEYS, NO_KVM_TDX, NO_TD,
                   REFUSED, UPLOAD, both, config, cpuinfo, failed, kernel, log, msr, off, vm)
from table import MPA_LOG, PCCS_LOG, PCS, QGSD_LOG, QGS_NO_CERTS, REG_BY_HAND, REG_DONE, REG_OK, mpa, version

# tree: beside the healthy host, None is nothing at all. findings: id -> state of all that is not ok or skip.
Situation = namedtuple("Situation", "tree origin status first findings")

NO_MSR = {f"dev/cpu/{c}/msr.txt": None for c in (0, 2)}
NO_FLAG = FLAGS.replace(" tdx_host_platform", "")
# TDX before 7.2: no tdx_host, no update.
OLD_KERNEL = {f"sys/devices/faux/tdx_host/{f}": None for f in ("version", "num_remaining_updates")} | {
    UPLOAD + "status": None, UPLOAD + "error": None, "sys/devices/faux/tdx_host/version": None}


def old(release, *lines, **more):
    """A kernel before 7.2 whose log has these lines, TDX not up."""
    return off(kernel(release), {"var/log/dmesg": "".join(
        f"[    {i}.000000] {t}\n" for i, t in enumerate([f"Linux version {release}", *lines]))}, more)


def cmdline(*options):
    return {"proc/cmdline": " ".join(("ro", "nohibernate", *options)) + "\n"}



def is_unknown(*ids):
    return dict.fromkeys(ids, "unknown")


# These rules need the helper, and no tree has it.
HELPER = is_unknown("teardown.slow", "update.during_build", "cpu.not_enabled", "lock.held", "hkid.unseen",
                    "seamcall.busy", "td.owner_gone", "td.leaked")
# A healthy host with a TD.
WELL = HELPER | {"hugepages": "info"}
# Linux before 7.2 cannot update the TDX module at run time.
WELL_OLD = {k: v for k, v in WELL.items() if k != "update.during_build"}


NO_VERSION = is_unknown("module.series", "perf.old_module")
NO_MSRS = is_unknown("sock.mismatch", "bios.tmemt.off", "sgx.mcheck", "cpu.preproduction") | {"tools.msr": "info"}
LOG_LOST = is_unknown("mem.tdmr_near_limit", "pm.s3", "create.entropy", "create.key_config", "mem.pamt",
                      "boot.slow_init", "hkid.leaked", "hkid.leak_blocks_offline", "reclaim.metadata", "sept.busy",
                      "td.unaccepted", "mce.tdx_private", "cpu.offline_refused", "kvm.warning")
# And TDX is not up.
LOG_LOST_DOWN = is_unknown("bios.module.missing", "bios.old.cpuid", "bios.old.msr", "module.too_old_v1",
                           "module.rbp", "module.max_vcpus", "mem.reserved_areas", "mem.tdmr_limit", "mem.cxl",
                           "kvm.prereq", "boot.noise", "module.too_old", "module.init_failed")


PREVIEW = OLD_KERNEL | kernel("6.8.0-1028-intel") | {
    "boot/config-6.8.0-1028-intel": config(KVM_INTEL_TDX=None)["boot/config-7.2.13"], "dev/kvm.txt": "235 5\n66 4096\n",
    "sys/devices/faux/tdx_host/num_remaining_updates": None,
    "proc/cmdline": "ro nohibernate kvm_intel.tdx=on\n", **log("virt/tdx: module initialized")}

SITUATIONS = {
    "healthy": Situation({}, "made from Linux 7.2's files and strings", 0, None,
        WELL),
    "nothing-readable": Situation(None, "an empty directory", 4, None,
        HELPER | LOG_LOST | LOG_LOST_DOWN | NO_VERSION | is_unknown("cpu.vendor", "dimm.population",
          "sock.mismatch", "bios.palimit46", "bios.tme.off", "bios.tmemt.off", "bios.keyid.none",
          "bios.keyid.few", "bios.seamrr.off", "bios.seamrr.unlocked", "module.topology",
          "kconf.host", "pm.hibernate", "cpu.feature", "kconf.kvm", "kvm.virt_at_load",
          "kvm.param", "boot.maxcpus", "sgx.off", "sgx.mcheck", "cpu.preproduction", "kexec.old",
          "kexec.pw_mce", "tools.msr", "create.pkg_offline", "cgroup.misc", "bios.keyid.capacity",
          "hkid.exhausted", "hkid.few", "hkid.cgroup_limit", "hkid.cgroup_drift", "hugepages",
          "mem.hotplug_refused", "cpu.online_failed")),
    "other-vendor": Situation(off(cpuinfo("AuthenticAMD")), "made: /proc/cpuinfo's vendor", 7, "cpu.vendor",
        {"cpu.vendor": "fail"}),
    "guest": Situation(off(cpuinfo(flags=FLAGS + " hypervisor")), "made: the flag hypervisor", 7, "cpu.vendor",
        {"cpu.vendor": "fail"}),
    "older-cpu": Situation(off(cpuinfo(model=0x6a, flags="fpu ss xsave"), both(x87="fault")),
                           "made: Ice Lake's model, no MSR 0x87", 7, "cpu.vendor",
        {"cpu.vendor": "fail"}),
    "no-vmx": Situation(off(cpuinfo(flags=NO_FLAG.replace(" vmx", "")), {"dev/kvm.txt": None, "dev/kvm": None},
                            {KVM + f: None for f in ("tdx", "ept", "enable_apicv")},
                            {f"sys/module/kvm/parameters/{f}": None for f in ("tdp_mmu", "mmio_caching")}),
                        "made: Linux clears the flag when firmware locked VT-x off", 7, "cpu.feature",
        NO_VERSION | {"cpu.feature": "fail"} | is_unknown("module.topology", "sgx.off")),
    "bios-off": Situation(off(both(x87="fault", x982="fault", x1401="fault"), cpuinfo(flags=NO_FLAG),
                              log("x86/tme: not enabled by BIOS", begin=LOG[:1])),
                          "made: MSRs that fault, Linux's line", 7, "bios.tme.off",
        {"bios.tme.off": "fail"}),
    "tme-mt-off": Situation(off(both(x982=3, x87="fault"), cpuinfo(flags=NO_FLAG), log(begin=LOG[:1])),
                            "made: MSR 0x982 without KeyID bits", 7, "bios.tmemt.off",
        {"bios.tmemt.off": "fail"}),
    "split-0": Situation(off(NO_KEYS, cpuinfo(flags=NO_FLAG)), "made: MSR 0x87 with no private KeyIDs", 7,
                         "bios.keyid.none",
        {"bios.keyid.none": "fail"}),
    "one-private-keyid": Situation(off(both(x87=0x10000003e)), "made: MSR 0x87, Linux's limit of two", 7,
                                   "bios.keyid.few",
        NO_VERSION | {"bios.keyid.few": "fail"} | is_unknown("module.topology")),
    "split-1": Situation({}, "made: [32, 64), as most reports have it", 0, None,
        WELL),
    "palimit46": Situation(off(both(x982=3, x87=0x3f), {"dev/cpu/0/cpuid.txt": "80000008 0 302e 0 0 0\n"},
                               log(begin=LOG[:1])),
                           "made: CPUID 0x80000008 as vendors' lists of settings tell", 7, "bios.palimit46",
        {"bios.palimit46": "fail"}),
    "seamrr-off": Situation(off(both(x1401=0, x1400=0), log("virt/tdx: module not loaded")),
                            "made: MSRs 0x1400 and 0x1401 empty", 7, "bios.seamrr.off",
        {"bios.seamrr.off": "fail"}),
    "seamrr-unlocked": Situation(off(both(x1401=0x3ffffe000800), log("virt/tdx: module not loaded")),
                                 "made: MSR 0x1401 as in an operator's report", 7, "bios.seamrr.unlocked",
        {"bios.seamrr.unlocked": "fail"}),
    "module-missing": Situation(off(log("virt/tdx: module not loaded")), "made: Linux 7.2's line", 7,
                                "bios.module.missing",
        {"bios.module.missing": "fail"}),
    "old-module": Situation(failed("virt/tdx: SEAMCALL (0x22) failed: 0xc000050500000000"),
                            "made: status in operators' reports", 7, "module.too_old_v1",
        NO_VERSION | {"module.too_old_v1": "fail"} | is_unknown("module.topology")),
    "old-bios": Situation(failed("virt/tdx: SEAMCALL (0x21) failed: 0xc000092100000122"),
                          "made: status in an operator's report", 7, "bios.old.msr",
        NO_VERSION | {"bios.old.msr": "fail"} | is_unknown("module.topology")),
    "module-1.5.01": Situation(NO_KVM_TDX | {"sys/devices/faux/tdx_host/version": "1.5.01\n",
                                             KVM + "tdx": None, "dev/kvm": None, "dev/kvm.txt": None},
                               "made: derived from KVM's source", 7, "module.topology",
        {"module.topology": "fail"} | is_unknown("sgx.off")),
    "hibernation": Situation(off({"proc/cmdline": "ro quiet kvm_intel.tdx=1\n"}, cpuinfo(flags=NO_FLAG),
                                 log("virt/tdx: initialization failed: Hibernation support is enabled")),
                             "made: Linux 7.2's line", 7, "pm.hibernate",
        NO_VERSION | {"pm.hibernate": "fail"} | is_unknown("module.topology")),
    "hibernation-log-lost": Situation(off({"proc/cmdline": "ro quiet\n", "sys/power/disk": "[platform] shutdown\n",
                                           "boot/config-7.2.13": config()["boot/config-7.2.13"] +
                                           "CONFIG_HIBERNATION=y\n"}, cpuinfo(flags=NO_FLAG), log("late", begin=[])),
                                      "made: what the kernel checks", 7, "pm.hibernate",
        {k: v for k, v in LOG_LOST.items() if k not in ("create.entropy", "create.key_config", "sept.busy")} | LOG_LOST_DOWN | NO_VERSION | {"pm.hibernate": "fail", "kvm.param": "fail"} |
          is_unknown("module.topology")),
    "parameter-off": Situation(NO_KVM_TDX | {"proc/cmdline": "ro nohibernate\n"},
                               "made: kvm_intel as it is by default", 7, "kvm.param",
        {"kvm.param": "fail"}),
    "kvm-not-loaded": Situation(NO_KVM_TDX | {"sys/module/kvm_intel/parameters/" + f: None
                                              for f in ("tdx", "ept", "enable_apicv")} |
                                {"dev/kvm": None, "dev/kvm.txt": None}, "made: no kvm_intel", 7, "kvm.param",
        {"kvm.param": "fail"} | is_unknown("sgx.off")),
    "kvm-without-tdx": Situation(NO_KVM_TDX | {KVM + "tdx": None} | config(KVM_INTEL_TDX=None),
                                 "made: CONFIG_KVM_INTEL_TDX off", 7, "kconf.kvm",
        {"kconf.kvm": "fail"}),
    "ept-off": Situation(NO_KVM_TDX | {KVM + "ept": "N\n"} | log(*LOG[3:], "kvm_intel: EPT is required for TDX"),
                         "made: Linux's line, kvm_intel ept=0", 7, "kvm.prereq",
        {"kvm.prereq": "fail"}),
    "package-offline": Situation({**NODE, **NO_TD}, "made: sysfs of an offline package, KVM's line", 7,
                                 "create.pkg_offline",
        WELL | {"create.pkg_offline": "fail"}),
    "node-offline": Situation(NODE, "made: sysfs of an offline node", 0, "create.pkg_offline",
        WELL | {"create.pkg_offline": "warn"}),
    "package-offline-no-nodes": Situation(
        {CPU + "online": "0-1\n", **{f"{CPU}cpu{i}/topology/physical_package_id": None for i in (2, 3)},
         "sys/devices/system/node/node0/cpulist": None, "sys/devices/system/node/node1/cpulist": None,
         **log("CPU topo: Max. logical packages:   2", "CPU topo: Allowing 4 present CPUs plus 0 hotplug CPUs", *LOG[3:])},
        "made: Linux's line, no NUMA", 7, "create.pkg_offline",
        WELL | {"create.pkg_offline": "fail"}),
    "nr-cpus": Situation({"proc/cmdline": "ro nr_cpus=2 nohibernate kvm_intel.tdx=1\n", CPU + "present": "0-1\n",
                          CPU + "online": "0-1\n", **{f"{CPU}cpu{i}/topology/physical_package_id": None for i in (2, 3)},
                          **log("CPU topo: CPU limit of 2 reached. Ignoring further CPUs", *LOG[3:])},
                         "made: nr_cpus=, Linux's line", 0, "boot.maxcpus",
        WELL | {"boot.maxcpus": "warn"}),
    "maxcpus": Situation({**NODE, **NO_TD, "proc/cmdline": "ro maxcpus=2 nohibernate kvm_intel.tdx=1\n"},
                         "made: maxcpus=", 7, "create.pkg_offline",
        WELL | {"create.pkg_offline": "fail", "boot.maxcpus": "warn"}),
    "cpu-online-failed": Situation({CPU + "online": "0-2\n", CPU + "cpu3/hotplug/state": "0\n",
                                    CPU + "cpu3/hotplug/target": "0\n",
                                    **log(*LOG[3:], "virt/tdx: SEAMCALL (0x23) failed: 0xc000090200000007")},
                                   "made: Linux takes a failed step back, its line", 7, "cpu.online_failed",
        WELL | {"cpu.online_failed": "fail", "cpu.offline_refused": "info"}),
    "memory-offline": Situation({f"sys/devices/system/memory/memory{i}/state": "offline\n" for i in (8, 9)},
                                "made: sysfs", 0, None,
        WELL | {"mem.hotplug_refused": "info"}),
    "hkids-exhausted": Situation({**FULL, **{f"sys/kernel/debug/kvm/{i}-9/x": "" for i in range(2000, 2030)}},
                                 "made: misc.current at misc.capacity", 7, "hkid.exhausted",
        WELL | {"hkid.exhausted": "fail"}),
    "cgroup-limit": Situation(LIMIT, "made: misc.events of a cgroup", 0, "hkid.cgroup_limit",
        WELL | {"hkid.cgroup_limit": "warn"}),
    # KVM of Linux 7.2 takes one off too many for each TD that a limit refused.
    "cgroup-below-zero": Situation({CGROUP + "misc.current": "tdx 18446744073709551615\n",
                                    CGROUP + "machine.slice/misc.current": "tdx 18446744073709551615\n",
                                    CGROUP + "machine.slice/misc.max": "tdx 0\n",
                                    CGROUP + "machine.slice/misc.events": "tdx.max 1\n",
                                    **log(*LOG[3:], "misc cgroup resource tdx became less than 0")},
                                   "made: line and number as seen in the lab", 0, "hkid.cgroup_limit",
        HELPER | {"hkid.cgroup_limit": "warn", "hkid.cgroup_drift": "warn"}),
    "cgroup-v1": Situation({**{p: None for p in HEALTHY if p.startswith(CGROUP)},
                            CGROUP + "misc/misc.capacity": "tdx 31\n", CGROUP + "misc/misc.current": "tdx 31\n",
                            CGROUP + "misc/vms/misc.current": "tdx 31\n", CGROUP + "misc/vms/misc.max": "tdx max\n",
                            CGROUP + "misc/vms/misc.events": "tdx.max 0\n",
                            **{f"sys/kernel/debug/kvm/{i}-9/x": "" for i in range(2000, 2030)}},
                           "made: the misc controller of cgroup v1", 7, "hkid.exhausted",
        WELL | {"hkid.exhausted": "fail"}),
    "leaked-hkid": Situation(LEAK, "made: KVM's line", 7, "hkid.leaked",
        WELL | {"hkid.leaked": "fail"}),
    "leak-not-logged": Situation({CGROUP + "misc.current": "tdx 3\n"}, "made: more HKIDs in use than VMs", 0,
                                 "hkid.leaked",
        WELL | {"hkid.leaked": "warn"}),
    "leak-blocks-offline": Situation({**log("kvm_intel: tdh_mng_vpflushdone() failed. HKID 33 is leaked.", REFUSED),
                                      "sys/kernel/debug/kvm/1234-12/x": None, "sys/kernel/debug/kvm/mmio": "",
                                      CGROUP + "misc.current": "tdx 1\n"},
                                     "made: KVM's and Linux's lines", 7, "hkid.leaked",
        WELL | {"hkid.leaked": "fail", "hkid.leak_blocks_offline": "warn",
          "cpu.offline_refused": "info"}),
    "mixed-bios": Situation(off(msr(2, x87="fault")), "made: MSRs that differ", 7, "sock.mismatch",
        NO_VERSION | {"sock.mismatch": "fail"} | is_unknown("module.topology")),
    "kexec-refused": Situation({**kernel("6.18.2"), **cpuinfo(bugs="tdx_pw_mce"), **OLD_KERNEL,
                                **log("kexec: Not allowed on platform with tdx_pw_mce bug")},
                               "made: Linux 6.18's line", 0, "kexec.pw_mce",
        WELL_OLD | NO_VERSION | {"kexec.pw_mce": "warn"}),
    "kexec-6.12": Situation(old("6.12.1", "virt/tdx: BIOS enabled: private KeyID range [32, 64)",
                                "virt/tdx: module initialized") |
                            {"boot/config-6.12.1": "CONFIG_INTEL_TDX_HOST=y\n"},
                            "made: 6.8 to 6.17 exclude kexec", 7, "kconf.kvm",
        NO_VERSION | {"kconf.kvm": "fail", "kexec.old": "info"}),
    "container": Situation({**{p: None for p in HEALTHY if p.startswith(("dev/", CGROUP, "sys/kernel", "boot/", "var/"))},
                            CGROUP + "cgroup.events": "populated 1\n"}, "made: no /dev, no log, a cgroup of its own",
                           0, None,
        HELPER | LOG_LOST | {"tools.msr": "info"} | is_unknown("sock.mismatch", "sgx.off",
          "sgx.mcheck", "cpu.preproduction", "cgroup.misc", "bios.keyid.capacity",
          "hkid.exhausted", "hkid.few", "hkid.cgroup_limit", "hkid.cgroup_drift", "hugepages")),
    "log-overwritten": Situation(log("late", begin=[]), "made: a log without its beginning", 0, None,
        WELL | LOG_LOST | is_unknown("hkid.cgroup_drift")),
    # The option is in modprobe.d, and the cause is another: one finding.
    "hibernation-modprobe": Situation(
        off({"proc/cmdline": "ro quiet\n", "etc/modprobe.d/tdx.conf": "options kvm_intel tdx=1\n"}, cpuinfo(flags=NO_FLAG),
            log("virt/tdx: initialization failed: Hibernation support is enabled")), "an operator's report", 7,
        "pm.hibernate", NO_VERSION | {"pm.hibernate": "fail"} | is_unknown("module.topology")),
    # Kernels before mainline: VM type 2, and no CONFIG_KVM_INTEL_TDX.
    "preview-healthy": Situation(PREVIEW, "an operator's report", 0, None, WELL_OLD | NO_VERSION),
    "preview-field-unknown": Situation(
        PREVIEW | off(log("virt/tdx: SEAMCALL (0x0000000000000022) failed: 0xc0000c0000000000",
                          "virt/tdx: module initialization failed (-5)"), {"proc/cmdline": "ro kvm_intel.tdx=on\n"}),
        "an operator's report", 7, "module.too_old", NO_VERSION | {"module.too_old": "fail"}),
    "status-of-no-rule": Situation(failed("virt/tdx: SEAMCALL (0x2d) failed: 0xc0000a1000000003"), "made: a status of TDH.SYS.CONFIG",
        7, "module.init_failed", NO_VERSION | {"module.init_failed": "fail"} | is_unknown("module.topology")),
    # Later releases and CPUs are never a fault.
    "module-1.5.28": Situation(version("1.5.28"), "an operator's report", 0, None, WELL),
    "module-1.5.99": Situation(version("1.5.99"), "made: not released", 0, None, WELL),
    "clearwater-forest": Situation(version("2.0.18") | cpuinfo(model=0xdd), "an operator's report", 0, None, WELL),
    "clearwater-forest-off": Situation(off({**cmdline()}, cpuinfo(model=0xdd)), "made: the model, TDX not requested", 7, "kvm.param",
        NO_VERSION | {"kvm.param": "fail"} | is_unknown("module.topology")),
    # The host is healthy, a VM is not.
    "preview-other-qemu": Situation(PREVIEW | vm("qemu-system-x86_64: vm-type TDX not supported by KVM"), "an operator's report", 7,
        "create.generation", WELL_OLD | NO_VERSION | {"create.generation": "fail"}),
    "tdx-off-same-line": Situation(off(cmdline(), vm("qemu-system-x86_64: vm-type TDX not supported by KVM")),
        "made: the same line without TDX", 7, "kvm.param", NO_VERSION | {"kvm.param": "fail"} | is_unknown("module.topology")),
    "qemu-without-tdx": Situation(vm("error: INTEL TDX launch security is not supported with this QEMU binary"),
        "an operator's report", 7, "create.vmm_no_tdx", WELL | {"create.vmm_no_tdx": "fail"}),
    "init-vm-refused": Situation(vm("qemu: KVM_TDX_INIT_VM failed: Invalid argument, hw_errors 0xc000010000000045"),
        "an operator's report", 7, "create.init_vm", WELL | {"create.init_vm": "fail"}),
    "no-hkid-left": Situation(FULL | vm("qemu: KVM_TDX_INIT_VM failed: No space left on device") |
                              {f"sys/kernel/debug/kvm/{i}-9/x": "" for i in range(2000, 2030)},
        "an operator's report", 7, "hkid.exhausted", WELL | {"hkid.exhausted": "fail"}),
    "gpu-td": Situation({"sys/module/vfio_iommu_type1/parameters/dma_entry_limit": "65535\n",
                         **vm("qemu-system-x86_64: VFIO_MAP_DMA failed: No space left on device")},
                        "made: QEMU's line in an operator's report", 0, "create.vfio_dma",
        WELL | {"create.vfio_dma": "warn"}),
    # One for each generation of what kernels write.
    "log-6.2": Situation(old("6.2.0", "tdx: BIOS enabled: private KeyID range [32, 64)",
                             "tdx: TDX module is not loaded."), "made: Linux before 6.8", 7, "bios.module.missing",
        {"bios.module.missing": "fail"}),
    "log-6.7": Situation(old("6.7.0", "tdx: no TDX private KeyIDs available") | NO_MSR, "made: Linux before 6.8", 7,
                         "bios.keyid.none",
        NO_MSRS | {"bios.keyid.none": "fail"}),
    "log-6.8": Situation(old("6.8.0", "virt/tdx: BIOS enabled: private KeyID range [64, 128)",
                             "SEAMCALL failed: CPU 7: leaf 33, error 0xc000090000000000.",
                             "virt/tdx: module initialization failed (-5)"), "made: Linux 6.8", 7, "bios.old.cpuid",
        NO_VERSION | {"bios.old.cpuid": "fail"}),
    "log-6.16": Situation(old("6.16.3", "virt/tdx: BIOS enabled: private KeyID range [32, 64)",
                              "virt/tdx: TDMR [0x0, 0x40000000): reserved areas exhausted.",
                              "virt/tdx: module initialization failed (-28)"), "made: Linux 6.16", 7,
                          "mem.reserved_areas",
        NO_VERSION | {"mem.reserved_areas": "fail"} | is_unknown("module.topology")),
    "log-7.2": Situation(failed("virt/tdx: SEAMCALL (0x2d) failed: 0xc0000a0200000003"), "made: Linux 7.2", 7,
                         "mem.cxl",
        NO_VERSION | {"mem.cxl": "fail"} | is_unknown("module.topology")),
    "log-distro": Situation(old("6.8.0-1015-intel", "virt/tdx: BIOS enabled: private KeyID range [32, 64)",
                                "virt/tdx: TDX module: attributes 0x0, vendor_id 0x8086, major_version 1, "
                                "minor_version 5, build_date 20230911, build_num 595",
                                "virt/tdx: CMR: [0x1000, 0xa0000)", "kvm_intel: Failed to initialize TDX module."),
                            "made: a distribution's 6.8", 7, "kvm.param",
        {"kvm.param": "fail", "perf.old_module": "info"}),
    "log-distro-bios": Situation(old("6.8.0-1015-intel", "kvm_intel: [firmware bug]: TDX is not enabled by BIOS.") |
                                 NO_MSR, "made: a distribution's 6.8", 7, "bios.keyid.none",
        NO_MSRS | {"bios.keyid.none": "fail"}),
}
# What check exits with, by default 0: without the helper it knows little, and says so.
CHECK = {
    # TDX is not up.
    3: ("nothing-readable other-vendor guest older-cpu no-vmx bios-off tme-mt-off split-0 one-private-keyid palimit46 "
        "seamrr-off seamrr-unlocked module-missing old-module old-bios hibernation hibernation-log-lost mixed-bios "
        "kexec-6.12 log-6.2 log-6.7 log-6.8 log-6.16 log-7.2 log-distro log-distro-bios "
        "parameter-off-6.16 hibernation-modprobe preview-field-unknown status-of-no-rule "
        "clearwater-forest-off tdx-off-same-line").split(),
    # What it must know cannot be seen.
    5: "node-offline container".split(),
    7: ("hkids-exhausted cgroup-v1 no-hkid-left module-1.5.01 parameter-off kvm-not-loaded kvm-without-tdx ept-off "
        "package-offline package-offline-no-nodes maxcpus leaked-hkid leak-blocks-offline").split(),
}
# Trees on disk; each has a file "origin".
# Every host in the lab: its memory has no blocks in sysfs, its CPU no SGX.
LAB = HELPER | is_unknown("mem.hotplug_refused") | {
    "sgx.off": "warn", "bios.keyid.capacity": "info", "mem.pamt": "info", "update.unavailable": "info"}

# By capture.sh; what was done is in each tree's origin.
CAPTURED = {
    "healthy": Situation(None, "captured", 0, "sgx.off", LAB | {"hugepages": "info"}),
    "hkids-exhausted": Situation(None, "captured", 7, "hkid.exhausted",
        LAB | {"hkid.exhausted": "fail", "hugepages": "info"}),
    "no-permission": Situation(None, "captured", 0, "sgx.off",
        LAB | LOG_LOST | {"tools.msr": "info", "hugepages": "info"} | is_unknown("sock.mismatch", "sgx.mcheck",
          "cpu.preproduction", "hkid.cgroup_drift")),
    "package-offline": Situation(None, "captured", 7, "create.pkg_offline",
        LAB | {"create.pkg_offline": "fail"}),
    "parameter-off-6.16": Situation(None, "captured, changed", 7, "kvm.param",
        NO_VERSION | {"kvm.param": "fail", "sgx.off": "warn", "bios.keyid.capacity": "info",
                      "kexec.pw_mce": "info"} | is_unknown(
          "bios.seamrr.off", "module.topology", "kexec.old", "mem.hotplug_refused", "dimm.population")),
}

# Operators' reports about attestation -> (tree, the first finding, what the fixes say, what they do not say).
ATTESTATION = {
    "registered": (mpa((REG_OK,), (REG_DONE,)), None, "", None),
    "registered-first-time": (mpa((REG_OK,)), None, "", None),
    "package-added": (mpa((REG_OK,), ("Registration Flow - ADD_REQUEST passed successfully.",)), None, "", None),
    "automatic-off": (mpa(REG_BY_HAND) | QGS_NO_CERTS, "reg.missing", "PCKIDRetrievalTool", "factory"),
    "automatic-off-no-agent-log": ({MPA_LOG: None} | QGS_NO_CERTS, "pccs.no_certs", "PCKIDRetrievalTool", "factory"),
    "registered-by-hand": (mpa(REG_BY_HAND, REG_BY_HAND), None, "", None),
    "registered-by-hand-quotes": (mpa(REG_BY_HAND) | {QGSD_LOG: "tee_att_get_quote return Success\n"}, None, "", None),
    "agent-registered-no-certs": (mpa((REG_DONE,)) | QGS_NO_CERTS, "pccs.no_certs", "Restart pccs and qgsd", "factory"),
    "was-registered": (mpa((REG_OK,), REG_BY_HAND) | QGS_NO_CERTS, "reg.missing", "Auto MP", "factory"),
    "refused": (mpa((REG_OK,), ("ERROR: RS reports a '400 Bad Request'.", "Registration Flow - PLATFORM_ESTABLISHMENT or "
                                "TCB_RECOVERY failed.")), "reg.missing", "factory reset", None),
    "refused-once": (mpa(("ERROR: RS reports a '400 Bad Request'.",), (REG_OK,), (REG_DONE,)), None, "", None),
    "completed-unsuccessfully": (mpa(("ERROR: Registration Flow - Registration status indicates registration is completed "
                                      "unsuccessfully, and the error code is 134. ",)), "reg.missing", "factory reset", None),
    "no-network": (mpa(("ERROR: Failed to send request to server, error: 5",
                        "Registration Flow - PLATFORM_ESTABLISHMENT or TCB_RECOVERY failed.")), "reg.missing", "proxy",
                   "factory"),
    "no-network-then-registered": (mpa(("ERROR: Failed to send request to server, error: 5", REG_OK)), None, "", None),
    "pcs-401": (QGS_NO_CERTS | {PCCS_LOG: PCS.format(401)}, "pccs.key", "ApiKey", "PCKIDRetrievalTool"),
    "pccs-certificate": ({QGSD_LOG: "[QPL] Failed to get quote config. Error code is 0xb033\n"
                          "tee_att_init_quote return 0x11001\n"}, "pccs.down", "use_secure_cert", "factory"),
    "module-1.5.16": (version("1.5.16"), None, "", None),
    "module-newer-than-known": (version("1.5.99"), None, "", None),
    "module-new-series": (version("3.0.01"), None, "", None),
    "certs-came": ({QGSD_LOG: QGS_NO_CERTS[QGSD_LOG] + "tee_att_get_quote return Success\n"}, None, "", None),
}


ETC, RUN, USR = "etc/modprobe.d/", "run/modprobe.d/", "usr/lib/modprobe.d/"
ASKED, OFF_BY = "KVM turned TDX off", "turned off by "
# Options of kvm_intel, TDX not up -> (tree, detail, fix).
REQUESTS = {
    "nothing": (cmdline(), "loaded with tdx=N", "tdx=1"),
    "1": (cmdline("kvm_intel.tdx=1"), ASKED, "kernel log"),
    "on": (cmdline("kvm_intel.tdx=on"), ASKED, "kernel log"),
    "true": (cmdline("kvm-intel.tdx=true"), ASKED, "kernel log"),
    "quoted": (cmdline('kvm_intel.tdx="Y"'), ASKED, "kernel log"),
    "no-value": (cmdline("kvm_intel.tdx"), ASKED, "kernel log"),
    "off": (cmdline("kvm_intel.tdx=off"), OFF_BY + "'kvm_intel.tdx=off'", "kernel command line"),
    "malformed": (cmdline("kvm_intel.tdx=enable"), "loaded with tdx=N", "tdx=1"),
    "two-last-off": (cmdline("kvm_intel.tdx=1", "kvm_intel.tdx=0"), OFF_BY + "'kvm_intel.tdx=0'", "kernel command line"),
    "two-last-on": (cmdline("kvm_intel.tdx=on", "kvm_intel.tdx=1"), ASKED, "kernel log"),
    "for-init": (cmdline("kvm_intel.tdx=1", "--", "kvm_intel.tdx=0"), ASKED, "kernel log"),
    "other-option": (cmdline("kvm_intel.tdx_debug=1"), "loaded with tdx=N", "tdx=1"),
    "modprobe": (cmdline() | {ETC + "tdx.conf": "# TDX\noptions kvm_intel tdx=1\n"}, "requested in /etc/modprobe.d/tdx.conf",
                 "kernel log"),
    "modprobe-continued": (cmdline() | {ETC + "tdx.conf": "options kvm-intel nested=1 \\\n tdx=y\n"}, "/etc/modprobe.d/tdx.conf",
                           "kernel log"),
    "modprobe-usr": (cmdline() | {USR + "kvm.conf": "options kvm_intel tdx=1\n"}, "/usr/lib/modprobe.d/kvm.conf", "kernel log"),
    "modprobe-run": (cmdline() | {RUN + "kvm.conf": "options kvm_intel tdx=1\n"}, "/run/modprobe.d/kvm.conf", "kernel log"),
    "modprobe-hidden": (cmdline() | {USR + "kvm.conf": "options kvm_intel tdx=1\n", ETC + "kvm.conf": ""},
                        "loaded with tdx=N", "tdx=1"),
    "modprobe-by-name": (cmdline() | {USR + "zz.conf": "options kvm_intel tdx=0\n", ETC + "aa.conf": "options kvm_intel tdx=1\n"},
                         OFF_BY + "'tdx=0' in /usr/lib/modprobe.d/zz.conf", "modprobe.d"),
    "modprobe-not-conf": (cmdline() | {ETC + "tdx.conf.bak": "options kvm_intel tdx=1\n"}, "loaded with tdx=N", "tdx=1"),
    "modprobe-other-module": (cmdline() | {ETC + "tdx.conf": "options kvm_intel2 tdx=1\n#options kvm_intel tdx=1\n"},
                              "loaded with tdx=N", "tdx=1"),
    "command-line-last": (cmdline("kvm_intel.tdx=0") | {ETC + "tdx.conf": "options kvm_intel tdx=1\n"},
                          OFF_BY + "'kvm_intel.tdx=0' in the kernel command line", "kernel command line"),
}
