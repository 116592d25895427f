"""Builds: Pelican run aside in a process of its own, its messages made plain, its site swapped
in whole. The one module of the library that imports Pelican, and only in that process."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rejoinder import private
from rejoinder.errors import PublishError, RejoinderError
from rejoinder.site import CONTENT_VARIABLE

FOLDER = "build"
"""Below the private folder: the sites as they were built last. It can be removed at any time."""

EXPLAINED = "Why each file was made:"
"""What the plugin `incremental` says before its reasons."""

PROGRAM = [sys.executable, "-m", "rejoinder.building"]
"""What is run for each build: this module, in a process of its own."""

_BREATH = 0.01


@dataclass(frozen=True, slots=True)
class Built:
    """What a build said: `summary` is one line, `warnings` and `errors` are messages."""

    summary: str
    seconds: float
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()


def build(
    content: Path, output: Path, settings_file: Path, overrides: Mapping[str, Any] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Built:  # fmt: skip
    """Build the site of `content` into `output`, in a fresh process: what is there from the last
    build and still right stays. `meanwhile` is called many times a second until it is done.

    An error of Pelican or of a plugin does not raise: it is in the answer's `errors`, and the
    folder then holds a part of a site. Raises PublishError where there is no content, no
    settings file, or Pelican can't be started.
    """
    if not content.is_dir():
        raise PublishError(
            "there is no content", where=content, mend="Name the folder with --content."
        )
    if not settings_file.is_file():
        raise PublishError("there is no settings file", where=settings_file)
    order = {
        "settings": str(settings_file.absolute()),
        "overrides": {
            "PATH": str(content.absolute()),
            "OUTPUT_PATH": str(output.absolute()),
            "DELETE_OUTPUT_DIRECTORY": False,
            "INCREMENTAL_STATE": str(state_file(content, settings_file)),
            **(overrides or {}),
        },
    }
    started = time.monotonic()
    run = subprocess.Popen(
        PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8",
        env={**os.environ, CONTENT_VARIABLE: str(content.absolute()), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    with run:
        stdout, stderr = _wait(run, json.dumps(order), meanwhile)
    try:
        said = json.loads(stdout.rpartition("\n")[2] or stdout)
    except ValueError as error:
        raise PublishError(
            f"Pelican stopped with exit code {run.returncode}: {stderr.strip()[-2000:]}",
            where=settings_file,
        ) from error
    return Built(
        summary=said["summary"],
        seconds=time.monotonic() - started,
        warnings=tuple(said["warnings"]),
        errors=tuple(said["errors"]),
        explained=tuple(said["explained"]),
    )


def _wait(
    run: subprocess.Popen[str], order: str, meanwhile: Callable[[], None] | None
) -> tuple[str, str]:
    """What a process says, when it has ended."""
    try:
        said: str | None = order
        while True:
            try:
                return run.communicate(said, timeout=_BREATH if meanwhile else None)
            except subprocess.TimeoutExpired:
                assert meanwhile is not None
                said = None
                meanwhile()
    except BaseException:
        run.kill()
        raise


def folder_of(content: Path, settings_file: Path) -> Path:
    """Where builds of `content` with these settings are kept: `site`, and what they remember."""
    return private.folder_of(content) / FOLDER / settings_file.stem


def state_file(content: Path, settings_file: Path) -> Path:
    """Where builds of `content` with these settings remember one another."""
    return folder_of(content, settings_file) / "state.sqlite"


class _Collector(logging.Handler):
    """Keeps what Pelican and its plugins say, each message once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: dict[tuple[bool, str], None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        text = " ".join(record.getMessage().split())
        reason = sys.exc_info()[1]  # Pelican logs what it caught without saying why
        if record.levelno >= logging.ERROR and reason is not None and str(reason) not in text:
            text = f"{text}: {' '.join(str(reason).split())}"
        self.messages[record.levelno >= logging.ERROR, text] = None

    def of(self, errors: bool) -> list[str]:
        return [text for is_error, text in self.messages if is_error is errors]


def _main() -> int:
    """Read an order from standard input, build, and answer in JSON on the last line."""
    order = json.load(sys.stdin)
    collector = _Collector()
    summary = ""
    explained: list[str] = []
    try:
        summary, explained = _run(order, collector)
    except RejoinderError as error:
        collector.messages[True, str(error)] = None
    except Exception as error:
        logging.getLogger("rejoinder").debug("the build stopped", exc_info=True)
        collector.messages[True, f"{type(error).__name__}: {error}"] = None
    answer = {
        "summary": summary,
        "warnings": collector.of(False),
        "errors": collector.of(True),
        "explained": explained,
    }
    sys.stdout.write("\n" + json.dumps(answer))
    sys.stdout.flush()
    return 1 if answer["errors"] else 0


def _run(order: dict[str, Any], collector: _Collector) -> tuple[str, list[str]]:
    from pelican import Pelican
    from pelican.log import console
    from pelican.settings import read_settings

    root = logging.getLogger()
    root.handlers = [collector]
    root.setLevel(logging.WARNING)
    sys.path.insert(0, str(Path(order["settings"]).parent))
    settings = read_settings(order["settings"], override=order["overrides"])
    wanted = len(settings["PLUGINS"] or [])
    with console.capture() as said:
        pelican = Pelican(settings)
        if len(pelican.plugins) == wanted or settings["PLUGINS"] is None:
            pelican.run()
    lines = said.get().split("\n")
    at = next((n for n, line in enumerate(lines) if line.startswith(EXPLAINED)), len(lines))
    text = " ".join(" ".join(lines[:at]).split())
    if "nothing has changed" in text:
        return "nothing anew: nothing has changed", []
    match = re.search(r"Processed (.*?) in [\d.]+ seconds", text)
    counts = re.split(r", | and ", match[1]) if match else []
    return ", ".join(part for part in counts if not part.startswith("0 ")), lines[at + 1 :]


if __name__ == "__main__":
    code = _main()
    sys.stderr.flush()
    os._exit(code)  # to take apart what was read of thousands of posts takes a while, for nothing
