"""Programs of ours in processes that are forked off one that has loaded all they import: each is
as fresh as one that was started, and there in a tenth of the time.

It listens at the socket that is its argument, and ends when its standard input does."""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import marshal
import os
import random
import runpy
import select
import signal
import socket
import sys
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path

LOADED = (
    "pelican", "pelican.readers", "pelican.generators", "pelican.writers", "markdown",
    "rejoinder.building", "rejoinder.tasks", "rejoinder.preview", "rejoinder.press.press",
    "rejoinder.replies.desk", "rejoinder.replies.server", "rejoinder.replies.web.app",
    "rejoinder.replies.worker", "alembic.command", "uvicorn.loops.auto",
    "authors", "cards", "comments", "crosslinks", "discovery", "engagement", "incremental",
    "languages", "posts", "redirects", "search", "serving",
)  # fmt: skip


def main(address: str) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(64)  # who asks meanwhile waits
    for name in LOADED:
        importlib.import_module(name)
    assert threading.active_count() == 1
    from templates import share

    from rejoinder import building

    share(Path(address).parent)
    client = str(Path(__file__).with_name("client.py"))
    building.PROGRAM = [sys.executable, "-I", "-S", client, address, building.__name__]
    # A program's module is loaded, though not as the main one.
    warnings.filterwarnings("ignore", "'.*' found in sys.modules", RuntimeWarning)
    gc.freeze()
    signal.signal(signal.SIGCHLD, _reap)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(connection)
        connection.close()


def _reap(*_: object) -> None:
    """Bury who has ended; their time is added to ours."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _keep(connection: socket.socket) -> None:
    """Start what is asked for, pass signals on, and tell how it ended."""
    head, streams, _, _ = socket.recv_fds(connection, 4, 3)
    order = b""
    while len(order) < int.from_bytes(head, "big"):
        order += connection.recv(65536)
    worker = os.fork()
    if not worker:
        connection.close()
        _work(order, streams)
    for stream in (0, 1, 2, *streams):
        os.close(stream)
    end = os.pidfd_open(worker)
    while end not in (ready := select.select([connection, end], [], [])[0]):
        assert ready
        for number in connection.recv(16) or [signal.SIGKILL]:
            os.kill(worker, number)
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    try:
        connection.sendall(bytes([-code, 0] if code < 0 else [0, code]))
    finally:
        os._exit(0)


def _work(order: bytes, streams: list[int]) -> None:
    """Be the program."""
    program, arguments, folder, environment = marshal.loads(order)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in environment
    time.tzset()
    random.seed()
    encoding = environment.get("PYTHONIOENCODING") or "utf-8"
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = open(number, "wb", 0, closefd=False)  # noqa: SIM115
        stream = io.TextIOWrapper(
            raw if "PYTHONUNBUFFERED" in environment else io.BufferedWriter(raw),
            encoding, "backslashreplace" if name == "stderr" else "strict",
            line_buffering=name == "stderr", write_through="PYTHONUNBUFFERED" in environment,
        )  # fmt: skip
        setattr(sys, name, stream)
    sys.argv = [program, *arguments]
    sys.path[0] = folder
    code: object = 1
    try:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code
        if isinstance(code, str):
            sys.stderr.write(code + "\n")
    except BaseException:
        sys.excepthook(*sys.exc_info())
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    main(sys.argv[1])
