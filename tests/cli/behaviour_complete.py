# SPDX-License-Identifier: GPL-2.0-only
"""What a shell on a terminal makes of a line and TAB."""
import os
import shutil

import tty_run as tty
from run import TDXCTL, TOP, Bench, Skip, expect

BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"

# What is typed before TAB, and the line afterwards.
LINES = (
    ("check --format=na", "check --format=nagios "),
    ("check --format na", "check --format nagios "),
    ("--root=/et", "--root=/etc/"),
    ("--emulate=h.j", "--emulate=h.json "),
    ("--emulate=h.json td show b", "td show build "),
    ("--emulate=h.json release --strategy=te", "--strategy=terminate "),
    ("doctor --explain=hkid.exh", "--explain=hkid.exhausted "),
    ("doctor --explain hkid.exh", "--explain hkid.exhausted "),
    ("check -w hkids_fr", "-w hkids_free="),
    ("check --critical=hkids_fr", "--critical=hkids_free="),
    ("td list -o vm,st", "-o vm,state"),
    ("lock --sort held", "--sort held-for"),
    ("cpu check --columns=pack", "--columns=package"),
    ("decode TDH.MNG.KEY.FR", "decode TDH.MNG.KEY.FREEID "),
)


def terminal(tmp, argv, setup, lines=LINES):
    bench = Bench(tmp, "stages")
    text = bench.host.read_text().replace('"s4"', '"build"')
    bench.host.write_text(text)
    os.symlink(TDXCTL, bench.dir / "tdxctl")
    env = {**bench.env, "PATH": f"{bench.dir}:{os.environ['PATH']}", "PS1": "ready> ",
           "HOME": str(bench.dir), "ZDOTDIR": str(bench.dir)}
    steps = [(b"ready> ", setup + "\n")] if setup else []
    wait = b"set> "
    for typed, want in lines:
        steps.append((wait, f"\x15tdxctl {typed}\t"))
        wait = want.encode()
    steps.append((wait, "\x15exit\n"))
    cwd = os.getcwd()
    os.chdir(bench.dir)
    try:
        text = tty.talk(argv, env, steps)
    finally:
        os.chdir(cwd)
    for typed, want in lines:
        expect(want in text, f"{typed!r}: {text!r}")
        text = text[text.index(want) + len(want):]
    expect("--format=--" not in text, text)


def bash(tmp, before=""):
    terminal(tmp, ["bash", "--norc", "--noprofile", "-i"],
             f"{before}. {TOP}/completions/tdxctl.bash; bind 'set enable-bracketed-paste off'; PS1='set> '")


def test_tab_bash(tmp):
    bash(tmp)


def test_tab_bash_completion(tmp):
    if not os.path.exists(BASH_COMPLETION):
        raise Skip("no bash-completion; make deps installs it")
    bash(tmp, f". {BASH_COMPLETION}; ")


def test_tab_bash_words(tmp):
    """With other word breaks, readline replaces more of the line."""
    bash(tmp, "COMP_WORDBREAKS=$' \\t\\n'; ")


def test_tab_zsh(tmp):
    if not shutil.which("zsh"):
        raise Skip("no zsh; make deps installs it")
    terminal(tmp, ["zsh", "-f"],
             f"fpath=({TOP}/completions $fpath); autoload -U compinit; compinit -u -D; PS1='set> '",
             [(typed, want.rstrip(" /")) for typed, want in LINES])


def test_tab_fish(tmp):
    if not shutil.which("fish"):
        raise Skip("no fish; make deps installs it")
    init = os.path.join(tmp, "init.fish")
    with open(init, "w", encoding="ascii") as f:
        f.write(f"source {TOP}/completions/tdxctl.fish\n"
                "function fish_prompt; echo -n 'set> '; end\n"
                "set -g fish_autosuggestion_enabled 0\n")
    # Only words that are drawn in one piece.
    lines = [(typed, want.split(" ")[-2] if want.endswith(" ") else want.split(" ")[-1])
             for typed, want in LINES]
    terminal(tmp, ["fish", "--no-config", "-C", f"source {init}"], "", lines)
