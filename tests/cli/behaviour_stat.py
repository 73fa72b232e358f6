# SPDX-License-Identifier: GPL-2.0-only
"""stat on emulated hosts, whose SEAMCALLs are counted as the helper counts them."""
import json
import re

import tty_run as tty
from behaviour_check import emulated, fault, td
from run import TDXCTL, Bench, check_document, expect

RECLAIM = "TDH.PHYMEM.PAGE.RECLAIM"


def host(tmp, events):
    bench = Bench(tmp)
    emulated(bench, events)
    return bench


def release(bench, name):
    """A command that is silent: what it prints would be before the counts."""
    return ["--", "sh", "-c", f"{TDXCTL} --emulate={bench.host} release {name} --yes >/dev/null 2>&1"]


def released(bench, name, *options):
    """The counts while a TD is released."""
    return bench.json(["--emulate={h}", "stat", "--json", *options, *release(bench, name)])


def rows(doc, table, leaf=RECLAIM):
    return [row for row in doc[table] if row["leaf"] == leaf]


def test_stat_counts(tmp):
    """stat leaves out earlier calls. The histogram has each call once."""
    bench = host(tmp, [td("web", pages=300), td("db", pages=200)])
    doc = released(bench, "web")
    expect(doc["source"] == "emulated", doc)
    row, = rows(doc, "leaves")
    expect(row["calls"] >= 300 and row["calls"] < 320, row)
    expect(row["errors"] == row["busy"] == 0 and row["total_ns"] == row["calls"] * row["mean_ns"], row)
    expect(sum(b["calls"] for b in rows(doc, "histogram")) == row["calls"], doc)
    expect(all(b["from_ns"] <= row["p50_ns"] <= b["below_ns"] for b in rows(doc, "histogram")), doc)
    expect(not rows(doc, "leaves", "TDH.MEM.PAGE.ADD") and not doc["statuses"], doc)
    expect([r["total_ns"] for r in doc["leaves"]] == sorted((r["total_ns"] for r in doc["leaves"]), reverse=True), doc)
    doc = released(bench, "db", "--leaf", "phymem.page.*")
    expect({r["leaf"].rsplit(".", 1)[0] for r in doc["leaves"]} == {"TDH.PHYMEM.PAGE"}, doc)


def test_stat_statuses(tmp):
    """Errors are listed by status, also where the same status was counted before."""
    bench = host(tmp, [fault("TDH.MNG.CREATE", "TDX_OPERAND_BUSY", count=3), td("web", pages=8),
                      fault("TDH.VP.FLUSH", "TDX_OPERAND_BUSY", count=2)])
    doc = released(bench, "web")
    row, = rows(doc, "leaves", "TDH.VP.FLUSH")
    expect(row["errors"] == 2, row)
    expect([(s["leaf"], s["status_name"], s["calls"]) for s in doc["statuses"]] ==
           [("TDH.VP.FLUSH", "TDX_OPERAND_BUSY", 2)], doc)
    expect(doc["statuses"][0]["status"].startswith("0x80000200"), doc)


def test_stat_td(tmp):
    """With --td, the calls for other TDs are left out, and for this one they are the same."""
    events = [td("web", pages=300), td("db", pages=200), fault("TDH.VP.FLUSH", "TDX_OPERAND_BUSY", count=2)]
    bench = host(tmp, events)
    expect(not released(bench, "db", "--td", "web")["leaves"], "calls for db")
    doc = released(bench, "web", "--td", "web")
    expect(doc["source"] == "emulated" and doc["leaves"], doc)
    both = host(tmp, events)
    released(both, "db")
    whole = released(both, "web")
    for table in ("leaves", "statuses", "histogram"):
        expect(doc[table] == whole[table], (doc, whole))


def test_stat_interval(tmp):
    """Each interval has its own calls; none is lost between two."""
    bench = Bench(tmp)
    bench.ok(f"-q emulate play {bench.host} --from 1 --step 2")
    lines = bench.ok("--emulate={h} --json stat --interval 0.2 --duration 1").stdout.splitlines()
    docs = [json.loads(line) for line in lines]
    for doc in docs:
        check_document("stat", doc, 0)
    expect(len(docs) >= 3, lines)
    calls = [sum(r["calls"] for r in doc["leaves"]) for doc in docs]
    expect(sum(n > 0 for n in calls) >= 2, calls)
    for doc in docs:
        for row in doc["leaves"]:
            expect(sum(b["calls"] for b in rows(doc, "histogram", row["leaf"])) == row["calls"], doc)


def test_stat_text(tmp):
    """The tables that are empty, or that -v asks for, do not show."""
    bench = host(tmp, [td("web", pages=8), td("db", pages=8)])
    text = bench.ok("--emulate={h} stat --duration 0.1").stdout
    expect("No SEAMCALLs." in text and "none" not in text and "BELOW" not in text, text)
    text = bench.ok(["--emulate={h}", "stat", "-v", *release(bench, "web")]).stdout
    expect("BELOW" in text and "#####" in text and "STATUS" not in text, text)
    # On a narrow terminal, columns without a name are left out without a word.
    code, text = tty.session([TDXCTL, f"--emulate={bench.host}", "stat", "-v", *release(bench, "db")], bench.env, [], 60, 60, 40)
    expect(code == 0 and re.findall(r"Not shown: *([a-z0-9, ]*)", text) == ["busy, mean, p50, p99"], text)


def test_stat_refused(tmp):
    bench = host(tmp, [td("web", pages=8)])
    for line, word in (("--emulate={h} stat --leaf NONE", "no leaf matches 'NONE'"),
                       ("--emulate={h} stat --td web --leaf NONE", "no leaf matches 'NONE'"),
                       ("--root {roots}/no-tdx stat", "does not change")):
        p = bench.ok(line, 2)
        expect(word in p.stderr, p.stderr)
    # The command's failure is that of stat.
    expect("exit status 1" in bench.ok("--emulate={h} stat -- false", 1).stderr, "no word about the command")
