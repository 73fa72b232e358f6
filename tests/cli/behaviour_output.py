# SPDX-License-Identifier: GPL-2.0-only
"""How results are printed: width of the terminal, columns, order, units, repetition, colour."""
import datetime
import json
import re
import shutil
import signal
import socket
import subprocess
import time

import tty_run as tty
from run import HERE, TDXCTL, Bench, Skip, expect

SCREENS = ("status", "hkid", "td", "td -v", "td show td:1", "lock", "lock -v", "cpu", "cpu plan 0-2",
           "cpu plan 0-7", "doctor", "doctor -v", "doctor --explain hkid.exhausted", "check", "check -v",
           "keys", "release td:1 --dry-run", "decode 0x8000020000000080", "decode 0xe011",
           "decode --features 0x1f0ebf")


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r", "")


# ---- libraries

def test_json_library(tmp):
    """Without json-c, text is printed, and an error names the library."""
    bench = Bench(tmp, "names")
    (bench.dir / "libjson-c.so.5").write_text("")
    bench.env["LD_LIBRARY_PATH"] = str(bench.dir)
    tree = HERE.parent / "hosts/trees/healthy"
    good = bench.run(f"--root {tree} keys")
    expect(good.returncode == 0 and good.stdout, good.stderr)
    for line in (f"--root {tree} --json keys", f"--root {tree} report",
                 "--emulate={h} status"):
        p = bench.run(line)
        expect(p.returncode == 1, f"{line}: {p.returncode}")
        expect("json-c" in p.stderr and p.stdout == "", f"{line}: {p.stdout}{p.stderr}")


# ---- width

def test_narrow(tmp):
    """At any width, no line is longer than the terminal, and no word is broken."""
    for host in "names", "leaked", "other-user", "held-key-lock":
        bench = Bench(tmp, host, "C.UTF-8")
        for line in SCREENS:
            argv = bench.argv("--emulate={h} " + line)
            whole = plain(bench.run("--emulate={h} " + line).stdout)
            words = set(whole.split())
            for columns in 60, 80, 200:
                _, text = tty.run(argv, bench.env, columns=columns)
                text = plain(text)
                for row in text.split("\n"):
                    # A word that is longer than its place is not broken.
                    expect(len(row) <= columns or " " not in row.strip(),
                           f"{host}: {line}: {columns}: {len(row)}: {row!r}")
                if host == "leaked":
                    continue        # errors are on the terminal, too
                new = {w for w in text.split() if w not in words and not w.endswith("...")}
                note = "Not shown: " + " ".join(bench_columns(bench, line)) + " (choose columns with -o)"
                new -= {w for n in note.split() for w in (n, n + ",", n.rstrip(","))}
                expect(not new, f"{host}: {line}: {columns}: {new} in\n{text}")


def bench_columns(bench, line):
    words = line.split()
    names = bench.run("complete-words columns " + " ".join(words[:2] if words[0] in ("td", "cpu") and
                                                           len(words) > 1 and words[1][0] != "-"
                                                           else words[:1])).stdout.split()
    return names + ["memory-map", "vm-fd", "vcpu-fds", "guest-memory-fds", "vhost-fds", "cpus",
                    "global-key", "keys-programmed"]


def test_narrow_messages(tmp):
    """Help and errors also fit the terminal; in a pipe, an error is one line."""
    bench = Bench(tmp)
    verbs = [c["verb"] for c in bench.json("dump-cli")["commands"] if not c["hidden"]]
    for line in ["--help", *(v + " --help" for v in verbs), "--emulate td -o nothing", "--emulate td show x",
                 "--emulate check -w hkids_free=x", "--root /nonexistent td"]:
        p = bench.run(line)
        words = (p.stdout + p.stderr).split()
        for columns in 60, 80, 200:
            text = plain(tty.run(bench.argv(line), bench.env, columns=columns)[1])
            expect(text.split() == words, f"{line}: {columns}: {text}")
            expect(all(len(r) <= columns for r in text.split("\n")), f"{line}: {columns}: {text}")


def test_narrow_columns(tmp):
    """The least important columns are left out, and named; a wide terminal and a pipe get all."""
    bench = Bench(tmp)
    argv = bench.argv("--emulate td")
    text = plain(tty.run(argv, bench.env, columns=60)[1])
    expect("Not shown: vcpus, s-ept (choose columns with -o)" in text and "VCPUS" not in text, text)
    for columns in 80, 200:
        text = plain(tty.run(argv, bench.env, columns=columns)[1])
        expect("Not shown" not in text and "S-EPT" in text, text)
    text = plain(tty.run(bench.argv("--emulate td -o td,vm,vcpus,s-ept,age,uuid"), bench.env,
                         columns=40)[1])
    expect("Not shown" not in text and "UUID" in text, text)
    text = plain(tty.run(bench.argv("--emulate td -o +uuid"), bench.env, columns=60)[1])
    expect("UUID" in text and "Not shown: " in text, text)
    expect("Not shown" not in bench.ok("--emulate td -v").stdout, "in a pipe")


def test_narrow_drops_in_order(tmp):
    """As a terminal becomes narrower, the columns that matter least go first."""
    bench = Bench(tmp)
    left = []
    for columns in range(70, 20, -2):
        _, text = tty.run(bench.argv("--emulate keys"), bench.env, columns=columns)
        found = re.search(r"Not shown: ([a-z, -]+)", " ".join(plain(text).split()))
        for name in (found.group(1).split(" (")[0].split(", ") if found else []):
            if name.strip() not in left:
                left.append(name.strip())
    expect(left[:2] == ["first-private", "tme-mt-keys"], left)


def test_narrow_name(tmp):
    """A name that has no room is shortened on a terminal, and whole in a pipe."""
    bench = Bench(tmp, "names", "C.UTF-8")
    name = "x" * 50 + "\u6771" * 3
    bench.host.write_text(bench.host.read_text().replace('"a b"', json.dumps(name, ensure_ascii=False)), encoding="utf-8")
    text = plain(tty.run(bench.argv("--emulate={h} td"), bench.env, columns=60)[1])
    expect("x..." in text and "x" * 30 not in text, text)
    expect(name in bench.ok("--emulate={h} td").stdout, "shortened in a pipe")


# ---- columns, order, units

def test_columns(tmp):
    bench = Bench(tmp)
    for line in ("td -o vm,HKID", "td --columns=vm,hkid", "td list -o VM,Hkid"):
        rows = bench.ok("--emulate " + line).stdout.splitlines()
        expect([r.split() for r in rows] == [["VM", "HKID"], ["web", "17"], ["db", "18"],
                                             ["build", "19"]], rows)
    expect(bench.ok("--emulate lock -o held-for,lock --no-headers").stdout.split() ==
           ["-", "tdx_lock"] + ["-", "tdx_mng_key_config_lock"] * 2, "lock")
    head = bench.ok("--emulate td -o +tdr,uuid").stdout.splitlines()[0].split()
    expect(head[:2] == ["TD", "VM"] and head[-2:] == ["TDR", "UUID"], head)
    # Nothing but the table, so that scripts can read it.
    expect(bench.ok("--emulate cpu -o cpu --no-headers").stdout.split() == list("01234567"), "cpu")
    expect(bench.ok("--emulate keys -o split --no-headers").stdout.split() ==
           ["0", "1", "2", "3", "4", "5", "6"], "keys")
    for line in ("td -o nothing", "td -o vm,", "td -o ,vm", "hkid --sort nothing", "td --sort -"):
        p = bench.ok("--emulate " + line, 2)
        expect("unknown column" in p.stderr and "Columns: " in p.stderr and "keyed" not in
               p.stderr.replace("keyed-on", "") and ", state, " in p.stderr, p.stderr)
    # Columns of the command line are checked before the host is read.
    bench.ok("--root {roots}/no-tdx td -o nothing", 2)
    bench.ok("--emulate status -o x", 2)


def test_sort(tmp):
    bench = Bench(tmp)

    def vms(line):
        return bench.ok(f"--emulate {line} --no-headers").stdout.split()

    expect(vms("td -o vm --sort age") == ["build", "db", "web"], "age")
    expect(vms("td -o vm --sort -age") == ["web", "db", "build"], "-age")
    expect(vms("td -o vm --sort=vm") == ["build", "db", "web"], "vm")
    # By value, not by what is printed: 136 KiB is more than 0.
    expect(vms("td -o vm --sort private") == ["build", "db", "web"], "private")
    doc = bench.json("--emulate td --sort=-hkid --json")
    expect([t["hkid"] for t in doc["tds"]] == [19, 18, 17], doc)
    # A value that is not known is last in both directions.
    for order in "", "-":
        rows = vms(f"hkid --all -o pid --sort {order}pid")
        expect(rows[3:] == ["-"] * 12 and rows[0] == ("2003" if order else "2001"), rows)
    bench.ok("emulate init {h} --packages 8 --cpus-per-package 128")
    rows = bench.ok("--emulate={h} cpu -o package,cpu --sort=-package --no-headers").stdout.split()
    expect(rows[:4] == ["7", "896", "7", "897"], "not stable")


def test_bytes(tmp):
    bench = Bench(tmp)
    rows = bench.ok("--emulate td -b -o private,s-ept --no-headers").stdout.split()
    expect(rows == ["268435456", "532480", "67108864", "139264", "0", "0"], rows)
    text = bench.ok("--emulate td show web --bytes").stdout
    expect(re.search(r"^Private memory +268435456$", text, re.M), text)


def test_state(tmp):
    bench = Bench(tmp)
    expect(bench.ok("--emulate td --state runnable -o vm --no-headers").stdout.split() ==
           ["web", "db"], "runnable")
    doc = bench.json("--emulate td --state initialized --json")
    expect([t["vm"] for t in doc["tds"]] == ["build"], doc)
    expect(bench.ok("--emulate td --state leaked").stdout == "No TD is in this state.\n", "leaked")
    expect(bench.ok("--emulate td --state leaked --no-headers").stdout == "", "leaked")
    expect(bench.ok("--emulate hkid --state configured -o hkid --no-headers").stdout.split() ==
           ["17", "18", "19"], "hkid")
    expect("runnable" in bench.ok("--emulate td --state nothing", 2).stderr, "hint")
    # The table of options has every state.
    for verb, states in ("td list", "tds"), ("hkid", "hkids"):
        doc = bench.json("--emulate " + verb + " --json")
        for row in doc[states]:
            bench.ok(f"--emulate {verb} --state {row['state']}")


def test_only_what_is_used(tmp):
    """Text has what an operator looks for; JSON has everything."""
    bench = Bench(tmp, "leaked")
    text = bench.ok("--emulate={h} hkid").stdout
    expect("leaked" in text and " free " not in text, text)
    expect(re.search(r"^Free +13 of 15 \(-a lists them\)$", text, re.M), text)
    expect(bench.ok("--emulate={h} hkid --all").stdout.count(" free ") == 13, "--all")
    expect(bench.ok("--emulate={h} hkid --state free").stdout.count(" free ") == 13, "--state")
    expect(len(bench.json("--emulate={h} hkid --json")["hkids"]) == 15, "JSON")
    bench.ok("emulate init {h} --packages 8 --cpus-per-package 16 --force")
    text = bench.ok("--emulate={h} cpu").stdout
    expect("128 of 128 online, all enabled for TDX (-v lists them)" in text, text)
    expect(text.count("\n") < 16, text)
    expect(bench.ok("--emulate={h} cpu -v").stdout.count(" enabled ") == 128, "-v")
    expect(len(bench.json("--emulate={h} cpu --json")["cpus"]) == 128, "JSON")


def test_healthy_cpu(tmp):
    """A healthy CPU answers with a word; its status may look like an error."""
    bench = Bench(tmp, "lp-init-fails")
    text = bench.ok("--emulate cpu").stdout
    expect(text.count(" ok ") == 8 and "TDX_" not in text, text)
    expect("TDX_" in bench.ok("--emulate={h} cpu", 7).stdout, "the status of an error")


# ---- repetition

def watch(bench, line, lines, **kw):
    """What is printed until there are @lines lines, and the exit status after Ctrl-C."""
    with subprocess.Popen(bench.argv(line), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, env=bench.env, cwd=bench.dir,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **kw) as p:
        text = "".join(p.stdout.readline() for _ in range(lines))
        p.send_signal(signal.SIGINT)
        text += p.stdout.read()
        err = p.stderr.read()
    expect(not err, err)
    return p.returncode, text


def test_watch_pipe(tmp):
    bench = Bench(tmp)
    status, text = watch(bench, "--emulate td --watch=0.1", 13)
    expect(status == 0 and "\x1b" not in text, f"{status} {text!r}")
    rounds = text.rstrip("\n").split("\n\n")
    expect(len(rounds) > 2, text)
    for r in rounds:
        expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\nTD  VM.*(\n.*){3}", r), r)


def test_watch_sees_changes(tmp):
    """Each round reads the host again."""
    bench = Bench(tmp, "same-name")
    with subprocess.Popen(bench.argv("--emulate={h} td -o td,state --no-headers --watch=0.2"),
                          stdout=subprocess.PIPE, text=True, env=bench.env) as p:
        p.stdout.readline()
        bench.ok("--emulate={h} release td:2 --yes")
        end = time.monotonic() + 20
        for row in p.stdout:
            if "teardown" in row or time.monotonic() > end:
                break
        p.kill()
    expect("teardown" in row, row)


def test_watch_json(tmp):
    bench = Bench(tmp)
    _, text = watch(bench, "--emulate td --watch=0.1 --json", 200)
    decoder, docs = json.JSONDecoder(), 0
    while text.strip():
        doc, end = decoder.raw_decode(text.strip())
        text, docs = text.strip()[end:], docs + 1
        expect(doc["command"] == "td list", doc)
    expect(docs > 1, docs)


def test_watch_terminal(tmp):
    bench = Bench(tmp)
    argv = bench.argv("--emulate hkid --watch=0.1")
    for term, clears in ("xterm", True), ("dumb", False):
        steps = [(b"KEYED", ""), (b"KEYED", ""), (b"KEYED", "\x03")]
        status, text = tty.session(argv, {**bench.env, "TERM": term}, steps, 80, 20)
        expect(status == 0, f"{term}: {status} {text!r}")
        expect(("\x1b[H\x1b[2J" in text) == clears, repr(text))
        expect(clears or "\x1b" not in text, repr(text))


def test_watch_refused(tmp):
    bench = Bench(tmp)
    for line in ("td --watch=0", "td --watch=x", "td --watch=-1", "td --watch=1s", "td --watch=inf",
                 "td --watch=", "release web --watch"):
        bench.ok("--emulate " + line, 2)
    # A failure in the first round ends it.
    bench.ok("--root {roots}/no-tdx hkid --watch", 3)
    bench.ok("--emulate td show nothing --watch", 1)


def test_watch_closed(tmp):
    """The reader of the pipe ends it."""
    bench = Bench(tmp)
    p = subprocess.run(["bash", "-c", f"set -o pipefail; {TDXCTL} --emulate td --watch=0.1 | head -n 2"],
                       env=bench.env, capture_output=True, text=True, timeout=30, check=False)
    expect(p.returncode == 128 + signal.SIGPIPE and not p.stderr, f"{p.returncode} {p.stderr}")


# ---- time

def captured(bench):
    """A captured host that has its name and its time."""
    root = bench.dir / "root"
    shutil.copytree(HERE / "roots" / "tdx-no-helper", root)
    (root / "proc/sys/kernel").mkdir(parents=True, exist_ok=True)
    (root / "proc/sys/kernel/hostname").write_text("tdx7.example.org\n")
    (root / "proc/uptime").write_text("3600.25 7000.00\n")
    (root / "proc/stat").write_text("cpu 0\nbtime 1760000000\n")
    return root


def test_time_and_host(tmp):
    """Every JSON document says when and on which host; unknown is null with the reason."""
    bench = Bench(tmp)
    before = time.time() - 1
    for line, status, name in (("decode 0xe011", 0, "host"), ("keys", 0, "hostname"),
                               ("frobnicate", 2, "host")):
        doc = bench.json(line + " --json", status)
        when = datetime.datetime.fromisoformat(doc["time"].replace("Z", "+00:00")).timestamp()
        expect(before <= when <= time.time(), doc)
        expect(doc[name] == socket.gethostname(), doc)
    doc = bench.json("--emulate td --json")
    expect(doc["time"] is None and doc["host"] is None and set(doc["unknown"]) == {"time", "host"}, doc)
    doc = bench.json("--emulate=/nonexistent td --json", 1)
    expect(doc["time"] is None and doc["unknown"]["host"] == "the host was not read", doc)
    root = captured(bench)
    doc = bench.json(f"--root {root} status --json")
    expect(doc["time"] == "2025-10-09T09:53:20Z" and doc["host"] == "tdx7.example.org", doc)
    (bench.dir / "r.md").write_text(bench.ok(f"--root {root} report").stdout)
    doc = bench.json("--from-report r.md status --json")
    expect(doc["time"] == "2025-10-09T09:53:20Z" and doc["host"] == "host", doc)
    (bench.dir / "r.json").write_text(bench.ok(f"--root {root} report --no-redact --json").stdout)
    doc = bench.json("--from-report r.json status --json")
    expect(doc["host"] == "tdx7.example.org", doc)
    (root / "proc/uptime").unlink()
    doc = bench.json(f"--root {root} status --json")
    expect(doc["time"] is None and doc["unknown"]["time"] == "not in the captured host", doc)


def test_time_iso(tmp):
    bench = Bench(tmp)
    bench.ok("--emulate td --time=iso", 5)
    doc = json.loads(bench.ok("--emulate report --json").stdout)
    doc["host"]["time"] = 1760003600
    (bench.dir / "r.json").write_text(json.dumps(doc))
    report = "--from-report r.json "
    rows = bench.ok(report + "td -o age --no-headers --time=iso").stdout.split()
    expect(rows == ["2025-10-09T08:58:20Z", "2025-10-09T09:38:20Z", "2025-10-09T09:50:20Z"], rows)
    expect("2025-10-09T08:58:20Z" in bench.ok(report + "hkid --time iso").stdout, "hkid")
    expect("2025-10-09T08:58:20Z" in bench.ok(report + "td show td:1 --time iso").stdout, "td show")
    expect("55 min" in bench.ok(report + "td --time=age").stdout, "age")
    # Sorting is by age, whatever is printed.
    rows = bench.ok(report + "td -o td --no-headers --time=iso --sort age").stdout.split()
    expect(rows == ["3", "2", "1"], rows)


# ---- standard input, ranges, suggestions

def test_standard_input(tmp):
    bench = Bench(tmp)
    report = bench.ok("--emulate report").stdout

    def read(line, text, status=0):
        p = subprocess.run(bench.argv(line), input=text, env=bench.env, capture_output=True, text=True,
                           check=False, timeout=60)
        expect(p.returncode == status, f"{line}: {p.returncode} {p.stderr}")
        return p

    expect("web" in read("--from-report - td", bench.ok("--emulate report --no-redact").stdout).stdout, "td")
    expect("vm-1" in read("--from-report=- td", report).stdout, "masked")
    p = read("--from-report - td", report[:3000], 1)
    expect("standard input" in p.stderr and "the end of the report, which has the data, is missing" in
           p.stderr, p.stderr)
    p = read("--from-report - td", report[:-2000], 1)
    expect("the end of the report is missing" in p.stderr, p.stderr)
    expect("read only once" in read("--from-report - td --watch", report, 2).stderr, "--watch")
    expect("must be a file" in bench.ok("--emulate=- td", 2).stderr, "--emulate=-")


def test_ranges(tmp):
    """The ranges of monitoring plugins; 12 HKIDs are free."""
    bench = Bench(tmp)
    for value, beyond in (("10:20", False), ("@10:20", True), ("12:12", False), ("13:20", True),
                          ("0:11", True), ("@0:11", False), ("13:", True), ("12:", False), ("~:11", True),
                          ("~:12", False), (":11", True), ("@12:", True), ("@13:", False)):
        for option in "warning", "critical":
            line = f"--emulate check --{option}=hkids_free={value}"
            doc = bench.json(line + " --json", 7 if beyond else 0)
            check = next(c for c in doc["checks"] if c["id"] == "hkids_free")
            expect(check["state"] == (option if beyond else "ok"), f"{value}: {check}")
            want = re.sub(r"^(@?)(?:~|(?=:))", r"\g<1>0", value)
            expect(check[option + "_range"] == want, f"{value}: {check}")
            data = bench.ok(line + " --format nagios", {"warning": 1, "critical": 2}[option] if beyond
                            else 0).stdout
            expect(f";{want};" in data, data)
    text = bench.ok("--emulate check -v -w hkids_free=10:20 -w lock_held=@1s:2s -c hkids_free=~:30").stdout
    expect("warning outside 10 to 20; critical above 30" in text, text)
    expect("warning from 1.0 s to 2.0 s" in text, text)
    for value in ("20:10", "10%:20", "a:b", "10:20:30", "@", "@5", "1:2s", "-1:5"):
        expect("hkids_free" in bench.ok(f"--emulate check -w hkids_free={value}", 2).stderr, value)
    bench.ok("--emulate check -w module_version=1.5.01:", 2)
    bench.ok("--emulate check -w lock_held=1:2", 2)
    conf = bench.dir / "c.conf"
    conf.write_text("hkids_free_warning = 10:11\n")
    bench.ok(f"--emulate check --config {conf}", 7)


def test_check_suggests(tmp):
    bench = Bench(tmp)
    expect("Did you mean 'hkids_free'?" in bench.ok("--emulate check -w hkid_free=3", 2).stderr, "check")
    expect("'tdxctl check -v'" in bench.ok("--emulate check -w nothing=3", 2).stderr, "nothing")


def test_plugin_options(tmp):
    """What the guidelines of monitoring plugins ask for."""
    bench = Bench(tmp)
    expect(bench.ok("check -V").stdout.startswith("tdxctl "), "-V")
    bench.ok("--emulate check --format nagios -t 20")
    if not shutil.which("strace"):
        raise Skip("no strace; make deps installs it")
    slow = ["strace", "-o", "/dev/null", "-e", "inject=openat,openat2:delay_enter=300000"]
    env = {**bench.env, "ASAN_OPTIONS": "detect_leaks=0"}
    line = ["--root", str(HERE / "roots" / "tdx-cgroup"), "check", "-t", "0.2"]
    for more, status, text in ((["--format", "nagios"], 3, "TDX UNKNOWN - the checks took too long\n"),
                               ([], 1, "tdxctl: the checks took too long\n")):
        p = subprocess.run([*slow, TDXCTL, *line, *more], env=env, capture_output=True, text=True,
                           check=False, timeout=60)
        if "ptrace" in p.stderr.lower():
            raise Skip("ptrace is not permitted")
        expect(p.returncode == status and text == (p.stdout if more else p.stderr),
               f"{p.returncode} {p.stdout} {p.stderr}")


# ---- colour

def test_color_option(tmp):
    bench = Bench(tmp, "leaked")
    red = "\x1b[1;31mleaked\x1b[0m"
    always = "--emulate={h} hkid --color=always"
    expect(red in bench.ok(always).stdout, "no colour in a pipe")
    expect(red in bench.ok(always, env={**bench.env, "NO_COLOR": "1"}).stdout, "NO_COLOR is weaker")
    expect("\x1b" not in bench.ok("--emulate={h} hkid --color auto").stdout, "auto")
    for more in "--color=never", "--no-color", "--color=never --color=always --no-color":
        text = tty.run(bench.argv("--emulate={h} hkid " + more), bench.env)[1]
        expect("\x1b" not in text, f"{more}: {text!r}")
    expect(red in tty.run(bench.argv("--emulate={h} hkid --color=auto"), bench.env)[1], "auto")
    expect("\x1b[1;31mtdxctl:" in bench.ok("--emulate={h} td show x --color=always", 1).stderr, "error")
    expect("auto, always, never" in bench.ok("--emulate hkid --color=red", 2).stderr, "hint")
