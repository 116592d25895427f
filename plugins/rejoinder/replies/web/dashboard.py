"""The dashboard of engagement, for moderators alone, unless the site has it otherwise."""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from rejoinder.engagement import writing
from rejoinder.errors import RejoinderError
from rejoinder.languages.catalogues import fingerprint
from rejoinder.replies.desk import Desk
from rejoinder.replies.engaged import published
from rejoinder.replies.web.moderation import Moderation
from rejoinder.replies.web.pages import ASSET_TYPES, HEADERS, page, see_other

FRESH_SECONDS = 600
"""After so long a dashboard is made anew for who asks, with a look at each file: time passes, views
come in, and other hands may have been at the files. Before, only when something was published, or
when it is to speak otherwise."""

_NAME = re.compile(r"[a-z-]+\.(csv|json|css|svg)|engagement\.schema\.json")
_TYPES = {".html": "text/html", ".csv": "text/csv", ".json": "application/json", **ASSET_TYPES}


class DashboardDoor:
    """The handlers of one site's dashboard."""

    def __init__(self, desk: Desk, moderation: Moderation) -> None:
        self.desk = desk
        self.moderation = moderation
        self._making = threading.Lock()
        self._seen_all_at = float("-inf")
        self._stamp: tuple[object, ...] = ()

    async def show(self, request: Request) -> Response:
        """The page, or one of the files beside it."""
        try:
            return await run_in_threadpool(self._show, request)
        except RejoinderError as error:
            return page("said.html", 500, said=str(error))

    def _show(self, request: Request) -> Response:
        if self.moderation.session(request) is None:
            return see_other("/reply/desk/sign-in")
        name = request.path_params.get("file", "")
        if not self._is_shown() or (name and not _NAME.fullmatch(name)):
            return page("none.html", 404)
        folder = writing.private_folder(self.desk.content)
        self._refresh(folder)
        path = folder / (name or writing.PAGE)
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            return page("none.html", 404)
        return Response(body, media_type=_TYPES[path.suffix], headers=HEADERS)

    def _is_shown(self) -> bool:
        wanted = self.desk.subjects.facts.engagement.dashboard
        host = urlsplit(self.desk.subjects.base).hostname
        return wanted in ("private", "public") or (
            wanted == "local" and host in ("127.0.0.1", "localhost", "::1")
        )

    def _refresh(self, folder: Path) -> None:
        """Make the dashboard anew where it is old; one at a time, and others wait for it."""
        with self._making:
            speaks = self.desk.subjects.facts.language, fingerprint(self.desk.content)
            stamp = (*published(self.desk.database), *speaks)
            is_old = time.monotonic() - self._seen_all_at >= FRESH_SECONDS
            if is_old or stamp != self._stamp or not (folder / writing.PAGE).exists():
                made = writing.make(self.desk.content, datetime.now(UTC), thorough=is_old)
                writing.write(folder, made)
                self._stamp = stamp
                if is_old:
                    self._seen_all_at = time.monotonic()
