"""The addresses that WordPress answered and that no file of the new site has: where they lead.

Pure, but for `merge`, which is pure on text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from rejoinder.migrate import slugs
from rejoinder.migrate.ledger import Outcome
from rejoinder.migrate.survey import Post, Survey

SITE_FEED = "/feeds/all.atom.xml"
COMMENT_FEED = "/feeds/comments.atom.xml"
PER_PAGE = 50
"""Top-level comments on a page, as WordPress sets out with."""

HEADING = "# Old addresses of an import; a line that you change or take out stays so."


def of_post(
    post: Post, top_level: int, comments: int, old_slugs: list[str]
) -> Iterator[tuple[str, str]]:
    """(old, new) for one public post with so many comments, `top_level` of them no answers."""
    new = _quoted(post.url)
    if post.id.isdigit():
        yield f"/?p={post.id}", new
        if post.kind == "page":
            yield f"/?page_id={post.id}", new
    base = _quoted(post.link or post.url).rstrip("/")
    if post.link and not _same(post.link, post.url):
        yield _quoted(post.link), new
    if comments:
        for page in range(1, max(1, -(-top_level // PER_PAGE)) + 1):
            yield f"{base}/comment-page-{page}/", new
    own_feed = post.kind == "post" or comments
    yield f"{base}/feed/", comment_feed(post.url) if own_feed else COMMENT_FEED
    for old in old_slugs:
        old = slugs.wordpress_slug(old)
        if old and old != post.slug and post.link and post.slug in post.link:
            head, _, tail = post.link.rpartition(post.slug)
            yield _quoted(head + old + tail), new


def of_site(survey: Survey, terms: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """(old, new) for the feeds, and for archives whose slug Pelican makes otherwise. `terms` has
    the slugs, as WordPress keeps them, and names that published posts use: 'category' and 'tag'
    hold 'slug\\tname', 'also' the categories that became tags."""
    yield "/feed/", SITE_FEED
    yield "/comments/feed/", COMMENT_FEED
    bases = {"category": survey.patterns.category, "tag": survey.patterns.tag}
    for kind in sorted(terms.keys() - {"author"}):
        old_base = bases["tag" if kind == "tag" else "category"]
        new_base = bases["category" if kind == "category" else "tag"]
        for nicename, _, name in sorted(term.partition("\t") for term in terms[kind]):
            old_slug = survey.nested(nicename) if kind != "tag" else nicename
            old = _quoted(
                old_base.format(
                    slug=slugs.wordpress_slug(old_slug) if "/" not in old_slug else old_slug
                )
            )
            new = _quoted(new_base.format(slug=slugs.pelican_slug(name)))
            if old != new:
                yield old, new
            yield f"{old}feed/", SITE_FEED
    for author in sorted({a.slug for a in survey.authors.values()} & terms.get("author", set())):
        yield _quoted(survey.patterns.author.format(slug=author)) + "feed/", SITE_FEED


def comment_feed(url: str) -> str:
    """Where a post's comment feed is: inside its folder, or one named like its file."""
    if url.endswith("/") or not url:
        return f"{_quoted(url)}comments.atom.xml"
    stem, dot, _ = url.rpartition(".")
    return f"{_quoted(stem if dot and '/' not in _ else url)}/comments.atom.xml"


def merge(
    text: str, lines: Mapping[str, str], decide: Callable[[str, str | None, str], Outcome]
) -> str:
    """`redirects.txt` with `lines` (old → new) in it. `decide` (old, what the file says, what it
    should say) has the last word; lines that are no import's stay where they are."""
    theirs: list[str] = []
    present: dict[str, str] = {}
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == 2 and not fields[0].startswith("#"):
            present[fields[0]] = fields[1]
    ours: dict[str, str] = {}
    changed = False
    for old, new in lines.items():
        outcome = decide(old, present.get(old), new)
        changed = changed or outcome.is_change
        if outcome in (Outcome.NEW, Outcome.UPDATED, Outcome.UNCHANGED):
            ours[old] = new
    if not changed:
        return text
    before, _, after = text.partition(f"{HEADING}\n")
    for line in before.splitlines():
        if not line.strip() or line.split()[0] not in ours:
            theirs.append(line)
    block = {**{f[0]: f[1] for f in map(str.split, after.splitlines()) if len(f) == 2}, **ours}
    kept = [line for line in after.splitlines() if len(line.split()) != 2]
    made = [*theirs, HEADING, *kept, *(f"{old} {block[old]}" for old in sorted(block))]
    return "\n".join(made) + "\n"


def _quoted(path: str) -> str:
    return "/" + quote(path.lstrip("/"), safe="/~!$&'()*+,;=:@-._")


def _same(link: str, url: str) -> bool:
    return link.rstrip("/") == url.rstrip("/")
