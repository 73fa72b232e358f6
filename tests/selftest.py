#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The test of the tests: each fault planted here must turn make check, or its tier, red.

Each fault is planted in a copy of the harness in a temporary directory. The same copy
without it must be green, so that red means that the fault was found.
Arguments pick tests by name. Environment: O, with tdxctl in it. Prints what is
wrong, then "selftest: N passed, N failed".
"""
import contextlib
import importlib.util
import io
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests"))
sys.dont_write_bytecode = True

from tally import Tally, expect                 # noqa: E402

OUT = TOP / os.environ.get("O", "build")
PYTHON = sys.executable

# Replaces the tree's Makefile: it builds the unit programs and nothing else.
MAKEFILE = """\
O ?= build
PRESENT := all $(O)/tdxctl $(O)/tdxctl-asan $(O)/bench-snapshot $(O)/bench-ledger $(O)/bench-status $(O)/stopwatch
.PHONY: $(PRESENT)
$(PRESENT):
	@:
$(O)/unit/%: tests/unit/%.c
	@mkdir -p $(@D)
	@gcc -g -fsanitize=address -Itests/unit -o $@ $<
"""
UNIT = """\
#include "check.h"

static void checks(void)
{
	for (int i = 0; i < 5; i++)
		CHECK(i < 5);
	%s
}

int main(void)
{
	RUN(checks);
	return check_done("planted");
}
"""


class Tree:
    """A copy of the harness, with stubs for what it runs."""

    def __init__(self, tmp):
        self.top = pathlib.Path(tmp)
        self.put("Makefile", MAKEFILE)
        self.copy("tests/check.sh", "tests/unit/check.h", "tests/bench/run.sh")
        self.put("tests/kernels.sh", "#!/bin/bash\necho '6.1.0 - - -'\n")
        self.put("tests/unit/counts", "")

    def copy(self, *paths):
        for path in paths:
            to = self.top / path
            to.parent.mkdir(parents=True, exist_ok=True)
            if (TOP / path).is_dir():
                shutil.copytree(TOP / path, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(TOP / path, to)

    def put(self, path, text):
        to = self.top / path
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text)
        if text.startswith("#!"):
            to.chmod(to.stat().st_mode | stat.S_IXUSR)
        return to

    def unit(self, plant="", name="test-planted", counts="test-planted 5\n"):
        self.put(f"tests/unit/{name}.c", UNIT % plant)
        self.put("tests/unit/counts", counts)

    def runner(self, text, status=0):
        """Replaces the runners of the tier cli; those of doctor and fleet pass."""
        self.put("tests/cli/run.sh", f"#!/bin/bash\ncat <<'END'\n{text}\nEND\nexit {status}\n")
        self.put("tests/hosts/run.py", "print('doctor: 1 passed, 0 failed')\n")
        self.put("tests/fleet/run.py", "print('fleet: 1 passed, 0 failed')\n")

    def run(self, *argv, env=None, **kw):
        keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
        return subprocess.run(argv, cwd=self.top, env={**keep, "O": "build", **(env or {})}, timeout=120, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              **kw)

    def check(self, *tiers, **env):
        return self.run("bash", "tests/check.sh", *tiers, env=env)


def green(p, what, says=""):
    expect(p.returncode == 0 and says in p.stdout, f"{what}: not green ({p.returncode}):\n{p.stdout[-1500:]}")


def red(p, what, says=""):
    expect(p.returncode != 0, f"{what}: not red:\n{p.stdout[-1500:]}")
    expect(says in p.stdout, f"{what}: red, and not for {says!r}:\n{p.stdout[-1500:]}")


# ---- the tiers of make check

def test_unit_program(tmp):
    t = Tree(tmp)
    red(t.check("unit"), "no program at all", "there is no program")
    t.unit()
    green(t.check("unit"), "a good program", "5 passed, 0 failed, 0 skipped")
    t.unit("CHECK(0);")
    red(t.check("unit"), "a check that fails", "failed: test-planted")
    t.unit("exit(0);")
    red(t.check("unit"), "an end in the middle", "without a closing line")
    t.unit("exit(check_failed += 1);")
    red(t.check("unit"), "a failure that is not counted", "without a closing line")
    t.unit("*(volatile int *)0 = 0;")
    red(t.check("unit"), "a crash", "without a closing line")
    t.unit("this does not build")
    red(t.check("unit"), "a program that does not build", "does not build")


def test_leak(tmp):
    t = Tree(tmp)
    t.unit("CHECK(1); *(void *volatile *)malloc(sizeof(void *)) = NULL;", counts="test-planted 6\n")
    red(t.check("unit"), "a leak", "detected memory leaks")
    t.unit("char *volatile p = malloc(4); free(p); CHECK(p[1] != 'x');", counts="test-planted 6\n")
    red(t.check("unit"), "a use after free", "heap-use-after-free")


def test_number_of_checks(tmp):
    t = Tree(tmp)
    t.unit(counts="test-planted 6\n")
    red(t.check("unit"), "a check less than recorded", "5 checks, and tests/unit/counts has 6")
    t.unit(counts="test-planted 4 floor\n")
    green(t.check("unit"), "more than recorded")
    t.unit(counts="test-other 4\n")
    red(t.check("unit"), "a program that is not recorded", "not in tests/unit/counts")
    t.unit(counts="test-planted 5\ntest-gone 5\n")
    red(t.check("unit"), "a program that is gone", "test-gone: in tests/unit/counts")


def test_closing_line(tmp):
    t = Tree(tmp)
    t.runner("cli: 3 passed, 0 failed")
    green(t.check("cli"), "a good runner", "5 passed, 0 failed, 0 skipped")
    for what, text, status, says in (
            ("no closing line", "all passed", 0, "exit status 0 without a closing line"),
            ("nothing said", "", 0, "without a closing line"),
            ("nothing run", "cli: 0 passed, 0 failed", 0, "nothing ran"),
            ("a failure with status 0", "cli: 3 passed, 1 failed", 0, "and exit status 0"),
            ("status 1 without a failure", "cli: 3 passed, 0 failed", 1, "exit status 1"),
            ("killed after its closing line", "cli: 3 passed, 0 failed", 137, "exit status 137")):
        t.runner(text, status)
        red(t.check("cli"), what, says)


def test_skips(tmp):
    t = Tree(tmp)
    t.runner("SKIP zsh: none here\ncli: 3 passed, 0 failed, 1 skipped")
    green(t.check("cli"), "a skip", "5 passed, 0 failed, 1 skipped")
    red(t.check("cli", CI="true"), "a skip in CI", "a skip is a failure in CI")
    t.runner("SKIP zsh: none here\ncli: 4 passed, 0 failed")
    red(t.check("cli"), "a skip that counts as passed", "skips that are not counted")
    t.runner("cli: 0 passed, 0 failed, 4 skipped", 1)
    red(t.check("cli"), "skips alone", "exit status 1")


def test_tools_and_tiers(tmp):
    t = Tree(tmp)
    t.unit()
    red(t.check("unit", "untit"), "a tier that is misspelt", "untit: no such tier")
    few = t.top / "bin"
    few.mkdir()
    for tool in "awk bash cat date dirname env grep make mkdir nproc realpath rm sed tail xargs".split():
        (few / tool).symlink_to(shutil.which(tool))
    t.runner("cli: 3 passed, 0 failed")
    (few / "python3").symlink_to(PYTHON)
    green(t.check("cli", "fuzz", PATH=str(few)), "a tool that is missing", "SKIP fuzz: no clang")
    red(t.check("cli", "fuzz", PATH=str(few), CI="true"), "a tool that is missing in CI", "failed: fuzz")
    for text in "#!/bin/bash\nexit 1\n", "#!/bin/bash\n", "#!/bin/bash\necho '6.1.0 - - -'\nexit 1\n":
        t.put("tests/kernels.sh", text)
        red(t.check("kmod"), "no kernel is known", "knows none")
    t.put("Makefile", MAKEFILE.replace("\t@:", "\t@false"))
    t.runner("cli: 3 passed, 0 failed")
    red(t.check("cli"), "a command that does not build", "does not build")


def test_update_does_not_reach_runners(tmp):
    t = Tree(tmp)
    t.runner("cli: 3 passed, 0 failed")
    script = t.top / "tests/cli/run.sh"
    script.write_text(script.read_text().replace("#!/bin/bash", '#!/bin/bash\n[ -z "${UPDATE+x}" ] || exit 1'))
    green(t.check("cli", UPDATE="1"), "UPDATE in the environment")


# ---- the runners in Python

def runner(tmp):
    t = Tree(tmp)
    t.copy("tests/tally.py", "tests/tools.py", "tests/schema", "tests/hosts", "tests/cli", "VERSION")
    return t, {"TDXCTL": str(OUT / "tdxctl")}


def test_golden(tmp):
    t, env = runner(tmp)
    golden = t.top / "tests/cli/golden/keys.txt"
    good = golden.read_text()
    cli = [PYTHON, "-B", "tests/cli/run.py", "keys"]
    green(t.run(*cli, env=env), "a golden", "cli: 1 passed, 0 failed")
    for text in good + "x\n", good[:-2] + "\n", good.replace("0", "O", 1), "":
        golden.write_text(text)
        red(t.run(*cli, env=env), "a golden that differs", "not ok keys")
    red(t.run(*cli, env={**env, "UPDATE": "1", "CI": "true"}), "UPDATE in CI", "not in CI")
    expect(golden.read_text() == "", "CI rewrote a golden")
    golden.unlink()
    red(t.run(*cli, env=env), "a golden that is missing", "not ok keys")
    green(t.run(*cli, env={**env, "UPDATE": "1"}), "UPDATE")
    expect(golden.read_text() == good, "UPDATE does not write what it was")


def test_python_skips(tmp):
    t, env = runner(tmp)
    zsh = [PYTHON, "-B", "tests/cli/run.py", "zsh-completion", "version"]
    green(t.run(*zsh, env={**env, "PATH": "/nonexistent"}), "no zsh", "cli: 1 passed, 0 failed, 1 skipped")
    red(t.run(*zsh, env={**env, "PATH": "/nonexistent", "CI": "true"}), "no zsh in CI", "1 passed, 1 failed")
    if os.geteuid():
        return
    os.chmod(tmp, 0o755)
    # The user 'nobody' may not be able to read this tree.
    shutil.copy(OUT / "tdxctl", t.top / "tdxctl")
    who = {"user": 65534, "group": 65534, "extra_groups": []}
    env = {"TDXCTL": str(t.top / "tdxctl")}
    root = [shutil.which("python3", path="/usr/bin:/bin"), "-B", "tests/hosts/run.py", "no_permission", "tree"]
    green(t.run(*root, env=env, **who), "not root", "doctor: 1 passed, 0 failed, 1 skipped")
    red(t.run(*root, env={**env, "CI": "true"}, **who), "not root in CI", "doctor: 1 passed, 1 failed")


def test_detail(tmp):
    t, env = runner(tmp)
    path = t.top / "tests/hosts/details.py"
    good = path.read_text()
    hosts = [PYTHON, "-B", "tests/hosts/run.py", "bios.keyid.few"]
    green(t.run(*hosts, env=env), "a detail", "doctor: 1 passed, 0 failed")
    for to, what in (('"0x87 2"', "another number"), ('"0x8 1"', "a part of a number"), ('"1 0x87"', "another order"),
                     ('"0x87"', "a number that nothing compares")):
        expect('"bios.keyid.few": "0x87 1"' in good, "the row is another by now")
        path.write_text(good.replace('"bios.keyid.few": "0x87 1"', '"bios.keyid.few": ' + to))
        red(t.run(*hosts, env=env), what, "not ok rule bios.keyid.few")


# ---- the guests' judges

def guest(t, results="ok one\nok two\n# end\n", console="[    1.0] Linux\n", docs=None, number="1"):
    if docs is None:
        doc = t.run(str(OUT / "tdxctl"), "--emulate", "--json", "status")
        expect(doc.returncode == 0, doc.stdout)
        docs = {"one.json": doc.stdout}
    work = t.top / "work"
    for d in work, work / number:
        d.mkdir(parents=True, exist_ok=True)
        (d / "results").write_text(results)
        (d / "console").write_text(console)
        (d / "status").write_text("0\n")
        (d / "ordinary").write_text("one\ntwo\n")
        for name in "out.tgz", "files.tgz":
            with tarfile.open(d / name, "w:gz") as tar:
                for path, text in docs.items():
                    info = tarfile.TarInfo(path)
                    info.size = len(text)
                    tar.addfile(info, io.BytesIO(text.encode()))


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, TOP / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def judges(tmp):
    """Both judges in this process; the lab's has its own copy of the other one."""
    t = Tree(tmp)
    t.put("cases/a.sh", "case_one()\n{\n}\n\ncase_two()\n{\n}\n")
    modules = {}

    def judge(path, *argv):
        out = io.StringIO()
        if path not in modules:
            modules[path] = load(path, pathlib.Path(path).stem + "_of_selftest")
        was, sys.argv = sys.argv, [path, *argv]
        os.environ["VM_CASES"] = str(t.top / "cases")
        try:
            with contextlib.redirect_stdout(out):
                status = modules[path].main()
        finally:
            sys.argv = was
        return subprocess.CompletedProcess(path, status, out.getvalue())

    def vm(status=0):
        return judge("tests/vm/judge.py", "6.1", str(t.top / "work"), str(status))

    def lab(guests=1, cases=("one", "two")):
        return judge("tests/lab/gate.py", "lab", str(t.top / "work"), str(guests), *cases)

    return t, vm, lab


def test_guest(tmp):
    t, vm, lab = judges(tmp)
    guest(t)
    doc = json.loads(t.run(str(OUT / "tdxctl"), "--emulate", "--json", "status").stdout)
    green(vm(), "a good guest", "vm-6.1: 4 passed, 0 failed")
    green(lab(), "a good lab", "lab: 4 passed, 0 failed")
    red(vm(124), "a guest that hangs", "timed out")
    (t.top / "work/1/status").write_text("125\n")
    red(lab(), "a panic in the lab", "the kernel panicked")
    del doc["hkids"]["free"]
    for what, says, kw in (
            ("a case that fails", "1 failed", {"results": "ok one\nnot ok two: why\n# end\n"}),
            ("a case that never reports", "never reported", {"results": "ok one\n# end\n"}),
            ("a case that is skipped", "never reported", {"results": "ok one\nskip two: why\n# end\n"}),
            ("a guest that dies", "guest", {"results": "ok one\nok two\n"}),
            ("a kernel's warning", "kernel-log", {"console": "[ 1.0] WARNING: CPU: 1 PID: 7 at kernel/fork.c:1 x+0x1\n"}),
            ("an oops", "kernel-log", {"console": "[ 1.0] BUG: unable to handle page fault for address: 0\n"}),
            ("a leak of the kernel's", "kernel-log", {"console": "[ 1.0] kmemleak: 3 new suspected memory leaks\n"}),
            ("a document of another shape", "json", {"docs": {"one.json": json.dumps(doc)}}),
            ("a document that is none", "json", {"docs": {"one.json": "{"}})):
        guest(t, **kw)
        red(vm(), what, says)
        red(lab(), what + " in the lab", says)
    # Each guest reports each case that was dealt out to it.
    guest(t)
    guest(t, number="2")
    green(lab(guests=2), "two guests", "lab: 8 passed, 0 failed")
    guest(t, results="not ok one: why\nok two\n# end\n")
    red(lab(guests=2), "a case that fails in the first of two guests", "1 failed")
    guest(t, results="ok two\n# end\n")
    red(lab(guests=2), "a case that only the second of two guests reports", "one: it never reported")
    guest(t)
    red(lab(cases=("one", "two", "three")), "a case that was dealt out to no guest", "three: no guest ran it")
    # A message that a case announced passes, but only in that case.
    mark = "[ 1.0] tdxctl-test: "
    warning = "[ 1.0] WARNING: at x+0x1\n"
    guest(t, console=f"{mark}begin one\n{mark}allow at x\n{warning}{mark}end one\n")
    green(vm(), "a warning that was announced")
    guest(t, console=f"{mark}want seam: over\n[ 1.0] seam: over\n")
    green(lab(), "a message that a case wants")
    guest(t, console=f"[ 1.0] seam: over\n{mark}want seam: over\n")
    red(lab(), "a message that a case wants, too early", "did not log")
    guest(t, console=f"{mark}begin one\n{mark}allow at x\n{mark}end one\n{mark}begin two\n{warning}{mark}end two\n")
    red(vm(), "a warning after its case", "kernel-log: two")


# The format of the lab's debug kernel.
KNOWN = """\
[   95.310268] ------------[ cut here ]------------
[   95.310299] WARNING: arch/x86/virt/vmx/tdx/tdx.c:158 at tdx_offline_cpu+0x1a3/0x2f0, CPU#3: cpuhp/3/35
[   95.310411] Modules linked in: tdxctl(O) kvm_intel kvm irqbypass [last unloaded: tdxctl(O)]
[   95.310566] CPU: 3 UID: 0 PID: 35 Comm: cpuhp/3 Tainted: G           O        7.2.13 #1 PREEMPT(full)
[   95.310601] Tainted: [O]=OOT_MODULE
[   95.310633] RIP: 0010:tdx_offline_cpu+0x1a3/0x2f0
[   95.310670] Code: 00 00 00 65 8b 05 11 22 33 44 85 c0 0f 84 <0f> 0b e9 11 ff ff ff 90 90 90
[   95.310702] RSP: 0018:ffffc900001b7d90 EFLAGS: 00010246
[   95.310735] RAX: 0000000000000000 RBX: 0000000000000003 RCX: 0000000000000001
[   95.310768] RDX: 0000000000000000 RSI: 0000000000000008 RDI: ffffffff8a1b2c40
[   95.310801] RBP: ffffc900001b7db8 R08: 0000000000000001 R09: fffffbfff1436588
[   95.310834] R10: ffffffff8a1b2c47 R11: 0000000000000000 R12: ffff888035a2e010
[   95.310867] R13: 00000000000000ee R14: ffffffff810a5b60 R15: dffffc0000000000
[   95.310900] FS:  0000000000000000(0000) GS:ffff8880a9b1c000(0000) knlGS:0000000000000000
[   95.310933] CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033
[   95.310966] CR2: 00007f3f0d6f1000 CR3: 0000000006c94000 CR4: 00000000000406f0
[   95.310999] Call Trace:
[   95.311032]  <TASK>
[   95.311065]  ? __pfx_tdx_offline_cpu+0x10/0x10
[   95.311098]  cpuhp_invoke_callback+0x1ee/0x7d0
[   95.311131]  cpuhp_thread_fun+0x2a9/0x4b0
[   95.311164]  </TASK>
[   95.311197] irq event stamp: 218
[   95.311230] hardirqs last  enabled at (217): [<ffffffff812f3a51>] finish_task_switch+0x1c1/0x6f0
[   95.311263] ---[ end trace 0000000000000000 ]---
[   96.000001] smpboot: CPU 3 is now offline
"""


def test_known_warning(tmp):
    t, _, lab = judges(tmp)
    lines = KNOWN.splitlines(keepends=True)
    head, trace = lines[:2], next(i for i, s in enumerate(lines) if "Call Trace:" in s)
    oops = "[   95.310700] BUG: unable to handle page fault for address: 0000000000000010\n"
    guest(t, console=KNOWN)
    green(lab(), "the known warning")
    # tdx_cpu_flush_cache() is a function of its own in some builds of the debug kernel.
    guest(t, console=KNOWN.replace("tdx_offline_cpu+0x1a3/0x2f0", "tdx_cpu_flush_cache+0x91/0xb0"))
    green(lab(), "the known warning, not inlined")
    guest(t, console=re.sub(r"^(\[ +[0-9.]+\])", r"\1[   T35]", KNOWN, flags=re.M))
    green(lab(), "the known warning with the task of each line")
    harmless = "[   95.310700] kvm: vCPU 1 is slow\n"
    guest(t, console="".join([*lines[:8], harmless, *lines[8:]]))
    green(lab(), "another CPU's message in between")
    for what, text in (
            ("another CPU's oops in between", [*lines[:8], oops, *lines[8:]]),
            ("an oops after it", [*lines, oops]),
            ("no trace", [*lines[:trace], *lines[trace + 1:]]),
            ("no trace and no head", head),
            ("a head of another shape", [*head, *lines[trace:]]),
            ("a trace that comes late", [*lines[:trace], *[harmless] * 60, *lines[trace:]]),
            ("twice in one boot", [*lines, *lines]),
            ("another line", [s.replace("tdx.c:158", "tdx.c:159") for s in lines]),
            ("another function", [s.replace("158 at tdx_offline_cpu", "158 at tdx_online_cpu") for s in lines]),
            ("another function of that name", [s.replace("158 at tdx_offline_cpu", "158 at x_tdx_offline_cpu")
                                               for s in lines]),
            ("a second trace", [*lines, lines[trace]])):
        guest(t, console="".join(text))
        red(lab(), "the known warning: " + what, "kernel-log")
    # The rest of the log is judged even if the format is not met.
    guest(t, console="".join([*head, harmless * 50, oops]))
    red(lab(), "an oops far behind a warning without trace", "page fault")


# ---- paths in the guests' cases

def test_misspelt_key(tmp):
    t = Tree(tmp)
    t.copy("tests/vm", "tests/schema")
    p = t.run("gcc", "-D_GNU_SOURCE", "-o", "jget", "tests/vm/jget.c", "-ljson-c")
    expect(p.returncode == 0, p.stdout)
    t.put("d.json", json.dumps({"features": [{"name": "a", "on": True}], "tds": [], "n": {"x": 1, "s": ""}}))
    why = pathlib.Path(f"/tmp/why.selftest-{os.getpid()}")

    def says(line):
        why.unlink(missing_ok=True)
        try:
            return t.run("sh", "-uc", f". tests/vm/lib.sh; CASE={why.suffix[1:]} OUT=d.json; {line}; test ! -e {why}",
                         env={"PATH": f"{t.top}:{os.environ['PATH']}"})
        finally:
            why.unlink(missing_ok=True)

    for line in ("is 'features[on=false].name' ''", "is 'features[on=true].name' a", "is 'tds[].id' ''", "is n.s ''",
                 "count 'features[on=false].name' 0", "count 'features[].name' 1", "count 'tds[].id' 0", "at_least n.x 1",
                 "test \"$(value n.x)\" = 1"):
        green(says(line), line)
    for line in ("is 'features[on=false].nmae' ''", "is 'featured[].name' ''", "is 'features[no=false].name' ''", "is n.y ''",
                 "is n.x.y ''", "is 'features[on=true].name' ''", "is n.x 2", "count 'features[on=false].nmae' 0",
                 "count 'featured[].name' 0", "count 'tds[' 0", "at_least n.x 2", "at_least n.y 0", "echo \"$(value n.y)\"",
                 "value 'tds[].id' | cat", "echo \"$(value 'features[on=false].name')\""):
        red(says(line), line)


def test_path_of_no_schema(tmp):
    t = Tree(tmp)
    t.copy("tests/vm", "tests/schema")
    for path, good in (("hkids[state=leaked].id", True), ("hkids[state=leakd].id", False), ("hkids[stat=leaked].id", False),
                       ("health.reasons[]", True), ("health.reason[]", False), ("tds[vm=$vm].hkid", True)):
        case = t.put("tests/vm/cases/x.sh", f"case_x()\n{{\n\tj 0 status\n\tcount '{path}' 0\n}}\n")
        p = t.run(PYTHON, "-B", "tests/vm/paths.py", str(case))
        expect((p.stdout == "") == good, f"{path}: {p.stdout}")


# ---- make bench

def test_budget(tmp):
    t = Tree(tmp)
    ratio = "status                                                  0.500 of  1.00  ok    (1 and 2)"
    good = f"cat <<'END'\n{ratio}\nEND\n"
    bench = ("bash", "tests/bench/run.sh")
    t.put("bin/qemu-system-x86_64", "#!/bin/sh\nexit 1\n")
    env = {"PATH": f"{t.top / 'bin'}:{os.environ['PATH']}"}
    results = {"creation": "bench creation 100 90 1000", "release": "bench release 1000 1000 1003", "slow": "bench slow 4000 1000"}

    t.put("build/tdxctl", "#!/bin/sh\n")

    def run(snapshot=good, logs=None, ledger=good, status=good, **more):
        t.put("build/bench-snapshot", "#!/bin/sh\n" + snapshot)
        t.put("build/bench-ledger", "#!/bin/sh\n" + ledger)
        t.put("build/bench-status", "#!/bin/sh\n" + status)
        lines = "\n".join((results if logs is None else logs).values())
        t.put("tests/vm/run.sh", f"mkdir -p build/vm/$1-bench/out\ncat >build/vm/$1-bench/out/a.log <<'END'\n{lines}\nEND\n")
        return t.run(*bench, env={**env, **more})

    green(run(), "no image", "SKIP")
    red(run(CI="true"), "no image in CI", "SKIP")
    t.put("tests/kernels.sh", "#!/bin/bash\necho '6.1.0 /hdr /image /mods'\n")
    green(run(), "all within budget", "the slow way")
    red(run(good + "exit 1\n"), "a bench that fails", "bench-snapshot: failed")
    red(run(good.replace("ok  ", "OVER")), "a figure over its budget", "OVER")
    red(run(ledger=good.replace("ok  ", "OVER")), "a figure of the second bench over its budget", "OVER")
    red(run(status=good.replace("ok  ", "OVER")), "a figure of the third bench over its budget", "OVER")
    red(run("true\n"), "a bench that says nothing", "0 budgets")
    red(run(good + "echo 'bench: out of memory'\n"), "a line that is no budget", "1 budgets in 2 lines")
    for name in results:
        red(run(logs={k: v for k, v in results.items() if k != name}), f"no line of {name}", f"{name}: measured 0 times")
    for name, line in (("creation", "bench creation 200 90 1000"), ("release", "bench release 1001 1000 1004"),
                       ("slow", "bench slow 5000 1000")):
        red(run(logs={**results, name: line}), f"{name} over its budget", "OVER")
    red(run(logs={**results, "slow": "bench slow  1000"}), "a number that is missing", "slow: measured 0 times")
    red(run(logs={**results, "slow": "bench slow x 1000"}), "a number that is none", "not a measurement")
    t.put("tests/vm/run.sh", "exit 1\n")
    red(t.run(*bench, env=env), "a guest that fails")


def main():
    tests = {k[5:]: v for k, v in globals().items() if k.startswith("test_")}
    picked = sys.argv[1:] or list(tests)
    unknown = [n for n in picked if n not in tests]
    if unknown:
        sys.exit(f"no such test: {' '.join(unknown)}")
    tally = Tally("selftest")
    for name in picked:
        with tempfile.TemporaryDirectory(prefix="tdxctl-selftest-") as tmp:
            tally.run(name, tests[name], tmp)
    return tally.done()


if __name__ == "__main__":
    sys.exit(main())
