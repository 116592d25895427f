"""An import that Pelican builds, and one that is too large to hold in memory."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from migrate.wxr_builder import Builder

from rejoinder.migrate.fragments import words
from rejoinder.migrate.wordpress import run

_BUILD = """
import sys
from pathlib import Path
from pelican import Pelican
from pelican.settings import DEFAULT_CONFIG, configure_settings
from rejoinder import site
content, output = Path(sys.argv[1]), sys.argv[2]
settings = DEFAULT_CONFIG | site.pelican_settings(site.load(content)) | {
    "PATH": str(content), "OUTPUT_PATH": output, "ARTICLE_PATHS": ["posts"],
    "PAGE_PATHS": ["pages"], "FEED_ALL_ATOM": None, "CATEGORY_FEED_ATOM": None, "PLUGINS": [],
    "CACHE_CONTENT": False,
}
Pelican(configure_settings(settings)).run()
"""


def test_pelican_builds_it_at_the_same_addresses(tmp_path: Path) -> None:
    b = Builder()
    content = "Title: no metadata\n\n{: .x}\n\nA &lt;b&gt; | c\n\n- 1\n- 2\n\n<pre>a\n\n b</pre>"
    b.item(4, "A & B: “q”", content)
    b.item(5, "Same slug", "Other words.", date="2013-05-01 09:30:00", gmt="2013-05-01 08:30:00")
    b.item(6, "About", "Who.", slug="about", kind="page", link=f"{b.base}/about/")
    b.item(7, "Team", '<a href="/2012/05/01/owning-words/#comment-1">it</a>', slug="team",
           kind="page", link=f"{b.base}/about/team/")  # fmt: skip
    b.item(8, "Odd", "Odd words.", slug="odd", link=f"{b.base}/specials/odd.html")
    b.item(9, "Привет", "Слова.", slug="%d0%bf%d1%80", link=f"{b.base}/2012/05/01/%d0%bf%d1%80/")
    file = tmp_path / "export.xml"
    file.write_text(b.text, "utf-8")
    assert run(file, tmp_path / "content").closes
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _BUILD, tmp_path / "content", tmp_path / "out"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "WARNING" not in done.stdout + done.stderr
    assert "ERROR" not in done.stdout + done.stderr

    def page(path: str) -> str:
        return (tmp_path / "out" / path).read_text("utf-8")

    assert words("<p>Title: no metadata</p><p>{: .x}</p>A &lt;b> | c - 1 - 2 <pre>a b</pre>") in (
        words(page("2012/05/01/owning-words/index.html"))
    )
    assert "Other words." in page("2013/05/01/owning-words/index.html")
    assert "Who." in page("about/index.html")
    assert "2012/05/01/owning-words/#comment-1" in page("about/team/index.html")
    assert "Odd words." in page("specials/odd.html")
    assert "Слова." in page("2012/05/01/пр/index.html")


_MEASURED = """
import resource, sys
from pathlib import Path
from rejoinder.migrate.wordpress import run
report = run(Path(sys.argv[1]), Path(sys.argv[2]), dry_run=True)
assert report.closes, str(report)
status = Path("/proc/self/status")  # ru_maxrss starts with what the parent process had
if status.exists():
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0]) >> 10
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20
print(report.count("comment"), peak)
"""


def write_large(path: Path, megabytes: int) -> int:
    """An export of about that size, most of it posts with comments; how many comments it has."""
    b = Builder()
    filler = "Words that somebody wrote about their work, and then some more of them. " * 8
    comments = post = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(b.head)
        while file.tell() < megabytes << 20:
            post += 1
            b.items.clear()
            many = [b.comment(post * 100 + n, filler[: 50 + n * 7]) for n in range(60)]
            b.item(post, content="\n\n".join([filler] * 30), slug=f"p-{post}", comments=many,
                   meta=[("_blob", "x" * 20_000)])  # fmt: skip
            file.write(b.items[0])
            comments += len(many)
        file.write("</channel>\n</rss>\n")
    return comments


def test_a_large_file_streams(tmp_path: Path) -> None:
    file = tmp_path / "large.xml"
    comments = write_large(file, 30)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, file, tmp_path / "content"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    counted, peak = map(int, done.stdout.split())
    assert counted == comments
    assert peak < 150, f"{peak} MB for a file of 30 MB"
    assert time.perf_counter() - started < 60


def test_fifty_thousand_comments_in_one_item(tmp_path: Path) -> None:
    b = Builder()
    file = tmp_path / "one.xml"
    b.item(1, comments=[b.comment(n, "Yes.", parent=n - 1) for n in range(1, 50_001)])
    file.write_text(b.text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, file, tmp_path / "content"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    counted, peak = map(int, done.stdout.split())
    assert counted == 50_000
    assert peak < 300
