"""The press: one post's page with its discussion as it is now, without reading the site."""
