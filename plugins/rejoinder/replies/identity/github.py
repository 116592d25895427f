"""GitHub: OAuth 2, and who one is by its REST API (docs.github.com/rest/users)."""

from __future__ import annotations

from typing import Any

from rejoinder.replies.identity.asking import Asking, nobody
from rejoinder.replies.identity.model import Identity, Server, identity
from rejoinder.replies.identity.providers import Provider

_HOME = "https://github.com"


class GitHub:
    """The way to GitHub, or to a GitHub Enterprise Server at an address of its own."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def prepare(self, provider: Provider, address: str, redirect: str) -> Server:
        """Where it is asked."""
        home = provider.app.address.rstrip("/")
        return Server(
            issuer="",
            authorization_endpoint=self._asking.address(f"{home}/login/oauth/authorize"),
            token_endpoint=f"{home}/login/oauth/access_token",
            client_id=provider.app.client_id,
            userinfo_endpoint=f"{'https://api.github.com' if home == _HOME else f'{home}/api/v3'}"
            "/user",
            address=home,
        )

    def identify(
        self, provider: Provider, server: Server, token: dict[str, Any], nonce: str
    ) -> Identity:
        """Who the token is of. Raises SignInError."""
        kind = "application/vnd.github+json"
        me = self._asking.json(server.userinfo_endpoint, str(token.get("access_token")), kind)
        if not (isinstance(me.get("id"), int) and isinstance(me.get("login"), str)):
            raise nobody(server.address)
        return identity(
            provider.name, f"{server.address} {me['id']}", me.get("name") or me["login"],
            names=(me["login"],), url=f"{server.address}/{me['login']}",
            picture=me.get("avatar_url"),
        )  # fmt: skip
