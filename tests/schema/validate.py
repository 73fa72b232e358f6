#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""validate.py [FILE...]: checks documents of tdxctl --json against their schemas.

Each FILE (standard input without one) holds one document; its "command" picks
the schema. Prints what is wrong; exit status 1 when something is.
"""
import json
import pathlib
import sys

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
COMMON = "common.schema.json"


def load(path, common):
    """The schema with the common definitions inside: no resolver is needed."""
    text = path.read_text().replace(COMMON + "#/", "#/")
    return {**json.loads(text), "definitions": common["definitions"]}


def load_all():
    common = json.loads((HERE / COMMON).read_text())
    paths = HERE.glob("*.schema.json")
    return {p.name: load(p, common) for p in paths if p.name != COMMON}


SCHEMAS = load_all()


def schema_of(doc):
    """An error alone has its own schema; else the command names it."""
    if set(doc) - {"time", "host", "hostname", "unknown"} == {"schema_version", "command", "error"}:
        return "error.schema.json"
    return str(doc.get("command")).replace(" ", "-") + ".schema.json"


def unknowns(node, path="$"):
    """Each key under "unknown" is a null beside it: no schema can say that."""
    if isinstance(node, list):
        for i, item in enumerate(node):
            yield from unknowns(item, f"{path}[{i}]")
    elif isinstance(node, dict):
        for key in node.get("unknown") or {}:
            if key not in node:
                yield f"{path}.unknown.{key}: no such key beside it"
            elif node[key] is not None:
                yield f"{path}.{key}: not null, but unknown"
        for key, value in node.items():
            yield from unknowns(value, f"{path}.{key}")


def problems(doc):
    """What is wrong with @doc, as a list of sentences."""
    if not isinstance(doc, dict):
        return ["not an object"]
    name = schema_of(doc)
    if name not in SCHEMAS:
        return [f"no schema {name}"]
    checker = jsonschema.Draft7Validator(SCHEMAS[name])
    found = [f"{e.json_path}: {e.message}" for e in checker.iter_errors(doc)]
    return found + list(unknowns(doc))


def main():
    bad = False
    for name in sys.argv[1:] or ["-"]:
        text = sys.stdin.read() if name == "-" else pathlib.Path(name).read_text()
        try:
            found = problems(json.loads(text))
        except ValueError as err:
            found = [f"not JSON: {err}"]
        for line in found:
            print(f"{name}: {line}")
            bad = True
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
