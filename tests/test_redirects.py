"""Old addresses: the file, the pages and the rules."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
from bs4 import BeautifulSoup
from conftest import SiteFolder

from rejoinder import redirects
from rejoinder.redirects import Redirect, RedirectError, parse

FILE = """# Old addresses.
/?p=4 /2010/do-recruiters/
/old/ /new/

/a/feed/ /a/comments.atom.xml
/caf%C3%A9.html /new/
"""


def test_the_file_is_read_in_its_order() -> None:
    assert parse(FILE) == [
        Redirect("/?p=4", "/2010/do-recruiters/", 2),
        Redirect("/old/", "/new/", 3),
        Redirect("/a/feed/", "/a/comments.atom.xml", 5),
        Redirect("/caf%C3%A9.html", "/new/", 6),
    ]
    assert [r.save_as for r in parse(FILE)] == [
        None, "old/index.html", "a/feed/index.html", "café.html",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("/a", 1, "is not a redirect"),
        ("/a /b /c", 1, "is not a redirect"),
        ("\n\nold /b", 3, "not an address of this site"),
        ("/a //evil.example/", 1, "not an address of this site"),
        ("/a https://evil.example/", 1, "not an address of this site"),
        ("//[x /b", 1, "not an address of this site"),
        ("/../etc /b", 1, "not an address of this site"),
        ("/%2e%2e/etc /b", 1, "not an address of this site"),
        ("/a%00 /b", 1, "not an address of this site"),
        ("/a /b\n/a/ /c", 2, "is the address of line 1"),
        ("/a /a", 1, "leads to itself"),
        ("/a /b\n/a /c", 2, "leads to two places, see line 1"),
    ],
)
def test_a_bad_line_is_refused(text: str, line: int, says: str) -> None:
    with pytest.raises(RedirectError, match=says) as caught:
        parse(text, "redirects.txt")
    assert caught.value.line == line


def test_pages_and_rules_are_written(site: SiteFolder) -> None:
    site.post()
    (site.content / "redirects.txt").write_text(FILE + "/gone/ /first/\n", "utf-8")
    site.build("publishconf.py")
    page = BeautifulSoup(site.read("old/index.html"), "html.parser")
    refresh = page.find("meta", attrs={"http-equiv": "refresh"})
    assert refresh is not None
    assert refresh["content"] == "0; url=https://blog.example/new/"
    assert page.find("link", rel="canonical")["href"] == "https://blog.example/new/"
    feed = BeautifulSoup(site.read("a/feed/index.html"), "html.parser")
    assert feed.find("link", rel="alternate")["href"].endswith("/a/comments.atom.xml")
    rules = site.read("_redirects").split("\n")
    assert "/ p=4 /2010/do-recruiters/ 301" in rules
    assert "/old/ /new/ 301" in rules
    assert "old-addresses.js" in site.read("index.html")
    assert '"p=4": "https://blog.example/2010/do-recruiters/"' in site.read("old-addresses.js")


def test_a_site_below_a_path_has_its_rules_there(site: SiteFolder) -> None:
    site.post()
    (site.content / "redirects.txt").write_text("/old/ /first/\n/?p=1 /first/\n", "utf-8")
    site.build("publishconf.py", SITEURL="https://x.example/blog")
    assert site.read("_redirects") == "/blog/old/ /blog/first/ 301\n/blog/ p=1 /blog/first/ 301\n"
    assert "'/blog/old/' '/blog/first/';" in site.read("redirects.nginx")
    assert "https://x.example/blog/first/" in site.read("old/index.html")


def test_a_page_of_the_site_is_never_overwritten(site: SiteFolder) -> None:
    site.post()
    taken = ["/first/", "/feeds/comments.atom.xml", "/theme/css/main.css", "/feeds/all.atom.xml/x"]
    lines = "".join(f"{old} /elsewhere/\n" for old in taken)
    (site.content / "redirects.txt").write_text(lines, "utf-8")
    done = site.try_build()
    assert [w.partition(" ")[0] for w in done.warnings if "is a file of the site" in w] == [
        f"redirects.txt:{n}:" for n in (1, 2, 3, 4)
    ]
    assert "<feed" in site.read("feeds/comments.atom.xml")
    assert "<h1" in site.read("first/index.html")


def test_a_bad_file_stops_the_build_with_its_line(site: SiteFolder) -> None:
    site.post()
    (site.content / "redirects.txt").write_text("/a /b\n/c\n", "utf-8")
    done = site.try_build()
    assert len(done.errors) == 1
    assert re.search(r"redirects\.txt:2: '/c' is not a redirect", done.errors[0])


def test_nginx_takes_the_rules(tmp_path: Path) -> None:
    rules = redirects.nginx(parse(FILE + "/it's;$x /new/\n"))
    assert "'/old/' '/new/';" in rules
    nginx = which("nginx")
    if nginx is None:
        pytest.skip("no nginx here: apt install nginx-light")
    (tmp_path / "map").write_text(rules)
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}}\n"
        f"http {{ access_log off; map_hash_bucket_size 512; include {tmp_path}/map; }}\n"
    )
    run = subprocess.run(
        [nginx, "-t", "-c", str(conf)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
