# SPDX-License-Identifier: GPL-2.0-only
"""metrics --nfd: the format of a feature file, how it is replaced, and the example rule."""
import calendar
import ctypes
import json
import os
import re
import struct
import time

import yaml

from run import HERE, TOP, Bench, expect

HOSTS = HERE / "hosts"
NAMESPACE = "feature.node.kubernetes.io"
PREFIX = NAMESPACE + "/tdxctl."
# A name and a value of a label, as Kubernetes requires them. All our values are labels or could become one.
LABEL = re.compile(r"[a-z0-9A-Z]([-_.a-z0-9A-Z]{0,61}[a-z0-9A-Z])?")
EXPIRY = re.compile(r"# \+expiry-time=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
MAX_SIZE = 65536                # NFD ignores a file that is larger
VALUES = {"helper": r"true|false", "tdx-available": "true", "packages-covered": r"true|false", "module-version": r"\d+\.\d+\.\d+",
          "hkids.total": r"\d+", "hkids.free": r"\d+", "hkids.leaked": r"\d+", "early-release": r"true|false"}
LABELS = {"helper", "tdx-available", "module-version", "hkids.total", "early-release"}


def features(text):
    """(features, labels, time of expiry) of a file, by NFD's documentation of it; strictly."""
    every, labels, no_label, expiry = {}, {}, False, None
    expect(text.isascii() and text.endswith("\n") and len(text) <= MAX_SIZE, repr(text))
    for line in text[:-1].split("\n"):
        expect(line and line == line.strip(), f"blanks: {line!r}")
        if line.startswith("# +"):
            # NFD reports directives that it does not know. That of the time covers only lines after it.
            found = EXPIRY.fullmatch(line)
            expect(found or line == "# +no-label", f"directive: {line}")
            expect(not no_label and not (found and (expiry or every)), f"{line}: not here")
            expiry, no_label = (found[1], False) if found else (expiry, True)
            continue
        if line.startswith("#"):
            expect(not no_label and re.match(r"# \w", line), line)
            continue
        key, value = line.split("=")
        namespace, name = key.split("/")
        expect(namespace == NAMESPACE and LABEL.fullmatch(name) and LABEL.fullmatch(value), line)
        expect(key.startswith(PREFIX) and key[len(PREFIX):] not in every, line)
        name = key[len(PREFIX):]
        expect(re.fullmatch(VALUES[name], value), line)
        expect(no_label == (name not in LABELS), f"label or not: {line}")
        every[name] = value
        if not no_label:
            labels[name] = value
        no_label = False
    expect(not no_label, "a directive without a feature")
    return every, labels, expiry


def directory(path):
    """What NFD reads of its directory: each regular file that is not hidden."""
    found = [p for p in path.iterdir() if p.is_file() and not p.name.startswith(".")]
    expect([p.name for p in found] == ["tdxctl"], found)
    return features(found[0].read_text())


def test_nfd(tmp):
    bench = Bench(tmp)
    folder = bench.dir / "features.d"
    folder.mkdir()
    path = folder / "tdxctl"

    def write(host):
        p = bench.ok(f"{host} metrics --nfd {path}")
        expect(not p.stdout and not p.stderr and path.stat().st_mode & 0o777 == 0o644, p.stdout + p.stderr)
        return directory(folder)

    labels = {"helper": "true", "tdx-available": "true", "module-version": "1.5.05", "hkids.total": "15",
              "early-release": "true"}
    only_rules = {"packages-covered": "true", "hkids.free": "12", "hkids.leaked": "0"}
    # An emulated host has no time, so the file does not expire.
    expect(write("--emulate") == ({**labels, **only_rules}, labels, None), path.read_text())
    expect(write(f"--emulate={HOSTS}/leaked.json")[0]["hkids.leaked"] == "1", path.read_text())
    # A value that is not known has no line: neither zero nor false. No label of the host before remains.
    (bench.dir / "nothing").mkdir()
    expect(write(f"--root {bench.dir}/nothing") == ({}, {}, None), path.read_text())
    expect(write("--root {roots}/no-tdx") == ({"packages-covered": "true"}, {}, None), path.read_text())
    files = {"tdx-available": "true", "module-version": "1.5.06"}
    expect(write("--root {roots}/tdx-no-helper")[0] == files, path.read_text())
    # A package of which sysfs shows nothing any more.
    expect(write(f"--root {TOP}/tests/hosts/trees/package-offline")[0]["packages-covered"] == "false", path.read_text())
    # No helper is false; a helper that may not be asked is not known.
    doc = json.loads(bench.ok("--root {roots}/tdx-no-helper report -j").stdout)
    for errno, want in ((0, {"helper": "false"}), (13, {})):
        doc["host"]["helper_errno"] = errno
        (bench.dir / "r.json").write_text(json.dumps(doc))
        found = write(f"--from-report {bench.dir}/r.json")[0]
        expect(found == {**files, **want}, f"{errno}: {found}")
    # On a live host, the file expires.
    p = bench.run(f"metrics --nfd {path}")
    if p.returncode == 0:
        expiry = directory(folder)[2]
        left = calendar.timegm(time.strptime(expiry, "%Y-%m-%dT%H:%M:%SZ")) - time.time()
        expect(240 < left <= 300, left)
    bench.ok("--emulate metrics --nfd nowhere/x", 1)
    for other in ("-j", "--http", "--textfile x"):
        bench.ok(f"--emulate metrics --nfd tdxctl {other}", 2)


def test_nfd_reader(_tmp):
    """The reader above rejects what NFD would ignore, cut off or not accept as a label."""
    good = f"# Comment\n# +expiry-time=2026-01-02T03:04:05Z\n{PREFIX}helper=true\n# +no-label\n{PREFIX}hkids.free=1\n"
    expect(features(good)[1:] == ({"helper": "true"}, "2026-01-02T03:04:05Z"), good)
    for old, new in (("helper=true", "helper=yes"), ("helper=true", "helper = true"), ("helper=true", "helper"),
                     (PREFIX + "helper", "tdxctl.helper"), (PREFIX + "helper", "kubernetes.io/tdxctl.helper"),
                     ("# +no-label\n", ""), ("# +no-label", "# +no-labels"), ("# +no-label", "# +no-label "),
                     ("Z\n", "\n"), ("=1\n", "=1"), ("=1\n", "=-1\n"), ("=1\n", "=1\n# +no-label\n"),
                     ("=1\n", "=1\n# +expiry-time=2026-01-02T03:04:05Z\n"), ("=1\n", f"=1\n{PREFIX}helper=true\n"),
                     ("# Comment", "#" + "x" * MAX_SIZE), ("Comment", "Comm\u00e9nt")):
        expect(old in good, old)
        try:
            features(good.replace(old, new))
        except Exception:       # pylint: disable=broad-except
            continue
        expect(False, f"accepted: {old!r} -> {new[:80]!r}")


# Event masks, see inotify(7).
IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE = 2, 0x40, 0x80, 0x100, 0x200


def events(fd):
    """[(mask, cookie, name)]"""
    data, out = os.read(fd, 65536), []
    while data:
        _, mask, cookie, length = struct.unpack_from("iIII", data)
        out.append((mask, cookie, data[16:16 + length].rstrip(b"\0").decode()))
        data = data[16 + length:]
    return out


def test_nfd_is_replaced(tmp):
    """The file appears complete, by rename(2), of a hidden file: NFD reads every other one that it finds."""
    bench = Bench(tmp)
    folder = bench.dir / "features.d"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_NONBLOCK)
    mask = IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE
    expect(fd >= 0 and libc.inotify_add_watch(fd, str(folder).encode(), mask) > 0, os.strerror(ctypes.get_errno()))
    try:
        for line, cwd in ((f"--emulate metrics --nfd {folder}/tdxctl", bench.dir), ("--emulate metrics --nfd tdxctl", folder),
                          ("--emulate metrics --nfd ./tdxctl", folder)):
            bench.ok(line, cwd=cwd)
            seen = events(fd)
            moved = {m: (cookie, name) for m, cookie, name in seen if m in (IN_MOVED_FROM, IN_MOVED_TO)}
            temporary = moved[IN_MOVED_FROM][1]
            expect(temporary.startswith(".tdxctl.") and moved[IN_MOVED_TO] == (moved[IN_MOVED_FROM][0], "tdxctl"), seen)
            expect({name for m, _, name in seen if m != IN_MOVED_TO} == {temporary}, seen)
            expect([m for m, _, _ in seen].index(IN_MODIFY) < [m for m, _, _ in seen].index(IN_MOVED_FROM), seen)
    finally:
        os.close(fd)


# ---- the example rule

def matches(expressions, every):
    """Whether the features match, as NFD compares; one that is absent never does."""
    ops = {"Gt": lambda v, e: int(v) > int(e["value"][0]), "In": lambda v, e: v in e["value"],
           "Exists": lambda v, e: True}
    return all(key[len(PREFIX):] in every and ops[e["op"]](every[key[len(PREFIX):]], e) for key, e in expressions.items())


def result(rule, every):
    """The labels and resources that the rule makes of these features."""
    out = {}
    for r in rule["spec"]["rules"]:
        if not all(matches(m["matchExpressions"], every) for m in r["matchFeatures"]):
            continue
        for key, value in {**r.get("labels", {}), **r.get("extendedResources", {})}.items():
            found = every[value.split(PREFIX)[1]] if value.startswith("@") else value
            out[key.removeprefix(NAMESPACE + "/")] = found
    return out


def test_nfd_rule(tmp):
    """The example uses only features that the command writes and what NFD has; what it makes of hosts."""
    bench = Bench(tmp)
    rule = yaml.safe_load((TOP / "cmd" / "etc" / "nfd" / "tdxctl-rule.yaml").read_text())
    expect((rule["apiVersion"], rule["kind"]) == ("nfd.k8s-sigs.io/v1alpha1", "NodeFeatureRule"), rule)
    expect(set(rule) == {"apiVersion", "kind", "metadata", "spec"} and rule["metadata"]["name"], rule)
    for r in rule["spec"]["rules"]:
        expect(r["name"] and set(r) <= {"name", "labels", "extendedResources", "matchFeatures"}, r)
        for key, value in {**r.get("labels", {}), **r.get("extendedResources", {})}.items():
            namespace, name = key.split("/")
            expect(namespace == NAMESPACE and LABEL.fullmatch(name) and isinstance(value, str), key)
        for value in r.get("labels", {}).values():
            expect(LABEL.fullmatch(value), value)
        # @DOMAIN.FEATURE.ELEMENT; the element has the namespace.
        for value in r.get("extendedResources", {}).values():
            expect(value.startswith("@local.feature." + PREFIX) and value.split(PREFIX)[1] in VALUES, value)
        for match in r["matchFeatures"]:
            expect(set(match) == {"feature", "matchExpressions"} and match["feature"] == "local.feature", match)
            for key, e in match["matchExpressions"].items():
                expect(key.startswith(PREFIX) and key[len(PREFIX):] in VALUES, key)
                expect((e["op"], "value" in e) in (("Gt", True), ("In", True), ("Exists", False)), e)
                expect(all(isinstance(v, str) for v in e.get("value", [])) and
                       (e["op"] != "Gt" or len(e["value"]) == 1), e)
    for host, want in (("--emulate", {"tdx-ready": "true", "tdx-hkids": "15"}),
                       (f"--emulate={HOSTS}/leaked.json", {"tdx-ready": "true", "tdx-hkids-leaked": "true"}),
                       (f"--emulate={HOSTS}/exhausted.json", {"tdx-hkids": "3"}),
                       # HKIDs are free there, and no TD can be created.
                       (f"--emulate={HOSTS}/offline-package.json", {}), (f"--emulate={HOSTS}/lp-init-fails.json", {}),
                       ("--root {roots}/tdx-no-helper", {})):
        bench.ok(f"{host} metrics --nfd tdxctl")
        found = result(rule, features((bench.dir / "tdxctl").read_text())[0])
        expect(found == want, f"{host}: {found}")
