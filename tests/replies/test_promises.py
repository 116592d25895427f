"""What must not happen: words dropped, decisions overruled unseen, one fault that stops all."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from conftest import SiteFolder, invoke, make_comment, number_id
from desks import GOOD, ask, settings, submission, submit, words
from replies.test_moderation import Person

from rejoinder.comments.store import CommentStore
from rejoinder.errors import RejoinderError, StoreError
from rejoinder.replies import people
from rejoinder.replies.arrivals import Arrivals
from rejoinder.replies.database import QueueError
from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.judging.policy import Circumstances
from rejoinder.replies.model import Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.signing import Link
from rejoinder.replies.worker import Worker

BO = "bo@mail.example"


def now() -> datetime:
    return datetime.now(UTC)


def approve(desk: Desk, reply_id: str) -> None:
    desk.queue.decide(reply_id, Status.APPROVED, by="ada", why="", now=now())


def body(place: SiteFolder, reply_id: str) -> str | None:
    found = CommentStore(place.content).read("first").comments
    return next((c.body for c in found if c.id == reply_id), None)


@pytest.mark.parametrize("email", ["", "  ", "bo", "@", "%"])
def test_nobodys_words_go_for_want_of_an_address(
    email: str, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk)
    approve(desk, reply.id)
    desk.publish()
    with pytest.raises(RejoinderError, match="no e-mail address"):
        people.erase(desk.queue, desk.content, desk.private, email, by="ada", now=now())
    done = invoke("person", "export", email, "--content", str(place.content))
    assert (done.returncode, "no e-mail address" in done.stderr) == (1, True)
    assert body(place, reply.id) == reply.text


def test_words_are_erased_whatever_their_folder_is_called_by_now(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk, email=BO, text="Words of Bo.")
    approve(desk, reply.id)
    desk.publish()
    root = place.content / "comments"
    (root / "first").rename(root / "renamed")
    report = people.erase(desk.queue, desk.content, desk.private, BO, by="ada", now=now())
    assert report.missing == []
    desk.publish()
    assert "Words of Bo" not in "".join(p.read_text() for p in root.rglob("*.md"))


def test_words_that_are_in_no_file_are_named(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    reply = submit(desk, email=BO)
    approve(desk, reply.id)
    desk.publish()
    CommentStore(place.content).path("first", reply.id).unlink()
    report = people.erase(desk.queue, desk.content, desk.private, BO, by="ada", now=now())
    assert f"{reply.id}: in no file" in report.text()


def test_an_export_is_whole(place: SiteFolder, open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    reply = submit(desk, email=BO, text="quetzal zanzibar")
    desk.queue.decide(reply.id, Status.SPAM, by="ada", why="", now=now())
    desk.moderators.save("bo", email=BO, password="a secret of Bo's")
    folder = desk.private / "wordpress"
    folder.mkdir()
    (folder / "people.jsonl").write_text(
        f'{{"thread": "first", "id": "{number_id(1)}", "email": "{BO}"}}\n'
    )
    found = people.export(desk.database, desk.content, desk.private, BO)
    assert "quetzal" in found["learnt"][0]["words"]
    assert found["moderator"][0] | {"author_id": ""} == {
        "name": "bo", "email": BO, "password": True, "author_id": ""
    }  # fmt: skip
    assert "Words of comment 1." in found["comments"][0]["file"]
    report = people.erase(desk.queue, desk.content, desk.private, BO, by="ada", now=now())
    assert "invoke moderator bo --remove" in report.text()
    with desk.database.transaction() as db:
        assert "quetzal" not in str(db.execute(sa.text("SELECT word FROM words")).all())


def test_what_a_filter_learnt_goes_when_it_no_longer_learns(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    with desk_of(place.content) as desk:
        reply = submit(desk, email=BO, text="quetzal zanzibar")
        desk.queue.decide(reply.id, Status.SPAM, by="ada", why="", now=now())
    settings(place.content, "[rules]\nlearn = false\n")
    desk = open_desk()
    people.erase(desk.queue, desk.content, desk.private, BO, by="ada", now=now())
    with desk.database.transaction() as db:
        held = db.execute(sa.text("SELECT word FROM words UNION SELECT words FROM learnt")).all()
    assert "quetzal" not in str(held)


def test_a_slip_in_a_setting_costs_no_words(
    place: SiteFolder, open_desk: Callable[[], Desk], server: DeskServer
) -> None:
    assert ask(server, "/reply", GOOD | {"text": "Before."})[0] == 303
    file = place.content / "site.toml"
    before = file.read_text()
    file.write_text("title = 3\n")
    assert ask(server, "/reply", GOOD | {"text": "Meanwhile."})[0] == 303
    file.write_text(before)
    assert {r.text for r in open_desk().queue.waiting()} == {"Before.", "Meanwhile."}


def test_sites_that_would_share_their_private_side_are_refused(place: SiteFolder) -> None:
    other = place.root / "other"
    other.mkdir()
    (other / "site.toml").write_text('url = "https://other.example"\n')
    done = invoke("desk", "--content", f"{place.content},{other}", "--port", "0")
    assert (done.returncode, "the same private folder" in done.stderr) == (1, True)


def test_sites_that_would_share_a_database_are_refused(
    make_site: Callable[..., SiteFolder], tmp_path: Path
) -> None:
    places = []
    for name in ("one", "two"):
        site = make_site(name)
        (site.content / "site.toml").write_text(f'url = "https://{name}.example"\n')
        settings(site.content, f'database = "sqlite:///{tmp_path}/shared.sqlite3"\n')
        places.append(str(site.content))
    done = invoke("desk", "--content", ",".join(places), "--port", "0")
    assert (done.returncode, "the same database" in done.stderr) == (1, True)


def test_one_file_that_cannot_be_written_keeps_no_other_waiting(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    place.post("second")
    desk = open_desk()
    stuck, other = submit(desk, text="Stuck."), submit(desk, thread="second", text="Other.")
    approve(desk, stuck.id)
    approve(desk, other.id)
    blocked = CommentStore(place.content).path("first", stuck.id)
    blocked.mkdir()  # nothing can be written in its place
    published: list[int] = []
    worker = Worker(desk, lambda: published.append(1))
    with pytest.raises(StoreError):
        worker.round()
    assert CommentStore(place.content).path("second", other.id).is_file()
    assert published == [1]
    blocked.rmdir()
    worker.round()
    assert body(place, stuck.id) == "Stuck."


def test_what_git_refused_is_committed_the_next_time(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    settings(place.content, "[publishing]\ngit = true\n")

    def git(*arguments: str) -> str:
        return subprocess.run(["git", "-C", str(place.root), *arguments], check=True,
                              capture_output=True, text=True).stdout  # fmt: skip

    git("init", "-q")
    desk = open_desk()
    one, two = submit(desk, text="One."), submit(desk, text="Two.")
    approve(desk, one.id)
    lock = place.root / ".git" / "index.lock"
    lock.touch()
    with pytest.raises(StoreError, match="git refused"):
        desk.publish()
    lock.unlink()
    approve(desk, two.id)
    desk.publish()
    assert {f"content/comments/first/{r.id}.md" for r in (one, two)} <= set(
        git("ls-files").splitlines()
    )
    assert not (desk.folder / "uncommitted.txt").exists()


def test_other_words_under_a_decided_forms_key_are_a_reply_of_their_own(
    open_desk: Callable[[], Desk], server: DeskServer
) -> None:
    desk = open_desk()
    form = GOOD | {"key": "one form", "text": "First words."}
    assert ask(server, "/reply", form)[0] == 303
    (first,) = desk.queue.waiting()
    desk.queue.decide(first.id, Status.REJECTED, by="ada", why="", now=now())
    assert ask(server, "/reply", form | {"text": "Second words."})[0] == 303
    assert [reply.text for reply in desk.queue.waiting()] == ["Second words."]


def test_a_late_edit_gives_the_words_back_with_the_reason(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    settings(place.content, "[limits]\nedit_minutes = 0\n")
    from rejoinder.replies.web.app import make_app

    desk = open_desk()
    reply = submit(desk)
    approve(desk, reply.id)
    with DeskServer(0).run(make_app(desk)) as server:
        path = f"/reply/status/{desk.signer.status_token(reply.id)}"
        status, _, page = ask(server, path, {"action": "edit", "text": "My late words."})
    assert status == 409
    assert "My late words." in page
    assert "The time in which it could be changed is over." in words(page)


def test_a_moderators_correction_never_overwrites_words_unseen(
    open_desk: Callable[[], Desk], server: DeskServer
) -> None:
    desk = open_desk()
    ada = Person(server)
    ada.enter(desk)
    reply = submit(desk, text="Wehn?")
    _, _, page = ada.get(f"/reply/desk/reply/{reply.id}")
    desk.queue.edit(reply.id, submission(text="Why?"), now())
    status, _, again = ada.press(page, "Save", text="When?")
    assert status == 409
    assert "When?" in again  # what was typed is given back
    found = desk.queue.get(reply.id)
    assert found is not None
    assert found.text == "Why?"
    approve(desk, reply.id)
    desk.queue.propose(reply.id, "Whence?", now())
    _, _, page = ada.get(f"/reply/desk/reply/{reply.id}")
    assert ada.press(page, "Save", text="Why, oh why?")[0] == 303
    found = desk.queue.get(reply.id)
    assert found is not None
    assert (found.text, found.proposed) == ("Why, oh why?", "Whence?")


def test_undo_takes_one_decision_back_once(open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    reply = submit(desk)
    with pytest.raises(QueueError, match="nothing was decided"):
        desk.queue.undo(reply.id, by="ada", now=now())
    approve(desk, reply.id)
    assert desk.queue.undo(reply.id, by="ada", now=now()).status is Status.PENDING
    with pytest.raises(QueueError, match="taken back already"):
        desk.queue.undo(reply.id, by="ada", now=now())
    approve(desk, reply.id)
    desk.queue.propose(reply.id, "Other words.", now())
    approve(desk, reply.id)
    with pytest.raises(QueueError, match="changed the words"):
        desk.queue.undo(reply.id, by="ada", now=now())
    found = desk.queue.get(reply.id)
    assert found is not None
    assert (found.status, found.text) == (Status.APPROVED, "Other words.")


def test_a_rejected_replys_letters_do_not_go(open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    reply = submit(desk, text="Secret words.")
    put = desk.notices.deliveries.put
    with desk.database.transaction() as db:
        for key in (f"answer:{reply.id}:1", f"moderator:{reply.id}:x:ada", "answer:other:1"):
            put(db, key, "mail", "to@mail.example", "Secret words.", now())
    desk.queue.decide(reply.id, Status.REJECTED, by="ada", why="", now=now())
    assert [one.key for one in desk.notices.deliveries.claim("mail", now())] == ["answer:other:1"]


def test_ones_own_word_overrules_no_moderator_and_works_once(
    open_desk: Callable[[], Desk], server: DeskServer
) -> None:
    desk = open_desk()
    held = submit(desk, email=BO, text="one https://a.example https://b.example https://c.example")
    taken_back = submit(desk, email=BO, text="Taken back.")
    approve(desk, taken_back.id)
    desk.queue.undo(taken_back.id, by="ada", now=now())
    for reply in (held, taken_back):
        link = f"/reply/mail/{desk.signer.link(Link('mine', reply.id))}"
        assert ask(server, link, {"x": ""})[0] == 200
        found = desk.queue.get(reply.id)
        assert found is not None
        assert (found.status, found.proven) == (Status.PENDING, True)
        assert ask(server, link, {"x": ""})[0] == 410


def test_a_link_that_did_nothing_can_be_used_again(
    open_desk: Callable[[], Desk], server: DeskServer
) -> None:
    desk = open_desk()
    reply = submit(desk)
    desk.moderators.save("ada")
    link = f"/reply/mail/{desk.signer.link(Link('approve', f'{reply.id}:', 'ada'))}"
    approve(desk, reply.id)
    assert ask(server, link, {"x": ""})[0] == 409
    desk.queue.undo(reply.id, by="ada", now=now())
    assert ask(server, link, {"x": ""})[0] == 200


def test_an_answer_that_is_sent_twice_is_one(
    place: SiteFolder, open_desk: Callable[[], Desk], server: DeskServer
) -> None:
    desk = open_desk()
    ada = Person(server)
    ada.enter(desk)
    reply = submit(desk)
    _, _, page = ada.get(f"/reply/desk/reply/{reply.id}")
    for _ in range(2):
        assert ada.press(page, "Publish the answer", text="My answer.")[0] == 303
    desk.publish()
    answers = [c for c in CommentStore(place.content).read("first").comments
               if c.in_reply_to == reply.id]  # fmt: skip
    assert [c.body for c in answers] == ["My answer."]


def test_an_answer_to_words_that_changed_is_given_back(
    place: SiteFolder, open_desk: Callable[[], Desk], server: DeskServer
) -> None:
    desk = open_desk()
    ada = Person(server)
    ada.enter(desk)
    reply = submit(desk)
    _, _, page = ada.get(f"/reply/desk/reply/{reply.id}")
    desk.queue.edit(reply.id, submission(text="Quite other words."), now())
    status, _, again = ada.press(page, "Publish the answer", text="My answer.")
    assert (status, "My answer." in again) == (409, True)
    desk.publish()
    assert [c.id for c in CommentStore(place.content).read("first").comments] == [number_id(1)]


def test_who_hangs_up_stops_nobody_elses_reply(open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    arrivals: Arrivals = desk.arrivals
    for number in range(20):
        arrivals.submit(submission(text=f"Words {number}."), Circumstances()).cancel()
    assert submit(desk, text="Mine.").text == "Mine."


def test_fingerprints_go_with_the_addresses_they_were_made_of(
    open_desk: Callable[[], Desk],
) -> None:
    desk = open_desk()
    reply = submit(desk, key="")
    assert desk.queue.forget_networks(datetime(2999, 1, 1, tzinfo=UTC)) == 1
    found = desk.queue.get(reply.id)
    assert found is not None
    assert (found.network, found.fingerprint) == (None, None)


def test_names_are_as_long_in_every_database(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    key = "a-long-thread-" + "x" * 220
    place.post("long", Thread=key)
    desk = open_desk()
    reply = submit(desk, thread=key)
    desk.queue.decide(reply.id, Status.APPROVED, by="n" * 150, why="", now=now())
    assert desk.publish()[0].is_file()


def test_a_post_whose_thread_no_folder_can_hold_takes_no_replies(
    place: SiteFolder, server: DeskServer
) -> None:
    place.post("odd", Thread="é" * 200)
    assert ask(server, "/reply", GOOD | {"thread": "é" * 200})[0] == 404


@pytest.mark.parametrize(
    "text",
    ['address = "http://["', 'address = "https://x.example:0"',
     '[akismet]\naddress = "nonsense"', '[webhook]\nurl = "https://x:y"\nsecret = "s"'],
)  # fmt: skip
def test_an_address_that_is_none_is_named(text: str, site: SiteFolder) -> None:
    settings(site.content, text + "\n")
    with pytest.raises(RejoinderError, match="is no address"):
        desk_of(site.content)


def test_tasks_say_what_they_decide_and_refuse_what_is_unclear(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    one, two = submit(desk, text="Words one."), submit(desk, text="Words two.")
    where = ["--content", str(place.content)]
    empty = invoke("approve", " , ", *where)
    assert (empty.returncode, "no reply is named" in empty.stderr) == (1, True)
    half = invoke("approve", f"{one.id},nonsense", *where)
    assert (half.returncode, "no reply found" in half.stderr) == (1, True)
    assert len(desk.queue.waiting()) == 2
    done = invoke("approve", f"{one.id},-{two.id.partition('-')[2]}", *where)
    assert done.returncode == 0, done.stderr
    assert "Words one." in done.stdout
    assert body(place, two.id) == "Words two."


def test_the_lock_that_was_lost_is_noticed(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    is_postgres = desk.database.engine.dialect.name == "postgresql"
    expected = pytest.raises(QueueError, match="lock") if is_postgres else nullcontext()
    with expected, desk.database.publishing(1) as mine:
        assert mine
        desk.database.still_publishing()
        if is_postgres:  # a lock on a file isn't lost
            with desk.database.transaction() as db:
                db.execute(sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ))  # fmt: skip
        desk.database.still_publishing()


def test_a_mistake_of_ours_quotes_nobody(
    place: SiteFolder, open_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    from rejoinder.replies.web.app import make_app

    desk = open_desk()

    def broken(*_: object) -> str:
        raise ValueError("Secret words.")

    monkeypatch.setattr(type(desk.signer), "stamp", broken)
    with DeskServer(0).run(make_app(desk)) as server:
        assert ask(server, "/reply/stamp")[0] == 500
    assert "a mistake: ValueError at broken" in caplog.text
    assert "Secret words." not in caplog.text


def test_waiting_replies_to_a_post_that_is_gone_say_so(
    place: SiteFolder, open_desk: Callable[[], Desk], server: DeskServer
) -> None:
    desk = open_desk()
    ada = Person(server)
    ada.enter(desk)
    submit(desk)
    (place.content / "posts" / "first.md").unlink()
    place.comments(make_comment(9), thread="elsewhere")
    assert "there is no such post any more" in words(ada.get("/reply/desk")[2])
