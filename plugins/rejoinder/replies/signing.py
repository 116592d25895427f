"""What the desk signs with its one secret: links, stamps of forms, a reader's own cookie, and
the keyed hashes that stand for what it doesn't keep.

Each kind has a salt of its own, so that no token is good for another purpose.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")


class StampError(Exception):
    """A form's stamp is forged, or older than it may be."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link in a letter lets its reader do. `number` makes each link another one."""

    action: str
    subject: str
    who: str = ""
    number: str = ""


class Signer:
    """Makes and reads every token of one site. Pure but for the clock and chance."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode("utf-8")
        self._status = URLSafeSerializer(secret, salt="status")
        self._stamps = URLSafeTimedSerializer(secret, salt="stamp")
        self._links = URLSafeTimedSerializer(secret, salt="link")
        self._readers = URLSafeTimedSerializer(secret, salt="reader")

    def status_token(self, reply_id: str) -> str:
        """What the writer's status link ends with: nobody else can make it."""
        return str(self._status.dumps(reply_id))

    def reply_of(self, token: str) -> str | None:
        """The id of the reply that a token is for; None for one that wasn't made here."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            return str(self._status.loads(token))
        except BadSignature:
            return None

    def stamp(self) -> str:
        """A mark of when a form was shown."""
        return str(self._stamps.dumps(secrets.token_urlsafe(9)))

    def stamp_age(self, stamp: str, hours: int) -> float:
        """Seconds since a form was shown. Raises StampError for one that is forged or older
        than `hours`."""
        try:
            _, at = self._stamps.loads(stamp, max_age=hours * 3600, return_timestamp=True)
        except BadSignature as error:
            raise StampError from error
        return time.time() - float(at.timestamp())

    def link(self, link: Link) -> str:
        """A link's token; `number` is made here where it has none."""
        number = link.number or secrets.token_urlsafe(9)
        return str(self._links.dumps([link.action, link.subject, link.who, number]))

    def read_link(self, token: str, seconds: int) -> Link | None:
        """What a link is for; None when it wasn't made here or is older than `seconds`."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            return Link(*self._links.loads(token, max_age=seconds))
        except (BadSignature, TypeError):
            return None

    def reader(self, values: dict[str, Any]) -> str:
        """A reader's own cookie."""
        return str(self._readers.dumps(values))

    def read_reader(self, cookie: str, days: int) -> dict[str, Any]:
        """What a reader's cookie says; nothing when it wasn't made here or is too old."""
        try:
            found = self._readers.loads(cookie, max_age=days * 86400)
        except BadSignature:
            return {}
        return found if isinstance(found, dict) else {}

    def digest(self, purpose: str, *values: str) -> str:
        """A keyed hash (HMAC-SHA-256, 32 hex digits): the same for the same values, and no
        help in finding them."""
        said = "\0".join((purpose, *values)).encode("utf-8", "replace")
        return hmac.new(self._secret, said, hashlib.sha256).hexdigest()[:32]
