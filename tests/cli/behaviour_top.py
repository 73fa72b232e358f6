# SPDX-License-Identifier: GPL-2.0-only
"""top on a terminal, and where there is none."""
import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import termios
import time

import tty_run as tty
from run import TDXCTL, TOP, Bench, check_document, environment, expect

ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\([AB0]|[=>])")


def story(tmp, start, step=None):
    bench = Bench(tmp)
    bench.ok(f"-q emulate play {bench.host} --from {start}" + (f" --step {step}" if step else ""))
    return bench


def session(bench, steps, columns=100, lines=24, env=None, args=("-d", "0.3")):
    code, text = tty.session([TDXCTL, f"--emulate={bench.host}", "top", *args], env or bench.env, steps,
                             columns, 60, lines)
    return code, ESCAPES.sub("", text)


def test_top_keys(tmp):
    bench = story(tmp, 18, 1)
    code, text = session(bench, [(b"MiB/s", "h"), (b"Any key continues", "q"), (b"h: help", "l"),
                                 (b"TDH.MEM.PAGE.ADD", "c"), (b"LAST CALL", "t"), (b"SEAMCALLS/S", "/"),
                                 (b"Show only: ", "cac\n"), (b"with cac", ">rd"),
                                 (b"Delay in seconds", "soon\n"), (b"0.1 to 86400", "q")])
    expect(code == 0, f"exit status {code}: {text}")
    for word in ("HKIDs", "each with an online CPU", "teardown", "MiB/s"):
        expect(word in text, f"no {word}: {text}")


def test_top_release(tmp):
    """k asks as release does; what it does is on the next screen."""
    bench = story(tmp, 18, 1)
    code, text = session(bench, [(b"h: help", "/"), (b"Show only: ", "db\n"), (b"with db", "k"), (b"[y/N] ", "y\n"),
                                 (b"Press Enter", "\n"), (b"2 teardown", "q")])
    expect(code == 0, f"exit status {code}: {text}")
    expect("HKID 18 is free" in text, text)
    doc = json.loads(bench.ok("--emulate={h} td --json").stdout)
    expect([td["hkid"] for td in doc["tds"] if td["vm"] == "db"] == [None], doc)


def test_top_without_the_helper(tmp):
    """What is not known is null with a reason, and no key is left out."""
    bench = Bench(tmp)
    known = bench.json("--emulate top -n 1 --json")["seamcalls"]
    doc = bench.json(f"--root {TOP}/tests/hosts/trees/package-offline top -n 1 --json")["seamcalls"]
    expect(set(known) - {"unknown"} == set(doc) - {"unknown"}, (known, doc))
    expect(all(doc[key] is None and doc["unknown"][key] for key in known if key != "unknown"), doc)


def test_top_resize(tmp):
    """A smaller terminal shows less, a tiny one does not crash it, a larger one shows all again."""
    bench = story(tmp, 18, 1)

    def resize(lines, columns):
        def do(pid, fd):
            fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.kill(pid, signal.SIGWINCH)
        return do

    code, text = session(bench, [(b"h: help", resize(9, 60)), (b"h: help", resize(1, 3)), (b"t", resize(40, 200)),
                                 (b"h: help", "q")])
    expect(code == 0, f"exit status {code}: {text}")


def test_top_ends(tmp):
    """Ctrl-C and signals end it with 0 and free the terminal."""
    bench = story(tmp, 18, 1)
    for end in ("\x03", lambda pid, fd: os.kill(pid, signal.SIGTERM)):
        code, _ = session(bench, [(b"h: help", end)])
        expect(code == 0, f"exit status {code}")


def test_top_terminal_gone(tmp):
    """It does not go on, or turn in circles, without its terminal."""
    bench = story(tmp, 18, 1)
    pid, fd = os.forkpty()
    if pid == 0:
        os.execve(TDXCTL, [TDXCTL, f"--emulate={bench.host}", "top"], bench.env)
    os.read(fd, 100)
    time.sleep(0.5)
    os.close(fd)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    expect(False, "top still runs")


def test_top_stopped(tmp):
    """SIGSTOP and SIGCONT."""
    bench = story(tmp, 18, 1)

    def stop(pid, _fd):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.3)
        os.kill(pid, signal.SIGCONT)

    code, text = session(bench, [(b"h: help", stop), (b"t", "q")])
    expect(code == 0, f"exit status {code}: {text}")


def test_top_refuses(tmp):
    bench = story(tmp, 18, 1)
    for term in ("dumb", "unknown", "no-such-terminal"):
        code, text = session(bench, [], env=environment(TERM=term))
        expect(code == 2 and "top -b" in text, f"{term}: {code}: {text}")
    p = bench.ok("--emulate={h} top", 2)
    expect("top -b" in p.stderr, p.stderr)


def test_top_file_lost(tmp):
    """The host file is changed to nonsense and back while top runs: it reports that and goes on."""
    bench = story(tmp, 18, 1)
    text = bench.host.read_text()

    def lose(_pid, _fd):
        bench.host.write_text("{")

    def find(_pid, _fd):
        bench.host.write_text(text)

    code, seen = session(bench, [(b"h: help", lose), (b"not JSON", find), (b"h: help", "q")])
    expect(code == 0, f"exit status {code}: {seen}")


def test_top_batch_json(tmp):
    """Objects one after another, each complete."""
    bench = story(tmp, 18, 1)
    text = bench.ok("--emulate={h} top -b -n 3 -d 0.1 --json").stdout
    decoder, docs = json.JSONDecoder(), []
    while text.strip():
        doc, end = decoder.raw_decode(text.lstrip())
        docs.append(doc)
        text = text.lstrip()[end:]
    expect(len(docs) == 3, docs)
    for doc in docs:
        check_document("top", doc, 0)
    expect(docs[0]["td_list"][0]["seamcalls_per_second"] is None, docs[0])
    expect(docs[1]["td_list"][0]["seamcalls_per_second"] == 4096, docs[1])


def test_top_many(tmp):
    """2000 TDs: a page is that of the screen, and a look takes a moment."""
    bench = Bench(tmp)
    events = [{"op": "td", "name": f"vm{i}", "pid": 10000 + i, "pages": 1} for i in range(2000)]
    bench.host.write_text(json.dumps({"format": "tdxctl-host", "version": 1, "events": events, "topology": {
        "packages": 2, "cpus_per_package": 2, "mktme_keyids": 0, "tdx_keyids": 2040}}))
    code, text = session(bench, [(b"of 2000", "\x1bOF"), (b"vm1999", "q")])
    expect(code == 0 and "vm1999" in text, f"exit status {code}: {text[-3000:]}")
    expect(text.count("runnable") < 400, "more than the visible lines was drawn")


def test_top_lazy(_tmp):
    """Other verbs do not load ncurses, nor libraries for documents."""
    out = subprocess.run(["ldd", TDXCTL], stdout=subprocess.PIPE, check=True, text=True).stdout
    expect(not re.search("curses|libnl|json-c|libz", out), out)


# ---- monitor

def monitor(bench, *args):
    return subprocess.Popen([TDXCTL, f"--emulate={bench.host}", "monitor", *args], env=bench.env,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_monitor_ends(tmp):
    """Ctrl-C ends it with 0; each line is out at once, also to a pipe."""
    bench = story(tmp, 0.1, 1)
    p = monitor(bench, "--json", "--initial", "-d", "0.1")
    docs = [json.loads(p.stdout.readline()) for _ in range(4)]
    p.send_signal(signal.SIGINT)
    rest, err = p.communicate(timeout=20)
    expect(p.returncode == 0, f"{p.returncode}: {err}")
    for line in rest.splitlines():
        docs.append(json.loads(line))
    for doc in docs:
        check_document("monitor", doc, 0)
    expect([d["vm"] for d in docs[:3]] == ["web", "db", "build"], docs[:3])


def test_monitor_reader_gone(tmp):
    bench = story(tmp, 0.1, 1)
    p = monitor(bench, "--initial", "-d", "0.1")
    p.stdout.readline()
    p.stdout.close()
    err = p.stderr.read()
    p.stderr.close()
    expect(p.wait(timeout=20) == -signal.SIGPIPE and not err, f"{p.returncode}: {err}")


def test_monitor_host_lost(tmp):
    """The host cannot be read for a while: a warning, and what happened meanwhile is printed then."""
    bench = story(tmp, 0.1, 1)
    text = bench.host.read_text()
    p = monitor(bench, "--initial", "-d", "0.1", "-n", "9")
    # It has read the host once.
    p.stdout.readline()
    bench.host.write_text("{")
    time.sleep(0.5)
    bench.host.write_text(text)
    out, err = p.communicate(timeout=30)
    expect(p.returncode == 0 and err.count("warning") == 1 and "not JSON" in err, f"{p.returncode}: {err}")
    expect("cache (td:4)" in out, out)


def test_monitor_release(tmp):
    """What another tdxctl does is an event."""
    bench = Bench(tmp)
    bench.ok(f"-q emulate init {bench.host}")
    p = monitor(bench, "-d", "0.1", "--td", "web", "-n", "3")
    time.sleep(0.5)
    bench.ok("--emulate={h} release web --yes")
    out, _ = p.communicate(timeout=30)
    expect([w for w in ("teardown", "hkid-freed", "memory-back") if w in out] ==
           ["teardown", "hkid-freed", "memory-back"], out)
