"""The program `rejoinder`: takes Rejoinder into a Pelican site, takes it out again, or begins a new
site. All else are the site's tasks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rejoinder.errors import RejoinderError
from rejoinder.toolkit import starter
from rejoinder.toolkit.changes import NOTE, carry_out, undo
from rejoinder.toolkit.look import look
from rejoinder.toolkit.plan import plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the exit code."""
    try:
        given = _words().parse_args(arguments)
        return int(given.run(given))
    except RejoinderError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
    return 1


def _words() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(prog="rejoinder", description=__doc__)
    words.add_argument("--version", action="version", version=version("rejoinder"))
    kinds = words.add_subparsers(required=True, metavar="COMMAND")
    init = kinds.add_parser("init", help="take Rejoinder into a Pelican site")
    init.add_argument("folder", type=Path, nargs="?", default=Path(), help="default: here")
    init.add_argument("--settings", default="pelicanconf.py", help="default: pelicanconf.py")
    init.add_argument("--yes", action="store_true", help="do it without asking")
    init.add_argument("--dry-run", action="store_true", help="say what would be done")
    init.add_argument("--undo", action="store_true", help="take all of it out again")
    init.set_defaults(run=_init)
    new = kinds.add_parser("new-site", help="begin a blog in a new folder")
    new.add_argument("folder", type=Path)
    new.add_argument("--title", default="A blog")
    new.add_argument("--author", default="")
    new.add_argument("--url", default="", help="where it will be: https://example.com")
    new.set_defaults(run=_new_site)
    return words


def _init(given: argparse.Namespace) -> int:
    root = given.folder.absolute()
    if given.undo:
        left = undo(root)
        for line in left:
            print(line)
        print("Taken out. Comments, and what tasks made since, stay.")
        return 1 if left else 0
    made = plan(look(root, given.settings))
    if not made.changes:
        print("All of it is here already.")
        return 0
    print(made.text())
    if _is_installed("pelican-search"):
        print(
            "note: pelican-search and Rejoinder both have a plugin 'search', and an environment "
            "holds one of them. Take one out: pip uninstall pelican-search, then install Rejoinder "
            "again; or keep that, in an environment of its own."
        )
    if given.dry_run or not (given.yes or _agreed()):
        print("Nothing was changed." + ("" if given.dry_run else " --yes does it."))
        return 0
    carry_out(root, made)
    print(f"Done; {NOTE} says what. Now: invoke --list. To go back: rejoinder init --undo")
    return 0


def _is_installed(package: str) -> bool:
    with suppress(PackageNotFoundError):
        return bool(version(package))
    return False


def _agreed() -> bool:
    return sys.stdin.isatty() and input("Do this? [y/N] ").strip().lower() in ("y", "yes")


def _new_site(given: argparse.Namespace) -> int:
    starter.begin(given.folder, given.title, given.author, given.url.rstrip("/"))
    print(f"A site is in {given.folder}. Now:\n  cd {given.folder}\n  invoke new \"First post\"\n"
          "  invoke serve")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
