"""What the probe tells of apt's settings, needrestart's and saved rules is what their own programs make of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.boot.aptconf import apt_conf
from dockworthy.snapshot import FORMAT, Section, Snapshot, parse_snapshot
from tests.checks.engine.base import good
from tests.hosts import host
from tests.probe.carrying import after_the_functions
from tests.probe.world import SHELLS, missing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Each is a folder of files, in the spellings that apt.conf(5) has.
APT: dict[str, Mapping[str, str]] = {
    "debian": {
        "20auto-upgrades": 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n',
        "50unattended-upgrades": "// a comment\nUnattended-Upgrade::Origins-Pattern {\n        // another\n"
        '        "origin=Debian,codename=${distro_codename},label=Debian";\n'
        '//      "origin=Debian,codename=${distro_codename}-updates";\n'
        '        "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";\n};\n'
        'Unattended-Upgrade::Package-Blacklist {\n    // "linux-";\n    "docker";\n};\n',
    },
    "later-wins": {
        "10periodic": 'APT::Periodic::Unattended-Upgrade "1";\n',
        "99off": 'APT::Periodic::Unattended-Upgrade "0";\n',
    },
    "blocks": {"10a": 'APT { Periodic { Unattended-Upgrade "1"; Enable "0"; }; };\n'},
    "no-quotes": {
        "10a": "APT::Periodic::Unattended-Upgrade 1;\nUnattended-Upgrade::Package-Blacklist { docker; containerd; }\n"
    },
    "one-line": {"10a": 'Unattended-Upgrade::Allowed-Origins { "a:b"; "c:d"; }; APT::Periodic::Enable "1";\n'},
    "over-lines": {
        "10a": 'APT::Periodic::Unattended-Upgrade\n  "1"\n;\nUnattended-Upgrade::Package-Blacklist\n{\n"x"\n;\n}\n;\n'
    },
    "appended": {
        "10a": 'Unattended-Upgrade::Package-Blacklist:: "one";\nUnattended-Upgrade::Package-Blacklist:: "two";\n',
        "20b": 'Unattended-Upgrade::Package-Blacklist { "three"; };\n',
    },
    "cleared": {
        "10a": 'Unattended-Upgrade::Package-Blacklist { "one"; };\nAPT::Periodic::Enable "1";\n',
        "20b": "#clear Unattended-Upgrade::Package-Blacklist;\n#clear APT::Periodic::Enable;\n",
        "30c": 'Unattended-Upgrade::Package-Blacklist { "two"; };\n',
    },
    "letters": {"10a": 'apt::periodic::UNATTENDED-upgrade "1";\nunattended-upgrade::package-BLACKLIST { "x"; };\n'},
    "comments": {
        "10a": '# APT::Periodic::Enable "0";\n/* APT::Periodic::Enable "0";\n*/ APT::Periodic::Enable "1"; // "0"\n'
        'APT::Periodic::Unattended-Upgrade "1"; # "0"\nUnattended-Upgrade::Package-Blacklist { "a//b"; "c#d"; };\n',
    },
    "others": {"10a": 'Acquire::Retries "3";\nDPkg::Post-Invoke { "echo APT::Periodic::Enable 0;"; };\n'},
    "named": {
        "10a": 'Unattended-Upgrade::Allowed-Origins::here "a:b";\nUnattended-Upgrade::Allowed-Origins::here "c:d";\n'
    },
    "ignored-names": {"10a.bak": 'APT::Periodic::Enable "0";\n', "10b.conf": 'APT::Periodic::Enable "1";\n'},
}
SCALARS = ("APT::Periodic::Unattended-Upgrade", "APT::Periodic::Enable")
LISTS = tuple(f"Unattended-Upgrade::{name}" for name in ("Origins-Pattern", "Allowed-Origins", "Package-Blacklist"))


def told(folder: Path, *paths: str) -> dict[str, Section]:
    """What the probe tells of files that lie below a folder, by their paths on the host."""
    lines = f'start\nset -- {" ".join(folder.as_posix() + path for path in paths)}\nline_files "$@"\n'
    done = after_the_functions(SHELLS["dash"], lines)
    assert done.stderr == b""
    found = parse_snapshot(b"dockworthy-snapshot %d 0\n" % FORMAT + done.stdout, "probe").sections
    listed = Section("cmd:next-files", 0, "".join(f"{path}\n" for path in paths).encode())
    return {listed.name: listed, **{name.replace(str(folder), "", 1): section for name, section in found.items()}}


def test_apts_settings_are_read_as_apt_reads_them(tmp_path: Path) -> None:
    assert shutil.which("apt-config") is not None
    wrong = {}
    for case, files in APT.items():
        folder = tmp_path / case / "etc/apt/apt.conf.d"
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(text)
        read = [name for name in sorted(files) if re.fullmatch(r"[\w-]+(\.conf)?", name)]
        sections = told(tmp_path / case, *(f"/etc/apt/apt.conf.d/{name}" for name in read))
        ours = apt_conf(Snapshot("test", _renamed(sections), truncated=False, sha256="0" * 64))
        dumped = _dumped(folder)
        mine: dict[str, object] = {key: found.text if (found := ours.scalar(key).value) else None for key in SCALARS}
        mine |= {key: [one.text for one in ours.values(key).value] for key in LISTS}
        if mine != dumped:
            wrong[case] = (mine, dumped)
    assert wrong == {}


def _renamed(sections: Mapping[str, Section]) -> dict[str, Section]:
    return {name: Section(name, section.status, section.data) for name, section in sections.items()}


def _dumped(folder: Path) -> dict[str, object]:
    """The same of ``apt-config dump``, of which the keys' letters do not count."""
    start = folder.parent / "start.conf"
    start.write_text(f'Dir::Etc::parts "{folder}";\nDir::Etc::main "none";\n')
    environment = {"PATH": "/usr/bin:/bin", "APT_CONFIG": str(start), "LC_ALL": "C"}
    own = subprocess.run(["apt-config", "dump"], env=environment, capture_output=True, text=True, check=True)
    pairs = [
        (found[1], found[2]) for line in own.stdout.splitlines() if (found := re.fullmatch(r'(\S+) "(.*)";', line))
    ]
    result: dict[str, object] = dict.fromkeys(SCALARS) | {key: [] for key in LISTS}
    for key, value in pairs:
        for name in SCALARS:
            if key.lower() == name.lower():
                result[name] = value or None  # what is cleared is there without a value
        for name in LISTS:
            if key.lower().startswith(f"{name.lower()}::"):
                result[name] = [*result[name], value]  # type: ignore[misc]
    return result


PERL = """
our %nrconf = (restart => 'i', defno => 0, blacklist_rc => [], override_rc => {});
do $_ for @ARGV;
print "restart $nrconf{restart}\\n";
for my $unit (qw(docker.service containerd.service dbus.service)) {
    my @said = map { $nrconf{override_rc}{$_} } grep { $unit =~ /$_/ } sort keys %{$nrconf{override_rc}};
    my $black = grep { $unit =~ /$_/ } @{$nrconf{blacklist_rc}};
    print "$unit ", ($black ? 0 : @said ? $said[0] : !$nrconf{defno} ? 1 : 0), "\\n";
}
"""
NEEDRESTART: list[tuple[str, ...]] = [
    ("$nrconf{restart} = 'a';\n",),
    ('$nrconf{restart} = "l";  # list\n',),
    (
        (
            "$nrconf{'restart'} = 'a';\n$nrconf{override_rc} = {\n    # DBus\n    qr(^dbus) => 0,\n"
            "    qr(^docker) => 0,\n};\n"
        ),
    ),
    ("$nrconf{restart} = 'a';\n$nrconf{override_rc} = { qr(^dbus) => 0, qr/^(docker|containerd)/ => 0 };\n",),
    (
        "$nrconf{restart} = 'a';\n$nrconf{override_rc} = {\n  qr(^docker) => 0,\n};\n",
        "$nrconf{override_rc}{qr(^containerd)} = 0;\n$nrconf{override_rc}->{qr{^docker}} = 1;\n",
    ),
    ("$nrconf{restart} = 'a';\n", "$nrconf{override_rc} = {\n};\n$nrconf{restart} = 'i';\n"),
    ("$nrconf{restart} = 'a';\n$nrconf{blacklist_rc} = [\n    qr(^docker\\.service$),\n];\n",),
    ("$nrconf{restart} = 'a';\npush @{$nrconf{blacklist_rc}}, qr(^containerd), qr!^docker!;\n",),
    ("$nrconf{restart} = 'a';\n$nrconf{defno} = 1;\n",),
    ("# $nrconf{restart} = 'a';\n=pod\n\n$nrconf{restart} = 'a';\n\n=cut\n",),
    ("$nrconf{restart} = 'a';\n__END__\n$nrconf{restart} = 'l';\n",),
    (
        (
            "$nrconf{restart} = 'a';\n$nrconf{override_rc} = {\n    qr(^(open|free)swan) => 0,\n"
            "    qr(^dbus(-broker)?\\.service$) => 0,\n};\n"
        ),
    ),
]


def test_needrestarts_settings_are_read_as_perl_reads_them(tmp_path: Path) -> None:
    program = tmp_path / "program.pl"
    program.write_text(PERL)
    wrong = {}
    for number, texts in enumerate(NEEDRESTART):
        folder = tmp_path / str(number)
        names = [
            "/etc/needrestart/needrestart.conf",
            *(f"/etc/needrestart/conf.d/{at}.conf" for at in range(len(texts) - 1)),
        ]
        for name, text in zip(names, texts, strict=True):
            file = folder / name[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        said = subprocess.run(
            ["perl", str(program), *(str(folder / name[1:]) for name in names)],
            capture_output=True,
            text=True,
            check=True,
        )
        sections = {name: (one.status, one.text) for name, one in told(folder, *names).items()}
        found = host({**good(), "file:/etc/os-release": "ID=debian\n", **sections}).needrestart
        mine = f"restart {found.mode.value}\n"
        for unit in ("docker.service", "containerd.service", "dbus.service"):
            mine += f"{unit} {int(found.restarts(unit).value)}\n"
        if mine != said.stdout:
            wrong[number] = (mine, said.stdout)
    assert wrong == {}


@pytest.mark.parametrize("shell", ["dash", "bash", "ash"])
def test_units_that_run_containers_are_told_by_what_they_start(shell: str, tmp_path: Path) -> None:
    units = {
        "web.service": "[Service]\nExecStart=/usr/bin/docker start -a web\n",
        "run.service": "[Service]\nExecStartPre=-/usr/bin/docker rm -f old\nExecStart=/usr/bin/docker run --rm \\\n"
        "  -e PASSWORD=CANARY --name=%N -p 80:80 nginx\n",
        "full.service": "[Service]\nExecStart=/usr/bin/docker run --name %n redis\n",
        "app@.service": "[Service]\nExecStart=docker start %i\n",
        "stack.service": "[Service]\nWorkingDirectory=/srv/stack\nExecStart=/usr/bin/docker compose up -d\n",
        "file.service": "[Service]\nExecStart=/usr/bin/docker-compose -f /srv/one/compose.yml -p one up\n",
        "path.service": "[Service]\nExecStart=docker compose --file /srv/two/compose.yml up -d\n",
        "shell.service": "[Service]\nExecStart=/bin/sh -c 'docker run -d nginx CANARY'\n",
        "nameless.service": "[Service]\nExecStart=/usr/bin/docker run nginx CANARY\n",
        "down.service": "[Service]\nExecStop=/usr/bin/docker compose down\n",
        "prune.service": "[Service]\nExecStart=/usr/bin/docker system prune -f\n",
        "other.service": "[Service]\nExecStart=/usr/bin/sleep 1\n# ExecStart=docker start CANARY\n",
    }
    for name, text in units.items():
        (tmp_path / name).write_text(text)
    lines = 'awk "${CARRY_AWK#"$TEXTS_AWK"}$CONTAINER_UNITS_AWK" ' + " ".join(str(tmp_path / name) for name in units)
    done = after_the_functions(SHELLS[shell], f"start\n{lines}")
    assert done.stderr == b""
    assert done.stdout.decode().splitlines() == [
        "web.service name web",
        "run.service name run",
        "full.service name full.service",
        "app@.service name %i",
        "stack.service folder /srv/stack",
        "file.service project one",
        "path.service folder /srv/two",
        "shell.service unclear ",
        "nameless.service unclear ",
    ]


def test_a_kernel_is_known_by_its_release_where_boot_loaders_look(tmp_path: Path) -> None:
    """One whose name has no release may be of any: then nothing is taken for what a removal left."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    plain, newer = "6.12.43-amd64", "6.12.48-amd64"
    cases: dict[str, tuple[tuple[str, ...], str]] = {
        "files": ((f"boot/vmlinuz-{plain}", f"boot/vmlinuz-{newer}"), "2 image"),
        "a folder left": ((f"boot/vmlinuz-{plain}",), "1 -"),
        "one file for both": ((f"boot/vmlinuz-{plain}", f"boot/EFI/Linux/abc-{newer}.efi"), "2 image"),
        "entries": ((f"boot/0a/{plain}/linux", f"boot/efi/0a/{newer}/linux"), "2 image"),
        "without a release": (("boot/vmlinuz-lts", "boot/vmlinuz-0-rescue-0a"), "0 -"),
    }
    lines = 'mount --make-rprivate /\nfor D in boot lib/modules; do mount --bind "$1/$D" "/$D"; done\n'
    lines += f"start\nRELEASE={plain}\nnext_kernels\n"
    for case, (files, expected) in cases.items():
        folder = tmp_path / case
        for release in (plain, newer):
            (folder / "lib/modules" / release / "kernel").mkdir(parents=True)
        (folder / "boot").mkdir()
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text("")
        done = after_the_functions(["unshare", "--mount", *SHELLS["dash"]], lines, str(folder))
        assert done.stderr == b"", case
        seen = parse_snapshot(b"dockworthy-snapshot %d 0\n" % FORMAT + done.stdout, "probe")
        words = seen["cmd:next-kernels"].text.split()
        assert f"{words[words.index('images') + 1]} {words[words.index(newer) + 1]}" == expected, case
