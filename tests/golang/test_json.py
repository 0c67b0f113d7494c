"""encoding/json's own way with a document; the messages are those of the engine's build with Go 1.24."""

from __future__ import annotations

import pytest

from dockworthy.facts.engine.file import decode_text
from dockworthy.facts.engine.inputs import EngineInputs
from dockworthy.facts.engine.schema import config_struct
from dockworthy.golang.json import MAX_DEPTH, decode, parse, to_any
from dockworthy.golang.values import GoError
from tests.rows import each_of

CONFIG = config_struct(EngineInputs().rules)


@each_of(
    ("text", "message"),
    [
        ("", "unexpected end of JSON input"),
        ("{", "unexpected end of JSON input"),
        ('{"a"', "unexpected end of JSON input"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        ("[1 2]", "invalid character '2' after array element"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ('{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        ("{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
        ("tru", "unexpected end of JSON input"),
        ("trux", "invalid character 'x' in literal true (expecting 'e')"),
        ("-x", "invalid character 'x' in numeric literal"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("1ex", "invalid character 'x' in exponent of numeric literal"),
        ("01", "invalid character '1' after top-level value"),
        ('"\x01"', "invalid character '\\x01' in string literal"),
        ('"\\x"', "invalid character 'x' in string escape code"),
        ('"\\u12x4"', "invalid character 'x' in \\u hexadecimal character escape"),
        ("{} x", "invalid character 'x' after top-level value"),
        ("\u00e4", "invalid character '\u00c3' looking for beginning of value"),
        ("[" * (MAX_DEPTH + 1), "invalid character '[' exceeded max depth"),
    ],
)
def test_a_malformed_document_is_told_in_go_s_words(text: str, message: str) -> None:
    with pytest.raises(GoError) as caught:
        parse(text.encode())
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1,"a":2}', {"a": 2.0}),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"\\ud800x"', "\ufffdx"),
        ("[[],{},null,true]", [[], {}, None, True]),
    ],
)
def test_values_come_out_as_an_empty_interface_has_them(text: str, value: object) -> None:
    assert to_any(parse(text.encode())) == value


@each_of(
    ("text", "message"),
    [
        (
            '{"icc": "true"}',
            (
                "json: cannot unmarshal string into Go struct field "
                "Config.CommonConfig.BridgeConfig.DefaultBridgeConfig.icc of type bool"
            ),
        ),
        (
            '{"proxies": {"http-proxy": 1}}',
            "json: cannot unmarshal number into Go struct field Proxies.CommonConfig.proxies.http-proxy of type string",
        ),
        (
            '{"builder": {"gc": {"policy": [{"filter": 3}]}}}',
            (
                "json: cannot unmarshal number into Go struct field "
                "BuilderGCRule.CommonConfig.builder.GC.Policy.Filter of type map[string]map[string]bool"
            ),
        ),
        (
            '{"default-address-pools": [{"base": 1}]}',
            (
                "json: cannot unmarshal number into Go struct field "
                "Config.CommonConfig.NetworkConfig.default-address-pools.base of type string"
            ),
        ),
        ('{"debug": 1, "default-shm-size": null}', 'invalid size: "null"'),
        ('{"dns": ["1.2.3"]}', "invalid IP address: 1.2.3"),
        (
            '{"mtu": 1e3}',
            (
                "json: cannot unmarshal number 1e3 into Go struct field "
                "Config.CommonConfig.BridgeConfig.DefaultBridgeConfig.mtu of type int"
            ),
        ),
    ],
)
def test_a_wrong_type_names_go_s_path_to_it(text: str, message: str) -> None:
    with pytest.raises(GoError) as caught:
        decode(parse(text.encode()), CONFIG)
    assert str(caught.value) == message


def test_names_match_without_case_where_none_matches_exactly() -> None:
    value = decode(parse(b'{"default-ulimits": {"nofile": {"SOFT": 1, "name": "nofile"}}}'), CONFIG)
    assert value["default-ulimits"]["nofile"] == {"Name": "nofile", "Hard": 0, "Soft": 1}


def test_a_repeated_map_is_added_to_and_a_repeated_list_replaced() -> None:
    text = b'{"log-opts":{"a":"1"},"log-opts":{"b":"2"},"labels":["a=1","b=2"],"labels":["c=3"]}'
    value = decode(parse(text), CONFIG)
    assert (value["log-opts"], value["labels"]) == ({"a": "1", "b": "2"}, ["c=3"])


def test_null_empties_lists_and_leaves_texts_alone() -> None:
    value = decode(parse(b'{"labels":["a=1"],"labels":null,"bip":"x","bip":null}'), CONFIG)
    assert (value["labels"], value["bip"]) == (None, "x")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbf{}", "{}"),
        (b"\xff\xfe{\x00}\x00", "{}"),
        (b"\xfe\xff\x00{\x00}", "{}"),
        (b"\xff\xfe{\x00}", "{\ufffd"),
        (b"{}", "{}"),
    ],
)
def test_a_byte_order_mark_picks_the_encoding(data: bytes, text: str) -> None:
    assert decode_text(data) == text


@pytest.mark.parametrize(("length", "offset"), [(10, 11), (5000, 4096)])
def test_what_is_not_utf_8_is_refused_with_the_offset_of_the_chunk(length: int, offset: int) -> None:
    with pytest.raises(GoError, match=f"at offset {offset}: encoding: invalid UTF-8"):
        decode_text(b"\xfc" + b"x" * length)
