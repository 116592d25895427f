"""Pages on one host and the desk on another: pages on a branch of git, as GitHub and GitLab serve
it, and a desk in a clone. Both are at loopback, under two names, so that a browser takes them for
two sites."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path

import forking
import pytest
import yaml
from conftest import CHROMIUM, ROOT, SiteFolder, invoke
from desks import NO_LIMITS, ask, settings
from identityhost import Identities, identity_host
from playwright.sync_api import Browser, Error, Page

from rejoinder.replies.desk import open_desk
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app
from rejoinder.toolkit.program import main

EXAMPLES = ROOT / "docs" / "examples"
POST = "Title: First\nDate: 2026-03-01\nAuthor: Ada\n\nText.\n"
in_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")


def git(*words: str | Path, cwd: Path) -> str:
    return subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@x.invalid", *map(str, words)],
        cwd=cwd, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip


@contextmanager
def pages_of(remote: Path) -> Iterator[int]:
    """A host of pages: what is on the branch `gh-pages`, with the headers that its file `_headers`
    asks for all; its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].lstrip("/")
            path += "index.html" if not path or path.endswith("/") else ""
            body = self._blob(path)
            self.send_response(404 if body is None else 200)
            for line in (self._blob("_headers") or b"").decode().split("\n/theme/")[0].splitlines():
                if line.startswith("  "):
                    self.send_header(*line.strip().split(": ", 1))
            self.send_header("Content-Type", guess_type(path)[0] or "application/octet-stream")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def _blob(self, path: str) -> bytes | None:
            found = subprocess.run(
                ["git", "cat-file", "blob", f"gh-pages:{path}"], cwd=remote, capture_output=True,
                check=False,
            )  # fmt: skip
            return found.stdout if found.returncode == 0 else None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Hosts:
    """Where all is: the addresses of pages and desk, the author's clone, the desk's, and
    who readers can sign in with."""

    pages: str
    desk: str
    author: Path
    clone: Path
    remote: Path
    host: Identities

    def follow(self) -> subprocess.CompletedProcess[str]:
        """What the desk's machine does every few minutes."""
        return subprocess.run(
            ["sh", self.clone / "follow.sh"], capture_output=True, text=True, check=False,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        )  # fmt: skip


def begin(folder: Path, pages: str, desk: str) -> None:
    """The author's site, as docs/hosting.md has it."""
    assert main(["new-site", str(folder), "--title", "A site", "--author", "Ada"]) == 0
    (folder / "content" / "site.toml").write_text(
        f'title = "A site"\nurl = "{pages}"\nauthor = "Ada"\npublish = "git:origin#gh-pages"\n'
        '[discussions]\nsign_in = ["github"]\n', "utf-8",
    )  # fmt: skip
    text = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    block = re.search(r"```python\n(COMMENTS_REPLY_URL.*?)```", text, re.S)
    assert block is not None
    conf = folder / "pelicanconf.py"
    lines = block[1].replace("https://desk.example", desk)
    # To draw a card takes longer than to build such a site.
    conf.write_text(f"{conf.read_text('utf-8')}\n{lines}CARDS = False\n", "utf-8")
    (folder / "content" / "posts" / "first.md").write_text(POST, "utf-8")


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    root = tmp_path_factory.mktemp("hosts")
    author, clone, remote = root / "author", root / "blog", root / "remote.git"
    git("init", "--quiet", "--bare", "--initial-branch", "main", remote, cwd=root)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with pages_of(remote) as pages_port, identity_host() as host:
        pages, desk = f"http://127.0.0.1:{pages_port}", f"http://localhost:{port}"
        begin(author, pages, desk)
        git("init", "--quiet", "--initial-branch", "main", cwd=author)
        git("remote", "add", "origin", remote, cwd=author)
        commit(author)
        git("clone", "--quiet", remote, clone, cwd=root)
        shutil.copy2(EXAMPLES / "follow.sh", clone)
        (clone / ".venv" / "bin").mkdir(parents=True)
        program = clone / ".venv" / "bin" / "invoke"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(forking.command("invoke"))} "$@"\n')
        program.chmod(0o755)
        settings(clone / "content", f'address = "{desk}"\n{host.settings()}'
                 f"[publishing]\ngit = true\n{NO_LIMITS}seconds_at_least = 0\n")  # fmt: skip
        process = subprocess.Popen(
            [*forking.command("invoke"), "desk", "--port", str(port)],
            cwd=clone,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            found = Hosts(pages, desk, author, clone, remote, host)
            assert found.follow().returncode == 0  # the pages' first time
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            errors = process.communicate(timeout=30)[1]
        assert process.returncode == 0
        assert "a mistake" not in errors
        assert "error" not in errors.lower(), errors


def commit(clone: Path) -> None:
    git("add", "--all", cwd=clone)
    git("commit", "--quiet", "--message", "mine", cwd=clone)
    git("push", "--quiet", "--set-upstream", "origin", "main", cwd=clone)


def appears(page: Page, address: str, text: str) -> bool:
    """Whether a text comes to a page within thirty seconds."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(Error):  # an answer that was cut off is asked for again
            page.goto(address)
            if page.locator(".comment", has_text=text).count():
                return True
        time.sleep(0.3)
    return False


def approve(hosts: Hosts, text: str) -> None:
    """As the author, at the desk."""
    with open_desk(hosts.clone / "content") as desk:
        (reply,) = [one for one in desk.queue.waiting() if text in one.text]
    done = invoke("approve", reply.id, cwd=hosts.clone)
    assert done.returncode == 0, done.stderr


@in_chromium
@pytest.mark.browser
@pytest.mark.parametrize("script", [False, True], ids=["plain", "script"])
def test_a_reply_goes_to_the_desk_and_comes_to_the_pages(
    hosts: Hosts, browser: Browser, script: bool
) -> None:
    page = browser.new_context(java_script_enabled=script).new_page()
    errors: list[str] = []
    page.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    word = "otherwise" if script else "differently"  # the pages have what was sent before
    text = f"I see it *{word}*."
    answer = page.goto(f"{hosts.pages}/first/")
    assert answer is not None
    assert f"form-action 'self' {hosts.desk}" in answer.headers["content-security-policy"]
    page.get_by_label("Your words").fill(text)
    page.get_by_role("button", name="Preview").click()
    page.locator("em", has_text=word).wait_for()
    assert page.url.startswith(hosts.pages if script else hosts.desk)
    page.get_by_role("textbox", name="Name").fill("Bo")
    page.get_by_role("button", name="Send your reply").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    if script:
        page.get_by_role("link", name="Change or withdraw it").click()
        page.get_by_role("heading", name="Thank you").wait_for()
    assert page.url.startswith(f"{hosts.desk}/reply/status/")
    approve(hosts, text)
    assert appears(page, f"{hosts.pages}/first/", text.replace("*", ""))
    assert errors == []
    page.close()


@in_chromium
@pytest.mark.browser
def test_readers_sign_in_at_the_desk_and_agree(hosts: Hosts, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{hosts.pages}/first/#respond")
    page.get_by_label("Your words").fill("That is me.")
    page.get_by_role("button", name="GitHub", exact=True).click()
    page.wait_for_url(f"{hosts.host.url}/**")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{hosts.desk}/reply/sign-in/**")
    assert page.get_by_role("textbox", name="Name").input_value() == "Ada Q"
    page.get_by_role("button", name="Send your reply").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    with open_desk(hosts.clone / "content") as desk:
        (reply,) = [one for one in desk.queue.waiting() if one.text == "That is me."]
    assert reply.portrait
    page.goto(f"{hosts.pages}/first/")
    page.get_by_role("button", name="I agree").first.click()
    page.wait_for_url(f"{hosts.pages}/first/**")
    page.close()


def test_what_author_and_desk_commit_comes_together(hosts: Hosts) -> None:
    (hosts.author / "content" / "posts" / "second.md").write_text(
        POST.replace("First", "Second"), "utf-8"
    )
    answer = ask(hosts.desk, "/reply", {"thread": "first", "name": "Bo", "text": "At once."})
    assert answer[0] == 303
    approve(hosts, "At once.")
    git("pull", "--quiet", "--rebase", cwd=hosts.author)
    commit(hosts.author)
    done = hosts.follow()
    assert done.returncode == 0, done.stderr
    there = git("ls-tree", "-r", "--name-only", "gh-pages", cwd=hosts.remote).splitlines()
    assert "second/index.html" in there
    git("pull", "--quiet", "--rebase", cwd=hosts.author)
    texts = [one.read_text("utf-8") for one in (hosts.author / "content/comments").rglob("*.md")]
    assert any("At once." in text for text in texts)
    assert git("status", "--porcelain", "--untracked-files=no", cwd=hosts.clone) == ""


def test_what_two_have_changed_otherwise_is_left_to_the_author(hosts: Hosts) -> None:
    for clone, text in ((hosts.author, "Hers."), (hosts.clone, "Theirs.")):
        (clone / "content" / "posts" / "first.md").write_text(POST.replace("Text.", text), "utf-8")
        git("commit", "--quiet", "--all", "--message", text, cwd=clone)
    git("pull", "--quiet", "--rebase", cwd=hosts.author)
    git("push", "--quiet", cwd=hosts.author)
    assert hosts.follow().returncode == 1
    assert "Theirs." in (hosts.clone / "content" / "posts" / "first.md").read_text("utf-8")
    git("reset", "--quiet", "--hard", "origin/main", cwd=hosts.clone)
    assert hosts.follow().returncode == 0


def test_a_browser_is_known_again_from_pages_of_another_site(site: SiteFolder) -> None:
    site.post()
    settings(site.content, f'address = "https://desk.example"\n{NO_LIMITS}')
    sent = {"Origin": "https://blog.example", "X_Forwarded_Proto": "https"}
    with open_desk(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        cookie = ask(server, "/reply/agree?thread=first", {}, **sent)[1]["set-cookie"]
        assert "SameSite=none" in cookie
        assert "Secure" in cookie
        assert "SameSite=lax" in ask(server, "/reply/agree?thread=first", {})[1]["set-cookie"]
        again = ask(server, "/reply/agree?thread=first", {}, Cookie=cookie.split(";")[0], **sent)
        assert again[0] == 303
        assert desk.agreements.counts("first") == {"": 2}


@pytest.mark.parametrize("name", ["github-pages.yml", "gitlab-ci.yml"])
def test_the_workflows_build_the_site(name: str, tmp_path: Path) -> None:
    """Their steps are run here, but for pip's: in a folder that holds what git would bring."""
    flow = yaml.safe_load((EXAMPLES / name).read_text("utf-8"))
    if name.startswith("github"):
        assert flow[True]["push"]["branches"] == ["main"]  # `on` is true in YAML 1.1
        job = flow["jobs"]["publish"]
        steps = [step["run"] for step in job["steps"] if "run" in step]
        (up,) = [step for step in job["steps"] if "upload" in step.get("uses", "")]
        output = up["with"]["path"]
        assert flow["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    else:
        steps = flow["pages"]["script"]
        (output,) = flow["pages"]["artifacts"]["paths"]
    assert steps.pop(0) == "pip install --requirement requirements.txt"
    begin(tmp_path / "blog", "https://blog.example", "https://desk.example")
    for step in steps:
        program, *words = shlex.split(step)
        assert program == "invoke"
        done = invoke(*words, cwd=tmp_path / "blog")
        assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "blog" / output / "first" / "index.html").read_text("utf-8")
    assert 'action="https://desk.example/reply"' in page


def test_a_branch_is_passed_on_as_it_is(tmp_path: Path) -> None:
    flow = yaml.safe_load((EXAMPLES / "gitlab-branch.yml").read_text("utf-8"))
    for name in ("index.html", ".gitlab-ci.yml", ".git/config", ".well-known/x", "a b/index.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for line in flow["pages"]["script"]:
        subprocess.run(["sh", "-ec", line], cwd=tmp_path, check=True)
    brought = tmp_path / "public"
    assert {one.relative_to(brought).as_posix() for one in brought.rglob("*") if one.is_file()} == {
        "index.html", ".well-known/x", "a b/index.html"
    }  # fmt: skip
