"""Systems without POSIX: what Windows lacks is taken away, and a site is built all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from builds import difference, tree
from conftest import ROOT, SiteFolder, make_comment

from rejoinder import building

LACKING = """
import importlib.abc, logging.handlers, multiprocessing, os, pelican, subprocess, sys, tempfile
import types
import asyncio, concurrent.futures, http.server, getpass, shutil, tarfile, socket

import fcntl
flock, both = fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB
msvcrt = types.ModuleType("msvcrt")
msvcrt.LK_NBLCK = 2
msvcrt.locking = lambda fd, how, count: flock(fd, both)
sys.modules["msvcrt"] = msvcrt


class Nowhere(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in {"fcntl", "grp", "pwd", "resource", "termios", "pty", "tty", "syslog"}:
            raise ModuleNotFoundError(f"there is no {name} here", name=name)


for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Nowhere())
for name in ("fork", "forkpty", "sched_getaffinity", "pidfd_open", "killpg", "getuid", "geteuid",
             "WNOHANG", "mkfifo", "chown", "fchmod"):
    if hasattr(os, name):
        delattr(os, name)

platform, sys.platform = sys.platform, "win32"
from rejoinder import locks  # the one module that asks which of two locks there is
sys.platform = platform
assert "msvcrt" in vars(locks)
"""
BUILD = LACKING + "import runpy\nrunpy.run_module('rejoinder.building', run_name='__main__')\n"
IMPORT = """
import importlib, pkgutil, sys, warnings
warnings.simplefilter("ignore")


def load():
    import rejoinder
    for module in pkgutil.walk_packages(rejoinder.__path__, "rejoinder."):
        if ".migrations." not in module.name:
            importlib.import_module(module.name)


load()  # what others import there is theirs to see to; it is kept
for name in [name for name in sys.modules if name.partition(".")[0] == "rejoinder"]:
    del sys.modules[name]
"""


def test_all_of_the_library_can_be_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{IMPORT}{LACKING}load()"], capture_output=True, text=True,
        check=False, cwd=ROOT / "plugins",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_same_site_is_built_by_one_process(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(12):
        site.post(f"post-{number}")
        site.comments(make_comment(number), thread=f"post-{number}")
    whole = tree(site.build("publishconf.py").output)
    monkeypatch.setattr(building, "PROGRAM", [sys.executable, "-c", BUILD])
    other = SiteFolder(tmp_path / "other")
    other.root.mkdir()
    site.content.rename(other.content)
    assert difference(whole, tree(other.build("publishconf.py").output)) == ""
