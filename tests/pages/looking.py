"""A look at a page as people see it: in light and dark, on wide and narrow screens, with axe, and
with the browser's own word on what breaks the policy."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from conftest import CHROMIUM, QUIET, ROOT
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Page, Route, sync_playwright

from pages.kinds import Way
from pages.pictures import Panels
from pages.place import Place

WIDE, PHONE, NARROW = 1280, 390, 320
LONGEST = 6000
"""Pictures end there, in the page's pixels: what is below looks like what is above."""

FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<dir>{fonts}</dir>
<cachedir>{cache}</cachedir>
<match target="font">
<edit name="hinting" mode="assign"><bool>false</bool></edit>
<edit name="antialias" mode="assign"><bool>true</bool></edit>
<edit name="rgba" mode="assign"><const>none</const></edit>
</match>
</fontconfig>
"""

_AXE = """options => axe.run(document, { resultTypes: ['violations'], ...options })
    .then(found => found.violations.flatMap(one => one.nodes.map(
        node => `${one.id}: ${node.target.join(' ')}`)))"""
_ALL = {"rules": {"target-size": {"enabled": True}}}
"""What axe asks by itself, and that there is room enough to touch a thing, as WCAG 2.2 asks."""

_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What of axe can say another thing in the dark."""

_VIOLATIONS = """addEventListener('securitypolicyviolation',
    event => console.error(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""

_LENGTHEN = """() => {
    const named = `bdi, h1, h2, .p-name, .p-author, .p-category, .u-url, [rel=me], [rel=tag],
        .names a, .people a, .year a, .related a, .series a, .neighbours span, .drafts a`;
    for (const one of document.querySelectorAll(named))
        if (one.closest('main') && !one.matches('.thoughts, :has(*)'))
            one.textContent += ' ' + 'Wort'.repeat(15);
}"""
"""Names, titles and tags get a word of sixty letters, which no line of a phone holds."""

_UNMARKED = """() => {
    const look = style =>
        [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow].join(' ');
    const isMarked = one => {
        const style = getComputedStyle(one), before = look(style);
        one.focus({ preventScroll: true, focusVisible: true });
        const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        const found = document.activeElement === one && look(style) !== before
            && (ring || style.boxShadow !== 'none');
        one.blur();
        return found;
    };
    document.activeElement.blur();
    const reached = 'a[href], button, input, textarea, select, summary, [tabindex]';
    return [...document.querySelectorAll(reached)]
        .filter(one => one.tabIndex >= 0 && !one.disabled
            && one.checkVisibility({ visibilityProperty: true }))
        .filter(one => !isMarked(one)).map(one => one.outerHTML.slice(0, 120));
}"""


@dataclass
class Seen:
    """What was found on one page: what axe says, what breaks the policy or asks elsewhere, at
    which widths it scrolls sideways, what shows no focus; pictures."""

    axe: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    pictures: Panels = field(default_factory=dict)


@contextmanager
def even_browser(folder: Path) -> Iterator[Browser]:
    """A Chromium that has one font, which is the project's: pages then look the same on every
    machine."""
    conf = folder / "fonts.conf"
    fonts = ROOT / "plugins" / "rejoinder" / "sharing" / "fonts"
    conf.write_text(FONTS.format(fonts=fonts, cache=folder / "fonts"), "utf-8")
    with sync_playwright() as playwright:
        env = {**os.environ, "FONTCONFIG_FILE": str(conf)}
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, env=env)
        yield browser
        browser.close()


class Looker:
    """Looks at the pages of one place, at each once, in one window."""

    def __init__(self, browser: Browser, place: Place) -> None:
        self.place = place
        self._script = Axe().axe_script
        self._context = browser.new_context(viewport={"width": WIDE, "height": 900})
        self._context.clock.set_fixed_time("2026-12-15T12:00:00Z")
        self._context.add_init_script(_VIOLATIONS)
        self._page = self._context.new_page()
        self._session = self._context.new_cdp_session(self._page)
        self._address = ""
        self._wrong: list[str] = []
        self._listen()
        self._seen: dict[tuple[str, str], Seen] = {}

    def look(self, theme: str, kind: str, way: Way, *, is_taken: bool = True) -> Seen:
        """Go to a page and look at it, unless that was done; `is_taken` says that pictures are
        taken."""
        if (theme, kind) not in self._seen:
            seen = self._seen[theme, kind] = Seen()
            self._go(self.place.addresses[theme], way, seen)
            self._ask_axe(seen)
            for width in (WIDE, PHONE, NARROW):
                self._measure(width, seen)
                if is_taken and width != NARROW:
                    self._take(width, seen)
            self._page.evaluate("document.documentElement.style.fontSize = '200%'")
            self._measure(WIDE, seen, " with letters of twice the size")
            self._page.evaluate("document.documentElement.style.fontSize = ''")
            self._page.evaluate(_LENGTHEN)
            self._measure(NARROW, seen, " with long words")
            self._page.goto("about:blank")
        return self._seen[theme, kind]

    def visit(self, theme: str, way: Way) -> list[str]:
        """Go to a page; what breaks the policy there, or asks elsewhere."""
        seen = Seen()
        self._go(self.place.addresses[theme], way, seen)
        self._page.goto("about:blank")
        return seen.policy

    @contextmanager
    def other_styles(self, more: str | None) -> Iterator[None]:
        """Pages have stylesheets with something more in them; or empty ones."""

        def answer(route: Route) -> None:
            found = route.fetch()
            route.fulfill(response=found, body="" if more is None else found.text() + more)

        self._context.route("**/*.css", answer)
        yield
        self._context.unroute("**/*.css")

    def _go(self, address: str, way: Way, seen: Seen) -> None:
        self._address, self._wrong = address, seen.policy
        self._show(WIDE, "light")
        if isinstance(way, str):
            self._page.goto(address + way)
        else:
            way(self._page, self.place, address)

    def _ask_axe(self, seen: Seen) -> None:
        page = self._page
        page.evaluate(self._script)
        seen.axe += page.evaluate(_AXE, _ALL)
        seen.unmarked += page.evaluate(_UNMARKED)
        self._show(WIDE, "dark")
        seen.axe += [f"dark: {one}" for one in page.evaluate(_AXE, _COLOURS)]

    def _measure(self, width: int, seen: Seen, how: str = "") -> None:
        self._show(width, "light")
        reach = self._page.evaluate("document.documentElement.scrollWidth")
        if reach > width:
            seen.sideways.append(f"{reach} at {width}{how}")

    def _take(self, width: int, seen: Seen) -> None:
        for scheme in ("light", "dark"):
            self._show(width, scheme)
            seen.pictures[width, scheme] = _picture(self._session, self._page, width)

    def _show(self, width: int, scheme: Any) -> None:
        self._page.set_viewport_size({"width": width, "height": 900})
        self._page.emulate_media(color_scheme=scheme)

    def _listen(self) -> None:
        """Note what breaks the policy, mistakes of scripts, and requests elsewhere."""

        def said(one: Any) -> None:
            at = one.location["url"]
            if one.type == "error" and at != self._page.url:
                self._wrong.append(f"{one.text} {at}")

        def asked(one: Any) -> None:
            if not one.url.startswith((self._address, "about:")):
                self._wrong.append(one.url)

        self._page.on("console", said)
        self._page.on("request", asked)
        self._page.on("pageerror", lambda error: self._wrong.append(str(error)))


def _picture(session: CDPSession, page: Page, width: int) -> Image.Image:
    """The page as it is laid out, drawn at half its size, then made smaller: letters are drawn on
    whole pixels, and would jump from one to the next."""
    tall = min(page.evaluate("document.documentElement.scrollHeight"), LONGEST)
    clip = {"x": 0, "y": 0, "width": width, "height": tall, "scale": 0.5}
    taken = session.send("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    return Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB").reduce(2)
