# SPDX-License-Identifier: GPL-2.0-only
"""trace on emulated hosts that move."""
import json
import signal
import subprocess

from behaviour_check import emulated, td
from run import TDXCTL, Bench, check_document, expect


def started(bench, *args):
    return subprocess.Popen([TDXCTL, f"--emulate={bench.host}", "trace", *args], env=bench.env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_trace_life(tmp):
    """The calls of a TD are in the order of its life, and each line of JSON is as its schema says."""
    bench = Bench(tmp)
    bench.ok(f"-q emulate play {bench.host} --from 20 --step 1")
    docs = [json.loads(line) for line in bench.ok("--emulate={h} -q trace --json").stdout.splitlines()]
    for doc in docs:
        check_document("trace", doc, 0)
    expect(not any(doc["lost"] for doc in docs), docs)
    web = [d["leaf"] for d in docs if d["pid"] == 2007]
    first = list(dict.fromkeys(web))
    expect(first == [f"TDH.{leaf}" for leaf in ("MNG.CREATE", "MNG.KEY.CONFIG", "MNG.ADDCX", "MNG.INIT", "VP.CREATE",
                                                "VP.ADDCX", "VP.INIT", "MR.FINALIZE")], first)
    expect(web.count("TDH.VP.INIT") == 4 and web.count("TDH.MNG.KEY.CONFIG") == 2, web)
    # The same as text.
    text = bench.ok("--emulate={h} -q trace").stdout.splitlines()
    expect([d["leaf"] for d in docs] == [line.split("(")[0].split()[-1] for line in text], text)


def test_trace_lost(tmp):
    """Calls that are played faster than they can be read are counted, in text and in JSON."""
    bench = Bench(tmp)
    emulated(bench, [td("web", pages=8), {"op": "accept", "at": 500, "td": 1, "pages": 20000, "ms": 900}])
    bench.ok(f"-q emulate play {bench.host} --step 1")
    lines = bench.ok("--emulate={h} -q trace --leaf MEM.PAGE.AUG").stdout.splitlines()
    lost = [int(line.split()[0]) for line in lines if " lost: they were faster" in line]
    expect(len(lost) == 2 and len(lines) - 2 + sum(lost) == 20000, (len(lines), lost))
    docs = [json.loads(line) for line in bench.ok("--emulate={h} -q trace --leaf MEM.PAGE.AUG --json").stdout.splitlines()]
    found = [doc for doc in docs if doc["lost"]]
    expect([doc["lost"] for doc in found] == lost and all(doc["leaf"] is None for doc in found), found)
    check_document("trace", found[0], 0)


def test_trace_ends(tmp):
    """At Ctrl-C and after --duration with status 0; and when its reader is gone."""
    bench = Bench(tmp)
    bench.ok(f"-q emulate play {bench.host} --speed 2")
    p = started(bench)
    expect("(td=" in p.stdout.readline(), "no call")
    p.send_signal(signal.SIGINT)
    _, err = p.communicate(timeout=20)
    expect(p.returncode == 0 and "story" not in err, err)
    bench.ok("--emulate={h} trace --duration 0.2")
    bench.ok(f"-q emulate play {bench.host} --step 1")
    p = started(bench, "--leaf", "*")
    p.stdout.readline()
    p.stdout.close()
    err = p.stderr.read()
    p.stderr.close()
    expect(p.wait(timeout=20) == -signal.SIGPIPE and "observed" in err, f"{p.returncode}: {err}")


def test_trace_release(tmp):
    """A release by another command is traced, and nothing is traced twice."""
    bench = Bench(tmp)
    emulated(bench, [td("web", pages=8), {**td("db", pages=8), "at": 4000}, {**td("last", pages=8), "at": 90000}])
    bench.ok(f"-q emulate play {bench.host}")
    p = started(bench, "--leaf", "MNG.*")
    lines = [p.stdout.readline()]
    while lines[-1] and "INIT(td=db" not in lines[-1]:
        lines.append(p.stdout.readline())
    bench.ok("--emulate={h} release web --yes")
    while lines[-1] and "KEY.FREEID(td=web" not in lines[-1]:
        lines.append(p.stdout.readline())
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=20)
    expect(not out and p.returncode == 0, (lines, out, err))
    expect(len(lines) == len(set(lines)) and sum("CREATE(td=db" in line for line in lines) == 1, lines)
