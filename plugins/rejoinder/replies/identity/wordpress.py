"""WordPress.com Connect: OAuth 2, and who one is by its REST API (developer.wordpress.com/docs)."""

from __future__ import annotations

from typing import Any

from rejoinder.replies.identity.asking import Asking, nobody
from rejoinder.replies.identity.model import Identity, Server, identity
from rejoinder.replies.identity.providers import Provider


class WordPress:
    """The way to WordPress.com."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def prepare(self, provider: Provider, address: str, redirect: str) -> Server:
        """Where it is asked."""
        home = provider.app.address.rstrip("/")
        return Server(
            issuer="",
            authorization_endpoint=self._asking.address(f"{home}/oauth2/authorize"),
            token_endpoint=f"{home}/oauth2/token",
            client_id=provider.app.client_id,
            scope="auth",
            userinfo_endpoint=f"{home}/rest/v1.1/me/",
            address=home,
        )

    def identify(
        self, provider: Provider, server: Server, token: dict[str, Any], nonce: str
    ) -> Identity:
        """Who the token is of. Raises SignInError."""
        me = self._asking.json(server.userinfo_endpoint, str(token.get("access_token")))
        if not isinstance(me.get("ID"), int):
            raise nobody(server.address)
        # Profiles are Gravatar's, which WordPress.com owns; it still says http of them.
        profile = str(me.get("profile_URL") or "").replace("http://", "https://", 1)
        return identity(
            provider.name, f"{server.address} {me['ID']}",
            me.get("display_name") or me.get("username"), names=(me.get("username"),),
            url=profile, links=(me.get("primary_blog_url"),), picture=me.get("avatar_URL"),
        )  # fmt: skip
