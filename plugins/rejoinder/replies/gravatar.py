"""What Gravatar has for an e-mail address (https://docs.gravatar.com/sdk/images/).

It is told the SHA-256 of the address, which somebody who guesses the address can compute as well.
The hash is made for the question and is kept nowhere.
"""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from rejoinder.errors import FetchError
from rejoinder.replies.identity.portraits import SIZE, PortraitError, square
from rejoinder.web import Client

_LONGEST = 1 << 20  # bytes


def portrait(client: Client, address: str, email: str) -> bytes | None:
    """The picture (WebP) that Gravatar at `address` has for an e-mail address; None where it has
    none, or one that is no picture. Raises FetchError, in which nothing of the address is, where
    that can't be known now."""
    hashed = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    url = f"{address.rstrip('/')}/avatar/{hashed}?d=404&s={SIZE}&r=g"
    host = urlsplit(address).netloc
    try:
        answer = client.get(url, max_bytes=_LONGEST)
    except FetchError as error:
        raise FetchError(error.what, where=host) from None  # its own message has the hash
    if answer.status == 404:
        return None
    if answer.status != 200:
        later = answer.headers.get("retry-after", "")
        when = f"It says to come again after {later}." if later else "Run the task again later."
        raise FetchError(f"it answers {answer.status}", where=host, mend=when)
    try:
        return square(answer.body)
    except PortraitError:
        return None
