"""The rules, the filter, and who is counted as one."""

from __future__ import annotations

import itertools
import random

import pytest
from desks import submission
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.replies.judging.limits import Buckets, bucket_of, client_address, networks
from rejoinder.replies.judging.policy import Circumstances, Policy
from rejoinder.replies.judging.words import ENOUGH, Opinion, Seen, judge, words_of
from rejoinder.replies.settings import Rules

TRUSTED = networks(["127.0.0.1/32", "10.0.0.0/8"])


@pytest.mark.parametrize(
    ("rules", "fields", "around", "verdict"),
    [
        ({}, {}, {}, ("pending", "first-timers")),
        ({}, {}, {"is_known": True}, ("approved", "known")),
        ({"hold": "nothing"}, {}, {}, ("approved", "open")),
        ({"hold": "everything"}, {}, {"is_known": True}, ("pending", "everything")),
        ({}, {"website2": "x"}, {"is_known": True}, ("spam", "trap")),
        ({}, {}, {"seconds": 2.9, "is_known": True}, ("spam", "too quick")),
        ({}, {}, {"seconds": 3.0, "is_known": True}, ("approved", "known")),
        (
            {"spam_networks": ("203.0.113.0/24",)}, {}, {"address": "203.0.113.7"},
            ("spam", "spam networks"),
        ),
        (
            {"hold_networks": ("2001:db8::/32",)}, {}, {"address": "2001:db8::1", "is_known": True},
            ("pending", "held networks"),
        ),
        (
            {"spam_words": ("Cheap Pills",)}, {"text": "buy cheap  pills, cheap pills"}, {},
            ("spam", "spam words"),
        ),
        ({"spam_words": ("ass",)}, {"text": "a class of its own"}, {}, ("pending", "first-timers")),
        ({"hold_words": ("casino",)}, {"url": "https://casino.example"}, {"is_known": True},
         ("pending", "held words")),
        ({}, {"text": "https://a.example http://b.example //c.example"}, {"is_known": True},
         ("pending", "links")),
        ({}, {"text": "https://a.example http://b.example"}, {"is_known": True},
         ("approved", "known")),
        ({"max_links": 0}, {"text": "www.shop.example"}, {"is_known": True}, ("pending", "links")),
        ({}, {}, {"opinion": Opinion(0.96), "is_known": True}, ("spam", "filter")),
        ({}, {}, {"opinion": Opinion(0.8), "is_known": True}, ("pending", "filter")),
        ({}, {}, {"opinion": Opinion(0.2), "is_known": True}, ("approved", "known")),
    ],
)  # fmt: skip
def test_the_first_rule_that_has_something_to_say_decides(
    rules: dict[str, object],
    fields: dict[str, str],
    around: dict[str, object],
    verdict: tuple[str, str],
) -> None:
    policy = Policy(Rules(**rules), seconds_at_least=3)  # type: ignore[arg-type]
    found = policy.judge(submission(**fields), Circumstances(**around))  # type: ignore[arg-type]
    assert (found.status, found.rule) == verdict
    assert found.why
    assert found.by == f"the rule '{verdict[1]}'"


SPAM = [
    "pills",
    "casino",
    "bonus",
    "cheap",
    "watches",
    "loan",
    "credit",
    "viagra",
    "seo",
    "backlinks",
    "rank",
    "traffic",
]
HAM = [
    "essay",
    "argument",
    "network",
    "letters",
    "reader",
    "blog",
    "disagree",
    "point",
    "paragraph",
    "owner",
    "habit",
]
BOTH = [
    "the",
    "and",
    "you",
    "for",
    "with",
    "this",
    "that",
    "have",
    "from",
    "your",
    "about",
    "would",
]


def taught(rng: random.Random, number: int) -> tuple[dict[str, Seen], Seen]:
    seen: dict[str, Seen] = {}
    for is_spam in [True, False] * number:
        text = " ".join(rng.choices(SPAM if is_spam else HAM, k=8) + rng.choices(BOTH, k=12))
        for word in words_of(text, "Bo", ""):
            one = seen.get(word, Seen())
            seen[word] = Seen(one.spam + is_spam, one.ham + (not is_spam))
    return seen, Seen(number, number)


def test_the_filter_tells_what_it_was_shown_apart_and_says_why() -> None:
    rng = random.Random(7)
    seen, total = taught(rng, 40)
    spam = judge(words_of("cheap pills and a casino bonus for you", "X", ""), seen, total)
    ham = judge(words_of("I disagree with the argument of your essay", "X", ""), seen, total)
    new = judge(words_of("zebra quartz", "X", ""), seen, total)
    assert spam is not None
    assert ham is not None
    assert new is not None
    assert spam.spam > 0.95
    assert ham.spam < 0.05
    assert 0.3 < new.spam < 0.7
    assert {word for word, _ in spam.reasons} >= {"cheap", "pills", "casino", "bonus"}
    assert "“" in spam.why()
    right = 0
    for is_spam in [True, False] * 100:
        text = " ".join(rng.choices(SPAM if is_spam else HAM, k=5) + rng.choices(BOTH, k=25))
        found = judge(words_of(text, "Y", ""), seen, total)
        assert found is not None
        right += (found.spam > 0.5) is is_spam
    assert right >= 195


def test_the_filter_is_silent_until_it_knows_both_kinds() -> None:
    words = words_of("cheap pills", "X", "")
    assert judge(words, {"cheap": Seen(90, 0)}, Seen(90, ENOUGH - 1)) is None
    assert judge(words, {"cheap": Seen(90, 0)}, Seen(90, ENOUGH)) is not None


@given(st.text(max_size=4000), st.text(max_size=300), st.text(max_size=300))
def test_any_text_has_words_and_not_too_many(text: str, name: str, url: str) -> None:
    assert 1 <= len(words_of(text, name, url)) <= 440
    assert all(len(word) <= 80 for word in words_of(text, name, url))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.1", "198.51.100.7"),  # no proxy of ours: not believed
        ("127.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.1", "203.0.113.1"),  # the left part is the client's
        ("127.0.0.1", "6.6.6.6, 203.0.113.1, 10.1.2.3", "203.0.113.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "nonsense", "nonsense"),
        ("127.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("127.0.0.1", "203.0.113.1:8080", "203.0.113.1"),
        ("::ffff:127.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("fe80::1%eth0", "203.0.113.1", "fe80::1"),
    ],
)
def test_only_our_own_proxies_are_believed(peer: str, forwarded: str, found: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == found


def test_a_customer_of_ipv6_is_one() -> None:
    assert bucket_of("2001:db8:1:2:3::4") == bucket_of("2001:db8:1:2:ffff::1")
    assert bucket_of("2001:db8:1:3::4") != bucket_of("2001:db8:1:2::4")
    assert bucket_of("203.0.113.1") != bucket_of("203.0.113.2")


def test_a_bucket_lets_a_burst_through_and_then_a_trickle() -> None:
    buckets = Buckets(per_second=0.5, burst=3, most=2)
    assert [buckets.take("a", 0.0) for _ in range(4)] == [0, 0, 0, 2.0]
    assert buckets.take("a", 1.0) == 1.0
    assert buckets.take("a", 2.0) == 0
    assert buckets.take("b", 2.0) == 0
    assert buckets.take("c", 2.0) == 0  # the third: the least recently used is forgotten
    assert len(buckets) == 2
    unlimited = Buckets(per_second=0, burst=1)
    assert {unlimited.take("a", float(n)) for n in range(99)} == {0}


def test_every_pair_of_lists_is_read_in_its_order() -> None:
    """Spam lists go before lists that hold, whatever else is so."""
    rules = Rules(spam_words=("w",), hold_words=("w",), spam_networks=("0.0.0.0/0",),
                  hold_networks=("0.0.0.0/0",))  # fmt: skip
    policy = Policy(rules, 3)
    for text, address in itertools.product(("w", "x"), ("203.0.113.1", "")):
        found = policy.judge(submission(text=text), Circumstances(address=address))
        wanted = "spam networks" if address else "spam words" if text == "w" else "first-timers"
        assert found.rule == wanted
