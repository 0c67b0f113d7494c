"""What is left of a section that was cut off in the middle of a line is never a traceback."""

from __future__ import annotations

import pytest

from dockworthy.commands.catalogue import all_checks
from tests.hosts import host, hosts_outcomes

SECTIONS = {
    "cmd:next-kernels": "running 6.1.0-28-amd64\nfolder\nimages 1\n6.1.0-29-amd64 image dep - overlay\n",
    "cmd:reboot": "flag\npackage linux-image-6.1\nmechanism /etc/kernel/postinst.d/unattended-upgrades\n",
    "cmd:mount-units": "unit /etc/systemd/system/srv.mount\nwanted srv.mount by local-fs.target\n",
    "cmd:container-units": "app.service name app\nenabled app.service\n",
    "cmd:package-scripts": "docker.io restarts\ncontainerd spares\n",
    "file:/etc/nftables.conf": "1 flush ruleset\n2 table inet x\n3 delete table ip nat\n",
    "file:/etc/iptables/rules.v4": "1 table filter\n2 chain DOCKER\n",
}


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_may_end_anywhere(name: str) -> None:
    files = {"cmd:next-files": "/etc/nftables.conf\n/etc/iptables/rules.v4\n", "proc:1/comm": "systemd\n"}
    checks = [one for one in all_checks([]) if one.id.startswith(("boot.", "packages."))]
    whole = SECTIONS[name]
    for end in range(len(whole)):
        said = hosts_outcomes(checks, host({**SECTIONS, **files, name: whole[:end].rpartition(" ")[0] + "\n\n"})).said
        assert len(said) == len(checks)
