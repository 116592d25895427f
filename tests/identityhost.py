"""Providers of identities in one small program: two of OpenID (LinkedIn's kind knows neither PKCE
nor nonces), GitHub, WordPress.com, a Mastodon server, somebody's own site.

It checks what real ones check: who asks, where the browser is sent back to, the code verifier, that
a code is used once. It lies on demand.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from conftest import SiteFolder
from desks import NO_LIMITS, furnished, settings
from joserfc import jwt
from joserfc.jwk import ECKey
from PIL import Image

NAMES = ("linkedin", "google", "github", "wordpress", "mastodon", "indieauth")
CLIENT, SECRET = "the-desk", "the-desk's secret"


class Identities:
    """The providers, and what they know. `answer` may change what an authorisation answers,
    `claims` what an identity token says, `sign` how it is signed; `asked` are the paths that were
    asked for, `revoked` the tokens that were given back."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.apps: dict[str, dict[str, str]] = {}
        self.revoked: list[str] = []
        self.key = new_key()
        self.answer: Callable[[dict[str, str]], dict[str, str]] = lambda given: given
        self.claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda given: given
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.name = "Ada Q"
        self.picture = picture()
        self.site_says: dict[str, Any] = {}
        self.site_head = '<link rel="indieauth-metadata" href="/site/metadata">'
        self.down: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)

    def settings(self) -> str:
        """desk.toml for a desk that knows all of them."""
        where = {"linkedin": "linkedin", "google": "google", "github": "github", "wordpress": "wp"}
        apps = "".join(
            f'[sign_in.{name}]\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'address = "{self.url}/{path}"\n'
            for name, path in where.items()
        )
        return f'reachable_networks = ["127.0.0.0/8", "::1/128"]\n{apps}'

    def allow(self, query: dict[str, str], place: str) -> str:
        """Where the browser is sent when its owner agrees."""
        code = secrets.token_hex(8)
        self.codes[code] = query | {"place": place}
        answer = {"code": code, "state": query["state"]}
        if place in ("google", "site"):
            answer["iss"] = f"{self.url}/{place}" + ("/" if place == "site" else "")
        joint = "&" if "?" in query["redirect_uri"] else "?"
        return f"{query['redirect_uri']}{joint}{urlencode(self.answer(answer))}"

    def token(self, form: dict[str, str], place: str) -> tuple[int, dict[str, Any]]:
        """What a code is worth."""
        known = self.codes.pop(form.get("code", ""), None)
        app = self.apps.get(form.get("client_id", ""), {"client_secret": SECRET})
        if place != "site" and form.get("client_secret") != app["client_secret"]:
            return 401, {"error": "invalid_client"}
        if place == "linkedin" and "code_verifier" in form:
            return 401, {"error": "invalid_client"}
        if known is None or known["place"] != place:
            return 400, {"error": "invalid_grant"}
        if form.get("redirect_uri") != known["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if place != "linkedin":
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if challenge != known.get("code_challenge"):
                return 400, {"error": "invalid_grant"}
        token = secrets.token_hex(8)
        self.tokens[token] = place
        if place == "site":
            return 200, {"me": f"{self.url}/site/"} | self.site_says
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer"}
        if place in ("google", "linkedin"):
            now = int(time.time())
            claims = {"iss": f"{self.url}/{place}", "sub": "4711", "aud": form["client_id"],
                      "iat": now, "exp": now + 300, "name": self.name,
                      "picture": f"{self.url}/ada.png"}  # fmt: skip
            if place == "google":
                claims["nonce"] = known["nonce"]
            answer["id_token"] = self.sign(self.claims(claims))
        return 200, answer

    def get(self, path: str, token: str) -> tuple[str, Any] | None:
        """What is at a path: its type, and what it holds; None where there is nothing."""
        place = self.tokens.get(token)
        for issuer in ("google", "linkedin"):
            if path == f"/{issuer}/.well-known/openid-configuration":
                here = f"{self.url}/{issuer}"
                return "application/json", {
                    "issuer": here, "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token", "jwks_uri": f"{here}/keys",
                    "id_token_signing_alg_values_supported": ["ES256"],
                    "authorization_response_iss_parameter_supported": issuer == "google",
                }  # fmt: skip
            if path == f"/{issuer}/keys":
                return "application/json", {"keys": [self.key.as_dict(private=False)]}
        mine: dict[str, Any] = {
            "/github/api/v3/user": {"id": 1, "login": "ada-q", "name": self.name,
                                    "avatar_url": f"{self.url}/ada.png"},
            "/wp/rest/v1.1/me/": {"ID": 2, "username": "adaq", "display_name": self.name,
                                  "profile_URL": "http://gravatar.example/adaq",
                                  "primary_blog_url": "https://adaq.example/",
                                  "avatar_URL": f"{self.url}/ada.png"},
            "/api/v1/accounts/verify_credentials": {
                "id": "3", "username": "ada", "display_name": self.name,
                "url": "https://victim.example/@somebody", "avatar_static": f"{self.url}/ada.png"},
        }  # fmt: skip
        if path in mine and place == path.split("/")[1].replace("api", ""):
            return "application/json", mine[path]
        if path == "/.well-known/oauth-authorization-server":
            return "application/json", {"issuer": f"{self.url}/", "scopes_supported": ["profile"]}
        if path == "/site/metadata":
            return "application/json", {
                "issuer": f"{self.url}/site/",
                "authorization_endpoint": f"{self.url}/site/auth",
            }
        if path.startswith("/site/"):
            return "text/html", (
                f"<!doctype html><title>Ada</title>{self.site_head}<div class=h-card>"
                f"<a class='p-name u-url' href='{self.url}/site/'>Ada of the site</a>"
                "<img class=u-photo src=/ada.png alt=''></div>"
            )
        return ("image/png", self.picture) if path == "/ada.png" else None


def new_key(kid: str = "") -> ECKey:
    """A key that signs identity tokens."""
    named = {"kid": kid or secrets.token_hex(4), "alg": "ES256", "use": "sig"}
    return ECKey.generate_key("P-256", named)


def picture(size: int = 300, colour: str = "#0d5f4e", **more: Any) -> bytes:
    """A picture of somebody."""
    made = io.BytesIO()
    Image.new("RGB", (size, size * 2), colour).save(made, "PNG", **more)
    return made.getvalue()


def unsigned(claims: dict[str, Any]) -> str:
    """An identity token whose algorithm is 'none'."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def furnished_for(site: SiteFolder, host: Identities) -> SiteFolder:
    """A site whose form offers all of them, and whose desk knows them."""
    place = furnished(site)
    with (place.content / "site.toml").open("a") as file:
        file.write(f"[discussions]\nsign_in = {json.dumps(NAMES)}\n")
    settings(place.content, host.settings() + NO_LIMITS)
    return place


@contextmanager
def identity_host() -> Iterator[Identities]:
    """The providers, on a free port."""
    host = Identities()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _place(self) -> tuple[str, str, dict[str, str]]:
            parts = urlsplit(self.path)
            host.asked.append(f"{self.command} {parts.path}")
            if "Mozilla" in self.headers.get("User-Agent", ""):
                host.agents.add(parts.path)
            first = parts.path.split("/")[1]
            place = first if first in ("google", "linkedin", "github", "wp", "site") else ""
            return parts.path, place, dict(parse_qsl(parts.query))

        def do_GET(self) -> None:
            path, _, query = self._place()
            if path.endswith(("/authorize", "/site/auth")):
                self._give(200, "text/html", (
                    f"<!doctype html><title>Allow?</title><h1>Allow {escape(query['client_id'])}?"
                    "</h1><form method=post><button name=do value=allow>Allow</button>"
                    "<button name=do value=deny>Deny</button></form>"
                ))  # fmt: skip
                return
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            found = None if path in host.down else host.get(path, token)
            if found is None:
                self._give(404, "text/plain", "none")
            else:
                self._give(200, *found)

        def do_POST(self) -> None:
            path, place, query = self._place()
            size = int(self.headers.get("Content-Length", 0))
            form = dict(parse_qsl(self.rfile.read(size).decode()))
            if path == "/api/v1/apps":
                app = {"client_id": secrets.token_hex(4), "client_secret": secrets.token_hex(8)}
                host.apps[app["client_id"]] = form | app
                self._give(200, "application/json", app)
            elif path == "/oauth/revoke":
                host.revoked.append(form["token"])
                self._give(200, "application/json", {})
            elif form.get("do"):
                app = host.apps.get(query["client_id"], {"redirect_uris": query["redirect_uri"]})
                known = query["client_id"] in host.apps or place == "site" or (
                    query["client_id"] == CLIENT)  # fmt: skip
                if not known or app["redirect_uris"] != query["redirect_uri"]:
                    self._give(400, "text/plain", "nobody that is known here")
                    return
                to = host.allow(query, place)
                if form["do"] == "deny":
                    denied = host.answer({"error": "access_denied", "state": query["state"]})
                    to = f"{query['redirect_uri']}?{urlencode(denied)}"
                self.send_response(302)
                self.send_header("Location", to)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                status, answer = host.token(form, place)
                self._give(status, "application/json", answer)

        def _give(self, status: int, kind: str, what: Any) -> None:
            body = what if isinstance(what, bytes) else (
                json.dumps(what) if kind == "application/json" else what).encode()  # fmt: skip
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # who has had enough hangs up
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
