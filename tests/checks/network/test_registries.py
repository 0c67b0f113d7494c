"""The way to a registry: past the engine's own networks, past its proxy, and a mirror that really answers."""

from __future__ import annotations

from typing import Any

from tests.hosts import checks_in, outcomes
from tests.nameshost import bridge, lookups, names_host
from tests.registryhost import REGISTRY as HARBOR
from tests.registryhost import certs, insecure, pem, registry_host, seen
from tests.rows import each_of

CHECKS = checks_in("network", "registries.py")
SHADOWED, PROXY, MIRROR = (
    CHECKS[f"network.{name}"] for name in ("registry-not-shadowed", "registry-past-proxy", "mirror-answers")
)
REGISTRY = "reg.test"
THROUGH = {"HttpsProxy": "http://192.0.2.3:3128", "NoProxy": ""}
_PORTS = {"443/tcp": [{"HostIp": "", "HostPort": "8443"}]}


def container(ports: Any) -> dict[str, Any]:
    """A running container of the id ``harbor``."""
    return {
        "Id": "harbor",
        "Name": "/harbor",
        "State": {"Status": "running", "Running": True},
        "NetworkSettings": {"Ports": ports},
    }


def said(
    check: Any, addresses: str, registry: str = REGISTRY, more: Any = None, params: Any = None, **changes: Any
) -> str:
    """The outcome for a registry with these addresses."""
    line = f"registry {registry.partition(':')[0]} {f'found {addresses}' if addresses else 'not-found'}"
    facts = names_host({"cmd:lookups": lookups(line), **(more or {})}, **changes)
    return outcomes(check, facts, registries=(registry,), **(params or {}))[registry].outcome


@each_of(
    ("addresses", "expected"),
    [
        ("192.0.2.80", "pass"),
        ("10.1.0.80", "fail"),
        ("192.0.2.80 10.1.0.80", "fail"),  # one of them is enough
        ("172.17.9.9", "fail"),
        ("172.17.0.1", "skip"),  # a bridge's own: Harbor on this host
        ("192.0.2.2", "skip"),
        ("127.0.0.1", "skip"),
        ("192.0.2.2 10.1.0.80", "fail"),
        ("192.0.2.2 198.51.100.9", "pass"),
        ("2001:db8::80", "pass"),
        ("", "error"),
    ],
)
def test_a_registry_in_a_networks_subnet_is_swallowed(addresses: str, expected: str) -> None:
    assert said(SHADOWED, addresses) == expected


@each_of(
    ("registry", "ports", "expected"),
    [
        ("reg.test", _PORTS, "skip"),
        ("reg.test:8443", _PORTS, "skip"),
        ("reg.test:5000", _PORTS, "fail"),
        ("reg.test", {"443/tcp": None}, "fail"),
    ],
)
def test_a_container_that_publishes_the_port_is_the_registry(registry: str, ports: Any, expected: str) -> None:
    networks = [bridge("app", "10.1.0.0/16", {"harbor": "10.1.0.80"})]
    assert said(SHADOWED, "10.1.0.80", registry, networks=networks, containers=[container(ports)]) == expected


def test_an_address_is_judged_as_it_is_and_a_proxy_needs_no_way() -> None:
    assert said(SHADOWED, "192.0.2.80", "10.1.0.80:5000") == "fail"
    assert said(SHADOWED, "10.1.0.80", info=THROUGH) == "skip"
    assert said(SHADOWED, "10.1.0.80", more={"cmd:engines": ""}) == "skip"
    assert said(SHADOWED, "10.1.0.80", more={"docker:networks": "{cut\n"}) == "error"


@each_of(
    ("exempt", "registry", "expected"),
    [
        ("", "reg.test", "fail"),
        ("reg.test", "reg.test", "pass"),
        ("REG.TEST", "reg.test", "pass"),
        ("test", "reg.test", "pass"),
        (".test", "reg.test", "pass"),
        ("*.test", "reg.test", "pass"),
        (".reg.test", "reg.test", "fail"),  # not the name itself
        ("*.reg.test", "reg.test", "fail"),
        ("192.0.2.0/24", "reg.test", "fail"),  # names are not resolved for it
        ("192.0.2.80", "reg.test", "fail"),
        ("192.0.2.0/24", "192.0.2.80", "pass"),
        ("192.0.2.80", "192.0.2.80:5000", "pass"),
        ("192.0.2.80:443", "192.0.2.80:5000", "fail"),
        ("reg.test:5000", "reg.test:5000", "pass"),
        ("reg.test:5000", "reg.test", "fail"),
        ("reg.test:443", "reg.test", "pass"),
        ('"reg.test', "reg.test", "fail"),  # a quote of a unit's is part of the value
        (" reg.test ", "reg.test", "pass"),
        ("*", "reg.test", "pass"),
        ("other.test,reg.test", "reg.test", "pass"),
        ("reg", "reg.test", "fail"),
    ],
)
def test_a_registry_on_the_link_is_exempt_by_gos_rules_or_goes_through_the_proxy(
    exempt: str, registry: str, expected: str
) -> None:
    assert said(PROXY, "192.0.2.80", registry, info={**THROUGH, "NoProxy": exempt}) == expected


_OWN_WAY = "4 default via 192.0.2.1 dev up0\n4 192.0.2.0/24 dev up0\n4 10.9.0.0/16 via 192.0.2.9 dev up0\n"


@each_of(
    ("addresses", "expected"),
    [
        ("192.0.2.80", "fail"),  # on the link
        ("127.0.0.1", "fail"),
        ("192.0.2.2", "fail"),
        ("10.9.0.80", "fail"),  # private, by a route of its own
        ("10.8.0.80", "pass"),  # private, by the default route
        ("198.51.100.80", "pass"),
        ("198.51.100.80 192.0.2.80", "fail"),
        ("", "error"),
    ],
)
def test_only_a_registry_near_by_is_to_be_asked_without_the_proxy(addresses: str, expected: str) -> None:
    assert said(PROXY, addresses, more={"cmd:ip-route-all": _OWN_WAY}, info=THROUGH) == expected


def test_a_public_address_by_a_route_of_its_own_is_not_near() -> None:
    routes = f"{_OWN_WAY}4 198.51.100.0/24 via 192.0.2.9 dev up0\n"
    assert said(PROXY, "198.51.100.80", more={"cmd:ip-route-all": routes}, info=THROUGH) == "pass"


def test_without_a_proxy_and_where_the_profile_wants_one_nothing_is_judged() -> None:
    assert said(PROXY, "192.0.2.80") == "skip"
    assert said(PROXY, "192.0.2.80", info={"HttpProxy": "http://192.0.2.3:3128"}) == "skip"  # for plain HTTP alone
    assert said(PROXY, "192.0.2.80", info=THROUGH, params={"registries_through_proxy": (REGISTRY,)}) == "skip"


def test_the_fix_keeps_what_is_exempt() -> None:
    facts = names_host(
        {"cmd:lookups": lookups("registry reg.test found 192.0.2.80")}, info={**THROUGH, "NoProxy": ".corp,10.0.0.0/8"}
    )
    fix = outcomes(PROXY, facts, registries=(REGISTRY,))[REGISTRY].fix
    assert fix is not None
    assert '{"proxies": {"no-proxy": ".corp,10.0.0.0/8,reg.test"}}' in fix


HTTP, HTTPS = "http://127.0.0.1:5001/", "https://mirror.test/"
_API = "docker-distribution-api-version: registry/2.0\n"


def mirrored(url: str, sections: dict[str, Any], **info: Any) -> Any:
    """What is said of one mirror."""
    facts = names_host(sections, info={"RegistryConfig": {"Mirrors": [url]}, **info})
    (found,) = outcomes(MIRROR, facts).values()
    return found


@each_of(
    ("section", "expected"),
    [
        (f"HTTP/1.1 200 OK\n{_API}", "pass"),
        ("HTTP/1.1 200 OK\ncontent-type: application/json; charset=utf-8\n", "pass"),
        ("HTTP/1.1 200 OK\n", "pass"),
        (f'HTTP/1.1 401 Unauthorized\nwww-authenticate: Bearer realm="https://auth.test/token"\n{_API}', "pass"),
        ("HTTP/1.1 200 OK\ncontent-type: text/html\n", "fail"),  # Harbor's page answers everything
        ("HTTP/1.1 404 Not Found\ncontent-type: text/html\n", "fail"),
        ("HTTP/1.1 500 Internal Server Error\n", "fail"),
        ("HTTP/1.1 503 Service Unavailable\n", "fail"),
        ("HTTP/1.1 301 Moved Permanently\nlocation: https://mirror.test/v2/\n", "error"),
        (7, "fail"),
        (28, "fail"),
        (124, "fail"),
        (52, "fail"),
        (127, "error"),
        ("", "fail"),
        (None, "error"),
    ],
)
def test_a_mirror_without_tls_answers_as_a_registry_or_is_passed_over(section: Any, expected: str) -> None:
    assert mirrored(HTTP, {f"mirror:{HTTP}plain": section, f"mirror:{HTTP}/plain": section}).outcome == expected


def test_a_mirror_is_found_as_it_is_spelled() -> None:
    section = {"mirror:http://127.0.0.1:5001/path/plain": f"HTTP/1.1 200 OK\n{_API}"}
    assert mirrored("http://127.0.0.1:5001/path/", section).outcome == "pass"
    assert mirrored("http://127.0.0.1:5001/", section).outcome == "error"


def test_a_proxy_that_decides_is_not_gone_past() -> None:
    answers = {"mirror:http://192.0.2.9:5001//plain": 7}
    assert mirrored("http://192.0.2.9:5001/", answers, HttpProxy="http://192.0.2.3:3128").outcome == "error"
    exempt = {"HttpProxy": "http://192.0.2.3:3128", "NoProxy": "192.0.2.9"}
    assert mirrored("http://192.0.2.9:5001/", answers, **exempt).outcome == "fail"
    assert mirrored("http://192.0.2.9:5001/", answers, HttpsProxy="http://192.0.2.3:3128").outcome == "fail"


def test_a_mirrors_name_has_an_address_has_none_or_nobody_answered() -> None:
    asked = {"mirror:http://mirror.test//plain": 6}
    for state, expected in (("not-found", "fail"), ("no-answer", "error"), ("unsure", "error")):
        looked = {"cmd:mirror-lookups": lookups(f"mirror mirror.test {state}")}
        assert mirrored("http://mirror.test/", {**asked, **looked}).outcome == expected


def test_without_mirrors_and_without_an_engine_there_is_nothing_to_judge() -> None:
    assert outcomes(MIRROR, names_host())[None].outcome == "skip"
    assert outcomes(MIRROR, names_host({"cmd:engines": ""}))[None].outcome == "skip"


GOOD = certs({f"{HARBOR}/ca.crt": pem("root")})


def of_tls(*parts: Any, listed: tuple[str, ...] = (), **more: Any) -> str:
    """The outcome for a mirror that serves a certificate, and the engine's words where it is passed over."""
    url = f"https://{HARBOR}/"
    as_registry = seen(head=f"HTTP/1.1 200 OK\n{_API}", **more)
    asked = {name.replace(f"registry:{HARBOR}/", f"mirror:{url}/"): text for name, text in as_registry.items()}
    config = insecure(*listed)
    config["RegistryConfig"]["Mirrors"] = [url]
    sections = {**asked, "cmd:mirror-lookups": lookups(f"mirror {HARBOR} found 192.0.2.10")}
    (found,) = outcomes(MIRROR, registry_host(*parts, sections, info=config)).values()
    return found.outcome if found.outcome != "fail" else str(found.observed)


def test_the_certificate_of_a_mirror_is_verified_as_the_engine_does_it() -> None:
    assert of_tls(GOOD) == "pass"
    assert "certificate signed by unknown authority" in of_tls(certs({}))
    assert of_tls(certs({}), listed=(HARBOR,)) == "pass"
    assert "is no registry: HTTP 404" in of_tls(GOOD, http="HTTP/1.1 404 Not Found\n")
    assert "refused" in of_tls(GOOD, tls=(1, "stderr: connect:errno=111\n"), tls12=None, http=7)
    assert "i/o timeout" in of_tls(GOOD, tls=(124, ""), tls12=None, http=None)


def test_a_mirror_that_speaks_no_tls_is_passed_over_unless_it_is_insecure() -> None:
    wrong = (1, "stderr: error:0A00010B:SSL routines::wrong version number\n")
    plain: dict[str, Any] = {"tls": wrong, "tls12": None, "http": 35, "plain": f"HTTP/1.1 200 OK\n{_API}"}
    assert "server gave HTTP response to HTTPS client" in of_tls(GOOD, **plain)
