"""A host as it would be with other files: they lie where its own programs read them, and all readers see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dockworthy.applied import CA, CERTS_D, DAEMON_JSON, Applied
from dockworthy.facts.facts import Facts
from dockworthy.facts.whatif.answers import with_answers
from dockworthy.facts.whatif.placed import as_applied
from dockworthy.snapshot import Section
from tests.checks.engine.base import UNIT
from tests.hosts import NOW, checks_in, outcome, outcomes, row
from tests.registryhost import REGISTRY, certs, client_asked, pem, registry_host, seen
from tests.trust.host import made

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER = "/srv/engine.json"
VERIFIES = checks_in("registry", "verifies.py")["trust.registry-verifies"]
DAEMON = checks_in("engine", "daemon.py")


def applied(name: str, sections: Mapping[str, Any]) -> Applied:
    made_of = {}
    for key, value in sections.items():
        status, text = (value, "") if isinstance(value, int) else (0, value)
        made_of[key] = Section(key, status, text if isinstance(text, bytes) else text.encode())
    return Applied(name, "given", "0" * 64, made_of)


def daemon_json(text: str) -> Applied:
    return applied(DAEMON_JSON, {"file:/etc/docker/daemon.json": text})


def folder(layout: Mapping[str, Any]) -> Applied:
    """A certs.d; the table of what lies there is no part of what is given."""
    return applied(CERTS_D, {name: value for name, value in certs(layout).items() if not name.startswith("stat:")})


def ca(text: str) -> Applied:
    return applied(CA, {"cmd:system-roots-pem": text})


def after(facts: Facts, *given: Applied) -> Facts:
    """The host after the start that takes these in."""
    snapshot = as_applied(facts, given)
    is_restarted = any(one.is_read_at_start for one in given)
    if not is_restarted:
        return Facts(snapshot, NOW)
    return Facts(with_answers(facts, Facts(snapshot, NOW, before=facts)), NOW, before=facts)


# --- daemon.json ---------------------------------------------------------------------------------------------------


def test_the_next_start_becomes_what_is_judged() -> None:
    found = after(registry_host(), daemon_json('{"icc": false, "live-restore": false}'))
    assert not found.daemon.is_running
    assert (found.daemon.icc.value, found.daemon.live_restore.value) == (False, False)
    assert found.daemon.replaced is not None
    assert outcome(DAEMON["daemon.no-drift"], found).outcome == "skip"


def test_a_file_lies_where_the_next_start_reads_it() -> None:
    unit = UNIT.replace("fd://", f"fd:// --config-file {OTHER}")
    host = registry_host(edits={"file:/usr/lib/systemd/system/docker.service": unit})
    found = after(host, daemon_json('{"icc": false}'))
    assert found.files[OTHER].mode.value == 0o644
    assert found.daemon.next_start.file == OTHER
    assert found.daemon.icc.value is False


def test_what_the_engine_refuses_is_said_in_its_own_words() -> None:
    for text, words in (
        ('{"bogus": 1}', "the following directives don't match any configuration option: bogus"),
        ('{"icc": false', "unexpected end of JSON input"),
        ('{"hosts": ["tcp://127.0.0.1:1"]}', "specified both as a flag and in the configuration file: hosts"),
    ):
        judged = outcome(DAEMON["daemon.starts-again"], after(registry_host(), daemon_json(text)))
        assert judged.outcome == "fail"
        assert words in str(judged.observed)


def test_a_file_that_is_there_keeps_its_owner_and_its_mode() -> None:
    path = "/etc/docker/daemon.json"
    host = registry_host(files={path: row(path, mode="0600")})
    assert after(host, daemon_json("{}")).files[path].mode.value == 0o600


def test_a_file_whose_content_is_not_told_decides_nothing() -> None:
    given = applied(DAEMON_JSON, {"file:/etc/docker/daemon.json": 62})
    assert outcome(DAEMON["daemon.icc-disabled"], after(registry_host(), given)).outcome == "error"


def test_the_api_says_of_the_settings_that_change_what_they_will_be_and_of_others_what_it_said() -> None:
    host = registry_host()
    before = json.loads(host.snapshot["docker:info"].data)
    change = '{"data-root": "/data", "log-driver": "local", "no-new-privileges": true}'
    told = json.loads(after(host, daemon_json(change)).snapshot["docker:info"].data)
    assert (told["DockerRootDir"], told["LoggingDriver"]) == ("/data", "local")
    assert "name=no-new-privileges" in told["SecurityOptions"]
    assert {key for key in before if told.get(key) != before[key]} <= {
        "DockerRootDir",
        "LoggingDriver",
        "SecurityOptions",
    }


NETWORK = {
    "Name": "bridge",
    "Id": "a",
    "Driver": "bridge",
    "IPAM": {"Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}, {"Subnet": "fd00::/64"}]},
    "Options": {
        "com.docker.network.bridge.default_bridge": "true",
        "com.docker.network.bridge.enable_icc": "true",
        "com.docker.network.driver.mtu": "1500",
    },
}


def test_the_default_bridge_is_made_anew_with_the_settings_that_change() -> None:
    other = {**NETWORK, "Name": "own", "Id": "b", "Options": {"com.docker.network.driver.mtu": "1500"}}
    networks = "".join(f"{json.dumps(one)}\n" for one in (NETWORK, other))
    change = daemon_json('{"mtu": 1400, "icc": false, "bip": "10.9.0.5/24"}')
    found = after(registry_host(edits={"docker:networks": networks}), change)
    bridge, own = found.networks.known_ones
    assert bridge.options.value["com.docker.network.driver.mtu"] == "1400"
    assert bridge.options.value["com.docker.network.bridge.enable_icc"] == "false"
    assert bridge.answer.content["IPAM"]["Config"] == [
        {"Subnet": "10.9.0.0/24", "Gateway": "10.9.0.5"},
        {"Subnet": "fd00::/64"},
    ]
    assert own.answer.content == other


def test_under_containers_that_go_on_running_the_default_bridge_stays() -> None:
    info = {"LiveRestoreEnabled": True, "ContainersRunning": 2}
    host = registry_host(edits={"docker:networks": f"{json.dumps(NETWORK)}\n"}, info=info)
    found = after(host, daemon_json('{"mtu": 1400, "live-restore": true}'))
    assert found.networks.known_ones[0].answer.content == NETWORK


# --- certificates --------------------------------------------------------------------------------------------------


def pull(facts: Facts) -> str:
    return str(outcomes(VERIFIES, facts)[REGISTRY].outcome)


def test_a_folder_takes_the_place_of_the_hosts() -> None:
    root = made()["root"].pem
    wrong = made()["other"].pem
    host = registry_host(certs({f"{REGISTRY}/ca.crt": wrong, "old.test/ca.crt": root}), seen())
    assert pull(host) == "fail"
    found = after(host, folder({f"{REGISTRY}/ca.crt": root}))
    assert pull(found) == "pass"
    assert [one.name for one in found.certsd.all()] == [REGISTRY]
    assert found.files["/etc/docker/certs.d/old.test/ca.crt"].exists.unknown is not None
    assert pull(after(found, folder({}))) == "fail"


def test_a_folder_needs_no_restart() -> None:
    found = after(registry_host(), folder({f"{REGISTRY}/ca.crt": pem("root")}))
    assert found.daemon.is_running
    assert outcome(DAEMON["daemon.no-drift"], found).outcome == "pass"


def test_a_ca_is_believed_after_the_restart_that_reads_it() -> None:
    host = registry_host(certs({}), seen(), roots=made()["other"].pem)
    assert pull(host) == "fail"
    assert pull(after(host, ca(made()["root"].pem))) == "pass"


def test_a_system_without_a_bundle_has_nothing_that_adds_to_it() -> None:
    host = registry_host(certs({}), seen(), edits={"cmd:system-roots-pem": 2})
    assert pull(after(host, ca(made()["root"].pem))) == pull(host) == "fail"


def test_what_the_server_said_to_the_hosts_pair_it_has_not_said_to_another() -> None:
    own = {
        f"{REGISTRY}/ca.crt": pem("root"),
        f"{REGISTRY}/client.cert": pem("client"),
        f"{REGISTRY}/client.key": made()["client"].key_pem(),
    }
    pair = f"/etc/docker/certs.d/{REGISTRY}/client.cert"
    host = registry_host(certs(own), client_asked({"client-http": "HTTP/1.1 200 OK\n"}, pair))
    assert pull(host) == "pass"
    assert pull(after(host, folder(own))) == "pass"
    without = after(host, folder({f"{REGISTRY}/ca.crt": pem("root")}))
    assert pull(without) == "fail"
    other = {**own, f"{REGISTRY}/client.cert": pem("leaf")}
    assert pull(after(host, folder(other))) != "pass"
