# SPDX-License-Identifier: GPL-2.0-only
"""What verbs print about a host with the helper, from reports whose snapshot is changed."""
import sys

from run import TOP, Bench, expect

sys.path.insert(0, str(TOP / "tests" / "hosts"))
import helper                                   # noqa: E402


def with_helper(bench, change):
    """Options that name a host with the helper after @change."""
    files = bench.json(f"--root {TOP}/tests/hosts/trees/package-offline report -j")
    host = helper.Host(files, bench.json("--emulate report -j"))
    change(host)
    path = bench.dir / "helper.json"
    path.write_text(host.text())
    return ["--from-report", str(path)]


def test_status_leaked_pages(tmp):
    """Pages that the helper leaked are named, in the singular and the plural, unless there are none."""
    bench = Bench(tmp)
    for n, text in ((0, None), (1, ", 1 page leaked by early releases"), (2, ", 2 pages leaked by early releases")):
        there = with_helper(bench, lambda h, n=n: h.put_info(leaked_pages=n))
        got = " ".join(bench.ok([*there, "status"]).stdout.split())
        expect(text in got if text else "leaked by" not in got, f"{n}: {got}")
        doc = bench.json([*there, "status", "-j"])
        expect(doc["helper"]["leaked_pages"] == n, doc["helper"])
    there = with_helper(bench, lambda h: h.put_info(leaked_pages=helper.UNKNOWN))
    doc = bench.json([*there, "status", "-j"])["helper"]
    expect(doc["leaked_pages"] is None and "does not report" in doc["unknown"]["leaked_pages"], doc)
    expect("leaked by" not in bench.ok([*there, "status"]).stdout, "an unknown number")


def test_hkid_without_td(tmp):
    """An HKID whose TD has no record shows the process that used it, also with a short name."""
    bench = Bench(tmp)
    for comm in (b"q", b"qemu-system-x86"):
        there = with_helper(bench, lambda h, c=comm: h.put("hkids", 9, state=2, tdr=0, comm=c))
        row = bench.json([*there, "hkid", "-j"])["hkids"][9]
        expect(row["vm"] == comm.decode(), row)


def test_cpu_state_of_a_newer_helper(tmp):
    """A state that is unknown to this version does not count as one of its own."""
    bench = Bench(tmp)
    before = bench.json([*with_helper(bench, lambda h: None), "status", "-j"])["cpus"]
    for state in (5, 99, helper.UNKNOWN32):
        there = with_helper(bench, lambda h, s=state: h.put("cpus", 0, state=s))
        after = bench.json([*there, "status", "-j"])["cpus"]
        expect(after["total"] == before["total"] and after["online"] == before["online"], after)
        expect(after["enabled"] == before["enabled"] - 1, (before, after))
