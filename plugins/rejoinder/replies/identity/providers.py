"""The providers that a desk offers, by its settings. Pure.

Sources: learn.microsoft.com/linkedin (Sign In with LinkedIn using OpenID Connect),
developers.google.com/identity/openid-connect, docs.github.com (Authorizing OAuth apps),
developer.wordpress.com/docs/api/wpcc, docs.joinmastodon.org/spec/oauth,
indieauth.spec.indieweb.org.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rejoinder.comments.verified import label_of
from rejoinder.replies.settings import App, SignIn


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider. `name` is what the form's button sends, `way` how it is talked to, `app` what it
    gave the desk. Where it `asks`, it is many servers, and the reader is asked for theirs first;
    `pkce` and `nonce` are False where it knows no such thing."""

    name: str
    way: str
    app: App = field(default_factory=App)
    asks: bool = False
    pkce: bool = True
    nonce: bool = True

    @property
    def label(self) -> str:
        """What it is called."""
        return label_of(self.name)


def providers(settings: SignIn) -> dict[str, Provider]:
    """The providers that can be used, by name: those that have given the desk its credentials, and
    those that need none."""
    # LinkedIn refuses a token to who sends a code verifier, unless it has switched PKCE on for that
    # app, and puts no nonce into its tokens: its state and the desk's secret have to do.
    known = [
        Provider("linkedin", "openid", settings.linkedin, pkce=False, nonce=False),
        Provider("google", "openid", settings.google),
        Provider("github", "github", settings.github),
        Provider("wordpress", "wordpress", settings.wordpress),
        Provider(urlsplit(settings.openid.address).hostname or "", "openid", settings.openid),
    ]
    return {
        **{one.name: one for one in known if one.app.client_id},
        "mastodon": Provider("mastodon", "mastodon", asks=True),
        "indieauth": Provider("indieauth", "indieauth", asks=True),
    }
