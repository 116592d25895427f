"""The dashboard as files: a page, its stylesheet and icon, tables as CSV, JSON with its schema."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rejoinder import atomic, private, site
from rejoinder.collector import without_collector
from rejoinder.comments.render import excerpt
from rejoinder.comments.store import CommentStore, read_comment
from rejoinder.engagement import reading
from rejoinder.engagement.dashboard import Dashboard, dashboard
from rejoinder.engagement.definitions import DEFINITIONS
from rejoinder.engagement.parts import Waiting
from rejoinder.engagement.tabulated import SHOWN
from rejoinder.errors import EngagementError, RejoinderError
from rejoinder.languages.catalogues import Catalogues
from rejoinder.posts import slugify

FOLDER = "dashboard"
"""Below `private/engagement/`, of a dashboard that isn't public."""

PAGE = "index.html"
_TEMPLATES = Path(__file__).parent / "templates"
_BESIDE = ("dashboard.css", "icon.svg", "engagement.schema.json")
_YEAR = timedelta(days=371)


def private_folder(content: Path) -> Path:
    """Where the dashboard of a content folder is, unless it is public."""
    return private.folder_of(content) / "engagement" / FOLDER


def make(content: Path, now: datetime, *, names: bool = True, thorough: bool = True) -> Dashboard:
    """The dashboard of a content folder at `now`, in the site's language; `names` and `thorough`
    are as in `dashboard` and `reading.read`. Raises what reading raises."""
    facts = site.load(content)
    days, texts = facts.engagement.days, Catalogues(content).texts(facts.language)
    begin = now - timedelta(days=2 * days)
    with without_collector():
        talk = reading.read(content, now, lately=begin, seen_since=min(begin, now - _YEAR),
                            thorough=thorough)  # fmt: skip
        made = dashboard(talk, now, days, names=names, texts=texts)
    shown = [*made.waiting, *made.earlier]
    words = excerpts(content, [one.comment for one in shown])
    for one in shown:
        one.words = words.get(one.comment.id, "")
    return made


def excerpts(content: Path, waiting: Iterable[Waiting], length: int = 160) -> dict[str, str]:
    """The first words of comments, by id; none of one that can't be read."""
    store = CommentStore(content)
    words = {}
    for one in waiting:
        try:
            words[one.id] = excerpt(read_comment(store.path(one.thread, one.id)), length)
        except RejoinderError:
            continue
    return words


@cache
def _environment() -> Environment:
    jinja = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True,
                        lstrip_blocks=True, undefined=StrictUndefined)  # fmt: skip
    jinja.filters["anchor"] = lambda name: "meaning-" + slugify(name)
    return jinja


def files(made: Dashboard) -> dict[str, bytes]:
    """The dashboard's files by name."""
    jinja = _environment()
    with without_collector():
        found = {f"{table.name}.csv": table.csv() for table in made.tables}
    page = jinja.get_template("dashboard.html").render(
        board=made, definitions=DEFINITIONS, most=SHOWN, texts=made.texts, say=made.texts.say,
        translate=made.texts.html.translate, translate_count=made.texts.html.translate_count,
    )  # fmt: skip
    found["engagement.json"] = json.dumps(made.json, ensure_ascii=False) + "\n"
    found[PAGE] = page.lstrip()
    return {name: text.encode("utf-8", "replace") for name, text in found.items()} | {
        name: (_TEMPLATES / name).read_bytes() for name in _BESIDE
    }


def write(folder: Path, made: Dashboard) -> None:
    """Write the dashboard's files; the page comes last. Raises EngagementError."""
    found = files(made)
    try:
        for name in sorted(found, key=lambda name: name == PAGE):
            atomic.write_if_other(folder / name, found[name], durable=False)
    except OSError as error:
        raise EngagementError(
            f"the dashboard can't be written: {error.strerror or error}", where=folder
        ) from error
