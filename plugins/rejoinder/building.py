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
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rejoinder import private
from rejoinder.collector import without_collector
from rejoinder.errors import PublishError, RejoinderError
from rejoinder.incremental import stamps

FOLDER = "build"
"""Below the private folder: the sites as they were built last. It can be removed at any time."""

EXPLAINED = "Why each file was made:"
"""What the plugin `incremental` says before its reasons."""

PROGRAM = [sys.executable, "-m", "rejoinder.building"]
"""What is run for each build: this module, in a process of its own."""

WITHOUT_DRAFTS = {"DRAFT_SAVE_AS": "", "DRAFT_LANG_SAVE_AS": "", "DRAFT_PAGE_SAVE_AS": "",
                  "DRAFT_PAGE_LANG_SAVE_AS": "", "POSTS_DRAFTS_URL": ""}  # fmt: skip
"""What a site that others read is built with, whatever its own settings say."""

_BREATH = 0.01


@dataclass(frozen=True, slots=True)
class Built:
    """What a build said: `summary` is one line, `warnings` and `errors` are messages."""

    summary: str
    seconds: float
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A post or page as Pelican read it: `html` with its links resolved, below the site's address
    where one is set; `url` below that address; dates in ISO format; `terms` are (kind, name, slug)
    of its categories, tags and authors; `thread` is the key of its discussion, `comments` what it
    says of that, and `source` its file below the content folder. One that `is_sticky` is always on
    top."""

    kind: str
    title: str
    slug: str
    url: str
    date: str
    modified: str
    html: str
    summary: str
    status: str
    lang: str
    thread: str
    comments: str | None
    is_sticky: bool
    source: str
    terms: tuple[tuple[str, str, str], ...]


def contents(
    content: Path, settings_file: Path, overrides: Mapping[str, Any] | None = None
) -> list[Written]:
    """All posts and pages of `content`, drafts among them, as a build reads them; nothing is
    written. Raises PublishError where the site can't be built."""
    said, _ = _ordered(content, settings_file, {
        "contents": True,
        "overrides": {"PATH": str(content.absolute()), "INCREMENTAL": False, **(overrides or {})},
    })  # fmt: skip
    if said["errors"]:
        raise PublishError(said["errors"][0], where=content)
    return [
        Written(**{**row, "terms": tuple(map(tuple, row["terms"]))}) for row in said["contents"]
    ]


def settings(settings_file: Path) -> dict[str, Any]:
    """What Pelican's settings come to: those that are text, numbers, lists or tables of these; and
    `plugins`, the names of all that are loaded, `templates` and `simple`, the folders of the
    theme's templates and of Pelican's own. Raises PublishError."""
    said, _ = _ordered(settings_file.parent, settings_file, {"asks": True, "overrides": {}})
    if said["errors"]:
        raise PublishError(said["errors"][0], where=settings_file)
    return dict(said["settings"])


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
    said, seconds = _ordered(content, settings_file, {
        "overrides": {
            "PATH": str(content.absolute()),
            "OUTPUT_PATH": str(output.absolute()),
            "DELETE_OUTPUT_DIRECTORY": False,
            "INCREMENTAL_STATE": str(state_file(content, settings_file)),
            **(overrides or {}),
        },
    }, meanwhile)  # fmt: skip
    return Built(
        summary=said["summary"],
        seconds=seconds,
        warnings=tuple(said["warnings"]),
        errors=tuple(said["errors"]),
        explained=tuple(said["explained"]),
    )


def _ordered(
    content: Path, settings_file: Path, order: dict[str, Any],
    meanwhile: Callable[[], None] | None = None,
) -> tuple[dict[str, Any], float]:  # fmt: skip
    """What a process that carries out an order answers, and after how many seconds."""
    if not content.is_dir():
        raise PublishError(
            "there is no content", where=content, mend="Name the folder with --content."
        )
    if not settings_file.is_file():
        raise PublishError("there is no settings file", where=settings_file)
    # It takes long to load, and the process that builds needs it not.
    from rejoinder.site import CONTENT_VARIABLE

    started = time.monotonic()
    run = subprocess.Popen(
        PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8",
        env={**os.environ, CONTENT_VARIABLE: str(content.absolute()), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    with run:
        words = json.dumps({"settings": str(settings_file.absolute()), **order})
        stdout, stderr = _wait(run, words, meanwhile)
    try:
        said = json.loads(stdout.rpartition("\n")[2] or stdout)
    except ValueError as error:
        raise PublishError(
            f"Pelican stopped with exit code {run.returncode}: {stderr.strip()[-2000:]}",
            where=settings_file,
        ) from error
    from rejoinder.complaints import explain  # what it knows of is needed where it ends alone

    for kind in ("warnings", "errors"):
        said[kind] = list(dict.fromkeys(explain(text, content) for text in said[kind]))
    return said, time.monotonic() - started


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
    found: list[dict[str, Any]] = []
    settled: dict[str, Any] = {}
    try:
        if order.get("contents"):
            found = _read(order, collector)
        elif order.get("asks"):
            settled = _asked(order, collector)
        else:
            summary, explained = _run(order, collector)
    except RejoinderError as error:
        collector.messages[True, str(error)] = None
    except Exception as error:
        logging.getLogger("rejoinder").debug("the build stopped", exc_info=True)
        collector.messages[True, _told(error, Path(order["settings"]).parent)] = None
    answer = {
        "summary": summary,
        "warnings": collector.of(False),
        "errors": collector.of(True),
        "explained": explained,
        "contents": found,
        "settings": settled,
    }
    sys.stdout.write("\n" + json.dumps(answer))
    sys.stdout.flush()
    return 1 if answer["errors"] else 0


def _told(error: Exception, root: Path) -> str:
    """What stopped a build, with the line of the template that it is in, else of the site's own
    settings or plugins."""
    from jinja2 import TemplateError, TemplateNotFound

    text, place = f"{type(error).__name__}: {error}", _place(error, root)
    if not place:
        return text
    if isinstance(error, TemplateNotFound):
        text = f"there is no template {error.name!r}"
    elif isinstance(error, TemplateError | SyntaxError):
        text = error.message or text if isinstance(error, TemplateError) else error.msg
    notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    return f"{place}: {text}{notes}"


def _place(error: Exception, root: Path) -> str:
    """File and line; '' where it is nobody's but Pelican's and ours."""
    from jinja2 import TemplateSyntaxError

    if isinstance(error, SyntaxError | TemplateSyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = [(Path(frame.f_code.co_filename), line)
              for frame, line in traceback.walk_tb(error.__traceback__)]  # fmt: skip
    templates = [(path, line) for path, line in frames if path.suffix in (".html", ".xml")]
    own = [(path, line) for path, line in frames if path.is_relative_to(root)
           and not path.is_relative_to(Path(__file__).parent.parent)
           and "site-packages" not in path.parts]  # fmt: skip
    for path, line in (templates or own)[-1:]:
        return f"{path}:{line}"
    return ""


def _settings(order: dict[str, Any], collector: _Collector) -> dict[str, Any]:
    """The site's settings, and all that is logged to the collector."""
    from pelican.settings import read_settings

    root = logging.getLogger()
    root.handlers = [collector]
    root.setLevel(logging.WARNING)
    sys.path.insert(0, str(Path(order["settings"]).parent))
    found: dict[str, Any] = read_settings(order["settings"], override=order["overrides"])
    return found


@contextmanager
def _loading_named(settings: Mapping[str, Any]) -> Iterator[None]:
    """Pelican loads all packages of plugins that are installed, though a site names but a few."""
    from pelican.plugins import _utils as plugins

    find_all = plugins.iter_namespace

    def find(namespace: Any) -> Iterator[Any]:
        for one in find_all(namespace):
            named = settings["PLUGINS"]  # one that was loaded before may have named others
            short = one.name.removeprefix("pelican.plugins.")
            if named is None or one.name in named or short in named:
                yield one

    plugins.iter_namespace = find
    try:
        yield
    finally:
        plugins.iter_namespace = find_all


def _asked(order: dict[str, Any], collector: _Collector) -> dict[str, Any]:
    """What `settings` gives."""
    import pelican
    from pelican.plugins import _utils as plugins

    def plain(value: Any) -> bool:
        if isinstance(value, dict):
            return all(isinstance(k, str) and plain(v) for k, v in value.items())
        if isinstance(value, list | tuple):
            return all(map(plain, value))
        return isinstance(value, str | int | float | type(None))

    settings = _settings(order, collector)
    names = [plugins.get_plugin_name(one) for one in plugins.load_plugins(settings)]
    theme = Path(settings["THEME"])
    simple = Path(pelican.__file__).parent / "themes" / "simple" / "templates"
    return {name: value for name, value in settings.items() if plain(value)} | {
        "plugins": [name.removeprefix("pelican.plugins.") for name in names],
        "templates": str(theme / "templates"),
        "simple": str(simple),
    }


def _read(order: dict[str, Any], collector: _Collector) -> list[dict[str, Any]]:
    """What Pelican read, and nothing written."""
    from pelican import Pelican, signals
    from pelican.log import console

    found: list[dict[str, Any]] = []
    settings = _settings(order, collector)

    def take(generators: list[Any]) -> None:
        listed = generators[0].context["generated_content"].values()
        posts = [*listed, *generators[0].context.get("hidden", ())]
        found.extend(_written(one) for one in posts if one is not None and hasattr(one, "slug"))
        for generator in generators:
            generator.generate_output = lambda writer: None

    with console.capture():
        with _loading_named(settings):
            pelican = Pelican(settings)
        signals.all_generators_finalized.connect(take)
        pelican.run()
    return found


def _written(content: Any) -> dict[str, Any]:
    from rejoinder.posts import is_yes

    def said(date: Any) -> str:
        return str(date.isoformat()) if date is not None else ""

    terms = [
        (type(term).__name__.lower(), term.name, term.slug)
        for term in (
            getattr(content, "category", None), *getattr(content, "tags", ()),
            *getattr(content, "authors", ()),
        ) if term is not None
    ]  # fmt: skip
    kind = type(content).__name__.lower()
    thread = content.metadata.get("thread") or ("" if kind == "page" else content.slug)
    return {
        "kind": "post" if kind == "article" else kind,
        "title": content.title,
        "slug": content.slug,
        "url": content.url,
        "date": said(getattr(content, "date", None)),
        "modified": said(getattr(content, "modified", None)),
        "html": content.content,
        "summary": content.metadata.get("summary", ""),
        "status": content.status,
        "lang": content.lang,
        "thread": str(thread),
        "comments": content.metadata.get("comments"),
        "is_sticky": is_yes(content.metadata.get("sticky", "")),
        "source": content.relative_source_path,
        "terms": terms,
    }


def _run(order: dict[str, Any], collector: _Collector) -> tuple[str, list[str]]:
    overrides = order["overrides"]
    if overrides.get("INCREMENTAL", True):
        stamps.begin(overrides["PATH"], overrides["OUTPUT_PATH"])
    with without_collector():
        from pelican import Pelican
        from pelican.log import console

        settings = _settings(order, collector)
        wanted = len(settings["PLUGINS"] or [])
        with console.capture(), _loading_named(settings):
            pelican = Pelican(settings)
    with console.capture() as said:
        # Without one of those that are named nothing is built; they may have named more.
        if len(pelican.plugins) >= wanted:
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
