"""A comment's body as HTML that is safe on anybody's page.

Markdown (CommonMark and GitHub's tables, strikethrough and bare links, by cmark-gfm) or kept
HTML becomes HTML first and is sanitised last; nothing touches it after that. Readers' words
load nothing from elsewhere: a picture becomes a link to it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from string import ascii_letters, digits

import nh3

from rejoinder.comments import commonmark
from rejoinder.comments.model import Comment, Format, is_plain
from rejoinder.words import shorten

MAX_BODY = 65_525
"""The longest body that is rendered as markup, in UTF-8 bytes: WordPress's own limit
(`wp_comments.comment_content`, less what its column keeps back). A longer one, which only
an import can bring, is shown as plain text."""

MAX_NESTING = 60
"""Deeper than any talk, and shallow enough: sanitising is quadratic in depth."""

UNFIT_FOR_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 can't hold (2.2, Char), and so no feed."""

_LINES = re.compile(r"[^\W\d_][\w ,.;:?!'()-]*+(?:\n+[^\W\d_][\w ,.;:?!'()-]*+)*")
_OF_WORDS = (ascii_letters + digits + " ,.;:?!'()-\n").encode()
_ODD_LINE = re.compile("\n[^A-Za-z\n]")
"""The same of ASCII: of what words are made, and how no line may begin."""

_EMPTY_LINES = re.compile("\n\n+")

_REFERENCE = re.compile(r"&#([xX][0-9a-fA-F]{1,8}|[0-9]{1,9});?")
_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em", "hr",
    "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small",
    "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
}  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),  # else the library's own defaults would do
    "a": {"href", "title"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "ol": {"start"},
    "q": {"cite"},
}
_REL = "nofollow ugc noopener"
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    tag_attribute_values={"td": {"align": {"left", "center", "right"}}},
    # Wide ones scroll in themselves, and who has no mouse must reach them (WCAG 2.1.1).
    set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}},
    clean_content_tags={"script", "style", "template", "noscript", "iframe", "object", "svg",
                        "math", "textarea", "title", "xmp", "noembed", "noframes", "select"},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel=_REL,
)  # fmt: skip

_ANY_TAG = re.compile("<[^>]*>")
_SAFE = frozenset({
    "<br />", "<hr />", *(f"<{slash}{name}>" for slash in ("", "/") for name in (
        "blockquote", "code", "del", "em", "li", "ol", "p", "strong", "ul",
    ))
})  # fmt: skip
"""Tags that a parser of Markdown writes; of these sanitising changes at most a stroke."""
_PLAIN_LINK = re.compile(
    r'<a href="https?://(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]+(?:[/?#](?:[\w./?#=+,:;~%-]|&amp;)*)?">',
    re.A,
)
"""One that it writes for an address that is surely one: sanitising adds to it what it is to us."""
_ENDS_LINK = frozenset({"</a>"})

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)(/?)>")
_OPENING = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
# HTML Standard, 13.1.2.
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
})  # fmt: skip
# Elements that a following sibling closes by itself: left open, they do not nest (13.1.2.4).
_SELF_CLOSING = frozenset({
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option",
})  # fmt: skip
_BLOCKS = (
    "address|article|aside|blockquote|dd|details|div|dl|dt|figure|figcaption|footer|form|h[1-6]"
    "|header|hr|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul"
)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCKS})\b[^<>]*>", re.I)
_NEEDS_REWRITE = re.compile(r"<(?:img|/?h[1-6]|/?strike)\b", re.I)
_STRIKE = re.compile(r"<(/?)strike\b", re.I)  # obsolete: HTML Standard, 16.2
_IMAGE = re.compile(r"<img\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.I)
_ATTRIBUTE = re.compile(r"\b(src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.I)
_HEADING = re.compile(r"<(/?)h[1-6]\b[^<>]*>", re.I)
_LINE_END = re.compile(r"(?:<br ?/?>[ \t]{0,9})?\n", re.I)  # a break that is there is no second one
# A bare address in text; the last character is none of what usually ends a sentence.
_LINK = re.compile(r"(?<![\w/=\"'>@.])https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}]", re.I)


def render(comment: Comment) -> str:
    """The body of `comment` as an HTML fragment: see `render_body`."""
    return comment.html or render_body(comment.body, comment.format)


@lru_cache(maxsize=1_000)
def render_body(body: str, format: Format = Format.MARKDOWN) -> str:
    """A body as an HTML fragment: safe, balanced, and without requests.

    Linear in the body's length, for every body: nesting beyond `MAX_NESTING` and bodies
    beyond `MAX_BODY` are shown as the plain text they are.
    """
    if len(body.encode("utf-8")) > MAX_BODY:
        return plain(body)
    if format is Format.MARKDOWN and _is_words_alone(body):
        shown = _EMPTY_LINES.sub("</p>\r<p>", body).replace("\n", "<br>\n").replace("\r", "\n")
        return f"<p>{shown}</p>"
    return by_parser(body, format)


def by_parser(body: str, format: Format) -> str:
    """What `render_body` gives of any body that isn't too long."""
    is_markdown = format is Format.MARKDOWN
    to_html = commonmark.to_html if is_markdown else paragraphs
    html = to_html(_REFERENCE.sub(_fit_reference, body) if "&#" in body else body)
    if html.count("<") > MAX_NESTING and _nesting(html) > MAX_NESTING:
        return plain(body)
    if is_markdown and "<" not in body and _is_safe(html) and _is_printable(html):
        # The parser's own tags, and balanced: sanitising would change nothing but how some are
        # written. No other quotation mark than an attribute's is written as one.
        html = html.replace('">', f'" rel="{_REL}">').replace("&quot;", '"')
        return html.replace("<br />", "<br>").replace("<hr />", "<hr>").strip()
    if _NEEDS_REWRITE.search(html):
        html = _STRIKE.sub(r"<\1s", _IMAGE.sub(_image_link, html))
        # A reader's heading is no part of the page's outline.
        html = _HEADING.sub(lambda m: "</strong></p>" if m[1] else "<p><strong>", html)
    html = _CLEANER.clean(html)
    if not _is_printable(html):
        html = UNFIT_FOR_XML.sub("", html)
    return html.strip()


def _is_safe(html: str) -> bool:
    """Whether what a parser of Markdown wrote has nothing but plain tags and plain links."""
    links = [tag for tag in _ANY_TAG.findall(html) if tag not in _SAFE]
    return not links or (
        _ENDS_LINK.issuperset(links[1::2]) and all(map(_PLAIN_LINK.fullmatch, links[::2]))
    )


def _is_printable(html: str) -> bool:
    return is_plain(html) or html.replace("\n", "").isprintable()


def _is_words_alone(body: str) -> bool:
    """Whether there is nothing in a body that means something in Markdown or HTML, as in every
    second comment: lines that begin with a letter, words, and marks that end sentences. It needs no
    parser, and nothing in it needs sanitising."""
    if body.isascii():  # told in half of the time
        if body.encode().translate(None, _OF_WORDS) or not body[:1].isalpha():
            return False
        if _ODD_LINE.search(body) is not None:
            return False
    elif _LINES.fullmatch(body) is None:
        return False
    ends = body.endswith((" ", "\n"))  # Python 3.11.2 lets a line end pass
    return not (ends or "_" in body or " \n" in body or "www." in body)


def _fit_reference(match: re.Match[str]) -> str:
    """A numeric reference, unless no page and no feed may hold what it stands for."""
    digits = match[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    fits = code < 0x110000 and not 0xD800 <= code < 0xE000 and code & 0xFFFE != 0xFFFE
    return match[0] if fits and not UNFIT_FOR_XML.match(chr(code)) else ""


def plain(text: str) -> str:
    """`text` as it is, in paragraphs."""
    return "".join(
        f"<p>{escape(part, quote=False).replace(chr(10), '<br>')}</p>"
        for part in re.split(r"\n\s*\n", text.strip())
        if part.strip()
    )


def text_of(comment: Comment) -> str:
    """The words of `comment` on one line, without markup; for excerpts and feeds' titles."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", render(comment))).split())


def quotation(comment: Comment) -> str:
    """The words of `comment` as a quotation in Markdown, and an empty line to go on after it."""
    text = comment.body if comment.format is Format.MARKDOWN else text_of(comment)
    return "".join(f"> {line}".rstrip() + "\n" for line in text.strip().split("\n")) + "\n"


def excerpt(comment: Comment, length: int = 120) -> str:
    """At most `length` characters of the comment's words, cut between words."""
    return shorten(text_of(comment), length)


def paragraphs(html: str) -> str:
    """Kept HTML with what WordPress adds when it shows a comment: paragraphs at blank lines
    and breaks at line ends outside of block elements (`wpautop`), bare addresses as links
    (`make_clickable`)."""
    parts: list[str] = []
    at, inside_pre, blocks = 0, 0, 0
    for match in _BLOCK_TAG.finditer(html):
        parts.append(_inline(html[at : match.start()], inside_pre, blocks))
        tag = match[0].lower()
        name = tag.strip("</>").split()[0]
        step = -1 if tag.startswith("</") else 1
        if name == "pre":
            inside_pre = max(0, inside_pre + step)
        if name != "hr":
            blocks = max(0, blocks + step)
        parts.append(match[0])
        at = match.end()
    parts.append(_inline(html[at:], inside_pre, blocks))
    return "".join(parts)


def _inline(text: str, inside_pre: int, blocks: int) -> str:
    if not text.strip() or inside_pre:
        return text
    text = _linked(text)
    if blocks:
        return _broken(text) if "\n" in text.strip("\n") else text
    return "".join(
        f"<p>{_broken(part)}</p>" for part in re.split(r"\n[ \t]*\n+", text) if part.strip()
    )


def _broken(text: str) -> str:
    return _LINE_END.sub("<br>\n", text.strip("\n"))


def _linked(text: str) -> str:
    if "://" not in text:
        return text
    parts: list[str] = []
    at, inside = 0, 0
    for match in _TAG.finditer(text):
        between = text[at : match.start()]
        parts += [between if inside else _LINK.sub(r'<a href="\g<0>">\g<0></a>', between), match[0]]
        if match[2].lower() in ("a", "code"):
            inside = max(0, inside + (-1 if match[1] else 1))
        at = match.end()
    rest = text[at:]
    parts.append(rest if inside else _LINK.sub(r'<a href="\g<0>">\g<0></a>', rest))
    return "".join(parts)


def _image_link(match: re.Match[str]) -> str:
    found = {m[1].lower(): m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(match[1])}
    source, words = found.get("src", ""), found.get("alt", "").strip()
    if not source:
        return words
    return f'<a href="{source.replace(chr(34), "&quot;")}">{words or source}</a>'


def _nesting(html: str) -> int:
    """An upper bound of how deep `html` nests once it is parsed: a closing tag counts only
    where one of its name is open, since a parser ignores the others."""
    depth = deepest = 0
    still_open: dict[str, int] = {}
    for slash, name in _OPENING.findall(html):
        name = name.lower()
        if name in _VOID or (name in _SELF_CLOSING and not slash and still_open.get(name)):
            continue
        if not slash:
            still_open[name] = still_open.get(name, 0) + 1
            depth += 1
            deepest = max(deepest, depth)
        elif still_open.get(name):
            still_open[name] -= 1
            depth -= 1
    return deepest
