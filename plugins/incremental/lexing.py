"""Pygments' lexers, asked less: at each place only rules are tried that can match there, by the
character that stands there. What comes out is the same.

A lexer's state has some fifty rules, each an expression, and tries one after the other. With which
characters a match can begin is read off the expression, as Python itself parses it; of what isn't
understood, any is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

import pygments
from pygments.lexer import RegexLexer
from pygments.token import Error, Whitespace, _TokenType

LEXERS_OF = frozenset({("2", "18"), ("2", "19"), ("2", "20")})
"""Versions of Pygments whose rules look as they are taken here."""

_ASKED_ENOUGH = 300
"""So often a state is asked before its expressions are looked at: it takes some milliseconds."""

_KNOWN = frozenset(map(chr, (9, 10, *range(32, 127))))
"""Characters for which rules are chosen; of which kind others are is left to the expressions."""

_ZERO_WIDTH = ("AT", "ASSERT", "ASSERT_NOT")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_CATEGORIES: Mapping[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda one: one.isalnum() or one == "_",
}

Rule: TypeAlias = "tuple[Callable[[str, int], re.Match[str] | None], Any, Any]"
"""What matches, what is said of a match, and what follows: names of states to go into, how many to
leave, or None."""

Token: TypeAlias = tuple[int, Any, str]


def beginnings(pattern: re.Pattern[str]) -> frozenset[str]:
    """Those of the characters of ASCII that can be read (and tabs and line feeds) with which a
    match can begin; more of them where that isn't told for certain."""
    try:
        parse = import_module("re._parser").parse
        found, is_empty = _of_all(parse(pattern.pattern, pattern.flags), pattern.flags)
    except (ImportError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
        return _KNOWN  # another Python has another parser
    return _KNOWN if is_empty else found


def _of_all(parts: Iterable[tuple[Any, Any]], flags: int) -> tuple[frozenset[str], bool]:
    """With what a match of these, one after the other, can begin; whether one may be empty."""
    found: frozenset[str] = frozenset()
    for operation, argument in parts:
        one, is_empty = _of_one(str(operation), argument, flags)
        found |= one
        if not is_empty:
            return found, False
    return found, True


def _of_one(operation: str, argument: Any, flags: int) -> tuple[frozenset[str], bool]:
    if operation in _ZERO_WIDTH:
        return frozenset(), True
    if operation == "LITERAL":
        return _either_case({chr(argument)}, flags), False
    if operation == "IN":
        return _of_set(argument, flags), False
    if operation in ("ANY", "NOT_LITERAL"):
        return _KNOWN, False
    if operation == "BRANCH":
        each = [_of_all(parts, flags) for parts in argument[1]]
        return frozenset().union(*(one for one, _ in each)), any(empty for _, empty in each)
    if operation == "SUBPATTERN":
        _, added, _, parts = argument
        return _of_all(parts, flags | added)
    if operation == "ATOMIC_GROUP":
        return _of_all(argument, flags)
    if operation in _REPEATS:
        least, _, parts = argument
        found, is_empty = _of_all(parts, flags)
        return found, is_empty or least == 0
    return _KNOWN, True


def _of_set(items: Sequence[tuple[Any, Any]], flags: int) -> frozenset[str]:
    """The characters of `[…]`."""
    found: set[str] = set()
    for operation, argument in items:
        name = str(operation)
        if name == "LITERAL":
            found.add(chr(argument))
        elif name == "RANGE":
            if argument[1] > 0x7F and flags & re.IGNORECASE:
                return _KNOWN
            found.update(map(chr, range(argument[0], min(argument[1], 0x7F) + 1)))
        elif name == "CATEGORY" and str(argument) in _CATEGORIES:
            found.update(filter(_CATEGORIES[str(argument)], _KNOWN))
        else:  # all but some
            return _KNOWN
    return _either_case(found, flags)


def _either_case(characters: set[str], flags: int) -> frozenset[str]:
    if flags & re.IGNORECASE:
        if not all(map(str.isascii, characters)):
            return _KNOWN  # the sign for kelvin matches a k
        characters = {form for one in characters for form in (one.lower(), one.upper())}
    return _KNOWN & characters


class _Rules(dict[str, list[Rule]]):
    """The rules of a state that can match, by the character that is there."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules
        self._asked = 0
        self._beginnings: list[frozenset[str]] = []

    def __missing__(self, character: str) -> list[Rule]:
        self._asked += 1
        if self._asked < _ASKED_ENOUGH or character not in _KNOWN:
            return self._rules
        if not self._beginnings:
            self._beginnings = [_of_rule(match) for match, _, _ in self._rules]
        rules = zip(self._rules, self._beginnings, strict=True)
        self[character] = [rule for rule, begins in rules if character in begins]
        return self[character]


def _of_rule(match: Callable[..., Any]) -> frozenset[str]:
    pattern = getattr(match, "__self__", None)
    return beginnings(pattern) if isinstance(pattern, re.Pattern) else _KNOWN


def _lex(
    lexer: RegexLexer, states: Mapping[str, _Rules], text: str, stack: Iterable[str] = ("root",)
) -> Iterator[Token]:
    """As Pygments' own `RegexLexer.get_tokens_unprocessed`."""
    at, within = 0, [*stack]
    here = states[within[-1]]
    while True:
        for match, action, follows in here[text[at : at + 1]]:
            found = match(text, at)
            if found is None:
                continue
            if type(action) is _TokenType:
                yield at, action, found[0]
            elif action is not None:
                yield from action(lexer, found)
            at = found.end()
            if follows is not None:
                _go(within, follows)
                here = states[within[-1]]
            break
        else:
            if at >= len(text):
                return
            if text[at] == "\n":  # nothing is known of it: the next line begins anew
                within = ["root"]
                here = states["root"]
                yield at, Whitespace, "\n"
            else:
                yield at, Error, text[at]
            at += 1


def _go(within: list[str], follows: Any) -> None:
    """Go into states and out of them; one stays in any case."""
    if isinstance(follows, int):
        del within[max(1, len(within) + follows) :]
        return
    for name in (follows,) if isinstance(follows, str) else follows:
        if name == "#push":
            within.append(within[-1])
        elif name != "#pop":
            within.append(name)
        elif len(within) > 1:
            within.pop()


@cache
def _quick(kind: Any) -> Any:
    """A class of lexers that gives what `kind` gives, with the same rules."""
    states = {name: _Rules(rules) for name, rules in kind._tokens.items()}

    def lex(lexer: RegexLexer, text: str, stack: Iterable[str] = ("root",)) -> Iterator[Token]:
        return _lex(lexer, states, text, stack)

    # With rules of its own Pygments doesn't read them off the class again.
    own = {"__module__": kind.__module__, "__qualname__": kind.__qualname__,
           "_tokens": kind._tokens, "get_tokens_unprocessed": lex}  # fmt: skip
    return type(kind)(kind.__name__, (kind,), own)


def ask_less(lexer: Any) -> Any:
    """Make a lexer quicker, where its rules are taken as Pygments takes them."""
    kind: Any = type(lexer)
    is_known = tuple(pygments.__version__.split(".")[:2]) in LEXERS_OF
    is_plain = kind.get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed
    if is_known and is_plain and vars(kind).get("_tokens") is lexer._tokens:
        lexer.__class__ = _quick(kind)
    return lexer
