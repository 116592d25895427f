"""Pages as schema.org data (JSON-LD), as Google's documentation asks for it:
https://developers.google.com/search/docs/appearance/structured-data

A discussion is microdata in the page, under the post's own address, and isn't said again here.
A post stays a `BlogPosting`: `DiscussionForumPosting` is for what visitors begin, not the site.
Pure; addresses are whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from .image import Image

Data: TypeAlias = dict[str, Any]

CONTEXT = "https://schema.org"


def compact(data: Mapping[str, Any]) -> Data:
    """The same without what is empty."""
    return {name: value for name, value in data.items() if value not in (None, "", [], {}, 0)}


def person(
    name: str, url: str, *, role: str = "", about: str = "", portrait: str = "",
    same_as: Sequence[str] = (),
) -> Data:  # fmt: skip
    """Somebody who writes here; `url` is their page, `same_as` where else they are."""
    return compact({
        "@type": "Person", "@id": f"{url}#person", "name": name, "url": url, "jobTitle": role,
        "description": about, "image": portrait, "sameAs": list(dict.fromkeys(same_as)),
    })  # fmt: skip


def brief(someone: Mapping[str, Any]) -> Data:
    """Somebody who is described in full elsewhere: enough to know who it is."""
    kept = ("@type", "@id", "name", "url", "image", "sameAs", "logo")
    return {name: someone[name] for name in kept if name in someone}


def picture(image: Image | None, site: str) -> Data | None:
    """A picture of the site's, below its address."""
    if image is None:
        return None
    return compact({"@type": "ImageObject", "url": f"{site}/{image.url}", "width": image.width,
                    "height": image.height, "caption": image.alt})  # fmt: skip


def breadcrumbs(steps: Sequence[tuple[str, str]]) -> Data:
    """The way to a page from the front page: names and addresses, the page itself last."""
    items = [{"@type": "ListItem", "position": number, "name": name, "item": url}
             for number, (name, url) in enumerate(steps, start=1)]  # fmt: skip
    return {"@type": "BreadcrumbList", "itemListElement": items}


def graph(*parts: Data) -> Data:
    """Several things that a page is about, as one."""
    return {"@context": CONTEXT, "@graph": list(parts)}


def posting(
    url: str, title: str, description: str, published: datetime, modified: datetime | None,
    authors: Sequence[Mapping[str, Any]], *, language: str, words: int = 0, section: str = "",
    tags: Sequence[str] = (), image: Data | None = None, discussed_at: str = "",
) -> Data:  # fmt: skip
    """A post."""
    return compact({
        "@type": "BlogPosting", "@id": url, "url": url, "mainEntityOfPage": url,
        "headline": title, "description": description, "image": image,
        "datePublished": published.isoformat(),
        "dateModified": (modified or published).isoformat(),
        "author": [brief(one) for one in authors], "inLanguage": language, "wordCount": words,
        "articleSection": section, "keywords": list(tags), "discussionUrl": discussed_at,
    })  # fmt: skip
