"""What is left of a section that was cut off in the middle of a line is never a traceback."""

from __future__ import annotations

import pytest

from tests.hosts import host

SECTIONS = {
    "cmd:next-kernels": "running 6.1.0-28-amd64\nfolder\nimages 1\n6.1.0-29-amd64 image dep - overlay\n",
    "cmd:reboot": "flag\npackage linux-image-6.1\nmechanism /etc/kernel/postinst.d/unattended-upgrades\n",
    "cmd:mount-units": "unit /etc/systemd/system/srv.mount\nwanted srv.mount by local-fs.target\n",
    "cmd:container-units": "app.service name app\nenabled app.service\n",
    "cmd:package-scripts": "docker.io restarts\ncontainerd spares\n",
    "file:/etc/nftables.conf": "1 flush ruleset\n2 table inet x\n3 delete table ip nat\n",
    "file:/etc/iptables/rules.v4": "1 table filter\n2 chain DOCKER\n",
}
FILES = {"cmd:next-files": "/etc/nftables.conf\n/etc/iptables/rules.v4\n", "file:/etc/os-release": "ID=debian\n"}


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_may_end_anywhere(name: str) -> None:
    lines = SECTIONS[name].splitlines()
    for number, line in enumerate(lines):
        words = line.split()
        for kept in range(len(words)):
            text = "\n".join([*lines[:number], " ".join(words[:kept]), ""])
            facts = host({**FILES, **SECTIONS, name: text})
            read = (facts.installed_kernels, facts.next_mounts, facts.starters, facts.upgrades, facts.saved_rules)
            assert all(each is not None for each in read)


def test_a_kernel_that_was_cut_off_may_have_been_any() -> None:
    assert host({"cmd:next-kernels": "running 6.1.0-28-amd64\nimages 1\n6.1.0-29-am"}).installed_kernels.cut
