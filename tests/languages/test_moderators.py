"""What those meet who moderate a site in another language: pages, and what the desk has noted."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SiteFolder, number_id
from desks import NO_LIMITS, Answer, ask, furnished, settings, submit, words
from postbox import Postbox, mail, part, running
from replies.test_moderation import Person
from spoken import english_in, said_by

from rejoinder.engagement import reading
from rejoinder.languages.catalogues import Catalogues
from rejoinder.languages.texts import Message
from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import LIMITS, Status
from rejoinder.replies.noted import noted
from rejoinder.replies.schema import replies
from rejoinder.replies.server import DeskServer
from rejoinder.replies.signing import Link
from rejoinder.replies.telling.reports import Reports
from rejoinder.replies.web.app import make_app
from rejoinder.replies.worker import Worker

ADA = "ada@blog.example"
RULES = '[rules]\nspam_words = ["casino"]\nhold_words = ["crypto"]\nmax_links = 1\n'

Moderated = Callable[[str], tuple[DeskServer, Desk, Postbox]]


@pytest.fixture
def moderated(site: SiteFolder) -> Iterator[Moderated]:
    """The desk of a site in a language, with a moderator."""
    with ExitStack() as stack:

        def opened(language: str) -> tuple[DeskServer, Desk, Postbox]:
            furnished(site)
            toml = site.content / "site.toml"
            toml.write_text(toml.read_text("utf-8") + f'language = "{language}"\n', "utf-8")
            box = stack.enter_context(running(Postbox()))
            settings(site.content, mail(box.port) + NO_LIMITS + RULES)
            desk = stack.enter_context(desk_of(site.content))
            desk.moderators.save("ada", email=ADA)
            return stack.enter_context(DeskServer(0).run(make_app(desk))), desk, box

        yield opened


def button(page: str, value: str) -> str:
    """What stands on the button that does something."""
    return words(str(BeautifulSoup(page, "html.parser").select_one(f"button[value^='{value}']")))


@pytest.mark.parametrize(
    ("language", "some"),
    [("de", ("4 warten", "Das Antwortbüro von A site", "Warteschlange", "Freigeben",
             "1 Antwort ist freigegeben.", "Das ist 4.475 Byte zu lang.", "2 Antworten sind Spam.",
             "wartend (Regel „held words“): sie enthält „crypto“", "Nichts wartet.",
             "2 Links, mehr als 1", "Antworten als Ada", "Ihr Verfasser möchte sie ändern in",
             "0 erledigt. die Antwort", "wurde schon rückgängig gemacht", "1. März 2026",
             "Ein Like über mastodon: Elsewhere", "Diese Antwort freigeben", "Hier ist nichts.",
             "Dieser Link wurde schon benutzt.", "Die Antwort ist Spam.")),
     ("pl", ("4 oczekują", "1 oczekuje", "Biurko odpowiedzi: A site", "Zaakceptowano 1 odpowiedź.",
             "Oznaczono jako spam 2 odpowiedzi.", "Za długie o 4475 bajtów.",
             "oczekująca (reguła „held words”): zawiera „crypto”", "Zaakceptuj tę odpowiedź",
             "1 mar 2026"))],
)  # fmt: skip
def test_moderators_read_the_sites_language(
    moderated: Moderated, language: str, some: tuple[str, ...]
) -> None:
    server, desk, _ = moderated(language)
    pages: list[str] = []

    def seen(answer: Answer) -> str:
        pages.append(answer[2])
        return answer[2]

    seen(ask(server, "/reply/desk/sign-in"))
    seen(ask(server, "/reply/desk/sign-in", {"name": "x", "password": "y"}))
    seen(ask(server, "/reply/desk/sign-in", {"email": ADA, "action": "link"}))
    seen(ask(server, "/reply/desk/enter/none", {"x": ""}))
    way = f"/reply/desk/enter/{desk.signer.link(Link('enter', 'ada'))}"
    seen(ask(server, way))
    ada = Person(server)
    ada.use(way)
    seen(ask(server, way, {"x": ""}))
    one = submit(desk, parent=number_id(1), email="bo@mail.example")
    for text in ("Go to the casino.", "I like crypto.", "http://a.example http://b.example"):
        submit(desk, text=text)
    five = submit(desk, text="Fine.")
    queue = seen(ada.get("/reply/desk"))
    for status in Status:
        seen(ada.get(f"/reply/desk?status={status}"))
        seen(ada.get(f"/reply/desk?q=nowhere&status={status}"))
    page = seen(ada.get(f"/reply/desk/reply/{one.id}"))
    seen(ada.press(page, button(page, "answer"), text=" "))
    seen(ada.press(page, button(page, "edit"), text="x" * (LIMITS["text"] + 4475)))
    approve = button(queue, f"approve:{one.id}")
    done = seen(ada.get(ada.press(queue, approve)[1]["location"]))
    seen(ada.press(queue, approve))
    ada.press(done, button(done, "undo"))
    seen(ada.press(done, button(done, "undo")))
    page = ada.get(f"/reply/desk/reply/{one.id}")[2]
    ada.press(page, button(page, "answer"), text="Thanks.")
    desk.queue.propose(one.id, "Other words.", datetime.now(UTC))
    seen(ada.get("/reply/desk"))
    seen(ada.get(f"/reply/desk/reply/{one.id}"))
    waiting = [reply.id for reply in desk.queue.waiting() if reply.id != one.id]
    csrf = ("csrf", str(BeautifulSoup(page, "html.parser").select_one("[name=csrf]")["value"]))
    both = [("action", "spam"), csrf, *(("reply", one) for one in waiting[:2])]
    went = ask(server, "/reply/desk/decide", both, Cookie=ada.cookie)
    seen(ada.get(went[1]["location"]))
    seen(ask(server, "/reply/desk/decide", [("action", "fly"), csrf], Cookie=ada.cookie))
    with desk.database.transaction() as db:
        heard = {"kind": "like", "source": "mastodon", "title": "Elsewhere",
                 "source_url": "https://elsewhere.example/1"}  # fmt: skip
        db.execute(replies.update().where(replies.c.id == one.id).values(**heard))
    seen(ada.get("/reply/desk"))
    desk.queue.decide(one.id, Status.REJECTED, by="ada", why="", now=datetime.now(UTC))
    seen(ada.get("/reply/desk"))
    seen(ada.get("/reply/desk/reply/none"))
    seen(ask(server, "/reply/desk/decide", {"action": "approve"}, Cookie=ada.cookie))
    for action in ("approve", "reject", "spam"):
        token = desk.signer.link(Link(action, f"{five.id}:", "ada"))
        seen(ask(server, f"/reply/mail/{token}"))
    seen(ask(server, f"/reply/mail/{token}", {"x": ""}))
    seen(ask(server, f"/reply/mail/{token}", {"x": ""}))
    seen(ada.get("/reply/desk"))
    assert {str(BeautifulSoup(one, "html.parser").html["lang"]) for one in pages} == {language}
    said = [said_by(page) for page in pages]
    assert [english_in(one, language) for one in said] == [[]] * len(pages)
    assert [one for one in some if one not in " ".join(said)] == []


def written(path: Path) -> Iterator[str]:
    """What a module gives a Verdict, a Decision or a QueueError as words, names filled in."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        given = {"Verdict": node.args[2:3], "Decision": node.args[1:3], "QueueError": node.args[:1],
                 "NoMention": node.args[:1], "refuse": node.args[1:2]}  # fmt: skip
        found = list(given.get(name, ()))
        found += [one.value for one in node.keywords if one.arg in ("why", "mend")
                  and name in ("decide", "QueueError", "replace")]  # fmt: skip
        for one in found:
            if isinstance(one, ast.Constant) and one.value:
                yield str(one.value)
            elif isinstance(one, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7"
                              for part in one.values)  # fmt: skip


@pytest.mark.parametrize(
    "name", ["judging/policy", "queue", "arrivals", "mentioning", "publisher", "people",
             "web/readers", "web/letterbox", "verifier", "../mentions/reading"],
)  # fmt: skip
def test_whatever_is_noted_can_be_said(name: str) -> None:
    found = list(written(ROOT / "plugins" / "rejoinder" / "replies" / f"{name}.py"))
    internal = ("7 7", "7 found for 7", "the reply 7 7", "`invoke queue` lists them.",
                "the file can't be read: 7")  # fmt: skip
    assert [
        one for one in found if one not in internal and not isinstance(noted(one), Message)
    ] == []


def test_a_note_is_said_with_what_it_holds() -> None:
    texts = Catalogues(Path("nowhere")).texts("de")
    for note, said in (
        ("the rule 'first-timers'", "Regel „first-timers“"), ("ada, by letter", "ada, per E-Mail"),
        ("undone: approved", "rückgängig gemacht: freigegeben"),
        ("97% like spam, by “a” 98%", "97% wie Spam, wegen “a” 98%"),
        ("it says spam; being checked", "stuft sie als Spam ein; wird noch geprüft"),
        ("the page is gone (410)", "die Seite ist weg (410)"),
        ("the webhook, by letter", "der Webhook, per E-Mail"),
        ("ada", "ada"), ("she is rude", "she is rude"), ("", ""),
    ):  # fmt: skip
        assert (str(noted(note)), texts.say(noted(note))) == (note, said)


@pytest.mark.parametrize(
    ("language", "some"),
    [("de", ("Dein Zugang", "Zum Antwortbüro", "Bo zu „First“", "Freigeben: http",
             "Eine Antwort von Bo (https://bo.example) wartet: der Verfasser ist hier noch nicht",
             "5 Neuigkeiten bei A site", "Ein Leser wartet auf deine Antwort",
             "Reader 1 zu „First“, wartet 31 Tage:", "Antwortquote des Autors: 0 von 1 (Komm")),
     ("pl", ("Bo pod „First”", "Twoje wejście", "Jeden czytelnik czeka na twoją odpowiedź",
             "reakcji: mediana 61 min (1 wpis, 1 wciąż czeka)", "1,0 (z 1 czytelnika)"))],
)  # fmt: skip
def test_letters_to_moderators_are_in_the_sites_language(
    moderated: Moderated, language: str, some: tuple[str, ...]
) -> None:
    _, desk, box = moderated(language)
    desk.notices.enter("ada", ADA, datetime.now(UTC))
    submit(desk, url="https://bo.example")
    Worker(desk).round()
    for text in ("One.", "Two.", "Three.", "Four.", "Five."):
        submit(desk, text=text)
    at = datetime(2026, 4, 1, 12, tzinfo=UTC)
    Reports(desk.notices).send(reading.read(desk.content, at), at)
    Worker(desk).round()
    Worker(desk).round()
    letters = box.to(ADA)
    assert [letter["Content-Language"] for letter in letters] == [language] * 4
    said = [
        " ".join(f"{letter['Subject']} | {part(letter, 'plain')}".split()) for letter in letters
    ]
    assert [english_in(one, language) for one in said] == [[]] * 4
    assert [f'<html lang="{language}"' in part(letter, "html") for letter in letters] == [True] * 4
    assert [one for one in some if one not in " ".join(said)] == []


def test_the_desks_dashboard_speaks_the_sites_words_at_once(moderated: Moderated) -> None:
    server, desk, _ = moderated("de")
    ada = Person(server)
    ada.enter(desk)

    def shown() -> str:
        return said_by(ada.get("/reply/desk/engagement/")[2])

    assert "Reichweite" in shown()
    assert english_in(shown(), "de") == []
    own = desk.content / "languages" / "de.po"
    own.parent.mkdir()
    own.write_text('msgid "Reach"\nmsgstr "Wie weit es reicht"\n', "utf-8")
    assert "Wie weit es reicht" in shown()
