"""The formats that a site can leave in. A leaf."""

FORMATS = {
    "wordpress": "WXR 1.2: posts, pages and comments, for Tools → Import → WordPress",
    "disqus": "WXR in the shape of Disqus's custom import",
    "isso": "Isso's database",
    "remark42": "Remark42's backup",
    "jsonfeed": "a JSON Feed of all comments",
    "json": "a folder with a JSON file for each discussion",
    "archive": "the site as HTML, readable from a folder without a server; FILE may end with .zip",
}
"""What `invoke export` calls each format, and what it is."""

PRIVATE = frozenset({"wordpress", "disqus", "isso", "remark42"})
"""Formats that have places for e-mail addresses."""
