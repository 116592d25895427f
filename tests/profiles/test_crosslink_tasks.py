"""The tasks of crosslinks, run as a user runs them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from conftest import SiteFolder, invoke
from feedhost import Host, feed_host

from rejoinder import authors
from rejoinder.profiles.entries import Entry
from rejoinder.profiles.ledger import Ledger, editing

DATE = datetime(2026, 3, 2, 9, tzinfo=UTC)
FEED = b"""<rss version="2.0"><channel><title>Ada</title>
<item><guid>https://else.example/1</guid><link>https://else.example/1</link>
<pubDate>Mon, 02 Mar 2026 09:00:00 +0000</pubDate>
<description>&lt;a href="https://blog.example/first/"&gt;New&lt;/a&gt;</description></item>
</channel></rss>"""


@pytest.fixture
def host() -> Iterator[Host]:
    with feed_host() as host:
        yield host


@pytest.fixture
def known(site: SiteFolder) -> SiteFolder:
    """A site with an author, a post, and the desk's word that loopback may be reached."""
    site.post("first", Title="A title of many words")
    path = site.content / "authors" / "ada.md"
    path.parent.mkdir()
    path.write_text("Name: Ada\n\nBio.\n")
    desk = site.root / "private" / "desk"
    desk.mkdir(parents=True)
    (desk / "desk.toml").write_text('reachable_networks = ["127.0.0.0/8"]\n')
    return site


def run(site: SiteFolder, *words: str) -> str:
    done = invoke(*words, "--content", str(site.content))
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def refused(site: SiteFolder, *words: str) -> str:
    done = invoke(*words, "--content", str(site.content))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_from_an_address_to_a_tied_entry(known: SiteFolder, host: Host) -> None:
    host.put("/feed", FEED)
    page = host.put(
        "/ada",
        '<link rel="alternate" type="application/rss+xml" href="/feed"><a rel="me" '
        'href="https://blog.example/">b</a>',
    )
    said = run(known, "profiles", "add", page, "--name", "talks", "--dry-run")
    assert "(1 entries now)" in said
    assert "this site is yours, too" in said
    assert authors.load(known.content)["ada"].profiles == ()
    run(known, "profiles", "add", page, "--name", "talks")
    assert f"talks: the web, {page}" in run(known, "profiles", "list", "all")
    said = run(known, "sync")
    assert "1 feeds asked" in said
    assert "1 tied to posts" in said
    run(known, "build", "--output", str(known.output))
    assert 'class="u-syndication" href="https://else.example/1"' in known.read("first/index.html")


def test_linkedin_is_told_its_way(known: SiteFolder) -> None:
    said = run(known, "profiles", "add", "https://127.0.0.1:9/in/ada", "--name", "linkedin")
    assert "no feed was found" in said
    assert authors.load(known.content)["ada"].profiles[0].network == "linkedin"


def test_questions_are_answered_once(known: SiteFolder) -> None:
    entry = Entry("mastodon:s.example:1", "https://s.example/@ada/1", DATE,
                  text="A title of many words, at last")  # fmt: skip
    (known.content / "authors" / "ada.md").write_text(
        "Name: Ada\nProfile: mastodon https://s.example/@ada\n\nBio.\n"
    )
    with editing(known.content) as ledger:
        ledger.of(("ada", "mastodon"))[entry.id] = entry
    said = run(known, "crosslinks")
    assert "about 'A title of many words' (first)?" in said
    assert "1 to decide" in said
    assert "nowhere" in run(known, "crosslinks", "--coverage")
    run(known, "crosslinks", "--yes", entry.id)
    assert "0 to decide" in run(known, "crosslinks")
    (kept,) = Ledger(known.content).load().of(("ada", "mastodon")).values()
    assert [(tie.thread, tie.verdict) for tie in kept.ties] == [("first", "yes")]
    assert "0 of 1 posts were announced nowhere" in run(known, "crosslinks", "--coverage")
    run(known, "crosslinks", "--again", entry.id)
    assert "1 to decide" in run(known, "crosslinks")
    run(known, "crosslinks", "--no", f"{entry.id}=first")
    assert "0 to decide" in run(known, "crosslinks")


def test_mistakes_are_told_with_their_mending(known: SiteFolder) -> None:
    assert "--yes" not in refused(known, "crosslinks", "--yes", "nothing")
    assert "ENTRY=POST" in refused(known, "crosslinks", "--yes", "nothing")
    assert "there is no entry" in refused(known, "crosslinks", "--yes", "nothing=first")
    assert "nothing was said" in refused(known, "crosslinks", "--again", "nothing")
    assert "Use add, opml, list" in refused(known, "profiles", "remove", "x")
    assert "no author 'bo'" in refused(
        known, "profiles", "add", "https://x.example", "--author", "bo"
    )
    assert "no address of the web" in refused(known, "profiles", "add", "@ada@s.example")
    assert "no profile 'x'" in refused(known, "sync", "--only", "x")
    file = known.content / "crosslinks" / "ada" / "x" / "2026.txt"
    file.parent.mkdir(parents=True)
    file.write_text("Entry: 1\nwhat\n")
    assert "2026.txt:2: 'what' is not a metadata line" in refused(known, "sync")


def test_opml_becomes_profiles(known: SiteFolder) -> None:
    file = known.root / "feeds.opml"
    file.write_text('<opml version="2.0"><body><outline text="Ada" '
                    'xmlUrl="https://s.example/@ada.rss" htmlUrl="https://s.example/@ada"/>'
                    "</body></opml>")  # fmt: skip
    assert "1 new profiles of 1 feeds" in run(known, "profiles", "opml", str(file))
    (profile,) = authors.load(known.content)["ada"].profiles
    assert (profile.name, profile.network) == ("mastodon", "mastodon")
    assert "0 new profiles of 1 feeds" in run(known, "profiles", "opml", str(file))
    assert "can't be read" in refused(known, "profiles", "opml", "none.opml")


def test_an_authors_file_keeps_its_words(known: SiteFolder) -> None:
    path = known.content / "authors" / "ada.md"
    path.write_text("Name: Ada\nMood: fine\nProfile: news https://a.example/\n\nBio.\n\nMore.\n")
    authors.add_lines(path, [authors.make_profile("news", "https://b.example/"),
                             authors.make_profile("x", "https://x.com/ada")])  # fmt: skip
    assert path.read_text() == (
        "Name: Ada\nMood: fine\nProfile: news https://b.example/\nProfile: x https://x.com/ada\n"
        "\nBio.\n\nMore.\n"
    )


@pytest.mark.parametrize(
    "line",
    ["Profile:", "Profile: news", "Profile: News https://a.example", "Profile: n ftp://a.example",
     "Watch: n", "Profile: n https://a.example https://b.example https://c.example",
     "Profile: n https://a.example\nWatch: n https://a.example"],
)  # fmt: skip
def test_a_profile_that_is_none_is_named_with_its_line(known: SiteFolder, line: str) -> None:
    (known.content / "authors" / "ada.md").write_text(f"Name: Ada\n{line}\n\nBio.\n")
    assert f"ada.md:{1 + len(line.splitlines())}:" in refused(known, "profiles", "list", "ada")
