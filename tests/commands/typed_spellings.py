"""What a user can type or keep that holds a secret, in every spelling that its reader takes or nearly takes.

In each case ``«1»`` and ``«2»`` stand for secrets, new in each run. The adversarial spellings come first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SPELLINGS", "WHOLE", "Spelling"]


@dataclass(frozen=True)
class Spelling:
    """One command line, with the files and the environment that belong to it.

    Attributes:
        name: unique.
        argv: of the command; ``@d@`` is the folder with the files.
        status: what it may end with.
        keeps: what its output still has to say.
        files: by their names in the folder.
        env: the tool's own environment.
    """

    name: str
    argv: tuple[str, ...]
    status: tuple[int, ...] = (4,)
    keeps: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


def _targets() -> list[Spelling]:
    """Targets: what stands in a URL, and what is none."""
    refused = {
        "colon": "ssh://u:«1»@web1",
        "no-user": "ssh://:«1»@web1",
        "colon-in-user": "ssh://u%3A«1»@web1",
        "percent": "ssh://u:%40«1»@web1",
        "slash": "ssh://u:a/«1»@web1",
        "question": "ssh://u:a?«1»@web1",
        "hash": "ssh://u:a#«1»@web1",
        "at": "ssh://u:a@«1»@web1",
        "bracket": "ssh://u:[«1»@web1",
        "bracket-end": "ssh://u:]«1»@web1",
        "space": "ssh://u:a «1»@web1",
        "quote": "ssh://u:'«1»@web1",
        "line": "ssh://u:a\n«1»@web1",
        "colons": "ssh://u:a:«1»@web1",
        "port-first": "ssh://u:22«1»@web1",
        "as-port": "ssh://web1:«1»",
        "path-user": "ssh://web1/u:«1»@x",
        "query": "ssh://web1?password=«1»",
        "query-flag": "ssh://web1?«1»",
        "query-semicolon": "ssh://web1?sudo=true;password=«1»",
        "query-two": "ssh://web1?sudo=true&ansible_password=«1»",
        "query-percent": "ssh://web1?pass%77ord=«1»",
        "query-key": "ssh://web1?«1»=x",
        "query-extra": "ssh://web1?ssh_extra_args=-o%20ProxyCommand=«1»",
        "query-extra-jump": "ssh://web1?ssh_extra_args=-J%20u:«1»@jump",
        "fragment": "ssh://web1#«1»",
        "safe-ssh": "safe-ssh://u:«1»@web1",
        "no-scheme": "u:«1»@web1",
        "no-scheme-port": "u:«1»@web1:22",
        "no-slashes": "ssh:u:«1»@web1",
        "one-slash": "ssh:/u:«1»@web1",
        "upper-scheme": "SSH://u:«1»@web1",
        "other-scheme": "https://u:«1»@web1/x?token=«2»",
        "scheme-is-it": "«1»://web1",
        "local": "local://u:«1»@",
        "local-query": "local://?password=«1»",
        "docker": "docker://u:«1»@app",
        "podman": "podman://u:«1»@app",
        "kubectl-token": "kubectl://pod?namespace=n&token=«1»",
        "openshift-token": "openshift://pod?token=«1»&as=«2»",
        "lxc": "lxc://u:«1»@box",
        "snapshot-url": "snapshot:https://u:«1»@web1/a?sig=«2»",
        "snapshot-scp": "snapshot:u:«1»@web1:/a",
        "rootfs-url": "rootfs:nfs://u:«1»@web1/a",
        "just-it": "«1»",
    }
    keeps = {"colon": ("ssh://u:REDACTED@web1", "password"), "kubectl-token": ("token", "namespace=n")}
    return [
        Spelling(f"target/{name}", ("collect", "-o", "@d@/o", spec), keeps=keeps.get(name, ()))
        for name, spec in refused.items()
    ]


def _reached() -> list[Spelling]:
    """Targets that are accepted: nothing of them reaches a process list, a message or a file."""
    argv = ("collect", "-o", "@d@/o", "--host-timeout", "5")
    return [
        Spelling("reached/ssh-says", (*argv, "ssh://deploy@web1"), (6,), ("ssh://deploy@web1",)),
        Spelling("reached/docker-says", (*argv, "docker://app"), (6,), ("docker://app",)),
        Spelling("reached/kubectl-says", (*argv, "kubectl://pod?namespace=n"), (6,), ("kubectl://pod?namespace=n",)),
        Spelling("reached/sudo-says", (*argv, "--sudo", "ssh://web1"), (6,), ("ssh://web1",)),
        Spelling("reached/proxies", (*argv, "ssh://web1"), (6,), env={"http_proxy": "http://u:«1»@127.0.0.1:9", "HTTPS_PROXY": "u:«2»@127.0.0.1:9"}),
        Spelling("reached/secrets", (*argv, "ssh://web1"), (6,), env={"SITE_NOTE": "«1»", "GITHUB_TOKEN": "«2»"}),
        Spelling("reached/secrets-docker", (*argv, "docker://app"), (6,), env={"AWS_SECRET_ACCESS_KEY": "«1»", "DOCKER_AUTH_CONFIG": "«2»"}),
        Spelling("reached/docker-host", (*argv, "docker://app"), (6,), env={"DOCKER_HOST": "tcp://u:«1»@h:2375", "CONTAINER_HOST": "ssh://u:«2»@h/x?y=«2»"}),
    ]  # fmt: skip


def _options() -> list[Spelling]:
    """Options: in both forms, abbreviated, repeated, misspelt."""
    engines = (
        "tcp://u:«1»@127.0.0.1:2375",
        "tcp://:«1»@127.0.0.1:2375",
        "tcp://u%3A«1»%40127.0.0.1",
        "u:«1»@127.0.0.1:2375",
        "ssh://u:«1»@h",
        "ssh://u:a/«1»@h",
        "unix://u:«1»@/var/run/docker.sock",
        "unix:///run/docker.sock?token=«1»",
        "unix:///run/docker.sock#«1»",
        "tcp://127.0.0.1:2375?token=«1»",
        "tcp://127.0.0.1:2375#«1»",
        "tcp://127.0.0.1:«1»",
        "https://u:«1»@h:2376",
        "fd://«1»",
        "«1»",
        "tcp://u:'; echo «1»'@h",
    )
    registries = (
        "u:«1»@127.0.0.1:5000",
        "https://u:«1»@h",
        "https://h/?x=«1»",
        "h:5000/«1»",
        "h:«1»",
        "u:a/«1»@h",
        "u%3A«1»%40h",
        "h #«1»",
        "«1»@h",
        "h,u:«1»@i",
    )
    made = [
        Spelling(f"docker-host/{number}", ("collect", "-o", "@d@/o", "--docker-host", text))
        for number, text in enumerate(engines)
    ]
    made += [
        Spelling(f"docker-host-probe/{number}", ("probe", f"--docker-host={text}"))
        for number, text in enumerate(engines)
    ]
    made += [Spelling(f"registry/{number}", ("probe", "--registry", text)) for number, text in enumerate(registries)]
    readers = (
        *("https://u:«1»@h/«2»", "https://h/«1»#«2»", "https://u:12/«1»@h/", "slack+ftp://h/«1»", "«1»://h/«2»"),
        *(
            "smtp://u:«1»@h/?to=a@b",
            "smtp://h/?to=«1»@b&key=«2»",
            "exec:/nowhere/«1» «2»",
            "env:«1»",
            "https://«1»@h?«2»",
        ),
    )
    made += [Spelling(f"notify/{number}", ("check", "--notify", text)) for number, text in enumerate(readers)]
    made += [Spelling(f"notify-equals/{number}", ("check", f"--notify={text}")) for number, text in enumerate(readers)]
    made += [
        Spelling(f"registry-config/{number}", ("config", "show", f"--registry={text}"))
        for number, text in enumerate(registries)
    ]
    references = (
        "u:«1»@127.0.0.1:5000/x:1",
        "https://u:«1»@h/x",
        "h/x?token=«1»",
        "u:a/«1»@h/x",
        "h/x@«1»",
        "u%3a«1»%40h/x",
        "«1»@h/x@sha256:" + 64 * "0",
        "h/x#«1»",
    )
    made += [Spelling(f"reference/{number}", ("trust", text)) for number, text in enumerate(references)]
    made += [
        Spelling(f"reference-json/{number}", ("trust", "--format=json", text)) for number, text in enumerate(references)
    ]
    return [*made, *_words()]  # fmt: skip


def _words() -> list[Spelling]:
    """Values where a word is wanted, and words where nothing is."""
    lines = {
        "unknown-option": ("check", "--token", "«1»"),
        "unknown-option-equals": ("check", "--token=«1»"),
        "unknown-short": ("check", "-t«1»"),
        "unknown-option-collect": ("collect", "--password", "«1»", "--user=«2»"),
        "ambiguous": ("check", "--s=«1»"),
        "ambiguous-word": ("check", "--s", "«1»"),
        "flag-with-value": ("check", "--ask-sudo-password=«1»"),
        "flag-with-value-short": ("check", "--sudo=«1»"),
        "choice": ("list", "--format", "«1»"),
        "choice-equals": ("trust", "x", "--format=«1»"),
        "choice-quotes": ("diff", "a", "b", "--fail-on", "'«1»' (choose from x)"),
        "command": ("«1»",),
        "command-equals": ("--password=«1»",),
        "check": ("list", "--check", "«1»"),
        "topic": ("list", "--topic=«1»"),
        "refs": ("list", "--refs", "«1»"),
        "severity": ("list", "--severity", "«1»"),
        "explain": ("explain", "«1»"),
        "fail-on": ("check", "--fail-on", "«1»"),
        "report": ("check", "--report", "«1»=x"),
        "at": ("check", "--at", "«1»"),
        "forks": ("check", "--forks", "«1»"),
        "host-timeout": ("check", "--host-timeout=«1»"),
        "engine": ("trust", "x", "--engine", "x«1»"),
        "profile-url": ("check", "--profile", "https://u:«1»@h/p.yaml?x=«2»"),
        "inventory-list": ("check", "--inventory", "u:«1»@web1,"),
        "docker-host-abbreviated": ("check", "--docker", "tcp://u:«1»@h"),
        "registry-abbreviated": ("collect", "-o", "@d@/o", "--reg=u:«1»@h"),
        "rest": ("collect", "--", "--token=«1»"),
    }
    return [Spelling(f"word/{name}", argv) for name, argv in lines.items()]


def _inventories() -> list[Spelling]:
    """Inventories: a mistake is told with its place and never with its value."""
    ini = {
        "port": "web1 ansible_port=«1»\n",
        "port-colon": "web1:«1» ansible_port=x\n",
        "connection": "web1 ansible_connection=«1»\n",
        "host": "web1 ansible_host=u:«1»@h\n",
        "name": "u:«1»@web1 ansible_port=1\n",
        "user": "web1 ansible_user=u:«1»\n",
        "quote": "web1 ansible_password='«1»\n",
        "no-equals": "web1 ansible_password «1»\n",
        "section": "[web\nansible_password=«1»\n",
        "section-word": "[«1»\nweb1\n",
        "range": "web[a:«1»]\n",
        "common": "web1 ansible_ssh_common_args='-o ProxyCommand=\"sshpass -p «1» ssh -W %h:%p j\"'\n",
        "common-nc": "web1 ansible_ssh_common_args='-o ProxyCommand=\"nc -X connect -x u:«1»@p:1 %h %p\"'\n",
        "common-jump": "web1 ansible_ssh_common_args='-J u:«1»@jump'\n",
        "common-two-jumps": "web1 ansible_ssh_extra_args='-o ProxyJump=a@j1:22,u:«1»@j2'\n",
        "common-env": "web1 ansible_ssh_args='-o SetEnv=TOKEN=«1»'\n",
        "common-command": "web1 ansible_ssh_extra_args='-o LocalCommand=«1»'\n",
        "common-word": "web1 ansible_ssh_extra_args='«1»'\n",
        "common-quote": "web1 ansible_ssh_extra_args='-o \"«1»'\n",
        "executable": "web1 ansible_ssh_executable='/usr/bin/sshpass -p «1» ssh'\n",
        "become": "web1 ansible_become=yes ansible_become_method=«1»\n",
        "nothing": "# ansible_password=«1»\n",
    }
    yml = {
        "alias": "all: {hosts: {web1: {ansible_password: *«1»}}}\n",
        "anchor-twice": "a: &«1» 1\nb: *«2»\n",
        "tag": "all: !«1» {hosts: {}}\n",
        "no-mapping": "all: {vars: [«1»]}\n",
        "group": "«1»: «2»\n",
        "key-of-secret": "ansible_password: «1»\n",
        "port": "all: {hosts: {web1: {ansible_port: «1»}}}\n",
        "unclosed": "all: {hosts: {web1: {ansible_password: '«1»\n",
        "escape": 'all: {hosts: {web1: {ansible_password: "\\q«1»"}}}\n',
        "host": "all: {hosts: {'u:«1»@web1': {}}}\n",
        "tab": "all:\n\t«1»: 1\n",
        "huge": "all: {vars: {ansible_port: " + 5000 * "9" + "}}\n#«1»",
        "date": "all: {vars: {x: 2026-99-99, y: «1»}}\n",
    }
    made = [
        Spelling(
            f"inventory/{name}",
            ("collect", "-o", "@d@/o", "--inventory", "@d@/hosts"),
            keeps=("@d@/hosts",),
            files={"hosts": text},
        )
        for name, text in ini.items()
    ]
    made += [
        Spelling(
            f"inventory-yaml/{name}",
            ("collect", "-o", "@d@/o", "--inventory", "@d@/hosts.yml"),
            keeps=("@d@/hosts.yml",),
            files={"hosts.yml": text},
        )
        for name, text in yml.items()
    ]
    reached = "[web]\nweb1 ansible_host=127.0.0.1 ansible_port=1 ansible_user=u ansible_password=«1» ansible_become_password='«2»'\n"
    made += [
        Spelling(
            "inventory/reached",
            ("collect", "-o", "@d@/o", "--inventory", "@d@/hosts"),
            (6,),
            ("web1",),
            {"hosts": reached},
        ),
        Spelling(
            "inventory/vars",
            ("collect", "-o", "@d@/o", "--inventory", "@d@/hosts"),
            (6,),
            ("web1",),
            {"hosts": "web1\n[all:vars]\nansible_password=«1»\nproxy=http://u:«2»@p\n"},
        ),
        Spelling(
            "inventory-yaml/reached",
            ("collect", "-o", "@d@/o", "--inventory", "@d@/hosts.yml"),
            (6,),
            ("web1",),
            {"hosts.yml": "all: {vars: {ansible_password: «1», api_token: «2»}, hosts: {web1: {ansible_port: 1}}}\n"},
        ),
    ]
    return made  # fmt: skip


def _profiles() -> list[Spelling]:
    """Profiles and waivers: unknown keys, wrong values, mistakes of YAML."""
    texts = {
        "unknown-param": "params:\n  harbor.api-password: «1»\n  daemon.note: «2»\n",
        "unknown-key": "password: «1»\n",
        "key-is-it": "«1»: x\n",
        "param-is-it": "params: {«1»: x}\n",
        "severity": "severity: {daemon.icc-disabled: «1»}\n",
        "severity-of": "severity: {«1»: high}\n",
        "select": "select: [«1»]\n",
        "extends": "extends: https://u:«1»@h/base?x=«2»\n",
        "extends-name": "extends: «1»\n",
        "extends-names": "extends: [debian-13, '«1» x']\n",
        "registry": "params: {registries: ['u:«1»@h']}\n",
        "number": "params: {max_stopped_containers: «1»}\n",
        "literal": "params: {container_states: «1»}\n",
        "version": "params: {min_engine_version: «1»}\n",
        "nested-key": "params: {certificate_days_left: {«1»: 3}}\n",
        "mapping-key": "params: {container_allowed_ulimits: {«1»: 3}}\n",
        "date": "params: {maintained_engines: {as_of: «1»}}\n",
        "alias": "params: *«1»\n",
        "tag": "params: !«1» {}\n",
        "twice": "«1»: 1\n«1»: 2\n",
        "unclosed": "params: {registries: ['«1»\n",
        "escape": 'description: "\\q«1»"\n',
        "waiver-date": "waivers:\n  - {check: kernel.namespace, reason: r, owner: o, expires: «1»}\n",
        "waiver-key": "waivers:\n  - {check: kernel.namespace, reason: r, owner: o, expires: 2027-01-01, token: «1»}\n",
        "waiver-check": "waivers:\n  - {check: «1», reason: r, owner: o, expires: 2027-01-01}\n",
        "waiver-type": "waivers:\n  - «1»\n",
        "attestation": "attestations: {password: «1»}\n",
    }
    made = [
        Spelling(
            f"profile/{name}", ("check", "--profile", "@d@/p.yaml"), keeps=("@d@/p.yaml:",), files={"p.yaml": text}
        )
        for name, text in texts.items()
    ]
    made += [
        Spelling(
            f"profile-list/{name}", ("list", "--profile", "@d@/p.yaml"), keeps=("@d@/p.yaml:",), files={"p.yaml": text}
        )
        for name, text in texts.items()
    ]
    show = ("config", "show", "--profile", "@d@/p.yaml")
    free = "params:\n  custom: {password: «1», list: [«1»], «2»: 1, limit: 3}\n"
    evidence = "waivers:\n  - {check: kernel.namespace, reason: 'see https://u:«1»@wiki/x?token=«2»', owner: o, expires: 2027-01-01}\n"
    made += [
        Spelling("config/custom", show, (0,), ("custom", "password"), {"p.yaml": free}),
        Spelling("config/custom-json", (*show, "--format", "json"), (0,), ("custom", "password"), {"p.yaml": free}),
        Spelling("config/description", show, (0,), (), {"p.yaml": "description: 'https://u:«1»@h/?q=«2»'\n"}),
        Spelling(
            "config/sources",
            show,
            (0,),
            ("harbor.example.com",),
            {"p.yaml": "params: {image_approved_sources: ['https://u:«1»@harbor.example.com/x']}\n"},
        ),
        Spelling("config/waivers-json", (*show, "--format", "json"), (0,), ("wiki/x",), {"p.yaml": evidence}),
        Spelling("waivers/check", ("waivers", "check", "@d@/w.yaml"), (0,), ("wiki/x",), {"w.yaml": evidence}),
        Spelling(
            "waivers/key", ("waivers", "check", "@d@/w.yaml"), (4,), ("@d@/w.yaml:1",), {"w.yaml": "password: «1»\n"}
        ),
        Spelling(
            "waivers/date",
            ("waivers", "check", "@d@/w.yaml"),
            (4,),
            ("@d@/w.yaml:1",),
            {"w.yaml": "- {check: kernel.namespace, reason: r, owner: o, expires: «1»}\n"},
        ),
    ]
    return made  # fmt: skip


def _kept() -> list[Spelling]:
    """Results, snapshots and check files that are none."""
    return [
        Spelling("results/text", ("report", "@d@/r.json", "--format", "json"), keeps=("@d@/r.json:1",), files={"r.json": "«1»"}),
        Spelling("results/version", ("report", "@d@/r.json", "--format", "json"), keeps=("@d@/r.json:1",), files={"r.json": '{"schema_version":"«1»","results":[]}'}),
        Spelling("results/json", ("diff", "@d@/r.json", "@d@/r.json"), keeps=("@d@/r.json:2",), files={"r.json": '{"results":\n«1»}'}),
        Spelling("results/format", ("report", "@d@/r.json", "--format", "«1»"), files={"r.json": "{}"}),
        Spelling("snapshot/text", ("check", "snapshot:@d@/s"), keeps=("@d@/s",), files={"s": "password=«1»\n"}),
        Spelling("snapshot/version", ("check", "snapshot:@d@/s"), keeps=("@d@/s",), files={"s": "dockworthy-snapshot 1 «1»\n"}),
        Spelling("checks/raises", ("list", "--checks", "@d@"), keeps=("c.py:1",), files={"c.py": "raise ValueError('«1»')\n"}),
        Spelling("checks/imports", ("list", "--checks", "@d@"), keeps=("c.py:1",), files={"c.py": "import «1»\n"}),
        Spelling("checks/syntax", ("list", "--checks", "@d@"), keeps=("c.py:1",), files={"c.py": "def f(«1», «1»): pass\n"}),
        Spelling("checks/string", ("check", "--checks", "@d@"), keeps=("c.py:1",), files={"c.py": "x = '«1»\n"}),
    ]  # fmt: skip


SPELLINGS = [*_targets(), *_options(), *_inventories(), *_profiles(), *_kept(), *_reached()]

# Whole runs, each in a process of its own.
WHOLE = [
    Spelling("check/this-host", ("check", "--profile", "base", "--topic", "kernel"), (0, 1, 6), env={"http_proxy": "http://u:«1»@127.0.0.1:9", "SITE_NOTE": "«2»"}),
    Spelling("check/ssh", ("check", "--topic", "kernel", "--host-timeout", "5", "ssh://u@127.0.0.1:1"), (6,), env={"AWS_PROFILE": "x", "TOKEN": "«1»"}),
    Spelling("check/inventory", ("check", "--topic", "kernel", "--host-timeout", "5", "--inventory", "@d@/hosts"), (6,), ("w1",), {"hosts": "w1 ansible_host=127.0.0.1 ansible_port=1 ansible_password=«1» ansible_become_password='«2»'\n"}),
    Spelling("check/pytest-argument", ("check", "docker://here", "--topic", "kernel", "--", "--api-key=«1»"), (4,)),
    Spelling("check/pytest-option", ("check", "docker://here", "--topic", "kernel", "--profile", "base", "--", "-o", "console_output_style=«1»"), (0, 1, 4, 6)),
    Spelling("check/waiver", ("check", "docker://here", "--topic", "kernel", "--waivers", "@d@/w.yaml"), (0, 1, 6), (), {"w.yaml": "- {check: kernel.namespace, reason: 'https://u:«1»@h/x?t=«2»', owner: o, expires: 2099-01-01}\n"}),
    Spelling("check/custom", ("check", "docker://here", "--topic", "kernel", "--profile", "@d@/p.yaml"), (0, 1, 6), (), {"p.yaml": "description: 'http://u:«1»@h'\nparams: {custom: {password: «2»}}\n"}),
    Spelling("collect/this-host", ("collect", "-o", "@d@/o"), (0,), env={"SITE_NOTE": "«1»", "AWS_SECRET_ACCESS_KEY": "«2»", "DOCKER_HOST": "tcp://u:«1»@127.0.0.1:9"}),
    Spelling("trust/this-host", ("trust", "127.0.0.1:1/x"), (1, 6), env={"HTTPS_PROXY": "u:«1»@127.0.0.1:9", "SITE_NOTE": "«2»"}),
    Spelling("trust/reference", ("trust", "u:«1»@127.0.0.1:1/x"), (4,)),
    Spelling("probe/docker-host", ("probe", "--docker-host", "ssh://u:«1»@h"), (4,)),
    Spelling("collect/salt", ("collect", "-o", "@d@/o", "--host-timeout", "20", "paramiko://u:«1»@127.0.0.1:1"), (6,), ("paramiko://u:REDACTED@127.0.0.1:1",), env={"SITE_NOTE": "«2»"}),
]  # fmt: skip
