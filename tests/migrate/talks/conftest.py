"""These tests are about what is written, not about the disk: nothing waits for it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from rejoinder import atomic


@pytest.fixture(autouse=True, scope="module")
def _no_waiting_for_the_disk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: None)
        patch.setattr(atomic, "_syncfs", lambda: None)
        yield
