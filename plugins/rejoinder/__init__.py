"""Rejoinder: a blog and its discussion as plain files.

This package is the library. It never imports Pelican, so that whatever stands on it
starts in a blink; the Pelican adapters live beside it and are thin.
"""

__version__ = "0.1.0"
