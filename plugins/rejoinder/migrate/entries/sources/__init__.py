"""What the export of each system says, a module a system: `read(file, told)` gives its blog, and
raises ImportFailed for what is no export of that system. None knows of the content folder."""

SOURCES = {
    "blogger": "blogger",
    "ghost": "ghost",
    "hugo": "hugo",
    "jekyll": "jekyll",
    "medium": "medium",
}
"""What `invoke import` calls a system, and its module here."""
