"""A Mastodon server and a Bluesky one in one small program: as much of their APIs as their own
clients ask when they post. It knows idempotency keys and record keys, and goes dumb on demand."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import regex

DID = "did:plc:ada2ada2ada2ada2ada2ada2"
TOKEN, PASSWORD = "token-of-ada", "pass-word-of-ada"
_TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
_JWT = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                for part in ({"alg": "none"}, {"exp": 4102444800, "sub": DID}, {}))  # fmt: skip


class Social:
    """What is on both servers. `interrupt` is called when something has been posted and before
    that is answered; where it returns True there is no answer at all. `lags` where a
    profile doesn't show yet what was posted."""

    def __init__(self) -> None:
        self.statuses: list[dict[str, Any]] = []
        self.records: dict[str, dict[str, Any]] = {}
        self.blobs: list[bytes] = []
        self.keys: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.pages: dict[str, int] = {}
        self.refuse: tuple[int, str] | None = None
        self.interrupt: Callable[[], bool] = lambda: False
        self.lags = False
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def status(self, text: str, date: datetime | None = None) -> dict[str, Any]:
        """A status of ada's, newest first in her profile."""
        number = str(116000000000000000 + len(self.statuses))
        linked = re.sub(r"https?://\S+", lambda m: f'<a href="{m[0]}">{m[0]}</a>', escape(text))
        made = {
            "id": number,
            "uri": f"https://social.example/users/ada/statuses/{number}",
            "url": f"https://social.example/@ada/{number}",
            "created_at": (date or datetime.now(UTC)).isoformat(),
            "content": f"<p>{linked}</p>",
            "visibility": "public",
        }
        self.statuses.insert(0, made)
        return made


class Answered(Exception):  # noqa: N818
    """An answer that ends the request."""

    def __init__(self, status: int, body: object) -> None:
        self.status, self.body = status, body


def mastodon(social: Social, method: str, path: str, values: Any, headers: Any) -> object:
    if headers.get("authorization") != f"Bearer {TOKEN}":
        raise Answered(401, {"error": "The access token is invalid"})
    if path == "/api/v1/accounts/verify_credentials":
        return {"id": "7", "username": "ada", "acct": "ada"}
    if path == "/api/v1/accounts/7/statuses":
        return [] if social.lags else social.statuses[:40]
    assert (method, path) == ("POST", "/api/v1/statuses")
    text = values["status"]
    if len(re.sub(r"https?://\S+", "x" * 23, text)) > 500:
        raise Answered(422, {"error": "Validation failed: Text character limit of 500 exceeded"})
    key = headers.get("idempotency-key")
    if key not in social.keys:
        social.keys[key] = social.status(text) | {"language": values.get("language")}
    return social.keys[key]


def bluesky(social: Social, method: str, path: str, values: Any, headers: Any) -> object:
    name = path.removeprefix("/xrpc/com.atproto.")
    if name == "server.createSession":
        if values["password"] != PASSWORD:
            raise Answered(401, {"error": "AuthenticationRequired", "message": "Invalid password"})
        return {"did": DID, "handle": values["identifier"], "accessJwt": _JWT, "refreshJwt": _JWT}
    if headers.get("authorization") != f"Bearer {_JWT}":
        raise Answered(401, {"error": "AuthMissing", "message": "no"})
    if name == "repo.uploadBlob":
        social.blobs.append(values)
        link = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
        return {"blob": {"$type": "blob", "ref": {"$link": link}, "mimeType": "image/png",
                         "size": len(values)}}  # fmt: skip
    key = values.get("rkey", "")
    uri = f"at://{DID}/app.bsky.feed.post/{key}"
    if name == "repo.getRecord":
        if key not in social.records:
            raise Answered(400, {"error": "RecordNotFound", "message": f"Could not find {key}"})
        return {"uri": uri, "cid": "bafyreih", "value": social.records[key]}
    assert (method, name) == ("POST", "repo.createRecord")
    text = values["record"]["text"]
    if not _TID.fullmatch(key) or len(regex.findall(r"\X", text)) > 300:
        raise Answered(400, {"error": "InvalidRequest", "message": "Invalid record"})
    if key in social.records:  # as the reference server says it
        raise Answered(500, {"error": "InternalServerError", "message": "Internal Server Error"})
    social.records[key] = values["record"]
    return {"uri": uri, "cid": "bafyreih"}


@contextmanager
def social_host() -> Iterator[Social]:
    """Both servers, on one free port."""
    social = Social()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self.serve({})

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers.get("content-length", 0)))
            kind = self.headers.get("content-type", "")
            if "json" in kind:
                self.serve(json.loads(data))
            else:
                self.serve(dict(parse_qsl(data.decode())) if "form" in kind else data)

        def serve(self, values: Any) -> None:
            parts = urlsplit(self.path)
            social.asked.append(f"{self.command} {parts.path}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            if self.command == "GET":
                values = dict(parse_qsl(parts.query))
            try:
                if parts.path in social.pages:
                    raise Answered(social.pages[parts.path], {})
                ends = parts.path.endswith(("/statuses", "createRecord"))
                posts = ends and self.command == "POST"
                if posts and social.refuse:
                    raise Answered(social.refuse[0], {"error": social.refuse[1]})
                speak = bluesky if parts.path.startswith("/xrpc/") else mastodon
                body = speak(social, self.command, parts.path, values, headers)
                if posts and social.interrupt():
                    self.close_connection = True
                    return
                self.give(200, body)
            except Answered as answer:
                self.give(answer.status, answer.body)

        def give(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that was killed

    httpd = Server(("127.0.0.1", 0), Handler)
    social.port = httpd.server_port
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield social
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
