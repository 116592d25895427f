"""Cards by themselves: what a font can show, how a title is wrapped, what is drawn."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from rejoinder.errors import SiteError
from rejoinder.sharing.card import FONT, HEIGHT, WIDTH, Card, Look, card_of, fingerprint
from rejoinder.sharing.drawing import _RAMP, _TITLE_SIZES, draw, size_of
from rejoinder.sharing.lines import LINE, cut, fit, wrap
from rejoinder.sharing.locales import og_locale
from rejoinder.sharing.signs import plain, signs_of, undrawable

SIGNS = signs_of(FONT)


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def monospaced(text: str, size: int = 10) -> float:
    return len(text) * size


@pytest.mark.parametrize("title", [
    "Hello", "“Quotes” — and dashes…", "Ångström, naïve, Łódź, Ğ, ſ", "Зачем писать", "Γιατί",
    "Ինչու", "რატომ", "Tiếng Việt",
])  # fmt: skip
def test_the_font_that_comes_along_has_the_letters_of_many_languages(title: str) -> None:
    assert undrawable(plain(title), SIGNS) == ""


@pytest.mark.parametrize(("title", "missing"), [
    ("Party 🎉", "🎉"), ("שלום", "שלום"), ("مرحبا", "مرحبا"), ("字", "字"), ("q̃", "̃"),
])  # fmt: skip
def test_what_cannot_be_drawn_right_is_not_drawn(title: str, missing: str) -> None:
    card, said = card_of(title, "Ada", "A site", b"", SIGNS)
    assert card is None
    assert set(said) == set(missing)


def test_letters_in_parts_are_put_together_and_steering_signs_left_out() -> None:
    assert plain("Cafe\u0301  au\u00adlait\n\u200d") == "Café aulait"
    card, _ = card_of("Fine", "שלום", "A 🎉", b"", SIGNS)
    assert card == Card("Fine", "", "", b"")


def test_the_glyph_of_what_is_missing_is_no_sign() -> None:
    assert {ord("a"), 0x2014, 0x416} <= SIGNS
    assert not {0x1F389, 0xFFFF, 0x5D0} & SIGNS
    assert 2000 < len(SIGNS) < 6000


@pytest.mark.parametrize("data", [b"", b"no font at all", b"\0\1\0\0\0\x20" + bytes(40)])
def test_what_is_no_font_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.ttf").write_bytes(data)
    with pytest.raises(SiteError, match="CARDS_FONT"):
        signs_of(tmp_path / "x.ttf")
    with pytest.raises(SiteError, match="CARDS_FONT"):
        signs_of(tmp_path / "missing.ttf")


@given(st.text(alphabet="ab é-", max_size=120), st.integers(3, 40))
def test_lines_keep_every_letter_and_none_is_too_long(text: str, letters: int) -> None:
    lines = list(wrap(text, monospaced, letters * 10))
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(monospaced(line) <= letters * 10 for line in lines)
    assert all(word in text.split() for line in lines for word in line.split()[1:-1])


@given(st.text(alphabet="abc ", min_size=1, max_size=400))
def test_a_title_shrinks_and_what_never_fits_is_cut(text: str) -> None:
    size, lines = fit(text, monospaced, 300, 120, (40, 30, 20))
    assert len(lines) * size * LINE <= 120 or size == 20
    assert len(lines) <= 5
    assert all(monospaced(line, size) <= 300 for line in lines)
    if len("".join(text.split())) > 75:
        assert lines[-1].endswith("…")


def test_a_line_that_is_cut_says_so() -> None:
    assert cut("abcdef", monospaced, 60) == "abcdef"
    assert cut("abcdefg", monospaced, 60) == "abcde…"


@pytest.mark.parametrize("title", [
    "Short", "Your network is not the list", "A title that goes on " * 12, "W" * 300,
])  # fmt: skip
def test_a_card_keeps_its_margins(title: str) -> None:
    png = draw(Card(title.strip(), "Ada Lovelace " * 9, "A site of a long name " * 9), Look())
    assert struct.unpack(">II", png[16:24]) == (WIDTH, HEIGHT)
    assert len(png) < 40_000
    card = opened(png)
    for box in ((0, 0, 80, 610), (WIDTH - 80, 0, WIDTH, 610), (0, 480, WIDTH, 495)):
        assert card.crop(box).getextrema() == (0, 0), box
    assert card.crop((84, 166, 1116, 480)).getextrema() == (0, _RAMP - 1)  # there is a title


def test_a_portrait_is_round_and_a_broken_one_is_left_out() -> None:
    face = Image.new("RGB", (300, 200), "#c04020")
    ImageDraw.Draw(face).rectangle((0, 0, 150, 200), fill="#204080")
    into = io.BytesIO()
    face.save(into, "PNG")
    card = opened(draw(Card("Hello", "Ada", "A site", into.getvalue()), Look())).convert("RGB")
    assert card.getpixel((84 + 20, 528)) == (0x20, 0x40, 0x80)
    assert card.getpixel((84 + 68, 528)) == (0xC0, 0x40, 0x20)
    assert card.getpixel((84 + 2, 528 - 42)) == (0xFC, 0xFC, 0xFA)
    without = draw(Card("Hello", "Ada", "A site"), Look())
    assert draw(Card("Hello", "Ada", "A site", b"no picture"), Look()) == without


def test_the_colours_are_those_that_are_asked_for() -> None:
    look = Look(paper="#000000", ink="#ffffff", soft="#00ff00", accent="#ff0000")
    card = opened(draw(Card("I", "Ada", "A site"), look)).convert("RGB")
    assert card.getpixel((5, 5)) == (0, 0, 0)
    assert card.getpixel((600, HEIGHT - 2)) == (255, 0, 0)
    assert (255, 255, 255) in {card.getpixel((x, 210)) for x in range(84, 130)}


def test_the_same_card_has_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys; from rejoinder.sharing.drawing import draw;"
        "from rejoinder.sharing.card import Card, Look;"
        "sys.stdout.buffer.write(draw(Card('Hello “you”', 'Ada', 'A site'), Look()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert run.stdout == draw(Card("Hello “you”", "Ada", "A site"), Look())


def test_a_fingerprint_tells_all_that_is_on_a_card() -> None:
    card, look = Card("T", "A", "S", b"p"), Look()
    others = [
        fingerprint(card, look, b"f", "13"), fingerprint(card, look, b"g", "13"),
        fingerprint(card, look, b"f", "14"), fingerprint(card, Look(ink="#000000"), b"f", "13"),
        fingerprint(Card("U", "A", "S", b"p"), look, b"f", "13"),
        fingerprint(Card("T", "B", "S", b"p"), look, b"f", "13"),
        fingerprint(Card("T", "A", "R", b"p"), look, b"f", "13"),
        fingerprint(Card("T", "A", "S", b"q"), look, b"f", "13"),
    ]  # fmt: skip
    assert len(set(others)) == len(others)
    assert fingerprint(Card("T", "A", "S", b"p"), Look(), b"f", "13") == others[0]


def test_the_size_of_a_picture(tmp_path: Path) -> None:
    Image.new("RGB", (640, 360)).save(tmp_path / "a.jpg")
    (tmp_path / "b.png").write_bytes(b"no picture")
    assert size_of(tmp_path / "a.jpg") == (640, 360)
    assert size_of(tmp_path / "b.png") == (0, 0)
    assert _TITLE_SIZES[0] > _TITLE_SIZES[-1] >= 36


@pytest.mark.parametrize(("language", "locale"), [
    ("en", "en_US"), ("de", "de_DE"), ("de-CH", "de_CH"), ("pt_br", "pt_BR"), ("sv", "sv_SE"),
    ("zh-Hant-TW", "zh_TW"), ("EN-gb", "en_GB"),
])  # fmt: skip
def test_a_language_has_a_territory(language: str, locale: str) -> None:
    assert og_locale(language) == locale
