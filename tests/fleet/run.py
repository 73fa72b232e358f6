#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Alert rules and dashboard, with a real Prometheus that scrapes emulated hosts.

Environment: O with tdxctl in it, TDXCTL the binary instead. Arguments pick tests by name.
Ends with "fleet: N passed, N failed", and ", N skipped" without Prometheus.
"""
import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE), str(TOP / "tests")]

import dashboard                                # noqa: E402
from server import Host, Prometheus             # noqa: E402
from tally import Failure, Skip, Tally, expect  # noqa: E402
from tools import tool                          # noqa: E402

# Not the one with sanitizers, which tests/cli scrapes: here, a process starts for every scrape.
TDXCTL = TOP / os.environ.get("O", "build") / "tdxctl"
ETC = TOP / "cmd" / "etc" / "prometheus"
RULES = (ETC / "tdxctl.rules.yml").read_text()
DASHBOARD = json.loads((ETC / "tdxctl-dashboard.json").read_text())
NAME = re.compile(r"\btdxctl_[a-z_]+\b")
WAIT = 20                       # seconds until all expected alerts fire


# ---- the hosts

def emulated(events, tdx_keyids, **more):
    return {"format": "tdxctl-host", "version": 1, "clock_ns": 3600 * 10**9, "events": events,
            "topology": {"packages": 2, "cpus_per_package": 4, "mktme_keyids": 15, "tdx_keyids": tdx_keyids}, **more}


def td(name, pages=64, **more):
    return {"op": "td", "name": name, "pid": 2000 + len(name), "pages": pages, **more}


def moving():
    return {"play": {"from_ms": 0, "started_ms": int(time.time() * 1000), "speed": 1}}


def accept(number):
    """Its guest accepts memory for a minute, so that counters grow."""
    return {"op": "accept", "at": 1, "td": number, "pages": 30000, "ms": 60000}


def healthy():
    return emulated([td("web", 512), td("data"), accept(1)], 16, **moving())


# A package of a host with TDs does not lose its last CPU: the kernel refuses that. So "cpus" is another host.
def stuck():
    """No HKID is free and one is leaked, a teardown stopped, and a VMM hangs with a key-config lock."""
    names = "w", "db", "ci1", "job4", "build"
    return emulated([*(td(n, 256) for n in names),
                     {"op": "fault", "leaf": "TDH.MNG.KEY.FREEID", "status": "TDX_HKID_NOT_FREE"},
                     {"op": "stop", "td": 1},
                     {"op": "release", "td": 2, "pages_left": 100}, td("newest"),
                     {"op": "wait", "ms": 90000},
                     {"op": "hold", "lock": "key-config", "package": 0, "pid": 2003, "comm": "qemu-kvm", "ms": 7000,
                      "more_ms": 600000}, accept(4)], 6, **moving())


def cpus():
    """A package without an online CPU, and a CPU on which the TDX module cannot be initialized."""
    return emulated([{"op": "fault", "leaf": "TDH.SYS.LP.INIT", "status": "TDX_SYS_LP_INIT_NOT_PENDING", "cpu": 3,
                      "count": 10}, *({"op": "cpu", "cpu": n, "online": False} for n in range(4, 8))], 6)


def blind(folder):
    """The files of a host with an old TDX module, without the helper."""
    shutil.copytree(TOP / "tests" / "cli" / "roots" / "tdx-no-helper", folder)
    (folder / "sys/devices/faux/tdx_host/version").write_text("1.5.01\n")


# The alerts of each host.
ALERTS = {
    "healthy": set(),
    "stuck": {"TdxHkidsShort", "TdxHkidsExhausted", "TdxHkidsLeaked", "TdxLockHeld", "TdxTeardownStuck"},
    "cpus": {"TdxPackageUncovered", "TdxCpuNotEnabled", "TdxUnavailable"},
    "blind": {"TdxHelperBlind", "TdxModuleOld"},
}
# Its metric is of node_exporter, which reads the textfile. tests/fleet/alerts.yml tests it.
NOT_HERE = {"TdxMetricsStale"}

# Each panel with one number shows this for each host. None: it shows "No data", the number is not known.
NUMBERS = {
    "Hosts with TDX": {"healthy": 1, "stuck": 1, "cpus": 0, "blind": 1},
    "Hosts without a working TDX module": {"healthy": 0, "stuck": 0, "cpus": 1, "blind": 0},
    "Free HKIDs": {"healthy": 13, "stuck": 0, "cpus": 5, "blind": None},
    "Leaked HKIDs": {"healthy": 0, "stuck": 1, "cpus": 0, "blind": None},
    "Packages without an online CPU": {"healthy": 0, "stuck": 0, "cpus": 1, "blind": 0},
    "CPUs that cannot run TDs": {"healthy": 0, "stuck": 0, "cpus": 1, "blind": None},
}


def quick(rules):
    """The rules with their times shortened: nothing else differs."""
    out, n = re.subn(r"^( +for: )\d+[mh]$", r"\g<1>2s", rules, flags=re.M)
    expect(n == rules.count("for:") and n > 5, f"{n} times")
    return out


class Fleet:
    """All hosts, and a Prometheus that has scraped them until the alerts fire."""

    def __init__(self, tmp):
        tmp = pathlib.Path(tmp)
        argv = {}
        for make in healthy, stuck, cpus:
            path = tmp / f"{make.__name__}.json"
            path.write_text(json.dumps(make()))
            argv[make.__name__] = [TDXCTL, f"--emulate={path}"]
        blind(tmp / "blind")
        argv["blind"] = [TDXCTL, "--root", tmp / "blind"]
        self.hosts = {name: Host(a) for name, a in argv.items()}
        self.name = {h.address: name for name, h in self.hosts.items()}
        # The same rules for metrics that do not exist: the comparison must see that.
        rules = {"tdxctl.yml": quick(RULES),
                 "planted.yml": quick(RULES).replace("name: tdxctl", "name: planted").replace("tdxctl_", "tdxctl_x")}
        self.prometheus = Prometheus(tmp, list(self.name), rules)
        self.wrong = {}

    def alerts(self, group):
        """{host: {alert: its state}}, and the rules that could not be evaluated."""
        found, bad = {name: {} for name in self.hosts}, []
        for g in self.prometheus.api("rules")["groups"]:
            for rule in g["rules"] if g["name"] == group else []:
                bad += [rule["name"]] if rule["health"] == "err" else []
                for a in rule["alerts"]:
                    found[self.name[a["labels"]["instance"]]][a["labels"]["alertname"]] = a["state"]
        return found, bad

    def differences(self, group):
        found, bad = self.alerts(group)
        wrong = {name: sorted({a: "firing" for a in ALERTS[name]}.items() ^ found[name].items()) for name in self.hosts}
        return {**{n: w for n, w in wrong.items() if w}, **({"not evaluated": bad} if bad else {})}

    def settle(self):
        def done():
            self.wrong = self.differences("tdxctl")
            return not self.wrong

        try:
            self.prometheus.wait(done, WAIT, "")
        except Failure as why:
            raise Failure(f"alerts: {self.wrong}{why}") from why

    def close(self):
        self.prometheus.close()
        for h in self.hosts.values():
            h.close()


# ---- tests without Prometheus

def test_rules(_fleet):
    """promtool runs tests/fleet/alerts.yml, which has each alert firing and silent."""
    for argv in (["check", "rules", ETC / "tdxctl.rules.yml"], ["test", "rules", HERE / "alerts.yml"]):
        p = subprocess.run([tool("promtool"), *argv], capture_output=True, text=True, timeout=60, check=False)
        expect(p.returncode == 0, f"promtool {argv[0]}: {p.stdout}{p.stderr}")
    tests = (HERE / "alerts.yml").read_text()
    alerts = set(re.findall(r"alert: (\w+)", RULES))
    for alert in alerts:
        cases = re.findall(rf"alertname: {alert}\n\s+exp_alerts:(.*)\n", tests)
        expect("" in cases and " []" in cases, f"{alert}: not tested both ways: {cases}")
    expect(set.union(*ALERTS.values()) | NOT_HERE == alerts, "an alert that no host has")


def metrics():
    """The table of metrics of the command."""
    doc = subprocess.run([TDXCTL, "dump-cli"], check=True, capture_output=True).stdout
    return {m["name"]: m for m in json.loads(doc)["metrics"]}


def test_names(_fleet):
    """Rules and dashboard use only metrics that the command has."""
    names = set(metrics())
    for text in RULES, json.dumps(DASHBOARD):
        used = {re.sub(r"_(bucket|count|sum)$", "", n) for n in NAME.findall(text)}
        expect(len(used) > 5 and used <= names, sorted(used - names))


def test_dashboard(_fleet):
    dashboard.check(DASHBOARD)
    # It notices what Grafana does not accept or would show otherwise.
    for plant in (lambda d: d["panels"][1].update(id=1), lambda d: d["panels"][1]["gridPos"].update(x=3),
                  lambda d: d["panels"][0]["targets"][0].update(expr="sum(tdxctl_tds)"),
                  lambda d: d["panels"][0]["datasource"].update(uid="prometheus"),
                  lambda d: d.update(schemaVersion=1), lambda d: d["templating"]["list"].pop(),
                  lambda d: d["panels"][6]["transformations"].pop(),
                  lambda d: d["panels"][6]["transformations"][1]["options"]["renameByName"].pop("Value #A")):
        bad = copy.deepcopy(DASHBOARD)
        plant(bad)
        try:
            dashboard.check(bad)
        except (Failure, LookupError, ValueError):
            continue
        raise Failure(f"a planted fault is not found: {[p for p in bad['panels'] if p not in DASHBOARD['panels']]}")


# ---- tests with Prometheus

def test_alerts(fleet):
    """Those of each host, no others, none on the healthy one; with the rules as they are but for their times."""
    fleet.settle()
    blank, _ = fleet.alerts("planted")
    expect(not any(blank.values()) and len(fleet.differences("planted")) == 3, f"planted rules: {blank}")


def test_scrapes(fleet):
    """Each sample arrives, with type and help."""
    table = metrics()
    for target in fleet.prometheus.api("targets")["activeTargets"]:
        expect(target["health"] == "up" and not target["lastError"], target)
    described = fleet.prometheus.api("metadata")
    names = {n for n in fleet.prometheus.api("label/__name__/values") if n.startswith("tdxctl_")}
    seen = {n if n in table else re.sub(r"_(bucket|count|sum)$", "", n) for n in names}
    expect(len(seen) > 30 and seen <= set(table), sorted(seen - set(table)))
    for name in seen:
        found = {(m["type"], m["help"]) for m in described[name]}
        expect(found == {(table[name]["type"], table[name]["help"])}, f"{name}: {found}")
    for name, host in fleet.hosts.items():
        text = host.get()
        p = subprocess.run([tool("promtool"), "check", "metrics"], input=text, capture_output=True, text=True,
                           timeout=60, check=False)
        expect(p.returncode == 0 and not p.stderr, f"{name}: promtool: {p.stdout}{p.stderr}")
        samples = sum(not line.startswith("#") for line in text.splitlines())
        # The next scrape of a host that moves can have a leaf more.
        fleet.prometheus.wait(lambda h=host, n=samples: fleet.prometheus.series(
            f'scrape_samples_scraped{{instance="{h.address}"}}') == [({"__name__": "scrape_samples_scraped", "job": "tdx",
                                                                      "instance": h.address}, n)],
                              5, f"{name}: {samples} samples are not what Prometheus has")
        expect(not host.bad, f"{name}: {host.bad}")


def legend_fits(panel, target, labels):
    """Labels that the legend of a panel, or its row of a table, needs."""
    wanted = set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")))
    if panel["type"] == "table":
        wanted = {"instance"}
    # The lock of the whole host has an empty package.
    if labels.get("lock") == "tdx_lock":
        wanted -= {"package"}
    return wanted <= set(labels)


def query(fleet, panel, target, names):
    expr = dashboard.substitute(target["expr"], [fleet.hosts[n].address for n in names])
    return fleet.prometheus.series(expr, 4 if panel["type"] == "timeseries" else 0)


def check_queries(fleet, doc):
    """Each query has a series for the healthy host and for the stuck one, and one for each of all where it must."""
    for panel, target in dashboard.targets(doc):
        where = f"{panel['title']}: {target['expr']}"
        for name in "healthy", "stuck":
            series = query(fleet, panel, target, [name])
            expect(series, f"{where}: no series of {name}")
            for labels, _ in series:
                expect(legend_fits(panel, target, labels), f"{where}: {labels}")
        every = query(fleet, panel, target, list(fleet.hosts))
        if "instance" in every[0][0]:
            found = {fleet.name[labels["instance"]] for labels, _ in every}
            expect({"healthy", "stuck"} <= found, f"{where}: {found}")


def test_queries(fleet):
    check_queries(fleet, DASHBOARD)
    for right, wrong in (("tdxctl_hkids{", "tdxctl_hkid{"), ('state="leaked"', 'state="lost"'),
                         ("[$__rate_interval]", "[1s]"), ("by (leaf)", "by (leaves)")):
        doc = json.loads(json.dumps(DASHBOARD).replace(right.replace('"', '\\"'), wrong.replace('"', '\\"')))
        expect(doc != DASHBOARD, f"{right} is not there")
        try:
            check_queries(fleet, doc)
        except Failure:
            continue
        raise Failure(f"a planted fault is not found: {wrong}")


def test_numbers(fleet):
    """The panels with one number show what is wrong, and nothing where it is not known."""
    panels = {p["title"]: p for p in DASHBOARD["panels"] if p["type"] == "stat"}
    expect(set(panels) == set(NUMBERS), set(panels) ^ set(NUMBERS))
    for title, want in NUMBERS.items():
        panel = panels[title]
        found = {}
        for name in fleet.hosts:
            series = query(fleet, panel, panel["targets"][0], [name])
            found[name] = series[0][1] if series else None
        expect(found == want, f"{title}: {found}")
        both = query(fleet, panel, panel["targets"][0], list(fleet.hosts))
        expect(both[0][1] == sum(v or 0 for v in want.values()), f"{title}: {both}")


def test_hosts(fleet):
    """The hosts that the variable offers."""
    variable = next(v for v in DASHBOARD["templating"]["list"] if v["name"] == "instance")
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()
    found = fleet.prometheus.api(f"label/{label}/values", **{"match[]": metric})
    expect(sorted(found) == sorted(fleet.name), found)


def test_it_moves(fleet):
    """The rates of hosts on which something happens are not zero."""
    for title in "SEAMCALLs per second", "99th percentile of SEAMCALL durations":
        panel = next(p for p in DASHBOARD["panels"] if p["title"] == title)
        for name in "healthy", "stuck":
            values = [v for _, v in query(fleet, panel, panel["targets"][0], [name])]
            expect(any(v > 0 for v in values), f"{title}: {name}: {values}")


def no_prometheus(_fleet):
    raise Skip("no prometheus; make deps installs it")


def main():
    alone = {"rules": test_rules, "names": test_names, "dashboard": test_dashboard}
    live = {"alerts": test_alerts, "scrapes": test_scrapes, "queries": test_queries, "numbers": test_numbers,
            "hosts": test_hosts, "it-moves": test_it_moves}
    picked = sys.argv[1:]
    unknown = set(picked) - set(alone) - set(live)
    if unknown:
        sys.exit(f"no such test: {' '.join(sorted(unknown))}")
    tally = Tally("fleet")
    start = time.monotonic()
    if not shutil.which(tool("prometheus")):
        for name, test in {**alone, **dict.fromkeys(live, no_prometheus)}.items():
            tally.run(name, test, None)
        return tally.done()
    with tempfile.TemporaryDirectory(prefix="tdxctl-fleet-") as tmp:
        fleet = Fleet(tmp)
        try:
            # The tests that need no scrape come first, while scrapes arrive.
            for name, test in {**alone, **live}.items():
                if not picked or name in picked:
                    tally.run(name, test, fleet)
        finally:
            fleet.close()
    print(f"took {time.monotonic() - start:.1f} s")
    return tally.done()


if __name__ == "__main__":
    sys.exit(main())
