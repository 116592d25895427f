"""`invoke new`: a post or page begun, from its words to the preview."""

from __future__ import annotations

import os
import pty
import re
import stat
import subprocess
from pathlib import Path

import forking
import pytest
from conftest import ROOT, SiteFolder, invoke


def begun(site: SiteFolder, *words: str, **environment: str) -> tuple[Path, str]:
    """The file that is begun, and all that was said."""
    done = invoke("new", *words, "--content", str(site.content), **environment)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.split("\n")[0]), done.stdout


def refused(site: SiteFolder, *words: str, **environment: str) -> str:
    done = invoke("new", *words, "--content", str(site.content), **environment)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    return done.stderr


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").split("\n")


def test_a_post_begins_as_a_draft_and_is_seen_in_the_preview_alone(site: SiteFolder) -> None:
    site.post()
    path, said = begun(site, "What I’d say: “no”,  politely", "--tags", "work, letters")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-what-id-say-no-politely\.md", path.name)
    where = "http://127.0.0.1:8000/drafts/what-id-say-no-politely/"
    assert said == f"{path}\n'invoke serve' shows it at {where}\n"
    found = lines(path)
    assert re.fullmatch(r"Date: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", found.pop(1))
    assert found == [
        "Title: What I’d say: “no”, politely", "Slug: what-id-say-no-politely", "Author: Ada",
        "Category:", "Tags: work, letters", "Summary:", "Status: draft", "", "",
    ]  # fmt: skip
    path.write_text(path.read_text("utf-8") + "Words.\n", "utf-8")
    site.build()
    assert "Words." in site.read("drafts/what-id-say-no-politely/index.html")
    site.build("publishconf.py", OUTPUT_PATH=str(site.root / "public"))
    assert "politely" not in "".join(
        p.read_text("utf-8") for p in (site.root / "public").rglob("*.html")
    )


def test_what_is_there_already_is_never_overwritten(site: SiteFolder) -> None:
    path, _ = begun(site, "Rented rooms")
    before = path.read_bytes()
    said = refused(site, "Rented rooms")
    assert f"{path}: there is one with the slug 'rented-rooms' already. Say another" in said
    assert path.read_bytes() == before
    other, _ = begun(site, "Rented rooms", "--slug", "Rented Rooms, Again")
    assert other.name.endswith("-rented-rooms-again.md")


def test_a_translation_has_the_slug_of_its_original(site: SiteFolder) -> None:
    begun(site, "Rooms", "--date", "2026-03-01")
    path, said = begun(site, "Chambres", "--slug", "rooms", "--lang", "fr", "--date", "2026-03-01")
    assert path.name == "2026-03-01-rooms.fr.md"
    assert "Lang: fr" in lines(path)
    assert said.endswith("/drafts/fr/rooms/\n")
    assert "already" in refused(site, "Chambres", "--slug", "rooms", "--lang", "FR")
    site.build()
    assert "Chambres" in site.read("drafts/fr/rooms/index.html")


def test_a_page(site: SiteFolder) -> None:
    path, said = begun(site, "How we talk here", "--page")
    assert path == site.content / "pages" / "how-we-talk-here.md"
    assert lines(path)[:-2] == [
        "Title: How we talk here",
        "Slug: how-we-talk-here",
        "Status: draft",
    ]
    assert said.endswith("/drafts/pages/how-we-talk-here/\n")


def test_a_title_is_words_not_html(site: SiteFolder) -> None:
    path, _ = begun(site, "I <3 the <b> element & you")
    assert lines(path)[0] == "Title: I &lt;3 the &lt;b> element & you"


def test_its_date_is_in_the_sites_zone(site: SiteFolder) -> None:
    (site.content / "site.toml").write_text('timezone = "Europe/Paris"\n')
    path, _ = begun(site, "Later", "--date", "24 December 2026 8:00")
    assert path.name == "2026-12-24-later.md"
    assert "Date: 2026-12-24 08:00:00+01:00" in lines(path)


def test_who_writes_it(site: SiteFolder) -> None:
    folder = site.content / "authors"
    folder.mkdir()
    (folder / "nora.md").write_text("Name: Nora Veldt\n\nHere.\n", "utf-8")
    (site.content / "site.toml").write_text('title = "A site"\n')
    assert "Author: Nora Veldt" in lines(begun(site, "One")[0])
    (folder / "bo.md").write_text("Name: Bo Reader\n\nThere.\n", "utf-8")
    said = refused(site, "Two")
    assert "it is not said who writes it. Use --author with one of: Bo Reader, Nora Veldt" in said
    assert "Author: Bo Reader" in lines(begun(site, "Two", "--author", "bo")[0])
    assert "Author: A Guest" in lines(begun(site, "Three", "--author", "A Guest")[0])


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminal to be had")
def test_on_a_terminal_it_is_asked_who_writes(site: SiteFolder) -> None:
    folder = site.content / "authors"
    folder.mkdir()
    for slug, name in (("nora", "Nora Veldt"), ("bo", "Bo Reader")):
        (folder / f"{slug}.md").write_text(f"Name: {name}\n\nHere.\n", "utf-8")
    (site.content / "site.toml").write_text('title = "A site"\n')
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*forking.command("invoke"), "new", "One", "--content", str(site.content)],
        cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while b"[1]" not in said:
        said += os.read(ours, 1024)
    assert b"1  Bo Reader" in said
    os.write(ours, b"7\n2\n")
    assert process.wait(30) == 0
    os.close(ours)
    (path,) = (site.content / "posts").iterdir()
    assert "Author: Nora Veldt" in lines(path)


def test_it_opens_in_the_authors_editor(site: SiteFolder, tmp_path: Path) -> None:
    editor = tmp_path / "an editor"
    editor.write_text('#!/bin/sh\necho "Opened with $1." >> "$2"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    path, _ = begun(site, "One", "--edit", VISUAL="", EDITOR=f"'{editor}' care")
    assert path.read_text("utf-8").endswith("\n\nOpened with care.\n")
    said = refused(site, "Two", "--edit", VISUAL="", EDITOR="")
    assert "it is not known which editor to open. Set EDITOR" in said
    assert "the editor 'none-such' can't be started" in refused(
        site, "Three", "--edit", VISUAL="none-such", EDITOR="vi"
    )
    assert "ended with 1" in refused(site, "Four", "--edit", VISUAL="false")
    assert len(list((site.content / "posts").iterdir())) == 3  # the second was never begun


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["?!"], "no address can be made of '?!'. Say one with --slug."),
        ([" "], "it has no title. Write it behind"),
        (["x", "--date", "soon"], "'soon' is not a date. Write it like '2026-12-24 08:00'."),
        (["x", "--lang", "klingon!"], "'klingon!' is no language"),
        (["--help"], "'--help' is an option, and stands where a value should. `invoke --help new`"),
    ],
)
def test_what_cannot_be_begun_is_said(site: SiteFolder, words: list[str], says: str) -> None:
    assert says in refused(site, *words)
    assert [path.name for path in site.content.iterdir()] == ["site.toml"]
