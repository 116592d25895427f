"""The author's own data exports from networks that offer no feed."""
