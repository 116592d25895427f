"""Addresses are found however they are written, and what only looks like one is not."""

from __future__ import annotations

import time

import pytest

from rejoinder.check.addresses import Known, canonical_ip, guess

KNOWN = Known(
    ["o'brien@x.example", "josé@y.example", "M@z.example", "m@localhost", "a@bücher.example",
     "2001:DB8:0::1", "203.0.113.9", "127.0.0.1"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("(o'brien@x.example)", "o'brien@x.example"),
        ("mailto:JOSÉ@y.example.", "josé@y.example"),
        ("m%40z.example", "m@z.example"),
        ("m&#64;z.example", "m@z.example"),
        ("m&commat;z&period;example", "m@z.example"),
        (r'"m\u0040z.example"', "m@z.example"),
        ("m@localhost", "m@localhost"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("ip:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:80", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:0:0::1", "2001:db8::1"),
        ("ip:2001:db8::1", "2001:db8::1"),
        ("is 2001:db8::1: so", "2001:db8::1"),
        ("tom@z.example", None),
        ("m@z.example.org", None),
        ("1203.0.113.9", None),
        ("203.0.113.9.1", None),
        ("127.0.0.1", None),
    ],
)
def test_a_known_address_is_found(line: str, found: str | None) -> None:
    assert list(KNOWN.find(line)) == ([found] if found else [])


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("https://x.example/?e=m@p.example", ["m@p.example"]),
        ("b@p.example, a@p.example.", ["a@p.example", "b@p.example"]),
        ("a@p.xn--p1ai", ["a@p.xn--p1ai"]),
        ("from 198.51.100.3", ["198.51.100.3"]),
        ("2001:db8::9 and fe80::1", ["2001:db8::9", "fe80::1"]),
        ("logo@2x.png", []),
        ("@ada@social.example", []),
        ("https://social.example/@ada@other.example", []),
        ("add::bad std::a::b", []),
        ("2010-02-23 10:42:02+00:00", []),
        ("aa:bb:cc:dd:ee:ff", []),
        ("v1.2.3.4 and 1.2.3.4.5", []),
    ],
)
def test_what_looks_like_an_address(line: str, found: list[str]) -> None:
    assert list(guess(line)) == found


def test_one_spelling_of_an_ip() -> None:
    assert canonical_ip(" 2001:DB8:0::1 ") == canonical_ip("2001:db8::1") == "2001:db8::1"
    assert [canonical_ip(t) for t in ("127.0.0.1", "::1", "::", "300.1.1.1", "x")] == [""] * 5


@pytest.mark.parametrize("shape", ["a", "a.", "1:", ":", "a@", "1.", "a-", "a:a.1", "@a."])
def test_no_shape_is_slow(shape: str) -> None:
    start = time.perf_counter()
    line = shape * (60_000 // len(shape)) + "!"
    assert list(KNOWN.find(line)) == []
    assert list(guess(line)) == []
    assert time.perf_counter() - start < 3
