"""Reading only what has changed gives what reading everything gives."""

from __future__ import annotations

import random
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import START, SiteFolder, make_comment, number_id
from hypothesis import given
from hypothesis import strategies as st
from talks import PEOPLE, comment, threads

from rejoinder.comments.model import Comment, Kind
from rejoinder.comments.store import CommentStore
from rejoinder.engagement import parts, reading, totals
from rejoinder.engagement.measures import measure, newcomers, of_totals, returning
from rejoinder.engagement.memory import FILE, FOLDER
from rejoinder.engagement.numbers import Share
from rejoinder.engagement.parts import Part, part_of
from rejoinder.engagement.reach import places_of
from rejoinder.engagement.said import Post, said
from rejoinder.engagement.totals import Totals, total
from rejoinder.profiles import targets
from rejoinder.replies.subjects import Subjects

NOW = START + timedelta(days=30)


def fresh(site: SiteFolder, **how: bool) -> reading.Talk:
    """The same content, read for the first time."""
    copy = site.root.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(site.content, copy / "content")
    return reading.read(copy / "content", NOW, lately=START)


def part(comments: list[Comment]) -> Part:
    return part_of(Post("t", "T", START, frozenset({"ada"})), said("t", comments), NOW)


@given(threads())
def test_a_part_survives_being_kept(comments: list[Comment]) -> None:
    made = part(comments)
    assert parts.of_row(parts.to_row(made)) == made


@given(st.lists(st.tuples(st.integers(0, 4), threads() | st.none()), max_size=12))
def test_totals_follow_any_changes(changes: list[tuple[int, list[Comment] | None]]) -> None:
    held: dict[str, Part] = {}
    following = Totals()
    for number, comments in changes:
        thread = f"t{number}"
        new = part(comments) if comments is not None else None
        old = held.pop(thread, None)
        if new is not None:
            held[thread] = new
        if old is None:
            following.add({} if new is None else {thread: new})
        elif not following.replace(thread, old, new):
            following = total(held)
    expected = total(held)
    assert following == expected
    assert totals.of_row(totals.to_row(following)) == expected
    assert following == total(dict(reversed(held.items())))


@pytest.mark.parametrize("behind", [1, 20])
def test_edits_are_followed(site: SiteFolder, monkeypatch: pytest.MonkeyPatch, behind: int) -> None:
    monkeypatch.setattr(reading, "_BEHIND", behind)
    chance = random.Random(5)
    store = CommentStore(site.content)
    held: dict[tuple[str, int], Comment] = {}
    number = 0
    for thread in ("a", "b", "c"):
        site.post(thread)
    for step in range(40):
        thread = chance.choice("abc")
        known = [key for key in held if key[0] == thread]
        action = chance.choice(["add", "add", "edit", "remove", "post", "redate"])
        if action == "add" or not known:
            number += 1
            parent = chance.choice(known)[1] if known and chance.random() < 0.5 else None
            author = chance.choice(PEOPLE)
            held[thread, number] = make_comment(
                number, parent, author=author, author_id="ada" if author == "Ada" else None,
                kind=Kind.AUTHOR if author == "Ada" else Kind.COMMENT,
            )  # fmt: skip
            store.write(thread, held[thread, number])
        elif action == "edit":
            key = chance.choice(known)
            path = store.path(thread, number_id(key[1]))
            path.write_text(path.read_text("utf-8").replace("Author: ", "Author: New "), "utf-8")
        elif action == "remove":
            key = chance.choice(known)
            held.pop(key)
            store.remove(thread, number_id(key[1]))
        elif action == "post":
            site.post(thread, Title=f"Title {step}")
        else:
            site.post(
                thread, Author=chance.choice(PEOPLE), Date=f"2026-02-{step % 27 + 1:02} 08:00Z"
            )
        ours, theirs = reading.read(site.content, NOW, lately=START), fresh(site)
        assert ours.totals == theirs.totals, step
        assert ours.posts == theirs.posts
        assert ours.lately == theirs.lately
    shutil.rmtree(site.content / "comments" / "a")
    (site.content / "posts" / "b.md").unlink()
    assert reading.read(site.content, NOW, lately=START) == fresh(site)


def test_what_the_desk_writes_is_seen_without_looking_at_all(site: SiteFolder) -> None:
    site.post("first")
    site.comments(make_comment(1))
    assert reading.read(site.content, NOW).totals.rows["first"].comments == 1
    site.comments(make_comment(2))
    hasty = reading.read(site.content, NOW, thorough=False)
    assert hasty.totals.rows["first"].comments == 2
    site.post("first", Author="Bo")
    site.comments(make_comment(1, author="Bo", author_id="bo", kind=Kind.AUTHOR))
    hasty = reading.read(site.content, NOW, thorough=False)
    assert hasty == reading.read(site.content, NOW)


def test_what_will_be_said_is_not_said_yet(site: SiteFolder) -> None:
    site.post("first")
    site.comments(make_comment(1), make_comment(5000))
    assert reading.read(site.content, START + timedelta(days=1)).totals.rows["first"].comments == 1
    assert reading.read(site.content, NOW).totals.rows["first"].comments == 2


def test_a_post_of_the_future_is_in_no_figure_until_it_is_out(site: SiteFolder) -> None:
    site.post("first")
    site.post("soon", Date="2026-03-20 08:00:00+00:00")
    site.comments(make_comment(1))
    site.comments(make_comment(2, author="Cy"), make_comment(3, 2), thread="soon")
    early, late = START + timedelta(days=10), START + timedelta(days=25)
    for now, threads_out in ((early, ["first"]), (late, ["first", "soon"]), (early, ["first"])):
        talk = reading.read(site.content, now, lately=START, thorough=now is early)
        assert sorted(talk.posts) == sorted(talk.totals.rows) == sorted(talk.lately) == threads_out
        everything = [one for found in talk.lately.values() for one in found]
        found = of_totals(talk.posts.values(), talk.totals, now)
        assert found == measure(list(talk.posts.values()), everything, now)
        assert found.posts == len(found.rows) == len(threads_out)
        assert found.answered.of == len(found.awaiting) == (1 if now is early else 3)
        assert found.participants == len({one.who for one in everything})


def test_what_is_said_on_a_post_of_the_future_isnt_measured() -> None:
    posts = [Post("t", "T", START + timedelta(days=40), frozenset({"ada"}))]
    found = measure(posts, said("t", [comment(1, "Bo", 10)]), NOW)
    assert (found.posts, found.comments, found.participants, found.awaiting) == (0, 0, 0, ())


@pytest.mark.parametrize("broken", ["deleted", "garbage", "other rows", "a folder", "empty"])
def test_a_memory_of_no_use_is_made_anew(site: SiteFolder, broken: str) -> None:
    site.post("first")
    site.comments(make_comment(1), make_comment(2, 1))
    before = reading.read(site.content, NOW)
    path = site.content.parent / "private" / FOLDER / FILE
    assert path.is_file()
    if broken == "other rows":
        db = sqlite3.connect(path)
        db.execute("update totals set row = x'00'")
        db.commit()
        db.close()
    else:
        path.unlink()
        if broken == "garbage":
            path.write_bytes(random.Random(1).randbytes(9000))
        elif broken == "empty":
            path.touch()
        elif broken == "a folder":
            path.mkdir()
    assert reading.read(site.content, NOW) == before
    assert reading.read(site.content, NOW) == before


def test_a_folder_that_cant_be_made_costs_time_alone(site: SiteFolder) -> None:
    site.post("first")
    site.comments(make_comment(1))
    (site.root / "private").write_text("no folder")
    assert reading.read(site.content, NOW).totals.rows["first"].comments == 1
    assert (site.root / "private").read_text() == "no folder"


def test_a_broken_comment_is_told_every_time(site: SiteFolder) -> None:
    site.post("first")
    site.comments(make_comment(1))
    path = CommentStore(site.content).path("first", number_id(1))
    path.with_name("20260301T090200Z-x.md").write_text("No metadata here\n", "utf-8")
    for _ in range(2):
        talk = reading.read(site.content, NOW)
        assert talk.totals.rows["first"].comments == 1
        assert ["not a metadata line" in problem for problem in talk.problems] == [True]


def test_an_editors_lock_is_no_comment_and_a_link_to_nowhere_a_named_one(site: SiteFolder) -> None:
    site.post("first")
    site.comments(make_comment(1))
    folder = site.content / "comments" / "first"
    (folder / f".#{number_id(1)}.md").symlink_to("ada@desk.1234:5678")
    talk = reading.read(site.content, NOW)
    assert (talk.totals.rows["first"].comments, talk.problems) == (1, [])
    site.build()
    link = folder / "20260301T090200Z-x.md"
    link.symlink_to("gone.md")
    for _ in range(2):
        talk = reading.read(site.content, NOW)
        assert talk.totals.rows["first"].comments == 1
        (problem,) = talk.problems
        assert f"{link}: the file can't be read: No such file" in problem


@pytest.mark.parametrize("date", ["0001-01-01 08:00:00+00:00", "9999-12-31 20:00:00+00:00"])
def test_a_date_that_not_every_zone_can_write_is_a_problem_of_its_file(
    site: SiteFolder, date: str
) -> None:
    text = (site.content / "site.toml").read_text("utf-8")
    (site.content / "site.toml").write_text(text + 'timezone = "America/New_York"\n', "utf-8")
    site.post("first")
    path = site.content / "comments" / "first" / "20260301T090200Z-x.md"
    path.parent.mkdir(parents=True)
    path.write_text(f"Id: {path.stem}\nAuthor: Bo\nDate: {date}\n\nWords.\n", "utf-8")
    (problem,) = reading.read(site.content, NOW).problems
    assert f"{path}:3: the date {date} is out of range" in problem
    errors = site.try_build().errors
    assert any(path.name in error and "is out of range" in error for error in errors)


def test_many_files_are_read_by_all_processors(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for thread in ("a", "b", "c"):
        site.post(thread)
        site.comments(make_comment(1), make_comment(2, 1), thread=thread)
    alone = fresh(site)
    monkeypatch.setattr("rejoinder.engagement.threads._MANY", 1)
    assert reading.read(site.content, NOW, lately=START) == alone


@given(threads(), threads(), st.integers(0, 2000), st.integers(1, 2000))
def test_a_period_counts_what_was_said_in_it(
    one: list[Comment], two: list[Comment], begin: int, length: int
) -> None:
    posts = [Post("a", "A", START, frozenset({"ada"})), Post("b", "B", START, frozenset({"ada"}))]
    since, now = START + timedelta(minutes=begin), START + timedelta(minutes=begin + length)
    everything = [*said("a", one), *said("b", two)]
    found = measure(posts, everything, now, since)
    inside = [s for s in everything if since <= s.date <= now]
    readers = [s for s in inside if not s.is_author]
    assert (found.comments, found.by_readers) == (len(inside), len(readers))
    answered = [s for s in readers if any(
        a.is_author and a.thread == s.thread and a.parent == s.id and a.date <= now
        for a in everything)]  # fmt: skip
    assert found.answered.count == len(answered)
    assert found.participants == len({s.who for s in readers})
    ever = measure(posts, everything, START + timedelta(days=9))
    first = {who: min(s.date for s in everything if s.who == who)
             for who in {s.who for s in readers}}  # fmt: skip
    assert newcomers(found, ever, since).count == sum(date >= since for date in first.values())
    both = {s.who for s in everything if s.date <= now and s.thread == "a"} & {
        s.who for s in everything if s.date <= now and s.thread == "b"}  # fmt: skip
    assert returning(found, ever, now).count == len(both & {s.who for s in readers})


def test_days_are_those_of_the_sites_zone_across_its_change_of_time(site: SiteFolder) -> None:
    text = (site.content / "site.toml").read_text("utf-8")
    (site.content / "site.toml").write_text(text + 'timezone = "Europe/London"\n', "utf-8")
    site.post("first")
    instants = ["2026-03-28T23:59:00", "2026-03-29T00:30:00", "2026-03-29T22:59:00",
                "2026-03-29T23:01:00", "2026-10-24T23:30:00", "2026-10-25T23:59:00"]  # fmt: skip
    for number, instant in enumerate(instants, start=1):
        date = datetime.fromisoformat(instant).replace(tzinfo=UTC)
        site.comments(make_comment(number, date=date))
    found = reading.read(site.content, NOW + timedelta(days=300)).totals.days
    assert {day: counts[0] for day, counts in found.items()} == {
        "2026-03-28": 1, "2026-03-29": 2, "2026-03-30": 1, "2026-10-25": 2,
    }  # fmt: skip


@given(threads(), st.randoms(use_true_random=False), st.integers(-12, 14))
def test_neither_the_order_of_files_nor_the_zones_that_dates_are_written_in_matter(
    comments: list[Comment], chance: random.Random, hours: int
) -> None:
    posts = [Post("t", "T", START, frozenset({"ada"}))]
    shuffled = chance.sample(comments, len(comments))
    zone = timezone(timedelta(hours=hours))
    elsewhere = [replace(c, date=c.date.astimezone(zone)) for c in shuffled]
    assert measure(posts, said("t", elsewhere), NOW) == measure(posts, said("t", comments), NOW)


def test_who_is_erased_is_in_no_figure() -> None:
    posts = [Post("t", "T", START, frozenset({"ada"}))]
    comments = [comment(1, "Bo", 10), comment(2, "Ada", 20, 1), comment(3, "Cy", 30, 2)]
    gone = [comment(1, "", 10, kind=Kind.REMOVED), *comments[1:]]
    found = measure(posts, said("t", gone), NOW)
    assert (found.participants, found.by_readers, found.by_author) == (1, 1, 1)
    assert not any("bo" in who for who in found.people)
    assert found.rows["t"].shape.depth == 3
    talk = of_totals(posts, total({"t": part_of(posts[0], said("t", gone), NOW)}), NOW)
    assert talk == found


def test_a_posts_authors_are_one_there() -> None:
    post = Post("t", "T", START, frozenset({"ada", "bob"}))
    bob = {"author_id": "bob", "kind": Kind.AUTHOR}
    comments = [comment(1, "Bo", 10), comment(2, "Bob", 20, 1, **bob), comment(3, "Cy", 30),
                comment(4, "Ada", 40, 3), comment(5, "Bob", 50, **bob)]  # fmt: skip
    found = measure([post], said("t", comments), NOW)
    both, bo, cy = "author:ada,bob", "name:bo", "name:cy"
    assert found.pairs == {bo: {both: 1}, cy: {both: 1}, both: {bo: 1, cy: 1}}
    assert (found.reciprocity, found.answered) == (Share(4, 4), Share(2, 2))


def test_authors_names_are_read_as_pelican_reads_them(site: SiteFolder) -> None:
    for slug, name in (("king", "King, Jr."), ("bo", "Bo")):
        path = site.content / "authors" / f"{slug}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"Name: {name}\n\nBio.\n", "utf-8")
    site.post("one", Author="King, Jr.")
    site.post("many", Authors="King, Jr.; Bo")
    site.post("commas", Authors="Bo, Ada, ,Bo")
    posts = reading.read(site.content, NOW).posts
    assert {thread: set(post.authors) for thread, post in posts.items()} == {
        "one": {"king"}, "many": {"king", "bo"}, "commas": {"bo", "ada"},
    }  # fmt: skip
    site.build()
    assert "King, Jr." in site.read("many/index.html")


def test_an_id_that_no_author_has_makes_no_author(site: SiteFolder) -> None:
    site.post("first")
    site.post("second", Author="Bo")
    for n, slug in enumerate(("ada", "bo", "cy", "dee"), start=1):
        desk = "desk" if slug == "dee" else None
        site.comments(make_comment(10 * n), make_comment(
            10 * n + 1, 10 * n, author=slug, author_id=slug, kind=Kind.AUTHOR, source=desk,
        ))  # fmt: skip
    assert reading.read(site.content, NOW).totals.rows["first"].by_author == 4  # nobody has a file
    path = site.content / "authors" / "ada.md"
    path.parent.mkdir()
    path.write_text("Name: Ada\n\nBio.\n", "utf-8")
    talk = reading.read(site.content, NOW)
    row = talk.totals.rows["first"]
    assert (row.comments, row.by_author) == (8, 3)
    assert "name:cy" in talk.totals.people
    (site.content / "posts" / "second.md").unlink()
    assert reading.read(site.content, NOW, thorough=False).totals.rows["first"].by_author == 2


def test_a_translation_is_neither_the_title_nor_the_address(site: SiteFolder) -> None:
    path = site.post("first", "Worte.", Title="Zuerst", Lang="de")
    path.rename(path.with_name("a-first.de.md"))
    site.post("first", Title="First")
    site.post("second", Title="Nur deutsch", Lang="de")
    posts = reading.read(site.content, NOW).posts
    first, second = posts["first"], posts["second"]
    base = "https://blog.example/"
    assert (first.title, first.url, first.others) == (
        "First", f"{base}first/", (f"{base}first-de.html",))  # fmt: skip
    assert (second.title, second.url) == ("Nur deutsch", f"{base}second-de.html")
    site.build()
    for url in (first.url, *first.others, second.url):
        name = url.removeprefix(base)
        assert (site.output / (f"{name}index.html" if name.endswith("/") else name)).is_file()
    assert Subjects(site.content).find("first", NOW).title == "First"  # type: ignore[union-attr]
    assert [target.title for target in targets.load(site.content)] == ["First", "Nur deutsch"]
    places = places_of(posts.values(), "", ())
    assert places.threads["/first-de.html"] == "first"


def test_only_some_posts(site: SiteFolder) -> None:
    site.post("first")
    site.post("second")
    site.comments(make_comment(1))
    site.comments(make_comment(2), thread="second")
    talk = reading.read(site.content, NOW, only=lambda post: post.thread == "second")
    assert list(talk.posts) == ["second"]
    assert list(talk.totals.rows) == ["second"]
    assert len(reading.read(site.content, NOW).totals.rows) == 2


def test_a_thread_that_no_folder_can_have_is_left_out(site: SiteFolder) -> None:
    site.post("first", Thread="x" * 300)
    site.post("second")
    assert reading.read(site.content, NOW).totals.rows == {}
    assert not (Path(site.content) / "comments").exists()
