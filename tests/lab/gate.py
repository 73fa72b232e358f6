#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""gate.py NAME DIR GUESTS CASE...: what the runs in DIR/1 to DIR/GUESTS are worth.

The judge of the other guests' runs, with what KVM and the TDX host code say when
a SEAMCALL was illegal.
"""
import os
import re
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "vm"))
sys.dont_write_bytecode = True

import judge

judge.SPLAT = re.compile(judge.SPLAT.pattern + r"|SEAMCALL .*failed|KVM_BUG|KASAN|kmemleak:.*suspected|"
                         r"Failed to reclaim|Missing ENDBR|control protection")
judge.HARMLESS = re.compile(judge.HARMLESS.pattern + r"|MDS CPU bug present and SMT on|Lock dependency|"
                            r"\.\.\. MAX_LOCK|kmemleak: (Kernel memory leak detector initialized|Automatic)| kmemleak_\w+\+0x|"
                            r"KernelAddressSanitizer initialized|RCU lockdep checking is enabled")

# Warnings of Linux 7.2 about itself; each is this one line and the head of its trace.
KNOWN = re.compile(
    # As a CPU goes offline its own thread, which may be preempted but not migrated,
    # runs into tdx_cpu_flush_cache()'s lockdep_assert_preemption_disabled().
    r"WARNING: arch/x86/virt/vmx/tdx/tdx\.c:158 at tdx_offline_cpu\+")


def without_known(text):
    out, in_known = [], False
    for line in text.splitlines():
        if KNOWN.search(line):
            in_known = True
        elif in_known and "Call Trace:" in line:
            in_known = False
        else:
            out.append(line)
    return "\n".join(out)


def judge_guest(name, work):
    """(passed, failed) of what is not one case: the guest, its log, its documents."""
    passed, failed = 0, 0
    status = judge.read(os.path.join(work, "status")).strip()
    log = judge.read(os.path.join(work, "console"))
    if status != "0" or "# end" not in judge.read(os.path.join(work, "results")):
        failed += 1
        print("not ok guest %s: %s" % (name, {"124": "timed out", "125": "the kernel panicked",
                                              "126": "Bochs died"}.get(status, "status " + status)))
        print("\n".join(log.splitlines()[-40:]))
    noise = judge.judge_log(without_known(log))
    for line in noise[:30]:
        print("not ok kernel-log: " + line)
    failed += len(noise) > 0
    passed += len(noise) == 0
    try:
        with tarfile.open(os.path.join(work, "files.tgz")) as tar:
            good, bad = judge.judge_json(tar)
    except (OSError, EOFError, tarfile.TarError) as e:
        good, bad = 0, ["files.tgz: %s" % e]
    for line in bad:
        print("not ok json: " + line)
    return passed + good, failed + len(bad)


def main():
    name, out, guests, cases = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
    passed, failed, seen = 0, 0, {}
    for guest in range(1, guests + 1):
        work = os.path.join(out, str(guest))
        for word, case in re.findall(r"^((?:not )?ok) ([a-z0-9_]+)",
                                     judge.read(os.path.join(work, "results")), re.M):
            seen[case] = word
        good, bad = judge_guest(guest, work)
        passed += good
        failed += bad
    for case in cases:
        if seen.get(case) == "ok":
            passed += 1
            continue
        failed += 1
        if case not in seen:
            print("not ok %s: it never reported" % case)
    print("%s: %d passed, %d failed" % (name, passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
