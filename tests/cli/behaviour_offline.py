# SPDX-License-Identifier: GPL-2.0-only
"""Verbs that need no helper, where a golden cannot show it: logs on standard input."""
import os
import signal
import subprocess

from run import Bench, TDXCTL, expect

LOG = b"""[    1.0] virt/tdx: BIOS enabled: private KeyID range [16, 32)
[    1.1] virt/tdx: SEAMCALL (0x1c) failed: 0xc000030000000001
qemu: KVM_TDX_INIT_VM failed: No space left on device
[    1.2] no newline at the end, two words: 0x8000020000000080 0x8000020000000080"""

NAMED = b"""[    1.0] virt/tdx: BIOS enabled: private KeyID range [16, 32)
[    1.1] virt/tdx: SEAMCALL (0x1c [TDH.PHYMEM.PAGE.RECLAIM]) failed: \
0xc000030000000001 [TDX_PAGE_METADATA_INCORRECT, RCX]
qemu: KVM_TDX_INIT_VM failed: No space left on device [ENOSPC: no HKID is free]
[    1.2] no newline at the end, two words: 0x8000020000000080 [TDX_OPERAND_BUSY, TDR] \
0x8000020000000080 [TDX_OPERAND_BUSY, TDR]"""


def decode(bench, args, data, status=0):
    p = subprocess.run([TDXCTL, "decode"] + args, input=data, capture_output=True, timeout=60,
                       check=False, env=bench.env)
    expect(p.returncode == status, f"decode {args}: {p.returncode}: {p.stderr!r}")
    return p.stdout


def test_decode_log(tmp):
    bench = Bench(tmp)
    for args in ([], ["-"]):
        got = decode(bench, args, LOG)
        expect(got == NAMED, got)
    # What holds no word comes out byte by byte, whatever it is.
    blob = bytes(range(256)) * 700 + b"0x0 0xffff888000000000\0\n"
    expect(decode(bench, [], blob) == blob, "changed bytes of a log without words")
    expect(decode(bench, [], b"") == b"", "something from nothing")


def test_decode_log_json(tmp):
    bench = Bench(tmp)
    path = bench.dir / "log"
    path.write_bytes(LOG)
    with open(path, "rb") as log:
        doc = bench.json("decode --json", stdin=log)
    expect(doc["lines"] == 4 and doc["complete"], doc)
    got = [(w["word"], w["line"], w["count"]) for w in doc["words"]]
    expect(got == [("0x1c", 2, 1), ("0xc000030000000001", 2, 1), ("ENOSPC", 3, 1),
                   ("0x8000020000000080", 4, 2)], got)
    path.write_text("".join(f"0xc0000100{i:08x}\n" for i in range(1001)))
    with open(path, "rb") as log:
        doc = bench.json("decode -j -", stdin=log)
    expect(len(doc["words"]) == 1000 and not doc["complete"] and doc["lines"] == 1001, doc["lines"])


def test_decode_follows(tmp):
    """A line is out before the next one comes: dmesg -w | tdxctl decode."""
    bench = Bench(tmp)
    with subprocess.Popen([TDXCTL, "decode"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=bench.env) as p:
        for line in LOG.split(b"\n")[:2]:
            p.stdin.write(line + b"\n")
            p.stdin.flush()
            expect(p.stdout.readline().startswith(line[:12]), "another line")
        p.stdin.close()
        expect(p.wait(20) == 0, "exit status")


def test_decode_reader_gone(tmp):
    bench = Bench(tmp)
    with open(bench.dir / "zeros", "wb") as f:
        f.truncate(64 << 20)
    r, w = os.pipe()
    os.close(r)
    with open(bench.dir / "zeros", "rb") as zeros:
        p = bench.ok("decode", -signal.SIGPIPE, stdin=zeros, stdout=w)
    os.close(w)
    expect(not p.stderr, p.stderr)
