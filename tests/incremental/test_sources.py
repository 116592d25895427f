"""A source is read once: its text is what Pelican reads, and its digest that of the same bytes."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incremental.reading import MarkdownReader, Sources, _digest, use_one_parser
from pelican.readers import MarkdownReader as PelicansMarkdownReader
from pelican.readers import Readers
from pelican.settings import DEFAULT_CONFIG
from pelican.utils import pelican_open

_pieces = [b"a", b"\n", b"\r", b"\x0b", b"\x85", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8"]
_bytes = st.lists(st.sampled_from(_pieces)).map(b"".join)


def _outcome(read: Any, path: str) -> Any:
    try:
        return read(path)
    except UnicodeDecodeError as error:
        return str(error)


def _read(path: str) -> str:
    with pelican_open(path) as text:
        found: str = text
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sources") / "post.md"


@given(data=st.binary() | _bytes)
def test_a_text_is_what_pelican_reads(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    reader = MarkdownReader({"MARKDOWN": {}})
    assert _outcome(reader._text, str(file)) == _outcome(_read, str(file))
    assert reader.digest == _digest(str(file))


@pytest.mark.parametrize("ours", [True, False])
def test_a_source_is_remembered_with_its_digest(ours: bool, file: Path) -> None:
    settings = {**DEFAULT_CONFIG, "PATH": str(file.parent), "MARKDOWN": {}}
    readers = Readers(settings)
    if ours:
        use_one_parser(readers)
        readers.readers["md"] = readers.reader_classes["md"](settings)
    kind = MarkdownReader if ours else PelicansMarkdownReader
    assert type(readers.readers["md"]) is kind
    sources = Sources(None, "articles", b"shaped", settings, 1)  # type: ignore[arg-type]
    for text in "Title: One\n\nText.", "Title: Two\n\nText.":
        file.write_text(text, "utf-8")
        found = sources._read(readers, str(file))
        assert found is not None
        assert pickle.loads(found[1])[1] == _digest(str(file)) != b""
