# SPDX-License-Identifier: GPL-2.0-only
"""metrics --http, and the alert rules and the dashboard for Prometheus."""
import json
import re
import socket
import subprocess
import time

from behaviour_metrics import promtool
from run import TDXCTL, TOP, Bench, expect

ETC = TOP / "cmd" / "etc" / "prometheus"
RULES = ETC / "tdxctl.rules.yml"
NAME = re.compile(r"\btdxctl_[a-z_]+\b")


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


def test_alert_rules(tmp):
    """promtool runs tests/fleet/alerts.yml, which has each alert firing and silent."""
    for argv in (["check", "rules", RULES], ["test", "rules", TOP / "tests" / "fleet" / "alerts.yml"]):
        p = subprocess.run([promtool(), *argv], capture_output=True, text=True, timeout=60, check=False)
        expect(p.returncode == 0, f"promtool {argv[0]}: {p.stdout}{p.stderr}")
    tests = (TOP / "tests" / "fleet" / "alerts.yml").read_text()
    for alert in re.findall(r"alert: (\w+)", RULES.read_text()):
        cases = re.findall(rf"alertname: {alert}\n\s+exp_alerts:(.*)\n", tests)
        expect("" in cases and " []" in cases, f"{alert}: not tested both ways: {cases}")


def test_names_exist(tmp):
    """Rules and dashboard use only metrics that the command has."""
    names = {m["name"] for m in json.loads(Bench(tmp).ok("dump-cli").stdout)["metrics"]}
    for file in sorted(ETC.iterdir()):
        used = {re.sub(r"_(bucket|count|sum)$", "", n) for n in NAME.findall(file.read_text())}
        expect(len(used) > 5 and used <= names, f"{file.name}: {sorted(used - names)}")
