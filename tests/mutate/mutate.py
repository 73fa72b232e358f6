#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make mutate: changes one line of lib, cmd or kmod/core at a time and checks that a test fails.

A nightly tool: a run over all files takes hours, one over a folder minutes. For each file
the seed picks N mutants of these kinds: comparison, logic, arithmetic, constant, return
value, deleted statement, condition always true or false (mutants.py). A mutant that does
not compile, or compiles to the same object, is replaced. Each one is tried against the
tests that run its line: programs of tests/unit, cases of tests/hosts and tests/cli. Tests
that are fast and have killed other mutants of the file come first. A mutant is killed if
a test fails twice or exceeds its limit, which is CPU time or time asleep: waiting for a
CPU of a busy machine does not count. Survivors are tried again under ASan and UBSan.

Equivalent mutants, which no test can kill, are listed in tests/mutate/equivalent with a
reason each, and so are files that only guests run. A line that no test runs is reported as "not covered" and counts as not killed.
Exit status: 0, 1 if less than --floor percent of the mutants are killed, 2 on errors.

The work is done in copies of the tree below O/mutate, in rounds over all files, so that a
run that is interrupted has tried some mutants of each. Results are kept there: the next
run goes on where it ended, and a result is used again until the sources or
the test that it depends on change. Tests run in a PID namespace of their own, because a
mutant may send signals to any process.

Debian has no mutation tool for C (apt-cache search mutat). universalmutator on PyPI
generates mutants with regular expressions but knows neither coverage nor incremental
builds; Mull needs clang and a JIT of one LLVM version and is not packaged.
"""
import argparse
import concurrent.futures
import fcntl
import fnmatch
import functools
import hashlib
import json
import os
import pathlib
import queue
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import mutants                                  # noqa: E402
from mutants import Error                       # noqa: E402

SOURCES = ("lib/", "cmd/", "kmod/core/")
TESTS = ("tests/unit/", "tests/hosts/", "tests/cli/", "tests/schema/")
PYTHON = os.environ.get("PYTHON") or "/usr/bin/python3"
# Makes the build "asan" of the Makefile, which all tests use, one without sanitizers.
FLAVOURS = {
    "plain": ["CFLAGS=-O1 -w", "SAN_asan="],
    # A process that ends with _exit() counts as well.
    "coverage": ["CFLAGS=-O0 -w --coverage -D_exit=exit", "LDFLAGS=--coverage", "SAN_asan="],
    "asan": ["CFLAGS=-O1 -g1 -w"],
}
SANDBOXES = (["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"],
             ["unshare", "--user", "--map-current-user", "--pid", "--fork", "--kill-child", "--mount-proc"])
RUNNERS = {"hosts": "tests/hosts/run.py", "cli": "tests/cli/run.py"}
ROUNDS = (0.2, 0.5, 1)          # share of the mutants of each file that are done after each round
FILE_LIMIT = 1 << 30            # bytes that a mutant may write to one file
MEMORY_LIMIT = 16 << 30         # bytes of address space; unit tests map 8 GiB without using them
START = 0.1                     # seconds to link or start a test
UNIT = 5                        # how much more likely a unit program kills a mutant, at first
ASAN_FACTOR = 5                 # how much slower tests are with the sanitizers
ASAN_LONGEST = 5                # tests that take more seconds without them are not tried
ASAN_BUDGET = 60                # seconds of tests for each survivor, as they need without them

running = set()
stopping = threading.Event()


class BuildError(Error):
    """A program does not build."""


def processes(top):
    """(CPU seconds, whether one can run) of process @top and its descendants."""
    children, stat = {}, {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            f = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        stat[pid] = f
        children.setdefault(int(f[1]), []).append(pid)
    todo, ticks, ready = [top], 0, False
    while todo:
        pid = todo.pop()
        todo += children.get(pid, [])
        if pid in stat:
            ticks += sum(map(int, stat[pid][11:15]))    # of itself and of children that it waited for
            ready |= stat[pid][0] == "R"
    return ticks / os.sysconf("SC_CLK_TCK"), ready


def wait(p, limit):
    """
    The exit status of @p, or None if its processes use more than @limit seconds. Seconds in
    which one is ready but gets no CPU do not count.
    """
    try:
        return p.wait(limit)
    except subprocess.TimeoutExpired:
        pass
    used, asleep, at = 0, 0, time.monotonic()
    while used + asleep < limit:
        try:
            return p.wait(0.5)
        except subprocess.TimeoutExpired:
            now, ready = processes(p.pid)
            used = max(used, now)
            asleep += 0 if ready else time.monotonic() - at
            at = time.monotonic()
    return None


def execute(argv, limit, **kw):
    """(exit status, output); the status is None if it exceeds @limit: see wait()."""
    with tempfile.TemporaryFile() as out:
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                              start_new_session=True, **kw) as p:
            running.add(p)
            status = wait(p, limit)
            if status is None:
                os.killpg(p.pid, signal.SIGKILL)
            running.discard(p)
        out.seek(0)
        if stopping.is_set():
            raise Error("interrupted")
        return status, out.read(1 << 20).decode(errors="replace")


def digest(*parts):
    h = hashlib.sha1()
    for part in parts:
        h.update(part if isinstance(part, bytes) else str(part).encode())
        h.update(b"\0")
    return h.hexdigest()


class Tree:
    """The tree as it is at the start: files, and digests of what a result depends on."""

    def __init__(self, top):
        self.top = top
        git = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=top,
                             capture_output=True, check=False) if (top / ".git").exists() else None
        names = git.stdout.decode().split("\0") if git and git.returncode == 0 else \
            [str(p.relative_to(top)) for p in top.rglob("*")]
        self.files = {n: (top / n).read_bytes() for n in sorted(names)
                      if n and (top / n).is_file() and not n.startswith("build/")}
        self.mode = {n: (top / n).stat().st_mode & 0o777 for n in self.files}
        self.sources = self.sum(lambda n: n.startswith(SOURCES + ("kmod/uapi/",)) or n in ("Makefile", "VERSION"))
        self.all = digest(self.sources, self.sum(lambda n: n.startswith(TESTS) or re.fullmatch(r"tests/[^/]*\.py", n)))

    def sum(self, wanted):
        return digest(*(x for n in self.files if wanted(n) for x in (n, self.files[n])))

    @functools.lru_cache(maxsize=None)
    def basis(self, test):
        """Digest of the sources and of the files of one test."""
        kind, name = test.split("/")
        if kind == "unit":
            return digest(self.sources, self.sum(lambda n: n == f"tests/unit/{name}.c" or n.startswith("tests/unit/") and
                                                 not n.startswith(("tests/unit/test-", "tests/unit/tsan-"))))
        return digest(self.sources, self.sum(lambda n: n.startswith(TESTS[1:]) or re.fullmatch(r"tests/[^/]*\.py", n)))

    def text(self, name):
        return self.files[name].decode()

    def sources_like(self, patterns):
        every = [n for n in self.files if n.startswith(SOURCES) and n.endswith(".c")]
        found = [n for n in every
                 if not patterns or any(fnmatch.fnmatch(n, p) or n.startswith(p.rstrip("/") + "/") for p in patterns)]
        for p in patterns:
            if not any(fnmatch.fnmatch(n, p) or n.startswith(p.rstrip("/") + "/") for n in every):
                raise Error(f"no source file matches {p}")
        return found


def is_unit(test):
    return test.startswith("unit/")


class Lab:
    """A copy of the tree with its builds, used by one thread at a time."""

    def __init__(self, tree, top, sandbox, tmp):
        self.tree, self.top, self.src = tree, top, top / "src"
        self.sandbox = sandbox
        self.env = {k: v for k, v in os.environ.items()
                    if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "UPDATE", "CFLAGS", "LDFLAGS")}
        self.env.update(TMPDIR=str(tmp), LC_ALL="C", PYTHONDONTWRITEBYTECODE="1",
                        ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:abort_on_error=0")
        for n in tree.files:
            self.put(n, tree.files[n], tree.mode[n])
        for p in sorted(self.src.rglob("*"), reverse=True):
            if not p.is_dir() and str(p.relative_to(self.src)) not in tree.files:
                p.unlink()

    def put(self, name, data, mode=0o644):
        path = self.src / name
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        path.chmod(mode)

    def object(self, flavour, name):
        return self.top / flavour / "asan" / (name[:-2] + ".o")

    def make(self, flavour, targets):
        return execute([os.environ.get("MAKE") or "make", "--no-print-directory", "-s", f"O={self.top / flavour}",
                        *FLAVOURS[flavour], *(str(self.top / flavour / t) for t in targets)], 1800,
                       cwd=self.src, env=self.env)

    def build(self, flavour, tests):
        targets = {f"unit/{t.split('/')[1]}" if is_unit(t) else "tdxctl-asan" for t in tests}
        status, out = self.make(flavour, sorted(targets))
        if status:
            raise BuildError(f"the tree does not build ({flavour}):\n{out[-2000:]}")

    def run(self, flavour, tests, limit):
        """Runs one unit program, or cases of one runner: (exit status, output)."""
        out = self.top / flavour
        kind, name = tests[0].split("/")
        argv = [str(out / "unit" / name)] if kind == "unit" else \
            [PYTHON, "-B", RUNNERS[kind], *(t.split("/")[1] for t in tests)]

        def child():
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, FILE_LIMIT))
            if flavour != "asan":
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
            if flavour == "coverage":
                os.umask(0)                     # tests that become another user write their counts as well
        return execute(self.sandbox + argv, limit, cwd=self.src, preexec_fn=child,
                       env={**self.env, "O": str(out), "TDXCTL": str(out / "tdxctl-asan"), "STOP": "1"})


class Coverage:
    """Which tests run which lines, and how long each test takes."""

    def __init__(self, tree, path):
        self.tree, self.path = tree, path
        self.tests = {}
        self.old = json.loads(path.read_text()) if path.exists() else {}
        self.failing = []
        self.omitted = set()
        self.record = {}                        # (file, test): how many mutants it was tried on, and killed

    def omit(self, longest):
        """The tests that are not used: they fail without a mutant, or need more than @longest seconds."""
        self.omitted = {t for t, e in self.tests.items() if e["error"] or e["seconds"] > longest}
        return self.omitted

    def names(self, lab):
        found = [f"unit/{n[11:-2]}" for n in self.tree.files if fnmatch.fnmatch(n, "tests/unit/test-*.c")]
        for kind, runner in RUNNERS.items():
            if runner in self.tree.files:
                status, out = execute([PYTHON, "-B", runner, "--list"], 60, cwd=lab.src, env=lab.env)
                if status:
                    raise Error(f"{runner} --list fails:\n{out}")
                found += [f"{kind}/{name}" for name in out.split()]
        return found

    def measure(self, lab, test):
        for _ in range(2):                      # again if it fails by chance
            start = time.monotonic()
            status, out = lab.run("plain", [test], 300)
            seconds = time.monotonic() - start
            if status == 0:
                break
        top = lab.top / "coverage" / "asan"
        for p in top.rglob("*.gcda"):
            p.unlink()
        lab.run("coverage", [test], 900)
        data = [str(p) for p in top.rglob("*.gcda") if str(p.relative_to(top)).startswith(SOURCES)]
        lines = {}
        if data:
            text = subprocess.run(["gcov", "--json-format", "--stdout", *data], cwd=lab.src, check=True,
                                  capture_output=True).stdout
            for doc in text.splitlines():
                for f in json.loads(doc)["files"]:
                    if f["file"] in self.tree.files and f["file"].endswith(".c"):
                        for row in f["lines"]:
                            key = "ran" if row["count"] else "not"
                            lines.setdefault(f["file"], {"ran": [], "not": []})[key].append(row["line_number"])
        return {"basis": self.tree.basis(test), "seconds": round(seconds, 2), "lines": lines,
                "error": None if status == 0 else out[-300:] or "no output"}

    def fill(self, pool):
        lab = pool.labs.get()
        names = self.names(lab)
        pool.labs.put(lab)
        self.tests = {t: e for t, e in self.old.items()
                      if t in names and e["basis"] == self.tree.basis(t) and not e["error"]}
        todo = [t for t in names if t not in self.tests]

        built = set()

        def one(lab, test):
            program = test if is_unit(test) else "tdxctl"
            if (lab, program) not in built:
                lab.build("plain", [test])
                lab.build("coverage", [test])
                built.add((lab, program))
            return test, self.measure(lab, test)
        if todo:
            print(f"measuring the coverage of {len(todo)} of {len(names)} tests", flush=True)
        for i, (test, entry) in enumerate(pool.map(one, todo), 1):
            self.tests[test] = entry
            if i % 20 == 0 or i == len(todo):
                self.path.write_text(json.dumps(self.tests))
        self.failing = [t for t in names if self.tests[t]["error"]]

    def covering(self, m):
        """The tests that run the line of @m, or the nearest line of its statement."""
        ran, known = {}, set()
        for test, entry in self.tests.items():
            rows = entry["lines"].get(m.file)
            if rows:
                known.update(rows["ran"], rows["not"])
                ran[test] = set(rows["ran"])
        if m.function:
            line = max((k for k in known if m.function <= k + 1 and k <= m.line), default=None)
            found = [t for t, rows in ran.items() if line in rows]
        else:                                                   # a table has no code
            found = [t for t, rows in ran.items() if rows]
            if not known:                                       # the file neither: its neighbours have
                folder = m.file.rpartition("/")[0] + "/"
                found = [t for t, e in self.tests.items()
                         if any(f.startswith(folder) and rows["ran"] for f, rows in e["lines"].items())]
        return sorted((t for t in found if t not in self.omitted), key=lambda t: (self.cost(m.file, t), t))

    @functools.lru_cache(maxsize=None)
    def share(self, file, test):
        """The share of @file in the lines that @test runs."""
        lines = {f: len(rows["ran"]) for f, rows in self.tests[test]["lines"].items()}
        return lines.get(file, 0) / max(1, sum(lines.values()))

    def cost(self, file, test):
        """
        Seconds that @test is expected to need for each mutant of @file that it kills. Programs
        of tests/unit check a small file more closely than commands that run it among others.
        """
        tried, killed = self.record.get((file, test), (0, 0))
        hope = 0.2 + 2 * self.share(file, test)
        return (self.tests[test]["seconds"] + START) * (tried + 5) / (killed + hope * (UNIT if is_unit(test) else 1))

    def note(self, file, test, killed):
        tried, n = self.record.get((file, test), (0, 0))
        self.record[file, test] = (tried + 1, n + killed)

    def limit(self, tests):
        return 10 + 5 * sum(self.tests[t]["seconds"] for t in tests)


class Pool:
    """Runs jobs in threads, each with a copy of the tree."""

    def __init__(self, labs):
        self.labs = queue.Queue()
        self.size = len(labs)
        for lab in labs:
            self.labs.put(lab)

    def map(self, job, items, size=None):
        """Yields job(lab, item) for all items as they end."""
        def one(item):
            lab = self.labs.get()
            try:
                if stopping.is_set():
                    raise Error("interrupted")
                return job(lab, item)
            finally:
                self.labs.put(lab)
        with concurrent.futures.ThreadPoolExecutor(size or self.size) as ex:
            try:
                for f in concurrent.futures.as_completed([ex.submit(one, i) for i in items]):
                    yield f.result()
            except BaseException:
                stopping.set()
                for p in list(running):
                    try:
                        os.killpg(p.pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                ex.shutdown(cancel_futures=True)
                raise


class State:
    """Results of earlier runs: a file of lines, the last one of a mutant counts."""

    def __init__(self, tree, path, omitted):
        self.tree, self.path = tree, path
        self.survived = digest(tree.all, *omitted)      # depends on all tests that are used
        self.lock = threading.Lock()
        self.known = {}
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    r = json.loads(line)
                    self.known[r["key"]] = r
                except (ValueError, KeyError):
                    pass                        # the line that was being written when the run was killed

    @staticmethod
    def key(m):
        return digest(m.file, m.line, m.old, m.new)

    def basis(self, status, by):
        if status == "killed":
            return self.tree.basis(by)
        return self.tree.sources if status == "discarded" else self.survived

    def get(self, m):
        """(status, test) if the mutant was tried and nothing that matters has changed since."""
        r = self.known.get(self.key(m))
        if not r or r["basis"] != self.basis(r["status"], r["by"]):
            return None
        return r["status"], r["by"]

    def put(self, m, status, by=None, asan=False):
        r = {"key": self.key(m), "status": status, "by": by, "basis": self.basis(status, by), "asan": asan,
             "at": f"{m.file}:{m.line}"}
        with self.lock:
            self.known[r["key"]] = r
            with self.path.open("a") as f:
                f.write(json.dumps(r) + "\n")

    def after_asan(self, m):
        return self.known[self.key(m)]["asan"]


def batches(tests):
    """
    Lists of tests that one process runs: a program of tests/unit, or cases of a runner, few
    at first and then more.
    """
    out, size, cases = [], dict.fromkeys(RUNNERS, 4), {}
    for t in tests:
        kind = t.split("/")[0]
        if kind == "unit":
            out.append([t])
            continue
        if len(cases.setdefault(kind, [])) == 0:
            out.append(cases[kind])
        cases[kind].append(t)
        if len(cases[kind]) == size[kind]:
            del cases[kind]
            size[kind] *= 4
    return out


def culprit(batch, out):
    """The test of @batch that failed, from the output of the runner."""
    m = re.search(r"^not ok (?:\w+ )?([^ :]+):", out, re.M)
    name = f"{batch[0].split('/')[0]}/{m.group(1)}" if m else None
    return name if name in batch else None


def attempt(lab, cov, flavour, m, tests, budget):
    """The test that fails with the mutant, or None. Ends after tests of @budget seconds."""
    factor = ASAN_FACTOR if flavour == "asan" else 1
    todo = batches(tests)
    spent = 0
    built, ahead = 0, 2
    for i, batch in enumerate(todo):
        if spent > budget:
            return None
        spent += sum(cov.tests[t]["seconds"] for t in batch)
        if i == built:                          # links a few programs per call of make
            lab.build(flavour, [t for b in todo[built:built + ahead] for t in b])
            built, ahead = built + ahead, ahead * 2
        status, out = lab.run(flavour, batch, factor * cov.limit(batch))
        by = culprit(batch, out)
        # A test that depends on time may fail by chance on a busy machine, hardly twice.
        again = [by] if by else batch
        if status and lab.run(flavour, again, factor * cov.limit(again))[0] == 0:
            status = 0
            if by:                              # the runner ended at that case
                rest = [t for t in batch if t != by]
                status = lab.run(flavour, rest, factor * cov.limit(rest))[0] if rest else 0
                by = None
        for t in batch:
            cov.note(m.file, t, t == by and status != 0)
        if status != 0:
            return by or batch[0]
    return None


def mutate_file(lab, name, count, args, tree, cov, state, equivalent):
    """[(mutant, status, test)] of the first @count mutants of one file."""
    results, object_file, original = [], lab.object("plain", name), None
    target = str(object_file.relative_to(lab.top / "plain"))
    start = time.monotonic()
    text = tree.text(name)
    mode = tree.mode[name]

    def compiles(m):
        nonlocal original
        if original is None:
            lab.put(name, tree.files[name], mode)
            status, out = lab.make("plain", [target])
            if status:
                raise Error(f"{name} does not build:\n{out[-2000:]}")
            original = object_file.read_bytes()
        put_mutant(lab, m, text, mode)
        return lab.make("plain", [target])[0] == 0 and object_file.read_bytes() != original

    try:
        for m in mutants.shuffled(name, text, args.seed):
            if len(results) == count:
                break
            if (name, m.old.strip(), m.new.strip()) in equivalent:
                results.append((m, "equivalent", None))
                continue
            known = state.get(m)
            if known:
                if known[0] != "discarded":
                    results.append((m, *known))
                continue
            if not compiles(m):
                state.put(m, "discarded")
                continue
            tests = cov.covering(m)
            try:
                by = attempt(lab, cov, "plain", m, tests, args.budget) if tests else None
            except BuildError:                  # it compiles but does not link
                state.put(m, "discarded")
                continue
            status = "killed" if by else "survived" if tests else "not covered"
            state.put(m, status, by)
            results.append((m, status, by))
    finally:
        lab.put(name, tree.files[name], mode)
    killed = sum(r[1] == "killed" for r in results)
    if count == args.count:
        print(f"{name}: {len(results)} mutants, {killed} killed ({time.monotonic() - start:.0f} s)", flush=True)
    return results


def put_mutant(lab, m, text, mode):
    rows = text.split("\n")
    rows[m.line - 1] = m.new
    lab.put(m.file, "\n".join(rows).encode(), mode)


def under_asan(lab, m, tree, cov, state):
    """Tries a survivor with the sanitizers: (mutant, status, test)."""
    try:
        put_mutant(lab, m, tree.text(m.file), tree.mode[m.file])
        by = attempt(lab, cov, "asan", m, [t for t in cov.covering(m) if cov.tests[t]["seconds"] <= ASAN_LONGEST],
                     ASAN_BUDGET)
    finally:
        lab.put(m.file, tree.files[m.file], tree.mode[m.file])
    state.put(m, "killed" if by else "survived", by, asan=True)
    return m, "killed" if by else "survived", by


def report(args, results, seconds):
    """Prints survivors and the table. True if enough mutants were killed."""
    for m, status, _ in results:
        if status in ("survived", "not covered"):
            print(f"\n{m.file}:{m.line}: {m.kind}: {status}\n  - {m.old.strip()}\n  + {m.new.strip()}")
    columns = ("killed", "survived", "not covered", "equivalent")
    print("\n{:40}{:>8}{:>8}{:>10}{:>13}{:>12}{:>8}".format("file", "mutants", *columns, "rate"))
    files = sorted({m.file for m, _, _ in results})
    for name in files + ["all"]:
        mine = [s for m, s, _ in results if name in (m.file, "all")]
        n = [mine.count(c) for c in columns]
        real = len(mine) - n[3]
        rate = f"{100 * n[0] / real:.1f} %" if real else "-"
        print(f"{name:40}{len(mine):>8}{n[0]:>8}{n[1]:>10}{n[2]:>13}{n[3]:>12}{rate:>8}")
    print(f"seed {args.seed}, {len(files)} files, {seconds:.0f} s")
    return not real or n[0] * 100 >= args.floor * real


def arguments():
    p = argparse.ArgumentParser(description="mutation test of lib, cmd and kmod/core")
    p.add_argument("--seed", type=int, default=None)
    p.add_argument("--count", type=int, default=10, metavar="N", help="mutants per file")
    p.add_argument("--jobs", "-j", type=int, default=os.cpu_count())
    p.add_argument("--floor", type=float, default=95, help="percent of mutants that must be killed")
    p.add_argument("--no-asan", action="store_true", help="do not try survivors again under ASan")
    p.add_argument("--longest", type=float, default=float("inf"), metavar="SECONDS",
                   help="do not try tests that need more seconds than this")
    p.add_argument("--budget", type=float, default=float("inf"), metavar="SECONDS",
                   help="give up a mutant after tests of so many seconds; a run without it tries the others")
    p.add_argument("--list", action="store_true", help="print all mutants and exit")
    p.add_argument("--tree", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    p.add_argument("files", nargs="*", help="files, folders or patterns; default: all")
    args = p.parse_args()
    if args.seed is None:
        args.seed = random.SystemRandom().randrange(1, 100000)
    return args


def sandbox():
    for argv in SANDBOXES:
        try:
            if subprocess.run([*argv, "true"], capture_output=True, check=False).returncode == 0:
                return argv
        except FileNotFoundError:
            break
    raise Error("cannot create a PID namespace; run as root or allow user namespaces")


def run(args, tmp):
    start = time.monotonic()
    tree = Tree(args.tree)
    files = tree.sources_like(args.files)
    equivalent, untried = mutants.read_equivalent(args.tree / "tests/mutate/equivalent", tree)
    untried = {name: why for name, why in untried.items() if name in files}
    files = [name for name in files if name not in untried]
    if args.list:
        for name in files:
            for m in mutants.candidates(name, tree.text(name)):
                print(f"{name}:{m.line}: {m.kind}: {m.new.strip()}")
        return 0
    print(f"seed {args.seed}, {args.count} mutants per file, {len(files)} files, {args.jobs} jobs", flush=True)
    for name, why in untried.items():
        print(f"{name}: not tried: {why}")
    top = (args.tree / os.environ.get("O", "build") / "mutate").resolve()
    top.mkdir(parents=True, exist_ok=True)
    with (top / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Error(f"another run uses {top}; use another O=DIR") from None
        return try_all(args, tree, files, equivalent, top, tmp, start)


def try_all(args, tree, files, equivalent, top, tmp, start):
    confined = sandbox()
    pool = Pool([Lab(tree, top / str(i), confined, tmp) for i in range(max(1, args.jobs))])
    cov = Coverage(tree, top / "coverage.json")
    cov.fill(pool)
    for t in cov.failing:
        print(f"note: {t} fails without a mutant and is not used: {cov.tests[t]['error'].strip()}")
    state = State(tree, top / "state.jsonl", sorted(cov.omit(args.longest)) + [args.budget])
    for r in state.known.values():
        if r["status"] == "killed":
            cov.note(r["at"].rpartition(":")[0], r["by"], True)
    results = []
    for count in sorted({max(1, int(args.count * share)) for share in ROUNDS}):
        results = [r for rows in pool.map(
            lambda lab, name, n=count: mutate_file(lab, name, n, args, tree, cov, state, equivalent), files) for r in rows]
    todo = [m for m, s, _ in results if s == "survived" and not state.after_asan(m)]
    if todo and not args.no_asan:
        print(f"trying {len(todo)} survivors under ASan", flush=True)
        again = {id(m): r for m, *r in
                 pool.map(lambda lab, m: under_asan(lab, m, tree, cov, state), todo, 1 + len(todo) // 20)}
        results = [(m, *again.get(id(m), (s, by))) for m, s, by in results]
    results.sort(key=lambda r: (r[0].file, r[0].line))
    return 0 if report(args, results, time.monotonic() - start) else 1


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    args = arguments()
    os.nice(10)
    signal.signal(signal.SIGTERM, interrupt)
    tmp = tempfile.mkdtemp(prefix="tdxctl-mutate-")
    os.chmod(tmp, 0o1777)
    try:
        return run(args, tmp)
    except Error as err:
        print(f"mutate: {err}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
