"""What other programs are told of each kind of page, read from pages that were really built."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import mf2py
import pytest
from bs4 import BeautifulSoup
from builds import build
from conftest import SiteFolder, make_comment
from PIL import Image

SITE = "https://blog.example"
LONG = "A title that goes on for so long that no line of a card could ever hold all of it at once"

# What Google asks for, and what else has to be there to be of use, by type:
# https://developers.google.com/search/docs/appearance/structured-data
REQUIRED = {
    "BlogPosting": {"headline", "url", "author", "datePublished", "dateModified", "publisher",
                    "mainEntityOfPage", "wordCount", "inLanguage", "articleSection", "image"},
    "BreadcrumbList": {"itemListElement"},
    "ListItem": {"position", "name", "item"},
    "Person": {"name", "url"},
    "Organization": {"name", "url"},
    "ProfilePage": {"mainEntity", "url"},
    "WebSite": {"name", "url"},
    "WebPage": {"name", "url"},
    "Blog": {"name", "url"},
    "ImageObject": {"url", "width", "height"},
}  # fmt: skip
KINDS = {
    "first/": {"BlogPosting", "BreadcrumbList"},
    "about/": {"WebPage", "BreadcrumbList"},
    "author/ada/": {"ProfilePage", "BreadcrumbList"},
    "": {"WebSite", "Blog"},
    "category/notes/": set(), "tag/memos/": set(), "archives/": set(), "first/comments/2/": set(),
    "404.html": set(),
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SiteFolder:
    """A site with every kind of page, at its real address."""
    site = SiteFolder(tmp_path_factory.mktemp("shared") / "site")
    site.content.mkdir(parents=True)
    (site.content / "site.toml").write_text(
        f'title = "Ada & others"\nsubtitle = "Notes"\nurl = "{SITE}"\nauthor = "Ada"\n', "utf-8"
    )
    (site.content / "authors").mkdir()
    (site.content / "authors" / "ada.md").write_text(
        "Name: Ada\nRole: Countess\nPortrait: images/ada.png\nUrl: https://ada.example/\n"
        "Profile: mastodon https://social.example/@ada\n\nShe *writes*.\n", "utf-8",
    )  # fmt: skip
    (site.content / "images").mkdir()
    Image.new("RGB", (200, 200), "#336699").save(site.content / "images" / "ada.png")
    Image.new("RGB", (800, 500), "#993366").save(site.content / "images" / "wide.jpg")
    site.post(
        "first", "Some **words** here.", Title="Say &quot;no&quot; &amp; go",
        Tags="memos, letters", Modified="2026-03-02 08:00:00+00:00",
    )  # fmt: skip
    site.post("long", Title=LONG)
    site.post("cyrillic", Title="Зачем писать")
    site.post("hebrew", Title="שלום")
    site.post("featured", Featured_Image="/images/wide.jpg")
    site.post("drawing", Featured_Image="/images/drawing.svg")
    site.page("about", "About it.")
    site.comments(*(make_comment(number) for number in range(4)))
    return site.build("publishconf.py", CARDS=True, COMMENTS_PAGE_SIZE=2)


def page_of(site: SiteFolder, address: str) -> BeautifulSoup:
    file = address if address.endswith(".html") else f"{address}index.html"
    return BeautifulSoup(site.read(file), "html.parser")


def tags_of(page: BeautifulSoup) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in page.select("head meta[property], head meta[name]"):
        found.setdefault(str(tag.get("property") or tag["name"]), []).append(str(tag["content"]))
    return found


def graph_of(page: BeautifulSoup) -> list[dict[str, Any]]:
    data = [json.loads(tag.string or "") for tag in page.select('[type="application/ld+json"]')]
    return [part for one in data for part in one["@graph"]]


def things(data: object) -> Iterator[Mapping[str, Any]]:
    """All that has a type, however deep."""
    if isinstance(data, dict):
        if "@type" in data:
            yield data
        for value in data.values():
            yield from things(value)
    elif isinstance(data, list):
        for value in data:
            yield from things(value)


@pytest.mark.parametrize("address", KINDS)
def test_every_page_says_its_address_and_what_to_show(site: SiteFolder, address: str) -> None:
    page = page_of(site, address)
    tags = tags_of(page)
    wanted = [] if address == "404.html" else [f"{SITE}/{address}"]
    assert [str(tag["href"]) for tag in page.select('link[rel="canonical"]')] == wanted
    assert tags.get("og:url", []) == wanted
    for name in ("og:type", "og:title", "og:site_name", "og:locale", "twitter:card",
                 "og:image", "og:image:width", "og:image:height", "og:image:alt",
                 "og:description"):  # fmt: skip
        assert len(tags[name]) == 1, name
        assert tags[name][0], name
    file = site.output / urlsplit(tags["og:image"][0]).path.lstrip("/")
    with Image.open(file) as picture:
        said = tags["og:image:width"] + tags["og:image:height"]
        assert [str(length) for length in picture.size] == said


def test_a_post_says_what_it_is(site: SiteFolder) -> None:
    tags = tags_of(page_of(site, "first/"))
    assert tags["og:type"] == ["article"]
    assert tags["og:title"] == ['Say "no" & go']
    assert tags["og:site_name"] == ["Ada & others"]
    assert tags["og:locale"] == ["en_US"]
    assert tags["article:published_time"] == ["2026-03-01T08:00:00+00:00"]
    assert tags["article:modified_time"] == ["2026-03-02T08:00:00+00:00"]
    assert tags["article:author"] == [f"{SITE}/author/ada/"]
    assert tags["article:section"] == ["Notes"]
    assert sorted(tags["article:tag"]) == ["letters", "memos"]
    assert tags["og:image"] == [f"{SITE}/cards/first.png"]
    titles = {a: tags_of(page_of(site, a))["og:title"] for a in ("tag/memos/", "archives/", "")}
    assert titles == {"tag/memos/": ["memos"], "archives/": ["Archives"], "": ["Ada & others"]}


@pytest.mark.parametrize("address", KINDS)
def test_structured_data_has_what_is_required(site: SiteFolder, address: str) -> None:
    graph = graph_of(page_of(site, address))
    assert {part["@type"] for part in graph} == KINDS[address]
    for thing in things(graph):
        missing = REQUIRED[thing["@type"]] - {name for name, value in thing.items() if value}
        assert not missing or thing.keys() <= {"@type", "@id"}, (thing, missing)
    for way in (part for part in graph if part["@type"] == "BreadcrumbList"):
        assert [item["position"] for item in way["itemListElement"]] == [
            *range(1, len(way["itemListElement"]) + 1)
        ]
        assert len(way["itemListElement"]) >= 2
        assert way["itemListElement"][-1]["item"] == f"{SITE}/{address}"


def test_a_post_and_its_author_are_described(site: SiteFolder) -> None:
    post = graph_of(page_of(site, "first/"))[0]
    assert post["wordCount"] == 3
    (ada,) = post["author"]
    assert ada["sameAs"] == ["https://ada.example/", "https://social.example/@ada"]
    assert ada["image"] == f"{SITE}/images/ada.png"
    assert post["publisher"]["@id"] == ada["@id"]
    profile = graph_of(page_of(site, "author/ada/"))[0]["mainEntity"]
    assert profile["@id"] == ada["@id"]
    assert profile["jobTitle"] == "Countess"
    assert profile["description"] == "She writes."


def test_the_discussion_is_said_once_with_all_that_is_required(site: SiteFolder) -> None:
    page = page_of(site, "first/")
    section = page.select_one("[itemscope][itemid]")
    assert section is not None
    assert section["itemid"] == graph_of(page)[0]["@id"]
    assert "comment" not in page.select_one('[type="application/ld+json"]').text.replace(
        "#comments", ""
    )  # fmt: skip
    comments = section.select('[itemprop="comment"]')
    assert len(comments) == 2
    for comment in comments:
        for needed in ('[itemprop="author"] [itemprop="name"]', '[itemprop="text"]',
                       '[itemprop="url"]', 'time[itemprop="datePublished"][datetime]'):  # fmt: skip
            assert comment.select_one(needed), needed


def test_a_featured_image_takes_the_cards_place(site: SiteFolder) -> None:
    tags = tags_of(page_of(site, "featured/"))
    assert tags["og:image"] == [f"{SITE}/images/wide.jpg"]
    assert tags["og:image:width"] == ["800"]
    drawn = {path.relative_to(site.output / "cards").as_posix()
             for path in (site.output / "cards").rglob("*.png")}  # fmt: skip
    assert drawn == {"index.png", "first.png", "long.png", "cyrillic.png", "drawing.png"}
    assert tags_of(page_of(site, "hebrew/"))["og:image"] == [f"{SITE}/cards/index.png"]


def entries(items: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    for item in items:
        if kind in item["type"]:
            yield item
        yield from entries(item.get("children", []), kind)
        for values in item["properties"].values():
            yield from entries([v for v in values if isinstance(v, dict) and "type" in v], kind)


def test_a_post_is_an_entry_for_the_indieweb(site: SiteFolder) -> None:
    parsed = mf2py.parse(doc=site.read("first/index.html"), url=f"{SITE}/first/")
    (entry,) = entries(parsed["items"], "h-entry")
    said = entry["properties"]
    assert said["name"] == ['Say "no" & go']
    assert said["url"] == said["uid"] == [f"{SITE}/first/"]
    assert said["published"] == ["2026-03-01T08:00:00+0000"]
    assert said["updated"] == ["2026-03-02T08:00:00+0000"]
    assert said["summary"] == ["Some words here."]
    assert sorted(said["category"]) == ["Notes", "letters", "memos"]
    assert "Some words here." in said["content"][0]["value"]
    (author,) = said["author"]
    assert author["properties"]["name"] == ["Ada"]
    assert author["properties"]["url"] == [f"{SITE}/author/ada/"]
    assert author["properties"]["photo"] == [f"{SITE}/images/ada.png"]
    assert len(said["comment"]) == 2


def test_a_list_is_a_feed_for_the_indieweb(site: SiteFolder) -> None:
    parsed = mf2py.parse(doc=site.read("index.html"), url=f"{SITE}/")
    (feed,) = entries(parsed["items"], "h-feed")
    assert feed["properties"]["name"] == ["Notes"]
    assert feed["properties"]["url"] == [f"{SITE}/"]
    listed = [one for one in feed["children"] if "h-entry" in one["type"]]
    assert len(listed) == 6
    for entry in listed:
        assert {"name", "url", "published", "author", "summary"} <= entry["properties"].keys()


def test_an_authors_page_says_whose_it_is(site: SiteFolder) -> None:
    address = f"{SITE}/author/ada/"
    parsed = mf2py.parse(doc=site.read("author/ada/index.html"), url=address)
    # https://microformats.org/wiki/representative-h-card-parsing, the first rule
    mine = [card["properties"] for card in entries(parsed["items"], "h-card")
            if address in card["properties"].get("uid", [])
            and address in card["properties"].get("url", [])]  # fmt: skip
    assert len(mine) == 1
    assert mine[0]["name"] == ["Ada"]
    assert "https://social.example/@ada" in parsed["rels"]["me"]


def test_a_site_without_an_address_says_nothing_that_needs_one(blog: SiteFolder) -> None:
    build(blog.content, blog.output, SITEURL="", CARDS=True)
    page = page_of(blog, "first/")
    assert not page.select('link[rel="canonical"]')
    assert "og:image" not in tags_of(page)
    assert tags_of(page)["twitter:card"] == ["summary"]


@pytest.fixture
def blog(tmp_path: Path) -> SiteFolder:
    site = SiteFolder(tmp_path / "site")
    site.content.mkdir(parents=True)
    (site.content / "site.toml").write_text(f'title = "A"\nurl = "{SITE}"\nauthor = "Ada"\n')
    site.post("first")
    site.post("second")
    return site


def test_a_card_is_drawn_again_only_when_it_changes(blog: SiteFolder) -> None:
    cards = blog.output / "cards"

    def stamps(**settings: object) -> dict[str, int]:
        said = build(blog.content, blog.output, CARDS=True, **settings)
        assert said is not None
        return {path.name: path.stat().st_mtime_ns for path in sorted(cards.glob("*.png"))}

    before = stamps()
    assert list(before) == ["first.png", "index.png", "second.png"]
    time.sleep(0.02)
    blog.post("first", "Other words.")
    assert stamps(COMMENTS_RECENT=3) == before
    blog.post("first", Title="Another title")
    changed = stamps(COMMENTS_RECENT=3)
    assert {name for name in before if before[name] != changed[name]} == {"first.png"}
    was = (cards / "second.png").read_bytes()
    (cards / "second.png").unlink()
    (blog.content / "posts" / "first.md").unlink()
    assert list(stamps()) == ["index.png", "second.png"]
    assert (cards / "second.png").read_bytes() == was
    looks = stamps(CARDS_ACCENT="#aa0000")
    assert (cards / "second.png").read_bytes() != was
    assert list(looks) == ["index.png", "second.png"]


def test_cards_are_the_same_without_incremental_builds(blog: SiteFolder, tmp_path: Path) -> None:
    for number in range(12):
        blog.post(f"post-{number}")
    build(blog.content, blog.output, CARDS=True, INCREMENTAL_WORKERS=2)
    build(blog.content, tmp_path / "clean", CARDS=True, INCREMENTAL=False)
    ours = {path.name: path.read_bytes() for path in (blog.output / "cards").iterdir()}
    clean = {path.name: path.read_bytes() for path in (tmp_path / "clean" / "cards").iterdir()}
    assert len(ours) == 15
    assert ours == clean


@pytest.mark.parametrize(("name", "value", "said"), [
    ("CARDS_INK", "black", "#0d5f4e"), ("CARDS_URL", "/cards", "cards/"),
    ("CARDS_FONT", "images/none.ttf", "CARDS_FONT"),
])  # fmt: skip
def test_a_wrong_setting_is_named(blog: SiteFolder, name: str, value: str, said: str) -> None:
    done = blog.try_build(CARDS=True, **{name: value})
    assert any(said in error for error in done.errors), done
