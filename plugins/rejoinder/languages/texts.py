"""The texts of one language, as a value. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cached_property
from gettext import NullTranslations

from markupsafe import Markup, escape

from rejoinder.languages import manners
from rejoinder.languages.manners import Manner

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
"""Languages that are written from right to left (Unicode's `likelySubtags`, script by script)."""

_TAG = re.compile("<[a-zA-Z]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;"})


class Texts:
    """What is said in one language. A text is written in English where it is used, and looked up
    by that; one that the language doesn't have stays English. `%(name)s` in it is filled in, where
    names are given (then `%%` is a percent sign).

    `translations` are gettext's, None of a language without a catalogue; `manner` is how it writes
    numbers and dates; `digest` tells the catalogues that it comes from from any others.
    """

    def __init__(
        self, language: str = "en", translations: NullTranslations | None = None,
        manner: Manner = manners.ENGLISH, digest: bytes = b"",
    ) -> None:  # fmt: skip
        self.language = language
        self.manner = manner
        self.is_translated = translations is not None
        self.translations = translations or NullTranslations()
        self._digest = digest

    def translate(self, text: str, /, **names: object) -> str:
        """The text in this language, as plain text."""
        said = self.translations.gettext(text)
        return said % names if names else said

    def translate_count(self, one: str, many: str, n: int, /, **names: object) -> str:
        """The text for so many, in one of the language's plural forms; `%(n)s` is the number."""
        said = self.translations.ngettext(one, many, n)
        return said % {**names, "n": self.manner.number(n)}

    def say(self, what: str) -> str:
        """A message in this language; what is no `Message`, as it is."""
        return what.said(self) if isinstance(what, Message) else what

    def say_all(self, names: dict[str, object]) -> dict[str, object]:
        """What is filled in, with the messages among it said."""
        return {name: self.say(one) if isinstance(one, str) else one for name, one in names.items()}

    def day(self, date: date) -> str:
        """A date in words: 'March 5, 2026'."""
        return self.manner.day(date)

    def short_day(self, date: date) -> str:
        """A day of a year that is known, short: 'Mar 5'."""
        return self.manner.short_day(date)

    def month(self, date: date) -> str:
        """A month: 'March 2026'."""
        return self.manner.month(date)

    def moment(self, moment: datetime) -> str:
        """A date and the time of day, in words: 'March 5, 2026 at 09:30'."""
        return self.translate(
            "%(date)s at %(time)s", date=self.manner.day(moment), time=self.manner.time(moment)
        )

    @cached_property
    def html(self) -> Html:
        """The same texts, as HTML."""
        return Html(self)

    @property
    def tag(self) -> str:
        """The language tag of what is said."""
        return self.language if self.is_translated else "en"

    @property
    def direction(self) -> str:
        """`ltr`, or `rtl` of a language that is written from right to left."""
        return "rtl" if self.tag.partition("-")[0].casefold() in RIGHT_TO_LEFT else "ltr"

    def fingerprint(self) -> bytes:
        """What tells these texts from any others."""
        return self.language.encode() + self._digest


class Html:
    """Texts as HTML, for elements and for attributes in double quotes: what is filled in is
    escaped, unless it is Markup. So is the text itself, unless its English has a tag: then it is
    HTML as it stands, in each language."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._known: dict[str, Markup] = {}
        self._forms: dict[tuple[str, str], Markup] = {}

    def translate(self, text: str, /, **names: object) -> Markup:
        """The text in this language."""
        said = self._known.get(text)
        if said is None:
            said = self._known[text] = _as_html(self._texts.translations.gettext(text), text)
        return _filled(said, names) if names else said

    def translate_count(self, one: str, many: str, n: int, /, **names: object) -> Markup:
        """The text for so many, in one of the language's plural forms; `%(n)s` is the number."""
        said = self._texts.translations.ngettext(one, many, n)
        form = self._forms.get((one, said))
        if form is None:
            form = self._forms[one, said] = _as_html(said, one)
        names["n"] = self._texts.manner.number(n)
        return _filled(form, names)


def _as_html(said: str, english: str) -> Markup:
    return Markup(said if _TAG.search(english) else said.translate(_ESCAPES))


def _filled(said: Markup, names: dict[str, object]) -> Markup:
    """As `said % names`, which takes four times as long."""
    return Markup(str.__mod__(said, {name: escape(value) for name, value in names.items()}))


ENGLISH = Texts()


class Message(str):
    """A text that is said later, when it is known in which language (`Texts.say`). Until then it is
    its English."""

    said: Callable[[Texts], str]


def later(said: Callable[[Texts], str]) -> Message:
    """What is said later, by what is given the texts of its language then."""
    made = Message(said(ENGLISH))
    made.said = said
    return made


def message(text: str, /, **names: object) -> Message:
    """A text that is said later."""
    return later(lambda texts: texts.translate(text, **texts.say_all(names)))


def message_count(one: str, many: str, n: int, /, **names: object) -> Message:
    """A text for so many that is said later."""
    return later(lambda texts: texts.translate_count(one, many, n, **texts.say_all(names)))
