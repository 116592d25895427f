"""Programs that ours is held against, installed into a cache that git ignores."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).parent.parent / ".cache"


def from_pypi(name: str, *packages: str, program: str) -> Path | None:
    """A program of packages' in an environment of their own; None where it can't be had."""
    folder = CACHE / name
    make = [sys.executable, "-m", "venv", str(folder)]
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", *packages]
    return _had(folder / "bin" / program, folder, make, install)


def from_npm(name: str, package: str, program: str) -> Path | None:
    """A program of an npm package's; None where it can't be had."""
    folder = CACHE / name
    npm = shutil.which("npm") or "npm"
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    return _had(folder / "node_modules" / ".bin" / program, folder, [*install, package])


def _had(program: Path, folder: Path, *commands: list[str]) -> Path | None:
    if program.exists():
        return program
    print(f"installing into .cache/{folder.name}", file=sys.stderr)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for command in commands:
            subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    return program
