"""The catalogues that come along: whole, and as each language is written."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from conftest import ROOT

from rejoinder.languages import catalogues, scripts
from rejoinder.languages.catalogues import OURS, forms, placeholders
from rejoinder.languages.extracting import extract, merged, template, written

LANGUAGES = {"de": 2, "es": 2, "fr": 2, "pl": 3}
MEND = (
    "`invoke catalogues` puts what is missing into the files, and takes out what is asked no more"
)


@cache
def asked() -> Catalog:
    """Every text that the source asks for."""
    return template(extract([ROOT / "plugins", ROOT / "theme" / "templates"]), ROOT)


@cache
def catalogue(language: str) -> Catalog:
    path = OURS / f"{language}.po"
    return catalogues.read(path, path.read_bytes())


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def english(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else message.id


def test_these_languages_come_along() -> None:
    assert {path.stem for path in OURS.glob("*.po")} == set(LANGUAGES)
    assert len(asked()) > 250


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_whole_and_has_nothing_else(language: str) -> None:
    found = catalogue(language)
    assert found.num_plurals == LANGUAGES[language]
    assert not found.obsolete
    assert [m.id for m in messages(language) if m.fuzzy] == []
    keys = [m.id for m in messages(language)]
    assert len(keys) == len(set(map(str, keys)))
    assert {m.id for m in asked() if m.id} == set(keys), MEND
    assert [m.id for m in messages(language) if not all(forms(m.string))] == []
    counted = [m for m in messages(language) if not isinstance(m.id, str)]
    assert [m.id for m in counted if len(m.string) != LANGUAGES[language]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fill_in_what_their_text_does(language: str) -> None:
    for message in messages(language):
        wanted = {name for text in english(message) for name in placeholders(text)}
        for said in forms(message.string):
            assert placeholders(said) | {"n"} == wanted | {"n"}, (message.id, said)
            assert said % dict.fromkeys(wanted, "x") if wanted else said
            assert Counter(re.findall("<[^>]*>", said)) == Counter(
                re.findall("<[^>]*>", english(message)[0])
            ), (message.id, said)
            assert said == said.strip(), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_written_as_their_language_is(language: str) -> None:
    for message in messages(language):
        for said in forms(message.string):
            words = re.sub("<[^>]*>|https?://", "", said)
            assert not set("\"'") & set(words), message.id  # typographic ones alone
            quotes = {"de": "„“", "pl": "„”", "fr": "«»", "es": "«»"}[language]
            assert not set("“”„«»") - set(quotes) & set(words), (message.id, said)
            if language == "fr":  # a narrow no-break space before these, and inside of quotes
                assert not re.search("[^\u202f\\s][;:!?»]|«[^\u202f]|[ \u00a0][;:!?»]", words), said
            if language == "es" and words.endswith(("?", "!")):
                assert re.search("[¿¡]", words), said


def test_english_texts_have_typographic_quotes() -> None:
    """Those of measures have their apostrophe as docs/measures.md and the files for programs do."""
    for message in asked():
        if all(path.startswith("plugins/rejoinder/engagement/") for path, _ in message.locations):
            continue
        for text in english(message) if message.id else ():
            assert not set("\"'") & set(re.sub("<[^>]*>", "", text)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_are_as_the_task_writes_them(language: str) -> None:
    path = OURS / f"{language}.po"
    known = catalogues.read(path, path.read_bytes())
    assert path.read_bytes().decode() == written(merged(known, asked())).decode(), MEND


TEMPLATES = [
    path
    for folder in ("theme/templates", "plugins")
    for path in sorted((ROOT / folder).rglob("*.html"))
    if "/templates/" in str(path)
]  # fmt: skip


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_say_nothing_in_one_language_alone(path: Path) -> None:
    source = path.read_text("utf-8")
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "\0", source, flags=re.S)
    bare = re.sub("<(script|style)\\b.*?</\\1>", "", bare, flags=re.S)
    said = re.findall(r'(?:aria-label|title|placeholder|alt|label)="([^"]*)"', bare)
    said += re.sub("<[^>]*>", "\n", bare).split("\n")
    words = [one for one in said if re.search("[A-Za-z]{2}", one)]
    assert [
        one
        for one in words
        if one not in ("\0 (JSON)", "\0, \0 UTC") and 'aria-invalid="' not in one
    ] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_macros_that_speak_are_imported_with_the_pages_context(path: Path) -> None:
    """Without it they would speak the site's language on every page."""
    for name, rest in re.findall(r"\{% from '([^']+)' import ([^%]*)%\}", path.read_text("utf-8")):
        found = [one for one in TEMPLATES if str(one).endswith(f"/{name}")]
        speaks = any("translate" in one.read_text("utf-8") for one in found)
        assert "with context" in rest or not speaks, (path, name)


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").glob("*/static/*.js")),
                         ids=lambda path: path.name)  # fmt: skip
def test_scripts_say_nothing_in_one_language_alone(path: Path) -> None:
    source = re.sub(r"(?m)//.*$", "", path.read_text("utf-8"))
    for _, asked_for in scripts.asked(source):
        for text in (asked_for,) if isinstance(asked_for, str) else asked_for:
            source = source.replace(f"'{text}'", "")
    assert re.findall("['\"`][A-Z][a-z]+ [a-z][^'\"`]*['\"`]", source) == []
