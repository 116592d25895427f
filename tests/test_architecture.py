"""The import rules of docs/architecture.md, read from the code itself."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SiteFolder

PLUGINS = Path(__file__).parent.parent / "plugins"
LIBRARY = PLUGINS / "rejoinder"
ADAPTERS = sorted(p.name for p in PLUGINS.iterdir() if p.is_dir() and p != LIBRARY
                  and (p / "__init__.py").exists())  # fmt: skip


def imports(path: Path, *, at_top: bool = False) -> set[str]:
    """The modules that a file imports, by full name; `at_top` leaves out those in functions."""
    tree = ast.parse(path.read_text("utf-8"))
    found: set[str] = set()
    for node in tree.body if at_top else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module or "")
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def ours(path: Path) -> set[str]:
    return {name for name in imports(path) if name.split(".")[0] == "rejoinder"} - {"rejoinder"}


def library_files() -> list[Path]:
    return sorted(LIBRARY.rglob("*.py"))


def test_the_leaves_import_nothing_of_ours() -> None:
    assert ours(LIBRARY / "errors.py") == set()
    assert ours(LIBRARY / "atomic.py") == set()
    model = ours(LIBRARY / "comments" / "model.py")
    assert {name for name in model if not name.startswith("rejoinder.errors")} == set()


@pytest.mark.parametrize("name", ["threads", "render", "shelf", "summary", "recent", "feeds",
                                  "feeding", "view", "nodes", "paging", "patterns",
                                  "model", "files"])  # fmt: skip
def test_deciding_about_comments_does_no_io(name: str) -> None:
    names = {n.split(".")[0] for n in imports(LIBRARY / "comments" / f"{name}.py")}
    assert not names & {"os", "shutil", "subprocess", "socket", "time", "httpx", "urllib.request"}
    text = (LIBRARY / "comments" / f"{name}.py").read_text("utf-8")
    for call in (".read_text(", ".write_text(", ".open(", "open(", ".now(", "today("):
        assert call not in text


def test_only_the_build_process_imports_pelican() -> None:
    found = {
        path.name
        for path in library_files()
        if any(name.split(".")[0] == "pelican" for name in imports(path))
    }
    assert found == {"building.py"}
    assert not any("pelican" in name for name in imports(LIBRARY / "building.py", at_top=True))


def test_the_library_starts_without_pelican() -> None:
    names = "rejoinder.tasks, rejoinder.preview, rejoinder.replies.web.app"
    code = f"import sys, {names}; sys.exit('pelican' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_build_loads_nothing_that_opens_connections() -> None:
    code = (
        f"import sys, {', '.join(ADAPTERS)}; "
        "sys.exit(', '.join({'rejoinder.web', 'httpcore', 'httpx', 'feedparser'} & {*sys.modules}))"
    )
    env = {**os.environ, "PYTHONPATH": str(PLUGINS)}
    run = subprocess.run([sys.executable, "-c", code], env=env, stderr=subprocess.PIPE, check=False)
    assert run.stderr.strip() == b""


def test_of_the_plugins_that_are_installed_a_build_loads_those_that_are_named(
    site: SiteFolder,
) -> None:
    def loaded(plugins: list[str] | None) -> set[str]:
        overrides: dict[str, Any] = {"PATH": str(site.content), "OUTPUT_PATH": str(site.output),
                                     "CACHE_PATH": str(site.root / "cache")}  # fmt: skip
        if plugins is None or plugins:
            overrides |= {"PLUGINS": plugins}
        run = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "rejoinder.building"],
            input=json.dumps({"settings": str(ROOT / "pelicanconf.py"), "overrides": overrides}),
            env={**os.environ, "PYTHONPATH": str(PLUGINS)}, capture_output=True, text=True,
            check=False,  # not every plugin is content with these settings
        )  # fmt: skip
        found = (line.rpartition("|")[2].strip() for line in run.stderr.splitlines())
        above = "pelican.plugins."
        return {name.removeprefix(above).split(".")[0] for name in found if name.startswith(above)}

    ours = {"_utils", "signals"}
    assert loaded([]) == ours  # the settings' own
    assert loaded(["comments", "series", "pelican.plugins.neighbors"]) == (
        {*ours, "series", "neighbors"}
    )
    assert loaded(None) > {*ours, "series", "neighbors", "sitemap"}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_adapters_do_not_know_each_other(adapter: str) -> None:
    allowed = {"rejoinder", "pelican", adapter, "jinja2", "markupsafe", "markdown", "pygments",
               "bs4", "xxhash", "zstandard", "rjsmin", "minify", "rcssmin"}  # fmt: skip
    for path in (PLUGINS / adapter).rglob("*.py"):
        names = {name.split(".")[0] for name in imports(path)}
        assert names - allowed - sys.stdlib_module_names == set()


def test_only_one_module_opens_connections() -> None:
    network = {"httpx", "httpcore", "requests", "urllib3", "socket", "aiohttp"}
    found = {
        path.relative_to(LIBRARY).as_posix()
        for path in library_files()
        if {n.split(".")[0] for n in imports(path)} & network or "urllib.request" in imports(path)
    }
    # The second listens, on a port; the third posts what the author's `announce` asks it to,
    # through clients that do their own network I/O.
    assert found <= {"web.py", "replies/server.py", "profiles/posting.py"}
    mail = {p.relative_to(LIBRARY).as_posix() for p in library_files() if "smtplib" in imports(p)}
    assert mail == {"replies/telling/postman.py"}
    boto = {p.relative_to(LIBRARY).as_posix() for p in library_files()
            if any(n.split(".")[0] in ("boto3", "botocore") for n in imports(p))}  # fmt: skip
    assert boto <= {"publish/s3.py"}
    clients = {p.relative_to(LIBRARY).as_posix() for p in library_files()
               if any(n.startswith(("mastodon", "atproto")) for n in imports(p))}  # fmt: skip
    assert clients == {"profiles/posting.py"}
    lazily = imports(LIBRARY / "profiles" / "posting.py", at_top=True)
    assert not any(n.startswith(("mastodon", "atproto", "httpx")) for n in lazily)


def test_no_file_has_grown_past_one_noun() -> None:
    long = {p.name: n for p in PLUGINS.rglob("*.py")
            if (n := len(p.read_text("utf-8").split("\n"))) > 450}  # fmt: skip
    assert long == {}
