"""IndieAuth: a site of one's own says who one is (indieauth.spec.indieweb.org, 11 July 2024)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup

from rejoinder.languages.texts import message
from rejoinder.mentions.discovery import link_header
from rejoinder.mentions.reading import card_of
from rejoinder.replies.identity.asking import Asking, host_of, unfit
from rejoinder.replies.identity.model import Identity, Server, SignInError, identity
from rejoinder.replies.identity.providers import Provider
from rejoinder.web import Response

_RELATIONS = ("indieauth-metadata", "authorization_endpoint")


class IndieAuth:
    """The way to somebody's own site. `client_id` is the address at which the desk says what it
    is."""

    def __init__(self, asking: Asking, client_id: str) -> None:
        self._asking = asking
        self.client_id = client_id

    def prepare(self, provider: Provider, address: str, redirect: str) -> Server:
        """Where the site at `address` has its readers asked. Raises SignInError."""
        me = profile_url(address)
        try:
            self._asking.address(me)
        except SignInError as error:
            said = message("Your site has to be reached by https.")
            raise SignInError(said, 422) from error
        return self._discovered(me)

    def identify(
        self, provider: Provider, server: Server, token: dict[str, Any], nonce: str
    ) -> Identity:
        """Whose site it is. Raises SignInError."""
        try:
            me = profile_url(str(token.get("me") or ""))
        except SignInError as error:
            raise unfit(server.authorization_endpoint) from error
        if me != server.address:
            # Whoever speaks for another site than was asked for must be that site's own choice.
            other = self._discovered(me)
            if (other.authorization_endpoint, other.issuer) != (
                server.authorization_endpoint, server.issuer,
            ):  # fmt: skip
                raise SignInError(message(
                    "%(host)s doesn’t speak for %(site)s.", site=host_of(me),
                    host=host_of(server.authorization_endpoint),
                ))  # fmt: skip
        said = token.get("profile")
        profile: dict[str, Any] = said if isinstance(said, dict) else {}
        if not (profile.get("name") and profile.get("photo")):
            page = self._asking.page(me)
            profile = {**card_of(page.body, page.url, me), **profile}
        host = host_of(me)
        return identity(
            provider.name, me, profile.get("name") or host, names=(host,), url=me,
            picture=profile.get("photo"),
        )  # fmt: skip

    def _discovered(self, me: str) -> Server:
        page = self._asking.page(me)
        found = _links(page)
        metadata = found.get("indieauth-metadata")
        if page.status >= 400 or not found:
            raise SignInError(message(
                "%(host)s doesn’t say where you sign in: it needs IndieAuth.", host=host_of(me)
            ), 422)  # fmt: skip
        said: dict[str, Any] = {}
        if metadata:
            said = self._asking.json(metadata)
            issuer = str(said.get("issuer") or "")
            self._asking.address(issuer)
            if not metadata.startswith(issuer) or "?" in issuer or "#" in issuer:
                raise unfit(metadata)
        endpoint = self._asking.address(
            said.get("authorization_endpoint") if metadata else found["authorization_endpoint"]
        )
        return Server(
            issuer=str(said.get("issuer") or ""),
            authorization_endpoint=endpoint,
            token_endpoint=endpoint,  # who wants to know a name and no more asks there
            client_id=self.client_id,
            scope="profile",
            auth="none",
            says_issuer=bool(metadata),
            address=me,
        )


def profile_url(address: str) -> str:
    """What somebody typed as their site's address, made whole. Raises SignInError."""
    text = address.strip()
    if not re.match(r"https?://", text, re.I):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or ""), parts.port
        host = host.encode("idna").decode("ascii")
    except ValueError:
        host, port = "", None
    is_fit = re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", host) and not (
        parts.username or parts.fragment or re.search(r"(^|/)\.\.?(/|$)", parts.path)
    )
    if not is_fit or re.search(r"[\s<>\"]", text):
        raise SignInError(message("Write your site’s address like https://you.example/."), 422)
    place = host + (f":{port}" if port else "")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{place}{parts.path or '/'}{query}"


def _links(page: Response) -> dict[str, str]:
    """The first address of each relation that counts: of the Link header, then of the page."""
    found: dict[str, str] = {}
    for relations, url in link_header(page.headers.get("link", "")):
        for one in _RELATIONS:
            if one in relations:
                found.setdefault(one, url)
    soup = BeautifulSoup(page.body, "html.parser")
    for element in soup.find_all("link", href=True):
        for one in _RELATIONS:
            if one in " ".join(map(str, element.get_attribute_list("rel"))).lower().split():
                found.setdefault(one, str(element["href"]))
    try:
        return {name: urljoin(page.url, url) for name, url in found.items()}
    except ValueError:
        return {}
