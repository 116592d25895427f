"""Posts that wait for their date: seen by their author, and by nobody else before their hour."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import forking
import pytest
from conftest import SiteFolder, make_comment
from desks import NO_LIMITS, settings

from bench import crashes
from bench.crashes import free_port, invoked, until
from rejoinder.errors import CrosslinkError
from rejoinder.profiles import announcing, targets
from rejoinder.replies.desk import open_desk
from rejoinder.replies.schedule import Schedule
from rejoinder.replies.subjects import Subjects

NOW = datetime.now(UTC)
LATER = f"{NOW + timedelta(days=40):%Y-%m-%d} 08:00"


@pytest.fixture
def waiting(site: SiteFolder) -> SiteFolder:
    """A post that is out, and of each kind one that isn't."""
    site.post(Tags="work", body="See [it]({filename}/posts/scheduled.md).")
    site.post("scheduled", Date=LATER, Tags="secret", body="Words of later.")
    site.post("unlisted", Date=LATER, Status="hidden", body="Words of later.")
    site.post("draft", Status="draft", body="Words of a draft.")
    site.post("entwurf", Status="draft", Lang="de", body="Words of a draft.")
    site.page("about", Status="draft", body="Words of a draft.")
    site.page("soon", Date=LATER, body="Words of later.")
    return site


def all_of(output: Path) -> str:
    return "".join(f"{path.relative_to(output)}\n{path.read_text('utf-8', 'replace')}"
                   for path in sorted(output.rglob("*")) if path.is_file())  # fmt: skip


def test_no_published_site_has_anything_of_it(waiting: SiteFolder) -> None:
    done = waiting.try_build("publishconf.py")
    assert done.errors == ()
    everything = all_of(waiting.output)
    for trace in ("Words of", "scheduled/", "unlisted", "entwurf", "drafts/", "secret", "/soon"):
        assert trace not in everything, trace
    assert "Scheduled" not in everything


def test_the_preview_has_it_and_says_so(waiting: SiteFolder) -> None:
    waiting.build()
    for path in ("scheduled", "unlisted", "pages/soon"):
        page = waiting.read(f"drafts/{path}/index.html")
        assert "Words of later." in page
        assert "Until then only you see it, in the preview." in page
        assert f'<time datetime="{LATER[:10]}T08:00:00+00:00">' in page
    for path in ("draft", "de/entwurf", "pages/about"):
        page = waiting.read(f"drafts/{path}/index.html")
        assert "Words of a draft." in page
        assert 'class="notice"' in page
    listed = waiting.read("drafts/index.html")
    titles = ["Scheduled", "Unlisted", "soon", "Draft", "Entwurf", "about"]
    places = [listed.index(f">{title}</a>") for title in titles]
    assert max(places[:3]) < min(places[3:])
    assert 'href="/drafts/"' in waiting.read("index.html")
    assert "Scheduled</a>" not in waiting.read("index.html")


def test_its_hour_makes_it_a_post_and_a_build_notices(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.post()
    site.post("later", Date="2026-03-02 08:00:00+01:00")
    hour = datetime(2026, 3, 2, 7, tzinfo=UTC)
    for moment, is_out in ((hour - timedelta(seconds=1), False), (hour, True)):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(moment.timestamp())))
        site.build("publishconf.py")
        assert (site.output / "later" / "index.html").exists() is is_out
        assert ("/later/" in site.read("index.html")) is is_out
    site.build("publishconf.py", POSTS_SCHEDULED=False, SOURCE="another")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    site.build("publishconf.py", POSTS_SCHEDULED=False)
    assert (site.output / "later" / "index.html").exists()


def test_the_desk_and_the_networks_know_nothing_of_it(waiting: SiteFolder) -> None:
    subjects = Subjects(waiting.content)
    assert subjects.find("scheduled", NOW) is None
    assert [head.slug for head in subjects.posts()] == ["first"]
    assert not any("scheduled" in path for path in subjects.paths())
    hour = datetime.fromisoformat(LATER).replace(tzinfo=UTC)
    assert subjects.find("scheduled", hour) is not None
    assert [target.thread for target in targets.load(waiting.content)] == ["first"]
    with pytest.raises(CrosslinkError, match=rf"comes out on {LATER}.*Announce it then") as caught:
        announcing.find(waiting.content, "scheduled")
    assert caught.value.where is not None


def test_when_something_is_due(site: SiteFolder) -> None:
    site.post()
    path = site.post("later", Date="2026-05-01 08:00")
    hour = datetime(2026, 5, 1, 8, tzinfo=UTC)
    early = hour - timedelta(days=1)
    schedule = Schedule(Subjects(site.content), early)
    assert not schedule.is_due(early)
    assert not schedule.is_due(hour - timedelta(seconds=1))
    assert schedule.is_due(hour)
    assert schedule.is_due(hour + timedelta(minutes=5))  # until it is brought
    schedule.is_brought(hour + timedelta(minutes=5))
    assert not schedule.is_due(hour + timedelta(minutes=5))
    path.write_text(path.read_text().replace("05-01", "05-02"))
    assert not schedule.is_due(hour + timedelta(minutes=7))
    assert schedule.is_due(hour + timedelta(days=1))
    while_it_was_down = Schedule(Subjects(site.content), early)
    assert while_it_was_down.is_due(hour + timedelta(days=9))


def test_a_running_desk_brings_it_out_at_its_hour(
    site: SiteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crashes, "INVOKE", forking.command("invoke"))
    settings(site.content, NO_LIMITS)
    with (site.content / "site.toml").open("a") as file:
        file.write('publish = "public"\n')
    site.post()
    site.comments(make_comment(1))
    with open_desk(site.content) as desk:
        desk.is_published()  # what is there is no news
    moment = datetime.now(UTC) + timedelta(seconds=4)
    site.post("later", Date=f"{moment:%Y-%m-%d %H:%M:%S}+00:00", body="At last.")
    page = site.root / "public" / "later" / "index.html"
    with invoked(site.content, free_port()):
        time.sleep(1)
        assert not page.exists()
        until(page.exists)
    assert datetime.now(UTC) >= moment
    assert "At last." in page.read_text("utf-8")
    assert "/later/" in (site.root / "public" / "index.html").read_text("utf-8")
