# SPDX-License-Identifier: GPL-2.0-only
"""report and --from-report: what it tells, what it must not tell, and what others send us."""
import base64
import json
import os
import pathlib
import re
import struct
import sys

from run import HERE, TOP, Bench, expect

sys.path.append(str(TOP / "tests" / "hosts"))

import situations                               # noqa: E402
import table                                    # noqa: E402

HOSTS = sorted(p.stem for p in (HERE / "hosts").glob("*.json"))
VERBS = ("status", "check", "doctor --attestation", "hkid", "td", "lock", "cpu", "metrics --per-td")
# Those on which every verb has something to say.
MASKED = ("stages", "leaked", "held-key-lock", "other-user")
VM = "topsecretvm"
UUID = "deadbeef-1234-4abc-8def-0123456789ab"
# What stands in no report, by the file it is planted in.
SECRETS = {
    "host": "node7.acme.example", "domain": "corp.acme.example", "machine": "0123456789abcdef0123456789abcdef",
    "product": "SRV9X77Q", "board": "BRD4Z11K", "user": "gwendolyn", "root": "6f2c1d3e-0000-4111-8222-333344445555",
    "luks": "luks-9e107d9d", "password": "hunter2swordfish", "disk": "/srv/images/payroll.qcow2",
    "mac": "52:54:00:ab:cd:ef", "ip": "10.77.12.5", "ip6": "fe80::5054:ff:feab:cdef", "vm": VM, "uuid": UUID,
    "usb": "USB77SERIAL9", "builder": "builder@farm.acme", "pccs": "pccs.acme.example", "salt": "ACME-BUILD-77",
    "process": "payrolld", "dmi": "DIMMSER0815", "other": "/mnt/gwendolyn/keys/td.pem",
}
S = SECRETS
LINES = [
    f"Linux version 7.2.13 ({S['builder']}) (gcc 12) #1 SMP", f"Command line: root=UUID={S['root']} kvm_intel.tdx=1 pass={S['password']}",
    "virt/tdx: BIOS enabled: private KeyID range [32, 64)", "virt/tdx: TDX-Module initialized",
    f"kvm: {VM}: guest at {S['disk']} uuid {UUID} wants tdx", f"kvm: eth0 {S['mac']} {S['ip']} {S['ip6']}:443 tdx",
    f"tdx: usb 1-1: SerialNumber: {S['usb']}", f"kvm_intel: Comm: {S['process']} Not tainted",
    f"tdx: host {S['host']} of {S['user']} reads {S['other']}", f"tdx: machine {S['machine']} serial {S['product']}",
    f"kvm: {S['host'].split('.')[0]}: again", f"sgx: see https://{S['pccs']}:8081/sgx/v4/ by {S['builder']}",
]


def make(top, tree):
    for path, text in ({} if tree is None else {**table.HEALTHY, **tree}).items():
        if text is not None:
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    return ["--root", str(top)]


def secret_tree(top):
    files = {
        "var/log/dmesg": "".join(f"[    {i}.000000] {s}\n" for i, s in enumerate(LINES)),
        "proc/sys/kernel/hostname": S["host"].split(".")[0] + "\n", "etc/hostname": S["host"] + "\n",
        "proc/sys/kernel/domainname": S["domain"] + "\n", "etc/machine-id": S["machine"] + "\n",
        "sys/class/dmi/id/product_serial": S["product"] + "\n", "sys/class/dmi/id/board_serial": S["board"] + "\n",
        "etc/passwd": f"root:x:0:0::/root:/bin/sh\n{S['user']}:x:1000:1000::/home/{S['user']}:/bin/sh\n",
        "proc/cmdline": f"BOOT_IMAGE=/vmlinuz root=UUID={S['root']} ro rd.luks.uuid={S['luks']} kvm_intel.tdx=1 "
                        f"nohibernate secret=\"{S['password']} {S['password']}\" ip={S['ip']}\n",
        "boot/config-7.2.13": table.config()["boot/config-7.2.13"] + f'CONFIG_LOCALVERSION="-{S["salt"]}"\n'
                              f'CONFIG_KVM_BUILD="{S["salt"]}"\n',
        f"sys/fs/cgroup/machine.slice/machine-qemu-1-{VM}.scope/misc.current": "tdx 1\n",
        f"sys/fs/cgroup/machine.slice/machine-qemu-1-{VM}.scope/misc.max": "tdx max\n",
        f"sys/fs/cgroup/machine.slice/machine-qemu-1-{VM}.scope/misc.events": "tdx.max 3\n",
        "proc/4711/comm": "qemu-system-x86\n",
        "proc/4711/cmdline": f"/usr/bin/qemu-system-x86_64\0-name\0guest={VM}\0-uuid\0{UUID}\0-drive\0file={S['disk']}\0"
                             "-object\0{\"qom-type\":\"tdx-guest\",\"quote-generation-socket\":"
                             "{\"type\":\"vsock\",\"cid\":\"2\",\"port\":\"4050\"}}\0",
        f"var/log/libvirt/qemu/{VM}.log":
            f"2026-01-01 00:00:00.000+0000: starting up libvirt version: 9.0.0, hostname: {S['host']}\nLC_ALL=C \\\n"
            f"/usr/bin/qemu-system-x86_64 \\\n-name guest={VM} \\\n-drive file={S['disk']} \\\n-uuid {UUID}\n"
            f"qemu-system-x86_64: tdx: cannot reach {S['ip']} for {VM}: error in {S['disk']}\n",
        "etc/sgx_default_qcnl.conf": f'{{"pccs_url": "https://{S["pccs"]}:8081/sgx/certification/v4/"}}\n',
        "etc/tdxctl.conf": f"# {S['builder']}, {S['host']}\nhkids_free_warning = 31\n",
        "var/log/qgsd.log": f"qgsd: {S['host']} asked {S['ip']}\n",
    }
    make(top, files)
    # A memory slot with its serial number.
    strings = b"P0 CHANNEL A\0BANK 0\0" + S["dmi"].encode() + b"\0\0"
    slot = struct.pack("<BBHHHHHHBBBBB", 17, 0x15, 1, 0, 0, 0, 0, 16384, 0, 0, 1, 2, 0)
    dmi = top / "sys/firmware/dmi/tables/DMI"
    dmi.parent.mkdir(parents=True, exist_ok=True)
    dmi.write_bytes(slot + strings)
    return ["--root", str(top)]


def forms(name):
    """The secret itself; of a host name also its first part."""
    value = SECRETS[name]
    return {value, value.split(".")[0]} if name == "host" else {value}


def searchable(text):
    """The document with what is inside its base64."""
    host = json.loads(text if text.startswith("{") else text.split("\n```json\n")[-1].rsplit("```", 1)[0])["host"]
    blobs = [base64.b64decode(host[k]).decode("latin-1") for k in ("snapshot", "info", "cpu_check") if host[k]]
    return "\0".join([text, *blobs]).lower()


def test_report_tells_no_secret(tmp):
    bench = Bench(tmp)
    where = secret_tree(pathlib.Path(tmp, "root"))
    shown = {"host", "machine", "root", "disk", "mac", "ip", "ip6", "vm", "uuid", "user", "pccs", "process", "password"}
    for option in ([], ["--json"]):
        plain = searchable(bench.ok([*where, "report", "--no-redact", *option]).stdout)
        masked = searchable(bench.ok([*where, "report", *option]).stdout)
        # The secrets are where a report would have them: the test can fail.
        missing = {n for n in shown if SECRETS[n].lower() not in plain}
        expect(not missing, f"not even with --no-redact: {missing}")
        for name in SECRETS:
            for value in forms(name):
                at = masked.find(value.lower())
                expect(at < 0, f"{name} {value}: ...{masked[max(at - 80, 0):at + 60]!r}")
        expect("vm-1" in masked and "host" in masked, "no stand-ins")


def test_report_stand_ins(tmp):
    """One name, one stand-in; what the rules need is still there."""
    bench = Bench(tmp)
    where = secret_tree(pathlib.Path(tmp, "root"))
    doc = bench.json([*where, "report", "--json"])
    host = doc["host"]
    expect(host["masked"] is True, host["masked"])
    expect([log["vm"] for log in host["vm_logs"]] == ["vm-1"], host["vm_logs"])
    expect("for vm-1: error in path-" in host["vm_logs"][0]["text"], host["vm_logs"])
    expect([q["vm"] for q in host["quote_sockets"]] == ["vm-1"], host["quote_sockets"])
    expect("/machine.slice/cgroup-1" in [c["path"] for c in host["cgroups"]], host["cgroups"])
    files = {f["path"]: f["text"] for f in host["files"]}
    expect(files["/proc/cmdline"].split() ==
           ["masked", "masked", "ro", "masked", "kvm_intel.tdx=1", "nohibernate", "masked", "masked"], files)
    log = next(t["text"] for t in host["texts"] if t["name"] == "log")
    expect("private KeyID range [32, 64)" in log and "Linux version 7.2.13\n" in log, log)
    expect("kvm: vm-1: guest at path-" in log and "02:00:00:00:00:01 192.0.2." in log, log)
    plain = bench.json([*where, "report", "--json", "--no-redact"])
    expect(plain["host"]["masked"] is False, "masked")


def write(bench, where, *options):
    path = bench.dir / ("r.json" if "--json" in options else "r.md")
    path.write_text(bench.ok([*where, "report", *options]).stdout)
    return ["--from-report", str(path)]


def unmask(doc, names):
    """@doc with the names behind the stand-ins."""
    text = json.dumps(doc, ensure_ascii=False)
    for alias, name in names:
        text = re.sub(rf"\b{re.escape(alias)}\b", lambda _: name, text)
    return json.loads(text)


def test_report_round_trip_emulated(tmp):
    """Every verb says of the report what it says of the host."""
    for host in HOSTS:
        bench = Bench(tmp, host)
        where = [f"--emulate={bench.host}"]
        tds = bench.run([*where, "td", "--json"])
        for options in (["--no-redact"], *([["--no-redact", "--json"], []] if host in MASKED else [])):
            there = write(bench, where, *options)
            for verb in VERBS if host in MASKED else VERBS[:3]:
                a = bench.run([*where, *verb.split(), "--json"])
                b = bench.run([*there, *verb.split(), "--json"])
                expect(a.returncode == b.returncode, f"{host}: {verb}: {b.returncode}, not {a.returncode}: {b.stderr}")
                want, got = unstamp(json.loads(a.stdout)), unstamp(json.loads(b.stdout))
                if options:
                    expect(want == got, f"{host} {options}: {verb}: {b.stdout}")
                    continue
                names = []
                for td, alias in zip(json.loads(tds.stdout).get("tds", []),
                                     json.loads(bench.run([*there, "td", "--json"]).stdout).get("tds", [])):
                    names += [(alias["vm"], td["vm"])] + ([(alias["uuid"], td["uuid"])] if td["uuid"] else [])
                # The alias of a name without a TD is not known here.
                drop = ("holder", "vm", "detail", "reasons")
                want, got = strip(want, drop), strip(unmask(got, names), drop)
                expect(want == got, f"{host}: {verb}: {json.dumps(got)}\n{a.stdout}")


def unstamp(doc):
    """Why the time and the name are not known differs, not that they are not."""
    for key in "time", "host", "hostname":
        doc.get("unknown", {}).pop(key, None)
    if not doc.get("unknown", True):
        del doc["unknown"]
    return doc


def strip(doc, keys):
    if isinstance(doc, dict):
        return {k: strip(v, keys) for k, v in doc.items() if k not in keys}
    return [strip(v, keys) for v in doc] if isinstance(doc, list) else doc


def test_report_round_trip_rules(tmp):
    """A report holds what the rules read: each rule also fires on the report."""
    bench = Bench(tmp)
    trees = {f"rule {name}": row[0] for name, row in table.RULES.items()}
    trees |= {name: s.tree for name, s in situations.SITUATIONS.items()}
    for i, (name, tree) in enumerate(trees.items()):
        if isinstance(tree, str):
            continue
        top = bench.dir / f"t{i}"
        top.mkdir()
        where = make(top, tree)
        a = bench.run([*where, "doctor", "--attestation", "--json"])
        there = write(bench, where)
        b = bench.run([*there, "doctor", "--attestation", "--json"])
        want, got = json.loads(a.stdout), json.loads(b.stdout)
        expect(a.returncode == b.returncode, f"{name}: exit status {b.returncode}")
        wrong = [(r["id"], r["state"], s["state"]) for r, s in
                 zip(sorted(want["rules"], key=lambda r: r["id"]), sorted(got["rules"], key=lambda r: r["id"]))
                 if r["state"] != s["state"]]
        expect(not wrong, f"{name}: (rule, host, report): {wrong}")


def test_report_round_trip_files(tmp):
    """A host without helper, exactly."""
    bench = Bench(tmp)
    where = secret_tree(pathlib.Path(tmp, "root"))
    there = write(bench, where, "--no-redact")
    for verb in ("status", "check", "doctor --attestation", "keys", "metrics", "hkid"):
        a, b = (bench.run([*w, *verb.split(), "--json"]) for w in (where, there))
        expect(a.returncode == b.returncode, f"{verb}: {b.returncode}: {b.stderr}")
        want, got = unstamp(json.loads(a.stdout)), unstamp(json.loads(b.stdout))
        for doc in want, got:
            doc.pop("error", None)
        expect(want == got, f"{verb}: {b.stdout}")
    # A report of a report is the same once more.
    first = pathlib.Path(there[1]).read_text()
    expect(bench.ok([*there, "report", "--no-redact"]).stdout == first, "a report of the report")


def test_report_of_this_machine(tmp):
    """Live, as it is: with and without root it must not fail."""
    bench = Bench(tmp)
    there = write(bench, [])
    live, replay = (bench.run([*w, "doctor", "--json"]) for w in ([], there))
    expect(live.returncode == replay.returncode, f"{replay.returncode}: {replay.stderr}")
    states = [{r["id"]: r["state"] for r in json.loads(p.stdout)["rules"]} for p in (live, replay)]
    expect(states[0] == states[1], states)
    bench.json([*there, "status", "--json"], bench.run("status").returncode)
    for name in (os.uname().nodename,):
        text = pathlib.Path(there[1]).read_text()
        expect(len(name) < 3 or not re.search(rf"\b{re.escape(name)}\b", text), f"host name {name}")


def test_report_pasted(tmp):
    """A report that was copied from a web page or a mail."""
    bench = Bench(tmp)
    there = write(bench, ["--emulate"])
    path = pathlib.Path(there[1])
    text = path.read_text()
    want = bench.json([*there, "hkid", "--json"])
    block = text.split("\n```json\n")[-1].rsplit("\n```", 1)[0]
    for name, pasted in {"windows": text.replace("\n", "\r\n"), "answered": "Hello,\n\n" + text + "\nThanks!\n",
                         "block": block, "another": "```json\n{}\n```\n" + text}.items():
        path.write_text(pasted, newline="")
        expect(bench.json([*there, "hkid", "--json"]) == want, name)


def test_report_fences(tmp):
    """Nobody's name ends the block it stands in."""
    bench = Bench(tmp, "empty")
    host = json.loads(bench.host.read_text())
    host["events"].append({"op": "td", "name": "````", "pid": 77, "comm": "x"})
    bench.host.write_text(json.dumps(host))
    text = bench.ok("--emulate={h} report --no-redact").stdout
    body = text.split("## TDs\n\n")[1]
    fence = body.split("\n", 1)[0].removesuffix("text")
    expect(len(fence) == 5 and body.count("\n" + fence + "\n") >= 1, fence)
    there = write(bench, [f"--emulate={bench.host}"], "--no-redact")
    expect(bench.json([*there, "td", "--json"])["tds"][0]["vm"] == "````", "name")


def test_report_hostile(tmp):
    """Each is refused with the place, none is believed."""
    bench = Bench(tmp)
    there = write(bench, ["--emulate"], "--json")
    path = pathlib.Path(there[1])
    text = path.read_text()

    def refused(what, *words):
        p = bench.ok([*there, "status", "--json"], 1)
        error = json.loads(p.stdout)["error"]
        expect(error["code"] == "report-file", f"{what}: {error}")
        expect(all(w in error["message"] for w in words), f"{what}: {error['message']}")

    for cut in range(0, len(text) - 3, len(text) // 40):
        path.write_text(text[:cut])
        refused(f"cut at {cut}", f"line {text[:cut].count(chr(10)) + 1}: not JSON")
    for what, word, change in (
            ("list", "not a report", []), ("empty", "not a report", {}), ("status", "not a report", {"command": "status"}),
            ("host", "not a report", {"command": "report", "host": []})):
        path.write_text(json.dumps(change))
        refused(what, word)

    def broken(word, place, value):
        doc = json.loads(text)
        at = doc["host"]
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = value
        path.write_text(json.dumps(doc))
        refused(f"{place}", word)

    snapshot = base64.b64decode(json.loads(text)["host"]["snapshot"])
    for word, place, value in (
            ("host.source", ["source"], "moon"), ("host.platform", ["platform"], 3),
            ("host.platform.has_tdx: true or false", ["platform", "has_tdx"], "yes"),
            ("host.files: a list", ["files"], {}), ("host.files[2]: an object", ["files", 2], "x"),
            ("host.files[2].text: a string", ["files", 2, "text"], 7),
            ("host.values[0].value: a number", ["values", 0, "value"], "many"),
            ("host.values[0].value: negative number", ["values", 0, "value"], -1),
            ("host.msrs[1].package: too large", ["msrs", 1, "package"], 2 ** 40),
            ("host.vms[0].uuid: not a UUID", ["vms", 0, "uuid"], "x"), ("host.vms[1].name: missing", ["vms", 1], {}),
            ("host.snapshot: not base64", ["snapshot"], "A"), ("host.snapshot: not base64", ["snapshot"], "####"),
            ("host.snapshot: snapshot: truncated header", ["snapshot"], "AAAA"), ("host.snapshot", ["snapshot"], None),
            ("host.snapshot: snapshot: the header gives", ["snapshot"], base64.b64encode(snapshot[:-8]).decode()),
            ("host.cpu_check: not a whole number of records", ["cpu_check"], "AAAA"),
            ("host.log_complete", ["log_complete"], 1),
            ("contains a NUL", ["stuck_step"], "a\0b")):
        broken(word, place, value)
    path.write_bytes(text.encode() + b"\0")
    refused("NUL", "a NUL byte")
    path.write_bytes(b"\xff" + text.encode())
    refused("not UTF-8", "not JSON")
    path.write_text("[" * 100000)
    refused("deep", "not JSON")
    with open(path, "wb") as f:
        f.truncate((64 << 20) + 1)
    refused("large", "larger than 64 MiB")
    os.unlink(path)
    os.mkfifo(path)
    refused("fifo", "not a regular file")


def test_report_msrs(tmp):
    """The bits of each MSR, one at a time (SDM volume 4; TDX module specification for 0x981 and 0x982)."""
    bench = Bench(tmp)
    cases = (("x87", 0x12_0000_0034, "52 KeyIDs for TME-MT, 18 for TDX"),
             ("x981", 0x9 << 32, "up to 9 KeyID bits"), ("x981", 0x1e << 31, "up to 15 KeyID bits"),
             ("x982", 0, "not enabled, not locked, 0 KeyID bits, 0 of them for TDX"),
             ("x982", 1, "not enabled, locked, 0 KeyID bits"), ("x982", 2, "enabled, not locked, 0 KeyID bits"),
             ("x982", 0x5a << 32, "not enabled, not locked, 10 KeyID bits, 5 of them for TDX"),
             ("x1401", 1 << 11, "enabled, not locked"), ("x1401", 1 << 10, "not enabled, locked"),
             ("xfe", 1 << 15, "SEAMRR supported"), ("xfe", 0x7fff, "SEAMRR not supported"),
             ("x3a", 1, "locked, VMX off, SGX off"), ("x3a", 4, "not locked, VMX on, SGX off"),
             ("x3a", 1 << 18, "not locked, VMX off, SGX on"),
             ("xa0", 0, "no error"), ("xa0", 1, "MCHECK error"), ("x503", "fault", "the CPU has no such MSR"))
    for i, (name, value, meaning) in enumerate(cases):
        root = pathlib.Path(tmp, str(i))
        for path, text in {**table.HEALTHY, **table.both(**{name: value})}.items():
            if text is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())
        text = bench.ok(["--root", str(root), "report"]).stdout
        rows = [row for row in text.split("\n") if re.match(rf" +\d+ +0x{name[1:]} ", row)]
        expect(len(rows) == 2 and all(meaning in row for row in rows), f"{name}={value}: {meaning}: {rows}")


def test_report_options(tmp):
    bench = Bench(tmp)
    there = write(bench, ["--emulate"])
    for line, what in ((["release", "vm-1", "--yes"], "cannot be changed"),
                       (["helper", "load"], "has no kernel module"),
                       (["helper", "status"], "has no kernel module")):
        p = bench.ok([*there, *line], 2)
        expect(f"a report {what}" in p.stderr, p.stderr)
    for other in (["--emulate"], ["--root", "/"]):
        expect("are mutually exclusive" in bench.ok([*there, *other, "status"], 2).stderr, other)
    expect("not in the report" in bench.ok([*there, "td", "show", "vm-1"]).stdout, "who keeps it")
    bench.ok(["--from-report", str(bench.dir / "nowhere"), "status"], 1)
    with open("/dev/full", "wb") as full:
        bench.ok("--emulate report", 1, stdout=full)
