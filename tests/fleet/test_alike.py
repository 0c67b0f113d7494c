"""What is taken from a host that is alike is what judging anew would say."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.fleet.alike import Alike
from dockworthy.fleet.judge import Answer, Judge
from dockworthy.snapshot import Section
from tests.fleet.recorded import ALL, framed, look, orders, records, seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OF_HOSTS = [path for path in ALL if path.name != "harbor_prod.snapshot"]


def same(judge: Judge, anew: Judge, data: bytes, name: str = "web0") -> None:
    one, other = judge.judge(look(data, name=name)), anew.judge(look(data, name=name))
    assert records(one) == records(other)
    assert (one.counts, one.covered, one.has_harbor) == (other.counts, other.covered, other.has_harbor)
    assert sorted(map(repr, one.failures)) == sorted(map(repr, other.failures))


def taken(judge: Judge) -> tuple[int, int]:
    alike = judge._alike
    assert isinstance(alike, Alike)
    return alike.taken, alike.asked


def changed(path: Path, random: Random) -> Iterator[tuple[str, dict[str, Section]]]:
    """The snapshot with one byte of each section changed in turn, or with the section gone."""
    sections = dict(seen(path).sections)
    names = list(sections)
    random.shuffle(names)
    for name in names:
        section = sections[name]
        if not section.data:
            yield name, {key: one for key, one in sections.items() if key != name}
            continue
        place, byte = random.randrange(len(section.data)), random.choice(b'0 1a/"\n-{')
        data = section.data[:place] + bytes([byte]) + section.data[place + 1 :]
        yield name, {**sections, name: replace(section, data=data)}


def judged_alike(path: Path, most: int) -> tuple[int, int]:
    """Judge the host, and others that each differ from it in one section; how much was taken, and asked."""
    judge, anew = Judge(orders()), Judge(orders(), reuse=False)
    same(judge, anew, framed(seen(path).sections))
    for _, sections in islice(changed(path, Random(path.name)), most):  # noqa: S311 - cases, no secret
        same(judge, anew, framed(sections), "other")
    return taken(judge)


def test_hosts_that_differ_in_one_byte_of_each_section_in_turn_are_judged_as_if_anew() -> None:
    """Of a host with few sections in each; of those with many in some, chosen by chance and the same ones each time."""
    for path in OF_HOSTS[::3]:
        judged_alike(path, 2)
    hardened = next(path for path in OF_HOSTS if path.stem == "hardened")
    reused, asked = judged_alike(hardened, len(seen(hardened).sections))
    assert reused > asked


def test_a_host_that_is_the_same_is_asked_nothing() -> None:
    judge, data = Judge(orders()), framed(seen(OF_HOSTS[0]).sections)
    judge.judge(look(data))
    _, asked = taken(judge)
    judge.judge(look(data, name="other"))
    assert taken(judge)[1] == asked


@pytest.mark.parametrize("at", ["2026-11-27T12:00:00Z", "2031-01-01T00:00:00Z", "snapshot"])
def test_who_reads_the_clock_is_asked_again_by_another(at: str) -> None:
    """Each host is judged as of its own moment; the recorded registries have certificates that end."""
    path = next(path for path in OF_HOSTS if path.stem == "registries")
    sections = dict(seen(path).sections)
    judge, anew = Judge(orders(at=at)), Judge(orders(at=at), reuse=False)
    for seconds in (1795778258, 1795778258 + 4 * 365 * 86400, 1795778258):
        date = Section("cmd:date", 0, b"%d x\n" % seconds)
        same(judge, anew, framed({**sections, "cmd:date": date}))


def test_a_key_of_the_engines_answer_concerns_who_reads_it() -> None:
    """No two hosts have the same answer; that one says 0 where another says false is a difference."""
    judge, anew = Judge(orders()), Judge(orders(), reuse=False)
    sections = dict(seen(next(path for path in OF_HOSTS if path.stem == "hardened")).sections)
    info = sections["docker:info"]
    same(judge, anew, framed(sections))
    for old, new in ((b'"ID":"', b'"ID":"x'), (b'"LiveRestoreEnabled":false', b'"LiveRestoreEnabled":0')):
        assert old in info.data
        _, before = taken(judge)
        same(judge, anew, framed({**sections, "docker:info": replace(info, data=info.data.replace(old, new))}))
        assert taken(judge)[1] - before < 100


def test_a_section_more_and_another_order_of_sections_are_seen() -> None:
    judge, anew = Judge(orders()), Judge(orders(), reuse=False)
    sections = dict(seen(OF_HOSTS[-1]).sections)
    same(judge, anew, framed(sections))
    same(judge, anew, framed({**sections, "file:/etc/docker/daemon.json": Section("x", 0, b'{"icc": false}')}))
    same(judge, anew, framed(dict(reversed(sections.items()))))
    same(judge, anew, framed(sections)[:-200])


def test_waivers_and_attestations_are_of_the_host_that_they_name(tmp_path: Path) -> None:
    profile = tmp_path / "ours.yaml"
    profile.write_text(
        "extends: base\nwaivers:\n"
        "- {check: container.no-privileged, host: web7, reason: r, owner: o, expires: 2099-01-01}\n"
        "- {check: daemon.icc-disabled, host: 'web*', reason: r, owner: o, expires: 2099-01-01}\n"
        "attestations:\n- {check: host.hardened, host: web8, evidence: e, owner: o, given: 2026-01-01,"
        " expires: 2099-01-01}\n"
    )
    judge = Judge(orders(profile=str(profile)))
    anew = Judge(orders(profile=str(profile)), reuse=False)
    data = framed(seen(next(path for path in OF_HOSTS if path.stem == "debian-13")).sections)
    covered: list[Any] = []
    for name in ("web7", "web8", "db1"):
        same(judge, anew, data, name)
        covered.append(sum(judge.judge(look(data, name=name)).covered.values()))
    assert covered[0] > covered[2]
    assert covered[1] == covered[2] + 1
    assert covered[2] == 0


def test_what_is_kept_does_not_grow_with_the_hosts() -> None:
    judge = Judge(orders(topic=("kernel",)))
    data = seen(OF_HOSTS[-1]).sections
    for number in range(60):
        kinds = {f"file:/etc/sysctl.d/{number}.conf": Section("x", 0, b"%d\n" % number) for number in range(number % 7)}
        judge.judge(look(framed({**data, **kinds}), number))
    alike = judge._alike
    assert isinstance(alike, Alike)
    assert len(alike._kept) <= 16
    assert len(alike._tried) <= 24


def test_of_a_rehearsal_nothing_is_taken() -> None:
    judge, data = Judge(orders(engine="29.3", check=("daemon.starts-again",))), framed(seen(OF_HOSTS[-1]).sections)
    assert judge._alike is None
    before = {record.get("before") for record in records(judge.judge(look(data))) if record["type"] == "result"}
    assert before <= {"pass", "fail", "error", "skip"}
    assert before


def test_an_answer_holds_no_host_name() -> None:
    """Or it would be that of another host."""
    judge = Judge(orders())
    data = framed(seen(OF_HOSTS[0]).sections)
    judge.judge(look(data, name="a-name-of-its-own"))
    answers: list[Answer] = judge._alike._kept[0].answers if judge._alike is not None else []
    assert answers
    assert not any(b"a-name-of-its-own" in line for answer in answers for line in answer.lines)
