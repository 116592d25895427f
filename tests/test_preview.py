"""The preview: what it serves, and that it follows every change."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from rejoinder.errors import PublishError
from rejoinder.preview import Preview, changes
from rejoinder.preview.news import State, told
from rejoinder.replies.server import DeskServer


@dataclass
class Running:
    """A preview behind its port."""

    preview: Preview
    address: str


async def desk(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("the desk's " + scope["path"])(scope, receive, send)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    output, content = tmp_path / "out", tmp_path / "content"
    (output / "a").mkdir(parents=True)
    content.mkdir()
    (output / "index.html").write_text("home")
    (output / "a" / "index.html").write_text("a page")
    (output / "feed.atom.xml").write_text("<feed/>")
    (content / "redirects.txt").write_text("/?p=4 /a/\n/old/ /a/\n")
    preview = Preview(output, content, desk)
    with DeskServer(0).run(preview) as behind:
        yield Running(preview, behind.address)


def ask(server: Running, path: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = (answer.status, dict(answer.getheaders()), answer.read().decode())
    connection.close()
    return found


def test_it_serves_as_a_static_host_would(server: Running) -> None:
    assert ask(server, "/")[2] == "home"
    assert ask(server, "/a/")[2] == "a page"
    assert ask(server, "/feed.atom.xml")[1]["content-type"] == "application/xml"
    status, _, page = ask(server, "/nothing/")
    assert (status, "No page has this address" in page) == (404, True)
    (server.preview.output / "404.html").write_text("our own")
    assert ask(server, "/nothing/")[2] == "our own"


def test_old_addresses_lead_on(server: Running) -> None:
    for old in ("/?p=4", "/old/"):
        status, headers, _ = ask(server, old)
        assert (status, headers["location"]) == (301, "/a/")
    assert ask(server, "/?p=5")[2] == "home"


@pytest.mark.parametrize(
    "path", ["/../conftest.py", "/%2e%2e/content/redirects.txt", "//etc/passwd"]
)
def test_nothing_outside_is_served(server: Running, path: str) -> None:
    assert ask(server, path)[0] in (301, 404)


@pytest.mark.parametrize("has_own_page", [False, True])
def test_the_address_of_the_dashboard_leads_to_the_desk(
    server: Running, has_own_page: bool
) -> None:
    if has_own_page:
        (server.preview.output / "404.html").write_text("our own")
    for path in ("/engagement/", "/engagement"):
        status, headers, _ = ask(server, path)
        assert (status, headers["location"]) == (302, "/reply/desk/engagement/")
    (server.preview.output / "engagement").mkdir()
    (server.preview.output / "engagement" / "index.html").write_text("a public one")
    assert ask(server, "/engagement/")[2] == "a public one"


def test_a_build_that_failed_is_told_in_the_browser(server: Running) -> None:
    server.preview.news.tell(State(told(["posts/a.md:3: <nothing> here"], [])))
    page = ask(server, "/nothing/")[2]
    assert "Not here yet" in page
    assert "<h2>posts/a.md:3</h2><p>&lt;nothing&gt; here</p>" in page


def test_a_port_that_is_taken_is_said(server: Running) -> None:
    port = int(server.address.rpartition(":")[2])
    with pytest.raises(PublishError, match=f"port {port} can't be used"):
        DeskServer(port)


def test_the_desk_is_on_the_same_origin(server: Running) -> None:
    assert ask(server, "/reply?thread=a")[2] == "the desk's /reply"
    assert ask(server, "/reply/stamp")[2] == "the desk's /reply/stamp"
    assert ask(server, "/reply-to-all/")[0] == 404


def test_changes_are_seen_and_temp_files_are_none(tmp_path: Path) -> None:
    stop = threading.Event()
    seen: list[str] = []

    def watch() -> None:
        for batch in changes([tmp_path, tmp_path / "missing"], stop):
            seen.extend(Path(path).name for path in batch)

    thread = threading.Thread(target=watch)
    thread.start()
    time.sleep(0.5)
    (tmp_path / ".x.md.rejoinder-tmp").write_text("half")
    (tmp_path / ".post.md.swp").write_text("half")
    (tmp_path / "post.md").write_text("whole")
    until = time.monotonic() + 10
    while "post.md" not in seen and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    thread.join()
    assert set(seen) == {"post.md"}
