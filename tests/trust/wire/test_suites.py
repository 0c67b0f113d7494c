"""OpenSSL's cipher lists, as ``openssl ciphers`` answers them for suites that Go can offer."""

from __future__ import annotations

import shutil
import subprocess
from random import Random

import pytest

from dockworthy.trust.wire.suites import SUITES
from tests.rows import each_of
from tests.trust.fronts import allowed

BY_NUMBER = {suite.number: suite.name for suite in SUITES}
WORDS = [
    "ALL",
    "HIGH",
    "AES",
    "AES128",
    "AES256",
    "AESGCM",
    "CHACHA20",
    "ECDHE",
    "EECDH",
    "kECDHE",
    "kRSA",
    "RSA",
    "aRSA",
    "aECDSA",
    "ECDSA",
    "ECDH",
    "SHA",
    "SHA1",
    "SHA256",
    "SHA384",
    "DHE",
    "kECDH",
    "TLSv1.2",
    "TLSv1",
    "SSLv3",
    "MEDIUM",
    "aNULL",
    "eNULL",
    "PSK",
    "COMPLEMENTOFALL",
    "TLSv1.0",
    "AES128-GCM-SHA256",
    "CBC",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "CAMELLIA",
    "MD5",
    "NULL",
    "kEECDH",
    "EDH",
    "ARIA",
    "AESCCM",
]


def names(text: str) -> set[str]:
    return {BY_NUMBER[number] for number in allowed(text)}


@each_of(
    ("text", "found"),
    [
        ("", set()),
        ("NONSENSE", set()),
        ("AES256-GCM-SHA384", {"AES256-GCM-SHA384"}),
        ("ECDHE+CHACHA20", {"ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"}),
        ("kRSA+AESGCM:!AES128", {"AES256-GCM-SHA384"}),
        ("!AES128:kRSA+AESGCM", {"AES256-GCM-SHA384"}),  # what is killed stays so
        ("kRSA+AESGCM:-AES128:AES128-GCM-SHA256", {"AES256-GCM-SHA384", "AES128-GCM-SHA256"}),
        ("SUITEB192", {"ECDHE-ECDSA-AES256-GCM-SHA384"}),
        ("kRSA+AESGCM+AES256@STRENGTH", {"AES256-GCM-SHA384"}),
    ],
)
def test_a_list_selects(text: str, found: set[str]) -> None:
    assert names(text) == found


def test_the_default_is_everything_here() -> None:
    assert names("DEFAULT") == names("DEFAULT@SECLEVEL=0") == set(BY_NUMBER.values())


def test_harbors_own_list_has_the_engines_suites() -> None:
    harbor = "!aNULL:kECDH+AESGCM:ECDH+AESGCM:RSA+AESGCM:kECDH+AES:ECDH+AES:RSA+AES:"
    assert {"ECDHE-RSA-AES128-GCM-SHA256", "AES128-SHA"} <= names(harbor)
    assert "ECDHE-RSA-CHACHA20-POLY1305" not in names(harbor)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to compare with")
def test_random_lists_select_what_openssl_selects() -> None:
    random = Random(7)  # noqa: S311 - cases, not secrets
    for _ in range(60):
        text = ":".join(
            random.choice(["", "", "", "!", "-", "+"]) + "+".join(random.sample(WORDS, random.choice([1, 1, 2])))
            for _ in range(random.randint(1, 5))
        )
        done = subprocess.run(["openssl", "ciphers", text], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            assert names(text) == set(done.stdout.strip().split(":")) & set(BY_NUMBER.values()), text
