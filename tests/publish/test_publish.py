"""Publishing to real places: folders, rsync, git, and a server that speaks S3."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from rejoinder.errors import PublishError
from rejoinder.publish import local, publish, remove
from rejoinder.publish.plan import MARKER, compare, upload_order
from rejoinder.publish.rsync import deletions, read_items


def site(folder: Path, files: dict[str, str]) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    for name, text in ({"index.html": "home"} | files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def held(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): p.read_text()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != MARKER
    }


def test_what_changes_is_said(tmp_path: Path) -> None:
    result = compare(
        {"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "0", "d": "4"}, {"a": 5, "c": 7}
    )
    assert (result.added, result.changed, result.removed) == (("a",), ("c",), ("d",))
    assert result.text() == (
        "+ a\n~ c\n- d\n1 added, 1 changed, 1 removed, 1 unchanged; 12 bytes to send"
    )


def test_assets_go_before_pages_and_the_home_page_last() -> None:
    assert upload_order(("index.html", "a/index.html", "z.css", "feed.xml")) == [
        "z.css", "a/index.html", "feed.xml", "index.html",
    ]  # fmt: skip


def test_a_folder_holds_the_new_site_and_no_rest_of_the_old(tmp_path: Path) -> None:
    target = tmp_path / "www"
    first = publish(site(tmp_path / "b", {"a/x.html": "1", "b.css": "2"}), str(target))
    assert first.summary == "3 added, 0 changed, 0 removed, 0 unchanged"
    stamp = (target / "b.css").stat().st_mtime_ns
    second = publish(site(tmp_path / "b", {"b.css": "2", "c.html": "3"}), str(target))
    assert second.summary == "1 added, 0 changed, 1 removed, 2 unchanged"
    assert held(target) == {"index.html": "home", "b.css": "2", "c.html": "3"}
    assert (target / "b.css").stat().st_mtime_ns == stamp
    assert not (target / "a").exists()
    assert [p.name for p in tmp_path.iterdir() if "rejoinder-new" in p.name] == []
    again = publish(site(tmp_path / "b", {"b.css": "2", "c.html": "3"}), str(target))
    assert again.is_empty


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "www"
    publish(site(tmp_path / "b", {"a.html": "1"}), str(target))
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if "www" in str(p)}
    result = publish(site(tmp_path / "b", {"a.html": "2"}), str(target), dry_run=True)
    assert result.changed == ("a.html",)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if "www" in str(p)} == before


def test_somebody_elses_files_stay(tmp_path: Path) -> None:
    target = tmp_path / "www"
    (target / ".well-known").mkdir(parents=True)
    (target / ".well-known" / "x").write_text("theirs")
    (target / "empty").mkdir(mode=0o700)
    (target / "uploads").symlink_to(tmp_path)
    (target / "dangling").symlink_to("nowhere")
    built = site(tmp_path / "b", {"a.html": "1"})
    with pytest.raises(PublishError, match="--force"):
        publish(built, str(target))
    publish(built, str(target), force=True)
    publish(site(tmp_path / "b", {"c.html": "1"}), str(target))
    assert held(target) == {"index.html": "home", "c.html": "1", ".well-known/x": "theirs"}
    assert (target / "empty").stat().st_mode & 0o777 == 0o700
    assert (target / "uploads").readlink() == tmp_path
    assert (target / "dangling").readlink() == Path("nowhere")
    assert "c.html" not in (target / MARKER).read_text()
    (target / "uploads").unlink()
    remove(target)
    assert held(target) == {".well-known/x": "theirs"}


def test_clean_removes_only_what_was_built(tmp_path: Path) -> None:
    target = tmp_path / "out"
    publish(site(tmp_path / "b", {"a/b.html": "1"}), str(target))
    remove(target)
    assert not target.exists()
    remove(target)
    mine = site(tmp_path / "photos", {})
    with pytest.raises(PublishError, match="not a site built from here"):
        remove(mine)


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_a_link_is_turned_to_the_new_release(tmp_path: Path) -> None:
    (tmp_path / "releases-1").mkdir()
    target = tmp_path / "current"
    target.symlink_to("releases-1")
    for text in ("1", "2"):
        publish(site(tmp_path / "b", {"a.html": text}), str(target))
        assert target.is_symlink()
        assert held(target)["a.html"] == text
    assert len([p for p in tmp_path.iterdir() if p.name.startswith("current-")]) == 1


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("ftp://host/x", "no place to publish to"),
        ("rsync:", "no place for rsync"),
        ("rsync:-e sh", "no place for rsync"),
        ("git:somewhere", "names no branch"),
        ("git:--upload-pack=x#main", "names no branch"),
        ("s3://", "no S3 address"),
        ("s3://b?endpint=x", "no S3 address"),
    ],
)
def test_a_place_that_is_none_is_refused(tmp_path: Path, target: str, says: str) -> None:
    with pytest.raises(PublishError, match=says):
        publish(site(tmp_path / "b", {}), target)


def test_half_a_site_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(PublishError, match="no whole site"):
        publish(tmp_path / "b", str(tmp_path / "www"))
    with pytest.raises(PublishError, match="the folder that it would replace"):
        publish(site(tmp_path / "b", {}), str(tmp_path / "b"))


def test_a_disk_that_refuses_leaves_the_old_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "www"
    publish(site(tmp_path / "b", {"a.html": "1"}), str(target))
    built = site(tmp_path / "b", {"a.html": "2"})

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(PublishError, match="No space left on device"):
        publish(built, str(target))
    assert held(target)["a.html"] == "1"
    monkeypatch.undo()
    publish(built, str(target))
    assert held(target)["a.html"] == "2"


def publishing(built: Path, target: Path) -> int:
    """The number of a process that publishes."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        publish(built, str(target))
        code = 0
    finally:
        os._exit(code)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("exchange", [True, False])
def test_killed_at_any_moment_it_is_the_old_site_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    """Where two names can't be exchanged in one step there may be no site for a moment, and the
    next publish brings it back; a mixture there never is."""
    target, rng = tmp_path / "www", random.Random(7)
    if not exchange:
        monkeypatch.setattr("rejoinder.publish.local._exchange", lambda *_: False)
    sites = [
        site(tmp_path / str(n), {f"p{i}/index.html": f"{n}" for i in range(60)}) for n in (0, 1)
    ]
    publish(sites[0], str(target))
    wholes = [held(s) for s in sites]
    started = time.monotonic()
    assert os.waitpid(publishing(sites[1], target), 0)[1] == 0
    took = time.monotonic() - started
    killed = 0
    for turn in range(24):
        process = publishing(sites[turn % 2], target)
        time.sleep(took * rng.uniform(0.1, 1.0))
        os.kill(process, signal.SIGKILL)
        was_killed = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL
        killed += was_killed
        took *= 1 if was_killed else 0.8  # the machine has more time than before
        if target.exists() or exchange:
            assert held(target) in wholes
    assert killed > 5
    publish(sites[0], str(target))
    publish(sites[1], str(target))
    assert held(target) == wholes[1]
    assert sorted(p.name for p in tmp_path.iterdir()) == [".www.rejoinder-lock", "0", "1", "www"]


def test_what_a_crash_moved_away_is_not_removed_for_a_folder_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two renames a publish was cut off, and then somebody made the target again."""
    monkeypatch.setattr("rejoinder.publish.local._exchange", lambda *_: False)
    target, old = tmp_path / "www", tmp_path / ".www.rejoinder-old"
    publish(site(tmp_path / "b", {}), str(target))
    (target / "theirs").write_text("all there is")
    target.rename(old)
    target.mkdir()
    (target / "new").write_text("n")
    with pytest.raises(PublishError, match="moved away in a publish that was cut off"):
        publish(tmp_path / "b", str(target), force=True)
    assert (old / "theirs").read_text() == "all there is"
    assert held(target) == {"new": "n"}
    shutil.rmtree(old)
    publish(tmp_path / "b", str(target), force=True)
    assert held(target) == {"new": "n", "index.html": "home"}


def test_two_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    target = tmp_path / "www"
    sites = [site(tmp_path / f"s{n}", {f"{i}.html": str(n) for i in range(80)}) for n in range(4)]
    threads = [threading.Thread(target=publish, args=(s, str(target))) for s in sites]
    publish(sites[0], str(target))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held(target) in [held(s) for s in sites]


def test_a_publish_that_waited_looks_again_at_what_is_there(tmp_path: Path) -> None:
    """The first changed `a`, which the second has as it was before: nothing of the first stays."""
    target = tmp_path / "www"
    publish(site(tmp_path / "0", {"a": "0", "b": "0"}), str(target))
    first, second = site(tmp_path / "1", {"a": "1"}), site(tmp_path / "2", {"a": "0", "b": "2"})
    waiting = threading.Thread(target=publish, args=(second, str(target)))
    with local._locked(target):
        waiting.start()
        time.sleep(0.3)
        local._stage(first, target, local._plan(first, target, force=False))
        local._swap(target)
    waiting.join()
    assert held(target) == held(second)


def test_a_crash_between_two_renames_loses_nothing_of_somebody_elses(tmp_path: Path) -> None:
    target = tmp_path / "www"
    publish(site(tmp_path / "b", {"a": "1"}), str(target))
    (target / "theirs").write_text("x")
    target.rename(tmp_path / ".www.rejoinder-old")
    publish(site(tmp_path / "b", {"a": "2"}), str(target))
    assert held(target) == {"index.html": "home", "a": "2", "theirs": "x"}
    assert not (tmp_path / ".www.rejoinder-old").exists()


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_releases_go_and_folders_of_somebody_elses_stay(tmp_path: Path) -> None:
    """Whatever a crash left of a release goes; what the link led to at first was not ours."""
    site(tmp_path / "first", {"x": "theirs"})
    target = tmp_path / "current"
    target.symlink_to("first")
    publish(site(tmp_path / "b", {"a": "1"}), str(target), force=True)
    release = target.resolve()
    abandoned = release.with_name(f"{release.name[:-1]}{(int(release.name[-1]) + 1) % 10}")
    shutil.copytree(release, abandoned)
    site(tmp_path / "current-20260301", {})
    publish(site(tmp_path / "b", {"a": "2"}), str(target))
    assert held(target) == {"index.html": "home", "a": "2", "x": "theirs"}
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith(".")) == sorted(
        ["b", "current", "current-20260301", "first", target.resolve().name]
    )
    assert held(tmp_path / "first") == {"index.html": "home", "x": "theirs"}


def test_what_is_refused_is_left_as_it_is(tmp_path: Path) -> None:
    site(tmp_path / "www", {})
    built = site(tmp_path / "b", {})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PublishError, match="--force"):
        publish(built, str(tmp_path / "www"))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_site_is_not_published_into_itself(tmp_path: Path) -> None:
    built = site(tmp_path / "b", {})
    (tmp_path / "link").symlink_to(built)
    for inside in (built / "www", tmp_path / "link" / "www"):
        with pytest.raises(PublishError, match="inside of the site"):
            publish(built, str(inside))
    with pytest.raises(PublishError, match="the folder that it would replace"):
        publish(built, str(tmp_path / "link"))


needs_rsync = pytest.mark.skipif(not shutil.which("rsync"), reason="no rsync: apt install rsync")


@needs_rsync
def test_rsync(tmp_path: Path) -> None:
    target = tmp_path / "www"
    target.mkdir()
    (target / ".htaccess").write_text("theirs")
    (target / "photo.jpg").write_text("theirs")
    with pytest.raises(PublishError, match=r"holds 1 files .* like 'photo.jpg'"):
        publish(site(tmp_path / "b", {"a b/x.html": "1", "c.css": "2"}), f"rsync:{target}")
    first = publish(tmp_path / "b", f"rsync:{target}", force=True)
    assert first.added == ("a b/x.html", "c.css", "index.html")
    built = site(tmp_path / "b", {"c.css": "3"})
    planned = publish(built, f"rsync:{target}", dry_run=True)
    assert (planned.changed, planned.removed) == (("c.css",), ("a b/x.html",))
    assert held(target)["c.css"] == "2"
    assert publish(built, f"rsync:{target}").changed == ("c.css",)
    assert held(target) == held(built) | {".htaccess": "theirs", "photo.jpg": "theirs"}
    assert publish(built, f"rsync:{target}").is_empty


@needs_rsync
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_rsync_deletes_ours_whatever_its_name_and_nothing_else(
    tmp_path: Path, locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    target, names = (
        tmp_path / "new",
        ["é/[x]*.html", "a?.css", "back\\slash", ".well-known/y", "t\tb"],
    )
    publish(site(tmp_path / "b", dict.fromkeys(names, "ours")), f"rsync:{target}")
    assert held(target) == held(tmp_path / "b")
    for theirs in ("é/x.html", "é/x1.html", "ab.css", "back/slash"):
        (target / theirs).parent.mkdir(exist_ok=True)
        (target / theirs).write_text("theirs")
    result = publish(site(tmp_path / "b", {}), f"rsync:{target}")
    assert set(result.removed) == set(names) - {".well-known/y"}
    assert held(target) == {
        "index.html": "home", ".well-known/y": "ours",
        **dict.fromkeys(("é/x.html", "é/x1.html", "ab.css", "back/slash"), "theirs"),
    }  # fmt: skip


def test_the_rules_by_which_rsync_deletes() -> None:
    assert deletions(["a/b/c.html", "x[1].css", "y\\z"]) == (
        "R /a/\nR /a/b/\nR /a/b/c.html\nR /x\\[1].css\nR /y\\z\nP *\n"
    )
    assert deletions([]) == "P *\n"


@needs_rsync
def test_rsync_says_what_went_wrong(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="rsync ended with code"):
        publish(site(tmp_path / "b", {}), f"rsync:{tmp_path}/no/such/folder")


def test_what_rsync_prints_is_read() -> None:
    printed = (
        ">f+++++++++ new file.html\n>fcst...... changed.css\n.f...p..... mode.css\n"
        "cd+++++++++ folder/\n*deleting   old/\n*deleting   old/x.html\n.d..t...... ./\n"
    )
    found = read_items(printed)
    assert (found.added, found.changed, found.removed) == (
        ("new file.html",), ("changed.css",), ("old/x.html",),
    )  # fmt: skip


def git(*words: str, cwd: Path) -> str:
    return subprocess.run(
        ["git", *words], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_git_branch(tmp_path: Path) -> None:
    bare = tmp_path / "remote.git"
    git("init", "--quiet", "--bare", str(bare), cwd=tmp_path)
    target = f"git:{bare}#gh-pages"
    publish(site(tmp_path / "b", {"a.html": "1", ".hidden": "2"}), target)
    names = git("ls-tree", "-r", "--name-only", "gh-pages", cwd=bare).split("\n")
    assert names == [".hidden", ".nojekyll", MARKER, "a.html", "index.html"]
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--branch", "gh-pages", str(bare), str(clone), cwd=tmp_path)
    (clone / "CNAME").write_text("blog.example")
    git("add", "CNAME", cwd=clone)
    git("-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit", "-qm", "name", cwd=clone)
    git("push", "--quiet", cwd=clone)
    built = site(tmp_path / "b", {"c.html": "1"})
    assert publish(built, target, dry_run=True).removed == (".hidden", "a.html")
    assert publish(built, target).summary == "1 added, 0 changed, 2 removed, 1 unchanged"
    names = git("ls-tree", "-r", "--name-only", "gh-pages", cwd=bare).split("\n")
    assert names == [".nojekyll", MARKER, "CNAME", "c.html", "index.html"]
    assert git("rev-list", "--count", "--no-merges", "gh-pages", cwd=bare) == "3"
    assert publish(built, target).is_empty
    assert git("rev-list", "--count", "gh-pages", cwd=bare) == "3"


def test_a_branch_of_somebody_elses_is_not_swept(tmp_path: Path) -> None:
    bare, work = tmp_path / "remote.git", tmp_path / "work"
    git("init", "--quiet", "--bare", "--initial-branch", "main", str(bare), cwd=tmp_path)
    git("clone", "--quiet", str(bare), str(work), cwd=tmp_path)
    (work / "source.py").write_text("mine")
    git("checkout", "-qB", "main", cwd=work)
    git("add", "source.py", cwd=work)
    git("-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit", "-qm", "mine", cwd=work)
    git("push", "--quiet", "origin", "main", cwd=work)
    with pytest.raises(PublishError, match=r"like 'source.py'"):
        publish(site(tmp_path / "b", {}), f"git:{bare}#main")
    publish(site(tmp_path / "b", {}), f"git:{bare}#main", force=True)
    names = git("ls-tree", "-r", "--name-only", "main", cwd=bare).split("\n")
    assert names == [".nojekyll", MARKER, "index.html", "source.py"]


def commit_all(work: Path, message: str = "mine") -> None:
    git("add", "--all", cwd=work)
    git("-c", "user.name=x", "-c", "user.email=x@x.invalid", "commit", "-qm", message, cwd=work)


def test_a_hook_publishes_without_touching_the_repository_it_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git sets these variables for its hooks, and for aliases."""
    bare, work = tmp_path / "remote.git", tmp_path / "work"
    git("init", "--quiet", "--bare", str(bare), cwd=tmp_path)
    git("init", "--quiet", str(work), cwd=tmp_path)
    (work / "post.md").write_text("words")
    commit_all(work)
    (work / "post.md").write_text("more words")
    git("remote", "add", "origin", str(bare), cwd=work)
    state = [("rev-parse", "HEAD"), ("status", "--porcelain"), ("branch", "--list")]
    before = [git(*words, cwd=work) for words in state]
    monkeypatch.chdir(work)
    monkeypatch.setenv("GIT_DIR", str(work / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(work))
    monkeypatch.setenv("GIT_INDEX_FILE", str(work / ".git" / "index"))
    for text in ("1", "2"):
        assert not publish(site(tmp_path / "b", {"a.html": text}), "git:origin#pages").is_empty
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name)
    assert [git(*words, cwd=work) for words in state] == before
    assert git("show", "pages:a.html", cwd=bare) == "2"


def test_a_branch_cannot_lead_out_of_itself(tmp_path: Path) -> None:
    """Links and attributes that somebody put on the branch change nothing of what is written."""
    bare, work = tmp_path / "remote.git", tmp_path / "work"
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "x.html").write_text("precious")
    git("init", "--quiet", "--bare", str(bare), cwd=tmp_path)
    target = f"git:{bare}#pages"
    publish(site(tmp_path / "b", {"a.html": "1", "d/x.html": "1", "e/index.html": "1"}), target)
    git("clone", "--quiet", "--branch", "pages", str(bare), str(work), cwd=tmp_path)
    shutil.rmtree(work / "d")
    for name in ("a.html", MARKER, ".nojekyll"):
        (work / name).unlink(missing_ok=True)
    (work / "a.html").symlink_to(tmp_path / "precious" / "x.html")
    (work / "d").symlink_to(tmp_path / "precious")
    (work / "theirs").symlink_to("elsewhere")
    (work / ".gitattributes").write_text("* text eol=crlf\n")
    commit_all(work)
    git("push", "--quiet", cwd=work)
    built = site(tmp_path / "b", {"a.html": "2\n", "d/x.html": "2\r\n", "e": "a file now"})
    publish(built, target, force=True)
    assert held(tmp_path / "precious") == {"x.html": "precious"}
    for name in ("a.html", "d/x.html", "e"):
        shown = subprocess.run(["git", "show", f"pages:{name}"], cwd=bare, capture_output=True)
        assert shown.stdout == (built / name).read_bytes()
    kinds = git("ls-tree", "-r", "pages", cwd=bare).split("\n")
    assert [line.split("\t")[1] for line in kinds if line.startswith("120000")] == ["theirs"]


def test_git_says_what_went_wrong(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="git ended with code"):
        publish(site(tmp_path / "b", {}), f"git:{tmp_path}/nowhere.git#main")


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="web")
    yield endpoint
    server.stop()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_s3(tmp_path: Path, storage: str) -> None:
    client = boto3.client("s3", endpoint_url=storage, region_name="us-east-1")
    client.put_object(Bucket="web", Key="other/x", Body=b"theirs")
    target = f"s3://web/blog?endpoint={storage}&region=us-east-1"
    many = {f"p/{n}.html": str(n) for n in range(20)}
    publish(site(tmp_path / "b", {"a.css": "1", "é.svg": "x", **many}), target)
    css = client.get_object(Bucket="web", Key="blog/a.css")
    assert css["ContentType"] == "text/css; charset=utf-8"
    assert client.get_object(Bucket="web", Key="blog/index.html")["CacheControl"] == "no-cache"
    built = site(tmp_path / "b", {"a.css": "2"})
    planned = publish(built, target, dry_run=True)
    assert (len(planned.removed), planned.changed) == (21, ("a.css",))
    assert publish(built, target).removed == planned.removed
    keys = [o["Key"] for o in client.list_objects_v2(Bucket="web")["Contents"]]
    assert keys == [f"blog/{MARKER}", "blog/a.css", "blog/index.html", "other/x"]
    with pytest.raises(PublishError, match="--force"):
        publish(built, f"s3://web/other?endpoint={storage}&region=us-east-1")
    assert publish(built, target).is_empty
    with pytest.raises(PublishError, match="the storage refused"):
        publish(built, f"s3://nobody?endpoint={storage}&region=us-east-1")
