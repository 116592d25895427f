"""The tasks of a site, as an invoke collection. Another site's `tasks.py` is two lines:

    from rejoinder.tasks import site_tasks

    namespace = site_tasks(__file__)

Thin on purpose: every task finds its folders, calls the library, and says what came of it.
"""

from __future__ import annotations

from pathlib import Path

from invoke.collection import Collection

from rejoinder.tasks import (
    announcing,
    crosslinks,
    desk,
    engagement,
    exports,
    imports,
    languages,
    mentions,
    portraits,
    site,
    writing,
)


def site_tasks(tasks_file: str) -> Collection:
    """All tasks, for the site whose `tasks.py` calls this with its `__file__`."""
    namespace = Collection(
        site.build, site.serve, site.publish_site, writing.new, imports.import_site,
        exports.export_site, site.check_site,
        site.clean, desk.desk, desk.queue, desk.approve, desk.reject, desk.undo, desk.moderator,
        desk.moderators, desk.person, desk.backup, desk.restore, portraits.portraits,
        crosslinks.profiles, crosslinks.sync, crosslinks.crosslinks, mentions.mentions,
        announcing.announce_post, engagement.report, engagement.measure, languages.texts,
    )  # fmt: skip
    namespace.configure({"rejoinder": {"root": str(Path(tasks_file).absolute().parent)}})
    return namespace
