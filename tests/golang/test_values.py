"""Go's library as far as the engine's messages come from it; the answers are those of Go 1.24."""

from __future__ import annotations

import pytest

from dockworthy.facts.engine.units import bytes_size, parse_ulimit, ram_in_bytes
from dockworthy.golang.ip import canonical_ip, parse_cidr
from dockworthy.golang.text import quote
from dockworthy.golang.url import mask_credentials, parse_url, split_host_port
from dockworthy.golang.values import GoError, format_value, parse_bool, parse_duration, parse_int, read_csv_record
from tests.rows import each_of


@each_of(
    ("value", "text"),
    [
        (1400.0, "1400"),
        (1e6, "1e+06"),
        (1234567.0, "1.234567e+06"),
        (0.00001, "1e-05"),
        (1.5, "1.5"),
        (True, "true"),
        (None, "<nil>"),
        ({"b": 1.0, "a": ["x", None]}, "map[a:[x <nil>] b:1]"),
    ],
)
def test_values_are_shown_as_go_shows_them(value: object, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize(("text", "shown"), [("a\n", '"a\\n"'), ("\x7f", '"\\x7f"'), ("\xad", '"\\u00ad"')])
def test_quoting_escapes_what_cannot_be_printed(text: str, shown: str) -> None:
    assert quote(text) == shown


@each_of(("text", "number"), [("0x10", 16), ("0b11", 3), ("017", 15), ("1_000", 1000), ("+5", 5), ("0o17", 15)])
def test_base_nought_reads_go_s_literals(text: str, number: int) -> None:
    assert parse_int(text, 0) == number


@each_of("text", ["", "-", "08", "1__0", "_1", "0x", "0b2", "1.0", " 1"])
def test_what_is_no_number_is_told_in_go_s_words(text: str) -> None:
    with pytest.raises(GoError, match=r"strconv\.ParseInt: parsing .*: invalid syntax"):
        parse_int(text, 0)


def test_a_number_beyond_the_type_is_out_of_range() -> None:
    with pytest.raises(GoError, match="value out of range"):
        parse_int("9223372036854775808")


@pytest.mark.parametrize("text", ["yes", "on", "FaLsE", ""])
def test_booleans_have_few_spellings(text: str) -> None:
    with pytest.raises(GoError, match=r"strconv\.ParseBool"):
        parse_bool(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [("::ffff:1.2.3.4", "1.2.3.4"), ("0:0::1", "::1"), ("01.2.3.4", None), ("fe80::1%eth0", None), ("1.2.3", None)],
)
def test_addresses_are_read_as_net_parse_ip_does(text: str, address: str | None) -> None:
    assert canonical_ip(text) == address


@pytest.mark.parametrize(
    ("text", "address", "network"),
    [
        ("10.1.2.3/16", "10.1.2.3", "10.1.0.0/16"),
        ("10.1.2.3/08", "10.1.2.3", "10.0.0.0/8"),
        ("::ffff:1.2.3.4/100", "1.2.3.4", "0.0.0.0/4"),
        ("::ffff:1.2.3.4/90", "1.2.3.4", "::ffc0:0:0/90"),
        ("fd00::1/64", "fd00::1", "fd00::/64"),
    ],
)
def test_a_network_keeps_the_address_that_was_written(text: str, address: str, network: str) -> None:
    found = parse_cidr(text)
    assert (found[0], str(found[1])) == (address, network)


@each_of("text", ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129", "::1%a/64", "a/8", "1.2.3.4/8 "])
def test_what_is_no_network_is_refused_with_go_s_words(text: str) -> None:
    with pytest.raises(GoError, match=f"^invalid CIDR address: {text}$"):
        parse_cidr(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("a", "missing port"), ("a:b:c", "too many colons"), ("[::1]", "missing port"), ("[::1", "missing ']'")],
)
def test_an_address_without_port_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(GoError, match=f"address .*{reason}"):
        split_host_port(text)


@pytest.mark.parametrize(
    ("text", "record"), [("a,b", ["a", "b"]), ('a,"b""c"', ["a", 'b"c']), ("", None), ("a,", ["a", ""])]
)
def test_a_record_of_comma_separated_values(text: str, record: list[str] | None) -> None:
    assert read_csv_record(text) == record


@pytest.mark.parametrize(
    ("text", "reason"), [('a"b', 'bare " in non-quoted-field'), ('"a', 'extraneous or missing " in quoted-field')]
)
def test_a_stray_quote_is_refused(text: str, reason: str) -> None:
    with pytest.raises(GoError, match=reason):
        read_csv_record(text)


@pytest.mark.parametrize(("text", "nanoseconds"), [("1h30m", 5400 * 10**9), ("-1.5s", -15 * 10**8), ("0", 0)])
def test_durations(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(("text", "reason"), [("5", "missing unit"), ("5x", "unknown unit"), ("", "invalid duration")])
def test_a_duration_needs_a_unit(text: str, reason: str) -> None:
    with pytest.raises(GoError, match=reason):
        parse_duration(text)


@each_of(
    ("text", "reason"),
    [
        ("http://h:x/", "invalid port"),
        ("http://[::1", "missing ']' in host"),
        ("http://a b/", "invalid character"),
        (":x", "missing protocol scheme"),
        ("1:2", "first path segment in URL cannot contain colon"),
        ("http://h/%zz", "invalid URL escape"),
        ("http://\x01", "invalid control character"),
    ],
)
def test_urls_are_refused_as_net_url_refuses_them(text: str, reason: str) -> None:
    with pytest.raises(GoError, match=f"parse .*{reason}"):
        parse_url(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://u:p@h:1/x y?q#f", "http://xxxxx:xxxxx@h:1/x%20y?q#f"),
        ("http://u@h", "http://xxxxx:xxxxx@h"),
        ("h:1", "h:1"),
        ("http://%zz:p@h", "http://%zz:p@h"),
    ],
)
def test_credentials_are_masked_where_the_engine_masks_them(text: str, masked: str) -> None:
    assert mask_credentials(text) == masked


@pytest.mark.parametrize(("text", "size"), [("64m", 67108864), ("1.5k", 1536), ("1 GiB", 2**30), ("10b", 10)])
def test_sizes(text: str, size: int) -> None:
    assert ram_in_bytes(text) == size


def test_a_size_is_shown_with_four_digits() -> None:
    assert bytes_size(1500 * 1024) == "1.465MiB"


@each_of(
    ("text", "reason"),
    [
        ("nofile", "invalid ulimit argument"),
        ("as=1", "invalid ulimit type"),
        ("nofile=1:2:3", "too many limit value arguments"),
        ("nofile=2:1", "must be less than or equal to hard limit: 2 > 1"),
        ("nofile=-1:5", "unlimited"),
        ("nofile=x", "strconv.ParseInt"),
    ],
)
def test_limits_are_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(GoError, match=reason):
        parse_ulimit(text)


def test_a_limit_without_its_hard_half_is_both() -> None:
    assert parse_ulimit("nofile=5") == ("nofile", 5, 5)
