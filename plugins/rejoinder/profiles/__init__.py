"""The author's profiles elsewhere: feeds and exports in, entries kept, matched to posts."""
