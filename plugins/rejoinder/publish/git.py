"""Publishing as a commit on a branch of a git remote, as GitHub and GitLab Pages serve it.

The commit is made in a scratch repository without a working tree, so the author's own tree and
index are never touched, and no link or attribute on the branch changes what is written where; a
push moves the branch in one step.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from rejoinder.errors import PublishError
from rejoinder.publish.plan import (
    MARKER,
    Result,
    compare,
    files,
    marker_text,
    ours,
    refuse_foreign,
    sizes,
)
from rejoinder.publish.program import run

_MEND = "Try `git push` to that remote by hand; nothing was published."
_HOSTS = {"CNAME", ".nojekyll"}
"""What GitHub Pages puts on a branch, and no reason to refuse it."""

_NAME = re.compile(r"[\w.-]+")
_SETTINGS: dict[str, str | None] = {
    "GIT_AUTHOR_NAME": "Rejoinder",
    "GIT_AUTHOR_EMAIL": "publish@rejoinder.invalid",
    "GIT_COMMITTER_NAME": "Rejoinder",
    "GIT_COMMITTER_EMAIL": "publish@rejoinder.invalid",
    "GIT_TERMINAL_PROMPT": "0",
    # Inside a hook these name the author's own repository, which is not what is meant here.
    "GIT_DIR": None,
    "GIT_WORK_TREE": None,
    "GIT_INDEX_FILE": None,
    "GIT_COMMON_DIR": None,
    "GIT_OBJECT_DIRECTORY": None,
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": None,
    "GIT_NAMESPACE": None,
    "GIT_PREFIX": None,
    "GIT_QUARANTINE_PATH": None,
    "GIT_SHALLOW_FILE": None,
}


def publish(built: Path, place: str, *, dry_run: bool = False, force: bool = False) -> Result:
    """Commit the site on the branch of `place` (REMOTE#BRANCH, the remote an address, a folder
    or a name like origin) and push it; no commit where nothing changed. Files of somebody
    else's on the branch, like a CNAME, stay. Raises PublishError; see `local.publish`."""
    remote, _, branch = place.partition("#")
    if not remote or not branch or remote.startswith("-") or branch.startswith("-"):
        raise PublishError(f"{place!r} names no branch", mend="Write git:REMOTE#BRANCH.")
    remote, head = _address(remote), f"refs/heads/{branch}"
    with tempfile.TemporaryDirectory(prefix="rejoinder-git-") as scratch:
        repository = _Repository(Path(scratch))
        tip = None
        if _git("ls-remote", "--heads", "--", remote, head).strip():
            repository.run("fetch", "--quiet", "--depth=1", "--", remote, head)
            tip = repository.run("rev-parse", "FETCH_HEAD").strip()
            repository.run("read-tree", tip)
        before = repository.blobs()
        known = repository.run("cat-file", "blob", before[MARKER]) if MARKER in before else None
        before.pop(MARKER, None)
        mine = ours(before, known)
        new = repository.add(built, files(built))
        foreign = before.keys() - mine - _HOSTS
        if foreign and known is None and not force:
            refuse_foreign(foreign, place)
        there = {p: before[p] for p in mine | (before.keys() & new.keys())}
        result = compare(new, there, sizes(built, new))
        if dry_run or (result.is_empty and known is not None):
            return result
        repository.take_out(result.removed)
        repository.put_in({path: new[path] for path in (*result.added, *result.changed)})
        (Path(scratch) / MARKER).write_text(marker_text(new), "utf-8")
        (Path(scratch) / ".nojekyll").touch()
        repository.put_in(repository.add(Path(scratch), [MARKER, ".nojekyll"]))
        commit = repository.commit(tip, result.summary)
        repository.run("push", "--quiet", "--", remote, f"{commit}:{head}")
        return result


class _Repository:
    """A bare repository and its index in a scratch folder. Paths are relative, blobs are ids."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "repository"
        _git("init", "--quiet", "--bare", "--", self._folder)

    def run(self, *words: str | Path, given: str = "") -> str:
        return _git(f"--git-dir={self._folder}", *words, given=given)

    def blobs(self) -> dict[str, str]:
        """path → blob of everything in the index."""
        found = {}
        for entry in self.run("ls-files", "--stage", "-z").split("\0"):
            head, tab, path = entry.partition("\t")
            if tab:
                found[path] = head.split(" ")[1]
        return found

    def add(self, folder: Path, paths: list[str]) -> dict[str, str]:
        """Store files of `folder` to the letter; path → blob."""
        given = "".join(f"{_quoted(folder.absolute() / path)}\n" for path in paths)
        printed = self.run("hash-object", "-w", "--no-filters", "--stdin-paths", given=given)
        return dict(zip(paths, printed.split(), strict=True))

    def put_in(self, blobs: dict[str, str]) -> None:
        """Make the index hold these blobs; a folder gives way to a file of its name."""
        given = "".join(f"100644 {blob}\t{path}\0" for path, blob in blobs.items())
        self.run("update-index", "-z", "--replace", "--index-info", given=given)

    def take_out(self, paths: tuple[str, ...]) -> None:
        given = "".join(f"0 {'0' * 40}\t{path}\0" for path in paths)
        self.run("update-index", "-z", "--index-info", given=given)

    def commit(self, parent: str | None, message: str) -> str:
        """The id of a commit of the index."""
        tree = self.run("write-tree").strip()
        after = ("-p", parent) if parent else ()
        return self.run("commit-tree", tree, *after, "--no-gpg-sign", "-m", message).strip()


def _address(remote: str) -> str:
    """The address of a remote that may be given by its name in the repository we are in."""
    if not Path(remote).exists() and _NAME.fullmatch(remote):
        remote = _git("remote", "get-url", "--push", "--", remote).strip()
    return str(Path(remote).absolute()) if Path(remote).exists() else remote


def _quoted(path: Path) -> str:
    """A path as git reads it from a list, whatever it is made of."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _git(*words: str | Path, given: str = "") -> str:
    settings = ["-c", "core.hooksPath=/dev/null"]
    return run(["git", *settings, *words], mend=_MEND, environment=_SETTINGS, given=given)
