"""Each check finds what is wrong, and nothing on a site that is right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT, SiteFolder, make_comment, number_id
from desks import settings

from rejoinder.check import Problem, run
from rejoinder.check.links import Page, internal, resolve
from rejoinder.check.privacy import private_values
from rejoinder.comments.files import format_comment
from rejoinder.errors import RejoinderError


@pytest.fixture
def right(site: SiteFolder) -> SiteFolder:
    """A site with nothing wrong."""
    site.post(
        "first", body="See [the other]({filename}second.md#part).\n\n![x]({static}/images/x.svg)"
    )
    site.post("second", body="## Part {: #part }\n\nText.", Date="2026-03-02 08:00:00+00:00")
    site.page("about")
    (site.content / "images").mkdir()
    (site.content / "images" / "x.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (site.content / "redirects.txt").write_text("/old/ /second/#part\n/?p=1 /first/\n")
    site.comments(make_comment(1), make_comment(2, 1))
    return site


def said(site: SiteFolder, *, built: bool = False) -> list[str]:
    output = site.output if built else None
    return [str(p).removeprefix(str(site.root) + "/") for p in run(site.content, output)]


def test_a_site_that_is_right_has_no_problems(right: SiteFolder) -> None:
    right.build("publishconf.py")
    assert said(right, built=True) == []


def test_the_demo_is_right(tmp_path: Path) -> None:
    demo = SiteFolder(ROOT)
    site = SiteFolder(tmp_path)
    from rejoinder.building import build

    assert build(demo.content, site.output, ROOT / "publishconf.py").errors == ()
    assert [str(p) for p in run(demo.content, site.output) if p.is_error] == []


def test_a_problem_is_one_line() -> None:
    problem = Problem("posts/a.md", 3, "it is wrong", "Mend it.")
    assert str(problem) == "posts/a.md:3: it is wrong. Mend it."
    assert str(Problem("x", 0, "so so", is_error=False)) == "note: x: so so"


def test_an_orphaned_thread_names_its_likeliest_post(right: SiteFolder) -> None:
    right.comments(make_comment(1), thread="the-second-post")
    right.comments(make_comment(1), thread="zzz")
    assert said(right) == [
        "content/comments/the-second-post: this discussion belongs to no post or page. "
        "Add 'Thread: the-second-post' to posts/second.md, or rename the folder to 'second'.",
        "content/comments/zzz: this discussion belongs to no post or page. "
        "Add 'Thread: zzz' to the post that it is about.",
    ]
    right.post("second", Thread="the-second-post")
    assert len(said(right)) == 1


def test_comments_that_are_amiss(right: SiteFolder) -> None:
    folder = right.content / "comments" / "first"
    right.comments(
        make_comment(3, anchor="comment-5"),
        make_comment(4, anchor="comment-5", author_id="nobody"),
        make_comment(5, 6),
        make_comment(6, 5),
        make_comment(7, 99),
    )
    (folder / "broken.md").write_text("Id: x\n\nwords")
    (folder / f"{number_id(8)}.md").write_text(format_comment(make_comment(9)))
    texts = "\n".join(said(right))
    for wanted in (
        f"first/{number_id(4)}.md: the anchor 'comment-5' is that of {number_id(3)}.md too",
        f"{number_id(4)}.md: there is no author 'nobody'",
        f"answer each other in a ring: {number_id(5)}.md, {number_id(6)}.md",
        f"note: {right.content}/comments/first/{number_id(7)}.md: the comment that it answers",
        "broken.md:1: the field Author is missing",
        f"{number_id(8)}.md:1: the file is named {number_id(8)} but its Id is {number_id(9)}",
    ):
        assert wanted in texts
    assert len(texts.split("\n")) == 6


def test_portraits_and_the_comments_that_show_them(right: SiteFolder) -> None:
    right.comments(make_comment(3, portrait="portraits/a.webp"))
    right.comments(make_comment(4, portrait="portraits/b.webp"))
    (right.content / "portraits").mkdir()
    for name in ("a", "c"):
        (right.content / "portraits" / f"{name}.webp").write_bytes(b"RIFF")
    assert said(right) == [
        f"content/comments/first/{number_id(4)}.md: the portrait portraits/b.webp is not there. "
        "Put it there, or take the line 'Portrait:' out.",
        f"note: {right.content}/portraits/c.webp: no comment shows this portrait. Remove it.",
    ]


def test_what_the_form_offers_to_sign_in_with(right: SiteFolder) -> None:
    with (right.content / "site.toml").open("a") as file:
        file.write('[discussions]\nsign_in = ["mastodon", "github", "google", "id.example"]\n')
    assert said(right) == []  # the desk is on another machine
    settings(right.content, '[sign_in.google]\nclient_id = "a"\nclient_secret = "b"\n')
    assert [problem.partition(". ")[0] for problem in said(right)] == [
        "content/site.toml: 'sign_in' offers github, whose credentials the desk hasn't got",
        "content/site.toml: 'sign_in' offers id.example, whose credentials the desk hasn't got",
    ]
    settings(right.content, "[sign_in.google]\nclient_id = 5\n")
    assert "'client_id' is not text" in said(right)[0]


def test_a_copy_of_a_comment_is_named_by_its_file(right: SiteFolder) -> None:
    folder = right.content / "comments" / "first"
    (folder / "copy.md").write_text(format_comment(make_comment(1)))
    assert said(right) == [
        f"content/comments/first/copy.md: the Id {number_id(1)} is that of {number_id(1)}.md too. "
        "Remove one of the files, or give it an Id of its own."
    ]


def test_a_comment_outside_of_a_thread(right: SiteFolder) -> None:
    (right.content / "comments" / "x.md").write_text(format_comment(make_comment(1)))
    assert said(right) == [
        "content/comments/x.md: this comment lies in no thread's folder, so no page shows it. "
        "Move it to the folder of its thread."
    ]


def test_comments_where_no_reader_looks(right: SiteFolder) -> None:
    folder = right.content / "comments" / "first"
    (folder / "more").mkdir()
    (folder / "more" / "x.md").write_text(format_comment(make_comment(3)))
    (folder / f"{number_id(4)}.MD").write_text(format_comment(make_comment(4)))
    (folder / ".hidden.md").write_text("an editor's")
    (folder / "README.txt").write_text("a note")
    assert [line.partition("first/")[2] for line in said(right)] == [
        f"{number_id(4)}.MD: its name ends in .MD, so no page shows this comment. "
        "Rename it to end in .md.",
        "more/x.md: this comment lies in no thread's folder, so no page shows it. "
        "Move it to the folder of its thread.",
    ]


def test_a_thread_of_a_post_of_another_ending(right: SiteFolder) -> None:
    (right.content / "posts" / "other.markdown").write_text("Title: Other\n\nText.\n")
    right.comments(make_comment(1), thread="other")
    assert said(right) == []


def test_a_folder_that_no_thread_can_have(right: SiteFolder) -> None:
    folder = right.content / "comments" / "a b"
    folder.mkdir()
    (folder / f"{number_id(1)}.md").write_text(format_comment(make_comment(1)))
    assert said(right) == [
        "content/comments: the folder of the thread 'a b' is named otherwise than it. "
        "Rename it to 'a%20b'."
    ]


def test_what_cannot_be_read_is_a_problem(right: SiteFolder) -> None:
    (right.content / "posts" / "gone.md").symlink_to("nowhere")
    (right.content / "posts" / "folder.md").mkdir()
    (right.content / "redirects.txt").write_text("//[x /first/\n")
    assert said(right) == [
        "content/posts/gone.md: it can't be read: No such file or directory",
        "content/redirects.txt:1: '//[x' is not an address of this site. "
        "It starts with one '/', and has no '..'.",
    ]


def test_a_translation_is_no_second_post(right: SiteFolder) -> None:
    right.post("third", Slug="first", Lang="de")
    assert said(right) == []
    right.post("fourth", Slug="first", Lang="en")
    assert len(said(right)) == 1


def test_redirects_in_a_chain_and_in_a_ring(right: SiteFolder) -> None:
    (right.content / "redirects.txt").write_text("/a /b\n/b /c\n/c /first/\n/p /q\n/q /p\n")
    assert [line.partition(": ")[2] for line in said(right)] == [
        "/b, where it leads, is an old address too. Lead it to /first/.",
        "/c, where it leads, is an old address too. Lead it to /first/.",
        "/p leads round in a ring, and never arrives. Take one of the ring's lines out.",
        "/q leads round in a ring, and never arrives. Take one of the ring's lines out.",
    ]


def test_broken_links_and_anchors(right: SiteFolder) -> None:
    right.post(
        "third",
        body="[a](/nowhere/) [b](/second/#no-part) [c](https://blog.example/gone.html) "
        "[d](https://blog.example/second/#part) [e](https://else.example/x) [f](mailto:x) "
        "[g](#here) <img src='/images/none.png' srcset='/images/x.svg 1x, /images/y.svg 2x' "
        "alt='x'> "
        "`<a href='/code/'>`",
    )
    right.build("publishconf.py")
    found = [line.partition("index.html:")[2].partition(": ")[2] for line in said(right, built=True)
             if line.startswith("output/third/")]  # fmt: skip
    assert sorted(found) == sorted([
        "the link '/nowhere/' leads to no file",
        "the link '/second/#no-part' leads to a page without that anchor",
        "the link 'https://blog.example/gone.html' leads to no file",
        "the link '#here' leads to a page without that anchor",
        "the link '/images/none.png' leads to no file",
        "the link '/images/y.svg' leads to no file",
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("../b/#x", ("b/", "x")),
        ("c.html", ("a/c.html", "")),
        ("/", ("", "")),
        ("", ("a/index.html", "")),
        ("#x", ("a/index.html", "x")),
        ("?q=1#x", ("a/index.html", "x")),
        ("/caf%C3%A9/", ("café/", "")),
        ("https://h.example/blog/b/", ("b/", "")),
        ("https://h.example/other/", None),
        ("//else.example/", None),
        ("tel:1", None),
        ("http://[broken", None),
        ("//h.example:x/blog/b/", None),
        ("/blog/b/#x", ("b/", "x")),
        ("/blogger/", ("blogger/", "")),
        (" ../b/ ", ("b/", "")),
        ("HTTPS://H.Example:443/blog", ("", "")),
        ("https://h.example:8443/blog/", None),
    ],
)
def test_what_an_address_means(address: str, found: tuple[str, str] | None) -> None:
    assert internal(address, "a/index.html", "https://h.example/blog") == found


def test_how_a_host_answers() -> None:
    files = {"index.html", "a/index.html", "b.html", "cindex.html"}
    assert [resolve(p, files) for p in ("", "a", "a/", "b.html", "b", "b.html/", "c", "../x")] == [
        "index.html", "a/index.html", "a/index.html", "b.html", None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("html", "links"),
    [
        ('<a class="x"href=/a>', ["/a"]),
        ('<a @click="b > c" href="/a">', ["/a"]),
        ('<img srcset="/a.png, /b.png 2x,/c.png 3x">', ["/a.png", "/b.png", "/c.png"]),
        (
            '<img srcset="data:image/png;base64,AA== 1x, /b 2x">',
            ["data:image/png;base64,AA==", "/b"],
        ),
        ("<pre>&lt;a href='/a'></pre>", []),
    ],
)
def test_the_addresses_that_a_page_names(html: str, links: list[str]) -> None:
    assert [address for address, _ in Page(html).links] == links


def test_the_places_of_a_page() -> None:
    page = Page('<p id="a"><a name="b"></a><input name="c">')
    places = ("a", "b", "c", "top", "TOP", ":~:text=x", "a:~:text=x", "c:~:text=x")
    assert [place for place in places if not page.has(place)] == ["c", "c:~:text=x"]


def test_scripts_and_comments_hold_no_links() -> None:
    page = Page('<script>"<a href=/x>"</script>\n<!-- <a href="/y"> -->\n<a href="/z" id="i">')
    assert page.links == [("/z", 3)]
    assert page.ids == {"i"}


def test_private_data_that_leaked(right: SiteFolder) -> None:
    private = right.root / "private" / "wordpress"
    private.mkdir(parents=True)
    people = [{"email": "Mark@Private.example", "ip": "203.0.113.77", "name": "first"}]
    (private / "people.jsonl").write_text("\n".join(map(json.dumps, people)) + "\nnot json\n")
    right.comments(make_comment(3, body="write to someone@else.example", author="a@b.example"))
    right.post("third", body="Mail mark@private.example from 203.0.113.77, version 1.2.3.4.5 ok.")
    (right.content / "imports").mkdir()
    (right.content / "imports" / "x.tsv").write_text("key\t198.51.100.3\n")
    right.build("publishconf.py")
    texts = [line for line in said(right, built=True) if "link" not in line]
    assert [t for t in texts if t.startswith("content/posts/third.md:7: ma…mple is private")]
    assert [t for t in texts if t.startswith("content/posts/third.md:7: 20…3.77 is private")]
    assert [t for t in texts if t.startswith("output/third/index.html") and "is private" in t]
    name = f"content/comments/first/{number_id(3)}.md"
    assert f"{name}:2: an e-mail address, a@…mple, is public here. Take it out." in texts
    assert [t for t in texts if t.startswith("note: ") and "so…mple" in t]
    assert "content/imports/x.tsv:1: an IP address, 19…00.3, is public here. Take it out." in texts
    assert not [t for t in texts if "1.2…" in t]


def test_private_values_by_whatever_key(tmp_path: Path) -> None:
    rows = [
        {"author_IP": "203.0.113.1", "ipAddress": "203.0.113.2", "zip": "203.0.113.8"},
        {"people": [{"emails": ["A <a@p.example>", "b@p.example"]}], "note": "c@p.example"},
        [{"comment": {"ip": {"last": "2001:db8::1"}}}],
        3,
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n" + "[" * 100_000)
    assert private_values(tmp_path) == {
        "203.0.113.1", "203.0.113.2", "a@p.example", "b@p.example", "2001:db8::1",
    }  # fmt: skip
    assert private_values(tmp_path / "none") == set()


def test_every_text_is_read_and_no_other(right: SiteFolder) -> None:
    (right.root / "private").mkdir()
    (right.root / "private" / "x.jsonl").write_text('{"email": "m@p.example"}')
    (right.content / "notes.rst").write_text("m&#64;p.example\n")
    (right.content / "deploy.pem").write_text("-----BEGIN RSA PRIVATE KEY-----\n")
    (right.content / "images" / "x.png").write_bytes(b"\x89PNG\0 m@p.example")
    assert [line.partition(". ")[0] for line in said(right)] == [
        "content/deploy.pem:1: a private key is public here",
        "content/notes.rst:1: m@…mple is private",
    ]


def test_addresses_in_the_head_of_a_comment(right: SiteFolder) -> None:
    right.comments(
        make_comment(3, url="https://x.example/?e=m@p.example"),
        make_comment(4, url="https://social.example/@ada@other.example", author="@ada@a.example"),
        make_comment(5, source_url="http://198.51.100.7/"),
    )
    assert [line.rpartition("/")[2].partition(":")[2] for line in said(right)] == [
        "3: an e-mail address, m@…mple, is public here. Take it out.",
        "6: an IP address, 19…00.7, is public here. Take it out.",
    ]


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a" * 36,
        "xoxb-" + "1234567890-abc",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + "x" * 43,
    ],
)
def test_secrets(right: SiteFolder, secret: str) -> None:
    right.page("deploy", body=f"The key is {secret} so.")
    assert len(said(right)) == 1
    assert "revoke it" in said(right)[0]


def test_a_secret_of_the_theme_is_told_once(right: SiteFolder) -> None:
    """What stands in the content is told there, and not again for each page that shows it."""
    right.page("deploy", body="The key is AKIAABCDEFGHIJKLMNOP so.")
    right.build("publishconf.py")
    assert len(said(right, built=True)) == 1
    for name in ("first", "second"):
        page = right.output / name / "index.html"
        page.write_text(page.read_text("utf-8") + "<!-- ghp_" + "a" * 36 + " -->", "utf-8")
    assert [line.partition(": ")[2] for line in said(right, built=True)] == [
        "an AWS access key is public here. Take it out, and revoke it.",
        "a GitHub token is public here. Take it out, and revoke it.",
    ]


def test_a_film_is_not_read_to_its_end(right: SiteFolder) -> None:
    with (right.content / "images" / "film.mp4").open("wb") as file:
        file.truncate(1 << 40)  # a hole of a terabyte: reading it would fail
    assert said(right) == []


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("site.toml", "title = 3", "'title' is not text"),
        ("site.toml", "titel = 'x'", "'titel' is not a setting"),
        ("site.toml", "= =", "is not TOML"),
        ("site.toml", "url = 'blog.example'", "is not a site's address"),
        ("site.toml", "timezone = 'Mars/Olympus'", "there is no time zone"),
        ("redirects.txt", "/a /b /c", "is not a redirect"),
        ("redirects.txt", "/a /b\n/b /first/", "is an old address too"),
        ("authors/a.md", "Slug: a", "name is missing"),
        ("authors/a.md", "who knows", "not a metadata line"),
        ("posts/x.md", "Title: X\nSlug: first\n\nText", "its slug 'first' is that of"),
        ("posts/x.md", "Title: X\nComments: maybe\n\nText", "Use open, closed, off"),
        ("posts/x.md", "Slug: x\n\nText", "it has no title"),
        ("posts/x.md", "Title: X\nThread: first\n\nText", "note: "),
        ("posts/x.md", f"Title: X\nThread: {'k' * 300}\n\nText", "can't name a thread"),
    ],
)
def test_files_that_cannot_be_used(right: SiteFolder, name: str, text: str, says: str) -> None:
    (right.content / name).parent.mkdir(exist_ok=True)
    (right.content / name).write_text(text)
    found = [line for line in said(right) if says in line]
    assert len(found) == 1
    assert name in found[0]


def test_a_redirect_to_nowhere(right: SiteFolder) -> None:
    (right.content / "redirects.txt").write_text("/old/ /never/\n")
    right.build("publishconf.py")
    assert "content/redirects.txt:1: /never/ is no page of the site" in said(right, built=True)[0]


def test_without_content_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(RejoinderError, match="there is no content"):
        run(tmp_path / "none")


def test_crosslinks_are_held_against_authors_and_posts(right: SiteFolder) -> None:
    folder = right.content / "crosslinks" / "ada" / "news"
    folder.mkdir(parents=True)
    entry = "Entry: {}\nUrl: https://x.example/1\nDate: 2026-03-02 09:00:00+00:00\n{}"
    (folder / "2026.txt").write_text(
        entry.format("a", "Post: yes gone\n") + "\n" + entry.format("b", "Post: matched lost\n")
        + "\n" + entry.format("c", "Post: no gone\nPost: yes first\n")
    )  # fmt: skip
    (folder / "2025.txt").write_text(entry.format("a", ""))
    (right.content / "mentions").mkdir()
    (right.content / "mentions" / "first.txt").write_text("what\n")
    found = "\n".join(said(right))
    for words in (
        "no author has the profile ada/news",
        "2026.txt: a is tied to the post 'gone', which isn't there",
        "2026.txt: b is tied to the post 'lost'",
        "2026.txt: the entry a is in 2025.txt too",
        "mentions/first.txt:1: 'what' is not a metadata line",
    ):
        assert words in found
    assert "c is tied" not in found
    (folder / "2025.txt").write_text("oh\n")
    assert "2025.txt:1: 'oh' is not a metadata line" in "\n".join(said(right))
