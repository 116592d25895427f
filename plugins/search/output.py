"""What the adapter writes: the search page, its script, and the index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pelican.utils import sanitised_join
from xxhash import xxh3_128_digest

from rejoinder.languages import scripts
from rejoinder.languages.catalogues import Catalogues
from rejoinder.search.index import VERSION, Index

from .searched import Searched, published

SCRIPT = "theme/search.js"
"""Where the search page's script is written."""

_SCRIPT = Path(__file__).parent / "static" / "search.js"
_ENGINES = {
    "DuckDuckGo": "https://duckduckgo.com/?q=",
    "Google": "https://www.google.com/search?q=",
    "Mojeek": "https://www.mojeek.com/search?q=",
}
"""Where one can search without a script, on a site that has an address."""


def gather(generators: Iterable[Any]) -> None:
    """When all content is read: what can be found, and where the search page is."""
    generators = list(generators)
    context, settings = generators[0].context, generators[0].settings
    context["search_url"] = settings["SEARCH_URL"]
    context["searched"] = published(generators)


def write_search(generator: Any, writer: Any) -> None:
    """The page, the script and the index, where they are wanted."""
    settings, context = generator.settings, generator.context
    url = settings["SEARCH_URL"]
    if not url:
        return
    writer.write_file(
        f"{url}index.html", generator.get_template("rejoinder/search_page"), context,
        relative_urls=settings["RELATIVE_URLS"], url=url, search_engines=_engines(settings),
        search_script=SCRIPT,
    )  # fmt: skip
    texts = Catalogues(Path(settings["PATH"])).texts(settings["DEFAULT_LANG"])
    script = scripts.script(_SCRIPT.read_text("utf-8"), texts)
    _write(writer, settings, SCRIPT, xxh3_128_digest(script), script.decode)
    _write_index(writer, settings, url, Searched(context["searched"], context.get("memory")),
                 context.get("memory"))  # fmt: skip


def _engines(settings: dict[str, Any]) -> list[tuple[str, str]]:
    """Names of search engines, and where each searches this site."""
    site = urlsplit(settings["SITEURL"])
    where = quote(f"site:{site.netloc}{site.path} ", safe="")
    return [(name, f"{begin}{where}") for name, begin in _ENGINES.items()] if site.netloc else []


def _write_index(
    writer: Any, settings: dict[str, Any], url: str, searched: Searched, memory: Any
) -> None:
    index = Index(searched.briefs, searched.entry, searched.text)

    def digests() -> bytes:
        return b"".join(xxh3_128_digest(text.encode()) for text in index.word_files)

    # Where no word changed but of the newest comments, the index isn't made to know so.
    marks = memory.remember("search files", url, index.print(), digests) if memory else digests()
    for number in range(index.files):
        _write(writer, settings, f"{url}words/{number}.json", marks[number * 16 :][:16],
               partial(index.word_file, number))  # fmt: skip
    _write(writer, settings, f"{url}fresh.json", index.fresh_print(), index.fresh_file)
    _write(writer, settings, f"{url}index.json", index.about().encode(), index.about)
    for number, stamp in enumerate(searched.stamps):
        _write(writer, settings, f"{url}posts/{number}.json", b"%d %b" % (VERSION, stamp),
               partial(searched.file, number))  # fmt: skip


def _write(
    writer: Any, settings: dict[str, Any], path: str, print: bytes, make: Callable[[], str]
) -> None:
    """A file of the output. A writer that knows what it wrote before is asked to write only what
    changed."""
    write_made = getattr(writer, "write_made", None)
    if write_made is not None:
        write_made(path, print, make)
        return
    target = Path(sanitised_join(settings["OUTPUT_PATH"], path))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(make(), "utf-8", newline="\n")
