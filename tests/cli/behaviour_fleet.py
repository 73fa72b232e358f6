# SPDX-License-Identifier: GPL-2.0-only
"""fleet and metrics --http."""
import json
import os
import pathlib
import resource
import socket
import subprocess
import time

import tty_run as tty
from behaviour import drop_root
from behaviour_check import plain_binary
from run import HERE, TDXCTL, TOP, Bench, expect

HOSTS = HERE / "hosts"


def request(bench, text, host="--emulate"):
    """Sends @text over a socket, as systemd does; returns status, headers and body."""
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen([TDXCTL, host, "metrics", "--http"], stdin=theirs, stdout=theirs,
                                        stderr=subprocess.PIPE) as p:
        theirs.close()
        ours.sendall(text)
        ours.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: ours.recv(65536), b""))
        expect(p.wait(30) == 0, f"exit status {p.returncode}: {p.stderr.read()}")
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    expect(int(headers["Content-Length"]) == len(body) or text.startswith(b"HEAD"), headers)
    return lines[0], headers, body.decode()


def test_http_answers(tmp):
    bench = Bench(tmp)
    want = bench.ok("--emulate metrics").stdout
    for line in (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /metrics?x=1 HTTP/1.0\n\n"):
        status, headers, body = request(bench, line)
        expect(status == "HTTP/1.1 200 OK" and body == want, f"{line}: {status}")
        expect(headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8", headers)
    status, headers, body = request(bench, b"HEAD /metrics HTTP/1.1\r\n\r\n")
    expect((status, body) == ("HTTP/1.1 200 OK", "") and int(headers["Content-Length"]) == len(want), headers)


def test_http_rejects(tmp):
    bench = Bench(tmp)
    for text, want in ((b"GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
                       (b"GET /metrics/ HTTP/1.1\r\n\r\n", "404 Not Found"),
                       (b"POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
                       (b"GET /metrics\r\n\r\n", "400 Bad Request"),
                       (b"GET /metrics HTTP/2\r\n\r\n", "400 Bad Request"),
                       (b"\0GET /metrics HTTP/1.1\r\n\r\n", "400 Bad Request"),
                       (b"", "400 Bad Request"),
                       (b"GET /metrics HTTP/1.1\r\nX: ".ljust(8192, b"x"), "400 Bad Request")):
        status, _, body = request(bench, text)
        expect(status == f"HTTP/1.1 {want}", f"{text[:40]}: {status}")
        expect("tdxctl_" not in body, body[:80])


def test_http_unreadable(tmp):
    """A connection that fails is answered at once, not after the time limit."""
    bench = Bench(tmp)
    start = time.monotonic()
    fd = os.open("/", os.O_RDONLY)
    p = bench.ok("--emulate metrics --http", stdin=fd)
    os.close(fd)
    expect(p.stdout.startswith("HTTP/1.1 400 Bad Request") and time.monotonic() - start < 5, p.stdout)


def test_http_times_out(tmp):
    """A client that sends nothing does not keep a process."""
    ours, theirs = socket.socketpair()
    start = time.monotonic()
    with ours, theirs, subprocess.Popen([TDXCTL, "--emulate", "metrics", "--http"], stdin=theirs,
                                        stdout=theirs) as p:
        theirs.close()
        ours.sendall(b"GET /metrics HTTP/1.1\r\n")
        expect(ours.recv(4096).startswith(b"HTTP/1.1 408 "), "no answer")
        expect(p.wait(30) == 0 and time.monotonic() - start >= 4.9, "too early")


# ---- fleet

def report(bench, name, line):
    path = bench.dir / "reports" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(bench.ok(f"{line} report").stdout)
    return path


def reports(bench):
    """A healthy host, one with a failure, one with a leak, and a report that was cut off."""
    well = report(bench, "d-well.md", "--emulate")
    report(bench, "c-offline.md", f"--root {TOP}/tests/hosts/trees/package-offline")
    report(bench, "b-leaked.json", f"--emulate={HOSTS}/leaked.json -j")
    (well.parent / "a-cut.md").write_text(well.read_text()[:2000])
    (well.parent / ".hidden").write_text("")
    (well.parent / "more").mkdir()
    return well.parent


def test_fleet(tmp):
    bench = Bench(tmp)
    folder = reports(bench)
    doc = bench.json(f"fleet {folder} -j", 7)
    hosts = {pathlib.Path(h["report"]).name: h for h in doc["hosts"]}
    expect(list(hosts) == ["b-leaked.json", "c-offline.md", "a-cut.md", "d-well.md"], list(hosts))
    expect((doc["reports"], doc["unreadable"], doc["failed"]) == (4, 1, 2), doc)
    # The same findings as of doctor, with the same first one.
    for name, h in hosts.items():
        if h["state"] == "error":
            continue
        one = json.loads(bench.run(f"--from-report {folder}/{name} doctor -j").stdout)
        expect((h["failures"], h["warnings"], h["notes"], h["first"]) ==
               (*(one["summary"][k] for k in ("fail", "warn", "info")), one["first"]), (h, one["summary"]))
        status = json.loads(bench.run(f"--from-report {folder}/{name} status -j").stdout)
        expect(h["tdx_module"] == status["platform"]["tdx_module"], h)
        expect(h["hkids_free"] in (status["hkids"]["free"], None), h)
    expect(hosts["b-leaked.json"]["hkids_leaked"] == 1 and hosts["d-well.md"]["first"] is None, hosts)
    cut = hosts["a-cut.md"]
    expect(cut["error"].startswith("line ") and cut["hkids_free"] is None and cut["failures"] is None, cut)
    # In text: columns, their order, no headers.
    text = bench.ok(f"fleet {folder}", 7).stdout
    expect("a-cut.md" in text and "4 reports, 2 with failures, 1 unreadable" in text, text)
    rows = bench.ok(f"fleet {folder} --sort report -o report,leaked --no-headers", 7).stdout.splitlines()
    expect([r.split()[-1] for r in rows] == ["?", "1", "0", "0"], rows)


def test_fleet_arguments(tmp):
    bench = Bench(tmp)
    folder = reports(bench)
    well = folder / "d-well.md"
    with well.open() as f:
        doc = bench.json("fleet - -j", stdin=f)
    expect(doc["hosts"][0]["report"] == "-" and doc["hosts"][0]["state"] == "info", doc)
    # Part of the reports, or all of them, are not readable; none is an abort.
    doc = bench.json(f"fleet {well} /nowhere {folder}/a-cut.md -j", 6)
    expect([h["state"] for h in doc["hosts"]] == ["error", "error", "info"], doc)
    expect(doc["hosts"][0]["error"] == "No such file or directory", doc)
    bench.ok("fleet /nowhere", 1)
    bench.ok(f"fleet {folder}/more", 1)
    for bad in ("fleet", "fleet - -", f"--emulate fleet {well}", f"--from-report {well} fleet {well}", f"fleet {well} -o x"):
        bench.ok(bad, 2)
    # A name is data, also in a report.
    evil = folder / "\x1b[2Jevil.md"
    evil.write_text(well.read_text())
    expect("\x1b" not in bench.ok(["fleet", str(evil)]).stdout, "escape sequence")


def test_fleet_in_one_process(tmp):
    """At the limit of processes, the reports are read by the first one."""
    bench = Bench(tmp)
    well = report(bench, "well.md", "--emulate")
    drop = drop_root()

    def limited():
        if drop:
            drop()
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    # LeakSanitizer needs a process of its own.
    env = {**bench.env, "ASAN_OPTIONS": "detect_leaks=0"}
    with well.open() as f:
        doc = bench.json("fleet - -j", stdin=f, env=env, preexec_fn=limited)
    expect([h["state"] for h in doc["hosts"]] == ["info"], doc)


def test_fleet_is_fast(tmp):
    """5000 reports in 10 seconds and 200 MB, counted as the CPU time of all processes on two CPUs."""
    bench = Bench(tmp)
    folder = reports(bench)
    many = bench.dir / "many"
    many.mkdir()
    names = ["b-leaked.json", "c-offline.md", "d-well.md"]
    for i in range(1000):
        (many / f"{i:04}").hardlink_to(folder / names[i % 3])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    p = subprocess.run([plain_binary(), "fleet", many], check=False, stdout=subprocess.PIPE, env=bench.env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    expect(p.returncode == 7 and b"1000 reports" in p.stdout, p.returncode)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    expect(cpu < 10 * 2 / 5, f"{cpu:.2f} s of CPU for 1000 reports")
    # The memory of the largest process. A process of its own measures it, without other tests.
    grown = subprocess.run(["/usr/bin/python3", "-c", "import resource, subprocess, sys\n"
                            "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
                            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
                            plain_binary(), "fleet", many], check=True, stdout=subprocess.PIPE, env=bench.env)
    expect(int(grown.stdout) < 50 * 1024, f"{int(grown.stdout)} KiB in one process")


def test_fleet_width(tmp):
    """No line is wider than the terminal; columns that were left out are named."""
    bench = Bench(tmp)
    folder = reports(bench).rename(bench.dir / "r")
    for columns in (60, 80, 120, 200):
        status, text = tty.run(bench.argv(["fleet", str(folder)]), {**bench.env, "NO_COLOR": "1"}, columns=columns)
        lines = text.replace("\r", "").splitlines()
        expect(status == 7 and max(map(len, lines)) <= columns, f"{columns}: {text}")
        expect(("Not shown" in text) == (columns < 120), f"{columns}: {text}")
