"""The weight of a page is that of what the browser gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import CHROMIUM
from playwright.sync_api import Browser

from bench.page import KB, Packed, Weight, table, weigh
from rejoinder.replies.server import DeskServer
from rejoinder.serving import packing


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt install chromium")
@pytest.mark.browser
def test_what_is_sent_is_weighed(browser: Browser, tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "a").mkdir(parents=True)
    page = '<!doctype html><title>x</title><link rel="icon" href="data:,">'
    page += '<script src="/x.js"></script><form id="respond"><textarea></textarea></form>'
    page += "<p>again and again</p>" * 1000
    script = "addEventListener('focusin', () => import('/y.js'));\n"
    script += "// again and again\n" * 500
    (site / "a" / "index.html").write_text(page)
    (site / "x.js").write_text(script)
    (site / "y.js").write_text("1;" * 50)
    packing.pack(site, tmp_path / "packed.json")
    with DeskServer(0).run(Packed(site, "gzip")) as server:
        found = weigh(browser, f"{server.address}/a/")
    packed = sum(path.stat().st_size for path in (*site.rglob("index*.gz"), *site.rglob("x*.gz")))
    assert found.requests == 2
    assert (found.raw, found.script) == (len(page) + len(script), len(script))
    assert found.replying == len(script) + 100
    assert packed < found.wire < packed + 2 * KB
    assert "2 (0.25)" in table({"a page": {"gzip": Weight(2, 29 * KB, KB)}})
    assert "29.0 (0.50)" in table({"a page": {"gzip": Weight(2, 29 * KB, KB)}})
