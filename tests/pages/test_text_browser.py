"""In lynx the discussion is set in as people answer each other, in both themes. To sort, page and
reply there: tests/replies/test_in_a_text_browser.py."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from pages.place import POST, THEMES, Place


@pytest.mark.skipif(shutil.which("lynx") is None, reason="no lynx: apt install lynx")
@pytest.mark.parametrize("theme", THEMES)
def test_the_thread_is_set_in_as_people_answer_each_other(place: Place, theme: str) -> None:
    words = ["lynx", "-dump", "-nolist", "-width=90", "-assume_charset=utf-8",
             "-display_charset=utf-8", place.addresses[theme] + POST]  # fmt: skip
    run = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=True)
    assert "Last autumn a firm I advise lost its best salesman." in run.stdout
    assert "26 thoughts on" in run.stdout
    begins = ("I'd like to defend the spreadsheet.", "That is a better use of a list")
    indents = [len(re.search(f"^ *(?={re.escape(one)})", run.stdout, re.M)[0]) for one in begins]
    assert indents[0] < indents[1]
