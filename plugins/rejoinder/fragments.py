"""Template fragments of adapters, and what they are written with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader

from rejoinder.languages import functions


def offer(environment: Environment, folder: Path, settings: Mapping[str, Any]) -> None:
    """Offer a folder's templates after those that are known, so that a theme always wins; and the
    functions that give texts in a page's language. `settings` are Pelican's."""
    known = [environment.loader] if isinstance(environment.loader, BaseLoader) else []
    environment.loader = ChoiceLoader([*known, FileSystemLoader(folder)])
    if "translate" not in environment.globals:
        functions.give(environment, Path(settings["PATH"]), settings["DEFAULT_LANG"])
