"""Template fragments of adapters. Leaf: imports nothing of ours."""

from __future__ import annotations

from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader


def offer(environment: Environment, folder: Path) -> None:
    """Offer a folder's templates after those that are known, so that a theme always wins."""
    known = [environment.loader] if isinstance(environment.loader, BaseLoader) else []
    environment.loader = ChoiceLoader([*known, FileSystemLoader(folder)])
