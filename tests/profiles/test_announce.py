"""`invoke announce`, with the real clients of Mastodon and Bluesky against servers of ours: said
once, recorded at once, whatever breaks between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import ROOT, SiteFolder, invoke
from hypothesis import given
from hypothesis import strategies as st
from socialhost import DID, PASSWORD, TOKEN, Social, social_host

from rejoinder import authors
from rejoinder.errors import CrosslinkError
from rejoinder.profiles import credentials, intents
from rejoinder.profiles.announcing import Outcome, announce, find, places, preview
from rejoinder.profiles.credentials import Credentials
from rejoinder.profiles.drafts import RULES, Announcement, draft, graphemes
from rejoinder.profiles.entries import Entry, Tie, Verdict
from rejoinder.profiles.feeds import parse
from rejoinder.profiles.intents import Intents
from rejoinder.profiles.ledger import Ledger, editing, merge, private_folder

MASTODON, BLUESKY = ("ada", "mastodon"), ("ada", "bluesky")


@pytest.fixture
def social() -> Iterator[Social]:
    with social_host() as social:
        yield social


@pytest.fixture
def known(site: SiteFolder, social: Social) -> SiteFolder:
    """A site whose author has three profiles, and may post to two of them."""
    (site.content / "site.toml").write_text(f'url = "{social.url}"\nauthor = "Ada"\n')
    site.post("first", Title="What *I* know", Summary="Little, on the **whole**.")
    social.pages["/first/"] = 200
    path = site.content / "authors" / "ada.md"
    path.parent.mkdir()
    path.write_text(
        f"Name: Ada\nProfile: mastodon {social.url}/@ada\n"
        "Profile: bluesky https://bsky.app/profile/ada.example\n"
        "Profile: linkedin https://www.linkedin.com/in/ada\n"
        "Profile: talks https://talks.example/\n\nBio.\n"
    )
    desk = site.root / "private" / "desk"
    desk.mkdir(parents=True)
    (desk / "desk.toml").write_text('reachable_networks = ["127.0.0.0/8"]\n')
    tell(site, f'[mastodon]\ntoken = "{TOKEN}"\n["ada/bluesky"]\napp_password = "{PASSWORD}"\n'
               f'server = "{social.url}"\n')  # fmt: skip
    return site


def tell(site: SiteFolder, text: str) -> Path:
    path = site.root / "private" / "profiles.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def run(site: SiteFolder, *words: str, fails: bool = False, **environ: str) -> str:
    done = invoke("announce", *words, "--content", str(site.content), **environ)
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if fails else 0), done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def say(site: SiteFolder, *to: str, words: str = "", again: bool = False) -> list[Outcome]:
    """The same in this process."""
    post, writers = find(site.content, "first")
    held = credentials.load(site.content)
    where = places(authors.load(site.content), writers, to,
                   lambda key, alone: credentials.choose(held, {}, key, alone))  # fmt: skip
    return list(announce(site.content, post, where, words=words, again=again))


def entries(site: SiteFolder, *names: str) -> list[Entry]:
    ledger = Ledger(site.content).load()
    return [entry for name in names for entry in ledger.of(("ada", name)).values()]


def begun(site: SiteFolder) -> int:
    return len(Intents(private_folder(site.content))._found)


def test_from_a_dry_run_to_the_record(known: SiteFolder, social: Social) -> None:
    image = known.content / "images" / "a.png"
    image.parent.mkdir()
    image.write_bytes(b"\x89PNG and so on")
    known.post("first", Title="What *I* know", Summary="Little, on the **whole**.",
               Featured_Image="images/a.png")  # fmt: skip
    said = run(known, "first", "--dry-run")
    shown = f"What I know Little, on the whole. {social.url}/first/ would be posted"
    assert f"ada/mastodon: 59 of 500 characters {shown}" in said
    assert "www.linkedin.com/sharing/share-offsite/?url=http%3A%2F%2F127" in said
    assert "talks" not in said
    assert social.asked == []
    assert entries(known, "mastodon", "bluesky") == []

    said = run(known, "first")
    assert "posted https://social.example/@ada/116000000000000000" in said
    assert "posted https://bsky.app/profile/ada.example/post/3" in said
    one, other = entries(known, "mastodon", "bluesky")
    assert one.id == "mastodon:social.example:116000000000000000"
    assert one.ties == (Tie("first", Verdict.YES, "announced from here"),)
    assert one.links == (f"{social.url}/first/",)
    ((key, record),) = social.records.items()
    assert other.id == f"bluesky:{key}"
    text = record["text"].encode()
    (facet,) = record["facets"]
    assert text[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode() == one.links[0]
    card = record["embed"]["external"]
    assert (card["uri"], card["title"]) == (one.links[0], "What I know")
    assert card["description"] == "Little, on the whole."
    assert card["thumb"]["ref"]["$link"]
    assert social.blobs == [image.read_bytes()]
    assert record["langs"] == ["en"]
    assert begun(known) == 0

    assert "announced already on" in run(known, "first")
    assert "announced already on" in run(known, "first", "--to", "mastodon", fails=True)
    assert (len(social.statuses), len(social.records)) == (1, 1)
    run(known, "first", "--to", "mastodon", "--again", "--text", "Once more:")
    assert len(social.statuses) == 2
    assert "<p>Once more:" in social.statuses[0]["content"]
    assert begun(known) == 0


def test_the_feed_knows_it_again(known: SiteFolder, social: Social) -> None:
    say(known, "mastodon", "bluesky")
    (before,) = entries(known, "mastodon")
    status = social.statuses[0]
    feed = f"""<rss version="2.0"><channel><title>Ada</title><item><guid>{status["url"]}</guid>
    <link>{status["url"]}</link><pubDate>Mon, 02 Mar 2026 09:00:00 +0000</pubDate>
    <description><![CDATA[{status["content"]}]]></description></item></channel></rss>"""
    found = parse(feed.encode(), "mastodon", "https://social.example/@ada.rss").entries
    merged = merge({before.id: before}, found)
    assert merged.new == []
    assert merged.entries[before.id].ties == before.ties
    (key,) = social.records
    feed = f"""<rss version="2.0"><channel><title>Ada</title>
    <item><guid isPermaLink="false">at://{DID}/app.bsky.feed.post/{key}</guid>
    <link>https://bsky.app/profile/ada.example/post/{key}</link>
    <pubDate>02 Mar 2026 09:00 +0000</pubDate><description>x</description></item></channel></rss>"""
    (found_there,) = parse(feed.encode(), "bluesky", "https://bsky.app/x/rss").entries
    (there,) = entries(known, "bluesky")
    assert (found_there.id, found_there.url) == (there.id, there.url)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_killed_between_posting_and_recording(known: SiteFolder, social: Social, name: str) -> None:
    command = [str(Path(sys.executable).parent / "invoke"), "announce", "first", "--to", name]
    process = subprocess.Popen([*command, "--content", str(known.content)], cwd=ROOT)

    def kill() -> bool:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return True

    social.interrupt = kill
    assert process.wait() == -signal.SIGKILL
    assert len(social.statuses) + len(social.records) == 1
    assert entries(known, name) == []
    assert begun(known) == 1
    social.interrupt = lambda: False
    social.keys.clear()  # more than an hour later
    (outcome,) = say(known, name, words="Other words")
    assert outcome.problem is None
    assert "What I know" in outcome.draft.text
    assert len(social.statuses) + len(social.records) == 1
    assert [entry.id for entry in entries(known, name)] == [outcome.entry and outcome.entry.id]
    assert begun(known) == 0


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_an_answer_that_never_came_is_looked_for(
    known: SiteFolder, social: Social, name: str
) -> None:
    social.interrupt = lambda: True
    (outcome,) = say(known, name)
    if name == "bluesky":  # it is asked at once whether the record is there
        assert outcome.entry is not None
    else:
        assert "Run the same again" in str(outcome.problem)
        assert begun(known) == 1
        (outcome,) = say(known, name)
        assert outcome.entry is not None
    assert len(social.statuses) + len(social.records) == 1
    assert begun(known) == 0


def test_within_the_hour_the_server_knows_it_again(known: SiteFolder, social: Social) -> None:
    social.interrupt, social.lags = (lambda: True), True
    say(known, "mastodon")
    social.interrupt = lambda: False
    (outcome,) = say(known, "mastodon", words="Other words")
    assert outcome.entry is not None
    assert len(social.statuses) == 1


@pytest.mark.parametrize(("hours", "said"), [(0, "Then"), (48, "What I know")])
def test_killed_before_anything_was_posted(
    known: SiteFolder, social: Social, hours: int, said: str
) -> None:
    old = datetime.now(UTC) - timedelta(hours=hours)
    url = f"{social.url}/first/"
    left = [intents.make(key, "first", url, f"Then\n\n{url}", old) for key in (MASTODON, BLUESKY)]
    for intent in left:
        Intents(private_folder(known.content)).put(intent)
    social.status(f"older {url}", old - timedelta(days=1))
    assert all(outcome.entry for outcome in say(known, "mastodon", "bluesky"))
    assert f"<p>{said}" in social.statuses[0]["content"]
    assert [record["text"].split("\n")[0] for record in social.records.values()] == [said]
    assert begun(known) == 0


def test_killed_after_recording_it_says_nothing_more(known: SiteFolder, social: Social) -> None:
    intent = intents.make(MASTODON, "first", "x", "x", datetime.now(UTC))
    Intents(private_folder(known.content)).put(intent)
    entry = Entry("mastodon:s.example:1", "https://s.example/@ada/1", intent.date,
                  ties=(Tie("first", Verdict.MATCHED),))  # fmt: skip
    with editing(known.content) as ledger:
        ledger.of(MASTODON)[entry.id] = entry
    assert [outcome.known for outcome in say(known, "mastodon")] == [True]
    assert (social.statuses, begun(known)) == ([], 0)


@pytest.mark.parametrize("posted", [True, False])
def test_a_second_one_that_was_cut_off_is_not_taken_for_the_first(
    known: SiteFolder, social: Social, posted: bool
) -> None:
    say(known, "mastodon")
    if posted:
        social.interrupt = lambda: True
        say(known, "mastodon", again=True)
        social.interrupt = lambda: False
    else:
        social.refuse = 503, "down"
        say(known, "mastodon", again=True)
        social.refuse = None
    social.keys.clear()
    assert [outcome.known for outcome in say(known, "mastodon")] == [False]
    assert (len(social.statuses), len(entries(known, "mastodon"))) == (2, 2)
    assert begun(known) == 0


def test_what_was_begun_is_never_forgotten_for_a_lost_password(
    known: SiteFolder, social: Social
) -> None:
    social.interrupt = lambda: True
    say(known, "mastodon")
    file = tell(known, '[mastodon]\ntoken = "old"\n')
    (outcome,) = say(known, "mastodon")
    assert "401" in str(outcome.problem)
    assert "docs/announcing.md" in str(outcome.problem)
    assert begun(known) == 1
    file.write_text(f'[mastodon]\ntoken = "{TOKEN}"\n')
    assert [outcome.entry is not None for outcome in say(known, "mastodon")] == [True]
    assert len(social.statuses) == 1


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_a_refusal_leaves_nothing_behind_and_stops_nobody_else(
    known: SiteFolder, social: Social, name: str
) -> None:
    social.refuse = 400, "not today"
    outcomes = say(known, name, "linkedin")
    assert "not today" in str(outcomes[0].problem)
    assert outcomes[1].problem is None
    assert begun(known) == 0
    social.refuse = 503, "down"
    assert "may be posted or not" in str(say(known, name)[0].problem)
    assert begun(known) == 1
    social.refuse = None
    assert say(known, name)[0].entry is not None


def test_only_what_can_be_read_is_announced(known: SiteFolder, social: Social) -> None:
    social.pages["/first/"] = 404
    assert "isn't there: 404. Run 'invoke publish' first." in run(known, "first", fails=True)
    known.post("second", Status="draft")
    assert "status is 'draft'" in run(known, "second", fails=True)
    assert "there is no post 'third'" in run(known, "third", fails=True)
    assert "no profile 'x'" in run(known, "first", "--to", "x", fails=True)
    assert (social.statuses, social.records) == ([], {})


def test_too_long_is_told_before_anything_is_said(known: SiteFolder, social: Social) -> None:
    outcomes = say(known, "mastodon", "bluesky", words="w" * 280)
    assert outcomes[0].entry is not None
    assert "and 300 is the most" in str(outcomes[1].problem)
    assert len(social.records) == 0


def test_without_credentials_there_is_a_draft(known: SiteFolder, social: Social) -> None:
    tell(known, "")
    said = run(known, "first", "--to", "mastodon", fails=True)
    assert f"{social.url}/share?text=What%20I%20know" in said
    assert "no token or password" in said
    said = run(known, "first", "--to", "mastodon", REJOINDER_MASTODON_TOKEN=TOKEN)
    assert "posted https://social.example" in said


def test_without_the_clients_it_says_what_to_install(
    known: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("mastodon", "atproto"):
        monkeypatch.setitem(sys.modules, module, None)
    for outcome in say(known, "mastodon", "bluesky"):
        assert 'pip install "rejoinder[announce]"' in str(outcome.problem)
    assert begun(known) == 0


def test_credentials_are_for_their_owner_alone(known: SiteFolder) -> None:
    path = tell(known, '[mastodon]\ntoken = "x"\n')
    assert "x" not in repr(credentials.load(known.content)).replace("mastodon", "")
    if os.name != "nt":
        path.chmod(0o640)
        with pytest.raises(CrosslinkError, match="chmod 600"):
            credentials.load(known.content)
        path.chmod(0o600)
    for text, problem in (
        ("[m", "not TOML"), ("m = 1", "not a table"), ('[m]\nkey = "x"', "'key' in"),
        ("[m]\ntoken = 1", "'token' in"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(CrosslinkError, match=problem):
            credentials.load(known.content)


def test_nobodys_token_goes_to_anothers_server() -> None:
    held = {"mastodon": Credentials("a"), "bo/mastodon": Credentials("b")}
    environ = {"REJOINDER_MASTODON_TOKEN": "c"}
    assert credentials.choose(held, environ, MASTODON, alone=False) == Credentials()
    assert credentials.choose(held, environ, ("bo", "mastodon"), alone=False).token == "b"
    assert credentials.choose(held, environ, MASTODON, alone=True).token == "c"
    assert credentials.choose(held, {}, MASTODON, alone=True).token == "a"


def test_a_token_is_not_sent_in_the_open(known: SiteFolder, social: Social) -> None:
    path = known.content / "authors" / "ada.md"
    path.write_text("Name: Ada\nProfile: mastodon http://social.example/@ada\n\nBio.\n")
    assert "plain http" in str(say(known)[0].problem)


def test_intents_that_cant_be_read_stop_everything(known: SiteFolder, social: Social) -> None:
    (private_folder(known.content) / intents.FILE).write_text("[{")
    with pytest.raises(CrosslinkError, match="Look whether"):
        say(known, "mastodon")
    assert social.statuses == []


def test_a_post_without_a_summary_begins_with_its_first_words(known: SiteFolder) -> None:
    known.post("second", "# Head\n\nWhat *is* [known](https://x.example/).\n\nMore.")
    assert find(known.content, "second")[0].summary == "What is known."
    path = str(known.content / "posts" / "second.md")
    assert find(known.content, path)[0].thread == "second"


def test_two_authors_announce_on_their_own(known: SiteFolder) -> None:
    (known.content / "authors" / "bo.md").write_text(
        "Name: Bo\nProfile: mastodon https://s.example/@bo\n\nBio.\n"
    )
    asked: list[tuple[tuple[str, str], bool]] = []

    def note(key: tuple[str, str], alone: bool) -> Credentials:
        asked.append((key, alone))
        return Credentials()

    found = authors.load(known.content)
    assert [place.key for place in places(found, ["Bo"], [], note)] == [("bo", "mastodon")]
    assert asked == [(("bo", "mastodon"), False)]
    with pytest.raises(CrosslinkError, match="has no profile that"):
        places(found, ["Cy"], [], note)
    post, writers = find(known.content, "first")
    shown = list(preview(known.content, post, places(found, writers, ["bluesky"], note)))
    assert [outcome.place.key for outcome in shown] == [BLUESKY]


POST = Announcement("t", "Title", "https://blog.example/2026/02/a-long-name-of-a-post/")


@pytest.mark.parametrize(
    ("network", "text", "length"),
    [
        ("mastodon", f"x {POST.url}", 25),
        ("mastodon", "see https://a.example/b, then", 4 + 23 + 6),
        ("mastodon", "hi @bo@social.example!", 7),
        ("mastodon", "👨‍👩‍👧é", 2),
        ("bluesky", "👨‍👩‍👧🇩🇪é", 3),
        ("bluesky", "https://a.example/b", 19),
        ("x", f"x {POST.url}", 25),
        ("x", "日本", 4),
        ("x", "👨‍👩‍👧", 2),
        ("x", "e\u0301…", 3),
        ("linkedin", "abc", 3),
    ],
)  # fmt: skip
def test_each_network_counts_in_its_own_way(network: str, text: str, length: int) -> None:
    assert RULES[network].count(text) == length


@given(st.text(max_size=400), st.text(max_size=900), st.sampled_from(sorted(RULES)))
def test_a_draft_fits_unless_a_word_is_too_long(title: str, summary: str, network: str) -> None:
    post = Announcement("t", f"A title {title[:60]}", POST.url, summary)
    made = draft(network, "https://s.example/@ada", post)
    rules = RULES[network]
    assert made.length == rules.count(made.text)
    assert rules.title_only or made.text.endswith(POST.url)
    assert made.fits or graphemes(title) > 40


def test_a_draft_keeps_what_matters_most() -> None:
    long = Announcement("t", "Title", POST.url, "word " * 200)
    text = draft("bluesky", "https://bsky.app/profile/a", long).text
    assert text.startswith("Title\n\nword word")
    assert text.endswith(f"word …\n\n{POST.url}")
    assert 290 < graphemes(text) <= 300
    title = draft("hackernews", "x", Announcement("t", "word " * 30, POST.url)).text
    assert (len(title) <= 80, title[-1]) == (True, "…")
    own = draft("mastodon", "https://s.example/@a", POST, f"See {POST.url}.")
    assert own.text == f"See {POST.url}."
    assert own.share == f"https://s.example/share?text={quote(own.text, safe='')}"
    with pytest.raises(CrosslinkError, match="nothing can be announced on 'web'"):
        draft("web", "https://x.example", POST)
