"""Publishing to S3-compatible storage. It can't swap a whole site in one step, so assets go
first, then pages, the home page last; what is stale is deleted after that."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rejoinder.errors import PublishError
from rejoinder.publish.plan import Result, compare, listing, sizes, upload_order

_TYPES = {".xml": "application/xml", ".json": "application/json", ".js": "text/javascript",
          ".webmanifest": "application/manifest+json"}  # fmt: skip
_TEXT = ("text/", "application/json", "application/xml", "image/svg")


def publish(built: Path, target: str, *, dry_run: bool = False) -> Result:
    """Make the objects below `target` (s3://BUCKET/PREFIX?endpoint=URL&region=NAME) those of
    `built`. Credentials come from where boto3 finds them. Raises PublishError."""
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
        result = compare(new, _objects(client, bucket, prefix), sizes(built, new))
        if dry_run:
            return result
        for path in upload_order((*result.added, *result.changed)):
            kind = content_type(path)
            client.put_object(
                Bucket=bucket, Key=prefix + path, Body=(built / path).read_bytes(),
                ContentType=kind, CacheControl=cache_control(path),
            )  # fmt: skip
        for at in range(0, len(result.removed), 1000):
            keys = [{"Key": prefix + path} for path in result.removed[at : at + 1000]]
            client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise PublishError(
            f"the storage refused: {error}", where=target,
            mend="Check the bucket's name, the endpoint and the credentials, then publish again.",
        ) from error  # fmt: skip
    return result


def content_type(path: str) -> str:
    """The media type of a file, by its name's end; text is UTF-8."""
    ending = Path(path).suffix.lower()
    kind = _TYPES.get(ending) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith(_TEXT) else kind


def cache_control(path: str) -> str:
    """Pages are asked for again each time, the rest after an hour."""
    return "no-cache" if path.endswith((".html", ".xml", ".json")) else "max-age=3600"


def _objects(client: Any, bucket: str, prefix: str) -> dict[str, str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {
        item["Key"].removeprefix(prefix): item["ETag"].strip('"')
        for page in pages
        for item in page.get("Contents", [])
    }
