"""What others write besides Markdown, and Markdown that others read otherwise: pairs of what was
written and what it becomes, what is broken, and what holds for any mixture of these."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from migrate.entries.test_golden import House

from rejoinder.comments import commonmark
from rejoinder.errors import ImportFailed
from rejoinder.migrate import data
from rejoinder.migrate.entries.dialects import adapted
from rejoinder.migrate.entries.sources import blogger_html, liquid, shortcodes
from rejoinder.migrate.fragments import parse, words
from rejoinder.migrate.markdown import render

VARIABLES = {"site.baseurl": "/b", "site.url": "https://e.example", "site.title": "Notes",
             "page.title": "First light"}  # fmt: skip
PAGES = {"2019-05-02-first": "/first/", "about.md": "/about/", "posts/a.md": "/a/", "a": "/a/"}


def of_liquid(text: str) -> tuple[str, Counter[str]]:
    return liquid.resolved(text, VARIABLES, lambda _, name: PAGES.get(name))


@pytest.mark.parametrize(("text", "becomes"), [
    ('{% highlight ruby linenos %}\na = "50%"\n{% endhighlight %}', '```ruby\na = "50%"\n```'),
    ('{% highlight c++ hl_lines="1 2" %}\nx\n{% endhighlight %}', "```c++\nx\n```"),
    ("{%- highlight sh -%}\nls\n{%- endhighlight -%}", "```sh\nls\n```"),
    ("{% highlight sh %}\n```\nx\n```\n{% endhighlight %}", "````sh\n```\nx\n```\n````"),
    ("- one\n\n  {% highlight sh %}\n  ls\n  {% endhighlight %}\n- two",
     "- one\n\n  ```sh\n  ls\n  ```\n- two"),
    ("{% highlight liquid %}{% raw %}{{ page.title }}{% endraw %}{% endhighlight %}",
     "```liquid\n{{ page.title }}\n```"),
    ("`{% raw %}{{ site.title }}{% endraw %}` {{ site.title }}", "`{{ site.title }}` Notes"),
    ("[a]({% post_url 2019-05-02-first %}#x)", "[a](/first/#x)"),
    ("[a]({{ site.baseurl }}{% link about.md %})", "[a](/b/about/)"),
    ("{{ '/i.png' | relative_url }} {{ \"i\" | absolute_url }}", "/b/i.png https://e.example/b/i"),
    ('{{ "/i" | prepend: site.baseurl | prepend: site.url }}', "https://e.example/b/i"),
    ("{{page.title|escape}} {{- site.url -}}", "First light https://e.example"),
    ("a{% comment %}x -- y{% endcomment %}b", "a<!--x - - y-->b"),
    ("50% {of} {{}} { % x % }", "50% {of} {{}} { % x % }"),
])  # fmt: skip
def test_liquid(text: str, becomes: str) -> None:
    found, kept = of_liquid(text)
    assert (found, +kept) == (becomes, Counter())


@pytest.mark.parametrize(("text", "counted"), [
    ("{% include figure.html src=\"a%20b.png\" %}", {"include figure.html": 1}),
    ("{% post_url 2001-01-01-none %} {% link none.md %}", {"post_url": 1, "link": 1}),
    ("{{ page.unknown }} {{ site.time | date: '%Y' }}",
     {"{{ page.unknown }}": 1, "{{ site.time }}": 1}),
    ("{% highlight ruby %}\nwithout an end", {"highlight": 1}),
    ("{% highlight %}\nno language\n{% endhighlight %}", {"highlight": 1, "endhighlight": 1}),
    ("{% raw %} without an end {{ page.unknown }}", {"raw": 1, "{{ page.unknown }}": 1}),
    ("{{ page.title | upcase }}", {"{{ page.title }}": 1}),
    ("{{ page.title", {}),
])  # fmt: skip
def test_liquid_that_is_not_certain_stays_to_the_letter(text: str, counted: dict[str, int]) -> None:
    found, kept = of_liquid(text)
    assert (found, dict(kept)) == (text, counted)


@pytest.mark.parametrize(("text", "becomes"), [
    ('[a]({{< ref "posts/a.md" >}}) [b]({{% relref "a#c" %}})', "[a](/a/) [b](/a/#c)"),
    ('{{< ref path="a" lang="en" >}} {{< relref "#here" >}}', "/a/ #here"),
    ("{{< highlight go \"linenos=table,hl_lines=8 15-17\" >}}\nm := map[string]{}{}\n"
     "{{< /highlight >}}", "```go\nm := map[string]{}{}\n```"),
    ("{{< highlight html >}}<b>{{ .Title }}</b>{{< / highlight >}}",
     "```html\n<b>{{ .Title }}</b>\n```"),
    ("- one\n\n  {{< highlight sh >}}\n  ls\n  {{< /highlight >}}\n- two",
     "- one\n\n  ```sh\n  ls\n  ```\n- two"),
    ('{{< figure src="a.png" >}}', '<figure><img src="a.png" alt=""></figure>'),
    ("{{<figure src=`a b.png` alt=\"it's\" width=\"3\" link=\"/x\" class=\"w\" >}}",
     '<figure class="w"><a href="/x"><img src="a b.png" alt="it&#x27;s" width="3"></a></figure>'),
    ('{{< figure src="a.png" caption="A *dyke* & [map](/m)" attr="by **me**" attrlink="/me" />}}',
     '<figure><img src="a.png" alt="A dyke &amp; map"><figcaption><p>A <em>dyke</em> &amp; '
     '<a href="/m">map</a> <a href="/me">by <strong>me</strong></a></p></figcaption></figure>'),
    ('{{< figure src="a.png" title="1. \\"q\\"" caption="1. first" >}}',
     '<figure><img src="a.png" alt="1. first"><figcaption><h4>1. &quot;q&quot;</h4>'
     '<p>1. first</p></figcaption></figure>'),
    ('{{</* figure src="x" */>}} {{%/* md */%}}', '{{< figure src="x" >}} {{% md %}}'),
])  # fmt: skip
def test_shortcodes(text: str, becomes: str) -> None:
    found, kept = shortcodes.resolved(text, PAGES.get)
    assert (found, +kept) == (becomes, Counter())


@pytest.mark.parametrize(("text", "counted"), [
    ('{{< tweet id="a" >}} {{% notice tip %}}\n*x*\n{{% /notice %}}', {"tweet": 1, "notice": 1}),
    ('{{< ref "none" >}} {{% relref "no.md#x" %}}', {"ref": 1, "relref": 1}),
    ('{{< figure alt="no source" >}}', {"figure": 1}),
    ("{{< highlight go >}} without an end", {"highlight": 1}),
    ('{{< ref "open', {}),
    ("{{< >}} {{ .Title }}", {}),
])  # fmt: skip
def test_shortcodes_that_are_not_certain_stay_to_the_letter(
    text: str, counted: dict[str, int]
) -> None:
    found, kept = shortcodes.resolved(text, PAGES.get)
    assert (found, dict(kept)) == (text, counted)


SAME = [
    'para\n{: .note #x}\n\n![x](a.png){: .right width="3"}\n',
    "## Head {#id}\n\nText[^1]\n\n[^1]: Note\n",
    "Term\n: def\n\n*[HTML]: Language\n",
    '<div markdown="1">\n*x*\n</div>\n',
    "> quote\n```\ncode\n```\n",
    '[ref]: https://a.example "T"\n\nSee [ref] and [text][ref].\n',
    "a *b*c* __d__ snake_case_word, $$a_b$$\n",
    "```js\nx < y\n```\n\n    indented\n",
]


@pytest.mark.parametrize("text", SAME)
def test_markdown_that_both_read_alike_stays(text: str) -> None:
    assert adapted(text, bare_links=True).text == text


@pytest.mark.parametrize(("text", "becomes"), [
    ("Text:\n- a\n- b\n", "Text:\n\n- a\n- b\n"),
    ("* a\n  * b\n    * c\n", "-   a\n    -   b\n        -   c\n"),
    ("1) a\n2) b\n", "1.  a\n2.  b\n"),
    ("line\\\nother\n", "line  \nother\n"),
    ("![a](<b c.png>)\n", "![a](b%20c.png)\n"),
    ("~~gone~~\n", "<del>gone</del>\n"),
    ("https://b.example/x.\n", "[https://b.example/x](https://b.example/x).\n"),
    ("- a\n\n  ```\n  x = 1\n\n    y\n  ```\n\n- b\n",
     "-   a\n\n        x = 1\n\n          y\n\n-   b\n"),
])  # fmt: skip
def test_markdown_that_would_change_is_written_anew(text: str, becomes: str) -> None:
    found = adapted(text, bare_links=True)
    assert (found.text, found.kept_as_html) == (becomes, 0)


def test_code_of_a_language_in_a_list_stays_html() -> None:
    found = adapted("- a\n\n  ```py\n  x = 1\n  ```\n\n- b\n", bare_links=False)
    assert found.kept_as_html == 1
    assert '<pre><code class="language-py">x = 1\n</code></pre>' in render(found.text)


HEADS = [
    '---\ntitle: "A: b"\ntags: [x, y]\ndraft: no\n---\n\nBody\n',
    '+++\ntitle = "A: b"\ntags = ["x", "y"]\ndraft = false\n+++\n\nBody\n',
    '{"title": "A: b", "tags": ["x", "y"], "draft": false}\n\nBody\n',
]


@pytest.mark.parametrize("text", HEADS)
def test_front_matter_of_three_kinds_says_the_same(text: str) -> None:
    page = data.page(text)
    assert (page.fields["title"], data.listed(page.fields["tags"])) == ("A: b", ["x", "y"])
    assert (data.flag(page.fields["draft"]), page.body) == (False, "Body\n")
    assert text.split("\n")[page.line - 1] == "Body"


@pytest.mark.parametrize(("text", "line"), [
    ("---\ntitle: [a\n---\nBody", 3),
    ("---\na: 1\n b: 2\n---\nBody", 3),
    ("+++\ntitle = \n+++\nBody", 2),
    ("---\n- a\n---\nBody", 1),
    ("---\n? [a]\n: b\n---\nBody", 2),
    ("---\na: &a [*a]\n---\nBody", 2),
])  # fmt: skip
def test_front_matter_that_is_none_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ImportFailed) as told:
        data.page(text)
    assert told.value.line == line


@pytest.mark.parametrize("text", ["{% include x %}\nBody", "---\nno end", "--- \n", "{]", "+++"])
def test_what_has_no_front_matter_is_all_body(text: str) -> None:
    assert data.page(text) == data.Page({}, text)


@pytest.mark.parametrize(("html", "becomes"), [
    ("<div>one</div><div>two<br></div>", "<p>one</p><p>two<br/></p>"),
    ("one<br /><br />two<br>three", "<p>one</p><p>two<br/>three</p>"),
    ('a<a name="more"></a>b', "<p>a</p><!--more--><p>b</p>"),
    ('<div class="separator"><img border="0" data-x="1" src="a"></div>', '<p><img src="a"/></p>'),
    ("<div><br></div><p>&nbsp;</p>x", "<p>x</p>"),
    ("<ul><li>a</li></ul><div><pre>x</pre></div>", "<ul><li>a</li></ul><div><pre>x</pre></div>"),
    ("<div>unclosed<div>inner", "<p>unclosed</p><p>inner</p>"),
])  # fmt: skip
def test_the_html_of_bloggers_editor(html: str, becomes: str) -> None:
    found = blogger_html.shown(html)
    assert re.sub(r"\s*\n\s*", "", found) == becomes


PIECES = [
    *SAME, "Text:\n- a\n- b\n", "* a\n  * b\n", "1) a\n2) b\n", "- [ ] todo\n", "~~gone~~ x\n",
    "| a | b |\n|---|:-:|\n| 1 | 2 |\n", "- a\n\n  ```\n  x\n  ```\n\n- b\n", "<p>html</p>\n",
    "```js\n{{ x }} {% y %}\n```\n", "line\\\nother\n", "# T\nright after\n", "> a\nlazy\n",
    "1. one\n   ```sh\n   ls\n   ```\n2. two\n", "***\n", "https://a.example/x_y_z\n", "w <b>x\n",
]  # fmt: skip
EXTENSIONS = ("table", "strikethrough", "tasklist")
READ_ALIKE = [one for one in PIECES if not re.search(r"\{:|\{#|\[\^|^: |markdown=|\*\[", one, re.M)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(READ_ALIKE), min_size=1, max_size=4), st.booleans())
def test_no_word_of_any_markdown_is_lost(pieces: list[str], bare_links: bool) -> None:
    text = "\n".join(pieces)
    found = adapted(text, bare_links=bare_links)
    shown, meant = render(found.text), commonmark.to_html(text, extensions=EXTENSIONS)
    assert words(shown) == words(meant)
    assert [tag.get_text() for tag in parse(shown).find_all("pre")] == [
        tag.get_text() for tag in parse(meant).find_all("pre")
    ]  # fmt: skip


TAGS = ["{% raw %}", "{% endraw %}", "{% highlight x %}", "{% endhighlight %}", "{{", "}}", "{%",
        "%}", "{{ page.title }}", "{{< ref here >}}", "{{< highlight x >}}", "{{% /highlight %}}",
        "{{</*", "*/>}}", "{{<", ">}}", "`", "\x02", "0\x03"]  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.sampled_from(TAGS) | st.text("ab \n", max_size=4), max_size=12))
def test_any_mixture_of_tags_keeps_its_letters(parts: list[str]) -> None:
    text = "".join(parts)
    for found, _ in (of_liquid(text), shortcodes.resolved(text, PAGES.get)):
        letters = Counter(found)
        for letter in "ab":
            plain = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.S)
            assert letters[letter] >= plain.count(letter)


def test_a_language_that_is_the_blogs_own_is_not_said(house: House) -> None:
    export = house.root / "export"
    (export / "_posts").mkdir(parents=True)
    (export / "_config.yml").write_text("url: https://e.example\nlang: en-GB\npermalink: pretty\n")
    for number, language in enumerate(("en", "en", "de"), start=1):
        (export / "_posts" / f"2019-05-0{number}-post-{number}.md").write_text(
            f"---\ntitle: T{number}\nlang: {language}\n---\nWords.\n"
        )
    house.take("jekyll", export)
    posts = [text for name, text in sorted(house.texts("content/posts").items())]
    assert [("Lang:" in text, "Url:" in text) for text in posts] == [
        (False, False), (False, False), (True, True),
    ]  # fmt: skip


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)
