"""Who somebody is by their provider's word, and whether a reply still says so. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from rejoinder.comments.model import VERIFIED_PATTERN, one_line
from rejoinder.comments.verified import Verified
from rejoinder.errors import RejoinderError
from rejoinder.languages.texts import message
from rejoinder.replies.model import LIMITS


class SignInError(RejoinderError):
    """Signing in can't go on: `what` is a sentence for the reader (a `message`), `status` that of
    the page that says it: 403 of what a provider refused or got wrong, 422 of what the reader
    typed, 502 of a provider that doesn't answer."""

    def __init__(self, what: str, status: int = 403) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True, slots=True)
class Server:
    """Where a provider is asked, and as whom. `issuer` is its own name, '' of one that tells none;
    `says_issuer` promises it in each answer (RFC 9207). `auth` is how the desk shows itself
    (RFC 6749, 2.3.1; `none` for a public client). `address` is what the reader typed, made whole:
    a Mastodon server's origin, or a site. Where `pkce` or `nonce` is False, the provider knows no
    such thing."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    client_id: str
    scope: str = ""
    auth: str = "client_secret_post"
    userinfo_endpoint: str = ""
    jwks_uri: str = ""
    revocation_endpoint: str = ""
    algorithms: tuple[str, ...] = ()
    says_issuer: bool = False
    pkce: bool = True
    nonce: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """An account. `subject` tells it from all others of all providers and never changes; `name` and
    `link` are what the form is filled in with, `names` and `links` what may stand there with the
    mark; `url` is its public address, '' of a provider that has none; `picture` where its picture
    is. Made by `identity`."""

    provider: str
    subject: str
    name: str
    names: tuple[str, ...]
    url: str
    link: str
    links: tuple[str, ...]
    picture: str

    @property
    def verified(self) -> str:
        """As a comment's file says it."""
        return str(Verified(self.provider, self.url))

    def says(self, name: str, url: str) -> bool:
        """Whether a reply under this name, with this link or none, is what was seen of the account:
        with any other, the mark would vouch for what nobody looked at."""
        if one_line(name) not in self.names:
            return False
        return not url or _plain(url) in {_plain(link) for link in self.links}


def identity(
    provider: str, subject: str, name: Any, *, names: Iterable[Any] = (), url: Any = "",
    links: Iterable[Any] = (), picture: Any = "",
) -> Identity:  # fmt: skip
    """An account, from what its provider says of it: what is no text, no address or too long is
    left out. Raises SignInError for one without a name."""
    called = [text for one in (name, *names) if (text := _text(one, LIMITS["name"]))]
    if not called:
        raise SignInError(message("Your account there has no name that could be shown."))
    address = url if _is_public(provider, url) else ""
    given = [one for one in (address, *links) if _is_public(provider, one)]
    return Identity(
        provider=provider,
        subject=subject,
        name=called[0],
        names=tuple(dict.fromkeys(called)),
        url=address,
        link=next((one for one in given if len(one) <= LIMITS["url"]), ""),
        links=tuple(dict.fromkeys(given)),
        picture=picture if isinstance(picture, str) else "",
    )


def _text(value: Any, limit: int) -> str:
    return one_line(value)[:limit].strip() if isinstance(value, str) else ""


def _is_public(provider: str, url: Any) -> bool:
    """Whether a link may lead there, and a comment's file may say it."""
    return (isinstance(url, str) and " " not in url and bool(_plain(url))
            and VERIFIED_PATTERN.fullmatch(f"{provider} {url}") is not None)  # fmt: skip


def _plain(url: str) -> str:
    """An address without what makes no difference; '' of what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"),
                       parts.query, parts.fragment))  # fmt: skip
