#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks the paths in the guests' cases against the schemas of the documents.

Both the keys and the words in filters must be those of a schema: "hkids[state=leakd].id"
would never select anything. Prints paths that fit no schema.
"""
import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMAS = {p.name: json.loads(p.read_text()) for p in (TOP / "tests" / "schema").glob("*.schema.json")}
# As a command: is, count and the like, with a path behind them, quoted or not.
USE = re.compile(r"(?:^\s*|\$\(|[;&|]\s+|\b(?:do|then|else)\s+)(?:is|count|at_least|value|sum|lock_until)\s+(?:'([^']+)'|\"([^\"]+)\"|([\w.\[\]=:-]+))(?=[\s)]|$)")
STEP = re.compile(r"\.?([\w-]+)|\[([^\]]*)\]")


def resolve(schema, home):
    """Returns the schema behind a $ref, and its file."""
    while "$ref" in schema:
        name, _, pointer = schema["$ref"].partition("#")
        home = name or home
        schema = SCHEMAS[home]
        for key in pointer.strip("/").split("/"):
            schema = schema[key]
    return schema, home


def branches(schema, home):
    schema, home = resolve(schema, home)
    yield schema, home
    for word in "oneOf", "anyOf", "allOf":
        for s in schema.get(word, []):
            yield from branches(s, home)


def words(schema, home):
    """Returns the values that a filter may name; None: any."""
    out = set()
    for s, _ in branches(schema, home):
        if "const" in s:
            out.add(s["const"])
        elif "enum" in s:
            out |= set(s["enum"])
        elif s.get("type") == "boolean":
            out |= {True, False}
        elif not any(k in s for k in ("oneOf", "anyOf", "allOf")):
            return None
    return {str(w).lower() if isinstance(w, bool) else "null" if w is None else str(w) for w in out}


def fits(steps, schema, home):
    if not steps:
        return True
    key, sel = steps[0]
    for s, at in branches(schema, home):
        if key:
            if key in s.get("properties", {}) and fits(steps[1:], s["properties"][key], at):
                return True
            more = s.get("additionalProperties")
            if isinstance(more, dict) and fits(steps[1:], more, at):
                return True
            continue
        if "items" not in s:
            continue
        name, eq, want = sel.partition("=")
        for item, item_at in branches(s["items"], at):
            if eq and name not in item.get("properties", {}):
                continue
            allowed = words(item["properties"][name], item_at) if eq else None
            if allowed is not None and "$" not in want and want not in allowed:
                continue
            if fits(steps[1:], item, item_at):
                return True
    return False


def wrong(path):
    steps = STEP.findall(path)
    if "".join(m.group(0) for m in STEP.finditer(path)) != path:
        return "no path"
    # A step that a variable names cannot be checked.
    if any("$" in key for key, _ in steps):
        return None
    ok = any(fits(steps, schema, name) for name, schema in SCHEMAS.items() if name != "common.schema.json")
    return None if ok else "fits no schema"


def main():
    files = sys.argv[1:] or sorted(str(p) for d in ("vm", "lab", "bench") for p in (TOP / "tests" / d).rglob("*.sh"))
    count = 0
    for name in files:
        for n, line in enumerate(pathlib.Path(name).read_text().splitlines(), 1):
            if line.lstrip().startswith("#"):
                continue
            for m in USE.finditer(line):
                path = next(g for g in m.groups() if g)
                if path.startswith("$"):
                    continue
                count += 1
                why = wrong(path)
                if why:
                    print(f"{pathlib.Path(name).relative_to(TOP)}:{n}: {path}: {why}")
    if not count:
        print("no path in any case?")


if __name__ == "__main__":
    main()
