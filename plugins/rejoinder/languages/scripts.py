"""Scripts, each with its texts in one language put in where it asks for them: it is served once for
each language of a site, so that no page carries texts for it, and none is looked up. Pure.

A script writes `translate('…')`, `translate('… %(name)s', { name })` and
`translateCount('%(n)s …', '%(n)s …', n)`, with its English between single quotes, and LANGUAGE for
the language's tag."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rjsmin import jsmin

from rejoinder.languages.texts import Texts

_TEXT = r"'((?:[^'\\\n]|\\.)*)'"
_ASKED = re.compile(
    rf"\btranslate(?:\(\s*{_TEXT}\s*([,)])|Count\(\s*{_TEXT},\s*{_TEXT},\s*(?:(\d+)\))?)"
)
_FILL = "const fill=(t,names)=>t.replace(/%\\((\\w+)\\)s/g,(_,k)=>names[k]);"
_COUNT = (
    "const count=(t,f,n)=>(f[new Intl.PluralRules(LANGUAGE).select(n)]||t).replaceAll('%(n)s',n);"
)
_COUNT_ALIKE = "const count=(t,f,n)=>t.replaceAll('%(n)s',n);"
"""Helpers that fill in names and choose forms, in as few letters as they take."""

_UNTIL = 1000
"""Every plural form of a language has a number up to here."""


def script(source: str, texts: Texts, *, is_packed: bool = False) -> bytes:
    """A script in a language, in a block of its own if it is no module, without its comments and
    spaces; one that `is_packed` has none."""
    made = _ASKED.sub(lambda match: _said(match, texts), source)
    if not is_packed:
        made = jsmin(made)
    helpers = _FILL if "fill(" in made else ""
    if "count(" in made:
        helpers += _COUNT if re.search(r"count\(\".*?\",\{", made) else _COUNT_ALIKE
    tag = json.dumps(texts.tag)
    # What a module says is its own.
    whole = f"{helpers}\n{made}" if made.startswith("export") else f"{{{helpers}\n{made}}}"
    return re.sub(r"\bLANGUAGE\b", tag, whole).encode()


def asked(source: str) -> Iterator[tuple[int, str | tuple[str, str]]]:
    """The texts that a script asks for, each with its line (from 1); those that count as pairs."""
    for match in _ASKED.finditer(source):
        text, _, one, many, _ = match.groups()
        line = source.count("\n", 0, match.start()) + 1
        yield line, _plain(text) if text is not None else (_plain(one), _plain(many))


def _said(match: re.Match[str], texts: Texts) -> str:
    text, then, one, many, number = match.groups()
    if text is not None:
        said = _quoted(texts.translations.gettext(_plain(text)))
        return said if then == ")" else f"fill({said},"
    if number is not None:
        return _quoted(texts.translate_count(_plain(one), _plain(many), int(number)))
    forms = _forms(_plain(one), _plain(many), texts)
    return f"count({_quoted(forms.pop('other'))},{_quoted(forms) if forms else 0},"


def _forms(one: str, many: str, texts: Texts) -> dict[str, str]:
    """A text's plural forms, by the names that `Intl.PluralRules` has for them; `other` stands for
    those that are the same."""
    said = {texts.manner.plural_name(n): texts.translations.ngettext(one, many, n)
            for n in range(_UNTIL)}  # fmt: skip
    other = said.get("other") or said["many"]
    return {name: form for name, form in said.items() if form != other} | {"other": other}


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _quoted(value: str | dict[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
