# SPDX-License-Identifier: GPL-2.0-only
"""mokmanager.py SOCKET PASSWORD: what an administrator does at the console when MokManager
asks whether to enroll a key. SOCKET is QEMU's end of the serial line. Status 1 if a screen
does not appear; what was on the line goes to standard output."""
import re
import socket
import sys
import time

ESCAPES = re.compile(rb"\x1b\[[0-9;=?]*[A-Za-z]")
DOWN, ENTER = b"\x1b[B", b"\r"


class Line:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.sock.connect(path)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.1)
        self.seen = b""

    def wait(self, what, seconds):
        """Waits for a text on the screen."""
        end = time.monotonic() + seconds
        while what not in ESCAPES.sub(b"", self.seen):
            self.sock.settimeout(max(end - time.monotonic(), 0.01))
            try:
                data = self.sock.recv(65536)
            except TimeoutError:
                data = b""
            if not data:
                sys.exit(f"MokManager: no screen with {what.decode()!r}")
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
            self.seen += data
        self.seen = b""

    def press(self, *keys):
        for key in keys:
            time.sleep(1)
            self.sock.sendall(key)


def main():
    line = Line(sys.argv[1])
    line.wait(b"Press any key", 400)
    line.press(ENTER)
    line.wait(b"Enroll MOK", 60)
    line.press(DOWN, ENTER)
    line.wait(b"View key 0", 60)
    line.press(DOWN, ENTER)
    line.wait(b"Enroll the key", 60)
    line.press(DOWN, ENTER)
    line.wait(b"Password", 60)
    line.press(*(bytes([c]) for c in sys.argv[2].encode()), ENTER)
    line.wait(b"Reboot", 60)
    line.press(ENTER)


main()
