"""Bringing a built site to where it is served: a folder, rsync, a git branch, S3. The site
arrives whole or not at all, as far as each kind of place allows; see docs/publishing.md."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rejoinder.errors import PublishError
from rejoinder.publish import local
from rejoinder.publish.plan import Result

__all__ = ["Result", "publish", "remove"]

_OTHER = re.compile(r"[a-z][a-z0-9+.-]+:")  # two letters or more: C:\ is a folder on Windows


def publish(
    built: Path, target: str, *, dry_run: bool = False, force: bool = False,
    one_by_one: bool = False,
) -> Result:  # fmt: skip
    """Bring the site in the folder `built` to `target`, and say what that changed (or would).

    `target` is a folder, `file:FOLDER`, `rsync:[HOST:]PATH`, `git:REMOTE#BRANCH` or
    `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`. `one_by_one` exchanges the files of a folder one
    after the other where few changed. Raises PublishError.
    """
    if not (built / "index.html").is_file():
        raise PublishError(
            "this is no whole site: it has no index.html", where=built, mend="Build it again."
        )
    try:
        return _bring(built, target, dry_run=dry_run, force=force, one_by_one=one_by_one)
    except OSError as error:
        raise PublishError(
            f"the site could not be published: {error.strerror or error}",
            where=error.filename or target,
            mend="Mend that, and publish again.",
        ) from error


def folder(target: str) -> Path | None:
    """The folder that a target names; None of another place."""
    if _OTHER.match(target) and not target.startswith("file:"):
        return None
    if target.startswith("file:"):
        target = unquote(urlsplit(target).path)
    return Path(target).expanduser().absolute()


def _bring(built: Path, target: str, *, dry_run: bool, force: bool, one_by_one: bool) -> Result:
    if target.startswith("rsync:"):
        from rejoinder.publish import rsync

        return rsync.publish(built, target.removeprefix("rsync:"), dry_run=dry_run, force=force)
    if target.startswith("git:"):
        from rejoinder.publish import git

        return git.publish(built, target.removeprefix("git:"), dry_run=dry_run, force=force)
    if target.startswith("s3://"):
        from rejoinder.publish import s3

        return s3.publish(built, target, dry_run=dry_run, force=force)
    here = folder(target)
    if here is None:
        raise PublishError(
            f"{target!r} is no place to publish to",
            mend="Use a folder, rsync:HOST:PATH, git:REMOTE#BRANCH or s3://BUCKET/PREFIX.",
        )
    source, place = built.resolve(), here.resolve()
    if source == place or place in source.parents:
        raise PublishError("the site was built in the folder that it would replace", where=here)
    if source in place.parents:
        raise PublishError("the folder is inside of the site itself", where=here)
    return local.publish(built, here, dry_run=dry_run, force=force, one_by_one=one_by_one)


def remove(output: Path) -> None:
    """Remove a site that was published into a folder. Raises PublishError: see `local.remove`."""
    local.remove(output)
