"""A whole discussion in lynx: read, follow, sort, page, reply."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import SiteFolder, make_comment, number_id
from desks import furnished

from rejoinder.preview import Preview
from rejoinder.replies.desk import Desk, open_desk
from rejoinder.replies.model import Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app

pytestmark = pytest.mark.skipif(shutil.which("lynx") is None, reason="no lynx: apt install lynx")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    site = SiteFolder(tmp_path_factory.mktemp("site"))
    site.content.mkdir()
    (site.content / "site.toml").write_text('title = "A"\nurl = "https://blog.example"\n')
    furnished(site)
    site.comments(make_comment(2, 1), *(make_comment(n) for n in range(3, 7)))
    site.build(COMMENTS_TWO_ORDERS=1, COMMENTS_PAGE_SIZE=2, COMMENTS_AGREE=True)
    with open_desk(site.content) as desk:
        preview = Preview(site.output, site.content, make_app(desk))
        with DeskServer(0).run(preview) as server:
            yield desk, server.address


def lynx(*arguments: str, home: Path = Path("/nonexistent")) -> str:
    env = {**os.environ, "TERM": "vt100", "HOME": str(home), "LANG": "C.UTF-8"}
    return subprocess.run(
        ["lynx", "-nopause", "-accept_all_cookies", *arguments], capture_output=True, check=True,
        text=True, errors="replace", timeout=60, env=env, stdin=subprocess.DEVNULL,
    ).stdout  # fmt: skip


def shown(address: str) -> tuple[str, dict[str, str]]:
    """A page's words on one line, and where its links lead, by their first words."""
    text = lynx("-dump", "-width=999", address)
    body, _, listed = text.partition("\nReferences\n")
    urls = dict(re.findall(r"^ *(\d+)\. (\S+)$", listed, re.M))
    # Nothing says where a link's words end; two of them are enough.
    found = re.findall(r"\[(\d+)\]((?:[^\[\s]+ ?){1,2})", body)
    links = {words.strip(): urls[number] for number, words in found}
    return " ".join(re.sub(r"\[\d+\]", "", body).split()), links


def test_one_reads_follows_sorts_and_pages(place: tuple[Desk, str]) -> None:
    address = f"{place[1]}/first/"
    text, links = shown(address)
    said = [text.index(f"Words of comment {n}.") for n in (1, 2, 3)]
    assert said == sorted(said)
    assert "Words of comment 4." not in text
    assert re.search(r"Reader 2 .* in reply to Reader 1 Words of comment 2\.", text)
    assert links["in reply"] == f"{address}#comment-{number_id(1)}"
    assert "Oldest first" not in links  # one is there
    later, _ = shown(links["Later thoughts"])
    assert "Words of comment 4. " in later
    newest, links = shown(links["Newest first"])
    assert "Words of comment 6. " in newest
    assert "Words of comment 5." not in newest
    earlier, links = shown(links["Earlier thoughts"])
    assert earlier.index("Words of comment 5.") < earlier.index("Words of comment 4.")
    assert links["Oldest first"] == f"{address}#comments"
    assert links["Read the"] == address


def test_one_replies(place: tuple[Desk, str], tmp_path: Path) -> None:
    desk, address = place
    _, links = shown(f"{address}/first/")
    keys = [*"I read this in lynx.", "<tab>", *"Lyn"]
    keys += ["<tab>"] * 5  # past site, e-mail, what robots fill in, and what is remembered
    keys += ["^J", "Q", "y"]
    script = tmp_path / "keys"
    script.write_text("".join(f"key {'<space>' if key == ' ' else key}\n" for key in keys))
    seen = lynx(f"-cmd_script={script}", links["Reply"], home=tmp_path)
    assert "Words of comment" in seen
    counts = {status: desk.queue.page(status)[0] for status in (Status.PENDING, Status.SPAM)}
    (reply,) = [reply for replies in counts.values() for reply in replies]
    assert (reply.text, reply.name) == ("I read this in lynx.", "Lyn")
    assert reply.parent == links["Reply"].rpartition("=")[2]
