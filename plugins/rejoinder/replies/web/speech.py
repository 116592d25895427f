"""The language of an answer: that of the page which asks (`lang` in a form or an address), else the
site's; and where the site is. They hold for one request, wherever that is answered."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from rejoinder.errors import RejoinderError
from rejoinder.languages.catalogues import TAG, Catalogues
from rejoinder.languages.texts import ENGLISH, Texts
from rejoinder.replies.subjects import Subjects

FIELD = "lang"
"""The field of a form, or of an address, that names the language."""

_catalogues: ContextVar[Catalogues | None] = ContextVar("catalogues", default=None)
_own: ContextVar[str] = ContextVar("own", default="")
_texts: ContextVar[Texts] = ContextVar("texts", default=ENGLISH)
_home: ContextVar[str] = ContextVar("home", default="")


def texts() -> Texts:
    """Those of the answer."""
    return _texts.get()


def home() -> str:
    """The address of the site's front page; '' where that isn't known."""
    return _home.get()


def begin(subjects: Subjects, asked: Mapping[str, str]) -> None:
    """A request to a site's desk begins; `asked` are the fields of its address. A catalogue that
    can't be read is the author's to mend, and readers get English meanwhile."""
    catalogues = Catalogues(subjects.content)
    _catalogues.set(catalogues)
    try:
        _home.set(f"{subjects.base}/")
        _texts.set(catalogues.texts(subjects.facts.language))
    except (RejoinderError, OSError):
        _texts.set(ENGLISH)
    follow(asked)


def follow(asked: Mapping[str, str]) -> None:
    """Go over to the language that a form names, where there is a catalogue of it."""
    wanted, catalogues = asked.get(FIELD, ""), _catalogues.get()
    if catalogues is None or not TAG.fullmatch(wanted):
        return
    try:
        if catalogues.knows(wanted):
            _texts.set(catalogues.texts(wanted))
            _own.set(wanted)
    except (RejoinderError, OSError):
        return


def spoken() -> str:
    """The language that was asked for; '' where that is the site's."""
    return _own.get()


def lead_to(place: str) -> str:
    """An address of the desk's at which the same language is spoken."""
    own = spoken()
    return f"{place}?{FIELD}={own}" if own else place


def said(value: Any) -> Any:
    """A value with the messages in it said."""
    if isinstance(value, Mapping):
        return {key: said(one) for key, one in value.items()}
    return _texts.get().say(value) if isinstance(value, str) else value
