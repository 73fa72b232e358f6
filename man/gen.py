#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes tdxctl-json.5.scd from the schemas in tests/schema.

gen.py            writes it beside itself
gen.py --check    exit status 1 when it is not what it would write
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SCHEMAS = HERE.parent / "tests" / "schema"
ORDER = ("status", "hkid", "td-list", "td-show", "lock", "cpu-check", "cpu-plan", "release",
         "helper-status", "helper-load", "helper-unload", "emulate-init", "doctor", "keys", "decode")

HEAD = """tdxctl-json(5)

; SPDX-License-Identifier: GPL-2.0-only
; Written by man/gen.py from tests/schema; do not edit.

# NAME

tdxctl-json - what tdxctl --json prints

# DESCRIPTION

With *--json* each run of *tdxctl*(8) prints one JSON object on standard output, whether it
succeeds or fails. Names, types and meanings below are an interface and never change within one
schema version; new keys may come. The shape does not depend on how much there is to tell:

- lists are arrays, also when they are empty;
- bytes are counted in pages of 4 KiB (*\\_pages*) and time in nanoseconds (*\\_ns*), as integers;
- masks, addresses and status words are strings like "0x1f";
- null is what does not apply, or what cannot be known. In the second case the object has a key
  *unknown*: an object that gives the reason for each such key.

Every object has these keys.

*schema_version*
	1
*command*
	The verb with its noun, such as "td list"; null for an error before it is known.
*error*
	Only when something failed, alone or beside the result: an object with *code*, for
	programs; *message* and *hint*, for people; and, where a name was not found or is
	ambiguous, *candidates*. The message and the hint are on standard error as well.

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
        if name in ("schema_version", "command", "error", "unknown"):
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
            out += f"As of *{same[key]}*.\n\n"
            continue
        same[key] = title
        for path, what, text, values in rows:
            out += f"*{plain(path)}* ({what})\n\t{plain(text)}"
            if values:
                out += (": " if text else "") + ", ".join(f"_{v}_" for v in values)
            out += "\n"
        out += "\n"
    return out + TAIL


def main():
    path, text = HERE / "tdxctl-json.5.scd", page()
    if sys.argv[1:] != ["--check"]:
        path.write_text(text)
    elif not path.exists() or path.read_text() != text:
        print("man/tdxctl-json.5.scd is stale: run man/gen.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
