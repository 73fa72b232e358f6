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

from tally import expect

TIMEOUT = 60


def run(argv, env, answer=None, prompt=b"[y/N] ", columns=0):
    """Exit status (negative: signal) and all that appeared; @answer follows @prompt."""
    steps = [] if answer is None else [(prompt, answer)]
    return session(argv, env, steps, columns, TIMEOUT)


def talk(argv, env, steps, timeout=20):
    """All that appeared; each of @steps is what to wait for and what to type then,
    or a function to call with the process and the terminal."""
    return session(argv, env, steps, 0, timeout)[1]


def session(argv, env, steps, columns, timeout, lines=24):
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        # A shell that runs this in the background ignores SIGINT; tdxctl would inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvpe(argv[0], [str(a) for a in argv], env)
    text, seen, end = b"", 0, time.monotonic() + timeout
    steps = list(steps)
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
        if steps and steps[0][0] in text[seen:]:
            seen = len(text)
            todo = steps.pop(0)[1]
            if callable(todo):
                todo(pid, fd)
            else:
                os.write(fd, todo.encode())
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    expect(not steps, f"{steps[:1]} did not appear: {text[-400:]!r}")
    return os.waitstatus_to_exitcode(status), text.decode(errors="replace")
