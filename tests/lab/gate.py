#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""gate.py [--skipped N] NAME DIR GUESTS CASE...: what the runs in DIR/1 to DIR/GUESTS are worth.

N: how many more cases were skipped, each with its reason.
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

# The first line of a known warning of Linux 7.2: when a CPU goes offline, its own thread,
# which may be preempted but not migrated, fails lockdep_assert_preemption_disabled() in
# tdx_cpu_flush_cache(), which may be inlined. WARN_ON_ONCE() prints it once per boot.
KNOWN = re.compile(r"WARNING: arch/x86/virt/vmx/tdx/tdx\.c:158 at tdx_(?:offline_cpu|cpu_flush_cache)\+")
# CONFIG_PRINTK_CALLER adds the task or CPU.
STAMP = r"^(?:\[\s*\d+\.\d+\](?:\[\s*[CT]\d+\])? )?"
# Lines that the kernel prints between the first line and the trace.
HEAD = re.compile(STAMP + r"(?:Modules linked in: |Unloaded tainted modules: |CPU: \d+ |Tainted: |Hardware name: |"
                  r"Workqueue: |Stopper: |RIP: |Code: |RSP: |R[A-Z0-9]{2}: [0-9a-f]{16} |FS: |CS: |CR2: |DR[03]: |PKRU: )")
TRACE = re.compile(STAMP + r"Call Trace:\s*$")
# There are 17 such lines; other CPUs may print in between.
LONGEST = 40


def without_known(text):
    """Returns the log without the known warning, up to its trace, and faults in its format."""
    lines, out, wrong, seen, i = text.splitlines(), [], [], 0, 0
    while i < len(lines):
        out.append(lines[i])
        i += 1
        if not KNOWN.search(out[-1]):
            continue
        seen += 1
        end = next((k for k in range(i, min(len(lines), i + LONGEST)) if TRACE.search(lines[k])), None)
        head = [] if end is None else [line for line in lines[i:end] if HEAD.search(line)]
        if end is None or not all(any(word in line for line in head) for word in ("CPU: ", "RIP: ")):
            wrong.append("a known warning without the head of its trace: " + out[-1])
            continue
        if seen > 1:
            wrong.append("a known warning that comes once in a boot, again: " + out[-1])
            continue
        # Messages of other CPUs are judged.
        out[-1:] = [line for line in lines[i:end] if not HEAD.search(line)]
        i = end + 1
    return "\n".join(out), wrong


def unmet(log):
    """What a case announced for the rest of the log and the kernel did not log."""
    missing = []
    for line in log.splitlines():
        mark = re.search(r"tdxctl-test: want (.*)", line)
        if mark:
            missing.append(mark.group(1))
        else:
            missing = [want for want in missing if not re.search(want, line)]
    return ["the kernel did not log \"%s\"" % want for want in missing]


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
    log, wrong = without_known(log)
    noise = wrong + unmet(log) + judge.judge_log(log)
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


def judge_cases(work):
    """(passed, failed) of the cases that were dealt out to a guest, and their names."""
    results = judge.read(os.path.join(work, "results"))
    seen = {case: word for word, case in re.findall(r"^((?:not )?ok) ([a-z0-9_]+)", results, re.M)}
    dealt = [case for part in ("ordinary", "faults") for case in judge.read(os.path.join(work, part)).split()]
    for case in dealt:
        if case not in seen:
            print("not ok %s: it never reported" % case)
    passed = sum(seen.get(case) == "ok" for case in dealt)
    return passed, len(dealt) - passed, dealt


def main():
    args, skipped = sys.argv[1:], 0
    if args[0] == "--skipped":
        skipped, args = int(args[1]), args[2:]
    name, out, guests, cases = args[0], args[1], int(args[2]), args[3:]
    passed, failed, ran = 0, 0, set()
    for guest in range(1, guests + 1):
        work = os.path.join(out, str(guest))
        good, bad, dealt = judge_cases(work)
        ran.update(dealt)
        passed += good
        failed += bad
        good, bad = judge_guest(guest, work)
        passed += good
        failed += bad
    for case in cases:
        if case not in ran:
            failed += 1
            print("not ok %s: no guest ran it" % case)
    print("%s: %d passed, %d failed" % (name, passed, failed) + (", %d skipped" % skipped if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
