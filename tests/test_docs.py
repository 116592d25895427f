"""What isn't documented isn't there: settings, tasks, fields, fragments and what the docs link."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import rejoinder
from rejoinder.authors import parse_author
from rejoinder.comments.agreements import format_agreements, parse_agreements
from rejoinder.comments.files import format_comment, parse_comment
from rejoinder.comments.model import FIELDS, Format, Kind
from rejoinder.engagement import views
from rejoinder.posts import parse_head
from rejoinder.profiles.entries import format_entries, parse_entries
from rejoinder.redirects import parse
from rejoinder.replies.settings import Settings as DeskSettings
from rejoinder.site import Discussions, Engagement, Mentions, Permalinks, Site

ROOT = Path(__file__).parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def adapter_settings(name: str) -> dict[str, object]:
    path = ROOT / "plugins" / name / "settings.py"
    spec = importlib.util.spec_from_file_location(f"{name}_settings", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SETTINGS


ADAPTERS = ["cards", "comments", "crosslinks", "discovery", "engagement", "incremental", "posts",
            "reading", "search"]  # fmt: skip


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_setting_is_documented_with_its_default(adapter: str) -> None:
    begin = adapter.upper()
    rows = dict(re.findall(rf"^\| `({begin}\w*)` \| `(.*?)` \|", doc("settings.md"), re.M))
    assert rows == {
        name: f'"{value}"' if isinstance(value, str) else repr(value)
        for name, value in adapter_settings(adapter).items()
    }


def test_every_key_of_site_toml_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| `(.*?)` \|", doc("settings.md"), re.M))
    tables = (Site(), Permalinks(), Discussions(), Mentions(), Engagement())
    known = {f.name: getattr(table, f.name) for table in tables for f in fields(table)}
    known = {name: json.dumps(value) for name, value in known.items()
             if name not in ("permalinks", "discussions", "mentions", "engagement")}  # fmt: skip
    assert rows == known


def test_every_setting_of_the_desk_is_documented_with_its_default() -> None:
    section = doc("desk.md").partition("desk.toml`\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| `(.*?)` \|", section, re.M))
    assert rows == {name: json.dumps(value) for name, value in in_a_row(DeskSettings())}


def in_a_row(table: Any, name: str = "") -> Iterator[tuple[str, object]]:
    """The keys of a table and of those in it, with their values."""
    for one in fields(table):
        value = getattr(table, one.name)
        if is_dataclass(value):
            yield from in_a_row(value, f"{name}{one.name}.")
        else:
            yield f"{name}{one.name}", value


def test_every_threat_is_held_off_by_a_test_that_exists() -> None:
    rows = re.findall(
        r"^\| .* \| (.*) \|$", doc("threat-model.md").partition("## Threats")[2], re.M
    )
    named = [re.findall(r"`(test_\w+)`", row) for row in rows[2:]]
    assert len(named) > 15
    assert all(named)
    text = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for row in named for name in row if f"def {name}(" not in text] == []


def test_every_field_kind_and_format_of_a_comment_is_documented() -> None:
    text = doc("file-formats.md").partition("\n## An author")[0]
    assert re.findall(r"^\| `([A-Z][A-Za-z-]+)` \|", text, re.M) == list(FIELDS)
    for word in (*Kind, *Format):
        assert f"`{word}`" in text


def test_the_examples_of_the_formats_are_true() -> None:
    blocks = re.findall(r"```\n(.*?)```", doc("file-formats.md"), re.S)
    comment = parse_comment(blocks[0])
    assert format_comment(comment) == blocks[0]
    assert format_agreements(parse_agreements(blocks[1], Path("x"))) == blocks[1]
    assert len(parse(blocks[3])) == 2
    author = parse_author(blocks[2], Path("nora.md"))
    assert [profile.network for profile in author.profiles] == ["mastodon", "web", "hackernews"]
    entries = parse_entries(blocks[4], Path("x"))
    assert format_entries(entries) == blocks[4]
    assert views.render(views.parse(blocks[-1], Path("x"))) == blocks[-1]
    for figure in views.Figure:
        assert f"\n| `{figure}` |" in doc("file-formats.md")


def test_the_comment_in_readme_is_one_of_the_demos() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = re.findall(r"```\n(Id: .*?)```", readme, re.S)
    assert len(shown) == 1
    held = {path.read_text("utf-8") for path in (ROOT / "content" / "comments").rglob("*.md")}
    assert shown[0] in held


def test_readme_names_each_document_once_at_its_end() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    ours = {path.name for path in (ROOT / "docs").glob("*.md")}
    named = re.findall(r"\]\(docs/([\w-]+\.md)\)", readme.split("## Documentation")[1])
    assert len(named) == len(set(named))
    linked = set(re.findall(r"\(docs/([\w-]+\.md)", readme))
    assert ours - linked == {"index.md"} - linked


def test_the_example_of_a_post_is_one() -> None:
    block = re.findall(r"```\n(Title: .*?)```", doc("writing.md"), re.S)[0]
    head = parse_head(block, Path("x.md"))
    documented = set(re.findall(r"`([A-Z][A-Za-z_]+)`", doc("writing.md"))) - {"DEFAULT_CATEGORY"}
    assert {name.capitalize() for name in head.values} <= documented


def test_every_task_is_documented() -> None:
    sys.path.insert(0, str(ROOT))
    try:
        import tasks
    finally:
        sys.path.remove(str(ROOT))
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, task in tasks.namespace.tasks.items():
        assert f"`{name}" in readme, name
        assert task.help is not None
        assert task.__doc__


def test_every_fragment_is_documented() -> None:
    for path in (ROOT / "plugins").glob("*/templates/rejoinder/*.html"):
        assert f"rejoinder/{path.name}" in doc("themes.md")


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    listed = {re.split(r"[\[>;= ]", line)[0] for line in asked} - {"rejoinder"}
    rows = re.findall(r"^\| (`[^|]*`) \|", doc("dependencies.md"), re.M)
    assert set(re.findall(r"`([^`]+)`", " ".join(rows))) == listed


def test_the_version_is_said_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == rejoinder.__version__


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_between_documents_hold(path: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]+`", "", path.read_text("utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        file = (path.parent / name) if name else path
        assert file.exists(), target
        if fragment:
            heads = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.M)
            slugs = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}
            assert fragment in slugs, target
