"""Looking at a Pelican site: its settings, as Pelican reads them, and its theme's templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rejoinder import building
from rejoinder.errors import SiteError

_TEMPLATES = ("base.html", "article.html", "page.html", "index.html")


@dataclass(frozen=True, slots=True)
class Found:
    """A site as it is. `settings` are what Pelican comes to, `settings_file` their text; `plugins`
    are the names of those that run, `tasks` is the text of `tasks.py` (None where there is none),
    `templates` the source of the theme's by name, `has_facts` whether there is a site.toml."""

    root: Path
    settings_path: Path
    settings_text: str
    settings: Mapping[str, Any]
    plugins: tuple[str, ...]
    tasks: str | None
    templates: Mapping[str, str] = field(default_factory=dict)
    has_facts: bool = False

    @property
    def content(self) -> Path:
        """The content folder."""
        return Path(self.settings["PATH"])

    def relative(self, path: Path) -> str:
        """A path from the site's folder on."""
        return (
            path.relative_to(self.root).as_posix()
            if path.is_relative_to(self.root)
            else (str(path))
        )


def look(root: Path, settings_name: str) -> Found:
    """What is in a site's folder. Raises SiteError where there is no site, PublishError for
    settings that Pelican can't read."""
    path = root / settings_name
    if not path.is_file():
        raise SiteError(
            "there are no Pelican settings", where=path,
            mend="Name the site's folder, or its settings with --settings.",
        )  # fmt: skip
    settings = building.settings(path)
    content = Path(settings["PATH"])
    if not content.is_dir():
        raise SiteError("the content folder is not there", where=content)
    tasks = root / "tasks.py"
    return Found(
        root, path, path.read_text("utf-8"), settings, tuple(settings["plugins"]),
        tasks.read_text("utf-8") if tasks.is_file() else None, _templates(settings),
        (content / "site.toml").is_file(),
    )  # fmt: skip


def _templates(settings: Mapping[str, Any]) -> dict[str, str]:
    """The source of the templates that matter, as the theme and what is put before it have them."""
    folders = [*map(Path, settings["THEME_TEMPLATES_OVERRIDES"]), Path(settings["templates"]),
               Path(settings["simple"])]  # fmt: skip
    found = {}
    for name in _TEMPLATES:
        for folder in folders:
            if (folder / name).is_file():
                found[name] = (folder / name).read_text("utf-8", "replace")
                break
    return found
