"""Publishing as a commit on a branch of a git remote, as GitHub and GitLab Pages serve it.

The commit is made in a scratch clone, so the author's own working tree and index are never
touched; a push moves the branch in one step.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from rejoinder.errors import PublishError
from rejoinder.publish.plan import (
    MARKER,
    Result,
    compare,
    listing,
    marker_text,
    ours,
    refuse_foreign,
    sizes,
)
from rejoinder.publish.program import run

_MEND = "Try `git push` to that remote by hand; nothing was published."
_HOSTS = {"CNAME", ".nojekyll"}
"""What GitHub Pages puts on a branch, and no reason to refuse it."""

_AUTHOR = {
    "GIT_AUTHOR_NAME": "Rejoinder",
    "GIT_AUTHOR_EMAIL": "publish@rejoinder.invalid",
    "GIT_COMMITTER_NAME": "Rejoinder",
    "GIT_COMMITTER_EMAIL": "publish@rejoinder.invalid",
    "GIT_TERMINAL_PROMPT": "0",
}


def publish(built: Path, place: str, *, dry_run: bool = False, force: bool = False) -> Result:
    """Commit the site on the branch of `place` (REMOTE#BRANCH) and push it; no commit where
    nothing changed. Files of somebody else's on the branch, like a CNAME, stay.
    Raises PublishError; see `local.publish`."""
    remote, _, branch = place.partition("#")
    if not remote or not branch or remote.startswith("-") or branch.startswith("-"):
        raise PublishError(f"{place!r} names no branch", mend="Write git:REMOTE#BRANCH.")
    if Path(remote).exists():
        remote = str(Path(remote).absolute())
    with tempfile.TemporaryDirectory(prefix="rejoinder-git-") as scratch:
        tree = Path(scratch) / "tree"
        _git("init", "--quiet", "--initial-branch", branch, "--", tree)
        heads = _git("ls-remote", "--heads", "--", remote, f"refs/heads/{branch}")
        if heads.strip():
            _git("-C", tree, "fetch", "--quiet", "--depth=1", "--", remote, f"refs/heads/{branch}")
            _git("-C", tree, "reset", "--quiet", "--hard", "FETCH_HEAD")
        before = {p: d for p, d in listing(tree).items() if not p.startswith(".git/")}
        marker = tree / MARKER
        known = marker.read_text("utf-8") if marker.is_file() else None
        mine = ours(before, known)
        new = listing(built)
        foreign = before.keys() - mine - _HOSTS
        if foreign and known is None and not force:
            refuse_foreign(foreign, place)
        there = {p: before[p] for p in mine | (before.keys() & new.keys())}
        result = compare(new, there, sizes(built, new))
        if dry_run or result.is_empty:
            return result
        for path in result.removed:
            (tree / path).unlink()
        for path in (*result.added, *result.changed):
            to = tree / path
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(built / path, to)
        (tree / ".nojekyll").touch()
        marker.write_text(marker_text(new), "utf-8")
        _git("-C", tree, "add", "--all", "--force", "--", ".")
        _git("-C", tree, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", result.summary)
        _git("-C", tree, "push", "--quiet", "--", remote, f"HEAD:refs/heads/{branch}")
        return result


def _git(*words: str | Path) -> str:
    settings = ["-c", "core.autocrlf=false", "-c", "core.hooksPath=/dev/null"]
    return run(["git", *settings, *words], mend=_MEND, environment=_AUTHOR)
