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
    environment: Mapping[str, str | None] | None = None,
    given: str = "",
) -> str:
    """What `command` prints when it is `given` that text. A variable of `environment` that is
    None is taken out of this process's own. Raises PublishError, with the program's own words,
    when it isn't there or ends with a code other than 0."""
    name = str(command[0])
    program = shutil.which(name)
    if program is None:
        raise PublishError(
            f"the program {name!r} is not here", mend=f"Install it: apt install {name}"
        )
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(
        [program, *(str(word) for word in command[1:])],
        env={key: value for key, value in variables.items() if value is not None},
        input=given, capture_output=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        words = " ".join((done.stderr or done.stdout).split())[-500:]
        raise PublishError(f"{name} ended with code {done.returncode}: {words}", mend=mend)
    return done.stdout
