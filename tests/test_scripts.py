"""The packed script is that of its parts."""

from __future__ import annotations

import pytest
from comments.packing import PARTS, file_of, packed, source

from rejoinder.languages import scripts


@pytest.mark.parametrize("name", PARTS)
def test_a_script_was_packed_after_its_last_change(name: str) -> None:
    pytest.importorskip("minify", reason="no wheel of tdewolff-minify for this machine")
    found = file_of(name).read_text("utf-8")
    assert found == packed(name), "`invoke scripts` makes it anew"


@pytest.mark.parametrize("name", PARTS)
def test_it_asks_for_the_same_texts(name: str) -> None:
    asked = [{text for _, text in scripts.asked(one)}
             for one in (source(name), file_of(name).read_text("utf-8"))]  # fmt: skip
    assert asked[0] == asked[1]
    assert len(asked[0]) > 5
