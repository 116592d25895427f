"""One place, one browser and one look at each page for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from pages.looking import Looker, even_browser
from pages.place import NOW, Place, open_place


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", NOW)
        patch.delenv("REJOINDER_DATABASE", raising=False)
        with open_place(tmp_path_factory.mktemp("place")) as place:
            yield place


@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with even_browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="package")
def looker(browser: Browser, place: Place) -> Looker:
    return Looker(browser, place)
