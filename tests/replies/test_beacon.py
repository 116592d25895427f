"""Views that pages tell the desk of: what counts, what is left out, what is kept of whom, and
what a crash, two desks, a new database and a new day make of the numbers."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import signal
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from conftest import SiteFolder, serving
from desks import GOOD, NO_LIMITS, Answer, ask, settings
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from bench.crashes import free_port, invoked, until
from rejoinder.engagement import views
from rejoinder.engagement.agents import is_bot
from rejoinder.engagement.views import Figure, Key, Source
from rejoinder.errors import EngagementError
from rejoinder.replies import backup
from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.schema import metadata, seen_counts, seen_days, seen_marks
from rejoinder.replies.seen import files, looks, tally
from rejoinder.replies.seen.looks import Look, Why
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app
from rejoinder.replies.worker import Worker

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 3, 29)  # in Berlin, an hour shorter than others
ADDRESS = "203.0.113.77"


@pytest.fixture
def place(place: SiteFolder) -> SiteFolder:
    """A site in Berlin that counts views."""
    with_beacon(place)
    place.post("hidden", Status="hidden")
    return place


def with_beacon(site: SiteFolder) -> None:
    file = site.content / "site.toml"
    said = file.read_text("utf-8")
    file.write_text(f'{said}timezone = "Europe/Berlin"\n[engagement]\nbeacon = true\n', "utf-8")


def see(
    server: DeskServer | str, path: str = "/first/", referrer: str = "", **headers: str
) -> Answer:
    """Tell of a look as the script does."""
    sent = {"Origin": "https://blog.example", "Sec_Fetch_Site": "same-origin",
            "User_Agent": BROWSER, "X_Forwarded_For": ADDRESS} | headers  # fmt: skip
    body = f"{path}\n{referrer}".encode()
    return ask(server, "/seen", body, sent.pop("kind", "text/plain;charset=UTF-8"), **sent)


def a_look(path: str = "/first/", who: int = 1, day: date = DAY, referrer: str = "") -> Look:
    return Look(day, f"198.51.100.{who}", BROWSER, path, referrer)


def counted(desk: Desk, day: date | None = None) -> dict[tuple[str, str], int]:
    """What the database holds of a day, by figure and of what."""
    desk.counting.flush()
    found = desk.counting.days.totals(day or today())
    return {(str(key.figure), key.what): count for key, count in found.items()}


def today() -> date:
    return datetime.now(BERLIN).date()


def written(site: SiteFolder) -> dict[Key, int]:
    return views.load(site.content, Source.BEACON)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN).astimezone(UTC)


# What counts


def test_a_look_is_a_view_and_comes_to_the_file(place: SiteFolder) -> None:
    with desk_of(place.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        with Worker(desk):
            status, headers, text = see(server, "/first/", "www.Social.example")
            assert (status, text) == (204, "")
            assert "set-cookie" not in headers
            see(server, "/first/index.html", "blog.example")
            see(server, "/about", "news.example", X_Forwarded_For="203.0.113.78")
            see(server, "/", User_Agent=BROWSER.replace("140", "141"))
            see(server, "/hidden/")
        file = place.content / "engagement" / "beacon" / f"{today():%Y-%m}.txt"
        lines = file.read_text("utf-8").split("\n")[1:-1]
    day = today()
    assert lines == [
        f"{day} referrer 1 news.example",
        f"{day} referrer 1 social.example",
        f"{day} view 1 /",
        f"{day} view 1 /about/",
        f"{day} view 2 /first/",
        f"{day} view 1 /hidden/",
        f"{day} visits 3",
    ]


@pytest.mark.parametrize(
    ("why", "sent"),
    [
        (Why.BOT, {"User_Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        (Why.BOT, {"User_Agent": "curl/8.5.0"}),
        (Why.BOT, {"User_Agent": ""}),
        (Why.EARLY, {"Sec_Purpose": "prefetch;prerender"}),
        (Why.EARLY, {"Purpose": "prefetch"}),
        (Why.EARLY, {"X_Moz": "prefetch"}),
        (Why.ASKED, {"Sec_GPC": "1"}),
        (Why.ASKED, {"DNT": "1"}),
        (Why.ELSEWHERE, {"path": "/none/"}),
        (Why.ELSEWHERE, {"path": "/draft/"}),
        (Why.ELSEWHERE, {"path": "//evil.example/first/"}),
        (Why.ELSEWHERE, {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}),
        (Why.ELSEWHERE, {"Origin": "https://evil.example", "Sec_Fetch_Site": "same-site"}),
        (Why.ELSEWHERE, {"Origin": "null", "Sec_Fetch_Site": "cross-site"}),
    ],
)
def test_what_is_left_out_is_answered_alike(
    site: SiteFolder, why: Why, sent: dict[str, str]
) -> None:
    settings(site.content, NO_LIMITS)
    site.post()
    site.post("draft", Status="draft")
    with_beacon(site)
    with desk_of(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        good = see(server, X_Forwarded_For="203.0.113.1")
        bad = see(server, **sent)
        assert (bad[0], bad[2]) == (good[0], good[2]) == (204, "")
        assert {k: v for k, v in bad[1].items() if k != "date"} == {
            k: v for k, v in good[1].items() if k != "date"
        }
        assert counted(desk) == {
            ("view", "/first/"): 1, ("visits", ""): 1, ("left-out", str(why)): 1,
        }  # fmt: skip


def test_who_says_nothing_of_where_it_is_from_is_no_page(site: SiteFolder) -> None:
    site.post()
    with_beacon(site)
    with desk_of(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        ask(server, "/seen", b"/first/\n", "text/plain", User_Agent=BROWSER)
        assert counted(desk) == {("left-out", "not a page of this site"): 1}


def test_a_site_that_did_not_ask_for_it_counts_nothing(site: SiteFolder) -> None:
    site.post()
    with desk_of(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        assert see(server)[0] == 404
        assert counted(desk) == {}
        with_beacon(site)  # the file is looked at again
        assert see(server)[0] == 204
    assert "beacon" not in site.build(COMMENTS_BEACON=False).read("first/index.html")


def test_the_authors_own_looks_are_no_views(site: SiteFolder) -> None:
    site.post()
    with_beacon(site)
    assert "theme/beacon." in site.build().read("first/index.html")
    with serving(site) as (address, _):
        page = ask(address.rstrip("/"), "/first/")[2]
    assert "First" in page
    assert "beacon" not in page


def test_an_address_that_sends_too_many_is_answered_alike(site: SiteFolder) -> None:
    settings(site.content, "[limits]\nrequests_per_minute = 8\n")  # two at once
    site.post()
    with_beacon(site)
    with desk_of(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        assert [see(server)[0] for _ in range(5)] == [204] * 5
        assert see(server, X_Forwarded_For="203.0.113.80")[0] == 204
        found = counted(desk)
        assert found["view", "/first/"] == 3
        assert found["left-out", "too many"] == 3
        assert ask(server, "/reply", GOOD)[0] == 303


def test_a_desk_at_an_address_of_its_own_takes_looks_of_the_site(site: SiteFolder) -> None:
    settings(site.content, f'address = "https://desk.example"\n{NO_LIMITS}')
    site.post()
    with_beacon(site)
    with desk_of(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        answer = see(server, Sec_Fetch_Site="cross-site")
        assert answer[0] == 204
        assert answer[1]["access-control-allow-origin"] == "https://blog.example"
        assert "access-control-allow-credentials" not in answer[1]
        see(server, Origin="https://evil.example", Sec_Fetch_Site="cross-site")
        found = counted(desk)
    assert found["view", "/first/"] == 1
    assert found["left-out", "not a page of this site"] == 1


def test_the_pages_are_those_of_the_files(place: SiteFolder, open_desk: Callable[[], Desk]) -> None:
    desk = open_desk()
    (place.content / "site.toml").write_text(
        'title = "A"\nurl = "https://blog.example/sub"\n[engagement]\nbeacon = true\n'
        '[permalinks]\npost = "{date:%Y}/{slug}/"\n'
    )
    place.post("café")
    place.post("own", Url="somewhere/else.html")
    paths = desk.subjects.paths()
    assert {"/sub/", "/sub/about/", "/sub/2026/first/", "/sub/2026/café/",
            "/sub/somewhere/else.html"} <= paths  # fmt: skip
    assert "/sub/2026/draft/" not in paths
    day = today()
    for path in ("/sub/2026/caf%C3%A9/", "/sub/2026/first", "/2026/first/", "/sub/"):
        desk.counting.take(a_look(path, day=day))
    assert counted(desk) == {
        ("view", "/sub/2026/café/"): 1, ("view", "/sub/2026/first/"): 1, ("view", "/sub/"): 1,
        ("visits", ""): 1, ("left-out", "not a page of this site"): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("referrer", "is_named"),
    [
        ("www.social.example", "social.example"),
        ("NEWS.example.", "news.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("blog.example", ""),
        ("www.blog.example", ""),
        ("", ""),
        ("203.0.113.9", "not an address"),
        ("[2001:db8::1]", "not an address"),
        ("10.1.2.300", "not an address"),
        ("localhost", "not an address"),
        ("a b.example", "not an address"),
        ("bo@mail.example", "not an address"),
        ("x" * 300 + ".example", "not an address"),
        ("<script>.example", "not an address"),
    ],
)
def test_a_referrer_is_a_host_and_no_more(referrer: str, is_named: str) -> None:
    assert looks.grouped(referrer, looks.hosts(["https://www.blog.example"])) == is_named


def test_programs_are_known_by_name_and_people_are_not() -> None:
    for agent in ("Googlebot/2.1 (+http://www.google.com/bot.html)", "python-requests/2.32",
                  "Mozilla/5.0 HeadlessChrome/120.0", "SomeNewCrawler", "a-bot", "GPTBot/1.2",
                  "x" * 600 + "bot"):  # fmt: skip
        assert is_bot(agent) is ("xxx" not in agent), agent
    for agent in (BROWSER, "", "Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/130.0 Mobile"):
        assert not is_bot(agent), agent


# Caps


def test_a_visitor_counts_ten_times_for_a_page_and_so_many_visitors_a_day(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    settings(place.content, "[limits]\nvisitors_per_day = 3\n")
    desk = open_desk()
    for _ in range(25):
        desk.counting.take(a_look())
    desk.counting.take(a_look("/about/"))
    assert counted(desk, DAY) == {
        ("view", "/first/"): 10, ("view", "/about/"): 1, ("visits", ""): 1,
        ("left-out", "too many"): 15,
    }  # fmt: skip
    for who in range(2, 8):
        desk.counting.take(a_look(who=who))
        desk.counting.take(a_look("/about/", who=1))
    found = counted(desk, DAY)
    assert (found["visits", ""], found["view", "/first/"], found["view", "/about/"]) == (3, 12, 7)
    assert found["left-out", "too many"] == 15 + 4
    other = DAY + timedelta(days=1)
    desk.counting.take(a_look(day=other))
    assert counted(desk, other)["visits", ""] == 1


def test_a_network_of_ipv6_is_one_visitor_and_browsers_are_told_apart() -> None:
    def visitor(address: str, agent: str = BROWSER, key: str = "ab" * 32) -> int:
        look = Look(DAY, address, agent, "/", "")
        return tally.marks_of(look, "/", key, "https://blog.example").visitor

    assert visitor("2001:db8::1") == visitor("2001:db8::2")
    assert visitor("2001:db8::1") != visitor("2001:db8:0:1::1")
    assert visitor("203.0.113.1") != visitor("203.0.113.2")
    assert visitor("203.0.113.1") != visitor("203.0.113.1", "Other/1.0")
    assert visitor("203.0.113.1") != visitor("203.0.113.1", key="cd" * 32)


def test_hosts_beyond_many_are_counted_as_one() -> None:
    many = [(look, "/first/", tally.marks_of(look, "/first/", "ab" * 32, "s"))
            for n in range(tally.MOST_HOSTS + 20)
            for address in (f"10.0.{n // 250}.{n % 250}",)
            for look in (Look(DAY, address, BROWSER, "/", f"h{n}.example"),)]  # fmt: skip
    found = tally.tally(many, tally.Known(), own=(), most=0, is_bot=is_bot)
    hosts = {what: n for (figure, what), n in found.counts.items() if figure == Figure.REFERRER}
    assert len(hosts) == tally.MOST_HOSTS + 1
    assert hosts["others"] == 20
    again = tally.Known(hosts=set(hosts))
    found = tally.tally(many[:1] + many[-1:], again, own=(), most=0, is_bot=is_bot)
    assert found.counts[Figure.REFERRER, "h0.example"] == 1
    assert found.counts[Figure.REFERRER, "others"] == 1


def test_a_flood_fills_no_memory(
    place: SiteFolder, open_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rejoinder.replies.seen.counting.MOST", 50)
    desk = open_desk()
    for who in range(200):
        desk.counting.take(a_look(who=who))
    assert counted(desk, DAY) == {
        ("view", "/first/"): 50, ("visits", ""): 50, ("left-out", "too many"): 150,
    }  # fmt: skip


def test_forged_views_are_bounded_for_each_address(site: SiteFolder) -> None:
    site.post()
    with_beacon(site)
    with desk_of(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        for number in range(100):  # other names do not help beyond the limit of one address
            see(server, User_Agent=f"{BROWSER} {number}")
        found = counted(desk)
    assert found["view", "/first/"] <= 65  # 60 at once, and 4 a second
    assert found["left-out", "too many"] >= 35


# What is kept


def test_nothing_of_a_visitor_is_kept(
    place: SiteFolder, open_desk: Callable[[], Desk], tmp_path: Path
) -> None:
    agent = f"{BROWSER} Telltale/7.7"
    with desk_of(place.content) as desk, DeskServer(0).run(make_app(desk)) as server, Worker(desk):
        see(server, User_Agent=agent, Cookie="rejoinder_reader=telltale")
        see(server, "/none/?q=Telltale", "Telltale.example/secret?q=1", User_Agent=agent)
    desk = open_desk()
    with desk.database.transaction() as db:
        held = [
            str(row) for table in metadata.sorted_tables for row in db.execute(sa.select(table))
        ]
    assert [line for line in held if "elltale" in line or ADDRESS in line] == []
    hashed = desk.signer.digest("network", ADDRESS)
    assert [line for line in held if hashed in line] == []
    for path in (*place.content.rglob("*"), *(place.root / "private").rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            for trace in (b"elltale", ADDRESS.encode(), b"Firefox", b"q=1", hashed.encode()):
                assert trace not in raw, (path, trace)
    file = tmp_path / "backup.gz"
    backup.back_up(desk.database, "secret", file)
    assert b"seen_" not in gzip.decompress(file.read_bytes())


def test_a_day_that_is_over_is_written_and_its_visitors_are_forgotten(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    desk = open_desk()
    desk.counting.take(a_look())
    desk.counting.flush()
    with desk.database.transaction() as db:
        (key,) = db.execute(sa.select(seen_days.c.key)).scalars()
    files.write(desk.counting.days, place.content, noon(DAY), BERLIN)
    desk.counting.take(a_look(who=2))
    desk.counting.flush()
    assert written(place)[Key(DAY, Figure.VISITS)] == 1
    late = datetime(2026, 3, 30, 0, 59, tzinfo=BERLIN)
    assert files.write(desk.counting.days, place.content, late, BERLIN) != []
    assert written(place)[Key(DAY, Figure.VISITS)] == 2
    desk.counting.take(a_look(who=3))  # of the day's last second
    desk.counting.flush()
    files.write(desk.counting.days, place.content, late + timedelta(minutes=2), BERLIN)
    assert written(place)[Key(DAY, Figure.VISITS)] == 3
    with desk.database.transaction() as db:
        for table in (seen_counts, seen_marks):
            assert db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
        assert db.execute(sa.select(seen_days.c.key)).scalars().all() == [""]
    desk.counting.take(a_look(who=4))  # nobody can tell any more whether it is another visitor
    assert counted(desk, DAY) == {}
    files.write(desk.counting.days, place.content, late + timedelta(hours=2), BERLIN)
    assert written(place)[Key(DAY, Figure.VISITS)] == 3
    files.write(desk.counting.days, place.content, late + timedelta(days=90), BERLIN)
    with desk.database.transaction() as db:
        assert db.execute(sa.select(seen_days)).all() == []
    desk.close()
    for path in (place.root / "private" / "desk").glob("replies.sqlite3*"):
        assert key.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("at", "is_over"),
    [
        (datetime(2026, 3, 29, 22, 59, 59, tzinfo=UTC), False),  # 00:59 of the 30th in Berlin
        (datetime(2026, 3, 29, 23, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), False),  # before the hour that is left out
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), False),  # after it
    ],
)
def test_a_day_of_23_hours_ends_where_the_site_is(
    place: SiteFolder, open_desk: Callable[[], Desk], at: datetime, is_over: bool
) -> None:
    desk = open_desk()
    desk.counting.take(a_look())
    desk.counting.flush()
    files.write(desk.counting.days, place.content, at, BERLIN)
    assert [one.day for one in desk.counting.days.due()] == ([] if is_over else [DAY])
    assert written(place) == {Key(DAY, Figure.VIEW, "/first/"): 1, Key(DAY, Figure.VISITS): 1}


def test_the_day_is_that_of_the_sites_zone(site: SiteFolder) -> None:
    far = ZoneInfo("Pacific/Kiritimati")  # fourteen hours before Greenwich
    site.post()
    (site.content / "site.toml").write_text(
        'title = "A"\nurl = "https://blog.example"\ntimezone = "Pacific/Kiritimati"\n'
        "[engagement]\nbeacon = true\n"
    )
    with desk_of(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        see(server)
        assert counted(desk, datetime.now(far).date())["view", "/first/"] == 1


# Numbers that hold


def test_numbers_go_on_in_a_new_database(
    place: SiteFolder, make_site: Callable[[str], SiteFolder], open_desk: Callable[[], Desk]
) -> None:
    before = {Key(DAY, Figure.VIEW, "/first/"): 7, Key(DAY, Figure.VISITS): 5,
              Key(DAY, Figure.LEFT_OUT, "bot"): 2}  # fmt: skip
    yesterday = {Key(DAY - timedelta(days=1), Figure.VISITS): 9}
    views.save(place.content, Source.BEACON, {DAY: before, DAY - timedelta(days=1): yesterday})
    for number in (1, 2):  # the second time, the database knows them
        desk = open_desk()
        desk.counting.take(a_look(who=number))
        desk.counting.flush()
        files.write(desk.counting.days, place.content, noon(DAY), BERLIN)
        desk.close()
    assert written(place) == yesterday | {
        Key(DAY, Figure.VIEW, "/first/"): 9, Key(DAY, Figure.VISITS): 7,
        Key(DAY, Figure.LEFT_OUT, "bot"): 2,
    }  # fmt: skip


def test_a_file_that_cannot_be_read_costs_no_view(
    place: SiteFolder, open_desk: Callable[[], Desk]
) -> None:
    file = place.content / "engagement" / "beacon" / "2026-03.txt"
    file.parent.mkdir(parents=True)
    file.write_text("nonsense\n")
    desk = open_desk()
    desk.counting.take(a_look())
    with pytest.raises(EngagementError):
        desk.counting.flush()
    desk.counting.leave_out(DAY, Why.BOT)
    with pytest.raises(EngagementError):
        desk.counting.flush()
    assert desk.counting.days.due() == []
    assert file.read_text() == "nonsense\n"
    file.unlink()
    desk.counting.flush()
    files.write(desk.counting.days, place.content, noon(DAY), BERLIN)
    assert written(place) == {
        Key(DAY, Figure.VIEW, "/first/"): 1, Key(DAY, Figure.VISITS): 1,
        Key(DAY, Figure.LEFT_OUT, "bot"): 1,
    }  # fmt: skip


def test_two_desks_count_as_one(place: SiteFolder, open_desk: Callable[[], Desk]) -> None:
    desks = [open_desk(), open_desk()]
    both = threading.Barrier(2)

    def count(desk: Desk) -> None:
        both.wait()
        for number in range(30):
            for who in range(1, 21):
                desk.counting.take(a_look("/first/" if number % 2 else "/about/", who=who))
            desk.counting.leave_out(DAY, Why.BOT)
            desk.counting.flush()

    threads = [threading.Thread(target=count, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(desks[0], DAY) == {
        ("visits", ""): 20, ("view", "/first/"): 200, ("view", "/about/"): 200,
        ("left-out", "too many"): 800, ("left-out", "bot"): 60,
    }  # fmt: skip
    for desk in desks:
        files.write(desk.counting.days, place.content, noon(DAY), BERLIN)
    assert sum(written(place).values()) == 20 + 400 + 860


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_what_is_counted_survives_a_kill(place: SiteFolder) -> None:
    def views_of_it() -> int:
        with desk_of(place.content) as desk:
            return counted(desk).get(("view", "/first/"), 0)

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with invoked(place.content, port) as process:
        for who in range(3):
            see(address, X_Forwarded_For=f"203.0.113.{who}")
        until(lambda: views_of_it() == 3, seconds=20)
        process.kill()
        process.wait()
    with invoked(place.content, port) as process:
        for who in range(5):  # three of them are known
            see(address, X_Forwarded_For=f"203.0.113.{who}")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    found = written(place)
    assert found[Key(today(), Figure.VIEW, "/first/")] == 8
    assert found[Key(today(), Figure.VISITS)] == 5


# What anybody may send


SENT = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    st.tuples(
        st.sampled_from(["/first/", "/", "//", "/%00", "/first/%2e%2e/", "/\ud800"]),
        st.text(max_size=60),
    ).map(lambda both: "\n".join(both).encode("utf-8", "replace")),
)


def test_whatever_is_sent_is_answered_and_makes_no_other_line(site: SiteFolder) -> None:
    settings(site.content, NO_LIMITS)
    site.post()
    with_beacon(site)
    with desk_of(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=15)

        @how(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
        @given(SENT, st.binary(max_size=40), st.booleans())
        def send(body: bytes, agent: bytes, is_ours: bool) -> None:
            name = re.sub(rb"[\x00-\x1f\x7f]", b"", agent).strip() or b"x"
            origin = "https://blog.example" if is_ours else "https://evil.example"
            headers = {"Content-Type": "text/plain", "Origin": origin, "User-Agent": name}
            connection.request("POST", "/seen", body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status in (204, 400)

        send()
        for body, kind, status in (
            (b"/first/" + b"x" * 2050, "text/plain", 413),
            (b"{}", "application/json", 415),
            (b"", "text/plain", 400),
            (b"/first/", "text/plain", 204),
        ):
            assert ask(server, "/seen", body, kind)[0] == status
        assert ask(server, "/seen")[0] == 405
        connection.close()
        desk.counting.flush()
        files.write(desk.counting.days, site.content, datetime.now(UTC), BERLIN)
    allowed = re.compile(
        r"\d{4}-\d\d-\d\d (view \d+ (/|/first/)|visits \d+|referrer \d+ [a-z0-9._%-]+"
        r"|left-out \d+ [a-z0-9%]+)"
    )
    (file,) = (site.content / "engagement" / "beacon").iterdir()
    for line in file.read_text("utf-8").split("\n")[1:-1]:
        assert allowed.fullmatch(line), line
