#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of doctor: each rule fires where it must and is silent where it must be.

Environment: TDXCTL the binary (build/tdxctl-asan). Arguments pick rules or
situations by name. Ends with "doctor: N passed, N failed".
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE), str(TOP / "tests" / "schema")]

import table                                    # noqa: E402
import validate                                 # noqa: E402

TDXCTL = os.path.abspath(os.environ.get("TDXCTL") or TOP / os.environ.get("O", "build") / "tdxctl-asan")
ENV = {k: v for k, v in os.environ.items() if k == "PATH" or k.endswith("SAN_OPTIONS")} | {"LC_ALL": "C"}


class Failure(Exception):
    """A rule that said something else."""


def expect(cond, what):
    if not cond:
        raise Failure(what)


def make(top, mods):
    files = {} if mods is None else {**table.HEALTHY, **mods}
    for path, text in files.items():
        if text is not None:
            full = pathlib.Path(top, path)
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_text(text)


def run(top, *args):
    p = subprocess.run([TDXCTL, "--root", top, "doctor", *args], stdin=subprocess.DEVNULL, timeout=60,
                       capture_output=True, text=True, check=False, env=ENV)
    expect("Sanitizer" not in p.stderr and "runtime error" not in p.stderr, p.stderr)
    return p


def examine(mods, *args):
    """(exit status, document) of doctor on that host."""
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        make(top, mods)
        p = run(top, "--json", *args)
        doc = json.loads(p.stdout)
        found = validate.problems(doc)
        expect(not found, "; ".join(found))
        text = run(top, *args)
        expect(text.returncode == p.returncode, "text and JSON differ in exit status")
        for r in doc["rules"]:
            finding = r["state"] in ("info", "warn", "fail")
            expect((r["id"] in text.stdout) == (finding or "-v" in args), f"{r['id']} in text")
            expect(bool(r["fix"]) == finding, f"{r['id']}: fix")
        return p.returncode, doc


def state(doc, rule):
    return next(r for r in doc["rules"] if r["id"] == rule)


def test_rule(rule, row):
    fires, want, silent = row
    _, doc = examine(fires, "--attestation")
    got = state(doc, rule)
    expect(got["state"] == want, f"must fire: {got}")
    # Findings come before what is well, the worst first.
    order = [("fail", "warn", "info", "unknown", "skip", "ok").index(r["state"]) for r in doc["rules"]]
    expect(order == sorted(order), "not sorted")
    if silent is not None:
        _, doc = examine(silent, "--attestation")
        got = state(doc, rule)
        expect(got["state"] == "ok" or (got["state"] == "skip" and "waits" not in (got["detail"] or "")),
               f"must be silent: {got}")


def test_situation(row):
    mods, first, status = row
    code, doc = examine(mods)
    expect(code == status, f"exit status {code}: {[r for r in doc['rules'] if r['fix']]}")
    top = doc["rules"][0]
    expect((top["id"] if top["fix"] else None) == first, f"{top['id']} comes first: {top}")
    expect(("error" in doc) == (status == 4), "error object")
    total = {k: v for k, v in doc["summary"].items()}
    expect(sum(total.values()) == len(doc["rules"]), f"summary: {total}")


def test_every_rule_has_a_case():
    _, doc = examine({}, "--attestation")
    ids = {r["id"] for r in doc["rules"]}
    expect(ids == set(table.RULES), f"rules without case, cases without rule: {ids ^ set(table.RULES)}")


def test_tree():
    """Below a failure nothing is guessed."""
    _, doc = examine(table.off(table.both(x982=0)))
    for rule in ("bios.tmemt.off", "bios.keyid.none", "bios.seamrr.off", "bios.module.missing"):
        got = state(doc, rule)
        expect(got["state"] == "skip" and got["detail"].startswith("waits for"), got)


def test_options():
    leak = table.LEAK
    code, doc = examine(leak, "--group", "capacity")
    expect(code == 0 and {r["group"] for r in doc["rules"]} == {"capacity"}, doc)
    code, doc = examine(table.LIMIT, "--fail-on", "warn")
    expect(code == 7, "--fail-on warn")
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        make(top, leak)
        p = run(top, "--explain", "hkid.leaked", "--json")
        doc = json.loads(p.stdout)
        expect(not validate.problems(doc) and len(doc["rules"]) == 1 and p.returncode == 7, p.stdout)
        p = run(top, "--explain", "hkid.leakd")
        expect(p.returncode == 2 and "hkid.leaked" in p.stderr, p.stderr)
        p = run(top, "--short")
        expect(p.stdout.splitlines()[0].startswith("FAIL  An HKID leaked  (hkid.leaked)"), p.stdout)
        expect("Fix:" not in p.stdout, p.stdout)


def test_no_permission():
    """What may not be read is unknown, whoever asks."""
    if os.geteuid():
        return
    with tempfile.TemporaryDirectory(prefix="tdxctl-host-") as top:
        os.chmod(top, 0o755)
        make(top, table.off())
        for path in ("dev/cpu/0/msr.txt", "dev/cpu/2/msr.txt", "var/log/dmesg", "boot/config-7.2.13",
                     "sys/module/kvm_intel/parameters/tdx"):
            os.chmod(pathlib.Path(top, path), 0)
        p = subprocess.run([TDXCTL, "--root", top, "doctor", "--json"], capture_output=True, text=True,
                           timeout=60, check=False, env=ENV, user=65534, group=65534, extra_groups=[])
        doc = json.loads(p.stdout)
        for rule in ("bios.keyid.few", "bios.seamrr.off", "kvm.param", "bios.module.missing", "hkid.leaked"):
            got = state(doc, rule)
            expect(got["state"] == "unknown" and got["detail"], got)
        expect(not any(r["state"] == "fail" for r in doc["rules"]), "a failure that nobody saw")


def main():
    tests = {f"rule {k}": (lambda k=k, v=v: test_rule(k, v)) for k, v in table.RULES.items() if v}
    tests |= {f"host {k}": (lambda v=v: test_situation(v)) for k, v in table.SITUATIONS.items()}
    tests |= {k[5:]: v for k, v in globals().items()
              if k in ("test_every_rule_has_a_case", "test_tree", "test_options", "test_no_permission")}
    picked = sys.argv[1:]
    passed = failed = 0
    for name, test in tests.items():
        if picked and name.split()[-1] not in picked:
            continue
        try:
            test()
            passed += 1
        except (Failure, OSError, ValueError, KeyError, StopIteration, subprocess.SubprocessError) as err:
            failed += 1
            print(f"not ok {name}: {type(err).__name__}: {err}")
    print(f"doctor: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
