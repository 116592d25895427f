"""What the form offers to sign in with, against what the desk can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rejoinder import private, site
from rejoinder.check.problem import Problem, problem_of
from rejoinder.comments.verified import LABELS
from rejoinder.errors import SiteError
from rejoinder.replies import settings
from rejoinder.replies.identity.providers import providers


def check(content: Path, offered: Sequence[str]) -> Iterator[Problem]:
    """Providers that the form offers and the desk can't ask, where the desk's folder is on this
    machine."""
    folder = private.folder_of(content.absolute()) / private.DESK
    if not offered or not folder.is_dir():
        return
    try:
        known = providers(settings.load(folder).sign_in)
    except SiteError as error:
        yield problem_of(error)
        return
    for name in offered:
        if name not in known:
            table = name if name in LABELS else "openid"
            yield Problem(
                str(content / site.FILE), 0,
                f"'sign_in' offers {name}, whose credentials the desk hasn't got",
                f"Write them under [sign_in.{table}] in private/desk/desk.toml, or take it out.",
            )  # fmt: skip
