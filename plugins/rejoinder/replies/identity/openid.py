"""OpenID Connect Core 1.0 and Discovery 1.0: LinkedIn, Google, and any other provider.

Signatures and claims are checked by joserfc and Authlib.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from rejoinder.comments.verified import LABELS
from rejoinder.languages.texts import message
from rejoinder.replies.identity.asking import Asking, host_of, nobody, unfit
from rejoinder.replies.identity.model import Identity, Server, SignInError, identity
from rejoinder.replies.identity.providers import Provider

logger = logging.getLogger(__name__)

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
               "EdDSA")  # fmt: skip
"""Those whose key the provider alone has: no `none`, and no secret of ours as a key."""

_LEEWAY = 60
"""Seconds by which two clocks may differ."""

_AN_HOUR = 3600.0
"""Seconds for which what a provider says of itself holds."""


class OpenId:
    """The way to OpenID providers; it remembers what they say of themselves."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._told: dict[str, tuple[float, dict[str, Any]]] = {}

    def prepare(self, provider: Provider, address: str, redirect: str) -> Server:
        """Where the provider is asked. Raises SignInError."""
        issuer = provider.app.address
        said = self._remembered(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != issuer:
            raise unfit(issuer)
        methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        posts = provider.name in LABELS or "client_secret_basic" not in methods
        told = said.get("id_token_signing_alg_values_supported", ["RS256"])
        return Server(
            issuer=issuer,
            authorization_endpoint=self._asking.address(said.get("authorization_endpoint")),
            token_endpoint=self._asking.address(said.get("token_endpoint")),
            client_id=provider.app.client_id,
            scope="openid profile",
            auth="client_secret_post" if posts else "client_secret_basic",
            userinfo_endpoint=str(said.get("userinfo_endpoint") or ""),
            jwks_uri=self._asking.address(said.get("jwks_uri")),
            algorithms=tuple(one for one in _ALGORITHMS if one in told),
            says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
            pkce=provider.pkce,
            nonce=provider.nonce,
        )

    def identify(
        self, provider: Provider, server: Server, token: dict[str, Any], nonce: str
    ) -> Identity:
        """Who the token is of. Raises SignInError."""
        claims = self._claims(server, token, nonce)
        subject = str(claims["sub"])
        if not claims.get("name") and server.userinfo_endpoint and token.get("access_token"):
            told = self._asking.json(server.userinfo_endpoint, str(token["access_token"]))
            if told.get("sub") != claims["sub"]:  # OpenID Connect Core 1.0, 5.3.2
                raise unfit(server.issuer)
            claims = {**told, **claims}
        # A profile page is the provider's own word only where the provider has it.
        profile = claims.get("profile")
        is_own = isinstance(profile, str) and host_of(profile) == host_of(server.issuer)
        return identity(
            provider.name, f"{server.issuer} {subject}",
            claims.get("name") or claims.get("preferred_username") or claims.get("nickname"),
            names=(claims.get("preferred_username"), claims.get("nickname")),
            url=profile if is_own and provider.name not in LABELS else "",
            picture=claims.get("picture"),
        )  # fmt: skip

    def _claims(self, server: Server, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        who = host_of(server.issuer)
        raw = token.get("id_token")
        if not isinstance(raw, str):
            raise nobody(server.issuer)
        try:
            found = self._decoded(server, raw)
            claims = found.claims
            expected = nonce if server.nonce or "nonce" in claims else None
            CodeIDToken(
                claims, found.header,
                {"iss": {"essential": True, "value": server.issuer},
                 "aud": {"essential": True, "value": server.client_id}},
                {"nonce": expected, "client_id": server.client_id,
                 "access_token": token.get("access_token")},
            ).validate(leeway=_LEEWAY)  # fmt: skip
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            why = error.__class__.__name__, getattr(error, "claim", "")
            logger.warning("an identity token of %s is not trusted: %s %s", who, *why)
            raise SignInError(message("What %(host)s says can’t be trusted.", host=who)) from error
        return dict(claims)

    def _decoded(self, server: Server, raw: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=list(server.algorithms), strict_check_header=False)
        try:
            return jwt.decode(raw, self._keys(server.jwks_uri, _AN_HOUR), registry=registry)
        except InvalidKeyIdError:  # providers change their keys
            return jwt.decode(raw, self._keys(server.jwks_uri, 0), registry=registry)

    def _keys(self, url: str, seconds: float) -> KeySet:
        return KeySet.import_key_set(self._remembered(url, seconds))  # type: ignore[arg-type]

    def _remembered(self, url: str, seconds: float = _AN_HOUR) -> dict[str, Any]:
        """What is at an address, asked for again when it was told so long ago."""
        at, said = self._told.get(url, (0.0, {}))
        now = time.monotonic()
        if not said or now - at > seconds:
            said = self._asking.json(url)
            self._told[url] = now, said
        return said
