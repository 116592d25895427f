"""The packed script is that of its parts."""

from __future__ import annotations

import pytest

from rejoinder.languages import scripts
from tools.scripts import PACKED, packed, source


def test_the_script_was_packed_after_its_last_change() -> None:
    pytest.importorskip("minify", reason="no wheel of tdewolff-minify for this machine")
    assert PACKED.read_text("utf-8") == packed(), "`python -m tools.scripts` makes it anew"


def test_it_asks_for_the_same_texts() -> None:
    asked = [{text for _, text in scripts.asked(one)}
             for one in (source(), PACKED.read_text("utf-8"))]  # fmt: skip
    assert asked[0] == asked[1]
    assert len(asked[0]) > 20
