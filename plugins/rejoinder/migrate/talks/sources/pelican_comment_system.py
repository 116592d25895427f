"""pelican-comment-system: a Markdown file a comment, in a folder a post.

`content/comments/<slug>/<name>.md` begins with lines of metadata as Pelican's posts do: `date`,
`author`, `replyto`, often `website` and `email`, and any others. A comment is called by its file's
name, which `replyto` gives with its ending, without it, or as Pelican makes a slug of it
(pelican_comment_system/comment.py in getpelican/pelican-plugins).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rejoinder.errors import ImportFailed
from rejoinder.migrate import data
from rejoinder.migrate.slugs import pelican_slug
from rejoinder.migrate.talks.model import Talk, Told
from rejoinder.migrate.talks.sources import fields
from rejoinder.migrate.talks.sources.staticman import files
from rejoinder.migrate.talks.sources.threading import Said, threaded
from rejoinder.posts import ENDINGS, parse_head


def read(file: Path, told: Told) -> Iterator[Talk]:
    """The discussions of a folder. Raises ImportFailed."""
    groups: dict[str, list[Said]] = {}
    for place, (*folders, _) in files(file):
        path = Path(place)
        if path.suffix.lower() not in ENDINGS:
            continue
        name = "/".join((*folders, path.name))
        text, wrong = data.decoded(path.read_bytes())
        if wrong:
            told(None, f"{name}: {wrong}")
        slug = folders[-1] if folders else file.name
        if (said := _said(text, path, slug)) is not None:
            groups.setdefault(slug, []).append(said)
        else:
            told(None, f"{name} does not begin with lines like 'author: Name'; it was left out")
    if not groups:
        raise ImportFailed(
            "no comments were found there", where=file,
            mend="Name the folder that PELICAN_COMMENT_SYSTEM_DIR names, like content/comments.",
        )  # fmt: skip
    for slug, remarks in threaded(groups, told):
        yield Talk(slug, (), remarks, slug=slug)


def _said(text: str, path: Path, slug: str) -> Said | None:
    head = parse_head(text, path)
    if not {"author", "date"} & head.values.keys():
        return None
    after = max(head.lines.values())
    lines = text.split("\n")[after:]
    while lines and (lines[0].strip() or not after):  # what is left of the metadata
        del lines[0]
    body = "\n".join(lines).strip("\n")
    found = fields.read(head.values, body)
    names = (path.name, path.stem, pelican_slug(path.name))
    return Said(found, path.stem, names, page=frozenset({slug}))
