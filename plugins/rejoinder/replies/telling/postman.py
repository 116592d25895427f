"""Sends what is due: letters by SMTP, webhooks by the network client. The one module of the
desk that goes out by itself, and only to the servers that the settings name."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby

from rejoinder.errors import FetchError
from rejoinder.languages.texts import Texts
from rejoinder.replies.settings import Mail, Webhook
from rejoinder.replies.telling.deliveries import Deliveries, Delivery, unpack
from rejoinder.replies.telling.letters import Block, Sender, Words, compose
from rejoinder.web import Client

logger = logging.getLogger(__name__)

_SECONDS = 20.0
_LONGEST = 60.0
"""After so many seconds the rest waits for the next round: the worker has other work, and the
lease on what was claimed must not end before it is sent."""


class Postman:
    """Carries what waits in the queue. `texts` gives those of the site's language; `count` is told
    of each thing that was sent, failed or was given up."""

    def __init__(
        self,
        deliveries: Deliveries,
        mail: Mail,
        webhook: Webhook,
        title: str,
        texts: Callable[[], Texts],
        reachable: Sequence[str] = (),
        count: Callable[[str, str], None] = lambda kind, how: None,
    ) -> None:
        self.deliveries = deliveries
        self.mail = mail
        self.webhook = webhook
        self.sender = Sender(title, mail.sender)
        self.texts = texts
        self.reachable = reachable
        self.count = count

    def carry(self, now: datetime | None = None) -> int:
        """Send all that is due; how many went. Failures are noted, never raised."""
        now = now or datetime.now(UTC)
        gone = 0
        if self.mail.host:
            gone += self._letters(now)
        if self.webhook.url:
            gone += self._hooks(now)
        return gone

    def _letters(self, now: datetime) -> int:
        batch = [([one], one.recipient, one.payload) for one in self.deliveries.claim("mail", now)]
        daily = self.deliveries.claim("daily", now)
        for (recipient, _), group in groupby(sorted(daily, key=_together), key=_together):
            ones = list(group)
            try:
                batch.append((ones, recipient, self._day(recipient, ones, now)))
            except ValueError as error:
                self._failed(ones, error, now, is_final=True)
        if not batch:
            return 0
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            for ones, _, _ in batch:
                self._failed(ones, error, now, is_final=False)
            return 0
        gone, until = 0, time.monotonic() + _LONGEST
        try:
            while batch and time.monotonic() < until:
                ones, recipient, message = batch.pop(0)
                try:
                    server.sendmail(self.mail.sender, [recipient], message.encode("ascii"))
                except (OSError, smtplib.SMTPException, ValueError) as error:
                    self._failed(ones, error, now, is_final=_is_final(error))
                    try:
                        server.rset()
                    except (OSError, smtplib.SMTPException):
                        break  # perhaps that letter's fault: the others go with the next round
                else:
                    self.deliveries.sent([one.number for one in ones], now)
                    self.count("mail", "sent")
                    gone += 1
        finally:
            self.deliveries.put_back([one for ones, _, _ in batch for one in ones], now)
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()
        return gone

    def _connect(self) -> smtplib.SMTP:
        mail = self.mail
        server: smtplib.SMTP
        if mail.security == "tls":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
        try:
            if mail.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if mail.username:
                server.login(mail.username, mail.password)
        except BaseException:
            server.close()
            raise
        return server

    def _day(self, recipient: str, ones: list[Delivery], now: datetime) -> str:
        """One letter of all that came together for somebody."""
        blocks: list[Block] = []
        subject = unsubscribe = ""
        for one in ones:
            subject, more, unsubscribe = unpack(one.payload)
            blocks += [Words(subject), *more]
        texts = self.texts()
        if len(ones) > 1:
            subject = texts.translate_count(
                "%(n)s new thing at %(site)s", "%(n)s new things at %(site)s", len(ones),
                site=self.sender.name,
            )  # fmt: skip
        key = "day:" + ",".join(one.key for one in ones)
        return compose(
            self.sender, recipient, subject, blocks, key=key, date=now, unsubscribe=unsubscribe,
            texts=texts,
        )  # fmt: skip

    def _hooks(self, now: datetime) -> int:
        waiting = self.deliveries.claim("webhook", now)
        gone, until = 0, time.monotonic() + _LONGEST
        while waiting and time.monotonic() < until:
            one = waiting.pop(0)
            try:
                status = self._hook(one, now)
                if not 200 <= status < 300:
                    raise FetchError(f"the server answered {status}", where=self.webhook.url)
            except FetchError as error:
                self._failed([one], error, now, is_final=False)
                if "answered" not in error.what:
                    break
            else:
                self.deliveries.sent([one.number], now)
                self.count("webhook", "sent")
                gone += 1
        self.deliveries.put_back(waiting, now)
        return gone

    def _hook(self, one: Delivery, now: datetime) -> int:
        """Send a webhook, signed as Standard Webhooks 1.0 says (standardwebhooks.com); the
        status of the answer. Raises FetchError."""
        stamp = str(int(now.timestamp()))
        body = one.payload.encode("utf-8")
        number = f"msg_{one.number}"
        signed = b".".join((number.encode(), stamp.encode(), body))
        mac = hmac.new(_key(self.webhook.secret), signed, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": number,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
        }
        with Client(
            allow=self.reachable, timeout=_SECONDS, deadline=_SECONDS, max_redirects=0
        ) as client:
            return client.request("POST", self.webhook.url, headers=headers, content=body).status

    def _failed(
        self, ones: list[Delivery], error: Exception, now: datetime, *, is_final: bool
    ) -> None:
        for one in ones:
            # Servers like to repeat the recipient in what they say: only the code is kept.
            code = getattr(error, "smtp_code", "")
            problem = f"{type(error).__name__} {code}".strip()
            given_up = self.deliveries.failed(one, problem, now, is_final=is_final)
            self.count(one.kind, "given up" if given_up else "failed")
            logger.warning("%s %d was not sent: %s", one.kind, one.number, problem)


def _is_final(error: Exception) -> bool:
    """Whether this letter will never be taken (RFC 5321, 4.2.1: 5yz). A server that refuses
    us, or our own address, has nothing against the letter: somebody will mend that."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, ValueError)  # the address can't even be said to a server


def _together(one: Delivery) -> tuple[str, str]:
    """What comes in one letter: what goes to somebody for one reason. A moderator who reads
    new posts too can end those letters, and not the others."""
    return one.recipient, one.key.partition(":")[0]


def _key(secret: str) -> bytes:
    """The key of the signature: base64 after `whsec_`, as the standard writes one, or else the
    words themselves."""
    with suppress(binascii.Error, ValueError):
        if secret.startswith("whsec_"):
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return secret.encode("utf-8")
