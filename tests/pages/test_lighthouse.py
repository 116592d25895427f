"""Lighthouse gives a hundred for what has nothing to do with how quick a machine is. For all pages,
and how quick they are, there is `invoke bench lighthouse`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import CHROMIUM

from bench import lighthouse
from pages.place import POST, Place
from rejoinder.replies.web.moderation import COOKIE

LASTING = ("accessibility", "best-practices", "seo")


@pytest.mark.skipif(
    not lighthouse.is_there() or CHROMIUM is None,
    reason="no Lighthouse: npm install --prefix .cache/lighthouse lighthouse node@22",
)
@pytest.mark.browser
@pytest.mark.parametrize("kind", ["post", "moderator"])
def test_lighthouse_gives_a_hundred(place: Place, tmp_path: Path, kind: str) -> None:
    address, cookie = place.addresses["main"] + POST, ""
    if kind == "moderator":
        address = f"{place.addresses['main']}reply/desk"
        cookie = f"{COOKIE}={place.desk.moderators.begin('ada', datetime.now(UTC))}"
    verdict = lighthouse.judge(
        address, "phone", tmp_path, categories=LASTING, cookie=cookie, is_listed=kind == "post"
    )
    assert verdict.faults == []
    assert verdict.scores == dict.fromkeys(LASTING, 100)


def test_what_takes_from_a_score_is_named() -> None:
    audits = {
        "contrast": {"title": "Contrast", "score": 0, "displayValue": "2 of 9"},
        "alt": {"title": "Alternatives", "score": 1},
        "video": {"title": "Captions", "score": None},
    }
    refs = [{"id": name, "weight": 1} for name in audits]
    report = {"categories": {"seo": {"score": 0.5, "auditRefs": refs}}, "audits": audits}
    found = lighthouse.read(report)
    assert found.scores == {"seo": 50}
    assert found.faults == ["seo: contrast 0.00, 2 of 9"]
    full = lighthouse.Verdict(dict.fromkeys(lighthouse.CATEGORIES, 99), ["seo: contrast"])
    shown = lighthouse.table({("post", "phone"): full})
    assert "post, phone  99" in shown
    assert shown.endswith("post, phone: seo: contrast")
