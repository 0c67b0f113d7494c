"""Whatever lies on the host or comes over the wire, there is an outcome, soon, and no traceback."""

from __future__ import annotations

from random import Random

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.hosttree.entry import Entry
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.advice.picture import draw
from dockworthy.trust.generations import Generation, generation
from dockworthy.trust.wire.server import ServerAnswer
from tests.rows import each_of
from tests.trust.fronts import from_front
from tests.trust.host import CERTS_D, CTR, ENGINE_26, FOLDER, HOST, PODMAN, STORE_26, STORE_29, ask, made

PROGRAMS = [ENGINE_26, STORE_26, STORE_29, CTR, PODMAN, generation("20.10.7")]
SEEDS = [
    made()["root"].pem.encode(),
    made()["client"].key_pem().encode(),
    b'server = "https://harbor.test"\n[host."https://harbor.test"]\nca = ["ca.crt"]\nclient = [["a", "b"]]\n',
    b"",
]


def mutated(random: Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(random.randint(0, 5)):
        place = random.randint(0, len(out))
        out[place : place + random.randint(0, 9)] = random.randbytes(random.randint(0, 9))
    return bytes(out)


@each_of("seed", range(40))
def test_rubbish_in_any_file_is_an_outcome(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - cases, not secrets
    names = ["ca.crt", "c.cert", "c.key", "hosts.toml", "é\udcff.crt", ".crt"]
    contents: dict[str, str | bytes | Entry] = {
        name: mutated(random, random.choice(SEEDS)) for name in random.sample(names, random.randint(1, 6))
    }
    chain = mutated(random, made()["leaf"].pem.encode())
    nginx = mutated(random, b"ssl_protocols TLSv1.2; ssl_ciphers 'HIGH:!aNULL';").decode("latin-1")
    for program in PROGRAMS:
        try:
            verdict = ask(contents, from_front("nginx", chain, nginx, b"", None), who=program)
        except NotDecided:
            continue
        assert draw(verdict)


@pytest.mark.parametrize("program", PROGRAMS)
def test_rubbish_for_a_reference_is_an_outcome(program: Generation) -> None:
    texts = ("", "/", ":", "@", "[", "]/x", "\0", "\udcff/x:1", "a" * 100_000, "x/" * 5000, "h:" + "9" * 5000 + "/x:1")
    for text in texts:
        verdict = ask(ref=text, who=program, names={"h": ["192.0.2.1"]})
        assert verdict.verdict
        assert draw(verdict)


def test_links_that_loop_anywhere_end() -> None:
    loop = Entry("symlink", target="x")
    for contents in (
        {FOLDER: Entry("symlink", target=FOLDER)},
        {"x": loop},
        {"ca.crt": Entry("symlink", target="ca.crt")},
    ):
        for program in PROGRAMS:
            assert ask(contents, who=program).verdict != ""


def test_a_folder_of_ten_thousand_entries_is_judged() -> None:
    contents: dict[str, str | bytes | Entry] = {f"f{number}.pem": "x" for number in range(10_000)}
    contents |= {f"{CERTS_D}/h{number}/ca.crt": made()["other"].pem for number in range(2_000)}
    assert ask(contents).verdict == "unknown-authority"


def test_a_giant_file_is_not_decided() -> None:
    with pytest.raises(NotDecided):
        ask({"ca.crt": b"x" * (17 << 20)})


def test_a_private_keys_bytes_are_in_no_output() -> None:
    secret = made()["client"].key_pem()
    canary = secret.splitlines()[1][:40]
    for contents in (
        {"c.cert": secret, "c.key": secret},
        {"ca.crt": secret},
        {"c.key": secret},
        {"hosts.toml": secret},
    ):
        for program in PROGRAMS:
            verdict = ask(contents, ServerAnswer(chain=(made()["leaf"].der,)), who=program)
            assert canary not in "\n".join(
                [*draw(verdict), verdict.message, explain(verdict).cause, explain(verdict).fix, repr(verdict)]
            )


def test_a_wrong_scheme_in_hosts_toml_is_an_outcome() -> None:
    verdict = ask({"hosts.toml": f'[host."httpx://{HOST}"]\n'}, who=CTR)
    assert verdict.verdict == "other"
    assert 'unsupported protocol scheme "httpx"' in verdict.message
