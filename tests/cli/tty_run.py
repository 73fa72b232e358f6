# SPDX-License-Identifier: GPL-2.0-only
"""Runs a command on a terminal of its own."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

TIMEOUT = 60


def run(argv, env, answer=None, prompt=b"[y/N] ", columns=0):
    """Exit status (negative: signal) and all that appeared; @answer follows @prompt."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        # Whoever runs this in the background ignores it, and we would inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execve(argv[0], [str(a) for a in argv], env)
    text, end = b"", time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            data = os.read(fd, 65536)
        except OSError:         # EIO: the other side is closed
            break
        if not data:
            break
        text += data
        if answer is not None and prompt in text:
            os.write(fd, answer.encode())
            answer = None
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), text.decode(errors="replace")
