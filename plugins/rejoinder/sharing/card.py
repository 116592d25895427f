"""A post's card, the picture that is shown where somebody links to it: what is on it, and what it
is made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xxhash import xxh3_128_digest

from .signs import plain, undrawable

WIDTH, HEIGHT = 1200, 630
"""What the networks ask for, in pixels."""

DRAWN_AS = 1
"""Counted up when the drawing changes, so that all cards are drawn again."""

FONT = Path(__file__).parent / "fonts" / "DejaVuSerifCondensed-Bold.ttf"


@dataclass(frozen=True, slots=True)
class Look:
    """Colours (`#rrggbb`) and the font's file."""

    paper: str = "#fcfcfa"
    ink: str = "#1e211f"
    soft: str = "#5a605b"
    accent: str = "#0d5f4e"
    font: Path = FONT


@dataclass(frozen=True, slots=True)
class Card:
    """What is on a card: plain texts, each of which may be '' but the title; `portrait` is the
    content of a picture's file, b"" for none."""

    title: str
    author: str = ""
    site: str = ""
    portrait: bytes = b""


def card_of(
    title: str, author: str, site: str, portrait: bytes, signs: frozenset[int]
) -> tuple[Card | None, str]:
    """A card that a font with these signs can draw, and which signs of the title it hasn't: then
    there is no card. An author or site whose name can't be drawn is left out."""
    title = plain(title)
    missing = undrawable(title, signs)
    if missing or not title:
        return None, missing
    author, site = (
        "" if undrawable(name, signs) else name for name in (plain(author), plain(site))
    )
    return Card(title, author, site, portrait), ""


def fingerprint(card: Card, look: Look, font: bytes, drawn_by: str) -> bytes:
    """The digest of all that a card's picture is made of; `font` is the digest of the font's file,
    `drawn_by` the version of what draws."""
    looks = look.paper, look.ink, look.soft, look.accent
    texts = card.title, card.author, card.site
    said = DRAWN_AS, drawn_by, looks, font, texts, xxh3_128_digest(card.portrait)
    return xxh3_128_digest(repr(said).encode())
