"""The cause names what is wrong on this host, and the fix, where it is carried out, makes the verdict ``ok``."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dockworthy.hosttree.entry import Entry
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.generations import Store
from dockworthy.trust.verdict import Verdict, judge
from dockworthy.trust.wire.server import ServerAnswer
from tests.certsd_case import to_case
from tests.rows import each_of
from tests.trust.host import CERTS_D, CTR, FOLDER, HOST, NOW, ask, files, made, serving
from tests.trust.pki import CLIENT, Issued, issue
from tests.trust.setups import everything

if TYPE_CHECKING:
    from pathlib import Path

Contents = dict[str, "str | bytes | Entry"]


def carry_out(contents: Contents, verdict: Verdict, folder: Path) -> Verdict:
    """Lay the files out in a folder, run the fix there as a shell does, and judge again."""
    for path, content in contents.items():
        whole = folder / (path[1:] if path.startswith("/") else f"{FOLDER[1:]}/{path}")
        whole.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Entry) and content.kind == "symlink":
            whole.symlink_to(content.target if not content.target.startswith("/") else f"{folder}{content.target}")
        elif isinstance(content, Entry):
            whole.mkdir(exist_ok=True)
        else:
            whole.write_bytes(content.encode() if isinstance(content, str) else content)
    (folder / "ca.crt").write_text(made()["root"].pem)
    script = explain(verdict).fix.replace("/etc/docker", f"{folder}/etc/docker").replace("/root/", f"{folder}/")
    subprocess.run(["sh", "-ec", script], check=True, cwd=folder, capture_output=True)
    found: Contents = {}
    for each in sorted(folder.rglob("*")):
        if each.is_file() and not each.is_symlink():
            found[f"/{each.relative_to(folder)}"] = each.read_bytes()
    return judge(replace(verdict.case, tree=files(found)))


def pem(name: str) -> str:
    return made()[name].pem


MENDED: list[tuple[str, Contents, str, str]] = [
    ("another-port", {f"{CERTS_D}/{HOST}:443/ca.crt": "root"}, "unknown-authority", f"lies in {CERTS_D}/{HOST}:443"),
    ("root-of-certs.d", {f"{CERTS_D}/ca.crt": "root"}, "unknown-authority", f"lies in {CERTS_D}, and"),
    ("capitals", {f"{CERTS_D}/Harbor.Test/ca.crt": "root"}, "unknown-authority", "for this reference the engine reads"),
    ("extension", {"ca.pem": "root"}, "unknown-authority", "ca.pem holds the right CA and is ignored"),
    ("extension-in-capitals", {"ca.CRT": "root"}, "unknown-authority", "ca.CRT holds the right CA and is ignored"),
    ("folder-below", {"sub/ca.crt": "root"}, "unknown-authority", "sub/ca.crt holds the right CA and is ignored"),
    ("ca-as-cert", {"ca.cert": "root"}, "missing-key", "ca.cert is a CA's certificate"),
    ("nothing", {}, "unknown-authority", "is trusted neither by"),
    ("empty", {"ca.crt": ""}, "unknown-authority", "finds no certificate in"),
    ("dangling-folder", {FOLDER: Entry("symlink", target="/nowhere")}, "unknown-authority", "is a link to /nowhere"),
    ("dangling-file", {"ca.crt": Entry("symlink", target="/nowhere")}, "file-missing", "is a link to /nowhere"),
    ("folder-named-crt", {"a.crt": Entry("dir"), "ca.crt": "root"}, "is-a-directory", "a.crt is a folder"),
    ("lone-client-key", {"ca.crt": "root", "x.key": "key"}, "missing-cert", "without its certificate x.cert"),
    (
        "lone-server-cert",
        {"ca.crt": "root", "x.cert": "server"},
        "missing-key",
        "x.cert is taken for a client certificate",
    ),
    ("key-in-capitals", {"ca.crt": "root", "c.cert": "client", "c.KEY": "key"}, "missing-key", "is named c.KEY"),
    ("cert-as-pem", {"ca.crt": "root", "c.pem": "client", "c.key": "key"}, "missing-cert", "is named c.pem"),
    (
        "cert-as-crt",
        {"ca.crt": "root", "c.crt": "client", "c.key": "key"},
        "missing-cert",
        "c.crt is the client certificate",
    ),
    ("switched", {"ca.crt": "root", "c.cert": "key", "c.key": "client"}, "keypair-pem", "are switched"),
    ("file-as-folder", {FOLDER: "root"}, "not-a-directory", "is a file (or a link to one)"),
]


def _filled(contents: Contents) -> Contents:
    known: dict[str, str] = {**{name: one.pem for name, one in made().items()}, "key": made()["client"].key_pem()}
    return {path: known.get(each, each) if isinstance(each, str) else each for path, each in contents.items()}


@pytest.mark.parametrize(("contents", "cls", "cause"), [row[1:] for row in MENDED], ids=[row[0] for row in MENDED])
def test_the_fix_fixes_what_the_cause_names(contents: Contents, cls: str, cause: str, tmp_path: Path) -> None:
    contents = _filled(contents)
    verdict = ask(contents)
    assert verdict.verdict == cls
    assert cause in explain(verdict).cause
    after = carry_out(contents, verdict, tmp_path)
    assert after.verdict == "ok", (explain(verdict).fix, after.message)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the fix runs openssl")
@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("ca.crt", "der", "it is DER"),
        ("ca.cer", "der", "is ignored"),
        ("ca.crt", "label", "not labelled CERTIFICATE"),
        ("ca.crt", "cr", "not plain PEM"),
        ("ca.crt", "bom", "not plain PEM"),
        ("ca.crt", "indent", "not plain PEM"),
    ],
)
def test_a_certificate_in_another_form_is_converted(name: str, content: str, why: str, tmp_path: Path) -> None:
    root = made()["root"]
    forms: dict[str, bytes] = {
        "der": root.der,
        "label": root.pem.replace("CERTIFICATE", "X509 CERTIFICATE").encode(),
        "cr": root.pem.replace("\n", "\r\n\r").encode(),
        "bom": b"\xef\xbb\xbf" + root.pem.encode(),
        "indent": b"".join(b"    " + line for line in root.pem.encode().splitlines(keepends=True)),
    }
    contents: Contents = {name: forms[content]}
    verdict = ask(contents)
    if content == "cr":  # a stray carriage return before BEGIN hides it
        assert verdict.verdict in {"ok", "unknown-authority"}
    if verdict.verdict == "ok":
        return
    assert why in explain(verdict).cause
    assert carry_out(contents, verdict, tmp_path).verdict == "ok", explain(verdict).fix


def test_a_root_that_was_added_after_the_start_needs_a_restart() -> None:
    root = pem("root").encode()
    verdict = ask({}, bundle_now=root)
    assert (verdict.verdict, explain(verdict).fix) == ("unknown-authority", "systemctl restart docker")
    assert "after the engine started" in explain(verdict).cause
    assert ask({}, system_roots=root).verdict == "ok"


def test_a_rootless_engine_is_told_where_its_folder_is() -> None:
    own = "/home/app/.config/docker/certs.d"
    contents: Contents = {f"{CERTS_D}/{HOST}/ca.crt": pem("root")}
    verdict = ask(contents, certs_dir=own, rootless=True)
    assert verdict.verdict == "unknown-authority"
    assert (
        explain(verdict).cause
        == f"The right CA lies in {FOLDER}, and for this reference the engine reads {own}/{HOST}."
    )
    assert f"cp {FOLDER}/ca.crt {own}/{HOST}/ca.crt" in explain(verdict).fix


def test_a_missing_intermediate_is_named() -> None:
    verdict = ask(answer=serving("below"))
    assert "sends its own certificate alone" in explain(verdict).cause
    assert "CN=Intermediate" in explain(verdict).cause
    assert "cat server.crt intermediate.crt" in explain(verdict).fix
    assert ask(answer=serving("below", "intermediate")).verdict == "ok"


def test_a_ca_that_was_made_anew_is_fetched_again() -> None:
    again = issue("Root", ca=True, now=NOW)
    verdict = ask({"ca.crt": again.pem})
    assert "has the issuer's name but another key" in explain(verdict).cause
    assert "/api/v2.0/systeminfo/getcert" in explain(verdict).fix


def test_a_self_signed_certificate_is_fetched_with_its_fingerprint() -> None:
    verdict = ask({}, serving("alone"))
    assert "is self-signed" in explain(verdict).cause
    assert "sha256 " in explain(verdict).fix
    assert f"openssl s_client -connect {HOST}:443" in explain(verdict).fix


def _leaf(**more: object) -> Issued:
    return issue(HOST, made()["root"], **{"dns": [HOST], "now": NOW, **more})  # type: ignore[arg-type] # a test's short cut


@each_of(
    ("leaf", "cls", "cause", "fix"),
    [
        ({"start": -20, "days": 10}, "expired", "expired on 2026-11-14", "Renew the registry's certificate"),
        ({"start": 5}, "expired", "is valid from 2026-11-29, and the host's clock says 2026-11-24", "timedatectl"),
        ({"dns": ["a.test", "b.test"]}, "name-mismatch", "names a.test, b.test, and", "subjectAltName=DNS:harbor.test"),
        ({"dns": [], "ips": ["192.0.2.1"]}, "no-names", "it names 192.0.2.1", "subjectAltName=DNS:harbor.test"),
        ({"dns": []}, "cn-only", 'only in its common name "harbor.test"', "subjectAltName=DNS:harbor.test"),
        ({"usages": [CLIENT]}, "eku", "is no server's certificate", "extendedKeyUsage=serverAuth"),
    ],
)
def test_a_leafs_own_faults(leaf: dict[str, object], cls: str, cause: str, fix: str) -> None:
    verdict = ask(answer=serving(_leaf(**leaf)))
    assert verdict.verdict == cls
    assert cause in explain(verdict).cause
    assert fix in explain(verdict).fix


def test_an_address_wants_an_address_in_the_certificate() -> None:
    verdict = ask({}, ref="192.0.2.7/tiny:1")
    assert verdict.verdict == "no-ip-san"
    assert "subjectAltName=IP:192.0.2.7" in explain(verdict).fix


def test_a_registry_servers_key_on_a_client_host_is_taken_away() -> None:
    leaf = made()["leaf"]
    verdict = ask({"ca.crt": pem("root"), "h.crt": leaf.pem, "h.key": leaf.key_pem()})
    assert "is the registry server's private key" in explain(verdict).cause
    assert explain(verdict).fix.endswith(f"rm {FOLDER}/h.key")


def test_a_client_certificate_that_is_a_servers_is_told() -> None:
    one = made()["server"]
    pair: Contents = {"ca.crt": pem("root"), "c.cert": one.pem, "c.key": one.key_pem()}
    verdict = ask(pair, serving(client_ca=pem("root")))
    assert verdict.verdict == "client-cert-refused"
    assert "has no clientAuth" in explain(verdict).cause


def test_an_insecure_registry_that_works_is_said_to_be_unverified() -> None:
    verdict = ask(insecure=[HOST])
    assert verdict.verdict == "ok"
    assert explain(verdict).cause.startswith('Nothing was verified: the registry is insecure by "harbor.test"')
    assert f"{FOLDER} is not read" in explain(verdict).cause
    assert "insecure-registries" in explain(verdict).fix


def test_a_fault_of_tls_behind_an_insecure_registry_says_so() -> None:
    verdict = ask(answer=serving(client_ca=pem("root")), insecure=[HOST])
    assert verdict.verdict == "other"
    assert "so nothing was verified" in explain(verdict).cause


def test_containerd_is_told_which_file_holds_nothing() -> None:
    verdict = ask({"ca.crt": made()["root"].der}, who=CTR)
    assert verdict.verdict == "ca-unloadable"
    assert "it is DER" in explain(verdict).cause
    assert "-inform der" in explain(verdict).fix


def test_where_the_chain_was_fetched_from_is_said() -> None:
    verdict = ask({}, seen_from="this machine", proxy="http://proxy.test:3128")
    assert "fetched from this machine, not from the host" in explain(verdict).cause
    assert "goes through the proxy http://proxy.test:3128" in explain(verdict).cause


@pytest.mark.parametrize(
    ("ref", "better"),
    [
        ("https://harbor.test/tiny:1", "docker pull harbor.test/tiny:1"),
        ("harbor.test./tiny:1", "docker pull harbor.test/tiny:1"),
        ("harbor.test/Team/Tiny:1", "docker pull harbor.test/team/tiny:1"),
    ],
)
def test_a_reference_is_put_right(ref: str, better: str) -> None:
    assert explain(ask(ref=ref)).fix == better


def test_every_outcome_has_a_cause_of_one_sentence() -> None:
    for setup in everything():
        for store in (Store.GRAPH, Store.CONTAINERD, None):
            verdict = judge(to_case(setup.record, store))
            assert explain(verdict).cause, setup.id
            assert "\n" not in explain(verdict).cause
            assert explain(verdict).cause.endswith("."), (setup.id, explain(verdict).cause)
            assert verdict.verdict == "ok" or explain(verdict).fix or verdict.verdict in {"other", "bad-reference"}, (
                setup.id
            )


def test_nothing_listens_names_the_port() -> None:
    assert explain(ask(answer=ServerAnswer(reach="refused"))).cause == "Nothing listens at harbor.test, port 443."
