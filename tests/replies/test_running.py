"""The desk in production: the examples in docs/examples as the real programs read and run them."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SiteFolder, invoke, make_comment
from dockerfile_parse import DockerfileParser
from playwright.sync_api import sync_playwright

from rejoinder.replies import settings
from rejoinder.replies.desk import open_desk
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app
from rejoinder.serving import packing
from rejoinder.serving.headers import EACH_TIME, FOR_GOOD, of_site

EXAMPLES = ROOT / "docs" / "examples"
DOC = (ROOT / "docs" / "running-the-desk.md").read_text("utf-8")
UNITS = ("rejoinder-desk.service", "rejoinder-backup.service", "rejoinder-backup.timer")
INVOKE = str(Path(sys.executable).parent / "invoke")
ADMINS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])

Headers = dict[str, list[str]]
Answer = tuple[int, Headers, str]


def program(name: str, package: str) -> str:
    """Where a program is. Without it the test is skipped, but never on the CI."""
    path = shutil.which(name, path=ADMINS)
    if path is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(f"no {name} here: apt install {package}")
    return path


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False,
        env=os.environ | environment, timeout=60,
    )  # fmt: skip


def changed(name: str, *changes: tuple[str, str]) -> str:
    """An example with what a reader is told to put in; each of it must be there."""
    text = (EXAMPLES / name).read_text("utf-8")
    for old, new in changes:
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return text


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def ask(
    port: int,
    path: str,
    form: dict[str, str] | None = None,
    **headers: str,
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if form is not None:
        sent |= {"Content-Type": "application/x-www-form-urlencoded",
                 "Origin": f"http://127.0.0.1:{port}"}  # fmt: skip
    body = None if form is None else urlencode(form)
    connection.request("GET" if form is None else "POST", path, body, sent)
    answer = connection.getresponse()
    found: Headers = {}
    for name, value in answer.getheaders():
        found.setdefault(name.lower(), []).append(value)
    text = answer.read().decode()
    connection.close()
    return answer.status, found, text


def filled_in(page: str, **fields: str) -> dict[str, str]:
    """The form of a page as a browser sends it."""
    inputs = BeautifulSoup(page, "html.parser").select(
        "form:has(textarea[name=text]) input[name]:not([type=checkbox], [type=submit])"
    )
    return {str(i["name"]): str(i.get("value", "")) for i in inputs} | fields


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError(f"it doesn't answer: {process.communicate()}")


@pytest.fixture
def blog(site: SiteFolder) -> SiteFolder:
    """A built site with a discussion, old addresses and hidden files."""
    site.post()
    site.post("reply-to-all")
    site.comments(make_comment(1))
    (site.content / "redirects.txt").write_text("/old/ /first/\n/?p=4 /first/\n", "utf-8")
    desk = site.root / "private" / "desk"
    desk.mkdir(parents=True)
    (desk / "desk.toml").write_text("[limits]\nseconds_at_least = 0\n", "utf-8")
    site.build("publishconf.py", SITEURL="", FEED_DOMAIN="https://blog.example")
    packing.pack(site.output, site.root / "packed.json")
    (site.output / ".rejoinder-published").write_text("", "utf-8")
    (site.output / ".well-known").mkdir()
    (site.output / ".well-known" / "security.txt").write_text("Contact: x\n", "utf-8")
    return site


def nginx_conf(blog: SiteFolder, folder: Path, port: int, desk_port: int) -> Path:
    example = changed(
        "nginx.conf",
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("    listen [::]:80;\n", ""),
        ("http://127.0.0.1:8001", f"http://127.0.0.1:{desk_port}"),
        ("#map_hash_bucket_size", "map_hash_bucket_size"),
        ("#include", "include"),
        ("#if (", "if ("),
        ("/srv/blog/public/site", str(blog.output)),
    )
    (folder / "blog.conf").write_text(example, "utf-8")
    kinds = Path("/etc/nginx/mime.types")
    temps = "".join(
        f"{kind}_temp_path {folder / kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(
        ("user root;\n" if os.geteuid() == 0 else "")
        + f"daemon off; pid {folder}/pid; error_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temps}"
        + (f"include {kinds};\n" if kinds.exists() else "")
        + f"include {folder}/blog.conf;\n}}\n",
        "utf-8",
    )
    return conf


def caddyfile(blog: SiteFolder, folder: Path, port: int, desk_port: int) -> Path:
    conf = folder / "Caddyfile"
    conf.write_text(
        "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\n"
        + changed(
            "Caddyfile",
            ("blog.example {", f"http://127.0.0.1:{port} {{"),
            ("127.0.0.1:8001", f"127.0.0.1:{desk_port}"),
            ("/srv/blog/public/site", str(blog.output)),
        ),
        "utf-8",
    )
    return conf


@contextmanager
def front(kind: str, blog: SiteFolder, folder: Path, desk_port: int) -> Iterator[int]:
    """The example's web server before a desk; gives its port."""
    port = free_port()
    folder.mkdir()
    if kind == "nginx":
        path = program("nginx", "nginx-light")
        command = [path, "-e", "stderr", "-c", str(nginx_conf(blog, folder, port, desk_port))]
    else:
        path = program("caddy", "caddy")
        conf = caddyfile(blog, folder, port, desk_port)
        command = [path, "run", "--adapter", "caddyfile", "--config", str(conf)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, text=True,
            env=os.environ | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
                              "XDG_DATA_HOME": str(folder)},
        )  # fmt: skip
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture
def desk_port(blog: SiteFolder) -> Iterator[int]:
    with open_desk(blog.content) as desk, DeskServer(0).run(make_app(desk)) as server:
        yield int(server.address.rpartition(":")[2])


class Recorder(HTTPServer):
    """Stands where the desk stands, says yes to all, and keeps the headers that came."""

    def __init__(self) -> None:
        self.came: list[Headers] = []
        super().__init__(("127.0.0.1", 0), _Yes)


class _Yes(BaseHTTPRequestHandler):
    server: Recorder

    def do_GET(self) -> None:
        self.server.came.append({k.lower(): self.headers.get_all(k, []) for k in self.headers})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["nginx", "caddy"])
def port(
    request: pytest.FixtureRequest, blog: SiteFolder, desk_port: int, tmp_path: Path
) -> Iterator[int]:
    with front(request.param, blog, tmp_path / "front", desk_port) as port:
        yield port


def raw(port: int, path: str, encodings: str) -> tuple[dict[str, str], bytes]:
    """An answer as it comes over the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Accept-Encoding": encodings})
    answer = connection.getresponse()
    found = {name.lower(): value for name, value in answer.getheaders()}
    body = answer.read()
    connection.close()
    return found, body


def test_headers_and_packed_copies_are_sent(port: int, blog: SiteFolder) -> None:
    wanted = {name.lower(): [value] for name, value in of_site().items()}
    page = blog.read("first/index.html")
    sheet = re.search(r'href="(/theme/css/main\.[0-9a-f]{10}\.css)"', page)
    assert sheet is not None
    for path, status, kept in (
        ("/first/", 200, EACH_TIME),
        (sheet[1], 200, FOR_GOOD),
        ("/nothing/", 404, None),
        ("/x.0123456789.css", 404, None),
    ):
        answered, found, _ = ask(port, path)
        assert answered == status
        assert {name: found.get(name) for name in wanted} == wanted, path
        said = found.get("cache-control")
        assert said == [kept] if kept else said in (None, [EACH_TIME]), path
    found_gz, body = raw(port, "/first/", "gzip")
    assert found_gz["content-encoding"] == "gzip"
    assert found_gz["content-type"].startswith("text/html")
    assert "accept-encoding" in found_gz["vary"].lower()
    assert body == (blog.output / "first" / "index.html.gz").read_bytes()
    found_plain, body = raw(port, "/first/", "identity")
    assert "content-encoding" not in found_plain
    assert body.decode() == page
    packing.drop(blog.output / "first" / "index.html")  # as the press does
    found_gz, body = raw(port, "/first/", "gzip")
    assert found_gz["content-encoding"] == "gzip"
    assert gzip.decompress(body).decode() == page


def test_the_site_and_the_desk_are_one_site(port: int) -> None:
    status, _, page = ask(port, "/first/")
    assert (status, "Words of comment 1" in page) == (200, True)
    assert ask(port, "/reply-to-all/")[0] == 200
    assert ask(port, "/seen")[0] == 405  # the desk's: it takes POST alone
    assert ask(port, "/seen/")[0] == 404  # the site's

    status, _, page = ask(port, "/reply?thread=first")
    assert status == 200
    form = filled_in(page, thread="first", name="Bo", text="I see it differently.")
    status, headers, _ = ask(port, "/reply", form)
    assert status == 303
    place = headers["location"][0]
    assert place.startswith("/reply/")
    status, headers, page = ask(port, place)
    assert (status, "I see it differently." in page) == (200, True)
    # The desk's own, once, and nothing of the site's beside it.
    (policy,) = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert headers["referrer-policy"] == ["same-origin"]
    assert headers["x-content-type-options"] == ["nosniff"]


def test_what_is_for_this_machine_alone_stays_there(port: int, desk_port: int) -> None:
    assert ask(desk_port, "/healthz")[0] == 200
    assert ask(desk_port, "/metrics")[0] == 200
    for path in (
        "/healthz",
        "/metrics",
        "/reply/../healthz",
        "/reply/%2e%2e/healthz",
        "/reply/..%2fmetrics",
        "/reply/%2E%2E%2Fmetrics",
        "//metrics",
        "/.rejoinder-published",
    ):
        assert ask(port, path)[0] in (400, 404), path
    assert ask(port, "/.well-known/security.txt")[2] == "Contact: x\n"


def test_what_is_missing_is_told_by_the_sites_own_page(port: int, blog: SiteFolder) -> None:
    status, headers, page = ask(port, "/nowhere/")
    assert status == 404
    assert page == blog.read("404.html")
    assert headers["content-security-policy"][0].startswith("default-src 'self'")


def test_more_than_any_reply_is_refused(port: int) -> None:
    for size in (270_000, 400_000, 5_000_000):
        try:
            status = ask(port, "/reply", {"thread": "first", "text": "x" * size})[0]
        except (BrokenPipeError, ConnectionResetError):
            continue  # refused before all was sent
        assert status == 413, size


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
def test_what_a_reader_claims_to_be_is_not_passed_on(
    kind: str, blog: SiteFolder, recorder: Recorder, tmp_path: Path
) -> None:
    with front(kind, blog, tmp_path / "front", recorder.server_port) as port:
        ask(port, "/reply", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="gopher",
            Forwarded="for=203.0.113.9", X_Real_IP="203.0.113.9")  # fmt: skip
    (headers,) = recorder.came
    assert headers["x-forwarded-for"] == ["127.0.0.1"]
    assert headers["x-forwarded-proto"] == ["http"]
    assert headers["host"] == [f"127.0.0.1:{port}"]
    assert "203.0.113.9" not in str(headers)


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
def test_without_its_desk_the_site_goes_on(kind: str, blog: SiteFolder, tmp_path: Path) -> None:
    with front(kind, blog, tmp_path / "front", free_port()) as port:
        assert ask(port, "/first/")[0] == 200
        assert ask(port, "/reply?thread=first")[0] == 502


def test_nginx_slows_down_who_asks_too_much(
    blog: SiteFolder, recorder: Recorder, tmp_path: Path
) -> None:
    with front("nginx", blog, tmp_path / "front", recorder.server_port) as port:
        said = [ask(port, "/reply/nothing")[0] for _ in range(200)]
        assert said[:50] == [200] * 50
        assert 429 in said
        assert {ask(port, "/first/")[0] for _ in range(20)} == {200}


def test_nginx_answers_old_addresses(blog: SiteFolder, desk_port: int, tmp_path: Path) -> None:
    with front("nginx", blog, tmp_path / "front", desk_port) as port:
        status, headers, _ = ask(port, "/old/")
    assert (status, headers["location"]) == (301, [f"http://127.0.0.1:{port}/first/"])


def test_nginx_and_caddy_take_the_examples_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr;\nevents {{}}\n"
        f"http {{ access_log off; include {EXAMPLES}/nginx.conf; }}\n",
        "utf-8",
    )
    nginx, caddy = program("nginx", "nginx-light"), program("caddy", "caddy")
    done = run(nginx, "-t", "-e", "stderr", "-c", tmp_path / "nginx.conf")
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr
    where = ["--adapter", "caddyfile", "--config", str(EXAMPLES / "Caddyfile")]
    done = run(caddy, "validate", *where, HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert '"level":"warn"' not in done.stderr
    assert run(caddy, "fmt", EXAMPLES / "Caddyfile").stdout == (EXAMPLES / "Caddyfile").read_text()


@pytest.mark.browser
def test_the_sites_pages_keep_to_the_policy(
    blog: SiteFolder, desk_port: int, tmp_path: Path
) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        chromium = program("chromium", "chromium")
    with (
        front("nginx", blog, tmp_path / "front", desk_port) as port,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        wrong: list[str] = []
        page.on(
            "console",
            lambda message: "favicon" in message.location["url"] or wrong.append(message.text),
        )
        for path in ("", "first/", "?p=4", "archives/", "reply?thread=first"):
            page.goto(f"http://127.0.0.1:{port}/{path}")
        browser.close()
    assert wrong == []


def unit(name: str) -> dict[str, list[str]]:
    """The lines of a unit, by their keys."""
    found: dict[str, list[str]] = {}
    for line in (EXAMPLES / name).read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = program("systemd-analyze", "systemd")
    there = tmp_path / ".venv" / "bin" / "invoke"
    there.parent.mkdir(parents=True)
    there.symlink_to(INVOKE)
    for name in UNITS:
        text = (EXAMPLES / name).read_text("utf-8").replace("/srv/blog", str(tmp_path))
        (tmp_path / name).write_text(text, "utf-8")
    done = run(analyze, "verify", "--man=no", *(tmp_path / name for name in UNITS))
    assert done.returncode == 0, done.stderr
    assert "rejoinder" not in done.stdout + done.stderr
    if "--offline" not in run(analyze, "--help").stdout:
        return  # before systemd 250
    for name in UNITS[:2]:
        done = run(analyze, "security", "--offline=true", "--threshold=15", tmp_path / name)
        assert done.returncode == 0, done.stdout[-300:]


def test_both_services_are_locked_in_alike() -> None:
    desk, backup = (unit(name) for name in UNITS[:2])
    start = list(desk).index("NoNewPrivileges")
    keys = [key for key in list(desk)[start:] if key != "WantedBy"]
    assert len(keys) > 20
    assert {key: desk[key] for key in keys} == {key: backup[key] for key in keys}


@contextmanager
def started(blog: SiteFolder) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The service as its unit starts it; gives the process and its port."""
    (blog.root / "tasks.py").write_text(
        "from rejoinder.tasks import site_tasks\nnamespace = site_tasks(__file__)\n", "utf-8"
    )
    for name in ("pelicanconf.py", "publishconf.py"):
        shutil.copy(ROOT / name, blog.root)
    for name in ("theme", "plugins"):
        (blog.root / name).symlink_to(ROOT / name)
    (blog.root / "public").mkdir()
    told, port = unit(UNITS[0]), free_port()
    (command,) = told["ExecStart"]
    program, *words = command.split()
    assert program == "/srv/blog/.venv/bin/invoke"
    assert words[-2:] == ["--port", "8001"]
    environment = dict(line.split("=", 1) for line in told["Environment"])
    process = subprocess.Popen(
        [INVOKE, *words[:-1], str(port)], cwd=blog.root, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | environment,
    )  # fmt: skip
    try:
        wait_for(port, process)
        yield process, port
    finally:
        process.kill()
        process.communicate()


def test_the_service_writes_where_its_unit_lets_it(blog: SiteFolder) -> None:
    shutil.rmtree(blog.output)
    with (blog.content / "site.toml").open("a") as file:
        file.write('publish = "public/site"\n')
    with started(blog) as (process, port):
        before = set(blog.root.iterdir())
        form = filled_in(ask(port, "/reply?thread=first")[2], thread="first", name="Bo", text="x")
        assert ask(port, "/reply", form)[0] == 303
        done = subprocess.run(
            [INVOKE, "publish"], cwd=blog.root, capture_output=True, text=True, check=False,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0, said
        for line in filter(None, said.splitlines()):
            assert isinstance(json.loads(line), dict)
            assert "Bo" not in line
    assert (blog.root / "public" / "site" / "first" / "index.html").exists()
    assert set(blog.root.iterdir()) == before
    (writable,) = unit(UNITS[0])["ReadWritePaths"]
    for path in writable.split():
        assert (blog.root / Path(path).relative_to("/srv/blog")).is_dir()


def test_a_reply_under_way_is_taken_before_the_service_stops(blog: SiteFolder) -> None:
    with started(blog) as (process, port):
        form = filled_in(ask(port, "/reply?thread=first")[2], thread="first", name="Bo", text="x")
        body = urlencode(form).encode()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.putrequest("POST", "/reply")
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:3])
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.send(body[3:])
        assert connection.getresponse().status == 303
        connection.close()
        assert process.wait(10) == 0


def test_another_machine_with_the_same_secret_and_database_knows_the_reader(
    make_site: Callable[..., SiteFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REJOINDER_DATABASE", f"sqlite:///{tmp_path / 'shared.sqlite3'}")
    sites = [make_site("one"), make_site("two")]
    for site in sites:
        site.post()
        desk = site.root / "private" / "desk"
        desk.mkdir(parents=True)
        (desk / "desk.toml").write_text("[limits]\nseconds_at_least = 0\n", "utf-8")
        (desk / "secret").write_text("the same, and long enough: 0123456789abcdef\n", "utf-8")
    with (
        open_desk(sites[0].content) as first,
        open_desk(sites[1].content) as second,
        DeskServer(0).run(make_app(first)) as one,
        DeskServer(0).run(make_app(second)) as two,
    ):
        here, there = (int(server.address.rpartition(":")[2]) for server in (one, two))
        form = filled_in(ask(here, "/reply?thread=first")[2], thread="first", name="Bo", text="Hm.")
        _, headers, _ = ask(here, "/reply", form)
        status, _, page = ask(there, headers["location"][0])
    assert (status, "Hm." in page) == (200, True)


@pytest.fixture(scope="module")
def container() -> DockerfileParser:
    return DockerfileParser(fileobj=BytesIO((EXAMPLES / "Containerfile").read_bytes()))


def steps(container: DockerfileParser, name: str) -> list[str]:
    return [step["value"] for step in container.structure if step["instruction"] == name]


def test_the_container_is_no_roots_and_has_a_known_base(container: DockerfileParser) -> None:
    assert re.fullmatch(r"[\w./-]+:3\.\d+-slim-\w+", container.baseimage)
    order = [step["instruction"] for step in container.structure]
    (user,) = steps(container, "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)  # by number, for hosts that look
    assert order.index("USER") > max(n for n, word in enumerate(order) if word in ("RUN", "COPY"))
    assert steps(container, "VOLUME") == steps(container, "WORKDIR") == ["/site"]
    (install,) = (step for step in steps(container, "RUN") if "apt-get" in step)
    assert {"git", "rsync", "openssh-client"} <= set(install.split())


def test_the_container_is_made_of_what_is_here(container: DockerfileParser, tmp_path: Path) -> None:
    for step in steps(container, "COPY"):
        *names, to = step.split()
        place = tmp_path / to.lstrip("/")
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place.mkdir(exist_ok=True)
                shutil.copy(ROOT / name, place)
    (install,) = (step for step in steps(container, "RUN") if "pip install" in step)
    extras = set(re.findall(r"/src\[([\w,]+)\]", install)[0].split(","))
    project = tomllib.loads((tmp_path / "src" / "pyproject.toml").read_text("utf-8"))["project"]
    assert extras <= set(project["optional-dependencies"])
    done = run(sys.executable, "-m", "build", "--wheel", "--no-isolation",
               "--outdir", tmp_path / "dist", tmp_path / "src")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "dist").glob("rejoinder-*.whl"))


def test_the_containers_health_is_the_desks(container: DockerfileParser, desk_port: int) -> None:
    (check,) = steps(container, "HEALTHCHECK")
    command = json.loads(check[check.index("[") :])  # the exec form is JSON
    assert command[0] == "python"

    def healthy(port: int) -> bool:
        words = [word.replace(":8001/", f":{port}/") for word in command[1:]]
        assert words != command[1:]
        return run(sys.executable, *words).returncode == 0

    assert healthy(desk_port)
    assert not healthy(free_port())


def test_the_container_starts_the_desk(container: DockerfileParser, blog: SiteFolder) -> None:
    program, *words = json.loads(container.cmd)
    assert (program, words[-1]) == ("invoke", "8001")
    assert steps(container, "EXPOSE") == ["8001"]
    (blog.root / "tasks.py").write_text(
        "from rejoinder.tasks import site_tasks\nnamespace = site_tasks(__file__)\n", "utf-8"
    )
    port = free_port()
    process = subprocess.Popen(
        [INVOKE, *words[:-1], str(port)], cwd=blog.root, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_for(port, process)
        assert ask(port, "/healthz")[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", DOC, re.S)


def test_every_example_is_in_the_document() -> None:
    docs = "".join(path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md"))
    for path in filter(Path.is_file, EXAMPLES.iterdir()):
        assert f"(examples/{path.name})" in docs


def test_the_documents_settings_are_ones(tmp_path: Path) -> None:
    assert blocks("toml")
    for block in blocks("toml"):
        (tmp_path / settings.FILE).write_text(block, "utf-8")
        assert settings.load(tmp_path) != settings.Settings()
    networks = ", ".join(f'"{n}"' for n in settings.Limits().trusted_proxies)
    assert f"trusted_proxies = [{networks}]" in DOC


def test_the_documents_commands_are_ones() -> None:
    bash = program("bash", "bash")
    for block in blocks("sh"):
        subprocess.run([bash, "-n"], input=block, text=True, check=True)
    texts = [DOC, *(path.read_text("utf-8") for path in EXAMPLES.iterdir() if path.is_file())]
    words = re.compile(r'invoke["\']?,? ["\']?([a-z]+)([^`\n]*)')
    used = [match for text in texts for match in words.findall(text)]
    assert {name for name, _ in used} >= {"desk", "queue", "publish", "backup", "restore"}
    helped = {name: invoke("--help", name) for name, _ in used}
    for name, rest in used:
        done = helped[name]
        assert done.returncode == 0, f"there is no task {name}: {done.stderr}"
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in done.stdout, f"{name} {option}"
