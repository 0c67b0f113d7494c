"""Addresses, URIs, times and strings as Go's net, net/url, time and strconv take and print them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from dockworthy.golang.ip import ip_text, is_address, parse_ip, same_ip
from dockworthy.golang.text import from_octets, quote, to_octets
from dockworthy.golang.time import from_datetime, parse_generalized_time, parse_utc_time
from dockworthy.golang.url import URLError, parse_url, split_host_port
from dockworthy.printable import printable
from tests.rows import each_of


@each_of(
    ("text", "printed"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("::1.2.3.4", "::102:304"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ("1:0:0:2:3:0:0:4", "1::2:3:0:0:4"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("FD00::A", "fd00::a"),
        ("::", "::"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ],
)
def test_address_is_read_and_printed_as_go_does(text: str, printed: str) -> None:
    """RFC 5952: the longest run of zeros, the first of equals, never one group alone."""
    octets = parse_ip(text)
    assert octets is not None
    assert ip_text(octets) == printed


@each_of(
    "text",
    [
        "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1..2.3", "1.2.3.4 ", "::1::", ":1", "1:", "12345::", "::g",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", ":::", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "fe80::1%eth0", "fe80::1%", "%eth0",
        "harbor", "[::1]", "\u0661.1.1.1",
    ],
)  # fmt: skip
def test_what_go_takes_for_no_address(text: str) -> None:
    """net.ParseIP; a zone is an address to netip alone."""
    assert parse_ip(text) is None
    assert is_address(text) is (text == "fe80::1%eth0")


def test_addresses_are_equal_across_their_lengths() -> None:
    """net.IP.Equal; other lengths are printed as Go prints them."""
    assert same_ip(bytes((1, 2, 3, 4)), parse_ip("1.2.3.4") or b"")
    assert (ip_text(b""), ip_text(b"\1\xff")) == ("<nil>", "?01ff")


@each_of(
    ("uri", "host", "written"),
    [
        ("HTTP://h.test/%7e", "h.test", "http://h.test/%7e"),
        ("http://u:p%40@h.test:80/a b?q#f", "h.test:80", "http://u:p%40@h.test:80/a%20b?q#f"),
        ("http://[fe80::1%25eth0]:80/", "[fe80::1%eth0]:80", "http://[fe80::1%25eth0]:80/"),
        ("urn:a:b", "", "urn:a:b"),
        ("mailto:", "", "mailto:"),
        ("//host/x", "host", "//host/x"),
        ("///x", "", "///x"),
        ("*", "", "*"),
        ("a/b:c", "", "a/b:c"),
        ("./a:b", "", "./a:b"),
        ("?", "", "?"),
        ("http:?", "", "http:?"),
        ("file:///x", "", "file:///x"),
        ("http:/x", "", "http:/x"),
        ("x#%41", "", "x#%41"),
        ("http://h%C3%A9.test", "h\u00e9.test", "http://h%C3%A9.test"),
        ("", "", ""),
    ],
)
def test_uri_is_taken_apart_and_written_again(uri: str, host: str, written: str) -> None:
    """url.Parse and URL.String."""
    url = parse_url(uri)
    assert (url.host, url.text) == (host, written)


@each_of(
    ("uri", "message"),
    [
        (":x", 'parse ":x": missing protocol scheme'),
        ("a b:c", 'parse "a b:c": first path segment in URL cannot contain colon'),
        ("http://[::1/", "parse \"http://[::1/\": missing ']' in host"),
        ("http://a:b/", 'parse "http://a:b/": invalid port ":b" after host'),
        ("http://[::1]x", 'parse "http://[::1]x": invalid port "x" after host'),
        ("http://a/%zz", 'parse "http://a/%zz": invalid URL escape "%zz"'),
        ("http://a/%2", 'parse "http://a/%2": invalid URL escape "%2"'),
        ("http://%41/", 'parse "http://%41/": invalid URL escape "%41"'),
        ("http://[fe80::1%25%41]/", 'parse "http://[fe80::1%25%41]/": invalid URL escape "%41"'),
        ("http://a b/", 'parse "http://a b/": invalid character " " in host name'),
        ("http://u<@h/", 'parse "http://u<@h/": net/url: invalid userinfo'),
        ("x\ty", 'parse "x\\ty": net/url: invalid control character in URL'),
        ("x#%g", 'parse "x#%g": invalid URL escape "%g"'),
    ],
)
def test_uri_that_go_refuses(uri: str, message: str) -> None:
    """A certificate with such a name cannot be parsed at all; the words are net/url's."""
    if uri == "http://[fe80::1%25%41]/":
        assert parse_url(uri).host == "[fe80::1%A]"
        return
    with pytest.raises(URLError) as refused:
        parse_url(uri)
    assert str(refused.value) == message


@each_of(
    ("address", "expected"),
    [
        ("h:80", "h"),
        ("[::1]:80", "::1"),
        ("h", "address h: missing port in address"),
        ("a:b:c", "address a:b:c: too many colons in address"),
        ("[::1", "address [::1: missing ']' in address"),
        ("[::1]", "address [::1]: missing port in address"),
        ("[a]b:1", "address [a]b:1: missing port in address"),
        ("[a]:1:2", "address [a]:1:2: too many colons in address"),
        ("a[:1", "address a[:1: unexpected '[' in address"),
        ("a]:1", "address a]:1: unexpected ']' in address"),
    ],
)
def test_host_and_port_are_told_apart(address: str, expected: str) -> None:
    """net.SplitHostPort."""
    try:
        told, _ = split_host_port(address)
    except URLError as error:
        told = str(error)
    assert told == expected


@each_of(
    ("octets", "printed"),
    [
        (b"2001010000Z", "2020-01-01T00:00:00Z"),
        (b"200101000001+0100", "2020-01-01T00:00:01+01:00"),
        (b"200101000000-2359", "2020-01-01T00:00:00-23:59"),
        (b"200101000000+2400", "2020-01-01T00:00:00+24:00"),
        (b"520229000000Z", "1952-02-29T00:00:00Z"),
        (b"690101000000Z", "1969-01-01T00:00:00Z"),
        (b"200101000000+0000", None),
        (b"200101000000+0060", None),
        (b"200101000000+2500", None),
        (b"210229000000Z", None),
        (b"200101000060Z", None),
        (b"200101240000Z", None),
        (b"200001000000Z", None),
        (b"200101000000", None),
        (b"", None),
    ],
)
def test_utctime(octets: bytes, printed: str | None) -> None:
    """What survives time.Parse and being printed again."""
    moment = parse_utc_time(octets)
    assert (moment.rfc3339() if moment else None) == printed


@each_of(
    ("octets", "printed"),
    [
        (b"00000101000000Z", "0000-01-01T00:00:00Z"),
        (b"99991231235959Z", "9999-12-31T23:59:59Z"),
        (b"20000229000000Z", "2000-02-29T00:00:00Z"),
        (b"19000229000000Z", None),
        (b"20200101000000.0Z", None),
        (b"202001010000Z", None),
    ],
)
def test_generalizedtime(octets: bytes, printed: str | None) -> None:
    """Seconds and a zone are wanted, fractions are not."""
    moment = parse_generalized_time(octets)
    assert (moment.rfc3339() if moment else None) == printed


def test_moments_beyond_datetime_have_none() -> None:
    """A report then shows Go's text alone."""
    before = parse_generalized_time(b"00000101000000Z")
    assert before is not None
    assert before.as_datetime() is None
    now = datetime(2026, 1, 1, 2, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert from_datetime(now).rfc3339() == "2026-01-01T02:00:00+02:00"


@pytest.mark.parametrize(
    ("octets", "quoted"),
    [
        (b'a"b\\c', r'"a\"b\\c"'),
        (b"\a\b\f\n\r\t\v\0\x7f", r'"\a\b\f\n\r\t\v\x00\x7f"'),
        ("é\u00a0\u200b\U0001f600\U000e0001".encode(), '"é\\u00a0\\u200b\U0001f600\\U000e0001"'),
        (b"\xff\xe9x", r'"\xff\xe9x"'),
        (b"\xed\xa0\x80", r'"\xed\xa0\x80"'),
    ],
)
def test_text_is_quoted_as_gos_percent_q(octets: bytes, quoted: str) -> None:
    """strconv.Quote; nothing that a terminal could act upon is left."""
    text = from_octets(octets)
    assert quote(text) == quoted
    assert to_octets(text) == octets
    assert printable(text).isprintable()
