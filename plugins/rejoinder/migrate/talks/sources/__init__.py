"""What each comment system's export says, a module a system: `read(file, told)` yields its talks,
and raises ImportFailed for what is no export of that system. None knows of the content folder."""

SOURCES = {
    "disqus": "disqus",
    "isso": "isso",
    "pelican-comment-system": "pelican_comment_system",
    "staticman": "staticman",
}
"""What `invoke import` calls a system, and its module here."""
