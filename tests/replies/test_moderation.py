"""The moderator's page: who gets in, what they can do, and that nobody decides twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from conftest import SiteFolder, invoke, number_id
from desks import Answer, ask, submit, words

from rejoinder.comments.store import CommentStore
from rejoinder.replies.database import QueueError
from rejoinder.replies.desk import Desk
from rejoinder.replies.model import Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.signing import Link


class Person:
    """A moderator's browser, without a script: a cookie, and forms as they are given."""

    def __init__(self, server: DeskServer) -> None:
        self.server = server
        self.cookie = ""

    def get(self, path: str) -> Answer:
        return ask(self.server, path, Cookie=self.cookie)

    def enter(self, desk: Desk, name: str = "ada") -> None:
        desk.moderators.save(name)
        self.use(f"/reply/desk/enter/{desk.signer.link(Link('enter', name))}")

    def use(self, path: str, form: dict[str, str] | None = None) -> Answer:
        found = ask(self.server, path, form or {"x": ""}, Cookie=self.cookie)
        if "set-cookie" in found[1]:
            self.cookie = found[1]["set-cookie"].partition(";")[0]
        return found

    def press(self, page: str, button: str, **fields: str | list[str]) -> Answer:
        """Send the form that has that button, as a browser would."""
        soup = BeautifulSoup(page, "html.parser")
        found = next(b for b in soup.select("form button") if words(str(b)).startswith(button))
        form = found.find_parent("form")
        sent = [
            (field["name"], field.get("value", ""))
            for field in form.select("input[name]")
            if field.get("type") != "checkbox"
        ]
        for area in form.select("textarea[name]"):
            if area["name"] not in fields:
                sent.append((area["name"], area.get_text()[1:]))
        if found.get("name"):
            sent.append((found["name"], found["value"]))
        for name, value in fields.items():
            sent += [(name, one) for one in (value if isinstance(value, list) else [value])]
        return ask(self.server, form["action"], sent, Cookie=self.cookie)


@pytest.fixture
def ada(server: DeskServer, open_desk: Callable[[], Desk]) -> Person:
    person = Person(server)
    person.enter(open_desk())
    return person


def test_nobody_gets_in_who_may_not(server: DeskServer, open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    desk.moderators.save("ada", password="correct horse")
    for path in ("/reply/desk", "/reply/desk/reply/x"):
        status, headers, _ = ask(server, path)
        assert (status, headers["location"]) == (303, "/reply/desk/sign-in")
    bad = [("ada", "wrong horse!"), ("nobody", "correct horse"), ("ada", ""), ("", "")]
    for name, password in bad:
        form = {"name": name, "password": password}
        status, headers, page = ask(server, "/reply/desk/sign-in", form)
        assert (status, "do not belong together" in page) == (403, True)
        assert "set-cookie" not in headers
    form = {"name": "ada", "password": "correct horse"}
    status, headers, _ = ask(server, "/reply/desk/sign-in", form)
    cookie = headers["set-cookie"]
    assert (status, headers["location"]) == (303, "/reply/desk")
    assert {"HttpOnly", "SameSite=lax", "Path=/reply"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    secure = ask(server, "/reply/desk/sign-in", form, X_Forwarded_Proto="https")[1]["set-cookie"]
    assert "Secure" in secure
    assert ask(server, "/reply/desk", Cookie=cookie.partition(";")[0])[0] == 200
    assert ask(server, "/reply/desk", Cookie=cookie.partition(";")[0] + "x")[0] == 303
    form["password"] = "wrong"
    assert 429 in [ask(server, "/reply/desk/sign-in", form)[0] for _ in range(8)]


def test_a_link_lets_in_once_and_looking_does_not_use_it_up(
    server: DeskServer, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    desk.moderators.save("ada")
    path = f"/reply/desk/enter/{desk.signer.link(Link('enter', 'ada'))}"
    for _ in range(3):
        assert ask(server, path)[0] == 200
    assert ask(server, path, {"x": ""})[0] == 303
    status, headers, page = ask(server, path, {"x": ""})
    assert (status, "used before" in page, "set-cookie" in headers) == (410, True, False)
    for forged in (desk.signer.link(Link("approve", "ada")), "x", path[-20:]):
        assert ask(server, f"/reply/desk/enter/{forged}", {"x": ""})[0] == 410


def test_a_session_ends_with_its_time_its_account_and_its_password(
    open_desk: Callable[[], Desk],
) -> None:
    people, now = open_desk().moderators, datetime.now(UTC)
    people.save("ada", password="correct horse")
    first = people.begin("ada", now)
    assert people.of_session(first, now) is not None
    assert people.of_session(first, now + timedelta(days=15)) is None
    people.save("ada", password="another horse")
    assert people.of_session(first, now) is None
    second = people.begin("ada", now)
    people.end(second)
    assert people.of_session(second, now) is None
    third = people.begin("ada", now)
    people.remove("ada")
    assert people.of_session(third, now) is None
    with pytest.raises(QueueError, match="shorter than 10"):
        people.save("bo", password="short")
    with pytest.raises(QueueError, match="can't be a moderator's name"):
        people.save("b\no")


def test_it_shows_what_waits_in_its_thread_and_why(
    ada: Person, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk, in_reply_to=number_id(1), email="bo@mail.example", text="No, *because*.")
    _, _, page = ada.get("/reply/desk")
    shown = words(page)
    for part in ("Waiting 1", "Bo", "bo@mail.example", "Words of comment 1", "In reply to Reader 1",
                 "the rule 'first-timers'", "nobody here knows the writer"):  # fmt: skip
        assert part in shown, part
    assert "<em>because</em>" in page
    _, _, page = ada.get(f"/reply/desk/reply/{reply.id}")
    assert "Above it Reader 1" in words(page)
    assert "What was decided" in words(page)
    assert ada.get("/reply/desk/reply/none")[0] == 404
    assert "No, because ." in words(ada.get("/reply/desk?q=bo%40mail")[2])
    assert "There is nothing here" in words(ada.get("/reply/desk?q=zzz")[2])
    assert ada.get("/reply/desk?status=%3Cscript%3E&page=9999999999")[0] == 200


def test_it_decides_one_or_many_and_takes_it_back(
    ada: Person, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    replies = [submit(desk, text=f"Reply {n}.") for n in range(4)]
    ids = [reply.id for reply in replies]
    _, _, page = ada.get("/reply/desk")
    status, headers, _ = ada.press(page, "Approve")  # the first card's
    assert status == 303
    assert desk.queue.get(ids[0]).status is Status.APPROVED
    _, _, page = ada.get(headers["location"])
    assert "1 reply is approved" in words(page)
    assert ada.press(page, "Undo")[0] == 303
    assert desk.queue.get(ids[0]).status is Status.PENDING
    _, _, page = ada.get("/reply/desk")
    soup = BeautifulSoup(page, "html.parser")
    many = soup.select_one(".many button[value=spam]")
    assert many is not None
    form = [("csrf", soup.select_one("[name=csrf]")["value"]), ("action", "spam")]
    status, headers, _ = ask(
        ada.server, "/reply/desk/decide", form + [("reply", i) for i in ids[1:]], Cookie=ada.cookie
    )
    assert status == 303
    assert [desk.queue.get(i).status for i in ids] == ["pending", "spam", "spam", "spam"]
    assert "3 replies are spam" in words(ada.get(headers["location"])[2])
    assert [d.by for d in desk.queue.history(ids[1])][-1] == "ada"
    assert "Reply 2." in words(ada.get("/reply/desk?status=spam")[2])


def test_who_decides_second_is_told(
    ada: Person, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk)
    _, _, page = ada.get("/reply/desk")
    desk.queue.decide(reply.id, Status.APPROVED, by="bo", why="", now=datetime.now(UTC))
    for button in ("Approve", "Reject"):  # nobody overrules what they haven't seen
        status, _, said = ada.press(page, button)
        assert (status, "is approved already" in words(said)) == (409, True)
    assert desk.queue.get(reply.id).status is Status.APPROVED


def test_words_that_changed_since_they_were_seen_are_not_approved(
    ada: Person, server: DeskServer, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk, text="Harmless.")
    _, _, page = ada.get("/reply/desk")
    mine = f"/reply/status/{desk.signer.status_token(reply.id)}"
    form = {"text": "Something else.", "name": "Bo", "action": "edit"}
    assert ask(server, mine, form)[0] == 303
    status, _, said = ada.press(page, "Approve")
    assert (status, "has other words by now" in words(said)) == (409, True)
    assert desk.queue.get(reply.id).status is Status.PENDING


def test_it_edits_and_answers_as_the_author(
    ada: Person, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk, text="Wehn?")
    path = f"/reply/desk/reply/{reply.id}"
    _, _, page = ada.get(path)
    assert ada.press(page, "Save", text="When?")[0] == 303
    _, _, page = ada.get(path)
    assert ada.press(page, "Publish the answer", text="\n")[0] == 422
    assert ada.press(page, "Publish the answer", text="x" * 65_526)[0] == 422
    assert ada.press(page, "Publish the answer", text="Tomorrow.")[0] == 303
    desk.publish()
    comments = {c.id: c for c in CommentStore(place.content).read("first").comments}
    assert comments[reply.id].body == "When?"
    (answer,) = (c for c in comments.values() if c.in_reply_to == reply.id)
    assert (answer.author, answer.kind, answer.author_id, answer.body) == (
        "Ada", "author", "ada", "Tomorrow.",
    )  # fmt: skip
    assert answer.source == "desk"


def test_new_words_of_a_published_reply_wait_beside_the_old_ones(
    ada: Person, server: DeskServer, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk, text="Old words.")
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    desk.publish()
    file = CommentStore(place.content).path("first", reply.id)
    mine = f"/reply/status/{desk.signer.status_token(reply.id)}"
    for text, button, after in (
        ("Bad words.", "Keep the old words", "Old words."),
        ("New words.", "Approve", "New words."),
    ):
        form = {"text": text, "name": "Somebody else", "action": "edit"}
        assert ask(server, mine, form)[0] == 303
        assert text in words(ask(server, mine)[2])
        assert "Old words." in file.read_text("utf-8")
        _, _, page = ada.get("/reply/desk")
        assert f"wants to change it to {text}" in words(page)
        assert ada.press(page, button)[0] == 303
        desk.publish()
        assert after in file.read_text("utf-8")
    assert "Author: Bo\n" in file.read_text("utf-8")
    assert desk.queue.waiting() == []


def test_what_its_writer_took_back_stays_so(ada: Person, open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    reply = submit(desk)
    desk.queue.decide(reply.id, Status.WITHDRAWN, by="w", why="", now=datetime.now(UTC))
    with pytest.raises(QueueError, match="taken back by its writer"):
        desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    with pytest.raises(QueueError, match="taken back by its writer"):
        desk.queue.rewrite(reply.id, "x", by="ada", now=datetime.now(UTC))
    _, _, page = ada.get(f"/reply/desk/reply/{reply.id}")
    assert "Approve" not in page
    assert "Answer as" not in page


def test_accounts_by_task(place: SiteFolder, server: DeskServer) -> None:
    where = ["--content", str(place.content), "--address", server.address]
    helped = invoke("moderator", "--help", *where)
    assert (helped.returncode, "invoke --help moderator" in helped.stderr) == (1, True)
    made = invoke("moderator", "ada", "--email", "ada@blog.example", *where)
    assert (made.returncode, "ada may decide now" in made.stdout) == (0, True)
    link = re.search(r"(/reply/desk/enter/\S+)", made.stdout.replace("\n", ""))
    assert link is not None
    assert ask(server, link[1], {"x": ""})[0] == 303
    assert "ada  ada@blog.example, no password" in invoke("moderators", *where[:2]).stdout
    assert invoke("moderator", "ada", "--remove", *where).returncode == 0
    gone = invoke("moderator", "ada", "--remove", *where)
    assert (gone.returncode, "there is no moderator 'ada'" in gone.stderr) == (1, True)


def test_the_filter_learns_from_the_moderator_and_unlearns(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk, now = open_desk(), datetime.now(UTC)

    def teach(text: str, status: Status) -> str:
        reply = submit(desk, text=text)
        if reply.status is not status:
            desk.queue.decide(reply.id, status, by="ada", why="", now=now)
        return reply.id

    for n in range(8):
        teach(f"cheap pills and casino bonus number{n}", Status.SPAM)
        last = teach(f"a careful essay and an argument about letters part{n}", Status.APPROVED)
    caught = submit(desk, text="casino bonus and cheap pills today")
    assert caught.status is Status.SPAM
    why = desk.queue.history(caught.id)[0]
    assert why.by == "the rule 'filter'"
    assert "“casino”" in why.why
    assert submit(desk, text="your careful argument about letters").status is Status.PENDING
    before = _words(desk)
    desk.queue.undo(last, by="ada", now=now)
    assert _words(desk)["essay"][1] == before["essay"][1] - 1
    desk.queue.decide(last, Status.APPROVED, by="ada", why="", now=now)
    assert _words(desk) == before


def _words(desk: Desk) -> dict[str, tuple[int, int]]:
    from rejoinder.replies.schema import words as table

    with desk.database.transaction() as db:
        rows = db.execute(table.select()).all()
    return {row.word: (row.spam, row.ham) for row in rows if row.spam or row.ham}


def test_a_letters_link_ends_with_its_moderator(
    server: DeskServer, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk)
    desk.moderators.save("bo")
    token = desk.signer.link(Link("approve", f"{reply.id}:", "bo"))
    desk.moderators.remove("bo")
    status, _, page = ask(server, f"/reply/mail/{token}", {"x": ""})
    assert (status, "none any more" in words(page)) == (403, True)
    assert desk.queue.get(reply.id).status is Status.PENDING
    with pytest.raises(QueueError, match="no e-mail address"):
        desk.moderators.save("cy", email="cy")
