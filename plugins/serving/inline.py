"""Inline styles of posts and pages, as they are read."""

from __future__ import annotations

from typing import Any

from rejoinder.serving.styles import to_classes


def clear(content: Any) -> None:
    """Give a post or page classes in place of its inline styles; what they stand for is gathered in
    the context's `inline_styles`."""
    if not getattr(content, "_content", None) or content._context is None:
        return
    rules: dict[str, str] = content._context.setdefault("inline_styles", {})
    content._content, found = to_classes(content._content)
    rules |= found
    if isinstance(getattr(content, "_summary", None), str):
        content._summary, found = to_classes(content._summary)
        content.metadata["summary"] = content._summary
        rules |= found
