"""The dashboard: what it says, who sees it, and how it looks."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from itertools import combinations, pairwise
from pathlib import Path

import jsonschema
import pytest
from bs4 import BeautifulSoup
from conftest import CHROMIUM, ROOT, SiteFolder, make_comment, number_id
from desks import submit
from playwright.sync_api import Browser

from rejoinder import site as sites
from rejoinder.building import build
from rejoinder.comments.model import Kind
from rejoinder.comments.store import CommentStore
from rejoinder.engagement import charts, views, writing
from rejoinder.engagement.definitions import DEFINITIONS
from rejoinder.engagement.numbers import Phrase, Share, Waits
from rejoinder.engagement.reach import Rate
from rejoinder.engagement.report import times_of, waiting_words
from rejoinder.engagement.tabulated import Table
from rejoinder.engagement.views import Figure, Key, Source
from rejoinder.languages.texts import ENGLISH
from rejoinder.private import LISTENED
from rejoinder.replies.desk import open_desk
from rejoinder.replies.model import Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web import dashboard as door
from rejoinder.replies.web.app import make_app

DOCUMENT = " ".join((ROOT / "docs" / "measures.md").read_text("utf-8").split())
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
browser_only = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")


def engagement(site: SiteFolder, **wishes: object) -> None:
    """Say in the site's settings what is wanted."""
    path = site.content / "site.toml"
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in wishes.items()]
    path.write_text(path.read_text("utf-8") + "\n[engagement]\n" + "".join(lines), "utf-8")


def author(site: SiteFolder) -> None:
    path = site.content / "authors" / "ada.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("Name: Ada\n\nBio.\n")


@pytest.fixture
def talked(site: SiteFolder) -> SiteFolder:
    """Twelve comments of readers, nine of them answered by the author, three of them on another
    post by one of the twelve."""
    author(site)
    site.post("first", Title="A <i>title</i>")
    site.post("second", Date="2026-03-02 08:00:00+00:00")
    for n in range(1, 13):
        thread = "first" if n <= 9 else "second"
        name = f"Reader {n}" if n <= 9 else "Reader 1"
        site.comments(make_comment(n, author=name, body=f"Why so, {n}?"), thread=thread)
        if n <= 9:
            answer = make_comment(n + 60, n, author="Ada", author_id="ada", kind=Kind.AUTHOR)
            site.comments(answer, thread=thread)
    site.comments(make_comment(200, author="Else", kind=Kind.PINGBACK))
    return site


def announce(site: SiteFolder, profile: str, *posts: tuple[str, str], kind: str = "own") -> None:
    """What the author published on a profile: on what day, about which post."""
    path = site.content / "authors" / "ada.md"
    line = f"Profile: {profile} https://social.example/@{profile}"
    path.write_text(path.read_text("utf-8").replace("\n\n", f"\n{line}\n\n", 1), "utf-8")
    entries = (f"Entry: {n}\nUrl: https://social.example/{n}\nDate: {day} 09:00:00+00:00\n"
               f"Kind: {kind}\nPost: yes {thread}\n"
               for n, (day, thread) in enumerate(posts))  # fmt: skip
    ledger = site.content / "crosslinks" / "ada" / profile / "2026.txt"
    ledger.parent.mkdir(parents=True)
    ledger.write_text("\n".join(entries), "utf-8")


def page_of(site: SiteFolder, now: datetime = NOW, **how: bool) -> BeautifulSoup:
    made = writing.make(site.content, now, **how)
    return BeautifulSoup(writing.files(made)[writing.PAGE], "html.parser")


def tiles(page: BeautifulSoup) -> dict[str, list[str]]:
    found = {}
    for tile in page.select(".tiles > div"):
        name, *rest = (" ".join(one.get_text().split()) for one in tile.find_all(["dt", "dd"]))
        found[name] = rest
    return found


def test_it_says_small_samples_as_counts(talked: SiteFolder) -> None:
    page = page_of(talked)
    heading = page.find(id="waiting")
    assert heading is not None
    assert heading.get_text() == "One reader waits for your answer"
    assert "With 3 comments." in page.get_text()
    waiting = [item.get_text() for item in page.select(".waiting li")]
    assert ["Why so, 10?" in waiting[0], "Why so, 12?" in waiting[2]] == [True, True]
    link = page.select_one(".waiting a")
    assert link is not None
    assert link["href"] == f"https://blog.example/second/#comment-{number_id(10)}"
    found = tiles(page)
    assert found["Author response rate"][0] == "9 of 12"
    assert found["Time to the author's answer"][:2] == ["60 min", "median"]
    assert found["Came back after the answer"][0] == "0 of 9"
    assert found["Comments"][0] == "21"
    assert found["Mentions"][:2] == ["1", "1 pingback"]
    assert found["Returning"][0] == "1 of 9"
    assert found["Views"][0] == "–"
    assert "%" not in " ".join(text for rest in found.values() for text in rest)
    made = writing.make(talked.content, NOW)
    assert len(made.tables) == 13
    for table in made.tables:
        assert not re.search(r"\d%", table.csv()), table.name
    waits = {str(row[0]): row[1:] for row in made.table("time-to-answer").rows}
    assert waits["1 hour"] == waits["30 days"] == ("3 of 12", "3 of 12")


def test_announcements_are_those_of_each_period_and_of_published_posts(talked: SiteFolder) -> None:
    talked.post("draft", Status="draft")
    announce(talked, "mastodon", ("2025-11-10", "first"), ("2026-03-02", "first"),
             ("2026-03-03", "draft"), ("2026-03-04", "gone"), ("2026-04-02", "first"))  # fmt: skip
    announce(talked, "linkedin", ("2025-01-01", "second"))
    found = tiles(page_of(talked))["Announcements"]
    assert found == ["1", "1 mastodon", "before: 1 · ever: 3"]
    made = writing.make(talked.content, NOW)
    assert [row[9] for row in made.table("posts").rows] == [1, 2]


def test_replies_that_nobody_listens_for_are_not_none(talked: SiteFolder) -> None:
    announce(talked, "linkedin", ("2026-03-01", "first"))
    announce(talked, "mastodon", ("2026-03-02", "first"), ("2026-03-03", "second"))
    announce(talked, "bluesky", ("2026-03-04", "first"), kind="answer")
    table = writing.make(talked.content, NOW).table("announcements")
    deaf = [("bluesky", 1, 0, None, None), ("linkedin", 1, 0, None, None)]
    assert table.rows == [*deaf, ("mastodon", 2, 0, None, None)]
    with open_desk(talked.content):  # one that never asks, like `queue`'s
        pass
    table = writing.make(talked.content, NOW).table("announcements")
    assert table.rows == [*deaf, ("mastodon", 2, 0, None, None)]
    (talked.root / "private" / LISTENED).write_text("2026-04-01T12:00:00+00:00\n")
    table = writing.make(talked.content, NOW).table("announcements")
    assert table.rows == [*deaf, ("mastodon", 2, 2, 0, "0.0")]
    for n in range(3):
        talked.comments(make_comment(500 + n, kind=Kind.WEBMENTION, source="mastodon"))
    table = writing.make(talked.content, NOW).table("announcements")
    assert table.rows == [*deaf, ("mastodon", 2, 2, 3, "1.5")]


def test_a_list_that_stops_says_so(talked: SiteFolder) -> None:
    for n in range(700, 720):
        talked.comments(make_comment(n))
        talked.comments(make_comment(n + 60_000))  # some forty days later
    waiting = page_of(talked, NOW + timedelta(days=90)).find(id="waiting")
    assert waiting is not None
    section = waiting.parent
    assert section is not None
    text = " ".join(section.get_text().split())
    assert "With 43 comments, 20 of them in the last 90 days." in text
    assert "And 8 more, all of them in awaiting.csv. 23 earlier, the oldest first" in text
    assert "And 11 more, all of them in awaiting.csv." in text
    assert len(section.select("li")) == 24
    assert not page_of(talked, names=False).select("#waiting ~ p a[href='awaiting.csv']")


def test_old_talk_is_told_as_ever_and_not_as_lately(talked: SiteFolder) -> None:
    later = NOW + timedelta(days=365)
    found = tiles(page_of(talked, later))
    assert found["Author response rate"][0] == "–"
    assert "ever: 9 of 12" in found["Author response rate"][-1]
    before = tiles(page_of(talked, NOW + timedelta(days=100)))
    assert "before: 9 of 12" in before["Author response rate"][-1]


def test_every_figure_has_its_definition_as_the_document_says_it(talked: SiteFolder) -> None:
    page = page_of(talked)
    for name in tiles(page):
        assert name in DEFINITIONS
    for link in page.select(".tiles dt a"):
        assert page.find(id=str(link["href"]).removeprefix("#")) is not None
    for name, meaning in DEFINITIONS.items():
        words = meaning[0].lower() + meaning[1:].rstrip(".")
        assert f"**{name}**: {words}" in DOCUMENT, name


def test_every_picture_has_its_numbers_beside_it(talked: SiteFolder) -> None:
    count(talked)
    page = page_of(talked)
    figures = page.find_all("figure")
    assert len(figures) == 5
    for figure in figures[:3]:
        assert figure.find("svg", attrs={"role": "img"})["aria-label"]
        assert figure.select("details table tbody tr")
    assert not page.find_all("script")
    assert not page.find_all(style=True)
    assert page.select_one("svg.spark") is not None
    depth, pairs = (figure.select_one("table.heat") for figure in figures[3:])
    assert depth is not None
    assert depth["aria-label"] == "Comments by post and depth"
    cells = [cell.get_text() for cell in depth.select("tbody tr")[0].find_all(["th", "td"])]
    assert cells == ["A title", "9", "9"]
    assert [cell["class"] for cell in depth.select("tbody td")[:2]] == [["heat5"]] * 2
    assert pairs is not None
    assert [one.get_text() for one in pairs.select("thead th")][:2] == ["Who", "Ada"]
    assert not page.select("figure [tabindex='0'] svg")  # nothing is to be scrolled


def test_a_picture_of_nothing_is_left_out(site: SiteFolder) -> None:
    author(site)
    site.post("first")
    assert not page_of(site).select("figure, #pictures")
    count(site)
    titles = [title.get_text() for title in page_of(site).select("figcaption strong")]
    assert titles == ["Views, week by week"]
    assert writing.make(site.content, NOW).table("time-to-answer").rows == []


def test_where_nobody_was_answered_all_wait(site: SiteFolder) -> None:
    author(site)
    site.post("first")
    site.comments(make_comment(1), make_comment(2))
    paths = page_of(site).select("figure svg.curve path")
    assert len(paths) == 2
    assert tiles(page_of(site))["Time to the author's answer"] == [
        "not yet", "median; fewer than half so far", "0 answers, 2 still wait",
        "before: – · ever: not yet (0 answers, 2 still wait)"]  # fmt: skip
    waits = writing.make(site.content, NOW).table("time-to-answer").rows
    assert waits[-1] == ("30 days", "2 of 2", "2 of 2")
    assert {at for path in paths for at in re.findall(r"V([\d.]+)", str(path["d"]))} == {"0"}


def count(site: SiteFolder) -> None:
    """Views of thirty days, in both places."""
    days = {}
    for n in range(30):
        day = date(2026, 3, 2) + timedelta(days=n)
        days[day] = {Key(day, Figure.VIEW, "/first/"): n + 1, Key(day, Figure.VISITS): 1,
                     Key(day, Figure.LEFT_OUT, "bot"): 4, Key(day, Figure.FEED, "Feedly"): 40 + n,
                     Key(day, Figure.REFERRER, "Mastodon"): 1}  # fmt: skip
    views.save(site.content, Source.LOGS, days)
    views.save(site.content, Source.BEACON, {date(2026, 3, 31): {
        Key(date(2026, 3, 31), Figure.VIEW, "/first/"): 9}})  # fmt: skip


def test_reach_says_what_it_counts(talked: SiteFolder) -> None:
    count(talked)
    found = tiles(page_of(talked))
    assert found["Views"][0] == "465"
    assert "30 days that were counted" in found["Views"][1]
    assert found["Visits"][0] == "30"
    assert found["Readers of the feed"][0] == "69"
    assert found["Comments per 1,000 views"][0] == "0 of 465 views"


def test_views_below_a_folder_are_those_of_posts_and_of_where_they_were(talked: SiteFolder) -> None:
    path = talked.content / "site.toml"
    path.write_text(path.read_text("utf-8").replace(".example", ".example/blog"), "utf-8")
    (talked.content / "redirects.txt").write_text("/?p=1 /first/\n/a/ /b/\n/b/ /first/\n", "utf-8")
    for on, *paths in ((30, "a"), (31, "a", "b", "first")):
        day = date(2026, 3, on)
        counts = {Key(day, Figure.VIEW, f"/blog/{one}/"): 4 for one in paths}
        views.save(talked.content, Source.LOGS, {day: counts})
    made = writing.make(talked.content, NOW)
    assert made.json["period"]["reach"]["views_of_posts"] == 8
    assert made.json["period"]["reach"]["views"] == 8


def test_tables_and_json_can_be_taken_away(talked: SiteFolder) -> None:
    count(talked)
    talked.comments(make_comment(300, author='=HYPERLINK("http://x")', body="?"), thread="second")
    made = writing.make(talked.content, NOW)
    files = writing.files(made)
    schema = json.loads(files["engagement.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    data = json.loads(files["engagement.json"])
    jsonschema.validate(data, schema)
    assert data["ever"]["answered"]["count"] == 9
    assert data["period"]["reach"]["views"] == 465
    page = BeautifulSoup(files[writing.PAGE], "html.parser")
    linked = {str(link["href"]) for link in page.find_all("a", href=True)}
    for name in files:
        if name.endswith(".csv"):
            rows = list(csv.reader(io.StringIO(files[name].decode())))
            assert len({len(row) for row in rows}) == 1, name
            assert len(rows) == 1 or name in linked
    people = files["people.csv"].decode()
    assert "'=HYPERLINK" in people
    assert Table("t", "T", ("a",), [("-1",), (-1,)]).csv() == "a\r\n'-1\r\n-1\r\n"


def more(page: BeautifulSoup, title: str) -> list[list[str]]:
    """A table among the further figures, as it is read."""
    region = page.find(attrs={"aria-label": f"{title}, table"})
    assert region is not None
    return [[" ".join(cell.get_text().split()) for cell in row.select("th, td")]
            for row in region.select("tr")]  # fmt: skip


def test_tables_for_programs_are_shown_for_people(talked: SiteFolder) -> None:
    talked.comments(make_comment(300, author=""), thread="second")
    page = page_of(talked)
    waiting = more(page, "Awaiting an answer")
    assert waiting[:2] == [["Who", "Post", "Since"], ["Reader 1", "Second", "1 Mar 2026"]]
    assert waiting[-1] == ["Somebody", "Second", "1 Mar 2026"]
    links = [str(link["href"]) for link in page.select("[aria-label^=Awaiting] tbody tr")[0]("a")]
    post = "https://blog.example/second/"
    assert links == [f"{post}#comment-{number_id(10)}", post]
    made = writing.make(talked.content, NOW)
    columns = "Comment,Name,Post,Date,Address\r\n"
    row = f"{number_id(10)},Reader 1,Second,2026-03-01T09:10:00+00:00,{links[0]}\r\n"
    assert made.table("awaiting").csv().startswith(columns + row)
    assert more(page, "Who takes part")[1] == ["Reader 1", "4", "2", "1 Mar 2026", "1 Mar 2026", ""]


def test_each_figure_has_its_own_sample(talked: SiteFolder) -> None:
    later = NOW + timedelta(days=70)
    found = {row[0]: row[1:] for row in more(page_of(talked, later), "All figures")}
    assert found["Measure"] == ["Last 90 days", "The 90 before", "Ever"]
    assert found["Author response rate comments of readers answered"] == [
        "0 of 0", "9 of 12", "9 of 12"]  # fmt: skip
    assert found["Time to the author's answer"] == [
        "– 0 answers", *["median 60 min 9 answers, 3 still wait"] * 2]  # fmt: skip
    table = writing.make(talked.content, later).table("figures")
    assert table.columns == ("Measure", "Last 90 days", "Last 90 days: of", "The 90 before",
                             "The 90 before: of", "Ever", "Ever: of")  # fmt: skip
    assert table.rows[2][2::2] == ("0 answers", *["9 answers, 3 still wait"] * 2)


@pytest.mark.parametrize("who", ["", "Ada"])
def test_whoever_spoke_last_makes_a_post_the_last_talked_on(talked: SiteFolder, who: str) -> None:
    for n in range(20):
        talked.post(f"post-{n}", Date="2026-03-02 08:00:00+00:00")
        talked.comments(make_comment(300 + n), thread=f"post-{n}")
    talked.post("newest", Title="Newest")
    more = {"author_id": "ada", "kind": Kind.AUTHOR} if who else {}
    talked.comments(make_comment(800, author=who, **more), thread="newest")
    rows = writing.make(talked.content, NOW).table("depth").rows
    assert (len(rows), rows[0][0]) == (12, "Newest")


def test_readers_without_a_name_are_one_row_and_no_person(talked: SiteFolder) -> None:
    for n in (600, 601, 602):
        talked.comments(make_comment(n, author=""))
    made = writing.make(talked.content, NOW)
    pairs = {row[0]: row[1:] for row in made.table("who-answers-whom").rows}
    assert pairs["without a name"][0] == 3  # Ada, whose post it is
    assert "" not in {row[0] for row in made.table("people").rows}
    assert made.json["ever"]["nameless"] == 3
    assert made.waiting_people == 4


def test_without_names_no_reader_is_named(talked: SiteFolder) -> None:
    made = writing.make(talked.content, NOW, names=False)
    for name, body in writing.files(made).items():
        assert b"Reader 1" not in body, name
        assert b"Why so" not in body, name
    assert (made.json["awaiting"], made.json["oldest_awaiting"]) == (3, [])


def test_below_who_waits_something_is_said(talked: SiteFolder, site: SiteFolder) -> None:
    def said(**how: bool) -> str:
        heading = page_of(site, **how).find(id="waiting")
        assert heading is not None
        assert heading.parent is not None
        return " ".join(heading.parent.get_text().split())

    hidden = "One reader waits for your answer With 3 comments; on this page nobody is named."
    assert said(names=False) == hidden
    for n in range(10, 13):
        site.comments(make_comment(n + 60, n, author="Ada", author_id="ada", kind=Kind.AUTHOR),
                      thread="second")  # fmt: skip
    all_answered = "Nobody waits for your answer Every comment of a reader is answered, 12 in all."
    assert said() == said(names=False) == all_answered
    shutil.rmtree(site.content / "comments")
    assert said() == "Nobody waits for your answer No reader has written yet."


HOUR = 3600.0
SOME = Waits((HOUR, 3 * HOUR), (5 * HOUR,))
FEW = Waits((HOUR,), (2 * HOUR, 2 * HOUR))
MANY = Waits(tuple(HOUR * n for n in range(1, 20)), (HOUR,) * 5)


@pytest.mark.parametrize(
    ("row", "words"),
    [(Share(1190, 2018).phrase, ("59% of 2018 (57% to 61%)", "59%", "of 2018 (57% to 61%)",
                                 "59% of 2018")),
     (Share(9, 12).phrase, ("9 of 12", "9 of 12", "", "9 of 12")),
     (Share(0, 0).phrase, ("0 of 0", "–", "", "–")),
     (Rate(30, 2000).phrase, ("15.0 (10.1 to 21.4)", "15.0", "10.1 to 21.4", "15.0")),
     (times_of(SOME, "2 answers"), ("median 3 h", "3 h", "median", "3 h (2 answers)")),
     (times_of(FEW, "1 answer"), ("median not yet", "not yet", "median; fewer than half so far",
                                  "not yet (1 answer)")),
     (times_of(MANY, "19 answers"),
      ("median 10 h, 90 % within 18 h", "10 h", "median; 90 % within 18 h", "10 h (19 answers)")),
     (times_of(Waits((), ()), "0 answers"), ("–", "–", "", "–"))],
)  # fmt: skip
def test_a_figure_has_what_is_read_first(row: Phrase, words: tuple[str, ...]) -> None:
    assert row == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "Nobody waits for your answer"), (1, "One reader waits for your answer"),
     (3, "Three readers wait for your answer"), (12, "Twelve readers wait for your answer"),
     (13, "13 readers wait for your answer"), (1200, "1,200 readers wait for your answer")],
)  # fmt: skip
def test_waiting_in_words(number: int, words: str) -> None:
    assert waiting_words(number) == words


def test_charts_of_nothing_and_of_anything_hostile() -> None:
    assert "<svg" in charts.bars("t", [], [])
    assert "<table" in charts.heat("t", [], [])
    assert "<svg" in charts.curve("t", [("ever", "ever", [])])
    assert charts.sparkline("t", [0, 0]) == ""
    drawn = charts.heat('"><script>', [("</th><script>", [3])], ["Post", "<script>"])
    assert "<script" not in drawn
    assert [ENGLISH.manner.compact(n) for n in (7, 950, 1200, 35_000, 999_600, 2_000_000)] == [
        "7", "950", "1.2k", "35k", "1M", "2M"]  # fmt: skip


def test_a_scale_ends_near_what_is_drawn_in_whole_and_equal_steps() -> None:
    assert [charts.ticks(n) for n in (0, 1, 3, 11, 51, 1003)] == [
        [0, 1], [0, 1], [0, 1, 2, 3], [0, 4, 8, 12], [0, 20, 40, 60], [0, 400, 800, 1200]
    ]  # fmt: skip
    for value in (*range(1, 3000), 99_999, 1_000_001):
        steps = charts.ticks(value)
        assert value <= steps[-1] <= value * 4 / 3 + 0.5, value
        assert len({high - low for low, high in pairwise(steps)}) == 1, value
    assert ">1.2k<" in charts.bars("t", [("views", [1003])], [])


def test_private_is_the_default_and_nothing_of_it_is_public(talked: SiteFolder) -> None:
    talked.build()
    assert not (talked.output / "engagement").exists()
    page = (writing.private_folder(talked.content) / writing.PAGE).read_text("utf-8")
    assert "9 of 12" in page
    assert "Engagement" not in talked.read("index.html")
    assert not (talked.output / "network").exists()


def test_public_names_nobody_unless_the_network_page_is_wanted(talked: SiteFolder) -> None:
    engagement(talked, dashboard="public")
    talked.build()
    page = talked.read("engagement/index.html")
    assert "9 of 12" in page
    assert "Reader 1" not in page
    assert 'href="https://blog.example/engagement/"' in talked.build(
        SITEURL="https://blog.example"
    ).read("index.html")
    assert not (talked.output / "engagement" / "people.csv").exists()
    assert not writing.private_folder(talked.content).exists()


def test_a_public_dashboard_stays_whole_from_build_to_build(talked: SiteFolder) -> None:
    engagement(talked, dashboard="public")
    talked.build()
    folder = talked.output / "engagement"
    before = {path.name for path in folder.iterdir()}
    for body in ("Other text.", "Text again."):
        talked.post("second", Date="2026-03-02 08:00:00+00:00", body=body)
        talked.build()
        assert {path.name for path in folder.iterdir()} == before
    assert {"index.html", "dashboard.css", "posts.csv", "engagement.json"} <= before


def test_who_takes_part_is_a_page_where_it_is_wanted(talked: SiteFolder) -> None:
    engagement(talked, network=True, dashboard="off")
    talked.comments(make_comment(400, author="Site <b>", url="https://site.example/"))
    talked.build()
    page = BeautifulSoup(talked.read("network/index.html"), "html.parser")
    people = page.select(".members li")
    assert len(people) == 10
    assert "Reader 1" in people[0].get_text()
    assert "4 comments" in people[0].get_text()
    assert [link["href"] for link in people[0].select(".on a")] == ["/second/", "/first/"]
    own = page.find("a", href="https://site.example/")
    assert own is not None
    assert own["rel"] == ["nofollow", "ugc"]
    assert own.get_text() == "Site <b>"
    assert "Ada" not in page.select_one(".members").get_text()  # type: ignore[union-attr]
    assert not writing.private_folder(talked.content).exists()
    assert "Who takes part" in talked.read("index.html")
    assert [name.get_text() for name in page.select(".members strong bdi")] == [
        name.get_text() for name in page.select(".members strong")]  # fmt: skip


def test_views_that_cant_be_read_cost_the_dashboard_alone(talked: SiteFolder) -> None:
    engagement(talked, network=True)
    path = talked.content / "engagement" / "logs" / "2026-03.txt"
    path.parent.mkdir(parents=True)
    path.write_text("2026-03-01 view many /first/\n")
    (error,) = talked.try_build().errors
    assert "2026-03.txt:1: " in error
    assert "Reader 1" in talked.read("network/index.html")


def test_a_slip_in_the_settings_is_named(talked: SiteFolder) -> None:
    engagement(talked, dashboard="secret")
    done = talked.try_build()
    assert any("'dashboard' is 'secret'" in error for error in done.errors)
    with pytest.raises(sites.SiteError, match="Use one of: private, public, local, off"):
        sites.load(talked.content)


def test_a_quiet_line_on_each_post(talked: SiteFolder) -> None:
    talked.post("first", Title="A title", body="word " * 900)
    talked.build()
    facts = BeautifulSoup(talked.read("first/index.html"), "html.parser").select_one(".facts")
    assert facts is not None
    line = " ".join(facts.get_text(" ").split())
    assert line.endswith("4 minutes 19 thoughts 1 of them a mention")


def ask(address: str, path: str, cookie: str = "") -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = connection.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
    connection.close()
    return found


@pytest.mark.parametrize(
    ("wish", "public_site", "shown"),
    [("private", True, True), ("public", True, True), ("off", True, False),
     ("local", True, False), ("local", False, True)],
)  # fmt: skip
def test_the_desk_shows_it_to_moderators_alone(
    talked: SiteFolder, wish: str, public_site: bool, shown: bool
) -> None:
    engagement(talked, dashboard=wish)
    local = None if public_site else "http://127.0.0.1:8000"
    with (
        open_desk(talked.content, site_url=local) as desk,
        DeskServer(0).run(make_app(desk)) as server,
    ):
        base = "/reply/desk/engagement/"
        for path in (base, f"{base}people.csv", f"{base}engagement.json"):
            status, headers, body = ask(server.address, path)
            assert (status, headers["location"]) == (303, "/reply/desk/sign-in")
            assert "Reader" not in body
        desk.moderators.save("ada")
        cookie = "rejoinder_desk=" + desk.moderators.begin("ada", datetime.now(UTC))
        status, headers, body = ask(server.address, base, cookie)
        if not shown:
            assert status == 404
            return
        assert (status, "One reader waits" in body) == (200, True)
        assert "default-src 'none'" in headers["content-security-policy"]
        assert ask(server.address, f"{base}people.csv", cookie)[2].startswith("Name,Comments")
        assert ask(server.address, f"{base}dashboard.css", cookie)[1]["content-type"] == (
            "text/css; charset=utf-8")  # fmt: skip
        for odd in ("..%2F..%2Fdesk%2Fqueue.sqlite", "index.html", "threads.sqlite", "x.csv"):
            assert ask(server.address, base + odd, cookie)[0] == 404
        before = (writing.private_folder(talked.content) / writing.PAGE).stat().st_mtime_ns
        ask(server.address, base, cookie)
        assert (writing.private_folder(talked.content) / writing.PAGE).stat().st_mtime_ns == before


def test_whatever_is_asked_for_at_the_desk_is_as_fresh(
    talked: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = "/reply/desk/engagement/"
    with open_desk(talked.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        desk.moderators.save("ada")
        cookie = "rejoinder_desk=" + desk.moderators.begin("ada", datetime.now(UTC))

        def awaiting() -> int:
            return int(
                json.loads(ask(server.address, f"{base}engagement.json", cookie)[2])["awaiting"]
            )

        assert awaiting() == 3
        path = CommentStore(talked.content).path("second", number_id(12))
        path.write_text(path.read_text("utf-8").replace("Kind: comment", "Kind: pingback"), "utf-8")
        assert awaiting() == 3
        monkeypatch.setattr(door, "FRESH_SECONDS", 0)
        assert awaiting() == 2
        people = ask(server.address, f"{base}people.csv", cookie)[2]
        assert "Reader 1,3,2," in people


def test_the_desk_shows_at_once_what_it_has_published(talked: SiteFolder) -> None:
    with open_desk(talked.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        desk.moderators.save("ada")
        cookie = "rejoinder_desk=" + desk.moderators.begin("ada", datetime.now(UTC))
        page = "/reply/desk/engagement/"
        assert "With 3 comments." in ask(server.address, page, cookie)[2]
        reply = submit(desk, text="One more.")
        desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
        desk.publish()
        desk.is_published()
        assert "With 4 comments, 1 of them in" in ask(server.address, page, cookie)[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's dashboard, public, and its page of who takes part."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(ROOT / "content", folder / "content")
    path = folder / "content" / "site.toml"
    path.write_text(
        path.read_text("utf-8") + '\n[engagement]\ndashboard = "public"\nnetwork = true\n'
    )
    done = build(folder / "content", folder / "site", ROOT / "pelicanconf.py", {"SITEURL": ""})
    assert done.errors == ()
    return folder / "site"


@pytest.fixture(scope="module")
def shown(demo: Path) -> Iterator[str]:
    """The address that serves the demo."""
    from rejoinder.preview import Preview

    async def no_desk(scope: object, receive: object, send: object) -> None:
        raise AssertionError

    with DeskServer(0).run(Preview(demo, demo, no_desk)) as server:
        yield server.address


_WORDS = """() => [...document.querySelectorAll("figure")].map(figure =>
    [...figure.querySelectorAll("svg.chart text, .heat th, .heat td")]
        .filter(word => word.checkVisibility())
        .map(word => [word.textContent, word.getBoundingClientRect(),
                      parseFloat(getComputedStyle(word).fontSize)]))"""


@browser_only
@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_pictures_can_be_read_without_scrolling(shown: str, browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{shown}/engagement/")
    figures = page.evaluate(_WORDS)
    assert len(figures) == 5
    for words in figures:
        assert min(size for _, _, size in words) >= 12
        for (word, box, _), (other, beside, _) in combinations(words, 2):
            assert box["left"] >= 0, word
            assert box["right"] <= width, word
            is_aside = box["right"] <= beside["left"] or beside["right"] <= box["left"]
            is_above = box["bottom"] <= beside["top"] or beside["bottom"] <= box["top"]
            assert is_aside or is_above, (word, other)
    page.close()


@browser_only
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shadow_says_where_a_table_goes_on(shown: str, browser: Browser, scheme: str) -> None:
    page = browser.new_page(
        viewport={"width": 390, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page.goto(f"{shown}/engagement/")
    table = page.locator("section[aria-labelledby=posts] .wide")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None

    def shadows() -> tuple[bool, bool]:
        """Whether the background is seen at the left edge, and at the right."""
        seen = []
        for style in ("", "none"):
            table.evaluate("(table, style) => { table.style.background = style }", style)
            seen.append([
                page.screenshot(clip={"x": x, "y": box["y"], "width": 4, "height": box["height"]})
                for x in (box["x"], box["x"] + box["width"] - 4)
            ])  # fmt: skip
        return seen[0][0] != seen[1][0], seen[0][1] != seen[1][1]

    found = []
    for part in (0, 0.5, 1):
        table.evaluate("(t, part) => { t.scrollLeft = part * (t.scrollWidth - t.clientWidth) }",
                       part)  # fmt: skip
        found.append(shadows())
    assert found == [(False, True), (True, True), (True, False)]
    page.close()


@browser_only
@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_of_who_takes_part_keeps_off_the_edges(
    shown: str, browser: Browser, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{shown}/network/")
    for part in ("h1", ".members"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 20
        assert box["x"] + box["width"] <= width - 20
    page.close()


def test_the_same_talk_makes_the_same_bytes(talked: SiteFolder) -> None:
    count(talked)
    first = writing.files(writing.make(talked.content, NOW))
    shutil.rmtree(talked.content.parent / "private")
    assert writing.files(writing.make(talked.content, NOW)) == first
    assert re.search(r"until <time[^>]*>1 Apr 2026, 12:00<", first[writing.PAGE].decode())
