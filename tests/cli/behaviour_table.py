# SPDX-License-Identifier: GPL-2.0-only
"""The table of verbs: numbers of arguments and help, for each verb."""
import re

from run import Bench, expect

MANY = 64                       # a verb with "..." accepts at least so many


def bounds(args):
    """How many arguments @args of a table row stands for: "FILE [VERB [NOUN]]" is (1, 3)."""
    words = re.findall(r"\[?\w+", args or "")
    least = sum(not w.startswith("[") for w in words)
    return least, None if "..." in (args or "") else len(words)


def test_arguments_of_each_verb(tmp):
    """Too few arguments, and too many, are usage errors that name the argument."""
    bench = Bench(tmp)
    tried = 0
    for cmd in bench.json("dump-cli")["commands"]:
        name = cmd["verb"] + (f" {cmd['noun']}" if cmd["noun"] else "")
        least, most = bounds(cmd["args"])
        expect(cmd["min_args"] == least, f"{name}: {cmd['args']}: at least {cmd['min_args']}")
        if most is None:
            expect(cmd["max_args"] >= MANY, f"{name}: {cmd['args']}: at most {cmd['max_args']}")
            most = cmd["max_args"] if cmd["max_args"] <= MANY else None
        else:
            expect(cmd["max_args"] == most, f"{name}: {cmd['args']}: at most {cmd['max_args']}")
        if least:
            p = bench.ok(name, 2)
            expect(f"missing argument: {cmd['args'].split()[0].rstrip('.')}" in p.stderr, p.stderr)
            tried += 1
        if most is not None:
            words = [f"word{i}" for i in range(most + 1)]
            p = bench.ok(name.split() + words, 2)
            expect(f"unexpected argument '{words[-1]}'" in p.stderr, f"{name}: {p.stderr}")
            tried += 1
    expect(tried > 20, f"{tried} of the verbs")


def test_help_of_each_verb(tmp):
    """Help has a section of options if the verb has some, and each of them is in it."""
    bench = Bench(tmp)
    doc = bench.json("dump-cli")
    for cmd in doc["commands"]:
        text = bench.ok(["help", cmd["verb"]] + ([cmd["noun"]] if cmd["noun"] else [])).stdout
        own, _, everywhere = text.partition("\nGlobal options:\n")
        _, found, own = own.partition("\nOptions:\n")
        expect(bool(found) == bool(cmd["options"]), f"{cmd['verb']} {cmd['noun']}: {text}")
        for options, section in ((cmd["options"], own), (doc["global_options"], everywhere)):
            for o in options:
                expect(re.search(rf"^ .*--{o['name']}\b", section, re.M) or o.get("hidden"),
                       f"{cmd['verb']} {cmd['noun']}: no --{o['name']}: {section}")
