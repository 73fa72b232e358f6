#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""judge.py KVER DIR QEMU_STATUS [CASE...]: what a VM run is worth.

One check per case, one per JSON document the guest wrote, one for the kernel
log. A case that never reported, a guest that died and a message from the kernel
that no case announced are failures.
"""
import glob
import json
import os
import re
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "schema"))
sys.dont_write_bytecode = True

import validate

# What a healthy kernel never says.
SPLAT = re.compile(
    r"WARNING|\bBUG\b|Oops|Kernel panic|Call Trace|general protection|page fault|"
    r"lockdep|possible recursive|circular locking|inconsistent lock|suspicious RCU|"
    r"sleeping function|scheduling while atomic|soft lockup|hard LOCKUP|hung_task|"
    r"blocked for more than|refcount|use-after-free|Redzone|Poison overwritten|"
    r"Object already free|rcu.*stall|unable to handle|double fault|"
    r"[Ll]eak|still in use|objects remaining|Bad page|disagrees about version|"
    r"Unknown symbol|general protection|divide error|stack (guard|overflow)|irq .*nobody cared")
# The kernel's own words that only look like trouble.
HARMLESS = re.compile(
    r"Kernel command line:|Command line:|RCU CPU stall warnings timeout set|tdxctl-test:")


def cases_expected(selected):
    if selected:
        return selected
    names = []
    for path in sorted(glob.glob(os.path.join(os.environ["VM_CASES"], "*.sh"))):
        with open(path) as f:
            names += re.findall(r"^case_([a-z0-9_]+)\(\)$", f.read(), re.M)
    return names


def read(path):
    try:
        with open(path, errors="replace") as f:
            return f.read().replace("\r", "")
    except OSError:
        return ""


def judge_log(text):
    """Lines of the kernel log that no case announced, with their case."""
    out, case, allowed = [], "boot", []
    for line in text.splitlines():
        mark = re.search(r"tdxctl-test: (begin|end|allow) (.*)", line)
        if mark:
            word, rest = mark.groups()
            if word == "begin":
                case = rest
            elif word == "allow":
                allowed.append(re.compile(rest))
            else:
                case, allowed = "after " + rest, []
            continue
        if SPLAT.search(line) and not HARMLESS.search(line):
            if not any(a.search(line) for a in allowed):
                out.append("%s: %s" % (case, line))
    return out


def judge_json(tar):
    """(good, bad) over every *.json the guest wrote, by its own "command"."""
    good, bad = 0, []
    for m in tar.getmembers():
        if not m.name.endswith(".json"):
            continue
        try:
            found = validate.problems(json.loads(tar.extractfile(m).read()))
        except ValueError as e:
            found = ["not JSON: %s" % e]
        good += not found
        bad += ["%s: %s" % (m.name, line) for line in found]
    return good, bad


def main():
    kver, work, qemu = sys.argv[1], sys.argv[2], int(sys.argv[3])
    results = read(os.path.join(work, "results"))
    log = read(os.path.join(work, "console"))
    passed, failed = 0, 0

    print(results, end="")
    seen = {name: word for word, name in
            re.findall(r"^((?:not )?ok) ([a-z0-9_]+)", results, re.M)}
    for name in cases_expected(sys.argv[4:]):
        if seen.get(name) == "ok":
            passed += 1
        else:
            failed += 1
            if name not in seen:
                print("not ok %s: it never reported" % name)

    if qemu != 0 or "# end" not in results:
        failed += 1
        print("not ok guest: %s" % ("timed out" if qemu == 124 else
                                    "QEMU status %d" % qemu if qemu else "it died"))
        print("\n".join(log.splitlines()[-40:]))

    noise = judge_log(log)
    for line in noise[:30]:
        print("not ok kernel-log: " + line)
    failed += len(noise) > 0
    passed += len(noise) == 0

    try:
        with tarfile.open(os.path.join(work, "out.tgz")) as tar:
            good, bad = judge_json(tar)
            out = os.path.join(work, "out")
            tar.extractall(out)
    except (OSError, EOFError, tarfile.TarError) as e:
        good, bad = 0, ["out.tgz: %s" % e]
    for line in bad:
        print("not ok json: " + line)
    passed += good
    failed += len(bad)

    print("vm-%s: %d passed, %d failed" % (kver, passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
