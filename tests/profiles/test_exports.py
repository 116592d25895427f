"""The author's own exports from LinkedIn and X, made here in their true shapes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import SiteFolder, invoke
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.errors import CrosslinkError
from rejoinder.profiles.entries import Entry, Kind
from rejoinder.profiles.exports import archive, linkedin, x
from rejoinder.profiles.feeds import make
from rejoinder.profiles.ledger import Ledger, editing

HEAD = ["Date", "ShareLink", "ShareCommentary", "SharedUrl", "MediaUrl", "Visibility"]
POST = "https://blog.example/first/"
SHARE = "https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A7294800112358132134"


def shares(*rows: list[str], head: list[str] = HEAD) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([head, *rows])
    return out.getvalue()


def as_linkedin_quotes(words: str) -> str:
    """Each line in marks of its own, as the export has them."""
    return "\n".join(f'"{line}"' for line in words.split("\n")) if "\n" in words else words


def a_zip(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def a_share(words: str = "Words.", visibility: str = "PUBLIC", link: str = SHARE) -> list[str]:
    return ["2026-02-10 10:00:00", link, as_linkedin_quotes(words), POST, "", visibility]


def test_shares_are_read_with_their_lines_and_links(tmp_path: Path) -> None:
    words = 'First line, "quoted".\nSecond line.\n\nThird.'
    path = a_zip(tmp_path / "e.zip", {"Shares.csv": shares(a_share(words)), "messages.csv": "no"})
    export = linkedin.read(path)
    (entry,) = export.entries
    assert entry.id == "linkedin:7294800112358132134"
    assert entry.text == 'First line, "quoted". Second line. Third.'
    assert (entry.links, entry.date) == ((POST,), datetime(2026, 2, 10, 10, tzinfo=UTC))
    assert export.problems == []


@pytest.mark.parametrize(
    ("visibility", "also", "taken"),
    [
        ("PUBLIC", (), True), ("Anyone", (), True), ("CONNECTIONS", (), False),
        ("MEMBER_NETWORK", (), False), ("MEMBER_NETWORK", ("member_network",), True),
        ("CONTAINER", (), False), ("", (), False),
    ],
)  # fmt: skip
def test_only_what_is_public_is_taken(
    visibility: str, also: tuple[str, ...], taken: bool, tmp_path: Path
) -> None:
    path = a_zip(tmp_path / "e.zip", {"Shares.csv": shares(a_share(visibility=visibility))})
    export = linkedin.read(path, also)
    assert (len(export.entries), sum(export.left_out.values())) == (taken, not taken)
    if not taken:
        assert list(export.left_out) == [f"visibility {visibility or 'not said'}"]


def test_articles_that_were_published_are_read(tmp_path: Path) -> None:
    page = (
        '<html><head><title>T</title></head><body><h1><a href="https://www.linkedin.com/pulse/x-1">'
        'A title</a></h1><p class="created">Created on 2024-05-01 10:00</p>{}'
        f'<div><p>See <a href="{POST}">it</a>.</p></div></body></html>'
    )
    published = page.format('<p class="published">Published on 2024-05-02 11:30</p>')
    files: dict[str, str | bytes] = {
        "Shares_123.csv": shares(), "Articles/Articles/a.html": published,
        "Articles/Articles/draft.html": page.format(""),
    }  # fmt: skip
    export = linkedin.read(a_zip(tmp_path / "e.zip", files))
    (entry,) = export.entries
    assert (entry.title, entry.links) == ("A title", (POST,))
    assert entry.date == datetime(2024, 5, 2, 11, 30, tzinfo=UTC)
    assert export.left_out == {"an article that was never published": 1}


def test_bad_rows_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    text = "Notes:\n\n" + shares(
        a_share("One."), ["too", "few"], ["yesterday", *a_share()[1:]], ["", "", "", "", "", ""],
        a_share("Two.", link=SHARE[:-1] + "9"),
    )  # fmt: skip
    export = linkedin.read(a_zip(tmp_path / "e.zip", {"Shares.csv": text + '"unclosed'}))
    assert [entry.text.split()[0] for entry in export.entries] == ["One.", "Two."]
    assert any("2 fields, not 6" in problem for problem in export.problems)
    assert any("without a date" in problem for problem in export.problems)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60),
       st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))  # fmt: skip
def test_words_come_through_linkedins_quoting(one: str, two: str) -> None:
    one, two = one.strip('" \t'), two.strip('" \t')
    text = f"a{one}b\nc{two}d"
    kept = text if '""' not in text else text.replace('""', '"')
    (row,) = list(csv.reader(io.StringIO(shares(a_share(text)))))[1:]
    assert linkedin.commentary(row[2]) == kept


def tweet(number: int = 11, text: str = "Words.", **more: Any) -> dict[str, Any]:
    return {"tweet": {"id_str": str(number), "full_text": text,
                      "created_at": "Tue Feb 10 09:00:00 +0000 2026", **more}}  # fmt: skip


def js(rows: list[Any], name: str = "tweets") -> str:
    return f"window.YTD.{name}.part0 = {json.dumps(rows)}"


ACCOUNT = js([{"account": {"username": "ada", "accountId": "7"}}], "account")


def read_x(tmp_path: Path, *rows: Any, **files: str) -> archive.Export:
    made = {"data/account.js": ACCOUNT, "data/tweets.js": js(list(rows)), **files}
    return x.read(a_zip(tmp_path / "x.zip", made))  # type: ignore[arg-type]


def test_posts_are_read_with_what_their_links_stand_for(tmp_path: Path) -> None:
    urls = {"urls": [{"url": "https://t.co/a", "expanded_url": POST}]}
    (entry,) = read_x(tmp_path, tweet(text="On &amp; on https://t.co/a", entities=urls)).entries
    assert (entry.id, entry.url) == ("x:11", "https://x.com/ada/status/11")
    assert entry.text == f"On & on {POST}"
    assert entry.links == (POST,)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, Kind.OWN),
        ({"text": "RT @bo: Words."}, Kind.SHARED),
        ({"text": "@bo Words.", "in_reply_to_user_id_str": "9"}, Kind.ANSWER),
        ({"text": "And more.", "in_reply_to_user_id_str": "7"}, Kind.OWN),
    ],
)
def test_answers_shares_and_threads_are_told_apart(
    more: dict[str, Any], kind: Kind, tmp_path: Path
) -> None:
    (entry,) = read_x(tmp_path, tweet(**more)).entries
    assert entry.kind is kind


def test_long_posts_are_whole(tmp_path: Path) -> None:
    text = "So it goes. " * 20
    note = {"noteTweet": {"noteTweetId": "1", "createdAt": "2026-02-10T09:00:00.000Z",
                          "core": {"text": text + "The end.", "urls": []}}}  # fmt: skip
    export = read_x(tmp_path, tweet(text=text[:270] + "…"),
                    **{"data/note-tweet.js": js([note], "note_tweet")})  # fmt: skip
    (entry,) = export.entries
    assert entry.text.endswith("The end.")


def test_parts_and_older_names_are_read_and_the_deleted_are_not(tmp_path: Path) -> None:
    files = {
        "archive/data/tweet.js": js([tweet(1)], "tweet"),
        "archive/data/tweets-part1.js": js([tweet(2)]),
        "archive/data/deleted-tweets.js": js([tweet(3)], "deleted_tweets"),
        "archive/data/direct-messages.js": "private",
    }
    export = x.read(a_zip(tmp_path / "x.zip", files))  # type: ignore[arg-type]
    assert sorted(entry.id for entry in export.entries) == ["x:1", "x:2"]


def test_what_is_not_public_on_x_is_left_out(tmp_path: Path) -> None:
    export = read_x(tmp_path, tweet(scopes={"followers": False}), tweet(12))
    assert ([e.id for e in export.entries], dict(export.left_out)) == (
        ["x:12"], {"shown to a circle alone": 1}
    )  # fmt: skip
    protected = js([{"account": {"username": "ada", "protected": True}}], "account")
    with pytest.raises(CrosslinkError, match="protected"):
        read_x(tmp_path, tweet(), **{"data/account.js": protected})


def test_bad_posts_are_named(tmp_path: Path) -> None:
    export = read_x(tmp_path, tweet(), 7, {"tweet": {"id_str": "x"}},
                    **{"data/tweets-part2.js": "window.YTD.tweets.part2 = [oh"})  # fmt: skip
    assert len(export.entries) == 1
    assert len(export.problems) == 3


@pytest.mark.parametrize("read", [linkedin.read, x.read])
def test_what_is_no_export_is_refused(read: Any, tmp_path: Path) -> None:
    empty = a_zip(tmp_path / "empty.zip", {"other.txt": "x"})
    text = tmp_path / "text.txt"
    text.write_text("x")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(empty.read_bytes()[:-10])
    nowhere = tmp_path / "none.zip"
    for path, says in ((empty, "there is no"), (text, "neither a ZIP"), (broken, "neither|read"),
                       (nowhere, "can't be read"), (tmp_path, "there is no")):  # fmt: skip
        with pytest.raises(CrosslinkError, match=says):
            read(path)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1 << 20)
    path = a_zip(tmp_path / "bomb.zip", {"Shares.csv": bytes(5 << 20)})
    with pytest.raises(CrosslinkError, match="longer than"):
        linkedin.read(path)


def test_a_folder_and_a_lone_file_will_do(tmp_path: Path) -> None:
    (tmp_path / "Shares.csv").write_text(shares(a_share()))
    assert len(linkedin.read(tmp_path).entries) == 1
    assert len(linkedin.read(tmp_path / "Shares.csv").entries) == 1


def test_an_export_meets_a_feed_in_the_native_id() -> None:
    date = datetime(2026, 2, 10, tzinfo=UTC)
    by_feed = make("x", "https://twitter.com/ada/status/11", "https://twitter.com/ada/status/11",
                   date, "", "Words.")  # fmt: skip
    assert by_feed.id == "x:11"


def test_the_task_brings_an_export_in(site: SiteFolder, tmp_path: Path) -> None:
    site.post("first")
    authors = site.content / "authors"
    authors.mkdir()
    (authors / "ada.md").write_text("Name: Ada\n\nBio.\n")
    file = a_zip(tmp_path / "e.zip", {"Shares.csv": shares(
        a_share(), a_share(visibility="MEMBER_NETWORK", link=SHARE[:-1] + "9"))})  # fmt: skip
    where = ["linkedin", str(file), "--content", str(site.content)]
    missing = invoke("import", *where)
    assert (missing.returncode, "invoke profiles add" in missing.stderr) == (1, True)
    (authors / "ada.md").write_text(
        "Name: Ada\nProfile: linkedin https://www.linkedin.com/in/ada\n\nBio.\n"
    )
    dry = invoke("import", *where, "--dry-run")
    assert "1 entries read, 1 new" in dry.stdout, dry.stderr
    assert not (site.content / "crosslinks").exists()
    done = invoke("import", *where)
    assert "left out: 1, visibility MEMBER_NETWORK" in done.stdout
    assert "1 tied to posts" in done.stdout
    assert "1 new" in invoke("import", *where, "--visibility", "MEMBER_NETWORK").stdout
    assert "0 new, 0 changed" in invoke("import", *where).stdout
    found = Ledger(site.content).load().of(("ada", "linkedin"))
    assert len(found) == 2
    assert all(isinstance(entry, Entry) for entry in found.values())
    with editing(site.content) as ledger:
        assert ledger.save() == []
