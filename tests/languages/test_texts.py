"""Texts as values: plurals, escapes, what falls back, what is wrong with a site's own catalogue."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment
from markupsafe import Markup

from rejoinder.errors import SiteError
from rejoinder.languages import functions, scripts
from rejoinder.languages.catalogues import FOLDER, Catalogues
from rejoinder.languages.texts import ENGLISH, Texts, message, message_count

THOUGHT = "%(n)s thought", "%(n)s thoughts"
MOMENT = datetime(2026, 3, 5, 9, 7, tzinfo=UTC)


def texts(language: str, content: Path = Path("nowhere")) -> Texts:
    return Catalogues(content).texts(language)


def own(content: Path, language: str, text: str) -> Path:
    """A catalogue of a site's own."""
    path = content / FOLDER / f"{language}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("language", "number", "said"), [
    ("en", 1, "1 thought"), ("en", 0, "0 thoughts"), ("en", 1024, "1,024 thoughts"),
    ("de", 1, "1 Gedanke"), ("de", 0, "0 Gedanken"), ("de", 1024, "1.024 Gedanken"),
    ("fr", 0, "0 réflexion"), ("fr", 1, "1 réflexion"), ("fr", 2048, "2\u202f048 réflexions"),
    ("es", 1, "1 reflexión"), ("es", 2048, "2048 reflexiones"), ("es", 20480, "20.480 reflexiones"),
    ("xx", 2, "2 thoughts"), ("not a tag/../..", 1, "1 thought"),
])  # fmt: skip
def test_how_many(language: str, number: int, said: str) -> None:
    assert texts(language).translate_count(*THOUGHT, number) == said


def test_the_three_plurals_of_polish() -> None:
    comments = "%(n)s comment", "%(n)s comments"
    said = {n: texts("pl").translate_count(*comments, n) for n in (0, 1, 2, 5, 12, 22, 25, 112)}
    assert said == {
        0: "0 komentarzy", 1: "1 komentarz", 2: "2 komentarze", 5: "5 komentarzy",
        12: "12 komentarzy", 22: "22 komentarze", 25: "25 komentarzy", 112: "112 komentarzy",
    }  # fmt: skip


@pytest.mark.parametrize(("language", "moment", "day", "short"), [
    ("en", "March 5, 2026 at 09:07", "March 5, 2026", "Mar 5"),
    ("de", "5. März 2026 um 09:07", "5. März 2026", "5. März"),
    ("de-AT", "5. März 2026 um 09:07", "5. März 2026", "5. März"),
    ("fr", "5 mars 2026 à 09:07", "5 mars 2026", "5 mars"),
    ("es", "5 de marzo de 2026, 9:07", "5 de marzo de 2026", "5 mar"),
    ("pl", "5 marca 2026, 09:07", "5 marca 2026", "5 mar"),
    ("xx", "March 5, 2026 at 09:07", "March 5, 2026", "Mar 5"),
])  # fmt: skip
def test_dates_in_words(language: str, moment: str, day: str, short: str) -> None:
    found = texts(language)
    assert (found.moment(MOMENT), found.day(MOMENT), found.short_day(MOMENT)) == (
        moment,
        day,
        short,
    )
    assert str(MOMENT.year) in found.month(MOMENT)


@pytest.mark.parametrize(("language", "said"), [
    ("en", ("5 Mar 2026", "15.0", "59%", "950", "1.2k", "35k", "1.2M")),
    ("de", ("5. März 2026", "15,0", "59\u00a0%", "950", "1.234", "35.400", "1,2\u00a0Mio.")),
    ("fr", ("5 mars 2026", "15,0", "59\u00a0%", "950", "1,2\u00a0k", "35\u00a0k", "1,2\u00a0M")),
    ("es", ("5 mar 2026", "15,0", "59\u00a0%", "950", "1,2\u00a0mil", "35\u00a0mil", "1,2\u00a0M")),
    ("pl", ("5 mar 2026", "15,0", "59%", "950", "1,2\u00a0tys.", "35\u00a0tys.", "1,2\u00a0mln")),
])  # fmt: skip
def test_figures_in_few_characters(language: str, said: tuple[str, ...]) -> None:
    manner = texts(language).manner
    numbers = (manner.compact(n) for n in (950, 1234, 35_400, 1_200_000))
    assert (manner.brief_day(MOMENT), manner.decimal(15), manner.percent(0.594), *numbers) == said


def test_plain_text_is_escaped_and_html_is_left() -> None:
    html = texts("en").html
    assert html.translate("a < b & “c”") == "a &lt; b &amp; “c”"
    assert html.translate('say "%(x)s"', x="<i>'") == "say &#34;&lt;i&gt;&#39;&#34;"
    assert html.translate("on %(x)s", x=Markup("<i>T</i>")) == "on <i>T</i>"
    assert html.translate('<a href="%(u)s">x</a>', u='"><b>') == (
        '<a href="&#34;&gt;&lt;b&gt;">x</a>'
    )
    assert isinstance(html.translate_count(*THOUGHT, 2), Markup)
    assert ENGLISH.translate("100 % of it") == "100 % of it"
    assert ENGLISH.translate("100 %% of %(x)s", x="it") == "100 % of it"


def test_a_plain_text_of_a_sites_own_cannot_break_a_page(tmp_path: Path) -> None:
    own(tmp_path, "en", 'msgid "Search"\nmsgstr "\\"<Find> & more\\""\n')
    assert texts("en", tmp_path).html.translate("Search") == "&#34;&lt;Find&gt; &amp; more&#34;"


def test_a_sites_own_text_comes_first_and_the_rest_stays(tmp_path: Path) -> None:
    own(tmp_path, "de_AT", 'msgid "author"\nmsgstr "Verfasserin"\n\n#, fuzzy\nmsgid "Name"\n'
        'msgstr "Ungewiss"\n')  # fmt: skip
    own(tmp_path, "de", 'msgid "author"\nmsgstr "Autorin"\n\nmsgid "Reply"\nmsgstr ""\n')
    austrian, german = texts("de-at", tmp_path), texts("de-CH", tmp_path)
    assert austrian.translate("author") == "Verfasserin"
    assert german.translate("author") == "Autorin"
    for found in (austrian, german):
        assert found.translate("Reply") == "Antworten"
        assert found.translate("Name") == "Name"
        assert found.translate_count(*THOUGHT, 2) == "2 Gedanken"
    assert texts("de").translate("author") == "Autor"
    prints = {one.fingerprint() for one in (austrian, german, texts("de"), texts("de-CH"), ENGLISH)}
    assert len(prints) == 5


def test_a_new_language_has_plurals_of_its_own_and_english_for_the_rest(tmp_path: Path) -> None:
    thoughts = 'msgid "%(n)s thought"\nmsgid_plural "%(n)s thoughts"\n'
    own(tmp_path, "lt", thoughts + 'msgstr[0] "%(n)s mintis"\nmsgstr[1] "%(n)s mintys"\n'
        'msgstr[2] "%(n)s minčių"\n')  # fmt: skip
    found = texts("lt", tmp_path)
    said = [found.translate_count(*THOUGHT, n) for n in (1, 2, 10, 21)]
    assert said == ["1 mintis", "2 mintys", "10 minčių", "21 mintis"]
    assert found.translate("Reply") == "Reply"
    own(tmp_path, "tlh", 'msgid ""\nmsgstr "Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
        + thoughts + 'msgstr[0] "%(n)s qech"\n')  # fmt: skip
    assert texts("tlh", tmp_path).translate_count(*THOUGHT, 3) == "3 qech"


@pytest.mark.parametrize(("text", "line", "what"), [
    ('msgid "Reply to %(name)s"\nmsgstr "Antwort an %(nome)s"\n', 1, "%(nome)s"),
    ('\n\nmsgid "Reply to %(name)s"\nmsgstr "100 % an %(name)s"\n', 3, "can't be filled in"),
    ('msgid "Reply"\nmsgstr "Antworten\n', 2, "no line"),
    ('msgid "Reply"\nmsgstr "Antworten"\n\nnothing\n', 4, "no line"),
    ('msgid "Reply"\nmsgstr "Antw\udcf6rten"\n', 2, "not UTF-8"),
    ('msgid "a"\nmsgid_plural "b"\nmsgstr[0] "x"\nmsgstr[1] "x"\nmsgstr[2] "x"\n', 1, "plural"),
])  # fmt: skip
def test_a_wrong_catalogue_says_where_and_how_to_mend_it(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    path = own(tmp_path, "de", "")
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SiteError) as raised:
        texts("de", tmp_path)
    error = raised.value
    assert (error.where, error.line, bool(error.mend)) == (str(path), line, True), str(error)
    assert what in error.what


def test_a_message_is_said_when_the_language_is_known() -> None:
    one = message("Reply to %(name)s", name=message("Somebody"))
    many = message_count(*THOUGHT, 1200)
    assert (one, many) == ("Reply to Somebody", "1,200 thoughts")
    assert json.dumps(one) == '"Reply to Somebody"'
    assert texts("de").say(one) == "Antwort an Jemand"
    assert texts("de").say(many) == "1.200 Gedanken"
    assert texts("de").say("Reply") == "Reply"  # somebody's words, perhaps


SCRIPT = """// A comment
say(translate('Reply'), translate('Reply to %(name)s', { name }), LANGUAGE);
say(translateCount('%(n)s answer', '%(n)s answers', many), translateCount('%(n)s answer',
  '%(n)s answers', 1));
"""


def test_a_script_has_its_texts_put_in() -> None:
    english = scripts.script(SCRIPT, ENGLISH).decode()
    assert 'say("Reply",fill("Reply to %(name)s",{name}),"en");' in english
    assert 'count("%(n)s answers",{"one":"%(n)s answer"},many),"1 answer")' in english
    polish = scripts.script(SCRIPT, texts("pl")).decode()
    assert 'say("Odpowiedz",fill("Odpowiedź dla: %(name)s' in polish
    assert '{"one":"%(n)s odpowiedź"' in polish
    assert '"1 odpowiedź"' in polish
    assert "translate" not in english + polish
    bare = scripts.script("say(translate('Reply'))", ENGLISH)
    assert bare == b'{\nsay("Reply")}'
    assert list(scripts.asked(SCRIPT)) == [
        (2, "Reply"), (2, "Reply to %(name)s"),
        (3, ("%(n)s answer", "%(n)s answers")), (3, ("%(n)s answer", "%(n)s answers")),
    ]  # fmt: skip


class _Post:
    def __init__(self, lang: str) -> None:
        self.lang = lang


@pytest.mark.parametrize(("given", "said"), [
    ({}, "Antworten"),  # the site's
    ({"article": _Post("fr")}, "Répondre"),
    ({"page": _Post("pl")}, "Odpowiedz"),
    ({"article": _Post("fr"), "language": "es"}, "Responder"),  # the template's own word counts
    ({"article": _Post("xx")}, "Reply"),
])  # fmt: skip
def test_a_page_speaks_its_own_language_wherever_a_text_stands(
    given: dict[str, object], said: str
) -> None:
    part = "{% macro part() %}{{ translate('Reply') }}{% endmacro %}"
    page = (
        "{% from 'part' import part with context %}{% block x %}{{ translate('Reply') }} "
        "{% for one in [1] %}{% include 'inner' %} {{ part() }}{% endfor %}{% endblock %}"
    )
    loader = DictLoader({"part": part, "page": page, "inner": "{{ translate('Reply') }}"})
    environment = Environment(loader=loader)
    functions.give(environment, Path("nowhere"), "de")
    names = "translate", "translate_count"
    kept = pickle.dumps({name: environment.globals[name] for name in names})  # as for the press
    environment.globals = pickle.loads(kept)
    assert environment.get_template("page").render(given) == f"{said} {said} {said}"


def test_a_list_speaks_the_lists_language_not_that_of_its_posts() -> None:
    loader = DictLoader({"entry": "{{ translate('Reply') }} "})
    environment = Environment(loader=loader)
    functions.give(environment, Path("nowhere"), "de")
    page = "{% set language = 'de' %}{% for article in posts %}{% include 'entry' %}{% endfor %}"
    assert environment.from_string(page).render(posts=[_Post("fr"), _Post("pl")]) == (
        "Antworten Antworten "
    )


def test_english_loads_no_babel() -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from rejoinder.languages.catalogues import Catalogues;"
        "import rejoinder.replies.web.app, rejoinder.fragments;"
        "Catalogues(Path('nowhere')).texts('en-GB').html.translate('Reply');"
        "sys.exit('babel' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
