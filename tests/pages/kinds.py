"""Every kind of page, and how one gets to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from playwright.sync_api import Page, expect

from pages.place import POST, THREAD, Place
from rejoinder.replies.model import Status
from rejoinder.replies.signing import Link

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
    "letter": _letter("mine"),
    "mention": "webmention",
    "sign-in": "reply/desk/sign-in",
    "enter": _door,
    "queue": enter,
    "published": "reply/desk?status=approved",
    "one": _one,
}
"""What the desk shows: to readers first, then to its moderators."""
