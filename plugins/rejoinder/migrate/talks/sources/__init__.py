"""What each comment system's export says, a module a system: `read(file, told)` yields its talks,
and raises ImportFailed for what is no export of that system. None knows of the content folder."""

SOURCES = {
    "atom": "atom",
    "blogger": "atom",
    "comentario": "commento",
    "commento": "commento",
    "discourse": "discourse",
    "disqus": "disqus",
    "giscus": "github",
    "isso": "isso",
    "json": "threads",
    "jsonfeed": "jsonfeed",
    "movabletype": "movabletype",
    "pelican-comment-system": "pelican_comment_system",
    "remark42": "remark42",
    "staticman": "staticman",
    "utterances": "github",
}
"""What `invoke import` calls a system, and its module here."""
