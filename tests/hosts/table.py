# SPDX-License-Identifier: GPL-2.0-only
"""One healthy host, and for each rule of doctor what makes it fire and what keeps it silent.

The kernel's lines and the values of MSRs come from Linux and from operators'
reports; no tree here was captured on a machine.
"""

import struct

CPU = "sys/devices/system/cpu/"
KVM = "sys/module/kvm_intel/parameters/"
UPLOAD = "sys/class/firmware/tdx_module/"
CGROUP = "sys/fs/cgroup/"

FLAGS = "fpu ss xsave vmx sgx sgx_lc tme movdir64b tdx_host_platform"
LOG = ["Linux version 7.2.13", "virt/tdx: BIOS enabled: private KeyID range [32, 64)",
       "virt/tdx: 1048576 KB allocated for PAMT", "virt/tdx: TDX-Module initialized"]


def log(*lines, begin=LOG[:2]):
    return {"var/log/dmesg": "".join(f"[    {i}.000000] {s}\n" for i, s in enumerate([*begin, *lines]))}


def cpuinfo(vendor="GenuineIntel", family=6, model=0x8f, flags=FLAGS, bugs="spectre_v1"):
    return {"proc/cpuinfo": f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\n"
            f"model\t\t: {model}\nmodel name\t: A CPU\nflags\t\t: {flags}\nbugs\t\t: {bugs}\n\n"}


MSRS = {0x87: 0x200000001f, 0x981: 0x3f_8000_0007, 0x982: 0x16_0000_000b, 0x1400: 0x7e000008,
        0x1401: 0x3ffffe000c00, 0xfe: 0x9d0a, 0x480: 0x10da0400_00000013, 0x3a: 0x60005,
        0xa0: 0, 0xce: 0x80083df3011600, 0x503: 0}


def msr(cpu=0, **change):
    """msr(x87="fault"): another value; None leaves it out."""
    values = {**MSRS, **{int(k[1:], 16): v for k, v in change.items()}}
    return {f"dev/cpu/{cpu}/msr.txt": "".join(
        f"{n:#x} {v if isinstance(v, str) else f'{v:#x}'}\n" for n, v in values.items()
        if v is not None)}


def both(**change):
    return {**msr(0, **change), **msr(2, **change)}


def config(**change):
    options = {"INTEL_TDX_HOST": "y", "KVM_INTEL_TDX": "y", "KEXEC_CORE": "y", "CGROUP_MISC": "y",
               **change}
    return {"boot/config-7.2.13": "".join(f"CONFIG_{k}={v}\n" for k, v in options.items() if v)}


def kernel(release):
    return {"proc/sys/kernel/osrelease": release + "\n",
            f"boot/config-{release}": config()["boot/config-7.2.13"]}


def dimms(*sockets):
    """A DMI table of 16 slots a socket, so many of them with 32 GiB."""
    table = b""
    for s, populated in enumerate(sockets):
        for i in range(16):
            size = 0x7fff if i < populated else 0
            body = struct.pack("<BBHHHHHHBBBB", 17, 40, 0x1100 + 16 * s + i, 0x1000 + s, 0xfffe, 72, 64, size, 9, 0,
                               1, 2) + bytes([34]) + bytes(2) + bytes(2) + bytes(5) + struct.pack("<I", 32 << 10)
            body = body.ljust(40, b"\0")
            table += body + f"CPU{s}_DIMM_{i}\0CPU {s} Bank {i}\0\0".encode()
    table += struct.pack("<BBH", 127, 4, 0xfeff) + b"\0\0"
    return {"sys/firmware/dmi/tables/DMI": table}


HEALTHY = {
    "proc/sys/kernel/osrelease": "7.2.13\n",
    "proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro nohibernate kvm_intel.tdx=1\n",
    "proc/meminfo": "MemTotal:       268435456 kB\n",
    "proc/1/comm": "systemd\n",
    "proc/77/comm": "qgsd\n",
    **cpuinfo(), **config(), **log(*LOG[3:]), **msr(0), **msr(2), **dimms(8, 8),
    "dev/cpu/0/cpuid.txt": "7 0 0 4 50002000 0\n80000008 0 3034 0 0 0\n",
    "dev/kvm.txt": "235 33\n66 4096\n",
    "dev/kvm": "", "dev/sgx_enclave": "", "dev/sgx_provision": "",
    CPU + "present": "0-3\n", CPU + "online": "0-3\n",
    **{f"{CPU}cpu{i}/topology/physical_package_id": f"{i // 2}\n" for i in range(4)},
    CPU + "hotplug/states": "  0: offline\n237: kvm/cpu:online\n238: virt/tdx:online\n",
    "sys/devices/system/node/node0/cpulist": "0-1\n", "sys/devices/system/node/node1/cpulist": "2-3\n",
    "sys/devices/system/memory/memory0/state": "online\n",
    "sys/devices/faux/tdx_host/version": "1.5.13\n",
    "sys/devices/faux/tdx_host/num_remaining_updates": "12\n",
    UPLOAD + "status": "idle\n", UPLOAD + "error": "\n",
    KVM + "tdx": "Y\n", KVM + "ept": "Y\n", KVM + "enable_apicv": "Y\n",
    "sys/module/kvm/parameters/tdp_mmu": "Y\n", "sys/module/kvm/parameters/mmio_caching": "Y\n",
    CGROUP + "misc.capacity": "tdx 31\n", CGROUP + "misc.current": "tdx 1\n",
    CGROUP + "machine.slice/misc.current": "tdx 1\n", CGROUP + "machine.slice/misc.max": "tdx max\n",
    CGROUP + "machine.slice/misc.events": "tdx.max 0\n",
    "sys/kernel/debug/kvm/1234-12/x": "", "sys/kernel/kexec_crash_loaded": "1\n",
    "etc/sgx_default_qcnl.conf": '{"pccs_url": "https://pccs.example:8081/sgx/certification/v4/"}\n',
    "var/log/qgsd.log": "qgsd: started\n",
    "var/log/mpa_registration.log": "INFO: Registration Flow - completed successfully\n",
}

# TDX did not come up.
OFF = {"sys/devices/faux/tdx_host/version": None, "sys/devices/faux/tdx_host/num_remaining_updates": None,
       UPLOAD + "status": None, UPLOAD + "error": None, KVM + "tdx": "N\n", "dev/kvm.txt": "235 1\n",
       CGROUP + "misc.capacity": None, **log()}


def off(*mods, **more):
    out = dict(OFF)
    for m in (*mods, more):
        out.update(m)
    return out


def failed(line):
    return off(log(line, "virt/tdx: TDX-Module initialization failed (-5)"))


NO_KEYS = {**both(x87=0x3f), **log(begin=LOG[:1])}
OLD_CONFIG = {"proc/sys/kernel/osrelease": "6.12.1\n", "boot/config-6.12.1": "CONFIG_INTEL_TDX_HOST=y\n"}
NODE = {CPU + "online": "0-1\n", CPU + "cpu2/node1/x": "", CPU + "cpu3/node1/x": "",
        "sys/devices/system/node/node1/cpulist": "\n",
        **{f"{CPU}cpu{i}/topology/physical_package_id": None for i in (2, 3)}}
NO_TD = log("kvm_intel: All packages need to have online CPU to create TD. Online CPU and retry.")
LIMIT = {CGROUP + "machine.slice/misc.max": "tdx 1\n", CGROUP + "machine.slice/misc.events": "tdx.max 3\n"}
FULL = {CGROUP + "misc.current": "tdx 31\n", CGROUP + "machine.slice/misc.current": "tdx 31\n"}
LEAK = log("kvm_intel: tdh_mng_key_freeid() failed. HKID 33 is leaked.")
REFUSED = ("virt/tdx: TDX requires all packages to have an online CPU. Delete all TDs in order to offline all "
           "CPUs of a package.")
LEAK_REFUSED = log("kvm_intel: tdh_mng_key_freeid() failed. HKID 33 is leaked.", REFUSED)
NO_VM = {"sys/kernel/debug/kvm/1234-12/x": None, "sys/kernel/debug/kvm/mmio": ""}
STUCK = {CPU + "online": "0-2\n", CPU + "cpu3/hotplug/state": "237\n", CPU + "cpu3/hotplug/target": "240\n"}

# The module is up, KVM does not use it.
NO_KVM_TDX = {KVM + "tdx": "N\n", "dev/kvm.txt": "235 1\n", CGROUP + "misc.capacity": None}
VM_LOG = "var/log/libvirt/qemu/"
START = "2026-01-02 03:04:05.678+0000: starting up libvirt version: 11.6.0\n"


def vm(*lines, name="web"):
    return {f"{VM_LOG}{name}.log": START + "".join(s + "\n" for s in lines)}


QEMU = ('qemu-system-x86_64\0-name\0guest=web\0-object\0{"qom-type":"tdx-guest","quote-generation-socket":'
        '{"type":"vsock",')


# The logs of attestation, in the words of the services.
MPA_LOG, QGSD_LOG = "var/log/mpa_registration.log", "var/log/qgsd.log"
PCCS_LOG = "opt/intel/sgx-dcap-pccs/logs/pccs_server.log"
PCS = "2026-08-01 10:00:00.000 [error]: Intel PCS server returns error({}).\n"
REG_OK = "Registration Flow - PLATFORM_ESTABLISHMENT or TCB_RECOVERY passed successfully."
REG_DONE = ("Registration Flow - Registration status indicates registration is completed successfully. "
            "MPA has nothing to do.")
REG_BY_HAND = ("SGX MP Server configuration flag indicates that Registration Server won't save encrypted platform keys.",
               "Platform registration request (PLATFORM_MANIFEST) won't be send to Registration Server.")


def mpa(*flows):
    """The log of the registration agent, which is only appended to: a tuple of lines for each boot."""
    return {MPA_LOG: "".join(f"[0{i}-11-2024 10:00:00] {line if line.startswith('ERROR') else 'INFO: ' + line}\n"
                             for i, flow in enumerate(flows, 1)
                             for line in ("Starts Registration Agent Flow.", *flow, "Finished Registration Agent Flow."))}


QGS_NO_CERTS = {QGSD_LOG: "[QPL] No certificate data for this platform.\n"
                "[get_platform_quote_cert_data] Error returned from the p_sgx_get_quote_config API. 0xe011\n"
                "tee_att_init_quote return 0x11001\n"}


VERSION_FILE = "sys/devices/faux/tdx_host/version"


def version(module):
    return {VERSION_FILE: module + "\n"}


# Rule -> (what makes it fire, the state then, what keeps it silent), both beside the healthy host
RULES = {
    "cpu.vendor": (off(cpuinfo("AuthenticAMD")), "fail", off(cpuinfo(model=0xad))),
    "bios.palimit46": (off({"dev/cpu/0/cpuid.txt": "80000008 0 302e 0 0 0\n"}), "fail", off()),
    "bios.tme.off": (off(both(x982=0)), "fail", off()),
    "bios.tmemt.off": (off(both(x982=3)), "fail", off()),
    "bios.keyid.none": (off(NO_KEYS), "fail", off()),
    "bios.keyid.few": (off(both(x87=0x10000003e)), "fail", off(both(x87=0x20000003d))),
    "sock.mismatch": (off(msr(2, x982=0x26_0000_000b)), "fail", off()),
    "bios.seamrr.off": (off(both(x1401=0)), "fail", off()),
    "bios.seamrr.unlocked": (off(both(x1401=0x3ffffe000800)), "fail", off()),
    "bios.module.missing": (off(log("virt/tdx: module not loaded")), "fail", off()),
    "bios.old.cpuid": (failed("virt/tdx: SEAMCALL (0x21) failed: 0xc000090000000000"), "fail", off()),
    "bios.old.msr": (failed("virt/tdx: SEAMCALL (0x21) failed: 0xc000092100000122"), "fail", off()),
    "module.too_old_v1": (failed("virt/tdx: SEAMCALL (0x22) failed: 0xc000050500000000"), "fail", off()),
    "module.too_old": (failed("virt/tdx: SEAMCALL (0x0000000000000022) failed: 0xc0000c0000000000"), "fail", off()),
    "module.init_failed": (failed("virt/tdx: SEAMCALL (0x21) failed: 0xc000091100000000"), "fail", off()),
    "module.rbp": (failed("virt/tdx: frame pointer (RBP) clobber bug present, upgrade TDX module"),
                   "fail", off()),
    "module.topology": (NO_KVM_TDX | {"sys/devices/faux/tdx_host/version": "1.5.01\n"}, "fail",
                        NO_KVM_TDX | {"sys/devices/faux/tdx_host/version": "2.0.02\n"}),
    "module.max_vcpus": (off(log("kvm_intel: Disable TDX: MAX_VCPU_PER_TD (576) smaller than number of "
                                 "logical CPUs (1024).")), "fail", off()),
    "module.series": ({"sys/devices/faux/tdx_host/version": "2.0.08\n"}, "warn",
                      {"sys/devices/faux/tdx_host/version": "2.0.08\n", **cpuinfo(model=0xad)}),
    "mem.reserved_areas": (failed("virt/tdx: TDMR [0x0, 0x40000000): reserved areas exhausted."), "fail", off()),
    "mem.tdmr_limit": (failed("virt/tdx: TDMRs exhausted."), "fail", off()),
    "mem.tdmr_near_limit": (log("virt/tdx: consumed TDMRs reaching limit: 60 used out of 64"), "warn", {}),
    "mem.cxl": (failed("virt/tdx: SEAMCALL (0x2d) failed: 0xc0000a0200000003"), "fail", off()),
    "kconf.host": (off(config(INTEL_TDX_HOST=None), cpuinfo(flags=FLAGS.replace(" tdx_host_platform", ""))),
                   "fail", off(cpuinfo(flags=FLAGS.replace(" tdx_host_platform", "")))),
    "pm.hibernate": (off(log("virt/tdx: initialization failed: Hibernation support is enabled")), "fail", off()),
    "cpu.feature": (off(cpuinfo(flags=FLAGS.replace(" movdir64b", ""))), "fail", off()),
    "kconf.kvm": (off(config(KVM_INTEL_TDX=None)), "fail", off()),
    "kvm.prereq": ({"sys/module/kvm/parameters/mmio_caching": "N\n"}, "fail", {}),
    "kvm.virt_at_load": ({**kernel("7.0.0"), "sys/module/kvm/parameters/enable_virt_at_load": "N\n"}, "fail",
                         {**kernel("7.0.0"), "sys/module/kvm/parameters/enable_virt_at_load": "Y\n"}),
    "kvm.param": (off({KVM + "tdx": "N\n"}), "fail", {}),
    "boot.maxcpus": ({**NODE, "proc/cmdline": "ro maxcpus=2\n"}, "warn", {"proc/cmdline": "ro maxcpus=2\n"}),
    "sgx.off": ({**both(x3a=5)}, "fail", {}),
    "sgx.mcheck": ({**both(xa0=0x1861)}, "fail", {}),
    "dimm.population": (off(dimms(8, 4)), "info", off(dimms(16, 16))),
    "cpu.preproduction": ({**both(xce=1 << 27)}, "warn", {}),
    "boot.noise": (off(NO_KEYS, log("virt/tdx: TDX not supported by the host platform", begin=LOG[:1])),
                   "info", off(log("virt/tdx: TDX not supported by the host platform"))),
    "pm.s3": (log("virt/tdx: Disable ACPI S3. Turn off TDX in the BIOS to use ACPI S3."), "info", {}),
    "kexec.old": (OLD_CONFIG, "info", {**OLD_CONFIG, "boot/config-6.12.1":
                                       "CONFIG_INTEL_TDX_HOST=y\nCONFIG_KEXEC_CORE=y\n"}),
    "kexec.pw_mce": ({**kernel("6.18.2"), **cpuinfo(bugs="tdx_pw_mce"), "sys/kernel/kexec_crash_loaded": "0\n",
                      "proc/cmdline": "ro crashkernel=512M\n"},
                     "warn", {**kernel("6.18.2"), **cpuinfo(bugs="tdx_pw_mce")}),
    "kexec.no_sys_disable": ({"sys/fs/pstore/dmesg-erst-1": "Panic#1 Part1\n<3>[   99.000000] virt/tdx: "
                              "TDH.SYS.DISABLE failed: 0xc000010000000000\n"}, "warn",
                             {"sys/fs/pstore/dmesg-erst-1": "Panic#1 Part1\n<3>[   99.000000] sysrq: crash\n"}),
    "tools.msr": ({"dev/cpu/0/msr.txt": None, "dev/cpu/2/msr.txt": None}, "info", {}),
    "create.pkg_offline": ({**NODE, **NO_TD}, "fail", {**NO_TD, CPU + "online": "0,2\n"}),
    "cgroup.misc": ({CGROUP + "misc.capacity": "sev 99\n"}, "warn",
                    {CGROUP + "misc.capacity": None, CGROUP + "misc/misc.capacity": "tdx 31\n"}),
    "bios.keyid.capacity": ({**both(x87=0x100000000f)}, "info", {}),
    "hkid.exhausted": (FULL, "fail", {CGROUP + "misc.current": "tdx 30\n"}),
    "hkid.cgroup_limit": (LIMIT, "warn", {**LIMIT, CGROUP + "machine.slice/misc.max": "tdx max\n"}),
    "hkid.cgroup_drift": (log("misc cgroup resource tdx became less than 0"), "warn", {}),
    "create.entropy": (log("kvm_intel: SEAMCALL TDH_MNG_CREATE failed: 0x8000020300000000"), "warn", {}),
    "create.key_config": (log("kvm_intel: SEAMCALL TDH_MNG_KEY_CONFIG failed: 0x8000080000000000"), "fail", {}),
    "create.vfio_dma": ({"sys/module/vfio_iommu_type1/parameters/dma_entry_limit": "65535\n",
                         **vm("qemu-system-x86_64: VFIO_MAP_DMA failed: No space left on device")}, "warn",
                        {"sys/module/vfio_iommu_type1/parameters/dma_entry_limit": "4294967295\n"}),
    "mem.pamt": (log(LOG[2]), "info", {}),
    "mem.hotplug_refused": ({"sys/devices/system/memory/memory8/state": "offline\n"}, "info", {}),
    "hkid.leaked": (LEAK, "fail", {}),
    "hkid.leak_blocks_offline": ({**LEAK_REFUSED, **NO_VM}, "warn", LEAK_REFUSED),
    # What only a ledger knows, on emulated hosts.
    "teardown.slow": ("stages.json", "warn", "busy.json"),
    "lock.held": ("held-key-lock.json", "warn", "busy.json"),
    "hkid.few": ({CGROUP + "misc.current": "tdx 28\n"}, "warn", {CGROUP + "misc.current": "tdx 27\n"}),
    "seamcall.busy": ("contended.json", "warn", "helper:many-calls"),
    "td.leaked": ("lost-pages.json", "warn", "busy.json"),
    # What only the helper knows.
    "cpu.not_enabled": ("helper:cpu-not-enabled", "fail", "helper:usual"),
    "hkid.unseen": ("helper:unseen", "warn", "helper:under-charged"),
    "td.owner_gone": ("helper:owner-gone", "warn", "helper:usual"),
    "helper.missed": ("helper:missed", "warn", "helper:usual"),
    "helper.dropped": ("helper:dropped", "warn", "helper:usual"),
    "helper.disagrees": ("helper:disagrees", "warn", "helper:usual"),
    "update.during_build": ("stages.json", "info", "leaked.json"),
    "reclaim.metadata": (log("kvm_intel: SEAMCALL (0x1c) failed: 0xc000030000000001"), "warn", {}),
    "sept.busy": (log("kvm_intel: SEAMCALL TDH_MEM_PAGE_REMOVE failed: 0xc0000b0800000001"), "fail", {}),
    "td.unaccepted": (log("kvm_intel: Guest access before accepting 0x1000 on vCPU 0"), "fail", {}),
    "mce.tdx_private": (log("mce: [Hardware Error]: TDX private memory error. Possible kernel bug."), "fail", {}),
    "cpu.offline_refused": (log(REFUSED), "info", {**log(REFUSED), CGROUP + "misc.current": "tdx 0\n"}),
    "cpu.online_failed": (STUCK, "fail", {**STUCK, CPU + "cpu3/hotplug/state": "236\n"}),
    "perf.old_module": ({"sys/devices/faux/tdx_host/version": None,
                         **log("virt/tdx: TDX module: attributes 0x0, vendor_id 0x8086, major_version 1, "
                               "minor_version 5, build_date 20230911, build_num 595")}, "info",
                        {"sys/devices/faux/tdx_host/version": None,
                         **log("virt/tdx: TDX module: attributes 0x0, vendor_id 0x8086, major_version 1, "
                               "minor_version 5, build_date 20240129, build_num 698")}),
    "create.capabilities_abi": (vm("qemu: KVM_TDX_CAPABILITIES failed: Inappropriate ioctl for device"), "fail",
                                vm("qemu: started")),
    "create.mem_region": (vm("qemu: KVM_TDX_INIT_MEM_REGION failed: Resource temporarily unavailable"), "fail",
                          vm("qemu: KVM_TDX_INIT_MEM_REGION failed: Input/output error", START.strip(), "fine")),
    "create.no_tdvf": (vm("qemu: failed to parse TDVF for TDX VM"), "fail", vm("qemu: started")),
    "boot.slow_init": ({"var/log/dmesg": "[    0.000000] Linux version 7.2.13\n[    2.100000] x\n"
                        "[    9.400000] virt/tdx: 12582912 KB allocated for PAMT\n"}, "info",
                       {"var/log/dmesg": "[    0.000000] Linux version 7.2.13\n[    2.100000] x\n"
                        "[    2.900000] virt/tdx: 1048576 KB allocated for PAMT\n"}),
    "hugepages": ({}, "info", {CGROUP + "misc.current": "tdx 0\n"}),
    "td.exit_reason": (vm("KVM: unknown exit, hardware reason 8000020000000092"), "fail", vm("qemu: started")),
    "td.reboot": (vm("qemu: cpus are not resettable, terminating"), "info", vm("qemu: started")),
    "update.seamldr": ({"sys/devices/faux/tdx_host/seamldr_version": "1.5.00\n", **cpuinfo(model=0xad)}, "warn",
                       {"sys/devices/faux/tdx_host/seamldr_version": "2.0.00\n", **cpuinfo(model=0xad)}),
    "update.unavailable": ({UPLOAD + "status": None, UPLOAD + "error": None,
                            **cpuinfo(bugs="seamret_invd_vmcs")}, "info", {}),
    "update.exhausted": ({"sys/devices/faux/tdx_host/num_remaining_updates": "0\n"}, "warn", {}),
    "update.error": ({UPLOAD + "error": "transferring:firmware-invalid\n"}, "fail", {}),
    "qgs.stale": ({"var/log/qgsd.log": "qgsd: Quote failed. Error code is 0xb011\n"}, "warn",
                  {"var/log/qgsd.log": "qgsd: Quote made\n"}),
    "qgs.wrong_cid": ({"proc/200/comm": "qemu\n", "proc/200/cmdline": QEMU + '"cid":"3","port":"4050"}}\0'}, "fail",
                      {"proc/200/comm": "qemu\n", "proc/200/cmdline": QEMU + '"cid":"2","port":"4050"}}\0'}),
    "pccs.down": ({"etc/sgx_default_qcnl.conf": '{"pccs_url": "https://localhost:8081/sgx/certification/v4/"}\n'},
                  "fail", {"etc/sgx_default_qcnl.conf": '{\n//"pccs_url": "https://localhost:8081"\n'
                           '"pccs_url": "https://pccs.example:8081/"}\n'}),
    "qgs.down": ({"proc/77/comm": "other\n"}, "fail", {"proc/77/comm": "x\n", "var/run/tdx-qgs/qgs.socket": ""}),
    "reg.missing": ({"var/log/mpa_registration.log": "ERROR: Registration Flow - failed\n"}, "fail", {}),
    "pccs.key": ({PCCS_LOG: PCS.format(401)}, "fail", {PCCS_LOG: PCS.format(401) + PCS.format(404)}),
    "pccs.no_certs": (QGS_NO_CERTS, "fail", {QGSD_LOG: QGS_NO_CERTS[QGSD_LOG] + "tee_att_init_quote return Success\n"}),
    "create.generation": (vm("qemu: vm-type TDX not supported by KVM"), "fail", vm("qemu: started")),
    "create.vmm_no_tdx": (vm("qemu: Parameter 'qom-type' does not accept value 'tdx-guest'"), "fail", vm("qemu: started")),
    "create.vmm_option": (vm("qemu: Parameter 'quote-generation-service' is unexpected"), "fail", vm("qemu: started")),
    "create.init_vm": (vm("qemu: KVM_TDX_INIT_VM failed: Invalid argument"), "fail",
                       vm("qemu: KVM_TDX_INIT_VM failed: No space left on device")),
    "create.no_hkid": (vm("qemu: KVM_TDX_INIT_VM failed: No space left on device"), "warn", vm("qemu: started")),
    "qgs.socket": (vm("qemu: Failed to connect to '/var/run/tdx-qgs/qgs.socket': Permission denied"), "fail",
                   vm("qemu: started")),
    "create.cloud_hypervisor": (vm("vmm: Failed to retrieve TDX capabilities: Invalid argument (os error 22)"), "fail",
                                vm("vmm: started")),
    "create.command": (vm("qemu: TDX ioctl KVM_TDX_FINALIZE_VM failed, hw_errors: 0xc000060800000000: Input/output error"), "fail",
                       vm("qemu: KVM_TDX_INIT_VM failed: Invalid argument")),
    "qgs.denied": (log(*LOG[3:], 'audit: type=1400 apparmor="DENIED" operation="connect" name="/run/tdx-qgs/qgs.socket"'), "fail",
                   log(*LOG[3:], 'audit: type=1400 apparmor="ALLOWED" operation="connect" name="/run/tdx-qgs/qgs.socket"')),
    "kvm.warning": (log("WARNING: CPU: 12 PID: 5043 at arch/x86/kvm/vmx/tdx.c:1456 tdx_mem_page_aug+0x1e0/0x2a0 [kvm_intel]"), "warn",
                    log("WARNING: CPU: 12 PID: 5043 at net/core/dev.c:1 dev_watchdog+0x1e0/0x2a0")),
    "qgs.unreachable": (vm("qemu: Failed to connect to '/run/tdx-qgs/qgs.socket': Connection refused"), "fail", vm("qemu: started")),
    "qgs.protocol": ({QGSD_LOG: "body should be [-2130706432] bytes!\n"}, "warn", {QGSD_LOG: "body should be [1056] bytes!\n"}),
    "module.tcb": (version("1.5.13"), "warn", version("1.5.16")),
    "qgs.error": ({QGSD_LOG: "tee_att_get_quote return 0x11001\n"}, "warn", {QGSD_LOG: "tee_att_get_quote return Success\n"}),
}

# Hibernation is possible and the kernel took no KeyIDs; that line of its log is lost.
HIBERNATE = off({"proc/cmdline": "ro quiet\n", "sys/power/disk": "[platform] shutdown\n",
                 "boot/config-7.2.13": config()["boot/config-7.2.13"] + "CONFIG_HIBERNATION=y\n"},
                cpuinfo(flags=FLAGS.replace(" tdx_host_platform", "")), log("late", begin=[]))

NOISE = {**NO_KEYS, **log("virt/tdx: TDX not supported by the host platform", begin=LOG[:1])}
NO_TME = log(begin=LOG[:1])

# Another source for the same rule.
AGAIN = {
    "pm.hibernate": (HIBERNATE, "fail",
                     {**HIBERNATE, "sys/kernel/security/lockdown": "none [integrity] confidentiality\n"}),
    "create.capabilities_abi": ({"dev/kvm.txt": "235 33\n66 4096\ntd other-abi\n"}, "fail",
                                {"dev/kvm.txt": "235 33\n66 4096\ntd 50000000 602e7 4\n"}),
    # The first or the last kernel of a rule, and the one beside it.
    "kvm.virt_at_load": ({**kernel("7.0.0"), "sys/module/kvm/parameters/enable_virt_at_load": "N\n"}, "fail",
                         {**kernel("7.1.0"), "sys/module/kvm/parameters/enable_virt_at_load": "N\n"}),
    "boot.noise": (off(NOISE, kernel("7.1.0")), "info", off(NOISE, kernel("7.0.0"))),
    "hugepages": (kernel("7.3.4"), "info", kernel("7.4.0")),
    # An emulated CPU: no register describes TME or the SEAM range, but there are KeyIDs.
    "bios.tme.off": (off(NO_TME, both(x981=0, x982=0, x87=0)), "fail", off(both(x981=0, x982=0))),
    "bios.tmemt.off": (off(NO_TME, both(x981=0, x982=3, x87=0)), "fail", off(both(x981=0, x982=3))),
    # The newest flow decides; the first success has words of its own.
    "reg.missing": ({**mpa((REG_OK,), ("ERROR: RS reports a '400 Bad Request'.",
                                       "Registration Flow - PLATFORM_ESTABLISHMENT or TCB_RECOVERY failed."))}, "fail",
                    {**mpa(("ERROR: RS reports a '400 Bad Request'.",), (REG_OK,))}),
    "qgs.stale": ({QGSD_LOG: "tee_att_get_quote return 0x1100f\n"}, "warn",
                  {QGSD_LOG: "tee_att_get_quote return 0x1100f\ntee_att_get_quote return Success\n"}),
    "pccs.down": ({QGSD_LOG: "[QPL] Failed to get quote config. Error code is 0xb033\n"}, "fail",
                  {QGSD_LOG: "[QPL] Failed to get quote config. Error code is 0xb033\ntee_att_init_quote return Success\n"}),
}
