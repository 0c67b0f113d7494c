"""Audit rules, judged as the kernel's filter and auditctl treat them.

What the rules do was observed on Linux 6.18 with auditctl 4.0.2: the listings are its own words.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from tests.hosts import host, row, table
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.facts.host.audit import Coverage

STATUS = "enabled 1\nfailure 1\npid 812\nrate_limit 0\n"
WA, WAX = frozenset("wa"), frozenset("wax")
STAT = table(
    row("/var/run", "dir", "0755", resolved="/run"),
    row("/lib", "dir", "0755", resolved="/usr/lib"),
    row("/etc/docker", "dir", "0755"),
    row("/usr/bin/runc", resolved="/usr/sbin/runc"),
)


def loaded(listing: str, status: str = STATUS, **files: str) -> Facts:
    """A host whose auditctl printed this; ``files`` are those of rules.d."""
    return host(
        {
            "cmd:auditctl-l": listing,
            "cmd:auditctl-s": status,
            "list:/etc/audit/rules.d": "".join(f"{name}.rules\n" for name in files),
            "file:/etc/audit/audit.rules": (2, ""),
            "stat:engine": STAT,
            **{f"file:/etc/audit/rules.d/{name}.rules": text for name, text in files.items()},
        }
    )


def persisted(audit_rules: str | None = None, **files: str) -> Facts:
    """A host without auditctl."""
    return host(
        {
            "cmd:auditctl-l": 127,
            "cmd:auditctl-s": 127,
            "list:/etc/audit/rules.d": "".join(f"{name}.rules\n" for name in files),
            "file:/etc/audit/audit.rules": (2, "") if audit_rules is None else audit_rules,
            "stat:engine": STAT,
            **{f"file:/etc/audit/rules.d/{name}.rules": text for name, text in files.items()},
        }
    )


def ask(facts: Facts, path: str, *, folder: bool = False, wanted: frozenset[str] = WA) -> Coverage:
    found: Coverage = facts.audit.watches([path, facts.files.canonical(path)], folder=folder, wanted=wanted).value
    return found


def covers(facts: Facts, path: str, *, folder: bool = False, wanted: frozenset[str] = WA) -> bool:
    found = ask(facts, path, folder=folder, wanted=wanted)
    assert bool(found.reason) == (not wanted <= found.watched)
    return wanted <= found.watched


@each_of(
    "rule",
    [
        "-w /etc/docker -p wa -k docker",
        "-w /etc/docker/ -p rwxa",
        "-w /etc -p aw -k etc",
        "-w / -p wa",
        "-a always,exit -S all -F dir=/etc/docker -F key=x",
        "-a always,exit -S all -F dir=/etc -F perm=wa -F key=x",
        "-a always,exit -S all -F dir=/etc/docker -F perm=wa -F auid>=1000 -F auid!=-1 -F key=x",
    ],
)
def test_a_recursive_rule_on_a_folder_or_above_it_watches_it(rule: str) -> None:
    assert covers(loaded(rule + "\n"), "/etc/docker", folder=True)


@each_of(
    ("rule", "why"),
    [
        ("-w /etc/docker/daemon.json -p wa", "aw is not recorded"),
        ("-w /etc/docker-old -p wa", "aw is not recorded"),
        ("-w /etc/docker -p r", "aw is not recorded"),
        ("-w /etc/docker -p w", "a is not recorded"),
        ("-a always,exit -S all -F path=/etc/docker", "path= on a folder"),
        ("-a always,exit -S all -F dir=/etc/docker -F perm=wa -F uid=33", "only where uid=33"),
        ("-a always,exit -S all -F dir=/etc/docker -F success=0", "only where success=0"),
        ("-a always,exit -F arch=b64 -S open -F dir=/etc/docker", "aw is not recorded"),
        ("-a always,exit -F arch=b32 -S all -F dir=/etc/docker", "only where arch=b32"),
        ("-a never,exit -S all -F dir=/etc/docker", "never comes first"),
        ("-a always,exclude -F msgtype=PATH", "aw is not recorded"),
        ("-a always,user -F uid=1", "aw is not recorded"),
    ],
)
def test_a_rule_about_something_else_or_only_partly_does_not_watch_a_folder(rule: str, why: str) -> None:
    found = ask(loaded(rule + "\n"), "/etc/docker", folder=True)
    assert WA - found.watched
    assert why in found.reason


@pytest.mark.parametrize("key", ["-k docker files", "-k a b -k c d", "-k x"])
def test_a_key_may_have_blanks(key: str) -> None:
    assert covers(loaded(f"-w /etc/docker -p wa {key}\n-w /usr/bin/runc -p x -k other\n"), "/etc/docker", folder=True)
    rule = f"-a always,exit -S all -F dir=/etc/docker -F perm=wa {key.replace('-k ', '-F key=')}"
    assert covers(loaded(f"{rule}\n"), "/etc/docker", folder=True)


def test_a_longer_or_shorter_name_is_another_file() -> None:
    facts = loaded("-w /usr/bin/containerd-shim-runc-v2 -p rwxa\n-w /usr/bin/container -p rwxa\n")
    assert not covers(facts, "/usr/bin/containerd")
    assert not covers(facts, "/usr/bin/containerd-shim")
    assert covers(facts, "/usr/bin/containerd-shim-runc-v2", wanted=WAX)


def test_execution_is_asked_for_programs_only() -> None:
    facts = loaded("-w /usr/bin/dockerd -p wa\n")
    assert covers(facts, "/usr/bin/dockerd")
    assert ask(facts, "/usr/bin/dockerd", wanted=WAX).reason == "x is not recorded"


def test_two_rules_share_the_kinds_of_access() -> None:
    rules = (
        "-a always,exit -S all -F path=/usr/bin/dockerd -F perm=w\n"
        "-w /usr/bin/dockerd -p a\n-a always,exit -F arch=b64 -S execve -F path=/usr/bin/dockerd -F perm=x -F key=p\n"
    )
    assert covers(loaded(rules), "/usr/bin/dockerd", wanted=WAX)


def test_the_system_calls_that_auditctl_writes_out_for_perm_are_all_that_perm_means() -> None:
    listing = (
        "-a always,exit -F arch=b64 -S open,bind,truncate,ftruncate,rename,mkdir,rmdir,creat,link,unlink,symlink,chmod,"
        "fchmod,chown,fchown,lchown,mknod,acct,swapon,quotactl,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,"
        "fremovexattr,openat,mkdirat,mknodat,fchownat,unlinkat,renameat,linkat,symlinkat,fchmodat,fallocate,renameat2,"
        "openat2 -F path=/etc/docker/daemon.json -F perm=wa -F key=k\n"
    )
    assert covers(loaded(listing), "/etc/docker/daemon.json")


def test_the_first_rule_decides() -> None:
    never = "-a never,exit -S all -F path=/usr/bin/dockerd\n"
    watch = "-a always,exit -S all -F path=/usr/bin/dockerd\n"
    assert covers(loaded(watch + never), "/usr/bin/dockerd", wanted=WAX)
    assert not covers(loaded(never + watch), "/usr/bin/dockerd", wanted=WAX)
    assert not covers(loaded("-a never,exit -S all -F dir=/usr\n" + watch), "/usr/bin/dockerd", wanted=WAX)
    assert not covers(loaded("-a never,exit -S all\n" + watch), "/usr/bin/dockerd", wanted=WAX)
    assert covers(loaded("-a never,exit -S all -F auid=-1\n" + watch), "/usr/bin/dockerd", wanted=WAX)


def test_never_for_all_tasks_ends_every_watch() -> None:
    found = ask(loaded("-w /usr/bin/dockerd -p rwxa\n-a never,task\n"), "/usr/bin/dockerd", wanted=WAX)
    assert found.reason == "this rule ends the recording of all files"
    assert str(found) == "-a never,task (this rule ends the recording of all files)"
    assert covers(loaded("-w /usr/bin/dockerd -p rwxa\n-a never,task -F uid=33\n"), "/usr/bin/dockerd", wanted=WAX)


def test_leaving_out_the_system_call_records_ends_every_watch() -> None:
    facts = loaded("-w /usr/bin/dockerd -p rwxa\n-a always,exclude -F msgtype=SYSCALL\n")
    assert not covers(facts, "/usr/bin/dockerd", wanted=WAX)


def test_audit_that_is_off_watches_nothing() -> None:
    found = ask(loaded("-w /usr/bin/dockerd -p rwxa\n", "enabled 0\nfailure 1\n"), "/usr/bin/dockerd")
    assert found.reason == "the kernel's audit is switched off (enabled 0)"
    assert covers(loaded("-w /usr/bin/dockerd -p rwxa\n", "enabled 2\nfailure 1\n"), "/usr/bin/dockerd")


def test_audit_whose_state_is_not_known_is_not_decided() -> None:
    facts = loaded("-w /usr/bin/dockerd -p rwxa\n", "")
    assert facts.audit.sets.unknown == "auditctl does not say whether audit is enabled"


def test_a_listed_watch_whose_file_says_never_is_none() -> None:
    """Version 4 of auditctl prints `-a never,exit -F path=P -F perm=wa` as `-w P -p wa`."""
    listing = "-w /usr/bin/dockerd -p wxa\n"
    facts = loaded(listing, docker="-a never,exit -F path=/usr/bin/dockerd -F perm=wxa\n")
    assert not covers(facts, "/usr/bin/dockerd", wanted=WAX)
    facts = loaded(listing, docker="-a always,exit -F path=/usr/bin/dockerd -F perm=xwa -k docker\n")
    assert covers(facts, "/usr/bin/dockerd", wanted=WAX)


def test_a_listed_watch_that_its_files_hold_both_ways_is_not_decided() -> None:
    rules = "-w /usr/bin/dockerd -p wxa\n-a never,exit -F path=/usr/bin/dockerd -F perm=wxa\n"
    once = loaded("-w /usr/bin/dockerd -p wxa\n", docker=rules)
    assert not once.audit.watches(["/usr/bin/dockerd"], folder=False, wanted=WAX).is_known
    assert covers(loaded("-w /usr/bin/dockerd -p wxa\n" * 2, docker=rules), "/usr/bin/dockerd", wanted=WAX)
    turned = "".join(reversed(rules.splitlines(keepends=True)))
    assert not covers(loaded("-w /usr/bin/dockerd -p wxa\n" * 2, docker=turned), "/usr/bin/dockerd", wanted=WAX)


def test_a_listed_watch_of_a_folder_whose_file_says_path_is_not_recursive() -> None:
    facts = loaded("-w /etc/docker -p wa\n", docker="-a always,exit -F path=/etc/docker -F perm=wa\n")
    assert "use dir=" in ask(facts, "/etc/docker", folder=True).reason
    assert not covers(facts, "/etc/docker/daemon.json")
    facts = loaded("-w /etc/docker -p wa\n", docker="-a always,exit -F dir=/etc/docker -F perm=wa\n")
    assert covers(facts, "/etc/docker", folder=True)
    assert covers(facts, "/etc/docker/daemon.json")


def test_a_listed_watch_is_not_decided_where_the_files_cannot_be_read() -> None:
    facts = host(
        {
            "cmd:auditctl-l": "-w /usr/bin/dockerd -p rwxa\n",
            "cmd:auditctl-s": STATUS,
            "list:/etc/audit/rules.d": (13, ""),
            "file:/etc/audit/audit.rules": (13, ""),
        }
    )
    found = facts.audit.watches(["/usr/bin/dockerd"], folder=False, wanted=WAX)
    assert "its file is not known" in (found.unknown or "")


def test_links_in_the_folders_of_a_rule_are_resolved_and_the_last_part_is_not() -> None:
    assert covers(loaded("-w /var/run/docker.sock -p rwxa\n"), "/run/docker.sock")
    assert covers(loaded("-w /lib/systemd/system/docker.service -p wa\n"), "/usr/lib/systemd/system/docker.service")
    assert covers(loaded("-w /usr/sbin/runc -p rwxa\n"), "/usr/bin/runc")
    assert not covers(loaded("-w /var/run -p rwxa\n"), "/run/docker.sock"), "a link to a folder is watched itself"


def test_no_rules_is_an_answer() -> None:
    found = ask(loaded("No rules\n"), "/etc/docker", folder=True)
    assert str(found) == "no rule (aw is not recorded)"


def test_without_auditctl_the_files_answer() -> None:
    assert covers(persisted(docker="-w /etc/docker -p wa\n"), "/etc/docker", folder=True)
    assert covers(persisted("-w /etc/docker -p wa\n", audit="-D\n-b 8192\n"), "/etc/docker", folder=True)
    assert not covers(persisted(), "/etc/docker", folder=True)


@each_of(
    "text",
    [
        "   # -w /etc/docker -p wa\n",
        "\t#-w /etc/docker -p wa\n",
        "-w /etc/docker -p wa\n-D\n",
        "-w /etc/docker -p wa\n-W /etc/docker -p wa\n",
        "-w /etc/docker -p wa # our rule\n",
        "-w /etc/docker -p=wa\n",
        '-w "/etc/docker" -p wa\n',
        "-w etc/docker -p wa\n",
        "-e 2\n-w /etc/docker -p wa\n",
        "-w /etc/docker -p wa\n-e 0\n",
        "oops\n-w /etc/docker -p wa\n",
        "-w /etc/docker -p wa\n-A never,exit -F dir=/etc\n",
        "-a always,exit -F dir=/etc/docker -F path=/etc/docker/daemon.json\n",
        "-a maybe,exit -F dir=/etc/docker\n",
        "-a always,exit -F dir\n",
        "-a\n",
    ],
)
def test_lines_that_add_no_rule_watch_nothing(text: str) -> None:
    assert not covers(persisted(text), "/etc/docker", folder=True)


@each_of(
    "text",
    [
        "-c\noops\n-w /etc/docker -p wa\n",
        "   -w   /etc/docker   -p wa  -k docker\r\n-e 2\n",
        "-a exit,always -F dir=/etc/docker -F perm=wa -k docker\n",
        "-a always,exit -F arch=b64 -F dir=/etc/docker -F perm=wa -F key=docker\n",
        "-a never,exit -F dir=/etc\n-A always,exit -F dir=/etc/docker\n",
        "-w /etc/docker -p wa\n--loginuid-immutable\n--backlog_wait_time 60000\n-f 1\n",
        "-D\n-w/etc/docker -pwa\n",
        "-w /etc/docker -p wa\n-W /etc/docker -p r\n",
        "-w /etc/docker -p wa\n-w /etc/docker -p r -k other\n-D -k other\n",
    ],
)
def test_every_spelling_of_a_rule_is_read(text: str) -> None:
    assert covers(persisted(text), "/etc/docker", folder=True)


def test_the_files_of_rules_d_are_joined_as_augenrules_does() -> None:
    facts = persisted(**{"9-docker": "-w /etc/docker -p wa\n-e 0\n", "10-all": "-a never,exit -F dir=/etc\n-D\n-e 1\n"})
    assert covers(facts, "/etc/docker", folder=True), "9 comes before 10, -D moves to the start, and the last -e counts"
    facts = persisted(**{"10-docker": "-w /etc/docker -p wa\n", "9-all": "-a never,exit -F dir=/etc\n"})
    assert not covers(facts, "/etc/docker", folder=True)


def test_files_that_cannot_be_read_are_unknown() -> None:
    no: dict[str, Any] = {"cmd:auditctl-l": 4, "cmd:auditctl-l:err": "You must be root to run this program.\n"}
    facts = host({**no, "list:/etc/audit/rules.d": 13, "file:/etc/audit/audit.rules": 13})
    assert facts.audit.sets.unknown == "permission denied"
    facts = host({"cmd:auditctl-l": 127, "list:/etc/audit/rules.d": "a.rules\n", "file:/etc/audit/audit.rules": 2})
    assert facts.audit.sets.unknown == "the snapshot does not hold it"


@pytest.mark.parametrize("status", [2, 21])
def test_a_link_that_leads_nowhere_and_a_folder_hold_no_rules(status: int) -> None:
    rule = "-w /etc -p wa\n"
    facts = loaded(rule, **{"10-docker": rule, "20-other": ""})
    sections = {**facts.snapshot.sections}
    name = "file:/etc/audit/rules.d/20-other.rules"
    sections[name] = replace(sections[name], status=status, data=b"")
    assert covers(Facts(replace(facts.snapshot, sections=sections), facts.now), "/etc/docker", folder=True)


@pytest.mark.parametrize("answer", [124, (1, ""), "", "rubbish\n", None])
def test_an_auditctl_that_gave_no_answer_is_no_reason_to_believe_the_files(answer: Any) -> None:
    sections: dict[str, Any] = {"list:/etc/audit/rules.d": 2, "file:/etc/audit/audit.rules": "-w /etc/docker -p wa\n"}
    facts = host(sections if answer is None else {**sections, "cmd:auditctl-l": answer})
    assert not facts.audit.sets.is_known


def test_an_auditctl_that_could_not_ask_the_kernel_does_not_count() -> None:
    facts = host(
        {
            "cmd:auditctl-l": "No rules\n",
            "cmd:auditctl-l:err": "Error sending rule list data request (Operation not permitted)\n",
            "list:/etc/audit/rules.d": 2,
            "file:/etc/audit/audit.rules": "-w /etc/docker -p wa\n",
        }
    )
    assert covers(facts, "/etc/docker", folder=True)


def test_hostile_rules_are_data() -> None:
    text = "-a " + "," * 5000 + "\n" + "-F " * 3000 + "\n" + "-w " + "/a" * 40000 + "\n\x00\x01\n"
    assert not covers(persisted("-i\n" + text), "/etc/docker", folder=True)
