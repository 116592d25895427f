"""The desk behind a port of this machine."""

from __future__ import annotations

import threading
import time

import uvicorn

from rejoinder.errors import PublishError
from rejoinder.replies.app import make_app
from rejoinder.replies.desk import Desk


class DeskServer:
    """Serves a desk on 127.0.0.1, until it is left. A web server in front of it gives it the
    site's own address. Raises PublishError when the port is taken."""

    def __init__(self, desk: Desk, port: int) -> None:
        config = uvicorn.Config(
            make_app(desk), host="127.0.0.1", port=port, log_level="warning", access_log=False,
            server_header=False, timeout_graceful_shutdown=5,
        )  # fmt: skip
        try:
            self._socket = config.bind_socket()
        except SystemExit as error:  # what uvicorn does where others raise
            raise PublishError(
                f"port {port} can't be used", mend="Stop what uses it, or choose another port."
            ) from error
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def __enter__(self) -> DeskServer:
        self._thread.start()
        while self._thread.is_alive() and not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
