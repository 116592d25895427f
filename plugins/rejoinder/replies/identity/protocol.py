"""The authorisation code flow, by Authlib: RFC 6749 with PKCE (RFC 7636), revocation (RFC 7009).

Its client is given a session of ours, so that it opens no connection by itself.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from rejoinder.languages.texts import message
from rejoinder.replies.identity.asking import Asking, host_of, unfit
from rejoinder.replies.identity.model import Server, SignInError
from rejoinder.web import Response

logger = logging.getLogger(__name__)


class _Answer:
    """An answer, as Authlib reads one."""

    def __init__(self, answer: Response) -> None:
        self.status_code = answer.status
        self._body = answer.body

    def json(self) -> Any:
        return json.loads(self._body)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise ValueError(f"HTTP status {self.status_code}")


class _Session:
    """A session, as Authlib uses one, over our client."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def post(self, url: str, *, data: Mapping[str, str], headers: Any, auth: Any) -> _Answer:
        url, headers, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _Answer(self._asking.post(url, body, headers))


def _client(server: Server, secret: str, redirect: str, session: _Session | None) -> Any:
    return OAuth2Client(
        session, client_id=server.client_id, client_secret=secret, scope=server.scope or None,
        redirect_uri=redirect, token_endpoint_auth_method=server.auth,
        revocation_endpoint_auth_method=server.auth, code_challenge_method="S256",
    )  # fmt: skip


def authorization_url(
    server: Server, redirect: str, *, state: str, verifier: str, nonce: str, **more: str
) -> str:
    """Where the reader's browser is sent."""
    client = _client(server, "", redirect, None)
    if server.nonce:
        more["nonce"] = nonce
    url, _ = client.create_authorization_url(
        server.authorization_endpoint, state=state,
        code_verifier=verifier if server.pkce else None, **more,
    )  # fmt: skip
    return str(url)


def fetch_token(
    asking: Asking, server: Server, secret: str, redirect: str, *, code: str, verifier: str
) -> dict[str, Any]:
    """What the provider gives for a code. Raises SignInError."""
    client = _client(server, secret, redirect, _Session(asking))
    more = {"code_verifier": verifier} if server.pkce else {}
    try:
        return dict(client.fetch_token(
            server.token_endpoint, grant_type="authorization_code", code=code, **more
        ))  # fmt: skip
    except OAuth2Error as error:
        host = host_of(server.token_endpoint)
        logger.warning("%s gives nothing for a code: %s", host, str(error.error)[:100])
        raise SignInError(message("%(host)s doesn’t confirm it.", host=host)) from error
    except (ValueError, TypeError, RecursionError) as error:  # what it sent is no token
        raise unfit(server.token_endpoint) from error


def revoke(asking: Asking, server: Server, secret: str, token: str) -> None:
    """Give a token back that would be good for ever; one that isn't taken back is forgotten."""
    client = _client(server, secret, "", _Session(asking))
    with suppress(SignInError):
        client.revoke_token(server.revocation_endpoint, token=token)
