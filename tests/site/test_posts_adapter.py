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


def test_a_summary_is_whole_elements_without_ids(site: SiteFolder) -> None:
    site.post(body="## Head\n\n- a[^1]\n- b <!--more-->\n- c\n\n[^1]: Note.")
    site.build()
    page = BeautifulSoup(site.read("index.html"), "html.parser")
    shown = str(page.select_one(".p-summary"))
    assert shown.count("<ul>") == shown.count("</ul>") == 1
    assert "<li>c" not in shown
    assert "id=" not in shown
    assert "fn:1" not in shown


def test_headings_take_no_id_of_the_page(site: SiteFolder) -> None:
    site.post(body="## Comments\n\n## Thoughts\n\n## Words\n")
    html = site.build().read("first/index.html")
    assert html.count('id="comments"') == 1
    assert 'id="comments-section"' in html
    assert 'id="words"' in html


def test_an_empty_site_builds_the_same_bytes_twice(site: SiteFolder) -> None:
    feeds = [site.build("publishconf.py").read("feeds/all.atom.xml") for _ in range(2)]
    assert feeds[0] == feeds[1]
    assert "1970-01-01" in feeds[0]


def test_a_sites_name_is_text(site: SiteFolder) -> None:
    (site.content / "site.toml").write_text(
        'title = "Tom & <Jerry>"\nsubtitle = "a < b"\nurl = "https://x.example"\n'
    )
    site.post()
    site.build("publishconf.py")
    page = BeautifulSoup(site.read("index.html"), "html.parser")
    assert page.select_one(".site").get_text() == "Tom & <Jerry>"
    assert page.h1.get_text() == "a < b"
    assert page.title.get_text() == "Tom & <Jerry>"
    assert "Tom &amp; &lt;Jerry" in site.read("feeds/all.atom.xml")
