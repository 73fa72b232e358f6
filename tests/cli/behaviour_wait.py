# SPDX-License-Identifier: GPL-2.0-only
"""wait --gone: each stage of a teardown, leaks and unknown stages included."""
import json
import os
import signal
import subprocess
import time

import tty_run as tty
from behaviour_check import emulated, fault, td
from run import Bench, expect

STAGES = ["process", "hkid", "pages", "td"]


def states(doc):
    expect([s["stage"] for s in doc["stages"]] == STAGES, doc)
    for s in doc["stages"]:
        expect((s["after_ns"] is None) == (s["state"] != "done"), s)
    return [s["state"] for s in doc["stages"]]


def append(bench, *events):
    """Changes the host in one step, as other commands do."""
    doc = json.loads(bench.host.read_text())
    doc["events"] += events
    new = bench.host.with_suffix(".new")
    new.write_text(json.dumps(doc))
    os.replace(new, bench.host)


def stop_later(bench, event, delay=0.6):
    """A command for wait --gone that ends the VM: the host file after @event."""
    doc = json.loads(bench.host.read_text())
    doc["events"] += [event]
    after = bench.dir / "after.json"
    after.write_text(json.dumps(doc))
    return ["sh", "-c", f"echo ending; sleep {delay}; mv {after} {bench.host}"]


def test_gone(tmp):
    bench = Bench(tmp)
    emulated(bench, [td("web", pages=2000, uuid="6f1d4b1e-52f0-4b0c-9d3c-27b1a8f0c001"), td("db", pages=300)])
    for sel in ("web", "6f1d4b1e-52f0-4b0c-9d3c-27b1a8f0c001", "td:1", "hkid:17"):
        doc = bench.json(["--emulate={h}", "-j", "wait", "--gone", sel, "--timeout", "0.2"], 7)
        expect(states(doc) == ["open"] * 4 and doc["open_stage"] == "process", doc)
        expect((doc["result"], doc["reached"], doc["td"], doc["hkid"], doc["vm"]) ==
               ("not-gone", False, 1, 17, "web"), doc)
        expect(doc["waited_ns"] >= 2 * 10 ** 8, doc)
    # Released: HKID and private pages are back, but the VM still exists.
    bench.ok("--emulate={h} release web -y")
    doc = bench.json("--emulate={h} -j wait --gone web --timeout 0.2", 7)
    expect(states(doc) == ["open", "done", "done", "open"] and doc["open_stage"] == "process", doc)
    expect([s["after_ns"] < 10 ** 8 for s in doc["stages"][1:3]] == [True] * 2, doc)
    # It ends while the command waits.
    with subprocess.Popen(bench.argv("--emulate={h} -j wait --gone web --timeout 30"), env=bench.env,
                          stdout=subprocess.PIPE) as p:
        time.sleep(0.6)
        expect(p.poll() is None, "it did not wait")
        append(bench, {"op": "stop", "td": 1})
        doc = json.loads(p.communicate(timeout=20)[0])
    expect(p.returncode == 0 and doc["reached"] and doc["result"] == "gone" and doc["open_stage"] is None, doc)
    expect(states(doc) == ["done"] * 4 and doc["stages"][0]["after_ns"] >= 3 * 10 ** 8, doc)
    expect(doc["stages"][1]["after_ns"] < 10 ** 8, doc)
    # Then it has no name any more, and no claim is made about it.
    expect(bench.json("--emulate={h} -j wait --gone web", 1)["error"]["code"] == "not-found", "")
    expect("no VM 'wbe'" in bench.ok("--emulate={h} wait --gone wbe", 1).stderr, "")


def test_gone_command(tmp):
    bench = Bench(tmp)
    emulated(bench, [td("web", pages=2000)])
    before = bench.host.read_text()
    # It fails, it cannot be run, it is killed: the TD is not waited for.
    for argv, text in ((["sh", "-c", "exit 3"], "failed with exit status 3"), (["/nowhere/virsh"], "No such file"),
                       (["sh", "-c", "kill -9 $$"], "was ended by signal 9")):
        start = time.monotonic()
        p = bench.ok(["--emulate={h}", "wait", "--gone", "web", "--"] + argv, 1)
        expect(text in p.stderr and time.monotonic() - start < 10, p.stderr)
    expect(bench.host.read_text() == before, "changed")
    # The VM is looked up first: the command runs only if there is one.
    p = bench.ok(["--emulate={h}", "wait", "--gone", "nothing", "touch", str(bench.dir / "ran")], 1)
    expect("no VM 'nothing'" in p.stderr and not (bench.dir / "ran").exists(), p.stderr)
    # The time limit begins after it; its output is not in the result.
    argv = ["--emulate={h}", "-j", "wait", "--gone", "web", "--timeout", "0.2", "--"]
    p = bench.ok(argv + stop_later(bench, {"op": "stop", "td": 1}))
    doc = json.loads(p.stdout)
    expect(states(doc) == ["done"] * 4 and doc["waited_ns"] >= 6 * 10 ** 8 and "ending" in p.stderr, doc)


def test_gone_leaked(tmp):
    """What leaks is lost until a reboot: no wait for it, and it is not "gone"."""
    bench = Bench(tmp)
    for leaf, status, want, hkid in (
            ("TDH.MNG.KEY.FREEID", "TDX_HKID_NOT_FREE", ["done", "leaked", "leaked", "leaked"], "lost"),
            ("TDH.PHYMEM.PAGE.RECLAIM", "TDX_OPERAND_INVALID", ["done", "done", "leaked", "leaked"], "free")):
        emulated(bench, [td("web", pages=100)])
        argv = ["--emulate={h}", "-j", "wait", "--gone", "web", "--timeout", "30", "--"]
        doc = json.loads(bench.host.read_text())
        doc["events"] += [fault(leaf, status, count=1000)]
        bench.host.write_text(json.dumps(doc))
        start = time.monotonic()
        p = bench.ok(argv + stop_later(bench, {"op": "stop", "td": 1}, 0), 1)
        doc = json.loads(p.stdout)
        expect(doc["result"] == "leaked" and doc["error"]["code"] == "leaked" and not doc["reached"], doc)
        expect(states(doc) == want and hkid in doc["stages"][1]["detail"], doc)
        expect(time.monotonic() - start < 10, "it waited")
    # Also if the VMM is dead when it starts.
    doc = bench.json("--emulate={h} -j wait --gone web", 1)
    expect(doc["result"] == "leaked" and states(doc)[0] == "done", doc)


def test_gone_unknown(tmp):
    """Without the helper nothing is known, and nothing is claimed."""
    bench = Bench(tmp)
    emulated(bench, [td("web")])
    for args, status in (("--root / wait --gone web", 2), ("--emulate={h} wait", 2),
                         ("--emulate={h} wait --gone web --hkids-free 1", 2), ("--emulate={h} wait --gone hkid:x", 2),
                         ("--emulate={h} wait --hkids-free 1 true", 2)):
        bench.ok(args, status)
    p = bench.run("wait --gone web --timeout 0.2")
    expect(p.returncode in (1, 3, 4, 5, 7) and "gone" not in p.stdout.replace("not-gone", ""), p.stdout + p.stderr)


def test_gone_signals(tmp):
    bench = Bench(tmp)
    emulated(bench, [td("web", pages=100)])
    for sig in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(bench.argv("--emulate={h} -j wait --gone web"), env=bench.env,
                              stdout=subprocess.PIPE) as p:
            time.sleep(0.6)
            p.send_signal(sig)
            doc = json.loads(p.communicate(timeout=20)[0])
        expect(p.returncode == 1 and doc["error"]["code"] == "interrupted", doc)
        expect(states(doc) == ["open"] * 4 and not doc["reached"], doc)
    # The command ends with it.
    with subprocess.Popen(bench.argv("--emulate={h} wait --gone web sleep 60"), env=bench.env,
                          stderr=subprocess.PIPE) as p:
        time.sleep(0.6)
        p.send_signal(signal.SIGTERM)
        expect(b"signal 15" in p.communicate(timeout=20)[1] and p.returncode == 1, "status")


def test_gone_progress(tmp):
    bench = Bench(tmp)
    argv = bench.argv("--emulate wait --gone web --timeout 0.5")
    status, text = tty.run(argv, bench.env, columns=80)
    expect(status == 7 and "\r\x1b[KWaiting for the end of web: process 2001 runs, 0 s" in text, f"{status} {text!r}")
    expect(text.rindex("Waiting for") < text.index("VM      web (td:1)"), repr(text))
    expect("Waiting" not in tty.run(argv + ["-q"], bench.env, columns=80)[1], "-q")
