# SPDX-License-Identifier: GPL-2.0-only
"""The dashboard: whether it is one that Grafana shows as it is meant, and the queries that Grafana makes of it."""
import re

from tally import expect

# The keys, types and units that the dashboard uses, as Grafana's schema names them.
KEYS = {"title", "uid", "tags", "schemaVersion", "version", "editable", "timezone", "refresh", "time", "templating",
        "annotations", "panels"}
PANEL_KEYS = {"id", "title", "type", "datasource", "gridPos", "fieldConfig", "targets", "transformations"}
TYPES = {"stat", "table", "timeseries"}
UNITS = {"none", "bytes", "s", "ops"}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
BUILT_IN = {"__rate_interval"}


def targets(doc):
    """(panel, target) of all queries."""
    return [(p, t) for p in doc["panels"] for t in p["targets"]]


def escape(value):
    """As Grafana writes a value of a variable into a regular expression in a PromQL string."""
    return re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", value.replace("\\", r"\\\\"))


def substitute(expr, hosts, interval="4s"):
    """@expr with the variables as Grafana sets them if @hosts are selected."""
    value = escape(hosts[0]) if len(hosts) == 1 else "(" + "|".join(map(escape, hosts)) + ")"
    expr = expr.replace("$__rate_interval", interval).replace("$instance", value)
    expect("$" not in expr.replace("\\\\$", ""), f"variables are left: {expr}")
    return expr


def check_variables(doc):
    variables = {v["name"]: v for v in doc["templating"]["list"]}
    expect(list(variables) == ["datasource", "instance"], list(variables))
    expect((variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus"), variables)
    host = variables["instance"]
    # A host or all of them, read again when the time range changes: new hosts appear.
    expect(host["type"] == "query" and host["multi"] and host["includeAll"] and host["refresh"] == 2, host)
    expect(host["datasource"] == SOURCE and host["current"]["value"] == "$__all", host)
    for _, t in targets(doc):
        used = set(re.findall(r"\$\{?(\w+)", t["expr"]))
        expect(used <= set(variables) | BUILT_IN and "instance" in used, f"{t['expr']}: {used}")
        # Several hosts are a regular expression.
        expect(t["expr"].count("$instance") == t["expr"].count('instance=~"$instance"'), t["expr"])


def check_grid(panels):
    """24 columns, and no panel on another."""
    cells = {}
    for p in panels:
        g = p["gridPos"]
        expect(set(g) == {"x", "y", "w", "h"} and all(isinstance(v, int) for v in g.values()), p["title"])
        expect(g["x"] >= 0 and g["y"] >= 0 and g["w"] > 0 and g["h"] > 1 and g["x"] + g["w"] <= 24, f"{p['title']}: {g}")
        for cell in [(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])]:
            expect(cell not in cells, f"{p['title']} is on {cells.get(cell)}")
            cells[cell] = p["title"]
    width, height = max(x for x, _ in cells) + 1, max(y for _, y in cells) + 1
    expect(len(cells) == width * height, "a gap, which Grafana closes")


def check_fields(panel):
    config = panel["fieldConfig"]
    expect(config["defaults"]["unit"] in UNITS, panel["title"])
    steps = config["defaults"].get("thresholds", {}).get("steps", [])
    expect(panel["type"] != "stat" or steps, f"{panel['title']}: no thresholds")
    # The first step has no lower end; the others ascend.
    expect(not steps or steps[0]["value"] is None, panel["title"])
    values = [s["value"] for s in steps[1:]]
    expect(values == sorted(set(values)), f"{panel['title']}: {values}")


def check_table(panel):
    """One row for each host. A column of a table is named "Value #A": its legend is not used."""
    merge, organize = panel["transformations"]
    expect((merge["id"], organize["id"]) == ("merge", "organize"), panel["transformations"])
    renamed, excluded = organize["options"]["renameByName"], organize["options"]["excludeByName"]
    columns = {f"Value #{t['refId']}" for t in panel["targets"]}
    expect(columns <= set(renamed) | set(excluded) and not set(renamed) & set(excluded), columns)
    expect(set(renamed) | set(excluded) <= columns | {"Time", "instance", "version"} and "Time" in excluded, organize)
    expect(len(set(renamed.values())) == len(renamed), renamed)
    for t in panel["targets"]:
        expect(t["format"] == "table" and t["instant"] is True and "legendFormat" not in t, t["expr"])
    for o in panel["fieldConfig"]["overrides"]:
        expect(o["matcher"]["id"] == "byName" and o["matcher"]["options"] in renamed.values(), o)
        expect(all(q["id"] == "unit" and q["value"] in UNITS for q in o["properties"]), o)


def check(doc):
    expect(set(doc) == KEYS, set(doc) ^ KEYS)
    expect(re.fullmatch(r"[A-Za-z0-9_-]{1,40}", doc["uid"]) and doc["title"], doc["uid"])
    # Since 36, a data source is an object; a version that Grafana does not know is not migrated.
    expect(36 <= doc["schemaVersion"] <= 39, doc["schemaVersion"])
    panels = doc["panels"]
    ids = [p["id"] for p in panels]
    expect(all(isinstance(i, int) and i > 0 for i in ids) and len(set(ids)) == len(ids), f"ids: {ids}")
    expect(len({p["title"] for p in panels}) == len(panels), "a title twice")
    check_variables(doc)
    check_grid(panels)
    for p in panels:
        expect(set(p) <= PANEL_KEYS and p["type"] in TYPES, f"{p['title']}: {set(p) - PANEL_KEYS}")
        expect(p["datasource"] == SOURCE and all(t["datasource"] == SOURCE for t in p["targets"]), p["title"])
        refs = [t["refId"] for t in p["targets"]]
        expect(refs == [chr(ord("A") + i) for i in range(len(refs))], f"{p['title']}: {refs}")
        check_fields(p)
        if p["type"] == "table":
            check_table(p)
        else:
            expect("transformations" not in p and not p["fieldConfig"]["overrides"], p["title"])
            expect(all("legendFormat" in t for t in p["targets"]), p["title"])
