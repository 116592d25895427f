"""The reply desk in German, and in the language of the page that asks; letters too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from conftest import SiteFolder
from desks import GOOD, NO_LIMITS, ask, furnished, settings, words
from postbox import Postbox, link, mail, part, running

from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app
from rejoinder.replies.worker import Worker

BO = "bo@mail.example"


@pytest.fixture
def german(site: SiteFolder) -> Iterator[tuple[DeskServer, Desk, Postbox]]:
    """The desk of a German site with a post in French."""
    furnished(site)
    toml = site.content / "site.toml"
    toml.write_text(toml.read_text("utf-8") + 'language = "de"\n', "utf-8")
    site.post("second", Lang="fr", Title="Deuxième")
    with ExitStack() as stack:
        box = stack.enter_context(running(Postbox()))
        settings(site.content, mail(box.port) + NO_LIMITS)
        desk = stack.enter_context(desk_of(site.content))
        server = stack.enter_context(DeskServer(0).run(make_app(desk)))
        yield server, desk, box


def lang(page: str) -> str:
    return str(BeautifulSoup(page, "html.parser").html["lang"])


def test_what_a_reader_of_a_german_site_meets(german: tuple[DeskServer, Desk, Postbox]) -> None:
    server, desk, box = german
    _, _, form = ask(server, "/reply?thread=first&to=")
    assert lang(form) == "de"
    assert "Eine Antwort zu „First“" in words(form)
    assert "Bei Antworten per E-Mail benachrichtigen" in words(form)
    assert 'name="lang"' not in form
    status, _, page = ask(server, "/reply", GOOD | {"text": " ", "email": "bo", "name": ""})
    assert (status, lang(page)) == (422, "de")
    for wrong in ("Hier stehen noch keine Worte.", "Das ist keine E-Mail-Adresse.",
                  "Bitte sag, wie wir dich nennen sollen."):  # fmt: skip
        assert wrong in words(page)
    status, headers, _ = ask(server, "/reply", GOOD | {"email": BO, "notify": "yes"})
    assert status == 303
    _, _, thanks = ask(server, headers["location"])
    assert "Vielen Dank. Deine Antwort ist gespeichert." in words(thanks)
    assert lang(thanks) == "de"
    for path, said in (("/reply/status/none", "Unter dieser Adresse gibt es keine Antwort."),
                       ("/reply/nothing", "Unter dieser Adresse gibt es keine Antwort."),
                       ("/reply/mail/none", "Dieser Link ist zu alt"),
                       ("/reply/subscribe", "Höchstens eine E-Mail am Tag"),
                       ("/webmention", "Du hast über eine Seite von hier")):  # fmt: skip
        assert said in words(ask(server, path)[2]), path
    _, _, refused = ask(server, "/reply", GOOD, Sec_Fetch_Site="cross-site")
    assert "Das wurde von einer anderen Website gesendet." in words(refused)
    assert lang(ask(server, "/reply/desk/sign-in")[2]) == "de"
    (reply,) = desk.queue.waiting()
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    Worker(desk).round()
    Worker(desk).round()
    (letter,) = box.to(BO)
    assert letter["Subject"] == "Möchtest du diese E-Mails?"
    assert letter["Content-Language"] == "de"
    assert "auf einen eigenen Kommentar zu „First“ bei A site" in part(letter, "plain")
    assert '<html lang="de"' in part(letter, "html")
    _, _, page = ask(server, link(letter, "Ja, sag mir Bescheid"), {"x": ""})
    assert "Danke. Du bekommst Bescheid." in words(page)


def test_a_page_in_another_language_is_answered_in_it(
    german: tuple[DeskServer, Desk, Postbox],
) -> None:
    server, desk, box = german
    _, _, form = ask(server, "/reply?thread=second&lang=fr&to=")
    assert lang(form) == "fr"
    assert BeautifulSoup(form, "html.parser").select_one("[name=lang]")["value"] == "fr"
    sent = GOOD | {"thread": "second", "lang": "fr", "email": BO, "notify": "yes"}
    _, headers, _ = ask(server, "/reply", sent)
    assert headers["location"].endswith("?lang=fr")
    _, _, thanks = ask(server, headers["location"])
    assert "Merci. Votre réponse est enregistrée." in words(thanks)
    _, headers, _ = ask(server, headers["location"], {"action": "withdraw", "lang": "fr"})
    assert "Votre réponse est retirée." in words(ask(server, headers["location"])[2])
    status, _, answer = ask(server, "/reply", b'{"thread": "second", "lang": "fr", "text": ""}',
                            "application/json")  # fmt: skip
    assert (status, "Il n’y a encore rien d’écrit." in answer) == (422, True)
    for odd in ("xx", "fr/../..", "", "%00", "de" * 40):
        assert lang(ask(server, f"/reply?thread=first&lang={odd}&to=")[2]) == "de"
    # Letters on a post are in its language, and lead to pages that are.
    _, headers, _ = ask(server, "/reply", sent | {"text": "Encore."})
    (reply,) = desk.queue.waiting()
    desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
    Worker(desk).round()
    Worker(desk).round()
    (letter,) = box.to(BO)
    assert letter["Subject"] == "Voulez-vous ces e-mails ?"
    way = link(letter, "Oui, prévenez-moi")
    assert way.endswith("?lang=fr")
    assert "Merci. Nous vous préviendrons." in words(ask(server, way, {"x": ""})[2])


def test_a_site_changes_what_its_desk_says_while_it_runs(
    german: tuple[DeskServer, Desk, Postbox], site: SiteFolder
) -> None:
    server, _, _ = german
    path = site.content / "languages" / "de.po"
    path.parent.mkdir()
    path.write_text('msgid "Your words"\nmsgstr "Deine Worte"\n', "utf-8")
    assert "Deine Worte" in ask(server, "/reply?thread=first&to=")[2]
    path.write_text("msgid broken\n", "utf-8")  # the author's to mend; readers are answered
    status, _, page = ask(server, "/reply?thread=first&to=")
    assert (status, lang(page), "Your words" in page) == (200, "en", True)
