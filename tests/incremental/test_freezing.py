"""What pages were given is thawed as it was frozen, whatever is pickled in a quicker way than
pickle's own."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import make_comment
from hypothesis import given, settings
from hypothesis import strategies as st
from incremental.freezing import CantKeepError, Freezer
from pelican.contents import Article
from pelican.paginator import PaginationRule, Paginator
from pelican.settings import DEFAULT_CONFIG
from pelican.urlwrappers import Tag
from pelican.utils import SafeDatetime

from rejoinder.comments.model import Kind
from rejoinder.comments.recent import Recents
from rejoinder.comments.view import Options, Subject, ThreadView
from rejoinder.incremental.state import EVERY
from rejoinder.incremental.templates import Seen
from rejoinder.press.frozen import Frozen, Moment, thaw

ASKED = Seen(words=frozenset({"url", "name", "title", "tags", "thread", "lang", "colour"}))

_WORDS = st.text(max_size=5)
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30), "here"), None,
                          ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")])  # fmt: skip
_DATES = st.builds(
    SafeDatetime, st.integers(2, 9998), st.integers(1, 12), st.integers(1, 28), st.integers(0, 23),
    st.integers(0, 59), st.integers(0, 59), st.integers(0, 999_999), _ZONES,
)  # fmt: skip
_SUBJECTS = st.builds(Subject, _WORDS, _WORDS, _WORDS, st.none() | _DATES, st.none() | _WORDS)
_OPTIONS = st.builds(
    Options, max_depth=st.integers(0, 9), page_size=st.integers(0, 9), reply_url=_WORDS,
    newest_first=st.booleans(), sign_in=st.lists(st.tuples(_WORDS, _WORDS), max_size=2).map(tuple),
)  # fmt: skip


def kept(value: Any, found: Callable[[Any], Any] = lambda pid: pid, **common: Any) -> Any:
    return thaw(Freezer(ASKED, common)(value)[0], found)


@settings(deadline=None)
@given(_SUBJECTS, _OPTIONS, st.booleans())
def test_a_discussion_is_referred_to(subject: Subject, options: Options, paged: bool) -> None:
    view = ThreadView(subject, [make_comment(1)], options, datetime.now(UTC))
    view = view.showing(view.pages[0]) if paged else view
    blob, shown = Freezer(Seen())([view, view])
    first, second = thaw(blob, lambda pid: pid)
    assert first is second
    assert first == ("thread", subject, options, view.shown_number)
    assert shown == {subject.key}
    assert Freezer(Seen(), {"views": {"a": view}})([view, view]) == (blob, shown)
    recents = Recents()
    recents.number = 5
    assert Freezer(Seen())(recents)[1] == {EVERY}
    assert kept(recents) == ("recent", 5)


def test_thawing_holds_nothing_back() -> None:
    subject = Subject("one", "One", "one/")
    blob, _ = Freezer(Seen())(ThreadView(subject, [], Options(), datetime.now(UTC)))

    def found(pid: Any) -> Any:
        return pid

    gone = weakref.ref(found)
    gc.disable()
    try:
        thaw(blob, found)
        del found
        assert gone() is None  # the press holds all comments by it
    finally:
        gc.enable()


@settings(deadline=None)
@given(_DATES)
def test_a_date_stays_the_same_in_its_zone(date: SafeDatetime) -> None:
    there = kept(date)
    assert type(there) is Moment
    assert there == date
    assert (there.utcoffset(), there.tzname()) == (date.utcoffset(), date.tzname())
    plain = datetime.combine(date.date(), date.timetz())
    assert type(kept(plain)) is datetime
    assert kept(plain) == plain


_PARTS = st.recursive(
    st.integers() | _WORDS | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3)
    | st.tuples(inner, inner), max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(_WORDS, st.lists(_PARTS, max_size=3)), _PARTS, st.data())
def test_what_pages_have_in_common_is_named(
    table: dict[str, Any], own: Any, data: st.DataObject
) -> None:
    keys = data.draw(st.lists(st.sampled_from(sorted(table)), max_size=5) if table else st.just([]))
    page = [own, *(table[key] for key in keys)]
    named: list[Any] = []

    def found(pid: Any) -> Any:
        named.append(pid)
        return table[pid[2]]

    assert kept(page) == page
    assert kept(page, found, table=table) == page
    assert named == [("common", "table", key) for key in keys]


def test_terms_and_posts_are_what_they_were() -> None:
    config = {**DEFAULT_CONFIG, "PATH": "/nowhere"}
    tags = [Tag(name, config) for name in ("Über uns", "b", "a")]
    metadata = {"title": "One", "slug": "one", "tags": tags}
    post = Article("<p>Text</p>", metadata, config, "/nowhere/one.md")
    post.thread = ThreadView(Subject("one", "One", "one/"), [], Options(), datetime.now(UTC))
    frozen, again, *terms = kept([post, post, *tags])
    assert frozen is again
    assert type(frozen) is Frozen
    assert (frozen.title, frozen.url) == (post.title, post.url)
    assert frozen.thread == ("thread", post.thread.subject, Options(), None)
    assert not hasattr(frozen, "content")
    assert [one is other for one, other in zip(terms, frozen.tags, strict=True)] == [True] * 3
    for was, now in zip(tags, terms, strict=True):
        assert (str(now), now.name, now.url) == (str(was), was.name, was.url)
        assert now == str(was)
        assert {now: 1}[Frozen("Tag", was.slug, "", {})] == 1
    assert [one.name for one in sorted(terms)] == [one.name for one in sorted(tags)]
    freezer = Freezer(ASKED)
    assert freezer([tags])[0] == freezer([tags])[0]  # the second time from what is remembered
    tags[0].colour = open  # a function of Python's
    with pytest.raises(CantKeepError, match="builtin_function"):
        Freezer(ASKED)(tags)


def test_a_page_of_a_list_answers_what_it_is_asked() -> None:
    config = {**DEFAULT_CONFIG, "PAGINATION_PATTERNS": [
        PaginationRule(1, "{name}.html", "{name}.html")]}  # fmt: skip
    page = Paginator("index", "{url}", list(range(25)), config, 10).page(2)
    there = kept(page)
    assert (there.number, there.object_list, there.url) == (2, page.object_list, page.url)
    assert (there.has_next(), there.next_page_number()) == (True, 3)
    assert (there.start_index(), there.end_index()) == (11, 20)
    assert there.paginator.num_pages == 3


def test_a_member_of_an_enumeration_stays_itself() -> None:
    assert kept([Kind.LIKE, Kind.LIKE])[0] is Kind.LIKE
