"""The search of a site: an index of its posts and comments in small static files."""
