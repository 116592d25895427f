"""Running the programs that a publish stands on: an argument list, never a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from rejoinder.errors import PublishError


def run(
    command: Sequence[str | Path],
    *,
    mend: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    codes: Sequence[int] = (0,),
) -> str:
    """What `command` prints. Raises PublishError, with the program's own words, when it isn't
    there or ends with a code that is none of `codes`."""
    name = str(command[0])
    program = shutil.which(name)
    if program is None:
        raise PublishError(
            f"the program {name!r} is not here", mend=f"Install it: apt install {name}"
        )
    done = subprocess.run(
        [program, *(str(word) for word in command[1:])],
        cwd=folder, env={**os.environ, **(environment or {})}, capture_output=True, text=True,
        encoding="utf-8", errors="replace", check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode not in codes:
        words = " ".join((done.stderr or done.stdout).split())[-500:]
        raise PublishError(f"{name} ended with code {done.returncode}: {words}", mend=mend)
    return done.stdout
