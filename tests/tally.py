# SPDX-License-Identifier: GPL-2.0-only
"""Counts passed, failed and skipped tests for the runners in Python.

A test that cannot run on this machine raises Skip. It is counted as skipped and printed
as "SKIP NAME: why". In CI it is a failure. With STOP=1 in the environment, a runner ends
at the first failure.
"""
import os
import subprocess
import sys

CI = os.environ.get("CI") == "true"
STOP = os.environ.get("STOP") == "1"


class Failure(Exception):
    """The test found a fault."""


class Skip(Exception):
    """The test cannot run on this machine."""


def expect(cond, what):
    if not cond:
        raise Failure(what)


def need_root():
    if os.geteuid():
        raise Skip("needs root")


class Tally:
    """The counts of one runner."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = self.skipped = 0

    def run(self, name, test, *args):
        try:
            test(*args)
            self.passed += 1
        except Skip as why:
            if CI:
                self.failed += 1
                print(f"not ok {name}: skipped: {why} (a failure in CI)")
            else:
                self.skipped += 1
                print(f"SKIP {name}: {why}")
        except (Failure, OSError, ValueError, LookupError, StopIteration, subprocess.SubprocessError) as err:
            self.failed += 1
            print(f"not ok {name}: {type(err).__name__}: {err}")
        if self.failed and STOP:
            sys.exit(self.done())

    def done(self):
        """Prints the closing line; the exit status."""
        print(f"{self.name}: {self.passed} passed, {self.failed} failed" +
              (f", {self.skipped} skipped" if self.skipped else ""))
        sys.stdout.flush()
        return 1 if self.failed or not self.passed else 0
