"""Exports in the true shape of each system, whole ones and broken ones, and what they become: the
report, the comments' files and the private side, in `golden/SOURCE[-CASE]/expected.txt`.

REJOINDER_GOLDEN=write writes these anew, to be read by whoever changed what they say.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from migrate.talks.house import House

from rejoinder.migrate.report import Report
from rejoinder.migrate.talks.moving import Wish
from rejoinder.migrate.talks.sources import SOURCES

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.name for path in GOLDEN.iterdir())
MAIL = re.compile(r"[\w.+-]+@mail\.example")
ADDRESS = re.compile(r"\b192\.0\.2\.\d+|2001:db8::[\da-f]*")


def source_of(case: str) -> str:
    """The system of a case: `isso` of `isso-json`."""
    return max((source for source in SOURCES if f"{case}-".startswith(f"{source}-")), key=len)


def export_of(case: str, tmp_path: Path) -> Path:
    """The file or folder to import: databases are made of their SQL."""
    file = next(path for path in (GOLDEN / case).iterdir() if path.stem == "export")
    if file.suffix != ".sql":
        return file
    made = tmp_path / "comments.db"
    with closing(sqlite3.connect(made)) as database:
        database.executescript(file.read_text("utf-8"))
    return made


def told(report: Report, house: House) -> str:
    parts = [f"{report.text()}\n"]
    for path, text in {**house.files("content/comments"), **house.files("private")}.items():
        if path.endswith((".md", ".jsonl")):
            parts.append(f"=== {path}\n{text}")
    return "".join(parts)


def test_every_system_has_golden_pairs_and_is_documented() -> None:
    assert set(map(source_of, CASES)) >= SOURCES.keys()
    broken = {source_of(case) for case in CASES if case.endswith("-broken")}
    assert broken == SOURCES.keys()
    docs = (GOLDEN.parents[3] / "docs" / "moving-discussions.md").read_text("utf-8")
    assert [source for source in SOURCES if f"invoke import {source} " not in docs] == []


@pytest.mark.parametrize("case", CASES)
def test_an_export_becomes_what_was_expected(case: str, tmp_path: Path) -> None:
    source = source_of(case)
    house, export = House(tmp_path / "house"), export_of(case, tmp_path)
    dry = house.take(source, export, Wish(dry_run=True))
    assert not house.private.exists()
    assert house.files("content/comments") == {}

    report = house.take(source, export)
    assert dry.changes == report.changes
    found = told(report, house)
    expected = GOLDEN / case / "expected.txt"
    if os.environ.get("REJOINDER_GOLDEN") == "write":
        expected.write_text(found, "utf-8")
    assert found == expected.read_text("utf-8")

    public = "".join(house.files("content").values())
    files = export.rglob("*") if export.is_dir() else [export]
    given = b"".join(f.read_bytes() for f in files if f.is_file()).decode("utf-8", "replace")
    private = {*MAIL.findall(given), *ADDRESS.findall(given)}
    assert not MAIL.search(public)
    assert [fact for fact in private if fact in public] == []

    before = house.state()
    again = house.take(source, export)
    assert again.changes == 0
    assert house.state() == before
