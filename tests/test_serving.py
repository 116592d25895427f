"""How files are served: names, headers, classes for styles, packed copies."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import brotli
import pytest
from conftest import ROOT, SiteFolder, make_comment

from rejoinder.press.press import lay
from rejoinder.publish import publish
from rejoinder.publish.plan import upload_order
from rejoinder.serving import headers, packing, styles
from rejoinder.serving.inlined import data_url
from rejoinder.serving.names import NAMED, is_named, named, plain
from rejoinder.serving.smaller import smaller
from rejoinder.tasks.common import built, public_settings

LONG = "Words that are said again and again. " * 60


def test_names_have_a_digest_and_are_known_by_it() -> None:
    name = named("theme/css/main.css", b"a {}")
    assert re.fullmatch(r"theme/css/main\.[0-9a-f]{10}\.css", name)
    assert name == named("theme/css/main.css", b"a {}") != named("theme/css/main.css", b"b {}")
    assert is_named(name)
    for path in ("LICENSE", "a.b/LICENSE", ".well-known"):
        assert named(path, b"x") == path
    for path in ("theme/css/main.css", "a/index.html", "x.0123456789", "0123456789.css"):
        assert not is_named(path)
    assert plain("a/index.html.gz") == plain("a/index.html.br") == "a/index.html"
    assert plain("a/index.html") == "a/index.html"


def test_pages_arrive_after_what_they_need_packed_or_not() -> None:
    paths = ("index.html", "index.html.gz", "a/index.html.br", "theme/x.css.gz", "theme/x.css")
    assert upload_order(paths) == [
        "theme/x.css", "theme/x.css.gz", "a/index.html.br", "index.html", "index.html.gz",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile", "apache.conf"])
def test_the_examples_send_the_same_headers(name: str) -> None:
    text = (ROOT / "docs" / "examples" / name).read_text("utf-8")
    for header, value in headers.of_site().items():
        assert re.search(rf'{header} "?{re.escape(value)}"?( always)?\n|{header} "?'
                         rf'{re.escape(value)}"? always;\n', text), header  # fmt: skip
    assert headers.FOR_GOOD in text
    assert NAMED.removesuffix("$") in text
    assert "unsafe" not in text


def test_the_headers_are_documented() -> None:
    text = (ROOT / "docs" / "serving.md").read_text("utf-8")
    for header, value in headers.of_site().items():
        assert f"| `{header}` | `{value}` |" in text


def test_a_desk_elsewhere_is_spoken_to() -> None:
    desk = headers.origin("https://desk.example/reply")
    assert desk == "https://desk.example"
    assert headers.origin("/reply") == headers.origin("") == ""
    policy = headers.policy(desk)
    assert "form-action 'self' https://desk.example;" in policy
    assert "connect-src 'self' https://desk.example;" in policy
    rules = headers.netlify(["theme/a b.0123456789.css"], "/blog", desk)
    assert f"/blog/*\n  Content-Security-Policy: {policy}\n" in rules
    assert f"/blog/theme/a%20b.0123456789.css\n  Cache-Control: {headers.FOR_GOOD}\n" in rules


@pytest.mark.parametrize(
    ("html", "becomes", "rules"),
    [
        ("<p>style = 1</p>", "<p>style = 1</p>", 0),
        ('<td style="text-align: right;">1', '<td class="align-right">1', 0),
        ("<td id=a STYLE='text-align:center'>", '<td class="align-center" id=a>', 0),
        ('<p class="a b" style="color: red">', r'<p class="a b style-\w{8}">', 1),
        ("<hr style=color:red />", r'<hr class="style-\w{8}" />', 1),
        ('<i title="a > b" style="font: 1em \'X\'">', r'<i class="style-\w{8}" title="a > b">', 1),
        ('<i style="">', "<i>", 0),
        ('<i style="color: red } body { x">', "<i>", 0),
        ("<code>&lt;p style=&quot;x&quot;&gt;</code>", None, 0),
        ('<img alt="see style = this">', None, 0),
    ],
)  # fmt: skip
def test_styles_become_classes(html: str, becomes: str | None, rules: int) -> None:
    found, sheet = styles.to_classes(html)
    assert re.fullmatch(becomes or re.escape(html), found)
    assert len(sheet) == rules
    assert styles.to_classes(found) == (found, {})


def test_stylesheets_and_scripts_are_sent_without_what_people_need_in_them() -> None:
    sheet = b"/* why */\na > b,\nc :is(d) {\n  width: calc(1px + 2px);\n}\n"
    assert smaller("a/x.css", sheet) == b"a>b,c :is(d){width:calc(1px + 2px)}"
    assert smaller("x.JS", b"// why\nlet a = `b  c`;\n") == b"let a=`b  c`;"
    assert smaller("x.svg", sheet) == sheet
    assert smaller("x.css", b"a { content: '\xff' }") == b"a { content: '\xff' }"


def test_small_pictures_can_stand_in_a_page() -> None:
    icon = (ROOT / "theme" / "static" / "icon.svg").read_bytes()
    url = data_url("theme/icon.svg", icon)
    assert unquote(url.partition(",")[2]).replace("'", '"') == icon.decode().strip()
    assert not re.search(r"[\s\"<>&]", url)
    for path, data in (("x.png", icon), ("x.svg", icon * 9), ("x.svg", b"<a b='\"'/>"),
                       ("x.svg", b"\xff")):  # fmt: skip
        assert data_url(path, data) == ""


def write(path: Path, text: str) -> None:
    """Write a file, a second later than the last."""
    before = path.stat().st_mtime_ns if path.exists() else 10**18
    path.write_text(text, "utf-8")
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_packed_copies_follow_their_files(tmp_path: Path) -> None:
    site, note = tmp_path / "site", tmp_path / "packed.json"
    (site / "a").mkdir(parents=True)
    page, small, picture = site / "a" / "index.html", site / "small.html", site / "x.png"
    write(page, LONG)
    write(small, "short")
    picture.write_bytes(b"x" * 5000)
    own = site / "table.csv.gz"
    (site / "table.csv").write_text(LONG)
    own.write_bytes(b"somebody's own")
    assert packing.pack(site, note) == 1
    gz, br = Path(f"{page}.gz"), Path(f"{page}.br")
    assert gzip.decompress(gz.read_bytes()) == brotli.decompress(br.read_bytes()) == LONG.encode()
    first = gz.read_bytes(), br.read_bytes(), gz.stat().st_mtime_ns
    assert first[2] == br.stat().st_mtime_ns == page.stat().st_mtime_ns
    assert packing.pack(site, note) == 0
    write(page, LONG + "More.")
    assert packing.pack(site, note) == 1
    assert gzip.decompress(gz.read_bytes()).endswith(b"More.")
    write(page, LONG)
    gz.unlink()
    assert packing.pack(site, note) == 1
    assert (gz.read_bytes(), br.read_bytes()) == first[:2]
    assert list(lay({"a/index.html": b"pressed"}, site, durable=False)) == [page]
    assert not gz.exists()
    assert not br.exists()
    write(page, LONG)
    packing.pack(site, note)
    page.unlink()
    assert packing.pack(site, note) == 0
    assert not gz.exists()
    assert packing.pack(site, note, wanted=False) == 0
    assert own.read_bytes() == b"somebody's own"
    assert sorted(path.name for path in site.rglob("*") if path.is_file()) == [
        "small.html", "table.csv", "table.csv.gz", "x.png",
    ]  # fmt: skip


def test_a_site_is_published_with_its_packed_copies(site: SiteFolder) -> None:
    site.post(body=LONG)
    site.post("second", body=LONG)
    site.comments(make_comment(1))
    toml = site.content / "site.toml"
    toml.write_text("packed = true\n" + toml.read_text("utf-8"), "utf-8")
    conf = ROOT / "publishconf.py"

    def publish_it() -> tuple[str, ...]:
        with built(site.content, conf, public_settings(site.content)) as fresh:
            result = publish(fresh, str(site.output), one_by_one=True)
        return tuple(sorted({*result.added, *result.changed}))

    assert "first/index.html.gz" in publish_it()
    assert (
        brotli.decompress((site.output / "first/index.html.br").read_bytes())
        == (site.output / "first/index.html").read_bytes()
    )
    assert publish_it() == ()
    site.comments(make_comment(2))
    changed = publish_it()
    assert {f"first/index.html{ending}" for ending in ("", ".gz", ".br")} <= set(changed)
    assert not any(path.startswith("second/") for path in changed)
    (site.content / "posts" / "second.md").unlink()
    toml.write_text(toml.read_text("utf-8").replace("packed = true", "packed = false"), "utf-8")
    publish_it()
    assert not [path for path in site.output.rglob("*") if path.suffix in (".gz", ".br")]


def test_a_changed_stylesheet_has_another_name_on_every_page(site: SiteFolder) -> None:
    site.post()
    theme = shutil.copytree(ROOT / "theme", site.root / "theme")
    sheet = theme / "static" / "css" / "main.css"

    def links() -> set[str]:
        site.build("publishconf.py", THEME=str(theme))
        return {link for path in ("index.html", "first/index.html", "404.html")
                for link in re.findall(r"theme/css/main\S*\.css", site.read(path))}  # fmt: skip

    before = links()
    assert before == {named("theme/css/main.css", smaller("x.css", sheet.read_bytes()))}
    sheet.write_text(sheet.read_text("utf-8") + "p { color: red; }\n", "utf-8")
    after = links()
    assert after == {named("theme/css/main.css", smaller("x.css", sheet.read_bytes()))}
    kept = {path.relative_to(site.output).as_posix() for path in site.output.rglob("main*.css")}
    assert kept == {*after, "theme/css/main.css"}
    own = site.content / "extra" / "_headers"
    own.parent.mkdir()
    own.write_text("/*\n  X-Own: 1\n", "utf-8")
    place = {"extra/_headers": {"path": "_headers"}}
    site.build("publishconf.py", STATIC_PATHS=["extra"], EXTRA_PATH_METADATA=place)
    assert site.read("_headers") == "/*\n  X-Own: 1\n"
