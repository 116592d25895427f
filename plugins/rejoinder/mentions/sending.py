"""Telling other sites that a post speaks of them: webmention where they take it, else pingback.

Each outcome is in its file before the next mention goes, so that a crash repeats one at most;
receivers take a second one for an update (W3C Webmention, 3.2.3).
"""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from rejoinder import politely, site
from rejoinder.errors import FetchError
from rejoinder.mentions.discovery import Endpoint, endpoint
from rejoinder.mentions.outgoing import Outgoing, outgoing
from rejoinder.mentions.sent import YOUNG, Job, Sent, SentMentions, State, plan, settle
from rejoinder.profiles import targets
from rejoinder.profiles.polling import retry_after
from rejoinder.web import Client

_PAGE = 4 << 20
_ANSWER = 64 << 10
_ALREADY = 48  # Pingback 1.0: 'The pingback has already been registered.'
_TRY_AGAIN = (0, 49, 50)  # generic, access denied for now, an upstream server

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What a run did; `jobs` are what it had to do, `outcomes` what became of it."""

    jobs: list[Job] = field(default_factory=list)
    outcomes: list[tuple[Job, Sent]] = field(default_factory=list)
    held: int = 0
    unread: list[str] = field(default_factory=list)

    def count(self, *states: State) -> int:
        """How many mentions came to one of these."""
        return sum(outcome.state in states for _, outcome in self.outcomes)


def prepare(content: Path, output: Path, now: datetime, *, keep: bool = True) -> Report:
    """What is to be sent of the site that is built in `output`. At the very first time, links
    of posts older than a week are noted as old (in the files, with `keep`) and not sent. Raises
    RejoinderError."""
    report = Report()
    files = SentMentions(content)
    is_first = files.is_new
    posts = {post.thread: post for post in targets.load(content)}
    base = site.load(content).url
    if keep:
        files.begin()
    for thread, post in posts.items():
        source = post.addresses[0]
        page = _page(output, source.removeprefix(base).lstrip("/"))
        there = outgoing(page, source) if page is not None else None
        if there is None:
            report.unread.append(thread)  # nothing is known of it: nothing is said
            continue
        if is_first and (post.date is None or now - post.date > YOUNG):
            report.held += len(there.links)
            if keep:
                files.write(thread, [_old(source, target, there, now) for target in there.links])
            continue
        report.jobs += plan(thread, source, there, files.read(thread), now)
    for thread in files.threads():
        if thread not in posts:
            known = files.read(thread)
            report.jobs += plan(thread, "", None, known, now)
    return report


def send(
    content: Path, report: Report, client: Client, *, progress: Progress = lambda done, total: None,
    pause: float = politely.PAUSE,
) -> Report:  # fmt: skip
    """Send what was prepared, each host's one after the other. Raises CrosslinkError for files
    that can't be written; what goes wrong on the way is an outcome."""
    files = SentMentions(content)
    rows = {job.thread: files.read(job.thread) for job in report.jobs}
    lines = politely.queues(report.jobs, lambda job: job.target)

    def one(job: Job, _before: tuple[Job, Sent] | None) -> tuple[Job, Sent]:
        return job, _tell(client, job)

    for done, (job, outcome) in enumerate(politely.each_host(lines, one, pause), start=1):
        after = settle(job, outcome)
        of_thread = rows[job.thread]
        if after is None:
            of_thread.pop(job.target, None)
        else:
            of_thread[job.target] = after
        files.write(job.thread, of_thread.values())
        report.outcomes.append((job, after or outcome))
        progress(done, len(report.jobs))
    return report


def _tell(client: Client, job: Job) -> Sent:
    now = datetime.now(UTC).replace(microsecond=0)
    outcome = Sent(job.source, job.target, State.FAILED, job.digest, now)
    try:
        answer = client.get(job.target, max_bytes=_PAGE, headers={"accept": "text/html, */*;q=0.1"})
        if answer.status >= 500 or answer.status == 429:
            wait = retry_after(answer.headers, now)
            problem = f"the page answered {answer.status}"
            return replace(outcome, problem=problem, due=now + wait if wait else None)
        found = endpoint(answer)
        if found is None:
            return replace(outcome, state=State.NONE)
        outcome = replace(outcome, endpoint=found.url)
        # What is asked of us by a stranger's page: never back to the site itself.
        if urlsplit(found.url).netloc == urlsplit(job.source).netloc:
            return replace(outcome, state=State.REFUSED, problem="its endpoint is this site's")
        return _pingback(client, job, found, outcome) if found.is_pingback else _webmention(
            client, job, found, outcome)  # fmt: skip
    except FetchError as error:
        return replace(outcome, problem=error.what)


def _webmention(client: Client, job: Job, found: Endpoint, outcome: Sent) -> Sent:
    answer = client.request(
        "POST",
        found.url,
        headers={"content-type": "application/x-www-form-urlencoded"},
        content=urlencode({"source": job.source, "target": job.target}).encode(),
        max_bytes=_ANSWER,
    )
    if 200 <= answer.status < 300:
        where = answer.headers.get("location", "")
        return replace(outcome, state=State.SENT, status=urljoin(found.url, where) if where else "")
    problem = f"its endpoint answered {answer.status}"
    if answer.status >= 500 or answer.status == 429:
        wait = retry_after(answer.headers, outcome.at)
        return replace(outcome, problem=problem, due=outcome.at + wait if wait else None)
    return replace(outcome, state=State.REFUSED, problem=problem)


def _pingback(client: Client, job: Job, found: Endpoint, outcome: Sent) -> Sent:
    if job.known is not None and job.known.state is State.SENT:
        return replace(outcome, state=State.SENT)  # pingback knows neither updates nor ends
    body = xmlrpc.client.dumps((job.source, job.target), "pingback.ping").encode()
    answer = client.request("POST", found.url, headers={"content-type": "text/xml"}, content=body,
                            max_bytes=_ANSWER)  # fmt: skip
    if answer.status != 200:
        return replace(outcome, problem=f"its pingback server answered {answer.status}")
    try:
        if b"<!DOCTYPE" in answer.body or b"<!ENTITY" in answer.body:
            raise ValueError("a document type")
        xmlrpc.client.loads(answer.body.decode("utf-8", "replace"))
    except xmlrpc.client.Fault as fault:
        if fault.faultCode == _ALREADY:
            return replace(outcome, state=State.SENT)
        state = State.FAILED if fault.faultCode in _TRY_AGAIN else State.REFUSED
        return replace(outcome, state=state, problem=f"its pingback server said {fault.faultCode}")
    except Exception:  # expat's and xmlrpc's own: whatever it is, it is no answer
        return replace(outcome, problem="its pingback server's answer can't be read")
    return replace(outcome, state=State.SENT)


def _old(source: str, target: str, there: Outgoing, now: datetime) -> Sent:
    return Sent(source, target, State.OLD, there.digest, now.replace(microsecond=0))


def _page(output: Path, url: str) -> str | None:
    try:
        return (output / site.save_as(url)).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
