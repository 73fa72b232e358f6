# SPDX-License-Identifier: GPL-2.0-only
"""Single-line mutants of a C file that has the format of .clang-format, and the list of exceptions.

Works on text, not on a syntax tree: binary operators have blanks around them, and the
braces of a function are in column 0. What does not compile is discarded by mutate.py.
"""
import random
import re
from collections import namedtuple

# @line is a number from 1; @old and @new are the text of the line. @function is the
# line on which the body of the function begins, 0 outside of functions.
Mutant = namedtuple("Mutant", "file line kind old new function")

KINDS = ("comparison", "logic", "arithmetic", "constant", "return", "deleted", "true", "false")

SWAPS = {
    "comparison": {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">"},
    "logic": {"&&": "||", "||": "&&"},
    "arithmetic": {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "<<": ">>", ">>": "<<",
                   "&": "|", "|": "&", "^": "|", "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=",
                   "<<=": ">>=", ">>=": "<<="},
}
BINARY = re.compile(r"(?<=\s)([-+*/%&|<>=!^]{1,3})(?=\s|$)")
STEP = re.compile(r"\+\+|--(?!>)")
NOT = re.compile(r"!(?=[\w(*!])")
NUMBER = re.compile(r"(?<![\w.\"'])(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)(?![\w.])")
RETURN = re.compile(r"\breturn (.+);$")
CONDITION = re.compile(r"\b(if|while) \(")
DECLARATION = re.compile(r"\s*(?!return\b|goto\b|else\b)(\w+ )+\**\w+(\[.*\])?( = .*)?(, .*)?;$")
STRINGS = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.S)


class Error(Exception):
    """The run cannot go on."""


def mask(text):
    """@text of the same length without the contents of comments, strings and directives."""
    def blank(m):
        s = m.group()
        keep = s[0] in "\"'"
        inner = re.sub(r"[^\n]", "_" if keep else " ", s)
        return s[0] + inner[1:-1] + s[-1] if keep else inner
    text = STRINGS.sub(blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.M)


def closing(text, start):
    """The index of the parenthesis that closes the one at @start, or -1."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return -1


def balanced(text):
    return text.count("(") == text.count(")") and text.count("{") == text.count("}")


def in_expression(code):
    """Yields (kind, start, end, replacement) of operators in one masked line."""
    for m in BINARY.finditer(code):
        for kind, swap in SWAPS.items():
            if m.group(1) in swap:
                yield kind, m.start(1), m.end(1), swap[m.group(1)]
    for m in STEP.finditer(code):
        yield "arithmetic", m.start(), m.end(), "--" if m.group() == "++" else "++"
    for m in NOT.finditer(code):
        yield "logic", m.start(), m.end(), ""


def constants(code):
    declaration = DECLARATION.match(code)
    for m in NUMBER.finditer(code):
        # The size of an array: a longer one works as well.
        if declaration and re.search(r"\w\[$", code[:m.start()]) and "=" not in re.sub(r"= \S+[,;]", "", code[:m.start()]):
            continue
        digits, suffix = m.groups()
        if digits[:2] in ("0x", "0X"):
            new = f"0x{int(digits, 16) + 1:x}"
        elif digits == "1":
            new = "0"
        else:
            new = str(int(digits, 8 if len(digits) > 1 and digits[0] == "0" else 10) + 1)
        yield "constant", m.start(), m.end(), new + suffix


def returns(code):
    m = RETURN.search(code)
    if m and balanced(m.group(1)):
        value = m.group(1)
        new = {"0": "1", "true": "false", "false": "true", "NULL": None}.get(value, "0")
        if new:
            yield "return", m.start(1), m.end(1), new


def conditions(code, line):
    for m in CONDITION.finditer(code):
        end = closing(code, m.end() - 1)
        if end < 0:
            continue
        cond = line[m.end():end]
        yield "false", m.end(), end, f"0 && ({cond})"
        if m.group(1) == "if":                  # "while (1)" only ever times out
            yield "true", m.end(), end, f"1 || ({cond})"


def deleted(code, before):
    """The whole line is a statement, and the code before it ended one or began a block."""
    text = code.strip()
    if text.endswith(";") and len(text) > 1 and balanced(text) and re.search(r"([;{}:)]|\belse|\bdo)$", before) and \
            not DECLARATION.match(code) and not text.startswith(("return", "case ", "default:", "}")):
        start = len(code) - len(code.lstrip())
        yield "deleted", start, len(code.rstrip()), ";"


def candidates(file, text):
    """All mutants of one file, in the order of its lines."""
    found = []
    function, before = 0, ""
    for nr, (line, code) in enumerate(zip(text.split("\n"), mask(text).split("\n")), 1):
        if code.startswith("{"):
            function = nr
        elif code.startswith("}"):
            function = 0
        edits = list(constants(code)) if "static_assert" not in code.lower() else []
        if function:
            edits += [*in_expression(code), *returns(code), *conditions(code, line), *deleted(code, before)]
        for kind, start, end, new in edits:
            found.append(Mutant(file, nr, kind, line, line[:start] + new + line[end:], function))
        before = code.strip() or before
    return found


def shuffled(file, text, seed):
    """The candidates in the order in which @seed picks them: every kind has the same chance."""
    rng = random.Random(f"{seed}:{file}")
    pools = {}
    for m in candidates(file, text):
        pools.setdefault(m.kind, []).append(m)
    for pool in pools.values():
        rng.shuffle(pool)
    while pools:
        kind = rng.choice(sorted(pools))
        yield pools[kind].pop()
        if not pools[kind]:
            del pools[kind]


def read_equivalent(path, tree):
    """
    Blocks of lines with an empty line between them: file, "- line", "+ mutated line", reason.
    Or file, "*", reason: files that user-space tests cannot run. Returns both.
    """
    found, files = {}, {}
    text = path.read_text() if path.exists() else ""
    text = "\n".join(row for row in text.split("\n") if not row.startswith("#"))
    for block in re.split(r"\n\s*\n", text.strip()):
        rows = block.strip().split("\n")
        if rows == [""]:
            continue
        if len(rows) == 3 and rows[1] == "*":
            files[rows[0]] = rows[2]
            continue
        if len(rows) < 4 or rows[1][:2] != "- " or rows[2][:2] != "+ ":
            raise Error(f"{path}: not a file, a line with -, one with + and a reason:\n{block}")
        name, old, new = rows[0].strip(), rows[1][2:].strip(), rows[2][2:].strip()
        if name not in tree.files or old not in (x.strip() for x in tree.text(name).split("\n")):
            print(f"note: {path.name}: no such line: {name}: {old}")
        found[name, old, new] = " ".join(rows[3:])
    for name in files:
        if name not in tree.files:
            print(f"note: {path.name}: no such file: {name}")
    return found, files
