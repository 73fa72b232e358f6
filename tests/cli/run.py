#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the command line: goldens, schemas, exit statuses, terminals, bad luck.

Environment: TDXCTL the binary (build/tdxctl-asan), UPDATE=1 rewrites goldens,
which CI may not. Arguments pick tests by name; --list prints the names. Ends with
"cli: N passed, N failed", and ", N skipped" when something could not run here.
"""
import difflib
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE), str(TOP / "tests"), str(TOP / "tests" / "schema")]

import cases                                    # noqa: E402
import validate                                 # noqa: E402
from tally import CI, Failure, Skip, Tally, expect, need_root   # noqa: E402,F401

TDXCTL = os.path.abspath(os.environ.get("TDXCTL") or TOP / os.environ.get("O", "build") /
                         "tdxctl-asan")
UPDATE = bool(os.environ.get("UPDATE"))
GOLDEN = HERE / "golden"
TIMEOUT = 60
STATUSES = set()                # asserted so far


def environment(**more):
    """The same everywhere, so that goldens are."""
    keep = {k: v for k, v in os.environ.items()
            if k in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")}
    keep["LSAN_OPTIONS"] = f"suppressions={HERE}/lsan.supp:print_suppressions=0"
    return {**keep, "LC_ALL": "C", "TERM": "xterm", **more}


class Bench:
    """One test's directory, host file and command."""

    def __init__(self, tmp, host=None, locale="C"):
        self.dir = pathlib.Path(tmp)
        self.host = self.dir / "h.json"
        self.env = environment(LC_ALL=locale)
        self.seen = set()
        if host:
            shutil.copy(HERE / "hosts" / f"{host}.json", self.host)

    def argv(self, line):
        return [TDXCTL] + [w.format(h=self.host, roots=HERE / "roots")
                           for w in (line if isinstance(line, list) else shlex.split(line))]

    def run(self, line, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        kw.setdefault("env", self.env)
        kw.setdefault("cwd", self.dir)
        kw.setdefault("stdout", subprocess.PIPE)
        kw.setdefault("stderr", subprocess.PIPE)
        p = subprocess.run(self.argv(line), timeout=TIMEOUT, check=False, **kw)
        p.stdout = (p.stdout or b"").decode(errors="backslashreplace")
        p.stderr = (p.stderr or b"").decode(errors="backslashreplace")
        expect("Sanitizer" not in p.stderr and "runtime error" not in p.stderr,
               f"{line}: {p.stderr}")
        return p

    def ok(self, line, status=0, **kw):
        p = self.run(line, **kw)
        expect(p.returncode == status,
               f"{line}: exit status {p.returncode}, not {status}\n{p.stdout}{p.stderr}")
        STATUSES.add(status)
        return p

    def json(self, line, status=0, **kw):
        """The document of @line, checked against its schema."""
        p = self.ok(line, status, **kw)
        doc = json.loads(p.stdout)
        check_document(line, doc, status)
        return doc


def check_document(line, doc, status):
    found = validate.problems(doc)
    expect(not found, f"{line}: schema: " + "; ".join(found))
    # That the helper is not there is what its status says, no failure to say it.
    if status in (1, 2, 4, 5, 6) and not ("state" in doc and status == 5):
        expect("error" in doc, f"{line}: exit status {status} without an error object")
    if status == 0:
        expect("error" not in doc, f"{line}: exit status 0 with an error object")


# ---- goldens

def normalize(bench, text):
    """Only what depends on the machine: paths, the user, and how json-c writes an empty list."""
    text = re.sub(r"\[\n *\]", "[]", text)
    text = text.replace(str(bench.host), "HOST").replace(str(HERE / "roots"), "ROOTS")
    # Without --emulate and --root, the document is of this machine and of now.
    text = re.sub(r'^(  "time": )"[^"]+"', r'\1"TIME"', text, flags=re.M)
    text = re.sub(rf'^(  "host(?:name)?": )"{re.escape(socket.gethostname())}"', r'\1"NAME"', text,
                  flags=re.M)
    uid = os.geteuid()
    text = re.sub(rf'("uid": ){uid}\b', r"\1UID", text)
    return re.sub(rf"^(User +){uid}$", r"\1UID", text, flags=re.M)


def transcript(bench, name, steps):
    out = []
    for line, status in steps:
        p = bench.run(line)
        expect(p.returncode == status, f"{line!r}: exit status {p.returncode}, not {status}\n"
               f"{p.stdout}{p.stderr}")
        words = shlex.split(line)
        if ("--json" in words or "-j" in words or "-qj" in words) and "--" not in words[:-1]:
            check_document(line, json.loads(p.stdout), status)
        if status == 2 and not p.stdout:
            expect(p.stderr.count("\n") >= 2 or "release" in line, f"{line}: one line of usage error")
        if status and status not in (3, 7):
            expect(p.stderr.startswith("tdxctl: ") or "\ntdxctl: " in p.stderr,
                   f"{line}: nothing on stderr")
        text = normalize(bench, p.stdout)
        for row in text.split("\n"):
            expect(row == row.rstrip() or "Release " in row, f"{line}: trailing blank: {row!r}")
        out.append(f"$ tdxctl {line}\n{text}")
        out += ["! " + s + "\n" for s in normalize(bench, p.stderr).splitlines()]
        out.append(f"-> {status}\n\n")
        STATUSES.add(status)
    return "".join(out)


def golden_case(name):
    host, steps = cases.CASES[name]

    def test(tmp):
        bench = Bench(tmp, host, "C.UTF-8" if name.endswith("utf8") else "C")
        got = transcript(bench, name, steps)
        path = GOLDEN / f"{name}.txt"
        if UPDATE:
            GOLDEN.mkdir(exist_ok=True)
            path.write_text(got)
            return
        want = path.read_text() if path.exists() else ""
        diff = difflib.unified_diff(want.splitlines(), got.splitlines(), "golden", "now",
                                    lineterm="", n=2)
        expect(want == got, "\n".join(diff))

    return test


def tests():
    import behaviour                            # these need this module's names
    import behaviour_check
    import behaviour_complete
    import behaviour_fleet
    import behaviour_helper
    import behaviour_metrics
    import behaviour_nfd
    import behaviour_offline
    import behaviour_output
    import behaviour_report
    import behaviour_stat
    import behaviour_table
    import behaviour_top
    import behaviour_trace
    import behaviour_wait
    table = {name: golden_case(name) for name in cases.CASES}
    for module in (behaviour, behaviour_check, behaviour_complete, behaviour_fleet, behaviour_helper,
                   behaviour_metrics, behaviour_nfd, behaviour_offline, behaviour_output, behaviour_report,
                   behaviour_stat, behaviour_table, behaviour_top, behaviour_trace, behaviour_wait):
        table.update({k[5:].replace("_", "-"): v for k, v in vars(module).items()
                      if k.startswith("test_")})
    return table


def all_statuses(_tmp):
    """Exit codes are interface: each of them is asserted somewhere above."""
    expect({s for s in STATUSES if s >= 0} == set(range(8)), f"only {sorted(STATUSES)}")


def no_stale_goldens(_tmp):
    stale = {p.stem for p in GOLDEN.glob("*.txt")} - set(cases.CASES)
    expect(not stale, f"no case for golden {sorted(stale)}")


def main():
    picked = sys.argv[1:]
    table = tests()
    if picked == ["--list"]:
        print("\n".join(table))
        return 0
    if not picked:
        table["all-statuses"] = all_statuses
        table["no-stale-goldens"] = no_stale_goldens
    unknown = [n for n in picked if n not in table]
    if unknown:
        sys.exit(f"no such test: {' '.join(unknown)}")
    if UPDATE and CI:
        sys.exit("UPDATE rewrites goldens: not in CI")
    tally = Tally("cli")
    for name, test in table.items():
        if picked and name not in picked:
            continue
        with tempfile.TemporaryDirectory(prefix="tdxctl-cli-") as tmp:
            os.chmod(tmp, 0o755)
            tally.run(name, test, tmp)
    return tally.done()


if __name__ == "__main__":
    sys.modules["run"] = sys.modules["__main__"]
    sys.exit(main())
