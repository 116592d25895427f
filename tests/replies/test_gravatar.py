"""Portraits from Gravatar: who is asked for and how often, what pages show of it, and that nothing
of the address gets out but to Gravatar."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from conftest import SiteFolder, invoke
from desks import NO_LIMITS, ask, furnished, settings, submit, words
from PIL import Image

from rejoinder.comments.store import CommentStore, read_comment
from rejoinder.replies import gravatars, people
from rejoinder.replies.desk import Desk, open_desk
from rejoinder.replies.model import Status
from rejoinder.replies.schema import gravatars as table
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app
from rejoinder.replies.worker import Worker

BO, CY, DI = "bo@mail.example", "cy@mail.example", "di@mail.example"


def hashed(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()


def picture(colour: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (200, 120), colour).save(made, "PNG")
    return made.getvalue()


@dataclass
class Gravatars:
    """Gravatar in small: pictures by hash, 404 where there is none and that is asked for."""

    pictures: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 0
    url: str = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        parts = urlsplit(path)
        said = parse_qs(parts.query)
        self.asked.append(parts.path.removeprefix("/avatar/"))
        if self.status:
            return self.status, b"not now"
        found = self.pictures.get(self.asked[-1])
        if found is None:
            return (404, b"none") if said["d"] == ["404"] else (200, picture("grey"))
        return 200, found


@contextmanager
def gravatar_host() -> Iterator[Gravatars]:
    known = Gravatars()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = known.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 429:
                self.send_header("Retry-After", "60")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known.url = f"http://localhost:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def host() -> Iterator[Gravatars]:
    with gravatar_host() as known:
        yield known


def furnish(site: SiteFolder, host: Gravatars, wanted: str = "true") -> None:
    """A site that asks that Gravatar."""
    furnished(site)
    want(site, wanted)
    own = 'reachable_networks = ["127.0.0.0/8", "::1/128"]\n'
    settings(site.content, f'{own}{NO_LIMITS}[gravatar]\naddress = "{host.url}"\n')


def want(site: SiteFolder, wanted: str) -> None:
    (site.content / "site.toml").write_text(
        f'title = "S"\nurl = "https://blog.example"\n[discussions]\ngravatar = {wanted}\n'
    )


def approve(desk: Desk, *ids: str) -> None:
    for one in ids:
        desk.queue.decide(one, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    desk.publish()


def shown(site: SiteFolder, reply_id: str) -> str | None:
    return read_comment(CommentStore(site.content).path("first", reply_id)).portrait


def everything(*folders: Path) -> bytes:
    return b"".join(
        f"{file}".encode() + file.read_bytes()
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
    )


def test_pages_show_the_portrait_and_nothing_of_the_address_until_it_is_off(
    site: SiteFolder, host: Gravatars
) -> None:
    furnish(site, host)
    host.pictures = {hashed(BO): picture("red")}
    with open_desk(site.content) as desk:
        one = submit(desk, email=" Bo@Mail.example ", name="Bo").id
        two, three = submit(desk, email=BO).id, submit(desk, email=CY).id
        waits = submit(desk, email=DI).id
        approve(desk, one, two, three)
    first = invoke("portraits", "--content", str(site.content))
    assert "Gravatar was asked for 2 of 2, and had 1" in first.stdout, first.stderr
    assert sorted(host.asked) == sorted((hashed(BO), hashed(CY)))  # once for each, published
    path = shown(site, one)
    assert path is not None
    assert shown(site, two) == path
    assert shown(site, three) is None
    assert Image.open(io.BytesIO((site.content / path).read_bytes())).size == (96, 96)
    site.build()
    assert site.read("first/index.html").count(f'src="/{path}"') == 2
    assert "a hash of it goes to Gravatar" in site.read("first/index.html")
    public = everything(site.content, site.output)
    for email in (BO, CY, DI):
        assert hashed(email).encode() not in public
        assert hashlib.md5(email.encode(), usedforsecurity=False).hexdigest().encode() not in public
        assert email.encode() not in public.lower()
    # Neither who has one nor who has none is asked for again, but for who came to be published.
    host.asked.clear()
    with open_desk(site.content) as desk:
        approve(desk, waits)
    again = invoke("portraits", "--content", str(site.content))
    assert "asked for 1 of 1, and had 0" in again.stdout, again.stderr
    assert host.asked == [hashed(DI)]
    # Off, it is all taken away again.
    want(site, "false")
    off = invoke("portraits", "--content", str(site.content))
    assert "what came from Gravatar is taken away" in off.stdout, off.stderr
    assert [shown(site, each) for each in (one, two)] == [None, None]
    assert not (site.content / path).exists()
    site.build()
    html = site.read("first/index.html")
    assert "portraits/" not in html
    assert "Gravatar" not in html
    assert "Gravatar is not asked" in invoke("portraits", "--content", str(site.content)).stdout
    assert host.asked == [hashed(DI)]


def test_a_portrait_changes_goes_and_is_nobody_elses(place: SiteFolder, host: Gravatars) -> None:
    site = place
    furnish(site, host)
    now = datetime.now(UTC)

    def look(desk: Desk, at: datetime) -> None:
        for email in gravatars.due(desk.database, at - timedelta(days=30)):
            gravatars.ask(desk.database, email, lambda one: host.pictures.get(hashed(one)), at)
        gravatars.bring(desk.database, desk.content, at)

    with open_desk(site.content) as desk:
        one, two = submit(desk, email=BO).id, submit(desk, email=CY).id
        approve(desk, one, two)
        store = CommentStore(site.content)
        own = store.path("first", two)
        own.write_text(own.read_text().replace("\n\n", "\nPortrait: images/cy.png\n\n", 1))
        from rejoinder.replies.identity.portraits import square

        host.pictures = {hashed(BO): square(picture("red")), hashed(CY): square(picture("blue"))}
        desk.is_published()
        look(desk, now)
        before = shown(site, one)
        assert before
        assert shown(site, two) == "images/cy.png"  # the author's own choice
        published: list[str | None] = []
        for _ in range(2):  # a running desk brings it to its page, once
            Worker(desk, lambda: published.append(shown(site, one))).round()
        assert published == [before]
        # Asked again after a month alone; another picture takes the place of the one before.
        host.pictures[hashed(BO)] = square(picture("green"))
        look(desk, now + timedelta(days=29))
        assert shown(site, one) == before
        look(desk, now + timedelta(days=31))
        after = shown(site, one)
        assert after not in (None, before)
        assert not (site.content / str(before)).exists()
        # What the moderator publishes anew keeps it, and with the last comment it goes.
        desk.queue.rewrite(one, "Other words.", by="ada", now=now)
        desk.publish()
        assert shown(site, one) == after
        held = people.export(desk.database, desk.content, desk.private, BO)
        assert [row["path"] for row in held["gravatar"]] == [after]
        people.erase(desk.queue, desk.content, desk.private, BO, by="ada", now=now)
        desk.publish()
        assert not (site.content / str(after)).exists()
        with desk.database.transaction() as db:
            assert list(db.execute(sa.select(table.c.email)).scalars()) == [CY]
        # One that Gravatar has no more goes as well.
        three = submit(desk, email=DI).id
        approve(desk, three)
        host.pictures[hashed(DI)] = square(picture("white"))
        look(desk, now)
        assert shown(site, three)
        del host.pictures[hashed(DI)]
        look(desk, now + timedelta(days=31))
        assert shown(site, three) is None
        assert list((site.content / "portraits").iterdir()) == []


def test_a_run_that_was_cut_short_is_finished_by_the_next(
    site: SiteFolder, host: Gravatars, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(site, host)
    from rejoinder.replies.identity.portraits import square

    now = datetime.now(UTC)
    with open_desk(site.content) as desk:
        ids = [submit(desk, email=BO).id for _ in range(3)]
        approve(desk, *ids)
        gravatars.ask(desk.database, BO, lambda _: square(picture("red")), now)
        write = CommentStore.write
        written: list[str] = []

        def stops(self: CommentStore, thread: str, comment: object) -> Path:
            if written:
                raise KeyboardInterrupt
            written.append(thread)
            return write(self, thread, comment)  # type: ignore[arg-type]

        for act in (gravatars.bring, gravatars.forget):
            written.clear()
            with monkeypatch.context() as patch:
                patch.setattr(CommentStore, "write", stops)
                with pytest.raises(KeyboardInterrupt):
                    act(desk.database, desk.content, now)
            assert len({shown(site, one) for one in ids}) == 2
            act(desk.database, desk.content, now)
            assert len({shown(site, one) for one in ids}) == 1
        assert shown(site, ids[0]) is None
        assert list((site.content / "portraits").iterdir()) == []


@pytest.mark.parametrize(
    ("status", "said"), [(429, "It says to come again after 60"), (503, "Run the task again")]
)
def test_an_answer_that_says_nothing_ends_it_and_is_not_remembered(
    site: SiteFolder, host: Gravatars, status: int, said: str
) -> None:
    furnish(site, host)
    host.status = status
    with open_desk(site.content) as desk:
        approve(desk, submit(desk, email=BO).id, submit(desk, email=CY).id)
    done = invoke("portraits", "--content", str(site.content))
    assert f"it answers {status}" in done.stderr
    assert said in done.stderr
    assert "asked for 0 of 2" in done.stdout
    assert host.asked == [hashed(BO)]
    assert hashed(BO) not in done.stderr
    with open_desk(site.content) as desk:
        assert gravatars.due(desk.database, datetime.now(UTC)) == [BO, CY]


def test_the_desks_own_form_says_what_gravatar_is_told(site: SiteFolder, host: Gravatars) -> None:
    furnish(site, host)
    with open_desk(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        assert "goes to Gravatar" in words(ask(server, "/reply?thread=first")[2])
        want(site, "false")
        assert "Gravatar" not in words(ask(server, "/reply?thread=first")[2])
