"""One place that has every kind of page: the demo in both themes, a public dashboard, and the reply
desk with something on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from conftest import ROOT, SiteFolder, make_comment
from desks import NO_LIMITS, settings, submit
from identityhost import Identities, identity_host

from rejoinder.building import build
from rejoinder.preview import Preview
from rejoinder.replies.desk import Desk, open_desk
from rejoinder.replies.model import Status
from rejoinder.replies.server import DeskServer
from rejoinder.replies.web.app import make_app

POST = "2026/02/your-network-is-not-the-list/"
THREAD = "your-network-is-not-the-list"
RIBBON = ROOT / "docs" / "examples" / "ribbon"
THEMES = {"main": ROOT / "theme", "ribbon": RIBBON}
NOW = "1797379200"
"""When the site is built: 15 December 2026, as its pages will be looked at for ever."""

MAIL = '[mail]\nhost = "127.0.0.1"\nport = 9\nsender = "desk@blog.example"\n'
STYLED = """
| left | middle | right |
|:-----|:------:|------:|
| a    | b      | 1     |

<p style="padding: 1em; text-align: center" class="note">Styled by *hand*.</p>
"""


@dataclass
class Place:
    """What is served: by theme the folder of its pages and their address, which ends with a slash;
    the desk, which is the same at each, with replies that were changed and taken back; providers
    that readers can sign in with."""

    site: SiteFolder
    desk: Desk
    outputs: dict[str, Path]
    addresses: dict[str, str]
    changed: str
    withdrawn: str
    providers: Identities

    def file(self, theme: str, address: str) -> Path:
        """Where a page was built."""
        name = address if address.endswith(".html") else f"{address}index.html"
        return self.outputs[theme] / name

    def read(self, theme: str, address: str) -> str:
        """A page that was built."""
        return self.file(theme, address).read_text("utf-8")


def make_site(folder: Path) -> SiteFolder:
    """The demo's content with a page more, its dashboard for everybody."""
    site = SiteFolder(folder)
    shutil.copytree(ROOT / "content", site.content)
    toml = site.content / "site.toml"
    toml.write_text(
        toml.read_text("utf-8") + '\n[engagement]\ndashboard = "public"\nnetwork = true\n', "utf-8"
    )
    site.page("styled", STYLED, Thread="styled")
    site.comments(make_comment(1, verified="github https://github.com/one"), thread="styled")
    settings(site.content, NO_LIMITS + MAIL)
    return site


def build_with(site: SiteFolder, theme: str, output: Path, **overrides: object) -> None:
    """Build in a theme, its lists and discussions on several pages."""
    done = build(site.content, output, ROOT / "pelicanconf.py", {
        "SITEURL": "", "FEED_DOMAIN": "https://rejoinder.example", "CARDS": False,
        "COMMENTS_PAGE_SIZE": 3, "DEFAULT_PAGINATION": 5, "READING_CONTENTS_MINUTES": 2,
        "THEME": str(THEMES[theme]), **overrides,
    })  # fmt: skip
    assert done.errors == ()
    assert done.warnings == ()


@contextmanager
def open_place(folder: Path) -> Iterator[Place]:
    """Build the place and serve it."""
    site = make_site(folder)
    outputs = {theme: folder / theme for theme in THEMES}
    for theme, output in outputs.items():
        build_with(site, theme, output)
    with ExitStack() as stack:
        providers = stack.enter_context(identity_host())
        settings(site.content, providers.settings() + NO_LIMITS + MAIL)
        toml = site.content / "site.toml"
        offered = '\n[discussions]\nsign_in = ["github", "mastodon", "indieauth"]\n'
        toml.write_text(toml.read_text("utf-8") + offered, "utf-8")  # the desk's own form has them
        servers = {theme: DeskServer(0) for theme in THEMES}
        desk = stack.enter_context(open_desk(site.content, site_url=servers["main"].address))
        desk.moderators.save("ada")
        for theme, server in servers.items():
            stack.enter_context(server.run(Preview(outputs[theme], site.content, make_app(desk))))
        submit(
            desk,
            thread=THREAD,
            name="Bo Reader",
            url="https://bo.example/",
            text="I see it *differently*, and here is why.\n\n> the list is not the network",
        )
        submit(desk, thread=THREAD, name="Cy", text="Is that so?")
        changed, withdrawn = (
            submit(desk, thread=THREAD, name="Ida", text="It is *one* of them.").id
            for _ in range(2)
        )
        now = datetime.now(UTC)
        desk.queue.decide(changed, Status.APPROVED, by="ada", why="", now=now)
        desk.queue.propose(changed, "It is *two* of them.", now)
        desk.queue.decide(withdrawn, Status.WITHDRAWN, by="its writer", why="", now=now)
        addresses = {theme: f"{server.address}/" for theme, server in servers.items()}
        yield Place(site, desk, outputs, addresses, changed, withdrawn, providers)
