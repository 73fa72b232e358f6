# SPDX-License-Identifier: GPL-2.0-only
"""What may be known from each kind of source. Everything else is unknown, with the reason.

A value is known if it is neither null in JSON nor absent in metrics. A source may know less
than what is listed, but not more: otherwise a 0 that was never counted is printed as a count.
"""
from tally import expect

# Values of `status`, by what they need.
PLATFORM = {"platform.cpu_model", "platform.kernel", "platform.kvm", "platform.has_tdx", "platform.first_private",
            "platform.private_keys", "platform.tme_mt_keys"}
MODULE = {"platform.tdx_module", "platform.kvm_tdx"}
TOPOLOGY = {"cpus.total", "cpus.online", "packages[].id", "packages[].present_cpus", "packages[].online_cpus",
            "packages[].covered"}
CGROUP = {"hkids.capacity", "hkids.charged", "hkids.total", "hkids.free", "tds.vms"}
# The helper counts the pages that it leaked itself: 0 is known.
HELPER = {"helper.version", "helper.from_start", "helper.leaked_pages"}
PROBES = {"helper.attached_for_ns", "helper.seamcalls", "helper.missed", "helper.violations"}
HKIDS = {f"hkids.{x}" for x in ("total", "free", "unknown_state", "assigned", "configured", "flushing", "leaked")}
TDS = {f"tds.{x}" for x in ("total", "unknown_state", "assigned", "keys_configured", "initialized", "runnable", "blocked",
                            "teardown", "leaked", "unknown_hkid", "never_finalized", "private_pages")}
CPUS = {f"cpus.{x}" for x in ("unknown_state", "enabled", "not_enabled", "vmx_off", "no_seam")}
LOCKS = {f"locks.{x}" for x in ("total", "held", "contended", "busy_retries")}
KEYS = {"packages[].global_key", "packages[].keys_programmed"}
ALWAYS = {"source", "health.state", "health.reasons[]"} | PLATFORM | TOPOLOGY

# Families of metrics.
M_ALWAYS = {"build_info", "tdx_available", "helper_up", "package_cpus", "package_online_cpus", "package_covered", "cpus",
            "module_updates_remaining"}
M_MODULE = {"module_info"}
M_CGROUP = {"cgroup_hkid_capacity", "cgroup_hkids_charged"}
M_HELPER = {"helper_info", "early_release_leaked_bytes_total"}
M_PROBES = {"helper_start_time_seconds", "seamcalls_missed_total", "violations_total", "tds_dropped_total",
            "package_global_key", "package_keys_programmed_total", "seamcall_duration_seconds",
            "seamcall_longest_seconds", "seamcall_errors_total", "seamcall_busy_total"}
M_LOCKS = {"lock_held", "lock_held_seconds", "lock_longest_hold_seconds", "lock_acquisitions_total",
           "lock_contended_total", "lock_busy_retries_total", "lock_entropy_retries_total"}
M_HKIDS = {"hkids"}
M_TDS = {"tds", "tds_private_bytes", "tds_sept_bytes", "tds_control_bytes", "teardown_longest_seconds"}

# Checks.
C_FILES = {"packages_uncovered", "hkids_free", "module_version", "kvm_off"}
C_LOG = {"hkids_leaked"}
C_PROBES = {"cpus_not_enabled", "lock_held", "missed", "tds_dropped", "busy"}
C_TDS = {"teardown", "owner_gone", "tds_leaked"}
C_BPF = {"tds_differ"}  # BPF programs compared the helper with KVM
C_HKIDS = {"hkids_leaked", "hkids_free", "hkids_drift"}

# Source -> what `status`, `metrics` and `check` may know there.
SOURCES = {
    # Only files. `status` counts HKIDs by the misc cgroup.
    "files": (ALWAYS | MODULE | CGROUP, M_ALWAYS | M_MODULE | M_CGROUP, C_FILES | C_LOG),
    "files-no-tdx": (ALWAYS | {"platform.kvm_tdx", "tds.vms"}, M_ALWAYS | M_CGROUP, {"packages_uncovered"}),
    # The helper is loaded, and there is nothing to observe.
    "helper-no-tdx": (ALWAYS | HELPER | {"tds.vms"}, M_ALWAYS | M_HELPER, {"packages_uncovered"}),
    # Older TDs are not known: no count of TDs, no state of an HKID, but how many HKIDs there are.
    "helper-late": (ALWAYS | MODULE | HELPER | PROBES | CPUS | LOCKS | KEYS | {"hkids.total", "hkids.unknown_state"},
                    M_ALWAYS | M_MODULE | M_HELPER | M_PROBES | M_LOCKS | M_HKIDS,
                    {"packages_uncovered", "module_version", "kvm_off"} | C_LOG | C_PROBES | C_BPF),
    # The misc cgroup counts them: how many are free, but not which. The states are a partition of all HKIDs, so a
    # number of free ones is not among them; `check` has it.
    "helper-late-counted": ((ALWAYS | MODULE | HELPER | PROBES | CPUS | LOCKS | KEYS | CGROUP | {"hkids.unknown_state"}) -
                            {"hkids.free"},
                            M_ALWAYS | M_MODULE | M_CGROUP | M_HELPER | M_PROBES | M_LOCKS | M_HKIDS,
                            C_FILES | C_PROBES | C_LOG | {"hkids_drift"} | C_BPF),
    "helper-no-locks": (ALWAYS | MODULE | HELPER | PROBES | CPUS | KEYS | CGROUP | HKIDS | TDS,
                        M_ALWAYS | M_MODULE | M_CGROUP | M_HELPER | M_PROBES | M_HKIDS | M_TDS |
                        (M_LOCKS - {"lock_held", "lock_held_seconds"}),
                        C_FILES | (C_PROBES - {"lock_held"}) | C_TDS | C_HKIDS | C_BPF),
    "helper": (ALWAYS | MODULE | HELPER | PROBES | CPUS | LOCKS | KEYS | CGROUP | HKIDS | TDS,
               M_ALWAYS | M_MODULE | M_CGROUP | M_HELPER | M_PROBES | M_LOCKS | M_HKIDS | M_TDS,
               C_FILES | C_PROBES | C_TDS | C_HKIDS | C_BPF),
    "emulated": (ALWAYS | MODULE | CPUS | LOCKS | KEYS | HKIDS | TDS,
                 M_ALWAYS | M_MODULE | M_HELPER | M_PROBES | M_LOCKS | M_HKIDS | M_TDS,
                 C_FILES | C_PROBES | C_TDS | (C_HKIDS - {"hkids_drift"})),
}

# null means that there is none.
NONE = {"helper", "platform.kvm"}


def values(doc, path="", why=None):
    """(path, value, reason) of each value; items of lists share one path."""
    if isinstance(doc, dict):
        reasons = doc.get("unknown", {})
        for key, v in doc.items():
            if key != "unknown":
                yield from values(v, f"{path}.{key}" if path else key, reasons.get(key))
    elif isinstance(doc, list):
        for v in doc:
            yield from values(v, path + "[]")
    else:
        yield path, doc, why


def none(row, key):
    """Whether null is an answer in this row of hkid, td or lock: there is none."""
    fail = key in ("fail_leaf", "fail_name", "fail_status")
    if "acquisitions" in row:
        return key == "package" or (row["state"] == "free" and key in ("holder", "holder_pid", "td", "held_ns"))
    if "private_pages" in row:
        return key == "uuid" or (fail and row["state"] not in ("leaked", "unknown")) or (
            key in ("hkid", "last_hkid") and row["state"] in ("teardown", "leaked"))
    return row["state"] == "free" or (fail and row["state"] not in ("leaked", "unknown"))


def check_rows(doc):
    """hkid, td, lock: a null is none, or has a reason; what is unknown is null, never 0 or a guess."""
    for row in doc.get("hkids", []) + doc.get("tds", []) + doc.get("locks", []):
        for key, v in row.items():
            expect(v is not None or row.get("unknown", {}).get(key) or none(row, key), f"{key} is null without a reason: {row}")


def check_status(source, doc):
    allowed = SOURCES[source][0] | {"schema_version", "command"}
    for path, v, why in values(doc):
        if v is None:
            expect(why or path in NONE, f"{path} is null without a reason")
        else:
            expect(path in allowed, f"status prints {path} = {v!r}, which is not known here")


def check_text(source, text):
    """No count where JSON has none."""
    may = SOURCES[source][0]
    lines = {line.split(" ", 1)[0]: line.split(" ", 1)[1].strip() for line in text.splitlines() if line[:1].strip() and " " in line}
    for label, path in (("HKIDs", "hkids.total"), ("TDs", "tds.total"), ("Locks", "locks.held")):
        line = lines[label]
        known = path in may
        expect(known or line.startswith("unknown: ") or "KVM has" in line or "seen" in line, f"{label}: {line}")
    expect("0 of 0" not in text, text)


def check_metrics(source, families):
    extra = {f.removeprefix("tdxctl_") for f, x in families.items() if x} - SOURCES[source][1]
    expect(not extra, f"metrics that are not known here: {sorted(extra)}")


def check_partition(families):
    """No state is known to have no objects while some are in an unknown state."""
    for family in ("tdxctl_hkids", "tdxctl_tds", "tdxctl_cpus"):
        samples = dict(families.get(family) or {})
        if samples.get("unknown", 0) > 0:
            zero = [s for s, v in samples.items() if not v and s != "offline"]
            expect(not zero, f"{family}: {samples}")


def check_check(source, doc, nagios):
    allowed = SOURCES[source][2]
    data = dict(w.split("=", 1) for w in nagios.rpartition(" | ")[2].split()) if " | " in nagios else {}
    for c in doc["checks"]:
        if c["value"] is None:
            expect(c["state"] in ("unknown", "off") and c["unknown"]["value"], c)
            expect(data.get(c["id"], "U") == "U", f"nagios: {c['id']}={data.get(c['id'])}")
        else:
            expect(c["id"] in allowed, f"check prints {c['id']} = {c['value']}, which is not known here")
