"""Signing in, step by step: where the browser is sent, and who came back.

What is checked here, and what by whom: docs/threat-model.md.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress

from rejoinder.languages.texts import message
from rejoinder.replies.database import Database
from rejoinder.replies.identity.apps import Apps
from rejoinder.replies.identity.asking import Asking, host_of
from rejoinder.replies.identity.flows import Flow, Flows
from rejoinder.replies.identity.model import Server, SignInError
from rejoinder.replies.identity.providers import Provider, providers
from rejoinder.replies.settings import Settings
from rejoinder.replies.signing import Signer
from rejoinder.replies.subjects import Subjects

logger = logging.getLogger(__name__)

NOT_OFFERED = message("One can’t sign in with that here.")


class Door:
    """The providers of one desk. Its methods wait for the network: give them a thread."""

    def __init__(
        self, database: Database, subjects: Subjects, signer: Signer, settings: Settings
    ) -> None:
        self.flows = Flows(database, signer)
        self._database = database
        self._subjects = subjects
        self._signer = signer
        self._known = providers(settings.sign_in)
        self._address = settings.address.rstrip("/")
        self._reachable = settings.reachable_networks
        self._lock = threading.Lock()
        self._made: tuple[str, _Ways] | None = None

    def close(self) -> None:
        """Let go of the connections that are kept open."""
        with self._lock:
            if self._made is not None:
                self._made[1].asking.close()

    def offered(self) -> dict[str, Provider]:
        """What the form offers, by name: what the site names and the desk can use."""
        if not self._base:
            return {}
        named = self._subjects.facts.discussions.sign_in
        return {name: self._known[name] for name in named if name in self._known}

    @property
    def _base(self) -> str:
        return self._address or self._subjects.base

    @property
    def client_id(self) -> str:
        """The address at which the desk says what it is (IndieAuth, 4.2)."""
        return f"{self._base}/reply/sign-in/client"

    def client(self) -> dict[str, object]:
        """What the desk is, for who is asked to let somebody sign in to it."""
        return {
            "client_id": self.client_id,
            "client_name": self._subjects.facts.title,
            "client_uri": f"{self._subjects.base}/",
        }

    def begin(
        self, provider: Provider, address: str, fields: Mapping[str, str], browser: str
    ) -> str:
        """Where the browser is sent to. Raises SignInError or QueueError."""
        from rejoinder.replies.identity.protocol import authorization_url

        # A provider of many servers has an address of its own to come back to for each, so that
        # none can pass an answer off as another's (RFC 9700, 4.4.2).
        mark = provider.name
        if provider.asks:
            mark += "-" + self._signer.digest("server", address.strip().lower())[:16]
        redirect = f"{self._base}/reply/sign-in/back/{mark}"
        server = self._ways().by_name[provider.way].prepare(provider, address, redirect)
        state, flow = self.flows.begin(browser, provider.name, fields, server, redirect)
        more = {"me": server.address} if provider.way == "indieauth" else {}
        return authorization_url(
            server, redirect, state=state, verifier=flow.verifier, nonce=flow.nonce, **more
        )

    def finish(self, flow: Flow, mark: str, answer: Mapping[str, str]) -> str:
        """Take a provider's answer that came to the address with that mark; the token of the form
        that comes next. Raises SignInError or QueueError."""
        from rejoinder.replies.identity.protocol import fetch_token

        provider = self._known.get(flow.provider)
        if provider is None:
            raise SignInError(NOT_OFFERED)
        server = flow.server
        if not flow.redirect.endswith(f"/{mark}") or not _is_of(server, answer.get("iss")):
            said = message("This answer is of another provider than was asked.")
            raise SignInError(said, 400)
        if not answer.get("code"):
            raise _denied(provider, server, answer.get("error", ""))
        ways = self._ways()
        secret = provider.app.client_secret or ways.apps.secret(server.address, server.client_id)
        token = fetch_token(
            ways.asking, server, secret, flow.redirect, code=answer["code"], verifier=flow.verifier
        )
        identity = ways.by_name[provider.way].identify(provider, server, token, flow.nonce)
        return self.flows.know(flow, identity, ways.portrait(identity.picture))

    def _ways(self) -> _Ways:
        """The ways to providers, made when they are first asked for: what they need takes time to
        import."""
        with self._lock:
            if self._made is None or self._made[0] != self._base:
                facts = self._subjects.facts
                apps = Apps(self._database, facts.title, f"{self._subjects.base}/")
                self._made = self._base, _Ways(Asking(self._reachable), apps, self.client_id)
            return self._made[1]


class _Ways:
    """What asking takes."""

    def __init__(self, asking: Asking, apps: Apps, client_id: str) -> None:
        from rejoinder.replies.identity.ways import ways

        self.asking = asking
        self.apps = apps
        self.by_name = ways(asking, apps, client_id)

    def portrait(self, url: str) -> bytes | None:
        """A provider's picture, as a portrait; None of one that can't be had, or is none: nobody
        is refused for that."""
        from rejoinder.replies.identity.portraits import PortraitError, square

        with suppress(SignInError, PortraitError):
            if url:
                return square(self.asking.picture(url))
        return None


def _is_of(server: Server, said: str | None) -> bool:
    """Whether an answer is of the provider that was asked (RFC 9207, 2.4)."""
    if said is None:
        return not server.says_issuer
    return not server.issuer or said == server.issuer


def _denied(provider: Provider, server: Server, error: str) -> SignInError:
    """What is said where a provider answers without a code (RFC 6749, 4.1.2.1)."""
    host = host_of(server.issuer or server.authorization_endpoint)
    name = host if provider.asks else provider.label
    if error == "access_denied":
        return SignInError(message("%(name)s says that you didn’t allow it.", name=name))
    logger.warning("%s refuses: %s", host, error[:100])
    return SignInError(message("%(name)s refused it.", name=name))
