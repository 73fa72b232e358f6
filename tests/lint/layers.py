#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks dependencies between files against tests/lint/arrows.

  layers.py includes               checks #include lines
  layers.py symbols user=DIR       checks symbols of the objects in DIR: arrows, circles, public prefix
  layers.py symbols kernel=DIR     the same for the modules
  layers.py summary [BUILD=DIR...] counts uses that the list does not allow
  layers.py arrows                 prints the arrows of the list

Prints one line per fault; the exit status is 1 if there are any.
"""

import argparse
import collections
import fnmatch
import os
import re
import subprocess
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
SOURCES = (".c", ".h", ".S")


class Fault(Exception):
    """The list, the tree or the objects cannot be read."""


class Arrows:
    """The parsed list."""

    def __init__(self, path):
        self.path = path
        self.search = []        # (prefix, [dir])
        self.boxes = []         # (pattern, box, each)
        self.public = []        # (box, prefix, path)
        self.programs = []      # (name, build, [pattern])
        self.may = collections.defaultdict(set)
        self.circles = []       # [set of files]
        self.lines = []
        names = set()
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                line = line.split("#")[0].strip()
                if not line:
                    continue
                try:
                    self.statement(line, names)
                except ValueError as e:
                    raise Fault(f"{path}:{number}: {line}: {e}") from e
        for box, used in self.may.items():
            for name in [box, *used]:
                if name not in names and not any(self.match(p, name) for p, _, each in self.boxes if each):
                    raise Fault(f"{path}: {box} -> {name}: {name} is no box")
        for names in circles_of(self.may):
            raise Fault(f"{path}: the list has a circle: {' '.join(sorted(names))}")

    def statement(self, line, names):
        if "->" in line:
            box, _, used = line.partition("->")
            self.may[box.strip()] |= set(used.split())
            self.lines.append(line)
            return
        head, colon, rest = line.partition(":")
        if not colon:
            raise ValueError("neither an arrow nor a statement with ':'")
        word, *args = head.split()
        if word == "search" and len(args) == 1:
            self.search.append((args[0], rest.split()))
        elif word in ("box", "each") and len(args) == 1:
            names.add(args[0])
            self.boxes += [(p, args[0], word == "each") for p in rest.split()]
        elif word == "public" and len(args) == 2:
            self.public.append((*args, rest.strip()))
        elif word == "program" and len(args) == 2:
            self.programs.append((*args, rest.split()))
        elif word == "circle" and args:
            if not rest.strip():
                raise ValueError("a circle needs a reason")
            self.circles.append(set(args))
        else:
            raise ValueError("not a statement")

    @staticmethod
    def match(pattern, path):
        if pattern.endswith("/"):
            return path.startswith(pattern) or path == pattern[:-1]
        return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)

    def find(self, path):
        """Returns (box of the file, name of that kind of box in the list); (None, None) if in no box."""
        found = [b for b in self.boxes if self.match(b[0], path)]
        if not found:
            return None, None
        # An exact name wins, then the longest pattern.
        pattern, box, each = max(found, key=lambda b: ("*" not in b[0], len(b[0])))
        if not each:
            return box, box
        return (pattern[:-1] if pattern.endswith("/") else path), box

    def allows(self, user, used):
        """Whether @user may use @used, both as find() returns them."""
        if user[0] == used[0]:
            return True
        return any(name in self.may[box] for box in set(user) for name in set(used))

    def searched(self, path):
        return next((dirs for prefix, dirs in self.search if path.startswith(prefix)), [])


def circles_of(graph):
    """Returns the strongly connected components with more than one node."""
    index, low, stack, out = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = []
            while not part or part[-1] != node:
                part.append(stack.pop())
            if len(part) > 1:
                out.append(set(part))

    sys.setrecursionlimit(10000)
    for node in sorted(graph):
        if node not in index:
            visit(node)
    return out


def shortest_circle(graph, part):
    """Returns the shortest circle in @part as a list of nodes."""
    best = None
    for start in sorted(part):
        queue, seen = collections.deque([[start]]), set()
        while queue:
            way = queue.popleft()
            if best and len(way) + 1 >= len(best):
                break
            for other in sorted(graph[way[-1]]):
                if other == start:
                    best = way + [start]
                    queue.clear()
                    break
                if other in part and other not in seen:
                    seen.add(other)
                    queue.append(way + [other])
    return best


class Checker:
    def __init__(self, tree, arrows):
        self.tree = tree
        self.arrows = arrows
        self.faults = []
        self.forbidden = collections.Counter()  # (box, box)
        self.files = sorted(self.tree_files())
        if not self.files:
            raise Fault(f"{tree}: no source files")
        self.names = set(self.files)

    def tree_files(self):
        for top in sorted({b[0].split("/")[0] for b in self.arrows.boxes}):
            for folder, _, names in os.walk(os.path.join(self.tree, top)):
                for name in names:
                    path = os.path.relpath(os.path.join(folder, name), self.tree)
                    if name.endswith(SOURCES) and self.covered(path):
                        yield path

    def covered(self, path):
        return any(path.startswith(prefix) for prefix, _ in self.arrows.search)

    def read(self, path):
        with open(os.path.join(self.tree, path), encoding="utf-8") as f:
            return f.read()

    def fault(self, text):
        if text not in self.faults:
            self.faults.append(text)

    def check_boxes(self):
        for path in self.files:
            if self.arrows.find(path)[0] is None:
                self.fault(f"{path}: in no box of {self.arrows.path}")
        for pattern, box, _ in self.arrows.boxes:
            if not any(self.arrows.match(pattern, f) for f in self.files):
                self.fault(f"{self.arrows.path}: {box}: no file matches {pattern}")

    def resolve(self, path, quote, name):
        dirs = self.arrows.searched(path)
        if quote == '"':
            dirs = [os.path.dirname(path), *dirs]
        for folder in dirs:
            found = os.path.normpath(os.path.join(folder, name))
            if found in self.names:
                return found
        return None

    def includes(self):
        self.check_boxes()
        graph = collections.defaultdict(set)
        for path in self.files:
            text = self.read(path)
            for m in INCLUDE.finditer(text):
                where = f"{path}:{text.count(chr(10), 0, m.start()) + 1}"
                found = self.resolve(path, m[1], m[2])
                if found:
                    graph[path].add(found)
                    self.arrow(path, found, f"{where}: includes {found}")
                elif m[1] == '"':
                    self.fault(f'{where}: "{m[2]}" is not in the tree')
        for part in circles_of(graph):
            way = shortest_circle(graph, part)
            self.fault(f"circle of includes: {' -> '.join(way)}")

    def arrow(self, path, used_path, text, used=None):
        user, used = self.arrows.find(path), used or self.arrows.find(used_path)
        if None in (user[0], used[0]) or self.arrows.allows(user, used):
            return
        self.forbidden[user[0], used[0]] += 1
        self.fault(f"{text}: {user[0]} may not use {used[0]}")

    def symbols(self, build, objects):
        defined, used = self.read_objects(build, objects)
        public = self.public_names(defined) if build == "user" else {}
        graph = collections.defaultdict(lambda: collections.defaultdict(set))
        for path, names in used.items():
            for name in names:
                other = defined.get((path[0], name)) or next(
                    (d for (_, n), d in defined.items() if n == name), None)
                if other and other != path[1]:
                    graph[path[1]][other].add(name)
        for path, others in sorted(graph.items()):
            for other, names in sorted(others.items()):
                # From outside, a public symbol belongs to the header that declares it.
                api = {n for n in names if n in public and not path.startswith(public[n][1])}
                for some, box in ((names - api, None), (api, (public[min(api)][0],) * 2 if api else None)):
                    if some:
                        self.arrow(path, other, f"{path} uses {several(some)} of {other}", box)
        self.check_circles(build, graph)

    def check_circles(self, build, graph):
        """Reports circles of files, then of boxes."""
        parts = circles_of(graph)
        for part in parts:
            if not any(part <= files for files in self.arrows.circles):
                self.circle("files", graph, part)
        for files in self.arrows.circles:
            here = any(p[1] == build and any(self.arrows.match(m, min(files)) for m in p[2])
                       for p in self.arrows.programs)
            if here and not any(len(files & part) > 1 for part in parts):
                self.fault(f"{self.arrows.path}: no longer a circle: {' '.join(sorted(files))}")

        boxes = collections.defaultdict(lambda: collections.defaultdict(set))
        for path, others in graph.items():
            for other, names in others.items():
                a, b = self.arrows.find(path)[0], self.arrows.find(other)[0]
                if a != b and a and b:
                    boxes[a][b] |= {f"{several(names)}: {path} -> {other}"}
        for part in circles_of(boxes):
            self.circle("folders", boxes, part)

    def circle(self, what, graph, part):
        way = shortest_circle(graph, part)
        steps = "; ".join(f"{a} -> {b} ({min(graph[a][b])})" for a, b in zip(way, way[1:]))
        more = f", of {len(part)} in this circle" if len(part) > len(way) - 1 else ""
        self.fault(f"circle of {what}: {steps}{more}")

    def read_objects(self, build, objects):
        """Returns {(program, symbol): file} of definitions and {(program, file): {symbol}} of uses."""
        sources, missing = {}, []
        below = "" if build == "user" else "kmod/"
        programs = [p for p in self.arrows.programs if p[1] == build]
        for path in self.files:
            stem, suffix = os.path.splitext(path)
            program = next((p[0] for p in programs if any(self.arrows.match(m, path) for m in p[2])), None)
            # BPF programs are linked into nothing.
            if not program or suffix == ".h" or path.endswith(".bpf.c"):
                continue
            obj = os.path.join(objects, os.path.relpath(stem, below or ".") + ".o")
            if os.path.exists(obj):
                sources[os.path.realpath(obj)] = (program, path)
            else:
                missing.append(path)
        if not sources:
            raise Fault(f"{objects}: no objects of the {build} programs; build them first")
        for path in missing:
            self.fault(f"{path}: no object in {objects}")
        defined, used = {}, collections.defaultdict(set)
        out = subprocess.run(["nm", "-A", "-P", *sources], check=True, capture_output=True, text=True)
        for line in out.stdout.splitlines():
            obj, _, rest = line.partition(": ")
            name, kind = rest.split()[:2]
            program, path = sources[obj]
            if kind == "U":
                used[program, path].add(name)
            elif kind.isupper():
                defined[program, name] = path
        return defined, used

    def public_names(self, defined):
        """Returns {symbol: (box, path)} of public symbols; reports a wrong use of the prefix."""
        public = {}
        for box, prefix, path in self.arrows.public:
            words = set()
            for header in self.files:
                if self.arrows.find(header)[0] == box:
                    text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", self.read(header), flags=re.S)
                    words |= set(re.findall(r"\b(\w+)\s*\(", text))
                    for extern in re.findall(r"\bextern\b[^;{]*;", text):
                        words |= set(re.findall(r"\b(\w+)\s*(?:\[[^]]*\]\s*)*[,;]", extern))
            for (_, name), where in sorted(defined.items()):
                if not where.startswith(path):
                    continue
                if name in words:
                    public[name] = (box, path)
                    if not name.startswith(prefix):
                        self.fault(f"{where}: {name} is public but does not begin with {prefix}")
                elif name.startswith(prefix):
                    self.fault(f"{where}: {name} begins with {prefix}, but no header of {box} declares it")
        return public


def several(names):
    names = sorted(names)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", default=".")
    parser.add_argument("--arrows", default="tests/lint/arrows")
    parser.add_argument("what", choices=("includes", "symbols", "summary", "arrows"))
    parser.add_argument("objects", nargs="*", metavar="BUILD=DIR")
    args = parser.parse_args()
    try:
        arrows = Arrows(args.arrows)
        if args.what == "arrows":
            print("\n".join(arrows.lines))
            return 0
        checker = Checker(args.tree, arrows)
        if args.what in ("includes", "summary"):
            checker.includes()
        if args.what == "symbols" and not args.objects:
            parser.error("symbols of what? BUILD=DIR")
        for arg in args.objects:
            build, _, folder = arg.partition("=")
            if build not in {p[1] for p in arrows.programs}:
                parser.error(f"{build}: no such build")
            checker.symbols(build, folder)
    except Fault as e:
        print(e)
        return 1
    if args.what == "summary":
        for (a, b), count in sorted(checker.forbidden.items()):
            print(f"{count:5} {a} -> {b}")
        for fault in checker.faults:
            if " may not use " not in fault:
                print(fault)
    else:
        print("\n".join(checker.faults), end="\n" if checker.faults else "")
    return 1 if checker.faults else 0


if __name__ == "__main__":
    sys.exit(main())
