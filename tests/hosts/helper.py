# SPDX-License-Identifier: GPL-2.0-only
"""Hosts with the helper, as reports: the files of the healthy captured host, and the snapshot
of an emulated host in place of the helper's, changed in one point.

No captured host can have the helper, and no emulated host can have a helper that was loaded
late or missed a SEAMCALL.
"""
import base64
import json
import struct

# Offsets of members in the records of kmod/uapi/linux/tdxctl.h.
HDR = {"now_ns": (8, "Q"), "seamcalls": (24, "Q"), "missed": (32, "Q"), "tds_dropped": (48, "Q")}
SECTIONS = ("hkids", "tds", "locks", "packages", "cpus", "leaves")
RECORDS = {
    "hkids": {"id": (0, "I"), "state": (4, "I"), "tdr": (8, "Q"), "since_ns": (16, "Q"), "keyed": (24, "Q"),
              "comm": (72, "16s")},
    "tds": {"id": (8, "I"), "state": (12, "I"), "flags": (16, "I"), "hkid": (20, "I"), "private_pages": (48, "Q"),
            "since_ns": (80, "Q")},
    "locks": {"kind": (0, "I"), "package": (4, "I"), "held": (8, "I"), "held_since_ns": (48, "Q")},
    "packages": {"id": (0, "I"), "present": (4, "I"), "online": (8, "I")},
    "cpus": {"cpu": (0, "I"), "package": (4, "I"), "online": (8, "I"), "state": (12, "I")},
    "leaves": {"leaf": (0, "I"), "calls": (8, "Q"), "busy": (24, "Q")},
}
INFO = {"features": (8, "Q"), "attached_ns": (16, "Q"), "global_hkid": (32, "I"), "first_hkid": (36, "I"),
        "nr_hkids": (40, "I"), "leaked_pages": (144, "Q")}
UNKNOWN, UNKNOWN32 = 2 ** 64 - 1, 2 ** 32 - 1
EMULATED, FROM_START, ADOPTED = 1 << 6, 1 << 7, 1 << 8
TDX_LOCK, KEY_LOCKS = 1 << 2, 1 << 3


class Host:
    """A report with the helper's snapshot."""

    def __init__(self, files, ledger):
        """@files: report of a captured host. @ledger: report of an emulated one."""
        self.doc = json.loads(json.dumps(files))
        self.host = self.doc["host"]
        of = json.loads(json.dumps(ledger["host"]))
        self.host.update(source="helper", vms=of["vms"], cpu_check=of["cpu_check"], hkids_charged=of["hkids_charged"])
        self.host.setdefault("unknown", {}).pop("cpu_check", None)
        self.host["unknown"]["hkids_charged"] = "for the test"
        self.snap = bytearray(base64.b64decode(of["snapshot"]))
        self.info = bytearray(base64.b64decode(of["info"]))
        self.put_info(features=self.get_info("features") & ~EMULATED)
        self.info[56:112] = b"kvm_intel".ljust(56, b"\0")
        self.charge(sum(self.get("hkids", i, "state") > 1 for i in range(self.count("hkids"))))
        self.disagree("")
        # The same CPUs as in the files.
        self.host["nodes_offline"] = "0x0"

    def section(self, name):
        return struct.unpack_from("<III", self.snap, 56 + 16 * SECTIONS.index(name))

    def count(self, name):
        return self.section(name)[2]

    def empty(self, name):
        struct.pack_into("<I", self.snap, 56 + 16 * SECTIONS.index(name) + 8, 0)

    def _at(self, name, i):
        offset, stride, count = self.section(name)
        assert i < count, f"{name} {i} of {count}"
        return offset + i * stride

    def get(self, name, i, member):
        at, kind = RECORDS[name][member]
        return struct.unpack_from("<" + kind, self.snap, self._at(name, i) + at)[0]

    def put(self, name, i, **values):
        for member, v in values.items():
            at, kind = RECORDS[name][member]
            struct.pack_into("<" + kind, self.snap, self._at(name, i) + at, v)

    def put_all(self, name, **values):
        for i in range(self.count(name)):
            self.put(name, i, **values)

    def put_hdr(self, **values):
        for member, v in values.items():
            at, kind = HDR[member]
            struct.pack_into("<" + kind, self.snap, at, v)

    def get_hdr(self, member):
        return struct.unpack_from("<" + HDR[member][1], self.snap, HDR[member][0])[0]

    def get_info(self, member):
        return struct.unpack_from("<" + INFO[member][1], self.info, INFO[member][0])[0]

    def put_info(self, **values):
        for member, v in values.items():
            at, kind = INFO[member]
            struct.pack_into("<" + kind, self.info, at, v)

    def value(self, name, v, why=None):
        """A fact; None is unknown."""
        row = next(x for x in self.host["values"] if x["name"] == name)
        row.pop("unknown", None)
        row["value"] = v
        if v is None:
            row["unknown"] = {"value": why or "for the test"}

    def disagree(self, text, why=None):
        """What BPF programs found about TDs; None is not known."""
        row = next(x for x in self.host["texts"] if x["name"] == "disagreement")
        row.update(text=text)
        row.pop("unknown", None)
        if text is None:
            row["unknown"] = {"text": why}

    def charge(self, n):
        """HKIDs that the misc cgroup counts; None is not readable."""
        self.host["hkids_charged"] = n
        self.value("hkid_current", n)
        self.value("hkid_capacity", None if n is None else self.count("hkids"))
        self.value("kvm_vms", n)
        if n is None:
            self.host["unknown"]["hkids_charged"] = "for the test"

    def text(self):
        self.host["snapshot"] = base64.b64encode(self.snap).decode()
        self.host["info"] = base64.b64encode(self.info).decode()
        return json.dumps(self.doc)


def usual(h):
    """Nothing is wrong."""


def no_tdx(h):
    """The helper on a kernel without TDX: nothing to watch."""
    for name in ("hkids", "tds", "locks", "leaves"):
        h.empty(name)
    h.put_all("cpus", state=0)
    h.put_hdr(seamcalls=0)
    h.put_info(features=0, attached_ns=0, global_hkid=0, first_hkid=0, nr_hkids=0)
    h.info[56:112] = bytes(56)
    h.host["platform"].update(tdx_module=None, kvm_tdx=None, has_tdx=False)
    h.host["platform"]["unknown"] = {"tdx_module": "for the test", "kvm_tdx": "for the test"}
    for f in h.host["files"]:
        if f["path"].endswith(("tdx_host/version", "parameters/tdx")):
            f.update(text=None, absent=True, unknown={"text": "not present"})
    h.charge(None)
    h.value("kvm_vm_types", 1)
    for x in ("td_attributes", "td_xfam", "td_max_vcpus"):
        h.value(x, None)


def late(h):
    """Loaded after TDs were created, which it did not find: HKIDs and TDs are not known."""
    h.empty("tds")
    h.host["vms"] = []
    h.put_all("hkids", state=0, tdr=0, since_ns=0, keyed=UNKNOWN)
    h.put_info(features=h.get_info("features") & ~(FROM_START | ADOPTED))
    h.charge(None)


def late_but_counted(h):
    """The same, but the misc cgroup counts an HKID that the helper did not see."""
    late(h)
    h.charge(1)


def no_locks(h):
    """The helper cannot watch locks on this kernel."""
    h.put_all("locks", held=UNKNOWN32)
    h.put_info(features=h.get_info("features") & ~(TDX_LOCK | KEY_LOCKS))


def many_calls(h):
    """Enough SEAMCALLs for a percentage, none of them busy."""
    h.put_all("leaves", calls=5000, busy=0)


def cpu_not_enabled(h):
    h.put("cpus", 3, state=2)


def missed(h):
    h.put_hdr(missed=3)


def dropped(h):
    h.put_hdr(tds_dropped=2)


def disagrees(h):
    h.disagree("td:1 (web, 2001) is initialized for the helper, but runnable for KVM\n"
               "the TD of process 2007 has HKID 19 for KVM, but the helper does not know the TD\n")


def not_compared(h):
    h.disagree(None, "BPF programs are not permitted")


def owner_gone(h):
    h.host["vms"][0].update(pid=0, vm_fd=None, uid=None, gone=True)
    h.host["vms"][0]["unknown"] = dict.fromkeys(("vm_fd", "uid"), "ended")


def unseen(h):
    h.charge(4)


def under_charged(h):
    h.charge(0)


def lock_held(h):
    h.put("locks", 1, held=1, held_since_ns=h.get_hdr("now_ns") - 45 * 10 ** 9)


def leaked(h):
    h.put("hkids", 14, state=5)
    h.charge(2)


def package_offline(h):
    for i in range(h.count("cpus")):
        if h.get("cpus", i, "package") == 1:
            h.put("cpus", i, online=0)
    h.put("packages", 1, online=0)


def kvm_off(h):
    h.host["platform"].update(kvm_tdx=False)
    h.charge(None)
    h.value("kvm_vm_types", 1)
    for f in h.host["files"]:
        if f["path"].endswith("parameters/tdx"):
            f["text"] = "N"


HOSTS = {f.__name__.replace("_", "-"): f for f in (
    usual, no_tdx, late, late_but_counted, no_locks, many_calls, cpu_not_enabled, missed, dropped, disagrees, not_compared,
    owner_gone, unseen, under_charged, lock_held, leaked, package_offline, kvm_off)}
