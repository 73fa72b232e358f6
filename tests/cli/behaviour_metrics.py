# SPDX-License-Identifier: GPL-2.0-only
"""metrics: the exposition format, its values against the other verbs, the textfile."""
import json
import os
import pathlib
import re
import resource
import stat
import subprocess

from run import HERE, Bench, expect
from tools import tool

HOSTS = sorted(p.stem for p in (HERE / "hosts").glob("*.json"))
SAMPLE = re.compile(r'([a-z0-9_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? ([0-9.]+)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')


def unescape(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), text)


def parse(text):
    """name -> {"type", "help", "samples": {(name, labels): value}}, strictly."""
    families, family = {}, None
    expect(text.endswith("\n"), "no newline at the end")
    for line in text.splitlines():
        word = line.split(" ", 3)
        if line.startswith("# HELP "):
            expect(word[2] not in families and len(word) == 4, f"again, or no words: {line}")
            family = families[word[2]] = {"help": word[3], "type": None, "samples": {}}
            name = word[2]
        elif line.startswith("# TYPE "):
            expect(word[2] == name and family["type"] is None, line)
            family["type"] = word[3]
        else:
            m = SAMPLE.fullmatch(line)
            expect(m, f"malformed: {line!r}")
            suffix = m[1].removeprefix(name)
            expect(m[1].startswith(name) and family["type"], f"{line}: not of {name}")
            expect(suffix in (("_bucket", "_sum", "_count") if family["type"] == "histogram" else ("",)), line)
            key = m[1], tuple((k, unescape(v)) for k, v in LABEL.findall(m[2] or ""))
            expect(key not in family["samples"], f"twice: {line}")
            family["samples"][key] = m[3]
    for name, family in families.items():
        expect(family["samples"], f"{name}: no sample")
    return families


def value(families, name, **labels):
    got = families[name]["samples"].get((name, tuple(labels.items())))
    expect(got is not None, f"no {name} {labels}: {families[name]['samples']}")
    return float(got)


def lint(text):
    p = subprocess.run([tool("promtool"), "check", "metrics"], input=text, capture_output=True, text=True,
                       timeout=60, check=False)
    expect(p.returncode == 0 and not p.stderr, f"promtool: {p.stdout}{p.stderr}")


def check_histograms(families):
    """Cumulative, +Inf last and equal to _count."""
    samples = families["tdxctl_seamcall_duration_seconds"]["samples"]
    leaves = {dict(k[1])["leaf"] for k in samples}
    for leaf in leaves:
        mine = {k: v for k, v in samples.items() if dict(k[1])["leaf"] == leaf}
        buckets = [(dict(k[1])["le"], int(v)) for k, v in mine.items() if k[0].endswith("_bucket")]
        expect(buckets[-1][0] == "+Inf", buckets)
        bounds = [float(le) for le, _ in buckets]
        expect(bounds == sorted(set(bounds)), bounds)
        # From 1 us to 1 s, each four times the one before; a bucket ends 1 ns below the next.
        expect(bounds[:-1] == [round(4 ** i * 1024e-9 - 1e-9, 9) for i in range(11)], bounds)
        counts = [n for _, n in buckets]
        expect(counts == sorted(counts), f"{leaf}: not cumulative: {counts}")
        total = next(int(v) for k, v in mine.items() if k[0].endswith("_count"))
        expect(counts[-1] == total, f"{leaf}: {counts[-1]} of {total}")
        spent = next(float(v) for k, v in mine.items() if k[0].endswith("_sum"))
        expect((spent > 0) == (total > 0), f"{leaf}: {spent} s in {total} calls")
    return len(leaves)


def test_metrics_are_valid(tmp):
    """Every test host, with and without --per-td, by promtool and by our own reading."""
    table = json.loads(Bench(tmp).ok("dump-cli").stdout)["metrics"]
    names = {m["name"]: m for m in table}
    expect(len(names) == len(table), "a name twice")
    seen = set()
    for host in HOSTS:
        bench = Bench(tmp, host)
        for option in ("", " --per-td"):
            text = bench.ok("--emulate={h} metrics" + option).stdout
            families = parse(text)
            lint(text)
            seen |= set(families)
            for name, family in families.items():
                row = names[name]
                expect((family["type"], family["help"]) == (row["type"], row["help"]), name)
                expect(option or not row["per_td"], f"{name} without --per-td")
                for _, labels in family["samples"]:
                    expect([k for k, _ in labels if k != "le"] == row["labels"], f"{name}: {labels}")
            if "tdxctl_seamcall_duration_seconds" in families:
                check_histograms(families)
    # test_metrics_of_files and the tests in a kernel read the metrics of a real host.
    rest = {"tdxctl_helper_start_time_seconds", "tdxctl_module_updates_remaining",
            "tdxctl_cgroup_hkid_capacity", "tdxctl_cgroup_hkids_charged"}
    expect(seen == set(names) - rest, f"never seen: {set(names) - rest - seen}")


def test_metrics_agree(tmp):
    """The same host in numbers as in the other verbs."""
    for host in ("leaked", "held-key-lock", "exhausted", "offline-package", "stages", "busy"):
        bench = Bench(tmp, host)
        families = parse(bench.ok("--emulate={h} metrics --per-td").stdout)
        status = bench.json("--emulate={h} status --json")
        for state in ("free", "assigned", "configured", "flushing", "leaked"):
            expect(value(families, "tdxctl_hkids", state=state) == status["hkids"][state], state)
        expect(value(families, "tdxctl_tds_private_bytes") == 4096 * status["tds"]["private_pages"], host)
        cpus = families["tdxctl_cpus"]["samples"].values()
        expect(sum(map(int, cpus)) == status["cpus"]["total"], cpus)
        for p in status["packages"]:
            expect(value(families, "tdxctl_package_covered", package=str(p["id"])) == p["covered"], p)
        for lock in bench.json("--emulate={h} lock --json")["locks"]:
            pkg = "" if lock["package"] is None else str(lock["package"])
            labels = {"lock": lock["name"], "package": pkg}
            expect(value(families, "tdxctl_lock_held", **labels) == (lock["state"] == "held"), lock)
            expect(value(families, "tdxctl_lock_held_seconds", **labels) == (lock["held_ns"] or 0) / 1e9, lock)
            for key in ("acquisitions", "contended", "busy_retries", "entropy_retries"):
                expect(value(families, f"tdxctl_lock_{key}_total", **labels) == lock[key], lock)
        for td in bench.json("--emulate={h} td --json")["tds"]:
            labels = {"td": str(td["id"]), "vm": td["vm"]}
            expect(value(families, "tdxctl_td_private_bytes", **labels) == 4096 * td["private_pages"], td)
            expect(value(families, "tdxctl_td_hkid", **labels) == (td["hkid"] or 0), td)


def test_metrics_escaping(tmp):
    """Names are other people's bytes."""
    names = ['a"b\\c', 'back\\', "two\nlines", "n\\n", "東京", "}{,=\"", "x" * 63]
    bench = Bench(tmp, "empty")
    host = json.loads(bench.host.read_text())
    host["topology"]["tdx_keyids"] = 32
    for i, name in enumerate(names):
        if "\n" not in name:
            host["events"].append({"op": "td", "name": name, "pid": 100 + i, "comm": "x"})
    bench.host.write_text(json.dumps(host, ensure_ascii=False))
    p = bench.run("--emulate={h} metrics --per-td")
    expect(p.returncode == 0, p.stderr)
    families = parse(p.stdout)
    lint(p.stdout)
    got = {dict(labels)["vm"] for _, labels in families["tdxctl_td_info"]["samples"]}
    expect(got == {n for n in names if "\n" not in n}, got)
    doc = bench.json("--emulate={h} metrics --per-td --json")
    info = next(m for m in doc["metrics"] if m["name"] == "tdxctl_td_info")
    expect({s["labels"]["vm"] for s in info["samples"]} == got, info)


def test_metrics_json(tmp):
    bench = Bench(tmp, "busy")
    families = parse(bench.ok("--emulate={h} metrics --per-td").stdout)
    doc = bench.json("--emulate={h} metrics --per-td --json")
    expect([m["name"] for m in doc["metrics"]] == list(families), "other metrics")
    for m in doc["metrics"]:
        got = {(s["name"], tuple(s["labels"].items())): s["value"] for s in m["samples"]}
        expect(got == families[m["name"]]["samples"], m["name"])


def test_metrics_of_files(tmp):
    """Without the helper: what files say, and nothing of what they do not."""
    root = pathlib.Path(tmp, "root")
    cpu = root / "sys/devices/system/cpu"
    for path, text in {"proc/stat": "cpu 1 2\nbtime 1700000000\n", "sys/fs/cgroup/misc.capacity": "tdx 31\n",
                       "sys/fs/cgroup/misc.current": "tdx 7\n", "sys/devices/system/cpu/present": "0-1\n",
                       "sys/devices/faux/tdx_host/version": "1.5.06\n", "sys/devices/system/cpu/online": "0\n",
                       "sys/devices/faux/tdx_host/num_remaining_updates": "3\n"}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (cpu / "cpu0/topology").mkdir(parents=True)
    (cpu / "cpu0/topology/physical_package_id").write_text("0\n")
    text = Bench(tmp).ok(["--root", str(root), "metrics", "--per-td"]).stdout
    lint(text)
    families = parse(text)
    expect(value(families, "tdxctl_helper_up") == 0, text)
    expect(value(families, "tdxctl_cgroup_hkid_capacity") == 31, text)
    expect(value(families, "tdxctl_cgroup_hkids_charged") == 7, text)
    expect(value(families, "tdxctl_module_updates_remaining") == 3, text)
    expect(value(families, "tdxctl_module_info", version="1.5.06") == 1, text)
    expect(value(families, "tdxctl_cpus", state="offline") == 1, text)
    for name in ("hkids", "tds", "lock_held", "helper_info", "seamcalls_missed_total",
                 "helper_start_time_seconds", "package_keys_programmed_total", "td_info"):
        expect(f"tdxctl_{name}" not in families, f"{name} has no source, but is printed")


def test_metrics_textfile(tmp):
    bench = Bench(tmp)
    path = bench.dir / "tdxctl.prom"
    p = bench.ok("--emulate metrics --textfile tdxctl.prom", preexec_fn=lambda: os.umask(0o077))
    expect(not p.stdout and not p.stderr, p.stdout + p.stderr)
    expect(stat.S_IMODE(path.stat().st_mode) == 0o644, "the collector cannot read it")
    parse(path.read_text())
    first = path.stat().st_ino
    path.chmod(0o600)
    doc = bench.json("--emulate metrics --json --textfile tdxctl.prom")
    expect(doc["textfile"] == "tdxctl.prom" and doc["metrics"], doc["textfile"])
    expect(path.stat().st_ino != first, "written in place: a reader can see half of it")
    expect(stat.S_IMODE(path.stat().st_mode) == 0o644, "mode of the existing file")
    link = bench.dir / "link.prom"
    link.symlink_to("tdxctl.prom")
    bench.ok("--emulate metrics --textfile link.prom")
    expect(link.is_symlink(), "the link was replaced")
    expect(set(os.listdir(bench.dir)) == {"tdxctl.prom", "link.prom"}, os.listdir(bench.dir))


def test_metrics_textfile_fails(tmp):
    """An existing file stays, and no temporary file is left."""
    bench = Bench(tmp)
    path = bench.dir / "tdxctl.prom"
    path.write_text("old\n")

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    p = bench.ok("--emulate metrics --textfile tdxctl.prom", 1, preexec_fn=small)
    expect("File too large" in p.stderr, p.stderr)
    expect(path.read_text() == "old\n" and os.listdir(bench.dir) == ["tdxctl.prom"], os.listdir(bench.dir))
    p = bench.ok("--emulate metrics --textfile nowhere/x.prom", 1)
    expect("nowhere/x.prom: No such file" in p.stderr, p.stderr)
    p = bench.ok("--emulate metrics --json --textfile .", 1)
    expect("not a regular file" in p.stderr, p.stderr)
    expect(os.listdir(bench.dir) == ["tdxctl.prom"], os.listdir(bench.dir))
    bench.ok("--emulate metrics --textfile", 2)
