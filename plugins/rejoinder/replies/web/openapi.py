"""The desk's own description (OpenAPI 3.1): what programs may send, and what comes back."""

from __future__ import annotations

from typing import Any

from rejoinder.replies.model import LIMITS

_TEXT = {"type": "string"}
_ERRORS = {
    "type": "object",
    "required": ["errors"],
    "properties": {"errors": {"type": "object", "additionalProperties": _TEXT}},
}
_REPLY = {
    "type": "object",
    "required": ["thread", "name", "text"],
    "properties": {
        "thread": {"type": "string", "description": "the key of the discussion"},
        "lang": {"type": "string", "description": "the language to be answered in, as a tag"},
        "text": {"type": "string", "description": f"Markdown, {LIMITS['text']:,} bytes at most"},
        "name": {"type": "string", "maxLength": LIMITS["name"]},
        "email": {"type": ["string", "null"], "description": "never published"},
        "url": {"type": ["string", "null"], "description": "the writer's own site"},
        "in_reply_to": {"type": ["string", "null"], "description": "the comment answered"},
        "notify": {"type": ["boolean", "string"], "description": "tell me of answers"},
        "remember": {"type": ["boolean", "string"]},
        "stamp": {"type": "string", "description": "from /reply/stamp"},
        "key": {"type": "string", "description": "sent twice, it is the same reply"},
    },
}
_KEPT = {
    "type": "object",
    "required": ["id", "status", "state", "html"],
    "properties": {
        "id": _TEXT,
        "status": {"type": "string", "description": "the path of the writer's own page"},
        "state": {"type": "string", "enum": ["pending", "approved", "rejected", "withdrawn",
                                             "erased"]},
        "html": {"type": "string", "description": "the words as they will look"},
    },
}  # fmt: skip


def _json(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(*codes: int) -> dict[str, Any]:
    why = {
        403: "another site made a browser send this",
        404: "no such discussion",
        409: "what it answers is gone, or it was said before",
        410: "the discussion is closed",
        413: "longer than any reply, or not JSON",
        422: "a field is wrong",
        429: "too many at once; Retry-After says when",
        503: "it could not be kept",
    }
    html = {"text/html": {"schema": _TEXT}}
    return {
        str(code): {"description": why[code], "content": html}
        if code == 403
        else _json(_ERRORS, why[code])
        for code in codes
    }


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def describe() -> dict[str, Any]:
    """The description."""
    count = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}}
    html = {"type": "object", "required": ["html"], "properties": {"html": _TEXT}}
    stamp = {"type": "object", "required": ["stamp"], "properties": {"stamp": _TEXT}}
    agreement = {
        "type": "object",
        "required": ["thread"],
        "properties": {
            "thread": _TEXT,
            "comment": {"type": ["string", "null"], "description": "none is the post itself"},
            "action": {"type": "string", "enum": ["agree", "undo"]},
        },
    }
    words = {"type": "object", "required": ["text"], "properties": {"text": _TEXT}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rejoinder's reply desk", "version": "1"},
        "paths": {
            "/reply": {
                "post": {
                    "operationId": "reply",
                    "summary": "Send a reply; it is kept before the answer comes",
                    "requestBody": _body(_REPLY),
                    "responses": {
                        "201": _json(_KEPT, "it is kept"),
                        **_refusals(403, 404, 409, 410, 413, 422, 429, 503),
                    },
                }
            },
            "/reply/preview": {
                "post": {
                    "operationId": "preview",
                    "summary": "Words as they would look",
                    "requestBody": _body(words),
                    "responses": {
                        "200": _json(html, "safe HTML"), **_refusals(403, 413, 422, 429)
                    },
                }
            },
            "/reply/stamp": {
                "get": {
                    "operationId": "stamp",
                    "summary": "A mark of when a form was shown",
                    "responses": {"200": _json(stamp, "send it along with the reply")},
                }
            },
            "/reply/agree": {
                "post": {
                    "operationId": "agree",
                    "summary": "Agree with a post or a comment, once for each browser",
                    "requestBody": _body(agreement),
                    "responses": {
                        "200": _json(count, "how many agree now"),
                        **_refusals(403, 404, 413, 429, 503),
                    },
                }
            },
        },
    }  # fmt: skip
