"""Plugins of others beside ours, on a site that took us in: after an edit and a comment, a build
has what a whole one has, to the byte."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import forking
import pytest
from builds import difference, tree
from conftest import ROOT, make_comment
from PIL import Image

from rejoinder.comments.store import CommentStore
from rejoinder.toolkit.program import main

SETTINGS = """AUTHOR = "Ada"
SITENAME = "A site"
SITEURL = "https://a.example"
PATH = "content"
TIMEZONE = "Europe/Paris"
DEFAULT_LANG = "en"
STATIC_PATHS = ["images"]
"""
PLUGINS = {
    "that change posts, and a site in each language": """
PLUGINS = ["neighbors", "series", "i18n_subsites"]
I18N_SUBSITES = {"de": {"SITENAME": "Eine Seite"}}
""",
    "that see each page": """
PLUGINS = ["sitemap", "seo", "image_process"]
SEO_REPORT = SEO_ENHANCER = True
IMAGE_PROCESS = {"thumb": ["scale_in 40 40 False"]}
""",
    "that read what is written": """
PLUGIN_PATHS = ["."]
PLUGINS = ["reads"]
""",
}
READS = """from hashlib import sha256
from pathlib import Path

from pelican import signals
from pelican.generators import Generator


class Reads(Generator):
    # As pelican-search has Stork do.
    def generate_output(self, writer):
        output = Path(self.output_path)
        digests = [sha256((output / one.save_as).read_bytes()).hexdigest()
                   for one in self.context["articles"]]
        (output / "digests.txt").write_text(chr(10).join(digests))


def register():
    signals.get_generators.connect(lambda pelican: Reads, weak=False)
"""


def begin(root: Path, plugins: str) -> None:
    content = root / "content"
    (content / "images").mkdir(parents=True)
    (root / "pelicanconf.py").write_text(SETTINGS + plugins, "utf-8")
    (root / "reads.py").write_text(READS, "utf-8")
    Image.new("RGB", (120, 90), "#0d5f4e").save(content / "images" / "p.png")
    for number in range(4):
        head = f"Date: 2026-01-0{number + 1}\nSlug: post-{number}\n"
        (content / f"{number}.md").write_text(
            f"Title: Post {number}\n{head}Lang: en\nSeries: Long\nTags: x\n\nWords {number}.\n\n"
            '<img class="image-process-thumb" src="{static}/images/p.png" alt="x">\n', "utf-8",
        )  # fmt: skip
        (content / f"{number}-de.md").write_text(
            f"Title: Beitrag {number}\n{head}Lang: de\n\nWorte.\n", "utf-8"
        )
    assert main(["init", str(root), "--yes"]) == 0


def build(root: Path, output: str, *more: str) -> dict[str, bytes]:
    words = ("-s", "pelicanconf.py", "-o", output, "--fatal", "errors", *more)
    done = subprocess.run(
        [*forking.command("pelican"), *words], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = tree(root / output)
    if "sitemap.xml" in found:  # it says of lists that they are of this second
        found["sitemap.xml"] = re.sub(rb"<lastmod>.*?</lastmod>", b"", found["sitemap.xml"])
    return found


@pytest.mark.parametrize("plugins", PLUGINS)
def test_a_build_after_an_edit_equals_a_whole_one(plugins: str, tmp_path: Path) -> None:
    begin(tmp_path, PLUGINS[plugins])
    first = build(tmp_path, "output")
    untouched = tmp_path / "output" / "post-3.html"
    before = untouched.stat().st_mtime_ns
    post = tmp_path / "content" / "2.md"
    post.write_text(post.read_text("utf-8").replace("Post 2", "The second"), "utf-8")
    (tmp_path / "content" / "0.md").unlink()
    CommentStore(tmp_path / "content").write("post-1", make_comment(1, body="I *answer*."))
    found = build(tmp_path, "output")
    assert difference(first, found)
    if plugins == "that read what is written":
        assert untouched.stat().st_mtime_ns == before
    shutil.rmtree(tmp_path / "output")
    whole = build(tmp_path, "output", "-e", "INCREMENTAL=false")
    assert difference(found, whole) == ""
    assert b"I <em>answer</em>." in found["post-1.html"]


def test_which_were_tried_is_said() -> None:
    text = (ROOT / "docs" / "toolkit.md").read_text("utf-8")
    for name in re.findall(
        r'"(\w+)"', " ".join(re.findall(r"PLUGINS = \[(.*)\]", "".join(PLUGINS.values())))
    ):
        assert name == "reads" or f"| `{name}` |" in text, name
