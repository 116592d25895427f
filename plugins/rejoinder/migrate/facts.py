"""What an import says of the site as a whole, in `site.toml` and `redirects.txt`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import fields

from rejoinder import site
from rejoinder.migrate import oldlinks
from rejoinder.migrate.delivery import Delivery
from rejoinder.migrate.ledger import read_lines, write_lines
from rejoinder.redirects import FILE as REDIRECTS
from rejoinder.site import Permalinks


def settle(delivery: Delivery, facts: Mapping[str, str], wanted: Permalinks) -> Permalinks:
    """Set facts (keys of `site.Site`; empty ones are not known) and permalinks, but for those that
    are the author's own by now; the permalinks that the site has then. Raises SiteError, OSError.
    """
    content = delivery.root
    site.load(content)
    path = content / site.FILE
    found = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    values: dict[str, object] = {}
    for key, value in facts.items():
        if value and delivery.value(f"site/{key}", site.FILE, found.get(key), value).is_change:
            values[key] = value
    links = dict(found.get("permalinks", {}))
    patterns: dict[str, str] = {}
    for one in fields(Permalinks):
        key, value = one.name, getattr(wanted, one.name)
        if delivery.value(f"site/permalinks.{key}", site.FILE, links.get(key), value).is_change:
            patterns[key] = links[key] = value
    if patterns:
        values["permalinks"] = patterns
    if values and not delivery.dry_run:
        site.save(content, values)
    return Permalinks(**links)


def redirect(delivery: Delivery, moved: Mapping[str, str], live: Collection[str]) -> None:
    """Add old addresses (old → new, both with their slash) to the redirects, but for those that
    are `live` pages."""
    lines = {old: new for old, new in sorted(moved.items()) if old != new and old not in live}
    path = delivery.root / REDIRECTS
    before = "".join(read_lines(path))
    after = oldlinks.merge(
        before, lines, lambda old, now, new: delivery.value(f"old{old}", REDIRECTS, now, new)
    )
    if after != before and not delivery.dry_run:
        write_lines(path, [after])
