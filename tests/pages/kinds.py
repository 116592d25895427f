"""Every kind of page, and how one gets to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from bs4 import BeautifulSoup
from desks import submit
from playwright.sync_api import Page, expect

from pages.place import POST, THREAD, Place
from rejoinder.replies.model import Status
from rejoinder.replies.signing import Link
from rejoinder.replies.telling.subscriptions import POSTS

Way: TypeAlias = str | Callable[[Page, Place, str], None]
"""An address below the site's, or what leads there: it is given a page, the place, and the address
of the site."""


def _found(page: Page, place: Place, address: str) -> None:
    page.goto(f"{address}search/?q=network")
    expect(page.locator("#search-found mark").first).to_be_visible()


def _dashboard(page: Page, place: Place, address: str) -> None:
    page.goto(f"{address}engagement/")
    for summary in page.locator("summary").all():
        summary.click()


SITE: dict[str, Way] = {
    "index": "",
    "earlier": "page/2/",
    "post": POST,
    "thread": f"{POST}comments/2/",
    "turned": f"{POST}comments/newest/",
    "quiet": "2026/08/write-the-memo/",
    "closed": "2026/04/rented-rooms/",
    "figure": "2026/10/ten-years-at-one-address/",
    "long": "2026/07/how-to-read-a-reply/",
    "draft": "drafts/saying-no-in-writing/",
    "drafts": "drafts/",
    "page": "about/",
    "styled": "styled/",
    "author": "author/nora-veldt/",
    "authors": "authors/",
    "category": "category/ownership/",
    "categories": "categories/",
    "tag": "tag/ownership/",
    "tags": "tags/",
    "archives": "archives/",
    "search": "search/",
    "found": _found,
    "missing": "404.html",
    "elsewhere": "elsewhere/",
    "coverage": "elsewhere/coverage/",
    "network": "network/",
    "dashboard": _dashboard,
}
"""What is built, in whatever theme."""


def _sent(answer: str, **fields: str) -> Way:
    """What the desk answers, at an address like that, to a reply without a script."""

    def send(page: Page, place: Place, address: str) -> None:
        page.goto(f"{address}reply?thread={THREAD}")
        page.locator("form").evaluate("form => { form.noValidate = true; }")
        for name, text in fields.items():
            page.locator(f"[name={name}]").fill(text)
        page.get_by_role("button", name="Send your reply").click()
        page.wait_for_url(answer)

    return send


def _letter(action: str) -> Way:
    def open_it(page: Page, place: Place, address: str) -> None:
        (reply, *_), _ = place.desk.queue.page(Status.PENDING)
        page.goto(f"{address}reply/mail/{place.desk.signer.link(Link(action, reply.id))}")

    return open_it


def enter(page: Page, place: Place, address: str) -> None:
    """A moderator comes in, unless they are in."""
    page.goto(f"{address}reply/desk")
    if page.url.endswith("sign-in"):
        link = place.desk.signer.link(Link("enter", "ada"))
        page.goto(f"{address}reply/desk/enter/{link}")
        page.get_by_role("button", name="Enter").click()


def _one(page: Page, place: Place, address: str) -> None:
    enter(page, place, address)
    page.get_by_role("link", name="Answer, edit, thread").first.click()
    page.locator("summary").click()


def _status(which: str) -> Way:
    """A reader's own reply."""

    def show(page: Page, place: Place, address: str) -> None:
        token = place.desk.signer.status_token(getattr(place, which))
        page.goto(f"{address}reply/status/{token}")

    return show


def _late(page: Page, place: Place, address: str) -> None:
    """Somebody changes a reply that was taken back meanwhile."""
    reply = submit(place.desk, thread=THREAD, name="Ida", text="Said too soon.")
    page.goto(f"{address}reply/status/{place.desk.signer.status_token(reply.id)}")
    now = datetime.now(UTC)
    place.desk.queue.decide(reply.id, Status.WITHDRAWN, by="its writer", why="", now=now)
    page.get_by_label("Your words").fill("Said too *late*,\nin two lines.")
    page.get_by_role("button", name="Save the change").click()
    page.get_by_role("alert").wait_for()


def _previewed(page: Page, place: Place, address: str) -> None:
    """An answer to a comment, as it will look."""
    first = min((place.site.content / "comments" / THREAD).glob("*.md"))
    page.goto(f"{address}reply?thread={THREAD}&to={first.stem}")
    page.get_by_label("Your words").fill("> the list\n\nIs *that* so?")
    page.get_by_role("button", name="Preview").click()
    page.locator(".preview").wait_for()


def _signed_in(page: Page, place: Place, address: str) -> None:
    """The form, after its reader has signed in."""
    form = {"thread": THREAD, "text": "Said *as myself*.", "with": "github"}
    begun = page.request.post(f"{address}reply/sign-in", form=form)
    onward = BeautifulSoup(begun.text(), "html.parser").find("a")
    assert onward is not None
    came_back = page.request.post(str(onward["href"]), form={"do": "allow"})
    page.goto(came_back.url)


def _which(page: Page, place: Place, address: str) -> None:
    """Which server somebody is at."""
    page.goto(f"{address}reply?thread={THREAD}")
    page.get_by_role("button", name="Mastodon").click()
    page.wait_for_url("**/sign-in")


def _subscribed(page: Page, place: Place, address: str) -> None:
    page.goto(f"{address}reply/subscribe")
    page.get_by_label("Email").fill("ida@mail.example")
    page.get_by_role("button").click()
    page.get_by_role("heading", name="on its way").wait_for()


def _unsubscribe(done: bool) -> Way:
    """Letters are stopped."""

    def stop(page: Page, place: Place, address: str) -> None:
        wishes, now = place.desk.notices.subscriptions, datetime.now(UTC)
        with place.desk.database.transaction() as db:
            wish = wishes.ask(db, f"{done}@mail.example".lower(), POSTS, now, confirmed=True)
        assert wish is not None
        link = place.desk.signer.link(Link("end", str(wish.number)))
        page.goto(f"{address}reply/mail/{link}")
        if done:
            page.get_by_role("button").click()
            page.get_by_role("heading", name="No more").wait_for()

    return stop


def _door(page: Page, place: Place, address: str) -> None:
    link = place.desk.signer.link(Link("enter", "ada"))
    page.goto(f"{address}reply/desk/enter/{link}")


DESK: dict[str, Way] = {
    "reply": f"reply?thread={THREAD}",
    "refused": _sent("**/reply", text="Half of it.", name="", url="nowhere", email="no address"),
    "shut": "reply?thread=rented-rooms",
    "thanked": _sent("**/reply/status/*", text="Said *without* a script.", name="Dee Reader"),
    "no-such": "reply/status/nothing",
    "subscribe": "reply/subscribe",
    "previewed": _previewed,
    "changed": _status("changed"),
    "withdrawn": _status("withdrawn"),
    "late": _late,
    "which": _which,
    "signed-in": _signed_in,
    "not-signed-in": "reply/sign-in/back/github?state=nothing&code=nothing",
    "subscribed": _subscribed,
    "stop": _unsubscribe(False),
    "stopped": _unsubscribe(True),
    "letter": _letter("mine"),
    "mention": "webmention",
    "sign-in": "reply/desk/sign-in",
    "enter": _door,
    "queue": enter,
    "published": "reply/desk?status=approved",
    "one": _one,
}
"""What the desk shows: to readers first, then to its moderators."""
