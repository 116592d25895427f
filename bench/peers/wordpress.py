"""A WordPress of its own, of Debian's packages, with a MariaDB of its own; nothing listens on the
network, and nothing is left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.machine import ROOT, scratch, wait

PROGRAM = ROOT / "bench" / "sites" / "wordpress" / "site.php"
PLACE = Path("/usr/share/wordpress")
MISSING = "error: {} is not here.\n  apt install wordpress mariadb-server php-cli php-mysql php-xml"
_WAIT = 60


class WordPress:
    """A WordPress of its own, with a database server of its own."""

    def __init__(self, place: Path, folder: Path) -> None:
        self._socket = folder / "socket"
        self._env = {
            **os.environ, "WORDPRESS": str(place), "SOCKET": str(self._socket),
            "ADDRESS": "https://blog.example", "SCRATCH": str(folder),
        }  # fmt: skip

    def run(self, *words: str) -> str:
        """What a command of `site.php` prints. Ends with what it complains of when it fails."""
        run = subprocess.run(
            ["php", str(PROGRAM), *words], env=self._env, capture_output=True, text=True,
            encoding="utf-8", check=False,
        )  # fmt: skip
        if run.returncode:
            raise SystemExit(f"error: WordPress said: {run.stderr[-2000:]}{run.stdout[-500:]}")
        return run.stdout


def found() -> tuple[Path, str]:
    """WordPress's folder and the database server's program. Ends where something is missing."""
    sbin = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
    server = shutil.which("mariadbd", path=sbin)
    place = PLACE if (PLACE / "wp-settings.php").is_file() else None
    for name, thing in (("WordPress", place), ("MariaDB", server), ("PHP", shutil.which("php"))):
        if thing is None:
            raise SystemExit(MISSING.format(name))
    modules = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout
    for name in {"mysqli", "SimpleXML", "dom"} - set(modules.split()):
        raise SystemExit(MISSING.format(f"PHP's {name}"))
    assert place is not None
    assert server is not None
    return place, server


@contextmanager
def fresh(zone: str) -> Iterator[WordPress]:
    """A WordPress without a post. Ends where its programs are missing."""
    place, server = found()
    with scratch("wordpress") as folder:
        data, socket = folder / "data", folder / "socket"
        user = ["--user=root"] if os.geteuid() == 0 else []
        common = ["--no-defaults", f"--datadir={data}", *user]
        with (folder / "log").open("w") as log:
            subprocess.run(
                ["mariadb-install-db", *common, "--auth-root-authentication-method=normal",
                 "--skip-test-db"], check=True, stdout=log, stderr=log,
            )  # fmt: skip
            words = [server, *common, f"--socket={socket}", "--skip-networking"]
            with subprocess.Popen(words, stdout=log, stderr=log) as run:
                try:
                    wait(lambda: socket.exists() or run.poll() is not None, _WAIT, 0.05)
                    subprocess.run(
                        ["mariadb", "--no-defaults", f"--socket={socket}", "-u", "root", "-e",
                         "CREATE DATABASE wordpress CHARACTER SET utf8mb4"], check=True,
                    )  # fmt: skip
                    made = WordPress(place, folder)
                    made.run("install", zone)
                    yield made
                finally:
                    run.terminate()
