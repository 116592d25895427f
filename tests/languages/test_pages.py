"""A real site in five languages, and one of its own: each page speaks the one that it is in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import CHROMIUM, SiteFolder, invoke, make_comment, number_id
from playwright.sync_api import Browser, expect
from starlette.responses import PlainTextResponse

from rejoinder import building
from rejoinder.building import Built
from rejoinder.check import run as check
from rejoinder.press.press import Press
from rejoinder.preview import Preview
from rejoinder.replies.server import DeskServer

LANGUAGES = {
    "en": ("Replies", "22 thoughts on “Replies”", "22 comments", "Leave a reply",
           "March 5, 2026", "March 1, 2026 at 09:01", "in reply to Reader 1"),
    "de": ("Antworten", "22 Gedanken zu „Antworten“", "22 Kommentare", "Eine Antwort schreiben",
           "5. März 2026", "1. März 2026 um 09:01", "als Antwort an Reader 1"),
    "fr": ("Réponses", "22 réflexions sur «\u202fRéponses\u202f»", "22 commentaires",
           "Laisser une réponse", "5 mars 2026", "1 mars 2026 à 09:01", "en réponse à Reader 1"),
    "es": ("Respuestas", "22 reflexiones sobre «Respuestas»", "22 comentarios",
           "Deja una respuesta", "5 de marzo de 2026", "1 de marzo de 2026, 9:01",
           "en respuesta a Reader 1"),
    "pl": ("Odpowiedzi", "22 myśli na temat „Odpowiedzi”", "22 komentarze", "Napisz odpowiedź",
           "5 marca 2026", "1 marca 2026, 09:01", "w odpowiedzi: Reader 1"),
}  # fmt: skip
"""Of each: the post's title, its headline, how many comments, the form, its date, the first
comment's, whom the second answers."""

EO = """msgid ""
msgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Leave a reply"
msgstr "Respondu"
"""


def page_of(language: str) -> str:
    return "first/index.html" if language == "en" else f"{language}/first/index.html"


def build(site: SiteFolder) -> Built:
    done = site.try_build(ARTICLE_LANG_URL="{lang}/{slug}/",
                          ARTICLE_LANG_SAVE_AS="{lang}/{slug}/index.html")  # fmt: skip
    assert done.errors == ()
    return done


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[SiteFolder, Built]:
    """The site, and what its build said."""
    site = SiteFolder(tmp_path_factory.mktemp("spoken"))
    site.content.mkdir()
    (site.content / "site.toml").write_text('title = "A site"\nauthor = "Ada"\n', "utf-8")
    for language, (title, *_) in LANGUAGES.items():
        site.post(f"first-{language}", Slug="first", Lang=language, Title=title,
                  Date="2026-03-05 08:00:00+00:00")  # fmt: skip
    site.page("o-mnie", Lang="pl", Thread="about")
    site.post("other", Lang="it")
    site.post("ours", Lang="eo")
    site.comments(*(make_comment(n, 1 if n == 2 else None) for n in range(1, 23)))
    site.comments(make_comment(1), thread="ours")
    (site.content / "languages").mkdir()
    (site.content / "languages" / "de.po").write_text(
        'msgid "Your words"\nmsgstr "Deine Worte"\n', "utf-8"
    )
    (site.content / "languages" / "eo.po").write_text(EO, "utf-8")
    return site, build(site)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_in_its_own_language(spoken: tuple[SiteFolder, Built], language: str) -> None:
    site, _ = spoken
    _, headline, comments, form, date, first, answers = LANGUAGES[language]
    page = BeautifulSoup(site.read(page_of(language)), "html.parser")
    assert page.html["lang"] == language
    said = [" ".join(one.get_text().split(" ")) for one in page.select("#thoughts, #reply")]
    assert said == [headline, form]
    assert page.select_one(".parts li").get_text() == comments
    assert page.select_one(".dt-published").get_text() == date
    assert page.select(".when time")[0].get_text() == first
    assert page.select_one("a.to").get_text() == answers
    # The desk is told in which language it is asked, where that isn't the site's.
    hidden = [one["value"] for one in page.select("#respond input[name=lang]")]
    assert hidden == ([] if language == "en" else [language])
    link = page.select_one(".answer a")["href"]
    assert (f"&lang={language}&" in link) is (language != "en")
    # No other page's language is on it, but what names the others.
    for other, texts in LANGUAGES.items():
        assert (texts[3] in page.get_text()) is (other == language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_has_the_script_of_its_language(
    spoken: tuple[SiteFolder, Built], language: str
) -> None:
    site, _ = spoken
    (address,) = re.findall(r'src="/(theme/discussion\.[^"]+)"', site.read(page_of(language)))
    first = site.read(address)
    assert f'"{language}"' in first
    (called,) = re.findall(r'"\./(replies\.[^"]+)"', first)
    script = site.read(f"theme/{called}")
    assert len((first + script).encode()) < 10_000  # all that a post's page runs
    preview = {"en": "Preview", "de": "Vorschau", "fr": "Aperçu", "es": "Vista previa",
               "pl": "Podgląd"}  # fmt: skip
    assert {one: f'"{word}"' in script for one, word in preview.items()} == {
        one: one == language for one in LANGUAGES
    }


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")
@pytest.mark.browser
def test_a_script_speaks_the_language_of_its_page(
    spoken: tuple[SiteFolder, Built], browser: Browser
) -> None:
    site, _ = spoken
    preview = Preview(site.output, site.content, PlainTextResponse("no desk", 404))
    problems: list[str] = []
    with DeskServer(0).run(preview) as server, browser.new_context() as context:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{server.address}/pl/first/")
        page.locator(".answer a").nth(1).click()
        expect(page.locator("#reply")).to_have_text("Odpowiedź dla: Reader 2")
        expect(page.get_by_role("button", name="Podgląd")).to_be_visible()
        page.evaluate(  # all but five were seen before
            "localStorage.setItem('seen ' + location.pathname, JSON.stringify("
            "[...document.querySelectorAll('.comment')].slice(5).map(one => one.id)))"
        )
        page.reload()
        expect(page.locator(".news")).to_contain_text("Nowe od ostatniej wizyty: 5")
    assert problems == []


def test_lists_are_in_the_sites_language(spoken: tuple[SiteFolder, Built]) -> None:
    site, _ = spoken
    front = BeautifulSoup(site.read("index.html"), "html.parser")
    assert front.html["lang"] == "en"
    assert [one.get_text() for one in front.select("a.thoughts")] == ["22 thoughts", "1 thought"]
    assert "Lately said" in front.get_text()


def test_a_sites_own_text_and_its_own_language(spoken: tuple[SiteFolder, Built]) -> None:
    site, _ = spoken
    assert "Deine Worte" in site.read(page_of("de"))
    assert "Dein Text" not in site.read(page_of("de"))
    ours = site.read("eo/ours/index.html")
    assert "Respondu" in ours
    assert "1 thought on" in ours


def test_a_language_without_texts_is_noted_once(spoken: tuple[SiteFolder, Built]) -> None:
    _, done = spoken
    assert [w for w in done.warnings if "SITEURL" not in w] == [
        "there are no texts in the language 'it': what its pages say beside your words is in "
        "English; content/languages/it.po can give it (docs/languages.md)"
    ]


def test_check_says_what_a_language_lacks(spoken: tuple[SiteFolder, Built]) -> None:
    site, _ = spoken
    said = [str(one) for one in check(site.content) if "languag" in str(one)]
    assert [line for line in said if "eo.po: " in line and "texts have no translation" in line]
    assert [line for line in said if "no texts in the language 'it'" in line]
    assert not [line for line in said if "de.po" in line]


def test_a_comment_and_a_changed_text_come_to_all_languages(
    spoken: tuple[SiteFolder, Built],
) -> None:
    """What the press makes is what the build writes; and what a build makes of a changed text is
    what one from nothing would."""
    site, _ = spoken
    site.comments(make_comment(23, 22))
    own = site.content / "languages" / "de.po"
    state = building.state_file(site.content, Path("pelicanconf.py"))
    pressed = Press(site.content, state).pages("first")
    assert pressed is not None
    build(site)
    pages = {page_of(language) for language in LANGUAGES}
    turned = {page.replace("index.html", "comments/newest/index.html") for page in pages}
    assert set(pressed) == pages | turned
    for path, data in pressed.items():
        assert (site.output / path).read_bytes() == data, path
    assert "23 komentarze" in site.read(page_of("pl"))
    assert number_id(23) in site.read(page_of("fr"))
    french = site.output / page_of("fr")
    before = french.stat().st_mtime_ns
    own.write_text('msgid "Your words"\nmsgstr "Was du sagen willst"\n', "utf-8")
    build(site)
    assert "Was du sagen willst" in site.read(page_of("de"))
    assert french.stat().st_mtime_ns >= before


def test_a_broken_catalogue_stops_the_build_and_says_where(
    make_site: Callable[..., SiteFolder],
) -> None:
    site = make_site()
    site.post()
    (site.content / "languages").mkdir()
    path = site.content / "languages" / "de.po"
    path.write_text('msgid "Reply"\nmsgstr Antworten\n', "utf-8")
    done = site.try_build()
    assert len(done.errors) == 1
    assert f"{path}:2: this is no line of a catalogue: 'msgstr Antworten'. A text" in done.errors[0]


def test_all_texts_are_put_into_a_file_to_be_translated(site: SiteFolder) -> None:
    def texts(language: str) -> str:
        done = invoke("texts", language, "--content", str(site.content))
        return done.stdout + done.stderr

    assert "texts to translate" in texts("it")
    path = site.content / "languages" / "it.po"
    before = path.read_text("utf-8")
    assert 'msgid "Leave a reply"\nmsgstr ""' in before
    assert "Plural-Forms: nplurals=" in before
    after = before.replace('msgid "Leave a reply"\nmsgstr ""',
                           'msgid "Leave a reply"\nmsgstr "Rispondi"')  # fmt: skip
    path.write_text(after, "utf-8")
    assert "all texts are there" in texts("it")
    assert path.read_text("utf-8") == after
    assert "all texts are there" in texts("de")
    assert "'../it' is no language tag" in texts("../it")
