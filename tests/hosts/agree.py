# SPDX-License-Identifier: GPL-2.0-only
"""status, check and doctor report the same about a host.

What a contradiction is, for each check of `check`, with the rules of doctor about the same
subject:

- `check` has a finding, and the rules do not: no rule has the state of the same level
  (warning: warn, critical: fail), or its detail is not the text of the finding. A rule that
  waits for a rule that failed agrees: the failure explains the finding.
- `check` passed, and a rule warns or fails.
- The check is unknown without a reason; or it is unknown on a host with TDX, and a rule fails.
- `status` does not list the text of a finding of `check`, or lists one that `check` has not;
  or its verdict is not the worst level of the findings.
- `status` says ok, and a rule of these subjects fails; or it says unknown without a reason.

And about TDX itself: `status` and `check` exit with 3 on the same hosts. On these, doctor
has a failed rule, or nothing to check (exit status 4). If a rule of KVM_RULES fails, they
exit with 3, or the check kvm_off fails.

Unknown agrees with everything else, since its reason is printed.
"""
from tally import expect

LEVELS = {"warning": "warn", "critical": "fail"}

# Check -> rules about the same subject.
SUBJECTS = {
    "packages_uncovered": ("create.pkg_offline",),
    "cpus_not_enabled": ("cpu.not_enabled",),
    "hkids_leaked": ("hkid.leaked",),
    "hkids_free": ("hkid.exhausted", "hkid.few"),
    "hkids_drift": ("hkid.cgroup_drift", "hkid.unseen"),
    "lock_held": ("lock.held",),
    "teardown": ("teardown.slow",),
    "owner_gone": ("td.owner_gone",),
    "tds_leaked": ("td.leaked",),
    "missed": ("helper.missed",),
    "tds_dropped": ("helper.dropped",),
    "tds_differ": ("helper.disagrees",),
    "busy": ("seamcall.busy",),
    "module_version": ("perf.old_module",),
    "kvm_off": (),
}

# Why TDX cannot be used: one subject, exit status 3 or kvm_off.
KVM_RULES = {
    "cpu.vendor", "cpu.feature", "bios.palimit46", "bios.tme.off", "bios.tmemt.off", "bios.keyid.none",
    "bios.keyid.few", "bios.seamrr.off", "bios.seamrr.unlocked", "bios.module.missing", "bios.old.cpuid", "bios.old.msr",
    "module.too_old_v1", "module.too_old", "module.rbp", "module.topology", "module.max_vcpus", "module.init_failed",
    "mem.reserved_areas", "mem.tdmr_limit", "mem.cxl", "kconf.host", "kconf.kvm", "kvm.prereq", "kvm.virt_at_load",
    "kvm.param", "pm.hibernate",
}

# KVM offers TDs on the hosts of these rules in table.py, so the parameter cannot be N: only the rule is tested there.
IMPOSSIBLE = {"kvm.prereq", "kvm.virt_at_load"}

# What only doctor examines, and why.
DOCTOR_ONLY = {
    "differences and settings of firmware and kernel; TDX works or not with them":
        "sock.mismatch mem.tdmr_near_limit boot.maxcpus boot.noise pm.s3 kexec.old kexec.pw_mce kexec.no_sys_disable "
        "cpu.preproduction dimm.population sgx.off sgx.mcheck module.series tools.msr",
    "advice on capacity":
        "cgroup.misc bios.keyid.capacity hkid.cgroup_limit mem.pamt boot.slow_init hugepages mem.hotplug_refused",
    "something that failed once and is in a log":
        "create.entropy create.key_config create.vfio_dma create.capabilities_abi create.mem_region create.no_tdvf "
        "create.generation create.vmm_no_tdx create.vmm_option create.init_vm create.no_hkid reclaim.metadata sept.busy "
        "create.cloud_hypervisor create.command kvm.warning "
        "td.unaccepted td.exit_reason td.reboot mce.tdx_private cpu.online_failed cpu.offline_refused "
        "hkid.leak_blocks_offline",
    "updates of the module":
        "update.unavailable update.exhausted update.seamldr update.during_build update.error",
    "attestation":
        "qgs.* pccs.* reg.* module.tcb qcnl.* attest.*",
}


def is_known(rule):
    """Whether the lists above have a rule."""
    if rule in KVM_RULES or any(rule in rules for rules in SUBJECTS.values()):
        return True
    return any(rule == p or (p.endswith("*") and rule.startswith(p[:-1]))
               for text in DOCTOR_ONLY.values() for p in text.split())


def same_words(detail, text):
    """doctor's detail is the text; it may be cut, and end with how many more there are."""
    detail = detail or ""
    if detail.endswith(" more)"):
        detail = detail[:detail.rindex(" (and ")]
    return detail == text or (len(detail) >= 250 and text.startswith(detail))


def check_subject(check, rules, texts, has_tdx):
    """One check and its rules."""
    name, state = check["id"], check["state"]
    about = f"{name}: check: {state} {texts}; doctor: " + ", ".join(f"{r['id']} {r['state']}: {r['detail']}" for r in rules)
    bad = [r for r in rules if r["state"] in ("warn", "fail")]
    if state in LEVELS:
        found = [r for r in bad if r["state"] == LEVELS[state]]
        waits = [r for r in rules if r["state"] == "skip" and (r["detail"] or "").startswith("waits for ")]
        expect(found or waits or not rules or not has_tdx, about)
        expect(not found or any(same_words(found[0]["detail"], t) for t in texts), f"other words: {about}")
    elif state == "ok":
        expect(not bad, about)
    elif state == "unknown":
        expect(check["value"] is None and check["unknown"]["value"], f"no reason: {about}")
        expect(not has_tdx or not any(r["state"] == "fail" for r in bad), about)


def check_complete(check, doctor):
    """Each check and each rule is in the lists above. Arguments are documents."""
    expect({x["id"] for x in check["checks"]} == set(SUBJECTS), "a check without a subject")
    unknown = [r["id"] for r in doctor["rules"] if not is_known(r["id"])]
    expect(not unknown, f"rules of no subject: {unknown}; add them to tests/hosts/agree.py")


def contradictions(status, check, doctor):
    """Raises Failure at the first contradiction of (exit status, document) of each verb."""
    (s_code, s), (c_code, c), (d_code, d) = status, check, doctor
    rules = {r["id"]: r for r in d["rules"]}
    has_tdx = s_code != 3
    expect((s_code == 3) == (c_code == 3), f"exit status: status {s_code}, check {c_code}")
    failed = [r["id"] for r in d["rules"] if r["state"] == "fail"]
    expect(has_tdx or failed or d_code == 4, f"status and check find no TDX, doctor exits with {d_code}")

    for x in c["checks"]:
        texts = [f["text"] for f in c["findings"] if f["check"] == x["id"]]
        expect(bool(texts) == (x["state"] in LEVELS), f"{x['id']}: {x['state']}, findings {texts}")
        check_subject(x, [rules[r] for r in SUBJECTS[x["id"]]], texts, has_tdx)

    states = {x["id"]: x["state"] for x in c["checks"]}
    off = [r for r in failed if r in KVM_RULES]
    expect(not off or not has_tdx or states["kvm_off"] == "critical", f"doctor: {off}; kvm_off is {states['kvm_off']}")
    expect(states["kvm_off"] != "critical" or off, "kvm_off without a failed rule")

    health = s["health"]
    texts = [f["text"] for f in c["findings"]]
    worst = "critical" if "critical" in states.values() else "warning" if "warning" in states.values() else None
    if worst:
        expect(health["state"] == worst, f"status: {health}; check: {worst}")
    else:
        expect(health["state"] in ("ok", "unknown"), f"status: {health}; check has no finding")
    missing = [t for t in texts if t not in health["reasons"]]
    expect(not missing, f"status lacks {missing}: {health}")
    if worst:
        more = [t for t in health["reasons"] if t not in texts]
        expect(not more, f"only status: {more}")
    expect(health["state"] != "unknown" or health["reasons"], "status: unknown without a reason")
    expect(health["state"] != "ok" or not health["reasons"], f"status: {health}")
    mine = [r for r in failed if any(r in v for v in SUBJECTS.values()) or r in KVM_RULES]
    expect(health["state"] != "ok" or not mine, f"status: ok; doctor: {mine}")
    expect(c["state"] != "ok" or not [r for r in mine if r in KVM_RULES], f"check: ok; doctor: {mine}")
