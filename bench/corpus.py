"""A blog of any size with a discussion under each post: seeded, of our own words.

    python -m bench.corpus FOLDER [--posts 1000] [--comments 26] [--seed 1]

Posts have 700 words with headings, lists, quotations, code and links; comments 74 words, in two
paragraphs or three, and at most five levels of answers, by some thousand readers and the author,
who answers three of four. One answer in three quotes a sentence of what it answers, one comment in
five stresses a word, one in six links, one in twelve has code, one in twenty a list. The same seed
gives the same bytes.
"""

from __future__ import annotations

import argparse
import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2016, 1, 4, 8, 0, tzinfo=UTC)
POST_WORDS = 700
COMMENT_WORDS = 74
DEEPEST = 5

_WORDS = """
a about above after again all almost also always among an and answer anybody argument as ask at
author back bad be because been before begin behind better between blog book both bring build but by
call can carefully change choose clear colleague come comment company conversation could count
decide deep did different do doubt draft each early edit else enough essay even evening every
example exchange explain fact far few find first follow for forget friend from further give go good
half hand happen hard have hear help here hour how idea if in instead into is it its join just keep
kind know last late later learn leave less letter like listen little long look lose made mail make
many market matter may mean meeting memo might mind month more most much must name near need network
never new next nobody none not nothing notice now of often old on once one only open or order other
our out over own page paper part people perhaps person place plain plan point possible post promise
proof publish question quiet quite rather read reader reason remember reply report rest right room
rule said same say second see seem sentence share short should show side silence simple since slow
small so some soon speak start still story such take talk team tell than that the their them then
there these they thing think this those though thought through time to today together too true try
turn two under understand until up use very voice wait want was watch way week well were what when
where which while who why will with without wonder word work world would write wrong year yes yet
you your
""".split()
_FIRST = ("Alva Bertil Cleo Dima Edda Femke Gil Hana Ivo Jutta Kaja Lev Mika Nils Odile Per Quint "
          "Rasa Sami Tove Ulf Vera Wim Xenia Yara Zeno").split()  # fmt: skip
_LAST = ("Aker Brandt Corvi Duarte Elm Faber Gruber Holm Ibsen Jansen Kern Lund Marek Nowak Ott "
         "Palm Quast Rask Sandberg Thorn Urban Vogel Winter Ziegler").split()  # fmt: skip
_CATEGORIES = ("Notes", "Work", "Networks", "Writing", "Tools", "Letters")
_TAGS = tuple(word for word in _WORDS if len(word) > 6)[:40]
_CODE = (
    "```python\ndef answer(question):\n    return [word for word in question.split() if word]\n```"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How big a corpus is."""

    posts: int = 1000
    comments: int = 26
    seed: int = 1


def sentences(random: random.Random, words: int) -> Iterator[str]:
    """Sentences of 5 to 19 words, in all exactly so many."""
    while words > 0:
        count = min(words, random.randint(5, 19))
        words -= count
        said = [_WORDS[int(random.random() * len(_WORDS))] for _ in range(count)]
        yield f"{' '.join(said).capitalize()}{'?' if random.random() < 0.1 else '.'}"


def post_body(random: random.Random, words: int = POST_WORDS) -> str:
    """Markdown as authors write it."""
    parts, paragraph = [], []
    for number, sentence in enumerate(sentences(random, words)):
        paragraph.append(sentence)
        if len(paragraph) < 4:
            continue
        text, shape = " ".join(paragraph), number // 4 % 8
        paragraph = []
        if shape == 1:
            text = f"## {text.split('.')[0][:50]}\n\n{text}"
        elif shape == 3:
            text = text.replace(" the ", " *the* ", 1) + " [Read on](https://example.com/read)."
        elif shape == 4:
            text = "\n".join(f"- {one.strip()}" for one in text.split(". ") if one.strip())
        elif shape == 6:
            text = f"> {text}"
        elif shape == 7:
            text = f"{text}\n\n{_CODE}"
        parts.append(text)
    return "\n\n".join([*parts, " ".join(paragraph)]).strip()


def comment_body(chance: random.Random, answered: str, words: int = COMMENT_WORDS) -> str:
    """Markdown as readers write it, about what was `answered` ('' is nothing)."""
    said = list(sentences(chance, words))
    if chance.random() < 1 / 5:
        said[0] = _first_of(said[0], "*{}*")
    if chance.random() < 1 / 6:
        said[-1] += " See [what I wrote](https://example.com/wrote)."
    if chance.random() < 1 / 12:
        said[-1] = _first_of(said[-1], "`{}`")
    parts = [" ".join(said[at : at + 3]) for at in range(0, len(said), 3)]
    if chance.random() < 1 / 20:
        parts[0] = "\n".join(f"- {one}" for one in said[:3])
    if answered and chance.random() < 1 / 3:
        parts.insert(0, f"> {answered}")
    return "\n\n".join(parts)


def _first_of(sentence: str, shape: str) -> str:
    first, space, rest = sentence.partition(" ")
    return f"{shape.format(first)}{space}{rest}"


def post_date(size: Size, number: int) -> datetime:
    """Posts come evenly over ten years."""
    return BEGIN + timedelta(days=3650 * number / max(size.posts, 1))


def make(folder: Path, size: Size) -> None:
    """Write the corpus as a content folder. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.toml").write_text(
        'title = "A long blog"\nurl = "https://blog.example"\nauthor = "Ada Holm"\n', "utf-8"
    )
    (folder / "authors").mkdir(exist_ok=True)
    (folder / "authors" / "ada-holm.md").write_text("Name: Ada Holm\n\nWrites here.\n", "utf-8")
    (folder / "posts").mkdir(exist_ok=True)
    for number in range(size.posts):
        write_post(folder, size, number)


def slug(number: int) -> str:
    """A post's slug, which its thread has too."""
    return f"post-{number:06}"


def write_post(folder: Path, size: Size, number: int) -> None:
    """One post and its discussion."""
    chance = random.Random(size.seed * 1_000_003 + number)
    name, date = slug(number), post_date(size, number)
    title = " ".join(chance.choices(_WORDS, k=5)).capitalize()
    tags = ", ".join(sorted(set(chance.choices(_TAGS, k=3))))
    (folder / "posts" / f"{name}.md").write_text(
        f"Title: {title} {number}\nDate: {date:%Y-%m-%d %H:%M}\nSlug: {name}\n"
        f"Category: {chance.choice(_CATEGORIES)}\nTags: {tags}\nAuthor: Ada Holm\n\n"
        f"{post_body(chance)}\n", "utf-8",
    )  # fmt: skip
    if size.comments:
        _write_thread(folder, name, discussion(chance, size.comments, date))


def lengthen(folder: Path, size: Size, number: int, comments: int) -> None:
    """Give a post a discussion of so many comments."""
    shutil.rmtree(folder / "comments" / slug(number), ignore_errors=True)
    said = discussion(random.Random(size.seed), comments, post_date(size, number))
    _write_thread(folder, slug(number), said)


def _write_thread(folder: Path, name: str, files: Iterable[tuple[str, str]]) -> None:
    thread = folder / "comments" / name
    thread.mkdir(parents=True, exist_ok=True)
    for file, text in files:
        (thread / file).write_text(text, "utf-8")


def discussion(chance: random.Random, count: int, date: datetime) -> Iterator[tuple[str, str]]:
    """So many comments on a post of `date`: name and text of each one's file."""
    said: list[tuple[str, int, bool]] = []
    waiting: list[tuple[str, int, bool]] = []
    quotable: dict[str, str] = {}
    for number in range(count):
        date += timedelta(minutes=1 + int(chance.expovariate(1 / 240)))
        is_author = bool(waiting) and chance.random() < 0.52
        above = None
        if is_author:
            above = waiting.pop(chance.randrange(len(waiting)))
        elif said and chance.random() < 0.4:
            above = chance.choice(said)
        if above is not None and above[1] >= DEEPEST:
            above = None
            is_author = False
        made = f"{date:%Y%m%dT%H%M%SZ}-c{number}"
        person = chance.randrange(len(_FIRST) * len(_LAST) * 4)
        name = f"{_FIRST[person % 26]} {_LAST[person // 26 % 24]}"
        site = f"Url: https://reader-{person}.example/\n" if person % 2 else ""
        who = "Author: Ada Holm\nAuthor-Id: ada-holm\n" if is_author else f"Author: {name}\n{site}"
        answers = f"In-Reply-To: {above[0]}\n" if above else ""
        kind = "author" if is_author else "comment"
        body = comment_body(chance, quotable[above[0]] if above else "")
        quotable[made] = body.rpartition("\n\n")[2].partition(". ")[0]
        yield (
            f"{made}.md",
            (
                f"Id: {made}\n{who}Date: {date:%Y-%m-%d %H:%M:%S}+00:00\n{answers}"
                f"Kind: {kind}\nFormat: markdown\nSource: form\n\n{body}\n"
            ),
        )
        said.append((made, above[1] + 1 if above else 1, is_author))
        if not is_author:
            waiting.append(said[-1])


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as its file has it. `date` ends with the zone; `answers` is an id or ''."""

    id: str
    author: str
    url: str
    date: str
    answers: str
    body: str


@dataclass(frozen=True, slots=True)
class Post:
    """A post as its file has it, with its discussion, oldest first."""

    slug: str
    title: str
    date: str
    category: str
    tags: tuple[str, ...]
    body: str
    said: tuple[Said, ...]


def posts(folder: Path) -> Iterator[Post]:
    """What `make` wrote, post by post."""
    for path in sorted((folder / "posts").glob("*.md")):
        yield post(folder, path.stem)


def post(folder: Path, slug: str) -> Post:
    """One post and its discussion."""
    head, body = _parts(folder / "posts" / f"{slug}.md")
    tags = tuple(head["Tags"].split(", "))
    return Post(slug, head["Title"], head["Date"], head["Category"], tags, body,
                tuple(thread(folder, slug)))  # fmt: skip


def thread(folder: Path, slug: str) -> Iterator[Said]:
    """A post's discussion, oldest first."""
    for path in sorted((folder / "comments" / slug).glob("*.md")):
        head, body = _parts(path)
        yield Said(head["Id"], head["Author"], head.get("Url", ""), head["Date"],
                   head.get("In-Reply-To", ""), body)  # fmt: skip


def edit(folder: Path, slug: str, words: str) -> None:
    """Add a paragraph to a post."""
    with (folder / "posts" / f"{slug}.md").open("a", encoding="utf-8") as file:
        file.write(f"\n{words}\n")


def say(folder: Path, slug: str, number: int) -> str:
    """Add a comment to a post, the newest one of all; its id."""
    date = BEGIN + timedelta(days=4000, minutes=number)
    made = f"{date:%Y%m%dT%H%M%SZ}-n{number}"
    (folder / "comments" / slug / f"{made}.md").write_text(
        f"Id: {made}\nAuthor: Bo Lund\nDate: {date:%Y-%m-%d %H:%M:%S}+00:00\nKind: comment\n"
        f"Format: markdown\nSource: form\n\nOne more word, number {number}.\n", "utf-8",
    )  # fmt: skip
    return made


def _parts(path: Path) -> tuple[dict[str, str], str]:
    head, _, body = path.read_text("utf-8").partition("\n\n")
    return dict(line.split(": ", 1) for line in head.split("\n")), body.strip()


def main() -> None:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    words.add_argument("folder", type=Path)
    words.add_argument("--posts", type=int, default=1000)
    words.add_argument("--comments", type=int, default=26)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    make(given.folder, Size(given.posts, given.comments, given.seed))


if __name__ == "__main__":
    main()
