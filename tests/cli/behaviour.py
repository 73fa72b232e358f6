# SPDX-License-Identifier: GPL-2.0-only
"""What no golden can show: signals, terminals, full disks, two writers, other users."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

import tty_run as tty
from run import HERE, TDXCTL, TOP, Bench, Skip, check_document, expect

NOBODY = 65534


# ---- stdout

def test_full_disk(tmp):
    bench = Bench(tmp)
    for line in ("--emulate status", "--emulate hkid --json", "--emulate metrics", "--help", "-V"):
        with open("/dev/full", "wb") as full:
            p = bench.ok(line, 1, stdout=full)
        expect("No space left on device" in p.stderr, p.stderr)


def test_closed_stdout(tmp):
    bench = Bench(tmp, "slow")
    p = bench.ok("--emulate={h} release web --yes", 1, stdout=None,
                 preexec_fn=lambda: os.close(1))
    expect("standard output is closed" in p.stderr, p.stderr)
    # The output could not have been read, so nothing is changed.
    doc = bench.json("--emulate={h} td --json")
    expect(doc["tds"][0]["state"] == "runnable", doc)


def test_reader_gone(tmp):
    bench = Bench(tmp)
    r, w = os.pipe()
    os.close(r)
    for line in ("--emulate hkid", "--emulate hkid --json", "--emulate metrics", "--help"):
        p = bench.ok(line, -signal.SIGPIPE, stdout=w)
        expect(not p.stderr, p.stderr)
    os.close(w)


def test_wrong_words(tmp):
    """An option that does not exist is named, not its value; a file after --emulate is explained."""
    bench = Bench(tmp)
    for line, word in (("td -x vm", "unknown option '-x'"), ("td --sorted age", "unknown option '--sorted'"),
                       ("--emulate h.json", "unknown verb 'h.json'")):
        p = bench.ok(line, 2)
        expect(word in p.stderr, p.stderr)
    expect("--emulate=h.json" in p.stderr, p.stderr)


def test_closed_stderr_and_stdin(tmp):
    bench = Bench(tmp)

    def close():
        os.close(0)
        os.close(2)

    p = bench.ok("--emulate hkid -j", stdin=None, stderr=None, preexec_fn=close)
    expect('"hkids"' in p.stdout, p.stdout)


def test_version(tmp):
    bench = Bench(tmp)
    want = (TOP / "VERSION").read_text().strip()
    for line in ("--version", "status --version", "--version --json"):
        expect(bench.ok(line).stdout == f"tdxctl {want}\n", line)


# ---- host files

def test_host_file_unreadable(tmp):
    bench = Bench(tmp, "empty")
    os.chmod(bench.host, 0)
    p = bench.ok("--emulate={h} status -j", 4, preexec_fn=drop_root(), env=bench.env)
    expect("Permission denied" in p.stderr, p.stderr)


def drop_root():
    """Root may read everything, so refusals are tested as the user 'nobody'."""
    if os.geteuid():
        return None

    def drop():
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)

    return drop


def test_host_file_bad(tmp):
    bench = Bench(tmp)
    good = (HERE / "hosts" / "leaked.json").read_text()
    texts = {
        "": "not JSON", "{": "not JSON", "[]": "an object", "\x00": "not JSON",
        '{"a":1}': "format", good + "x": "not JSON", good[:-20]: "not JSON",
        good.replace('"tdxctl-host"', '"other"'): "format",
        good.replace('"version": 1', '"version": 2'): "version",
        good.replace('"version": 1', '"version": "1"'): "whole number",
        good.replace('"packages": 2', '"packages": -2'): "between",
        good.replace('"packages": 2', '"packages": 2.5'): "whole number",
        good.replace('"packages": 2', '"packages": 9'): "must be 1 to 8",
        good.replace('"pid": 2001', '"pid": null'): "whole number",
        good.replace('"name": "web"', '"name": 7'): "a string",
        good.replace('"name": "web"', '"name": "a\\u001b[2Jb"'): "control characters",
        good.replace('"op": "stop"', '"op": "explode"'): "unknown",
        good.replace('"td": 1', '"td": 9'): "no such TD",
        good.replace("TDH.MNG.KEY.FREEID", "TDH.NONE"): "unknown",
        good.replace('"vcpus": 2', '"vcpus": 99999'): "between",
        good.replace('"vcpus": 2', '"vcpus": 2, "extra": 1'): "extra",
        "[" * 5000: "not JSON",
    }
    for text, word in texts.items():
        bench.host.write_text(text)
        doc = bench.json("--emulate={h} status -j", 1)
        expect(doc["error"]["code"] == "host-file", doc)
        expect(word in doc["error"]["message"], f"{word!r} not in {doc['error']}")
        expect("h.json" in doc["error"]["message"], doc)
        expect(bench.host.read_text() == text, "the file was changed")


def test_host_file_huge(tmp):
    bench = Bench(tmp)
    with open(bench.host, "wb") as f:
        f.truncate(100 << 20)
    start = time.monotonic()
    doc = bench.json("--emulate={h} status -j", 1)
    expect("larger than" in doc["error"]["message"], doc)
    expect(time.monotonic() - start < 10, "100 MB were read first")


def test_host_file_read_only(tmp):
    """A release that cannot be written down is not done."""
    bench = Bench(tmp, "leak-on-release")
    os.chmod(bench.host, 0o444)
    os.chmod(tmp, 0o555)
    before = bench.host.read_text()
    p = bench.run("--emulate={h} release web --yes", preexec_fn=drop_root())
    os.chmod(tmp, 0o755)
    expect(p.returncode in (1, 4, 6), f"{p.returncode} {p.stderr}")
    expect("tdxctl: " in p.stderr, p.stderr)
    expect(bench.host.read_text() == before, "the file was changed")


def test_two_writers(tmp):
    bench = Bench(tmp, "slow")
    first = start_release(bench)
    second = bench.run("--emulate={h} release web --yes -j")
    expect(second.returncode == 1 and '"busy"' in second.stdout,
           f"{second.returncode} {second.stdout}")
    out, err = first.communicate(timeout=60)
    expect(first.returncode == 0, f"{out} {err}")
    doc = bench.json("--emulate={h} td -j")
    expect("released" in out, out)
    expect([t["private_pages"] for t in doc["tds"]] == [0], doc)


def test_lock_outlasts_us(tmp):
    """Another process holds tdx_lock longer than the timeout: nothing changes, and a later attempt succeeds."""
    bench = Bench(tmp, "held-tdx-lock")
    doc = bench.json("--emulate={h} release web --yes --timeout 1 -j", 6)
    expect(not doc["hkid_freed"] and doc["pages_reclaimed"] == 0, doc)
    lock = bench.json("--emulate={h} lock -j")["locks"][0]
    expect(lock["state"] == "held" and lock["held_ns"] >= 3900 * 10**6, lock)
    doc = bench.json("--emulate={h} release web --yes -j")
    expect(doc["verified"] and doc["pages_reclaimed"] == 16, doc)
    expect(bench.json("--emulate={h} lock -j")["locks"][0]["state"] == "free", "still held")


def test_other_users_vm(tmp):
    bench = Bench(tmp, "other-user")
    os.chmod(bench.host, 0o644)
    drop = drop_root()
    doc = bench.json("--emulate={h} release web --yes -j", 4, preexec_fn=drop)
    expect(doc["error"]["code"] == "permission", doc)
    expect("another user" in doc["error"]["message"], doc)


# ---- signals

def start_release(bench, options="", hangup=signal.SIG_DFL):
    """A release that has shown its plan and is at work."""
    p = subprocess.Popen(bench.argv("--emulate={h} release web --yes " + options),
                         preexec_fn=lambda: signal.signal(signal.SIGHUP, hangup),
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, env=bench.env, text=True)
    for line in p.stderr:
        if line.startswith("Estimate"):
            break
    time.sleep(0.4)
    return p


def interrupted(bench, sig):
    p = start_release(bench)
    p.send_signal(sig)
    out, err = p.communicate(timeout=30)
    return p.returncode, out, err


def test_interrupt_and_continue(tmp):
    """Each run gets a bit further, and the last one finishes: nothing is done twice."""
    bench = Bench(tmp, "slow")
    total, seen = 4096, 0
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        status, out, err = interrupted(bench, sig)
        expect(status == 6, f"{sig}: {status} {out} {err}")
        expect(re.search(r"^Result +partial$", out, flags=re.M), out)
        expect("stopping at the next safe point" in err, err)
        expect("Run 'tdxctl release td:1' again to continue." in err, err)
        got = int(re.search(r"was freed, (\d+) of (\d+) pages", err).group(1))
        expect(0 < got < total, err)
        seen += got
        now = bench.json("--emulate={h} td -j")["tds"][0]
        expect(now["private_pages"] == total - seen and now["hkid"] is None, f"{now} after {seen}")
    doc = bench.json("--emulate={h} release web --yes -j")
    expect(seen + doc["pages_reclaimed"] == total, doc)
    expect(doc["page_seamcalls"] == doc["pages_reclaimed"], doc)
    expect(doc["verified"], doc)


def test_nohup(tmp):
    """Who starts it with nohup wants it to outlive the terminal."""
    bench = Bench(tmp, "slow")
    p = start_release(bench, hangup=signal.SIG_IGN)
    p.send_signal(signal.SIGHUP)
    out, err = p.communicate(timeout=60)
    expect(p.returncode == 0 and "released" in out, f"{p.returncode} {out} {err}")


def test_timeout(tmp):
    bench = Bench(tmp, "slow")
    left = 4096
    for _ in range(2):
        doc = bench.json("--emulate={h} release web --yes --timeout 1 -j", 6)
        expect(doc["result"] == "partial" and doc["error"]["code"] == "timeout", doc)
        expect("again to continue" in doc["error"]["hint"], doc)
        expect(doc["hkid_freed"] and not doc["verified"], doc)
        left -= doc["pages_reclaimed"]
        expect(0 < doc["pages_reclaimed"] and doc["pages_left"] == left, f"{doc} {left}")


def test_interrupt_while_waiting_for_lock(tmp):
    bench = Bench(tmp, "held-tdx-lock")
    status, out, err = interrupted(bench, signal.SIGINT)
    expect(status == 6, f"{status} {out} {err}")
    expect("17, not freed" in out, out)
    doc = bench.json("--emulate={h} release web --yes -j")
    expect(doc["verified"] and doc["pages_reclaimed"] == 16, doc)


# ---- terminals

def test_question(tmp):
    bench = Bench(tmp, "leak-on-release")
    for answer in ("n\n", "\n", "yy\n", "\x04"):
        status, text = tty.run(bench.argv("--emulate={h} release web"), bench.env, answer)
        expect(status == 1, f"{answer!r}: {status} {text}")
        expect("Release web? The guest will be lost. [y/N]" in text, text)
        expect("Frees" in text and "518 SEAMCALLs" in text, text)
        expect("nothing was changed" in text, text)
    expect(bench.json("--emulate={h} td -j")["tds"][0]["state"] == "runnable", "changed")


def test_question_yes(tmp):
    for answer in ("y\n", "YES\n"):
        bench = Bench(tmp, "same-name")
        status, text = tty.run(bench.argv("--emulate={h} release td:2"), bench.env, answer)
        expect(status == 0 and "released" in text, f"{status} {text}")


def test_interrupt_at_question(tmp):
    """^C before the answer: nothing has happened."""
    bench = Bench(tmp, "same-name")
    before = bench.host.read_text()
    status, text = tty.run(bench.argv("--emulate={h} release td:2"), bench.env, "\x03")
    expect(status == -signal.SIGINT, status)
    expect("interrupted; nothing was changed" in text, text)
    expect(bench.host.read_text() == before, "the file was changed")


def test_progress(tmp):
    bench = Bench(tmp, "slow")
    status, text = tty.run(bench.argv("--emulate={h} release web --yes --timeout 2"), bench.env)
    expect(status == 6, f"{status} {text}")
    bars = re.findall(r"\r\x1b\[KReclaiming \[(#*)(\.*)\] +(\d+) %  [0-9.]+ [KM]iB"
                      r"(?:  [0-9.]+ [KM]iB/s  \S.*? left)?", text)
    expect(len(bars) > 5, f"{len(bars)} bars: {text!r}")
    expect({len(full) + len(rest) for full, rest, _ in bars} == {24}, bars)
    shares = [int(share) for _, _, share in bars]
    expect(shares == sorted(shares) and shares[-1] > shares[0], shares)
    expect(re.search(r"[KM]iB/s  (under 1 s|[0-9.]+ s) left", text), text)
    # The bar is gone before the result is printed.
    expect("\r\x1b[KTimeout" in text, text)


def test_progress_dumb(tmp):
    """A dumb terminal gets no escape sequences, and each line erases the last one."""
    bench = Bench(tmp, "slow")
    status, text = tty.run(bench.argv("--emulate={h} release web --yes --timeout 1"),
                           {**bench.env, "TERM": "dumb"}, columns=80)
    expect(status == 6 and "\x1b" not in text, f"{status} {text!r}")
    drawn = re.findall(r"\r( *)\r(Reclaiming[^\r]*)", text)
    expect(len(drawn) > 3, text)
    for (_, line), (blank, _) in zip(drawn, drawn[1:]):
        expect(len(line) == len(blank) < 80, f"{line!r} {blank!r}")
    expect(re.search(r"\r +\rTimeout", text), repr(text))


def test_progress_wait(tmp):
    """On a terminal, wait shows what it waits for."""
    bench = Bench(tmp)
    argv = bench.argv("--emulate wait --hkids-free 13 --timeout 1.5")
    status, text = tty.run(argv, bench.env, columns=80)
    expect(status == 7, f"{status} {text}")
    expect("\r\x1b[KWaiting for 13 free HKIDs: 12 of 15 free, 1.0 s" in text, repr(text))
    expect(text.index("HKIDs   12 of 15 free") > text.rindex("Waiting for"), repr(text))
    status, text = tty.run(argv + ["-q"], bench.env, columns=80)
    expect("Waiting" not in text, repr(text))
    expect("Waiting" not in bench.ok("--emulate wait --hkids-free 13 --timeout 0.2", 7).stderr, "pipe")


def test_estimate(tmp):
    """An estimate is no more precise than it can be."""
    bench = Bench(tmp, "empty")
    host = json.loads(bench.host.read_text())
    events = host["events"]
    for pages, text in ((0, "less than 0.1 s"), (70000, "about 0.4 s"), (700000, "about 4 s")):
        host["events"] = events + [{"op": "td", "name": "web", "pid": 2001, "vcpus": 1, "pages": pages}]
        bench.host.write_text(json.dumps(host))
        out = bench.ok("--emulate={h} release web --dry-run").stdout
        expect(re.search(rf"^Estimate +\d+ SEAMCALLs, {text}", out, re.M), out)


def test_progress_narrow(tmp):
    """A line that wraps could not be drawn over."""
    for columns, parts in ((66, r" \[[#.]+\] +\d+ %  .*MiB  .* left"), (56, r" \[[#.]+\] +\d+ %  .* left"), (40, r" +\d+ %  .*MiB  .* left"),
                           (30, r" +\d+ %  .* left"), (12, "")):
        bench = Bench(tmp, "slow")
        status, text = tty.run(bench.argv("--emulate={h} release web --yes --timeout 1"), bench.env,
                               columns=columns)
        expect(status == 6, f"{columns}: {status} {text}")
        drawn = re.findall(r"\r\x1b\[K([GR][^\r]*)", text)
        expect(len(drawn) > 3, f"{columns}: {text!r}")
        expect(max(map(len, drawn)) < columns, f"{columns}: {drawn}")
        expect(re.search("Reclaiming"[:columns - 1] + parts + "$", drawn[-1]), f"{columns}: {drawn[-1]!r}")


def test_no_progress_elsewhere(tmp):
    bench = Bench(tmp, "slow")
    p = bench.ok("--emulate={h} release web --yes --timeout 1", 6)
    expect("\r" not in p.stderr and "\x1b" not in p.stderr + p.stdout, p.stderr)


def test_quiet(tmp):
    bench = Bench(tmp, "slow")
    status, text = tty.run(bench.argv("--emulate={h} -q release web --yes"), bench.env)
    expect(status == 0 and "Reclaiming" not in text and "Estimate" not in text, text)
    expect("released" in text, text)


def test_colour(tmp):
    bench = Bench(tmp, "leaked")
    red = "\x1b[1;31mleaked\x1b[0m"
    line = bench.argv("--emulate={h} hkid")
    expect(red in tty.run(line, bench.env)[1], "no colour on a terminal")
    expect(red in tty.run(line, {**bench.env, "NO_COLOR": ""})[1], "empty NO_COLOR counts")
    for argv, env in ((line, {"NO_COLOR": "1"}), (line, {"TERM": "dumb"}),
                      (line + ["--no-color"], {}), (line + ["-j"], {})):
        expect("\x1b" not in tty.run(argv, {**bench.env, **env})[1], f"colour: {argv} {env}")
    expect("\x1b" not in bench.ok("--emulate={h} hkid").stdout, "colour in a pipe")


def test_terminal_escapes(tmp):
    """Names that others choose must not drive our terminal."""
    bench = Bench(tmp)
    for evil in ("\x1b[2J", "\x9b31m", "a\nb", "\x07", "\xff\xfe"):
        p = bench.ok(["--emulate", "td", "show", evil], 1)
        expect(not set(p.stderr) & set("\x1b\x9b\x07"), repr(p.stderr))
        expect("tdxctl: no VM" in p.stderr, p.stderr)


# ---- documents that are made from the command line's table

def test_docs(tmp):
    p = subprocess.run(["/usr/bin/python3", HERE / "check-docs.py", TDXCTL], check=False,
                       capture_output=True, text=True)
    expect(p.returncode == 0, p.stdout + p.stderr)


def test_completions_current(tmp):
    p = subprocess.run(["/usr/bin/python3", TOP / "completions" / "gen.py", "--check", TDXCTL],
                       check=False, capture_output=True, text=True)
    expect(p.returncode == 0, p.stdout + p.stderr)


def complete(bench, *words):
    """What bash offers for the last of @words."""
    script = (f"source {TOP}/completions/tdxctl.bash; "
              'COMP_WORDS=(tdxctl "$@"); COMP_CWORD=$#; COMP_LINE="${COMP_WORDS[*]}"; '
              'COMP_POINT=${#COMP_LINE}; _tdxctl; printf "%s\\n" "${COMPREPLY[@]}"')
    p = subprocess.run(["bash", "-uc", script, "bash", *words], check=False, text=True,
                       capture_output=True, cwd=bench.dir, env=bench.env)
    expect(not p.stderr, p.stderr)
    return p.stdout.split("\n")[:-1]


def test_bash_completion(tmp):
    bench = Bench(tmp, "names")
    os.symlink(TDXCTL, bench.dir / "tdxctl")
    bench.env["PATH"] = f"{bench.dir}:{os.environ['PATH']}"
    expect(sorted(complete(bench, "st")) == ["stat", "status"], "verb")
    expect(complete(bench, "td", "") == ["list", "show"], "noun")
    expect(complete(bench, "-j", "td", "sh") == ["show"], "noun after an option")
    expect(complete(bench, "release", "--dr") == ["--dry-run"], "option")
    expect(complete(bench, "release", "--strategy", "term") == ["terminate"], "value")
    expect(complete(bench, "release", "--emulate", "") == ["web", "db", "build"], "VMs")
    expect(complete(bench, "--emulate", "td", "show", "d") == ["db"], "VMs by their beginning")
    text = bench.host.read_text().replace('"a b"', '"$(touch pwned)`touch pwned`"')
    bench.host.write_text(text)
    got = complete(bench, f"--emulate={bench.host}", "release", "$")
    expect(len(got) == 1 and got[0].startswith("\\$\\(touch\\ pwned"), got)
    expect(not (bench.dir / "pwned").exists(), "completion ran a VM's name")


def test_zsh_completion(tmp):
    """VMs are those of the host that the options name, also before the verb."""
    if not shutil.which("zsh"):
        raise Skip("no zsh; make deps installs it")
    bench = Bench(tmp, "names")
    os.symlink(TDXCTL, bench.dir / "tdxctl")
    env = {**bench.env, "PATH": f"{bench.dir}:{os.environ['PATH']}", "PS1": "ready> ",
           "ZDOTDIR": str(bench.dir)}
    setup = f"fpath=({TOP}/completions $fpath); autoload -U compinit; compinit -u -D; PS1='set> '\n"
    for line, want in (("--emulate release d", "release db"), ("release --emulate d", "--emulate db"),
                       ("--emulate td show d", "show db"), ("release --strategy te", "terminate")):
        steps = [(b"ready> ", setup), (b"set> ", f"tdxctl {line}\t"), (want.encode(), "\x15exit\n")]
        text = tty.talk(["zsh", "-f"], env, steps)
        expect(want in text, f"{line!r}: {text!r}")


def test_dump_cli(tmp):
    bench = Bench(tmp)
    doc = bench.json("dump-cli")
    for cmd in doc["commands"]:
        name = cmd["verb"] + ("-" + cmd["noun"] if cmd["noun"] else "")
        if name not in ("help", "complete-vms", "complete-words"):
            expect((TOP / "tests" / "schema" / f"{name}.schema.json").exists(), f"no schema {name}")


# ---- this machine, whatever it is

def test_live_host(tmp):
    """No claim about what there is, but every answer has its shape and its status."""
    bench = Bench(tmp)
    for line in ("status", "hkid", "td", "lock", "cpu", "td show x", "helper", "helper status"):
        p = bench.run(line + " --json")
        expect(p.returncode in (0, 1, 3, 4, 5, 7), f"{line}: {p.returncode}")
        doc = json.loads(p.stdout)
        check_document(line, doc, p.returncode)
        if line.startswith("helper"):
            expect(isinstance(doc["features"], list) or "features" in doc["unknown"], doc)


def test_helper_without_rights(tmp):
    bench = Bench(tmp)
    for line in ("helper load --json", "helper load --file /nonexistent/tdxctl.ko --json"):
        doc = bench.run(line, preexec_fn=drop_root())
        expect(doc.returncode in (4, 5), f"{line}: {doc.returncode} {doc.stderr}")
        check_document(line, json.loads(doc.stdout), doc.returncode)


# ---- size

def test_wrong_name_among_many(tmp):
    """A typing error must not fill the screen."""
    bench = Bench(tmp, "empty")
    host = json.loads(bench.host.read_text())
    host["topology"]["tdx_keyids"] = 64
    host["events"] += [{"op": "td", "name": f"vm{i}", "pid": 3000 + i, "vcpus": 1, "pages": 1}
                       for i in range(40)]
    bench.host.write_text(json.dumps(host))
    doc = bench.json("--emulate={h} td show nothing -j", 1)["error"]
    expect(len(doc["candidates"]) == 20 and "40 TDs, the first 20" in doc["message"], doc)
    expect("'tdxctl td' lists all" in doc["hint"], doc)
    expect("vm7" in bench.json("--emulate={h} td show vn7 -j", 1)["error"]["hint"], "no suggestion")


def test_large_host(tmp):
    """8 packages, 1024 CPUs, 2000 HKIDs: all of it, in a moment."""
    bench = Bench(tmp)
    bench.ok("emulate init {h} --packages 8 --cpus-per-package 128 --mktme-keyids 46 "
             "--tdx-keyids 2001")
    doc = bench.json("--emulate={h} status -j")
    expect(doc["cpus"]["total"] == 1024 and doc["hkids"]["total"] == 2000, doc)
    doc = bench.json("--emulate={h} hkid -j")
    expect([h["id"] for h in doc["hkids"]] == list(range(48, 2048)), "not every HKID")
    expect(len(bench.json("--emulate={h} cpu -j")["cpus"]) == 1024, "not every CPU")
    text = bench.ok("--emulate={h} hkid --all").stdout.splitlines()
    expect(len(text) == 2001, len(text))
    expect(len({line.index("free") for line in text[4:]}) == 1, "columns do not line up")
