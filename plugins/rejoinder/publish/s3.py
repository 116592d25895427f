"""Publishing to S3-compatible storage. It can't swap a whole site in one step, so assets go
first, then pages, the home page last; what is stale is deleted after that."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rejoinder.errors import PublishError
from rejoinder.publish.plan import (
    MARKER,
    Result,
    compare,
    listing,
    marker_text,
    ours,
    refuse_foreign,
    sizes,
    upload_order,
)
from rejoinder.serving import headers, names

_TYPES = {".xml": "application/xml", ".json": "application/json", ".js": "text/javascript",
          ".webmanifest": "application/manifest+json"}  # fmt: skip
_TEXT = ("text/", "application/json", "application/xml", "image/svg")


def publish(built: Path, target: str, *, dry_run: bool = False, force: bool = False) -> Result:
    """Make the objects below `target` (s3://BUCKET/PREFIX?endpoint=URL&region=NAME) those of
    `built`; those of somebody else stay. Credentials come from where boto3 finds them.
    Raises PublishError; see `local.publish`."""
    try:
        import boto3
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise PublishError(
            "publishing to S3 needs boto3", mend="Install it: pip install 'rejoinder[s3]'"
        ) from error
    parts = urlsplit(target)
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    bucket, prefix = parts.netloc, parts.path.strip("/")
    if not bucket or options.keys() - {"endpoint", "region"}:
        raise PublishError(
            f"{target!r} is no S3 address",
            mend="Write s3://BUCKET/PREFIX?endpoint=URL&region=NAME; the last two may be left out.",
        )
    prefix = prefix + "/" if prefix else ""
    try:
        client = boto3.client(
            "s3", endpoint_url=options.get("endpoint"), region_name=options.get("region")
        )
        # An object's ETag is the MD5 of its bytes when it was put in one piece, as ours are.
        new = listing(built, "md5")
        there = _objects(client, bucket, prefix)
        known = None
        if there.pop(MARKER, None) is not None:
            known = client.get_object(Bucket=bucket, Key=prefix + MARKER)["Body"].read().decode()
        mine = ours(there, known)
        if there.keys() - mine and known is None and not force:
            refuse_foreign(there.keys() - mine, target)
        there = {path: there[path] for path in mine | (there.keys() & new.keys())}
        result = compare(new, there, sizes(built, new))
        if dry_run or (result.is_empty and known is not None):
            return result
        # First of all, so that a publish that is cut off knows its own files the next time.
        _put_marker(client, bucket, prefix, mine | new.keys())
        for path in upload_order((*result.added, *result.changed)):
            kind = content_type(path)
            client.put_object(
                Bucket=bucket, Key=prefix + path, Body=(built / path).read_bytes(),
                ContentType=kind, CacheControl=cache_control(path),
            )  # fmt: skip
        for at in range(0, len(result.removed), 1000):
            keys = [{"Key": prefix + path} for path in result.removed[at : at + 1000]]
            said = client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            for refused in said.get("Errors", ()):
                raise PublishError(
                    f"the storage kept {refused['Key']!r}: {refused.get('Message', '')}",
                    where=target,
                    mend="Give these credentials the right to delete, then publish again.",
                )
        _put_marker(client, bucket, prefix, new)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise PublishError(
            f"the storage refused: {error}", where=target,
            mend="Check the bucket's name, the endpoint and the credentials, then publish again.",
        ) from error  # fmt: skip
    return result


def _put_marker(client: Any, bucket: str, prefix: str, paths: Iterable[str]) -> None:
    client.put_object(
        Bucket=bucket, Key=prefix + MARKER, Body=marker_text(paths).encode(),
        ContentType="text/plain; charset=utf-8",
    )  # fmt: skip


def content_type(path: str) -> str:
    """The media type of a file, by its name's end; text is UTF-8."""
    ending = Path(path).suffix.lower()
    kind = _TYPES.get(ending) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith(_TEXT) else kind


def cache_control(path: str) -> str:
    """Pages are asked for again each time, what has a digest in its name never, the rest after an
    hour."""
    if names.is_named(path) or path.endswith((".html", ".xml", ".json")):
        return headers.cache_control(path)
    return "max-age=3600"


def _objects(client: Any, bucket: str, prefix: str) -> dict[str, str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {
        item["Key"].removeprefix(prefix): item["ETag"].strip('"')
        for page in pages
        for item in page.get("Contents", [])
    }
