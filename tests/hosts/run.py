#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of doctor: each rule fires where it must and is silent where it must be;
each situation gives exactly the findings it is said to give.

Environment: TDXCTL the binary (build/tdxctl-asan). Arguments pick rules or
situations by name; --list prints the names, --print shows what they give. Ends with
"doctor: N passed, N failed", and ", N skipped" when something could not run here.
"""
import json
import os
import re
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE), str(TOP / "tests"), str(TOP / "tests" / "schema")]

import agree                                    # noqa: E402
import details                                  # noqa: E402
import field                                    # noqa: E402
import helper                                   # noqa: E402
import known                                    # noqa: E402
import situations                               # noqa: E402
import table                                    # noqa: E402
import validate                                 # noqa: E402
from tally import Tally, expect, need_root      # noqa: E402

TDXCTL = os.path.abspath(os.environ.get("TDXCTL") or TOP / os.environ.get("O", "build") / "tdxctl-asan")
ENV = {k: v for k, v in os.environ.items() if k == "PATH" or k.endswith("SAN_OPTIONS")} | {"LC_ALL": "C"}
BASES = []                      # reports that helper.py changes
ORDER = ("fail", "warn", "info", "unknown", "skip", "ok")

# A fix begins with what to do; why comes after it.
STEPS = ("Boot", "Bring", "Check", "Create", "Decode", "Do", "Enable", "Find", "Give", "Keep", "Load", "Plan", "Raise",
         "Reboot", "Register", "Release", "Remove", "Restart", "Run", "Save", "Set", "Start", "Stop", "Take", "Try", "Turn", "Update",
         "Use", "Allow", "Report")


def make(top, mods):
    files = {} if mods is None else {**table.HEALTHY, **mods}
    for path, text in files.items():
        if text is not None:
            full = pathlib.Path(top, path)
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_bytes(text if isinstance(text, bytes) else text.encode())


def run(host, *args):
    """doctor on a tree, on the emulated host of that file, or on a report."""
    where = ([f"--emulate={host}"] if str(host).endswith(".json") else
             ["--from-report" if str(host).endswith(".report") else "--root", str(host)])
    p = subprocess.run([TDXCTL, *where, "doctor", *args], stdin=subprocess.DEVNULL, timeout=60,
                       capture_output=True, text=True, check=False, env=ENV)
    expect("Sanitizer" not in p.stderr and "runtime error" not in p.stderr, p.stderr)
    return p


def examine_tree(top, *args):
    """(exit status, document) of doctor on that host; text and JSON agree."""
    p = run(top, "--json", *args)
    doc = json.loads(p.stdout)
    found = validate.problems(doc)
    expect(not found, "; ".join(found))
    text = run(top, *args)
    expect(text.returncode == p.returncode, "text and JSON differ in exit status")
    for r in doc["rules"]:
        finding = r["state"] in ("info", "warn", "fail")
        expect((f"({r['id']})" in text.stdout) == finding, f"{r['id']} in text")
        expect(bool(r["fix"]) == finding, f"{r['id']}: fix")
        expect(r["detail"] or r["state"] not in ("unknown", "skip"), f"{r['id']}: no reason")
    # Findings come before passed rules, the worst first, and one is named as the first.
    order = [ORDER.index(r["state"]) for r in doc["rules"]]
    expect(order == sorted(order), "not sorted")
    bad = [r["id"] for r in doc["rules"] if r["state"] in ("warn", "fail")]
    expect(doc["first"] == (bad[0] if bad else None), f"first: {doc['first']}")
    expect(not bad or f"({bad[0]})" in " ".join(text.stdout.split("First ")[-1].split()), "First in text")
    return p.returncode, doc


def helper_report(name, path):
    """Writes the report of a host of helper.py."""
    if not BASES:
        with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
            make(top, {})
            BASES.append(verb(("--root", top), "report")[1])
        BASES.append(verb((f"--emulate={EMULATED / 'busy.json'}",), "report")[1])
    host = helper.Host(*BASES)
    helper.HOSTS[name](host)
    pathlib.Path(path).write_text(host.text())


def examine(mods, *args):
    if isinstance(mods, str) and mods.startswith("helper:"):
        with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
            helper_report(mods[7:], f"{top}/host.report")
            return examine_tree(f"{top}/host.report", *args)
    if isinstance(mods, str):
        return examine_tree(TOP / "tests" / "cli" / "hosts" / mods, *args)
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        make(top, mods)
        return examine_tree(top, *args)


def state(doc, rule):
    return next(r for r in doc["rules"] if r["id"] == rule)


def check_detail(got, words):
    lacks = details.missing(got["detail"] or "", words)
    expect(lacks is None, f"{lacks!r} of {words!r} is not in the detail: {got}")


def test_rule(rule, row, words=None):
    fires, want, silent = row
    _, doc = examine(fires, "--attestation")
    got = state(doc, rule)
    expect(got["state"] == want, f"must fire: {got}")
    if words is not None:
        check_detail(got, words)
        left = details.uncompared(got["detail"], words)
        expect(not left, f"{left} of the detail are compared by nothing: {got}")
    expect(want == "info" or got["fix"].split()[0].rstrip(":,") in STEPS, f"no next step: {got['fix']}")
    _, doc = examine(silent, "--attestation")
    got = state(doc, rule)
    expect(got["state"] == "ok" or (got["state"] == "skip" and "waits" not in (got["detail"] or "")),
           f"must be silent: {got}")


def test_detail_case(case):
    _, doc = examine(case.tree, "--attestation")
    got = state(doc, case.rule)
    expect(got["state"] == case.state, f"{got}, not {case.state}")
    if case.words:
        check_detail(got, case.words)


def findings(doc):
    return {r["id"]: r["state"] for r in doc["rules"] if r["state"] not in ("ok", "skip")}


def check_situation(s, code, doc):
    got = findings(doc)
    wrong = {k: (got.get(k), s.findings.get(k)) for k in got | s.findings if got.get(k) != s.findings.get(k)}
    expect(not wrong, f"(is, must be): {wrong}")
    expect(doc["first"] == s.first, f"first: {doc['first']}")
    expect(code == s.status, f"exit status {code}")
    expect(("error" in doc) == (code == 4), "error object")
    expect(sum(doc["summary"].values()) == len(doc["rules"]), f"summary: {doc['summary']}")


def check_check(name, top):
    p = subprocess.run([TDXCTL, "--root", str(top), "check"], stdin=subprocess.DEVNULL, timeout=60,
                       capture_output=True, text=True, check=False, env=ENV)
    want = next((k for k, names in situations.CHECK.items() if name in names), 0)
    expect(p.returncode == want, f"check: exit status {p.returncode}, not {want}: {p.stdout}{p.stderr}")


def test_situation(name, s):
    check_situation(s, *examine(s.tree))
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        make(top, s.tree)
        check_check(name, top)


# ---- status, check and doctor agree

ROOTS = TOP / "tests" / "cli" / "roots"
EMULATED = TOP / "tests" / "cli" / "hosts"


def verb(where, name):
    """(exit status, document)"""
    p = subprocess.run([TDXCTL, *where, name, "--json"], stdin=subprocess.DEVNULL, timeout=60, capture_output=True,
                       text=True, check=False, env=ENV)
    expect("Sanitizer" not in p.stderr and "runtime error" not in p.stderr, p.stderr)
    return p.returncode, json.loads(p.stdout)


def states(doc):
    """The verdict, and the state of each check or rule."""
    return ((doc.get("health") or doc).get("state"), len(doc.get("health", {}).get("reasons", [])), doc.get("first"),
            {x["id"]: x["state"] for x in doc.get("checks", []) + doc.get("rules", [])})


def check_agreement(*where):
    """On the host, and on its report: which says the same."""
    live = {name: verb(where, name) for name in ("status", "check", "doctor")}
    agree.contradictions(live["status"], live["check"], live["doctor"])
    with tempfile.TemporaryDirectory(prefix="tdxctl-report-") as tmp:
        report = pathlib.Path(tmp, "r.json")
        code, doc = verb(where, "report")
        expect(code == 0, f"report: exit status {code}")
        report.write_text(json.dumps(doc))
        later = {name: verb(("--from-report", str(report)), name) for name in ("status", "check", "doctor")}
    agree.contradictions(later["status"], later["check"], later["doctor"])
    # Names are masked in a report, so only states are compared.
    for name in live:
        now, then = ((code, states(doc)) for code, doc in (live[name], later[name]))
        expect(now == then, f"{name}: {now}; of the report: {then}")


def test_subjects():
    where = ("--root", str(HERE / "trees" / "healthy"))
    agree.check_complete(verb(where, "check")[1], examine({}, "--attestation")[1])


def test_agreement_of_tree(tree):
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        make(top, tree)
        check_agreement("--root", top)


def test_agreement_of_helper(name):
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        helper_report(name, f"{top}/host.report")
        got = [verb(("--from-report", f"{top}/host.report"), v) for v in ("status", "check", "doctor")]
    agree.contradictions(*got)


# ---- unknown is never 0

def families(where):
    """The metrics: family -> {state or all labels: value}."""
    p = subprocess.run([TDXCTL, *where, "metrics"], stdin=subprocess.DEVNULL, timeout=60, capture_output=True, text=True,
                       check=False, env=ENV)
    out, name = {}, None
    for line in p.stdout.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            out[name] = {}
        elif not line.startswith("#"):
            sample, value = line.rsplit(" ", 1)
            state = sample.partition('state="')[2].partition('"')[0]
            out[name][state or sample] = float(value)
    return out


def check_known(source, *where):
    code, status = verb(where, "status")
    known.check_status(source, status)
    text = subprocess.run([TDXCTL, *where, "status"], stdin=subprocess.DEVNULL, timeout=60, capture_output=True, text=True,
                          check=False, env=ENV).stdout
    known.check_text(source, text)
    metrics = families(where)
    known.check_metrics(source, metrics)
    known.check_partition(metrics)
    nagios = subprocess.run([TDXCTL, *where, "check", "--format", "nagios"], stdin=subprocess.DEVNULL, timeout=60,
                            capture_output=True, text=True, check=False, env=ENV).stdout
    known.check_check(source, verb(where, "check")[1], nagios)
    p = subprocess.run([TDXCTL, *where, "td", "--json"], stdin=subprocess.DEVNULL, timeout=60, capture_output=True,
                       text=True, check=False, env=ENV)
    for name in ("hkid", "td", "lock"):
        known.check_rows(verb(where, name)[1])
    doc = json.loads(p.stdout)
    complete = "tds.total" in known.SOURCES[source][0]
    if complete:
        expect(doc["complete"] is True, doc)
    elif p.returncode == 0:
        expect(doc["complete"] is None and doc["unknown"]["complete"], doc)
    else:
        expect(p.returncode == (3 if code == 3 else 5) and "error" in doc, doc)


def test_known_of_helper(source, name):
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        helper_report(name, f"{top}/host.report")
        check_known(source, "--from-report", f"{top}/host.report")


def test_known_of_report():
    """A report knows what its host knew."""
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        path = pathlib.Path(top, "r.json")
        path.write_text(json.dumps(verb(("--root", str(HERE / "trees" / "healthy")), "report")[1]))
        check_known("files", "--from-report", str(path))


def knowledge():
    """Each source: what may be known there."""
    tests = {"known captured": lambda: check_known("files", "--root", str(HERE / "trees" / "healthy")),
             "known captured-no-tdx": lambda: check_known("files-no-tdx", "--root", str(ROOTS / "no-tdx")),
             "known report": test_known_of_report,
             **{f"known emulated-{h}": lambda h=h: check_known("emulated", f"--emulate={EMULATED / h}.json")
                for h in ("busy", "leaked", "stages", "held-key-lock", "exhausted")}}
    for source, name in (("helper", "usual"), ("helper-no-tdx", "no-tdx"), ("helper-late", "late"),
                         ("helper-late-counted", "late-but-counted"), ("helper-no-locks", "no-locks")):
        tests[f"known {source}"] = lambda s=source, n=name: test_known_of_helper(s, n)
    return tests


def agreements():
    """Every host that the tests have."""
    tests = {"agree subjects": test_subjects}
    tests |= {f"agree {k}": (lambda s=s: test_agreement_of_tree(s.tree)) for k, s in situations.SITUATIONS.items()}
    tests |= {f"agree tree-{k}": (lambda k=k: check_agreement("--root", str(HERE / "trees" / k))) for k in trees()}
    tests |= {f"agree root-{p.name}": (lambda p=p: check_agreement("--root", str(p))) for p in sorted(ROOTS.iterdir())}
    tests |= {f"agree emulated-{p.stem}": (lambda p=p: check_agreement(f"--emulate={p}"))
              for p in sorted(EMULATED.glob("*.json"))}
    tests |= {f"agree helper-{k}": (lambda k=k: test_agreement_of_helper(k)) for k in helper.HOSTS}
    tests |= {f"agree rule-{k}": (lambda t=v[0]: test_agreement_of_tree(t))
              for k, v in table.RULES.items() if v and not isinstance(v[0], str) and k not in agree.IMPOSSIBLE}
    return tests


def trees():
    top = HERE / "trees"
    return sorted(p.name for p in top.iterdir() if p.is_dir()) if top.is_dir() else []


def test_tree_on_disk(name):
    """One that was captured: it says where, and what is expected of it."""
    top = HERE / "trees" / name
    expect((top / "origin").read_text().strip(), "no origin")
    expect(name in situations.CAPTURED, "nothing is expected of it")
    check_situation(situations.CAPTURED[name], *examine_tree(top))
    check_check(name, top)


def test_complete():
    """Every rule has a tree that makes it fire and one that keeps it silent, and is known."""
    _, doc = examine({}, "--attestation")
    ids = {r["id"] for r in doc["rules"]}
    expect(ids == set(table.RULES), f"rules without case, cases without rule: {ids ^ set(table.RULES)}")
    for rule, row in table.RULES.items():
        expect(row and row[1] in ("info", "warn", "fail") and row[2] is not None, f"{rule}: one side only")
        expect(row[0] != row[2], f"{rule}: the same tree for both")
    expect(set(details.DETAILS) | details.WITHOUT == set(table.RULES) and not set(details.DETAILS) & details.WITHOUT,
           f"rules whose detail is not compared: {set(table.RULES) ^ (set(details.DETAILS) | details.WITHOUT)}")
    unknown = {c.rule for c in details.CASES.values()} - ids
    expect(not unknown, f"cases of no rule: {unknown}")
    expect(set(situations.CAPTURED) == set(trees()), "captured trees and expectations differ")
    known = {n for names in situations.CHECK.values() for n in names}
    unknown = known - set(situations.SITUATIONS) - set(situations.CAPTURED)
    expect(not unknown, f"no such situations: {unknown}")
    count = len(situations.SITUATIONS) + len(situations.CAPTURED)
    expect(count >= 25 and all(s.origin for s in situations.SITUATIONS.values()), f"{count} situations")


def test_tree():
    """Below a failure nothing is guessed; what it waits for is what failed."""
    _, doc = examine(table.off(table.both(x982=0)))
    for rule in ("bios.tmemt.off", "bios.keyid.none", "bios.seamrr.off", "bios.module.missing"):
        got = state(doc, rule)
        expect(got["state"] == "skip" and got["detail"] == "waits for bios.tme.off", got)


def test_nothing_known():
    """What cannot be looked at is unknown, or does not apply; never a finding."""
    _, doc = examine(None, "--attestation")
    expect(all(r["state"] in ("unknown", "skip") for r in doc["rules"]), findings(doc))


def test_options():
    leak = table.LEAK
    code, doc = examine(leak, "--group", "capacity")
    expect(code == 0 and {r["group"] for r in doc["rules"]} == {"capacity"}, doc)
    # What keeps a group from being examined belongs to the answer.
    code, doc = examine(table.off(table.cpuinfo("AuthenticAMD")), "--group", "capacity")
    expect(code == 7 and doc["first"] == "cpu.vendor" and {r["group"] for r in doc["rules"]} == {"core", "capacity"}, doc)
    code, doc = examine(table.LIMIT, "--fail-on", "warn")
    expect(code == 7, "--fail-on warn")
    code, doc = examine({}, "--fail-on", "info")
    expect(code == 7 and doc["first"] is None, "--fail-on info")
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        make(top, leak)
        p = run(top, "--explain", "hkid.leaked", "--json")
        doc = json.loads(p.stdout)
        expect(not validate.problems(doc) and len(doc["rules"]) == 1 and p.returncode == 7, p.stdout)
        p = run(top, "--explain", "hkid.leakd")
        expect(p.returncode == 2 and "hkid.leaked" in p.stderr, p.stderr)
        log = pathlib.Path(top, "mine.log")
        log.write_text("vm-type TDX not supported by KVM\n")
        doc = json.loads(run(top, "--json", "--vm-log", str(log)).stdout)
        expect(state(doc, "create.generation")["state"] == "fail", doc)
        p = run(top, "--vm-log", str(log) + ".no")
        expect(p.returncode != 0 and "mine.log.no" in p.stderr and "No such file" in p.stderr, p.stderr)
        p = run(top, "--short")
        expect(p.stdout.split() [:5] == ["FAIL", "An", "HKID", "leaked", "(hkid.leaked)"], p.stdout)
        expect("Fix:" not in p.stdout, p.stdout)
        p = run(top, "-v")
        expect(all(r in p.stdout for r in table.RULES if not r.startswith(("qgs.", "pccs.", "reg.", "module.tcb"))), p.stdout)


def test_log_lines():
    """A status is a whole word in the log; what a VM said before its last start is history."""
    _, doc = examine(table.off(table.log("pci 0000:00:1f.0: BAR 0 [mem 0xc0000900-0xc00009ff]",
                                         "bridge window 0xc0000a02 0xc0000a0200000")))
    got = findings(doc)
    expect("bios.old.cpuid" not in got and "mem.cxl" not in got, got)
    _, doc = examine(table.failed("virt/tdx: SEAMCALL (0x21) failed: 0xc000092100000122"))
    expect("TDX_INCORRECT_MSR_VALUE IA32_TSX_CTRL" in state(doc, "bios.old.msr")["detail"], state(doc, "bios.old.msr"))
    _, doc = examine(table.vm("KVM: unknown exit, hardware reason c000092100000122"))
    got = state(doc, "td.exit_reason")["detail"]
    expect(got.startswith("log of VM web: ") and "TDX_INCORRECT_MSR_VALUE" in got, got)
    _, doc = examine(table.vm("KVM_TDX_INIT_VM failed: Invalid argument, hw_errors 0xc000010000000045"))
    got = state(doc, "create.init_vm")["detail"]
    expect("TDX_OPERAND_INVALID CPUID_CONFIG" in got, got)


def test_next_step():
    """The next step is one for what was seen, not for what the rule is about in general."""
    asked = {"proc/cmdline": "ro nohibernate kvm_intel.tdx=1\n"}
    plain = {"proc/cmdline": "ro nohibernate\n"}
    absent = {p: None for p in table.HEALTHY if p.startswith("sys/module/kvm_intel/")}
    for tree, rule, has, has_not in (
            (table.off(plain), "kvm.param", "tdx=1", "requested"),
            (table.off(asked), "kvm.param", "kernel log", "Load kvm_intel"),
            (table.off(absent), "kvm.param", "modprobe kvm_intel tdx=1", "still N"),
            (table.off(table.cpuinfo(flags=table.FLAGS + " hypervisor")), "cpu.vendor", "on the host", "Rapids"),
            (table.off(table.cpuinfo("AuthenticAMD")), "cpu.vendor", "Rapids", "virtual machine"),
            (table.LEAK, "hkid.leaked", "reboot", "again"),
            ({table.CGROUP + "misc.current": "tdx 2\n"}, "hkid.leaked", "again", "Plan a reboot")):
        _, doc = examine(tree)
        got = state(doc, rule)
        expect(got["fix"] and has in got["fix"] and has_not not in got["fix"], f"{rule}: {got}")


def test_no_permission():
    """What may not be read is unknown, whoever asks."""
    need_root()
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        os.chmod(top, 0o755)
        make(top, {**table.off(), **table.vm("qemu: failed to parse TDVF for TDX VM")})
        for path in ("dev/cpu/0/msr.txt", "dev/cpu/2/msr.txt", "var/log/dmesg", "boot/config-7.2.13",
                     "sys/module/kvm_intel/parameters/tdx", "dev/kvm.txt", "var/log/libvirt"):
            os.chmod(pathlib.Path(top, path), 0)
        p = subprocess.run([TDXCTL, "--root", top, "doctor", "--json"], capture_output=True, text=True,
                           timeout=60, check=False, env=ENV, user=65534, group=65534, extra_groups=[])
        doc = json.loads(p.stdout)
        for rule in ("bios.keyid.few", "bios.seamrr.off", "kvm.param", "bios.module.missing", "hkid.leaked",
                     "create.no_tdvf"):
            got = state(doc, rule)
            expect(got["state"] == "unknown" and got["detail"], got)
        expect(not any(r["state"] == "fail" for r in doc["rules"]), "a failure without evidence")
        os.chmod(pathlib.Path(top, "var/log/libvirt"), 0o755)


def test_attestation():
    """Hosts whose attestation fails: one first finding, and a next step that is not more than needed."""
    for name, (mods, first, has, has_not) in situations.ATTESTATION.items():
        code, doc = examine(table.version("1.5.16") | mods, "--attestation")
        expect(doc["first"] == first and code == (7 if first else 0), f"{name}: {code}, {doc['first']}, {findings(doc)}")
        bad = [r["id"] for r in doc["rules"] if r["state"] == "fail"]
        expect(len(bad) <= 1, f"{name}: more than one failure: {bad}")
        text = " ".join(r["fix"] for r in doc["rules"] if r["fix"] and r["state"] == "fail")
        expect(has in text and (not has_not or has_not not in text), f"{name}: {text}")


def test_request():
    """Where TDX was requested, and what counts if there is more than one option."""
    for name, (mods, detail, fix) in situations.REQUESTS.items():
        code, doc = examine(table.off(mods))
        got = state(doc, "kvm.param")
        expect(code == 7 and doc["first"] == "kvm.param", f"{name}: {code}, {doc['first']}, {findings(doc)}")
        expect(detail in got["detail"] and fix in got["fix"], f"{name}: {got}")


def test_field(r):
    """What an operator reported: the first finding and its advice, and no finding besides the cause."""
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        make(top, r.tree)
        _, doc = examine_tree(top, *r.args)
    expect(doc["first"] == r.first, f"first: {doc['first']}, {findings(doc)}")
    found = {x["id"] for x in doc["rules"] if x["state"] in ("fail", "warn")}
    expect(found == set(r.bad.split()), f"findings: {found}")
    fix = state(doc, r.first)["fix"] if r.first else ""
    expect(r.fix in fix and not (r.not_fix and r.not_fix in fix), f"fix: {fix}")


def test_statuses():
    """Each error that decode knows, in the log of the initialization: one cause, and the advice of a table."""
    words = re.findall(r"X\((0x[0-9a-f]{8}), (\w+)\)", (TOP / "kmod" / "core" / "tdx.h").read_text())
    expect(len(words) > 100, f"{len(words)} statuses")
    errors = [(int(hi, 16), name) for hi, name in words if int(hi, 16) >> 31]
    errors += [(0x8000ff00, "SEAMCALL_UD")]
    for i, (hi, name) in enumerate(errors):
        word = 0x8000ff0000000006 if hi == 0x8000ff00 else hi << 32
        leaf = (0x21, 0x22, 0x2d, 0x1f, 0x24)[i % 5]
        line = field.STATUS_FORMS[i % len(field.STATUS_FORMS)].format(leaf=leaf, word=word)
        with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
            make(top, table.off(table.log(line, "virt/tdx: TDX-Module initialization failed (-5)")))
            doc = json.loads(run(top, "--json").stdout)
        bad = [r for r in doc["rules"] if r["state"] in ("fail", "warn")]
        expect(len(bad) == 1 and bad[0]["id"] == doc["first"], f"{name}: {findings(doc)}")
        expect(f"TDX_{name}" in bad[0]["detail"], f"{name}: {bad[0]}")
        expect("tdxctl decode" not in bad[0]["fix"], f"{name}: no advice: {bad[0]}")


def sources_of(doc):
    """Words of what a rule reads: one of them must be in the way to check it by hand."""
    out = {"kernel log": ["dmesg"], "log of the previous kernel": ["/sys/fs/pstore"],
           "logs of VMs": ["/var/log/libvirt", "qemu-system-x86_64 -object"]}.get(doc["log"], [])
    for source in doc["reads"]:
        if source.startswith("MSR "):
            out.append("rdmsr")
            out.append(source[4:])
        elif source.startswith("CPUID "):
            out.append("cpuid")
        elif source.startswith("journal of "):
            out.append("journalctl")
        else:
            out += {"kernel log": ["dmesg"], "helper": ["tdxctl"], "logs of VMs": ["/var/log/libvirt"]}.get(source, [source.split("*")[0].rstrip("/")])
    return out


def test_explain():
    """Every rule says what it reads, on which kernels, why it matters, how to check by hand, and what to do."""
    sources = "".join(p.read_text() for d in ("lib", "kmod/core") for p in (TOP / d).rglob("*.[ch]"))
    msrs = {int(n, 16) for n in re.findall(r"X\((0x[0-9a-f]+), [A-Z_]+\)", (TOP / "lib" / "facts.h").read_text())}
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        make(top, {})
        for rule in table.RULES:
            p = run(top, "--json", "--explain", rule)
            doc = json.loads(p.stdout)
            expect(not validate.problems(doc), f"{rule}: {validate.problems(doc)}")
            e = doc["explain"]
            expect(e["reads"] or e["log_lines"], f"{rule} reads nothing")
            expect(all(e[k] for k in ("kernels", "why", "by_hand", "fix")), f"{rule}: {e}")
            expect(len(e["why"]) > 30 and e["why"].endswith("."), f"{rule}: {e['why']}")
            words = sources_of(e)
            expect(any(w in e["by_hand"] for w in words), f"{rule}: none of {words} in {e['by_hand']!r}")
            for source in e["reads"]:
                if source.startswith("MSR "):
                    expect(int(source[4:], 16) in msrs, f"{rule}: {source} is not read")
                elif source.startswith("/"):
                    name = source.split("*")[0].rstrip("/")
                    expect(name in sources or os.path.dirname(name) in sources, f"{rule}: {source} is not read")
            for word in re.findall(r"0x[0-9a-f]+", e["by_hand"]):
                expect(f"MSR {word}" in e["reads"] or f"CPUID {word}" in e["reads"] or "rdmsr" not in e["by_hand"],
                       f"{rule}: {word} is not read")
            text = " ".join(run(top, "--explain", rule).stdout.split())
            for head in ("Kernels: ", "Reads: ", "Why it matters: ", "Check by hand: ", "Fix: "):
                expect(head in text, f"{rule}: no {head!r} in text")
            expect(" ".join(e["why"].split()) in text and " ".join(e["by_hand"].split()) in text, f"{rule}: text and JSON")


def main():
    picked = [a for a in sys.argv[1:] if a != "--print"]
    if picked != sys.argv[1:]:
        for name in picked:
            for s in [situations.SITUATIONS[name]] if name in situations.SITUATIONS else []:
                code, doc = examine(s.tree)
                print(f"{name}: {code} {doc['first']} {findings(doc)}")
            if name in trees():
                code, doc = examine_tree(HERE / "trees" / name)
                print(f"{name}: {code} {doc['first']} {findings(doc)}")
        return 0
    tests = {f"rule {k}": (lambda k=k, v=v: test_rule(k, v, details.DETAILS.get(k)))
             for k, v in table.RULES.items() if v}
    tests |= {f"again {k}": (lambda k=k, v=v: test_rule(k, v)) for k, v in table.AGAIN.items()}
    tests |= {f"detail {k}": (lambda c=c: test_detail_case(c)) for k, c in details.CASES.items()}
    tests |= {f"host {k}": (lambda k=k, s=s: test_situation(k, s)) for k, s in situations.SITUATIONS.items()}
    tests |= {f"captured {k}": (lambda k=k: test_tree_on_disk(k)) for k in trees()}
    tests |= {f"field {k}": (lambda r=r: test_field(r)) for k, r in field.REPORTS.items()}
    tests |= {k[5:]: v for k, v in globals().items()
              if k in ("test_complete", "test_tree", "test_attestation", "test_request", "test_statuses", "test_explain", "test_nothing_known", "test_options", "test_log_lines", "test_next_step",
                       "test_no_permission")}
    tests |= agreements() | knowledge()
    if picked == ["--list"]:
        print("\n".join(sorted({name.split()[-1] for name in tests})))
        return 0
    tally = Tally("doctor")
    for name, test in tests.items():
        if not picked or name.split()[-1] in picked:
            tally.run(name, test)
    return tally.done()


if __name__ == "__main__":
    sys.exit(main())
