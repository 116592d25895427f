"""What WordPress authors expect of a post: 'more', sticky, a featured image; and authors."""

from __future__ import annotations

from bs4 import BeautifulSoup
from conftest import SiteFolder


def test_more_ends_the_summary(site: SiteFolder) -> None:
    site.post(body="The first part.\n\n<!--more-->\n\nThe second part.")
    site.post("second", body="One.\n\n<!--more-->\n\nTwo.", Summary="Its own.")
    index = site.build().read("index.html")
    assert "The first part." in index
    assert "The second part." not in index
    assert "Its own." in index
    assert "One." not in index
    assert "The second part." in site.read("first/index.html")


def test_sticky_stands_first_once(site: SiteFolder) -> None:
    for day in range(1, 16):
        site.post(f"post-{day}", Date=f"2026-03-{day:02} 08:00:00+00:00",
                  **({"Sticky": "true"} if day in (2, 14) else {}))  # fmt: skip
    site.build()
    page = BeautifulSoup(site.read("index.html"), "html.parser")
    titles = [h.get_text() for h in page.select(".entries h2")]
    assert titles[:3] == ["Post 14", "Post 2", "Post 15"]
    assert titles.count("Post 14") == 1
    assert [p.get_text().split()[0] for p in page.select(".facts")][:3] == [
        "Pinned", "Pinned", "March",
    ]  # fmt: skip
    further = BeautifulSoup(site.read("page/2/index.html"), "html.parser")
    assert "Post 2" in [h.get_text() for h in further.select(".entries h2")]


def test_a_featured_image_is_shown_when_it_is_ours(site: SiteFolder) -> None:
    site.post("first", **{"Featured_Image": "/images/a.svg"})
    site.post("second", **{"Featured_Image": "https://else.example/a.jpg"})
    site.build()
    assert 'class="u-featured" src="/images/a.svg"' in site.read("first/index.html")
    assert "else.example" not in site.read("second/index.html")


def test_an_author_has_a_page_with_bio_and_portrait(site: SiteFolder) -> None:
    (site.content / "authors").mkdir()
    (site.content / "authors" / "ada-q.md").write_text(
        "Name: Ada\nSlug: ada-q\nRole: Writer & <editor>\nPortrait: images/ada.svg\n\n"
        "She *writes*.\n"
    )
    site.post()
    site.build()
    page = BeautifulSoup(site.read("author/ada-q/index.html"), "html.parser")
    assert page.select_one("img")["src"] == "/images/ada.svg"
    assert "Writer & <editor>" in page.get_text()
    assert page.find("em").get_text() == "writes"
    assert "/author/ada-q/" in site.read("first/index.html")
