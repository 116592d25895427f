"""A small program that writes exports in the shape WordPress writes them.

It speaks the dialects: 1.2 (since WordPress 3.4: CDATA everywhere), 1.1 (3.0 to 3.3: plain
fields) and 1.0 (2.x: no list of authors, tags with the domain 'tag', doubled categories).
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape


def cdata(text: str) -> str:
    """As WordPress's own wxr_cdata."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


class Builder:
    def __init__(self, version: str = "1.2", base: str = "https://blog.example.org") -> None:
        self.version = version
        self.base = base
        self.items: list[str] = []
        self.authors: list[tuple[str, str, str, str]] = [
            ("1", "ada", "ada@mail.example", "Ada Quill")
        ]
        self.head_extra = ""
        self.language = "en-GB"

    def field(self, name: str, value: str, *, marked: bool = True) -> str:
        text = cdata(value) if marked and self.version == "1.2" else escape(value)
        return f"\t\t<{name}>{text}</{name}>\n"

    def comment(
        self,
        number: int | str,
        body: str = "Well said.",
        *,
        approved: str = "1",
        kind: str = "comment",
        parent: int | str = 0,
        user: int | str = 0,
        author: str = "Bo Reader",
        email: str = "bo@mail.example",
        url: str = "",
        date: str = "2012-05-02 11:00:00",
        gmt: str = "2012-05-02 10:00:00",
        without: Iterable[str] = (),
    ) -> str:
        fields = {
            "id": str(number), "author": author, "author_email": email, "author_url": url,
            "author_IP": "192.0.2.77", "date": date, "date_gmt": gmt, "content": body,
            "approved": approved, "type": kind, "parent": str(parent), "user_id": str(user),
        }  # fmt: skip
        made = ["\t\t<wp:comment>\n"]
        for name, value in fields.items():
            tag = f"wp:comment_{name}"
            if name in without:
                continue
            if name in ("content", "author"):
                made.append(f"\t\t\t<{tag}>{cdata(value)}</{tag}>\n")
            else:
                made.append("\t" + self.field(tag, value))
        return "".join(made) + "\t\t</wp:comment>\n"

    def item(
        self,
        number: int | str,
        title: str = "On Owning One’s Words",
        content: str = "Some words.",
        *,
        slug: str = "owning-words",
        link: str | None = None,
        kind: str = "post",
        status: str = "publish",
        date: str = "2012-05-01 09:30:00",
        gmt: str = "2012-05-01 08:30:00",
        modified: str = "2012-05-01 09:30:00",
        modified_gmt: str = "2012-05-01 08:30:00",
        creator: str = "ada",
        excerpt: str = "",
        open_to: str = "open",
        parent: int | str = 0,
        password: str = "",
        sticky: int = 0,
        terms: Iterable[tuple[str, str, str]] = (("category", "work", "Work"),),
        meta: Iterable[tuple[str, str]] = (),
        comments: Iterable[str] = (),
        extra: str = "",
        without: Iterable[str] = (),
    ) -> Builder:
        y, m, d = date[:10].split("-")
        place = link if link is not None else f"{self.base}/{y}/{m}/{d}/{slug}/"
        shown = cdata(title) if self.version == "1.2" else escape(title)
        made = [
            "\t\t<item>\n",
            f"\t\t<title>{shown}</title>\n\t\t<link>{escape(place)}</link>\n",
            "\t\t<pubDate>Tue, 01 May 2012 08:30:00 +0000</pubDate>\n",
            f"\t\t<dc:creator>{cdata(creator)}</dc:creator>\n",
            f'\t\t<guid isPermaLink="false">{self.base}/?p={number}</guid>\n',
            "\t\t<description></description>\n",
            f"\t\t<content:encoded>{cdata(content)}</content:encoded>\n",
            f"\t\t<excerpt:encoded>{cdata(excerpt)}</excerpt:encoded>\n",
        ]
        fields = {
            "post_id": str(number), "post_date": date, "post_date_gmt": gmt,
            "post_modified": modified, "post_modified_gmt": modified_gmt,
            "comment_status": open_to, "ping_status": "open", "post_name": slug,
            "status": status, "post_parent": str(parent), "menu_order": "0",
            "post_type": kind, "post_password": password, "is_sticky": str(sticky),
        }  # fmt: skip
        for name, value in fields.items():
            if name not in without:
                made.append(self.field(f"wp:{name}", value))
        for domain, nice, name in terms:
            if self.version == "1.0":
                domain = "tag" if domain == "post_tag" else domain
                made.append(f"\t\t<category>{cdata(name)}</category>\n")
            made.append(
                f'\t\t<category domain="{domain}" nicename="{nice}">{cdata(name)}</category>\n'
            )
        for key, value in meta:
            made.append(
                f"\t\t<wp:postmeta>\n\t\t<wp:meta_key>{cdata(key)}</wp:meta_key>\n"
                f"\t\t<wp:meta_value>{cdata(value)}</wp:meta_value>\n\t\t</wp:postmeta>\n"
            )
        made += [extra, *comments, "\t</item>\n"]
        self.items.append("".join(made))
        return self

    @property
    def head(self) -> str:
        namespaces = "".join(
            f'\n\txmlns:{name}="{uri}"'
            for name, uri in (
                ("excerpt", f"http://wordpress.org/export/{self.version}/excerpt/"),
                ("content", "http://purl.org/rss/1.0/modules/content/"),
                ("dc", "http://purl.org/dc/elements/1.1/"),
                ("wp", f"http://wordpress.org/export/{self.version}/"),
            )
        )
        authors = "".join(
            f"\t<wp:author><wp:author_id>{n}</wp:author_id>"
            f"<wp:author_login>{cdata(login)}</wp:author_login>"
            f"<wp:author_email>{cdata(email)}</wp:author_email>"
            f"<wp:author_display_name>{cdata(name)}</wp:author_display_name></wp:author>\n"
            for n, login, email, name in self.authors
        )
        return (
            '<?xml version="1.0" encoding="UTF-8" ?>\n'
            "<!-- This is a WordPress eXtended RSS file. It may hold <item> in a remark -->\n"
            f'<rss version="2.0"{namespaces}\n>\n<channel>\n\t<title>Ada &amp; Co</title>\n'
            f"\t<link>{self.base}</link>\n\t<description>Notes on work</description>\n"
            f"\t<language>{self.language}</language>\n"
            f"\t<wp:wxr_version>{self.version}</wp:wxr_version>\n"
            f"\t<wp:base_site_url>{self.base}</wp:base_site_url>\n"
            f"\t<wp:base_blog_url>{self.base}</wp:base_blog_url>\n"
            + ("" if self.version == "1.0" else authors)
            + self.head_extra
        )

    @property
    def text(self) -> str:
        return self.head + "".join(self.items) + "</channel>\n</rss>\n"
