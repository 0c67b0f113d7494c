"""Registries are judged as this host's engine would judge them, and what was not seen decides nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.engine.base import STARTED
from tests.hosts import checks_in, outcome, outcomes
from tests.registryhost import (
    CERTS_D,
    REGISTRY,
    certs,
    client_asked,
    insecure,
    pem,
    registry_host,
    seen,
    tls,
)
from tests.rows import each_of
from tests.trust.host import NOW, made
from tests.trust.pki import issue

CHECKS = checks_in("registry", "verifies.py")
VERIFIES = CHECKS["trust.registry-verifies"]
GOOD = certs({f"{REGISTRY}/ca.crt": pem("root")})


def verdict(*parts: Any, name: str = REGISTRY, registries: tuple[str, ...] = (), **changes: Any) -> Any:
    """What is said of the registry: the verdict's class, or the outcome where there is none."""
    found = outcomes(VERIFIES, registry_host(*parts, **changes), registries=registries)[name]
    if isinstance(found.observed, dict):
        assert (found.outcome == "pass") == (found.observed["verdict"] == "ok")
        return found.observed["verdict"]
    return found.outcome


def test_a_registry_with_its_ca_in_place_passes() -> None:
    found = outcome(VERIFIES, registry_host(GOOD, seen()))
    assert (found.outcome, found.expected) == ("pass", {"verdict": "ok"})
    assert found.observed == {
        "verdict": "ok",
        "message": "",
        "cause": f"The served certificate is verified by one from {CERTS_D}/{REGISTRY}/ca.crt.",
    }
    assert found.source == f"{CERTS_D}/{REGISTRY}; openssl s_client on the host"


def test_a_registry_without_its_ca_fails_with_the_engines_words_and_a_fix() -> None:
    found = outcome(VERIFIES, registry_host(certs({}), seen(), roots=pem("other")))
    assert found.outcome == "fail"
    assert isinstance(found.observed, dict)
    assert found.observed["verdict"] == "unknown-authority"
    words = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    assert found.observed["message"] == f'Get "https://harbor.test/v2/": {words}'
    assert found.fix is not None
    assert CERTS_D in found.fix


def test_a_root_of_the_systems_is_enough() -> None:
    assert verdict(certs({}), seen(), roots=pem("root")) == "ok"


@each_of(
    ("layout", "cls"),
    [
        ({f"{REGISTRY}/ca.crt": pem("root"), f"{REGISTRY}/ca.key": made()["root"].key_pem()}, "missing-cert"),
        ({f"{REGISTRY}/ca.cert": pem("root")}, "missing-key"),
        ({f"{REGISTRY}/ca.crt": made()["root"].der}, "unknown-authority"),
        ({f"{REGISTRY}/ca.crt": None}, "is-a-directory"),
        ({f"{REGISTRY}/ca.crt": ("link", "nowhere.crt")}, "file-missing"),
        ({f"{REGISTRY}/ca.crt": ("link", "ca.crt")}, "other"),
        ({f"{REGISTRY}/real": pem("root"), f"{REGISTRY}/ca.crt": ("link", "real")}, "ok"),
        ({REGISTRY: pem("root")}, "not-a-directory"),
        ({f"{REGISTRY}:5443/ca.crt": pem("root")}, "unknown-authority"),
        ({f"{REGISTRY}/ca.crt": 13}, "error"),
        ({f"{REGISTRY}/ca.crt": 27}, "error"),
    ],
    ids=range(11),
)
def test_the_folder_is_read_as_the_engine_reads_it(layout: dict[str, Any], cls: str) -> None:
    assert verdict(certs(layout), seen()) == cls


def test_an_ip_name_or_date_fault_is_the_engines_class() -> None:
    other = issue("other", made()["root"], dns=["other.test"], now=NOW)
    over = issue("over", made()["root"], dns=[REGISTRY], start=-30, days=20, now=NOW)
    assert verdict(GOOD, seen(other.pem)) == "name-mismatch"
    assert verdict(GOOD, seen(over.pem)) == "expired"


# --- what answers ----------------------------------------------------------------------------------------------


@each_of(
    ("section", "cls"),
    [
        ((1, "stderr: connect:errno=111\n"), "refused"),
        ((1, "stderr: error:8000006F:system library:BIO_connect:Connection refused\n"), "refused"),
        ((1, "stderr: connect:errno=113\n"), "other"),
        (124, "other"),
        ((1, "stderr: error:0A00042E:SSL routines::tlsv1 alert protocol version:SSL alert number 70\n"), "tls-version"),
        (
            (1, "stderr: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40\n"),
            "tls-handshake",
        ),
        ((1, "stderr: error:0A000102:SSL routines::unsupported protocol\n"), "tls-version"),
        ((1, "stderr: error:0A0003E7:SSL routines::something new\n"), "error"),
        (127, "error"),
        (None, "error"),
        ("", "error"),
        ((0, "New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256\n"), "error"),
    ],
)
def test_a_handshake_that_ended_is_told_as_the_engine_tells_it(section: Any, cls: str) -> None:
    assert verdict(GOOD, seen(tls=section, tls12=section), registries=(REGISTRY,)) == cls


def test_a_name_that_does_not_resolve_is_told() -> None:
    assert verdict(GOOD, seen(addresses="", tls=(1, "stderr: getaddrinfo: Name or service not known\n"))) == "dns"
    nobody = (1, "stderr: error:10080002:BIO routines:BIO_lookup_ex:system lib\n")
    assert verdict(GOOD, {**seen(tls=nobody), "cmd:resolve": 127}) == "dns"


def test_plain_http_at_the_port_is_told() -> None:
    wrong = (1, "stderr: error:0A00010B:SSL routines:tls_validate_record_header:wrong version number\n")
    spoken = seen(tls=wrong, tls12=wrong, http=35, plain="HTTP/1.1 200 OK\n")
    assert verdict(GOOD, spoken) == "http-not-https"
    assert verdict(GOOD, {**spoken, f"registry:{REGISTRY}/plain": 56}) == "error"


def test_a_suite_that_this_engine_does_not_offer_decides_nothing() -> None:
    """The probe offers what Engine 26 does; one that only chose CBC may have nothing for Engine 29."""
    old = tls(pem("leaf"), protocol="TLSv1.2", cipher="ECDHE-ECDSA-AES128-SHA")
    assert verdict(GOOD, seen(tls=old, tls12=old)) == "ok"
    newer = {"Server": {"Version": "29.0.0"}}
    assert verdict(GOOD, seen(tls=old, tls12=old), version=newer) == "error"


def test_a_refusal_of_the_classic_suites_decides_nothing_for_the_containerd_store() -> None:
    refused = (1, "stderr: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40\n")
    store = {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
    assert verdict(GOOD, seen(tls=refused, tls12=refused), info=store) == "error"


# --- the token service -----------------------------------------------------------------------------------------


def challenge(realm: str) -> str:
    return f'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer realm="{realm}",service="x"\n'


def test_the_token_service_is_judged_with_the_registrys_certificates() -> None:
    assert verdict(GOOD, seen(head=challenge(f"https://{REGISTRY}/token"))) == "ok"
    elsewhere = seen(head=challenge("https://auth.test/token"))
    assert verdict(GOOD, elsewhere) == "error"
    auth = issue("auth", made()["root"], dns=["auth.test"], now=NOW)
    stranger = issue("auth", made()["other"], dns=["auth.test"], now=NOW)
    resolved = {"cmd:resolve": f"{REGISTRY} 192.0.2.10\nauth.test 192.0.2.11\n"}
    for one, cls in ((auth, "ok"), (stranger, "unknown-authority")):
        realm = {"realm:auth.test/tls": tls(one.pem), "realm:auth.test/tls12": tls(one.pem, protocol="TLSv1.2")}
        assert verdict(GOOD, elsewhere, realm, resolved) == cls


@pytest.mark.parametrize("status", [13, 56, 124, 127, None])
def test_without_the_challenge_nothing_is_decided(status: int | None) -> None:
    assert verdict(GOOD, seen(http=status)) == "error"


# --- client certificates ---------------------------------------------------------------------------------------


PAIR = certs(
    {
        f"{REGISTRY}/ca.crt": pem("root"),
        f"{REGISTRY}/client.cert": pem("client"),
        f"{REGISTRY}/client.key": made()["client"].key_pem(),
    }
)
PATH = f"{CERTS_D}/{REGISTRY}/client.cert"


@each_of(
    ("said", "cls"),
    [
        ({"client-http": "HTTP/1.1 200 OK\n"}, "ok"),
        ({"client-http": "HTTP/1.1 400 Bad Request\n"}, "client-cert-refused"),
        (
            {"client-http": 56, "client-http:err": (56, "curl: (56) tlsv13 alert certificate expired\n")},
            "client-cert-refused",
        ),
        ({"client-http": 56, "client-http:err": (56, "curl: (56) tlsv1 alert unknown ca\n")}, "client-cert-refused"),
        ({"client-http": 56, "client-http:err": (56, "something else\n")}, "error"),
        ({"client-http": 127}, "error"),
        ({}, "error"),
    ],
)
def test_what_the_server_said_to_the_hosts_own_certificate_decides(said: dict[str, Any], cls: str) -> None:
    assert verdict(PAIR, client_asked(said, PATH)) == cls


def test_a_server_that_insists_refuses_a_host_without_a_pair() -> None:
    assert verdict(GOOD, client_asked({}, "-")) == "client-cert-refused"


# --- insecure registries ---------------------------------------------------------------------------------------


def test_an_insecure_registry_passes_and_says_that_nothing_was_verified() -> None:
    facts = registry_host(certs({}), seen(), info=insecure(REGISTRY))
    found = outcome(VERIFIES, facts)
    assert found.outcome == "pass"
    assert isinstance(found.observed, dict)
    assert "Nothing was verified" in str(found.observed["cause"])


def test_an_entry_that_is_not_needed_fails_and_one_that_is_needed_passes() -> None:
    check = CHECKS["trust.insecure-registry-needed"]
    good = outcome(check, registry_host(GOOD, seen(), info=insecure(REGISTRY)))
    assert good.outcome == "fail"
    assert good.source.startswith(f"insecure-registries: {REGISTRY}; ")
    bad = outcome(check, registry_host(certs({}), seen(), info=insecure("192.0.2.0/24")))
    assert bad.outcome == "pass"
    assert outcome(check, registry_host(GOOD, seen())).outcome == "skip"
    assert outcome(check, registry_host(GOOD, seen(tls=127), info=insecure(REGISTRY))).outcome == "error"


# --- proxies ---------------------------------------------------------------------------------------------------


def test_behind_a_proxy_only_what_the_host_alone_decides_is_decided() -> None:
    info = {"HttpsProxy": "http://proxy.test:3128", "NoProxy": "localhost"}
    assert verdict(GOOD, seen(), info=info) == "error"
    lone = certs({f"{REGISTRY}/ca.key": made()["root"].key_pem()})
    assert verdict(lone, seen(), info=info) == "missing-cert"
    assert verdict(GOOD, seen(), info={**info, "NoProxy": ".test"}) == "ok"


# --- unnamed folders -------------------------------------------------------------------------------------------


def test_a_folder_that_nobody_named_is_judged_by_itself() -> None:
    broken = certs({f"{REGISTRY}/ca.key": made()["root"].key_pem()})
    assert verdict(broken) == "missing-cert"
    found = outcome(VERIFIES, registry_host(GOOD))
    assert found.outcome == "skip"
    assert found.reason == f"nobody looked at {REGISTRY}: name it by --registry, or in the profile's registries"


def test_a_folder_that_a_listed_network_may_hold_is_not_judged_unasked() -> None:
    broken = certs({f"{REGISTRY}/ca.key": made()["root"].key_pem()})
    assert outcome(VERIFIES, registry_host(broken, info=insecure("10.0.0.0/8"))).outcome == "skip"


def test_a_folder_that_cannot_be_listed_hides_no_registry_that_is_named() -> None:
    own = {**GOOD, "list:/root/.config/containers/certs.d": 13}
    assert verdict(own, seen()) == "ok"
    assert outcome(VERIFIES, registry_host(own)).outcome == "error"


def test_a_registry_of_the_profile_that_was_not_looked_at_is_undecided() -> None:
    assert verdict(GOOD, registries=(REGISTRY,)) == "error"
    assert verdict(GOOD, seen(), name="more.test:5000", registries=("more.test:5000",)) == "error"


# --- the system's roots ----------------------------------------------------------------------------------------

LATE = {"cmd:system-roots": f"/etc/ssl/certs/ca-certificates.crt {STARTED + 60} 10\n"}
IN_FORCE = CHECKS["trust.system-roots-in-force"]


def test_a_root_that_was_made_after_the_engine_started_is_not_in_force() -> None:
    """The small PKI is younger than the engine of the compliant host."""
    facts = registry_host(certs({}), seen(), roots=pem("root"), edits=LATE)
    found = outcome(VERIFIES, facts)
    assert isinstance(found.observed, dict)
    assert (found.outcome, found.observed["verdict"]) == ("fail", "unknown-authority")
    assert found.fix is not None
    assert "systemctl restart docker" in found.fix
    assert outcome(IN_FORCE, facts).outcome == "fail"


def test_a_root_that_was_added_after_the_engine_started_is_not_in_force() -> None:
    old = issue("Old Root", ca=True, start=-4000, days=9000, now=NOW)
    leaf = issue(REGISTRY, old, dns=[REGISTRY], now=NOW)
    added = "/usr/local/share/ca-certificates/old.crt"
    stat = f"{added} {added} file 0644 0 0 root root 10 {STARTED + 50} 1 - 0 0\n"
    parts = (certs({}), seen(leaf.pem))
    local = {"stat:local-roots": stat, f"file:{added}": old.pem}
    assert verdict(*parts, local, roots=old.pem, edits=LATE) == "unknown-authority"
    before = {"stat:local-roots": stat.replace(str(STARTED + 50), str(STARTED - 50)), f"file:{added}": old.pem}
    assert verdict(*parts, before, roots=old.pem, edits=LATE) == "error"
    assert verdict(*parts, local, roots=old.pem) == "ok"


def test_a_bundle_that_changed_matters_only_where_it_decides() -> None:
    assert verdict(GOOD, seen(), roots=pem("other"), edits=LATE) == "ok"


@each_of("status", [13, 61, 124, None, (0, b"\x1f\x8brubbish"), (0, b"rubbish")])
def test_roots_that_were_not_read_decide_nothing_unless_certs_d_does(status: Any) -> None:
    edits = {"cmd:system-roots-pem": status}
    assert verdict(certs({}), seen(), edits=edits) == "error"
    assert verdict(GOOD, seen(), edits=edits) == "ok"


def test_an_engine_with_a_bundle_of_its_own_has_unknown_roots() -> None:
    edits = {"proc:812/environ": b"SSL_CERT_FILE=/opt/own.pem\0"}
    assert verdict(certs({}), seen(), roots=pem("root"), edits=edits) == "error"


@pytest.mark.parametrize(
    ("status", "found"), [(2, "pass"), (13, "error"), (124, "error"), (None, "error"), ("", "error")]
)
def test_whether_the_bundle_changed_must_be_known(status: Any, found: str) -> None:
    assert outcome(IN_FORCE, registry_host(certs({}), edits={"cmd:system-roots": status})).outcome == found


# --- the clock -------------------------------------------------------------------------------------------------


@each_of(
    ("seconds", "synchronized", "found"),
    [
        (0, "yes", "pass"),
        (0, "no", "pass"),
        (-299, None, "pass"),
        (301, "yes", "fail"),
        (86_400, "no", "fail"),
        (-86_400, "yes", "pass"),
        (-86_400, "no", "fail"),
        (-86_400, None, "error"),
    ],
)
def test_the_clock_is_compared_with_the_judges(seconds: int, synchronized: str | None, found: str) -> None:
    moment = int(NOW.timestamp()) + seconds
    edits = {
        "cmd:date": f"{moment} x\n",
        "cmd:clock": 127 if synchronized is None else f"NTPSynchronized={synchronized}\n",
    }
    assert outcome(CHECKS["trust.clock-right"], registry_host(edits=edits)).outcome == found


# --- hosts without an engine -----------------------------------------------------------------------------------


def test_podman_is_judged_by_its_own_rules() -> None:
    gone = dict.fromkeys(("docker:info", "docker:version", "cmd:engine-target", "proc:812/cmdline"), None)
    edits = {
        **gone,
        "cmd:engines": "",
        "docker:info": 1,
        "docker:version": 1,
        "cmd:dpkg-query": "podman\t5.4.0\tinstall ok installed\tamd64\n",
        "cmd:which": "podman /usr/bin/podman /usr/bin/podman\n",
        "cmd:cli-versions": "podman\tpodman version 5.4.0\n",
        "file:/etc/containers/registries.conf": 2,
    }
    folder = certs({f"{REGISTRY}/ca.crt": pem("root")}, root="/etc/containers/certs.d")
    both = {**certs({}), **folder, "list:/root/.config/containers/certs.d": 2}
    assert verdict({**certs({}), **folder}, seen(), edits=edits) == "error"
    assert verdict(both, seen(), edits=edits) == "ok"
    insecure_conf = {"file:/etc/containers/registries.conf": '[[registry]]\nlocation = "harbor.test"\nblocked = true\n'}
    assert verdict(both, seen(), edits={**edits, **insecure_conf}) == "other"
    unread = {"file:/etc/containers/registries.conf": 13}
    assert verdict(both, seen(), edits={**edits, **unread}) == "error"


@pytest.mark.parametrize(
    ("version", "config", "cls"),
    [
        (
            "v1.7.24",
            'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\nconfig_path = "/etc/containerd/certs.d"\n',
            "ok",
        ),
        ("v1.7.24", "version = 2\n", "unknown-authority"),
        ("v2.2.0", "version = 3\n", "ok"),
    ],
)
def test_containerd_alone_is_judged_by_its_own_rules(version: str, config: str, cls: str) -> None:
    """Its folder of registries is the one of its configuration; before 2.2 there is none by default."""
    edits = {
        "cmd:engines": "700 containerd /usr/bin/containerd 0 1760000000 1 -\n",
        "cmd:engine-target": None,
        "docker:info": 1,
        "docker:version": 1,
        "cmd:dpkg-query": "containerd\t1.7.24\tinstall ok installed\tamd64\n",
        "cmd:which": "containerd /usr/bin/containerd /usr/bin/containerd\n",
        "cmd:cli-versions": f"containerd\tcontainerd github.com/containerd/containerd {version} 1234567\n",
        "file:/etc/containerd/config.toml": config,
    }
    folder = certs(
        {
            f"{REGISTRY}/hosts.toml": '[host."https://harbor.test"]\nca = "own.pem"\n',
            f"{REGISTRY}/own.pem": pem("root"),
        },
        root="/etc/containerd/certs.d",
    )
    assert verdict({**certs({}), **folder}, seen(), edits=edits) == cls
