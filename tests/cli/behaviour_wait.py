# SPDX-License-Identifier: GPL-2.0-only
"""wait --gone: each stage of a teardown, leaks and unknown stages included."""
import json
import os
import resource
import signal
import subprocess
import time

import tty_run as tty
from behaviour_check import emulated, fault, td
from run import TDXCTL, TOP, Bench, expect

EXAMPLES = TOP / "cmd" / "etc" / "examples"
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
    for argv, text in ((["sh", "-c", "exit 3"], "sh failed with exit status 3; web may still exist"), (["/nowhere/virsh"], "No such file"),
                       (["sh", "-c", "kill -9 $$"], "sh was ended by signal 9; web may still exist")):
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


def test_waiting_is_cheap(tmp):
    """Commands that wait sleep meanwhile."""
    bench = Bench(tmp)
    emulated(bench, [td("web", pages=8)])
    for line in ("wait --gone web --timeout 2", "wait --hkids-free 15 --timeout 2", "stat --duration 2"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        bench.ok("--emulate={h} " + line, 0 if "stat" in line else 7)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        expect(time.monotonic() - start > 1.9, f"{line}: did not wait")
        expect(cpu < 1, f"{line}: {cpu:.2f} s of CPU in 2 s")


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


# ---- example scripts

UUID = "6f1d4b1e-52f0-4b0c-9d3c-27b1a8f0c001"
# A libvirt with the domains web, the TD of the emulated host, and plain, which is not a TD.
VIRSH = """#!/usr/bin/python3
import json, os, sys

host, log, deaf = {host!r}, {log!r}, {deaf!r}
verb, name = sys.argv[1:]
off = {dir!r} + "/off." + name
print(verb, name, file=open(log, "a"))
if verb == "domuuid":
    print({uuid!r} if name == "web" else {uuid!r}[::-1])
elif verb == "domstate":
    print("shut off" if os.path.exists(off) else "running")
elif verb == "destroy" or not deaf:
    if name == "web":
        doc = json.load(open(host))
        doc["events"].append({{"op": "stop", "td": 1}})
        json.dump(doc, open(host + ".new", "w"))
        os.replace(host + ".new", host)
    open(off, "w")
"""


def script(bench, name, *args, deaf=False, uuid=UUID, **env):
    """Runs an example script; returns the process and the calls of virsh and tdxctl."""
    log = bench.dir / "log"
    log.write_text("")
    commands = {"virsh": VIRSH.format(host=str(bench.host), log=str(log), deaf=deaf, dir=str(bench.dir), uuid=uuid),
                "tdxctl": f'#!/bin/sh\necho "tdxctl $*" >>{log}\nexec {TDXCTL} --emulate={bench.host} "$@"\n'}
    for command, text in commands.items():
        (bench.dir / command).write_text(text)
        (bench.dir / command).chmod(0o755)
    p = subprocess.run([EXAMPLES / name, *args], check=False, capture_output=True, text=True, timeout=60,
                       stdin=subprocess.DEVNULL,
                       env={**bench.env, "PATH": f"{bench.dir}:{bench.env['PATH']}", "TDX_GRACE": "2", **env})
    return p, log.read_text().splitlines()


def test_shutdown(tmp):
    bench = Bench(tmp)
    host = [td("web", pages=300000, uuid=UUID)]
    # The guest ends when it is asked.
    emulated(bench, host)
    p, calls = script(bench, "tdx-shutdown", "web")
    expect(p.returncode == 0 and "gone" in p.stdout, p)
    expect("shutdown web" in calls and "destroy web" not in calls and not any("release" in c for c in calls), calls)
    # It does not: 1.1 GiB of private memory are released before, but only above the limit.
    for limit, released in (("1", True), ("2", False)):
        (bench.dir / "off.web").unlink()
        emulated(bench, host)
        p, calls = script(bench, "tdx-shutdown", "web", deaf=True, TDX_RELEASE_GIB=limit)
        expect(p.returncode == 0 and "gone" in p.stdout, p)
        expect("destroy web" in calls and (f"tdxctl release {UUID} --yes" in calls) == released, calls)
    # A domain that is no TD; a host on which that is not known: nothing is changed.
    p, calls = script(bench, "tdx-shutdown", "plain")
    expect(p.returncode == 0 and "shutdown plain" in calls and not any("wait" in c for c in calls), (p, calls))
    bench.host.write_text("{}")
    p, calls = script(bench, "tdx-shutdown", "web")
    expect(p.returncode == 1 and not {"shutdown web", "destroy web"} & set(calls), (p, calls))
    expect(script(bench, "tdx-shutdown")[0].returncode == 2, "usage")


def test_shim_stop(tmp):
    bench = Bench(tmp)
    for limit, released in (("1", True), ("2", False)):
        emulated(bench, [td("sandbox-1f", pages=300000)])
        p, calls = script(bench, "tdx-shim-stop", "sandbox-1f", *stop_later(bench, {"op": "stop", "td": 1}, 0.3),
                          TDX_RELEASE_GIB=limit)
        expect(p.returncode == 0 and "gone" in p.stdout and "ending" in p.stderr, p)
        expect(("tdxctl release sandbox-1f --yes" in calls) == released, calls)
    # The command fails; the VM is no TD.
    emulated(bench, [td("sandbox-1f", pages=3)])
    p, _ = script(bench, "tdx-shim-stop", "sandbox-1f", "false")
    expect(p.returncode == 1 and "exit status 1" in p.stderr, p)
    p, _ = script(bench, "tdx-shim-stop", "other", "sh", "-c", "exit 9")
    expect(p.returncode == 9, p)
    expect(script(bench, "tdx-shim-stop", "other")[0].returncode == 2, "usage")
