"""Views that pages tell of: read, counted, kept, and written below content/engagement/beacon."""
