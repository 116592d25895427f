"""The desk's own form, for readers without a script; and what the script asks of a reply's page."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup, Tag
from conftest import SiteFolder, make_comment, number_id
from desks import GOOD, ask, furnished, words

from rejoinder.comments.model import Format, Kind
from rejoinder.replies.desk import open_desk
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app

ANSWER = GOOD | {"in_reply_to": number_id(1), "email": "bo@example.org", "url": ""}
AS_JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskServer]:
    site = SiteFolder(tmp_path_factory.mktemp("site"))
    site.content.mkdir()
    (site.content / "site.toml").write_text('title = "A"\nurl = "https://blog.example"\n')
    furnished(site)
    site.comments(
        make_comment(1, body="One *line*.\n\nAnother."),
        make_comment(2, body="<p>Kept &amp; <b>sound</b></p>", format=Format.HTML),
        make_comment(3, kind=Kind.REMOVED, body="Gone."),
    )
    with open_desk(site.content) as desk, DeskServer(0).run(make_app(desk)) as running:
        yield running


def page(answer: tuple[int, dict[str, str], str], status: int = 200) -> BeautifulSoup:
    assert answer[0] == status
    return BeautifulSoup(answer[2], "html.parser")


def text_of(form: BeautifulSoup) -> str:
    return form.select_one("textarea").get_text().removeprefix("\n")


def focused(form: BeautifulSoup) -> list[str]:
    return [str(tag.get("name") or tag["id"]) for tag in form.select("[autofocus]")]


def test_the_form_shows_what_it_answers(server: DeskServer) -> None:
    asked = f"/reply?thread=first&to={number_id(1)}"
    answered = page(ask(server, asked)).select_one('form [aria-label="What you answer"]')
    assert isinstance(answered, Tag)
    assert words(str(answered)) == "Reader 1 wrote: One line . Another."
    for other in ("", number_id(3), "20200101T000000Z-none", "../../etc/passwd"):
        assert "wrote:" not in ask(server, f"/reply?thread=first&to={other}")[2]


def test_a_preview_changes_nothing_and_keeps_what_was_filled_in(server: DeskServer) -> None:
    form = page(ask(server, "/reply", ANSWER | {"action": "preview", "stamp": "mine"}))
    assert form.select_one(".preview em").get_text() == "differently"
    assert focused(form) == ["preview"]
    assert text_of(form) == GOOD["text"]
    kept = {field["name"]: field.get("value") for field in form.select("input[type]")}
    assert kept.items() >= {"in_reply_to": number_id(1), "email": "bo@example.org",
                            "stamp": "mine"}.items()  # fmt: skip
    first, second, third = form.select("button")
    assert (first.get("name"), second["value"], third["value"]) == (None, "preview", "quote")
    empty = page(ask(server, "/reply", ANSWER | {"action": "preview", "text": " "}), 422)
    assert "There are no words in it yet." in empty.text
    assert focused(empty) == ["text"]
    long = page(ask(server, "/reply", ANSWER | {"action": "preview", "text": "x" * 70_000}), 422)
    assert "longer than a reply can be" in long.text
    assert "no such discussion" in ask(
        server, "/reply", ANSWER | {"action": "preview", "thread": "none"}
    )[2]  # fmt: skip


@pytest.mark.parametrize(("number", "quoted"), [
    (1, "> One *line*.\n>\n> Another.\n\n"), (2, "> Kept & sound\n\n"),
])  # fmt: skip
def test_words_are_quoted_after_what_was_written(
    server: DeskServer, number: int, quoted: str
) -> None:
    asked = ANSWER | {"action": "quote", "in_reply_to": number_id(number), "text": "So far.\n"}
    form = page(ask(server, "/reply", asked))
    assert text_of(form) == f"So far.\n\n{quoted}"
    assert focused(form) == ["text"]
    assert text_of(page(ask(server, "/reply", asked | {"text": ""}))) == quoted
    gone = page(ask(server, "/reply", asked | {"in_reply_to": number_id(3)}))
    assert text_of(gone).strip() == "So far."


def test_who_comes_back_begins_at_the_first_that_is_wrong(server: DeskServer) -> None:
    wrong = page(ask(server, "/reply", ANSWER | {"name": "", "email": "none"}), 422)
    assert focused(wrong) == ["name"]
    assert focused(page(ask(server, "/reply", ANSWER | {"email": "none"}), 422)) == ["email"]


def test_the_script_is_told_how_a_reply_is(server: DeskServer) -> None:
    sent = json.dumps(ANSWER | {"key": "told"}).encode()
    status, _, kept = ask(server, "/reply", sent, "application/json")
    assert status == 201
    place = json.loads(kept)["status"]
    assert json.loads(ask(server, place, **AS_JSON)[2]) == json.loads(kept)
    ask(server, place, {"text": "Other *words*.", "name": "Bo", "url": "", "action": "edit"})
    assert "<em>words</em>" in json.loads(ask(server, place, **AS_JSON)[2])["html"]
    ask(server, place, {"action": "withdraw"})
    assert json.loads(ask(server, place, **AS_JSON)[2])["state"] == "withdrawn"
    status, headers, said = ask(server, "/reply/status/none", **AS_JSON)
    assert (status, headers["content-type"]) == (404, "application/json")
    assert json.loads(said)["errors"]["status"] == "No reply has this address."
