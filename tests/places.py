"""Where commands of the documents are typed: a site that is prepared as its page says."""

from __future__ import annotations

import gzip
import hashlib
import os
import pty
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import forking
from commands import Command
from conftest import ROOT
from migrate.talks.house import House
from migrate.wxr_builder import Builder

from rejoinder.replies.desk import open_desk
from rejoinder.replies.model import Decision, Reply, Status
from rejoinder.toolkit.program import main

TALKS, BLOGS = (ROOT / "tests" / "migrate" / name / "golden" for name in ("talks", "entries"))
TASKS = "from rejoinder.tasks import site_tasks\n\nnamespace = site_tasks(__file__)\n"
LOG = '203.0.113.9 - - [10/Feb/2026:13:15:33 +0000] "GET /write-the-memo/ HTTP/1.1" 200 9 "-" "x"\n'


class Place:
    """A home, and a folder in it in which a page's commands are typed."""

    def __init__(self, root: Path) -> None:
        self.home, self.here, self.srv, self.logs = (
            root / name for name in ("home", "home/clone", "srv/blog", "logs")
        )
        self.here.mkdir(parents=True)
        self.bin = root / "bin"
        self.bin.mkdir()
        for name, program in (("invoke", "invoke"), ("rejoinder", "rejoinder.toolkit.program")):
            self.program(name, f'exec {shlex.join(forking.command(program))} "$@"')
        self.program("python3", f'exec {shlex.quote(sys.executable)} "$@"')
        (self.bin / "python").symlink_to(sys.executable)

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{text}\n", "utf-8")
        path.chmod(0o755)

    def site(self, folder: Path, content: Path | None = None) -> Path:
        """A site with the tasks, its content a copy of another's."""
        assert main(["new-site", str(folder), "--title", "A", "--author", "Nora Veldt"]) == 0
        if content:
            shutil.rmtree(folder / "content")
            shutil.copytree(content, folder / "content")
        self.programs(folder)
        return folder

    def programs(self, folder: Path) -> None:
        (folder / ".venv").mkdir()
        (folder / ".venv" / "bin").symlink_to(self.bin)

    def put(self, path: str, data: bytes | str) -> Path:
        """A file below the home."""
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        return file

    def type(self, command: Command) -> str:
        """What a command prints. Its exit code must be 0, and what it is said to show be there."""
        text = command.text
        for name, folder in (("/srv/blog", self.srv), ("/var/log", self.logs),
                             ("/home/me", self.home)):  # fmt: skip
            text = text.replace(name, str(folder))
        if text.startswith("cd ") and "&&" not in text:
            self.here = Path(shlex.split(text)[1])
            return ""
        environment = {**os.environ, "HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1",
                       "PATH": f"{self.bin}:{os.environ['PATH']}"}  # fmt: skip
        if re.search(r"(invoke|tasks\.py) serve", text):
            return self._serve(f"exec {text} --port 0", environment)
        if command.text in PIPED:
            text = f"printf %s {shlex.quote(PIPED[command.text])} | {text}"
        ours, theirs = pty.openpty()
        try:
            os.write(ours, ANSWERS.get(command.text, "").encode())
            done = subprocess.run(
                ["bash", "-ec", text], cwd=self.here, env=environment, stdin=theirs,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        finally:
            os.close(ours)
            os.close(theirs)
        said = done.stdout + done.stderr
        assert done.returncode == 0, (command, said)
        assert "Traceback" not in said
        for line in command.shown:
            assert line in said, (line, said)
        return said

    def _serve(self, text: str, environment: dict[str, str]) -> str:
        process = subprocess.Popen(
            ["bash", "-c", text], cwd=self.here, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT, env=environment | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        said = ""
        while "Serving http" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0
        return said


ANSWERS = {"rejoinder init": "y\n"}
"""What is typed when a command asks."""

PIPED = {"invoke moderator ada --password": "a long one, with words"}
"""What is given to a command that asks at the terminal itself."""


def readme(place: Place) -> None:
    """A clone, as git brings it, with what `tasks.py` would install."""
    for name in ("tasks.py", "pelicanconf.py", "publishconf.py", "pyproject.toml"):
        shutil.copy2(ROOT / name, place.here)
    shutil.copytree(ROOT / "content", place.here / "content")
    for name in ("plugins", "theme"):
        (place.here / name).symlink_to(ROOT / name)
    place.programs(place.here)
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    (place.here / ".venv" / "set-up-").write_text(wanted)
    exported(place, "clone/export.xml")


def exported(place: Place, path: str) -> None:
    builder = Builder()
    builder.item(7, title="Hello")
    place.put(path, builder.text)


def demo(place: Place) -> None:
    place.here.rmdir()
    place.site(place.here, ROOT / "content")


def from_wordpress(place: Place) -> None:
    demo(place)
    exported(place, "Downloads/myblog.xml")


def hosting(place: Place) -> None:
    """A server and a host of git that are this machine."""
    demo(place)
    (place.here / "docs").symlink_to(ROOT / "docs")
    place.program("ssh", 'while [[ $1 == -* ]]; do [[ $1 == -[lop] ]] && shift; shift; done\n'
                  'shift\ncd "$HOME/git" && exec bash -c "$*"')  # fmt: skip
    (place.srv / "public").mkdir(parents=True)
    work = place.site(place.home / "work")
    with (work / "content" / "site.toml").open("a", encoding="utf-8") as file:
        file.write('publish = "public/site"\n')
    bare = place.home / "git" / "ada" / "blog.git"
    for line in (f"git init -q --bare -b main {bare}", "git init -q -b main", "git add -A",
                 "git -c user.name=A -c user.email=a@x.invalid commit -qm mine",
                 f"git push -q {bare} main"):  # fmt: skip
        subprocess.run(shlex.split(line), cwd=work, check=True)


def desk(place: Place) -> None:
    demo(place)
    now = datetime.now(UTC)
    reply = Reply(
        id=f"{now:%Y%m%dT%H%M%SZ}-x4ge", thread="rented-rooms", text="Yes.", name="Bo", email="",
        url="", parent=None, notify=False, status=Status.PENDING, received=now,
    )  # fmt: skip
    with open_desk(place.here / "content") as opened:
        opened.queue.adopt(reply, Decision(Status.PENDING, "a test", "", now))


def views(place: Place) -> None:
    demo(place)
    shutil.copytree(place.here, place.srv)
    for path in (place.logs / "nginx", place.logs / "caddy", place.home / "old-logs"):
        path.mkdir(parents=True)
        (path / "access.log").write_text(LOG)


def writing(place: Place) -> None:
    place.here.rmdir()
    place.site(place.here)
    shutil.copytree(place.here, place.srv, symlinks=True)
    with (place.srv / "content" / "site.toml").open("r+", encoding="utf-8") as file:
        text = file.read()
        file.seek(0)
        file.write(f'publish = "public/site"\n{text}')


def toolkit(place: Place) -> None:
    (place.here / "content").mkdir()
    (place.here / "pelicanconf.py").write_text('PATH = "content"\nTHEME = "simple"\n', "utf-8")


def profiles(place: Place) -> None:
    demo(place)
    author = place.here / "content" / "authors" / "nora-veldt.md"
    text = author.read_text("utf-8")
    for network, address in (("linkedin", "https://www.linkedin.com/in/nora"),
                             ("x", "https://x.com/nora")):  # fmt: skip
        if f"Profile: {network} " not in text:
            text = text.replace("\n\n", f"\nProfile: {network} {address}\n\n", 1)
    author.write_text(text, "utf-8")


def discussions(place: Place) -> None:
    """A small site that they move to, and each export under the name that the page gives it."""
    House(place.here)
    (place.here / "tasks.py").write_text(TASKS)
    raw = {name: next((TALKS / name).glob("export.*")).read_bytes() for name in (
        "disqus", "remark42", "giscus", "utterances", "discourse", "blogger-takeout",
        "movabletype", "atom", "jsonfeed", "json", "isso")}  # fmt: skip
    place.put("Downloads/notes.xml.gz", gzip.compress(raw["disqus"]))
    place.put("clone/notes.xml.gz", gzip.compress(raw["disqus"]))
    with closing(sqlite3.connect(place.here / "comments.db")) as database:
        database.executescript(raw["isso"].decode())
    place.put("clone/backup-notes-20261101.gz", gzip.compress(raw["remark42"]))
    place.put("clone/feed.atom", raw["blogger-takeout"])
    place.put("clone/export.txt", raw["movabletype"])
    place.put("clone/comments.atom", raw["atom"])
    place.put("clone/comments.json", raw["jsonfeed"])
    place.put("clone/threads/first-light.json", raw["json"])
    shutil.copytree(TALKS / "staticman" / "export", place.home / "old-site/_data/comments")
    place.put("gh/graphql", raw["giscus"])
    place.put("gh/all", raw["utterances"])
    place.program("gh", 'case "$*" in *graphql*) cat ~/gh/graphql;; *comments*) ;; '
                  '*issues*) cat ~/gh/all;; *) exit 1;; esac')  # fmt: skip
    place.put("topic", raw["discourse"])
    place.program("curl", 'exec /usr/bin/curl "${@/https:*/file://$HOME/topic}"')


def blogs(place: Place) -> None:
    demo(place)
    ghost = BLOGS / "ghost" / "export"
    shutil.copytree(ghost, place.home / "ghost-backup")
    place.put("clone/field-notes.ghost.2026-11-01.json", next(ghost.glob("*.json")).read_bytes())
    place.put("clone/blog-11-01-2019.xml", (BLOGS / "blogger" / "export.xml").read_bytes())


PREPARED: dict[str, Callable[[Place], None]] = {
    "README.md": readme, "docs/moving-from-wordpress.md": from_wordpress,
    "docs/hosting.md": hosting, "docs/desk.md": desk, "docs/views.md": views,
    "docs/writing.md": writing, "docs/toolkit.md": toolkit,
    "docs/importing-profiles.md": profiles, "docs/moving-discussions.md": discussions,
    "docs/moving-posts.md": blogs,
}  # fmt: skip


def old_site(system: str) -> Callable[[Place], None]:
    def put(place: Place) -> None:
        shutil.rmtree(place.home / "old-site", ignore_errors=True)
        shutil.copytree(BLOGS / system / "export", place.home / "old-site")

    return put


def packed(system: str) -> Callable[[Place], None]:
    def put(place: Place) -> None:
        data = (TALKS / system / "export.json").read_bytes()
        place.put("clone/export.json.gz", gzip.compress(data))

    return put


def archive(**files: str) -> Callable[[Place], None]:
    def put(place: Place) -> None:
        with zipfile.ZipFile(place.here / "EXPORT.zip", "w") as file:
            for name, text in files.items():
                file.writestr(name.replace("_", "."), text)

    return put


def old_comments(place: Place) -> None:
    shutil.rmtree(place.here / "content" / "comments")
    shutil.copytree(TALKS / "pelican-comment-system" / "export", place.here / "content/comments")


def another(place: Place) -> None:
    """A site without us, for what is typed in one."""
    place.here = place.home / "other"
    place.here.mkdir(exist_ok=True)
    if not (place.here / "pelicanconf.py").exists():
        toolkit(place)


def empty(place: Place) -> None:
    shutil.rmtree(place.srv)


def cloned(place: Place) -> None:
    place.programs(place.srv)


BEFORE: dict[tuple[str, str], Callable[[Place], None]] = {
    ("README.md", "rejoinder init"): another,
    ("docs/hosting.md", "git clone git@git.example:ada/blog.git /srv/blog"): empty,
    ("docs/hosting.md", "/srv/blog/follow.sh"): cloned,
    ("docs/moving-posts.md", "invoke import jekyll ~/old-site"): old_site("jekyll"),
    ("docs/moving-posts.md", "invoke import jekyll ~/old-site --content ~/blog/content --dry-run"):
        old_site("jekyll"),
    ("docs/moving-posts.md", "invoke import hugo ~/old-site"): old_site("hugo"),
    ("docs/moving-discussions.md", "invoke import commento export.json.gz"): packed("commento"),
    ("docs/moving-discussions.md", "invoke import comentario export.json.gz"): packed("comentario"),
    ("docs/moving-discussions.md", "mv content/comments old-comments"): old_comments,
    ("docs/importing-profiles.md", "invoke import linkedin EXPORT.zip"): archive(Shares_csv=(
        "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n2026-02-10 12:00:00,"
        "https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A7295,Words,,,PUBLIC\n")),
    ("docs/importing-profiles.md", "invoke import x EXPORT.zip"): archive(
        tweets_js="window.YTD.tweets.part0 = []",
        account_js='window.YTD.account.part0 = [{"account": {"username": "nora"}}]'),
}  # fmt: skip
"""What is put in place just before a command."""
