"""How each kind of provider is talked to; what that takes is imported when somebody signs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from rejoinder.replies.identity.apps import Apps
from rejoinder.replies.identity.asking import Asking
from rejoinder.replies.identity.github import GitHub
from rejoinder.replies.identity.indieauth import IndieAuth
from rejoinder.replies.identity.mastodon import Mastodon
from rejoinder.replies.identity.model import Identity, Server
from rejoinder.replies.identity.openid import OpenId
from rejoinder.replies.identity.providers import Provider
from rejoinder.replies.identity.wordpress import WordPress


class Way(Protocol):
    """One way. Both methods raise SignInError, and QueueError."""

    def prepare(self, provider: Provider, address: str, redirect: str) -> Server:
        """Where the provider is asked; `address` is what the reader typed, where it is one of many
        servers, `redirect` where the browser is to be sent back to."""

    def identify(
        self, provider: Provider, server: Server, token: dict[str, Any], nonce: str
    ) -> Identity:
        """Who it is that the token was given for."""


def ways(asking: Asking, apps: Apps, client_id: str) -> Mapping[str, Way]:
    """The ways, by their names."""
    return {
        "openid": OpenId(asking),
        "github": GitHub(asking),
        "wordpress": WordPress(asking),
        "mastodon": Mastodon(asking, apps),
        "indieauth": IndieAuth(asking, client_id),
    }
