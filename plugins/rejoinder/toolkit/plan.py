"""What taking Rejoinder in changes on a site, and what is left to do by hand. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from rejoinder import private
from rejoinder.toolkit import blocks
from rejoinder.toolkit.look import Found

FOLDER = "rejoinder-templates"
PLUGINS = ("comments", "redirects", "authors", "crosslinks", "engagement", "incremental")
"""Those that change nothing of a site but what they add."""
_OURS = {*PLUGINS, "cards", "discovery", "languages", "posts", "reading", "search", "serving"}
"""All that the package brings: Pelican by itself finds each of them, wanted or not."""

BEGIN = "# --- rejoinder: begin. 'rejoinder init --undo' takes this out again."
END = "# --- rejoinder: end"

_SETTINGS = f'''
{BEGIN}
from pathlib import Path as _Path

PLUGINS = {{plugins}}
THEME_TEMPLATES_OVERRIDES = [
    str(_Path(__file__).parent / "{FOLDER}"), *{{overrides}},
]
# Where the reply desk answers; without a desk, '' leaves the form out.
COMMENTS_REPLY_URL = "/reply"
COMMENTS_WEBMENTION_URL = "/webmention"
COMMENTS_PINGBACK_URL = "/pingback"
{END}
'''
_NEW_TASKS = '''"""The site's tasks: `invoke --list`."""

from rejoinder.tasks import site_tasks

namespace = site_tasks(__file__)
'''
_TASKS = f"""
{BEGIN}
import sys as _sys

from invoke import Collection as _Collection
from rejoinder.tasks import site_tasks as _site_tasks

namespace = _Collection.from_module(_sys.modules[__name__])
namespace.add_collection(_site_tasks(__file__), name="rejoinder")
{END}
"""
_PAGE = """{{% extends "!theme/{name}" %}}
{{% block {head} %}}
{{{{ super() }}}}
{{% include 'rejoinder/head.html' %}}
{{% endblock %}}
{{% block {content} %}}
{{{{ super() }}}}
{{% include 'rejoinder/thread.html' %}}
{{% endblock %}}
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is made, or added to at its end: `path` from the site's folder on, `text` what is
    put there, `why` in a few words."""

    path: str
    text: str
    why: str
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, what whoever keeps the site does by hand, and files (shell patterns, from the
    site's folder on) that builds will make and can make again: undoing removes them."""

    changes: tuple[Change, ...]
    by_hand: tuple[str, ...] = ()
    made_again: tuple[str, ...] = ()

    def text(self) -> str:
        """For people."""
        lines = [
            f"{'add to' if one.adds else 'make'}  {one.path}: {one.why}" for one in self.changes
        ]
        return "\n".join([*lines, *(f"by hand: {one}" for one in self.by_hand)])


def plan(found: Found) -> Plan:
    """What to do for a site. A part of it that is there already is left out."""
    changes: list[Change] = []
    by_hand: list[str] = []
    name = found.relative(found.settings_path)
    if BEGIN not in found.settings_text:
        changes.append(Change(name, _settings(found), "plugins and settings", adds=True))
    if not found.has_facts:
        path = f"{found.relative(found.content)}/site.toml"
        changes.append(Change(path, facts(found.settings), "title, address, permalinks"))
    changes += _tasks(found, by_hand)
    for page in ("article.html", "page.html"):
        made = _template(found, page, by_hand)
        if made and made not in found.templates.values():
            path = f"{FOLDER}/{page}"
            changes.append(Change(path, made, "the discussion, in the theme's own page"))
    by_hand.append("where your theme lists posts, {% include 'rejoinder/count.html' %} says "
                   "how many answered")  # fmt: skip
    cache = found.relative(Path(found.settings["CACHE_PATH"]))
    hidden = found.relative(private.folder_of(found.content))
    output = Path(found.settings["OUTPUT_PATH"])
    lock = found.relative(output.with_name(f".{output.name}.rejoinder-lock"))
    again = (f"{cache}/incremental.sqlite*", f"{hidden}/build", f"{hidden}/engagement", lock)
    return Plan(tuple(changes), tuple(by_hand), again)


def _settings(found: Found) -> str:
    named = re.search(r"^PLUGINS\b(?!\s*=\s*None\b)", found.settings_text, re.M)
    chosen = named or found.settings.get("PLUGINS") is not None
    theirs = [name for name in found.plugins if chosen or name not in _OURS]
    wanted = [name for name in PLUGINS if name not in theirs]
    before = "*(PLUGINS or [])" if named else ", ".join(map(repr, theirs))
    listed = ", ".join(filter(None, [before, *map(repr, wanted)]))
    has = re.search(r"^THEME_TEMPLATES_OVERRIDES\b", found.settings_text, re.M)
    text = _SETTINGS.format(
        plugins=f"[{listed}]", overrides="THEME_TEMPLATES_OVERRIDES" if has else "[]"
    )
    return text if found.settings_text.endswith("\n") else f"\n{text}"


def _tasks(found: Found, by_hand: list[str]) -> list[Change]:
    if found.tasks is None:
        return [Change("tasks.py", _NEW_TASKS, "the tasks: invoke serve, import, desk …")]
    if BEGIN in found.tasks or "site_tasks" in found.tasks:
        return []
    if re.search(r"^(?:namespace|ns)\s*=", found.tasks, re.M):
        by_hand.append("tasks.py has a namespace of its own: add site_tasks(__file__) of "
                       "rejoinder.tasks to it")  # fmt: skip
        return []
    text = _TASKS if found.tasks.endswith("\n") else f"\n{_TASKS}"
    return [Change("tasks.py", text, "the tasks, as invoke rejoinder.serve …", adds=True)]


def _template(found: Found, name: str, by_hand: list[str]) -> str | None:
    if name not in found.templates:
        return None
    content = blocks.content_block(found.templates, name)
    head = blocks.head_block(found.templates, name)
    if content is None or head is None:
        missing = "its content" if content is None else "the head of the page"
        by_hand.append(f"{name} of the theme has no block for {missing}: put "
                       "{% include 'rejoinder/head.html' %} into <head> and "
                       "{% include 'rejoinder/thread.html' %} below the text")  # fmt: skip
        return None
    return _PAGE.format(name=name, head=head, content=content)


def facts(settings: Mapping[str, Any]) -> str:
    """The text of `site.toml` that says what the settings say."""
    document = tomlkit.document()
    for key, name in (("title", "SITENAME"), ("subtitle", "SITESUBTITLE"), ("url", "SITEURL"),
                      ("language", "DEFAULT_LANG"), ("timezone", "TIMEZONE"),
                      ("author", "AUTHOR")):  # fmt: skip
        if value := str(settings.get(name) or "").strip().rstrip("/"):
            document[key] = value
    links = tomlkit.table()
    for key, kind in (("post", "ARTICLE"), ("page", "PAGE"), ("category", "CATEGORY"),
                      ("tag", "TAG"), ("author", "AUTHOR")):  # fmt: skip
        if url := settings.get(f"{kind}_URL"):
            links[key] = url
    document["permalinks"] = links
    return tomlkit.dumps(document)
