"""What the desk's tests share: requests, and replies that are sent without one."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from conftest import SiteFolder, make_comment

from rejoinder.replies import intake
from rejoinder.replies.desk import Desk
from rejoinder.replies.judging.policy import Circumstances
from rejoinder.replies.model import Reply, Submission
from rejoinder.replies.server import DeskServer

GOOD = {"thread": "first", "name": "Bo", "text": "I see it *differently*."}
NO_LIMITS = "[limits]\nreplies_per_hour = 0\nrequests_per_minute = 0\n"

Answer = tuple[int, dict[str, str], str]


def ask(
    server: DeskServer | str,
    path: str,
    form: dict[str, str] | list[tuple[str, str]] | bytes | None = None,
    kind: str = "",
    **headers: str,
) -> Answer:
    """Status, headers in lower case, and text; a POST where there is a form."""
    address = server if isinstance(server, str) else server.address
    connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=15)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if form is not None:
        sent["Content-Type"] = kind or "application/x-www-form-urlencoded"
    body = form if isinstance(form, bytes | None) else urlencode(form)
    connection.request("GET" if form is None else "POST", path, body, sent)
    answer = connection.getresponse()
    found = {k.lower(): v for k, v in answer.getheaders()}
    text = answer.read().decode()
    connection.close()
    return answer.status, found, text


def words(page: str) -> str:
    """A page's words on one line."""
    return " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())


def submission(**fields: str) -> Submission:
    """A good reply, or one with other fields."""
    found, wrong = intake.read(GOOD | fields)
    assert wrong == {}
    assert found is not None
    return found


def submit(
    desk: Desk, *, address: str = "203.0.113.9", proven: bool = False, **fields: str
) -> Reply:
    """A reply that is kept, as the web service keeps it; each is another one."""
    submit.number += 1  # type: ignore[attr-defined]
    fields = {"key": f"k{submit.number}"} | fields  # type: ignore[attr-defined]
    around = Circumstances(address=address, is_known=proven)
    return desk.arrivals.submit(submission(**fields), around).result(30).reply


submit.number = 0  # type: ignore[attr-defined]


def settings(content: Path, text: str) -> None:
    """Write desk.toml, before a desk is opened."""
    folder = content.parent / "private" / "desk"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "desk.toml").write_text(text, "utf-8")


def furnished(site: SiteFolder) -> SiteFolder:
    """A site with something to answer, and a desk without limits of rate."""
    site.post()
    site.post("closed", Comments="closed")
    site.post("draft", Status="draft")
    site.page("about")
    site.comments(make_comment(1))
    settings(site.content, NO_LIMITS)
    return site
