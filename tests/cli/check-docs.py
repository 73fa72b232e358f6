#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""check-docs.py BINARY: do man pages, completions and schemas say what the binary does?

The command line comes from `BINARY dump-cli`. Prints what differs; exit status 1 then.
"""
import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
FOUND = []
# A command line of systemctl, which has options of its own.
SYSTEMCTL = re.compile(r"^# systemctl .*$", flags=re.M)


def wrong(text):
    FOUND.append(text)


def read(path):
    return (TOP / path).read_text()


def name_of(cmd):
    return cmd["verb"] + (" " + cmd["noun"] if cmd["noun"] else "")


def sections(page):
    """Heading of the VERBS -> its text."""
    body = page.split("\n# VERBS\n")[1].split("\n# ")[0]
    parts = re.split(r"^## (.*)$", body, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def option_heads(text):
    """The options a text describes: name -> (letter, placeholder)."""
    heads = re.findall(r"^(?:\*-(\w)\*, )?\*--([\w-]+)\*(?: _(\w+)_|\[=_(\w+)_\])?$", text, flags=re.M)
    return {name: (letter or None, arg or opt or None) for letter, name, arg, opt in heads}


def check_options(where, text, opts):
    heads = option_heads(text)
    for o in opts:
        if o["name"] not in heads:
            wrong(f"{where}: --{o['name']} is not described")
        elif heads[o["name"]] != (o["letter"], o["arg"]):
            wrong(f"{where}: --{o['name']}: {heads[o['name']]}, not {(o['letter'], o['arg'])}")
        for value in o["values"]:
            if f"_{value}_" not in text:
                wrong(f"{where}: --{o['name']}: value {value} is not described")
    for name in set(heads) - {o["name"] for o in opts}:
        wrong(f"{where}: there is no --{name}")


def unique(cmds):
    return list({o["name"]: o for c in cmds for o in c["options"]}.values())


def check_man(cli):
    page = read("man/tdxctl.8.scd")
    shown = [c for c in cli["commands"] if not c["hidden"]]
    heads = {name_of(c) + (" " + c["args"] if c["args"] else ""): c for c in shown}
    found = sections(page)
    for head in set(heads) ^ set(found):
        wrong(f"tdxctl.8: verb '{head}' is only in {'the page' if head in found else 'the binary'}")
    output = page.split("\n# OUTPUT\n")[1].split("\n# ")[0]
    shared = option_heads(output)
    check_options("tdxctl.8: OUTPUT", output, [o for o in unique(shown) if o["name"] in shared])
    for head, cmd in heads.items():
        text = found.get(head, "")
        line = re.findall(r"^Output options: (.*)\.$", text, flags=re.M)
        takes = re.findall(r"\*--([a-z-]+)\*", " ".join(line))
        want = [o["name"] for o in cmd["options"] if o["name"] in shared]
        if takes != want:
            wrong(f"tdxctl.8: {head}: output options are {takes}, not {want}")
        own = [o for o in cmd["options"] if o["name"] not in shared and f"Also takes *--{o['name']}*" not in text.replace("also", "Also")]
        check_options(f"tdxctl.8: {head}", text, own)
        if cmd["default"] and f"*tdxctl {cmd['verb']}*" not in text:
            wrong(f"tdxctl.8: {head}: it does not say that it is the default")
    check_options("tdxctl.8", page.split("\n# OPTIONS\n")[1].split("\n# ")[0], cli["global_options"])
    codes = page.split("\n# EXIT STATUS\n")[1].split("\n# ")[0]
    for e in cli["exit_codes"]:
        if not re.search(rf"^\*{e['code']}\*\n\t{re.escape(e['text'])}\b", codes, flags=re.M):
            wrong(f"tdxctl.8: exit status {e['code']} is not '{e['text']}'")
    kinds = re.findall(r"^\*(\w[a-z-]+)\*\n\t(.*)\.$", found.get("monitor", ""), flags=re.M)
    want = [(e["name"], e["about"][0].upper() + e["about"][1:]) for e in cli["events"]]
    for kind in sorted(set(kinds) ^ set(want)):
        wrong(f"tdxctl.8: monitor: kind {kind} is only in {'the page' if kind in kinds else 'the binary'}")
    known = {o["name"] for c in cli["commands"] for o in c["options"] + cli["global_options"]}
    for other in ("man/tdxctl.8.scd", "man/tdxctl.4.scd", "man/tdxctl-host.5.scd",
                  "man/tdxctl-json.5.scd", "man/tdxctl-metrics.5.scd", "man/tdxctl.conf.5.scd"):
        for name in set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", SYSTEMCTL.sub("", read(other)))) - known:
            wrong(f"{other}: there is no --{name}")


def check_completions(cli):
    for path in ("tdxctl.bash", "_tdxctl", "tdxctl.fish"):
        text = read("completions/" + path).replace("\\n", "\n")
        for cmd in cli["commands"]:
            if cmd["hidden"]:
                continue
            for word in (cmd["verb"], cmd["noun"]):
                if word and not re.search(rf"\b{word}\b", text):
                    wrong(f"completions/{path}: no {word}")
            for o in cmd["options"] + cli["global_options"]:
                if f"--{o['name']}" not in text and f"-l {o['name']}" not in text:
                    wrong(f"completions/{path}: no --{o['name']}")


def check_schemas(cli):
    """A schema for each verb, and a verb for each schema."""
    have = {p.name.split(".")[0] for p in (TOP / "tests" / "schema").glob("*.schema.json")}
    textual = {"help", "complete-vms", "complete-words"}
    want = {name_of(c).replace(" ", "-") for c in cli["commands"]} - textual
    for name in want ^ (have - {"common", "error"}):
        wrong(f"tests/schema: '{name}' is only {'a schema' if name in have else 'a verb'}")


def check_host(_cli):
    """Every key and event that the test hosts use is described."""
    page = read("man/tdxctl-host.5.scd")
    keys = set(re.findall(r"\*(\w+)\*", page))
    ops = set(re.findall(r"^## (\w+)$", page, flags=re.M))
    for path in (TOP / "tests" / "cli" / "hosts").glob("*.json"):
        host = json.loads(path.read_text())
        used = set(host) | set(host["topology"]) | {k for e in host["events"] for k in e}
        for key in used - keys:
            wrong(f"tdxctl-host.5: key {key} of {path.name} is not described")
        for op in {e["op"] for e in host["events"]} - ops:
            wrong(f"tdxctl-host.5: event {op} of {path.name} is not described")


def check_generated(binary):
    p = subprocess.run(["/usr/bin/python3", TOP / "man" / "gen.py", "--check", binary], check=False,
                       text=True, stdout=subprocess.PIPE)
    if p.returncode:
        wrong(p.stdout.strip() or "man/gen.py --check failed")


def check_help(binary, cli):
    """--help of each verb names its options and fits a terminal."""
    for cmd in cli["commands"]:
        argv = [binary, cmd["verb"]] + ([cmd["noun"]] if cmd["noun"] else []) + ["--help"]
        p = subprocess.run(argv, check=False, text=True, capture_output=True)
        if p.returncode or p.stderr:
            wrong(f"{name_of(cmd)} --help: exit status {p.returncode}: {p.stderr}")
        for o in cmd["options"] + cli["global_options"]:
            if f"--{o['name']}" not in p.stdout:
                wrong(f"{name_of(cmd)} --help: no --{o['name']}")
        for line in p.stdout.splitlines():
            if len(line) > 88:
                wrong(f"{name_of(cmd)} --help: {len(line)} columns: {line}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    binary = sys.argv[1]
    cli = json.loads(subprocess.run([binary, "dump-cli"], check=True, stdout=subprocess.PIPE).stdout)
    check_man(cli)
    check_completions(cli)
    check_schemas(cli)
    check_host(cli)
    check_generated(binary)
    check_help(binary, cli)
    for line in FOUND:
        print(line)
    return 1 if FOUND else 0


if __name__ == "__main__":
    sys.exit(main())
