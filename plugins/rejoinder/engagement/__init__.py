"""How well the author converses: pure measures over what the files say, defined in
docs/measures.md."""
