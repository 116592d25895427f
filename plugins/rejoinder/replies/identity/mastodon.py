"""Mastodon, any server: the desk registers itself there (docs.joinmastodon.org/methods/apps)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from rejoinder.languages.texts import message
from rejoinder.replies.identity.apps import Apps
from rejoinder.replies.identity.asking import Asking, host_of, nobody, unfit
from rejoinder.replies.identity.model import Identity, Server, SignInError, identity
from rejoinder.replies.identity.protocol import revoke
from rejoinder.replies.identity.providers import Provider

_MISSPELT = message(
    "Write your server like social.example, or your name there like @you@social.example."
)
_PROFILE, _OLDER = "profile", "read:accounts"  # the first since Mastodon 4.3


class Mastodon:
    """The way to a Mastodon server."""

    def __init__(self, asking: Asking, apps: Apps) -> None:
        self._asking = asking
        self._apps = apps

    def prepare(self, provider: Provider, address: str, redirect: str) -> Server:
        """Where the server at `address` is asked, once the desk is registered there. Raises
        SignInError."""
        origin = _origin(address)
        try:
            self._asking.address(origin)
        except SignInError as error:
            raise SignInError(_MISSPELT, 422) from error
        try:
            said = self._asking.json(f"{origin}/.well-known/oauth-authorization-server")
        except SignInError:
            said = {}  # before Mastodon 4.3, they say nothing of themselves
        scope = _PROFILE if _PROFILE in (said.get("scopes_supported") or ()) else _OLDER
        app = self._apps.find(origin, redirect)
        if app is None:
            try:
                given = self._asking.post_form(f"{origin}/api/v1/apps", {
                    "client_name": self._apps.name, "redirect_uris": redirect, "scopes": scope,
                    "website": self._apps.website,
                })  # fmt: skip
            except SignInError as error:
                said_of_it = message(
                    "There is no Mastodon server at %(host)s. It is what follows the second @ in "
                    "your name there.", host=host_of(origin),
                )  # fmt: skip
                raise SignInError(said_of_it, 422) from error
            app, secret = given.get("client_id"), given.get("client_secret")
            if not (isinstance(app, str) and isinstance(secret, str)):
                raise unfit(origin)
            self._apps.keep(origin, redirect, app, secret)
        return Server(
            issuer=str(said.get("issuer") or ""),
            authorization_endpoint=f"{origin}/oauth/authorize",
            token_endpoint=f"{origin}/oauth/token",
            client_id=app,
            scope=scope,
            userinfo_endpoint=f"{origin}/api/v1/accounts/verify_credentials",
            revocation_endpoint=f"{origin}/oauth/revoke",
            says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
            address=origin,
        )

    def identify(
        self, provider: Provider, server: Server, token: dict[str, Any], nonce: str
    ) -> Identity:
        """Who the token is of. Raises SignInError."""
        given = str(token.get("access_token"))
        try:
            me = self._asking.json(server.userinfo_endpoint, given)
        finally:  # it would be good for ever
            secret = self._apps.secret(server.address, server.client_id)
            revoke(self._asking, server, secret, given)
        name, host = me.get("username"), host_of(server.address)
        if not (me.get("id") and isinstance(name, str) and re.fullmatch(r"[\w.-]{1,100}", name)):
            raise nobody(server.address)
        return identity(
            provider.name, f"{server.address} {me['id']}", me.get("display_name") or name,
            names=(name, f"@{name}", f"@{name}@{host}"), url=f"{server.address}/@{name}",
            picture=me.get("avatar_static") or me.get("avatar"),
        )  # fmt: skip


def _origin(address: str) -> str:
    """The server of what somebody typed: a name there, a host, a profile's address. Raises
    SignInError."""
    text = address.strip()
    if not text.lower().startswith(("https://", "http://")):
        text = f"https://{text.rpartition('@')[2]}"
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host.encode("idna").decode("ascii")
    except ValueError:
        host, port = "", None
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", host):
        raise SignInError(_MISSPELT, 422)
    return f"{parts.scheme.lower()}://{host}" + (f":{port}" if port else "")
