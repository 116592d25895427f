"""Old addresses: the file, the pages and the rules."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import time
from pathlib import Path
from shutil import which

import pytest
from bs4 import BeautifulSoup
from conftest import SiteFolder

from rejoinder import check, redirects
from rejoinder.profiles import targets
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


CONFIGURATIONS = {
    "nginx": """pid {root}/pid; error_log {root}/log; daemon off; master_process off; events {{}}
http {{
  access_log off; map_hash_bucket_size 512; include {root}/rules;
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}/site;
    if ($rejoinder_redirect) {{ return 301 $rejoinder_redirect; }} }}
}}
""",
    "caddy": """{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  root * {root}/site
  import {root}/rules
  file_server
}}
""",
    "apache": """ServerRoot {root}
ServerName localhost
PidFile {root}/pid
Listen 127.0.0.1:{port}
ErrorLog {root}/log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule rewrite_module {modules}/mod_rewrite.so
<VirtualHost 127.0.0.1:{port}>
  DocumentRoot {root}/site
  Include {root}/rules
</VirtualHost>
""",
}
COMMANDS = {
    "nginx": ("nginx", "-c"),
    "caddy": ("caddy", "run", "--adapter", "caddyfile", "--config"),
    "apache": ("apache2", "-X", "-f"),
}


@pytest.mark.parametrize("server", COMMANDS)
def test_a_server_takes_the_rules(server: str, tmp_path: Path) -> None:
    program = which(COMMANDS[server][0]) or which(COMMANDS[server][0], path="/usr/sbin")
    if program is None:
        pytest.skip(f"no {server} here")
    listed = parse(FILE + "/it's;$x /new/\n/old.html?a=1&b=2 /new/caf%C3%A9/\n")
    rules = {"nginx": redirects.nginx, "caddy": redirects.caddy, "apache": redirects.apache}[server]
    (tmp_path / "site" / "new").mkdir(parents=True)
    (tmp_path / "site" / "new" / "index.html").write_text("here")
    (tmp_path / "rules").write_text(rules(listed), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    conf = tmp_path / "conf"
    conf.write_text(CONFIGURATIONS[server].format(
        root=tmp_path, port=port, modules="/usr/lib/apache2/modules"
    ))  # fmt: skip
    tmp_path.chmod(0o755)
    words = [program, *COMMANDS[server][1:], str(conf)]
    env = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    with (tmp_path / "said").open("wb") as said, subprocess.Popen(
        words, stdout=said, stderr=said, env=env
    ) as running:  # fmt: skip
        try:
            for redirect in listed:
                assert asked(port, redirect.old) in (
                    (301, redirect.new), (301, f"http://127.0.0.1:{port}{redirect.new}")
                ), (redirect.old, (tmp_path / "said").read_text())  # fmt: skip
            assert asked(port, "/new/") == (200, None)
            assert asked(port, "/?p=5")[0] != 301
            assert asked(port, "/old/further")[0] == 404
        finally:
            running.terminate()


def asked(port: int, path: str) -> tuple[int, str | None]:
    """The status that a server answers with, and where it leads; it may have only begun."""
    for _ in range(200):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.headers["Location"]
        except ConnectionError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise AssertionError("the server does not answer")


def test_posts_name_their_old_addresses(site: SiteFolder) -> None:
    site.post(Aliases="/before/, older.html, /?p=7")
    site.page("about", Aliases="/me/")
    built = site.build()
    assert "first/" in built.read("before/index.html")
    assert "first/" in built.read("older.html")
    assert "about/" in built.read("me/index.html")
    assert "/?p=7" in built.read("redirects.caddy")
    assert "301" in built.read("_redirects")
    places = {one.thread: one.addresses for one in targets.load(site.content)}
    assert "https://blog.example/before/" in places["first"]


@pytest.mark.parametrize(
    ("aliases", "says"),
    [("/a/../b", "first.md.*not an address of this site"), ("/taken/", "leads to two places")],
)
def test_a_bad_alias_stops_the_build(site: SiteFolder, aliases: str, says: str) -> None:
    site.post(Aliases=aliases)
    (site.content / "redirects.txt").write_text("/taken/ /other/\n", "utf-8")
    done = site.try_build()
    assert len(done.errors) == 1
    assert re.search(says, done.errors[0])
    assert any(re.search(says, str(one)) for one in check.run(site.content, None))
