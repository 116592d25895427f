"""What the export of each system says, a module a system: `read(file, told)` gives its blog, and
raises ImportFailed for what is no export of that system. None knows of the content folder."""

SOURCES = {
    "hugo": "hugo",
    "jekyll": "jekyll",
}
"""What `invoke import` calls a system, and its module here."""
