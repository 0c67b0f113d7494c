"""What of the files of ufw and firewalld leaves the host: which ports they let in, and nothing that a person wrote."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tests.probe.world import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.probe.world import World

AWKS = ("mawk", "gawk", "busybox", "original-awk")
USER_RULES = """*filter
### RULES ###

### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 22 -j ACCEPT
### tuple ### deny tcp 8080 0.0.0.0/0 any 10.0.0.0/8 in_up0 comment=43414e415259
### tuple ### route:allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in_up0
### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 CANARY - in
### tuple ### allow tcp "CANARY;" 0.0.0.0/0 any 0.0.0.0/0 in
# CANARY
COMMIT
"""
UFW = {
    "/etc/ufw/ufw.conf": "# CANARY\nENABLED=yes\nLOGLEVEL=low\n",
    "/etc/default/ufw": '# CANARY\nIPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_FORWARD_POLICY="ACCEPT" # CANARY\n',
    "/etc/ufw/user.rules": USER_RULES,
    "/etc/ufw/user6.rules": "### tuple ### limit any 53 ::/0 any ::/0 in\n",
}
UFW_TOLD = """ufw yes DROP ACCEPT yes
tuple 4 allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
tuple 4 deny tcp 8080 0.0.0.0/0 any 10.0.0.0/8 in_up0
tuple 4 route:allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in_up0
tuple 4 allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
tuple 4 allow tcp - 0.0.0.0/0 any 0.0.0.0/0 in
tuple 6 limit any 53 ::/0 any ::/0 in
"""
ZONE = """<?xml version="1.0" encoding="utf-8"?>
<zone target="%%REJECT%%">
  <short>CANARY</short>
  <!-- <port port="1" protocol="tcp"/> CANARY -->
  <description>CANARY</description>
  <interface name="up0"/>
  <source address="10.0.0.0/8"/>
  <service name="web"/>
  <port
     port='8443-8445' protocol='tcp'/>
  <rule family="ipv4"><source address="192.0.2.9"/><port port="9" protocol="udp"/><log prefix="CANARY"/><accept/></rule>
  <port port="53" protocol="udp"/>
  <protocol value="udp"/>
  <protocol value="CANARY"/>
</zone>
"""
SERVICE = '<service><short>CANARY</short><port protocol="tcp" port="80"/><port protocol="tcp" port="443"/></service>\n'
POLICY = '<short>CANARY</short><ingress-zone name="ANY"/><port port="80" protocol="tcp"/>'
FIREWALLD = {
    "/etc/firewalld/firewalld.conf": "# CANARY\nDefaultZone=office\n",
    "/etc/firewalld/zones/office.xml": ZONE,
    "/etc/firewalld/services/web.xml": SERVICE,
    "/etc/firewalld/direct.xml": "<direct>CANARY</direct>",
    "/etc/firewalld/policies/in.xml": f'<policy>{POLICY}<egress-zone name="HOST"/></policy>\n',
    "/etc/firewalld/policies/through.xml": f'<policy>{POLICY}<egress-zone name="CANARY"/></policy>\n',
}
FIREWALLD_TOLD = """firewalld no office
zone office -
interface office up0
source office 10.0.0.0/8
service office web
port office 8443-8445 tcp
rich office
port office 53 udp
protocol office udp
protocol office -
beside policy
service-port web 80 tcp
service-port web 443 tcp
"""


def test_the_words_that_say_which_ports_are_let_in_are_told_under_every_shell_and_awk(
    world: World, tmp_path: Path
) -> None:
    for path, text in {**UFW, **FIREWALLD}.items():
        world.plant(path, text)
    for shell, awk in zip(SHELLS, AWKS, strict=True):
        folder = tmp_path / awk
        folder.mkdir()
        (folder / "awk").symlink_to(shutil.which(awk) or "awk")
        seen = world.snapshot(shell, path=f"{folder}:{world.programs}:{os.environ['PATH']}")
        assert seen.text("cmd:host-firewall").value == UFW_TOLD + FIREWALLD_TOLD, (shell, awk)


def test_what_nothing_reads_is_told_where_it_may_let_something_in(world: World) -> None:
    """Direct rules, and policies that lead to the host."""
    world.plant("/etc/firewalld/zones/public.xml", "<zone/>")
    world.plant("/etc/firewalld/policies/through.xml", f'<policy>{POLICY}<egress-zone name="trusted"/></policy>\n')
    for rule, told in (("", ""), ("<rule ipv='ipv4' chain='INPUT'>-j ACCEPT</rule>", "beside direct\n")):
        world.plant("/etc/firewalld/direct.xml", f"<direct>{rule}</direct>\n")
        expected = f"firewalld no public\nzone public default\n{told}"
        assert world.snapshot("dash").text("cmd:host-firewall").value == expected


def test_a_host_without_them_says_nothing(world: World) -> None:
    assert world.snapshot("dash").text("cmd:host-firewall").value == ""
