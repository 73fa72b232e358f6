#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""boot.py BOCHS ISO OUT TIMEOUT CPUS [--console] [--crash]: runs Bochs until the guest is done.

--crash: a panic is part of the test, and its crash kernel reports.
CPUS: packages, cores of each and threads of each, as 2:2:1.
The guest's first serial line is its console, kept in OUT/console (with
--console: on this terminal, Ctrl-A x ends it). The second carries results: text
(OUT/results and here) up to a line LAB-FILES, then base64 of a tar archive, then
LAB-END and a status, which becomes this program's.

Bochs has no power button without ACPI, so the end marker ends it. Its serial
lines are pseudo-terminals: plain files are written in blocks of 4 KiB, the last of
which would be lost. A line that is only listened to is a "file" for it all the same;
for a terminal it would ask the host for input at every character's time.
"""
import base64
import ctypes
import os
import select
import signal
import subprocess
import sys
import termios
import time
import tty

BOCHSRC = """\
config_interface: textconfig
display_library: nogui
cpu: model=sapphire_rapids, count={cpus}, ips=10000000, quantum=32, msrs={out}/msrs
memory: guest=1024, host=1024
romimage: file={bochs}/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file={bochs}/usr/share/vgabios/vgabios.bin
clock: sync=none
ata0: enabled=1
ata0-master: type=cdrom, path={iso}, status=inserted
boot: cdrom
com1: enabled=1, mode={com1_mode}, dev={com1}
com2: enabled=1, mode=file, dev={com2}
log: {out}/bochs.log
panic: action=fatal
error: action=ignore
info: action=ignore
"""
# MSR 0x87: 15 TME-MT KeyIDs and 16 private ones. Bochs wants it in hexadecimal:
# address, type, reset value, reserved and ignored bits, high half first.
MSRS = "0x87 0 00000010 0000000f 00000000 00000000 00000000 00000000\n"
PANIC_GRACE = 5		# seconds for a dying kernel to say why
PR_SET_PDEATHSIG = 1	# <linux/prctl.h>


def pseudo_terminal():
    master, slave = os.openpty()
    tty.setraw(slave)
    return master, os.ttyname(slave), slave


def start(bochs, iso, out, cpus, com1, com1_mode, com2):
    rc = os.path.join(out, "bochsrc")
    with open(rc, "w") as f:
        f.write(BOCHSRC.format(out=out, bochs=bochs, iso=iso, cpus=cpus, com1=com1, com1_mode=com1_mode, com2=com2))
    with open(os.path.join(out, "msrs"), "w") as f:
        f.write(MSRS)
    return subprocess.Popen(
        [os.path.join(bochs, "build/bochs"), "-q", "-f", rc], stdin=subprocess.DEVNULL,
        stdout=open(os.path.join(out, "bochs.out"), "wb"), stderr=subprocess.STDOUT, start_new_session=True)


class Lab:
    def __init__(self, out, interactive, may_panic):
        self.line, self.status = b"", None
        self.console = open(os.path.join(out, "console"), "wb", buffering=0)
        self.results = open(os.path.join(out, "results"), "wb", buffering=0)
        self.out, self.interactive, self.may_panic = out, interactive, may_panic
        self.tail, self.panic_at = b"", None
        self.files, self.in_files = [], False

    def on_console(self, data):
        data = data.replace(b"\r", b"") if not self.interactive else data
        self.console.write(data)
        if self.interactive:
            os.write(1, data)
        self.tail = (self.tail + data)[-200:]
        if b"Kernel panic" in self.tail and self.panic_at is None and not self.may_panic:
            self.panic_at = time.monotonic()

    def on_results(self, data):
        self.line += data.replace(b"\r", b"")
        while b"\n" in self.line and self.status is None:
            line, self.line = self.line.split(b"\n", 1)
            if line == b"LAB-FILES":
                self.in_files = True
            elif line.startswith(b"LAB-END "):
                self.status = int(line.split()[1])
            elif self.in_files:
                self.files.append(line)
            else:
                self.results.write(line + b"\n")
                os.write(1, line + b"\n")

    def finish(self):
        self.console.close()
        self.results.close()
        with open(os.path.join(self.out, "files.tgz"), "wb") as f:
            f.write(base64.b64decode(b"".join(self.files)))


def main():
    bochs, iso, out, timeout, cpus = sys.argv[1:6]
    interactive = "--console" in sys.argv[6:]
    # Bochs ends with the script that started this program.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    m1, com1, s1 = pseudo_terminal()
    m2, com2, s2 = pseudo_terminal()
    bx = start(bochs, iso, os.path.abspath(out), cpus, com1, "term" if interactive else "file", com2)
    lab = Lab(out, interactive, "--crash" in sys.argv[6:])
    end = time.monotonic() + float(timeout) if float(timeout) else None
    saved, prefix = None, False
    watched = [m1, m2]
    if interactive:
        watched.append(0)
        if os.isatty(0):
            saved = termios.tcgetattr(0)
            tty.setraw(0)
    try:
        while lab.status is None and bx.poll() is None:
            now = time.monotonic()
            if end and now > end:
                lab.status = 124
            if lab.panic_at and now - lab.panic_at > PANIC_GRACE:
                lab.status = 125
            for fd in select.select(watched, [], [], 0.5)[0]:
                data = os.read(fd, 65536)
                if fd == m1:
                    lab.on_console(data)
                elif fd == m2:
                    lab.on_results(data)
                elif not data:
                    watched.remove(0)
                elif prefix and data in (b"x", b"X"):
                    lab.status = 0
                else:
                    prefix = data == b"\x01"
                    if not prefix:
                        os.write(m1, data)
    finally:
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
        if bx.poll() is None:
            bx.kill()
        bx.wait()
        lab.finish()
    return 126 if lab.status is None else lab.status


if __name__ == "__main__":
    sys.exit(main())
