# SPDX-License-Identifier: GPL-2.0-only
"""Programs that tests/deps.sh unpacks into the cache because their packages start servers."""
import pathlib
import shutil
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent


def tool(name):
    """The path of @name: the installed one, or that in the cache."""
    cache = subprocess.run([TOP / "tests" / "kernels.sh", "cache"], capture_output=True, text=True,
                           check=True).stdout.strip()
    return shutil.which(name) or str(pathlib.Path(cache).parent / name)
