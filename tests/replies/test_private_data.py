"""What is held on people: given to them, removed, forgotten in time, backed up and restored."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from conftest import SiteFolder, invoke, make_comment, number_id
from desks import GOOD, ask, settings, submit

from rejoinder.comments.store import CommentStore
from rejoinder.replies import backup
from rejoinder.replies.agreeing import Agreements
from rejoinder.replies.database import QueueError, open_database
from rejoinder.replies.desk import Desk, restore_desk
from rejoinder.replies.model import Status
from rejoinder.replies.queue import utc
from rejoinder.replies.schema import metadata
from rejoinder.replies.schema import replies as replies_table
from rejoinder.replies.server import DeskServer
from rejoinder.replies.signing import Signer
from rejoinder.replies.telling.subscriptions import POSTS

BO = "bo@mail.example"


def dump(desk: Desk) -> str:
    """All that the database holds, as text."""
    with desk.database.transaction() as db:
        rows = [
            (table.name, *(utc(v) if isinstance(v, datetime) else v for v in row))
            for table in metadata.sorted_tables
            for row in db.execute(sa.select(table)).all()
        ]
    return "\n".join(str(row) for row in sorted(rows, key=str))


def a_person(desk: Desk) -> dict[str, str]:
    """Bo: published and answered, waiting, spam, subscribed, with a letter to come."""
    now = datetime.now(UTC)
    one = submit(desk, email=BO, text="Published words of Bo.", notify="yes")
    desk.queue.decide(one.id, Status.APPROVED, by="ada", why="Bo again", now=now)
    other = submit(
        desk, name="Al", email="al@mail.example", text="Words of Al.", in_reply_to=one.id
    )
    desk.queue.decide(other.id, Status.APPROVED, by="ada", why="", now=now)
    waiting = submit(desk, email="BO@mail.example", text="Waiting words of Bo.")
    spam = submit(desk, email=BO, text="Spam of Bo.")
    desk.queue.decide(spam.id, Status.SPAM, by="ada", why="", now=now)
    with desk.database.transaction() as db:
        wishes = desk.notices.subscriptions
        wishes.ask(db, BO, POSTS, now, confirmed=True)
        wishes.prove(db, BO, now)
        for number, to in enumerate((BO, "ada@mail.example")):
            key = f"moderator:{waiting.id}:{number}"
            desk.notices.deliveries.put(db, key, "mail", to, "Waiting words of Bo.", now)
    desk.publish()
    return {"one": one.id, "other": other.id, "waiting": waiting.id, "spam": spam.id}


def test_all_that_is_held_is_given_and_then_removed(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    ids = a_person(desk)
    place.comments(make_comment(2), make_comment(3, parent=2, body="An answer."))
    imported = place.root / "private" / "wordpress"
    imported.mkdir()
    row = {"key": "c2", "thread": "first", "id": number_id(2), "email": BO, "ip": "192.0.2.1"}
    (imported / "people.jsonl").write_text(
        json.dumps(row) + "\n" + json.dumps(row | {"key": "c9", "email": "x@y.example"}) + "\n"
    )
    where = ["--content", str(place.content)]
    given = invoke("person", "export", "Bo@mail.example", *where)
    assert given.returncode == 0, given.stderr
    found = json.loads(re.sub(r"\x1b\[[0-9;]*m", "", given.stdout))
    assert {r["id"] for r in found["replies"]} == {ids["one"], ids["waiting"], ids["spam"]}
    assert found["imported"]["people"][0]["ip"] == "192.0.2.1"
    assert [s["scope"] for s in found["subscriptions"]] == [POSTS]
    assert "Words of Al" not in given.stdout
    done = invoke("person", "erase", BO, *where)
    assert done.returncode == 0, done.stderr
    for id_ in (ids["one"], ids["waiting"], ids["spam"], number_id(2)):
        assert id_ in done.stdout
    assert "2 letters" in done.stdout
    held = dump(desk)
    for trace in (BO, "BO@", "words of Bo", "Spam of Bo", "Bo again"):
        assert trace not in held, trace
    assert "Words of Al." in held
    store = CommentStore(place.content)
    comments = {c.id: c for c in store.read("first").comments}
    for id_ in (ids["one"], number_id(2)):
        gone = comments[id_]
        assert (gone.author, gone.body, gone.kind, gone.url) == ("", "", "removed", None)
    assert comments[ids["other"]].in_reply_to == ids["one"]
    files = "".join(
        p.read_text("utf-8") for p in place.root.rglob("*") if p.suffix in (".md", ".jsonl")
    )
    assert "Bo" not in files.replace("Body", "")
    assert "x@y.example" in files
    page = place.build().read("first/index.html")
    assert page.count("Removed at the writer’s wish.") == 2
    assert "words of Bo" not in page
    assert "Words of Al." in page
    assert "3 thoughts" in page  # comment 1, comment 3, Al's: a mark is no thought
    again = invoke("person", "erase", BO, *where)
    assert (again.returncode, "removed at" in again.stdout) == (0, False)
    wrong = invoke("person", "burn", BO, *where)
    assert (wrong.returncode, "Use export or erase" in wrong.stderr) == (1, True)


def test_what_was_learnt_from_erased_words_is_unlearnt(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    spam = submit(desk, email=BO, text="zanzibar quetzal")
    desk.queue.decide(spam.id, Status.SPAM, by="ada", why="", now=datetime.now(UTC))
    with desk.database.transaction() as db:
        assert "zanzibar" in str(db.execute(sa.text("SELECT words FROM learnt")).all())
    assert invoke("person", "erase", BO, "--content", str(place.content)).returncode == 0
    with desk.database.transaction() as db:
        assert db.execute(sa.text("SELECT words FROM learnt")).all() == []
        counts = db.execute(sa.text("SELECT spam FROM words WHERE word = 'zanzibar'")).all()
    assert counts in ([], [(0,)])


def test_a_withdrawn_reply_leaves_a_mark_only_where_it_was_answered(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk, now = open_desk(), datetime.now(UTC)
    one, two = submit(desk, text="One."), submit(desk, text="Two.")
    for reply in (one, two):
        desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=now)
    answer = submit(desk, in_reply_to=one.id) if desk.publish() else None
    assert answer is not None
    desk.queue.decide(answer.id, Status.APPROVED, by="ada", why="", now=now)
    desk.publish()
    for reply in (one, two):
        desk.queue.decide(reply.id, Status.WITHDRAWN, by="its writer", why="", now=now)
    desk.publish()
    store = CommentStore(place.content)
    kinds = {c.id: c.kind for c in store.read("first").comments}
    assert kinds[one.id] == "removed"
    assert two.id not in kinds
    assert kinds[answer.id] == "comment"


def test_addresses_are_hashes_and_are_forgotten(
    server: DeskServer, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    ask(server, "/reply", GOOD, X_Forwarded_For="203.0.113.77", User_Agent="Nosy/1.0")
    desk = open_desk()
    held = dump(desk)
    assert "203.0.113" not in held
    assert "Nosy" not in held
    (reply,) = desk.queue.with_status(Status.PENDING)
    assert reply.network == desk.signer.digest("network", "203.0.113.77")
    assert reply.network != Signer("another secret").digest("network", "203.0.113.77")
    assert desk.queue.forget_networks(datetime.now(UTC) - timedelta(days=1)) == 0
    assert desk.queue.forget_networks(datetime.now(UTC) + timedelta(seconds=2)) == 1
    assert desk.queue.get(reply.id).network is None


def test_a_backup_while_it_runs_is_restored_into_either_database(
    place: SiteFolder,
    server: DeskServer,
    open_desk: Callable[[], Desk],
    make_site: Callable[[str], SiteFolder],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    desk = open_desk()
    a_person(desk)
    desk.moderators.save("ada", email="ada@mail.example", password="correct horse")
    file = tmp_path / "desk.gz"
    done = invoke("backup", str(file), "--content", str(place.content))
    assert (done.returncode, "rows" in done.stdout) == (0, True), done.stderr
    if os.name != "nt":
        assert file.stat().st_mode & 0o077 == 0
    taken = invoke("backup", str(file), "--content", str(place.content))
    assert (taken.returncode, "such a file already" in taken.stderr) == (1, True)
    status = ask(server, "/reply", GOOD)[1]["location"]  # the desk runs on
    monkeypatch.delenv("REJOINDER_DATABASE", raising=False)
    other = make_site("other")
    rows = restore_desk(other.content, file)
    held = _without_sessions(dump(desk))
    from rejoinder.replies.desk import open_desk as desk_of

    with desk_of(other.content) as restored:
        same = _without_sessions(dump(restored))
        assert rows == len(same)
        assert set(same) < set(held)
        assert len(held) - len(same) == 2  # the reply that came since, and its decision
        assert restored.signer.reply_of(status.rpartition("/")[2]) is not None
        assert restored.moderators.check("ada", "correct horse") is not None
        assert submit(restored, text="after it").status is Status.PENDING
    with pytest.raises(QueueError, match="isn't empty"):
        restore_desk(other.content, file)
    third = make_site("third")
    whole = gzip.decompress(file.read_bytes())
    for broken, says in (
        (b"nonsense", "can't be read"),
        (gzip.compress(whole[: len(whole) // 2]), "can't be read|cut short"),
        (gzip.compress(b"\n".join(whole.split(b"\n")[:-2])), "cut short"),
        (gzip.compress(b"{}"), "no backup"),
        (gzip.compress(re.sub(rb'(?<="revision":)( ?)"\d+"', b'"9999"', whole)), "version 9999"),
        (file.read_bytes()[:-20], "can't be read"),
    ):
        (tmp_path / "broken.gz").write_bytes(broken)
        with pytest.raises(QueueError, match=says):
            restore_desk(third.content, tmp_path / "broken.gz")
    assert restore_desk(third.content, file) == rows


def _without_sessions(held: str) -> list[str]:
    return [line for line in held.split("\n") if not line.startswith("('sessions'")]


def test_the_counters_of_postgresql_go_on_after_a_restore(
    place: SiteFolder, open_desk: Callable[[], Desk], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = open_desk()
    reply = submit(first)
    backup.back_up(first.database, "s", tmp_path / "b.gz")
    with first.database.transaction() as db:
        for table in reversed(metadata.sorted_tables):
            db.execute(table.delete())
    backup.restore(first.database, tmp_path / "b.gz")
    first.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    assert [d.status for d in first.queue.history(reply.id)] == ["pending", "approved"]


def test_a_queue_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(backup.__file__).parent / "migrations"))
    with engine.begin() as db:
        config.attributes["connection"] = db
        command.upgrade(config, "0001")
        db.exec_driver_sql(
            "INSERT INTO replies VALUES ('20260101T000000Z-a', 'first', NULL, 'Bo', '', '', 'Old.',"
            " 'markdown', 'form', NULL, 0, 'pending', '2026-01-01 00:00:00')"
        )
    engine.dispose()
    database = open_database(url)
    with database.transaction() as db:
        row = db.execute(sa.select(replies_table)).mappings().one()
        assert (row["text"], row["told"], row["proposed"]) == ("Old.", False, None)
        inspected = sa.inspect(db)
        for table in metadata.sorted_tables:
            columns = {column["name"] for column in inspected.get_columns(table.name)}
            assert columns == set(table.c.keys()), table.name
    database.close()


def test_agreement_is_one_for_each_reader_and_counted_at_the_next_build(
    server: DeskServer, place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    form = {"thread": "first", "comment": number_id(1)}
    status, headers, _ = ask(server, "/reply/agree", form)
    assert (status, headers["location"]) == (
        303, f"https://blog.example/first/#comment-{number_id(1)}",
    )  # fmt: skip
    cookie = headers["set-cookie"].partition(";")[0]
    for _ in range(2):
        ask(server, "/reply/agree", form, Cookie=cookie)
    ask(server, "/reply/agree", {"thread": "first"}, Cookie=cookie)
    ask(server, "/reply/agree", form)  # somebody else
    for wrong in ({"thread": "none"}, form | {"comment": "../x"}, form | {"comment": number_id(9)}):
        assert ask(server, "/reply/agree", wrong)[0] == 404
    desk = open_desk()
    file = place.content / "comments" / "first" / "agreements.txt"
    desk.publish()
    assert file.read_text("utf-8") == f"post 1\n{number_id(1)} 2\n"
    assert desk.agreements.changed() == {}
    page = place.build().read("first/index.html")
    assert "2 agree<" in page
    assert "1 agrees<" in page
    ask(server, "/reply/agree", form | {"action": "undo"}, Cookie=cookie)
    said = ask(server, "/reply/agree", json.dumps(form).encode(), "application/json")
    assert json.loads(said[2]) == {"count": 2}
    assert isinstance(desk.agreements, Agreements)
    plain = place.build(COMMENTS_AGREE=False).read("first/index.html")
    assert "agree" not in plain.replace("disagree", "")


def test_several_sites_behind_one_desk(make_site: Callable[[str], SiteFolder]) -> None:
    from rejoinder.replies.desk import open_desk as desk_of
    from rejoinder.replies.web.app import Sites, make_app

    places = {}
    for name in ("one", "two"):
        site = make_site(name)
        (site.content / "site.toml").write_text(
            f'title = "{name}"\nurl = "https://{name}.example"\n'
        )
        site.post()
        settings(site.content, "[limits]\nreplies_per_hour = 0\n")
        places[name] = site
    with desk_of(places["one"].content, is_one_of_many=True) as one, \
            desk_of(places["two"].content, is_one_of_many=True) as two:  # fmt: skip
        apps = {desk.subjects.base: make_app(desk) for desk in (one, two)}
        with DeskServer(0).run(Sites(apps)) as server:
            assert ask(server, "/reply", GOOD, Host="two.example")[0] == 303
            assert ask(server, "/reply", GOOD, Host="three.example")[0] == 404
            assert ask(server, "/healthz")[0] == 200
        assert [len(d.queue.with_status(Status.PENDING)) for d in (one, two)] == [0, 1]
