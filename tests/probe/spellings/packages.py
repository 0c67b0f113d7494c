"""Where packages come from: apt in both its forms, yum and zypper."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]


def _list(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"apt/{name}", f"/etc/apt/sources.list.d/{name}.list", text, keeps)


def _sources(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"deb822/{name}", f"/etc/apt/sources.list.d/{name}.sources", text, keeps)


def _repo(name: str, text: str, *keeps: str) -> Spelling:
    return Spelling(f"yum/{name}", f"/etc/yum.repos.d/{name}.repo", text, keeps)


SPELLINGS: list[Spelling] = [
    Spelling(
        "apt/main-file",
        "/etc/apt/sources.list",
        "deb https://u:«1»@repo.example/x s main\n",
        ("@repo.example/x s main",),
    ),
    _list(
        "user-and-password",
        "deb https://u:«1»@repo.example/x stable main\n",
        "deb https://REDACTED@repo.example/x stable main",
    ),
    _list(
        "user-alone",
        "deb [arch=amd64] https://«1»@repo.example y main\n",
        "deb [arch=amd64] https://REDACTED@repo.example y main",
    ),
    _list("slash-in-password", "deb https://u:a/«1»@repo.example/x s main\n"),
    _list("at-in-password", "deb https://u:a@«1»@repo.example/x s main\n"),
    _list("question-in-password", "deb https://u:a?«1»@repo.example/x s main\n"),
    _list("percent", "deb https://u%3A«1»%40repo.example/x s main\n"),
    _list("no-scheme", "deb u:«1»@repo.example/x s main\n"),
    _list("query", "deb https://repo.example/x?token=«1» s main\n", "https://repo.example/x"),
    _list("fragment", "deb https://repo.example/x#«1» s main\n", "https://repo.example/x"),
    _list(
        "comment-line",
        "# deb https://u:«1»@repo.example/x s main\ndeb http://repo.example/x s main\n",
        "deb http://repo.example/x s main",
    ),
    _list("comment-after", "deb http://repo.example/x s main # «1»\n", "deb http://repo.example/x s main"),
    _list(
        "option",
        "deb [arch=amd64 token=«1» signed-by=/etc/apt/keyrings/a.asc] http://repo.example/x s main\n",
        "signed-by=/etc/apt/keyrings/a.asc",
    ),
    _list("option-url", "deb [signed-by=https://u:«1»@h/k] http://repo.example/x s main\n"),
    _list("component", "deb http://repo.example/x s «1»\n"),
    _list("source-package", "deb-src https://u:«1»@repo.example/x s main\n", "deb-src https://REDACTED@repo.example/x"),
    _list("method-with-a-plus", "deb mirror+https://u:«1»@repo.example/x s main\n"),
    _list("proxy-method", "deb tor+http://u:«1»@repo.example/x s main\n"),
    _list("no-source", "password «1»\n"),
    _list("tab", "deb\thttps://u:«1»@repo.example/x\ts\tmain\n", "repo.example"),
    _list("carriage-returns", "deb https://u:«1»@repo.example/x s main\r\n", "@repo.example/x s main"),
    _list("no-line-end", "deb https://u:«1»@repo.example/x s main", "@repo.example/x s main"),
    _list("open-bracket", "deb [ arch=amd64 token=«1» http://repo.example/x s main\n"),
    _list("cdrom", "deb cdrom:[«1»]/ s main\n"),
    _list(
        "twin",
        "deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://mirror.example/debian trixie stable\n",
        "deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://mirror.example/debian trixie stable\n",
    ),
    _sources(
        "user",
        "Types: deb\nURIs: https://u:«1»@r.example/x\nSuites: s\nComponents: m\n",
        "URIs: https://REDACTED@r.example/x",
    ),
    _sources(
        "continued", "Types: deb\nURIs: https://r.example/x\n https://u:«1»@r2.example/y\nSuites: s\n", "@r2.example/y"
    ),
    _sources("first-line-empty", "Types: deb\nURIs:\n https://u:«1»@r.example/x\nSuites: s\n", "@r.example/x"),
    _sources(
        "two-on-a-line",
        "Types: deb\nURIs: https://r.example/x https://u:«1»@r2.example/y\nSuites: s\n",
        "@r2.example/y",
    ),
    _sources(
        "unknown-field",
        "Types: deb\nX-Note: «1»\n more «2»\nURIs: http://r.example\nSuites: s\n",
        "URIs: http://r.example",
    ),
    _sources("field-name", "Types: deb\n«1»: x\nURIs: http://r.example\nSuites: s\n", "URIs: http://r.example"),
    _sources(
        "capital-letters", "TYPES: deb\nuris: https://u:«1»@r.example\nSUITES: s\n", "uris: https://REDACTED@r.example"
    ),
    _sources(
        "comment", "# «1»\nTypes: deb\n#«2»\nURIs: http://r.example\nSuites: s\n", "Types: deb\nURIs: http://r.example"
    ),
    _sources(
        "comment-in-a-continuation",
        "Types: deb\nURIs: http://r.example\n# «1»\n https://u:«2»@r2.example\nSuites: s\n",
        "@r2.example",
    ),
    _sources(
        "embedded-key",
        "Types: deb\nURIs: http://r.example\nSuites: s\nSigned-By:\n"
        " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n «1»\n -----END PGP PUBLIC KEY BLOCK-----\n",
        "-----BEGIN",
    ),
    _sources("no-field", "«1»\nTypes: deb\nURIs: http://r.example\nSuites: s\n", "URIs: http://r.example"),
    _sources("indented-first", " «1»\nTypes: deb\nURIs: http://r.example\nSuites: s\n", "URIs: http://r.example"),
    _sources(
        "twin",
        "Types: deb\nURIs: https://download.docker.example/linux/debian\nSuites: trixie\n"
        "Components: stable\nArchitectures: amd64\n"
        "Signed-By: /etc/apt/keyrings/docker.asc\n\nEnabled: no\n"
        "Types: deb deb-src\nURIs: http://deb.example/debian\nSuites: trixie-updates\n",
        *(
            "URIs: https://download.docker.example/linux/debian\n",
            "Signed-By: /etc/apt/keyrings/docker.asc\n\nEnabled: no\n",
        ),
    ),
    _repo("user", "[x]\nname=x\nbaseurl=https://u:«1»@r.example/x\n", "[x]\n", "baseurl=https://REDACTED@r.example/x"),
    _repo("credentials", "[x]\nusername=«1»\npassword=«2»\nproxy=http://u:«3»@p\nproxy_password = «4»\n", "[x]"),
    _repo("name", "[x]\nname=pw «1»\nenabled=1\n", "enabled=1"),
    _repo("section", "[«1»]\nbaseurl=http://r.example\n", "baseurl=http://r.example"),
    _repo("continued", "[x]\nbaseurl=http://r.example/\n  https://u:«1»@r2.example/\n", "@r2.example/"),
    _repo("list", "[x]\nbaseurl=http://r.example/, https://u:«1»@r2.example/\n", "@r2.example/"),
    _repo("comment", "# «1»\n;«2»\n[x] # «3»\nenabled=0\n", "[x]\nenabled=0"),
    _repo("unknown", "[x]\nnote=«1»\nNOTE: «2»\n«3»=1\ngpgcheck=0\n", "gpgcheck=0"),
    _repo("continued-secret", "[x]\npassword=a\n  «1»\nenabled=1\n", "enabled=1"),
    _repo("ssl-key", "[x]\nsslclientkey=/k\nsslclientcert=https://u:«1»@h\n", "[x]"),
    _repo("query", "[x]\nmirrorlist=https://r.example/m?key=«1»&x=$basearch\n", "https://r.example/m"),
    _repo(
        "gpgkey", "[x]\ngpgkey=https://u:«1»@r.example/gpg\n file:///etc/pki/rpm-gpg/K\n", "file:///etc/pki/rpm-gpg/K"
    ),
    _list("bare-word", "deb «1» s main\n"),
    _list("signed-by-word", "deb [signed-by=«1»] http://repo.example/x s main\n"),
    _list("file", "deb file:/srv/«1»?x s main\ndeb file:/srv/mirror s main\n", "deb file:/srv/mirror s main"),
    _repo("bare-word", "[x]\nbaseurl=«1»\ngpgkey=«2»\n"),
    _repo(
        "twin",
        "[docker-ce-stable]\nname=Docker CE Stable - $basearch\nbaseurl=https://download.docker.example/linux/centos/$releasever/$basearch/stable\n"
        "enabled=1\ngpgcheck=1\ngpgkey=https://download.docker.example/linux/centos/gpg\n",
        *(
            "[docker-ce-stable]\n",
            "baseurl=https://download.docker.example/linux/centos/$releasever/$basearch/stable\n",
            "enabled=1\ngpgcheck=1\n",
        ),
    ),
    Spelling(
        "zypp/user",
        "/etc/zypp/repos.d/a.repo",
        "[x]\nbaseurl=https://u:«1»@r.example/\nautorefresh=1\n",
        ("@r.example/", "autorefresh=1"),
    ),
]
