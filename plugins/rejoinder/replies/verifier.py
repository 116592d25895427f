"""Looking at pages that are said to mention ours: in a thread of its own, so that a slow page
keeps neither readers nor publishing waiting."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

from rejoinder import politely
from rejoinder.errors import FetchError, RejoinderError
from rejoinder.mentions.model import Mention
from rejoinder.mentions.reading import NoMention, read
from rejoinder.replies.desk import Desk
from rejoinder.replies.mentioning import Mentions, Row
from rejoinder.web import Client, Response

logger = logging.getLogger(__name__)

SECONDS = 5.0
"""How often it looks when nobody wakes it."""

_MAX_BYTES = 1 << 20
_GONE = (404, 410)
_ACCEPT = "text/html, application/xhtml+xml, application/json;q=0.9, text/plain;q=0.8"


class Verifier:
    """Runs until it is left."""

    def __init__(self, desk: Desk, pause: float = politely.PAUSE) -> None:
        self.mentions = Mentions(desk)
        self.desk = desk
        self.pause = pause
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="verifier", daemon=True)

    def __enter__(self) -> Verifier:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def wake(self) -> None:
        """Something was told: look now."""
        self._wake.set()

    def round(self) -> int:
        """Look at all that is due; how many. Raises RejoinderError."""
        rows = self.mentions.claim(datetime.now(UTC))
        if not rows:
            return 0
        with Client(
            allow=self.desk.settings.reachable_networks, timeout=10, deadline=20,
            max_bytes=_MAX_BYTES,
        ) as client:  # fmt: skip
            lines = politely.queues(rows, lambda row: row.source)

            def look(row: Row, _before: object) -> tuple[Row, Response | FetchError]:
                try:
                    return row, client.get(row.source, headers={"accept": _ACCEPT})
                except FetchError as error:
                    return row, error

            for row, answer in politely.each_host(lines, look, self.pause):
                self._judge(row, answer)
        return len(rows)

    def _judge(self, row: Row, answer: Response | FetchError) -> None:
        now = datetime.now(UTC)
        if isinstance(answer, FetchError):
            self.mentions.failed(row, answer.what, now)
        elif answer.status in _GONE:
            self.mentions.refuse(row, f"the page is gone ({answer.status})", now)
        elif answer.status != 200:
            self.mentions.failed(row, f"the page answered {answer.status}", now)
        else:
            kind = answer.headers.get("content-type", "")
            found = read(answer.body, kind, answer.url, row.source, row.target, row.via)
            if isinstance(found, NoMention):
                self.mentions.refuse(row, found.why, now)
            else:
                self._take(found, row, now)

    def _take(self, found: Mention, row: Row, now: datetime) -> None:
        try:
            self.mentions.take(found, now)
        except RejoinderError as error:
            self.mentions.failed(row, error.what, now)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                while self.round() and not self._stop.is_set():
                    pass
            except (RejoinderError, OSError) as error:
                what = error.what if isinstance(error, RejoinderError) else type(error).__name__
                logger.error("mentions could not be looked at, and are later: %s", what)
            except Exception as error:
                logger.error("a mistake in the verifier: %s", type(error).__name__)
            self._wake.wait(SECONDS)
            self._wake.clear()
