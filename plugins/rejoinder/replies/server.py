"""The desk behind a port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from rejoinder.errors import PublishError


class DeskServer:
    """Holds a port, so that its address is known, and then serves an application on it. Raises
    PublishError when the port is taken."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family, backlog=2048)
        except (OSError, OverflowError) as error:
            raise PublishError(
                f"port {port} can't be used: {getattr(error, 'strerror', None) or error}",
                mend="Stop what uses it, or choose another with --port.",
            ) from error
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._socket.getsockname()[1]}"

    @contextmanager
    def run(self, app: ASGIApp) -> Iterator[DeskServer]:
        """Serve until it is left: requests under way are then finished, within five seconds."""
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, lifespan="off",
            proxy_headers=False,  # who is believed is the desk's own setting
            timeout_graceful_shutdown=5, timeout_keep_alive=15,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        thread.start()
        while thread.is_alive() and not server.started:
            time.sleep(0.005)
        try:
            yield self
        finally:
            server.should_exit = True
            thread.join()
            self._socket.close()
