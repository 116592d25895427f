"""Whether a browser's name is a program's. Pure, but for a list that is read once."""

from __future__ import annotations

import re
from functools import cache, lru_cache

_LONGEST = 512
"""Of a name that is longer, this much is looked at."""

# Phones of the make Cubot are people's.
_PLAIN = re.compile(r"(?<!cu)bot\b|crawl|spider|scrap(?:er|ing|y)|headless", re.IGNORECASE)


def is_bot(agent: str) -> bool:
    """Whether a program that nobody sits before calls itself so: by the list of
    github.com/monperrus/crawler-user-agents, or by a plain word for one. A name that is empty is
    no bot's."""
    return _is_bot(agent[:_LONGEST])


@lru_cache(maxsize=20_000)
def _is_bot(agent: str) -> bool:
    return bool(_PLAIN.search(agent)) or any(one.search(agent) for one in _patterns())


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """The list, in few expressions; it is read when the first name is looked at, so that what
    only imports this starts at once."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    patterns = [one["pattern"] for one in CRAWLER_USER_AGENTS_DATA]
    return tuple(re.compile("|".join(patterns[at : at + 25])) for at in range(0, len(patterns), 25))
