"""Who asks: the address behind the proxies, how much of it, and the reader's own cookie."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from rejoinder.replies.desk import Desk
from rejoinder.replies.identity.flows import KEPT
from rejoinder.replies.judging.limits import Buckets, bucket_of, client_address, is_in, networks

READER, READER_DAYS = "rejoinder_reader", 365
_SIGNING_IN = "rejoinder_sign_in"
_MARK = re.compile(r"[\w-]{43}", re.ASCII)
_SIGN_INS_PER_HOUR, _SIGN_INS_AT_ONCE = 20, 6


class Visits:
    """What one desk's requests have in common. For the event loop's thread alone."""

    def __init__(self, desk: Desk) -> None:
        limits = desk.settings.limits
        self.desk = desk
        self.trusted = networks(limits.trusted_proxies)
        self.replies = Buckets(limits.replies_per_hour / 3600, max(limits.burst, 1))
        minute = limits.requests_per_minute
        self.requests = Buckets(minute / 60, max(minute // 4, 1))
        self.looks = Buckets(minute / 60, max(minute // 4, 1))  # so that reading costs no preview
        # Each makes the desk ask somebody else's server.
        self.identities = Buckets(limits.replies_per_hour / 1800, max(2 * limits.burst, 1))
        self.sign_ins = Buckets(_SIGN_INS_PER_HOUR / 3600, _SIGN_INS_AT_ONCE)

    @property
    def origins(self) -> Collection[str]:
        """The origins of the site and of the desk."""
        addresses = (self.desk.subjects.base, self.desk.settings.address)
        parts = [urlsplit(address) for address in addresses if address]
        return {f"{part.scheme}://{part.netloc}" for part in parts}

    def address(self, request: Request) -> str:
        """Where the request comes from."""
        peer = request.client.host if request.client else ""
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        return client_address(peer, forwarded, self.trusted)

    def wait(self, buckets: Buckets, address: str) -> int:
        """0, or the whole seconds until an address may send again."""
        seconds = buckets.take(bucket_of(address), time.monotonic())
        return int(seconds) + 1 if seconds else 0

    def is_https(self, request: Request) -> bool:
        """Whether the browser speaks TLS to us or to our proxy."""
        peer = request.client.host if request.client else ""
        said = request.headers.get("x-forwarded-proto", "")
        if said and is_in(peer, self.trusted):
            return said == "https"
        return request.url.scheme == "https"

    def signing_in(self, request: Request) -> str:
        """What tells a browser in which somebody signs in from all others; '' of one in which
        nobody does."""
        found = request.cookies.get(self._signing_in(request)[0], "")
        return found if _MARK.fullmatch(found) else ""

    def keep_signing_in(self, request: Request, response: Response, mark: str) -> None:
        """Let the browser keep that, as long as a sign-in is kept here."""
        name, path = self._signing_in(request)
        response.set_cookie(
            name, mark, max_age=int(KEPT.total_seconds()), path=path, httponly=True,
            samesite="lax", secure=self.is_https(request),
        )  # fmt: skip

    def stop_signing_in(self, request: Request, response: Response) -> None:
        """Let the browser forget that."""
        name, path = self._signing_in(request)
        response.delete_cookie(
            name, path=path, httponly=True, samesite="lax", secure=self.is_https(request)
        )

    def _signing_in(self, request: Request) -> tuple[str, str]:
        """The cookie's name and path: over TLS one that no other host can set (RFC 6265bis,
        4.1.3.2)."""
        return (f"__Host-{_SIGNING_IN}", "/") if self.is_https(request) else (_SIGNING_IN, "/reply")

    def reader(self, request: Request) -> dict[str, Any]:
        """What a reader let us remember in their own browser."""
        cookie = request.cookies.get(READER, "")
        return self.desk.signer.read_reader(cookie, READER_DAYS) if cookie else {}

    def remember(self, request: Request, response: Response, values: dict[str, Any]) -> None:
        """Let the reader's browser keep this; nothing of it is kept here. Where the desk has an
        address of its own, forms come from pages of another site, and a `lax` cookie would stay
        behind; who may send them is looked at by their origin (`is_cross_site`)."""
        is_https = self.is_https(request)
        response.set_cookie(
            READER, self.desk.signer.reader(values), max_age=READER_DAYS * 86400, path="/reply",
            httponly=True, secure=is_https,
            samesite="none" if is_https and self.desk.settings.address else "lax",
        )  # fmt: skip

    def forget(self, response: Response) -> None:
        """Let the reader's browser forget."""
        response.delete_cookie(READER, path="/reply", httponly=True, samesite="lax")
