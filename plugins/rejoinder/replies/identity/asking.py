"""Asking providers: our one client, and what it must keep to when secrets travel."""

from __future__ import annotations

import ipaddress
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from rejoinder.errors import FetchError
from rejoinder.languages.texts import message
from rejoinder.replies.identity.model import SignInError
from rejoinder.web import Client, Response

logger = logging.getLogger(__name__)

_SECONDS, _ALL_SECONDS = 5.0, 10.0
_LONGEST, _LONGEST_PICTURE = 1 << 20, 4 << 20  # bytes
FORM = "application/x-www-form-urlencoded"


class Asking:
    """Requests to providers. What carries a secret follows no redirect; nothing is asked without
    TLS, but for what lies in networks of one's own (`reachable`). Safe for several threads."""

    def __init__(self, reachable: Sequence[str]) -> None:
        self._own = [ipaddress.ip_network(one) for one in reachable]
        self._client = Client(
            allow=reachable, timeout=_SECONDS, deadline=_ALL_SECONDS, max_bytes=_LONGEST
        )
        self._strict = Client(
            allow=reachable, timeout=_SECONDS, deadline=_ALL_SECONDS, max_bytes=_LONGEST,
            max_redirects=0,
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the connections that are kept open."""
        self._client.close()
        self._strict.close()

    def address(self, url: Any) -> str:
        """An address of a provider, if it is one that may be asked, and that a browser may be sent
        to. Raises SignInError."""
        try:
            parts = urlsplit(url) if isinstance(url, str) else None
            host = (parts.hostname or "") if parts else ""
        except ValueError:
            parts, host = None, ""
        is_safe = parts is not None and (
            parts.scheme == "https" or (parts.scheme == "http" and self._is_own(host))
        )
        if not is_safe or not host or parts is None or parts.username is not None:
            shown = str(url)[:200]
            raise SignInError(message("That address can’t be used: %(url)s", url=shown))
        return str(url)

    def _is_own(self, host: str) -> bool:
        """Whether a host is of a network of one's own, by its address, or this machine."""
        if host == "localhost":
            return bool(self._own)
        try:
            return any(ipaddress.ip_address(host) in network for network in self._own)
        except ValueError:
            return False

    def page(self, url: str) -> Response:
        """A page, with its redirects. Raises SignInError."""
        try:
            return self._client.get(self.address(url), headers={"Accept": "text/html, */*;q=0.5"})
        except FetchError as error:
            raise _silent(url, error) from error

    def json(self, url: str, token: str = "", kind: str = "application/json") -> dict[str, Any]:
        """A JSON object; asked for with an access token, if there is one. Raises SignInError."""
        headers = {"Accept": kind}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        client = self._strict if token else self._client
        try:
            return _object(client.get(self.address(url), headers=headers), url)
        except FetchError as error:
            raise _silent(url, error) from error

    def picture(self, url: str) -> bytes:
        """A picture's bytes. Raises SignInError."""
        try:
            answer = self._client.get(self.address(url), max_bytes=_LONGEST_PICTURE)
        except FetchError as error:
            raise _silent(url, error) from error
        return answer.body if answer.status == 200 else b""

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Response:
        """Send a form. Raises SignInError."""
        try:
            return self._strict.request(
                "POST", self.address(url), headers=headers, content=body.encode("utf-8")
            )
        except FetchError as error:
            raise _silent(url, error) from error

    def post_form(self, url: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """Send a form, and read the JSON object that comes back. Raises SignInError."""
        headers = {"Content-Type": FORM, "Accept": "application/json"}
        return _object(self.post(url, urlencode(fields), headers), url)


def host_of(url: str) -> str:
    """The host of an address, as it is told to the reader."""
    return urlsplit(url).netloc or url


def _object(answer: Response, url: str) -> dict[str, Any]:
    try:
        found = json.loads(answer.body) if answer.status < 300 else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise unfit(url)
    return found


def unfit(url: str) -> SignInError:
    """What is said where an answer isn't what it should be."""
    host = host_of(url)
    return SignInError(message("%(host)s gave no answer that could be used.", host=host), 502)


def nobody(url: str) -> SignInError:
    """What is said where a provider doesn't name anybody."""
    return SignInError(message("%(host)s doesn’t say who you are.", host=host_of(url)))


def _silent(url: str, error: FetchError) -> SignInError:
    host = host_of(url)
    logger.warning("%s can't be asked: %s", host, error.what)
    return SignInError(message("%(host)s can’t be asked just now.", host=host), 502)
