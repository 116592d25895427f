"""Whatever is done to a site, and in whatever order: what an incremental build leaves is what a
build from nothing writes, file for file and byte for byte."""

from __future__ import annotations

import os
import random
import re
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builds import MAIN, REFLEX, RIBBON, build, difference, own_theme, tree
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from incremental import making, restoring

from rejoinder.comments.model import Comment, Kind, make_id
from rejoinder.comments.store import CommentStore
from rejoinder.incremental import memory, stamps
from rejoinder.press.press import Press, lay

PHASES = [Phase.generate] if os.environ.get("REJOINDER_NO_SHRINK") else list(Phase)
RUNS = int(os.environ.get("REJOINDER_RUNS", "10"))
"""How many sites are tried; more of them where somebody has the time."""

SLUGS = st.sampled_from(["one", "two", "three", "four"])
WORDS = st.sampled_from(["plain", "a *bold* claim", "see [it]({filename}/posts/one.md)",
                         "![seen]({static}/images/dot.png)", "## A part\n\nof `code`",
                         "before\n\n<!--more-->\n\nafter"])  # fmt: skip
BEGIN = datetime(2024, 5, 1, 9, 0, tzinfo=UTC)


class Sites(RuleBasedStateMachine):
    """A site that is edited at random."""

    theme = MAIN
    workers = 1

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="rejoinder-equal-"))
        self.content = self.folder / "content"
        self.output = self.folder / "output"
        self.settings: dict[str, Any] = {}
        self.number = 0
        self.steps: list[str] = []

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize()
    def begin(self) -> None:
        (self.content / "posts").mkdir(parents=True)
        (self.content / "pages").mkdir()
        (self.content / "images").mkdir()
        (self.content / "site.toml").write_text(
            'title = "A site"\nurl = "https://blog.example"\nauthor = "Ada"\n'
            '[engagement]\ndashboard = "off"\n'
        )
        (self.content / "images" / "dot.png").write_bytes(b"dot")
        for slug in ("one", "two"):
            self._post(slug, "first words", "Notes", ["red"], "published", 0)
        self.settings = {
            "THEME": str(own_theme(self.folder, self.theme)),
            "INCREMENTAL_WORKERS": self.workers,
            "COMMENTS_TWO_ORDERS": 2,
            "CC_LICENSE": {},  # Reflex wants it
            "DIRECT_TEMPLATES": ["index", "tags", "categories", "authors", "archives"],
        }
        self.check("begin")

    def _post(
        self, slug: str, body: str, category: str, tags: list[str], status: str, day: int,
        name: str = "", more: str = "",
    ) -> None:  # fmt: skip
        date = BEGIN + timedelta(days=day)
        (self.content / "posts" / f"{name or slug}.md").write_text(
            f"Title: About {slug}\nDate: {date:%Y-%m-%d %H:%M}\nSlug: {slug}\nStatus: {status}\n"
            f"Category: {category}\nTags: {', '.join(tags)}\nAuthor: Ada\n{more}\n{body}\n"
        )

    @rule(
        slug=SLUGS,
        body=WORDS,
        category=st.sampled_from(["Notes", "Work"]),
        tags=st.lists(st.sampled_from(["red", "blue", "green"]), max_size=2, unique=True),
        status=st.sampled_from(["published", "published", "draft", "hidden"]),
        day=st.integers(0, 900),
        more=st.sampled_from(["", "", "Series: S\n", "Related: two\n"]),
    )
    def write(
        self, slug: str, body: str, category: str, tags: list[str], status: str, day: int, more: str
    ) -> None:
        self._post(slug, body, category, tags, status, day, more=more)
        self.check(f"write {slug} {status}")

    @rule(slug=SLUGS)
    def translate(self, slug: str) -> None:
        self._post(slug, "En français.", "Notes", ["red"], "published", 3, f"{slug}-fr",
                   "Lang: fr\n")  # fmt: skip
        self.check(f"translate {slug}")

    @rule(language=st.sampled_from(["en", "fr"]), said=st.sampled_from(["", "Speak", "Say & go"]))
    def text(self, language: str, said: str) -> None:
        path = self.content / "languages" / f"{language}.po"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'msgid "Send your reply"\nmsgstr "{said}"\n', "utf-8")
        self.check(f"text {language} {said}")

    @rule(slug=SLUGS)
    def delete(self, slug: str) -> None:
        (self.content / "posts" / f"{slug}.md").unlink(missing_ok=True)
        self.check(f"delete {slug}")

    @rule(slug=SLUGS, other=SLUGS)
    def rename(self, slug: str, other: str) -> None:
        path = self.content / "posts" / f"{slug}.md"
        if path.exists() and slug != other:
            path.rename(path.with_name(f"{other}.md"))
        self.check(f"rename {slug} {other}")

    @rule(name=st.sampled_from(["about", "contact"]), is_there=st.booleans(), body=WORDS)
    def page(self, name: str, is_there: bool, body: str) -> None:
        path = self.content / "pages" / f"{name}.md"
        if is_there:
            path.write_text(f"Title: {name}\nThread: {name}\n\n{body}\n")
        else:
            path.unlink(missing_ok=True)
        self.check(f"page {name} {is_there}")

    @rule(slug=st.one_of(SLUGS, st.just("about")), body=WORDS, kind=st.sampled_from(list(Kind)),
          pressed=st.booleans(), answers=st.booleans())  # fmt: skip
    def comment(self, slug: str, body: str, kind: Kind, pressed: bool, answers: bool) -> None:
        self.number += 1
        date = BEGIN + timedelta(minutes=self.number)
        store = CommentStore(self.content)
        there = store.read(slug).comments
        above = there[0].id if there and answers else None
        said = Comment(make_id(date, f"c{self.number}"), "Bo", date, body, above, kind,
                       source_url="https://else.example/1",
                       verified="github https://github.com/bo" if answers else None,
                       portrait="portraits/bo.webp" if answers else None)  # fmt: skip
        store.write(slug, said)
        if pressed and self._press(slug):
            self.check(f"press {slug}", pressed=slug)
        else:
            self.check(f"comment on {slug}")

    def _press(self, slug: str) -> bool:
        press = Press(self.content, self.folder / "state.sqlite")
        self.pressed = (press.pages(slug) or {}) | press.followers(slug)
        there = {path: data for path, data in self.pressed.items() if (self.output / path).exists()}
        return bool(list(lay(there, self.output, durable=False)))

    @rule(slug=SLUGS)
    def take_back(self, slug: str) -> None:
        store = CommentStore(self.content)
        for one in store.read(slug).comments[-1:]:
            store.remove(slug, one.id)
        self.check(f"take back on {slug}")

    @rule(name=st.sampled_from(["Ada", "Eve"]), role=st.sampled_from(["", "Writes", "Reads"]))
    def author(self, name: str, role: str) -> None:
        (self.content / "authors").mkdir(exist_ok=True)
        (self.content / "authors" / "ada.md").write_text(f"Name: {name}\nRole: {role}\n\nHere.\n")
        self.check(f"author {name}")

    @rule(setting=st.sampled_from([
        ("SITENAME", "Another name"), ("DEFAULT_PAGINATION", 1), ("COMMENTS_PAGE_SIZE", 2),
        ("RELATIVE_URLS", True), ("COMMENTS_ORDER", "newest"), ("COMMENTS_POST_FEEDS", False),
        ("TAG_FEED_ATOM", "feeds/tag/{slug}.atom.xml"), ("YEAR_ARCHIVE_SAVE_AS", "{date:%Y}.html"),
    ]))  # fmt: skip
    def set(self, setting: tuple[str, Any]) -> None:
        if setting[0] in self.settings:
            del self.settings[setting[0]]
        else:
            self.settings[setting[0]] = setting[1]
        self.check(f"set {setting}")

    @rule(template=st.sampled_from(["article", "index", "base", "tags", "archives"]))
    def theme_changes(self, template: str) -> None:
        path = self.folder / "theme" / "templates" / f"{template}.html"
        above = f'{{% extends "!simple/{template}.html" %}}'
        text = path.read_text("utf-8") if path.exists() else above
        changed = text.replace("</html>", f"<!-- {len(text)} --></html>")
        path.write_text(text + " " if changed == text else changed, "utf-8")
        self.check(f"theme {template}")

    @rule(name=st.sampled_from(["dot.png", "line.png"]), data=st.sampled_from([b"", b"1", b"22"]))
    def image(self, name: str, data: bytes) -> None:
        path = self.content / "images" / name
        if data:
            path.write_bytes(data)
        elif name != "dot.png":
            path.unlink(missing_ok=True)
        self.check(f"image {name}")

    @rule(seed=st.integers(0, 99))
    def output_is_tampered_with(self, seed: int) -> None:
        files = sorted(path for path in self.output.rglob("*") if path.is_file())
        chosen = random.Random(seed).choice(files)
        if seed % 2:
            chosen.unlink()
        else:
            chosen.write_bytes(b"somebody was here")
        self.check(f"tamper with {chosen.relative_to(self.output)}")

    @rule(slug=SLUGS, seed=st.integers(0, 99), edits=st.booleans())
    def output_is_lost(self, slug: str, seed: int, edits: bool) -> None:
        chance = random.Random(seed)
        for path in sorted(self.output.rglob("*")):
            if path.is_file() and chance.random() < 0.7:
                path.unlink()
        if edits:
            self._post(slug, f"words {seed}", "Work", ["blue"], "published", seed)
        self.check(f"most of the output is lost {edits}")

    @rule(how=st.sampled_from(["gone", "cut", "noise", "empty"]), seed=st.integers(0, 99))
    def state_is_lost(self, how: str, seed: int) -> None:
        path = self.folder / "state.sqlite"
        data = bytearray(path.read_bytes())
        if how == "gone":
            path.unlink()
        elif how == "cut":
            path.write_bytes(data[: len(data) // 2])
        elif how == "empty":
            path.write_bytes(b"")
        else:
            for at in random.Random(seed).choices(range(len(data)), k=400):
                data[at] ^= 255
            path.write_bytes(data)
        self.check(f"state {how}")

    @rule(hours=st.integers(-90_000, 90_000))
    def clock_shifts(self, hours: int) -> None:
        for path in self.content.rglob("*.md"):
            when = path.stat().st_mtime + hours * 3600
            os.utime(path, (when, when))
        self.check(f"clock {hours}")

    @rule(slug=SLUGS, after=st.integers(1, 12))
    def build_is_killed(self, slug: str, after: int) -> None:
        self._post(slug, f"words {after}", "Work", ["blue"], "published", after)
        build(self.content, self.output, stop_after=after, **self.settings)
        if after % 2:
            (self.content / "posts" / f"{slug}.md").unlink()
        self.check(f"killed after {after}")

    def _part_twins(self) -> None:
        known: set[tuple[str, ...]] = set()
        for path in sorted((self.content / "posts").iterdir()):
            name = tuple(re.findall(r"^(?:Slug|Lang): .*$", path.read_text(), re.M))
            if name in known:
                path.unlink()
            known.add(name)

    @rule()
    def nothing(self) -> None:
        self.check("nothing")

    def check(self, step: str, pressed: str = "") -> None:
        self.steps.append(step)
        clean = self.folder / "clean"
        shutil.rmtree(clean, ignore_errors=True)
        if build(self.content, clean, **self.settings, INCREMENTAL=False) is None:
            # Two posts, of which one is hidden, want one address: Pelican refuses, and so do we.
            assert build(self.content, self.output, **self.settings) is None, self.steps
            self._part_twins()
            self.check("twins are parted")
            return
        wanted = tree(clean)
        if pressed:
            for path in self.pressed:
                assert path in wanted, (self.steps, path)
                found = difference({path: self.pressed[path]}, {path: wanted[path]})
                assert not found, (self.steps, found)
        why = build(self.content, self.output, **self.settings)
        assert why is not None, self.steps
        found = difference(tree(self.output), wanted)
        assert not found, f"{self.steps}: {found}\n{why}"


@pytest.mark.parametrize(
    ("theme", "workers"), [(MAIN, 2), (MAIN, 1), (RIBBON, 2), (REFLEX, 2), (REFLEX, 1)]
)
def test_an_incremental_build_equals_a_clean_one(
    monkeypatch: pytest.MonkeyPatch, theme: str, workers: int
) -> None:
    import pelican  # noqa: F401 - so that each build need not load it

    for module in (making, restoring):  # so few files are enough for what goes on meanwhile
        monkeypatch.setattr(module, "WORTH_A_PROCESS", 3)
    monkeypatch.setattr(stamps, "_WORTH_HELP", 3)
    monkeypatch.setattr(memory, "_WORTH_HELP", 1)

    machine = type("TheseSites", (Sites,), {"theme": theme, "workers": workers})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, RUNS // 5), stateful_step_count=6, deadline=None, database=None,
            phases=PHASES, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
