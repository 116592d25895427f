"""The words of the site's own pages, in the languages of their readers: catalogues of gettext's
kind (docs/languages.md)."""
