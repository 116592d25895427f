"""Small servers that stand for the world outside: mail, webhooks, Akismet. Each really listens."""

from __future__ import annotations

import email
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from rejoinder.replies.desk import Desk
from rejoinder.replies.schema import deliveries

LOCAL = 'reachable_networks = ["127.0.0.0/8"]\n'


class Postbox:
    """Takes letters, as they come over the wire. `answers` says what a command is answered for
    an address; `drops` are recipients in whose letters the connection breaks."""

    def __init__(self) -> None:
        self.port = 0
        self.raw: list[tuple[str, bytes]] = []
        self.answers: dict[tuple[str, str], str] = {}
        self.drops: set[str] = set()
        self.password = b""

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.password and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return self.answers.get(("MAIL", address), "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        said = self.answers.get(("RCPT", address), "250 OK")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        if recipient in self.drops:
            server.transport.abort()
            return "250 OK"
        said = self.answers.get(("DATA", recipient), "250 OK")
        if said.startswith("250"):
            self.raw.append((recipient, envelope.content))
        return said

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        return self.answers.get(("QUIT", ""), "221 Bye")

    def authenticate(self, server, session, envelope, mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        is_right = (data.login, data.password) == (b"blog", self.password)
        return AuthResult(success=is_right, handled=False)

    @property
    def letters(self) -> list[EmailMessage]:
        return [parsed(raw) for _, raw in self.raw]

    def to(self, address: str) -> list[EmailMessage]:
        return [parsed(raw) for recipient, raw in self.raw if recipient == address]


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def part(letter: EmailMessage, kind: str) -> str:
    """The text ('plain') or the HTML ('html') of a letter."""
    found = letter.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def link(letter: EmailMessage, label: str) -> str:
    """The path of the link of that label."""
    found = re.search(rf"^{label}:\n\S+?(/reply/\S+)$", part(letter, "plain"), re.M)
    assert found is not None, part(letter, "plain")
    return found[1]


@contextmanager
def running(box: Postbox) -> Iterator[Postbox]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        box.port = free.getsockname()[1]  # the controller must know it beforehand
    controller = Controller(
        box, hostname="127.0.0.1", port=box.port, auth_require_tls=False,
        authenticator=box.authenticate,
    )  # fmt: skip
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def mail(port: int, **more: str) -> str:
    """What desk.toml says of a server here."""
    lines = {
        "host": "127.0.0.1", "security": "none", "sender": "blog@blog.example", **more,
    }  # fmt: skip
    said = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
    return f"[mail]\nport = {port}\n{said}"


@contextmanager
def silent(*says: bytes) -> Iterator[int]:
    """A server that says this much to each who comes, then nothing, and never hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def run() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                held.append(one)
                for words in says:
                    one.sendall(words)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for one in held:
                one.close()


Asked = tuple[dict[str, str], bytes]


@contextmanager
def web_server(say: Callable[[bytes], tuple[int, bytes]]) -> Iterator[tuple[int, list[Asked]]]:
    """An HTTP server that answers POSTs by `say`; its port, and what it was asked."""
    got: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, said = say(body)
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)
            except OSError:
                pass  # who asked has gone

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port, got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rows(desk: Desk) -> list[Any]:
    """The queue of what is to be sent, in order."""
    with desk.database.transaction() as db:
        query = sa.select(deliveries).order_by(deliveries.c.number)
        return list(db.execute(query).mappings().all())


def said(caplog: pytest.LogCaptureFixture) -> str:
    """What we logged, with tracebacks; the servers here log as they like."""
    formatter = caplog.handler.formatter
    assert formatter is not None
    ours = [r for r in caplog.records if r.name.startswith("rejoinder")]
    return "\n".join(formatter.format(record) for record in ours)
