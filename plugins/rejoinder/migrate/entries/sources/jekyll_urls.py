"""Addresses as Jekyll makes them: lib/jekyll/url.rb, drops/url_drop.rb, page.rb, utils.rb. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_TOKEN = re.compile(r":([a-z_]+)")
_DATES = {
    "year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S",
    "short_year": "%y", "y_day": "%j", "week": "%V", "w_year": "%G", "w_day": "%u",
}  # fmt: skip
# Not the machine's own language, which strftime would ask.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip


def post(template: str, date: datetime, slug: str, categories: Sequence[str]) -> str:
    """The address of a post, by a style's name or a template, without its leading slash. `slug` is
    its front matter's, or its file's."""
    values = {name: date.strftime(form) for name, form in _DATES.items()} | {
        "i_day": str(date.day),
        "i_month": str(date.month),
        "short_month": _MONTHS[date.month - 1][:3].upper(),
        "long_month": _MONTHS[date.month - 1],
        "short_day": _DAYS[date.weekday()][:3].upper(),
        "long_day": _DAYS[date.weekday()],
        "title": slugified(slug, pretty=True, cased=True),
        "slug": slugified(slug),
        "name": slugified(slug),
        "categories": "/".join(dict.fromkeys(name.lower() for name in categories)),
        "slugified_categories": "/".join(dict.fromkeys(map(slugified, categories))),
        "output_ext": ".html",
        "collection": "posts",
    }
    return _filled(STYLES.get(template, template), values)


def page(path: str, style: str, own: str = "") -> str:
    """The address of a page whose file has this path, without its ending, below the source; `own`
    is its front matter's permalink, `style` that of the site."""
    folder, _, name = path.rpartition("/")
    values = {"path": folder, "basename": name, "output_ext": ".html"}
    if own:
        return _filled(STYLES.get(own, own), values)
    return _filled("/:path/" if name == "index" else _ended("/:path/:basename", style), values)


def document(path: str, collection: str, style: str, template: str, slug: str) -> str:
    """The address of a document of a collection: `path` is that of its file in it, without its
    ending; `template` is the collection's, or ''."""
    values = {"collection": collection, "path": path, "output_ext": ".html",
              "name": slugified(slug), "title": slugified(slug, pretty=True, cased=True),
              "slug": slugified(slug)}  # fmt: skip
    return _filled(STYLES.get(template, template) or _ended("/:collection/:path", style), values)


def slugified(text: str, *, pretty: bool = False, cased: bool = False) -> str:
    """`Jekyll::Utils.slugify`."""
    found = re.sub(r"[^\w.~!$&'()+,;=@]+" if pretty else r"[\W_]+", "-", text)
    found = re.sub("-{2,}", "-", found).strip("-")
    return found if cased else found.lower()


def _ended(template: str, style: str) -> str:
    if style == "pretty" or style.endswith("/"):
        return f"{template}/"
    return (
        f"{template}:output_ext" if style in STYLES or style.endswith(":output_ext") else template
    )


def _filled(template: str, values: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name, rest = match[1], ""
        while name not in values and "_" in name:  # `:year_:title` ends the first at its line
            name, _, last = name.rpartition("_")
            rest = f"_{last}{rest}"
        return values[name] + rest if name in values else match[0]

    made = _TOKEN.sub(value, template)
    made = re.sub(r"/{2,}", "/", made.replace("..", ""))
    return made.lstrip("/")
