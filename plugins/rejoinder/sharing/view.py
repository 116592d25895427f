"""What templates ask to tell other programs of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from . import schema
from .image import Image
from .locales import og_locale
from .schema import Data


class Sharing:
    """A site, as `share` in templates. `url` is its address without a slash at its end, '' where
    it isn't known; `publisher` is who runs it, as schema.org's data; `image` stands for pages that
    have none of their own. Methods take addresses below the site's."""

    def __init__(
        self, name: str, url: str, *, description: str = "", language: str = "en",
        publisher: Data | None = None, image: Image | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.url = url.rstrip("/")
        self.description = description
        self.language = language
        self.publisher = publisher or {"@type": "Organization", "name": name, "url": f"{url}/"}
        self.image = image

    def address(self, file: str) -> str:
        """Where a file of the output is: 'archives/index.html' → 'archives/'."""
        return file.removesuffix("index.html") if f"/{file}".endswith("/index.html") else file

    def locale(self, language: str) -> str:
        """A language as Open Graph writes it."""
        return og_locale(language)

    def post(
        self, url: str, title: str, description: str, published: datetime,
        modified: datetime | None, authors: Sequence[Mapping[str, Any]], *, language: str,
        words: int = 0, section: tuple[str, str] | None = None, tags: Sequence[str] = (),
        image: Image | None = None, discussed: bool = False,
    ) -> Data:  # fmt: skip
        """A post, and the way to it; `section` is its category's name and address."""
        address = f"{self.url}/{url}"
        said = schema.posting(
            address, title, description, published, modified, authors, language=language,
            words=words, section=section[0] if section else "", tags=tags,
            image=schema.picture(image, self.url),
            discussed_at=f"{address}#comments" if discussed else "",
        )  # fmt: skip
        said["publisher"] = schema.brief(self.publisher)
        said["isPartOf"] = self._blog()
        between = [(section[0], f"{self.url}/{section[1]}")] if section else []
        return schema.graph(said, self._way(*between, (title, address)))

    def page(
        self, url: str, title: str, description: str, modified: datetime | None, *, language: str
    ) -> Data:
        """A page that is no post, and the way to it."""
        address = f"{self.url}/{url}"
        said = schema.compact({
            "@type": "WebPage", "@id": address, "url": address, "name": title,
            "description": description, "inLanguage": language,
            "dateModified": modified.isoformat() if modified else "",
            "isPartOf": {"@type": "WebSite", "@id": f"{self.url}/#site", "name": self.name,
                         "url": f"{self.url}/"},
        })  # fmt: skip
        return schema.graph(said, self._way((title, address)))

    def profile(self, url: str, someone: Mapping[str, Any], about: str = "") -> Data:
        """An author's page; `about` is what they say of themselves."""
        address = f"{self.url}/{url}"
        said = {"@type": "ProfilePage", "@id": address, "url": address, "isPartOf": self._blog(),
                "mainEntity": schema.compact({**someone, "description": about})}  # fmt: skip
        return schema.graph(said, self._way((str(someone["name"]), address)))

    def front(self) -> Data:
        """The front page: the site, and its blog."""
        said = {"name": self.name, "url": f"{self.url}/", "description": self.description,
                "inLanguage": self.language}  # fmt: skip
        site = {"@type": "WebSite", "@id": f"{self.url}/#site", **said}
        blog = {"@type": "Blog", "@id": f"{self.url}/#blog", **said,
                "image": schema.picture(self.image, self.url), "publisher": self.publisher,
                "isPartOf": {"@type": "WebSite", "@id": f"{self.url}/#site"}}  # fmt: skip
        return schema.graph(schema.compact(site), schema.compact(blog))

    def _blog(self) -> Data:
        return {"@type": "Blog", "@id": f"{self.url}/#blog", "name": self.name,
                "url": f"{self.url}/"}  # fmt: skip

    def _way(self, *steps: tuple[str, str]) -> Data:
        return schema.breadcrumbs([(self.name, f"{self.url}/"), *steps])
