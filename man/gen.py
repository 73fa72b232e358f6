#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes tdxctl-json.5.scd from tests/schema and tdxctl-metrics.5.scd and
tdxctl.conf.5.scd from `tdxctl dump-cli`.

gen.py [BINARY]           writes them beside itself; without BINARY only the first
gen.py --check [BINARY]   exit status 1 when they are not what it would write
"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SCHEMAS = HERE.parent / "tests" / "schema"
ORDER = ("status", "hkid", "td-list", "td-show", "lock", "cpu-check", "cpu-plan", "release",
         "helper-status", "helper-load", "helper-unload", "emulate-init", "emulate-play", "top", "monitor", "doctor", "check", "wait", "trace", "stat", "metrics", "keys", "decode",
         "report", "fleet")

HEAD = """tdxctl-json(5)

; SPDX-License-Identifier: GPL-2.0-only
; Written by man/gen.py from tests/schema; do not edit.

# NAME

tdxctl-json - JSON output of tdxctl

# DESCRIPTION

With *--json*, *tdxctl*(8) prints one JSON object to standard output, whether it succeeds or fails.
The names, types and meanings below are an interface and never change within one schema version;
new keys may be added. The structure does not depend on the data:

- lists are arrays, even if they are empty;
- memory is in pages of 4 KiB (*\\_pages*) and time in nanoseconds (*\\_ns*), as integers;
- masks, addresses and status codes are strings such as "0x1f";
- a value that does not apply or is not known is null. If it is not known, the object has a key
  *unknown*: an object with the reason for each such value.

Every document has these keys.

*schema_version*
	1
*command*
	The verb with its noun, such as "td list"; null if an error occurred before it was known.
*time*
	When the host was read, in RFC 3339, such as "2026-01-31T12:00:00Z". Not known for an emulated
	host, and for a captured host without _/proc/uptime_ or _/proc/stat_.
*host*
	Name of the host, not known for an emulated host. In *keys* and *report*, *host* is an object,
	and this key is *hostname*.
*error*
	Only if something failed, alone or with the result: an object with *code*, for programs;
	*message* and *hint*, for people; and *candidates*, if a name was not found or is ambiguous.
	The message and the hint are also printed to standard error.

"""

TAIL = """# SEE ALSO

*tdxctl*(8)
"""


def plain(text):
    return text.replace("_", "\\_").replace("*", "\\*")


def kind(schema):
    types = schema.get("type")
    types = types if isinstance(types, list) else [types]
    words = {"integer": "integer", "string": "string", "boolean": "boolean",
             "null": "null", "array": "array", "object": "object"}
    return " or ".join(words[t] for t in types if t)


def entries(props, prefix=""):
    """(path, type, description, values) of every property, depth first."""
    for name, schema in props.items():
        if name in ("schema_version", "command", "error", "unknown") or "$ref" in schema:
            continue
        path = prefix + name
        if "anyOf" in schema:
            inner = next(s for s in schema["anyOf"] if s.get("type") == "object")
            schema = {**inner, "type": ["object", "null"],
                      "description": schema.get("description", "")}
        values = [v for v in schema.get("enum", []) if v is not None]
        items = schema.get("items", {})
        text = schema.get("description", "")
        if text or values:
            yield path + ("[]" if items else ""), kind(schema), text, values
        yield from entries(schema.get("properties", {}), path + ".")
        yield from entries(items.get("properties", {}), path + "[].")


def page():
    out = HEAD
    common = json.loads((SCHEMAS / "common.schema.json").read_text())["definitions"]
    codes = common["error"]["properties"]["code"]["enum"]
    out += "# ERROR CODES\n\n" + ", ".join(f"*{c}*" for c in codes) + ".\n\n# DOCUMENTS\n\n"
    same = {}
    for name in ORDER:
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        rows = list(entries(schema["properties"]))
        title = name.replace("-", " ")
        out += f"## {title}\n\n"
        key = json.dumps(rows)
        if key in same:
            out += f"The same as *{same[key]}*.\n\n"
            continue
        same[key] = title
        for path, what, text, values in rows:
            out += f"*{plain(path)}* ({what})\n\t{plain(text)}"
            if values:
                out += (": " if text else "") + ", ".join(f"_{v}_" for v in values)
            out += "\n"
        out += "\n"
    return out + TAIL


METRICS_HEAD = """tdxctl-metrics(5)

; SPDX-License-Identifier: GPL-2.0-only
; Written by man/gen.py from `tdxctl dump-cli`; do not edit.

# NAME

tdxctl-metrics - metrics of tdxctl

# DESCRIPTION

*tdxctl metrics* prints these metrics in Prometheus' text format. A metric or a sample that is
not known is absent; it is never zero instead. Reasons are: no helper, no permission, no TDX, or TDs
that are older than the helper. While objects are in the state _unknown_, states without objects are
absent.
Names, labels and meanings are an interface. Times are in seconds, memory in bytes.

The label _package_ is a physical package id; it is empty for the lock of the whole host. _leaf_ is
the name of a SEAMCALL, or its number if it has no name. _td_ is the number in *td:N*, which
identifies one TD as long as the helper is loaded; _vm_ is the name of its VM, which is not unique.

## Counters and reloads

The helper starts to count when its probes are armed, and all its counters start at zero when it is
loaded again. *tdxctl_helper_start_time_seconds* is the start time of all counters, which
OpenMetrics calls _created_; it changes only when they are reset. *rate*() and *increase*() of
Prometheus handle such a reset; *changes(tdxctl_helper_start_time_seconds[1h])* is the number of
resets.

## Histograms

The bounds of *tdxctl_seamcall_duration_seconds* are powers of four, from about one microsecond to
one second. Each is one nanosecond less than 1.024 us, 4.096 us and so on, since a duration of
exactly that length is counted in the next bucket.

# METRICS

"""

METRICS_TAIL = """# COLLECTION

The textfile collector of node_exporter: *tdxctl-textfile.timer* writes
_/var/lib/prometheus/node-exporter/tdxctl.prom_ every minute:

```
# systemctl enable --now tdxctl-textfile.timer
```

Node Feature Discovery of Kubernetes: the same timer writes
_/etc/kubernetes/node-feature-discovery/features.d/tdxctl_, if that directory exists. Features that
change with each TD are no labels, but rules can use them; a feature that is not known is absent. The
file expires 5 minutes after it was written. The features, with the prefix
_feature.node.kubernetes.io/_, are:

- _tdxctl.helper_: true if the helper is loaded.
- _tdxctl.tdx-available_: true if a working TDX module was found; otherwise absent.
- _tdxctl.module-version_: version of the TDX module.
- _tdxctl.packages-covered_: true if each package has an online CPU; no label.
- _tdxctl.hkids.total_: number of guest HKIDs.
- _tdxctl.hkids.free_: free HKIDs; no label.
- _tdxctl.hkids.leaked_: HKIDs that only a reboot frees; no label.
- _tdxctl.early-release_: true if *tdxctl release* can free a TD without ending its VMM.

_/usr/share/doc/tdxctl/examples/nfd_ has a rule that makes a label and a resource of them.

A scrape over HTTP: *tdxctl-metrics.socket* listens on 127.0.0.1:9897. Each request for _/metrics_ starts one short
process of an unprivileged user in the group _tdxctl_. To listen on another address, run *systemctl edit
tdxctl-metrics.socket*:

```
[Socket]
ListenStream=
ListenStream=192.0.2.1:9897
```

_/usr/share/doc/tdxctl/examples/prometheus_ has alert rules and a dashboard for Grafana.

# SEE ALSO

*tdxctl*(8)
"""


def metrics_page(binary):
    out = METRICS_HEAD
    dump = subprocess.run([binary, "dump-cli"], check=True, stdout=subprocess.PIPE).stdout
    rows = json.loads(dump)["metrics"]
    for title, per_td in ("Metrics of the host", False), ("Metrics of each TD, with --per-td", True):
        out += f"## {title}\n\n"
        for m in (m for m in rows if m["per_td"] == per_td):
            labels = ", ".join(f"_{plain(name)}_" for name in m["labels"])
            out += f"*{plain(m['name'])}* ({m['type']})\n\t{plain(m['help'])}"
            out += f" Labels: {labels}." if labels else ""
            out += "\n\n"
    return out + METRICS_TAIL


CONF_HEAD = """tdxctl.conf(5)

; SPDX-License-Identifier: GPL-2.0-only
; Written by man/gen.py from `tdxctl dump-cli`; do not edit.

# NAME

tdxctl.conf - limits of tdxctl check

# SYNOPSIS

_/etc/tdxctl.conf_

# DESCRIPTION

This file sets the limits of *tdxctl check*, which also determine the verdict of *tdxctl status*.
Options of *tdxctl check* override the file, and the file overrides the built-in defaults listed
below. With *--root* _DIR_, the file is _DIR/etc/tdxctl.conf_; an emulated host has none. *tdxctl
check --config* _FILE_ reads another file.

*#* starts a comment. Apart from comments, a line is empty or of the form

	_key_ = _value_

Each check has two keys, *\\<id\\>\\_warning* and *\\<id\\>\\_critical*. The value *off* means no
limit; a check without a limit is off. A check whose limit is set here is required: if it is
skipped, the result of all checks is at best unknown.

Any other line, an unknown or repeated key, and a value that is not valid for its key are errors
that name the file and the line. *tdxctl check* then fails; *tdxctl status* prints a warning and uses
the defaults.

# VALUES

*count*
	A number, such as 4. If the check has a total, also a percentage of it, such as 12%.

*time*
	A number with a unit: *ms*, *s*, *m* or *h*, such as 90s.

*share*
	A percentage, such as 10% or 0.5%.

*version*
	Three numbers, such as 1.5.06.

Instead of one value, a range may be given, in the
syntax of monitoring plugins: _10:20_ means outside of 10 to 20, _@10:20_ in it, _10:_ below 10,
and _~:5_ above 5. A time has its unit at both ends, such as 1s:10s.

# CHECKS

"""

CONF_TAIL = """# EXAMPLE

```
# Keep room for two more TDs.
hkids_free_warning  = 4
hkids_free_critical = 2
# The teardown of large TDs takes long.
teardown_warning    = 10m
teardown_critical   = 1h
# CPUs are checked by another tool.
cpus_not_enabled_critical = off
module_version_warning    = 1.5.06
```

# SEE ALSO

*tdxctl*(8)
"""

UNITS = {"count": "count", "ns": "time", "ppm": "share", "version": "version"}


def conf_page(binary):
    out = CONF_HEAD
    dump = subprocess.run([binary, "dump-cli"], check=True, stdout=subprocess.PIPE).stdout
    for c in json.loads(dump)["checks"]:
        kind_of = UNITS[c["unit"]] + (" or percentage" if c["share"] else "")
        side = "below" if c["low"] else "above"
        out += f"## {plain(c['id'])}\n\n{plain(c['title'][0].upper() + c['title'][1:])}. {plain(c['about'])}\n\n"
        for level, word in (("warning", "Warning"), ("critical", "Critical")):
            out += f"*{plain(c['id'])}\\_{level}* = _{kind_of}_\n\t{word} if {side} this value; by default "
            out += "*off*.\n\n" if c[level] == "off" else f"{c[level]}.\n\n"
        if not c["verdict"]:
            out += "The verdict of *tdxctl status* does not depend on this check.\n\n"
    return out + CONF_TAIL


CONF_EXAMPLE = """# SPDX-License-Identifier: GPL-2.0-only
# Example of /etc/tdxctl.conf with the default limits of tdxctl check; see tdxctl.conf(5).
# A check whose limit is set is required: if it is skipped, the result is unknown. So set
# only the limits that you change.
"""


def conf_example(binary):
    out = CONF_EXAMPLE
    dump = subprocess.run([binary, "dump-cli"], check=True, stdout=subprocess.PIPE).stdout
    for c in json.loads(dump)["checks"]:
        out += f"\n# {c['title'][0].upper() + c['title'][1:]}\n"
        for level in ("warning", "critical"):
            out += f"#{c['id']}_{level} = {c[level]}\n"
    return out


def main():
    args = sys.argv[1:]
    check = args[:1] == ["--check"]
    pages = {"tdxctl-json.5.scd": page()}
    for binary in args[check:]:
        pages["tdxctl-metrics.5.scd"] = metrics_page(binary)
        pages["tdxctl.conf.5.scd"] = conf_page(binary)
        pages["../cmd/etc/tdxctl.conf"] = conf_example(binary)
    stale = []
    for name, text in pages.items():
        path = (HERE / name).resolve()
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(path.relative_to(HERE.resolve().parent))
    for name in stale:
        print(f"{name} is stale: run man/gen.py build/tdxctl")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
