"""Posting to Mastodon and Bluesky through their own clients, which are an extra and do their own
I/O: nothing but `announce` comes here, and only with its author's own credentials.

What fails is told in two ways: `Refused`, nothing was posted; `InDoubt`, nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from rejoinder.authors import Profile
from rejoinder.comments.model import one_line
from rejoinder.errors import CrosslinkError
from rejoinder.profiles.addresses import canonical
from rejoinder.profiles.credentials import Credentials
from rejoinder.profiles.drafts import Announcement, links
from rejoinder.profiles.intents import Intent
from rejoinder.profiles.networks import native_id
from rejoinder.web import USER_AGENT

TIMEOUT = 30
"""Seconds that a server may take."""

THUMB = 1_000_000
"""Bytes of a card's picture (lexicon app.bsky.embed.external)."""

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
SKEW = timedelta(minutes=10)
"""How much a server's clock may differ from ours."""
_PAGES = 5
_COLLECTION = "app.bsky.feed.post"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Refused(CrosslinkError):  # noqa: N818 - a result that is told, not a bug
    """Nothing was posted."""


class InDoubt(CrosslinkError):  # noqa: N818 - the same
    """It is not known whether it was posted: no answer came that says so."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted: its names, the best first, where a reader finds it, and when."""

    names: tuple[str, ...]
    url: str
    date: datetime


class Poster(Protocol):
    """Somebody who posts to one profile."""

    def find(self, intent: Intent) -> Posted | None:
        """What an earlier try has posted. Raises InDoubt, Refused."""

    def post(self, intent: Intent, post: Announcement) -> Posted:
        """Post it; where an earlier try did, that one. Raises InDoubt, Refused."""

    def close(self) -> None:
        """Close the connections that are kept open."""


def poster(profile: Profile, credentials: Credentials) -> Poster:
    """Who posts to a profile. Raises Refused where the client isn't installed, or what lets us
    in isn't there."""
    try:
        if profile.network == "mastodon":
            return OnMastodon(profile, credentials)
        return OnBluesky(profile, credentials)
    except ImportError as error:
        raise Refused(f"{profile.label} needs its client, which isn't installed",
                      mend='Run: pip install "rejoinder[announce]".') from error  # fmt: skip


def _safe(url: str) -> str:
    """The server of an address; what lets one in goes over TLS, or stays on this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise Refused("a token is not sent over plain http", where=url, mend="Use its https.")
    return f"{parts.scheme}://{parts.netloc}"


class OnMastodon:
    """A profile on Mastodon. Its server takes an Idempotency-Key twice within an hour as once
    (docs.joinmastodon.org/methods/statuses); after that only a look at the profile tells."""

    def __init__(self, profile: Profile, credentials: Credentials) -> None:
        import mastodon

        if not credentials.token:
            raise Refused(f"there is no access token for {profile.name}",
                          mend="docs/announcing.md says where it goes.")  # fmt: skip
        self.server = _safe(profile.url)
        self._errors: Any = mastodon
        self._api: Any = mastodon.Mastodon(
            access_token=credentials.token, api_base_url=self.server, request_timeout=TIMEOUT,
            ratelimit_method="throw", user_agent=USER_AGENT,
        )  # fmt: skip

    def find(self, intent: Intent) -> Posted | None:
        with self._told():
            me = self._api.account_verify_credentials()
            page = self._api.account_statuses(
                me.id, limit=40, exclude_replies=True, exclude_reblogs=True
            )
            for _ in range(_PAGES):
                for status in page or ():
                    if status.created_at < intent.date - SKEW:
                        return None
                    name = native_id("mastodon", status.url, status.uri)
                    if name not in intent.before and _leads(status.content, intent.url):
                        return self._posted(status)
                page = self._api.fetch_next(page) if page else None
        return None

    def post(self, intent: Intent, post: Announcement) -> Posted:
        with self._told():
            status = self._api.status_post(
                intent.text, visibility="public", language=post.language.partition("-")[0] or None,
                idempotency_key=intent.secret,
            )  # fmt: skip
            return self._posted(status)

    def close(self) -> None:
        self._api.session.close()

    @staticmethod
    def _posted(status: Any) -> Posted:
        return Posted((status.url, status.uri), status.url, status.created_at)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._errors.MastodonRatelimitError as error:
            raise Refused("it was asked too often", where=self.server,
                          mend="Try again in an hour.") from error  # fmt: skip
        except (self._errors.MastodonError, AttributeError, TypeError) as error:
            status = next((n for n in error.args if isinstance(n, int)), 0)
            if 400 <= status < 500:
                said = one_line(f"{error.args[-1] or error.args[-2]}")
                raise Refused(f"it answered {status}: {said[:200]}", where=self.server,
                              mend=_mend(status)) from error  # fmt: skip
            raise InDoubt(f"no answer could be used: {one_line(str(error))[:200]}",
                          where=self.server) from error  # fmt: skip


class OnBluesky:
    """A profile on Bluesky. A record is created under a name that the intent gives it, so a
    second one can't be; what the server says to that differs (a 500 among others), so it is
    asked whether the record is there."""

    def __init__(self, profile: Profile, credentials: Credentials) -> None:
        import atproto
        import atproto.exceptions
        import atproto_client.request
        import httpx

        if not credentials.app_password:
            raise Refused(f"there is no app password for {profile.name}",
                          mend="docs/announcing.md says where it goes.")  # fmt: skip
        self.server = _safe(credentials.server or "https://bsky.social")
        self._profile = profile.url.rstrip("/")
        self._handle = credentials.handle or self._profile.rpartition("/")[2]
        self._password = credentials.app_password
        self._models: Any = atproto.models
        self._failures = (atproto.exceptions.AtProtocolError, httpx.HTTPError, ValueError)
        request = atproto_client.request.Request(timeout=TIMEOUT)
        self._api: Any = atproto.Client(base_url=self.server, request=request)
        self._did = ""

    def find(self, intent: Intent) -> Posted | None:
        self._enter()
        params = self._models.ComAtprotoRepoGetRecord.Params(
            repo=self._did, collection=_COLLECTION, rkey=intent.record_key
        )
        try:
            self._api.com.atproto.repo.get_record(params)
        except self._failures as error:
            if _status(error) in (400, 404):  # RecordNotFound
                return None
            raise self._doubt(error) from error
        return self._posted(intent)

    def post(self, intent: Intent, post: Announcement) -> Posted:
        self._enter()
        try:
            record = self._record(intent, post)
        except self._failures as error:  # nothing but its picture has been sent
            raise Refused(self._words(error), where=self.server) from error
        data = self._models.ComAtprotoRepoCreateRecord.Data(
            repo=self._did, collection=_COLLECTION, rkey=intent.record_key, record=record
        )
        try:
            self._api.com.atproto.repo.create_record(data)
        except self._failures as error:
            found = self.find(intent)
            if found is not None:
                return found
            if 400 <= _status(error) < 500:
                raise Refused(self._words(error), where=self.server) from error
            raise self._doubt(error) from error
        return self._posted(intent)

    def close(self) -> None:
        self._api.request.close()

    def _enter(self) -> None:
        if self._did:
            return
        try:
            self._api.login(self._handle, self._password, fetch_bsky_profile=False)
        except self._failures as error:
            raise Refused(self._words(error), where=self.server,
                          mend=_mend(_status(error))) from error  # fmt: skip
        session = self._api._session  # its client has no other way to tell whose it is
        self._did = session.did

    def _record(self, intent: Intent, post: Announcement) -> Any:
        from atproto_client.utils import facet_detection

        richtext, external = self._models.AppBskyRichtextFacet, self._models.AppBskyEmbedExternal
        facets = [
            richtext.Main(features=[richtext.Link(uri=url)],
                          index=richtext.ByteSlice(byte_start=start, byte_end=end))
            for start, end, url in links(intent.text)
        ]  # fmt: skip
        taken = [(facet.index.byte_start, facet.index.byte_end) for facet in facets]
        facets += [
            facet for facet in facet_detection.detect_facets(intent.text)
            if all(facet.index.byte_end <= start or end <= facet.index.byte_start
                   for start, end in taken)
        ]  # fmt: skip
        card = external.External(uri=post.url, title=post.title, description=post.summary,
                                 thumb=self._thumb(post))  # fmt: skip
        return self._models.AppBskyFeedPost.Record(
            text=intent.text, facets=facets, embed=external.Main(external=card),
            langs=[post.language] if post.language else None,
            created_at=intent.date.astimezone(UTC).isoformat(timespec="milliseconds"),
        )  # fmt: skip

    def _thumb(self, post: Announcement) -> Any:
        """The card's picture, uploaded; None where there is none that can be."""
        if post.image is None or post.image.suffix.lower() not in _PICTURES:
            return None
        try:
            data = post.image.read_bytes()
        except OSError:
            return None
        return self._api.upload_blob(data).blob if len(data) <= THUMB else None

    def _posted(self, intent: Intent) -> Posted:
        name = f"at://{self._did}/{_COLLECTION}/{intent.record_key}"
        return Posted((name,), f"{self._profile}/post/{intent.record_key}", intent.date)

    def _words(self, error: Exception) -> str:
        return f"it didn't take it: {one_line(str(error) or type(error).__name__)[:200]}"

    def _doubt(self, error: Exception) -> InDoubt:
        said = one_line(str(error) or type(error).__name__)[:200]
        return InDoubt(f"no answer could be used: {said}", where=self.server)


def _status(error: Exception) -> int:
    """The HTTP status of an error of atproto's; 0 where there was no answer."""
    return int(getattr(getattr(error, "response", None), "status_code", 0) or 0)


def _mend(status: int) -> str | None:
    """What to do about it."""
    if status in (401, 403):
        return "Look at the token or password, and at what it may do: docs/announcing.md."
    return "Make it shorter with --text." if status == 422 else None


def _leads(html: str, url: str) -> bool:
    """Whether a status links to an address."""
    soup = BeautifulSoup(html, "html.parser")
    return any(canonical(str(a["href"])) == canonical(url) for a in soup.find_all("a", href=True))
