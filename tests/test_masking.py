"""No text that goes out holds a password, in whatever spelling a URL has; and nothing harmless is lost."""

from __future__ import annotations

from dockworthy.masking import masked, masked_value
from tests.rows import each_of

SECRET = "kq7wtr9zmb"


@each_of(
    ("text", "shown"),
    [
        ("https://u:S@h/x", "https://REDACTED@h/x"),
        (r"https:\/\/u:S@h/x", r"https:\/\/REDACTED@h/x"),
        (r"https:\u002f\u002fu:S@h/x", r"https:\u002f\u002fREDACTED@h/x"),
        ("https%3a%2f%2fu:S@h", "REDACTED@h"),
        ("https://S@h", "https://REDACTED@h"),
        ("https://u:a/S@h", "https://REDACTED@h"),
        ("https://u:a@S@h", "https://REDACTED@h"),
        ("https://u:a#S@h", "https://REDACTED@h"),
        ("https://u:a?S@h", "https://REDACTED@h"),
        ('https://u:a"S@h', "https://REDACTED@h"),
        ("https://u:a S@h", "https://REDACTED@h"),
        ("http://u:S@p:3128,http://v:S@q", "http://REDACTED@p:3128,http://REDACTED@q"),
        ("u:S@proxy:3128", "REDACTED@proxy:3128"),
        ("u%3AS@proxy:3128", "REDACTED@proxy:3128"),
        ("--docker-host=u:S@h", "--docker-host=REDACTED@h"),
        ('{"insecure-registries": ["u:S@h"]}', '{"insecure-registries": ["REDACTED@h"]}'),
        ('["https://m:5000","u:S@h"]', '["https://m:5000","REDACTED@h"]'),
        ("ssh://deploy:S@web1:22", "ssh://deploy:REDACTED@web1:22"),
        ("ssh://h?password=S&sudo=true", "ssh://h?password=REDACTED&sudo=true"),
        ("kubectl://pod?namespace=a&token=S", "kubectl://pod?namespace=a&token=REDACTED"),
        ("https://h/x?S", "https://h/x?=REDACTED"),
        ("proxyconnect tcp: dial http://u:S@h: refused", "proxyconnect tcp: dial http://REDACTED@h: refused"),
    ],
)
def test_a_password_is_hidden(text: str, shown: str) -> None:
    got = masked(text.replace("S", SECRET))
    assert got == shown
    assert masked(got) == got


@each_of(
    "text",
    [
        "https://harbor.example.com:8443/v2/",
        "registry.example.com:5000/a/b@sha256:0123",
        "https://registry.example.com:5000/a@sha256:0123",
        "debian:13@sha256:0123",
        "ssh://deploy@web1",
        "email:admin@example.com",
        "/lib/systemd/system/docker@1.service",
        "file:/etc/systemd/system/getty@tty1.service: ExecStart",
        "git@example.com:team/app",
        "GET /containers/json?all=true",
        "https://[::1]:5000 and admin@example.com",
        "is this set?",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


def test_a_value_is_masked_to_its_last_text() -> None:
    value = {"https://u:pw@h": [1, None, True, ("u:pw@h", {"a": "b"})]}
    assert masked_value(value) == {"https://REDACTED@h": [1, None, True, ["REDACTED@h", {"a": "b"}]]}
