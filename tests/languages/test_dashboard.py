"""The dashboard in the site's language; what is for programs stays as it is."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from conftest import SiteFolder, make_comment
from spoken import english_in, said_by

from rejoinder.comments.model import Kind
from rejoinder.engagement import views, writing
from rejoinder.engagement.report import waiting_words
from rejoinder.engagement.views import Figure, Key, Source
from rejoinder.languages.catalogues import Catalogues

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def talked(site: SiteFolder) -> SiteFolder:
    """A site that has something to show in each part of its dashboard: comments that wait, of now
    and of long ago, without a name too; answers; views; an announcement; a mention."""
    author = site.content / "authors" / "ada.md"
    author.parent.mkdir()
    author.write_text("Name: Ada\nProfile: mastodon https://social.example/@ada\n\nBio.\n", "utf-8")
    ledger = site.content / "crosslinks" / "ada" / "mastodon" / "2026.txt"
    ledger.parent.mkdir(parents=True)
    ledger.write_text("Entry: 1\nUrl: https://social.example/1\nDate: 2026-03-02 09:00:00+00:00\n"
                      "Kind: own\nPost: yes first\n", "utf-8")  # fmt: skip
    site.post("first", Title="Zuerst")
    site.comments(*(make_comment(n, author=f"R{n % 9}", body="?") for n in range(1, 31)),
                  *(make_comment(n + 60, n, author="Ada", author_id="ada", kind=Kind.AUTHOR)
                    for n in range(1, 25)),
                  make_comment(40, 3, author="R5", body="?"),
                  make_comment(41, author="", body="?"),
                  make_comment(200, author="Else", kind=Kind.PINGBACK))  # fmt: skip
    days = {}
    for n in range(30):
        day = date(2026, 3, 2) + timedelta(days=n)
        days[day] = {Key(day, Figure.VIEW, "/first/"): 100 + n, Key(day, Figure.VISITS): 1,
                     Key(day, Figure.UNKNOWN, "/first/"): 2,
                     Key(day, Figure.LEFT_OUT, "bot"): 4, Key(day, Figure.FEED, "Feedly"): 40 + n,
                     Key(day, Figure.LEFT_OUT, "asked not to be counted"): 4,
                     Key(day, Figure.REFERRER, "Mastodon"): 1}  # fmt: skip
    views.save(site.content, Source.LOGS, days)
    return site


def speak(site: SiteFolder, language: str) -> None:
    toml = site.content / "site.toml"
    plain = toml.read_text("utf-8").partition("\nlanguage")[0]
    toml.write_text(plain + f'\nlanguage = "{language}"\n', "utf-8")


def pages(site: SiteFolder) -> list[str]:
    """Its dashboard now and two months later, with names and without."""
    made = (writing.make(site.content, now, names=names)
            for now in (NOW, NOW + timedelta(days=60)) for names in (True, False))  # fmt: skip
    return [writing.files(one)[writing.PAGE].decode() for one in made]


@pytest.mark.parametrize(
    ("language", "some"),
    [("de", ("Leser warten auf deine Antwort", "Antwortquote des Autors", "Wie lange Leser warten",
             "Anteil der Kommentare, die noch auf eine Antwort warten", "Was jede Zahl bedeutet",
             "Die letzten 90 Tage bis 1. Apr. 2026, 12:00", "wollte nicht gezählt werden",
             "Kommentare je 1.000 Aufrufe", "24 Antworten, 8 warten noch", "3.435", "Apr. Mai")),
     ("fr", ("lecteurs attendent votre réponse", "Ce que signifie chaque chiffre",
             "jusqu’au 1 avr. 2026, 12:00", "3 435")),
     ("es", ("lectores esperan tu respuesta", "Qué significa cada cifra", "3435")),
     ("pl", ("czytelników czeka na twoją odpowiedź", "Co oznacza każda liczba",
             "1 kwi 2026, 12:00", "wyświetleń", "8 wciąż czeka"))],
)  # fmt: skip
def test_the_dashboard_speaks_the_sites_language(
    talked: SiteFolder, language: str, some: tuple[str, ...]
) -> None:
    speak(talked, language)
    found = pages(talked)
    assert {BeautifulSoup(page, "html.parser").html["lang"] for page in found} == {language}
    said = [said_by(page) for page in found]
    assert [english_in(one, language) for one in said] == [[]] * 4
    assert [one for one in some if one not in " ".join(said)] == []


def test_what_is_for_programs_is_the_same_in_each_language(talked: SiteFolder) -> None:
    english = writing.files(writing.make(talked.content, NOW))
    assert english_in(said_by(english[writing.PAGE].decode()), "de")  # so the test can fail
    speak(talked, "de")
    german = writing.files(writing.make(talked.content, NOW))
    assert {name for name in english if english[name] != german[name]} == {writing.PAGE}
    figures = list(csv.reader(io.StringIO(german["figures.csv"].decode())))
    assert figures[0][:3] == ["Measure", "Last 90 days", "Last 90 days: of"]
    assert json.loads(german["engagement.json"])["days"] == 90


@pytest.mark.parametrize(
    ("language", "count", "words"),
    [("de", 0, "Niemand wartet auf deine Antwort"), ("de", 1, "Ein Leser wartet auf deine Antwort"),
     ("de", 12, "Zwölf Leser warten auf deine Antwort"),
     ("de", 1200, "1.200 Leser warten auf deine Antwort"),
     ("pl", 1, "Jeden czytelnik czeka na twoją odpowiedź"),
     ("pl", 3, "Trzech czytelników czeka na twoją odpowiedź"),
     ("pl", 12345, "12\u00a0345 czytelników czeka na twoją odpowiedź")],
)  # fmt: skip
def test_who_waits_in_words(site: SiteFolder, language: str, count: int, words: str) -> None:
    assert Catalogues(site.content).texts(language).say(waiting_words(count)) == words


def test_a_sites_own_words_are_on_its_dashboard(talked: SiteFolder) -> None:
    own = talked.content / "languages" / "en.po"
    own.parent.mkdir()
    own.write_text('msgid "Reach"\nmsgstr "How far it goes"\n', "utf-8")
    assert "How far it goes" in said_by(pages(talked)[0])
