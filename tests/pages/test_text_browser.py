"""Without a script, in lynx: to read a post, follow its discussion, turn its pages, and reply."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
import time
from pathlib import Path
from select import select

import pytest
from bs4 import BeautifulSoup
from desks import ask

from pages.place import POST, THEMES, THREAD, Place
from rejoinder.replies.model import Status

pytestmark = [
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(shutil.which("lynx") is None, reason="no lynx: apt install lynx"),
]
LONGEST = 20
"""Seconds that a session may take."""


def dump(address: str) -> str:
    """A page as lynx shows it."""
    run = subprocess.run(
        ["lynx", "-dump", "-nolist", "-width=90", "-assume_charset=utf-8",
         "-display_charset=utf-8", address],
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return run.stdout


def session(folder: Path, address: str, keys: list[str], until: str) -> str:
    """Press keys in lynx on a terminal, until it shows a text; what it showed from the first to
    the last."""
    script = folder / "keys"
    script.write_text("".join(f"key {key}\n" for key in keys), "utf-8")
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 90, 0, 0))
    lynx = subprocess.Popen(
        ["lynx", f"-cmd_script={script}", "-accept_all_cookies", "-nopause", address],
        stdin=end, stdout=end, stderr=end, start_new_session=True,
        env={**os.environ, "TERM": "xterm", "HOME": str(folder)},
    )  # fmt: skip
    os.close(end)
    shown, last = "", time.monotonic() + LONGEST
    try:
        while until not in shown and time.monotonic() < last and lynx.poll() is None:
            if select([terminal], [], [], 0.1)[0]:
                text = os.read(terminal, 65536).decode("utf-8", "replace")
                shown += re.sub(r"\x1b[\[(][0-9;?]*[A-Za-z]", "", text)
    finally:
        lynx.kill()
        lynx.wait()
        os.close(terminal)
    assert until in shown, shown[-2000:]
    return shown


def typed(text: str) -> list[str]:
    """The keys of a text."""
    return ["<space>" if letter == " " else letter for letter in text]


def to(link: str) -> list[str]:
    """The keys that find a link by its words, and follow it."""
    return ["/", *typed(link), "^J", "^J"]


@pytest.mark.parametrize("theme", THEMES)
def test_the_thread_is_set_in_as_people_answer_each_other(place: Place, theme: str) -> None:
    shown = dump(place.addresses[theme] + POST)
    assert "Last autumn a firm I advise lost its best salesman." in shown
    assert "26 thoughts on" in shown
    begins = ("I'd like to defend the spreadsheet.", "That is a better use of a list")
    indents = [len(re.search(f"^ *(?={re.escape(begin)})", shown, re.M)[0]) for begin in begins]
    assert indents[0] < indents[1]
    assert "in reply to Imke Sandoval" in shown


def test_a_discussion_is_turned_and_answered_to_the_desk(place: Place, tmp_path: Path) -> None:
    address = place.addresses["main"]
    page = BeautifulSoup(place.read("main", f"{POST}comments/2/"), "html.parser")
    (comment, *_) = page.select("article.comment:has([data-reply-to])")
    link = comment.select_one("[data-reply-to]")
    form = BeautifulSoup(ask(address, link["href"])[2], "html.parser").select_one("main form")
    stops = [one.get("name") for one in form.select("textarea, input, button")
             if one.get("type") != "hidden"]  # fmt: skip
    said = {"text": "Said without a script.", "name": "Lyn Reader"}
    keys = [key for name in stops for key in (*typed(said.get(name, "")), "<tab>")]
    keys = [*to("Later"), *to("Reply"), *keys[:-1], "^J"]
    shown = session(tmp_path, address + POST, keys, "Your reply is kept.")
    assert f"Getting {address}{POST}comments/2/" in shown
    (reply,) = [one for one in place.desk.queue.with_status(*Status) if one.name == said["name"]]
    assert (reply.thread, reply.parent, reply.text) == (THREAD, link["data-reply-to"], said["text"])
