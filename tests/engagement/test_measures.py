"""Every measure against an independent calculation, on hand-made and on generated threads."""

from __future__ import annotations

import json
import math
import random
import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import networkx
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SiteFolder, invoke, make_comment, number_id
from hypothesis import given
from hypothesis import strategies as st
from invoke.program import Program
from scipy import stats
from talks import PEOPLE, POST, START, comment, threads

from rejoinder.comments.commonmark import to_html
from rejoinder.comments.model import Comment, Kind, make_id
from rejoinder.engagement import views
from rejoinder.engagement.measures import Measures, measure
from rejoinder.engagement.numbers import Share, Waits, effective, h_index
from rejoinder.engagement.parts import shape
from rejoinder.engagement.report import render, rows
from rejoinder.engagement.said import Post, identity, said
from rejoinder.engagement.views import Figure, Key, Source
from rejoinder.errors import EngagementError
from rejoinder.tasks import site_tasks

DOCUMENT = (ROOT / "docs" / "measures.md").read_text("utf-8")


def clock(text: str) -> datetime:
    return START.replace(hour=int(text[:2]), minute=int(text[3:]))


def measured(comments: list[Comment], days: float = 10) -> Measures:
    return measure([POST], said("first", comments), START + timedelta(days=days))


def test_the_worked_example_of_the_document() -> None:
    block = re.search(r"```\n(1 .*?)```", DOCUMENT, re.S)
    assert block is not None
    comments = []
    for line in block[1].splitlines():
        found = re.fullmatch(
            r"(\d+)\s+(\w+)(?:\s+to (\d+))?\s+([\d:]{5})(?:\s+let in at ([\d:]{5}))?", line
        )
        assert found is not None
        number, who, to, at, approved = found.groups()
        more = {"approved": clock(approved)} if approved else {}
        minutes = (clock(at) - START).total_seconds() / 60
        comments.append(comment(int(number), who, minutes, int(to) if to else None, **more))
    got = measured(comments, 8 / 24)
    figures = {row.name: row.figure for row in rows(got)}
    told = re.findall(r"^\| ([A-Z][^|]+?) \| (?:median )?`([^`]+)`", DOCUMENT, re.M)
    assert len(told) == 15
    for name, figure in told:
        assert figures[name].removeprefix("median ") == figure, name
    assert [one.id for one in got.awaiting] == [make_id(START, "n4"), make_id(START, "n3")]
    for row in rows(got):
        assert f"**{row.name}**" in DOCUMENT, row.name


WAITS = st.lists(st.integers(1, 50), max_size=40)


@given(WAITS, WAITS)
def test_waiting_is_counted_as_survival_analysis_does(ended: list[int], waiting: list[int]) -> None:
    ours = Waits(tuple(map(float, sorted(ended))), tuple(map(float, sorted(waiting))))
    if not ended:
        assert ours.curve == []
        assert ours.quantile(0.5) is None
        return
    theirs = stats.ecdf(stats.CensoredData(uncensored=ended, right=waiting)).sf
    curve = dict(ours.curve)
    for time, left in zip(theirs.quantiles, theirs.probabilities, strict=True):
        if time in curve:
            assert curve[time] == pytest.approx(left)
    assert set(curve) == set(map(float, ended))
    reached = [time for time, left in curve.items() if left <= 0.5 + 1e-12]
    assert ours.quantile(0.5) == (timedelta(seconds=min(reached)) if reached else None)


@given(WAITS, WAITS, st.integers(1, 60))
def test_the_interval_of_a_curve_is_wilsons_of_an_effective_sample(
    ended: list[int], waiting: list[int], limit: int
) -> None:
    ours, until = (
        Waits(tuple(map(float, ended)), tuple(map(float, waiting))),
        timedelta(seconds=limit),
    )
    share, found = ours.within(until), ours.interval(until)
    if share is None:
        assert found == (0, 1)
        return
    assert 0 <= found[0] <= share + 1e-12 <= found[1] + 2e-12 <= 1 + 3e-12
    if not waiting:
        assert found == pytest.approx(Share(ours.soon(until).count, len(ended)).interval)
    if not 1e-9 < share < 1 - 1e-9:
        return
    times = {time for time in ended if time <= limit}
    risk = {time: sum(other >= time for other in ended + waiting) for time in times}
    spread = math.fsum(
        ended.count(time) / (n * (n - ended.count(time))) for time, n in risk.items()
    )
    size = share * (1 - share) / ((1 - share) ** 2 * spread)
    z = stats.norm.ppf(0.975)
    for end in found:  # both ends of Wilson's interval solve this
        assert (share - end) ** 2 == pytest.approx(z**2 * end * (1 - end) / size)


def test_a_larger_sample_has_its_interval_and_one_is_one() -> None:
    comments = [comment(n, f"R{n}", n) for n in range(1, 26)]
    comments += [comment(100 + n, "Ada", n + 60, n) for n in range(1, 25)]
    got = {row.name: row for row in rows(measured(comments))}
    assert got["Answered within 24 h"].figure == "96% of 25 (80% to 99%)"
    assert got["Answered within 24 h"].sample == "24 answers, 1 still waits"
    assert got["Time to first response"].sample == "1 post"


def test_a_median_that_half_have_not_reached_is_not_yet() -> None:
    def times(comments: int, answers: int) -> str:
        said = [comment(n, f"R{n}", n) for n in range(1, comments + 1)]
        said += [comment(100 + n, "Ada", n + 60, n) for n in range(1, answers + 1)]
        return {row.name: row.figure for row in rows(measured(said))}["Time to the author's answer"]

    assert times(0, 0) == "–"
    assert [times(7, 0), times(7, 3), times(7, 4)] == [
        "median not yet", "median not yet", "median 60 min"]  # fmt: skip
    assert [times(25, 12), times(25, 13)] == ["median not yet", "median 60 min, 90 % not yet"]
    young = Waits((), (60.0,) * 30)
    assert young.soon_phrase(timedelta(hours=24)).whole == "not yet"


@given(st.integers(0, 200), st.integers(1, 200))
def test_intervals_are_wilsons(count: int, of: int) -> None:
    count = min(count, of)
    theirs = stats.binomtest(count, of).proportion_ci(method="wilson")
    assert Share(count, of).interval == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(
    ("share", "text"),
    [(Share(9, 12), "9 of 12"), (Share(0, 0), "0 of 0"),
     (Share(15, 20), "75% of 20 (53% to 89%)")],
)  # fmt: skip
def test_small_samples_are_counts(share: Share, text: str) -> None:
    assert str(share) == text


@given(threads())
def test_generated_threads_measure_as_a_plain_count_does(comments: list[Comment]) -> None:
    got = measured(comments)
    by_id = {c.id: c for c in comments}
    readers = [c for c in comments if not c.author_id]
    answered = [c for c in readers
                if any(a.author_id and a.in_reply_to == c.id for a in comments)]  # fmt: skip
    assert (got.answered.count, got.answered.of) == (len(answered), len(readers))
    assert {one.id for one in got.awaiting} == {c.id for c in readers} - {c.id for c in answered}
    assert [one.date for one in got.awaiting] == sorted(one.date for one in got.awaiting)
    graph = networkx.DiGraph()
    for c in comments:
        whom = by_id[c.in_reply_to].author if c.in_reply_to else "Ada"
        if whom != c.author:
            graph.add_edge(c.author, whom)
    assert got.reciprocity.of == graph.number_of_edges()
    if got.reciprocity.of:
        share = got.reciprocity.count / got.reciprocity.of
        assert share == pytest.approx(networkx.overall_reciprocity(graph))
    tree = networkx.DiGraph([(c.in_reply_to or "post", c.id) for c in comments])
    tree.add_node("post")
    lengths = networkx.single_source_shortest_path_length(tree, "post")
    found = got.rows["first"].shape
    assert found.depth == max(lengths.values())
    levels = [sum(d == level for d in lengths.values()) for level in range(1, found.depth + 1)]
    assert list(found.levels) == levels
    fits = [h for h in range(1, 30) if len(levels) >= h and levels[h - 1] >= h]
    assert found.h == max(fits, default=0)
    counts = [sum(c.author == who for c in readers) for who in PEOPLE]
    shares = [n / len(readers) for n in counts] if readers else []
    expected = 1 / math.fsum(s * s for s in shares) if shares else 0
    assert got.effective_participants == pytest.approx(expected)


@given(threads(), st.lists(st.none() | st.integers(-5, 900), min_size=25, max_size=25),
       st.integers(0, 1500))  # fmt: skip
def test_generated_threads_converse_as_a_slow_count_does(
    comments: list[Comment], delays: list[int | None], begin: int
) -> None:
    comments = [
        c if delay is None else replace(c, approved=c.date + timedelta(minutes=delay))
        for c, delay in zip(comments, delays, strict=False)
    ]
    since, now = START + timedelta(minutes=begin), START + timedelta(days=10)
    silent = replace(POST, thread="silent", date=START + timedelta(hours=1))
    posts, contributions = [POST, silent], said("first", comments)
    for got, inside in (
        (measure(posts, contributions, now), comments),
        (measure(posts, contributions, now, since), [c for c in comments if c.date >= since]),
    ):
        readers = [c for c in inside if c.author != "Ada"]
        above = {c.id: [a for a in comments if a.id == c.in_reply_to] for c in comments}
        # Came back: there is a comment of the same reader after the first answer.
        stayed = answered = 0
        for c in readers:
            answers = [a.date for a in comments if a.in_reply_to == c.id and a.author == "Ada"]
            if answers and min(answers) > c.date:
                answered += 1
                stayed += any(d.author == c.author and d.date > min(answers) for d in comments)
        assert got.came_back == Share(stayed, answered)
        to_readers = [c for c in readers for a in above[c.id] if a.author not in ("Ada", c.author)]
        assert got.reader_to_reader == Share(len(to_readers), len(readers))
        let_in = [(c.approved - c.date).total_seconds() for c in readers if c.approved]
        assert list(got.moderation.ended) == sorted(delay for delay in let_in if delay >= 0)
        assert got.moderation.waiting == ()
        depths = []
        for c in inside:
            depth, here = 1, c
            while above[here.id]:
                depth, here = depth + 1, above[here.id][0]
            depths.append(depth)
        assert got.rows["first"].shape.width == max(map(depths.count, depths), default=0)
        # A post is of a period when it was published in it; whenever it was answered.
        fresh = [post for post in posts if inside is comments or post.date >= since]
        first = [c.date for c in comments if c.author != "Ada"]
        ended, waiting, none = [], [], 0
        for post in fresh:
            if post is silent or not first:
                none += 1
                waiting.append((now - post.date).total_seconds())
            elif min(first) > post.date:
                ended.append((min(first) - post.date).total_seconds())
        assert got.silent == Share(none, len(fresh))
        assert list(got.first_response.ended) == sorted(ended)
        assert list(got.first_response.waiting) == sorted(waiting)


@given(threads(), st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(comments: list[Comment], chance: random.Random) -> None:
    shuffled = list(comments)
    chance.shuffle(shuffled)
    assert measured(shuffled) == measured(comments)


@given(threads(), st.integers(-12, 14))
def test_another_zone_changes_nothing(comments: list[Comment], hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    moved = [replace(c, date=c.date.astimezone(zone), extra=dict(c.extra)) for c in comments]
    assert measured(moved) == measured(comments)


def test_a_name_alone_makes_no_author() -> None:
    got = measured([comment(1, "Bo", 1, author="Ada")])
    assert (got.by_author, got.by_readers, len(got.awaiting)) == (0, 1, 1)


def test_people_are_told_apart_by_site_then_name() -> None:
    one = comment(1, "Bo", 1, url="https://www.bo.example/")
    assert identity(one) == identity(comment(2, "Robert", 2, url="http://bo.example"))
    assert identity(comment(3, "Bo", 3)) == identity(comment(4, " bO ", 4))
    assert identity(one) != identity(comment(5, "Bo", 5))


def test_without_a_name_nobody_is_one_returning_reader() -> None:
    comments = [comment(1, "", 10), comment(2, "Ada", 20, 1), comment(3, "Anonymous", 30),
                comment(4, "", 40), comment(5, "Bo", 50),
                comment(6, "", 60, url="https://cy.example")]  # fmt: skip
    got = measured(comments)
    assert (got.participants, got.nameless, got.by_readers) == (2, 3, 5)
    assert (got.came_back, got.effective_participants) == (Share(0, 1), 2.0)
    assert len({one.who for one in got.awaiting}) == 4
    assert got.reciprocity == Share(2, 6)
    sample = next(row.sample for row in rows(got) if row.name == "Participants")
    assert sample == "readers who wrote, and of 3 comments without a name nobody knows whose"
    posts = [POST, replace(POST, thread="other")]
    both = measure(posts, [*said("first", comments), *said("other", [comment(9, "", 1)])],
                   START + timedelta(days=10))  # fmt: skip
    assert (both.returning, both.nameless) == (Share(0, 2), 4)


def test_what_would_lie_is_left_out() -> None:
    comments = [
        comment(1, "Bo", 60), comment(2, "Ada", 60, 1),  # imported without times
        comment(3, "Ada", 90, 2),  # to oneself
        comment(4, "Site", 5, kind=Kind.WEBMENTION, source="webmention"),
        comment(5, "Liker", 6, kind=Kind.LIKE),
        comment(6, "Cy", 70), comment(7, "", 0, 6, kind=Kind.REMOVED),
    ]  # fmt: skip
    got = measured(comments)
    assert (got.undated, got.time_to_answer.ended) == (1, ())
    assert (got.comments, got.mentions, got.reactions) == (4, {"webmention": 1}, 1)
    assert got.participants == 2
    assert got.first_response.ended == (3600.0,)
    assert got.reciprocity == Share(2, 3)


def test_nobody_comes_back_after_an_answer_without_a_time() -> None:
    comments = [
        comment(1, "Bo", 60), comment(2, "Ada", 50, 1),  # dated before what it answers
        comment(3, "Cy", 70), comment(4, "Ada", 80, 3), comment(5, "Cy", 90),
        comment(6, "Dee", 100), comment(7, "Ada", 100, 6), comment(8, "Dee", 110),
    ]  # fmt: skip
    got = measured(comments)
    assert (got.undated, got.answered, got.came_back) == (2, Share(3, 5), Share(1, 1))


def test_the_shape_of_a_period_is_that_of_what_was_said_in_it() -> None:
    comments = [comment(1, "Bo", 1), comment(2, "Ada", 2, 1), comment(3, "Bo", 3, 2),
                comment(4, "Cy", 100), comment(5, "Ada", 110, 1), comment(6, "Cy", 120, 4),
                comment(7, "Dee", 130, 1)]  # fmt: skip
    now = START + timedelta(days=1)
    got = measure([POST], said("first", comments), now, START + timedelta(minutes=60))
    assert got.rows["first"].shape == (2, 3, 2, (1, 3))
    assert measured(comments).rows["first"].shape == (3, 4, 2, (2, 4, 1))
    silent = measure([POST], said("first", comments), now, START + timedelta(minutes=200))
    assert silent.rows["first"].shape == (0, 0, 0, ())


def test_posts_of_the_future_are_not_silent_yet() -> None:
    soon = Post("soon", "Soon", START + timedelta(days=9), frozenset({"ada"}))
    undated = Post("undated", "U", None, frozenset({"ada"}))
    comments = said("first", [comment(1, "Bo", 1)])
    got = measure([POST, soon, undated], comments, START + timedelta(days=1))
    assert (got.posts, got.silent, got.first_response.waiting) == (2, Share(1, 2), ())
    after = measure([POST, soon, undated], comments, START + timedelta(days=9))
    assert (after.posts, after.silent, after.first_response.waiting) == (3, Share(2, 3), (0.0,))


def test_a_ring_of_answers_ends() -> None:
    assert shape(said("first", [comment(1, "Bo", 1, 2), comment(2, "Cy", 2, 1)])).depth == 2


def test_numbers_of_nothing() -> None:
    got = measure([], [], START)
    assert {row.name: row.figure for row in rows(got)}["Author response rate"] == "0 of 0"
    assert (effective([]), h_index([])) == (0.0, 0)


@pytest.mark.parametrize(
    "name",
    ["[me](https://evil.example)", "https://evil.example", "www.evil.example", "WWW.evil.example",
     "<https://evil.example>", "![x](//evil.example/p)", "`x` *y* _z_ ~~q~~",
     "a | b", "&lt;b&gt; \\[x](y)", "<b>x</b>"],
)  # fmt: skip
def test_names_and_words_are_nothing_but_text_in_markdown(name: str) -> None:
    posts = {"first": replace(POST, title=name, url="https://blog.example/a(b")}
    got = measured([comment(1, "Bo", 1, author=name)])
    made = render(got, posts, START, "md", {got.awaiting[0].id: name})
    html = BeautifulSoup(to_html(made), "html.parser")
    (link,) = html.find_all("a")
    assert str(link["href"]).startswith("https://blog.example/a(b#")
    item = link.parent
    assert item is not None
    assert item.get_text().rstrip() == f"2026-03-01 {name} on {name}: {name}"
    assert {tag.name for tag in item.find_all()} <= {"a", "p"}


@pytest.mark.parametrize("how", [["report"], ["report", "--since", "2026-03-01"],
                                 ["measure", "access.log"]])  # fmt: skip
def test_a_content_folder_that_isnt_there_is_refused_and_nothing_made(
    tmp_path: Path, how: list[str]
) -> None:
    (tmp_path / "access.log").write_text("")
    words = [str(tmp_path / one) if one == "access.log" else one for one in how]
    done = invoke(*words, "--content", str(tmp_path / "none" / "content"))
    assert (done.returncode, "there is no content" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["access.log"]


def test_views_are_not_saved_where_there_is_no_content(tmp_path: Path) -> None:
    day = date(2026, 3, 2)
    with pytest.raises(EngagementError, match="there is no content"):
        views.save(tmp_path / "none", Source.LOGS, {day: {Key(day, Figure.VISITS): 1}})
    assert list(tmp_path.iterdir()) == []


def test_the_report_of_a_site(site: SiteFolder) -> None:
    site.post("first", Title="A <i>title</i>")
    site.post("quiet", Date="2026-03-05 08:00:00+00:00")
    path = site.content / "authors" / "ada.md"
    path.parent.mkdir()
    path.write_text("Name: Ada\n\nBio.\n")
    site.comments(
        make_comment(1, body="Why | so <b>soon</b>?"),
        make_comment(2, 1, author="Ada", author_id="ada", kind=Kind.AUTHOR),
        make_comment(3, body="And <script>why</script> | late?"),
    )
    where = ["--content", str(site.content)]
    text = invoke("report", *where)
    assert text.returncode == 0, text.stderr
    assert "1 wait for an answer" in text.stdout
    assert f"https://blog.example/first/#comment-{number_id(3)}" in text.stdout
    assert re.search(r"Author response rate +1 of 2 ", text.stdout)
    assert "1 of 2" in invoke("report", *where, "--format", "md").stdout
    html = invoke("report", *where, "--format", "html").stdout
    assert "<script>" not in html
    assert "A title" in html
    data = json.loads(invoke("report", *where, "--format", "json").stdout)
    assert data["answered"]["count"] == 1
    assert data["awaiting"][0]["post"] == "first"
    assert set(data) <= set(re.findall(r"`(\w+)`", DOCUMENT.partition("## The JSON")[2]))
    one = invoke("report", *where, "--post", "first").stdout
    assert re.search(r"Posts without a response +0 of 1", one)
    assert "1 post, at" in invoke("report", *where, "--since", "2026-03-04").stdout
    wrong = invoke("report", *where, "--format", "pdf")
    assert (wrong.returncode, "no format" in wrong.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [("--since then", "'then' is no day"), ("--since=", "'' is no day"),
     ("--since 2999-01-01", "2999-01-01 is still to come"), ("--post=", "no post is named"),
     ("--post gone", "no post 'gone'"), ("--post first --since 2026-03-04", "Leave out --since"),
     ("", "round.md: it can't be read: Too many levels of symbolic links. It must be there")],
)  # fmt: skip
def test_what_cant_be_reported_is_told_in_a_line(
    site: SiteFolder, capsys: pytest.CaptureFixture[str], words: str, says: str
) -> None:
    site.post("first")
    if not words:
        (site.content / "posts" / "round.md").symlink_to("round.md")
    program = Program(namespace=site_tasks(str(ROOT / "tasks.py")))
    with pytest.raises(SystemExit) as ended:
        program.run(["invoke", "report", "--content", str(site.content), *words.split()])
    assert (ended.value.code, says in capsys.readouterr().err) == (1, True)


@pytest.mark.parametrize("name", ["said", "numbers", "measures", "report"])
def test_deciding_about_engagement_does_no_io(name: str) -> None:
    text = (ROOT / "plugins" / "rejoinder" / "engagement" / f"{name}.py").read_text("utf-8")
    for call in (".read_text(", "open(", ".now(", "today(", "import os", "from pathlib"):
        assert call not in text
