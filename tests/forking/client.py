"""Asks a fork server for a process, and is that process for whoever started it: its standard
streams, its signals, its end. Run with `python -I -S`, it starts in some milliseconds."""

import _socket
import marshal
import os
import signal
import sys

# No pathlib, no socket, no json: each takes as long to load as all of this.

HONOURED = ("PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONDONTWRITEBYTECODE")
"""What a process does as it is told, though it doesn't start."""

address, program, *arguments = sys.argv[1:]
if any(name.startswith("PYTHON") and name not in HONOURED for name in os.environ):
    os.execv(sys.executable, [sys.executable, "-m", program, *arguments])
connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
connection.connect(address)
order = marshal.dumps((program, arguments, os.getcwd(), dict(os.environ)))  # noqa: PTH109
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
connection.sendmsg([len(order).to_bytes(4, "big")], [
    (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)
])  # fmt: skip
connection.sendall(order)
for passed in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(passed, lambda number, _: connection.sendall(bytes([number])))
ended = connection.recv(2)
if len(ended) < 2:
    os.kill(os.getpid(), signal.SIGKILL)  # its process is gone, and whoever was to tell
os._exit(ended[1]) if not ended[0] else os.kill(os.getpid(), ended[0])
