"""Saying who one is: each provider's way, every refusal, and what remains of it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from conftest import SiteFolder
from desks import ask, furnished, settings, words
from identityhost import (
    NAMES,
    Identities,
    furnished_for,
    identity_host,
    new_key,
    picture,
    unsigned,
)
from joserfc.jwk import ECKey
from PIL import Image

from rejoinder.comments.store import CommentStore
from rejoinder.replies import people
from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.model import Status
from rejoinder.replies.schema import metadata, portraits, sign_in_apps, sign_ins
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app

WORDS = "Words *so far*,\nand <b>more</b>."
DRAFT = {"thread": "first", "text": WORDS.replace("\n", "\r\n"), "email": "bo@mail.example"}


@dataclass
class Reader:
    """A browser, without being one: it keeps cookies, and knows where a provider's page leads."""

    desk: Desk
    server: DeskServer
    host: Identities
    cookies: dict[str, str] = field(default_factory=dict)
    tls: bool = False

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if self.tls:
            headers["X-Forwarded-Proto"] = "https"
        status, found, text = ask(self.server, path, form, **headers)
        for name, value in re.findall(
            r"^([\w-]*rejoinder_sign_in)=\"?([^;\"]*)\"?;", found.get("set-cookie", "")
        ):
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return status, found, text

    def press(self, name: str, **more: str) -> str:
        """Press a provider's button; where that leads."""
        where = {"mastodon": self.host.url, "indieauth": f"{self.host.url}/site/"}
        typed = {"address": where[name]} if name in where else {}
        status, _, text = self.ask("/reply/sign-in", DRAFT | {"with": name} | typed | more)
        assert status == 200, words(text)
        link = BeautifulSoup(text, "html.parser").find("a")
        assert link is not None
        return str(link["href"])

    def agree(self, url: str, do: str = "allow") -> str:
        """Press the provider's own button; the path to which the browser is sent back."""
        parts = urlsplit(url)
        connection = HTTPConnection("127.0.0.1", parts.port, timeout=15)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{parts.path}?{parts.query}", urlencode({"do": do}), kind)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        to = answer.headers["Location"]
        assert to.startswith("https://blog.example/reply/sign-in/back/")
        return to.removeprefix("https://blog.example")

    def sign_in(self, name: str, **more: str) -> dict[str, str]:
        """Sign in; the form that comes next, as it is filled in."""
        status, headers, text = self.ask(self.agree(self.press(name, **more)))
        assert status == 303, words(text)
        status, _, text = self.ask(headers["location"])
        assert status == 200
        return fields(text)

    def send(self, form: dict[str, str]) -> tuple[int, str]:
        status, headers, text = self.ask("/reply", form)
        return status, headers.get("location", "") or text


def fields(page: str) -> dict[str, str]:
    """A form's fields as a browser would send them, without its buttons."""
    soup = BeautifulSoup(page, "html.parser").select_one("form")
    assert soup is not None
    found = {str(box["name"]): str(box.get("value", "")) for box in soup.select("input[name]")
             if box.get("type") != "checkbox" or box.has_attr("checked")}  # fmt: skip
    text = soup.select_one("textarea")
    assert text is not None
    return found | {"text": text.get_text().replace("\r\n", "\n").removeprefix("\n")}


@pytest.fixture(scope="module")
def shared_host() -> Iterator[Identities]:
    with identity_host() as host:
        yield host


@pytest.fixture
def host(shared_host: Identities) -> Identities:
    """The providers, as honest as they were; they know whom they have registered."""
    kept = {"port": shared_host.port, "apps": shared_host.apps, "key": shared_host.key}
    vars(shared_host).update(vars(Identities()) | kept)
    shared_host.sign = shared_host.signed
    return shared_host


@pytest.fixture(scope="module")
def served(
    shared_host: Identities, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Desk, DeskServer]]:
    """One desk for all that doesn't need one of its own."""
    site = SiteFolder(tmp_path_factory.mktemp("site"))
    site.content.mkdir()
    toml = 'title = "A site"\nurl = "https://blog.example"\nauthor = "Ada"\n'
    (site.content / "site.toml").write_text(toml, "utf-8")
    furnished_for(site, shared_host)
    with desk_of(site.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        yield desk, server


@pytest.fixture
def reader(served: tuple[Desk, DeskServer], host: Identities) -> Reader:
    return Reader(*served, host)


def stored(desk: Desk) -> dict[str, int]:
    """How many rows there are of what signing in keeps."""
    with desk.database.transaction() as db:
        return {
            table.name: db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (sign_ins, portraits)
        }


def reply_at(desk: Desk, place: str) -> Any:
    found = desk.signer.reply_of(place.removeprefix("/reply/status/"))
    reply = desk.queue.get(found or "")
    assert reply is not None
    return reply


def test_each_provider_fills_in_the_form_and_marks_the_reply(reader: Reader) -> None:
    host = reader.host
    expected = {
        "linkedin": ("linkedin", "Ada Q", ""),
        "google": ("google", "Ada Q", ""),
        "github": (f"github {host.url}/github/ada-q", "Ada Q", f"{host.url}/github/ada-q"),
        "wordpress": ("wordpress https://gravatar.example/adaq", "Ada Q",
                      "https://gravatar.example/adaq"),
        "mastodon": (f"mastodon {host.url}/@ada", "Ada Q", f"{host.url}/@ada"),
        "indieauth": (f"indieauth {host.url}/site/", "Ada of the site", f"{host.url}/site/"),
    }  # fmt: skip
    for name in NAMES:
        form = reader.sign_in(name)
        verified, called, link = expected[name]
        assert (form["name"], form["url"]) == (called, link)
        assert (form["text"], form["email"]) == (WORDS, DRAFT["email"])
        assert {"sign_in", "mark", "portrait"} <= form.keys()
        status, place = reader.send(form)
        assert status == 303, words(place)
        reply = reply_at(reader.desk, place)
        assert (reply.verified, reply.name, reply.url) == (verified, called, link)
        assert reply.portrait.startswith("portraits/")
        assert reply.text == WORDS
        # Nothing outlives the form: no row, no cookie.
        assert stored(reader.desk)["sign_ins"] == 0
        assert reader.cookies == {}
        status, _, text = reader.ask(f"/reply/sign-in/{form['sign_in']}")
        assert status == 410
        assert "<textarea" not in text
    # Tokens that would be good for ever are given back; the desk keeps none.
    assert len(host.revoked) == 1
    with reader.desk.database.transaction() as db:
        for table in metadata.sorted_tables:
            for row in db.execute(sa.select(table)).mappings():
                assert not any(token in str(dict(row)) for token in host.tokens)


def test_a_changed_name_or_link_loses_the_mark_and_a_chosen_one_is_left_out(
    reader: Reader,
) -> None:
    changes: tuple[tuple[dict[str, str], bool], ...] = (
        ({"name": "ada-q"}, True),
        ({"url": ""}, True),
        ({"url": reader.host.url + "/github/ada-q/"}, True),
        ({"name": "Somebody Else"}, False),
        ({"url": "https://ada.example/"}, False),
        ({"url": f"{reader.host.url}/github/somebody"}, False),
        ({"mark": ""}, False),
    )
    for change, is_marked in changes:
        form = reader.sign_in("github") | change
        reply = reply_at(reader.desk, reader.send(form)[1])
        assert bool(reply.verified) is is_marked, change
        assert reply.portrait
    form = reader.sign_in("github")
    del form["portrait"]
    assert reply_at(reader.desk, reader.send(form)[1]).portrait is None
    # Nobody puts a link beside a name that LinkedIn knows, and keeps the mark.
    form = reader.sign_in("linkedin") | {"url": "https://victim.example/"}
    assert reply_at(reader.desk, reader.send(form)[1]).verified is None


def test_what_a_provider_says_of_somebody_does_nothing(reader: Reader) -> None:
    host = reader.host
    host.name = "<img src=x onerror=alert(1)>\u202e\n{{ 7 * 7 }} " + "x" * 300
    host.claims = lambda claims: claims | {"picture": "javascript:alert(1)", "profile": 5}
    for name in ("google", "mastodon"):
        form = reader.sign_in(name)
        assert form["name"].startswith("<img src=x onerror=alert(1)> {{ 7 * 7 }} x")
        assert len(form["name"]) == 245
        place = reader.send(form)[1]
        assert reply_at(reader.desk, place).verified
        assert "<img" not in reader.ask(place)[2]
    host.name = " \u202e "
    host.claims = lambda claims: claims
    assert "has no name" in words(reader.ask(reader.agree(reader.press("google")))[2])


def test_an_edit_under_another_name_loses_the_mark(reader: Reader) -> None:
    place = reader.send(reader.sign_in("github"))[1]
    reply = reply_at(reader.desk, place)
    same = {"name": reply.name, "url": reply.url}
    status, *_ = reader.ask(place, {"action": "edit", "text": "Better words.", **same})
    assert status == 303
    status, _, text = reader.ask(place)
    assert "signed in as localhost" in words(text)
    reader.ask(place, {"action": "edit", "text": "Better words.", **same, "name": "Linus"})
    assert reply_at(reader.desk, place).verified is None


def test_words_come_back_when_it_fails_and_only_to_their_browser(reader: Reader) -> None:
    """A provider's no, a forged, stolen, replayed, late or mixed-up answer."""
    host, desk = reader.host, reader.desk
    stranger = Reader(desk, reader.server, host)

    def refused(status: int, says: str, answer: tuple[int, dict[str, str], str]) -> None:
        assert answer[0] == status, words(answer[2])
        assert says in words(answer[2])
        assert fields(answer[2])["text"] == WORDS
        assert "sign in again, or send them without" in answer[2]

    def refused_to_all(status: int, says: str, answer: tuple[int, dict[str, str], str]) -> None:
        assert answer[0] == status
        assert says in words(answer[2])
        assert "Words" not in words(answer[2])

    denied = reader.agree(reader.press("github"), "deny")
    refused(403, "you didn’t allow it", reader.ask(denied))
    # A page in another language is answered in it, over the provider and back.
    denied = reader.ask(reader.agree(reader.press("github", lang="de"), "deny"))
    assert "GitHub sagt, dass du es nicht erlaubt hast." in words(denied[2])
    status, headers, _ = reader.ask(reader.agree(reader.press("github", lang="de")))
    assert headers["location"].endswith("?lang=de")
    # Forged: a state that was never given out; and none.
    refused_to_all(400, "isn’t known here", reader.ask("/reply/sign-in/back/github?code=x&state=y"))
    refused_to_all(400, "isn’t known here", reader.ask("/reply/sign-in/back/github?code=x"))
    # Stolen: another browser brings it, without a cookie and with its own. It is not used up.
    back = reader.agree(reader.press("github"))
    refused_to_all(403, "another browser", stranger.ask(back))
    stranger.press("github")
    refused_to_all(403, "another browser", stranger.ask(back))
    status, headers, _ = reader.ask(back)
    assert status == 303
    refused_to_all(403, "another browser", stranger.ask(headers["location"]))
    token = headers["location"].rpartition("/")[2]
    assert stranger.ask(f"{headers['location']}/portrait")[0] == 404
    status, _, text = stranger.ask("/reply", DRAFT | {"name": "Eve", "sign_in": token})
    assert status == 409
    assert "no longer signed in" in words(text)
    # Replayed: the same answer again, at once and after the reply was sent.
    refused_to_all(400, "isn’t known here", reader.ask(back))
    # Answered, though not with an identity: that is used up too.
    host.claims = lambda claims: claims | {"aud": "others"}
    back = reader.agree(reader.press("google"))
    refused(403, "can’t be trusted", reader.ask(back))
    host.claims = lambda claims: claims
    refused(409, "used before", reader.ask(back))
    # Late: after ten minutes.
    back = reader.agree(reader.press("github"))
    clock = desk.door.flows.clock
    desk.door.flows.clock = lambda: datetime.now(UTC) + timedelta(minutes=11)
    refused(410, "longer than ten minutes", reader.ask(back))
    # Mixed up: another provider's answer, by where it comes to, and by what it calls itself.
    desk.door.flows.clock = clock
    back = reader.agree(reader.press("google")).replace("/google?", "/github?")
    refused(400, "another provider", reader.ask(back))
    for lie in ({"iss": "https://evil.example"}, {"iss": ""}):
        host.answer = lambda given, lie=lie: {k: v for k, v in (given | lie).items() if v}  # type: ignore[misc]
        refused(400, "another provider", reader.ask(reader.agree(reader.press("google"))))
    no = reader.agree(reader.press("google"), "deny")  # an error without its issuer
    refused(400, "another provider", reader.ask(no))
    host.answer = lambda given: given
    # A code that isn't worth anything, and a provider that is gone by then.
    back = reader.agree(reader.press("github"))
    refused(403, "doesn’t confirm it", reader.ask(re.sub(r"code=\w+", "code=x", back)))
    host.down.add("/github/api/v3/user")
    refused(502, "no answer", reader.ask(reader.agree(reader.press("github"))))


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "others"}, {"aud": ["others", "the-desk"]}, {"iss": "https://evil.example"},
        {"exp": 1}, {"exp": None}, {"nonce": "other"}, {"nonce": None}, {"sub": None},
        {"azp": "others"}, {"at_hash": "other"}, {"iat": 32503680000},
    ],
    ids=str,
)  # fmt: skip
def test_an_identity_token_that_is_wrong_is_refused(reader: Reader, lie: dict[str, Any]) -> None:
    reader.host.claims = lambda claims: {
        key: value for key, value in (claims | lie).items() if value is not None
    }
    status, _, text = reader.ask(reader.agree(reader.press("google")))
    assert status == 403
    assert "can’t be trusted" in words(text)


def test_an_identity_token_is_signed_by_its_provider(reader: Reader) -> None:
    host = reader.host
    other = Identities()
    other.key = new_key(str(host.key.kid))
    for sign in (unsigned, other.signed, lambda _: "x.y.z", lambda _: ""):
        host.sign = sign  # type: ignore[assignment]
        assert reader.ask(reader.agree(reader.press("google")))[0] == 403
    # A key that changed is fetched anew, and its old one is good for nothing.
    host.sign = host.signed
    assert reader.ask(reader.agree(reader.press("google")))[0] == 303
    old = host.key
    host.key = new_key()
    assert reader.ask(reader.agree(reader.press("google")))[0] == 303
    host.sign = lambda claims: Identities.signed(Old(old), claims)  # type: ignore[arg-type]
    assert reader.ask(reader.agree(reader.press("google")))[0] == 403


@dataclass
class Old:
    """Whoever still has a key that was given up."""

    key: ECKey


def test_a_site_is_its_owners_word(reader: Reader) -> None:
    """IndieAuth: who speaks for another site must be that site's choice."""
    host = reader.host
    host.site_says = {"me": f"{host.url}/site/ada/"}  # a page whose head names the same server
    form = reader.sign_in("indieauth")
    assert form["url"] == f"{host.url}/site/ada/"
    host.site_says = {"me": f"http://127.0.0.1:{host.port}/ada.png"}
    status, _, text = reader.ask(reader.agree(reader.press("indieauth")))
    assert (status, "doesn’t say where you sign in" in words(text)) == (422, True)
    host.site_says = {"me": "https://victim.invalid/"}
    assert reader.ask(reader.agree(reader.press("indieauth")))[0] in (403, 502)
    # As older sites say it: an endpoint by a link, without a name of its own.
    host.site_says = {"profile": {"name": "Ada by profile", "photo": f"{host.url}/ada.png"}}
    host.site_head = '<link rel="authorization_endpoint" href="/site/auth">'
    host.answer = lambda given: {key: given[key] for key in ("code", "state")}
    assert reader.sign_in("indieauth")["name"] == "Ada by profile"
    # The desk says what it is, at the address that is its name.
    status, _, text = reader.ask("/reply/sign-in/client")
    assert (status, '"client_name":"A site"' in text) == (200, True)


def test_who_has_many_servers_is_asked_which(reader: Reader) -> None:
    status, _, text = reader.ask("/reply/sign-in", DRAFT | {"with": "mastodon"})
    assert status == 200
    form = fields(text)
    assert form["text"] == WORDS
    for typed, says in (("no host at all", "Write your server like"),
                        ("http://10.0.0.1", "Write your server like"),
                        ("127.0.0.1:1", "no Mastodon server"),
                        ("javascript:alert(1)", "Write your server like")):  # fmt: skip
        status, _, text = reader.ask("/reply/sign-in", form | {"address": typed})
        assert status == 422, typed
        assert says in words(text), typed
        assert fields(text)["text"] == form["text"]
    # Who has typed their site already isn't asked for it again.
    site = {"with": "indieauth", "url": f"{reader.host.url}/site/"}
    assert "On to your own site" in reader.ask("/reply/sign-in", DRAFT | site)[2]
    status, _, text = reader.ask("/reply/sign-in", DRAFT | {"with": "indieauth", "address": "x y"})
    assert (status, "like https://you.example/" in text) == (422, True)


def test_a_server_is_registered_with_once_a_day(reader: Reader) -> None:
    with reader.desk.database.transaction() as db:
        db.execute(sign_in_apps.delete())
    reader.sign_in("mastodon")
    reader.sign_in("mastodon")
    assert reader.host.asked.count("POST /api/v1/apps") == 1
    with reader.desk.database.transaction() as db:
        db.execute(sign_in_apps.update().values(at=datetime.now(UTC) - timedelta(days=1)))
    reader.sign_in("mastodon")
    assert reader.host.asked.count("POST /api/v1/apps") == 2
    assert [app["scopes"] for app in list(reader.host.apps.values())[-2:]] == ["profile"] * 2


def test_the_browser_is_told_by_a_cookie_that_no_other_host_sets(reader: Reader) -> None:
    reader.tls = True
    _, headers, text = reader.ask("/reply/sign-in", DRAFT | {"with": "github"})
    cookie = headers["set-cookie"]
    assert re.match(r"__Host-rejoinder_sign_in=[\w-]{43}; ", cookie)
    for part in ("HttpOnly", "Path=/;", "SameSite=lax", "Secure", "Max-Age=7200"):
        assert part in cookie
    assert "domain" not in cookie.lower()
    # The page that leads on is ours: a form of ours is redirected nowhere.
    url = unescape(re.findall(r'content="0; url=([^"]*)"', text)[0])
    assert url == BeautifulSoup(text, "html.parser").find("a")["href"]  # type: ignore[index]
    query = dict(parse_qsl(urlsplit(url).query))
    assert query["code_challenge_method"] == "S256"
    assert "form-action 'self';" in headers["content-security-policy"]
    # What came over TLS isn't taken without it.
    back = reader.agree(url)
    reader.tls = False
    assert reader.ask(back)[0] == 403
    reader.tls = True
    assert reader.ask(back)[0] == 303


def test_a_form_sent_twice_is_one_reply_and_a_sign_in_is_good_for_one(reader: Reader) -> None:
    form = reader.sign_in("github")
    first, again = reader.send(form), reader.send(form)
    assert first == again
    assert first[0] == 303
    assert reply_at(reader.desk, first[1]).verified
    # With another key it would be another reply, and the sign-in is over.
    status, text = reader.send(form | {"key": "another", "text": "More."})
    assert status == 409
    assert "no longer signed in" in words(text)
    assert fields(text)["text"] == "More."
    # What is wrong with the form doesn't end it.
    form = reader.sign_in("github") | {"text": ""}
    status, text = reader.send(form)
    assert status == 422
    assert "For this reply you are signed in as localhost" in words(text)
    assert reader.send(fields(text) | {"text": "Now there are."})[0] == 303


def test_nobody_signs_in_with_what_is_not_offered(
    reader: Reader, site: SiteFolder, host: Identities
) -> None:
    for name in ("facebook", ""):
        status, _, text = reader.ask("/reply/sign-in", DRAFT | {"with": name})
        assert (status, fields(text)["email"]) == (404, DRAFT["email"])
    for thread, code in (("none", 404), ("closed", 410)):
        status, _, text = reader.ask("/reply/sign-in", DRAFT | {"with": "github", "thread": thread})
        assert (status, "Words *so far*" in text) == (code, True)
    status, *_ = reader.ask("/reply/sign-in", {"text": "x" * 300_000})
    assert status == 413
    # The form offers what the site names and the desk knows, and no more.
    furnished(site)
    with (site.content / "site.toml").open("a") as file:
        file.write('[discussions]\nsign_in = ["github", "google", "id.example", "indieauth"]\n')
    settings(site.content, '[sign_in.google]\nclient_id = "a"\nclient_secret = "b"\n')
    with desk_of(site.content) as desk:
        assert list(desk.door.offered()) == ["google", "indieauth"]


def test_words_that_nobody_came_back_for_are_forgotten(reader: Reader) -> None:
    desk = reader.desk
    desk.door.flows.clock = lambda: datetime.now(UTC) - timedelta(hours=3)
    back = reader.agree(reader.press("github"))
    form = reader.sign_in("github")
    desk.door.flows.clock = lambda: datetime.now(UTC)
    assert reader.ask(back)[0] == 400
    assert reader.send(form)[0] == 409
    with desk.database.transaction() as db:
        db.execute(portraits.delete())
    before = stored(desk)
    assert before["sign_ins"] >= 2
    desk.door.flows.forget_old()
    assert stored(desk)["sign_ins"] <= before["sign_ins"] - 2


def portrait_of(data: bytes) -> Image.Image:
    from rejoinder.replies.identity.portraits import square

    return Image.open(io.BytesIO(square(data)))


def test_a_portrait_is_small_square_and_says_nothing() -> None:
    from rejoinder.replies.identity.portraits import PortraitError, square

    exif = Image.Exif()
    exif[0x010F] = "the camera of bo@mail.example"
    made = io.BytesIO()
    Image.new("RGB", (640, 200), "red").save(made, "JPEG", exif=exif, comment=b"at home")
    small = square(made.getvalue())
    assert b"camera" not in small
    assert b"home" not in small
    image = portrait_of(made.getvalue())
    assert (image.format, image.size, dict(image.getexif())) == ("WEBP", (96, 96), {})
    assert len(small) < 2000
    assert square(made.getvalue()) == small  # the same picture is the same file
    large = io.BytesIO()
    Image.new("1", (6_000, 6_000)).save(large, "PNG")
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    for bad in (b"", b"no picture", svg, made.getvalue()[:300], large.getvalue()):
        with pytest.raises(PortraitError):
            square(bad)


def test_a_picture_that_cannot_be_had_keeps_nobody_out(reader: Reader) -> None:
    host = reader.host
    for bad in (b"no picture", picture() + b"x" * (5 << 20)):
        host.picture = bad
        assert "portrait" not in reader.sign_in("github")
    # Nor does the desk ask inward for it.
    host.claims = lambda claims: claims | {"picture": "http://10.1.2.3/x.png"}
    assert "portrait" not in reader.sign_in("google")


def test_an_account_that_was_approved_before_is_known_by_its_mark(
    site: SiteFolder, host: Identities
) -> None:
    place = furnished_for(site, host)
    with desk_of(place.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        reader = Reader(desk, server, host)
        first = reply_at(desk, reader.send(reader.sign_in("linkedin"))[1])
        assert first.status is Status.PENDING
        desk.queue.decide(first.id, Status.APPROVED, by="ada", why="", now=datetime.now(UTC))
        again = reader.sign_in("linkedin")
        assert reply_at(desk, reader.send(again)[1]).status is Status.APPROVED
        # Under another name it is somebody whom nobody knows; so is another account.
        other = reader.sign_in("linkedin") | {"name": "Ada"}
        assert reply_at(desk, reader.send(other)[1]).status is Status.PENDING
        other = reader.sign_in("google")
        assert reply_at(desk, reader.send(other)[1]).status is Status.PENDING


def test_the_mark_and_the_portrait_are_published_and_go_with_the_comment(
    place: SiteFolder, host: Identities
) -> None:
    furnished_for(place, host)
    with desk_of(place.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        reader = Reader(desk, server, host)
        one, two = (reply_at(desk, reader.send(reader.sign_in("github"))[1]) for _ in range(2))
        file = place.content / one.portrait
        assert not file.exists()  # private until somebody approves
        for reply in (one, two):
            now = datetime.now(UTC)
            desk.queue.decide(reply.id, Status.APPROVED, by="ada", why="", now=now)
        touched = desk.publish()
        assert file in touched
        assert Image.open(io.BytesIO(file.read_bytes())).size == (96, 96)
        store = CommentStore(place.content)
        comment = next(c for c in store.read("first").comments if c.id == one.id)
        assert comment.verified == f"github {host.url}/github/ada-q"
        assert comment.portrait == one.portrait
        text = store.path("first", one.id).read_text("utf-8")
        assert "bo@mail.example" not in text
        # It is one file for both, and stays while one of them shows it.
        now = datetime.now(UTC)
        desk.queue.decide(two.id, Status.WITHDRAWN, by="its writer", why="", now=now)
        desk.publish()
        assert file.exists()
        # A person is found by the account, is given what there is, and is removed with it.
        account = f"{host.url}/github/ada-q/"
        held = people.export(desk.database, desk.content, desk.private, account)
        assert [row["id"] for row in held["replies"]] == [one.id]
        assert [row["path"] for row in held["portraits"]] == [one.portrait]
        reader.press("github")
        reader.press("github", email="other@mail.example")
        half = people.export(desk.database, desk.content, desk.private, "bo@mail.example")
        assert len(half["signing_in"]) == 1
        report = people.erase(desk.queue, desk.content, desk.private, account, by="ada", now=now)
        assert report.replies == [one.id]
        people.erase(desk.queue, desk.content, desk.private, "bo@mail.example", by="a", now=now)
        desk.publish()
        assert not file.exists()
        assert stored(desk) == {"sign_ins": 1, "portraits": 0}
        assert "Removed" not in text
        assert host.url not in store.path("first", one.id).read_text("utf-8")


def test_the_moderator_sees_who_it_is(reader: Reader) -> None:
    desk = reader.desk
    reply = reply_at(desk, reader.send(reader.sign_in("github"))[1])
    desk.moderators.save("ada")
    secret = desk.moderators.begin("ada", datetime.now(UTC))
    reader.cookies["rejoinder_desk"] = secret
    text = reader.ask("/reply/desk")[2]
    card = BeautifulSoup(text, "html.parser").find(id=f"r-{reply.id}")
    assert card is not None
    assert f"signed in as localhost:{reader.host.port}/github/ada-q" in words(str(card))
    picture_at = str(card.find("img")["src"])  # type: ignore[index]
    reader.cookies.clear()
    assert reader.ask(picture_at)[0] == 303  # moderators sign in first
