"""Names and accounts: hosts, the order of lookups, audit rules, releases, what every login reads."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]


def _hosts(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"hosts/{name}", "/etc/hosts", text, keeps)


def _servers(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"resolv.conf/{name}", "/etc/resolv.conf", text, keeps)


def _audit(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"audit/{name}", f"/etc/audit/rules.d/{name}.rules", text, keeps)


def _listed(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"auditctl/{name}", "cmd:auditctl-l", text, keeps)


def _login(name: str, path: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"login/{name}", path, text, keeps)


SPELLINGS: list[Spelling] = [
    _hosts("comment-after", "127.0.0.1 localhost # pw «1»\n", "127.0.0.1 localhost\n"),
    _hosts("comment-line", "# u:«1»@h\n  # «2»\n10.0.0.1 reg.example reg\n", "10.0.0.1 reg.example reg"),
    _hosts("comment-glued", "10.0.0.1 reg.example#«1»\n", "10.0.0.1 reg.example"),
    _hosts("user", "10.0.0.1 u:«1»@reg.example\n", "10.0.0.1 REDACTED"),
    _hosts("url", "10.0.0.1 https://u:«1»@reg.example/x\n", "10.0.0.1 "),
    _hosts("no-address", "password=«1» reg.example\n"),
    _hosts("no-line", "the opensesame «1»\n10.0.0.1 reg.example\n", "REDACTED\n10.0.0.1 reg.example"),
    _hosts("carriage-returns", "10.0.0.1 reg.example\r\n# «1»\r\n", "10.0.0.1 reg.example"),
    _hosts("no-line-end", "10.0.0.1 reg.example\n#«1»", "reg.example"),
    _hosts("control-characters", "10.0.0.1 reg.example\n\x01«1»\n\x02\n", "reg.example"),
    _hosts(
        "twin",
        "::1\tip6-localhost ip6-loopback\n192.0.2.7  harbor.example  harbor\n",
        "192.0.2.7 harbor.example harbor",
    ),
    Spelling("nsswitch/comment", "/etc/nsswitch.conf", "hosts: files dns # «1»\n# «2»\n", ("hosts: files dns",)),
    Spelling("nsswitch/word", "/etc/nsswitch.conf", "hosts: files u:«1»@dns\nx-«2»: files\n", ("hosts: files",)),
    Spelling(
        "nsswitch/twin",
        "/etc/nsswitch.conf",
        "hosts:          files mdns4_minimal [NOTFOUND=return] dns\n",
        ("hosts: files mdns4_minimal [NOTFOUND=return] dns",),
    ),
    _servers("comment", "# pw «1»\nnameserver 192.0.2.53 # «2»\n; «3»\n", "\nnameserver 192.0.2.53 #\n"),
    _servers(
        "comment-glued", "nameserver 192.0.2.53#«1»\nsearch a.example;«2» b.example\n", "nameserver 192.0.2.53#\n"
    ),
    _servers("no-address", "nameserver «1»\nnameserver u:«2»@192.0.2.53\n", "nameserver REDACTED\n"),
    _servers("zone", "nameserver fe80::1%«1»\nnameserver 192.0.2.53\n", "nameserver 192.0.2.53\n"),
    _servers("words", "«1» 192.0.2.53\ntoken=«2»\noptions «3» ndots:2\n", "options REDACTED ndots:2\n"),
    _servers("option-word", "options opensesame ndots:2 # «1»\n", "options REDACTED ndots:2 #\n"),
    _servers("url", "search https://u:«1»@a.example b.example\n", "search REDACTED b.example\n"),
    _servers("carriage-returns", "nameserver 192.0.2.53\r\n# «1»\r\n", "nameserver 192.0.2.53\n"),
    _servers(
        "twin",
        " nameserver fe80::1%eth0\nsearch corp.example .\noptions edns0 trust-ad timeout:2\n",
        " nameserver fe80::1%eth0\nsearch corp.example .\noptions edns0 trust-ad timeout:2\n",
    ),
    _audit("comment", "# token «1»\n-w /etc/docker -p wa -k docker\n", "-w /etc/docker -p wa -k docker"),
    _audit("key", "-w /etc/docker -k «1»\n-w /x -F key=«2»\n", "-w /etc/docker -k REDACTED"),
    _audit("key-glued", "-w/etc/docker -k«1»\n", "-w/etc/docker"),
    _audit("field", "-a always,exit -F path=/etc/docker -F exe=u:«1»@h -F x«2»=1\n", "-F path=/etc/docker"),
    _audit("words", "password=«1»\n-w /etc/docker -p «2»\n"),
    _audit("message", "-m «1»\n-m 'pw «2»'\n"),
    _audit("path-with-a-question", "-w /etc/x?token=«1» -p wa\n"),
    _audit("capital-letters", "-Z «1»\n--secret «2»\n"),
    _audit(
        "twin",
        "-D\n-b 8192\n-f 1\n-a always,exit -F arch=b64 -F auid>=1000 -F auid!=unset -S openat,unlinkat"
        " -F dir=/var/lib/docker -F perm=wa -k docker\n-a never,task\n-w /usr/bin/runc -p x -k docker_bin\n-e 2\n",
        *("-D\n", "-b 8192\n", "-a always,exit -F arch=b64 -F auid>=1000 -F auid!=unset -S openat,unlinkat"),
        *("-F dir=/var/lib/docker -F perm=wa -k docker\n", "-a never,task\n", "-e 2\n"),
    ),
    _listed(
        "key-with-blanks",
        "-w /etc/docker -p rwxa -k a «1» b\n-w /usr/bin/runc -p x -k runc\n",
        "-w /usr/bin/runc -p x -k runc",
    ),
    _listed(
        "key-field",
        "-a always,exit -S all -F dir=/etc/docker -F perm=wa -F key=«1» «2»\n",
        "-F dir=/etc/docker -F perm=wa",
    ),
    _listed("twin", "No rules\n", "No rules"),
    Spelling(
        "os-release/comment", "/etc/os-release", '# «1»\nID=debian\nVERSION_ID="13"\n', ("ID=debian", 'VERSION_ID="13"')
    ),
    Spelling("os-release/unknown", "/etc/os-release", "ID=debian\nSITE_TOKEN=«1»\nx«2»=1\n", ("ID=debian",)),
    Spelling(
        "os-release/url", "/etc/os-release", 'ID=debian\nHOME_URL="https://u:«1»@h"\nNAME="u:«2»@h"\n', ("ID=debian",)
    ),
    Spelling(
        "os-release/twin",
        "/etc/os-release",
        'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\n'
        'VERSION_ID="13"\nVERSION_CODENAME=trixie\nID=debian\n',
        ('PRETTY_NAME="Debian GNU/Linux 13 (trixie)"', "VERSION_CODENAME=trixie"),
    ),
    Spelling("subuid/comment", "/etc/subuid", "# «1»\nrun:100000:65536\n«2»\n", ("run:100000:65536",)),
    Spelling("subgid/more", "/etc/subgid", "run:100000:65536:«1»\nrun:100000:65536 # «2»\n"),
    Spelling("passwd/hash", "/etc/passwd", "root:$6$«1»:0:0:«2»:/root:/bin/sh\n", ("root:x:0:0::/root:/bin/sh",)),
    Spelling(
        "passwd/shifted",
        "/etc/passwd",
        "u:x:$6$«1»:1:a: «2»:/home:/bin/sh\nroot:x:0:0::/root:/bin/sh\n",
        ("root:x:0:0::/root:/bin/sh",),
    ),
    Spelling("passwd/as-a-name", "/etc/passwd", "$6$salt$«1»:x:1:1\nu:x:0:0:::/x?«2»\n", ("REDACTED:x:1:1",)),
    Spelling(
        "passwd/twin",
        "/etc/passwd",
        "CORP\\jo.doe-2:x:70001:70001:Jo:/home/CORP/jo@x:/usr/bin/zsh\n",
        ("CORP\\jo.doe-2:x:70001:70001::",),
    ),
    Spelling("group/shifted", "/etc/group", "docker:x:$y$«1»:a\nx:x:9:$6$s$«2»\n", ("docker:x::a",)),
    Spelling("group/twin", "/etc/group", "docker:x:999:a$,b$,CORP\\c d,e\n", ("docker:x:999:a$,b$,CORP\\c d,e",)),
    Spelling("os-release/value", "/etc/os-release", "ID=debianTOKEN=«1»\nVERSION_ID='«2»'\nNAME=x\n", ("NAME=x",)),
    Spelling("group/hash", "/etc/group", "docker:«1»:999:deploy\n", ("docker:x:999:deploy",)),
    _login("value", "/etc/environment", 'DOCKER_CONTENT_TRUST="«1»"\nTOKEN=«2»\n'),
    _login("server", "/etc/environment", "DOCKER_CONTENT_TRUST=1\nDOCKER_CONTENT_TRUST_SERVER=https://u:«1»@n\n"),
    _login("more-on-the-line", "/etc/profile.d/a.sh", "export DOCKER_CONTENT_TRUST=1 TOKEN=«1»; X=«2»\n"),
    _login("passphrase", "/etc/profile", "export DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE=«1» DOCKER_CONTENT_TRUST=1\n"),
    _login("from-the-shell", "/etc/bashrc", "export DOCKER_CONTENT_TRUST=${X:-«1»}\n"),
    _login("glued", "/etc/profile", "export DOCKER_CONTENT_TRUST=1,«1»\n"),
]
